"""The page `index.html`: one file with its own style, program, data and figures, so that it works without a network.

Every text that comes from a table goes through `html.escape` here and through `textContent` in the page's program; the data
stand in JSON whose `<` are escaped, so that no name can close the element around it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from sase_bench.bo.comparison.rendering import about, regrets, told
from sase_bench.report.advice import scatter
from sase_bench.report.claim import Claim
from sase_bench.report.comparison import HEADERS, STATED, Entry, cells, missing, stated
from sase_bench.report.evidence import Evidence, Measurement
from sase_bench.report.figures import Missing, Picture
from sase_bench.report.searches import command_of
from sase_bench.report.times import HOW, Times
from sase_bench.report.transfer import TRANSFERRED, TRANSFERS, commands, transferred
from sase_bench.space import SASE_BLOCK

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


def page(
    evidence: Evidence,
    entries: Sequence[Entry],
    times: Times,
    claims: Iterable[Claim],
    shown: Iterable[tuple[Picture, Path]],
    left_out: Iterable[Missing],
) -> str:
    """The whole page. `shown` are the figures with their SVG files."""
    parts = [
        "<h1>Which attention block should a ResNet have?</h1>",
        "<p>An attention block weighs the channels and the places of a feature map. The SASE space has 117,649 of them: six "
        "slots with seven operations each. Here blocks are trained on small proxy tasks with several seeds, and every score is "
        "shown with its noise. Published modules stand beside them with what their papers report on ImageNet, which is "
        "another thing.</p>",
        *(_claim(claim) for claim in claims),
        '<h2 id="table">Blocks that were measured</h2>',
        "<p>Scores are of the proxy, costs are those of ResNet-50 with the block in every bottleneck, at 224×224. A time is "
        "timed in the whole network, with least and most, or composed of its operations' times. The button copies the "
        "code that builds it.</p>",
        _controls(),
        '<div class="scroll tall"><table id="blocks"></table></div>',
        "<h2>Score against cost</h2>",
        "<p>Scores of a proxy, never ImageNet. Filled: no block is both better and cheaper. Orange: the block that "
        "SASE published. Point at a mark, or step to it with the tab key.</p>",
        f"<p>{_choice('x', *_COSTS)} {_choice('y', ('score', 'what blocks are ranked by'), ('val_top1', 'top-1'))}</p>",
        '<div class="scroll"><svg id="plot" viewBox="0 0 640 385" role="img" aria-label="score against cost"></svg></div>',
        '<p id="hover" aria-live="polite"></p>',
        "<h2>Published modules</h2>",
        "<p>Costs are counted here by one counter. Gains are percentage points of ImageNet top-1 above the plain ResNet "
        "of the same source, over all sources. These are published figures and no score of this project. "
        f"{escape(scatter(entries) or '')}</p>",
        "<p><code>python -m sase_bench.report</code></p>",
        _table(HEADERS[:-1], (cells(entry)[:-1] for entry in entries)),
        "<details><summary>Every published figure, with its source</summary>",
        _table(STATED, (line for entry in entries for line in stated(entry))),
        "</details>",
        *(f"<p>{escape(note)}</p>" for note in missing(entries)),
        "<p>Times are against the plain network of the same round: median, least and most. "
        f"{escape(' '.join(times.conditions()))}</p>",
        *([f"<p>{escape(times.composed.about)} How far such sums are off is in modules.md.</p>"] if times.composed else []),
        f"<p><code>{escape(HOW)}</code></p>",
        *_transfers(evidence),
        *_searches(evidence),
        "<h2>Figures</h2>",
        *(_figure(picture, path) for picture, path in shown),
        "<h2>What is not here, and why</h2>",
        "<ul>" + "".join(f"<li>{escape(item.name)}: {escape(item.reason)}</li>" for item in left_out) + "</ul>",
    ]
    data = {
        "published": SASE_BLOCK.index,
        "scores": {found.proxy: found.score for found in evidence.measurements},
        "blocks": {found.proxy: [_block(found, block) for block in found.blocks] for found in evidence.measurements},
    }
    embedded = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    sized = '<meta name="viewport" content="width=device-width">'
    head = f'<meta charset="utf-8">{sized}<title>sase-bench</title><style>{_own("css")}</style>'
    body = "\n".join(parts)
    scripts = f'<script type="application/json" id="data">{embedded}</script>\n<script>{_own("js")}</script>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n{scripts}\n</body>\n</html>\n'


def _block(found: Measurement, block: Mapping[str, Any]) -> dict[str, Any]:
    score = {"score": block[found.column], "score_sd": block[f"{found.column}_sd"]}
    return score | {name: block[name] for name in _COLUMNS}


def _transfers(evidence: Evidence) -> list[str]:
    if not evidence.transfers:
        return []
    tasks = "".join(f"<li>{escape(found.proxy)}: {escape(found.task)}</li>" for found in evidence.transfers)
    return [
        "<h2>Transfer to ordinary networks</h2>",
        f"<p>{escape(TRANSFERS)}</p><ul>{tasks}</ul>",
        _table(TRANSFERRED, transferred(evidence.transfers)),
        *(f"<p><code>{escape(command)}</code></p>" for command in commands(evidence.transfers).splitlines()),
    ]


def _searches(evidence: Evidence) -> list[str]:
    parts = ["<h2>Searches in simulation</h2>"] if evidence.searches else []
    for search in evidence.searches:
        head, *notes = (f"<p>{escape(line)}.</p>" for line in (". ".join(about(search)), *told(search)))
        parts += [head, _table(*regrets(search)), *notes, f"<p><code>{escape(command_of(search))}</code></p>"]
    return parts


def _own(suffix: str) -> str:
    return files("sase_bench.report").joinpath(f"page.{suffix}").read_text(encoding="utf-8")


def _claim(claim: Claim) -> str:
    table = _table(*claim.table) if claim.table else ""
    shown = "".join(f"<code>{escape(command)}</code>" for command in claim.command.splitlines())
    basis = f"<details><summary>what this rests on</summary>{escape(claim.text)}</details>"
    return f'<div class="claim"><strong>{escape(claim.headline)}</strong>{table}{basis}{shown}</div>'


def _controls() -> str:
    return (
        '<div class="controls"><label>proxy <select id="proxy"></select></label>'
        '<label>filter <input id="filter" placeholder="operations or a number"></label><span id="count"></span></div>'
    )


def _choice(name: str, *options: tuple[str, str]) -> str:
    listed = "".join(f'<option value="{value}">{label}</option>' for value, label in options)
    return f'<label>{name} <select id="{name}">{listed}</select></label>'


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in headers)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _figure(picture: Picture, path: Path) -> str:
    source = b64encode(path.read_bytes()).decode("ascii")
    title = escape(picture.title)
    commands = "".join(f"<br><code>{escape(command)}</code>" for command in picture.command.splitlines())
    image = f'<img alt="{title}" src="data:image/svg+xml;base64,{source}">'
    return f"<figure>{image}<figcaption>{title}{commands}</figcaption></figure>"
