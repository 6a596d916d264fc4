"""Blocks by what they are, and what cannot say which they are."""

from pathlib import Path

import pytest

from sase_bench.calibrate.__main__ import main
from sase_bench.calibrate.group import SECOND_ORDER, WITHOUT_SECOND_ORDER, blocks_where
from sase_bench.database import Store, connect
from sase_bench.query import ask
from sase_bench.space import Architecture, Space
from tests.records import DIGITS, made_up


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve blocks with two seeds; their losses lie one apart and differ little by seed."""
    path = tmp_path_factory.mktemp("group") / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for place, arch in enumerate(Space("full").sample(12, seed=0)):
            for seed in range(2):
                store.append(made_up(arch.index, seed, val_loss=1 + place + seed * (place * 5 % 7) / 20))
    return path


def test_a_condition_is_met_by_the_blocks_that_have_the_operation(table: Path) -> None:
    with connect(table) as connection:
        pooled, others = (blocks_where(connection, text) for text in (SECOND_ORDER, WITHOUT_SECOND_ORDER))
        gated = blocks_where(connection, "channel_gate = affine and not spatial_squeeze = gap")
    assert len(pooled) + len(others) == len(Space("full"))
    assert len(others) == 6**3 * 7**3
    assert all("2nd-order-pooling" in str(Architecture(arch)) for arch in list(pooled)[:100])
    assert len(gated) == 6 * 7**4


def test_only_the_blocks_that_meet_it_are_judged_and_the_table_keeps_what_is_of_all(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--measured", "--db", str(table)]) == 0
    before = ask("sql SELECT * FROM calibrations", db=table).rows
    capsys.readouterr()
    assert main(["--measured", "--db", str(table), "--where", WITHOUT_SECOND_ORDER]) == 0
    count = sum("2nd-order-pooling" not in str(arch) for arch in Space("full").sample(12, seed=0))
    assert 3 <= count < 12
    assert capsys.readouterr().out.startswith(
        f"digits: {count} blocks drawn from the full space where {WITHOUT_SECOND_ORDER}, with 2 seeds, "
    )
    assert ask("sql SELECT * FROM calibrations", db=table).rows == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--where", "loss < 2"], "blocks are judged in groups by their slots, not by scores or costs, got 'loss < 2'"),
        (["--where", "params < 2"], "blocks are judged in groups by their slots, not by scores or costs, got 'params < 2'"),
        (["--where", "seeds > 2"], "blocks are judged in groups by their slots, not by scores or costs, got 'seeds > 2'"),
        (["--where", "channel_gate = no"], "unknown channel_gate operation 'no' at column 16; choose from "),
        (["--where", "channel_gate = affine on digits"], "a condition alone says which blocks, got "),
        (["--where", ""], "the query ends too early; after 'where' comes "),
        (["--where", "channel_gate = affine", "--proxy", "all"], "--where is of one proxy; name it with --proxy"),
    ],
)
def test_what_is_no_group_is_refused(table: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str) -> None:
    assert main(["--measured", "--db", str(table), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"calibrate: {why}")


def test_a_group_is_of_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--where", "channel_gate = affine"]) == 2
    assert capsys.readouterr().err == "calibrate: --where judges some blocks of what a table has; add --measured\n"
