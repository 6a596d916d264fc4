"""Proxies: cheap training tasks on which blocks are compared, and `measure`, which trains one block on one of them
(`measure_seeds`: with several seeds at once).

Names and recipes need no torch; it is imported with `measure`.

>>> PROXIES["digits"].trunk.name, PROXIES["cifar10-r20"].epochs
('resnet8-w8-8px-1x10', 100)
"""

from typing import TYPE_CHECKING, Any

from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import PROXIES

if TYPE_CHECKING:
    from sase_bench.proxies.measurement import measure, measure_seeds

__all__ = ["PROXIES", "Proxy", "measure", "measure_seeds"]


def __getattr__(name: str) -> Any:
    if name in ("measure", "measure_seeds"):
        from sase_bench.proxies import measurement

        return getattr(measurement, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
