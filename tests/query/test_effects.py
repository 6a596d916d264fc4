"""What an operation of a slot does to a score."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.query import ask
from sase_bench.space import OPERATIONS, Space
from sase_bench.statistics.effects import separate
from sase_bench.statistics.quantiles import t_quantile
from tests.query.conftest import Ask
from tests.query.tables import run, top1s, write
from tests.records import DIGITS


def test_effect_gives_the_marginal_mean_of_every_operation(asked: Ask) -> None:
    answer = asked("effect channel_squeeze by top1")
    effects = separate(top1s())
    kept = effects.means + effects.levels[:2].mean()  # as if over the seeds 0 and 1, which most blocks share
    plain, mixed, squeezed, sase = kept
    grand, gap, noise = kept.mean(), (plain + mixed) / 2, effects.noise
    assert noise is not None
    share, variance = 2 / 7**5, noise.sd**2 / 2  # of the blocks with gap two are there, with two seeds each
    margin = t_quantile(0.95, 1) * sqrt(((1 - share) * np.var([plain, mixed], ddof=1) + share * variance) / 2)
    facts = ("channel_squeeze", "digits", "val_top1")
    assert answer.rows == (
        (*facts, "l2-norm", 1, pytest.approx(squeezed), None, None, pytest.approx(squeezed - grand)),
        (*facts, "gap+gmp", 1, pytest.approx(sase), None, None, pytest.approx(sase - grand)),
        (
            *facts,
            "gap",
            2,
            pytest.approx(gap),
            pytest.approx(gap - margin),
            pytest.approx(gap + margin),
            pytest.approx(gap - grand),
        ),
        (*facts, "p-norm", 0, None, None, None, None),
        (*facts, "gap+std", 0, None, None, None, None),
        (*facts, "skewpooling", 0, None, None, None, None),
        (*facts, "2nd-order-pooling", 0, None, None, None, None),
    )
    assert answer.notes == (
        f"mean of all 4 architectures: {grand:.6g} fraction 0..1; intervals 95 %, "
        "as if drawn at random from the 117,649 of the full space that fit",
    )


def with_all_tied(path: Path, noise: float) -> Path:
    """The tied blocks with affine gates and one squeeze, 49 in all."""
    generator = np.random.default_rng(0)
    blocks = [arch.index for arch in Space("tied") if (arch.digits[0], arch.digits[1]) == (0, 6)]
    truth = generator.normal(1, 0.1, len(blocks))
    records = [
        run(arch, seed, 0.5, float(value + 0.2 * seed + generator.normal(0, noise)), 1.0)
        for arch, value in zip(blocks, truth, strict=True)
        for seed in (0, 1, 2)
    ]
    return write(path, records)


FITTING = "channel_squeeze = gap and channel_excite = affine"


def test_the_effect_over_all_blocks_that_there_are_has_no_interval_but_that_of_the_noise(tmp_path: Path) -> None:
    path = with_all_tied(tmp_path / "exact.duckdb", 0.0)
    answer = ask(f"effect spatial_excite by loss where {FITTING}", db=path)
    for record in answer.records():
        assert record["low"] == pytest.approx(record["mean"], abs=1e-9)
        assert record["high"] == pytest.approx(record["mean"], abs=1e-9)
    assert answer.notes[-1].endswith("95 %, by the noise of the seeds alone: these are all of the tied space that fit")
    noisy = with_all_tied(tmp_path / "noisy.duckdb", 0.06)
    for record in ask(f"effect spatial_excite by loss where {FITTING} in tied", db=noisy).records():
        assert record["architectures"] == 7
        assert record["high"] - record["mean"] == pytest.approx(1.985 * 0.06 / sqrt(3 * 7), rel=0.25)
    answer = ask("effect spatial_excite by loss where loss < 100", db=path)
    assert answer.notes[-1].endswith("picked by what a run gave, so their means have no interval and stand for no others")
    assert {(record["low"], record["high"]) for record in answer.records()} == {(None, None)}
    answer = ask("effect spatial_excite by loss", db=path)
    assert answer.notes[-1].endswith("as if drawn at random from the 2,401 of the tied space that fit")
    answer = ask("effect spatial_excite by loss in full", db=path)
    assert answer.notes[-1].endswith("as if drawn at random from the 117,649 of the full space that fit")
    for condition in ("seeds >= 3", "not seeds < 3", "seeds >= 3 or params < 1M"):
        answer = ask(f"effect spatial_excite by loss where {condition}", db=path)
        assert answer.notes[-1].endswith("as if drawn at random from many")
    answer = ask(f"effect spatial_excite by params where {FITTING}", db=path)
    assert all(record["low"] == record["mean"] == record["high"] for record in answer.records())


@pytest.mark.parametrize(("condition", "space"), [("", "full"), (" in tied", "tied"), (" where channel_gate = affine", "full")])
def test_the_effect_on_what_is_counted_is_that_of_all_blocks_and_has_no_interval(
    asked: Ask, condition: str, space: str
) -> None:
    digits = Space(space).digits()
    if "where" in condition:
        digits = digits[digits[:, 2] == OPERATIONS["channel_gate"].index("affine")]
    flops = count(DIGITS.trunk, digits).flops
    answer = asked(f"effect spatial_squeeze by flops{condition}")
    for record in answer.records():
        those = flops[digits[:, 4] == OPERATIONS["spatial_squeeze"].index(record["operation"])]
        assert record["architectures"] == len(those)
        assert record["mean"] == record["low"] == record["high"] == pytest.approx(those.mean())
        assert record["difference"] == pytest.approx(those.mean() - flops.mean())
    assert [record["mean"] for record in answer.records()] == sorted(record["mean"] for record in answer.records())
    assert answer.notes[-1].startswith(f"mean of all {len(flops):,} architectures of the {space} space that fit: ")


def test_blocks_that_somebody_chose_have_no_part_in_an_effect_where_most_were_drawn(tmp_path: Path) -> None:
    drawn = Space("full").sample(12, seed=0)
    chosen = [arch for arch in Space("full").sample(40, seed=1) if arch not in drawn][:4]
    records = [run(arch.index, seed, 0.5, 1.0 if arch in drawn else 0.1, 1.0) for arch in [*drawn, *chosen] for seed in (0, 1)]
    answer = ask("effect channel_gate by loss", db=write(tmp_path / "table.duckdb", records))
    assert {record["mean"] for record in answer.records()} <= {1.0, None}
    assert sum(record["architectures"] for record in answer.records()) == 12
    assert answer.notes[0] == "left out: 4 chosen by a person or a search; the others were drawn at random from the full space"
    few = write(tmp_path / "few.duckdb", [record for record in records if record.arch not in {a.index for a in drawn[4:]}])
    assert sum(record["architectures"] for record in ask("effect channel_gate by loss", db=few).records()) == 8


def test_effects_are_sorted_best_first_and_take_conditions(asked: Ask) -> None:
    records = asked("effect channel_squeeze by loss where top1 > 70% in tied").records()
    assert [record["operation"] for record in records[:2]] == ["l2-norm", "gap"]
    assert [record["architectures"] for record in records] == [1, 1, 0, 0, 0, 0, 0]
    assert {record["operation"] for record in records} == set(OPERATIONS["channel_squeeze"])
