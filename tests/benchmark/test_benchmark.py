import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.cost import cost_in, find_trunk
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.recipes import PROXIES
from sase_bench.space import Space
from tests.records import DIGITS, made_up


def test_proxies_tell_how_much_was_measured(bench: Benchmark) -> None:
    assert bench.proxies == {"cifar10-8": (1, 1, 1), "digits": (6, 14, 3)}


def test_a_query_is_the_mean_of_the_seeds_that_ended_ok(bench: Benchmark) -> None:
    result = bench.query(54983, "digits")
    records = [made_up(54983, seed) for seed in range(3)]
    assert result.val_loss == pytest.approx(np.mean([record.curve[-1].val_loss for record in records]))
    assert result.val_top1 == pytest.approx(np.mean([record.val_top1 for record in records]))
    assert (result.arch, result.proxy, result.epoch, result.seeds) == (54983, "digits", DIGITS.epochs, (0, 1, 2))
    assert result.seconds == pytest.approx(0.1 * DIGITS.epochs)
    assert bench.query(7, "digits")[3:4] == ((0, 2),)
    assert bench.query(7, "digits").diverged == 1


def test_a_query_can_ask_for_an_epoch_and_a_seed(bench: Benchmark) -> None:
    point = made_up(54983, 1).curve[3]
    result = bench.query(Architecture(54983), "digits", at=4, seed=1)
    assert (result.val_loss, result.val_top1, result.train_loss) == (point.val_loss, point.val_top1, point.train_loss)
    assert (result.epoch, result.seeds, result.seconds) == (4, (1,), pytest.approx(0.4))
    assert bench.query("54983", "digits", 4, 1) is result


def test_no_metric_is_what_the_proxy_ranks_by(tmp_path: Path) -> None:
    proxy = PROXIES["digits-local-colours-long"]
    assert proxy.metric == "train_loss"
    with Store(tmp_path / "table.duckdb", [proxy, DIGITS]) as store:
        for arch, train_loss in ((3, 2.0), (4, 1.0), (5, 3.0)):
            for name in (proxy.name, "digits"):
                store.append(made_up(arch, 0, name, train_loss=train_loss, val_loss=4 - train_loss))
    bench = Benchmark.load(tmp_path / "table.duckdb")
    assert [bench.oracle(proxy=name)[:3] for name in (proxy.name, "digits")] == [
        (Architecture(4), 1.0, "train_loss"),
        (Architecture(5), 1.0, "val_loss"),
    ]
    assert (bench.regret(3, proxy=proxy.name), bench.regret(3, proxy="digits")) == (1.0, 1.0)
    assert bench.query_many([3, 4, 5], proxy.name).tolist() == [2.0, 1.0, 3.0]

    class InOrder:
        spent = 0.0

        def __init__(self) -> None:
            self.told: list[tuple[int, float | None]] = []

        def ask(self, count: int = 1) -> list[int]:
            return [arch for arch in (3, 4, 5) if arch not in [known for known, _ in self.told]][:count]

        def tell(self, arch: int, objective: float | None) -> None:
            self.told.append((arch, objective))

    search = InOrder()
    done = bench.simulate(proxy.name).run(search, 3)
    assert search.told == [(3, 2.0), (4, 1.0), (5, 3.0)]
    assert [finished.train_loss for finished in done] == [2.0, 1.0, 3.0]


def test_no_proxy_is_the_one_with_the_most_blocks(bench: Benchmark, tmp_path: Path) -> None:
    assert bench.query(54983) == bench.query(54983, "digits")
    assert bench.oracle() == bench.oracle("val_loss", "digits")
    assert bench.measured() is bench.measured("digits")
    with Store(tmp_path / "empty.duckdb", [DIGITS]):
        pass
    with pytest.raises(RequestError, match="the table has no runs"):
        Benchmark.load(tmp_path / "empty.duckdb").query(0)


def test_numbers_of_numpy_are_numbers(bench: Benchmark) -> None:
    result = bench.query(np.int64(54983), at=np.int32(4), seed=np.uint8(1))
    assert result == bench.query(54983, at=4, seed=1)
    assert {type(result.arch), type(result.epoch)} == {int}
    simulation = bench.simulate()
    simulation.submit(np.int64(0), seeds=np.int64(1))
    assert simulation.wait().seeds == (1,)


@pytest.mark.parametrize("seed", [None, 2])
def test_a_curve_is_what_queries_for_its_epochs_give(bench: Benchmark, seed: int | None) -> None:
    curve = bench.curve("54983", seed=seed)
    assert curve.epoch.tolist() == list(range(1, DIGITS.epochs + 1))
    for place, epoch in enumerate(curve.epoch.tolist()):
        point = bench.query(54983, at=epoch, seed=seed)
        for name in ("val_loss", "val_top1", "train_loss", "seconds"):
            assert getattr(curve, name)[place] == getattr(point, name)
    curve.val_loss[:] = 0  # a copy
    assert bench.curve("54983", seed=seed).val_loss[0] > 0
    assert np.isnan(bench.curve(200).val_loss).all()
    with pytest.raises(RequestError, match="not 9"):
        bench.curve(0, seed=9)


def test_missing_stays_missing(bench: Benchmark) -> None:
    result = bench.query(200, "digits")
    assert (result.val_loss, result.val_top1, result.seconds, result.seeds, result.diverged) == (None, None, None, (), 1)
    assert bench.regret(200, "val_loss", "digits") is None
    assert np.isnan(bench.measured("digits").means("val_loss")[-2])


def test_answers_never_hold_test_scores_until_they_are_revealed(bench: Benchmark) -> None:
    assert not [name for name in bench.query(0, "digits")._fields if name.startswith("test")]
    table = bench.measured("digits")
    assert not [name for name in dir(table) if name.startswith("test")]
    assert "test_" not in repr(table)
    before = bench.revealed
    revealed = bench.reveal(0, "digits")
    assert revealed.test_top1 == pytest.approx(np.mean([made_up(0, seed).test_top1 for seed in range(3)]))
    assert bench.reveal(200, "digits")[2:] == ((), None, None)
    assert bench.revealed == before + 2


def test_the_oracle_is_the_best_of_those_with_a_score_for_each_seed(bench: Benchmark) -> None:
    full = {arch: np.mean([made_up(arch, seed).val_top1 for seed in range(3)]) for arch in (0, 1, 54983)}
    oracle = bench.oracle("val_top1", "digits")
    assert oracle.arch.index == max(full, key=lambda arch: full[arch])
    assert oracle.value == pytest.approx(max(full.values()))
    assert oracle.definition == (
        "best mean val_top1 over the seeds 0, 1, 2 among the 3 architectures of digits with a score for each of them; "
        "ties go to the smaller index"
    )
    assert bench.regret(oracle.arch, "val_top1", "digits") == 0
    others = [arch for arch in full if arch != oracle.arch.index]
    assert all((bench.regret(arch, "val_top1", "digits") or 0) > 0 for arch in others)


def test_a_ranking_starts_with_the_oracle_and_leaves_out_who_lacks_a_seed(bench: Benchmark) -> None:
    table = bench.measured("digits")
    for metric in ("val_loss", "val_top1"):
        ranking = table.ranking(metric)
        assert table.archs[ranking.rows[0]] == bench.oracle(metric, "digits").arch.index
        assert sorted(table.archs[ranking.rows].tolist()) == [0, 1, 54983]
        assert ranking.seeds.tolist() == [0, 1, 2]
        regrets = [bench.regret(int(arch), metric, "digits") or 0 for arch in table.archs[ranking.rows]]
        assert regrets == sorted(regrets)
    some = table.ranking("val_loss", table.row[[7, 129, 200]])
    assert (table.archs[some.rows].tolist(), some.seeds.tolist()) == ([129, 7], [0])  # two seeds, one and none
    assert np.isfinite(some.values).nonzero()[0].tolist() == sorted(some.rows.tolist())
    one = table.ranking("val_loss", table.row[[7]])
    assert (one.rows.tolist(), one.seeds.tolist()) == (table.row[[7]].tolist(), [0, 2])
    with pytest.raises(RequestError, match=r"^no run on digits ended ok$"):
        table.ranking("val_loss", table.row[[200]])


def test_regret_goes_by_the_same_seeds_for_all_and_not_by_those_that_few_have(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in range(8):
            for seed in range(2):
                store.append(made_up(arch, seed))
        for seed in (2, 3):  # which are kind to whoever has them
            store.append(made_up(3, seed, val_top1=1.0))
        store.append(made_up(9, 1, val_top1=1.0))  # better than the oracle, with one seed
        store.append(made_up(10, 3, val_top1=1.0))  # and with none that the ranking goes by
    bench = Benchmark.load(tmp_path / "table.duckdb")
    means = {arch: np.mean([made_up(arch, seed).val_top1 for seed in range(2)]) for arch in range(8)}
    oracle = bench.oracle("val_top1")
    assert (oracle.arch.index, oracle.seeds) == (max(means, key=lambda arch: means[arch]), 2)
    for arch, mean in means.items():
        assert bench.regret(arch, "val_top1") == pytest.approx(oracle.value - mean)
    best = made_up(oracle.arch.index, 1).val_top1
    assert best is not None
    assert bench.regret(9, "val_top1") == pytest.approx(best - 1)
    assert bench.regret(10, "val_top1") is None
    assert bench.query(3).val_top1 == pytest.approx((2 * means[3] + 2) / 4)  # a question has all there is


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda bench: bench.query(3, "digits"), "architecture 3 was not measured on digits"),
        (lambda bench: bench.query(54983.9, "digits"), "a block is an Architecture, its text or its index, got 54983.9"),
        (lambda bench: bench.query(True, "digits"), "a block is an Architecture, its text or its index, got True"),
        (lambda bench: bench.query(1, "digits", at=bench.query(1, "digits", at=1) and True), "at is a whole number, got True"),
        (lambda bench: bench.query(1, "digits", seed=1.0), "seed is a whole number, got 1.0"),
        (lambda bench: bench.query(None, "digits"), "a block is an Architecture, its text or its index, got None"),
        (lambda bench: bench.query(0, "digit"), "unknown proxy 'digit'; choose from cifar10-8, digits"),
        (lambda bench: bench.query(0, "digits", at=13), "digits has the epochs 1..12, got 13"),
        (lambda bench: bench.query(0, "digits", seed=9), "architecture 0 was measured on digits with the seeds 0, 1, 2, not 9"),
        (lambda bench: bench.oracle("test_top1"), "unknown metric 'test_top1'; choose from val_loss, val_top1, train_loss"),
    ],
)
def test_questions_without_an_answer_say_why(bench: Benchmark, request_: object, message: str) -> None:
    with pytest.raises(RequestError) as error:
        request_(bench)  # type: ignore[operator]
    assert str(error.value) == message


def test_a_row_becomes_a_network(bench: Benchmark) -> None:
    pytest.importorskip("torch", reason="needs the extra 'train'")
    network = bench.build(54983, "cifar_resnet", depth=8)
    assert str(network.stages[0][0].attention.arch) == str(Architecture(54983))  # type: ignore[union-attr, index]


@pytest.mark.parametrize("name", ["resnet8", "resnet20", "resnet32", "resnet56", "resnet50", "resnet101"])
def test_a_backbone_has_the_name_that_training_and_costs_have_for_it(bench: Benchmark, name: str) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra 'train'")
    from sase_bench.train.backbone import build_backbone

    with torch.device("meta"):
        network: Any = bench.build("eca", name, num_classes=7)
        trained: Any = build_backbone(name, "eca", 7, network.trunk.resolution, 0)
    assert network.trunk == trained.trunk
    assert network.attention == trained.attention
    if name != "resnet8":  # of several widths where costs are counted
        assert replace(network.trunk, num_classes=find_trunk(name).num_classes) == find_trunk(name)


def test_a_backbone_of_another_name_or_depth_is_refused_with_the_choices(bench: Benchmark) -> None:
    choices = "resnet50, resnet101, resnet8, resnet20, resnet32, resnet56, cifar_resnet"
    with pytest.raises(RequestError, match=rf"^unknown backbone 'vgg'; choose from {choices}$"):
        bench.build(0, "vgg")
    rule = "cifar_resnet takes a depth, as depth=20, others have theirs; got"
    with pytest.raises(RequestError, match=rf"^{rule} cifar_resnet, depth=None$"):
        bench.build(0, "cifar_resnet")
    for name in ("resnet20", "resnet50"):
        with pytest.raises(RequestError, match=rf"^{rule} {name}, depth=56$"):
            bench.build(0, name, depth=56)
    with pytest.raises(RequestError, match=r"^depth is a whole number, got '20'$"):
        bench.build(0, "cifar_resnet", depth="20")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attention", "name"),
    [
        ("srm", "srm"),
        (None, "none"),
        ("none", "none"),
        ("sase", str(Architecture(54983))),
        (Architecture(7), str(Architecture(7))),
    ],
    ids=str,
)
def test_what_rows_are_compared_with_becomes_a_network_too(bench: Benchmark, attention: Any, name: str) -> None:
    pytest.importorskip("torch", reason="needs the extra 'train'")
    network: Any = bench.build(attention, "cifar_resnet", depth=8, epsilon=0.0)
    assert network.attention == name
    assert bench.build(np.int64(3), "cifar_resnet", depth=8).attention == str(Architecture(3))
    with pytest.raises(RequestError, match="a block is an Architecture, its text or its index, got True"):
        bench.build(True, "cifar_resnet", depth=8)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("build(54983)", "building a network needs the extra 'train'; install it with: pip install 'sase-bench[train]'"),
        ("build('srm', 'resnet20')", "building a network needs the extra 'train'; install it with: pip install"),
        ("build(0, 'vgg')", "unknown backbone 'vgg'; choose from resnet50, resnet101, resnet8, resnet20"),
        ("verify(0, seed=1)", "training needs the extra 'train'; install it with: pip install 'sase-bench[train]'"),
        ("verify(0, seed=9)", "architecture 0 was measured on digits with the seeds 0, 1, 2, not 9"),
    ],
)
def test_what_trains_says_what_it_needs(path: Path, request_: str, message: str) -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys(["torch", "torchvision", "sklearn", "timm"]))  # as if they were not installed
from sase_bench import Benchmark
from sase_bench.errors import RequestError
from sase_bench.recipes import PROXIES
from sase_bench.space import Space
try:
    Benchmark.load({str(path)!r}).{request_}
except RequestError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(message)
    assert done.stdout.count("\n") == 1


def test_costs_are_exact_in_any_trunk_and_of_any_block(bench: Benchmark) -> None:
    found = bench.costs([54983, str(Architecture(0)), Architecture(3)])
    assert (found.params[0], found.flops[0]) == (28_102_568, 4_092_006_748)
    assert found.params.shape == (3,)
    assert (
        bench.costs(np.asarray([54983]), trunk="resnet20").params[0] == cost_in(find_trunk("resnet20"), Architecture(54983))[0]
    )
    with pytest.raises(RequestError, match=r"^unknown trunk 'vgg'"):
        bench.costs([0], trunk="vgg")
    with pytest.raises(RequestError, match="several blocks are a list of them, or an array of their indices, got 54983"):
        bench.costs(54983)  # type: ignore[arg-type]


def test_a_latency_is_known_of_any_block_in_the_networks_that_were_timed(bench: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"^the latency in resnet50-224px-1000 is not in this table; python -m sase_"):
        bench.latency([0])
    path, trunk = tmp_path / "table.duckdb", find_trunk("resnet50")
    seconds = np.linspace(0.5, 1.0, len(Space("full")))
    with Store(path, [DIGITS]) as store:
        store.append(made_up(0))
        store.replace_costs(trunk, seconds, {"batch": 1})
    timed = Benchmark.load(path)
    found = timed.latency([54983, str(Architecture(0))])
    assert found.seconds.tolist() == [seconds[54983], seconds[0]]
    assert (found.trunk, found.about) == (trunk.name, {"batch": 1})
    found.about["batch"] = 2
    assert timed.latency([0]).about == {"batch": 1}
    for outside in (-1, len(Space("full"))):
        with pytest.raises(RequestError, match=rf"lies in 0..117648, got {outside}$"):
            timed.latency(np.asarray([0, outside]))
    with pytest.raises(RequestError, match=rf"in resnet101-224px-1000 is not in this table; there is that in {trunk.name}; "):
        timed.latency([0], trunk="resnet101")
    with pytest.raises(RequestError, match=r"^unknown trunk 'vgg'"):
        timed.latency([0], trunk="vgg")


def test_nobody_can_write_into_the_answers(bench: Benchmark) -> None:
    table = bench.measured("digits")
    copies = [table, pickle.loads(pickle.dumps(table)), copy.deepcopy(table)]
    for one in copies:
        for array in (one.means("val_loss"), one.scores("val_loss"), one.answers("val_top1"), one.seconds, one.archs, one.row):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
    bench.query_many([0, 1])[0] = 5.0  # a copy
    bench.curve(0).val_loss[0] = 5.0
    assert bench.query(0, "digits", at=1).val_loss != 5.0
