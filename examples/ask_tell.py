"""Any search can be asked and told: here twenty blocks of the simulated cluster, in a loop that is yours."""

import sys

from sase_bench import Architecture, Benchmark, Space
from sase_bench.bo import find
from sase_bench.search import Pool

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))
search = find("gp")(Pool.of(Space("tied"), bench.measured(proxy).archs.tolist()), 0)
for _ in range(20):
    (arch,) = search.ask()
    score = bench.query(arch, proxy).val_top1
    search.tell(arch, None if score is None else -score)  # costs are minimised; None = the run diverged
print(Architecture(search.history.best), bench.query(search.history.best, proxy).val_top1)
