"""Every number of a report, once, as plain values: what stands in one place is named in others, and not repeated there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sase_bench.report.claims.advice import by_source, differences, leader, margin
from sase_bench.report.evidence import Evidence, finite, most_trusted
from sase_bench.report.evidence.transfer import alike
from sase_bench.report.networks import Entry
from sase_bench.report.networks.composed import accuracy_records
from sase_bench.report.networks.costs import BACKBONE
from sase_bench.report.networks.times import Times, in_resnet50
from sase_bench.space import SASE, SASE_BLOCK, Architecture

__all__ = ["numbers"]

Records = Sequence[Mapping[str, Any]]

_DIGITS = 10  # of a float: another machine's sums differ in the last ones of the 17 that it has
_PLACED = ("text", "value", "seeds", "seed_sd")  # of a place: they stand with the block or with the measurement
_AROUND = ("slot", "operation", "neighbour", "gain", "gain_low", "gain_high")  # kept of a neighbour
_RIVALS = ("a", "a_sd", "a_seeds", "b", "b_sd", "b_seeds")  # likewise


def numbers(evidence: Evidence, entries: Sequence[Entry], times: Times) -> dict[str, Any]:
    """By what they are of: networks at 224×224, the leader by published figures, and then as `Evidence` has them.

    Published gains are in percentage points of ImageNet top-1, times in seconds. Floats are rounded to ten digits.
    """
    checks = [] if times.composed is None else accuracy_records(times.composed.checks)
    found: dict[str, Any] = _rounded(asdict(evidence, dict_factory=_without_options))  # first: two sums of the same may differ
    found["measurements"] = [_measured(one) for one in found["measurements"]]
    found["agreements"] = _beside(found["calibrations"], found["agreements"])
    found["predictors"] = [_evaluated(one) for one in found["predictors"]]
    content = {
        "settings": times.settings(),
        "networks": [*_networks(entries, times), *_blocks(evidence, entries, times)],
        "composed": {
            "checks": [{name: finite(value) for name, value in check.items()} for check in checks],
            "over_timed": {str(arch.index): guess / taken.median for arch, (taken, guess) in times.both_ways().items()},
        },
        "leader": _leader(entries),
        **found,
        "transfers_alike": _alike(evidence),
    }
    return {name: _rounded(value) for name, value in content.items()}


def _networks(entries: Sequence[Entry], times: Times) -> list[dict[str, Any]]:
    """Modules and named blocks: costs, times, and what is published of them."""
    return [
        {
            "module": entry.name,
            "best_on": entry.best_on or None,
            **_network(entry.backbone, entry.name if entry.arch is None else entry.arch, times),
            "params": entry.cost.params,
            "flops": entry.cost.flops,
            "published": [asdict(row) for row in entry.rows],
            "gains": [
                {
                    "source": gain.row.source,
                    "kind": gain.row.kind,
                    "one_recipe": gain.is_one_recipe,
                    "gain": round(gain.top1, 4),
                }
                for gain in entry.gains
            ],
            "mean_gain": _mean_gain(entry),
        }
        for entry in entries
    ]


def _blocks(evidence: Evidence, entries: Sequence[Entry], times: Times) -> list[dict[str, Any]]:
    """Every other block in ResNet-50 that was measured on a proxy or timed."""
    known = {entry.arch for entry in entries}
    archs = {int(block["arch"]) for found in evidence.measurements for block in found.blocks}
    archs |= {Architecture.parse(name).index for name in times.attentions(BACKBONE) if "/" in name}
    asked = sorted(archs - known)
    return [
        {
            **_network(BACKBONE, arch, times),
            "params": cost["resnet50_params"],
            "flops": cost["resnet50_flops"],
        }
        for arch, cost in zip(asked, in_resnet50(asked, times), strict=True)
    ]


def _network(backbone: str, attention: str | int, times: Times) -> dict[str, Any]:
    """What was timed, and for a block, which is named by its number, the composed time over the plain network's."""
    found: dict[str, Any] = {"backbone": backbone}
    if isinstance(attention, str):
        return found | {"times": times.record(backbone, attention)}
    found |= {"arch": attention, "times": times.record(backbone, str(Architecture(attention)))}
    if times.composed is not None and backbone == BACKBONE:
        found["composed"] = float(times.composed.ratios[attention])
    return found


def _mean_gain(entry: Entry) -> dict[str, Any] | None:
    """Over sources that trained both by one recipe, as the first claim has it."""
    values = list(by_source(entry).values())
    return asdict(margin(values)) if values else None


def _leader(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The module that leads by published figures, and by how much on each backbone where sources trained both."""
    found = leader(entries)
    if found is None:
        return None
    name, others = found[0].name, found[1].keys()
    beside = [
        (one.backbone, other.name, differences(by_source(one), by_source(other)))
        for one in entries
        for other in entries
        if one.name == name and other.name in others and one.backbone == other.backbone
    ]
    over = [{"backbone": backbone, "module": other, **asdict(margin(values))} for backbone, other, values in beside if values]
    return {"module": name, "over": over}


def _alike(evidence: Evidence) -> list[dict[str, Any]]:
    """How alike attention ranks in ordinary networks and on the proxy that the report is about."""
    beside = most_trusted(evidence)
    if beside is None:
        return []
    ranked = [(found.proxy, alike(found, beside.scores)) for found in evidence.transfers]
    return [{"proxy": proxy, "beside": beside.proxy, **found._asdict()} for proxy, found in ranked if found is not None]


def _measured(found: Mapping[str, Any]) -> dict[str, Any]:
    """A measurement whose costs in ResNet-50 stand with the networks, and whose scores stand with the blocks and modules."""
    blocks = [{name: value for name, value in block.items() if not name.startswith("resnet50")} for block in found["blocks"]]
    sase = next((block for block in blocks if block["arch"] == SASE_BLOCK.index), {})
    return {
        **found,
        "blocks": blocks,
        "modules": [_without(_same(row, sase), row) if row["module"] == SASE else row for row in found["modules"]],
        "front": [block["arch"] for block in found["front"]],
        "rival": found["rival"] and _without(_RIVALS, found["rival"]),
        "published": found["published"] and _without(_PLACED, found["published"]),
        "neighbours": {
            arch: [{name: row[name] for name in _AROUND} for row in rows] for arch, rows in found["neighbours"].items()
        },
        "elsewhere": [_without(_PLACED, place) for place in found["elsewhere"]],
    }


def _beside(calibrations: Records, agreements: Records) -> list[dict[str, Any]]:
    """Agreements without what a calibration of the same proxy says already; where that is all, without the agreement."""
    key = ("proxy", "metric")
    left = []
    for row in agreements:
        known = [one for one in calibrations if all(one[name] == row[name] for name in key)]
        if any(one["reference"] == row["reference"] for one in known):
            continue
        left.append(_without({name for one in known for name in _same(row, one)} - {*key}, row))
    return left


def _evaluated(found: Mapping[str, Any]) -> dict[str, Any]:
    """An evaluation of predictors without the differences that stand in its rows, such as `tau_over_flops`."""
    rows = {(row["predictor"], row["n"]): row for row in found["rows"]}

    def stands(item: Mapping[str, Any]) -> bool:
        row = rows.get((item["predictor"], item["n"]), {})
        return row.get(f"tau_over_{item['other']}") is not None

    return {**found, "differences": [item for item in found.get("differences", ()) if not stands(item)]}


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """The names under which both have the same value."""
    return {name for name, value in one.items() if name in other and other[name] == value}


def _without(names: Collection[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _without_options(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Where a table lies is not a number."""
    return {name: value for name, value in fields if name != "option"}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
