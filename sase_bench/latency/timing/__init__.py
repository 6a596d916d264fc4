"""What runs against the clock, with torch: `parts`, `checks` and `comparisons` each fill the file of that name.

The files themselves are read without torch, by the modules of the same names in `sase_bench.latency`.
"""

__all__: list[str] = []
