"""What is said of the blocks that differ from one in a single slot."""

from dataclasses import replace
from typing import Any

from sase_bench.report.claims.neighbours import around_blocks
from tests.evidence import measurement


def neighbour(
    slot: str, operation: str, gain: float | None, half: float | None, p_better: float | None = None
) -> dict[str, Any]:
    low, high = (None, None) if gain is None or half is None else (gain - half, gain + half)
    known = {"gain": gain, "gain_low": low, "gain_high": high, "p_better": p_better}
    return {"slot": slot, "operation": operation, **known}


def test_neighbours_are_counted_by_their_intervals_and_luck_is_told() -> None:
    better = [neighbour("spatial_excite", "conv_7x7", 0.5, 0.25, 0.96), neighbour("spatial_excite", "affine", 0.125, 0.25, 0.5)]
    worse = [neighbour("channel_gate", "affine", -0.5, 0.25, 0.0)] * 8 + [neighbour("channel_gate", "x", -0.5, 0.25, 0.25)] * 30
    claim = around_blocks(replace(measurement("p", 3), neighbours={54983: better + worse, 3: worse}), " --db x")
    assert claim.headline == (
        "On p, another operation in one slot surely betters SASE's published block in 1 of 40 ways and block 3 in none of 38 "
        "ways."
    )
    assert "; 1 of 40 would be so by luck" in claim.text
    assert (
        "Of the neighbours of SASE's published block 38 are worse, 8 surely, and 9.0 are better on average; the best has "
        "conv_7x7 as spatial_excite, +0.500 nats (95 %: +0.250 to +0.750)."
    ) in claim.text
    one = around_blocks(replace(measurement("p", 3), neighbours={3: worse[:1]}), "")
    assert "Of the neighbours of block 3 1 is worse, 1 surely, and 0.0 are better on average; the best" in one.text
    assert claim.command.splitlines() == [
        'python -m sase_bench.query "neighbours 54983 by loss on p" --db x',
        'python -m sase_bench.query "neighbours 3 by loss on p" --db x',
    ]


def test_a_gain_without_an_interval_is_neither_better_nor_worse() -> None:
    rows = [neighbour("channel_gate", "affine", 0.5, None), neighbour("channel_gate", "conv1d_3", None, None)]
    claim = around_blocks(replace(measurement("p", 3), neighbours={3: rows}), "")
    assert claim.headline == "On p, another operation in one slot surely betters block 3 in none of 2 ways."
    assert "Of the neighbours of block 3 none is worse; the best has affine as channel_gate, +0.500 nats." in claim.text
    nothing = around_blocks(replace(measurement("p", 3), neighbours={3: rows[1:]}), "")
    assert "Of the neighbours of block 3 none is worse." in nothing.text
