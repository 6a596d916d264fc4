import pytest

from sase_bench.errors import RequestError
from sase_bench.sweep.duration import duration, read_duration


def test_times_are_read_and_told() -> None:
    assert (read_duration("90s"), read_duration("30m"), read_duration("1.5H")) == (90, 1800, 5400)
    assert [duration(s) for s in (45, 720, 12_000, 200_000)] == ["45 s", "12 min", "3.3 h", "2.3 days"]


@pytest.mark.parametrize("text", ["", "30", "m", "0s", "-5m", "1e9h", "5 days"])
def test_times_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="a time is a number with s, m or h"):
        read_duration(text)
