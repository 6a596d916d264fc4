"""Predictors: from the scores of some blocks to those of all 117,649, each with an sd.

Every one keeps the protocol `Predictor`. Importing this package loads numpy and nothing heavier; a predictor loads what it
needs when it is fitted (the extra `search`).

>>> import numpy as np
>>> blocks = np.arange(0, 117649, 2000)
>>> mean, sd = PREDICTORS["linear"](seed=0).fit(blocks, 1.0 + blocks % 7).predict(np.arange(117649))
>>> mean.shape, bool((sd > 0).all())
((117649,), True)
"""

from sase_bench.predictors.boosting import BoostedTrees
from sase_bench.predictors.forest import RandomForest
from sase_bench.predictors.gaussian_process import GaussianProcess, LinearModel
from sase_bench.predictors.protocol import Prediction, Predictor

__all__ = ["PREDICTORS", "Prediction", "Predictor"]

#: Every predictor by its name.
PREDICTORS: dict[str, type[BoostedTrees | GaussianProcess | LinearModel | RandomForest]] = {
    "xgb": BoostedTrees,
    "gp": GaussianProcess,
    "forest": RandomForest,
    "linear": LinearModel,
}
