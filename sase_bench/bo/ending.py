"""The end of a search: the best block, how it compares with the published one, and the command that builds it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sase_bench.answers import Answer, render, styled
from sase_bench.benchmark import Measured, Strategy, objective_of
from sase_bench.bo.live import Outcome
from sase_bench.bo.objectives import Objective, front
from sase_bench.bo.progress import Predicting, prediction_of
from sase_bench.space import SASE_BLOCK, Architecture

__all__ = ["building", "ending", "pareto"]


def ending(outcomes: Iterable[Outcome], strategy: Strategy, metric: str, table: Measured | None, db: Path, proxy: str) -> str:
    """Lines for a person. `table` are the runs of the proxy, where the published block may have been measured.

    The search is over: what `strategy` predicts here rests on all results.
    """
    if isinstance(strategy, Predicting):
        strategy.learn()
    scored = [(objective_of(metric, outcome.value), outcome) for outcome in outcomes]
    known = [(objective, outcome) for objective, outcome in scored if objective is not None]
    if not known:
        return "no block has a score: every run diverged or failed"
    objective, best = min(known, key=lambda pair: pair[0])
    lines = [
        f"best block       {best.arch}  {Architecture(best.arch)}",
        f"                 {metric} {best.value:.4f}, {_mean_of(best.seeds)}{prediction_of(strategy, metric, best.arch)}",
        f"published block  {SASE_BLOCK.index}  {SASE_BLOCK}",
    ]
    row = -1 if table is None else int(table.row[SASE_BLOCK.index])
    published = None if table is None or row < 0 else objective_of(metric, _finite(float(table.means(metric)[row])))
    if table is None or published is None:
        command = f'python -m sase_bench.sweep --space full --plan {SASE_BLOCK.index} --proxy {proxy} --db "{db}"'
        lines.append(
            f"                 not measured{prediction_of(strategy, metric, SASE_BLOCK.index)}; measure it with: {command}"
        )
    else:
        difference, word = published - objective, "better" if published > objective else "worse"
        verdict = f"the best is {abs(difference):.4f} {word}" if difference else "the best is as good"
        lines.append(
            f"                 {metric} {objective_of(metric, published):.4f}, {_mean_of(int(table.counts()[row]))}; {verdict}"
        )
    return "\n".join([*lines, f"build it         {building(best.arch)}"])


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
