"""SMAC's acquisition over the open blocks of a sparse pool; imported where SMAC is used, which need not be installed.

SMAC looks for its next configuration by local search in the whole space. Where a table holds a few blocks of 117,649, nearly
all that it finds is not among them; here each open block is scored instead.
"""

from __future__ import annotations

from collections.abc import Callable

from ConfigSpace import Configuration
from smac.acquisition.maximizer import AbstractAcquisitionMaximizer

__all__ = ["PoolMaximizer"]


class PoolMaximizer(AbstractAcquisitionMaximizer):  # type: ignore[misc, unused-ignore]  # it need not be installed
    """Gives the configurations of `open_blocks()`, the one with the largest acquisition first."""

    def __init__(self, open_blocks: Callable[[], list[Configuration]], *, seed: int) -> None:
        found = open_blocks()
        super().__init__(found[0].config_space, challengers=len(found), seed=seed)
        self._open_blocks = open_blocks

    def _maximize(self, previous_configs: list[Configuration], n_points: int) -> list[tuple[float, Configuration]]:
        found = self._open_blocks()
        return self._sort_by_acquisition_value(found) if found else []
