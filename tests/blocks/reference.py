"""The 42 slot-operations and the block a second time, in float64 numpy, as the specification of the space words them.

Nothing here shares code, or a framework, with `sase_bench.blocks`: a formula that is wrong in both was misread twice.
Gradients are deliberately absent: `slope` takes finite differences of these values.

Notation: a map is (B, C, H, W); `weights` are an operation's tensors in the order of its `state_dict`, with running
statistics and without `num_batches_tracked`. `training` selects batch statistics, `epsilon` stands under the roots.

>>> x = np.arange(8.0).reshape(1, 2, 2, 2)
>>> FORMULAS["channel_squeeze"]["gap"](x, []).ravel().tolist()
[1.5, 5.5]
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from tests.blocks.layers import (
    Array,
    Weights,
    adaptive_average,
    batch_norm,
    bilinear,
    channel_conv1d,
    l2_norm,
    map_norm,
    maximum,
    mean,
    p_norm,
    pointwise,
    relu,
    sigmoid,
    single_channel_conv2d,
    standard_deviation,
    third_central_moment,
)


class Formula(Protocol):
    """One operation: a map and the weights in, a map out."""

    def __call__(self, x: Array, weights: Weights, /, *, training: bool = True, epsilon: float = 1e-12) -> Array: ...


# ---- channel squeeze: (B, C, H, W) → (B, C, 1, 1)

MAP = (2, 3)  # the axes that a channel squeeze reduces


def mix_per_channel(first: Array, second: Array, weights: Weights) -> Array:
    """The two numbers of each channel through one Conv2d(2→1, 1×1) that all channels share, then ReLU."""
    (weight,) = weights
    return relu(weight[0, 0, 0, 0] * first + weight[0, 1, 0, 0] * second)


def channel_gap(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mean(x, MAP)


def channel_l2_norm(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    scale, shift = (vector.reshape(1, -1, 1, 1) for vector in weights)
    return l2_norm(map_norm(x) * scale + shift, MAP, epsilon)


def channel_p_norm(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return p_norm(x, MAP, epsilon)


def channel_gap_gmp(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_channel(mean(x, MAP), maximum(x, MAP), weights)


def channel_gap_std(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_channel(mean(x, MAP), standard_deviation(x, MAP), weights)


def channel_skewpooling(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_channel(mean(x, MAP), third_central_moment(x, MAP), weights)


def channel_second_order(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    *normalisation, rows, expand = weights
    batch, channels, height, width = x.shape
    k = channels // 4
    pooled = adaptive_average(x.reshape(batch, channels, height * width), 1, k)  # (B, K, HW)
    centred = pooled - pooled.mean(axis=2, keepdims=True)
    covariance = np.einsum("bip,bjp->bij", centred, centred) / (k - 1)
    normalised = batch_norm(covariance[..., None], normalisation, training)  # (B, K, K, 1)
    hidden = relu(np.einsum("bkr,kr->bk", normalised[..., 0], rows[:, 0, :, 0]))
    return pointwise(hidden[:, :, None, None], expand)


# ---- channel excite: (B, C, 1, 1) → (B, C, 1, 1)


def channel_conv(z: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    """One, two or three Conv1d along the channels with ReLU between them and a sigmoid last."""
    for weight in weights[:-1]:
        z = relu(channel_conv1d(z, weight))
    return sigmoid(channel_conv1d(z, weights[-1]))


def bottleneck(z: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    squeeze, expand = weights
    return pointwise(relu(pointwise(z, squeeze)), expand)  # no sigmoid, as in the authors' code


def channel_affine(z: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    alpha, beta = weights
    return sigmoid(alpha * z + beta)


# ---- spatial squeeze: (B, C, H, W) → (B, 1, H, W)

CHANNEL = (1,)  # the axis that a spatial squeeze reduces


def mix_per_position(first: Array, second: Array, weights: Weights) -> Array:
    """Two maps of one channel through Conv2d(2→1, 1×1), then ReLU."""
    (weight,) = weights
    return relu(pointwise(np.concatenate([first, second], axis=1), weight))


def spatial_gap(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mean(x, CHANNEL)


def spatial_l2_norm(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    scale, shift = (bilinear(parameter, *x.shape[2:]) for parameter in weights)
    return l2_norm(map_norm(x) * scale + shift, CHANNEL, epsilon)


def spatial_p_norm(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return p_norm(x, CHANNEL, epsilon)


def spatial_gap_gmp(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_position(mean(x, CHANNEL), maximum(x, CHANNEL), weights)


def spatial_gap_std(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_position(mean(x, CHANNEL), standard_deviation(x, CHANNEL), weights)


def spatial_skewpooling(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    return mix_per_position(mean(x, CHANNEL), third_central_moment(x, CHANNEL), weights)


def spatial_second_order(x: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    *normalisation, rows, mix = weights
    batch, channels, height, width = x.shape
    pooled = adaptive_average(adaptive_average(x, 2, 8), 3, 8)  # (B, C, 8, 8)
    positions = pooled.reshape(batch, channels, 64).transpose(0, 2, 1)  # (B, 64, C)
    centred = positions - positions.mean(axis=2, keepdims=True)
    covariance = np.einsum("bic,bjc->bij", centred, centred) / 63
    normalised = batch_norm(covariance[..., None], normalisation, training)  # (B, 64, 64, 1)
    hidden = relu(np.einsum("bkr,kr->bk", normalised[..., 0], rows[:, 0, :, 0]))
    coarse = pointwise(hidden[:, :, None, None], mix).reshape(batch, 1, 8, 8)
    return adaptive_average(adaptive_average(coarse, 2, height), 3, width)


# ---- spatial excite: (B, 1, H, W) → (B, 1, H, W)


def spatial_conv(m: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    """One or two Conv2d in a row with nothing between them, then a sigmoid."""
    for weight in weights:
        m = single_channel_conv2d(m, weight)
    return sigmoid(m)


def spatial_double_conv(m: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    first, second = weights
    return sigmoid(single_channel_conv2d(relu(single_channel_conv2d(m, first)), second))


def spatial_affine(m: Array, weights: Weights, *, training: bool = True, epsilon: float = 1e-12) -> Array:
    alpha, beta = (bilinear(parameter, *m.shape[2:]) for parameter in weights)
    return sigmoid(alpha * m + beta)


# ---- the space

_CHANNEL_SQUEEZE: dict[str, Formula] = {
    "gap": channel_gap,
    "l2-norm": channel_l2_norm,
    "p-norm": channel_p_norm,
    "gap+gmp": channel_gap_gmp,
    "gap+std": channel_gap_std,
    "skewpooling": channel_skewpooling,
    "2nd-order-pooling": channel_second_order,
}
_CHANNEL_EXCITE: dict[str, Formula] = {
    "3conv1d_3": channel_conv,
    "2conv_1x1": bottleneck,
    "conv1d_3": channel_conv,
    "conv1d_5": channel_conv,
    "conv1d_7": channel_conv,
    "2conv1d_3": channel_conv,
    "affine": channel_affine,
}
_SPATIAL_SQUEEZE: dict[str, Formula] = {
    "gap": spatial_gap,
    "l2-norm": spatial_l2_norm,
    "p-norm": spatial_p_norm,
    "gap+gmp": spatial_gap_gmp,
    "gap+std": spatial_gap_std,
    "skewpooling": spatial_skewpooling,
    "2nd-order-pooling": spatial_second_order,
}
_SPATIAL_EXCITE: dict[str, Formula] = {
    "conv_3x1_1x3": spatial_conv,
    "conv_5x1_1x5": spatial_conv,
    "conv_3x3": spatial_conv,
    "conv_5x5": spatial_conv,
    "conv_7x7": spatial_conv,
    "2conv_3x3": spatial_double_conv,
    "affine": spatial_affine,
}

#: The formula of every operation of every slot, both in the order of their numbers.
FORMULAS: dict[str, dict[str, Formula]] = {
    "channel_squeeze": _CHANNEL_SQUEEZE,
    "channel_excite": _CHANNEL_EXCITE,
    "channel_gate": _CHANNEL_EXCITE,
    "gated_squeeze": _SPATIAL_SQUEEZE,
    "spatial_squeeze": _SPATIAL_SQUEEZE,
    "spatial_excite": _SPATIAL_EXCITE,
}


def block(
    x: Array,
    operations: Mapping[str, str],
    weights: Mapping[str, Weights],
    *,
    training: bool = True,
    epsilon: float = 1e-12,
) -> Array:
    """The whole block; `operations` by slot, `weights` by slot and for "mixer" (kernel, then the four of BatchNorm)."""

    def apply(slot: str, argument: Array) -> Array:
        return FORMULAS[slot][operations[slot]](argument, weights[slot], training=training, epsilon=epsilon)

    z = apply("channel_squeeze", x)
    a = apply("channel_excite", z)
    g = apply("channel_gate", z)
    pair = np.concatenate([apply("gated_squeeze", g * x), apply("spatial_squeeze", x)], axis=1)
    kernel, *normalisation = weights["mixer"]
    m = relu(batch_norm(pointwise(pair, kernel), normalisation, training))
    s = apply("spatial_excite", m)
    return x * (a + s) / 2 + x


def slope(function: Callable[[Array], float], at: Array, direction: Array, step: float = 1e-5) -> float:
    """The derivative of `function` along `direction`, by central difference.

    The step balances what is neglected, step² times the third derivative ~ 1e-10, against the rounding of a value
    near 1, 2e-16 / step ~ 2e-11.
    """
    return (function(at + step * direction) - function(at - step * direction)) / (2 * step)
