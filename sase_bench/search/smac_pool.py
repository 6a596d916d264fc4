"""SMAC's acquisition over the open blocks of a sparse pool.

SMAC looks for its next configuration by local search in the whole space. Where a table holds a few blocks of 117,649, nearly
all that it finds is not among them; here each open block is scored instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ConfigSpace import Configuration
    from smac.acquisition.maximizer import AbstractAcquisitionMaximizer

__all__ = ["pool_maximizer"]


def pool_maximizer(open_blocks: Callable[[], list[Configuration]], *, seed: int) -> AbstractAcquisitionMaximizer:
    """A maximizer that gives the configurations of `open_blocks()`, the one with the largest acquisition first.

    Needs SMAC, which need not be installed: the class that it is made of is known here only.
    """
    from smac.acquisition.maximizer import AbstractAcquisitionMaximizer

    class PoolMaximizer(AbstractAcquisitionMaximizer):  # type: ignore[misc, unused-ignore]  # where it is not installed
        def _maximize(self, previous_configs: list[Configuration], n_points: int) -> list[tuple[float, Configuration]]:
            found = open_blocks()
            return self._sort_by_acquisition_value(found) if found else []

    found = open_blocks()
    return PoolMaximizer(found[0].config_space, challengers=len(found), seed=seed)
