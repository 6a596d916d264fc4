import csv
import json
import math
import re
from pathlib import Path

import pytest

from sase_bench.answers import render
from sase_bench.calibrate.findings import RULE, judge
from sase_bench.database import ShardWriter, connect
from sase_bench.database.checksums import read_sums, sha256
from sase_bench.database.shelf import CALIBRATIONS
from sase_bench.query import ask
from sase_bench.record import COLUMNS, EPOCH_COLUMNS
from sase_bench.release.__main__ import main
from sase_bench.space import SASE_BLOCK, Space
from tests.records import DIGITS, made_up

NAMES = ("cifar10-8", "digits")


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
        f"of val_loss {estimates[1]} on digits (5 blocks, 2 seeds; validity not defined against cifar10-8)"
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
        (line,) = (line for line in card.splitlines() if line.startswith(f"| {row['proxy']} | val_loss | 5 blocks | {seeds} |"))
        if share > 0:
            cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
            assert (float(cells[4]), int(cells[5])) == (pytest.approx(float(row["seconds"]), abs=0.06), int(row["runs"]))
            assert int(cells[6]) == 2401 * int(cells[3])
            assert float(cells[7].split()[0]) == pytest.approx(int(cells[6]) * float(row["seconds"]) / 3600, abs=0.6)
            assert "to no end]" in line


def test_the_card_has_every_column_split_and_machine(card: str, shelf: Path) -> None:
    assert all(f"| `{name}` |" in card for name in COLUMNS)
    assert all(f"| `curve.{name}` |" in card for name in EPOCH_COLUMNS)
    with connect(shelf) as table:
        for (splits,) in table.execute("SELECT splits FROM proxies").fetchall():
            assert all(f"`{checksum}`" in card for checksum in json.loads(splits).values())
    assert "| digits | eager | none | 1 | 0 | 0 | None | 10 | 2026-11-22 | 2026-11-22 |" in card
    assert "CC-BY-4.0" in card
    assert "No row has been trained again yet" in card


def test_a_space_that_was_judged_by_itself_stands_in_the_first_line_and_has_its_own_price(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        for place, arch in enumerate([*Space("full").sample(12, seed=0), *Space("tied").sample(10, seed=0)]):
            for seed in range(3 if place < 12 else 2):
                noise = ((place + 1) * (7 * seed + 3) % 11) / 10
                shelf.append(made_up(arch.index, seed, val_loss=1 + noise + (place if place < 12 else 3 * (place % 5))))
    assert main(["--shelf", str(tmp_path)]) == 0
    card = (tmp_path / "DATACARD.md").read_text()
    assert re.search(
        r"digits \(12 blocks of the full space, 3 seeds; \S+ \[\S+ \S+\] for 10 blocks of the tied space, 2 seeds\)", card
    )
    (line,) = (line for line in card.splitlines() if line.startswith("| digits | val_loss | 10 blocks of the tied space | "))
    with connect(tmp_path) as table:
        (tied,) = next(judge(table, proxy="digits", metrics=["val_loss"], space="tied"))
    assert int(line.split(" | ")[3]) == math.ceil(round(9 * (1 - tied.icc.value) / tied.icc.value, 6))


def test_what_lies_beside_the_runs_is_listed_with_checksums_and_as_a_distribution(shelf: Path, tmp_path: Path) -> None:
    for folder, name in (("", "digits.parquet"), ("latency", "check.parquet"), ("searches", "one.json"), ("other", "a.json")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes((shelf / "digits.parquet").read_bytes())
    for _ in range(2):
        assert main(["--shelf", str(tmp_path)]) == 0
        for folder, name in (("latency", "check.parquet"), ("searches", "one.json")):
            assert read_sums(tmp_path / folder) == {name: sha256(tmp_path / folder / name)}
            (tmp_path / folder / name).write_bytes(b"timed again")  # for the next time
    card, described = ((tmp_path / name).read_text() for name in ("DATACARD.md", "croissant.json"))
    assert "| `latency/check.parquet` | 11 | random networks and blocks timed" in card
    assert "other/a.json" not in card
    names = [file["@id"] for file in json.loads(described)["distribution"]]
    assert names == ["digits.parquet", "calibrations.csv", "latency/check.parquet", "searches/one.json"]
    assert not (tmp_path / "other" / "SHA256SUMS").exists()
