"""What is trained: the proxies as recipes, the split of their images, and where the data sets lie. Needs no torch.

>>> PROXIES["digits"].dataset, PROXIES["cifar10-r20"].steps_per_epoch
('digits', 195)
"""

from sase_bench.recipes.recipe import DATASETS, Dataset, Proxy
from sase_bench.recipes.registry import PROXIES, find, metric_of

__all__ = ["DATASETS", "PROXIES", "Dataset", "Proxy", "find", "metric_of"]
