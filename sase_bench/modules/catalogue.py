"""The catalogue of published modules: what each is called, which paper it is from, and what builds it.

Eight come from timm, with the settings of their papers where timm's defaults are others; the rest stand beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sase_bench.errors import RequestError, unknown
from sase_bench.modules.width import hidden_channels
from sase_bench.trunk import Stage

if TYPE_CHECKING:
    from torch import nn

__all__ = ["MODULES", "Published", "build"]

_OWN = "sase_bench.modules"
_TIMM = "timm.layers"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A module, its paper, and how it is built for the map of a stage."""

    number: int  # of its runs, see `sase_bench.modules.module`; unique, and for ever
    title: str
    year: int  # of the venue
    reference: str  # arXiv number where there is one, else the venue
    constructor: str  # "module:class", imported when it is built
    options: Callable[[Stage], dict[str, Any]] = lambda stage: {}


def _reduced(ratio: int, **options: Any) -> Callable[[Stage], dict[str, Any]]:
    """timm's option for a bottleneck of C//ratio channels, whose default there is rounded to multiples of 8."""
    return lambda stage: {"rd_channels": hidden_channels(stage.channels, ratio), **options}


#: Modules by the name under which every `attention=` takes them.
MODULES: dict[str, Published] = {
    "se": Published(
        number=1,
        title="Squeeze-and-Excitation Networks",
        year=2018,
        reference="arXiv:1709.01507",
        constructor=f"{_TIMM}.squeeze_excite:SEModule",
        options=_reduced(16),
    ),
    "ese": Published(
        number=2,
        title="CenterMask: Real-Time Anchor-Free Instance Segmentation",
        year=2020,
        reference="arXiv:1911.06667",
        constructor=f"{_TIMM}.squeeze_excite:EffectiveSEModule",
    ),
    "ge": Published(  # θ−, global: the mean in place of the bottleneck, nothing to learn
        number=3,
        title="Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks",
        year=2018,
        reference="arXiv:1810.12348",
        constructor=f"{_TIMM}.gather_excite:GatherExcite",
        options=lambda stage: {"use_mlp": False},
    ),
    "bam": Published(
        number=4,
        title="BAM: Bottleneck Attention Module",
        year=2018,
        reference="arXiv:1807.06514",
        constructor=f"{_OWN}.bam:BAM",
    ),
    "cbam": Published(  # the paper's bottleneck has biases
        number=5,
        title="CBAM: Convolutional Block Attention Module",
        year=2018,
        reference="arXiv:1807.06521",
        constructor=f"{_TIMM}.cbam:CbamModule",
        options=_reduced(16, mlp_bias=True),
    ),
    "light-cbam": Published(  # timm's variant: mean and maximum are averaged before they are weighed
        number=6,
        title="CBAM: Convolutional Block Attention Module",
        year=2018,
        reference="arXiv:1807.06521",
        constructor=f"{_TIMM}.cbam:LightCbamModule",
        options=_reduced(16, mlp_bias=True),
    ),
    "scse": Published(
        number=7,
        title="Concurrent Spatial and Channel Squeeze & Excitation in Fully Convolutional Networks",
        year=2018,
        reference="arXiv:1803.02579",
        constructor=f"{_OWN}.scse:SCSE",
    ),
    "double": Published(
        number=8,
        title="A²-Nets: Double Attention Networks",
        year=2018,
        reference="arXiv:1810.11579",
        constructor=f"{_OWN}.double:DoubleAttention",
    ),
    "gc": Published(  # the paper adds the transformed context; timm's name "gc" multiplies by a gate
        number=9,
        title="GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond",
        year=2019,
        reference="arXiv:1904.11492",
        constructor=f"{_TIMM}.global_context:GlobalContext",
        options=_reduced(16, fuse_add=True, fuse_scale=False),
    ),
    "gsop": Published(
        number=10,
        title="Global Second-order Pooling Convolutional Networks",
        year=2019,
        reference="arXiv:1811.12006",
        constructor=f"{_OWN}.gsop:GSoP",
    ),
    "sge": Published(
        number=11,
        title="Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional Networks",
        year=2019,
        reference="arXiv:1905.09646",
        constructor=f"{_OWN}.sge:SpatialGroupEnhance",
    ),
    "srm": Published(
        number=12,
        title="SRM: A Style-based Recalibration Module for Convolutional Neural Networks",
        year=2019,
        reference="arXiv:1903.10829",
        constructor=f"{_OWN}.srm:SRM",
    ),
    "eca": Published(
        number=13,
        title="ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks",
        year=2020,
        reference="arXiv:1910.03151",
        constructor=f"{_TIMM}.eca:EcaModule",
    ),
    "gct": Published(
        number=14,
        title="Gated Channel Transformation for Visual Recognition",
        year=2020,
        reference="arXiv:1909.11519",
        constructor=f"{_OWN}.gct:GatedChannelTransformation",
    ),
    "coord": Published(  # the paper reduces by 32 to at least 8 channels, and its convolutions have biases
        number=15,
        title="Coordinate Attention for Efficient Mobile Network Design",
        year=2021,
        reference="arXiv:2103.02907",
        constructor=f"{_TIMM}.coord_attn:CoordAttn",
        options=lambda stage: {"rd_channels": max(8, stage.channels // 32), "bias": True},
    ),
    "fca": Published(
        number=16,
        title="FcaNet: Frequency Channel Attention Networks",
        year=2021,
        reference="arXiv:2012.11879",
        constructor=f"{_OWN}.fca:FrequencyChannelAttention",
        options=lambda stage: {"height": stage.height, "width": stage.width},
    ),
    "shuffle": Published(
        number=17,
        title="SA-Net: Shuffle Attention for Deep Convolutional Neural Networks",
        year=2021,
        reference="arXiv:2102.00240",
        constructor=f"{_OWN}.shuffle:ShuffleAttention",
    ),
    "simam": Published(
        number=18,
        title="SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
        year=2021,
        reference="ICML 2021, PMLR 139",
        constructor=f"{_OWN}.simam:SimAM",
    ),
    "triplet": Published(
        number=19,
        title="Rotate to Attend: Convolutional Triplet Attention Module",
        year=2021,
        reference="arXiv:2010.03045",
        constructor=f"{_OWN}.triplet:TripletAttention",
    ),
    "ema": Published(
        number=20,
        title="Efficient Multi-Scale Attention Module with Cross-Spatial Learning",
        year=2023,
        reference="arXiv:2305.13563",
        constructor=f"{_OWN}.ema:EfficientMultiscaleAttention",
    ),
    "mca": Published(
        number=21,
        title="MCA: Multidimensional collaborative attention in deep convolutional neural networks for image recognition",
        year=2023,
        reference="Engineering Applications of Artificial Intelligence 126",
        constructor=f"{_OWN}.mca:MultidimensionalCollaborativeAttention",
    ),
}


def build(name: str, stage: Stage) -> nn.Module:
    """The module `name` for maps of `stage`'s shape. Raises `RequestError` for an unknown name and for a missing timm."""
    if name not in MODULES:
        raise unknown("attention module", name, MODULES)
    published = MODULES[name]
    where, _, constructor = published.constructor.partition(":")
    try:
        module = import_module(where)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("timm"):
            raise
        raise RequestError(
            f"attention module {name!r} needs timm 1.0.23 or newer; install it with: pip install -U timm"
        ) from None
    built: nn.Module = getattr(module, constructor)(stage.channels, **published.options(stage))
    return built
