"""What a report says in words: each claim beside the commands that give its numbers."""

from sase_bench.report.claims.claim import Claim, Table
from sase_bench.report.claims.screen import claims

__all__ = ["Claim", "Table", "claims"]
