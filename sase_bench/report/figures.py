"""What each figure shows. A figure that the data do not allow is `Missing`, with the reason, and nothing is drawn for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sase_bench.bo.comparison import Summary
from sase_bench.predictors.importance import LEAST_BLOCKS
from sase_bench.recipes.registry import metric_of
from sase_bench.report import plots
from sase_bench.report.drawing import Drawing
from sase_bench.report.evidence import Evidence, Measurement, most_trusted
from sase_bench.report.evidence.searches import FOLDER, command_of, name_of
from sase_bench.report.evidence.transfer import commands
from sase_bench.report.naming import PUBLISHED, called, titled
from sase_bench.report.networks import Entry
from sase_bench.report.networks.published import BACKBONES
from sase_bench.report.questions import command
from sase_bench.space import SASE_BLOCK, SLOTS

__all__ = ["Missing", "Picture", "figures"]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure to be drawn, sizes in inches."""

    name: str
    title: str
    command: str  # that prints the numbers in it; several, a line each
    draw: Drawing
    width: float = 7.0
    height: float = 3.4


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A figure that cannot be drawn from what there is."""

    name: str
    reason: str


def figures(evidence: Evidence, entries: Sequence[Entry]) -> Iterator[Picture | Missing]:
    """All figures of a report, in order."""
    yield from _modules(entries)
    yield from _price(evidence, entries)
    for measurement in evidence.measurements:
        yield from _of_proxy(measurement, evidence.option)
    if evidence.calibrations:
        yield Picture(
            name="reliability",
            title="How far a score can be trusted: reliability between seeds",
            command=f"python -m sase_bench.calibrate --measured --proxy all{evidence.option}",
            draw=partial(plots.reliability, evidence.calibrations),
            height=1.2 + 0.5 * len(evidence.calibrations),
        )
    else:
        yield Missing(name="reliability", reason="no proxy has three blocks with two seeds")
    yield from _agreements(evidence)
    yield from _transfers(evidence)
    yield from _of_programs(evidence)


def _transfers(evidence: Evidence) -> Iterator[Picture | Missing]:
    if not evidence.transfers:
        how = "python -m sase_bench.sweep --plan database/transfer/plan.toml"
        yield Missing(
            name="transfer", reason=f"no ordinary network was trained with and without attention; train some with: {how}"
        )
        return
    yield Picture(
        name="transfer",
        title="What attention gains in ordinary networks",
        command=commands(evidence.transfers),
        draw=partial(plots.transfer, evidence.transfers),
        height=0.8 + sum(0.5 + 0.24 * len(found.gains) for found in evidence.transfers),
    )


def _agreements(evidence: Evidence) -> Iterator[Picture | Missing]:
    measured = {measurement.proxy: measurement for measurement in evidence.measurements}
    judged = [row for row in evidence.calibrations if row["metric"] == metric_of(row["proxy"]) and row["reference"] in measured]
    drawn = {(row["proxy"], row["reference"]) for row in judged}
    named = [(f"agreement-{row['proxy']}", row) for row in judged]
    named += [
        (f"agreement-{row['proxy']}-{row['reference']}", row)
        for row in evidence.agreements
        if (row["proxy"], row["reference"]) not in drawn
    ]
    for name, row in named:
        proxy, reference = row["proxy"], row["reference"]
        yield Picture(
            name=name,
            title=f"Whether {reference} agrees with {proxy}",
            command=f"python -m sase_bench.calibrate --measured --proxy {proxy} --reference {reference}{evidence.option}",
            draw=partial(plots.agreement, measured[proxy], measured[reference], row),
            height=3.8,
        )
    if not named:
        yield Missing(
            name="agreement", reason="no longer training of three blocks with two seeds is in the table to compare a proxy with"
        )


def _modules(entries: Sequence[Entry]) -> Iterator[Picture | Missing]:
    if any(entry.gains for entry in entries):
        yield Picture(
            name="modules",
            title="Published ImageNet gains of attention modules, and the parameters that each adds",
            command="python -m sase_bench.report",
            draw=partial(plots.modules, entries),
            height=1.4 + 0.19 * max(len(plots.shown_on(entries, backbone)) for backbone in BACKBONES),
        )
    else:
        yield Missing(name="modules", reason="no module has a published gain in imagenet.csv")


def _price(evidence: Evidence, entries: Sequence[Entry]) -> Iterator[Picture | Missing]:
    found = most_trusted(evidence)
    if found is None or not entries or not any(row["gain"] is not None for row in found.modules):
        yield Missing(name="price", reason="no published module was trained beside the blocks and the plain network")
        return
    asked = command(f"modules by {found.metric.name} on {found.proxy}", evidence.option)
    yield Picture(
        name="price",
        title="The best block and published modules: gain on a small task against what each costs in ResNet-50 and ResNet-101",
        command=f"{asked}\npython -m sase_bench.report",
        draw=partial(plots.price, found, entries),
        height=5.0,
    )


def _of_proxy(measurement: Measurement, option: str) -> Iterator[Picture | Missing]:
    proxy, by = measurement.proxy, measurement.metric.name
    beside = [f"modules by {by} on {proxy}"] if measurement.modules else []
    yield Picture(
        name=f"pareto-{proxy}",
        title=f"Score against parameters on {proxy}",
        command=_lines([f"pareto {by} vs params on {proxy}", *beside], option),
        draw=partial(plots.pareto, measurement),
    )
    if measurement.modules:
        yield Picture(
            name=f"gains-{proxy}",
            title=f"Blocks and published modules in the same place on {proxy}",
            command=command(f"modules by {by} on {proxy}", option),
            draw=partial(plots.gains, measurement),
            height=1.4 + 0.2 * len(measurement.modules),
        )
    else:
        how = f"python -m sase_bench.sweep --plan modules --proxy {proxy}"
        yield Missing(name=f"gains-{proxy}", reason=f"no published module was trained on {proxy}; train them with: {how}")
    yield Picture(
        name=f"effects-{proxy}",
        title=f"Effect of every operation of every slot on {proxy}",
        command=_lines([f"effect {slot} by {by} on {proxy}" for slot in SLOTS], option),
        draw=partial(plots.effects, measurement),
        height=6.2,
    )
    if measurement.tied_effects:
        yield Picture(
            name=f"effects-{proxy}-tied",
            title=f"Effect of every operation in the tied space on {proxy}",
            command=_lines([f"effect {slot} by {by} on {proxy} in tied" for slot in measurement.tied_effects], option),
            draw=partial(plots.tied_effects, measurement),
            height=4.6,
        )
    for arch in measurement.neighbours:
        yield Picture(
            name=f"neighbours-{proxy}-{arch}",
            title=f"What another operation in one slot does to {titled(arch)} on {proxy}",
            command=command(f"neighbours {arch} by {by} on {proxy}", option),
            draw=partial(plots.neighbours, measurement, arch),
            height=4.6,
        )
    yield Picture(
        name=f"curves-{proxy}",
        title=f"Learning curves on {proxy}",
        command=_lines([f"curve {called(records[0])} on {proxy}" for records in measurement.curves.values()], option),
        draw=partial(plots.curves, measurement),
    )
    if any(row["correlation"] is not None for row in measurement.fidelity):
        yield Picture(
            name=f"fidelity-{proxy}",
            title=f"How early the ranking of blocks on {proxy} is that of the end",
            command=command(f"fidelity by {by} on {proxy}", option),
            draw=partial(plots.fidelity, measurement),
            height=3.8,
        )
    else:
        yield Missing(name=f"fidelity-{proxy}", reason="fewer than two blocks, or all of one score, have no ranking")
    if measurement.published is None:
        yield Missing(name=f"place-{proxy}", reason=f"{PUBLISHED} was not measured on {proxy}")
    else:
        yield Picture(
            name=f"place-{proxy}",
            title=f"Where {PUBLISHED} ranks on {proxy}",
            command=command(f"rank {SASE_BLOCK.index} by {by} on {proxy}", option),
            draw=partial(plots.place, measurement),
        )


def _of_programs(evidence: Evidence) -> Iterator[Picture | Missing]:
    yield from _searches(evidence.searches)
    if not evidence.predictors:
        yield Missing(
            name="predictors", reason="no predictor was evaluated; do it with: python -m sase_bench.predictors evaluate"
        )
    for found in evidence.predictors:
        data = found["data"]
        yield Picture(
            name=f"predictors-{data['proxy']}-{data['metric']}-{data['space']}",
            title=f"Accuracy of predictors of {data['metric']} on {data['proxy']}",
            command=f"python -m sase_bench.predictors evaluate {_of(data)}",
            draw=partial(plots.predictors, found),
        )
    if not evidence.importances:
        most = max((len(measurement.blocks) for measurement in evidence.measurements), default=0)
        how = "python -m sase_bench.predictors importance"
        yield Missing(
            name="interactions",
            reason=f"no share of slots and pairs was estimated, which takes {LEAST_BLOCKS} blocks, and {most} are there: {how}",
        )
    for found in evidence.importances:
        data = found["data"]
        yield Picture(
            name=f"interactions-{data['proxy']}-{data['metric']}-{data['space']}",
            title=f"What {data['metric']} on {data['proxy']} depends on: slots and pairs of slots",
            command=f"python -m sase_bench.predictors importance {_of(data)}",
            draw=partial(plots.interactions, found),
            height=4.6,
        )


def _searches(searches: Sequence[Summary]) -> Iterator[Picture | Missing]:
    if not searches:
        how = f"python -m sase_bench.bo --compare --output {FOLDER}/NAME.json"
        yield Missing(name="regret", reason=f"no comparison of searches; make one with: {how}")
    for search in searches:
        name, again, shown = name_of(search), command_of(search), search["shown"]
        yield Picture(
            name=f"regret-{name}",
            title=f"Regret of searches among the blocks measured on {search['proxy']}, shown {shown}",
            command=again,
            draw=partial(plots.regret, search),
            height=4.0,
        )
        judged = plots.ranked(search)
        if judged:
            most = max(len(average) for _, average, _ in judged)
            yield Picture(
                name=f"ranks-{name}",
                title=f"Which searches differ on {search['proxy']}, shown {shown}: critical differences",
                command=again,
                draw=partial(plots.ranks, search),
                height=0.6 + len(judged) * (1.2 + 0.15 * most),
            )
        else:
            yield Missing(name=f"ranks-{name}", reason="ranks take two searches and several repeats of each")


def _of(data: Mapping[str, Any]) -> str:
    return f"--proxy {data['proxy']} --metric {data['metric']} --space {data['space']}"


def _lines(questions: Iterable[str], option: str) -> str:
    return "\n".join(command(question, option) for question in questions)
