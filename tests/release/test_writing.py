import json
import subprocess
from pathlib import Path

import pytest

from sase_bench.answers import render
from sase_bench.calibrate.__main__ import main as calibrate
from sase_bench.database import ShardWriter, connect
from sase_bench.database.__main__ import main as database
from sase_bench.database.schema import schema_sql
from sase_bench.database.shelf import CALIBRATIONS
from sase_bench.latency import compose_networks, find_trunk, write_timings
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.release.__main__ import main
from sase_bench.space import Space
from tests.latency.fakes import fake_parts, fake_timings
from tests.records import DIGITS, made_up
from tests.shelves import write_shelf

NAMES = ("cifar10-8", "digits")
FILES = ["DATACARD.md", "SHA256SUMS", "calibrations.csv", "croissant.json", "schema.sql"]


def test_a_release_is_whole_and_lists_what_it_wrote(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(path.name for path in shelf.iterdir()) == sorted([*FILES, *(f"{name}.parquet" for name in NAMES)])
    assert database(["check", str(shelf)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{path}: whole" for path in sorted(shelf.iterdir()) if path.name != "SHA256SUMS"]
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=shelf, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_shards_give_the_same_bytes(shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.parquet").write_bytes((shelf / f"{name}.parquet").read_bytes())
    for _ in range(2):  # from the shards alone, and once more over what is there
        assert main(["--shelf", str(tmp_path), "--reference", "cifar10-8"]) == 0
        assert capsys.readouterr().out.splitlines() == [str(tmp_path / name) for name in FILES]
        assert [(tmp_path / name).read_bytes() for name in FILES] == [(shelf / name).read_bytes() for name in FILES]


def test_calibrations_are_those_of_the_merged_table(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], card: str
) -> None:
    table = tmp_path / "table.duckdb"
    assert database(["merge", *(str(shelf / f"{name}.parquet") for name in NAMES), "--db", str(table)]) == 0
    command = ["--measured", "--proxy", "all", "--reference", "cifar10-8"]
    assert f"`python -m sase_bench.calibrate {' '.join(command)}`" in card
    assert calibrate([*command, "--db", str(table)]) == 0
    with connect(table) as merged, connect(shelf) as released:
        rows = [opened.execute("SELECT * FROM calibrations ORDER BY ALL").fetchall() for opened in (merged, released)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 10
    assert ask("summary", db=shelf).rows == ask("summary", db=table).rows
    assert ask("summary", db=shelf).records()[0]["reliability"] is not None


def test_the_times_of_all_blocks_are_written_where_all_parts_were_timed(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "digits.parquet").write_bytes((shelf / "digits.parquet").read_bytes())
    latency, trunk = tmp_path / "latency", find_trunk("resnet20")
    write_timings(latency / "operations.parquet", fake_timings(trunk.name))
    assert main(["--shelf", str(tmp_path)]) == 0
    with connect(tmp_path) as table:
        found = table.execute("SELECT latency FROM costs WHERE trunk = ? ORDER BY arch", [trunk.name]).fetchnumpy()["latency"]
    assert found == pytest.approx(compose_networks(trunk, fake_parts(trunk.name), Space("full").digits()))
    assert "`latency/slots.json`" in (tmp_path / "DATACARD.md").read_text()
    assert "slots.json" in (latency / "SHA256SUMS").read_text()
    write_timings(latency / "operations.parquet", fake_timings(trunk.name)[1:])
    assert main(["--shelf", str(tmp_path)]) == 0
    assert not (latency / "slots.json").exists()


def test_the_schema_is_that_of_a_table(shelf: Path) -> None:
    assert (shelf / "schema.sql").read_text() == schema_sql()


def test_what_is_no_whole_shelf_is_not_released(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: str) -> str:
        assert main(["--shelf", str(tmp_path), *arguments]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        return err.splitlines()[-1]

    assert refused() == f"release: '{tmp_path}' is a folder without shards (*.parquet), and no table"
    shard = tmp_path / "digits.parquet"
    shard.write_bytes((shelf / "digits.parquet").read_bytes())
    assert refused("--reference", "cifar10-8") == "release: the reference 'cifar10-8' has no runs on the shelf"
    (tmp_path / "more.parquet").write_bytes(shard.read_bytes())
    assert "more.parquet: a run that is on the shelf already (10 times) (1 problems in all; " in refused()
    (tmp_path / "more.parquet").unlink()
    monkeypatch.setattr("sase_bench.release.writing.LARGEST", 1000)
    assert refused().endswith("bytes, more than the 1,000 of a release")
    assert main(["--shelf", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == f"release: there is no folder '{tmp_path / 'nowhere'}' with shards\n"


def test_a_proxy_with_one_seed_is_not_judged(tmp_path: Path) -> None:
    shelf = write_shelf(tmp_path, seeds=1, blocks="arch < 3")
    assert main(["--shelf", str(shelf)]) == 0
    assert (shelf / "DATACARD.md").read_text().startswith("# sase-bench: reliability not measured\n")
    assert not (shelf / CALIBRATIONS).exists()


def test_published_modules_have_their_place_in_a_release(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "digits.parquet").write_bytes((shelf / "digits.parquet").read_bytes())
    with ShardWriter(tmp_path, [DIGITS]) as writer:
        for name, seed in (("none", 0), ("eca", 0), ("eca", 1)):
            writer.append(made_up(Module(name).index, seed))
    assert main(["--shelf", str(tmp_path)]) == 0
    card = (tmp_path / "DATACARD.md").read_text()
    assert "| `modules/digits.parquet` |" in card
    assert render(ask("modules by loss on digits", db=tmp_path), "md") in card
    described = json.loads((tmp_path / "croissant.json").read_text())
    assert [records["name"] for records in described["recordSet"]] == ["digits", "modules/digits"]
    capsys.readouterr()
    assert database(["check", str(tmp_path)]) == 0
    assert f"{tmp_path / 'modules' / 'digits.parquet'}: whole" in capsys.readouterr().out
    done = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "modules", capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
