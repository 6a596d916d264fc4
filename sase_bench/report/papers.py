"""The tables of a report for a paper, as LaTeX: few columns, short headers, and a caption that says what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from textwrap import shorten

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.bars import SHARES
from sase_bench.bo.comparison.rendering import order
from sase_bench.latency.comparisons import WORK, Compared, Ratio, Work
from sase_bench.modules import PLAIN
from sase_bench.record import COLUMNS
from sase_bench.report.claims.advice import by_source
from sase_bench.report.evidence import Evidence, Measurement
from sase_bench.report.evidence.searches import command_of, name_of
from sase_bench.report.networks import Entry
from sase_bench.report.networks.published import BACKBONES
from sase_bench.report.networks.times import HOW, Times, named
from sase_bench.report.questions import command
from sase_bench.report.tables import NONE, Column, latex

__all__ = ["papers"]

_MADE_BY = "python -m sase_bench.report"
_BLOCKS = 10
_AT = 4  # numbers of evaluations at which regrets are shown, the last ones
_RECIPE = 60  # letters
_KINDS = {"own-paper": "own", "reproduction": "rep.", "third-party": "3rd"}

_GAIN = "published gain (points)"
_MODULES = (
    Column("module", "l"),
    Column("params (M)"),
    Column("GFLOPs"),
    Column("forward", group="times plain"),
    Column("training", group="times plain"),
    Column("memory", group="times plain"),
    Column("median", group=_GAIN),
    Column("least", group=_GAIN),
    Column("most", group=_GAIN),
    Column("n", group=_GAIN),
)
_TIMES = (
    Column("module", "l"),
    *(Column(name, group=work) for work in ("forward (ms)", "training step (ms)") for name in ("n", "p50", "p95", "× plain")),
    Column("peak (MB)"),
)
_PUBLISHED = (
    Column("module", "l"),
    Column("depth"),
    Column("top-1"),
    Column("top-5"),
    Column("gain"),
    Column("kind", "l"),
    Column("recipe", "86pt"),
    Column("source", "86pt"),
)


def papers(evidence: Evidence, entries: Sequence[Entry], times: Times) -> dict[str, str]:
    """The files by name."""
    backbones = [backbone for backbone in BACKBONES if any(entry.backbone == backbone for entry in entries)]
    timed = [backbone for backbone in BACKBONES if times.attentions(backbone)]
    return {
        **{f"modules-{_file(backbone)}.tex": _modules(backbone, entries) for backbone in backbones},
        **{f"times-{_file(backbone)}.tex": _times(backbone, times) for backbone in timed},
        "published.tex": _published(entries),
        **{f"blocks-{found.proxy}.tex": _blocks(found, evidence.option) for found in evidence.measurements},
        **{f"searches-{name_of(search)}.tex": _searches(search) for search in evidence.searches},
    }


def _file(backbone: str) -> str:
    return backbone.replace("-", "").lower()


def _modules(backbone: str, entries: Sequence[Entry]) -> str:
    shown = [entry for entry in entries if entry.backbone == backbone]
    best = "; ".join(f"{entry.name}: best on {entry.best_on}" for entry in shown if entry.best_on)
    caption = (
        f"Attention modules in every bottleneck of {backbone} at 224×224. Parameters in millions and multiply-accumulates in "
        "10⁹, by one counter. Forward time, time of a training step and memory kept for its backward pass as multiples of the "
        "plain network's, median over rounds. Gain: ImageNet top-1 over the plain network of the same source in percentage "
        "points, trained by one recipe, as published: median, least and most of n sources, each the mean of its rows. "
        f"{NONE}: not timed, or not published."
    )
    return latex(
        _MODULES,
        [_module(entry) for entry in shown],
        caption=f"{caption} {best[:1].upper()}{best[1:]}." if best else caption,
        label=f"tab:modules-{_file(backbone)}",
        made_by=_MADE_BY,
    )


def _module(entry: Entry) -> tuple[str, ...]:
    taken, values = entry.taken, list(by_source(entry).values())
    ratios = [None if ratio is None else ratio.median for ratio in (taken.forward, taken.training)] + [taken.kept]
    if entry.name == PLAIN:
        ratios, values = [1.0] * 3, [0.0]
    times = [NONE if ratio is None else f"{ratio:.2f}" for ratio in ratios]
    gains = [f"{value:+.2f}" for value in (median(values), min(values), max(values))] if values else [NONE] * 3
    if len(values) == 1:
        gains[1:] = [""] * 2
    count = "" if entry.name == PLAIN else str(len(values))
    return (entry.label, f"{entry.cost.params / 1e6:.2f}", f"{entry.cost.flops / 1e9:.3f}", *times, *gains, count)


def _times(backbone: str, times: Times) -> str:
    caption = (
        f"Time of {backbone} with attention in every bottleneck at 224×224. {' '.join(_setting(backbone, times))} n: rounds, "
        "each of which visits every network in turn and counts with the median of its passes; p50 and p95 are percentiles "
        "over rounds, and of so few p95 lies between the two slowest. × plain: median over rounds that the plain network was "
        "in as well (least–most). Peak: the most memory that a training step holds "
        f"at once, beside weights, the optimiser's state and images; 1 MB = 10⁶ bytes. {NONE}: not timed."
    )
    rows = [_timed(backbone, attention, times) for attention in times.attentions(backbone)]
    return latex(_TIMES, rows, caption=caption, label=f"tab:times-{_file(backbone)}", made_by=f"{HOW}; {_MADE_BY}")


def _timed(backbone: str, attention: str, times: Times) -> tuple[str, ...]:
    found, taken = times.of_network(backbone, attention), times.of(backbone, attention)
    ratios: dict[Work, Ratio | None] = {"forward": taken.forward, "training": taken.training}
    cells = [cell for work in WORK for cell in _clocked(found.get(work), ratios[work])]
    peak = found["training"].peak if "training" in found else None
    return (named(attention), *cells, NONE if peak is None else f"{peak / 1e6:,.0f}")


def _clocked(row: Compared | None, ratio: Ratio | None) -> tuple[str, str, str, str]:
    if row is None:
        return (NONE,) * 4
    over = (
        "1" if row.attention == PLAIN else NONE if ratio is None else f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"
    )
    return str(row.rounds), f"{row.p50 * 1e3:,.0f}", f"{row.p95 * 1e3:,.0f}", over


def _setting(backbone: str, times: Times) -> Iterator[str]:
    for row in times.of_network(backbone, PLAIN).values():
        what = {"forward": "Forward passes", "training": "Training steps"}[row.work]
        yield f"{what}: {row.conditions}."


def _published(entries: Sequence[Entry]) -> str:
    caption = (
        "Published ImageNet results of attention modules on ResNets, in percent. Depth: of the ResNet. Gain: top-1 over the "
        "plain network of the same source, in percentage points, in brackets where the two were not trained by one recipe. "
        "Kind: the module's own paper or code, a reproduction (rep.), or quoted by a third party (3rd). Recipes are shortened; "
        "modules.md has them whole."
    )
    rows = [row for entry in entries for row in _stated(entry)]
    return latex(_PUBLISHED, rows, caption=caption, label="tab:published", made_by=_MADE_BY, is_long=True)


def _stated(entry: Entry) -> Iterator[tuple[str, ...]]:
    gained = {id(gain.row): gain for gain in entry.gains}
    for row in entry.rows:
        gain = gained.get(id(row))
        above = NONE if gain is None else f"{gain.top1:+.2f}" if gain.is_one_recipe else f"({gain.top1:+.2f})"
        top5 = NONE if row.top5 is None else f"{row.top5:.2f}"
        kind, depth = _KINDS.get(row.kind, row.kind), entry.backbone.rpartition("-")[2]
        recipe = shorten(row.recipe, _RECIPE, placeholder=" …")
        yield (entry.label, depth, f"{row.top1:.2f}", top5, above, kind, recipe, row.source)


def _blocks(found: Measurement, option: str) -> str:
    score, shown = found.column, found.blocks[:_BLOCKS]
    columns = [Column("place"), Column("block"), Column("operations", "165pt")]
    columns += map(Column, ("loss", "sd", "seeds", "params"))
    lines = [
        (
            str(place),
            str(block["arch"]),
            block["text"],
            f"{block[score]:.4f}",
            NONE if block[f"{score}_sd"] is None else f"{block[f'{score}_sd']:.4f}",
            str(block["seeds"]),
            f"{block['params']:,}",
        )
        for place, block in enumerate(shown, 1)
    ]
    caption = (
        f"The best {len(lines)} of {len(found.blocks)} measured blocks on the proxy {found.proxy}; no score on ImageNet. Loss: "
        f"{found.name} in nats, mean over seeds; sd: over seeds; params: of the proxy's network. Operations in order of slots."
    )
    made_by = command(f"top {_BLOCKS} by {found.metric.name} on {found.proxy}", option)
    return latex(columns, lines, caption=caption, label=f"tab:blocks-{found.proxy}", made_by=f"{made_by}; {_MADE_BY}")


def _searches(search: Summary) -> str:
    """Regrets in thousandths of the metric's unit."""
    strategies, unit = search["strategies"], COLUMNS[search["metric"]].unit
    at = list(next(iter(strategies.values()))["regret"])[-_AT:]
    columns = [Column("strategy", "l"), *(Column(count, group="regret after") for count in at)]
    columns += [Column(f"{100 * SHARES[name].top:g} %", group="found (%)") for name in search["tops"]]
    columns += [Column(count, group="rank at") for count in search["ranks"]]
    rows = []
    for name, values in sorted(strategies.items(), key=lambda item: order(item[1]["regret"][at[-1]] if at else [None])):
        finds = [NONE if share is None else f"{100 * share:.0f}" for share in values["finds"].values()]
        ranks = [f"{part['ranks'][name]:.2f}" if name in part["ranks"] else NONE for part in search["ranks"].values()]
        rows.append([name, *(_thousandths(values["regret"][count]) for count in at), *finds, *ranks])
    fewer = [f", {name}: {found['repeats']}" for name, found in strategies.items() if found["repeats"] != search["repeats"]]
    finds = [f"{name} ({count} block{'s' * (count != 1)})" for name, count in search["tops"].items()]
    caption = (
        f"Searches in simulation on {search['proxy']}: {search['pool']} blocks, {search['space']} space, "
        f"{search['shown']} shown, {search['repeats']} repeats with paired seeds{''.join(fewer)}. Regret in "
        f"{search['metric']}, in thousandths ({unit}), mean ± standard error, after so many evaluations. Found: share of "
        f"repeats that found one of the {', '.join(finds)} evaluations. Rank: mean over repeats. {NONE}: not run."
    )
    label = f"tab:searches-{name_of(search)}"
    return latex(columns, rows, caption=caption, label=label, made_by=f"{command_of(search)}; {_MADE_BY}")


def _thousandths(estimate: Sequence[float | None]) -> str:
    mean, error = estimate
    if mean is None:
        return NONE
    return f"{1e3 * mean:.1f}" + ("" if error is None else f" ± {1e3 * error:.1f}")
