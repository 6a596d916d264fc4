"""The `affine` operation of both excite sets, and the resizing of parameters that are as large as the map."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Affine", "fit_to_map", "is_symbolic", "resize"]


def is_symbolic(*sizes: int) -> bool:
    """Whether one of `sizes` stands for any size, as in a program that is being exported: no way may depend on it."""
    return any(isinstance(size, torch.SymInt) for size in sizes)


def resize(parameter: Tensor, height: int, width: int) -> Tensor:
    """A (…,H,W) parameter at another size, bilinearly; the parameter itself where the size already fits.

    In a program that is exported for any size the resizing always stands; at the parameter's own size it changes nothing.
    """
    if not is_symbolic(height, width) and parameter.shape[-2:] == (height, width):
        return parameter
    flat = parameter.reshape(1, -1, *parameter.shape[-2:])
    resized = F.interpolate(flat, (height, width), mode="bilinear", align_corners=False)
    return resized.reshape(*parameter.shape[:-2], height, width)


def fit_to_map(module: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    """Before weights are loaded: those of `module` itself (…,H,W) that are for a map of another size are resized to its own."""
    for name, parameter in module.named_parameters(recurse=False):
        given = state.get(prefix + name)
        if isinstance(given, Tensor) and given.dim() == parameter.dim() and given.shape[:-2] == parameter.shape[:-2]:
            state[prefix + name] = resize(given, *parameter.shape[-2:])


class Affine(nn.Module):
    """sigmoid(α⊙m + β) with α and β of shape (C,H,W), resized at run time where the map has another size.

    Weights that were trained on maps of another size load, resized too.
    """

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels, height, width))
        self.beta = nn.Parameter(torch.zeros(channels, height, width))
        self.register_load_state_dict_pre_hook(fit_to_map)

    def reset_parameters(self) -> None:
        """α = 1 and β = 0."""
        nn.init.ones_(self.alpha)
        nn.init.zeros_(self.beta)

    def forward(self, m: Tensor) -> Tensor:
        height, width = m.shape[-2:]
        return torch.sigmoid(resize(self.alpha, height, width) * m + resize(self.beta, height, width))
