"""The block: six operations wired as in SASE (arXiv 2411.08333).

Notation: x (B,C,H,W) is the input; z (B,C,1,1) the channel squeeze; a and g (B,C,1,1) the channel weights; m (B,1,H,W)
the mixed spatial squeezes; s (B,1,H,W) the spatial weights.
"""

from collections.abc import Callable
from typing import SupportsIndex

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sase_bench.blocks.channel_excite import CHANNEL_EXCITE
from sase_bench.blocks.channel_squeeze import CHANNEL_SQUEEZE
from sase_bench.blocks.shape import EPSILON, Shape
from sase_bench.blocks.spatial_excite import SPATIAL_EXCITE
from sase_bench.blocks.spatial_squeeze import SPATIAL_SQUEEZE
from sase_bench.space import SLOTS, Architecture, find_operation

__all__ = ["SASEBlock", "operation"]

_BUILDERS: dict[str, dict[str, Callable[[Shape], nn.Module]]] = {
    "channel_squeeze": CHANNEL_SQUEEZE,
    "channel_excite": CHANNEL_EXCITE,
    "spatial_squeeze": SPATIAL_SQUEEZE,
    "spatial_excite": SPATIAL_EXCITE,
}


def operation(slot: str, name: str, *, channels: int, height: int, width: int, epsilon: float = EPSILON) -> nn.Module:
    """The operation `name` of `slot` for maps of `channels` × `height` × `width`, with torch's default initialisation.

    The name may have the case and spaces of the reference, as in a block's text. Raises `RequestError` for an unknown slot or
    operation, and for a map too small for the operation to be defined.
    """
    known = find_operation(slot, name)  # says which slots there are
    return _BUILDERS[SLOTS[slot]][known](Shape(channels=channels, height=height, width=width, epsilon=epsilon))


class SASEBlock(nn.Module):
    """y = x ⊙ (a + s)/2 + x, with the operations that `arch` names; the shape of x is kept.

    `height` and `width` are those of the map at training time; the block also runs on maps of any other size.
    `epsilon` stands under the roots of the norms, see `Shape`. Under autocast, and on a map in float16, the block computes in
    float32 all the same; on one in float64 in float64.
    """

    def __init__(
        self,
        arch: Architecture | str | SupportsIndex,
        channels: int,
        height: int,
        width: int,
        *,
        epsilon: float = EPSILON,
    ) -> None:
        super().__init__()
        self.arch = arch = Architecture.of(arch)
        self.epsilon = epsilon
        operations = {
            slot: operation(slot, name, channels=channels, height=height, width=width, epsilon=epsilon)
            for slot, name in arch.operations.items()
        }
        self.channel_squeeze = operations["channel_squeeze"]
        self.channel_excite = operations["channel_excite"]
        self.channel_gate = operations["channel_gate"]
        self.gated_squeeze = operations["gated_squeeze"]
        self.spatial_squeeze = operations["spatial_squeeze"]
        self.mixer = nn.Sequential(nn.Conv2d(2, 1, 1, bias=False), nn.BatchNorm2d(1), nn.ReLU())
        self.spatial_excite = operations["spatial_excite"]

    def forward(self, x: Tensor) -> Tensor:
        kind = x.device.type  # "meta" knows no autocast
        if x.dtype != torch.float64 and torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
            with torch.autocast(kind, enabled=False):
                return self._weighted(x.float(), _in_single_precision).to(x.dtype)
        if x.dtype == torch.float16:  # it has neither room for x⁴ nor for ε under a root
            return self._weighted(x.float(), _in_single_precision).to(x.dtype)
        return self._weighted(x, _plainly)

    def _weighted(self, x: Tensor, call: Callable[[nn.Module, Tensor], Tensor]) -> Tensor:
        z = call(self.channel_squeeze, x)
        a = call(self.channel_excite, z)
        g = call(self.channel_gate, z)
        m = call(self.mixer, torch.cat([call(self.gated_squeeze, g * x), call(self.spatial_squeeze, x)], dim=1))
        s = call(self.spatial_excite, m)
        return x * ((a + s) / 2) + x

    def extra_repr(self) -> str:
        return str(self.arch)


def _plainly(part: nn.Module, argument: Tensor) -> Tensor:
    result: Tensor = part(argument)
    return result


def _in_single_precision(part: nn.Module, argument: Tensor) -> Tensor:
    """`part` of `argument` with its weights in float32, whatever they are kept in; its running statistics move all the same."""
    state = {**dict(part.named_parameters()), **dict(part.named_buffers())}
    wide = {name: tensor.float() for name, tensor in state.items() if tensor.dtype in (torch.float16, torch.bfloat16)}
    if not wide:
        return _plainly(part, argument)
    result: Tensor = functional_call(part, wide, argument)
    if part.training:
        with torch.no_grad():
            for name, buffer in part.named_buffers():
                if name in wide:
                    buffer.copy_(wide[name])
    return result
