"""Random changes to a whole batch at once, on the device that holds it."""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["augment", "jitter_colours"]


def augment(x: Tensor, *, shift: int, flip: bool, generator: torch.Generator) -> Tensor:
    """Each image of (B,C,H,W) moved by up to `shift` pixels either way (zeros come in) and mirrored with probability 1/2.

    `generator` lives on the CPU, so that a run sees the same images on every device.
    """
    size, height, width = x.shape[0], x.shape[2], x.shape[3]
    if shift:
        offsets = torch.randint(0, 2 * shift + 1, (2, size, 1), generator=generator).to(x.device)
        rows = offsets[0] + torch.arange(height, device=x.device)  # (B,H)
        columns = offsets[1] + torch.arange(width, device=x.device)  # (B,W)
        images = torch.arange(size, device=x.device)[:, None, None]
        padded = F.pad(x, (shift, shift, shift, shift)).permute(0, 2, 3, 1)  # (B,H+2s,W+2s,C)
        x = padded[images, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()
    if flip:
        mirrored = (torch.rand(size, generator=generator) < 0.5).to(x.device)
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    return x


def jitter_colours(x: Tensor, strength: float, *, generator: torch.Generator) -> Tensor:
    """Each channel of each image of (B,C,H,W) times a gain exp(σu) plus an offset σv, u and v standard normal, σ = `strength`.

    To undo that an image must be seen as a whole: no pixel knows its gain. `generator` lives on the CPU.
    """
    if not strength:
        return x
    gain, offset = torch.randn(2, x.shape[0], x.shape[1], 1, 1, generator=generator).to(x.device) * strength
    return x * gain.exp() + offset
