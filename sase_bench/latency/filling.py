"""The costs of every architecture in a trunk, latency included, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sase_bench.database.latencies import SlotSeconds
from sase_bench.latency.checks import Checked, factor_of
from sase_bench.latency.composition import Seconds, compose_networks, slot_seconds
from sase_bench.latency.parts import Part
from sase_bench.latency.timings import Setting, Timing, seconds_of
from sase_bench.space import Space
from sase_bench.trunk import Trunk

if TYPE_CHECKING:
    from sase_bench.database import Store

__all__ = ["fill", "latency_of", "slot_seconds_of"]


def latency_of(
    trunk: Trunk, timings: Iterable[Timing], checks: Sequence[Checked], setting: Setting
) -> tuple[Seconds, dict[str, Any]]:
    """Seconds of `trunk` with each of the 117,649 architectures, in order of their index, and what they stand for.

    Where whole networks on the trunk were checked under the same conditions, the factor from there is in the seconds.
    """
    parts, factor, about = _timed(trunk, timings, checks, setting)
    return compose_networks(trunk, parts, Space("full").digits(), factor), about


def slot_seconds_of(trunk: Trunk, timings: Iterable[Timing], checks: Sequence[Checked], setting: Setting) -> SlotSeconds:
    """The same by slot and operation, for a shelf."""
    parts, factor, about = _timed(trunk, timings, checks, setting)
    constant, table = slot_seconds(trunk, parts, factor)
    return SlotSeconds(trunk=trunk, constant=constant, table=table, about=about)


def _timed(
    trunk: Trunk, timings: Iterable[Timing], checks: Sequence[Checked], setting: Setting
) -> tuple[dict[Part, float], float, dict[str, Any]]:
    """Seconds of the parts, what a block takes beside their sum, and what the seconds stand for."""
    conditions, parts = seconds_of(timings, trunk, setting)
    factor = factor_of(checks, trunk.name, conditions)
    return parts, 1.0 if factor is None else factor, {"unit": "s", "statistic": "p50", **conditions.values, "factor": factor}


def fill(store: Store, trunk: Trunk, timings: Iterable[Timing], checks: Sequence[Checked], setting: Setting) -> dict[str, Any]:
    """Put the costs of `trunk` into the table; returns what its column `latency` stands for."""
    seconds, about = latency_of(trunk, timings, checks, setting)
    store.replace_costs(trunk, seconds, about)
    return about
