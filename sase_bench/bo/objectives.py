"""What is searched for: a score that has to be trained for, alone or against costs that are known of every block beforehand.

With several objectives the rule is the expected hypervolume improvement, see `sase_bench.bo.hypervolume`. Only the
trained score is uncertain: params, FLOPs and latency stand in the table `costs`.

>>> read_objective("val_top1,flops")
Objective(metric='val_top1', against=('flops',))
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sase_bench.bo.acquisition import Acquisition, Situation
from sase_bench.bo.hypervolume import expected_improvement
from sase_bench.database.latencies import latency_trunk
from sase_bench.database.reader import connect
from sase_bench.database.shelf import writing
from sase_bench.errors import RequestError, unknown
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import OBJECTIVES
from sase_bench.space import Space

__all__ = ["Objective", "front", "hypervolume_improvement", "known_costs", "read_objective", "stands_in"]

Floats = NDArray[np.float64]

_KNOWN = ("params", "flops", "latency")
_REFERENCE = 1.1  # in units of the range of each objective: a little behind the worst


@dataclass(frozen=True)
class Objective:
    """A trained score, and the known costs that it is weighed against."""

    metric: str
    against: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ",".join((self.metric, *self.against))


def read_objective(text: str) -> Objective:
    """One of `OBJECTIVES`, with any of params, flops, latency behind a comma. Raises `RequestError`."""
    metric, *against = (name.strip() for name in text.split(","))
    if metric not in OBJECTIVES:
        raise unknown("first objective", metric, OBJECTIVES)
    for name in against:
        if name not in _KNOWN:
            raise unknown("further objective", name, _KNOWN)
    if len(set(against)) < len(against):
        raise RequestError(f"an objective is named once, got {text!r}")
    return Objective(metric, tuple(against))


def known_costs(names: tuple[str, ...], proxy: Proxy, db: Path) -> Floats:
    """The costs `names` of every block of the full space in the trunk of `proxy`, shape (117,649, k); smaller is better.

    Where that trunk was not timed, its latency is that of ResNet-50, as in a question to the table. Raises `RequestError` for
    one that the table does not hold of every block.
    """
    size = len(Space("full"))
    with connect(db) as table:
        timed = latency_trunk(table, proxy.trunk.name)
        of = {name: (timed if name == "latency" and timed else proxy.trunk.name) for name in names}
        rows = {
            name: table.execute(f"SELECT {name} FROM costs WHERE trunk = ? ORDER BY arch", [trunk]).fetchnumpy()[name]
            for name, trunk in of.items()
        }
    columns = [np.ma.filled(np.ma.asarray(rows[name], dtype=np.float64), np.nan) for name in names]
    for name, column in zip(names, columns, strict=True):
        if len(column) != size or not np.isfinite(column).all():
            measured = f"python -m sase_bench.latency measure --trunks {proxy.trunk.name}"
            filled = writing(db, f"latency fill --trunks {proxy.trunk.name}")
            raise RequestError(
                f"{str(db)!r} does not hold the {name} of every block on {proxy.trunk.name}; measure it with: {measured}, "
                f"and then: {filled}"
            )
    return np.stack(columns, axis=1)


def stands_in(names: tuple[str, ...], proxy: Proxy, db: Path) -> str | None:
    """The trunk whose latency stands for that of the proxy's, where that was not timed and `names` ask for it."""
    if "latency" not in names:
        return None
    with connect(db) as table:
        timed = latency_trunk(table, proxy.trunk.name)
    return None if timed == proxy.trunk.name else timed


def front(objectives: Floats) -> NDArray[np.bool_]:
    """Which of n points with k objectives are not dominated, shape (n,); of equal points all are kept."""
    better = (objectives[:, None] <= objectives[None]).all(2) & (objectives[:, None] < objectives[None]).any(2)
    return np.asarray(~better.any(0), dtype=np.bool_)


def hypervolume_improvement(known: Floats) -> Acquisition:
    """The rule for a trained score against `known` (117,649, k) costs, all minimised.

    Costs are scaled to 0..1 by their range, of the trained one among the blocks tried, of the others among candidates and
    blocks tried; the reference point lies at 1.1 in each.
    """

    def score(now: Situation) -> Floats:
        mean, sd = now.prediction
        low, high = float(now.objectives.min()), float(now.objectives.max())
        span = high - low or 1.0
        everything = np.concatenate([known[now.candidates], known[now.tried]])
        floor, range_ = everything.min(0), np.ptp(everything, axis=0)
        range_ = np.where(range_ > 0, range_, 1.0)
        tried = np.column_stack([(now.objectives - low) / span, (known[now.tried] - floor) / range_])
        expected = np.column_stack([(mean - low) / span, (known[now.candidates] - floor) / range_])
        spread = np.column_stack([sd / span, np.zeros((len(sd), known.shape[1]))])
        return expected_improvement(tried, expected, spread, _REFERENCE)

    return Acquisition(score, draws=False)
