from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.latency import Setting, find_trunk, read_timings, seconds_of, write_timings
from tests.latency.fakes import CONDITIONS, SMALL, fake_parts, fake_timings

TRUNK = find_trunk(SMALL)


def test_what_was_written_is_read_again_and_percentiles_are_those_of_the_repetitions(tmp_path: Path) -> None:
    path, timings = tmp_path / "shelf" / "timings.parquet", fake_timings()
    write_timings(path, reversed(timings))
    found = {timing.part: timing for timing in read_timings(path)}
    assert len(found) == len(timings)
    for timing in timings:
        other = found[timing.part]
        assert other.seconds == pytest.approx(timing.seconds)
        assert replace(other, seconds=timing.seconds) == timing
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT p50, p95, repetitions, seconds FROM read_parquet(?)", [str(path)]).fetchall()
    for p50, p95, repetitions, seconds in rows:
        assert (p50, p95) == pytest.approx((np.median(seconds), np.quantile(seconds, 0.95)))
        assert repetitions == len(seconds) == 3


def test_the_same_timings_give_the_same_bytes_and_a_timing_without_repetitions_is_left_out(tmp_path: Path) -> None:
    first, second, timings = tmp_path / "first.parquet", tmp_path / "second.parquet", fake_timings()
    write_timings(first, timings)
    write_timings(second, [replace(timings[0], conditions=replace(CONDITIONS, processor="none"), seconds=[]), *timings[::-1]])
    assert first.read_bytes() == second.read_bytes()


def test_medians_are_taken_for_the_setting_that_is_asked_for() -> None:
    large = replace(CONDITIONS, setting=Setting(batch=32))
    timings = [*fake_timings(), *fake_timings(conditions=large, scale=1e-3)]
    assert seconds_of(timings, TRUNK, Setting()) == (CONDITIONS, pytest.approx(fake_parts()))
    assert seconds_of(timings, TRUNK, Setting(batch=32)) == (large, pytest.approx(fake_parts(scale=1e-3)))


def test_of_two_machines_the_last_one_that_is_complete_counts() -> None:
    early, late = (replace(CONDITIONS, processor=name) for name in ("early", "late"))
    first, last = fake_timings(conditions=early, at="2026-01-01"), fake_timings(conditions=late, at="2026-02-01")
    assert seconds_of([*last, *first], TRUNK, Setting())[0] == late
    assert seconds_of([*last[1:], *first], TRUNK, Setting())[0] == early


def test_missing_parts_are_counted_and_the_command_that_times_them_is_named() -> None:
    with pytest.raises(RequestError) as caught:
        seconds_of(fake_timings()[4:], TRUNK, Setting())
    options = "--batch 1 --device cpu --threads 1 --clock thread"
    assert str(caught.value) == (
        f"126 of the 130 parts of {SMALL} were timed with {options}; time them with: "
        f"python -m sase_bench.latency measure --trunks {SMALL} {options}"
    )


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "timings.parquet"
    path.write_text("something else")
    with pytest.raises(RequestError, match="is not a file of timings"):
        read_timings(path)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS slot) TO '{path}' (FORMAT parquet)")
    with pytest.raises(RequestError, match="is not a file of timings"):
        read_timings(path)
    assert read_timings(tmp_path / "none.parquet") == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 0}, "--batch and --threads are at least 1, got 0 and 1"),
        ({"threads": 0}, "--batch and --threads are at least 1, got 1 and 0"),
        ({"threads": 2}, "the clock thread takes --device cpu and --threads 1, got cpu and 2; use --clock wall"),
        ({"device": "cuda"}, "the clock thread takes --device cpu and --threads 1, got cuda and 1; use --clock wall"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        Setting(**values)  # type: ignore[arg-type]
    assert str(caught.value) == message
