import torch

from sase_bench.search.differentiable.supernet import MixedBlock
from sase_bench.trunk import Stage


def test_a_mixture_of_one_operation_is_that_operation() -> None:
    alphas = torch.full((6, 7), -1e9)
    alphas[:, 2] = 0.0
    with torch.random.fork_rng():
        torch.manual_seed(0)
        block = MixedBlock(Stage(16, 8, 8, 1), lambda: alphas).eval()
        x = torch.randn(3, 16, 8, 8)
    with torch.no_grad():
        z = block.slots["channel_squeeze"].operations[2](x)
        a, g = (block.slots[slot].operations[2](z) for slot in ("channel_excite", "channel_gate"))
        squeezes = block.slots["gated_squeeze"].operations[2](g * x), block.slots["spatial_squeeze"].operations[2](x)
        s = block.slots["spatial_excite"].operations[2](block.mixer(torch.cat(squeezes, 1)))
        torch.testing.assert_close(block(x), x * ((a + s) / 2) + x)
    assert not [name for name, _ in block.mixer.named_parameters() if "1." in name]  # no affine normalisation
