from collections.abc import Sequence
from math import atan, pi, sqrt
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.space import Architecture
from sase_bench.statistics.quantiles import t_quantile
from sase_bench.trunk import ResNetTrunk
from tests.query.conftest import Ask
from tests.query.tables import DIVERGED, MIXED, NAMES, PLAIN, SASE, SCORES, SQUEEZED, UNTRIED, run, write
from tests.query.test_rankings import costs

TRUNKS = {"digits": "resnet8-w8-8px-1x10", "cifar10-8": "resnet8-w8-8px-3x10", "fashion-16": "resnet8-w8-16px-1x10"}
SIZED = "resnet50_params and resnet50_flops: of ResNet-50 at 224×224 with the attention in every bottleneck"


def test_arch_tells_everything_of_a_block_on_every_proxy(asked: Ask) -> None:
    answer = asked(f"arch {SASE}", proxy=None)
    facts = {
        "arch": SASE, "text": NAMES[SASE], "digits": "3 1 6 2 0 5", "is_tied": False, "channel_squeeze": "gap+gmp",
        "channel_excite": "2conv_1x1", "channel_gate": "affine", "gated_squeeze": "p-norm", "spatial_squeeze": "gap",
        "spatial_excite": "2conv_3x3", "resnet50_params": 28_102_568, "resnet50_flops": 4_092_006_748,
    }  # fmt: skip
    untried = {"runs": 0, "seeds": 0, "diverged": 0, "failed": 0, "reasons": None, "val_top1": None, "val_top1_sd": None,
               "val_loss": None, "val_loss_sd": None, "train_seconds": None, "train_seconds_sd": None}  # fmt: skip

    def row(proxy: str, **measured: object) -> dict[str, object]:
        params, flops = costs(SASE, proxy)
        cost = {"trunk": TRUNKS[proxy], "params": params, "flops": flops, "latency": None}
        return facts | {"proxy": proxy} | untried | measured | cost

    assert answer.records() == [
        row("cifar10-8", runs=2, seeds=2, val_top1=0.3125, val_top1_sd=pytest.approx(0.125 / sqrt(2)), val_loss=1.75,
            val_loss_sd=pytest.approx(0.5 / sqrt(2)), train_seconds=8.0, train_seconds_sd=0.0),
        row("digits", runs=3, seeds=3, val_top1=0.90625, val_top1_sd=0.03125, val_loss=0.3125, val_loss_sd=0.0625,
            train_seconds=3.0, train_seconds_sd=1.0),
        row("fashion-16"),
    ]  # fmt: skip
    assert (answer.shared, answer.upright, answer.notes) == (12, True, (SIZED,))


@pytest.mark.parametrize("text", [NAMES[SASE], "GAP+GMP/2conv_1x1/affine/p-norm/GAP/2conv_3x3", f'"{NAMES[SASE]}"'])
def test_a_block_is_named_by_its_operations_as_well(asked: Ask, text: str) -> None:
    assert asked(f"arch {text}") == asked(f"arch {SASE}")


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_the_papers_spelling_with_spaces_is_taken_with_and_without_quotes(asked: Ask, quote: str) -> None:
    text = "2nd-order pooling/3conv1D_3/affine/2nd-order pooling/SkewPooling/conv_3x1_1x3"
    expected = Architecture.parse(text)
    assert asked(f"arch {quote}{text}{quote}").rows[0][0] == expected.index
    (record,) = asked(f"compare {quote}{text}{quote} with {PLAIN}").records()[:1]
    assert record["a_text"] == str(expected)


def test_arch_says_why_runs_have_no_scores(asked: Ask) -> None:
    (record,) = asked(f"arch {MIXED}").records()
    assert (record["runs"], record["seeds"], record["diverged"], record["failed"]) == (4, 2, 1, 1)
    assert record["reasons"] == "seed 2 diverged: made up; seed 3 failed: made up"
    assert (record["val_top1"], record["val_loss"]) == (0.625, 1.0)


@pytest.mark.parametrize("arch", [DIVERGED, UNTRIED])
def test_a_block_without_scores_still_has_costs(asked: Ask, arch: int) -> None:
    answer = asked(f"arch {arch}")
    (record,) = answer.records()
    assert answer.notes == (f"block {arch} has no run that ended ok; costs are counted", SIZED)
    assert (record["val_top1"], record["val_loss"], record["train_seconds"]) == (None, None, None)
    assert (record["params"], record["flops"]) == costs(arch)


def test_arch_shows_trunks_that_have_costs_but_no_proxy(tmp_path: Path) -> None:
    path = write(tmp_path / "table.duckdb", [run(1, 0, 0.5, 1.0, 1.0)])
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO costs VALUES (1, 'resnet50-224px-1000', 28000000, 4100000000, 0.004)")
    records = ask("arch 1", db=path).records()
    assert [(record["proxy"], record["trunk"], record["runs"], record["latency"]) for record in records] == [
        ("digits", TRUNKS["digits"], 1, None), (None, "resnet50-224px-1000", None, 0.004),
    ]  # fmt: skip
    assert len(ask("arch 1", db=path, proxy="digits").rows) == 1


def test_arch_answers_from_a_table_that_describes_no_proxy(tmp_path: Path) -> None:
    (record,) = ask("arch 0", db=write(tmp_path / "table.duckdb", [], [])).records()
    assert (record["arch"], record["proxy"], record["params"]) == (0, None, None)


#: The runs of `APART`, as those of `SCORES`.
MODULES = [((-1, 0), (0.5, 1.0, 1.0)), ((-2, 0), (0.625, 0.75, 1.0))]


def margin_of_pairs(runs: Sequence[tuple[tuple[int, int], tuple[float, ...]]], column: int, pairs: int) -> float:
    """Half the interval of a mean difference over so many seeds, by the noise of all runs: dummy variables, least squares."""
    archs, seeds = (sorted({key[i] for key, _ in runs}) for i in (0, 1))
    design = np.zeros((len(runs), len(archs) + len(seeds)))
    for row, ((arch, seed), _) in enumerate(runs):
        design[row, archs.index(arch)] = design[row, len(archs) + seeds.index(seed)] = 1
    scores = np.asarray([values[column] for _, values in runs])
    fitted = design @ np.linalg.lstsq(design, scores, rcond=None)[0]
    degrees = len(runs) - int(np.linalg.matrix_rank(design))
    return float(t_quantile(0.95, degrees) * np.sqrt(np.sum((scores - fitted) ** 2) / degrees * 2 / pairs))


def at_full_size(name: str) -> tuple[object, ...]:
    """What a row of `compare` says of the published block and the first one in ResNet-50."""
    one, other = (
        int(number) for number in getattr(count(ResNetTrunk(depth=50), [Architecture(SASE), Architecture(PLAIN)]), name)
    )
    return one, None, None, other, None, None, one - other, None, None, None, None


def test_compare_pairs_the_seeds_that_both_have(asked: Ask) -> None:
    answer = asked(f"compare {SASE} with {PLAIN}")
    differences = np.array(
        [[0.875 - 0.75, 0.375 - 0.625, 0.0, 2.0 - 1.0], [0.9375 - 0.8125, 0.25 - 0.5, 0.0, 4.0 - 1.0]]
    )  # seeds 0 and 2
    margins = [margin_of_pairs([*SCORES.items(), *MODULES], column, 2) for column in (0, 1)]
    margins += [0.0]  # the training loss of a seed is that of any block here
    margins += [t_quantile(0.95, 1) * differences[:, 3].std(ddof=1) / sqrt(2)]  # of times
    p_values = [record["p"] for record in answer.records()]
    assert p_values[2:] == [1.0, pytest.approx(2 / pi * atan(1 / 2)), *[None] * 4]  # times: t = 2 with one degree of freedom
    assert [p < 0.05 for p in p_values[:4]] == (np.abs(differences.mean(axis=0)) > margins).tolist()
    (params, flops), (plain_params, plain_flops) = costs(SASE), costs(PLAIN)
    facts = (SASE, NAMES[SASE], PLAIN, NAMES[PLAIN], "digits")
    sides = [
        ("val_top1", "fraction 0..1", 0.90625, pytest.approx(sqrt(2) / 32), 2, 0.78125, pytest.approx(sqrt(2) / 32), 2),
        ("val_loss", "nat", 0.3125, pytest.approx(sqrt(2) / 16), 2, 0.5625, pytest.approx(sqrt(2) / 16), 2),
        ("train_loss", "nat", 2.0, pytest.approx(sqrt(2)), 2, 2.0, pytest.approx(sqrt(2)), 2),
        ("train_seconds", "s", 3.0, pytest.approx(sqrt(2)), 2, 1.0, 0.0, 2),
    ]
    assert answer.rows == (
        *(
            (*facts, *side, mean, pytest.approx(mean - margin, abs=1e-9), pytest.approx(mean + margin, abs=1e-9), p, 2)
            for side, mean, margin, p in zip(sides, differences.mean(axis=0), margins, p_values[:4], strict=True)
        ),
        (*facts, "params", "parameters", params, None, None, plain_params, None, None, params - plain_params, *[None] * 4),
        (*facts, "flops", "multiply-accumulates", flops, None, None, plain_flops, None, None, flops - plain_flops, *[None] * 4),
        (*facts, "resnet50_params", "parameters", *at_full_size("params")),
        (*facts, "resnet50_flops", "multiply-accumulates", *at_full_size("flops")),
    )  # fmt: skip
    assert answer.notes == (
        f"params and flops: of {TRUNKS['digits']}, the trunk of the proxy; {SIZED}",
        "a, b and a - b, the difference, are means over the seeds that both have; low and high: 95 % interval, of scores with "
        "the noise of all blocks and modules; p: by the same noise, that there is no difference, two-sided, of each by itself",
    )


def test_one_common_seed_gives_a_difference_without_interval_and_none_gives_neither(asked: Ask) -> None:
    record = asked(f"compare {SASE} with {SQUEEZED}").records()[0]
    margin = margin_of_pairs([*SCORES.items(), *MODULES], 0, 1)
    assert (record["difference"], record["pairs"]) == (0.875 - 0.90625, 1)
    assert (record["low"], record["high"]) == pytest.approx((-0.03125 - margin, -0.03125 + margin))
    record = asked(f"compare {SASE} with {PLAIN} on cifar10-8").records()[0]
    assert (record["a"], record["b"], record["difference"], record["pairs"]) == (0.3125, 0.5, None, 0)
    assert (record["a_seeds"], record["b_seeds"]) == (2, 1)
    apart = "no seed ended ok for both, so there is no difference; a and b are means over their own seeds"
    assert asked(f"compare {SASE} with {PLAIN} on cifar10-8").notes[-1] == apart


def test_the_sides_of_a_comparison_and_its_difference_never_disagree(tmp_path: Path) -> None:
    scores = {(SASE, 0): 0.5, (SASE, 1): 0.5, (SASE, 2): 0.0625, (PLAIN, 0): 0.25, (PLAIN, 1): 0.375}
    path = write(tmp_path / "table.duckdb", [run(arch, seed, top1, 1.0, 1.0) for (arch, seed), top1 in scores.items()])
    record = ask(f"compare {SASE} with {PLAIN}", db=path).records()[0]
    assert (record["a"], record["b"], record["difference"]) == (0.5, 0.3125, 0.1875)
    assert [record[name] for name in ("a_seeds", "b_seeds", "pairs")] == [2, 2, 2]


def test_comparing_with_a_block_that_was_not_measured_leaves_its_side_missing(asked: Ask) -> None:
    answer = asked(f"compare {UNTRIED} with {DIVERGED}")
    assert [row[7:13] for row in answer.rows[:4]] == [(None, None, 0, None, None, 0)] * 4
    assert (answer.rows[4][7], answer.rows[4][10]) == (costs(UNTRIED)[0], costs(DIVERGED)[0])
    untried, diverged, *_ = answer.notes
    assert untried.startswith(
        f"block {UNTRIED} has no run that ended ok on the proxy digits; train it with: python -m sase_bench."
    )
    assert diverged == f"block {DIVERGED} has no run that ended ok on the proxy digits; 2 diverged"


def test_curve_averages_over_the_seeds_at_each_epoch(asked: Ask) -> None:
    answer = asked(f"curve {SASE}")
    facts = (SASE, NAMES[SASE], "digits")
    scores = ("train_loss", "train_loss_sd", "val_loss", "val_loss_sd", "val_top1", "val_top1_sd")
    assert answer.columns == ("arch", "text", "proxy", "epoch", *scores, "seeds")
    (record,) = asked(f"arch {SASE}").records()
    sds = record["val_loss_sd"], record["val_top1_sd"]
    assert answer.rows == (
        *((*facts, epoch, 3.0, 1.0, 0.625, 2 * sds[0], 0.453125, sds[1] / 2, 3) for epoch in range(1, 12)),
        (*facts, 12, 2.0, 1.0, 0.3125, sds[0], 0.90625, sds[1], 3),
    )


@pytest.mark.parametrize("query", ["curve {}", "rank {} by loss"])
def test_what_was_not_measured_has_no_curve_and_no_place(asked: Ask, query: str) -> None:
    with pytest.raises(RequestError, match=f"block {DIVERGED} has no run that ended ok on the proxy digits; 2 diverged"):
        asked(query.format(DIVERGED))
    with pytest.raises(RequestError, match=f"sweep --plan {UNTRIED} --proxy digits --space full --db "):
        asked(query.format(UNTRIED))


def test_with_test_scores_a_block_shows_those(asked: Ask) -> None:
    (record,) = asked(f"arch {SASE}", test=True).records()
    assert (record["test_top1"], record["test_loss"]) == (0.90625 - 1 / 32, 0.3125 + 1 / 8)
    assert not any(name.startswith("val_") for name in record)
    assert [row["metric"] for row in asked(f"compare {SASE} with {PLAIN}", test=True).records()[:2]] == [
        "test_top1",
        "test_loss",
    ]
    assert asked(f"curve {SASE}", test=True).notes == ("this answer has no test metrics",)
