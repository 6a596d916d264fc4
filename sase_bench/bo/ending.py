"""The end of a search: the best block, how it compares with the published one, and the command that builds it.

The best score is in part the luckiest one. Where the search has a model of its scores, the block that it believes best is told
beside it, and what compares a block with the published one is told with its command, which knows the noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sase_bench.answers import Answer, render, styled
from sase_bench.benchmark import Measured, Strategy, objective_of
from sase_bench.bo.live import Outcome
from sase_bench.bo.objectives import Objective, front
from sase_bench.bo.progress import Predicting, believed_best, prediction_of
from sase_bench.record import COLUMNS
from sase_bench.space import SASE_BLOCK, Architecture

__all__ = ["building", "ending", "pareto"]


def ending(outcomes: Iterable[Outcome], strategy: Strategy, metric: str, table: Measured | None, db: Path, proxy: str) -> str:
    """Lines for a person. `table` are the runs of the proxy, where the published block may have been measured.

    The search is over: what `strategy` predicts here rests on all results.
    """
    if isinstance(strategy, Predicting):
        strategy.learn()
    scored = {
        outcome.arch: (objective, outcome)
        for outcome in outcomes
        if (objective := objective_of(metric, outcome.value)) is not None
    }
    if not scored:
        return "no block has a score: every run diverged or failed"
    _, best = min(scored.values(), key=lambda pair: pair[0])
    believed = believed_best(strategy)
    named = {"best block": best}
    if believed in scored and believed != best.arch:
        named["believed best"] = scored[believed][1]
    lines = [line for name, outcome in named.items() for line in _described(name, outcome, strategy, metric)]
    lines.append(f"published block  {SASE_BLOCK.index}  {SASE_BLOCK}")
    row = -1 if table is None else int(table.row[SASE_BLOCK.index])
    published = None if table is None or row < 0 else objective_of(metric, _finite(float(table.means(metric)[row])))
    if table is None or published is None:
        command = f'python -m sase_bench.sweep --space full --plan {SASE_BLOCK.index} --proxy {proxy} --db "{db}"'
        lines.append(
            f"                 not measured{prediction_of(strategy, metric, SASE_BLOCK.index)}; measure it with: {command}"
        )
    else:
        asked = f'python -m sase_bench.query "compare {best.arch} with {SASE_BLOCK.index} on {proxy}" --db "{db}"'
        lines += [
            f"                 {metric} {objective_of(metric, published):.4f}, {_mean_of(int(table.counts()[row]))}; "
            f"{_verdict(table, metric, best.arch)}",
            f"compare them     {asked}",
        ]
    return "\n".join([*lines, f"build it         {building(best.arch)}"])


def _described(name: str, outcome: Outcome, strategy: Strategy, metric: str) -> tuple[str, str]:
    """A block that was tried, its score and what is expected of it."""
    expected = prediction_of(strategy, metric, outcome.arch)
    return (
        f"{name:<15}  {outcome.arch}  {Architecture(outcome.arch)}",
        f"{'':<15}  {metric} {outcome.value:.4f}, {_mean_of(outcome.seeds)}{expected}",
    )


def _verdict(table: Measured, metric: str, arch: int) -> str:
    """By how much a block is ahead of the published one, by the seeds that both have."""
    best, published = (int(table.row[one]) for one in (arch, SASE_BLOCK.index))
    if best == published:
        return "it is the best"
    shared = np.flatnonzero(table.is_ok[best] & table.is_ok[published]) if best >= 0 else np.empty(0, dtype=np.int64)
    if not len(shared):
        return "they share no seed"
    ahead = float(np.mean(COLUMNS[metric].sign * (table.scores(metric)[published] - table.scores(metric)[best])[shared]))
    word = f"{abs(ahead):.4f} {'better' if ahead > 0 else 'worse'}" if ahead else "as good"
    seeds = "the seed" if len(shared) == 1 else f"the {len(shared)} seeds"
    return f"by {seeds} of both the best is {word}, chosen by its score, which flatters it"


def pareto(outcomes: Iterable[Outcome], objective: Objective, known: np.ndarray) -> str:
    """The blocks that were tried and that no other one beats in every objective, as a table."""
    scored = [outcome for outcome in outcomes if outcome.value is not None]
    if not scored:
        return "no block has a score: every run diverged or failed"
    archs = [outcome.arch for outcome in scored]
    trained = np.asarray([objective_of(objective.metric, outcome.value) for outcome in scored], dtype=np.float64)
    objectives = np.column_stack([trained, known[archs]])
    best = [outcome for outcome, is_best in zip(scored, front(objectives), strict=True) if is_best]
    rows = [
        (outcome.arch, str(Architecture(outcome.arch)), outcome.value, *(int(x) if x.is_integer() else x for x in costs))
        for outcome, costs in sorted(((one, known[one.arch].tolist()) for one in best), key=lambda pair: pair[1])
    ]
    fields = (*styled("plain", "arch"), *styled("text", "text"), *styled("score", objective.metric, *objective.against))
    return render(Answer(fields=fields, rows=tuple(rows)), "table").removesuffix("\n")


def building(arch: int) -> str:
    """A shell command that builds ResNet-50 with the block."""
    return f"python -c \"from sase_bench.backbones import resnet50; print(resnet50(attention='{Architecture(arch)}'))\""


def _mean_of(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"mean of {seeds} seeds"


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
