"""pandas and Arrow: every run as a row, validation only, with the operations of its block."""

import sys

from sase_bench import Architecture, Benchmark

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
frame = bench.to_pandas()
frame["channel_squeeze"] = [Architecture(arch).operations["channel_squeeze"] for arch in frame["arch"]]
print(frame.groupby("channel_squeeze")["val_loss"].agg(["mean", "std", "count"]).sort_values("mean"))
print(bench.to_arrow("epochs").schema.names)
