"""Networks with an attention block in timm's registry: importing this package registers them.

`timm.create_model` then takes `attention=`: a block's text or index, the name of a published module, "sase" or "none".
The plain network is "none" in words: timm drops arguments that are None, and what is left is the default, the published block.

>>> import timm
>>> network = timm.create_model("sase_resnet20", attention="gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3", num_classes=7)
>>> network.attention, network.num_classes
('gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3', 7)
>>> timm.create_model("sase_resnet50", attention="srm", features_only=True).feature_info.channels()
[64, 256, 512, 1024, 2048]
>>> [timm.create_model("sase_resnet20", attention=attention).attention for attention in ("none", None)]
['none', 'gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3']

Parameters that are as large as a feature map are built for `img_size` pixels, by default those of the pretrained
configuration; images of any other size run too.
"""

from sase_bench.timm.sase_cifar import sase_resnet20, sase_resnet32, sase_resnet56
from sase_bench.timm.sase_resnet import sase_resnet50, sase_resnet101

__all__ = ["sase_resnet20", "sase_resnet32", "sase_resnet50", "sase_resnet56", "sase_resnet101"]
