"""The proxies that ship with the package, by name."""

from dataclasses import replace

from sase_bench.errors import unknown
from sase_bench.recipes.recipe import Proxy

__all__ = ["PROXIES", "REFERENCE", "find", "metric_of"]

#: The longest training from scratch that a panel of blocks has had: what the rankings of the other proxies are compared with.
REFERENCE = "cifar10-8-local-colours-longest"

_DIGITS = Proxy(
    name="digits",
    description="handwritten digits that ship with scikit-learn, 8×8: the smallest real task, nothing to download",
    dataset="digits",
    resolution=8,
    train_size=700,
    val_size=700,
    test_size=397,
    depth=8,
    width=8,
    epochs=12,
    batch_size=50,
    learning_rate=0.1,
    shift=1,
)

_DIGITS_LONG = replace(
    _DIGITS,
    name="digits-local-colours-long",
    description="handwritten digits that ship with scikit-learn, 8×8, each with its own gain and offset; a trunk of limited "
    "receptive field, ten times as many epochs",
    kernel_size=1,
    metric="train_loss",
    colour_jitter=0.5,
    epochs=120,
)

_FASHION = Proxy(
    name="fashion-16",
    description="Fashion-MNIST, padded to 32×32 and shrunk",
    dataset="fashion",
    resolution=16,
    train_size=20_000,
    val_size=20_000,
    test_size=10_000,
    depth=8,
    width=8,
    epochs=4,
    learning_rate=0.2,
    flip=True,
)

_CIFAR10 = Proxy(
    name="cifar10-16",
    description="CIFAR-10 at low resolution",
    dataset="cifar10",
    resolution=16,
    train_size=20_000,
    val_size=25_000,
    test_size=10_000,
    depth=8,
    width=8,
    epochs=8,
    learning_rate=0.2,
    flip=True,
)

_CIFAR100 = replace(_CIFAR10, name="cifar100-16", description="CIFAR-100 at low resolution", dataset="cifar100")

_CIFAR20 = replace(
    _CIFAR100, name="cifar20-16", description="the twenty superclasses of CIFAR-100 at low resolution", dataset="cifar20"
)

_PAPER = Proxy(
    name="cifar10-r20",
    description="the search setting of the SASE paper: ResNet-20 on CIFAR-10 halves at 32×32, 100 epochs",
    dataset="cifar10",
    resolution=32,
    train_size=25_000,
    val_size=25_000,
    test_size=10_000,
    depth=20,
    width=16,
    epochs=100,
    batch_size=128,
    learning_rate=0.025,
    warmup=0.0,
    final_rate=1e-4,
    nesterov=False,
    weight_decay=5e-4,
    clip_norm=5.0,
    shift=4,
    flip=True,
)

_PAPER_DEEP = replace(
    _PAPER, name="cifar10-r56", description="the search setting of the SASE paper in a ResNet-56: 32×32, 100 epochs", depth=56
)

_PAPER_SHORT = replace(
    _PAPER,
    name="cifar10-r20-short",
    description="the network of the paper's search at 32×32 for as many epochs as a processor core affords",
    val_size=10_000,
    epochs=5,
    learning_rate=0.2,
    warmup=0.2,
    final_rate=0.0,
    nesterov=True,
)

_PAPER_SHORT_DEEP = replace(_PAPER_SHORT, name="cifar10-r32-short", description="the same recipe in a ResNet-32", depth=32)

_SIZED = [
    replace(base, name=f"{base.dataset}-{side}", resolution=side, shift=side // 8)
    for base in (_FASHION, _CIFAR10, _CIFAR100, _CIFAR20)
    for side in (8, 16, 32)
]

_LOCAL = [
    replace(
        base,
        name=f"{base.dataset}-8-local",
        description=f"{base.description}, trunk of limited receptive field: only the block looks beyond a pixel",
        resolution=8,
        kernel_size=1,
        epochs=5,
        learning_rate=0.1,
    )
    for base in (_FASHION, _CIFAR10, _CIFAR100, _CIFAR20)
]

_COLOURS = [
    replace(
        base,
        name=f"{base.name}-colours",
        description=f"{base.description}; every image has its own gain and offset of each colour",
        colour_jitter=0.5,
    )
    for base in _LOCAL
]

_LONG = [
    replace(base, name=f"{base.name}-long", description=f"{base.description}; four times as many epochs", epochs=20)
    for base in _COLOURS
]

_LONGEST = [
    replace(base, name=f"{base.name}est", description=f"{base.description}, and three times as many again", epochs=60)
    for base in _LONG
]

_CIFAR10_COLOURS = next(proxy for proxy in _COLOURS if proxy.dataset == "cifar10")

_VARIANTS = [
    replace(
        _CIFAR10_COLOURS,
        name=f"{_CIFAR10_COLOURS.name}-wide",
        description=f"{_CIFAR10_COLOURS.description}; four times as many channels",
        width=32,
    ),
    replace(
        _CIFAR10_COLOURS,
        name=f"{_CIFAR10_COLOURS.name}-strong",
        description=f"{_CIFAR10_COLOURS.description}; gains and offsets vary twice as much",
        colour_jitter=1.0,
    ),
    replace(
        _CIFAR10_COLOURS,
        name=f"{_CIFAR10_COLOURS.name}-small-batches",
        description=f"{_CIFAR10_COLOURS.description}; batches of 32",
        val_size=10_000,
        batch_size=32,
        learning_rate=0.05,
    ),
]

#: Every proxy by name.
PROXIES: dict[str, Proxy] = {
    proxy.name: proxy
    for proxy in (
        _DIGITS,
        _DIGITS_LONG,
        *_SIZED,
        *_LOCAL,
        *_COLOURS,
        *_LONG,
        *_LONGEST,
        *_VARIANTS,
        _PAPER,
        _PAPER_DEEP,
        _PAPER_SHORT,
        _PAPER_SHORT_DEEP,
    )
}


def find(name: str) -> Proxy:
    """The proxy called `name`. Raises `RequestError` with the nearest names."""
    if name not in PROXIES:
        raise unknown("proxy", name, PROXIES, listed_by="python -m sase_bench.proxies")
    return PROXIES[name]


def metric_of(name: str) -> str:
    """What blocks are ranked by on the proxy called `name` unless another metric is named; a table may have unknown proxies."""
    return PROXIES[name].metric if name in PROXIES else Proxy.metric
