from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import MODULES
from sase_bench.report.networks.published import METHODS, Row, gains, module_of, read
from tests.report.sources import HEAD, IMAGENET, line


def test_a_gain_is_over_the_plain_network_of_the_same_source_backbone_and_recipe(tiny: list[Row]) -> None:
    found = [(gain.module, gain.row.source, round(gain.top1, 6), gain.is_one_recipe) for gain in gains(tiny)]
    assert found == [
        ("se", "A", 1.0, True),
        ("eca", "A", 1.5, False),
        ("se", "B", 0.25, True),
        ("se", "D", 0.5, True),
    ]


@pytest.mark.parametrize(
    ("protocol", "is_one"),
    [("re-trained; recipe not stated, stronger than 100 ep", False), ("100 ep (main.py; epochs not stated in README)", True)],
)
def test_a_recipe_that_is_not_stated_is_not_one(tmp_path: Path, protocol: str, is_one: bool) -> None:
    path = tmp_path / "imagenet.csv"
    path.write_text(
        HEAD + "".join(line(name, top1, "A", protocol=f'"{protocol}"') for name, top1 in (("ResNet", "76"), ("SE", "77")))
    )
    assert [(gain.top1, gain.is_one_recipe) for gain in gains(read(path))] == [(1.0, is_one)]


def test_known_gains_come_out_of_the_published_table() -> None:
    found = {(g.module, g.row.backbone, g.row.source.split(":")[0]): g for g in gains(read(IMAGENET))}
    insight = "github.com/implus/PytorchInsight"
    assert found["se", "ResNet-50", insight].top1 == pytest.approx(77.184 - 76.384)
    assert found["sge", "ResNet-101", insight].top1 == pytest.approx(78.798 - 78.2)
    assert found["gct", "ResNet-50", "github.com/z-x-yang/GCT"].is_one_recipe
    assert not found["cbam", "ResNet-50", "github.com/osmr/imgclsmob"].is_one_recipe  # "recipe not stated"
    evaluated = found["se", "ResNet-50", "github.com/Cadene/pretrained-models.pytorch"]
    assert not evaluated.is_one_recipe  # weights of two trainings, evaluated in one place
    assert ("gsop", "ResNet-50", "github.com/BangguWu/ECANet/issues/37") not in found


def test_every_method_stands_for_a_module_that_can_be_built() -> None:
    assert set(METHODS.values()) <= {*MODULES, "sase"}
    assert {module_of(row) for row in read(IMAGENET)} - {None} <= {*MODULES, "sase"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method,top1\nSE,77\n", "no column 'backbone'"),
        (HEAD + line("SE", "good", "A"), "a number or nothing, got 'good'"),
        (HEAD + line("SE", "", "A"), "a percentage, got ''"),
        (HEAD + line("SE", "nan", "A"), "got 'nan'"),
        (HEAD + line("SE", "770", "A"), "a percentage, got '770'"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "imagenet.csv"
    path.write_text(text)
    with pytest.raises(RequestError, match=message):
        read(path)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot read published results"):
        read(tmp_path / "imagenet.csv")
