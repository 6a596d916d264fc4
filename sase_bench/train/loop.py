"""The loop that both tasks share: epochs of steps, scores, a checkpoint after each, and a clean stop.

A run goes on where its checkpoint ends, and on the CPU comes to the same bits as one that was never stopped.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from sase_bench import cli
from sase_bench.errors import RequestError
from sase_bench.files import replacing
from sase_bench.machine.processor import device_name
from sase_bench.machine.provenance import provenance
from sase_bench.train.files import CHECKPOINT, prepare_folder, read_checkpoint, write_checkpoint, write_log
from sase_bench.train.generators import capture, restore, seed_generators
from sase_bench.train.place import Place
from sase_bench.train.recipe import Recipe
from sase_bench.train.state import State, learning_rate

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Scores", "Task", "fit"]

#: Names and values; None where there is nothing to score.
Scores = dict[str, float | None]

#: Steps after which several processes agree whether to stop; torchrun kills those that have not after 30 s.
_AGREEMENT = 10


class Task(Protocol):
    """What is trained, on what, and how it is scored."""

    network: nn.Module  # on the device of the place
    steps: int  # of an epoch, in each process
    headline: str  # the score that is shown, with its prefix
    begun: str  # the hash of the weights that it has begun with, or "none"

    def describe(self) -> dict[str, str]:
        """The network and the data, as far as a checkpoint cannot go on with others."""
        ...

    def batches(self, epoch: int) -> Iterable[Any]:
        """This process's batches of the epoch, counted from 0."""
        ...

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """The mean loss of a batch."""
        ...

    def score(self, network: nn.Module, pause: Callable[[], None]) -> Scores:
        """Scores on all validation images, each counted once, the same in all processes; `pause` may be called at any time."""
        ...

    def save(self, network: nn.Module, path: Path) -> None:
        """Write final weights."""
        ...


def fit(task: Task, recipe: Recipe, place: Place, folder: Path) -> list[dict[str, Any]]:
    """Train to the end of `recipe`, going on with what is in `folder`; the rows of the log, one an epoch.

    The caller has seeded the global generators, see `generators.seeded`. Raises `KeyboardInterrupt` after Ctrl-C or SIGTERM,
    with all finished epochs in `folder`, and `RequestError` for a checkpoint that does not fit and a loss that is not finite.
    """
    prepare_folder(folder)
    state, rows = State(task.network, recipe, place), list[dict[str, Any]]()
    if (folder / CHECKPOINT).exists():
        rows = _go_on(task, state, recipe, place, folder)
    model = place.parallel(task.network)
    started = time.monotonic()
    done, total = len(rows) * task.steps, recipe.epochs * task.steps
    stop = Event()
    with (
        cli.signals_to(lambda number, frame: stop.set()),
        cli.progress(total, initial=done, unit="step", smoothing=0.02, shown=place.is_first) as bar,
    ):
        try:
            while len(rows) < recipe.epochs:
                bar.set_description(f"epoch {len(rows) + 1}/{recipe.epochs}")
                row = _epoch(task, state, model, recipe, place, len(rows), stop, bar)
                rows.append(row | provenance(recipe, device_name(place.device), torch.get_num_threads()))
                rows[-1] |= {"torch_version": str(torch.__version__), "processes": place.count, "weights": task.begun}
                generators = place.gather(capture(place.device))
                if place.is_first:
                    contents = state.contents() | {"generators": generators}
                    write_checkpoint(folder, task.describe(), asdict(recipe), len(rows), rows, contents)
                    bar.set_postfix_str(f"{task.headline} {_short(row[task.headline])}", refresh=False)
                    with _aside(bar):
                        print(_line(row), flush=True)
        except KeyboardInterrupt:
            bar.close()
            if place.is_first:
                held = f"{folder} holds {len(rows)} of {recipe.epochs} epochs" if rows else "no epoch was finished"
                cli.say("train", f"stopped; {held}, the same command goes on")
            raise
        except RequestError as error:  # from a worker it comes with the worker's traceback in front
            raise RequestError(str(error).splitlines()[-1].removeprefix(f"{RequestError.__module__}.RequestError: ")) from error
    if place.is_first:
        for prefix, network in state.networks().items():
            with replacing(folder / f"{prefix.replace('val', 'weights')}.safetensors") as fresh:
                task.save(network, fresh)
        print(f"{folder}: {recipe.epochs} epochs, {time.monotonic() - started:.0f} s in this run")
    return rows


def _epoch(
    task: Task, state: State, model: nn.Module, recipe: Recipe, place: Place, epoch: int, stop: Event, bar: tqdm[Any]
) -> dict[str, Any]:
    """One pass over the training images and the scores after it."""
    begun = time.perf_counter()
    total = torch.zeros((), dtype=torch.float64, device=place.device)
    model.train()
    for number, batch in enumerate(task.batches(epoch)):
        rate = learning_rate(recipe, epoch * task.steps + number, task.steps)
        with state.autocast():
            loss = _loss(task, model, batch)
        state.step(loss, rate)
        total += loss.detach()
        bar.update()
        _consider(stop, total, place, number, task.steps, epoch)
    total = place.sum(total) / (task.steps * place.count)
    trained = time.perf_counter()
    row: dict[str, Any] = {"epoch": epoch + 1, "learning_rate": rate, "train_loss": total.item()}
    for prefix, network in state.networks().items():
        place.share_buffers(network)
        network.eval()
        with state.autocast(), torch.no_grad():
            scores = task.score(network, lambda: _raise_if(stop.is_set()))
        if not all(value is None or math.isfinite(value) for value in scores.values()):
            raise _diverged("a validation score", epoch)  # before a checkpoint of it takes the place of a good one
        row |= {f"{prefix}_{name}": value for name, value in scores.items()}
    ended = time.perf_counter()
    return row | {"train_seconds": round(trained - begun, 3), "eval_seconds": round(ended - trained, 3)}


def _consider(stop: Event, total: Tensor, place: Place, number: int, steps: int, epoch: int) -> None:
    """End a run that is to stop or has diverged; several processes do so after the same step."""
    if place.count == 1:
        _raise_if(stop.is_set())
    if (number + 1) % _AGREEMENT and number + 1 < steps:
        return
    stopped, lost = place.any(stop.is_set(), not math.isfinite(total.item()))
    _raise_if(stopped)
    if lost:
        raise _diverged("the loss", epoch)


def _loss(task: Task, model: nn.Module, batch: Any) -> Tensor:
    try:
        return task.loss(model, batch)
    except ValueError as error:
        if str(error).startswith("Expected more than 1 value per channel"):  # by torch's batch normalisation
            raise RequestError(
                "a process has a single number of a channel to normalise; raise --batch-size, or --resolution"
            ) from error
        raise


def _diverged(what: str, epoch: int) -> RequestError:
    way_out = "lower --learning-rate or raise --warmup-steps" + (", and name another --output" if epoch else "")
    return RequestError(f"{what} is not finite in epoch {epoch + 1}; {way_out}")


def _raise_if(is_stopped: bool) -> None:
    if is_stopped:
        raise KeyboardInterrupt


def _go_on(task: Task, state: State, recipe: Recipe, place: Place, folder: Path) -> list[dict[str, Any]]:
    """Be where the checkpoint ends; its rows."""
    content = read_checkpoint(folder, task.describe(), recipe)
    rows: list[dict[str, Any]] = content["rows"]
    state.restore(content["state"])
    generators = content["state"]["generators"]
    if len(generators) == place.count:
        restore(generators[place.rank], place.device)
    else:
        seed_generators(recipe.seed, "resumed", str(len(rows)), str(place.rank))
        if place.is_first:
            cli.say("train", f"{len(generators)} processes wrote the checkpoint, {place.count} go on, not to the bit")
    if place.is_first:
        write_log(folder, rows)  # the one beside it may lack the last
    return rows


@contextmanager
def _aside(bar: tqdm[Any]) -> Any:
    """Lines on stdout that the bar on the same terminal does not run into."""
    with bar.external_write_mode(file=sys.stdout):
        yield


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _line(row: dict[str, Any]) -> str:
    """The scores of an epoch on one line."""
    shown = {name: row[name] for name in row if name == "train_loss" or name.startswith(("val_", "average_val_"))}
    scores = (f"{name} {_short(value)}" for name, value in shown.items() if not name.endswith("_images"))
    return "  ".join([f"epoch {row['epoch']:3}", *scores])
