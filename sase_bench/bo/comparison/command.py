"""`--compare` from the command line."""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from sase_bench.bo.comparison.certainty import certainty
from sase_bench.bo.comparison.rendering import render
from sase_bench.bo.comparison.runs import Plan, compare
from sase_bench.bo.comparison.summary import summarise
from sase_bench.bo.objectives import read_objective
from sase_bench.bo.pools import chosen_by, chosen_table, comparable, one_pool
from sase_bench.bo.registry import COMPARED
from sase_bench.bo.searching import say
from sase_bench.errors import RequestError
from sase_bench.files import write_json
from sase_bench.machine.processor import usable_cpus
from sase_bench.search.differentiable import read_found

__all__ = ["comparison"]


def comparison(options: argparse.Namespace) -> int:
    """Run, print, and write what the report draws."""
    if options.seeds is not None:
        raise RequestError("--compare knows the mean of all seeds or one of them; choose with --sees")
    everything = chosen_table(options)
    objective = read_objective(options.objective or everything.metric())
    if objective.against:
        raise RequestError(f"strategies are compared by one objective, got {options.objective!r}")
    found = [read_found(path) for path in options.found]
    strangers = [path for path, item in zip(options.found, found, strict=True) if item.proxy != everything.proxy]
    if strangers:
        raise RequestError(f"{str(strangers[0])!r} is a search on another proxy than {everything.proxy}")
    table = comparable(everything, options.space, chosen_by(found, options.space))
    if left_out := len(everything.archs) - len(table.archs):
        seeds = ", ".join(str(seed) for seed in table.seeds)
        say(f"{left_out} blocks are left out: not drawn at random, or without each of the seeds {seeds}")
    pool = one_pool(table, options.space)
    plan = Plan(
        strategies=_strategies(options.strategy),
        metric=objective.metric,
        evaluations=min(options.evaluations, len(pool)),
        repeats=options.repeats or Plan.repeats,
        workers=options.workers or Plan.workers,
        batch=options.batch,
        sees=options.sees or Plan.sees,
        refit_every=options.refit_every,
        first_seed=options.seed,
    )

    def progress(name: str, done: int) -> None:
        if done % max(1, plan.repeats // 10) == 0 or done == plan.repeats:
            say(f"{name}: {done}/{plan.repeats}")

    result = compare(table, pool, plan, found=found, processes=options.processes or usable_cpus(), progress=progress)
    summary = summarise(result, certainty(table, result.truth))
    print(render(summary))
    if options.output is not None:
        write_json(options.output, summary)
    return 0


def _strategies(text: str | None) -> tuple[str, ...]:
    if text is not None:
        return tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    missing = [name for name, library in COMPARED.items() if find_spec(library) is None]
    for name in missing:
        say(f"{name} is left out: {COMPARED[name]} is not installed")
    return tuple(name for name in COMPARED if name not in missing)
