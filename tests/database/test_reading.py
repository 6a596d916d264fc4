import multiprocessing
import os
from pathlib import Path

import duckdb
import pytest

from sase_bench.database import reading as module
from sase_bench.database.reading import reading
from sase_bench.database.shard_writer import ShardWriter
from sase_bench.database.shelf import Shelf, open_shelf
from sase_bench.errors import RequestError
from tests.records import DIGITS, made_up


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The shelves that were really opened, none of them before."""
    found: list[Path] = []

    def counting(shelf: Shelf, *, copied: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
        found.append(shelf.path)
        return open_shelf(shelf, copied=copied)

    monkeypatch.setattr(module, "open_shelf", counting)
    monkeypatch.setattr(module, "_KEPT", [module._Kept()])
    return found


def fill(folder: Path, *archs: int) -> Path:
    with ShardWriter(folder, [DIGITS]) as shelf:
        for arch in archs:
            shelf.append(made_up(arch))
        shelf.publish()
    return folder


def archs_in(path: Path) -> list[int]:
    with reading(path) as table:
        return [arch for (arch,) in table.execute("SELECT arch FROM runs ORDER BY arch").fetchall()]


def test_a_shelf_is_opened_again_only_when_it_has_changed(tmp_path: Path, opened: list[Path]) -> None:
    path = fill(tmp_path / "shelf", 1, 2)
    assert [archs_in(path) for _ in range(3)] == [[1, 2]] * 3
    assert opened == [path]
    fill(path, 3)
    assert archs_in(path) == [1, 2, 3]
    assert len(opened) == 2
    (path / "digits.parquet").write_bytes(b"damaged")
    with pytest.raises(RequestError, match="is damaged: it does not match its checksum"):
        reading(path)


def test_another_folder_under_the_same_name_is_another_shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Path]
) -> None:
    for name, arch in (("one", 1), ("other", 2)):
        fill(tmp_path / name / "shelf", arch)
        monkeypatch.chdir(tmp_path / name)
        assert archs_in(Path("shelf")) == [arch]


def test_few_shelves_are_kept(tmp_path: Path, opened: list[Path]) -> None:
    paths = [fill(tmp_path / str(arch), arch) for arch in range(module._MOST + 1)]
    with reading(paths[0]) as first:
        assert [archs_in(path) for path in paths] == [[arch] for arch in range(len(paths))]
        assert first.execute("SELECT count(*) FROM runs").fetchone() == (1,)  # who still reads one goes on
    assert len(opened) == len(paths)
    archs_in(paths[-1])
    assert len(opened) == len(paths)
    archs_in(paths[0])
    assert len(opened) == len(paths) + 1


def test_what_is_no_shelf_is_opened_as_ever(tmp_path: Path) -> None:
    for name in ("nothing", "nothing.parquet", "table.duckdb"):
        with pytest.raises(RequestError, match="there is no table"):
            reading(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_opens_its_own(tmp_path: Path, opened: list[Path]) -> None:
    path = fill(tmp_path / "shelf", 1, 2)
    assert archs_in(path) == [1, 2]
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(archs_in, [path]).get(60) == [1, 2]
    assert archs_in(path) == [1, 2]
    assert len(opened) == 1  # in this process


def test_a_file_that_goes_away_meanwhile_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(tmp_path / "shelf", 1)

    def gone(folder: Path) -> list[os.DirEntry[str]]:
        raise FileNotFoundError(folder)

    monkeypatch.setattr(os, "scandir", gone)
    assert module._stamps(path) == ()
    monkeypatch.undo()
    assert archs_in(path) == [1]


def test_a_name_that_is_too_long_is_refused_as_ever() -> None:
    with pytest.raises(RequestError, match=r"cannot look at .*: File name too long"):
        reading(Path("x" * 5000 + ".parquet"))
