"""Common random numbers for weights: every layer starts from the run's seed and its own name, and from nothing else.

So all blocks of a seed stand in the same trunk, an operation starts the same whatever fills the other slots, and the
caller's random state is neither used nor changed.
"""

import torch
from torch import nn

from sase_bench.blocks import SASEBlock
from sase_bench.seeds import derived_seed
from sase_bench.space import SLOTS

__all__ = ["initialise"]


def initialise(network: nn.Module, seed: int) -> None:
    """Give every layer of `network`, which is on the CPU, torch's default initialisation, drawn from `seed` and its name."""
    operations = {
        f"{name}.{slot}": operation
        for name, module in network.named_modules()
        if isinstance(module, SASEBlock)
        for slot, operation in module.arch.operations.items()
        if slot in SLOTS
    }
    with torch.random.fork_rng(devices=[]):
        for name, module in reversed(list(network.named_modules())):  # parents last: theirs is the final word
            reset = getattr(module, "reset_parameters", None)
            if reset is None:
                continue
            slot = next((prefix for prefix in operations if name == prefix or name.startswith(prefix + ".")), None)
            kind = operations[slot] if slot else type(module).__name__
            torch.default_generator.manual_seed(derived_seed(seed, "weights", name, kind))  # of the CPU only
            reset()
