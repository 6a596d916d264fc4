"""Can a proxy's scores be trusted? Reliability between seeds, and validity against a longer training."""

from sase_bench.calibrate.agreement import agreements, ranking
from sase_bench.calibrate.findings import Finding, judge

__all__ = ["Finding", "agreements", "judge", "ranking"]
