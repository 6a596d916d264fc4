"""The same blocks on a proxy and on its reference: correlations by hand, on tables whose ranks are known."""

from pathlib import Path

from sase_bench.calibrate.findings import judge
from sase_bench.database import Store, connect
from sase_bench.recipes.registry import PROXIES
from sase_bench.release.longer import longer
from sase_bench.space import Space
from tests.records import DIGITS, made_up

SHORT, LONGER = PROXIES["fashion-16"], PROXIES["fashion-8"]


def lines_of(path: Path, blocks: list[int], losses: dict[str, list[float]]) -> list[str]:  # the last proxy is the reference
    """Two seeds of each block that differ by an eighth of the distance between blocks; an accuracy is its place in `blocks`."""
    with Store(path, [SHORT, LONGER, DIGITS]) as store:
        for proxy, values in losses.items():
            for place, (arch, loss) in enumerate(zip(blocks, values, strict=False)):
                for seed in range(2):
                    loss_of_run = loss + (seed - 0.5) * (place % 2) / 8
                    store.append(made_up(arch, seed, proxy, val_loss=loss_of_run, val_top1=(9 - place) / 16))
    with connect(path) as table:
        return list(
            longer(table, [item for group in judge(table, LONGER.name if LONGER.name in losses else None) for item in group])
        )


def test_a_block_that_was_chosen_may_fall_behind(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(4, seed=0)]
    chosen = next(arch for arch in range(100) if arch not in drawn)
    blocks = [chosen, *drawn]
    lines = lines_of(tmp_path / "t.duckdb", blocks, {SHORT.name: [1, 2, 3, 4, 5], LONGER.name: [5, 1, 2, 3, 4]})
    assert lines[0] == "Means over their seeds on fashion-16, and on fashion-8 (longer)."
    # ranks 1 2 3 4 5 and 5 1 2 3 4: 1 - 6·(16 + 1 + 1 + 1 + 1) / (5·24) = 0
    assert "* Spearman's correlation of both over all 5 blocks: 0.00 by val_loss, 1.00 by val_top1." in lines
    assert "* Spearman's correlation of both over the 4 that were drawn at random: 1.00 by val_loss, 1.00 by val_top1." in lines
    rows = [line for text in lines for line in text.splitlines() if line.startswith(f"| {chosen} ")]
    assert rows[0].startswith(f"| {chosen} | chosen | 1.0000 | 0.5625 | 0.2500 | 5.0000 | 0.5625 |")


def test_a_block_that_was_drawn_and_then_picked_is_not_one_that_a_search_chose(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(12, seed=0)]
    blocks = [*drawn[:3], drawn[11]]  # the last of the draw was picked
    losses = {SHORT.name: [float(place) for place in range(1, 5)], LONGER.name: [1, 2, 3, 4]}
    lines = lines_of(tmp_path / "t.duckdb", blocks, losses)
    with Store(tmp_path / "t.duckdb", [SHORT, LONGER]) as store:
        for place, arch in enumerate(drawn[3:11]):
            store.append(made_up(arch, 0, SHORT.name, val_loss=5.0 + place))
    assert f"| {drawn[11]} | chosen |" in " ".join(lines)
    with connect(tmp_path / "t.duckdb") as table:
        lines = list(longer(table, [item for group in judge(table, LONGER.name) for item in group]))
    assert f"| {drawn[11]} | picked |" in " ".join(lines)
    assert f"| {drawn[0]} | drawn |" in " ".join(lines)


def test_blocks_on_one_of_both_are_left_out(tmp_path: Path) -> None:
    blocks = [arch.index for arch in Space("full").sample(5, seed=0)]
    lines = lines_of(tmp_path / "t.duckdb", blocks, {SHORT.name: [1, 2, 3, 4, 5], LONGER.name: [1, 2, 3, 4]})
    assert "over all 4 blocks: 1.00 by val_loss" in " ".join(lines)
    assert str(blocks[4]) not in " ".join(lines)


def test_a_proxy_without_a_reference_says_so(tmp_path: Path) -> None:
    blocks = [arch.index for arch in Space("full").sample(4, seed=0)]
    (line,) = lines_of(tmp_path / "t.duckdb", blocks, {SHORT.name: [1, 2, 3, 4]})
    assert line == "No block was trained for longer than on the proxy that it is judged by."


def test_a_reference_of_other_images_is_no_longer_training(tmp_path: Path) -> None:
    blocks = [arch.index for arch in Space("full").sample(4, seed=0)]
    lines = lines_of(tmp_path / "t.duckdb", blocks, {DIGITS.name: [1, 2, 3, 4], LONGER.name: [1, 2, 3, 4]})
    assert lines == ["No block was trained for longer than on the proxy that it is judged by."]
