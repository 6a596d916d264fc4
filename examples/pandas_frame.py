"""pandas and Arrow: every run of one task as a row, validation only, with the operations of its block."""

import sys

from sase_bench import Architecture, Benchmark

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
frame = bench.to_pandas()
frame = frame[frame["proxy"] == bench.measured().proxy].copy()  # losses of two tasks have no common mean
frame["channel_squeeze"] = [Architecture(arch).operations["channel_squeeze"] for arch in frame["arch"]]
print(frame["proxy"].iloc[0])
print(frame.groupby("channel_squeeze")["val_loss"].agg(["mean", "std", "count"]).sort_values("mean"))
print(bench.to_arrow("epochs").schema.names)
