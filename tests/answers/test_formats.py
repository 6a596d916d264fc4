import argparse
import csv
import io
import json
import sys

import pytest

from sase_bench.answers import Answer, add_format_option, render, show, styled
from sase_bench.answers.formats import FORMATS
from tests.answers.odd import ODD


def test_json_has_only_what_json_has() -> None:
    first, second = json.loads(render(ODD, "json"), parse_constant=lambda name: pytest.fail(name))
    assert first == {
        "flag": True, "inf": None, "nan": None, "list": [1.5, None], "struct": {"a": 1}, "blob": "00ff", "decimal": "1.50",
        "date": "2026-11-22", "interval": "1 day, 0:00:00", "huge": 2**100, "text": 'a|b\n\x1b[31m"c",',
    }  # fmt: skip
    assert set(second.values()) == {None}


def test_csv_quotes_what_needs_it_and_leaves_missing_empty() -> None:
    _, first, second = csv.reader(io.StringIO(render(ODD, "csv")))
    assert first == [
        "true", "", "", "[1.5, null]", '{"a": 1}', "00ff", "1.50", "2026-11-22", "1 day, 0:00:00", str(2**100),
        'a|b\n\x1b[31m"c",',
    ]  # fmt: skip
    assert second == [""] * 11


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_without_rows_has_its_columns(name: str) -> None:
    fields = styled("plain", "place", "arch")
    assert render(Answer(fields=fields, rows=()), name) == {
        "table": "place  arch\n", "json": "[]\n", "csv": "place,arch\n", "md": "| place | arch |\n| ---: | ---: |\n",
    }[name]  # fmt: skip
    assert render(Answer(fields=fields, rows=(), upright=True, shared=1), name)


def test_every_command_takes_the_same_formats_and_those_that_it_writes() -> None:
    def choices(*files: str) -> list[str]:
        parser = argparse.ArgumentParser()
        add_format_option(parser, *files)
        assert parser.parse_args([]).format == "table"
        return [name for name in (*FORMATS, "parquet") if name in parser.format_help()]

    assert choices() == list(FORMATS)
    assert choices("parquet") == [*FORMATS, "parquet"]


def test_answers_are_shown_with_an_empty_line_between(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (Answer(fields=styled("text", "slot"), rows=(("gate",),), title=title) for title in ("a", "b"))
    show("md", one, other)
    assert capsys.readouterr().out == "## a\n\n| slot |\n| --- |\n| gate |\n\n## b\n\n| slot |\n| --- |\n| gate |\n"


def test_what_stdout_cannot_encode_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", written)
    show("csv", Answer(fields=styled("text", "τ"), rows=(("×",),)))
    written.seek(0)
    assert written.read() == "\\u03c4\n\\xd7\n"
