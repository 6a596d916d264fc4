"""A proxy is a recipe: everything that decides a run's score, frozen and hashed.

What a seed means: the initial weights of every layer (derived from the seed and the layer's name, so that all blocks of a
seed share one trunk, and an operation starts the same wherever the rest of the block differs), the order of the training
images and their augmentation. The split of the images does not depend on it.

>>> from sase_bench.recipes.registry import PROXIES
>>> PROXIES["digits"].trunk.name
'resnet8-w8-8px-1x10'
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from sase_bench.errors import RequestError, unknown
from sase_bench.trunk import CifarTrunk

__all__ = ["DATASETS", "Dataset", "Proxy", "fingerprint", "read_recipe"]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A labelled image set as it is published."""

    classes: int
    channels: int
    side: int  # pixels, height = width, after padding to a power of two
    train_images: int  # images that training and validation are drawn from
    test_images: int  # images of the official test set; 0 = there is none, test images are drawn from the others
    ships: bool = False  # with scikit-learn; any other lies in a folder of torchvision's
    pixels_of: str = ""  # the set whose images these are, where only the labels are others
    citation: str


DATASETS: dict[str, Dataset] = {
    "digits": Dataset(
        classes=10, channels=1, side=8, train_images=1797, test_images=0, ships=True,
        citation="Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (scikit-learn's load_digits)",
    ),
    "fashion": Dataset(
        classes=10, channels=1, side=32, train_images=60_000, test_images=10_000,
        citation="Xiao, Rasul & Vollgraf, Fashion-MNIST, arXiv 1708.07747, MIT licence",
    ),
    "cifar10": Dataset(
        classes=10, channels=3, side=32, train_images=50_000, test_images=10_000,
        citation="Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    ),
    "cifar100": Dataset(
        classes=100, channels=3, side=32, train_images=50_000, test_images=10_000,
        citation="Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    ),
    "cifar20": Dataset(
        classes=20, channels=3, side=32, train_images=50_000, test_images=10_000, pixels_of="cifar100",
        citation="the 20 superclasses of CIFAR-100: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    ),
}  # fmt: skip


#: Fields that came after the first runs were made. At these values they change nothing, and stay out of the recipe, so that
#: the hashes of older runs last.
_NEUTRAL = {"colour_jitter": 0.0}

#: Fields that decide no score.
_NO_RECIPE = ("name", "description", "metric")

#: What a proxy may be called, in a file as well: it becomes the name of a shard and of figures.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

_LARGEST = 100_000  # of any number in a recipe


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A cheap training task on which blocks are compared. All fields but the first three enter `recipe_hash`."""

    name: str
    description: str
    metric: str = "val_loss"  # that blocks are ranked by unless another is named: of `OBJECTIVES` what can be trusted most
    dataset: str  # a name in DATASETS
    resolution: int  # pixels, height = width
    train_size: int  # images
    val_size: int  # images
    test_size: int  # images
    depth: int  # layers of the CIFAR ResNet, 6n+2
    width: int = 16  # channels of its first stage
    kernel_size: int = 3  # pixels; 1 = trunk of limited receptive field
    epochs: int  # passes over the training images
    batch_size: int = 128  # images; a smaller last batch is left out
    learning_rate: float  # at the peak
    warmup: float = 0.2  # share of all steps in which the rate rises linearly; then it falls as a half cosine
    final_rate: float = 0.0  # learning rate at the end
    momentum: float = 0.9  # of SGD
    nesterov: bool = True
    weight_decay: float = 5e-4  # on all parameters
    label_smoothing: float = 0.0
    clip_norm: float = 5.0  # largest norm of the gradient
    shift: int = 0  # pixels, random crop after zero padding
    flip: bool = False  # random horizontal flip
    colour_jitter: float = 0.0  # sd of each image's log gain and offset by channel; validation and test images have fixed ones

    def __post_init__(self) -> None:
        if self.dataset not in DATASETS:
            raise unknown("data set", self.dataset, DATASETS)
        drawn = self.train_size + self.val_size + (0 if self.data.test_images else self.test_size)
        if drawn > self.data.train_images or (self.data.test_images and self.test_size > self.data.test_images):
            raise RequestError(
                f"proxy {self.name} draws more images than {self.dataset} has ({self.data.train_images} for training and "
                f"validation, {self.data.test_images} for testing)"
            )
        if self.batch_size > self.train_size:
            raise RequestError(f"proxy {self.name} has batches of {self.batch_size} from {self.train_size} images")
        if self.data.side % self.resolution:
            raise RequestError(
                f"{self.dataset} has {self.data.side} pixels and shrinks to a divisor of that, got {self.resolution}"
            )

    @property
    def data(self) -> Dataset:
        return DATASETS[self.dataset]

    @cached_property
    def trunk(self) -> CifarTrunk:
        """The network without attention."""
        return CifarTrunk(
            depth=self.depth,
            width=self.width,
            resolution=self.resolution,
            in_channels=self.data.channels,
            num_classes=self.data.classes,
            kernel_size=self.kernel_size,
        )

    @property
    def steps_per_epoch(self) -> int:
        return self.train_size // self.batch_size

    def recipe(self) -> dict[str, str | int | float | bool]:
        """The fields that decide a score."""
        left_out = set(_NO_RECIPE) | {name for name, value in _NEUTRAL.items() if getattr(self, name) == value}
        return {name: value for name, value in asdict(self).items() if name not in left_out}

    @cached_property
    def recipe_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the recipe as canonical JSON."""
        return fingerprint(self.recipe())


def fingerprint(recipe: Mapping[str, Any]) -> str:
    """First 16 hex digits of the SHA-256 of `recipe` as canonical JSON."""
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_recipe(name: object, recipe: object) -> Proxy:
    """The proxy, without a description, of a recipe from a file, which is taken from a stranger.

    Raises `RequestError` for what no proxy of this package can be.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RequestError(f"a proxy is called by small letters, digits, '.', '_' and '-', got {str(name)[:100]!r}")
    types = {field.name: field.type for field in fields(Proxy) if field.name not in _NO_RECIPE}
    if not isinstance(recipe, dict) or not set(recipe) <= set(types):
        raise RequestError(f"the recipe of the proxy {name} is of another version of sase-bench: it has other fields")
    for field, value in recipe.items():
        is_number = types[field] in (int, float)
        accepted = (int, float) if types[field] is float else (types[field],)
        if type(value) not in accepted:
            raise RequestError(f"the recipe of the proxy {name} is not one: {field} is {str(value)[:40]!r}")
        low = 1 if types[field] is int and field != "shift" else 0
        if is_number and not (math.isfinite(value) and low <= value <= _LARGEST):
            raise RequestError(
                f"the recipe of the proxy {name} is not one: {field} lies in {low}..{_LARGEST}, got {value!r:.40}"
            )
    try:
        proxy = Proxy(name=name, description="", **recipe)
    except TypeError as error:
        raise RequestError(f"the recipe of the proxy {name} is of another version of sase-bench: {error}") from error
    _ = proxy.trunk  # raises for a network that cannot be
    return proxy
