"""pandas and Arrow: the mean of every block that was drawn at random on one task, by what one slot of it does."""

import sys

from sase_bench import Architecture, Benchmark
from sase_bench.samples import representative

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
frame = bench.to_pandas()
frame = frame[frame["proxy"] == bench.measured().proxy]  # losses of two tasks have no common mean
drawn = representative(set(frame["arch"].tolist()))  # blocks that a search chose for their loss say nothing of an operation
means = frame[frame["arch"].isin(drawn)].groupby("arch")["val_loss"].mean()  # one a block, however many seeds it has
slot = means.index.map(lambda arch: Architecture(arch).operations["channel_squeeze"]).rename("channel_squeeze")
print(frame["proxy"].iloc[0])
print(means.groupby(slot).agg(["mean", "std", "count"]).sort_values("mean"))
print(bench.to_arrow("epochs").schema.names)
