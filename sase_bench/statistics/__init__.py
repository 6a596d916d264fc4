"""What numbers say, whatever they are of: numpy alone, no table, no block, no task.

`quantiles` of distributions; `means` with their intervals; `effects` of rows and columns apart, and the `places` that rows
truly have; `panels`, the columns that rows share; `reliability` of scores, and validity; `correlation` of ranks; `ranking` of
what was compared in paired repeats.
"""

__all__: list[str] = []
