"""Published attention modules, to stand beside the blocks of the search space: one paper a file.

Every module keeps the shape of its map, takes `channels` first and runs on a map of any size and on narrow networks. What a
paper fixes for wide ones is fitted by `sase_bench.modules.width`. Reading the catalogue needs no torch; `build` imports it.

>>> MODULES["srm"].title, MODULES["srm"].year, MODULES["srm"].reference
('SRM: A Style-based Recalibration Module for Convolutional Neural Networks', 2019, 'arXiv:1903.10829')
>>> build("srm", Stage(channels=64, height=8, width=8, blocks=1)).integration.weight.shape
torch.Size([64, 1, 2])
"""

from sase_bench.modules.catalogue import MODULES, Published, build
from sase_bench.modules.module import PLAIN, Module, all_modules, is_rival, parse_attention
from sase_bench.trunk import Stage

__all__ = ["MODULES", "PLAIN", "Module", "Published", "Stage", "all_modules", "build", "is_rival", "parse_attention"]
