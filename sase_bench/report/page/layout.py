"""The page `index.html`: one file with its own style, program, data and figures, so that it works without a network.

Every text that comes from a table goes through `markup` here and through `textContent` in the page's program;
the data stand in JSON whose `<` are escaped, so that no name can close the element around it. Other addresses are only linked.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.rendering import about, regrets, told
from sase_bench.report.claims.advice import BOUGHT
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.transfer import caption
from sase_bench.report.evidence import Evidence, Measurement, most_trusted
from sase_bench.report.evidence.searches import command_of, name_of
from sase_bench.report.evidence.transfer import TRANSFERRED, commands, transferred
from sase_bench.report.figures import Missing, Picture
from sase_bench.report.networks import Entry
from sase_bench.report.networks.times import Times
from sase_bench.report.page.literature import COMMAND, literature
from sase_bench.report.page.markup import Markup, codes, link, slug, table
from sase_bench.report.questions import command
from sase_bench.space import OPERATIONS, SASE_BLOCK, SLOTS, Space

__all__ = ["page"]

_COLUMNS = (
    *("arch", "text", "seeds", "val_top1", "params", "flops"),
    *("resnet50_params", "resnet50_flops", "resnet50_time", "resnet50_time_low", "resnet50_time_high", "resnet50_time_is"),
)

_COSTS = (
    ("resnet50_params", "parameters in ResNet-50"),
    ("resnet50_flops", "FLOPs in ResNet-50"),
    ("resnet50_time", "time in ResNet-50"),
    ("params", "parameters in the proxy's network"),
    ("flops", "FLOPs in the proxy's network"),
)

_SHOWN = 4  # commands of a claim that stand open

#: How to read the cells of a claim's table, by its columns.
_CAPTIONS = {
    BOUGHT: "Gain: percentage points of ImageNet top-1 above the plain network, the mean over n sources and, in brackets, its "
    "95 % interval. Time: how many times the plain network's, in brackets the least and the most of several rounds."
}


class _Section(NamedTuple):
    """A part of the page under a heading; `command` prints what it shows."""

    anchor: str
    title: str
    parts: list[str]
    command: str = ""


class _Shown(NamedTuple):
    """What a command prints, where the page shows it."""

    command: str
    anchor: str
    name: str
    title: str = ""


def page(
    evidence: Evidence,
    entries: Sequence[Entry],
    times: Times,
    claims: Iterable[Claim],
    shown: Iterable[tuple[Picture, Path]],
    left_out: Iterable[Missing],
) -> str:
    """The whole page. `shown` are the figures with their SVG files."""
    pictures, best = list(shown), most_trusted(evidence)
    sections = [
        _blocks(evidence, best),
        _plot(),
        _Section("modules", "Published modules", literature(entries, times), COMMAND),
        *_transfers(evidence),
        *_searches(evidence),
        _Section("figures", "Figures", [_grouped("figures", (_figure(*item) for item in enumerate(pictures, 1)))]),
        _Section("missing", "What is not here, and why", [_left_out(left_out)]),
    ]
    places = _places(sections, evidence, [picture for picture, _ in pictures])
    known = _Section("claims", "What is known", [_grouped("claims", (_claim(claim, places) for claim in claims))])
    parts = [
        f"<header><h1>Which attention block should a ResNet have?</h1><div>{_introduction(evidence)}",
        _contents([known, *sections]),
        f"</div>{_use(best)}</header>",
        *(_section(section) for section in (known, *sections)),
    ]
    data = {
        "published": SASE_BLOCK.index,
        "slots": OPERATIONS,
        "scores": {found.proxy: found.score for found in evidence.measurements},
        "blocks": {
            found.proxy: [_block(found, place, block) for place, block in enumerate(found.blocks, 1)]
            for found in evidence.measurements
        },
    }
    embedded = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    sized = '<meta name="viewport" content="width=device-width">'
    head = f'<meta charset="utf-8">{sized}<title>sase-bench</title><style>{_own("css")}</style>'
    body = "\n".join(parts)
    scripts = f'<script type="application/json" id="data">{embedded}</script>\n<script>{_own("js")}</script>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n{scripts}\n</body>\n</html>\n'


def _block(found: Measurement, place: int, block: Mapping[str, Any]) -> dict[str, Any]:
    score = {"place": place, "score": block[found.column], "score_sd": block[f"{found.column}_sd"]}
    return score | {name: block[name] for name in _COLUMNS}


def _introduction(evidence: Evidence) -> str:
    count = len({block["arch"] for found in evidence.measurements for block in found.blocks})
    space = link("https://arxiv.org/abs/2411.08333", "SASE")
    return (
        "<p>An attention block weighs the channels and the places of a feature map inside a network, and the space of "
        f"{space} has {len(Space('full')):,} such blocks, an operation in each of {len(SLOTS)} slots. Here {count:,} of them "
        "are trained on small tasks with several seeds, every score is shown with its noise, and published modules stand "
        "beside them with what their papers report on ImageNet, which is another thing.</p>"
    )


def _contents(sections: Iterable[_Section]) -> str:
    return f'<nav aria-label="contents">{_all(link(f"#{part.anchor}", part.title) for part in sections)}</nav>'


def _use(found: Measurement | None) -> str:
    """How to build the block that the page is about."""
    if found is None:
        return ""
    arch = found.best["arch"]
    code = (
        f"from sase_bench.backbones import resnet50\nnetwork = resnet50(attention={arch})\n\n"
        f'import timm, sase_bench.timm  # or in timm\nnetwork = timm.create_model("sase_resnet50", attention={arch})'
    )
    return (
        f'<aside id="use"><h2>Use it</h2><p>An untrained ResNet-50 with block {arch}, which scores best on a small task; '
        f"published modules go by their names, cbam for one:</p><pre><code>{escape(code)}</code></pre></aside>"
    )


def _section(section: _Section) -> str:
    return f'<section><h2 id="{section.anchor}">{escape(section.title)}</h2>\n' + "\n".join(section.parts) + "\n</section>"


def _claim(claim: Claim, places: Sequence[_Shown]) -> str:
    read = _CAPTIONS.get(claim.table.headers, "") if claim.table else ""
    rows = (f'<p class="basis">{escape(read)}</p>' if read else "") + (table(*claim.table) if claim.table else "")
    links = ", ".join(link(f"#{place.anchor}", place.name, place.title) for place in _shown_by(claim.command, places))
    basis = f"<details><summary>what this rests on</summary>{escape(claim.text)}</details>"
    evidence = f'<div class="basis">{basis}{f"<span>shown in {links}</span>" if links else ""}</div>'
    kind = "claim wide" if claim.table else "claim"
    asked = _few(claim.command.splitlines())
    return f'<div class="{kind}"><strong>{escape(claim.headline)}</strong>{rows}{evidence}{asked}</div>'


def _few(commands: Sequence[str]) -> Markup:
    """Commands, of which those behind the first few are folded."""
    first, rest = ("\n".join(part) for part in (commands[:_SHOWN], commands[_SHOWN:]))
    if not rest:
        return codes(first)
    told = f"{len(commands) - _SHOWN} more of such commands"
    return Markup(f'{codes(first)}<details class="basis"><summary>{told}</summary>{codes(rest)}</details>')


def _shown_by(asked: str, places: Sequence[_Shown]) -> list[_Shown]:
    """Where the page shows what a command prints; else the first that the same program prints."""
    lines, program = set(asked.splitlines()), asked.split(maxsplit=3)[:3]
    exact = [place for place in places if lines & set(place.command.splitlines())]
    return exact or [place for place in places if place.command.split(maxsplit=3)[:3] == program][:1]


def _places(sections: Iterable[_Section], evidence: Evidence, pictures: Iterable[Picture]) -> list[_Shown]:
    """All that claims can lead to, in the order of the page."""
    found = [_Shown(section.command, section.anchor, section.title) for section in sections if section.command]
    found += [_Shown(command_of(one), _anchor_of_search(one), "its table", name_of(one)) for one in evidence.searches]
    numbered = enumerate(pictures, 1)
    found += [_Shown(one.command, _anchor_of_figure(one), f"figure {number}", one.title) for number, one in numbered]
    return found


def _blocks(evidence: Evidence, found: Measurement | None) -> _Section:
    asked = ""
    if found is not None:
        asked = command(f"top {len(found.blocks)} by {found.metric.name} on {found.proxy}", evidence.option)
    parts = [
        "<p>Scores are of the proxy, costs are those of ResNet-50 with the block in every bottleneck, at 224×224. A time is "
        "how many times that of the plain network: timed in the whole network, with least and most, or, behind ≈, composed of "
        "the times of its operations. The button copies the code that builds the block.</p>",
        "<p>Blocks may have different seeds, so their place is that of their mean less what its seeds do to all blocks alike; "
        "sorted by the mean itself, neighbours may change places.</p>",
        _controls(),
        '<div class="scroll tall"><table id="blocks"></table></div>',
        f"<p>{codes(asked)}</p>",
    ]
    return _Section("table", "Blocks that were measured", parts, asked)


def _controls() -> str:
    return (
        '<div class="controls"><label>proxy <select id="proxy"></select></label>'
        '<label>filter <input id="filter" placeholder="operations, slot=operation, a number" aria-describedby="help"></label>'
        '<span id="count"></span></div><p id="help">All words have to match. A word is a whole operation '
        "(conv_3x3), an operation in a slot (spatial_excite=affine), the number of a block or the start of its text; what is "
        f"no whole one matches those that begin so (conv_). Slots, in the order of the text: {escape('/'.join(SLOTS))}.</p>"
    )


def _plot() -> _Section:
    parts = [
        "<p>Scores of a proxy, never ImageNet. Times that were timed and times that were composed have marks of their own. "
        "Point at a mark, or step to it with the tab key.</p>",
        f'<p class="controls">{_choice("x", *_COSTS)} '
        f"{_choice('y', ('score', 'what blocks are ranked by'), ('val_top1', 'top-1'))}</p>",
        '<div class="scroll"><svg id="plot" viewBox="0 0 640 415" role="img" aria-label="score against cost"></svg></div>',
        '<p id="hover" aria-live="polite"></p>',
    ]
    return _Section("cost", "Score against cost", parts)


def _choice(name: str, *options: tuple[str, str]) -> str:
    listed = "".join(f'<option value="{value}">{label}</option>' for value, label in options)
    return f'<label>{name} <select id="{name}">{listed}</select></label>'


def _transfers(evidence: Evidence) -> list[_Section]:
    if not evidence.transfers:
        return []
    asked = commands(evidence.transfers)
    parts = [
        f"<p>{escape(caption(evidence.transfers))}</p><ul>",
        *(f"<li>{escape(found.proxy)}: {escape(str(found.task))}</li>" for found in evidence.transfers),
        f"</ul>{table(TRANSFERRED, transferred(evidence.transfers))}<p>{codes(asked)}</p>",
    ]
    return [_Section("transfer", "Transfer to ordinary networks", parts, asked)]


def _searches(evidence: Evidence) -> list[_Section]:
    parts = []
    for search in evidence.searches:
        head, *notes = (f"<p>{escape(line)}.</p>" for line in (". ".join(about(search)), *told(search)))
        title = f'<h3 id="{_anchor_of_search(search)}">{escape(name_of(search))}</h3>'
        parts += [title, head, table(*regrets(search)), *notes, f"<p>{codes(command_of(search))}</p>"]
    return [_Section("searches", "Searches in simulation", parts)] if parts else []


def _anchor_of_search(search: Summary) -> str:
    return f"search-{slug(name_of(search))}"


def _anchor_of_figure(picture: Picture) -> str:
    return f"figure-{slug(picture.name)}"


def _figure(number: int, shown: tuple[Picture, Path]) -> str:
    picture, path = shown
    source = b64encode(path.read_bytes()).decode("ascii")
    image = f'<img alt="{escape(picture.title)}" src="data:image/svg+xml;base64,{source}">'
    caption = f"<figcaption>Figure {number}: {escape(picture.title)} {codes(picture.command)}</figcaption>"
    return f'<figure id="{_anchor_of_figure(picture)}">{image}{caption}</figure>'


def _left_out(left_out: Iterable[Missing]) -> str:
    return f"<ul>{_all(f'<li>{escape(item.name)}: {escape(item.reason)}</li>' for item in left_out)}</ul>"


def _grouped(kind: str, parts: Iterable[str]) -> Markup:
    return Markup(f'<div class="{kind}">{_all(parts)}</div>')


def _all(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))


def _own(suffix: str) -> str:
    return files("sase_bench.report.page").joinpath(f"page.{suffix}").read_text(encoding="utf-8")
