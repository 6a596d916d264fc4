from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.report import plots
from sase_bench.report.drawing import new_figure
from sase_bench.report.evidence import evidence_of
from sase_bench.report.wording import claims
from tests.records import DIGITS, made_up


def test_published_modules_are_drawn_in_order_of_their_gain_with_the_best_block_among_them(tmp_path: Path) -> None:
    losses = {3: 0.5, 4: 0.75, Module("none").index: 1.0, Module("eca").index: 0.25, Module("se").index: 2.0}
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for seed in (0, 1):
            for arch, loss in losses.items():
                store.append(made_up(arch, seed, val_loss=loss + seed * arch / 1e8))
    found = evidence_of(tmp_path / "table.duckdb")
    (measured,) = found.measurements
    assert measured.best_gain is not None
    assert (measured.best_gain["arch"], measured.best_gain["seeds"]) == (3, 2)
    assert measured.best_gain["gain"] == pytest.approx(0.5, abs=0.01)
    figure = new_figure(7, 3)
    plots.gains(measured, figure)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["se (n=2)", "best block, 3 (chosen by this score) (n=2)", "eca (n=2)"]
    said = [claim.text for claim in claims(found, [])]
    assert any(
        "Of 2 published modules trained in the same place on digits, 1 has a smaller mean validation loss" in text
        for text in said
    )


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
