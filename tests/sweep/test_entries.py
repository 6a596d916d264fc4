import re
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.space import Space
from sase_bench.sweep.entries import read_entries

ENTRY = """
[[entry]]
proxy = "digits"
space = "tied"
plan = "random:3"
seeds = "0,5"
why = "a start"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_entries_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "blocks.txt").write_text("54983\n0\n")
    second = ENTRY.replace("tied", "full").replace('"random:3"', '"file:blocks.txt"')
    third = ENTRY.replace('"random:3"', '["0", "gap/affine/affine/gap/gap/affine"]')
    entries = read_entries(written(tmp_path, ENTRY + second + third))
    assert [[block.index for block in entry.blocks] for entry in entries] == [
        [block.index for block in Space("tied").sample(3, seed=0)],
        [54983, 0],
        [0, 16470],
    ]
    assert {(entry.proxy.name, tuple(entry.seeds), entry.why) for entry in entries} == {("digits", (0, 5), "a start")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a release plan is a list of [[entry]] tables and nothing else"),
        ("entry = 3", "a release plan is a list of [[entry]] tables and nothing else"),
        ("entry = [3]", "plan.toml: entry 1: an entry is a table"),
        (ENTRY + "[other]", "a release plan is a list of [[entry]] tables and nothing else"),
        ("[[entry]", "cannot read the plan"),
        (
            ENTRY.replace('why = "a start"', ""),
            "entry 1: an entry has the keys plan, proxy, seeds, space, why, got plan, proxy",
        ),
        (ENTRY + ENTRY.replace("digits", "mnist"), "plan.toml: entry 2: unknown proxy 'mnist'"),
        (ENTRY.replace("tied", "half"), "entry 1: a space is one of tied, full, got 'half'"),
        (ENTRY.replace('"tied"', "3"), "entry 1: every value is a text, and plan may be a list of texts"),
        (ENTRY.replace('"random:3"', "[]"), "entry 1: every value is a text, and plan may be a list of texts"),
        (ENTRY.replace("random:3", "random:0"), "entry 1: the plan random:N takes a number of blocks"),
        (ENTRY.replace("0,5", "no"), "entry 1: seeds are a count (3) or a list (0,1,2), got 'no'"),
        (ENTRY.replace("random:3", "file:none.txt"), "none.txt': No such file"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_entry_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        read_entries(written(tmp_path, text))


def test_a_plan_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="No such file"):
        read_entries(tmp_path / "plan.toml")
