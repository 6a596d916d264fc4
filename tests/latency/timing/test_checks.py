import pytest

from sase_bench.latency import Setting, find_trunk
from sase_bench.latency.timing.checks import check
from sase_bench.space import Space
from tests.latency.fakes import SMALL, fake_parts

TRUNK = find_trunk(SMALL)


@pytest.mark.parametrize(("kind", "plain", "stages"), [("networks", 1, {None}), ("blocks", 0, {1, 2, 3})])
def test_a_check_times_what_it_composes(kind: str, plain: int, stages: set[int | None]) -> None:
    archs, progress = Space("full").sample(12, seed=1), list[tuple[int, int]]()
    rows = check(
        kind,  # type: ignore[arg-type]
        TRUNK, fake_parts(), archs, Setting(), passes=2, report=lambda done, planned: progress.append((done, planned)),
    )  # fmt: skip
    assert [row.arch for row in rows] == [None] * plain + [arch.index for arch in archs]
    assert progress[-1] == (2 * len(rows), 2 * len(rows))
    blocks = [row for row in rows if row.arch is not None]
    assert {row.stage for row in blocks} == stages
    assert sum(row.is_fit for row in blocks) == 6
    assert {(row.trunk, row.kind, row.conditions.setting) for row in rows} == {(SMALL, kind, Setting())}
    assert all(0 < row.p50 <= row.p95 and row.repetitions >= 6 for row in rows)


def test_both_halves_of_a_check_of_blocks_have_every_stage() -> None:
    rows = check("blocks", TRUNK, fake_parts(), Space("full").sample(12, seed=1), Setting(), passes=1)
    assert {(row.stage, row.is_fit) for row in rows} == {(stage, half) for stage in (1, 2, 3) for half in (True, False)}
