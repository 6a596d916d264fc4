"""The two recipes: everything that decides what a training run gives, apart from the network and the data.

`ImageNetRecipe` is that of the SASE paper (arXiv 2411.08333): 100 epochs, batch 128, SGD 0.1 falling to 0 as a half cosine,
momentum 0.9, weight decay 1e-4, label smoothing 0.1, gradients clipped to a norm of 5, random resized crop, flip, colour
jitter, validation on the centre of images of 256 pixels. Assumed, for the paper is silent: that 128 is the batch of all GPUs
together, that another batch scales the rate linearly, and the usual means and deviations of the colours.

`CocoRecipe` is the "1x schedule" that detectors with an attention backbone are compared with: the paper says 12 epochs. The
rate of 0.02 for 16 images, its steps after epochs 8 and 11, the linear warm-up of 500 steps, sides of 800 and 1333 pixels and
the weight decay are assumed, from the detectors that it builds on. What is frozen follows torchvision: with weights from a
file the stem, the first stage and every batch normalisation of the backbone, without weights nothing.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import fingerprint
from sase_bench.trunk import CIFAR_DEPTHS

__all__ = ["BACKBONES", "DETECTORS", "DETECTOR_BACKBONES", "CocoRecipe", "ImageNetRecipe", "Recipe"]

#: Names of backbones: CIFAR ResNets for small images, torchvision's for large ones.
BACKBONES = (*CIFAR_DEPTHS, "resnet50", "resnet101")

#: Those that have the four stages of a feature pyramid.
DETECTOR_BACKBONES = ("resnet50", "resnet101")

DETECTORS = ("fasterrcnn", "maskrcnn")

_LARGEST = 1e38  # of numbers that take part in arithmetic of single precision


def _field(default: Any, meaning: str) -> Any:
    """A field whose meaning, with its unit, is the help of the option that is derived from it."""
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What both tasks share: SGD, the course of its rate, and the arithmetic."""

    epochs: int = _field(100, "passes over the training images")
    batch_size: int = _field(128, "images of a step, of all processes together")
    learning_rate: float = _field(0.1, "at the peak, for a step of --reference-batch images; scaled linearly for another")
    reference_batch: int = _field(128, "images of a step that --learning-rate is meant for")
    schedule: Literal["cosine", "step"] = _field("cosine", "a half cosine to 0, or a factor at each milestone")
    milestones: tuple[int, ...] = _field((30, 60, 90), "epochs after which the rate is multiplied, with --schedule step")
    decay: float = _field(0.1, "what it is multiplied with there")
    warmup_steps: int = _field(0, "steps in which the rate rises linearly to its course")
    warmup_start: float = _field(0.001, "share of the rate at which it begins to rise")
    momentum: float = _field(0.9, "of SGD")
    weight_decay: float = _field(1e-4, "on all parameters")
    clip_norm: float = _field(5.0, "largest norm of the gradient; 0 = any")
    average_decay: float = _field(0.0, "share of the old in a moving average of the weights, at every step; 0 = no average")
    precision: Literal["float32", "bfloat16", "float16"] = _field("float32", "of the arithmetic that allows it (autocast)")
    seed: int = _field(0, "of the initial weights, the order of the images and their random changes")

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1), ("reference_batch", 1), ("warmup_steps", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise RequestError(f"{name} is at least {least}, got {getattr(self, name)!r}")
        for name in ("learning_rate", "weight_decay", "clip_norm"):
            if not 0 <= getattr(self, name) < _LARGEST:
                raise RequestError(f"{name} is 0 or positive, and below {_LARGEST:g}, got {getattr(self, name)!r}")
        if min(self.milestones, default=1) < 1:
            raise RequestError(f"milestones are numbers of epochs from 1, got {self.milestones!r}")
        if not 0 <= self.decay <= 1:
            raise RequestError(f"decay is in 0..1, got {self.decay!r}")
        for name in ("momentum", "average_decay", "warmup_start"):
            if not 0 <= getattr(self, name) < 1:
                raise RequestError(f"{name} is at least 0 and below 1, got {getattr(self, name)!r}")

    @property
    def peak_rate(self) -> float:
        """The learning rate at the peak for this batch size."""
        return self.learning_rate * self.batch_size / self.reference_batch

    @property
    def recipe_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of all fields."""
        return fingerprint(asdict(self))

    def differences(self, other: dict[str, Any]) -> list[str]:
        """The fields whose value is not that of `other`, each as `name VALUE, not OTHER`."""
        pairs = ((item.name, getattr(self, item.name), other.get(item.name)) for item in fields(self))
        return [f"{name} {theirs!r}, not {mine!r}" for name, mine, theirs in pairs if mine != theirs]


@dataclass(frozen=True, kw_only=True)
class ImageNetRecipe(Recipe):
    """Classification of a folder of images with one folder for each class."""

    label_smoothing: float = _field(0.1, "share of the target that is spread over all classes")
    resolution: int = _field(224, "pixels, height = width of what the network sees")
    smallest_crop: float = _field(0.08, "least share of an image's area that a random crop takes")
    flip: float = _field(0.5, "probability of a horizontal flip")
    colour_jitter: tuple[float, float, float, float] = _field(
        (0.4, 0.4, 0.4, 0.2), "greatest change of brightness, contrast, saturation (shares) and hue (turns)"
    )
    centre_share: float = _field(0.875, "share of a validation image's shorter side that the network sees")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.resolution < 8:
            raise RequestError(f"resolution is at least 8 pixels, got {self.resolution!r}")
        for name in ("smallest_crop", "centre_share"):
            if not 0 < getattr(self, name) <= 1:
                raise RequestError(f"{name} is above 0 and at most 1, got {getattr(self, name)!r}")
        if not 0 <= self.flip <= 1 or not 0 <= self.label_smoothing <= 1:
            raise RequestError(f"flip and label_smoothing are in 0..1, got {self.flip!r} and {self.label_smoothing!r}")
        if not all(0 <= change < _LARGEST for change in self.colour_jitter) or self.colour_jitter[3] > 0.5:
            raise RequestError(f"colour_jitter is 0 or positive and its hue at most 0.5, got {self.colour_jitter!r}")


@dataclass(frozen=True, kw_only=True)
class CocoRecipe(Recipe):
    """Detection, and with Mask R-CNN instance segmentation, of annotated objects."""

    epochs: int = _field(12, "passes over the training images")
    batch_size: int = _field(16, "images of a step, of all processes together")
    learning_rate: float = _field(0.02, "at the peak, for a step of --reference-batch images; scaled linearly for another")
    reference_batch: int = _field(16, "images of a step that --learning-rate is meant for")
    schedule: Literal["cosine", "step"] = _field("step", "a half cosine to 0, or a factor at each milestone")
    milestones: tuple[int, ...] = _field((8, 11), "epochs after which the rate is multiplied, with --schedule step")
    warmup_steps: int = _field(500, "steps in which the rate rises linearly to its course")
    clip_norm: float = _field(0.0, "largest norm of the gradient; 0 = any")
    short_side: int = _field(800, "pixels that the shorter side of an image is scaled to")
    long_side: int = _field(1333, "pixels that the longer side does not exceed")
    flip: float = _field(0.5, "probability of a horizontal flip")
    proposals: int = _field(2000, "regions of an image that are proposed to the heads in training; half as many to score")
    region_samples: int = _field(512, "of the proposed regions of an image, those that the heads are trained on")
    freeze_batch_norm: bool | None = _field(
        None, "batch normalisation of the backbone as it is in --weights (default: if given)"
    )
    trainable_stages: int | None = _field(None, "of stem and four stages, from the top (default: 3 with --weights, else 5)")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 64 <= self.short_side <= self.long_side:  # the last stage has several pixels then, as its statistics need
            got = f"{self.short_side!r} and {self.long_side!r}"
            raise RequestError(f"short_side is at least 64 pixels and at most long_side, got {got}")
        if not 0 <= self.flip <= 1:
            raise RequestError(f"flip is in 0..1, got {self.flip!r}")
        if self.proposals < 2 or self.region_samples < 1:
            got = f"{self.proposals!r} and {self.region_samples!r}"
            raise RequestError(f"proposals are at least 2 and region_samples at least 1, got {got}")
        if self.trainable_stages is not None and not 0 <= self.trainable_stages <= 5:
            raise RequestError(f"trainable_stages is 0 to 5, got {self.trainable_stages!r}")
