"""Layers and statistics in float64 numpy, for `tests.blocks.reference`; none shares code, or a framework, with the package."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = Sequence[Array]

#: PyTorch's default epsilon of batch, instance and layer normalisation, which is not the one under the roots.
NORMALISATION_EPSILON = 1e-5


# ---- layers


def relu(x: Array) -> Array:
    return np.where(x > 0, x, 0.0)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def normalise(x: Array, centre: Array, variance: Array) -> Array:
    return (x - centre) / np.sqrt(variance + NORMALISATION_EPSILON)


def batch_norm(x: Array, weights: Weights, training: bool) -> Array:
    """BatchNorm2d of (B, C, H, W); `weights` are scale, shift, running mean and running variance."""
    scale, shift, centre, variance = (vector.reshape(1, -1, 1, 1) for vector in weights)
    if training:
        centre = x.mean(axis=(0, 2, 3), keepdims=True)
        variance = ((x - centre) ** 2).mean(axis=(0, 2, 3), keepdims=True)  # biased
    return normalise(x, centre, variance) * scale + shift


def map_norm(x: Array) -> Array:
    """Every channel map of every image to mean 0 and (biased) variance 1 over its positions."""
    centre = x.mean(axis=(2, 3), keepdims=True)
    return normalise(x, centre, ((x - centre) ** 2).mean(axis=(2, 3), keepdims=True))


def pointwise(x: Array, weight: Array) -> Array:
    """Conv2d 1×1 without bias, `weight` (out, in, 1, 1)."""
    return np.einsum("bchw,oc->bohw", x, weight[:, :, 0, 0])


def single_channel_conv2d(m: Array, weight: Array) -> Array:
    """Conv2d from one channel to one with "same" padding: torch's cross-correlation, summed tap by tap."""
    height, width = weight.shape[2:]
    padded = np.pad(m, ((0, 0), (0, 0), (height // 2,) * 2, (width // 2,) * 2))
    result = np.zeros_like(m)
    for i in range(height):
        for j in range(width):
            result += weight[0, 0, i, j] * padded[:, :, i : i + m.shape[2], j : j + m.shape[3]]
    return result


def channel_conv1d(z: Array, weight: Array) -> Array:
    """Conv1d along the channel axis of (B, C, 1, 1), "same" padding, `weight` (1, 1, k)."""
    kernel = weight.shape[2]
    padded = np.pad(z, ((0, 0), (kernel // 2,) * 2, (0, 0), (0, 0)))
    result = np.zeros_like(z)
    for i in range(kernel):
        result += weight[0, 0, i] * padded[:, i : i + z.shape[1]]
    return result


def adaptive_average(x: Array, axis: int, size: int) -> Array:
    """Adaptive average pooling of one axis: bin i of `size` covers floor(i·n/size) to ceil((i+1)·n/size)."""
    n = x.shape[axis]
    bins = [(i * n // size, -((i + 1) * n // -size)) for i in range(size)]
    return np.stack([x.take(range(start, stop), axis).mean(axis) for start, stop in bins], axis)


def bilinear(parameter: Array, height: int, width: int) -> Array:
    """The last two axes of `parameter` resized bilinearly; pixel centres lie at half-integers (align_corners=False)."""
    for axis, size in ((-2, height), (-1, width)):
        n = parameter.shape[axis]
        centre = np.maximum((np.arange(size) + 0.5) * n / size - 0.5, 0)
        low = np.floor(centre).astype(int)
        high = np.minimum(low + 1, n - 1)
        share = (centre - low).reshape((-1, 1) if axis == -2 else (-1,))
        parameter = parameter.take(low, axis) * (1 - share) + parameter.take(high, axis) * share
    return parameter


# ---- statistics over one or two axes, kept with length 1


def mean(x: Array, axes: tuple[int, ...]) -> Array:
    return x.mean(axis=axes, keepdims=True)


def l2_norm(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    return np.sqrt((x * x).sum(axis=axes, keepdims=True) + epsilon)


def p_norm(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    return ((x**4).sum(axis=axes, keepdims=True) + epsilon) ** 0.25


def maximum(x: Array, axes: tuple[int, ...]) -> Array:
    return x.max(axis=axes, keepdims=True)


def standard_deviation(x: Array, axes: tuple[int, ...]) -> Array:
    n = np.prod([x.shape[axis] for axis in axes])
    return np.sqrt(((x - mean(x, axes)) ** 2).sum(axis=axes, keepdims=True) / max(1, n - 1))  # of a single value 0


def third_central_moment(x: Array, axes: tuple[int, ...]) -> Array:
    return ((x - mean(x, axes)) ** 3).mean(axis=axes, keepdims=True)
