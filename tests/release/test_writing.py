import csv
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from sase_bench.answers import render
from sase_bench.calibrate.__main__ import main as calibrate
from sase_bench.calibrate.findings import RULE
from sase_bench.database import ShardWriter, connect
from sase_bench.database.__main__ import main as database
from sase_bench.database.schema import schema_sql
from sase_bench.database.shelf import CALIBRATIONS
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.record import COLUMNS, EPOCH_COLUMNS
from sase_bench.release.__main__ import main
from sase_bench.space import SASE_BLOCK
from tests.records import DIGITS, made_up
from tests.shelves import write_shelf

NAMES = ("cifar10-8", "digits")
FILES = ["DATACARD.md", "SHA256SUMS", "calibrations.csv", "croissant.json", "schema.sql"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two proxies with four blocks and the published one, released."""
    path = write_shelf(tmp_path_factory.mktemp("release") / "database", NAMES, blocks=f"arch < 4 OR arch = {SASE_BLOCK.index}")
    assert main(["--shelf", str(path), "--reference", "cifar10-8"]) == 0
    return path


@pytest.fixture(scope="module")
def card(shelf: Path) -> str:
    return (shelf / "DATACARD.md").read_text()


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


def test_the_first_line_of_the_card_tells_the_reliability(shelf: Path, card: str) -> None:
    with (shelf / CALIBRATIONS).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "val_loss"]
    estimates = [
        "{:.2f} [{:.2f}, {:.2f}]".format(*(float(row[f"reliability{end}"]) for end in ("", "_low", "_high"))) for row in rows
    ]
    assert float(rows[1]["reliability_low"]) < 0
    assert (rows[1]["validity"], rows[1]["validity_low"], rows[1]["validity_high"]) == ("", "", "")
    assert card.splitlines()[0] == (
        f"# sase-bench: reliability of val_loss {estimates[0]} on cifar10-8 (5 blocks, 2 seeds); "
        f"{estimates[1]} on digits (5 blocks, 2 seeds; validity not defined against cifar10-8)"
    )
    assert "| not defined (cifar10-8) | 5 |" in card


def test_the_card_says_how_sure_blocks_with_so_many_seeds_are_and_how_far_its_intervals_hold(card: str) -> None:
    beginning = card.partition("## Files")[0]
    assert [line.partition(":")[0] for line in beginning.splitlines() if line.startswith("* ")] == [
        f"* {count} {'block' if count == 1 else 'blocks'} of {name} with {seeds}"
        for name, count, seeds in (("cifar10-8", 5, "2 seeds"), ("digits", 5, "2 seeds"))
    ]
    assert RULE in card


def test_the_figures_of_the_card_are_those_that_the_commands_print(shelf: Path, card: str) -> None:
    questions = ["summary", *(f"rank {SASE_BLOCK.index} by loss on {name}" for name in NAMES)]
    for question in questions:
        command = f'`python -m sase_bench.query "{question}" --db database`'
        assert f"{command}\n\n{render(ask(question, db=shelf), 'md')}" in card
    assert "divergence_rate" in card


def test_the_card_says_what_a_better_table_takes(shelf: Path, card: str) -> None:
    with (shelf / CALIBRATIONS).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "val_loss"]
    assert len(rows) == 2
    for row in rows:
        share = float(row["icc"])
        seeds = (
            f"{math.ceil(round(9 * (1 - share) / share, 6)):,}"
            if share > 0
            else "no number of seeds, as far as these runs tell"
        )
        (line,) = (line for line in card.splitlines() if line.startswith(f"| {row['proxy']} | {seeds} |"))
        if share > 0:
            cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
            assert (float(cells[2]), int(cells[3])) == (pytest.approx(float(row["seconds"]), abs=0.06), int(row["runs"]))
            assert int(cells[4]) == 2401 * int(cells[1])
            assert float(cells[5].split()[0]) == pytest.approx(int(cells[4]) * float(row["seconds"]) / 3600, abs=0.6)
            assert "to no end]" in line


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


def test_the_card_has_every_column_split_and_machine(card: str, shelf: Path) -> None:
    assert all(f"| `{name}` |" in card for name in COLUMNS)
    assert all(f"| `curve.{name}` |" in card for name in EPOCH_COLUMNS)
    with connect(shelf) as table:
        for (splits,) in table.execute("SELECT splits FROM proxies").fetchall():
            assert all(f"`{checksum}`" in card for checksum in json.loads(splits).values())
    assert "| digits | eager | none | 1 | 0 | 0 | None | 10 | 2026-11-22 | 2026-11-22 |" in card
    assert "CC-BY-4.0" in card
    assert "No row has been trained again yet" in card


def test_the_schema_is_that_of_a_table(shelf: Path) -> None:
    assert (shelf / "schema.sql").read_text() == schema_sql()


def test_croissant_names_every_file_with_its_checksum(shelf: Path) -> None:
    described = json.loads((shelf / "croissant.json").read_text())
    sums = dict(reversed(line.split()) for line in (shelf / "SHA256SUMS").read_text().splitlines())
    files = {file["contentUrl"]: file["sha256"] for file in described["distribution"]}
    assert files == {name: sums[name] for name in ("cifar10-8.parquet", "digits.parquet", CALIBRATIONS)}
    assert [records["name"] for records in described["recordSet"]] == list(NAMES)


@pytest.mark.slow
def test_croissant_validates_and_loads_every_run(shelf: Path) -> None:
    pytest.importorskip("mlcroissant")
    code = f"""
import json, mlcroissant
dataset = mlcroissant.Dataset({str(shelf / "croissant.json")!r})
issues = dataset.metadata.issues
records = list(dataset.records("digits"))
first = records[0]
told = [list(issues.errors), list(issues.warnings), len(records), first["digits/val_loss"], len(first["digits/curve"])]
print(json.dumps(told))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    with connect(shelf) as table:
        first = table.execute("SELECT val_loss FROM runs WHERE proxy = 'digits' LIMIT 1").fetchone()
    assert json.loads(done.stdout) == [[], [], 10, *(first or ()), 12]


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
