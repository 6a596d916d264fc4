"""Training at full size: ImageNet-style classification and COCO detection with a block in the backbone.

`python -m sase_bench.train imagenet` and `python -m sase_bench.train coco` are the commands; torchrun starts them on several
GPUs. The cheap tasks that the table is filled with are in `sase_bench.proxies`. This module needs no torch.

>>> ImageNetRecipe().epochs, CocoRecipe(batch_size=8).peak_rate
(100, 0.01)
"""

from sase_bench.train.recipe import CocoRecipe, ImageNetRecipe

__all__ = ["CocoRecipe", "ImageNetRecipe"]
