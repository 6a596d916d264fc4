"""An answer with a value of every odd type that DuckDB may give."""

import math
from datetime import date, timedelta
from decimal import Decimal

from sase_bench.answers import Answer, Field

ODD = Answer(
    fields=tuple(
        Field(name, kind, "raw")
        for name, kind in {
            "flag": "BOOLEAN", "inf": "DOUBLE", "nan": "DOUBLE", "list": "DOUBLE[]", "struct": "STRUCT(a INTEGER)",
            "blob": "BLOB", "decimal": "DECIMAL(4,2)", "date": "DATE", "interval": "INTERVAL", "huge": "HUGEINT",
            "text": "VARCHAR",
        }.items()
    ),
    rows=(
        (True, math.inf, math.nan, [1.5, math.nan], {"a": 1}, b"\x00\xff", Decimal("1.50"), date(2026, 11, 22),
         timedelta(days=1), 2**100, 'a|b\n\x1b[31m"c",'),
        (None,) * 11,
    ),
)  # fmt: skip
