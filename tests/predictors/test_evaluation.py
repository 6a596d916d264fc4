import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark, Measured
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.predictors.card import verdicts
from sase_bench.predictors.evaluation import contenders, evaluate
from sase_bench.predictors.protocol import Prediction
from sase_bench.predictors.scores import covered, rank_accuracy
from sase_bench.predictors.splits import SIZES, Splits
from sase_bench.predictors.tables import digits
from sase_bench.predictors.targets import Targets, targets
from sase_bench.space import Space
from sase_bench.statistics.effects import separate
from sase_bench.statistics.variances import moderated
from tests.records import DIGITS, made_up, unfinished


def of(scores: np.ndarray) -> Targets:
    rows = np.arange(len(scores))
    return Targets(
        "digits",
        "val_loss",
        "full",
        rows,
        scores.mean(1),
        None,
        np.full(len(rows), scores.shape[1]),
        scores,
        tuple(range(scores.shape[1])),
    )


def test_agreement_counts_pairs_ranks_and_the_best() -> None:
    truth = np.arange(100.0)
    found = rank_accuracy(truth, truth)
    assert (found.tau, found.spearman, found.precision) == pytest.approx((1, 1, 1))
    turned = rank_accuracy(-truth, truth)
    assert (turned.tau, turned.spearman, turned.precision) == pytest.approx((-1, -1, 0))
    shuffled = truth.copy()
    shuffled[[0, 50]] = shuffled[[50, 0]]
    assert rank_accuracy(shuffled, truth).precision == pytest.approx(0.9)
    assert rank_accuracy(shuffled, truth, sign=-1).precision == pytest.approx(1.0)
    assert np.isnan(rank_accuracy(truth[:49], truth[:49]).precision)
    assert np.isnan(rank_accuracy(np.zeros(5), truth[:5]).tau)


def test_intervals_are_those_of_a_measured_mean() -> None:
    generator = np.random.default_rng(0)
    measured = generator.normal(0, np.sqrt(0.3**2 + 0.4**2), 20_000)
    prediction = Prediction(np.zeros(20_000), np.full(20_000, 0.3))
    assert covered(prediction, measured, np.full(20_000, 0.4), 0.9) == pytest.approx(0.9, abs=0.01)
    assert covered(prediction, measured, np.full(20_000, 0.4), 0.5) == pytest.approx(0.5, abs=0.01)
    assert covered(prediction, measured, None, 0.9) < 0.75


def test_lists_follow_the_written_rule() -> None:
    archs = np.arange(0, 3000, 3)
    splits = Splits.of("digits", "full", archs, repeats=3)
    keys = sorted(archs.tolist(), key=lambda arch: hashlib.sha256(f"digits/2/{arch}".encode()).hexdigest())
    assert splits.train(2, 56).tolist() == keys[:56]
    assert splits.test(2).tolist() == keys[-100:]
    assert splits.sizes() == (10, 23, 56, 87, 100, 135, 209, 323, 400)
    assert Splits.of("digits", "tied", np.arange(2401), 1).sizes() == SIZES
    assert splits.train(0, 10).tolist() == [2316, 2880, 2814, 2430, 861, 0, 1455, 177, 417, 2922]
    for repeat in range(3):
        assert not set(splits.train(repeat, 400)) & set(splits.test(repeat))
        assert splits.train(repeat, 10).tolist() == splits.train(repeat, 400)[:10].tolist()
    assert set(splits.test(0)) != set(splits.test(1))


def test_a_third_of_the_shared_seeds_is_held_out_in_turn() -> None:
    def held(seeds: tuple[int, ...]) -> list[tuple[int, ...]]:
        splits = Splits.of("digits", "full", np.arange(30), 4, seeds)
        return [splits.held_out(repeat) for repeat in range(4)]

    assert held((3, 0, 7)) == [(0,), (3,), (7,), (0,)]
    assert held(tuple(range(7))) == [(0, 1), (2, 3), (4, 5), (0, 6)]
    assert held((4, 5)) == [(4,), (5,), (4,), (5,)]
    assert held((4,)) == held(()) == [()] * 4


def test_nothing_but_its_level_is_learnt_from_a_seed_that_is_held_out() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(30, 1)) + np.asarray([0.0, 1.0, 5.0]) + 0.1 * generator.normal(size=(30, 3))
    learnt, asked = of(scores).apart((2,))
    assert (learnt.seeds, asked.seeds) == ((0, 1), (2,))
    assert set(learnt.counts) == {2}
    assert set(asked.counts) == {1}
    assert learnt.noise is not None
    assert asked.noise is not None
    np.testing.assert_allclose(asked.noise, np.sqrt(2) * learnt.noise)
    np.testing.assert_allclose(asked.y - asked.y.mean(), scores[:, 2] - scores[:, 2].mean())
    np.testing.assert_allclose(asked.y.mean(), learnt.y.mean())  # the level, which moves no block past another
    other = scores.copy()
    other[:, 2] = generator.normal(size=30)
    again, _ = of(other).apart((2,))
    np.testing.assert_allclose(again.y - again.y.mean(), learnt.y - learnt.y.mean())
    whole = of(scores)
    assert whole.apart(()) == (whole, whole)


def test_seeds_that_some_block_lacks_are_not_shared() -> None:
    scores = np.asarray([[1.0, 2.0, np.nan], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    assert of(scores).shared_seeds == (0, 1)


def test_intervals_hold_their_share_where_a_seed_favours_operations() -> None:
    """By seeds that nothing was learnt from; by the same seeds, whose luck the model has learnt, they hold too much."""
    generator, archs = (
        np.random.default_rng(1),
        np.sort(Space("full").indices[np.random.default_rng(0).permutation(7**6)[:240]]),
    )
    operations = digits()[archs]
    truth = sum(generator.normal(0, 1.0, 7)[operations[:, slot]] for slot in range(6))
    favours = sum(generator.normal(0, 0.3, (7, 4))[operations[:, slot]] for slot in range(6))
    targets = of(truth[:, None] + favours + generator.normal(0, 0.7, (240, 4)))
    found = separate(targets.scores)
    assert found.variances is not None
    targets = replace(targets, archs=archs, noise=np.sqrt(found.variances.values / 4))
    covered = {}
    for seeds in ((), targets.seeds):
        splits = Splits.of("digits", "full", archs, 8, seeds)
        ((rows, _),) = evaluate(targets, splits, contenders("digits", ["gp"], None), [100], lambda text: None)
        (row,) = (row for row in rows if row.predictor == "gp")
        assert row.test_seeds == (1 if seeds else 0)
        covered[row.test_seeds] = row.covered_90
    assert 0.85 <= covered[1] <= 0.95 < covered[0]


def test_an_sd_is_judged_by_the_error_without_the_noise_of_the_scores() -> None:
    """Predictions that are off by 0.5, of scores whose noise is twice that."""
    generator, archs = np.random.default_rng(0), np.arange(600)
    truth, error = generator.normal(0, 1, 600), generator.normal(0, 0.5, 7**6)

    class Knowing:
        def __init__(self, sd: float) -> None:
            self.sd = sd

        def fit(self, architectures: np.ndarray, y: np.ndarray, noise: np.ndarray | None = None) -> "Knowing":
            return self

        def predict(self, architectures: np.ndarray) -> Prediction:
            known = np.zeros(7**6)
            known[archs] = truth
            return Prediction((known + error)[architectures], np.full(len(architectures), self.sd))

    scores = of(truth[:, None] + generator.normal(0, 1, (600, 3)))
    scores = replace(scores, archs=archs, noise=np.full(600, 3**-0.5))
    stated = {"gp": (0.5, 1, "not seen to be off"), "xgb": (0.2, 6.25, "too sure")}
    makers = {name: (lambda seed, sd=sd: Knowing(sd)) for name, (sd, _, _) in stated.items()}
    splits = Splits.of("digits", "full", archs, 20, scores.seeds)
    ((rows, _),) = evaluate(scores, splits, makers, [10], lambda text: None)
    for row in rows:
        sd, ratio, word = stated[row.predictor]
        assert row.rmse_true == pytest.approx(0.5, abs=0.1)
        assert row.rmse == pytest.approx(1.25**0.5, abs=0.1)
        assert row.sd_stated == pytest.approx(sd)
        assert row.variance_ratio_low is not None
        assert row.variance_ratio_high is not None
        assert row.variance_ratio_low < ratio < row.variance_ratio_high
        assert row.covered_90_by_noise == pytest.approx(0.858, abs=0.03)  # 1.645 standard deviations of the noise
        assert f"its sd is {word}." in "".join(verdicts([asdict(row)]))
    few = replace(scores, archs=archs[:40], **{name: getattr(scores, name)[:40] for name in ("y", "noise", "counts", "scores")})
    ((rows, _),) = evaluate(few, Splits.of("digits", "full", archs[:40], 2), makers, [10], lambda text: None)
    assert {(row.rmse_true, row.variance_ratio) for row in rows} == {(None, None)}  # no seed was held out


def test_too_little_to_evaluate_is_refused() -> None:
    with pytest.raises(RequestError, match="at least 30 measured blocks, digits has 29 in full"):
        Splits.of("digits", "full", np.arange(29), 1)
    with pytest.raises(RequestError, match="repeated at least once, got 0"):
        Splits.of("digits", "full", np.arange(40), 0)


def test_targets_are_means_without_the_level_of_the_seeds(tmp_path: Path) -> None:
    """Block 40 lacks the seed that makes everything worse; block 50 diverged."""
    truth, level = {arch: 1 + arch / 100 for arch in range(50)}, (0.0, 0.0, 0.6)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch, mean in truth.items():
            for seed in range(2 if arch == 40 else 3):
                store.append(made_up(arch, seed, val_loss=mean + level[seed] + 0.01 * (-1) ** (arch + seed)))
        store.append(unfinished(50))
        store.append(unfinished(5, 9, status="failed"))
    measured = Benchmark.load(tmp_path / "table.duckdb").measured()
    found = targets(measured, "val_loss")
    assert found.archs.tolist() == list(range(50))
    assert found.counts.tolist() == [2 if arch == 40 else 3 for arch in range(50)]
    np.testing.assert_allclose(found.y - found.y[0], [mean - truth[0] for mean in truth.values()], atol=0.03)
    assert found.noise is not None
    assert 0.002 < found.noise[0] < 0.02
    assert found.noise[40] > found.noise[41]
    assert targets(measured, "val_loss", "tied").archs.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert found.sha256 != targets(measured, "val_top1").sha256
    with pytest.raises(RequestError, match="unknown metric 'test_loss'; choose from val_loss, val_top1, train_loss"):
        targets(measured, "test_loss")


def crossed(there: np.ndarray, noise: float = 0.0) -> tuple[Measured, np.ndarray]:
    """A table with runs where `there` (k, s) says so, seeds that differ much, and the blocks' true scores."""
    generator, (blocks, seeds) = np.random.default_rng(0), there.shape
    truth = np.linspace(1.5, 1.6, blocks)
    loss = truth[:, None] + 0.05 * np.arange(seeds) ** 1.5 + generator.normal(0, noise, there.shape)
    status, cube = np.where(there, 0, -1).astype(np.int8), np.where(there, loss, np.nan)[:, :, None]
    curves = dict.fromkeys(("val_loss", "val_top1", "train_loss", "seconds"), cube)
    matrices = dict.fromkeys(("run_seconds", "_test_loss", "_test_top1"), cube[:, :, 0])
    row = np.where(np.arange(7**6) < blocks, np.arange(7**6), -1).astype(np.int32)
    measured = Measured(
        proxy="digits", archs=np.arange(blocks), seeds=np.arange(seeds), status=status, row=row, **curves, **matrices
    )
    return measured, truth


def test_targets_of_blocks_that_share_seeds_only_by_way_of_others_are_exact() -> None:
    """Each of 60 blocks has two neighbouring seeds of 8; after fifty sweeps of alternating means they were off by 0.03."""
    there = (np.arange(60)[:, None] * 7 // 60 - np.arange(8)) % -8 >= -1
    assert there.sum(1).tolist() == [2] * 60
    measured, truth = crossed(there)
    found = targets(measured, "val_loss")
    np.testing.assert_allclose(found.y - found.y.mean(), truth - truth.mean(), atol=1e-9)


def test_the_seeds_of_groups_apart_take_no_degree_of_freedom_too_many() -> None:
    """Ten blocks with seeds 0 and 1, ten with 2 and 3: 40 runs, 20 blocks, and 2 differences of seeds."""
    measured, _ = crossed(np.kron(np.eye(2), np.ones((10, 2))).astype(bool), noise=0.01)
    found = targets(measured, "val_loss")
    blocks, seeds = (np.repeat(np.eye(20), 2, axis=0), np.tile(np.eye(2), (20, 1)))
    design = np.hstack([blocks, seeds * (np.arange(40) < 20)[:, None], seeds * (np.arange(40) >= 20)[:, None]])
    y = found.scores[np.isfinite(found.scores)]
    solved, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    variances = ((y - design @ solved) ** 2).reshape(20, 2).sum(1) * 20 / (40 - rank)
    assert found.noise is not None
    np.testing.assert_allclose(
        found.noise, np.sqrt(moderated(variances, np.ones(20, dtype=int), found.y).values / 2), rtol=1e-9
    )


def test_one_seed_each_has_no_noise_to_know(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in range(5):
            store.append(made_up(arch))
    assert targets(Benchmark.load(tmp_path / "table.duckdb").measured(), "val_loss").noise is None


def test_verdicts_say_what_the_scores_say() -> None:
    row = {
        "predictor": "gp", "n": 400, "tau_of_ceiling": 0.96, "covered_90": 0.91,
        "tau_over_linear": 0.02, "tau_over_linear_low": 0.01, "tau_over_linear_high": 0.03,
    }  # fmt: skip
    assert verdicts([row]) == [
        "At n = 400 τ is 0.96 of the noise ceiling, at least 0.95.",
        "At n = 400 its 90 % intervals hold 91% of the measured means, inside 85% to 95%.",
        "At n = 400 it beats the linear model: τ differs by +0.020 [+0.010, +0.030].",
    ]
    worse = row | {"tau_of_ceiling": 0.5, "covered_90": 0.97, "tau_over_linear_low": -0.1, "n": 100}
    assert verdicts([worse]) == [
        "There are too few blocks to judge it at n = 400; this is n = 100.",
        "At n = 100 τ is 0.50 of the noise ceiling, below 0.95.",
        "At n = 100 its 90 % intervals hold 97% of the measured means, outside 85% to 95%.",
        "At n = 100 it does not beat the linear model: τ differs by +0.020 [-0.100, +0.030].",
    ]
    assert "is worse than the linear model" in verdicts([worse | {"tau_over_linear_high": -0.01}])[-1]
    known = row | {"tau_ceiling": 0.5, "tau_ceiling_low": 0.45, "tau_ceiling_high": 0.54}
    assert verdicts([known])[0] == "At n = 400 τ is 0.96 of the noise ceiling of 0.50 [0.45, 0.54], at least 0.95."
    assert "noise ceiling is not defined" in verdicts([row | {"tau_of_ceiling": None}])[0]
    assert verdicts([]) == ["It was not evaluated."]
