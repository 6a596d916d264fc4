import pytest
from scipy.stats import f as fisher

from sase_bench.statistics.quantiles import f_quantile


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.95, 0.975, 0.999])
@pytest.mark.parametrize("above", [1, 2, 11, 23, 55, 2400, 117_648])
@pytest.mark.parametrize("below", [2, 5, 22, 55, 4800, 235_296])
def test_quantiles_are_those_of_scipy(probability: float, above: int, below: int) -> None:
    assert f_quantile(probability, above, below) == pytest.approx(fisher.ppf(probability, above, below), rel=1e-8)
