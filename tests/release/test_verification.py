import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sase_bench.database import Store, connect, export
from sase_bench.recipes import Proxy
from sase_bench.record import Record
from sase_bench.release.__main__ import main
from sase_bench.release.verification import COLUMNS, VERIFICATION, keys_in_order, read_verification, verify_rows
from tests.shelves import write_shelf


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, int]]:
    """The keys of the runs that were made again; every loss comes out 0.25 higher."""
    keys = []

    def higher(known: Record, seeds: list[int], **options: Any) -> dict[int, Record]:
        assert options["threads"] == known.threads
        keys.append(known.key)
        loss = None if known.val_loss is None else known.val_loss + 0.25
        return {known.seed: replace(known, val_loss=loss, device="other")}

    monkeypatch.setattr("sase_bench.release.verification.train_again", higher)
    return keys


def test_rows_are_drawn_trained_again_and_told(tmp_path: Path, trained: list[tuple[int, str, int]]) -> None:
    shelf = write_shelf(tmp_path)
    assert main(["verify", "--shelf", str(shelf), "--count", "20", "--device", "cpu"]) == 0
    rows = read_verification(shelf)
    assert len(rows) == len(set(trained)) == 20
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert [(int(row["arch"]), row["proxy"], int(row["seed"])) for row in rows] == sorted(
        trained, key=lambda key: (key[1], key)
    )
    scored = [row for row in rows if row["status"] == "ok"]
    assert {(float(row["val_loss_difference"]) - 0.25 < 1e-12, row["val_top1_difference"]) for row in scored} == {(True, "0.0")}
    assert {row["train_loss_difference"] for row in scored} == {"0.0"}
    assert {(row["device"], row["again_device"]) for row in rows} == {("none", "other")}
    assert main(["--shelf", str(shelf)]) == 0
    n = len(scored)
    told = (
        f"| digits | eager, none, 0 | eager, other, 0 | 20 of 20 | 0 of {n}, 0.25, 0.25 | {n} of {n}, 0, 0 | {n} of {n}, 0, 0 |"
    )
    card = (shelf / "DATACARD.md").read_text()
    assert told in card
    assert "The first 20 of the table, in the order that seed 0 gives, are among them" in " ".join(card.split())
    assert f"  {VERIFICATION}\n" in (shelf / "SHA256SUMS").read_text()


def test_a_verification_goes_on_where_it_was_stopped(
    tmp_path: Path, trained: list[tuple[int, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = write_shelf(tmp_path)
    whole = verify_rows(shelf, count=5, seed=1, device="cpu")
    first = list(trained)
    assert verify_rows(shelf, count=5, seed=1, device="cpu") == whole
    assert trained == first
    lines = (shelf / VERIFICATION).read_text().splitlines(keepends=True)
    (shelf / VERIFICATION).write_text("".join(lines[:3]) + lines[3][:20])
    assert verify_rows(shelf, count=5, seed=1, device="cpu") == whole
    assert trained == [*first, *first[2:]]
    more = verify_rows(shelf, count=7, seed=1, device="cpu")
    assert all(row in more for row in whole)
    assert len(trained) == 5 + 3 + 2


def test_more_rows_do_not_change_the_order_in_which_rows_are_drawn(tmp_path: Path) -> None:
    orders = []
    for seeds in (2, 3):
        with connect(write_shelf(tmp_path / str(seeds), seeds=seeds)) as table:
            orders.append([keys_in_order(table, seed) for seed in (0, 1)])
    fewer, more = orders
    assert [[key for key in order if key[2] < 2] for order in more] == fewer
    assert sorted(fewer[0]) == sorted(fewer[1])
    assert fewer[0] != fewer[1]
    first = {key[2] for key in more[0][:20]}
    assert first == {0, 1, 2}


def test_what_was_verified_before_is_kept(
    tmp_path: Path, trained: list[tuple[int, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = write_shelf(tmp_path)
    whole = verify_rows(shelf, count=5, seed=1, device="cpu")
    fewer = verify_rows(shelf, count=2, seed=1, device="cpu")
    assert len(fewer) == 2
    assert all(row in whole for row in fewer)
    assert read_verification(shelf) == whole
    assert len(trained) == 5

    def interrupted(known: Record, seeds: object, **options: object) -> dict[int, Record]:
        raise KeyboardInterrupt

    monkeypatch.setattr("sase_bench.release.verification.train_again", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify_rows(shelf, count=20, seed=2, device="cpu")
    assert read_verification(shelf) == whole


def test_rows_that_changed_are_trained_again(tmp_path: Path, trained: list[tuple[int, str, int]]) -> None:
    shelf = write_shelf(tmp_path)
    verify_rows(shelf, count=2, seed=0, device="cpu")
    content = (shelf / VERIFICATION).read_text()
    with (shelf / VERIFICATION).open(newline="") as file:
        loss = next(csv.DictReader(file))["val_loss"]
    (shelf / VERIFICATION).write_text(content.replace(f",{loss},", ",0.5,", 1))
    verify_rows(shelf, count=2, seed=0, device="cpu")
    assert (shelf / VERIFICATION).read_text() == content
    assert len(trained) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "there are 98 rows to draw from, 0 were asked for"),
        (["--count", "99"], "there are 98 rows to draw from, 99 were asked for"),
        (["--proxy", "cifar10-8"], "unknown proxy 'cifar10-8'; choose from digits"),
        (["--shelf", "nowhere"], "there is no shard 'nowhere'"),
    ],
)
def test_bad_requests_get_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    shelf = write_shelf(tmp_path)
    assert main(["verify", "--shelf", str(shelf), *arguments]) == 2
    assert capsys.readouterr() == ("", f"release: {message}\n")


def test_rows_that_were_trained_together_are_trained_together_once(
    tmp_path: Path, brief_digits: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sase_bench.benchmark import verification as again
    from sase_bench.proxies import measure_seeds

    records, calls = measure_seeds("0", brief_digits, [0, 4, 7]), []

    def counted(*args: Any, **options: Any) -> list[Record]:
        calls.append(args[1:])
        return measure_seeds(*args, **options)

    with Store(tmp_path / "table.duckdb", [brief_digits]) as store:
        for record in records:
            store.append(record)
    with connect(tmp_path / "table.duckdb") as table:
        export(table, tmp_path / "digits.parquet")
    monkeypatch.setattr("sase_bench.proxies.measure_seeds", counted)
    assert again.verify(records[1], [0, 4, 7]).differences == {"val_loss": 0.0, "val_top1": 0.0, "train_loss": 0.0}
    rows = verify_rows(tmp_path, count=3, seed=0, device="cpu")
    assert [row["val_loss_difference"] for row in rows] == ["0.0"] * 3
    assert len(calls) == 2  # one for the run alone, one for all three


def test_a_row_that_was_really_trained_comes_out_the_same(tmp_path: Path, brief_digits: Proxy) -> None:
    from sase_bench.proxies import measure

    with Store(tmp_path / "table.duckdb", [brief_digits]) as store:
        plain = measure("0", brief_digits, seed=1)
        store.append(replace(plain, path="of-old"))  # no such engine any more: trained by the plain one
    with connect(tmp_path / "table.duckdb") as table:
        export(table, tmp_path / "digits.parquet")
    (row,) = verify_rows(tmp_path, count=1, seed=0, device="cpu")
    assert (row["path"], row["again_path"], row["val_loss_difference"]) == ("of-old", "eager", "0.0")
