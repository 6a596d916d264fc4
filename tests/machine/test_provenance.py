from datetime import UTC, datetime

from sase_bench.machine.provenance import git_revision, provenance, utc_now
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS
from sase_bench.version import __version__


def test_the_columns_are_those_of_a_record() -> None:
    found = provenance(PROXIES["digits"], "a processor", 2)
    assert set(found) <= set(COLUMNS)
    assert (found["device"], found["threads"], found["package_version"]) == ("a processor", 2, __version__)
    assert found["recipe_hash"] == PROXIES["digits"].recipe_hash
    assert found["git_revision"] == git_revision()


def test_times_are_utc_to_the_millisecond() -> None:
    before = datetime.now(UTC)
    written = datetime.fromisoformat(utc_now())
    assert written.utcoffset() == UTC.utcoffset(None)
    assert abs((written - before).total_seconds()) < 60
    assert written.microsecond % 1000 == 0
