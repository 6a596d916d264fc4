"""The fused engine against the eager one: the same numbers up to rounding, seed by seed."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.proxies import PROXIES, graph, measure, measure_seeds
from sase_bench.proxies import measurement as module
from sase_bench.proxies.datasets import load
from sase_bench.proxies.fused import FusedNetworks, evaluate_fused, images_at_once, train_fused
from sase_bench.proxies.graph import CaptureError, captured, train_graphed
from sase_bench.proxies.measurement import network_of
from sase_bench.proxies.training import evaluate, train
from sase_bench.space import SASE_BLOCK, Architecture

SHORT = replace(PROXIES["digits"], epochs=2, train_size=150, val_size=60, test_size=40, colour_jitter=0.3, label_smoothing=0.1)
SEEDS = [3, 0, 8]

#: Each operation of each slot at least once, and the published block.
COVERING = [Architecture.from_digits([digit] * 6) for digit in range(7)] + [SASE_BLOCK]


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("arch", COVERING, ids=str)
def test_the_step_for_a_graph_is_the_step_of_the_fused_engine(arch: Architecture, nesterov: bool) -> None:
    proxy = replace(SHORT, nesterov=nesterov)
    data = load(proxy)
    data = replace(data, train=replace(data.train, x=data.train.x.double()), val=replace(data.val, x=data.val.x.double()))
    fused, fixed = (FusedNetworks([network_of(arch, proxy, seed).double() for seed in SEEDS]) for _ in range(2))
    for known, found in zip(train_fused(fused, proxy, data, SEEDS), train_graphed(fixed, proxy, data, SEEDS), strict=True):
        for one, other in zip(known, found, strict=True):
            assert math.isclose(one.train_loss, other.train_loss, rel_tol=1e-6)  # summed in single precision
            assert math.isclose(one.val.loss, other.val.loss, rel_tol=1e-9)
    for name, tensor in [*fused.parameters.items(), *fused.buffers.items()]:
        torch.testing.assert_close((fixed.parameters | fixed.buffers)[name], tensor, rtol=1e-8, atol=1e-10)


@pytest.mark.gpu
@pytest.mark.parametrize("arch", COVERING, ids=str)
def test_a_graph_replays_the_step_that_was_captured(arch: Architecture, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[object] = []

    def watched(action: Callable[[], object], state: Sequence[torch.Tensor]) -> Callable[[], object]:
        replay = captured(action, state)
        return lambda: (replayed.append(action), replay())[1]

    monkeypatch.setattr(graph, "captured", watched)
    data = load(SHORT).to(torch.device("cuda"))
    plain, graphed = (
        FusedNetworks([network_of(arch, SHORT, seed) for seed in SEEDS]).to(data.train.x.device) for _ in range(2)
    )
    for known, found in zip(train_fused(plain, SHORT, data, SEEDS), train_graphed(graphed, SHORT, data, SEEDS), strict=True):
        for one, other in zip(known, found, strict=True):
            assert one.train_loss == pytest.approx(other.train_loss, rel=0.01)
            assert one.val.loss == pytest.approx(other.val.loss, rel=0.02)
    assert len(replayed) == SHORT.epochs * (SHORT.steps_per_epoch + 1)  # an evaluation each


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("arch", COVERING, ids=str)
def test_training_together_is_training_alone_up_to_rounding(arch: Architecture, kernel_size: int) -> None:
    proxy = replace(SHORT, kernel_size=kernel_size)
    data = load(proxy)
    fused = FusedNetworks([network_of(arch, proxy, seed).double() for seed in SEEDS])
    data = replace(data, train=replace(data.train, x=data.train.x.double()), val=replace(data.val, x=data.val.x.double()))
    together = list(zip(*train_fused(fused, proxy, data, SEEDS), strict=True))
    for place, seed in enumerate(SEEDS):
        network = network_of(arch, proxy, seed).double()
        for (alone,), point in zip(train(network, proxy, data, seed), together[place], strict=True):
            assert point.number == alone.number
            assert math.isclose(point.train_loss, alone.train_loss, rel_tol=1e-6)
            assert math.isclose(point.val.loss, alone.val.loss, rel_tol=1e-6)
            assert point.val.top1 == alone.val.top1
        state = network.state_dict()
        for name, tensor in [*fused.parameters.items(), *fused.buffers.items()]:
            torch.testing.assert_close(tensor[place], state[name], rtol=1e-5, atol=1e-7)


def test_the_networks_that_were_stacked_stay_as_they_were() -> None:
    networks = [network_of(SASE_BLOCK, SHORT, seed) for seed in SEEDS]
    before = [{name: tensor.clone() for name, tensor in network.state_dict().items()} for network in networks]
    list(train_fused(FusedNetworks(networks), SHORT, load(SHORT), SEEDS))
    for network, state in zip(networks, before, strict=True):
        torch.testing.assert_close(network.state_dict(), state, rtol=0, atol=0)


def test_evaluation_together_is_evaluation_alone() -> None:
    networks, data = [network_of(SASE_BLOCK, SHORT, seed) for seed in SEEDS], load(SHORT)
    for scores, network in zip(evaluate_fused(FusedNetworks(networks), data.test), networks, strict=True):
        alone = evaluate(network, data.test)
        assert scores.top1 == alone.top1
        assert math.isclose(scores.loss, alone.loss, rel_tol=1e-6)


@pytest.mark.parametrize(("pixels", "count"), [(8 * 8, 6250), (16 * 16, 1562), (32 * 32, 390), (10**9, 1)])
def test_a_gpu_evaluates_as_many_pixels_at_once_whatever_the_resolution(pixels: int, count: int) -> None:
    assert images_at_once(torch.device("cuda"), pixels, 8) == count
    assert images_at_once(torch.device("cpu"), pixels, 8) == 125


def test_a_record_a_seed_comes_out_in_the_order_of_the_seeds() -> None:
    records = measure_seeds(str(SASE_BLOCK), SHORT, SEEDS)
    assert [record.key for record in records] == [(54983, "digits", seed) for seed in SEEDS]
    assert {record.path for record in records} == {"fused"}
    assert len({record.val_loss for record in records}) == 3
    for record in records:
        alone = measure(SASE_BLOCK, SHORT, record.seed)
        assert (record.status, len(record.curve), record.recipe_hash) == ("ok", 2, alone.recipe_hash)
        assert record.val_loss is not None
        assert alone.curve[0].train_loss is not None
        assert record.curve[0].train_loss == pytest.approx(alone.curve[0].train_loss, rel=0.01)
        assert record.test_top1 is not None
        assert 0 < sum(point.seconds or 0.0 for point in record.curve) < 60


def test_runs_without_the_graph_that_could_not_be_captured_say_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    known, asked = measure_seeds(SASE_BLOCK, SHORT, SEEDS), []

    def engine(*arguments: object) -> Iterator[list[object]]:
        asked.append(arguments)
        raise CaptureError("an operation that cannot be captured")
        yield []

    monkeypatch.setattr(module, "engine_of", lambda device: ("graph", engine))
    seen: list[int] = []
    records = measure_seeds(SASE_BLOCK, SHORT, SEEDS, on_epoch=lambda point: seen.append(point.epoch))
    assert (len(asked), seen) == (1, [1] * 3 + [2] * 3)
    for record, other in zip(records, known, strict=True):
        assert (record.status, record.path) == ("ok", "fused")
        assert record.agrees(other)


def test_the_same_call_gives_the_same_bits_and_leaves_the_global_generator_alone() -> None:
    state = torch.get_rng_state()
    first = measure_seeds(SASE_BLOCK, SHORT, SEEDS)
    assert all(a.agrees(b) for a, b in zip(first, measure_seeds(SASE_BLOCK, SHORT, SEEDS), strict=True))
    torch.testing.assert_close(torch.get_rng_state(), state)


def test_a_seed_that_diverges_does_not_touch_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = measure_seeds(SASE_BLOCK, SHORT, [0, 8])

    def spoilt(arch: Architecture, proxy: object, seed: int) -> torch.nn.Module:
        network = network_of(arch, SHORT, seed)
        if seed == 3:
            torch.nn.init.constant_(network.classifier.bias, math.nan)
        return network

    monkeypatch.setattr(module, "network_of", spoilt)
    records = measure_seeds(SASE_BLOCK, SHORT, [0, 3, 8])
    assert [record.status for record in records] == ["ok", "diverged", "ok"]
    assert (records[1].reason, records[1].val_loss, len(records[1].curve)) == ("training loss not finite in epoch 1", None, 1)
    for record, known in zip((records[0], records[2]), expected, strict=True):
        assert record.val_loss == pytest.approx(known.val_loss, rel=1e-3)


def test_when_all_diverge_the_training_ends() -> None:
    records = measure_seeds(SASE_BLOCK, replace(SHORT, learning_rate=1e30, clip_norm=1e30), SEEDS)
    assert {(record.status, len(record.curve)) for record in records} == {("diverged", 1)}


def test_an_error_of_the_machine_is_a_result_for_every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "engine_of", lambda device: ("fused", break_down))
    records = measure_seeds(SASE_BLOCK, SHORT, SEEDS)
    assert [(record.status, record.reason) for record in records] == [("failed", "MemoryError: no message")] * 3


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_are_named_once(seeds: list[int]) -> None:
    with pytest.raises(RequestError, match="one or more and all different"):
        measure_seeds(SASE_BLOCK, SHORT, seeds)
