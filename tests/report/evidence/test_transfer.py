"""What attention gains over the plain network: done by hand on runs whose scores are multiples of 1/64."""

from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.database.shard_writer import ShardWriter
from sase_bench.modules import Module
from sase_bench.report import plots
from sase_bench.report.claims import claims
from sase_bench.report.document import texts
from sase_bench.report.drawing import new_figure
from sase_bench.report.evidence.transfer import TRANSFERRED, commands, read_transfer, transferred
from sase_bench.report.figures import Picture, figures
from sase_bench.report.networks.times import Times
from sase_bench.report.page import page
from sase_bench.space import SASE_BLOCK
from sase_bench.statistics.paired_tests import holm
from tests.evidence import evidence, measurement
from tests.records import DIGITS, made_up

ROOT = Path(__file__).parents[3]
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
    assert commands([found]).splitlines() == [  # the largest gain, and all that are beyond the noise
        f'python -m sase_bench.query "compare {name} with none on digits" --db {shelf}' for name in (5, "se")
    ]
    gains = {gain.name: gain for gain in found.gains}
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


def test_p_values_are_corrected_for_all_comparisons_of_all_networks_and_agree_with_the_intervals() -> None:
    transfers = read_transfer(ROOT / "database" / "transfer")
    gains = [gain for found in transfers for gain in found.gains]
    assert len({found.proxy for found in transfers}) > 1
    for score in ("top1", "loss"):
        p_values = [getattr(gain, f"{score}_p") for gain in gains]
        assert [getattr(gain, f"{score}_holm") for gain in gains] == holm(p_values)
        apart = [getattr(gain, f"{score}_low") > 0 or getattr(gain, f"{score}_high") < 0 for gain in gains]
        assert [p < 0.05 for p in p_values] == apart
    assert [gain.is_apart_by_itself for gain in gains] == [gain.top1_low > 0 or gain.top1_high < 0 for gain in gains]  # type: ignore[operator]


def test_a_gain_that_only_its_own_interval_tells_is_not_above_zero(shelf: Path) -> None:
    (found,) = read_transfer(shelf)
    (told,) = (gain for gain in found.gains if gain.name == "se")
    assert (told.is_above_zero, told.is_apart_by_itself, told.is_apart_in_loss) == (True, True, True)
    many = replace(told, top1_p=0.004, top1_holm=0.068, loss_p=0.0023, loss_holm=0.039)
    assert (many.is_above_zero, many.is_apart_by_itself, many.is_apart_in_loss) == (False, True, True)
    worse = replace(told, name="eca", top1=-1.0, loss=-0.5, top1_p=0.03, top1_holm=0.51, loss_p=0.2, loss_holm=1.0)
    plain = replace(told, name="gc", top1_p=0.5, top1_holm=1.0, loss_p=0.5, loss_holm=1.0)
    there = (replace(found, gains=(many, worse)), replace(found, gains=(plain,)))
    (claim,) = (c for c in claims(evidence(measurement("p", 3), transfers=there), []) if "3×3 convolutions" in c.headline)
    assert claim.headline == (
        "In 2 small networks of 3×3 convolutions, trained briefly, none of 3 differences in accuracy is beyond the noise after "
        "Holm's correction for all of them; 2 are by intervals of their own, 0.15 would be by luck."
    )
    assert claim.text.startswith(
        "By an interval of its own, in accuracy: above zero: se in digits (p 0.004, after Holm 0.068); below: eca in digits "
        "(p 0.03, after Holm 0.51). In loss 1 of 3 is beyond the noise after Holm over the losses (above zero: se in digits "
        "(after Holm 0.039)), and 2 of the 6 differences in either score after Holm over both. Gains over the same network"
    )
    assert [line[4] for line in transferred(there)] == ["0.068", "0.51", "1"]


def test_a_network_without_its_plain_self_says_nothing(tmp_path: Path) -> None:
    assert read_transfer(shelf_of(tmp_path / "one", {SE: [0.5], 5: [0.5]})) == ()
    assert read_transfer(tmp_path / "nothing") == ()


def test_the_result_goes_into_every_part_of_a_report(shelf: Path) -> None:
    found = evidence(measurement("p", 3), transfers=read_transfer(shelf))
    lines = transferred(found.transfers)
    assert {len(line) for line in lines} == {len(TRANSFERRED)}
    (claim,) = (claim for claim in claims(found, []) if "3×3 convolutions" in claim.headline)
    known = sum(gain.top1_low is not None for gain in found.transfers[0].gains)
    verdict = (
        f"2 of {known} differences in accuracy are beyond the noise after Holm's correction for all of them (above zero: block "
        f"5 in digits, se in digits); 2 are by intervals of their own, {0.05 * known:.2g} would be by luck"
    )
    assert claim.headline == f"In a small network of 3×3 convolutions, trained briefly, {verdict}."
    assert claim.command == commands(found.transfers)
    written = texts([], found, [], Times())
    assert f"\n{verdict}. Gains over the same network without attention" in written["summary.md"]
    assert "| digits | se | 2 | +25.00 (" in written["summary.md"]
    assert '"attention": "se"' in written["numbers.json"]
    assert "Transfer to ordinary networks</h2>" in page(found, [], Times(), [], [], [])
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
    (claim,) = (claim for claim in claims(found, []) if "3×3 convolutions" in claim.headline)
    assert claim.headline == (
        "In a small network of 3×3 convolutions, trained briefly, none of 2 differences in accuracy is beyond the noise after "
        "Holm's correction for all of them; none is by an interval of its own, 0.1 would be by luck."
    )
    assert " A gain of up to " in claim.text
    assert "In loss none is beyond the noise after Holm." in claim.text


def test_what_costs_accuracy_beyond_the_noise_is_named(tmp_path: Path) -> None:
    scores = {NONE: [0.5, 0.75], SE: [0.25, 0.5], 5: [0.5, 0.75]}
    found = evidence(measurement("p", 3), transfers=read_transfer(shelf_of(tmp_path, scores)))
    (claim,) = (claim for claim in claims(found, []) if "3×3 convolutions" in claim.headline)
    assert claim.headline.endswith(
        "1 of 2 differences in accuracy is beyond the noise after Holm's correction for all of them (below: se in digits); 1 "
        "is by an interval of its own, 0.1 would be by luck."
    )
    (ahead,) = read_transfer(shelf_of(tmp_path / "ahead", scores | {SE: [0.75, 1.0]}))
    (claim,) = (
        claim for claim in claims(evidence(measurement("p", 3), transfers=(ahead,)), []) if "3×3 convolutions" in claim.headline
    )
    assert "(above zero: se in digits)" in claim.headline


def test_what_the_best_block_of_the_small_task_gains_is_said(tmp_path: Path) -> None:
    for gained, said in ((0.25, "digits."), (0.0, "none.")):
        scores = {NONE: [0.5, 0.75], SE: [0.25, 0.5], 1: [0.5 + gained, 0.75 + gained]}
        (there,) = read_transfer(shelf_of(tmp_path / str(gained), scores))
        found = evidence(measurement("p", 3), transfers=(there,))  # where block 1 is the best
        (claim,) = (claim for claim in claims(found, []) if "3×3 convolutions" in claim.headline)
        assert claim.headline.endswith(f"; the best block of the small task is seen to gain in {said}")
        assert claim.text.startswith(f"Block 1, the best of the small task, gains in digits {100 * gained:+.2f} points (95 %: ")
        assert "compare 1 with none on digits" in claim.command


def test_the_report_says_whether_attention_ranks_there_as_on_the_proxy(tmp_path: Path) -> None:
    blocks = {number: [0.9 - number / 10, 0.8 - number / 10] for number in range(1, 6)}
    (found,) = read_transfer(shelf_of(tmp_path, {NONE: [0.5, 0.4], **blocks}))
    there = evidence(measurement("p", 5), transfers=(found,))  # where block 1 is the best as well, and 5 the worst
    (claim,) = (claim for claim in claims(there, []) if "3×3 convolutions" in claim.headline)
    assert "The 5 trained in digits" not in claim.text  # all agree, which has no interval
    mixed = replace(found, gains=tuple(replace(gain, loss=gain.loss * (-1) ** (gain.attention == "2")) for gain in found.gains))
    (claim,) = (c for c in claims(evidence(measurement("p", 5), transfers=(mixed,)), []) if "3×3 convolutions" in c.headline)
    assert "The 5 trained in digits rank by loss there as on p with a correlation of" in claim.text
