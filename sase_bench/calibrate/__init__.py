"""Can a proxy's scores be trusted? Reliability between seeds, and validity against a longer training."""

from sase_bench.calibrate.statistics import (
    Estimate,
    bootstrap,
    estimate_icc,
    estimate_reliability,
    icc,
    ranks,
    reliability,
    validity,
)

__all__ = ["Estimate", "bootstrap", "estimate_icc", "estimate_reliability", "icc", "ranks", "reliability", "validity"]
