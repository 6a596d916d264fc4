"""The attention blocks of the search space as torch modules.

>>> import torch
>>> from sase_bench.space import SASE_BLOCK
>>> block = SASEBlock(SASE_BLOCK, channels=64, height=8, width=8)
>>> block(torch.zeros(2, 64, 8, 8)).shape
torch.Size([2, 64, 8, 8])
>>> operation("spatial_squeeze", "2nd-order-pooling", channels=64, height=8, width=8)(torch.zeros(2, 64, 8, 8)).shape
torch.Size([2, 1, 8, 8])
"""

from sase_bench.blocks.sase import SASEBlock, operation

__all__ = ["SASEBlock", "operation"]
