"""A random forest (scikit-learn), kept as plain arrays: what is saved needs scikit-learn no more.

A leaf of a tree on indicators is a box, some operations in each slot, so a tree fills the array of all blocks box by box.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sase_bench.predictors.bagging import Bagged
from sase_bench.predictors.features import features
from sase_bench.predictors.protocol import Floats, Observations
from sase_bench.space import RADIX, SLOTS

__all__ = ["RandomForest"]


class _Tree(NamedTuple):
    """An entry a node; a leaf has no left child (-1). Blocks with operation `feature` % 7 in slot `feature` // 7 go right."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    value: NDArray[np.float32]

    @classmethod
    def of(cls, tree: Any) -> Self:
        left, right, feature = (getattr(tree, name).astype(np.int32) for name in ("children_left", "children_right", "feature"))
        return cls(left, right, feature, tree.value[:, 0, 0].astype(np.float32))

    def everywhere(self) -> NDArray[np.float32]:
        """The leaves' values for all blocks, (117649,)."""
        found = np.empty([RADIX] * len(SLOTS), dtype=np.float32)
        waiting = [(0, [np.arange(RADIX)] * len(SLOTS))]
        while waiting:
            node, box = waiting.pop()
            if self.left[node] < 0:
                found[np.ix_(*box)] = self.value[node]
                continue
            slot, operation = divmod(int(self.feature[node]), RADIX)
            without, alone = (box[slot][box[slot] != operation], box[slot][box[slot] == operation])
            waiting.append((int(self.left[node]), [*box[:slot], without, *box[slot + 1 :]]))
            waiting.append((int(self.right[node]), [*box[:slot], alone, *box[slot + 1 :]]))
        return found.reshape(-1)


class RandomForest(Bagged):
    """A hundred trees on bootstraps, a third of the features at each split."""

    name = "forest"
    members = 100

    def _train(self, data: Observations, seen: NDArray[np.int64], weight: Floats) -> Floats:
        from sklearn.tree import DecisionTreeRegressor

        inputs, answers = features()[data.architectures], []
        self._trees = []
        for number, counts in enumerate(seen):
            tree = DecisionTreeRegressor(max_features=1 / 3, min_samples_leaf=2, random_state=self.seed + number)
            rows = np.repeat(np.arange(len(data)), counts)
            tree.fit(inputs[rows], data.y[rows], sample_weight=weight[rows])
            self._trees.append(_Tree.of(tree.tree_))
            answers.append(tree.predict(inputs))
        return np.stack(answers)

    def _answer(self) -> NDArray[np.float32]:
        return np.stack([tree.everywhere() for tree in self._trees])

    def _settings(self) -> dict[str, Any]:
        return {"members": len(self._trees)}

    def _write(self, folder: Path) -> dict[str, NDArray[Any]]:
        parts = zip(_Tree._fields, zip(*self._trees, strict=True), strict=True)
        arrays: dict[str, NDArray[Any]] = {name: np.concatenate(part) for name, part in parts}
        return arrays | {"nodes": np.asarray([len(tree.value) for tree in self._trees], dtype=np.int64)}

    def _read(self, folder: Path, settings: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        ends = np.cumsum(arrays["nodes"])[:-1]
        split = [np.split(arrays[name], ends) for name in _Tree._fields]
        self._trees = [_Tree(*parts) for parts in zip(*split, strict=True)]
