import json
from pathlib import Path

import pytest

from sase_bench.latency.comparisons import WORK
from sase_bench.report.document import texts
from sase_bench.report.networks import Entry, compare
from sase_bench.report.networks.published import read
from sase_bench.report.networks.times import Times
from sase_bench.space import SASE_BLOCK
from tests.evidence import evidence, measurement
from tests.report.clocked import row

PAPERS = ["modules-resnet50.tex", "modules-resnet101.tex", "published.tex", "blocks-p.tex"]
IMAGENET = Path(__file__).parents[2] / "reports" / "published" / "imagenet.csv"


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return compare(read(IMAGENET), {SASE_BLOCK.index: "p"})


@pytest.fixture(scope="module")
def written(entries: list[Entry]) -> dict[str, str]:
    return texts([], evidence(measurement("p", 12)), entries, Times())


def test_the_files_of_a_report(written: dict[str, str]) -> None:
    assert list(written) == ["summary.md", "modules.md", *PAPERS, "numbers.json"]


def test_the_best_block_is_named_and_has_no_score_on_imagenet(written: dict[str, str]) -> None:
    assert (
        "It is a/b/c/d/e/f. Validation loss on p: 0.1000 nats over 1 seeds, in a network of 10 parameters and 20 FLOPs. "
        in written["summary.md"]
    )
    assert "**Of 12 blocks trained on a small task, block 1 scores best, untried on ImageNet.**" in written["summary.md"]
    assert "It has no ImageNet number" in written["summary.md"]
    (line,) = (line for line in written["modules.md"].splitlines() if line.startswith("| ResNet-50 | block 54983, best on p |"))
    assert line.endswith("| not available | 0 | not available | not available |")
    assert "The best 10 of 12 measured blocks on the proxy p; no score on ImageNet." in written["blocks-p.tex"]


def test_published_results_and_scores_of_proxies_never_share_a_column(written: dict[str, str]) -> None:
    assert "Published figures, not scores of this project's proxies." in written["modules.md"]
    assert all("val_loss" not in written[name] for name in ("modules.md", *PAPERS[:3]))


def test_every_published_figure_stands_with_its_recipe_and_source(written: dict[str, str]) -> None:
    every = written["modules.md"].partition("## Every published figure")[2]
    (line,) = (line for line in every.splitlines() if "| sge |" in line and "ResNet-101" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[3:8] == ["78.80", "94.37", "+0.60", "yes", "own-paper"]
    assert cells[8].startswith("100 ep, SGD bs256")
    assert cells[9] == "github.com/implus/PytorchInsight:README.md"


def test_numbers_hold_every_gain_with_its_source(written: dict[str, str], entries: list[Entry]) -> None:
    networks = json.loads(written["numbers.json"])["networks"]
    modules = [network for network in networks if "module" in network]
    assert [len(module["gains"]) for module in modules] == [len(entry.gains) for entry in entries]
    plain = modules[0]
    assert (plain["module"], plain["params"], plain["flops"]) == ("none", 25_557_032, 4_089_184_256)
    assert all(gain["source"] and gain["kind"] for module in modules for gain in module["gains"])


def test_times_stand_with_what_a_peak_is(entries: list[Entry]) -> None:
    timed = Times([row("none", work, [0.5, 0.75]) for work in WORK])
    modules = texts([], evidence(measurement("p", 3)), entries, timed)["modules.md"]
    assert "| ResNet-50 | plain | 2 | 625 | 738 | 1 by definition | 2 |" in modules
    assert "A peak is the most that torch held at once during one pass or step of the batch" in modules
    assert "of so few, p95 lies between the two slowest" in modules
