"""How long it takes to learn 200 scores and to predict all 117,649 blocks, with and without drawing functions."""

from typing import Any

import numpy as np
import pytest

from sase_bench.predictors import PREDICTORS
from tests.predictors.synthetic import synthetic

EVERYTHING = np.arange(117_649)


@pytest.fixture(scope="module")
def observations() -> Any:
    return synthetic(0, tied=False).observe(200, 0)


@pytest.mark.parametrize("name", PREDICTORS)
def test_refit_to_200_scores(benchmark: Any, name: str, observations: Any) -> None:
    benchmark.pedantic(lambda: PREDICTORS[name](seed=0).fit(*observations), rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("name", PREDICTORS)
def test_score_all_blocks_after_a_refit(benchmark: Any, name: str, observations: Any) -> None:
    PREDICTORS[name]().fit(*observations).predict(EVERYTHING)  # what depends on the space alone is kept between fits
    benchmark.pedantic(
        lambda predictor: predictor.predict(EVERYTHING),
        setup=lambda: ((PREDICTORS[name]().fit(*observations),), {}),
        rounds=7,
    )


@pytest.mark.parametrize("name", ["gp", "xgb"])
def test_draw_eight_functions_on_all_blocks(benchmark: Any, name: str, observations: Any) -> None:
    predictor = PREDICTORS[name]().fit(*observations)
    predictor.predict(EVERYTHING)
    benchmark.pedantic(lambda: predictor.sample(EVERYTHING, 8, 0), rounds=7, warmup_rounds=1)


def test_refit_of_botorchs_categorical_gp_for_comparison(benchmark: Any, observations: Any) -> None:
    torch = pytest.importorskip("torch")
    botorch = pytest.importorskip("botorch")
    from botorch.models.kernels import CategoricalKernel
    from gpytorch.kernels import ScaleKernel
    from gpytorch.mlls import ExactMarginalLogLikelihood

    archs, y, noise = observations
    operations = np.stack([archs // 7**place % 7 for place in range(5, -1, -1)], axis=1)
    inputs, scale = torch.tensor(operations, dtype=torch.double), y.std()
    targets, variances = torch.tensor((y - y.mean()) / scale)[:, None], torch.tensor((noise / scale) ** 2)[:, None]

    def fit() -> None:
        kernel = ScaleKernel(CategoricalKernel(ard_num_dims=6))
        model = botorch.models.SingleTaskGP(inputs, targets, variances, covar_module=kernel, outcome_transform=None)
        botorch.fit.fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))

    benchmark.pedantic(fit, rounds=3, warmup_rounds=1)
