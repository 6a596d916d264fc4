"""Plain ResNets that take the attention block as an argument. torchvision is imported with `resnet50` and `resnet101`.

>>> network = cifar_resnet(20, attention="gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3", num_classes=10)
>>> sum(parameter.numel() for parameter in network.parameters())
275378
"""

from typing import TYPE_CHECKING, Any

from sase_bench.backbones.attention import Attention, attention_builder
from sase_bench.backbones.checkpoint import load_checkpoint, save_checkpoint
from sase_bench.backbones.cifar import cifar_resnet
from sase_bench.backbones.counter import count_network
from sase_bench.modules import MODULES

if TYPE_CHECKING:
    from sase_bench.backbones.resnet import resnet50, resnet101

__all__ = [
    "MODULES",
    "Attention",
    "attention_builder",
    "cifar_resnet",
    "count_network",
    "load_checkpoint",
    "resnet50",
    "resnet101",
    "save_checkpoint",
]


def __getattr__(name: str) -> Any:
    if name in ("resnet50", "resnet101"):
        from sase_bench.backbones import resnet

        return getattr(resnet, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
