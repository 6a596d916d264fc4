from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.database import Store
from sase_bench.query import ask
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Architecture, Space
from sase_bench.statistics.effects import separate
from sase_bench.statistics.places import interval_of_place
from tests.query.conftest import Ask
from tests.query.tables import MEASURED, MIXED, NAMES, PLAIN, SASE, SCORES, SQUEEZED, run, top1s, write
from tests.records import DIGITS, made_up

ORDERED = "blocks have different seeds, so they are ordered by their means less what their seeds do to all blocks alike: "
LEVELS = ORDERED + "-0.0083 with seed 0, up to +0.05 with others"  # of top-1
LEVELS_OF_LOSS = ORDERED + "-0.1 with seed 2, up to +0.017 with others"
SEEDS = "blocks have 1 to 3 seeds here, fewer seeds mean more noise; the surest alone: where seeds >= 3"


def costs(arch: int, proxy: str = "digits") -> tuple[int, int]:
    cost = count(PROXIES[proxy].trunk, [Architecture(arch)])
    return int(cost.params[0]), int(cost.flops[0])


def ranked(asked: Ask, query: str) -> list[int]:
    return [record["arch"] for record in asked(query).records()]


def test_top_by_top1_is_this_table(asked: Ask) -> None:
    answer = asked("top 10 by top1")
    names = ("place", "arch", "text", "val_top1", "val_top1_sd", "seeds", "val_loss", "params", "flops")
    assert answer.columns == names
    assert answer.rows == (
        (1, SQUEEZED, NAMES[SQUEEZED], 0.90625, None, 1, 0.28125, *costs(SQUEEZED)),
        (2, SASE, NAMES[SASE], 0.90625, 0.03125, 3, 0.3125, *costs(SASE)),
        (3, PLAIN, NAMES[PLAIN], 0.78125, pytest.approx(sqrt(2) / 32), 2, 0.5625, *costs(PLAIN)),
        (4, MIXED, NAMES[MIXED], 0.625, 0.0, 2, 1.0, *costs(MIXED)),
    )
    assert answer.notes == (LEVELS, SEEDS)


def test_blocks_are_ordered_without_what_their_seeds_do_to_all_of_them(tmp_path: Path) -> None:
    """Seed 1 is easy: it takes 1/2 off every loss. A block that has it alone is not ahead for that."""
    records = [run(arch, seed, 0.5, loss - seed / 2, 1.0) for arch, loss in ((1, 1.0), (2, 1.25)) for seed in (0, 1)]
    records += [run(3, 1, 0.5, 1.125 - 0.5, 1.0), run(4, 0, 0.5, 0.75, 1.0)]
    path = write(tmp_path / "table.duckdb", records)
    answer = ask("top 9 by loss", db=path)
    assert [(row[1], row[3]) for row in answer.rows] == [(4, 0.75), (1, 0.75), (3, 0.625), (2, 1.0)]
    assert answer.notes[0] == f"{ORDERED}-0.25 with seed 1, up to +0.25 with others"
    assert [ask(f"rank {arch} by loss", db=path).records()[0]["place"] for arch in (4, 1, 3, 2)] == [1, 2, 3, 4]
    assert ask("top 9 by loss where seeds = 2", db=path).notes == ()  # these two have the same


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("top 2 by loss", [SQUEEZED, SASE]),
        ("bottom 2 by loss", [MIXED, PLAIN]),
        ("bottom 4 by top1", [MIXED, PLAIN, SASE, SQUEEZED]),  # the seeds of SASE were kind
        ("top 4 by train_seconds", [PLAIN, MIXED, SQUEEZED, SASE]),
        ("top 4 by params", sorted(MEASURED, key=lambda arch: (costs(arch)[0], arch))),
        ("bottom 4 by flops", sorted(MEASURED, key=lambda arch: (-costs(arch)[1], arch))),
        ("top 9 by top1 in tied", [SQUEEZED, PLAIN, MIXED]),
        ("top 9 by top1 in full", [SQUEEZED, SASE, PLAIN, MIXED]),
        ("top 9 by top1 where loss > 0.3 and top1 > 70%", [SASE, PLAIN]),
        ("top 9 by top1 where top1 = 90.625%", [SQUEEZED, SASE]),
        ("top 9 by top1 where channel_squeeze = gap", [PLAIN, MIXED]),
        ("top 9 by top1 where not channel_squeeze = gap or loss >= 1", [SQUEEZED, SASE, MIXED]),
        ("top 9 by top1 where train_seconds != 2 in tied", [PLAIN, MIXED]),
        ("top 9 by loss in tied where params < 1G on digits", [SQUEEZED, PLAIN, MIXED]),
        ("TOP 9 BY LOSS ON digits IN TIED WHERE PARAMS < 1g", [SQUEEZED, PLAIN, MIXED]),
        ("top 9 by top1 on cifar10-8", [PLAIN, SASE]),
        ("top 9 by top1 where seeds >= 2", [SASE, PLAIN, MIXED]),
        ("top 9 by top1 where seeds = 2 and not loss > 0.6", [PLAIN]),
        ("top 9 by val_top1 where val_loss > 0.3 and val_top1 > 70%", [SASE, PLAIN]),
        ("bottom 2 by VAL_LOSS", [MIXED, PLAIN]),
    ],
)
def test_order_and_conditions(asked: Ask, query: str, expected: list[int]) -> None:
    assert ranked(asked, query) == expected


def test_columns_follow_the_metric(asked: Ask) -> None:
    assert asked("top 1 by params").columns == ("place", "arch", "text", "params", "seeds", "val_top1", "val_loss", "flops")
    assert asked("top 1 by train_seconds").columns[3:] == (
        "train_seconds", "train_seconds_sd", "seeds", "val_top1", "val_loss", "params", "flops",
    )  # fmt: skip


def test_nothing_that_fits_is_an_answer_without_rows(asked: Ask) -> None:
    answer = asked("top 3 by loss where top1 > 99%")
    assert (answer.rows, answer.notes) == ((), ("no measured architecture fits the condition",))


def test_missing_values_meet_neither_a_condition_nor_its_opposite(tmp_path: Path) -> None:
    path = write(tmp_path / "table.duckdb", [run(1, 0, 0.5, 1.0, None), run(2, 0, 0.5, 1.0, 1.0)])
    assert [row[1] for row in ask("top 9 by loss where train_seconds < 5", db=path).rows] == [2]
    assert ask("top 9 by loss where not train_seconds < 5", db=path).rows == ()
    assert [row[1] for row in ask("top 9 by train_seconds", db=path).rows] == [2]


def test_means_do_not_depend_on_the_order_in_which_runs_were_written(tmp_path: Path) -> None:
    records = [run(3, seed, 0.1 * seed + 0.05, 0.7 / (seed + 1), 1.0 / 3 + seed) for seed in range(7)]
    one, other = write(tmp_path / "one.duckdb", records), write(tmp_path / "other.duckdb", records[::-1])
    assert ask("top 1 by loss", db=one).rows == ask("top 1 by loss", db=other).rows


def test_the_pareto_front_of_loss_and_seconds(asked: Ask) -> None:
    answer = asked("pareto loss vs train_seconds")
    assert answer.columns == (
        "arch", "text", "val_loss", "val_loss_sd", "train_seconds", "train_seconds_sd", "seeds", "val_top1", "params", "flops",
    )  # fmt: skip
    assert answer.rows == (
        (SQUEEZED, NAMES[SQUEEZED], 0.28125, None, 2.0, None, 1, 0.90625, *costs(SQUEEZED)),
        (PLAIN, NAMES[PLAIN], 0.5625, pytest.approx(sqrt(2) / 16), 1.0, 0.0, 2, 0.78125, *costs(PLAIN)),
    )
    assert answer.notes == (LEVELS_OF_LOSS, SEEDS, "2 of 4 architectures")


def test_the_pareto_front_is_what_comparing_all_pairs_gives(tmp_path: Path) -> None:
    blocks = Space("full").sample(60, seed=1)
    generator = np.random.default_rng(0)
    scores = generator.integers(1, 8, size=(60, 2)) / 8  # many equal values
    records = [run(block.index, 0, float(top1), float(loss), 1.0) for block, (top1, loss) in zip(blocks, scores, strict=True)]
    path = write(tmp_path / "table.duckdb", records)
    points = {block.index: (-top1, loss) for block, (top1, loss) in zip(blocks, scores, strict=True)}
    expected = {
        arch for arch, (x, y) in points.items() if not any(a <= x and b <= y and (a, b) != (x, y) for a, b in points.values())
    }
    found = [row[0] for row in ask("pareto top1 vs loss", db=path).rows]
    assert set(found) == expected
    assert [row[0] for row in ask("pareto loss vs top1", db=path).rows] == sorted(
        expected, key=lambda arch: (points[arch][1], points[arch][0], arch)
    )


def test_rank_gives_the_place_and_the_interval_of_the_true_one(asked: Ask) -> None:
    answer = asked(f"rank {SASE} by top1")
    effects = separate(top1s())
    assert effects.noise is not None
    low, high = interval_of_place(effects, sorted(MEASURED).index(SASE), sign=-1)
    assert answer.records() == [
        {
            "arch": SASE, "text": NAMES[SASE], "proxy": "digits", "metric": "val_top1", "place": 2, "of": 4,
            "value": 0.90625, "seeds": 3, "seed_sd": effects.noise.sd, "place_low": low, "place_high": high,
        }
    ]  # fmt: skip
    assert 1 <= low <= high <= 4
    assert answer.notes == (
        "seed_sd is of one run beside what its seed does to all blocks, 2 degrees of freedom",
        "place is by the mean; place_low to place_high holds the true place with 95 % probability, luck allowed for",
        LEVELS,
    )


def test_the_best_of_many_is_not_believed_to_be_the_first(tmp_path: Path) -> None:
    """By its mean and the error of that mean it would be one of the first few."""
    generator = np.random.default_rng(3)
    blocks = [block.index for block in Space("tied").sample(200, seed=2)]
    truth = dict(zip(blocks, generator.normal(1, 0.1, size=200), strict=True))
    records = [run(arch, seed, 0.5, float(truth[arch] + generator.normal(0, 0.15)), 1.0) for arch in blocks for seed in (0, 1)]
    path = write(tmp_path / "table.duckdb", records)
    (best,) = ask("top 1 by loss", db=path).records()
    (record,) = ask(f"rank {best['arch']} by loss", db=path).records()
    assert record["seed_sd"] == pytest.approx(0.15, abs=0.02)
    assert record["place"] == 1
    means = np.asarray([row["val_loss"] for row in ask("top 200 by loss", db=path).records()])
    assert record["place_high"] > 2 * np.sum(means < means[0] + 1.96 * record["seed_sd"] / sqrt(2))
    assert record["place_low"] <= 1 + sum(value < truth[best["arch"]] for value in truth.values()) <= record["place_high"]


def test_the_place_agrees_with_top(asked: Ask) -> None:
    for query in ("top1", "loss", "params", "train_seconds"):
        order = ranked(asked, f"top 9 by {query}")
        for place, arch in enumerate(order, 1):
            (record,) = asked(f"rank {arch} by {query}").records()
            assert (record["place"], record["of"]) == (place, 4)


def test_without_two_seeds_the_interval_is_missing_and_the_answer_says_why(tmp_path: Path) -> None:
    path = write(tmp_path / "table.duckdb", [run(1, 0, 0.5, 1.0, 1.0), run(2, 0, 0.75, 0.5, 1.0)])
    answer = ask("rank 1 by loss", db=path)
    (record,) = answer.records()
    assert (record["place"], record["seed_sd"], record["place_low"], record["place_high"]) == (2, None, None, None)
    assert answer.notes == ("too few blocks share two seeds, so the seed noise is not known and the interval is missing",)


def test_blocks_with_one_count_share_their_places(tmp_path: Path) -> None:
    like = Architecture.parse("gap/conv1d_3/conv1d_3/gap/gap/conv_3x3")
    other = Architecture.parse("p-norm/conv1d_3/conv1d_3/gap/gap/conv_3x3")  # as many parameters
    larger = Architecture.parse("gap/conv1d_7/conv1d_3/gap/gap/conv_3x3")
    archs = [like.index, other.index, larger.index]
    path = write(tmp_path / "table.duckdb", [run(arch, 0, 0.5, 1.0, 1.0) for arch in archs])
    found = [ask(f"rank {arch} by params", db=path).records()[0] for arch in archs]
    assert [(row["place"], row["place_low"], row["place_high"]) for row in found] == [(1, 1, 2), (2, 1, 2), (3, 3, 3)]


def test_a_count_has_no_seed_noise(asked: Ask) -> None:
    answer = asked(f"rank {PLAIN} by params")
    (record,) = answer.records()
    assert (record["place"], record["place_low"], record["place_high"], record["seed_sd"]) == (1, 1, 1, None)
    assert answer.notes == (
        "params does not depend on the seed: place_low to place_high are the places of all with this value",
    )


def test_the_scores_are_those_of_the_runs(asked: Ask) -> None:
    for arch in MEASURED:
        values = np.array([scores for (index, _), scores in SCORES.items() if index == arch])
        (record,) = [record for record in asked("top 9 by train_seconds").records() if record["arch"] == arch]
        assert [record[name] for name in ("val_top1", "val_loss", "train_seconds")] == list(values.mean(axis=0))


def test_with_test_scores_the_columns_say_so(asked: Ask) -> None:
    answer = asked("top 1 by top1 where loss < 1", test=True)
    assert answer.columns == (
        "place", "arch", "text", "test_top1", "test_top1_sd", "seeds", "test_loss", "params", "flops",
    )  # fmt: skip
    assert answer.rows[0][3:7] == (0.90625 - 1 / 32, None, 1, 0.28125 + 1 / 8)
    assert answer.notes == (LEVELS, SEEDS, "test metrics were revealed: scores are those on the test images")


def test_the_proxy_is_the_querys_the_options_or_the_one_with_the_most_runs(asked: Ask, tmp_path: Path) -> None:
    assert len(asked("top 9 by loss on cifar10-8", proxy="digits").rows) == 2
    assert len(asked("top 9 by loss", proxy="cifar10-8").rows) == 2
    answer = asked("top 9 by loss", proxy=None)
    why = "on the proxy digits, which has the most blocks to judge the full space by; others: cifar10-8 (say: on NAME)"
    assert (len(answer.rows), answer.notes) == (4, (why, LEVELS_OF_LOSS, SEEDS))
    path = tmp_path / "both.duckdb"
    with Store(path, [DIGITS, PROXIES["cifar10-8"]]) as store:
        for arch in Space("full").sample(12, seed=0):
            store.append(made_up(arch.index, proxy="cifar10-8"))
        for arch in Space("tied").sample(3, seed=0):
            store.append(made_up(arch.index))
    full, tied = (ask(f"top 20 by loss{space}", db=path) for space in ("", " in tied"))
    assert (len(full.rows), full.notes[0][:22]) == (12, "on the proxy cifar10-8")
    assert len(tied.rows) == 3
    assert tied.notes[0].startswith(
        "on the proxy digits, which has the most blocks to judge the tied space by; others: cifar10-8"
    )
    path = write(tmp_path / "table.duckdb", [run(1, 0, 0.5, 1.0, 1.0)])
    assert ask("top 9 by loss", db=path).notes == ()


def test_blocks_with_as_many_seeds_are_ranked_without_a_remark(asked: Ask) -> None:
    assert asked("top 9 by top1 where seeds = 1").notes == ()
    assert asked("top 9 by params").notes == ()


def test_a_place_in_the_tied_space_is_among_its_blocks(asked: Ask) -> None:
    (record,) = asked(f"rank {PLAIN} by loss in tied").records()
    assert (record["place"], record["of"]) == (2, 3)
    (record,) = asked(f"rank {PLAIN} by loss in full").records()
    assert (record["place"], record["of"]) == (3, 4)


def test_the_headers_of_scores_are_names_of_metrics_everywhere(asked: Ask) -> None:
    for long, short in (("val_loss", "loss"), ("val_top1", "top1")):
        for query in (
            "top 3 by {}",
            f"rank {SASE} by {{}}",
            "effect channel_gate by {}",
            "pareto {} vs params",
            "modules by {}",
        ):
            assert asked(query.format(long)) == asked(query.format(short))


def test_sase_is_a_name_of_the_published_block(asked: Ask) -> None:
    assert asked("rank sase by loss") == asked(f"rank {SASE} by loss")
    assert asked("curve SASE") == asked(f"curve {SASE}")
