"""Parameters and FLOPs of a real network, by the convention of `sase_bench.trunk`.

`sase_bench.cost` counts blocks of the space without building them; this counts whatever has been built, published modules
too, and agrees with it on what counts: multiply-accumulates of convolutions, linear layers and matrix products for one image.
Pooling, normalisation and element-wise work count nothing. Under `torch.device("meta")` it takes no time at all:

>>> from sase_bench.backbones import resnet50
>>> with torch.device("meta"):
...     network = resnet50("se")
>>> count_network(network, 3, 224, 224)
NetworkCost(params=28088024, flops=4091699200)
"""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sase_bench.blocks.covariance import RowConv2d
from sase_bench.trunk import NetworkCost

__all__ = ["count_network"]


def count_network(network: nn.Module, channels: int, height: int, width: int) -> NetworkCost:
    """What `network` costs for one image of the given shape; it is run once in evaluation mode and left as it was.

    The second-order poolings count as they are defined, though they are computed with less work, and torch's counter sees no
    row convolution, which is computed as a weighted sum: its K·K are added.
    """
    rows: list[int] = []
    convolutions = [module for module in network.modules() if isinstance(module, RowConv2d)]
    hooks = [module.register_forward_hook(lambda row, *_: rows.append(row.out_channels**2)) for module in convolutions]
    for module in convolutions:
        module.as_defined = True
    modes = [(part, part.training) for part in network.modules()]  # some may be frozen
    like = next(network.parameters(), torch.empty(0))
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network.eval()(like.new_zeros(1, channels, height, width))
    finally:
        for part, was in modes:
            part.training = was
        for hook in hooks:
            hook.remove()
        for module in convolutions:
            module.as_defined = False
    params = sum(parameter.numel() for parameter in network.parameters())
    return NetworkCost(params, counter.get_total_flops() // 2 + sum(rows))
