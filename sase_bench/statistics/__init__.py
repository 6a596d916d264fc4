"""What numbers say, whatever they are of: numpy alone, no table, no block, no task.

`quantiles` of distributions, and the one of true scores by `deconvolution`; `means` with their intervals, and the `variances`
of many; `effects` of rows and columns apart, and the `places` that rows truly have; `panels`, the columns that rows share;
`reliability` of scores, and validity; `correlation` of ranks; `paired_tests` of what was compared in repeats.
"""

__all__: list[str] = []
