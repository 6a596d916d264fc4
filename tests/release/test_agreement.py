"""Whether two proxies order blocks alike: tables whose ranks are known."""

from pathlib import Path

from sase_bench.calibrate.findings import judge
from sase_bench.database import Store, connect
from sase_bench.recipes.registry import PROXIES
from sase_bench.release.agreement import agreement
from sase_bench.space import Space
from tests.records import DIGITS, made_up

LONG = PROXIES["digits-local-colours-long"]  # ranks by training loss


def lines_of(path: Path, seeds: dict[str, range], blocks: int = 6) -> list[str]:
    """`DIGITS` orders blocks by validation loss as `LONG` does by training loss, and against its own validation loss."""
    with Store(path, [DIGITS, LONG]) as store:
        for place, arch in enumerate(Space("full").sample(6, seed=0)[:blocks]):
            for name, numbers in seeds.items():
                for seed in numbers:
                    loss = 1 + place + seed % 2 * (place % 2) / 8
                    scores = {"train_loss": loss, "val_loss": 9 - loss} if name == LONG.name else {"val_loss": loss}
                    store.append(made_up(arch.index, seed, name, **scores))
    with connect(path) as table:
        return list(agreement(table, [item for group in judge(table) for item in group]))


def test_proxies_are_compared_by_what_each_ranks_by_and_the_one_with_more_seeds_leaves_some_out(tmp_path: Path) -> None:
    *_, row = lines_of(tmp_path / "t.duckdb", {DIGITS.name: range(2), LONG.name: range(4)})[-1].splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == [LONG.name, "train_loss", DIGITS.name, "val_loss"]
    assert (cells[4][:4], cells[5]) == ("1.00", "6")
    *_, row = lines_of(tmp_path / "u.duckdb", {DIGITS.name: range(4), LONG.name: range(2)})[-1].splitlines()
    assert row.startswith(f"| {DIGITS.name} | val_loss | {LONG.name} | train_loss | 1.00 ")


def test_one_proxy_has_nothing_to_agree_with(tmp_path: Path) -> None:
    lines = lines_of(tmp_path / "t.duckdb", {DIGITS.name: range(2)})
    assert lines == ["No two proxies were measured on the same blocks."]
