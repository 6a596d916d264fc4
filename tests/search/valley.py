"""Objectives that are easy to find the best of."""

from sase_bench.space import Architecture


def additive(arch: int) -> float:
    """One valley, at the block whose digits are all 3."""
    return float(sum((digit - 3) ** 2 for digit in Architecture(arch).digits))
