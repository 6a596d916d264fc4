"""The commands in docs/ are those of the program."""

import argparse
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
LINES = [
    (page.name, line)
    for page in PAGES
    for line in re.findall(r"^(?:exec )?(python -m sase_bench\..*)$", page.read_text(), re.MULTILINE)
]


def test_there_are_commands_to_check() -> None:
    assert {page for page, _ in LINES} >= {"slurm.md"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_of_a_page_is_understood(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line gets through its command's parser: names, choices and types. What it names need not be there."""
    words = shlex.split(line)[2:]
    parse, seen = argparse.ArgumentParser.parse_args, []

    class Understood(BaseException):
        pass

    def parsed(self: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
        seen.append(parse(self, argv))
        raise Understood

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    main = import_module(f"{words[0]}.__main__").main
    with pytest.raises(Understood):
        main(words[1:])
    assert len(seen) == 1
