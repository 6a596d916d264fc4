"""Any search can be asked and told, in a loop that is yours: here a Gaussian process over the blocks of the table."""

import sys

from sase_bench import Architecture, Benchmark, Space
from sase_bench.bo import find
from sase_bench.search import Pool

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))
search = find("gp")(Pool.of(Space("full"), bench.measured(proxy).archs.tolist()), 0)
for _ in range(30):  # the first 14 cover the operations of every slot, from then on the model chooses
    (arch,) = search.ask()
    score = bench.query(arch, proxy).val_loss
    search.tell(arch, score)  # objectives are minimised; None = the run diverged
best = Architecture(search.history.best)
print(f"{bench.query(best, proxy).val_loss:.4f} {best.index} {best}")
