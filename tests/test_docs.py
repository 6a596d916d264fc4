"""The commands in docs/ and beside what is kept are those of the program."""

import argparse
import re
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from sase_bench.space import SETS, SLOTS

ROOT = Path(__file__).parents[1]
SHELVES = [ROOT / shelf / "README.md" for shelf in ("database", "predictors", "reports", "reports/published")]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *SHELVES, ROOT / "database" / "findings.md"]
LINES = [
    (str(page.relative_to(ROOT)), line)
    for page in PAGES
    for line in re.findall(r"^(?:exec )?(python -m sase_bench\..*)$", page.read_text(), re.MULTILINE)
]


def test_there_are_commands_to_check() -> None:
    assert {page for page, _ in LINES} >= {"docs/slurm.md", "database/README.md", "reports/README.md"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_of_a_page_is_understood(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line gets through its command's parser: names, choices and types. What it names need not be there."""
    words = shlex.split(line.partition(" > ")[0], comments=True)[2:]

    class Understood(BaseException):
        pass

    def watched(parse: Callable[..., argparse.Namespace]) -> Callable[..., None]:
        def parsed(self: argparse.ArgumentParser, argv: list[str]) -> None:
            parse(self, argv)
            raise Understood

        return parsed

    for name in ("parse_args", "parse_intermixed_args"):
        monkeypatch.setattr(argparse.ArgumentParser, name, watched(getattr(argparse.ArgumentParser, name)))
    main = import_module(f"{words[0]}.__main__").main
    with pytest.raises(Understood):
        main(words[1:])


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(#[^)]*)?\)", page.read_text())
    here = {target for target, _ in links if target and "://" not in target}
    assert {target for target in here if not (page.parent / target).exists()} == set()
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert {anchor for target, anchor in links if not target and anchor.removeprefix("#") not in anchors} == set()


def test_the_page_of_the_space_has_every_slot_and_operation_in_order() -> None:
    text = (ROOT / "docs" / "space.md").read_text(encoding="utf-8")
    slots = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", text, re.MULTILINE)
    assert {slot: name.replace(" ", "_") for slot, name in slots} == SLOTS
    assert [slot for slot, _ in slots] == list(SLOTS)
    found = {}
    for section in text.partition("## Operations")[2].split("\n### ")[1:]:
        name = section.splitlines()[0].lower().replace(" ", "_")
        found[name] = re.findall(r"^\| (\d) \| `(\S+)` \|", section, re.MULTILINE)
    assert found == {name: [(str(i), choice) for i, choice in enumerate(choices)] for name, choices in SETS.items()}


def test_every_kind_of_file_of_a_report_is_explained() -> None:
    text = (ROOT / "reports" / "README.md").read_text(encoding="utf-8")
    kept = {path.name for path in (ROOT / "reports").iterdir() if not path.name.startswith(".")} - {"README.md"}
    many = {"blocks-": "blocks-PROXY.tex", "searches-": "searches-NAME.tex"}
    many |= {start: f"{start}BACKBONE.tex" for start in ("modules-", "times-")}
    kinds = {next((kind for start, kind in many.items() if name.startswith(start)), name) for name in kept}
    assert {kind for kind in kinds if f"`{kind}`" not in text and f"`{kind}/" not in text} == set()


def test_a_page_has_the_figures_of_the_fault_suite() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in (ROOT / "docs" / "faults.md").read_text().splitlines()]
    times = {row[0]: int(row[1].replace(",", "")) for row in rows if len(row) == 3 and row[1].replace(",", "").isdecimal()}

    def total(*starts: str) -> str:
        return f"{sum(count for fault, count in times.items() if fault.startswith(starts)):,}"

    text = " ".join((ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8").split())
    damaged = total("a table with a turned bit", "a shard with a turned bit", "the same of a shard")
    assert (
        f"After {total('`kill -9`')} `kill -9` of drivers and workers, {total('storms of')} signals in storms and "
        f"{total('a disk of')} full disks every finished run was there, once; of {damaged} damaged tables and shards none was "
        f"read silently; {total('texts for')} hostile texts were understood or refused, none with a traceback."
    ) in text
