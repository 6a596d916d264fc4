"""What a report rests on: a table, searches that were compared on it, predictors, and ordinary networks, as plain values."""

from sase_bench.report.evidence.evidence import Evidence, evidence_of, finite, most_trusted
from sase_bench.report.evidence.measurement import IN_WORDS, Measurement

__all__ = ["IN_WORDS", "Evidence", "Measurement", "evidence_of", "finite", "most_trusted"]
