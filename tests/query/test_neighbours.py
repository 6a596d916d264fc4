"""`neighbours BLOCK by METRIC`: done by hand on runs whose scores are multiples of 1/32."""

from pathlib import Path

import numpy as np
import pytest

from sase_bench.cost import cost_in
from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.space import Architecture, Space
from tests.query.tables import run, write
from tests.records import DIGITS, unfinished

#: A tied block; with another spatial excite, with another channel excite in one of its two slots, and in both.
CENTRE, EXCITE, GATE, BOTH = 0, 3, 343, 2744

#: (block, seed) → loss. The second seed is 1/4 kinder than the first to all, but for the noise.
LOSSES = {
    (CENTRE, 0): 1.0, (CENTRE, 1): 0.75,
    (EXCITE, 0): 0.75, (EXCITE, 1): 0.5,
    (GATE, 1): 0.75,
    (BOTH, 0): 1.0, (BOTH, 1): 0.8125,
}  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    records = [run(arch, seed, 1 - loss / 2, loss, 1.0) for (arch, seed), loss in LOSSES.items()]
    return write(tmp_path / "table.duckdb", [*records, unfinished(1), run(5 * 2401, 0, 0.5, 0.5, 1.0)])


def test_the_blocks_of_this_test_are_what_it_says() -> None:
    found = {arch: Architecture(arch).operations for arch in (EXCITE, GATE, BOTH)}
    changed = {
        arch: [slot for slot, name in operations.items() if name != Architecture(CENTRE).operations[slot]]
        for arch, operations in found.items()
    }
    assert changed == {EXCITE: ["spatial_excite"], GATE: ["channel_gate"], BOTH: ["channel_excite", "channel_gate"]}
    assert Architecture(BOTH).is_tied


def test_neighbours_are_told_by_what_they_gain_whatever_seeds_they_have(table: Path) -> None:
    found = ask(f"neighbours {CENTRE} by loss", db=table)
    rows = [row[6:12] for row in found.rows]
    levels = 11 / 48  # seed 0 less seed 1: the mean of 1/4, 1/4 and 3/16, of the blocks with both
    gate = 0.75 + levels / 2 - 0.875
    assert found.rows[0][:6] == (CENTRE, str(Architecture(CENTRE)), "digits", "val_loss", 0.875, 2)
    assert rows[0] == ("channel_excite", Architecture(5 * 2401).operations["channel_excite"], 5 * 2401, 0.5, 1, rows[0][5])
    assert rows[1] == ("spatial_excite", Architecture(EXCITE).operations["spatial_excite"], EXCITE, 0.625, 2, 0.25)
    assert rows[2][:5] == ("channel_gate", Architecture(GATE).operations["channel_gate"], GATE, 0.75, 1)
    assert rows[2][5] == pytest.approx(-gate)
    assert len(rows) == 3  # BOTH differs in two slots, and 1 has no score
    for *_, gain, low, high, p in found.rows:
        assert low < gain < high
        assert 0 < p < 1
        assert gain - low == pytest.approx(high - gain)


def test_in_the_tied_space_slots_of_one_set_change_together(table: Path) -> None:
    found = ask(f"neighbors {CENTRE} by top1 in tied", db=table)  # as Americans write it
    assert [(row[6], row[8]) for row in found.rows] == [("spatial_excite", EXCITE), ("channel_excite", BOTH)]
    assert [row[11] for row in found.rows] == [pytest.approx(0.125), pytest.approx((0.875 - 0.90625) / 2)]
    assert "2 of 24 neighbours were measured" in found.notes[-2]
    assert "sweep --plan neighbours:0 --proxy digits" in found.notes[-2]


def test_what_all_come_to_is_counted_by_the_intervals(table: Path) -> None:
    note = next(note for note in ask(f"neighbours {CENTRE} by loss", db=table).notes if note.startswith("gain"))
    rows = ask(f"neighbours {CENTRE} by loss", db=table).records()
    better, worse = sum(row["gain_low"] > 0 for row in rows), sum(row["gain_high"] < 0 for row in rows)
    assert better > 0
    counted = f"by 95 % intervals {better} of 3 are better, {worse} worse, and 0.1 would be either by luck alone"
    assert note == f"gain: over block 0, larger is better; {counted}"


def test_exact_costs_have_no_intervals_to_count_by(table: Path) -> None:
    answer = ask(f"neighbours {CENTRE} by params", db=table)
    better, worse = (sum(sign * row["gain"] > 0 for row in answer.records()) for sign in (1, -1))
    note = next(note for note in answer.notes if note.startswith("gain"))
    assert note == f"gain: over block 0, larger is better; {better} of 3 are better, {worse} worse"


def test_the_luck_of_a_block_that_was_chosen_for_its_score_is_allowed_for(tmp_path: Path) -> None:
    """All blocks are alike, and the one asked for came out best: by intervals others are worse, in truth half of them are."""
    block = Architecture(54983)
    around = [arch.index for arch in Space("full").neighbours(block)]
    generator = np.random.default_rng(0)
    losses = generator.normal(1.0, 0.1, (len(around) + 1, 2))
    losses = losses[losses.mean(1).argsort()]
    runs = [
        run(arch, seed, 0.5, float(loss), 1.0)
        for arch, scores in zip([block.index, *around], losses, strict=True)
        for seed, loss in enumerate(scores)
    ]
    found = ask("neighbours 54983 by loss", db=write(tmp_path / "table.duckdb", runs))
    rows = found.records()
    worse = sum(row["gain_high"] < 0 for row in rows)
    assert worse > len(rows) / 4
    assert max(row["gain"] for row in rows) < 0
    assert 0.2 < np.mean([row["p_better"] for row in rows]) < 0.5
    surely = sum(row["p_better"] <= 0.05 for row in rows)
    assert surely < worse / 3
    said = (
        f"0 of 36 are better with 95% probability, {surely} worse, and {sum(row['p_better'] for row in rows):.1f} are better on"
    )
    assert said in found.notes[-1]


def test_costs_have_a_gain_without_noise(table: Path) -> None:
    found = ask(f"neighbours {CENTRE} by params", db=table)
    own, _ = cost_in(DIGITS.trunk, Architecture(CENTRE))
    gains = [own - cost_in(DIGITS.trunk, Architecture(row[8]))[0] for row in found.rows]
    assert [row[11:] for row in found.rows] == [(gain, gain, gain, None) for gain in gains]
    assert gains == sorted(gains, reverse=True)


def test_a_plan_of_neighbours_leaves_none_out(tmp_path: Path) -> None:
    around = Space("full").neighbours(Architecture(54983))
    path = write(tmp_path / "table.duckdb", [run(arch.index, 0, 0.5, 0.5, 1.0) for arch in (Architecture(54983), *around)])
    found = ask("neighbours 54983 by loss", db=path)
    assert sorted(row[8] for row in found.rows) == sorted(arch.index for arch in around)
    assert not [note for note in found.notes if "were measured" in note]
    assert {row[12] for row in found.rows} == {None}  # one seed tells nothing of the noise


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("neighbours 54983 by loss in tied", "block 54983 is not in the tied space; ask for its neighbours without: in tied"),
        ("neighbours 7 by loss", "block 7 has no run that ended ok on the proxy digits; train it with: "),
        ("neighbours 1 by loss", "block 1 has no run that ended ok on the proxy digits; 1 diverged"),
        ("neighbours 0", "the query ends too early; after '0' comes 'by'"),
    ],
)
def test_what_has_no_neighbours_is_refused(table: Path, query: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        ask(query, db=table)
    assert str(error.value).startswith(message)
