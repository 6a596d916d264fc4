"""Successive halving: all blocks train for a while and the best third goes on, on four workers of a simulated cluster."""

import sys

from sase_bench import Benchmark

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
table = bench.measured()
blocks, simulation = table.archs.tolist(), bench.simulate(workers=4)
for at in (table.epochs // 2, 3 * table.epochs // 4, table.epochs):  # before, scores predict little: query "fidelity by loss"
    waiting, scores = list(blocks), {}
    while len(scores) < len(blocks):
        while waiting and simulation.free:
            simulation.submit(waiting.pop(0), seeds=0, at=at)  # goes on where it was stopped
        finished = simulation.wait()
        scores[finished.arch.index] = finished.val_loss if finished.val_loss is not None else float("inf")
    blocks = sorted(scores, key=scores.__getitem__)[: max(1, len(scores) // 3)]
best = blocks[0]
print(f"{best}: regret {bench.regret(best):.4f}, {simulation.clock / 3600:.1f} h on 4 workers")
