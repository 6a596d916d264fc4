from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from sase_bench.backbones import cifar_resnet
from sase_bench.errors import RequestError
from sase_bench.proxies import PROXIES, measure
from sase_bench.proxies import measurement as module
from sase_bench.proxies.datasets import Images, load
from sase_bench.proxies.initialisation import initialise
from sase_bench.proxies.measurement import network_of
from sase_bench.proxies.training import Epoch, evaluate, learning_rate, train
from sase_bench.record import Record
from sase_bench.space import SASE_BLOCK, Architecture
from tests.noting import Noted

SHORT = replace(PROXIES["digits"], epochs=2, train_size=100, val_size=60, test_size=40)


@pytest.fixture(scope="module")
def record() -> Record:
    return measure(SASE_BLOCK, SHORT, seed=3)


def test_a_run_brings_its_whole_curve_its_costs_and_its_origin(record: Record) -> None:
    assert record.key == (54983, "digits", 3)
    assert (record.status, record.reason, len(record.curve)) == ("ok", None, 2)
    assert (record.val_loss, record.val_top1) == (record.curve[-1].val_loss, record.curve[-1].val_top1)
    assert record.train_loss == record.curve[-1].train_loss
    assert record.test_top1 is not None
    assert record.train_seconds is not None
    assert record.eval_seconds is not None
    assert 0 < record.train_seconds + record.eval_seconds < 60
    assert record.peak_memory is not None
    assert record.peak_memory > 10**7
    assert (record.recipe_hash, record.torch_version) == (SHORT.recipe_hash, torch.__version__)
    assert (record.path, record.threads) == ("eager", 1)


def test_the_same_seed_gives_the_same_bits_whatever_the_global_generator_does(record: Record) -> None:
    torch.manual_seed(999)
    state = torch.get_rng_state()
    assert measure(str(SASE_BLOCK), SHORT, seed=3).agrees(record)
    torch.testing.assert_close(torch.get_rng_state(), state)


def test_a_run_is_trained_in_full_precision(monkeypatch: pytest.MonkeyPatch, noted: Noted) -> None:
    inside, context = noted

    def watched(*arguments: Any) -> Iterator[list[Epoch]]:
        assert inside == ["cpu"]
        return train(*arguments)

    monkeypatch.setattr(module, "full_precision", context)
    monkeypatch.setattr(module, "train", watched)
    assert measure(SASE_BLOCK, SHORT).status == "ok"
    assert inside == []


def test_a_block_may_be_named_by_its_index(record: Record) -> None:
    assert measure(record.arch, SHORT, record.seed).agrees(record)


def test_another_seed_gives_another_result(record: Record) -> None:
    assert measure(SASE_BLOCK, SHORT, seed=4).val_loss != record.val_loss


def test_epochs_are_told_as_they_come() -> None:
    seen: list[int] = []
    measure(SASE_BLOCK, SHORT, on_epoch=lambda point: seen.append(point.epoch))
    assert seen == [1, 2]


def test_a_loss_that_is_not_finite_is_a_result_with_the_curve_so_far() -> None:
    record = measure(SASE_BLOCK, replace(SHORT, learning_rate=1e30, clip_norm=1e30))
    assert (record.status, record.reason) == ("diverged", "training loss not finite in epoch 1")
    assert (record.val_loss, record.val_top1, record.test_loss, record.test_top1) == (None, None, None, None)
    assert len(record.curve) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("out of memory\nand a long trace"), "RuntimeError: out of memory"),
        (MemoryError(), "MemoryError: no message"),
    ],
)
def test_an_error_of_the_machine_is_a_result_with_its_reason(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: object) -> None:
        raise error

    monkeypatch.setattr(module, "train", break_down)
    record = measure(SASE_BLOCK, SHORT)
    assert (record.status, record.reason, record.curve) == ("failed", reason, ())


def test_a_device_that_breaks_down_makes_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("CUDA error: an illegal memory access was encountered\nand advice")

    def break_down(*args: object) -> None:
        raise error

    monkeypatch.setattr(module, "train", break_down)
    monkeypatch.setattr(module, "is_lost", lambda device, found: found is error)
    lines = r"^this process can compute no more on .* \(RuntimeError: CUDA error: an illegal memory access was encountered\); "
    with pytest.raises(RequestError, match=lines + "the runs under way are not recorded, and the same command goes on$"):
        measure(SASE_BLOCK, SHORT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"proxy": "mnist"}, "unknown proxy 'mnist'"),
        ({"device": "tpu"}, "a device is auto, cpu or cuda, got 'tpu'"),
        ({"arch": "gap"}, "unknown attention module"),
        ({"arch": None}, "a block is an Architecture, its text or its index, got None"),
        ({"seed": -1}, "a seed is a whole number from 0, got -1"),
        ({"seed": 1.5}, r"a seed is a whole number from 0, got 1\.5"),
    ],
)
def test_requests_that_cannot_be_met_are_errors_before_anything_is_trained(
    arguments: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sase_bench.proxies.measurement.train", None)
    with pytest.raises(RequestError, match=message):
        measure(**({"arch": "0"} | arguments))  # type: ignore[arg-type]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_missing_gpu_is_said_in_one_line() -> None:
    with pytest.raises(RequestError, match="there is no CUDA device on this machine; use --device cpu"):
        measure(SASE_BLOCK, SHORT, device="cuda")


def test_blocks_of_one_seed_share_their_trunk_and_their_common_operations() -> None:
    first, second = Architecture.from_digits((3, 1, 6, 2, 0, 5)), Architecture.from_digits((3, 2, 6, 4, 0, 5))
    networks = []
    for arch in (first, second):
        network = cifar_resnet(8, arch, width=8, resolution=8)
        initialise(network, seed=0)
        networks.append(network.state_dict())
    common = [name for name in networks[0] if name in networks[1] and "channel_excite" not in name]
    assert any("channel_squeeze" in name for name in common)
    assert any("spatial_excite" in name for name in common)
    for name in common:
        torch.testing.assert_close(networks[0][name], networks[1][name], rtol=0, atol=0)
    stages = [networks[0][f"stages.{i}.0.attention.channel_squeeze.mix.weight"] for i in range(3)]
    assert not torch.equal(stages[0], stages[1])
    other = cifar_resnet(8, first, width=8, resolution=8)
    initialise(other, seed=1)
    assert not torch.equal(other.state_dict()["stem.0.weight"], networks[0]["stem.0.weight"])


def test_weights_are_drawn_without_a_touch_to_the_generators_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.manual_seed_all", None)
    network_of(SASE_BLOCK, SHORT, seed=0)


def test_the_learning_rate_rises_linearly_and_falls_as_a_half_cosine() -> None:
    proxy = PROXIES["digits"]
    total = proxy.epochs * proxy.steps_per_epoch
    rates = [learning_rate(proxy, step) for step in range(total)]
    peak = round(proxy.warmup * total)
    assert max(rates) == rates[peak - 1] == rates[peak] == proxy.learning_rate
    assert rates[0] == pytest.approx(proxy.learning_rate / peak)
    assert rates[peak + (total - peak) // 2] == pytest.approx(proxy.learning_rate / 2, rel=0.02)
    assert 0 < rates[-1] < 0.001
    assert learning_rate(PROXIES["cifar10-r20"], 0) == 0.025


def test_evaluation_is_the_mean_over_all_images_in_evaluation_mode() -> None:
    data = load(PROXIES["digits"])
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 10))
    scores = evaluate(network, Images(data.train.x[:23], data.train.y[:23]))
    with torch.no_grad():
        logits = network.eval()(data.train.x[:23])
    assert scores.loss == pytest.approx(float(nn.functional.cross_entropy(logits, data.train.y[:23])), rel=1e-5)
    assert scores.top1 == int((logits.argmax(1) == data.train.y[:23]).sum()) / 23


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_learns_what_a_cpu_learns(record: Record) -> None:
    other = measure(SASE_BLOCK, SHORT, seed=3, device="cuda")
    assert other.status == "ok"
    assert other.val_loss == pytest.approx(record.val_loss, rel=0.05)
