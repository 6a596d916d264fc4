from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.report import plots
from sase_bench.report.drawing import new_figure
from sase_bench.report.evidence import evidence_of
from sase_bench.space import OPERATIONS, SASE_BLOCK, SETS, SLOTS, Space
from tests.records import DIGITS, made_up


def test_error_bars_are_by_the_noise_that_rank_tells_without_what_a_seed_does_to_all_blocks(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in range(6):
            for seed in range(1 + arch % 3):
                store.append(made_up(arch, seed, val_loss=1 + arch + seed + 0.01 * (arch * 7 % 5) * (seed - 0.5)))
    (measured,) = evidence_of(path).measurements
    (record,) = ask("rank 5 by loss", db=path).records()
    assert measured.seed_sd == record["seed_sd"]
    assert 0 < record["seed_sd"] < 0.1
    pareto, agreement = new_figure(7, 4), new_figure(7, 4)
    plots.pareto(measured, pareto)
    row = {"validity": None, "validity_low": None, "reference_blocks": 6}
    plots.agreement(measured, measured, row, agreement)
    expected = [2 * record["seed_sd"] / block["seeds"] ** 0.5 for block in measured.blocks]
    for figure in (pareto, agreement):
        (bars,) = figure.axes[0].containers
        heights = [high - low for (_, low), (_, high) in bars[2][-1].get_segments()]
        assert heights == pytest.approx(expected)


def test_effects_in_the_tied_space_have_a_panel_for_each_set_where_enough_blocks_were_drawn_from_it(tmp_path: Path) -> None:
    drawn = [*Space("full").sample(14, seed=0), *Space("tied").sample(30, seed=0)]
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in {block.index for block in drawn}:
            for seed in (0, 1):
                store.append(made_up(arch, seed, val_loss=1 + arch / 1e6 + 0.01 * seed))
    (measured,) = evidence_of(tmp_path / "table.duckdb").measurements
    assert list(measured.tied_effects) == list(SETS)
    assert all(sum(row["architectures"] for row in rows) == 30 for rows in measured.tied_effects.values())
    assert all(sum(row["architectures"] for row in rows) == 14 for rows in measured.effects.values())
    figure = new_figure(7, 5)
    plots.tied_effects(measured, figure)
    assert [axes.get_title() for axes in figure.axes] == list(SETS)


def test_neighbours_of_the_published_block_and_of_the_best_one_have_a_figure_each(tmp_path: Path) -> None:
    best = Space("full")[0]
    blocks = {arch.index for centre in (SASE_BLOCK, best) for arch in (centre, *centre.neighbours())}
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in blocks:
            for seed in (0, 1):
                store.append(made_up(arch, seed, val_loss=1 + arch / 1e6 + 0.01 * seed))
    (measured,) = evidence_of(tmp_path / "table.duckdb").measurements
    assert list(measured.neighbours) == [SASE_BLOCK.index, best.index]
    assert [len(rows) for rows in measured.neighbours.values()] == [36, 36]
    figure = new_figure(7, 5)
    plots.neighbours(measured, SASE_BLOCK.index, figure)
    assert [axes.get_title() for axes in figure.axes] == list(SLOTS)
    for axes, (slot, operation) in zip(figure.axes, SASE_BLOCK.operations.items(), strict=True):
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert labels[::-1] == list(OPERATIONS[slot])
        marks = {
            labels[int(line.get_ydata()[0])]: line.get_xdata()[0] for line in axes.get_lines() if len(line.get_xdata()) == 1
        }
        assert marks.pop(operation) == 0
        gains = {row["operation"]: row["gain"] for row in measured.neighbours[SASE_BLOCK.index] if row["slot"] == slot}
        assert marks == gains


def test_learning_curves_have_their_standard_error_and_the_plain_network_beside_them(tmp_path: Path) -> None:
    plain = Module("none").index
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch, loss in {3: 0.5, 4: 0.75, plain: 1.0}.items():
            for seed in (0, 1):
                store.append(made_up(arch, seed, val_loss=loss + seed / 8))
    (measured,) = evidence_of(tmp_path / "table.duckdb").measurements
    figure = new_figure(7, 4)
    plots.curves(measured, figure)
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.get_lines()] == [
        "best: block 3, 2 seeds",
        "worst: block 4, 2 seeds",
        "plain: none, 2 seeds",
    ]
    last = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert max(last) - min(last[-3:]) >= 0
    ends = [line.get_ydata()[-1] for line in axes.get_lines()]
    assert ends == pytest.approx([0.5625, 0.8125, 1.0625])


def test_blocks_with_other_numbers_of_seeds_are_told_apart_in_their_places(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch, seeds in {SASE_BLOCK.index: 2, 4: 2, 5: 1}.items():
            for seed in range(seeds):
                store.append(made_up(arch, seed, val_loss=1 + arch / 1e6 + seed / 8))
    (measured,) = evidence_of(tmp_path / "table.duckdb").measurements
    figure = new_figure(7, 4)
    plots.place(measured, figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "1 blocks with 1 seed",
        "2 blocks with 2 seeds",
        "SASE's published block",
    ]
    assert "less what its seeds do to all blocks (1 = best)" in axes.get_xlabel()
