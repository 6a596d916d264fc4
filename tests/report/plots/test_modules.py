from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.modules import Module
from sase_bench.report import plots
from sase_bench.report.claims import claims
from sase_bench.report.drawing import new_figure
from sase_bench.report.evidence import evidence_of
from sase_bench.report.networks import compare
from sase_bench.report.networks.published import Row
from tests.records import DIGITS, made_up


def test_published_gains_have_a_row_for_each_module_and_blocks_stand_below_without_one(tiny: list[Row]) -> None:
    entries = compare(tiny)
    figure = new_figure(7, 4)
    plots.modules(entries, figure)
    first, second = figure.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["SASE's block (+2.55 M)", "eca (+86)", "se (+2.53 M)"]
    assert [text.get_text() for text in second.get_yticklabels()] == ["SASE's block (+4.81 M)"]
    assert [text.get_text() for text in first.texts] == ["none"]
    assert first.get_title(loc="right") == f"ResNet-50, n = {sum(len(entry.gains) for entry in entries)} of 2 modules"


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


def test_gains_on_the_proxy_stand_against_what_each_costs_in_a_resnet(tmp_path: Path, tiny: list[Row]) -> None:
    losses = {3: 0.5, 4: 0.75, Module("none").index: 1.0, Module("eca").index: 0.25, Module("se").index: 2.0}
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for seed in (0, 1):
            for arch, loss in losses.items():
                store.append(made_up(arch, seed, val_loss=loss + seed * arch / 1e8))
    (measured,) = evidence_of(tmp_path / "table.duckdb").measurements
    figure = new_figure(7, 5)
    plots.price(measured, compare(tiny, {3: "digits"}), figure)
    first, times, *_ = figure.axes
    assert len(figure.axes) == 4
    assert first.get_title() == "ResNet-50, n = 3"
    assert times.get_title() == "ResNet-50, n = 0"  # nothing was timed
    assert [text.get_text() for text in first.texts] == ["se", "eca", "block 3"]
    points = [line.get_xydata()[0] for line in first.get_lines() if len(line.get_xdata()) == 1]
    assert [round(gain, 2) for _, gain in points] == [-1.0, 0.75, 0.5]
    assert points[1][0] == pytest.approx(86 / 1e6)
