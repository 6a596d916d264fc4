from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import MODULES
from sase_bench.report.comparison import HEADERS, NOT_AVAILABLE, NOT_TIMED, cells, compare, missing
from sase_bench.report.published import METHODS, Row, gains, module_of, read
from sase_bench.space import SASE_BLOCK

IMAGENET = Path(__file__).parents[2] / "reports" / "published" / "imagenet.csv"

HEAD = "method,year,venue,backbone,top1,top5,params_m,gflops,protocol,kind,arxiv,source\n"


def line(method: str, top1: str, source: str, protocol: str = "100 ep", kind: str = "reproduction", depth: int = 50) -> str:
    return f"{method},2018,X,ResNet-{depth},{top1},,,,{protocol},{kind},,{source}\n"


@pytest.fixture
def tiny(tmp_path: Path) -> list[Row]:
    """Two sources with a plain ResNet each, one without, one of several recipes."""
    path = tmp_path / "imagenet.csv"
    path.write_text(
        HEAD
        + line("ResNet", "76.0", "A")
        + line("SE", "77.0", "A")
        + line("ECA", "77.5", "A", protocol="copied", kind="third-party")
        + line("ResNet", "70.0", "B", protocol="1 ep; plain")
        + line("SE (again)", "70.25", "B", protocol="1 ep; with SE")
        + line("SE", "80.0", "C")
        + line("ResNet", "78.0", "A", depth=101)
        + line("ResNet (x)", "75.0", "D", protocol="x")
        + line("ResNet (y)", "79.0", "D", protocol="y")
        + line("SE (y)", "79.5", "D", protocol="y")
        + line("SE (z)", "90.0", "D", protocol="z")
    )
    return read(path)


def test_a_gain_is_over_the_plain_network_of_the_same_source_backbone_and_recipe(tiny: list[Row]) -> None:
    found = [(gain.module, gain.row.source, round(gain.top1, 6), gain.is_one_recipe) for gain in gains(tiny)]
    assert found == [
        ("se", "A", 1.0, True),
        ("eca", "A", 1.5, False),
        ("se", "B", 0.25, True),
        ("se", "D", 0.5, True),
    ]


def test_a_line_of_the_comparison_gives_the_range_over_sources(tiny: list[Row]) -> None:
    lines = {(entry.backbone, entry.name): cells(entry) for entry in compare(tiny, {"best": SASE_BLOCK})}
    assert all(len(row) == len(HEADERS) for row in lines.values())
    assert lines["ResNet-50", "se"][2:7] == ("2018", "28.088", "+2.5310", "4.0917", "+0.0025")
    assert lines["ResNet-50", "se"][7:12] == (*[NOT_TIMED] * 3, "+0.25 to +1.00", "3")
    assert lines["ResNet-50", "eca"][7:13] == (*[NOT_TIMED] * 3, NOT_AVAILABLE, "0", "+1.50")
    assert lines["ResNet-101", "se"][10] == NOT_AVAILABLE
    assert lines["ResNet-50", "best"][3:7] == lines["ResNet-50", "sase"][3:7]


def test_the_plain_networks_are_the_known_ones(tiny: list[Row]) -> None:
    plain = [entry.count for entry in compare(tiny) if entry.name == "none"]
    assert [count.params for count in plain] == [25_557_032, 44_549_160]


def test_what_is_missing_is_said(tiny: list[Row]) -> None:
    (note,) = missing(compare(tiny))
    assert all(name in note for name in MODULES if name != "se")
    assert "sase" in note


def test_sase_has_no_number_until_somebody_supplies_it(tmp_path: Path) -> None:
    def sase(rows: list[Row]) -> tuple[str, ...]:
        return next(cells(entry) for entry in compare(rows) if entry.name == "sase")

    assert sase(read(IMAGENET))[10:] == (NOT_AVAILABLE, "0", NOT_AVAILABLE, NOT_AVAILABLE)
    path = tmp_path / "supplied.csv"
    path.write_text(HEAD + line("ResNet", "76.0", "S") + line("SASE", "78.0", "S", kind="own-paper"))
    assert sase(read(path))[10:] == ("+2.00", "1", NOT_AVAILABLE, "78.00 (own)")


def test_known_gains_come_out_of_the_published_table() -> None:
    found = {(g.module, g.row.backbone, g.row.source.split(":")[0]): g for g in gains(read(IMAGENET))}
    insight = "github.com/implus/PytorchInsight"
    assert found["se", "ResNet-50", insight].top1 == pytest.approx(77.184 - 76.384)
    assert found["sge", "ResNet-101", insight].top1 == pytest.approx(78.798 - 78.2)
    assert found["gct", "ResNet-50", "github.com/z-x-yang/GCT"].is_one_recipe
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
