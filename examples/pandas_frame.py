"""pandas and Arrow: a table is a DuckDB file, and DuckDB hands over frames without copying row by row."""

import sys
from pathlib import Path

from sase_bench.database.reader import DEFAULT_TABLE, connect

with connect(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_TABLE) as table:
    scores = table.sql("SELECT * FROM scores JOIN architectures USING (arch)")
    frame = scores.df()
    arrow = scores.to_arrow_table()
print(frame.groupby("channel_squeeze")["val_top1"].mean().sort_values(ascending=False))
print(arrow.num_rows, arrow.column_names)
