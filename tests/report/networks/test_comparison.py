from pathlib import Path

from sase_bench.modules import MODULES
from sase_bench.report.networks.comparison import HEADERS, NOT_AVAILABLE, NOT_TIMED, cells, compare, missing
from sase_bench.report.networks.published import Row, read
from sase_bench.space import SASE_BLOCK
from tests.report.sources import HEAD, IMAGENET, line


def test_a_line_of_the_comparison_gives_the_range_over_sources(tiny: list[Row]) -> None:
    lines = {(entry.backbone, entry.name): cells(entry) for entry in compare(tiny, {SASE_BLOCK.index: "p"})}
    assert all(len(row) == len(HEADERS) for row in lines.values())
    assert lines["ResNet-50", "se"][2:7] == ("2018", "28.088", "+2.5310", "4.0917", "+0.0025")
    assert lines["ResNet-50", "se"][7:12] == (*[NOT_TIMED] * 3, "+0.25 to +1.00", "3")
    assert lines["ResNet-50", "eca"][7:13] == (*[NOT_TIMED] * 3, NOT_AVAILABLE, "0", "+1.50")
    assert lines["ResNet-101", "se"][10] == NOT_AVAILABLE
    assert lines["ResNet-50", "block 54983"][3:7] == lines["ResNet-50", "sase"][3:7]


def test_the_plain_networks_are_the_known_ones(tiny: list[Row]) -> None:
    plain = [entry.cost for entry in compare(tiny) if entry.name == "none"]
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


def test_a_block_has_its_number_and_a_short_label(tiny: list[Row]) -> None:
    entries = {entry.name: entry for entry in compare(tiny, {SASE_BLOCK.index: "p"})}
    block = entries["block 54983"]
    assert (block.title, block.label) == ("block 54983, best on p", "block 54983")
    assert (entries["none"].label, entries["se"].label, entries["se"].title) == ("plain", "se", "se")
    assert (block.arch, entries["sase"].arch, entries["se"].arch) == (54983, 54983, None)
    (note,) = missing(list(entries.values()))
    assert "block 54983, bam" not in note
    assert "best on" not in note
