from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.latency import Setting, find_trunk, parts_of, read_timings
from sase_bench.latency.timing import parts as timing
from sase_bench.latency.timing.networks import Call
from sase_bench.latency.timing.parts import measure_parts
from tests.latency.fakes import SMALL

TRUNK = find_trunk(SMALL)
PARTS = parts_of(TRUNK)


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every visit takes one repetition of one second, and leaves the name of its part."""
    visited: list[str] = []

    def visit_of(call: Call, device: torch.device, clock: str, before: float | None) -> list[float]:
        visited.append(str(call))
        return [1.0]

    monkeypatch.setattr(timing, "part_call", lambda part, batch, inputs: f"{part} {batch}")
    monkeypatch.setattr(timing, "visit", visit_of)
    return visited


def test_every_part_is_timed_in_every_round_and_kept_with_its_conditions(tmp_path: Path, ticking: list[str]) -> None:
    path, settings = tmp_path / "timings.parquet", [Setting(), Setting(batch=2)]
    found = measure_parts(path, [TRUNK], settings, passes=3)
    turn = [f"{part} {batch}" for batch in (1, 2) for part in PARTS]
    assert ticking == turn * 3
    assert [(timing.passes, timing.seconds) for timing in found] == [(3, [1.0] * 3)] * 2 * len(PARTS)
    kept = read_timings(path)
    assert {(timing.part, timing.conditions.setting) for timing in kept} == {
        (part, item) for part in PARTS for item in settings
    }
    (conditions,) = {replace(timing.conditions, setting=Setting()) for timing in kept}
    assert conditions.torch_version == torch.__version__
    assert all(timing.measured_at and timing.package_version and timing.calls == 1 for timing in kept)


def test_trunks_share_the_parts_of_the_shapes_that_they_share(tmp_path: Path, ticking: list[str]) -> None:
    colours = find_trunk("resnet8-w8-8px-3x10")
    found = measure_parts(tmp_path / "timings.parquet", [TRUNK, colours], [Setting()], passes=1)
    assert len(found) == len(PARTS) + 1 == len(ticking)


def test_an_interrupted_measurement_keeps_what_it_has_and_goes_on_there(
    tmp_path: Path, ticking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, stop = tmp_path / "timings.parquet", len(PARTS) + 10

    def interrupt(done: int, planned: int) -> None:
        assert planned == 3 * len(PARTS)
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_parts(path, [TRUNK], [Setting()], passes=3, report=interrupt)
    kept = read_timings(path)
    assert sum(timing.passes for timing in kept) == sum(len(timing.seconds) for timing in kept) == stop
    before = len(ticking)
    progress: list[tuple[int, int]] = []
    measure_parts(path, [TRUNK], [Setting()], passes=3, report=lambda done, planned: progress.append((done, planned)))
    left = 3 * len(PARTS) - stop
    assert len(ticking) - before == left
    assert progress[-1] == (left, left)
    assert {timing.passes for timing in read_timings(path)} == {3}
    measure_parts(path, [TRUNK], [Setting()], passes=3)
    assert len(ticking) == 3 * len(PARTS)


def test_other_rows_of_the_file_stay(tmp_path: Path, ticking: list[str]) -> None:
    path = tmp_path / "timings.parquet"
    measure_parts(path, [TRUNK], [Setting()], passes=1)
    measure_parts(path, [TRUNK], [Setting(clock="wall")], passes=1)
    assert {timing.conditions.setting.clock for timing in read_timings(path)} == {"thread", "wall"}
    assert len(read_timings(path)) == 2 * len(PARTS)


def test_a_real_measurement_has_positive_seconds(tmp_path: Path) -> None:
    found = measure_parts(tmp_path / "timings.parquet", [TRUNK], [Setting()], passes=1)
    assert all(1 <= len(timing.seconds) <= 10 and min(timing.seconds) > 0 for timing in found)
    assert all(0 < timing.p50 <= timing.p95 for timing in found)


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_timed(tmp_path: Path, ticking: list[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write"):
        measure_parts(tmp_path / "file" / "timings.parquet", [TRUNK], [Setting()], passes=1)
    assert ticking == []
