"""Whether two proxies order blocks alike: tables whose ranks are known."""

from pathlib import Path

from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import judge
from sase_bench.calibrate.group import WITHOUT_SECOND_ORDER, blocks_where
from sase_bench.database import Store, connect
from sase_bench.recipes import PROXIES, Proxy
from sase_bench.release.agreement import agreement
from sase_bench.space import Space
from tests.records import DIGITS, made_up

LONG = PROXIES["digits-local-colours-long"]  # ranks by training loss


def lines_of(path: Path, seeds: dict[str, range]) -> list[str]:
    """`DIGITS` orders blocks by validation loss as `LONG` does by training loss, and against its own validation loss."""
    with Store(path, [DIGITS, LONG]) as store:
        for place, arch in enumerate(Space("full").sample(12, seed=0)):
            for name, numbers in seeds.items():
                for seed in numbers:
                    loss = 1 + place + seed % 2 * (place % 2) / 8
                    scores = {"train_loss": loss, "val_loss": 20 - loss} if name == LONG.name else {"val_loss": loss}
                    store.append(made_up(arch.index, seed, name, **scores))
    with connect(path) as table:
        return list(agreement(table, [item for group in judge(table) for item in group]))


def row_of(lines: list[str], blocks: str, proxy: Proxy) -> str:
    return next(line for text in lines for line in text.splitlines() if line.startswith(f"| {blocks} | {proxy.name} |"))


def test_proxies_are_compared_by_what_each_ranks_by_and_the_one_with_more_seeds_leaves_some_out(tmp_path: Path) -> None:
    row = row_of(lines_of(tmp_path / "t.duckdb", {DIGITS.name: range(2), LONG.name: range(4)}), "all", LONG)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:5] == [LONG.name, "train_loss", DIGITS.name, "val_loss"]
    assert (cells[5][:4], cells[6]) == ("1.00", "12")
    row = row_of(lines_of(tmp_path / "u.duckdb", {DIGITS.name: range(4), LONG.name: range(2)}), "all", DIGITS)
    assert row.startswith(f"| all | {DIGITS.name} | val_loss | {LONG.name} | train_loss | 1.00 ")


def test_one_proxy_has_nothing_to_agree_with(tmp_path: Path) -> None:
    lines = lines_of(tmp_path / "t.duckdb", {DIGITS.name: range(2)})
    assert lines[0] == "No two proxies were measured on the same blocks."
    assert [line.split(" | ")[0] for line in lines[-1].splitlines()] == [
        "| blocks",
        "| ---",
        "| without second-order pooling",
    ]


def test_blocks_without_second_order_pooling_are_judged_alone(tmp_path: Path) -> None:
    sample = Space("full").sample(12, seed=0)
    alone = [arch.index for arch in sample if "2nd-order-pooling" not in str(arch)]
    assert 3 <= len(alone) < 12
    lines = lines_of(tmp_path / "t.duckdb", {DIGITS.name: range(2)})
    with connect(tmp_path / "t.duckdb") as table:
        assert set(alone) == blocks_where(table, WITHOUT_SECOND_ORDER) & {arch.index for arch in sample}
        (found,) = ranking(next(judge(table, among=set(alone))))
    row = row_of(lines, "without second-order pooling", DIGITS)
    assert row == f"| without second-order pooling | digits | val_loss | 2 | {found.reliability} | {len(alone)} |"
