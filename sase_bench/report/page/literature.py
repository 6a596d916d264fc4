"""The page's part on published modules: what each costs and gains, its paper, and every figure with a link to its source."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from sase_bench.modules import MODULES
from sase_bench.report.claims.advice import scatter
from sase_bench.report.networks.comparison import HEADERS, STATED, Entry, cells, missing, stated
from sase_bench.report.networks.published import BACKBONES
from sase_bench.report.networks.times import ABOUT_TIMED, HOW, TIMED, Times, timed
from sase_bench.report.page.markup import Markup, address_of, codes, link, linked, slug, table
from sase_bench.space import SASE

__all__ = ["COMMAND", "literature"]

#: What writes these figures, and the page.
COMMAND = "python -m sase_bench.report"

_HEADERS = (*HEADERS[1:-1], "figures in detail")


class _Paper(NamedTuple):
    title: str
    reference: str


_PAPERS = {name: _Paper(module.title, f"{module.reference}, {module.year}") for name, module in MODULES.items()}
_PAPERS[SASE] = _Paper("SASE: the block that its authors found", "arXiv:2411.08333, 2024")


def literature(entries: Sequence[Entry], times: Times) -> list[str]:
    """Paragraphs and tables, a line each."""
    figures = [line for entry in entries for line in _figures(entry)]
    sources = {row.source for entry in entries for row in entry.rows}
    papers = [(name, _PAPERS[name]) for name in dict.fromkeys(entry.name for entry in entries) if name in _PAPERS]
    composed = [] if times.composed is None else [f"<p>{escape(times.composed.about)} How far such sums are off is in "]
    return [
        "<p>Costs are counted here by one counter. Gains are percentage points of ImageNet top-1 above the plain ResNet "
        "of the same source, over all sources. These are published figures and no score of this project. "
        f"{escape(scatter(entries) or '')}</p>",
        f"<p>{codes(COMMAND)}</p>",
        *(part for backbone in BACKBONES for part in _of(backbone, entries)),
        f"<details><summary>All {len(figures)} published figures, top-1 and top-5, of {len(sources)} sources</summary>",
        table(STATED, figures),
        "</details>",
        f"<details><summary>The papers of {len(papers)} modules</summary>",
        table(("module", "title", "where"), ((name, paper.title, linked(paper.reference)) for name, paper in papers)),
        "</details>",
        "<details><summary>Times of whole networks in milliseconds, and the memory that they take</summary>",
        f"<p>{escape(ABOUT_TIMED)}</p>",
        table(TIMED, timed(times)),
        "</details>",
        *(f"<p>{escape(note)}</p>" for note in missing(entries)),
        "<p>Times are against the plain network of the same round: median, least and most. "
        f"{escape(' '.join(times.conditions()))}</p>",
        *(f"{about}{link('modules.md', 'modules.md')}.</p>" for about in composed),
        f"<p>{codes(HOW)}</p>",
    ]


def _of(backbone: str, entries: Sequence[Entry]) -> list[str]:
    there = [entry for entry in entries if entry.backbone == backbone]
    return [f"<h3>{escape(backbone)}</h3>", table(_HEADERS, (_line(entry) for entry in there))] if there else []


def _line(entry: Entry) -> tuple[str, ...]:
    """Under `_HEADERS`; the module leads to its paper, and how many figures there are of it to these."""
    _, name, *rest = cells(entry)[:-1]
    figures = link(f"#{_anchor(entry)}", str(len(entry.rows))) if entry.rows else ""
    return (_module(name) if name in _PAPERS or name == entry.label else _told(entry.label, name), *rest, figures)


def _module(name: str) -> str:
    paper = _PAPERS.get(name)
    if paper is None:
        return name
    address, told = address_of(paper.reference), f"{paper.title}, {paper.reference}"
    return link(address, name, told) if address else _told(name, told)


def _told(name: str, more: str) -> Markup:
    """A name that says more where one points at it."""
    return Markup(f'<span title="{escape(more)}">{escape(name)}</span>')


def _figures(entry: Entry) -> list[tuple[str, ...]]:
    """Under `STATED`; the first can be led to."""
    lines = [(*line[:-1], linked(line[-1])) for line in stated(entry)]
    if lines:
        lines[0] = (Markup(f'<span id="{_anchor(entry)}">{escape(lines[0][0])}</span>'), *lines[0][1:])
    return lines


def _anchor(entry: Entry) -> str:
    return f"published-{slug(entry.backbone)}-{slug(entry.name)}"
