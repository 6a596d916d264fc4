"""The clock: rounds over many calls, so that a slow phase of the machine hits all of them alike.

In every round each call is visited once: one call to warm up, which is dropped, then repetitions until the visit has taken
10 ms, at least one (or as many as are asked for) and at most ten. A call that takes 0.1 s or more is its own warm-up after the
first round: it is larger than any cache. On a GPU one repetition is the mean of 20 calls in a row and one synchronisation
behind them, because that is how the layers of a network follow each other there.

Two clocks: `wall` is the time that passes; `thread` is the CPU time of the one thread that computes, which other programs on
the machine do not add to. On an idle machine both show the same.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time

import torch

from sase_bench.latency.timing.networks import Call

__all__ = ["CLOCKS", "calls_per_repetition", "quiet", "visit"]

#: The clocks by name, in seconds.
CLOCKS = {"thread": thread_time, "wall": perf_counter}

_VISIT = 0.01  # seconds
_MOST = 10  # repetitions a visit
_SLOW = 0.1  # seconds
_IN_A_ROW = 20  # calls a repetition on a GPU


def calls_per_repetition(device: torch.device) -> int:
    """How many calls in a row one repetition is the mean of."""
    return _IN_A_ROW if device.type == "cuda" else 1


def visit(call: Call, device: torch.device, clock: str, before: float | None = None, *, least: int = 1) -> list[float]:
    """Seconds of a call, repeated as the module says. `before` is what it took in the last round, or is expected to take."""
    calls, read = calls_per_repetition(device), CLOCKS[clock]
    if before is None or before < _SLOW:
        call()
    _synchronise(device)
    seconds: list[float] = []
    while len(seconds) < least or (len(seconds) < _MOST and sum(seconds) * calls < _VISIT):
        start = read()
        for _ in range(calls):
            call()
        _synchronise(device)
        seconds.append((read() - start) / calls)
    return seconds


@contextmanager
def quiet(*, gradients: bool = False) -> Iterator[None]:
    """Inference, unless `gradients` are asked for, without Python's garbage collection between two looks at the clock."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with torch.inference_mode(not gradients):
            yield
    finally:
        if was_enabled:
            gc.enable()


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
