"""The times of blocks that nobody timed in a whole network: composed from timed operations, and how far such sums are off.

What a network is predicted to take is plain + f · Σ blocks, with f from one half of the networks that were timed for a check;
every error here is on the other half; `times` beside this module has those of blocks that were timed in another process. See
`sase_bench.latency.composition` and `sase_bench.latency.accuracy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

from sase_bench.latency.accuracy import Accuracy, of_exact
from sase_bench.latency.checks import Checked, accuracies, held_out, read_checks
from sase_bench.latency.composition import Seconds
from sase_bench.latency.filling import latency_of
from sase_bench.latency.parts import plain
from sase_bench.latency.timings import Setting, Timing, read_timings, seconds_of
from sase_bench.report.networks.costs import BACKBONE, TRUNK_OF

__all__ = ["AGREED", "PLACE", "Composed", "accuracy_in_resnet50", "accuracy_records", "agreed", "read_composed"]

_SETTING = Setting()

#: Where composed times are shown.
PLACE = "The table of blocks on the page marks each time as timed or as composed; the tables above have timed ones alone."

#: Of the table that `agreed` fills.
AGREED = (
    "trunk",
    "batch",
    "networks",
    "held out",
    "Spearman, held out",
    "Spearman of an exact prediction, about",
    "bias before correction",
    "factor on the blocks",
    "mean absolute error, held out",
    "largest, held out",
)


@dataclass(frozen=True)
class Composed:
    """The forward time of every block of the space in ResNet-50 over the plain network's, in order of the index."""

    ratios: Seconds  # (117649,)
    about: str  # under what conditions, and how far they are off, in sentences
    checks: tuple[Checked, ...] = ()


def read_composed(folder: Path) -> Composed | None:
    """From the timed operations in `folder`; None where there are none. Raises `RequestError` for files of another kind."""
    timings = read_timings(folder / "operations.parquet")
    if not timings:
        return None
    trunk, checks = TRUNK_OF[BACKBONE], read_checks(folder / "check.parquet")
    seconds, _ = latency_of(trunk, timings, checks, _SETTING)
    conditions, parts = seconds_of(timings, trunk, _SETTING)
    made = _revisions(timings)
    about = (
        f"Times of blocks that were not timed in a whole {BACKBONE} are composed from operations timed one by one: "
        f"{conditions}{f', code of revision {made}' if made else ''}."
    )
    return Composed(seconds / parts[plain(trunk)], about, tuple(checks))


def accuracy_records(checks: Sequence[Checked]) -> list[dict[str, Any]]:
    """How composed whole networks agree with timed ones, for each trunk and batch size, as plain values."""
    records = []
    for (trunk, kind, conditions), found in accuracies(checks).items():
        if kind == "networks":
            exact = of_exact(held_out(checks, trunk, kind, conditions))
            about = {"exact_spearman": exact.value, "exact_spearman_low": exact.low, "exact_spearman_high": exact.high}
            records.append({"trunk": trunk, "batch": conditions.setting.batch, **asdict(found), **about})
    return records


def accuracy_in_resnet50(checks: Sequence[Checked]) -> Accuracy | None:
    """How composed ResNet-50s, as `read_composed` has them, agree with timed ones; None where they were not checked."""
    for (trunk, kind, conditions), found in accuracies(checks).items():
        if (trunk, kind, conditions.setting) == (TRUNK_OF[BACKBONE].name, "networks", _SETTING):
            return found
    return None


def agreed(checks: Sequence[Checked]) -> list[tuple[str, ...]]:
    """The same as lines under `AGREED`."""
    return [
        (
            found["trunk"],
            str(found["batch"]),
            str(found["samples"]),
            str(found["held_out"]),
            f"{found['held_out_spearman']:.2f}",
            _about(found["exact_spearman"], found["exact_spearman_low"], found["exact_spearman_high"]),
            f"{found['bias']:+.1%}",
            f"{found['factor']:.2f}",
            f"{found['mean_error']:.1%}",
            f"{found['largest_error']:.1%}",
        )
        for found in accuracy_records(checks)
    ]


def _about(value: float, low: float, high: float) -> str:
    if isnan(value):
        return "not known"
    return f"{value:.2f} (no interval)" if isnan(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _revisions(timings: Sequence[Timing]) -> str:
    """The revisions of the code that was timed, each once."""
    found = dict.fromkeys(timing.git_revision for timing in timings if timing.conditions.setting == _SETTING)
    return ", ".join(revision for revision in found if revision)
