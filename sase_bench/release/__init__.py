"""The released table: what stands beside the shards on the shelf `database/`, all of it made from them.

`python -m sase_bench.release` writes `calibrations.csv`, `schema.sql`, `DATACARD.md`, `croissant.json` and `SHA256SUMS`; the
same shards give the same bytes. `python -m sase_bench.release verify` trains random rows again, for the card to tell. The
shards themselves are written by a sweep or by `python -m sase_bench.database export`.
"""

from sase_bench.release.verification import VERIFICATION, verify_rows
from sase_bench.release.writing import write

__all__ = ["VERIFICATION", "verify_rows", "write"]
