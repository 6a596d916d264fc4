"""The sentences of the data card that do not depend on the data."""

__all__ = ["CONCLUSIONS", "LICENCE", "ORIGIN", "READING"]

ORIGIN = """\
Runs of squeeze-and-excitation attention blocks from the search space of SASE (arXiv 2411.08333): six slots, seven operations
each, 117,649 blocks. A run is one training of one block on one proxy task with one seed, with its whole learning curve; all of
them were made by `python -m sase_bench.sweep`, or by `python -m sase_bench.bo --live`, which trains in the same way the blocks
that it chooses. This card is written by `python -m sase_bench.release` from the shards; where a command stands beside figures,
they are its answer.""".splitlines()

READING = """\
`curve` holds the epochs of a run. `python -m sase_bench.database merge database` makes the table of `schema.sql` of
them; most questions need no table:

    from sase_bench import Benchmark
    Benchmark.load("database").to_pandas()         # every run, validation only
    duckdb.sql("FROM 'database/*.parquet'")        # or any other reader of Parquet

`SHA256SUMS` has the checksums (`sha256sum -c SHA256SUMS`, or `python -m sase_bench.database check database`), and
`croissant.json` describes the shards in the Croissant format.""".splitlines()

CONCLUSIONS = """\
* Not that a block is better because its score is: see its interval in `rank`, and the reliability above. Where many blocks are
  ranked by few seeds, the first one is among the luckiest.
* Not that a block is good on another task. A proxy is small, short and at low resolution; its validity is measured only where
  the table above has a figure, against a longer training in a trunk of the same kind. In an ordinary
  ResNet-8 of 3×3 convolutions blocks were not told apart at all (`findings.md`).
* Not that a block generalises because its training loss is small: where a proxy ranks by that, it says how well a block learns.
* Not that a block which was chosen for its score stays ahead in longer training: validity is of blocks drawn at random, and a
  block that learns fast may be the first to overfit. The blocks that were trained for longer stand side by side above.
* Not that other training images would say the same: all seeds of a proxy share one subset of them, and no interval tells of it.
* Not that an operation is better in general because its mean is: effects are means over the blocks measured, and blocks that a
  search chose are not a random sample. Reliability is judged on blocks that were drawn at random.
* Nothing about speed: `train_seconds` also tell what else the machine did meanwhile. `params` and `flops` are counted.
* Nothing from test scores chosen by test scores: `test_*` are for the end of a study.
* Nothing from what is missing: a run that diverged has no score, and leaving such blocks out favours them.""".splitlines()

LICENCE = """\
The data are licensed CC-BY-4.0 (<https://creativecommons.org/licenses/by/4.0/>), the code Apache-2.0. The images belong to
their authors and are not part of this release:

""".splitlines()
