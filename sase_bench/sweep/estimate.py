"""How long a sweep will take, by a timed sample of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from sase_bench.sweep.executor import Job, Task, perform

__all__ = ["Estimate", "estimate"]

_SAMPLE = 3  # blocks
_EPOCHS = 2  # of each: what the first takes more, the capture of graphs on a GPU, is not repeated in a whole run
_STEPS = 8  # optimiser steps of each epoch
_IMAGES = 512  # that each is evaluated on, twice at most


@dataclass(frozen=True)
class Estimate:
    """Seconds of one worker for one run, and the number of blocks that were timed for it."""

    seconds: float
    blocks: int


def estimate(job: Job, tasks: Sequence[Task]) -> Estimate:
    """Time a few optimiser steps and evaluations of some blocks of the plan, in this process; at least one task."""
    proxy = job.proxy
    steps = min(_STEPS, proxy.steps_per_epoch)
    seen = {part: min(getattr(proxy, part), _IMAGES) for part in ("val_size", "test_size")}
    short = replace(proxy, epochs=_EPOCHS, train_size=steps * proxy.batch_size, **seen)
    sample = min(_SAMPLE, len(tasks))
    chosen = [tasks[place * len(tasks) // sample] for place in range(sample)]
    perform(replace(job, proxy=replace(short, epochs=1, val_size=1)), chosen[0])  # warms up
    seconds = []
    for task in chosen:
        record = perform(replace(job, proxy=short), task)[0]  # all runs of a task have the same share of the time
        epochs, trained = [point.seconds or 0.0 for point in record.curve] or [0.0], record.train_seconds or 0.0
        start = min(max(0.0, epochs[0] - epochs[-1]), trained)
        training = (trained - start) / (len(epochs) * steps) * proxy.steps_per_epoch
        image = (record.eval_seconds or 0.0) / (len(epochs) * seen["val_size"] + seen["test_size"])
        seconds.append(start + proxy.epochs * (training + image * proxy.val_size) + image * proxy.test_size)
    return Estimate(fmean(seconds), len(chosen))
