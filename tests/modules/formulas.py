"""The published modules a second time, in float64 numpy, as their papers word them.

Nothing here shares code, or a framework, with `sase_bench.modules` or timm. `weights` are a module's tensors in the order of
its `state_dict`, without `num_batches_tracked`; `training` selects batch statistics.
"""

from collections.abc import Callable, Sequence
from math import cos, gcd, log2, pi, sqrt

import numpy as np

from tests.blocks.layers import Array, adaptive_average, batch_norm, map_norm, relu, sigmoid

__all__ = ["FORMULAS"]

Weights = Sequence[Array]
Formula = Callable[[Array, Weights, bool], Array]

PIXELS = (2, 3)


# ---- layers


def conv(x: Array, weight: Array, bias: Array | None = None, dilation: int = 1) -> Array:
    """A convolution of (B,C,H,W) with "same" padding, summed tap by tap."""
    height, width = weight.shape[2:]
    above, left = dilation * (height // 2), dilation * (width // 2)
    padded = np.pad(x, ((0, 0), (0, 0), (above, above), (left, left)))
    result = np.zeros((x.shape[0], weight.shape[0], *x.shape[2:]))
    for i in range(height):
        for j in range(width):
            window = padded[:, :, i * dilation : i * dilation + x.shape[2], j * dilation : j * dilation + x.shape[3]]
            result += np.einsum("bchw,oc->bohw", window, weight[:, :, i, j])
    return result if bias is None else result + bias.reshape(1, -1, 1, 1)


def line(z: Array, weight: Array) -> Array:
    """A one-dimensional convolution of every row of (B,n), one channel to one, "same" padding."""
    kernel = weight.reshape(-1)
    padded = np.pad(z, ((0, 0), (len(kernel) // 2,) * 2))
    return np.stack([padded[:, i : i + len(kernel)] @ kernel for i in range(z.shape[1])], axis=1)


def softmax(x: Array, axis: int) -> Array:
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def gap(x: Array) -> Array:
    return x.mean(axis=PIXELS, keepdims=True)


def gmp(x: Array) -> Array:
    return x.max(axis=PIXELS, keepdims=True)


def bottleneck(z: Array, weights: Weights) -> Array:
    """Two 1×1 convolutions with ReLU between them; `weights` are two kernels, or kernels and biases in turn."""
    if len(weights) == 2:
        return conv(relu(conv(z, weights[0])), weights[1])
    return conv(relu(conv(z, *weights[:2])), *weights[2:])


# ---- modules, in the order of the catalogue


def se(x: Array, weights: Weights, training: bool) -> Array:
    return x * sigmoid(bottleneck(gap(x), weights))


def ese(x: Array, weights: Weights, training: bool) -> Array:
    return x * np.clip(conv(gap(x), *weights) / 6 + 0.5, 0, 1)  # hard sigmoid


def ge(x: Array, weights: Weights, training: bool) -> Array:
    return x * sigmoid(gap(x))


def bam(x: Array, weights: Weights, training: bool) -> Array:
    channel = batch_norm(bottleneck(gap(x), weights[:4]), weights[4:8], training)
    hidden = relu(conv(x, *weights[8:10]))
    hidden = relu(conv(hidden, *weights[10:12], dilation=4))
    hidden = relu(conv(hidden, *weights[12:14], dilation=4))
    spatial = batch_norm(conv(hidden, *weights[14:16]), weights[16:], training)
    return x * (1 + sigmoid(channel + spatial))


def cbam(x: Array, weights: Weights, training: bool) -> Array:
    x = x * sigmoid(bottleneck(gap(x), weights[:4]) + bottleneck(gmp(x), weights[:4]))
    pair = np.concatenate([x.mean(axis=1, keepdims=True), x.max(axis=1, keepdims=True)], axis=1)
    return x * sigmoid(batch_norm(conv(pair, weights[4]), weights[5:], training))


def light_cbam(x: Array, weights: Weights, training: bool) -> Array:
    x = x * sigmoid(bottleneck((gap(x) + gmp(x)) / 2, weights[:4]))
    pooled = (x.mean(axis=1, keepdims=True) + x.max(axis=1, keepdims=True)) / 2
    return x * sigmoid(batch_norm(conv(pooled, weights[4]), weights[5:], training))


def scse(x: Array, weights: Weights, training: bool) -> Array:
    return x * (sigmoid(bottleneck(gap(x), weights[:4])) + sigmoid(conv(x, *weights[4:])))


def double(x: Array, weights: Weights, training: bool) -> Array:
    batch, _, height, width = x.shape

    def flat(kernel: int) -> Array:
        return conv(x, *weights[kernel : kernel + 2]).reshape(batch, -1, height * width)

    features, gather, distribute = flat(0), softmax(flat(2), axis=2), softmax(flat(4), axis=1)
    descriptors = np.einsum("bmp,bnp->bmn", features, gather)
    mixed = np.einsum("bmn,bnp->bmp", descriptors, distribute).reshape(batch, -1, height, width)
    return x + conv(mixed, *weights[6:])


def gc(x: Array, weights: Weights, training: bool) -> Array:
    batch, channels = x.shape[:2]
    shares = softmax(conv(x, *weights[:2]).reshape(batch, 1, -1), axis=2)
    context = np.einsum("bcp,bp->bc", x.reshape(batch, channels, -1), shares[:, 0])[:, :, None, None]
    hidden = conv(context, *weights[2:4])
    centre = hidden.mean(axis=1, keepdims=True)
    variance = ((hidden - centre) ** 2).mean(axis=1, keepdims=True)
    scale, shift = (vector.reshape(1, -1, 1, 1) for vector in weights[4:6])
    normalised = (hidden - centre) / np.sqrt(variance + 1e-6) * scale + shift  # timm's epsilon of layer normalisation
    return x + conv(relu(normalised), *weights[6:])


def gsop(x: Array, weights: Weights, training: bool) -> Array:
    reduced = relu(batch_norm(conv(relu(x), *weights[:2]), weights[2:6], training))
    flat = reduced.reshape(*reduced.shape[:2], -1)
    centred = flat - flat.mean(axis=2, keepdims=True)
    covariance = np.einsum("bip,bjp->bij", centred, centred) / flat.shape[2]
    normalised = batch_norm(covariance[..., None], weights[6:10], training)[..., 0]
    rows, row_bias, expand, bias = weights[10:]
    each = normalised.shape[1]
    four = np.einsum("bij,ikj->bik", normalised, rows.reshape(each, -1, each)).reshape(len(x), -1) + row_bias
    return x * sigmoid(four @ expand[:, :, 0].T + bias)[:, :, None, None]


def sge(x: Array, weights: Weights, training: bool) -> Array:
    gamma, beta = (vector.reshape(-1) for vector in weights)
    result = np.empty_like(x)
    size = x.shape[1] // len(gamma)
    for group in range(len(gamma)):
        part = x[:, group * size : (group + 1) * size]
        likeness = (part * gap(part)).sum(axis=1, keepdims=True)
        deviation = np.sqrt(((likeness - gap(likeness)) ** 2).mean(axis=PIXELS, keepdims=True))
        normalised = (likeness - gap(likeness)) / (deviation + 1e-5)
        result[:, group * size : (group + 1) * size] = part * sigmoid(gamma[group] * normalised + beta[group])
    return result


def srm(x: Array, weights: Weights, training: bool) -> Array:
    per_style, *normalisation = weights
    deviation = np.sqrt(((x - gap(x)) ** 2).mean(axis=PIXELS, keepdims=True))
    of_mean, of_deviation = (per_style[:, 0, i].reshape(1, -1, 1, 1) for i in range(2))
    return x * sigmoid(batch_norm(of_mean * gap(x) + of_deviation * deviation, normalisation, training))


def eca(x: Array, weights: Weights, training: bool) -> Array:
    wanted = int(abs(log2(x.shape[1]) + 1) / 2)
    (weight,) = weights
    assert weight.shape[2] == max(3, wanted if wanted % 2 else wanted + 1)
    return x * sigmoid(line(x.mean(axis=PIXELS), weight))[:, :, None, None]


def gct(x: Array, weights: Weights, training: bool) -> Array:
    alpha, gamma, beta = weights
    embedding = alpha * np.sqrt((x**2).sum(axis=PIXELS, keepdims=True) + 1e-5)
    length = np.sqrt((embedding**2).sum(axis=1, keepdims=True) + 1e-5)
    return x * (1 + np.tanh(gamma * sqrt(x.shape[1]) * embedding / length + beta))


def coord(x: Array, weights: Weights, training: bool) -> Array:
    height = x.shape[2]
    rows, columns = x.mean(axis=3, keepdims=True), x.mean(axis=2, keepdims=True)
    strip = np.concatenate([rows, columns.transpose(0, 1, 3, 2)], axis=2)
    strip = batch_norm(conv(strip, *weights[:2]), weights[2:6], training)
    strip = strip * np.clip(strip / 6 + 0.5, 0, 1)  # h-swish
    by_row = sigmoid(conv(strip[:, :, :height], *weights[6:8]))
    by_column = sigmoid(conv(strip[:, :, height:].transpose(0, 1, 3, 2), *weights[8:]))
    return x * by_row * by_column


#: The sixteen best frequencies of FcaNet's table, vertical and horizontal, written as two rows as the authors write them.
VERTICAL = [0, 0, 6, 0, 0, 1, 1, 4, 5, 1, 3, 0, 0, 0, 3, 2]
HORIZONTAL = [0, 1, 0, 5, 2, 0, 2, 0, 0, 6, 0, 4, 6, 3, 5, 2]


def fca_on(grid: tuple[int, int]) -> Formula:
    """The formula of a module built for maps of `grid`, which is at least 7×7."""

    def basis(u: int, size: int) -> Array:
        wave = [cos(pi * u * (i + 0.5) / size) * sqrt((2 if u else 1) / size) for i in range(size)]
        return np.array(wave)

    def fca(x: Array, weights: Weights, training: bool) -> Array:
        pooled = adaptive_average(adaptive_average(x, 2, grid[0]), 3, grid[1])
        count = gcd(x.shape[1], 16)
        squeezed = np.empty((*x.shape[:2], 1, 1))
        for channel in range(x.shape[1]):
            k = channel // (x.shape[1] // count)
            rows = basis(VERTICAL[k] * (grid[0] // 7), grid[0])
            columns = basis(HORIZONTAL[k] * (grid[1] // 7), grid[1])
            squeezed[:, channel, 0, 0] = np.einsum("bhw,h,w->b", pooled[:, channel], rows, columns)
        return x * sigmoid(bottleneck(squeezed, weights))

    return fca


def shuffle(x: Array, weights: Weights, training: bool) -> Array:
    channel_weight, channel_bias, norm_weight, norm_bias, spatial_weight, spatial_bias = (
        vector.reshape(1, -1, 1, 1) for vector in weights
    )
    half = channel_weight.shape[1]
    parts = []
    for start in range(0, x.shape[1], 2 * half):
        first, second = x[:, start : start + half], x[:, start + half : start + 2 * half]
        parts.append(first * sigmoid(channel_weight * gap(first) + channel_bias))
        normalised = map_norm(second) * norm_weight + norm_bias
        parts.append(second * sigmoid(spatial_weight * normalised + spatial_bias))
    joined = np.concatenate(parts, axis=1)
    middle = x.shape[1] // 2
    order = [i // 2 + (i % 2) * middle for i in range(x.shape[1])]  # 0, C/2, 1, C/2+1, ...
    return joined[:, order]


def simam(x: Array, weights: Weights, training: bool) -> Array:
    squared, variance = (x - gap(x)) ** 2, ((x - gap(x)) ** 2).mean(axis=PIXELS, keepdims=True)
    energy = 4 * (variance + 1e-4) / (squared + 2 * variance + 2e-4)
    return x * sigmoid(1 / energy)


def triplet(x: Array, weights: Weights, training: bool) -> Array:
    total = np.zeros_like(x)
    for branch, axis in enumerate((1, 2, 3)):
        kernel, *normalisation = weights[5 * branch : 5 * branch + 5]
        swapped = x.swapaxes(1, axis)
        pooled = np.stack([swapped.max(axis=1), swapped.mean(axis=1)], axis=1)
        gate = sigmoid(batch_norm(conv(pooled, kernel), normalisation, training))
        total += (swapped * gate).swapaxes(1, axis)
    return total / 3


def ema(x: Array, weights: Weights, training: bool) -> Array:
    size = weights[0].shape[0]
    result = np.empty_like(x)
    for start in range(0, x.shape[1], size):
        part = x[:, start : start + size]
        by_row = sigmoid(conv(part.mean(axis=3, keepdims=True), *weights[:2]))
        by_column = sigmoid(conv(part.mean(axis=2, keepdims=True), *weights[:2]))
        scale, shift = (vector.reshape(1, -1, 1, 1) for vector in weights[2:4])
        far = map_norm(part * by_row * by_column) * scale + shift
        near = conv(part, *weights[4:])
        scores = np.einsum("bc,bchw->bhw", softmax(far.mean(axis=PIXELS), axis=1), near)
        scores += np.einsum("bc,bchw->bhw", softmax(near.mean(axis=PIXELS), axis=1), far)
        result[:, start : start + size] = part * sigmoid(scores)[:, None]
    return result


def mca(x: Array, weights: Weights, training: bool) -> Array:
    total = np.zeros_like(x)
    for branch, axis in enumerate((1, 2, 3)):
        mix, kernel = weights[2 * branch : 2 * branch + 2]
        if axis == 1:
            wanted = round((log2(x.shape[1]) - 1) / 1.5)
            assert kernel.size == max(1, wanted if wanted % 2 else wanted - 1)
        others = tuple({1, 2, 3} - {axis})
        mean = x.mean(axis=others)
        elements = x[0].size // x.shape[axis]
        deviation = x.std(axis=others, ddof=1) if elements > 1 else np.zeros_like(mean)
        pooled = 0.5 * (mean + deviation) + sigmoid(mix[0]) * mean + sigmoid(mix[1]) * deviation
        shape = [len(x), 1, 1, 1]
        shape[axis] = -1
        total += x * sigmoid(line(pooled, kernel)).reshape(shape)
    return total / 3


#: The formula of every module of the catalogue, in its order; that of "fca" is for maps of up to 7×7.
FORMULAS: dict[str, Formula] = {
    "se": se,
    "ese": ese,
    "ge": ge,
    "bam": bam,
    "cbam": cbam,
    "light-cbam": light_cbam,
    "scse": scse,
    "double": double,
    "gc": gc,
    "gsop": gsop,
    "sge": sge,
    "srm": srm,
    "eca": eca,
    "gct": gct,
    "coord": coord,
    "fca": fca_on((7, 7)),
    "shuffle": shuffle,
    "simam": simam,
    "triplet": triplet,
    "ema": ema,
    "mca": mca,
}
