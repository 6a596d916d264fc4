"""The commands in docs/ are those of the program."""

import argparse
import re
import shlex
from collections.abc import Callable
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
