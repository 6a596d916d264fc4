import pytest
import torch
from torch import nn

from sase_bench.backbones import cifar_resnet
from sase_bench.blocks import SASEBlock
from sase_bench.cost import find_trunk
from sase_bench.latency.parts import Part, parts_of, wiring
from sase_bench.latency.timing.networks import Inputs, block_call, install, part_call, plain_network, settle
from sase_bench.space import SASE_BLOCK, Architecture, Space
from tests.latency.fakes import SMALL

CPU = torch.device("cpu")
TRUNK = find_trunk(SMALL)
STAGE = TRUNK.stages[0]


@pytest.mark.parametrize("part", [part for part in parts_of(TRUNK) if part.channels in (1, STAGE.channels)], ids=str)
def test_every_part_can_be_run_and_gives_what_its_place_in_the_block_takes(part: Part) -> None:
    call = part_call(part, 2, Inputs(CPU))
    with torch.inference_mode():
        result = call()
    assert isinstance(result, torch.Tensor)
    channels, pixels = (2, part.channels, 1, 1), (2, 1, part.height, part.width)
    expected = {"plain": (2, 10), "wiring": (2, part.channels, part.height, part.width)}
    expected |= dict.fromkeys(("channel_squeeze", "channel_excite", "channel_gate"), channels)
    expected |= dict.fromkeys(("gated_squeeze", "spatial_squeeze", "spatial_excite"), pixels)
    assert tuple(result.shape) == expected[part.slot]
    assert torch.isfinite(result).all()


def test_the_wiring_runs_everything_of_a_block_but_its_operations() -> None:
    seen: list[str] = []

    def see(module: nn.Module, taken: object, given: object) -> None:
        seen.append(type(module).__name__)

    handle = nn.modules.module.register_module_forward_hook(see)
    try:
        with torch.inference_mode():
            part_call(wiring(STAGE), 2, Inputs(CPU))()
    finally:
        handle.remove()
    assert seen == ["Conv2d", "BatchNorm2d", "ReLU", "Sequential", "SASEBlock"]


def test_a_block_that_is_timed_is_the_block() -> None:
    inputs = Inputs(CPU)
    call = block_call(SASE_BLOCK, STAGE, 2, inputs)
    with torch.inference_mode():
        result = call()
    assert isinstance(result, torch.Tensor)
    assert result.shape == inputs(2, STAGE.channels, STAGE.height, STAGE.width).shape


def test_blocks_are_put_into_every_branch_of_a_network_and_taken_out_again() -> None:
    network, images = plain_network(TRUNK, CPU), Inputs(CPU)(2, 1, 8, 8)
    expected = sum(weight.numel() for weight in cifar_resnet(8, SASE_BLOCK, width=8, resolution=8, in_channels=1).parameters())
    plain = [name for name, _ in network.named_parameters()]
    install(network, TRUNK, SASE_BLOCK, CPU)
    blocks = [module for module in network.modules() if isinstance(module, SASEBlock)]
    assert [block.arch for block in blocks] == [SASE_BLOCK] * sum(stage.blocks for stage in TRUNK.stages)
    assert sum(weight.numel() for weight in network.parameters()) == expected
    settle(network, images)
    assert not any(module.training for module in network.modules())
    install(network, TRUNK, None, CPU)
    assert [name for name, _ in network.named_parameters()] == plain


@pytest.mark.parametrize("arch", Space("full").sample(10, seed=0), ids=str)
def test_after_settling_evaluation_gives_activations_of_ordinary_scale(arch: Architecture) -> None:
    network = nn.Sequential(*[SASEBlock(arch, 16, 8, 8) for _ in range(2)])
    images, given = 100 * Inputs(CPU)(4, 16, 8, 8), list[torch.Tensor]()
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    settle(network, images)
    for norm in norms:
        norm.register_forward_hook(lambda _, __, out: given.append(out))
    with torch.inference_mode():
        network(images)
    assert len(given) == len(norms) >= 2
    assert all(out.abs().max() < 100 for out in given)


def test_building_what_is_timed_leaves_the_callers_random_state_alone() -> None:
    before = torch.get_rng_state()
    install(plain_network(TRUNK, CPU), TRUNK, SASE_BLOCK, CPU)
    for part in parts_of(TRUNK)[:20]:
        part_call(part, 1, Inputs(CPU))
    block_call(SASE_BLOCK, STAGE, 1, Inputs(CPU))
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_drawn_without_a_touch_to_the_generators_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.manual_seed_all", None)
    state, inputs = torch.get_rng_state(), Inputs(CPU)
    part_call(wiring(STAGE), 2, inputs)
    block_call(SASE_BLOCK, STAGE, 2, inputs)
    install(plain_network(TRUNK, CPU), TRUNK, SASE_BLOCK, CPU)
    torch.testing.assert_close(torch.get_rng_state(), state)
