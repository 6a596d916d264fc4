"""The sections of a report, and how they become files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sase_bench.errors import RequestError
from sase_bench.query import Answer, ask
from sase_bench.query.format import render
from sase_bench.space import SLOTS

__all__ = ["Section", "sections", "write"]


@dataclass(frozen=True)
class Section:
    """A heading, the question, and what the table answered."""

    title: str
    question: str
    answer: Answer


def sections(db: Path, *, most: int = 20) -> list[Section]:
    """The summary of all proxies; then for each one with scores its `most` best blocks and the effect of every slot."""
    found = [Section("What was measured", "summary", ask("summary", db=db))]
    for record in found[0].answer.records():
        if not record["ok"]:
            continue
        proxy = str(record["proxy"])
        questions = {f"The best blocks on {proxy}": f"top {most} by loss on {proxy}"}
        questions |= {f"Effect of {slot} on {proxy}": f"effect {slot} by loss on {proxy}" for slot in SLOTS}
        found += [Section(title, question, ask(question, db=db)) for title, question in questions.items()]
    return found


def write(parts: Iterable[Section], folder: Path) -> list[Path]:
    """Write `summary.md` for people and `numbers.json` for programs; the same table gives the same bytes."""
    parts = list(parts)
    text = ["# Report", ""]
    for part in parts:
        notes = [f"*{note}*\n" for note in part.answer.notes]
        text += [
            f"## {part.title}",
            "",
            f'`python -m sase_bench.query "{part.question}"`',
            "",
            render(part.answer, "md"),
            *notes,
        ]
    numbers = {part.question: part.answer.records() for part in parts}
    files = {
        folder / "summary.md": "\n".join(text),
        folder / "numbers.json": json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
    return list(files)
