"""The inputs of trees: the slots of a block, and numbers beside them on trial.

Trees see the 42 indicators of the slots. `python -m sase_bench.predictors evaluate --extras costs` shows what the logarithms
of parameters and FLOPs beside them are worth; see also `flops`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sase_bench.cost import count
from sase_bench.predictors.protocol import Floats
from sase_bench.predictors.tables import digits
from sase_bench.recipes.registry import find
from sase_bench.space import Space

__all__ = ["Extras", "costs", "features"]

Extras = Mapping[str, Floats]  # by name a number for every block, (117649,)


@cache
def _slots() -> NDArray[np.float32]:
    indicators = Space("full").one_hot().astype(np.float32)
    indicators.setflags(write=False)
    return indicators


def features(extras: Extras | None = None) -> NDArray[np.float32]:
    """Of every block, (117649, 42 + extras)."""
    if not extras:
        return _slots()
    columns: list[NDArray[Any]] = [np.asarray(extras[name], dtype=np.float32)[:, None] for name in sorted(extras)]
    return np.concatenate([_slots(), *columns], axis=1)


def costs(proxy: str) -> dict[str, Floats]:
    """Logarithms of parameters and FLOPs in the trunk of `proxy`."""
    cost = count(find(proxy).trunk, digits().astype(np.uint8))
    return {"params": np.log(cost.params.astype(np.float64)), "flops": np.log(cost.flops.astype(np.float64))}
