"""What attention does for an ordinary network, in place of a proxy: the gain over the plain one, by the seeds that both have.

The runs lie on a shelf of their own, `database/transfer`: no search sees them, and nothing is ranked by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sase_bench.answers import Answer
from sase_bench.database.shelf import released_path
from sase_bench.modules import PLAIN, is_rival
from sase_bench.query import ask
from sase_bench.report.evidence.alike import Alike, ranked_alike
from sase_bench.report.evidence.holdings import Task, has_scores_of_modules, task_of
from sase_bench.report.questions import command, option_of
from sase_bench.space import SASE_BLOCK, Architecture, Space
from sase_bench.statistics.means import CONFIDENCE
from sase_bench.statistics.paired_tests import holm

__all__ = [
    "TRANSFERRED",
    "TRANSFERS",
    "Gain",
    "Transfer",
    "alike",
    "commands",
    "find_transfer",
    "read_transfer",
    "transferred",
]

#: The columns of `transferred`.
TRANSFERRED = (
    "network",
    "attention",
    "seeds",
    "gain in top-1, points",
    "p after Holm",
    "gain in loss, nats",
    "p of it after Holm",
)

#: What the table of `transferred` says.
TRANSFERS = (
    "Gains over the same network without attention, in validation scores: means over the seeds that both have, with the 95 % "
    "interval of each by itself, whose width is from the noise of all runs in the network: so few seeds have one, too. p is "
    "from the same noise, corrected for all comparisons of all networks by that score; a gain is beyond the noise where it is "
    "below 0.05. Where one lacks a seed, `modules` says otherwise: it has all seeds, freed of what each does to all. No block "
    "was chosen by these networks."
)

_FOLDER = "transfer"


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Over the plain network, larger is better; ends of 95 % intervals of each by itself, and p-values by the same noise.

    None where no noise is known. `holm` is p corrected for all comparisons of all networks by that score.
    """

    attention: str  # a module's name, or a block's number
    name: str  # the same for a reader
    operations: str | None = None  # of a block
    seeds: int  # that it shares with the plain network
    top1: float  # percentage points of validation accuracy
    top1_low: float | None
    top1_high: float | None
    top1_p: float | None
    top1_holm: float | None
    loss: float  # nats of validation loss, below the plain network's
    loss_low: float | None
    loss_high: float | None
    loss_p: float | None
    loss_holm: float | None

    @property
    def text(self) -> str:
        """The name, and the operations of a block."""
        return self.name if self.operations is None else f"{self.name} ({self.operations})"

    @property
    def is_above_zero(self) -> bool:
        """Whether accuracy is gained beyond the noise, all comparisons allowed for."""
        return _is_told(self.top1_holm) and self.top1 > 0

    @property
    def is_below_zero(self) -> bool:
        """The same of a loss of accuracy."""
        return _is_told(self.top1_holm) and self.top1 < 0

    @property
    def is_apart_by_itself(self) -> bool:
        """Whether the interval of the accuracy leaves zero out, as some do by luck where there are many."""
        return _is_told(self.top1_p)

    @property
    def is_apart_in_loss(self) -> bool:
        """Whether loss differs beyond the noise, all comparisons of losses allowed for."""
        return _is_told(self.loss_holm)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One network on one task, with what each attention gains there: the largest gain in accuracy first."""

    proxy: str
    task: Task
    option: str = ""  # what names its shelf behind a question
    gains: tuple[Gain, ...]


def alike(found: Transfer, scores: Mapping[str, float]) -> Alike | None:
    """The losses of a network beside `scores` by attention, smaller is better; None for too few pairs for an interval."""
    pairs = [(-gain.loss, scores[gain.attention]) for gain in found.gains if gain.attention in scores]
    pairs += [(0.0, scores[PLAIN])] if PLAIN in scores else []
    return ranked_alike(pairs)


def find_transfer() -> Path:
    """The folder beside the released table."""
    return released_path(_FOLDER)


def read_transfer(folder: Path) -> tuple[Transfer, ...]:
    """Every network of the shelf that was trained plain and with something in it; none where there is no shelf.

    Raises `RequestError` for a shelf that cannot be read.
    """
    if not any(folder.glob("*.parquet")):
        return ()
    proxies = [str(row["proxy"]) for row in ask("summary", db=folder).records() if row["ok"]]
    option = option_of(folder)
    found = (
        Transfer(proxy=proxy, task=task_of(folder, proxy), option=option, gains=_gains(folder, proxy)) for proxy in proxies
    )
    return _corrected([transfer for transfer in found if transfer.gains])


def transferred(transfers: Iterable[Transfer]) -> list[tuple[str, ...]]:
    """A line for each network and attention, under `TRANSFERRED`."""
    return [
        (
            transfer.proxy,
            gain.text,
            str(gain.seeds),
            _interval(gain.top1, gain.top1_low, gain.top1_high, 2),
            _p(gain.top1_holm),
            _interval(gain.loss, gain.loss_low, gain.loss_high, 4),
            _p(gain.loss_holm),
        )
        for transfer in transfers
        for gain in transfer.gains
    ]


def commands(transfers: Iterable[Transfer], *always: str) -> str:
    """What prints the largest gain of each network, those apart by themselves and those of `always`, a line each."""
    return "\n".join(
        command(f"compare {gain.attention} with {PLAIN} on {found.proxy}", found.option)
        for found in transfers
        for place, gain in enumerate(found.gains)
        if not place or gain.is_apart_by_itself or gain.is_apart_in_loss or gain.attention in always
    )


def _gains(folder: Path, proxy: str) -> tuple[Gain, ...]:
    if not has_scores_of_modules(folder, proxy):
        return ()
    names = {row["module"] for row in ask(f"modules by loss on {proxy}", db=folder).records()}
    if PLAIN not in names:
        return ()
    blocks = [row["arch"] for row in ask(f"top {len(Space('full'))} by loss on {proxy}", db=folder).records()]
    keys = [*map(str, blocks), *(name for name in names if is_rival(name))]
    found = [_gain(ask(f"compare {key} with {PLAIN}", db=folder, proxy=proxy), key) for key in keys]
    return tuple(sorted((gain for gain in found if gain is not None), key=lambda gain: (-gain.top1, gain.attention)))


def _gain(compared: Answer, attention: str) -> Gain | None:
    rows: dict[str, dict[str, Any]] = {row["metric"]: row for row in compared.records()}
    top1, loss = rows["val_top1"], rows["val_loss"]
    if not top1["pairs"]:
        return None
    known = top1["low"] is not None
    return Gain(
        attention=attention,
        **_named(attention),
        seeds=top1["pairs"],
        top1=100 * top1["difference"],
        top1_low=100 * top1["low"] if known else None,
        top1_high=100 * top1["high"] if known else None,
        top1_p=top1["p"],
        top1_holm=None,
        loss=-loss["difference"],
        loss_low=None if loss["high"] is None else -loss["high"],
        loss_high=None if loss["low"] is None else -loss["low"],
        loss_p=loss["p"],
        loss_holm=None,
    )


def _corrected(transfers: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """The same with `holm` of each score over all of their gains."""
    every = [gain for transfer in transfers for gain in transfer.gains]
    top1 = _holm([gain.top1_p for gain in every])
    loss = _holm([gain.loss_p for gain in every])
    told = iter([replace(gain, top1_holm=one, loss_holm=other) for gain, one, other in zip(every, top1, loss, strict=True)])
    return tuple(replace(transfer, gains=tuple(next(told) for _ in transfer.gains)) for transfer in transfers)


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected for all that are known, in the order given."""
    corrected = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(corrected) for p in p_values]


def _is_told(p: float | None) -> bool:
    return p is not None and p < 1 - CONFIDENCE


def _named(attention: str) -> dict[str, str]:
    if not attention.isdecimal():
        return {"name": attention}
    arch = Architecture(int(attention))
    origin = "SASE's published block" if arch == SASE_BLOCK else "block"
    return {"name": f"{origin} {attention}", "operations": str(arch)}


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _interval(value: float, low: float | None, high: float | None, digits: int) -> str:
    between = "" if low is None or high is None else f" ({low:+.{digits}f} to {high:+.{digits}f})"
    return f"{value:+.{digits}f}{between}"
