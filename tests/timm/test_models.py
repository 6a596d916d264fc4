"""The registered networks keep timm's conventions."""

from typing import Any

import pytest
import timm
import torch
from timm.data import create_loader, resolve_data_config
from timm.layers import DropPath
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, ModelEmaV3, NativeScaler, accuracy
from torch import nn

import sase_bench.timm
from sase_bench.backbones import MODULES
from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError
from sase_bench.space import SASE_BLOCK
from tests.timm.networks import CIFAR, IMAGENET, TEXT, every_model, images, model, on_meta, one_of_each


def test_the_entry_points_are_registered() -> None:
    assert timm.list_models("sase_*") == sorted([*CIFAR, *IMAGENET], key=lambda name: int(name[11:]))
    assert sorted(sase_bench.timm.__all__) == sorted([*CIFAR, *IMAGENET])
    assert timm.list_models("sase_*", pretrained=True) == []
    for name in (*CIFAR, *IMAGENET):
        assert timm.models.get_pretrained_cfg(name).paper_ids == "arXiv:2411.08333"


@every_model
def test_the_published_block_is_the_default(name: str) -> None:
    network = on_meta(name)
    blocks = [module for module in network.modules() if isinstance(module, SASEBlock)]
    assert {block.arch for block in blocks} == {SASE_BLOCK}
    assert len(blocks) == {"20": 9, "32": 15, "56": 27, "50": 16, "101": 33}[name.removeprefix("sase_resnet")]
    assert network.attention == str(SASE_BLOCK)


@pytest.mark.parametrize("attention", [*MODULES, TEXT, "0", 54983, "none"])
@one_of_each
def test_every_way_to_name_attention_classifies(name: str, attention: str | int) -> None:
    assert model(name, attention=attention, num_classes=7)(images()).shape == (2, 7)


@every_model
def test_the_plain_network_is_written_none_because_timm_drops_what_is_none(name: str) -> None:
    plain = on_meta(name, attention="none")
    assert plain.attention == "none"
    assert not any(".se." in f"{key}." or ".attention." in f"{key}." for key in plain.state_dict())
    assert on_meta(name, attention=None).attention == str(SASE_BLOCK)


@one_of_each
def test_epsilon_reaches_every_block(name: str) -> None:
    blocks = [module for module in on_meta(name, epsilon=0.0).modules() if isinstance(module, SASEBlock)]
    assert {block.epsilon for block in blocks} == {0.0}


def test_channels_classes_and_pooling_follow_the_configuration_and_the_caller() -> None:
    for name in ("sase_resnet20", "sase_resnet50"):
        network = model(name, in_chans=1, num_classes=4, global_pool="max")
        assert network(images(channels=1)).shape == (2, 4)
        overlay = {"num_classes": 6, "input_size": (2, 32, 32)}
        assert timm.create_model(name, pretrained_cfg_overlay=overlay)(images(channels=2)).shape == (2, 6)
        assert network.pretrained_cfg["num_classes"] == {"sase_resnet20": 10, "sase_resnet50": 1000}[name]
        assert network.get_classifier() is network.get_submodule(network.pretrained_cfg["classifier"])
        assert network.get_submodule(network.pretrained_cfg["first_conv"]).in_channels == 1


@one_of_each
def test_forward_is_features_then_head(name: str) -> None:
    network = model(name, num_classes=5, drop_rate=0.5).eval()
    features = network.forward_features(images())
    assert features.shape == (2, network.num_features, *features.shape[2:])
    assert network.forward_head(features, pre_logits=True).shape == (2, network.head_hidden_size)
    torch.testing.assert_close(network(images()), network.forward_head(features))


@one_of_each
def test_the_classifier_can_be_replaced_and_removed(name: str) -> None:
    network = model(name)
    network.reset_classifier(3, "catavgmax")
    assert network(images()).shape == (2, 3)
    assert network.num_classes == 3
    network.reset_classifier(0)
    assert network(images()).shape == (2, 2 * network.num_features)
    network.reset_classifier(0, "")
    assert network(images()).shape[:2] == (2, network.num_features)
    assert model(name, num_classes=0)(images()).shape == (2, network.num_features)


@one_of_each
def test_features_only_gives_the_maps_that_feature_info_announces(name: str) -> None:
    network = model(name, features_only=True, attention="srm")
    maps = network(images(64))
    info = network.feature_info
    assert [m.shape for m in maps] == [(2, c, 64 // r, 64 // r) for c, r in zip(info.channels(), info.reduction(), strict=True)]
    assert info.channels() == {"sase_resnet20": [16, 32, 64], "sase_resnet50": [64, 256, 512, 1024, 2048]}[name]
    (last,) = model(name, features_only=True, out_indices=(1,))(images(64))
    assert last.shape[1] == info.channels()[1]


@one_of_each
def test_features_are_those_of_the_whole_network(name: str) -> None:
    whole, features = model(name).eval(), model(name, features_only=True).eval()
    state = whole.state_dict()
    wanted = {key: state[key.removeprefix("model.")] for key in features.state_dict()}
    features.load_state_dict(wanted)
    torch.testing.assert_close(features(images())[-1], whole.forward_features(images()))
    last, maps = whole.forward_intermediates(images())
    torch.testing.assert_close(last, maps[-1])
    (early,) = whole.forward_intermediates(images(), indices=[1], stop_early=True, intermediates_only=True)
    torch.testing.assert_close(early, maps[1])


@one_of_each
def test_gradient_checkpointing_changes_no_gradient(name: str) -> None:
    network = model(name, num_classes=3).eval()  # in training mode the running statistics would move twice
    gradients = []
    for enable in (False, True):
        network.set_grad_checkpointing(enable)
        network.zero_grad()
        network(images()).square().sum().backward()
        gradients.append([parameter.grad.clone() for parameter in network.parameters()])
    assert all(torch.equal(first, second) for first, second in zip(*gradients, strict=True))


def test_paths_are_dropped_in_training_alone_the_deeper_the_more() -> None:
    plain, dropping = model("sase_resnet20"), model("sase_resnet20", drop_path_rate=0.5)
    dropping.load_state_dict(plain.state_dict())
    rates = [module.drop_prob for module in dropping.modules() if isinstance(module, DropPath)]
    assert rates == pytest.approx([block / 16 for block in range(1, 9)])
    torch.testing.assert_close(dropping.eval()(images()), plain.eval()(images()))
    assert not torch.equal(dropping.train()(images()), plain.train()(images()))


@one_of_each
def test_every_parameter_belongs_to_a_group(name: str) -> None:
    network = model(name)
    for coarse in (False, True):
        groups = timm.models.group_parameters(network, network.group_matcher(coarse=coarse))
        assert sum(map(len, groups.values())) == len(list(network.parameters()))
    optimiser = create_optimizer_v2(network, opt="adamw", lr=1e-3, weight_decay=0.05, layer_decay=0.75)
    assert len(optimiser.param_groups) > 4


class Noise(torch.utils.data.Dataset[Any]):
    """Images that say their class by their brightness, with the attribute that timm's loader sets."""

    transform: Any = None

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> tuple[Any, int]:
        from PIL import Image

        return self.transform(Image.new("RGB", (40, 40), (15 * index,) * 3)), index % 4


@one_of_each
def test_timms_loader_optimiser_schedule_and_average_train_it(name: str) -> None:
    network = model(name, attention=TEXT, num_classes=4)
    config = resolve_data_config({"input_size": (3, 32, 32)}, model=network)
    device = torch.device("cpu")
    loader = create_loader(
        Noise(), config["input_size"], 8, is_training=True, mean=config["mean"], std=config["std"], num_workers=0,
        use_prefetcher=False, device=device, persistent_workers=False, pin_memory=False,
    )  # fmt: skip
    optimiser = create_optimizer_v2(network, opt="sgd", lr=0.02, momentum=0.9, weight_decay=1e-4)
    schedule, _ = create_scheduler_v2(optimiser, sched="cosine", num_epochs=3, warmup_epochs=0)
    average, losses, scaler = ModelEmaV3(network, decay=0.9), AverageMeter(), NativeScaler(device="cpu")
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    for epoch in range(2):
        for x, y in loader:
            loss = nn.functional.cross_entropy(network(x), y)
            optimiser.zero_grad()
            scaler(loss, optimiser, clip_grad=5.0, parameters=timm.models.model_parameters(network))
            average.update(network, step=epoch)
            losses.update(loss.item(), x.shape[0])
        schedule.step(epoch + 1)
    assert torch.tensor(losses.avg).isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    moved = {key for key, tensor in network.state_dict().items() if not torch.equal(tensor, before[key])}
    assert {key for key, p in network.named_parameters() if p.dim() == 4 and ".se." not in key and ".att" not in key} <= moved
    assert any(".se." in key or ".attention." in key for key in moved & dict(network.named_parameters()).keys())
    (top1,) = accuracy(average.module.eval()(images()), torch.tensor([0, 1]), topk=(1,))
    assert 0 <= top1 <= 100


@one_of_each
def test_the_training_script_finds_what_it_asks_for(name: str) -> None:
    """The keywords of timm's train.py, those that were not given being None, and what it does to a new model."""
    given = {"pretrained": False, "in_chans": 3, "num_classes": None, "drop_rate": 0.0, "scriptable": False}
    absent = dict.fromkeys(("drop_path_rate", "drop_block_rate", "global_pool", "bn_momentum", "bn_eps", "checkpoint_path"))
    network = timm.create_model(name, **given, **absent, attention=54983, img_size=32)
    network.get_classifier().weight.data.mul_(0.5)
    network.get_classifier().bias.data.fill_(-1)
    assert network.num_classes == network.get_classifier().out_features
    assert resolve_data_config({"img_size": 96}, model=network)["input_size"] == (3, 96, 96)
    synchronised = timm.layers.convert_sync_batchnorm(network)
    assert any(isinstance(module, nn.SyncBatchNorm) for key, module in synchronised.named_modules() if "mixer" in key)


@one_of_each
def test_frozen_batch_normalisation_is_asked_in_the_blocks_too(name: str) -> None:
    network = model(name, attention=TEXT)
    network(images())  # running statistics
    expected = network.eval()(images())
    network = timm.layers.freeze_batch_norm_2d(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    for training in (True, False):
        torch.testing.assert_close(network.train(training)(images()), expected)


@one_of_each
def test_device_and_type_reach_the_blocks(name: str) -> None:
    network = model(name, attention="fca", device="cpu", dtype=torch.float64)
    assert {tensor.dtype for tensor in network.state_dict().values() if tensor.is_floating_point()} == {torch.float64}
    assert network(images().double()).dtype == torch.float64
    assert {parameter.device.type for parameter in model(name, attention="srm", device="meta").parameters()} == {"meta"}


def test_what_cannot_be_built_is_refused_in_one_line() -> None:
    with pytest.raises(RequestError, match="unknown attention module 'sea'"):
        model("sase_resnet50", attention="sea")
    with pytest.raises(RequestError, match="a CIFAR ResNet is built for square images, got 32x64"):
        timm.create_model("sase_resnet20", img_size=(32, 64))
    with pytest.raises(RequestError, match="maps of a ResNet are NCHW, got 'NLC'"):
        model("sase_resnet20").forward_intermediates(images(), output_fmt="NLC")
