"""Predictors: from the scores of some blocks to those of all 117,649, each with an sd.

Every one keeps the protocol `Predictor`. Importing this package loads numpy and nothing heavier; a predictor loads what it
needs when it is fitted (the extra `search`).

>>> import numpy as np
>>> blocks = np.arange(0, 117649, 2000)
>>> mean, sd = PREDICTORS["linear"](seed=0).fit(blocks, 1.0 + blocks % 7).predict(np.arange(117649))
>>> mean.shape, bool((sd > 0).all())
((117649,), True)
"""

from sase_bench.errors import unknown
from sase_bench.predictors.boosting import BoostedTrees
from sase_bench.predictors.flops import GaussianProcessOverFlops
from sase_bench.predictors.forest import RandomForest
from sase_bench.predictors.gaussian_process import GaussianProcess, LinearModel
from sase_bench.predictors.protocol import Prediction, Predictor
from sase_bench.trunk import Trunk

__all__ = ["PREDICTORS", "Prediction", "Predictor", "predictor"]

#: Every predictor by its name.
PREDICTORS: dict[str, type[BoostedTrees | GaussianProcess | GaussianProcessOverFlops | LinearModel | RandomForest]] = {
    "xgb": BoostedTrees,
    "gp": GaussianProcess,
    "gp-flops": GaussianProcessOverFlops,
    "forest": RandomForest,
    "linear": LinearModel,
}


def predictor(name: str, *, seed: int = 0, trunk: Trunk | None = None) -> Predictor:
    """An unfitted one; `trunk` is the network that the scores are measured in, for those that count its FLOPs.

    Raises `RequestError` for another name.
    """
    if name not in PREDICTORS:
        raise unknown("predictor", name, PREDICTORS)
    made = PREDICTORS[name]
    return made(seed=seed, trunk=trunk) if made is GaussianProcessOverFlops else made(seed=seed)
