"""What attention gains over the plain network: done by hand on runs whose scores are multiples of 1/64."""

from pathlib import Path

import pytest

from sase_bench.database.shard_writer import ShardWriter
from sase_bench.modules import Module
from sase_bench.report import plots
from sase_bench.report.document import texts
from sase_bench.report.drawing import new_figure
from sase_bench.report.figures import Picture, figures
from sase_bench.report.page import page
from sase_bench.report.times import Times
from sase_bench.report.transfer import TRANSFERRED, commands, read_transfer, transferred
from sase_bench.report.wording import claims
from sase_bench.space import SASE_BLOCK
from tests.evidence import evidence, measurement
from tests.records import DIGITS, made_up

NONE, SE, ECA = (Module(name).index for name in ("none", "se", "eca"))


def shelf_of(folder: Path, top1: dict[int, list[float]]) -> Path:
    """A shelf with these accuracies by attention and seed; a loss is one minus its accuracy."""
    with ShardWriter(folder, [DIGITS]) as shelf:
        for arch, scores in top1.items():
            for seed, score in enumerate(scores):
                shelf.append(made_up(arch, seed, val_loss=1 - score, val_top1=score))
        shelf.publish()
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    plain = [0.5, 0.625]
    better = [score + 0.25 for score in plain]
    return shelf_of(tmp_path, {NONE: plain, SE: better, ECA: [0.5625, 0.5625], SASE_BLOCK.index: plain[:1], 5: better})


def test_gains_are_over_the_plain_network_by_the_seeds_of_both(shelf: Path) -> None:
    (found,) = read_transfer(shelf)
    assert found.proxy == "digits"
    assert commands([found]) == f'python -m sase_bench.query "compare 5 with none on digits" --db {shelf}'
    gains = {gain.text.partition(" (")[0]: gain for gain in found.gains}
    assert list(gains) == ["block 5", "se", "SASE's published block 54983", "eca"]
    assert [(gain.seeds, gain.top1, gain.loss) for gain in gains.values()] == [
        (2, pytest.approx(25), pytest.approx(0.25)),
        (2, pytest.approx(25), pytest.approx(0.25)),
        (1, 0, 0),
        (2, 0, 0),
    ]
    for name, ahead in (("se", True), ("eca", False)):
        gain = gains[name]
        assert gain.is_above_zero is ahead
        ends = [end for end in (gain.top1_low, gain.top1_high) if end is not None]
        assert sum(ends) == pytest.approx(2 * gain.top1)
        assert [gain.loss_low, gain.loss_high] == [pytest.approx(end / 100) for end in ends]


def test_a_network_without_its_plain_self_says_nothing(tmp_path: Path) -> None:
    assert read_transfer(shelf_of(tmp_path / "one", {SE: [0.5], 5: [0.5]})) == ()
    assert read_transfer(tmp_path / "nothing") == ()


def test_the_result_goes_into_every_part_of_a_report(shelf: Path) -> None:
    found = evidence(measurement("p", 3), transfers=read_transfer(shelf))
    lines = transferred(found.transfers)
    assert {len(line) for line in lines} == {len(TRANSFERRED)}
    (claim,) = (claim for claim in claims(found, []) if "ordinary network" in claim.headline)
    assert "2 of 4 gains in accuracy are beyond the noise of the seeds: block 5 in digits, se in digits." in claim.headline
    assert claim.command == f'python -m sase_bench.query "compare 5 with none on digits" --db {shelf}'
    written = texts([], found, [], Times())
    assert "| digits | se | 2 | +25.00 (" in written["summary.md"]
    assert '"attention": "se"' in written["numbers.json"]
    assert "<h2>Transfer to ordinary networks</h2>" in page(found, [], Times(), [], [], [])
    figure = new_figure(7, 3)
    plots.transfer(found.transfers, figure)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["eca (n=2)", "SASE's published block 54983 (n=1)", "se (n=2)", "block 5 (n=2)"]


def test_two_networks_fit_into_the_figure(shelf: Path) -> None:
    (found,) = read_transfer(shelf)
    evident = evidence(measurement("p", 3), transfers=(found, found))
    picture = next(item for item in figures(evident, []) if item.name == "transfer")
    assert isinstance(picture, Picture)
    figure = new_figure(picture.width, picture.height)
    picture.draw(figure)
    figure.draw_without_rendering()
    inside = figure.get_tightbbox()
    assert min(inside.x0, inside.y0) >= 0
    assert inside.x1 <= picture.width
    assert inside.y1 <= picture.height
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_without_a_gain_beyond_the_noise_the_report_says_what_could_hide_in_it(tmp_path: Path) -> None:
    found = evidence(
        measurement("p", 3), transfers=read_transfer(shelf_of(tmp_path, {NONE: [0.5, 0.75], SE: [0.75, 0.5], 5: [0.5, 0.5]}))
    )
    (claim,) = (claim for claim in claims(found, []) if "ordinary network" in claim.headline)
    assert claim.headline == (
        "In an ordinary network of 3×3 convolutions, no attention gains accuracy beyond the noise of the seeds."
    )
    assert "points would be within its interval" in claim.text


def test_what_costs_accuracy_beyond_the_noise_is_named(tmp_path: Path) -> None:
    scores = {NONE: [0.5, 0.75], SE: [0.25, 0.5], 5: [0.5, 0.75]}
    found = evidence(measurement("p", 3), transfers=read_transfer(shelf_of(tmp_path, scores)))
    (claim,) = (claim for claim in claims(found, []) if "ordinary network" in claim.headline)
    assert claim.headline.endswith("beyond the noise of the seeds; 1 of 2 costs accuracy: se in digits.")
    intervals = [gain for gain in found.transfers[0].gains if gain.top1_low is not None]
    assert f"of so many {0.025 * len(intervals):.1f} lie above zero by luck where nothing is gained." in claim.text
    (ahead,) = read_transfer(shelf_of(tmp_path / "ahead", scores | {SE: [0.75, 1.0]}))
    (claim,) = (
        claim for claim in claims(evidence(measurement("p", 3), transfers=(ahead,)), []) if "ordinary network" in claim.headline
    )
    assert "1 of 2 gains in accuracy is beyond the noise of the seeds: se in digits" in claim.headline
