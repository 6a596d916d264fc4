"""The search of the SASE paper itself: gradient descent on a supernet that holds all operations of all slots at once."""

from sase_bench.search.differentiable.found import Found, read_found, write_found
from sase_bench.search.differentiable.strategy import DifferentiableSearch

__all__ = ["DifferentiableSearch", "Found", "read_found", "write_found"]
