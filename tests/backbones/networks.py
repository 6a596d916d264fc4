"""What is in a network."""

from torch import nn

from sase_bench.blocks import SASEBlock


def blocks_of(network: nn.Module) -> list[SASEBlock]:
    return [module for module in network.modules() if isinstance(module, SASEBlock)]
