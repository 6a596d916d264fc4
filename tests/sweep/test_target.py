from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.sweep.target import Target
from tests.records import DIGITS, made_up, unfinished

OTHER = PROXIES["fashion-8"]


@pytest.mark.parametrize("is_shelf", [False, True], ids=["table", "shelf"])
def test_runs_that_are_there_are_known_by_proxy_without_changing_anything(tmp_path: Path, is_shelf: bool) -> None:
    target = Target(tmp_path / "deep" / "place", is_shelf)
    assert (target.keys(DIGITS), target.failed(DIGITS), list(tmp_path.iterdir())) == (set(), set(), [])
    target.path.parent.mkdir()
    runs = [made_up(1), unfinished(2, status="failed"), unfinished(3), made_up(1, proxy="fashion-8")]
    with target.open([DIGITS, OTHER]) as sink:
        for run in runs:
            sink.append(run)
    assert target.keys(DIGITS) == {run.key for run in runs[:3]}
    assert target.failed(DIGITS) == {runs[1].key}
    assert (target.keys(OTHER), target.failed(OTHER)) == ({runs[3].key}, set())


def test_a_folder_is_no_table_and_a_file_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=f"^'{tmp_path}' is a folder, not a table; name a file with --db, or fill shards "):
        Target(tmp_path).check()
    for target in (Target(tmp_path / "file" / "table.duckdb"), Target(tmp_path / "file", is_shelf=True)):
        with pytest.raises(RequestError, match=f"^cannot write to '{tmp_path}/file': Not a directory$"):
            target.check()
    for target in (Target(tmp_path / "new" / "table.duckdb"), Target(tmp_path, is_shelf=True)):
        target.check()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
