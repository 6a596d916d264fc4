"""What was measured on one proxy, as plain values, each beside the question that gives it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sase_bench.modules import PLAIN, is_rival
from sase_bench.query import ask
from sase_bench.query.metrics import Metric, ranking_metric
from sase_bench.recipes.registry import metric_of
from sase_bench.report.evidence.holdings import Task, has_scores_of_modules, is_tied_sampled, surrounded, task_of
from sase_bench.report.evidence.rivals import gain_by_rare_seeds, leads, scores_of
from sase_bench.report.networks.times import Times, in_resnet50
from sase_bench.samples import drawn_at_random, representative
from sase_bench.space import SASE_BLOCK, SETS, SLOTS, Space

__all__ = ["IN_WORDS", "Measurement", "measurements"]

Records = list[dict[str, Any]]

#: Scores that a proxy may rank by.
IN_WORDS = {"val_loss": "validation loss", "train_loss": "training loss", "val_top1": "validation accuracy"}


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What was measured on one proxy; losses in nats and accuracies in 0..1.

    Its score is what the proxy ranks by, a column of most records: always a loss, the smaller the better.
    """

    proxy: str
    task: Task  # what is trained
    blocks: Records  # best first: arch, text, the score and its sd, seeds, val_top1, params, flops, and as `in_resnet50`
    seed_sd: float | None  # of the score of one run, beside what its seed does to all blocks; None if it is not known
    drawn: int  # of `judged` by a plan random:N or orthogonal:N; the others were chosen by a person or a search
    judged: int  # blocks that stand for a space
    front: Records  # of the score against params
    effects: dict[str, Records]  # by slot: operation, architectures, mean, low, high
    fidelity: Records  # epoch by epoch: blocks, share, correlation with the ranking after the last epoch, low, high
    curves: dict[str, Records]  # by role (best, published, worst, best module, plain): epoch, the score and its sd, seeds
    modules: Records  # published modules in the place of a block, best first: module, the score, gain over the plain trunk
    rival: dict[str, Any] | None  # the best module beside the best block, as `compare` has it; None if they share no seed
    best_gain: dict[str, Any] | None  # of the best block over the plain trunk; None if that was not trained
    published: dict[str, Any] | None  # place of the published block, with its interval; None if it was not measured
    tied_effects: dict[str, Records] = field(default_factory=dict)  # in the tied space, where enough were drawn from it
    neighbours: dict[int, Records] = field(default_factory=dict)  # by block of which all were trained: as the question has them
    elsewhere: Records = field(default_factory=list)  # places of the best block on other proxies, by their metrics
    rivals_elsewhere: Records = field(default_factory=list)  # `leads` of published modules over the best block there
    rare_gain: dict[str, Any] | None = None  # of the best block by seeds that most blocks lack: `gain_by_rare_seeds`

    @property
    def best(self) -> dict[str, Any]:
        """The block with the best mean score."""
        return self.blocks[0]

    @property
    def metric(self) -> Metric:
        """Of the score."""
        return ranking_metric(self.proxy)

    @property
    def column(self) -> str:
        """The score's in records."""
        return self.metric.val_column

    @property
    def scores(self) -> dict[str, float]:
        """The mean score of every block, by its number as text, and of every published module by its name."""
        modules = {row["module"]: row[self.column] for row in self.modules}
        return modules | {str(block["arch"]): block[self.column] for block in self.blocks}

    @property
    def name(self) -> str:
        """What the score is, in words."""
        return IN_WORDS[self.column]

    @property
    def score(self) -> str:
        """The same with its unit, for an axis or a column."""
        return f"{self.name} (nats)"


def measurements(db: Path, proxies: Sequence[str], times: Times) -> tuple[Measurement, ...]:
    """Of each of these proxies of the table `db`, which has scores on it; `times` are of whole networks."""
    found = [_measurement(db, proxy, times) for proxy in proxies]
    return tuple(
        replace(one, elsewhere=_elsewhere(db, one, found), rivals_elsewhere=_rivals_elsewhere(db, one, found)) for one in found
    )


def _measurement(db: Path, proxy: str, times: Times) -> Measurement:
    metric = ranking_metric(proxy)
    ranked = ask(f"top {len(Space('full'))} by {metric.name} on {proxy}", db=db).records()
    costs = in_resnet50([block["arch"] for block in ranked], times)
    blocks = [block | cost for block, cost in zip(ranked, costs, strict=True)]
    roles = {"best": blocks[0]["arch"], "published": SASE_BLOCK.index, "worst": blocks[-1]["arch"]}
    there = {block["arch"] for block in blocks}
    judged = representative(there)
    place = _place(db, proxy, roles["published" if SASE_BLOCK.index in there else "best"])
    modules = ask(f"modules by {metric.name} on {proxy}", db=db).records() if has_scores_of_modules(db, proxy) else []
    rivals = [row["module"] for row in modules if is_rival(row["module"])]
    others = {"best module": rivals[0]} if rivals else {}
    others |= {"plain": PLAIN} if any(row["module"] == PLAIN for row in modules) else {}
    return Measurement(
        proxy=proxy,
        task=task_of(db, proxy),
        blocks=blocks,
        seed_sd=place["seed_sd"],
        drawn=len(drawn_at_random(judged)),
        judged=len(judged),
        front=ask(f"pareto {metric.name} vs params on {proxy}", db=db).records(),
        effects={slot: ask(f"effect {slot} by {metric.name} on {proxy}", db=db).records() for slot in SLOTS},
        tied_effects={
            slot: ask(f"effect {slot} by {metric.name} on {proxy} in tied", db=db).records()
            for slot in (SETS if is_tied_sampled(db, proxy) else ())
        },
        neighbours={
            arch: rows
            for arch in _centres(db, proxy, [block["arch"] for block in blocks])
            if (rows := ask(f"neighbours {arch} by {metric.name} on {proxy}", db=db).records())
        },
        fidelity=ask(f"fidelity by {metric.name} on {proxy}", db=db).records(),
        curves={role: _curve(db, proxy, arch) for role, arch in roles.items() if arch in there}
        | {role: _curve(db, proxy, name) for role, name in others.items()},
        modules=modules,
        rival=_compared(db, proxy, rivals[0], blocks[0]["arch"]) if rivals else None,
        best_gain=(gain := _gain(db, proxy, blocks[0]["arch"])),
        rare_gain=None if gain is None else gain_by_rare_seeds(db, proxy, blocks[0]["arch"]),
        published=place if SASE_BLOCK.index in there else None,
    )


def _centres(db: Path, proxy: str, ranked: Sequence[int]) -> list[int]:
    """The published block and the best one, of those that have all of their neighbours in the table."""
    around = surrounded(db, proxy)
    known = [arch for arch in ranked if arch in around]
    return [*([SASE_BLOCK.index] if SASE_BLOCK.index in known[1:] else []), *known[:1]]


def _elsewhere(db: Path, found: Measurement, measured: Sequence[Measurement]) -> Records:
    """As `rank` has them: the place, its interval and the metric."""
    return [
        record
        for other in _with_the_best(found, measured)
        for metric in scores_of(other.proxy)
        for record in ask(f"rank {found.best['arch']} by {metric}", db=db, proxy=other.proxy).records()
    ]


def _rivals_elsewhere(db: Path, found: Measurement, measured: Sequence[Measurement]) -> Records:
    """As `leads` has them: published modules beside the best block of this proxy, on the others."""
    return [
        record
        for other in _with_the_best(found, measured)
        for record in leads(
            db, other.proxy, found.best["arch"], [row["module"] for row in other.modules if is_rival(row["module"])]
        )
    ]


def _with_the_best(found: Measurement, measured: Sequence[Measurement]) -> list[Measurement]:
    """The other measurements that have the best block of this one."""
    arch = found.best["arch"]
    return [other for other in measured if other is not found and any(block["arch"] == arch for block in other.blocks)]


def _curve(db: Path, proxy: str, arch: int | str) -> Records:
    return ask(f"curve {arch}", db=db, proxy=proxy).records()


def _gain(db: Path, proxy: str, arch: int) -> dict[str, Any] | None:
    """How much smaller the score is than the plain trunk's, paired by seeds, in nats."""
    row = _compared(db, proxy, PLAIN, arch)
    if row is None:
        return None
    return {"arch": arch, "gain": row["difference"], "gain_low": row["low"], "gain_high": row["high"], "seeds": row["pairs"]}


def _compared(db: Path, proxy: str, one: str, arch: int) -> dict[str, Any] | None:
    """The score of a module beside that of a block, over the seeds that both have; None if there is none."""
    rows = ask(f"compare {one} with {arch}", db=db, proxy=proxy).records()
    (row,) = (row for row in rows if row["metric"] == metric_of(proxy))
    return row if row["pairs"] else None


def _place(db: Path, proxy: str, arch: int) -> dict[str, Any]:
    (record,) = ask(f"rank {arch} by {ranking_metric(proxy).name}", db=db, proxy=proxy).records()
    return record
