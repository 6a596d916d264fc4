"""How long a run takes, by block: short runs of the default proxy on one thread of the CPU."""

from dataclasses import replace
from typing import Any

import pytest

from sase_bench.proxies import PROXIES, measure
from sase_bench.proxies.datasets import load
from sase_bench.space import SASE_BLOCK, Architecture

SHORT = replace(PROXIES["digits"], epochs=1)
SLOWEST = Architecture.parse("2nd-order-pooling/affine/affine/2nd-order-pooling/2nd-order-pooling/affine")
PLAINEST = Architecture.parse("gap/conv1d_3/conv1d_3/gap/gap/conv_3x3")


@pytest.mark.parametrize("arch", [PLAINEST, SASE_BLOCK, SLOWEST], ids=str)
def test_one_epoch_of_digits(benchmark: Any, arch: Architecture) -> None:
    data = load(SHORT)
    benchmark.pedantic(lambda: measure(arch, SHORT, data=data), rounds=5, warmup_rounds=1)
