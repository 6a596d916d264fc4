"""The files of a report: questions with their answers, the comparison of modules, all numbers once, figures and the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sase_bench.answers import Answer, markdown, render
from sase_bench.bo.comparison.rendering import about, regrets, told
from sase_bench.files import write_text
from sase_bench.query import ask
from sase_bench.query.metrics import ranking_metric
from sase_bench.report.claims import claims
from sase_bench.report.claims.advice import scatter
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.transfer import caption
from sase_bench.report.drawing import save
from sase_bench.report.evidence import Evidence
from sase_bench.report.evidence.holdings import has_scores_of_modules, is_tied_sampled
from sase_bench.report.evidence.searches import command_of
from sase_bench.report.evidence.transfer import TRANSFERRED, transferred
from sase_bench.report.figures import Missing, Picture, figures
from sase_bench.report.networks.comparison import HEADERS, STATED, Entry, cells, missing, stated
from sase_bench.report.networks.composed import AGREED, PLACE, agreed
from sase_bench.report.networks.times import ABOUT_TIMED, BESIDE, TIMED, Times, timed
from sase_bench.report.numbers import numbers
from sase_bench.report.page import page
from sase_bench.report.papers import papers
from sase_bench.report.questions import command
from sase_bench.space import SETS, SLOTS

__all__ = ["Section", "sections", "texts", "write"]

_CAPTION = (
    "Attention modules in every bottleneck at 224×224, also where a paper places its module elsewhere: costs counted by one "
    "counter (multiply-accumulates), and the published gain in ImageNet top-1 over the plain ResNet of the same source, as a "
    "range over sources. Published figures, not scores of this project's proxies."
)
_CHECKED = (
    "Networks with random blocks were timed for a check (`python -m sase_bench.latency check`). One half gives the factor by "
    "which blocks in a network take longer than the sum of their parts; errors, relative to what was timed, are those of the "
    "other half. The bias is the median over all before the correction. Timed networks are noisy too: from how alike the "
    "repetitions of a network rank the held-out ones follows about what Spearman's correlation an exact prediction would have, "
    "with a 95 % interval by bootstrap over networks. It is an estimate and no limit: where the sums' correlation "
    "lies within that interval, these timings do not tell sums from exact predictions."
)
_BESIDE = (
    "Blocks that were timed in a whole ResNet-50 (`python -m sase_bench.latency compare`) beside their composed time. "
    "These were timed in another process than parts and checks, which trained in between. Where "
    "both differ, go by what was timed."
)
_BEST = 20  # blocks


@dataclass(frozen=True)
class Section:
    """A heading, the question, and what the table answered."""

    title: str
    question: str
    answer: Answer


def sections(db: Path) -> list[Section]:
    """The summary of all proxies; then for each one with scores its best blocks and the effect of every slot."""
    found = [Section("What was measured", "summary", ask("summary", db=db))]
    for record in found[0].answer.records():
        if not record["ok"]:
            continue
        proxy = str(record["proxy"])
        by = ranking_metric(proxy).name
        questions = {f"The best blocks on {proxy}": f"top {_BEST} by {by} on {proxy}"}
        if has_scores_of_modules(db, proxy):
            questions[f"Published modules on {proxy}"] = f"modules by {by} on {proxy}"
        questions |= {f"Effect of {slot} on {proxy}": f"effect {slot} by {by} on {proxy}" for slot in SLOTS}
        if is_tied_sampled(db, proxy):
            questions |= {
                f"Effect of {slot} in the tied space on {proxy}": f"effect {slot} by {by} on {proxy} in tied" for slot in SETS
            }
        found += [Section(title, question, ask(question, db=db)) for title, question in questions.items()]
    return found


def texts(parts: Iterable[Section], evidence: Evidence, entries: Sequence[Entry], times: Times) -> dict[str, str]:
    """The files that are text without figures, by name."""
    rows = [cells(entry) for entry in entries]
    said = [line for claim in claims(evidence, entries) for line in _claim(claim)]
    summary = ["# Report", "", *said]
    for part in parts:
        notes = [f"*{note}*\n" for note in part.answer.notes]
        summary += [
            f"## {part.title}",
            "",
            f"`{command(part.question, evidence.option)}`",
            "",
            render(part.answer, "md"),
            *notes,
        ]
    if evidence.transfers:
        tasks = [f"* {found.proxy}: {found.task}" for found in evidence.transfers]
        lines = markdown(TRANSFERRED, transferred(evidence.transfers))
        summary += ["## Transfer to ordinary networks", "", caption(evidence.transfers), "", *tasks, "", lines]
    for search in evidence.searches:
        summary += [
            f"## Searches compared on {search['proxy']}, {search['space']} space, {search['shown']} shown",
            "",
            f"`{command_of(search)}`",
            "",
            markdown(*regrets(search)),
            *(f"* {line}" for line in (*about(search), *told(search))),
            "",
        ]
    every = [line for entry in entries for line in stated(entry)]
    modules = ["# Published modules", "", _CAPTION, "", markdown(HEADERS, rows), *(f"{note}\n" for note in missing(entries))]
    modules += [f"{note}\n" for note in (scatter(entries),) if note]
    modules += ["## Times", "", "All of whole networks:", "", *(f"* {note}" for note in times.conditions()), ""]
    if times.rows:
        modules += [ABOUT_TIMED, "", markdown(TIMED, timed(times))]
    modules += _composed(times)
    modules += ["## Every published figure", "", markdown(STATED, every)]
    return {
        "summary.md": "\n".join(summary),
        "modules.md": "\n".join(modules),
        **papers(evidence, entries, times),
        "numbers.json": json.dumps(numbers(evidence, entries, times), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
    }


def _claim(claim: Claim) -> list[str]:
    table = [markdown(*claim.table)] if claim.table else []
    return [f"**{claim.headline}**", "", *table, claim.text, "", *(f"`{line}`" for line in claim.command.splitlines()), ""]


def _composed(times: Times) -> list[str]:
    """How far the times of blocks that were not timed in a whole network can be trusted."""
    if times.composed is None:
        return []
    parts = ["## Composed times", "", f"{times.composed.about} {PLACE}", ""]
    if times.composed.checks:
        parts += [_CHECKED, "", markdown(AGREED, agreed(times.composed.checks))]
    beside = times.beside()
    if beside:
        parts += [_BESIDE, "", markdown(BESIDE, beside)]
    return parts


def write(parts: Iterable[Section], evidence: Evidence, entries: Sequence[Entry], times: Times, folder: Path) -> list[Path]:
    """Write a report; the same input gives the same bytes. Raises `RequestError` for a folder that cannot be written."""
    paths = [_put(folder / name, text) for name, text in texts(parts, evidence, entries, times).items()]
    shown: list[tuple[Picture, Path]] = []
    left_out: list[Missing] = []
    for item in figures(evidence, entries):
        if isinstance(item, Missing):
            left_out.append(item)
            continue
        drawn = save(item.draw, folder / "figures", item.name, width=item.width, height=item.height)
        shown.append((item, drawn[0]))
        paths += drawn
    text = page(evidence, entries, times, claims(evidence, entries), shown, left_out)
    return [*paths, _put(folder / "index.html", text)]


def _put(path: Path, text: str) -> Path:
    write_text(path, text)
    return path
