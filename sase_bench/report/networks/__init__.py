"""Attention in ResNet-50 and ResNet-101: what it costs, how long it takes, and what it is published to gain."""

from sase_bench.report.networks.comparison import Entry, compare

__all__ = ["Entry", "compare"]
