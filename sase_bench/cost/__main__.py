"""`python -m sase_bench.cost 54983 triplet`: parameters and FLOPs of whole networks with blocks or published modules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, show, styled
from sase_bench.cost.modules import HOW, cost_in, count_modules, written
from sase_bench.cost.trunks import RESNET50, TRUNKS, find_trunk
from sase_bench.modules import PLAIN, Module, all_modules, parse_attention
from sase_bench.space import SASE_BLOCK, Architecture

__all__ = ["main"]

_FIELDS = (
    *styled("text", "trunk", "attention"),
    *styled("plain", "arch"),
    *styled("count", "params", "flops", "params_added", "flops_added"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("cost", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    if options.count:
        print(written(count_modules(TRUNKS.values())), end="")
        return 0
    trunks = [find_trunk(name) for name in dict.fromkeys(options.trunk)]
    chosen = [parse_attention(text) for text in options.attention] or [SASE_BLOCK, *all_modules()]
    rows = []
    for trunk in trunks:
        plain = cost_in(trunk, Module(PLAIN))
        for attention in dict.fromkeys(chosen):
            params, flops = cost_in(trunk, attention)
            arch = attention.index if isinstance(attention, Architecture) else None
            rows.append((trunk.name, str(attention), arch, params, flops, params - plain[0], flops - plain[1]))
    show(options.format, Answer(fields=_FIELDS, rows=tuple(rows)))
    return 0


def _parser() -> argparse.ArgumentParser:
    description = (
        "Exact parameters and FLOPs (multiply-accumulates for one image) of whole networks, and what the attention adds to the "
        "plain one."
    )
    parser = cli.Parser("sase_bench.cost", description)
    what = "blocks, as text or index, and modules, by name (default: the published block and all modules)"
    parser.add_argument("attention", nargs="*", metavar="BLOCK|MODULE", help=what)
    trunks = f"the networks around them: {', '.join(TRUNKS)}, or a beginning that only one has"
    parser.add_argument("--trunk", nargs="+", metavar="TRUNK", default=[RESNET50.name], help=trunks)
    add_format_option(parser)
    parser.add_argument("--count", action="store_true", help=f"build and count all modules anew: {HOW}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
