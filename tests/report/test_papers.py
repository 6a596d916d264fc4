"""Tables for a paper: what stands in them, and that they fit a page."""

from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.modules import MODULES
from sase_bench.report.networks import Entry, compare
from sase_bench.report.networks.published import read
from sase_bench.report.networks.times import Times
from sase_bench.report.papers import papers
from sase_bench.report.tables import NONE
from sase_bench.space import SASE_BLOCK, Architecture
from tests.evidence import evidence, measurement
from tests.report.clocked import row
from tests.report.found import SEARCH
from tests.report.sources import IMAGENET
from tests.report.typesetting import columns, refused, rows

LONGEST = "2nd-order-pooling/conv1d_5/conv1d_5/2nd-order-pooling/2nd-order-pooling/conv_3x1_1x3"
BEST = {117_648: "a-proxy-with-a-rather-long-name and another-proxy"}


@pytest.fixture(scope="module")
def times() -> Times:
    attentions = ["none", *MODULES, str(SASE_BLOCK), str(Architecture(117_648))]
    return Times([row(name, work, [1.25, 12.5]) for name in attentions for work in ("forward", "training")])


@pytest.fixture(scope="module")
def entries(times: Times) -> list[Entry]:
    return compare(read(IMAGENET), BEST, times)


@pytest.fixture(scope="module")
def written(entries: list[Entry], times: Times) -> dict[str, str]:
    found = evidence(measurement("a-proxy-with-a-rather-long-name", 12, LONGEST))
    search = SEARCH | {"proxy": "digits-local-colours-long"}
    return papers(replace(found, searches=[search]), entries, times)


def line(table: str, start: str) -> list[str]:
    return next([cell.strip() for cell in cells] for cells in rows(table) if cells[0].strip() == start)


def test_each_backbone_has_its_tables(written: dict[str, str]) -> None:
    assert list(written) == [
        "modules-resnet50.tex",
        "modules-resnet101.tex",
        "times-resnet50.tex",
        "published.tex",
        "blocks-a-proxy-with-a-rather-long-name.tex",
        "searches-digits-local-colours-long-val_loss-tied.tex",
    ]


def test_every_line_has_a_cell_for_every_column_and_numbers_stand_on_the_right(written: dict[str, str]) -> None:
    for table in written.values():
        aligned = columns(table)
        assert {len(cells) for cells in rows(table)} == {len(aligned)}
        for cells in rows(table):
            for cell, side in zip(cells, aligned, strict=True):
                is_number = (
                    cell.replace("$-$", "-").strip().lstrip("(+-").replace(",", "").replace(".", "").rstrip(")").isdigit()
                )
                assert side == "r" or not is_number, cell


def test_every_table_says_what_makes_it(written: dict[str, str]) -> None:
    assert all(table.startswith("% made by: python -m sase_bench.") for table in written.values())
    assert '"top 10 by loss on a-proxy-with-a-rather-long-name"' in written["blocks-a-proxy-with-a-rather-long-name.tex"]


def test_a_module_stands_with_its_costs_and_the_range_of_its_gains(written: dict[str, str]) -> None:
    assert line(written["modules-resnet50.tex"], "cbam") == [
        *("cbam", "28.09", "4.096", "1.00", "1.00", "1.00"),
        *("+1.24", "+1.19", "+1.38", "3"),
    ]
    assert line(written["modules-resnet50.tex"], "plain")[3:] == ["1.00", "1.00", "1.00", "+0.00", "", "", ""]
    assert line(written["modules-resnet101.tex"], "sase")[3:] == [*[NONE] * 6, "0"]


def test_a_block_stands_by_its_number_and_the_caption_says_on_what_it_is_best(written: dict[str, str]) -> None:
    assert line(written["modules-resnet50.tex"], "block 117648")[1] == "32.21"
    assert "Block 117648: best on a-proxy-with-a-rather-long-name and another-proxy." in written["modules-resnet50.tex"]


def test_times_stand_in_milliseconds_with_their_rounds(written: dict[str, str]) -> None:
    table = written["times-resnet50.tex"]
    clocked = ["2", "6,875", "11,938"]
    assert line(table, "se") == ["se", *clocked, "1.00 (1.00--1.00)", *clocked, "1.00 (1.00--1.00)", "5"]
    assert line(table, "plain")[4] == "1"
    assert "Peak: the most memory that a training step holds at once" in table


def test_published_figures_stand_with_a_short_recipe_and_their_source(written: dict[str, str]) -> None:
    found = [[cell.strip() for cell in cells] for cells in rows(written["published.tex"])]
    (sge,) = (cells for cells in found if cells[:2] == ["sge", "101"])
    assert sge[2:6] == ["78.80", "94.37", "+0.60", "own"]
    assert sge[6].startswith("100 ep, SGD bs256")
    assert r"com/\allowbreak{}implus/\allowbreak{}PytorchInsight" in sge[7]
    assert any(cells[4].startswith("(+") for cells in found)  # two recipes, or copied
    assert all("(main.py default" not in cells[6] for cells in found)  # a bracket that is not closed


def test_regrets_stand_in_thousandths(written: dict[str, str]) -> None:
    table = written["searches-digits-local-colours-long-val_loss-tied.tex"]
    assert line(table, "gp") == ["gp", r"250.0 $\pm$ 50.0", r"0.0 $\pm$ 0.0", "50", "1.10"]
    assert line(table, "differentiable-1") == ["differentiable-1", "250.0", "250.0", NONE, NONE]
    assert "3 repeats with paired seeds, differentiable-1: 1." in table


def test_no_table_stands_out_of_a_page(written: dict[str, str], tmp_path: Path) -> None:
    assert refused(written, tmp_path) == []
