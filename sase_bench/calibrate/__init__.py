"""Can a proxy's scores be trusted? Reliability between seeds, and validity against a longer training."""

from sase_bench.calibrate.agreement import SURE, agreements, ranking, trusted
from sase_bench.calibrate.findings import Finding, judge

__all__ = ["SURE", "Finding", "agreements", "judge", "ranking", "trusted"]
