"""Can a proxy's scores be trusted? Reliability between seeds, and validity against a longer training."""

from sase_bench.calibrate.findings import Finding, judge
from sase_bench.calibrate.scores import drawn_at_random

__all__ = ["Finding", "drawn_at_random", "judge"]
