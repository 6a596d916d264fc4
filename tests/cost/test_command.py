import csv
import io
import json
import subprocess
import sys

import pytest

from sase_bench.cost import TRUNKS, count, find_trunk
from sase_bench.cost.__main__ import main
from sase_bench.modules import MODULES
from sase_bench.space import Architecture


def test_a_block_is_counted_in_resnet50_unless_another_trunk_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["111814", "--format", "json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    trunk = find_trunk("resnet50")
    cost = count(trunk, [Architecture(111814)])
    params, flops = int(cost.params[0]), int(cost.flops[0])
    assert record == {
        "trunk": trunk.name, "attention": str(Architecture(111814)), "arch": 111814, "params": params, "flops": flops,
        "params_added": params - trunk.params, "flops_added": flops - trunk.flops,
    }  # fmt: skip


def test_blocks_and_modules_stand_beside_each_other_in_several_trunks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sase", "triplet", "none", "54983", "--trunk", "resnet50", "resnet20", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["trunk"].split("-")[0] for row in rows] == ["resnet50"] * 3 + ["resnet20"] * 3
    assert [row["arch"] for row in rows] == ["54983", "", ""] * 2
    assert [row["params_added"] for row in rows[:3]] == ["2545536", "4800", "0"]


@pytest.mark.parametrize(
    ("name", "expected"), [("table", "  25,561,832  4,135,500,918"), ("md", "| 25,561,832 | 4,135,500,918 |")]
)
def test_people_read_thousands(capsys: pytest.CaptureFixture[str], name: str, expected: str) -> None:
    assert main(["triplet", "--format", name]) == 0
    assert expected in capsys.readouterr().out


def test_without_words_the_published_block_and_all_modules_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "json"]) == 0
    shown = [record["attention"] for record in json.loads(capsys.readouterr().out)]
    assert shown == [str(Architecture(54983)), "none", *MODULES]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["foo"], "cost: unknown attention module 'foo'"),
        (["117649"], "cost: an architecture's index lies in 0..117648, got 117649"),
        (["se", "--trunk", "resnet34"], "cost: unknown trunk 'resnet34'; "),
    ],
)
def test_what_is_not_known_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(message)


def test_costs_need_no_torch() -> None:
    code = "import sys; from sase_bench.cost.__main__ import main; main(['54983', 'triplet']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True).returncode == 0


def test_the_help_names_every_trunk(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = "".join(capsys.readouterr().out.split())
    assert [name for name in TRUNKS if name not in text] == []
