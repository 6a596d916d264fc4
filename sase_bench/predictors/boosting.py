"""Bagged gradient-boosted trees (XGBoost), tuned inside `fit` by what the members did not see.

A tree of depth three or less has no interaction of more than three slots, so a booster is known at all 117,649 blocks from
its answers at 4,897 (see `tables`): the space is scored several times faster than block by block, and
the same but for rounding (below 1e-4 standard deviations of the scores).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sase_bench.predictors.bagging import Bagged, out_of_bag
from sase_bench.predictors.features import Extras, features
from sase_bench.predictors.protocol import Floats, Observations
from sase_bench.predictors.tables import anchored, anchors, expand

if TYPE_CHECKING:
    from xgboost import Booster

__all__ = ["BoostedTrees"]

_TRIED = 3  # members that a candidate is judged by
_ROUNDS = (7, 15, 30, 60, 150)  # a booster has one of these numbers of trees
_FEW = 500  # observations below which the last one is not tried: more trees would take longer and change nothing
_COMMON = {"tree_method": "hist", "max_bin": 64, "nthread": 1, "eta": 0.3, "min_child_weight": 2.0, "colsample_bynode": 0.5}

#: What is tried; the depth is the number of slots that may act together.
_CANDIDATES: tuple[dict[str, Any], ...] = (
    {"max_depth": 1, "reg_lambda": 1.0},
    {"max_depth": 2, "reg_lambda": 3.0},
    {"max_depth": 3, "reg_lambda": 3.0},
)


class BoostedTrees(Bagged):
    """Twelve boosters on bootstraps; depth, shrinkage and number of trees are those with the least error out of bag.

    `extras` are numbers beside the slots, on trial; with them the space is scored block by block.
    """

    name = "xgb"
    members = 12

    def __init__(self, *, seed: int = 0, extras: Extras | None = None) -> None:
        super().__init__(seed=seed)
        self.extras = dict(extras or {})

    def _train(self, data: Observations, seen: NDArray[np.int64], weight: Floats) -> Floats:
        import xgboost

        matrix = xgboost.DMatrix(features(self.extras)[data.architectures], label=data.y, nthread=1)

        def train(member: int, candidate: dict[str, Any], rounds: int) -> Booster:
            matrix.set_weight(weight * seen[member])
            booster = xgboost.Booster({**_COMMON, **candidate, "seed": self.seed + member}, [matrix])
            for step in range(rounds):  # `xgboost.train` does more between two trees than a tree takes
                booster.update(matrix, step)
            return booster

        tried_rounds = _ROUNDS if len(data) >= _FEW else _ROUNDS[:-1]
        best = np.inf
        tried: list[Booster] = []
        for candidate in _CANDIDATES:
            boosters = [train(member, candidate, tried_rounds[-1]) for member in range(_TRIED)]
            for rounds in tried_rounds:
                answers = np.stack([booster.predict(matrix, iteration_range=(0, rounds)) for booster in boosters])
                error = _error(answers, seen[:_TRIED], data, weight)
                if not tried or error < best:
                    best, tried, self._chosen = error, boosters, {**candidate, "rounds": rounds}
        candidate, rounds = self._chosen, self._chosen["rounds"]
        parameters = {name: value for name, value in candidate.items() if name != "rounds"}
        self._boosters = [booster[:rounds] for booster in tried]
        self._boosters += [train(member, parameters, rounds) for member in range(_TRIED, self.members)]
        return np.stack([booster.predict(matrix) for booster in self._boosters]).astype(np.float64)

    def _answer(self) -> NDArray[np.float32]:
        import xgboost

        if self.extras:
            whole = xgboost.DMatrix(features(self.extras), nthread=1)
            return np.stack([booster.predict(whole) for booster in self._boosters])
        matrix = xgboost.DMatrix(features()[anchors()[0]], nthread=1)
        tables = anchored(np.stack([booster.predict(matrix) for booster in self._boosters]))
        return np.asarray(expand(tables.astype(np.float32)))

    def _settings(self) -> dict[str, Any]:
        return {"chosen": self._chosen, "extras": sorted(self.extras), "members": len(self._boosters)}

    def _write(self, folder: Path) -> dict[str, NDArray[Any]]:
        folder.mkdir(parents=True, exist_ok=True)
        for number, booster in enumerate(self._boosters):
            booster.save_model(folder / f"booster-{number:02}.json")
        return {f"extra_{name}": values for name, values in self.extras.items()}

    def _read(self, folder: Path, settings: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        import xgboost

        self._chosen = settings["chosen"]
        self.extras = {name: arrays[f"extra_{name}"] for name in settings["extras"]}
        paths = [folder / f"booster-{number:02}.json" for number in range(settings["members"])]
        self._boosters = [xgboost.Booster(model_file=path) for path in paths]
        for booster in self._boosters:
            booster.set_param({"nthread": 1})


def _error(answers: NDArray[np.float32], seen: NDArray[np.int64], data: Observations, weight: Floats) -> float:
    """Mean weighted square error out of bag; infinite where every observation was seen."""
    mean, _ = out_of_bag(answers.astype(np.float64), seen)
    unseen = np.isfinite(mean)
    return float(np.mean((weight * (data.y - mean) ** 2)[unseen])) if unseen.any() else np.inf
