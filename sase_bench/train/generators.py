"""The global random generators of a training process: seeded for the run, saved with it, given back to the caller.

torchvision's detectors draw from them; everything else in this package has a seed of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from sase_bench.seeds import derived_seed

__all__ = ["capture", "restore", "seed_generators", "seeded"]


def capture(device: torch.device) -> dict[str, Any]:
    """The states of torch, CUDA, Python and numpy, as tensors and plain numbers that load without pickle."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - the global one is what others draw from
    states = {
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest),
    }
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore(states: dict[str, Any], device: torch.device) -> None:
    """Set the generators as they were at `capture`."""
    kind, keys, *rest = states["numpy"]
    torch.set_rng_state(states["torch"])
    random.setstate(states["python"])
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def seed_generators(seed: int, *scope: str) -> None:
    """Start all of them anew for the part of a run that `scope` names."""
    derived = derived_seed(seed, "generators", *scope)
    torch.manual_seed(derived)
    random.seed(derived)
    np.random.seed(derived % 2**32)  # noqa: NPY002


@contextmanager
def seeded(seed: int, rank: int, device: torch.device) -> Iterator[None]:
    """Generators of a run with `seed` in the process `rank` inside the context; outside they are the caller's."""
    before = capture(device)
    seed_generators(seed, str(rank))
    try:
        yield
    finally:
        restore(before, device)
