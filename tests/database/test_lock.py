"""Who may write, and what the others are told."""

import errno
import os
import re
import stat
from pathlib import Path

import pytest

from sase_bench.database.lock import Lock
from sase_bench.errors import RequestError


@pytest.mark.parametrize("place", ["file", "new/folders/file", "."])
def test_one_at_a_time_has_a_place(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    lock = Lock(path, Path("what"))
    opened = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        with pytest.raises(RequestError, match=r"^another process is writing to 'what'; wait for it, or write elsewhere$"):
            Lock(path, Path("what"))
    assert len(os.listdir("/proc/self/fd")) == opened
    lock.close()
    lock.close()
    Lock(path, Path("what")).close()


def test_whoever_the_mask_lets_can_read_and_write_the_file_of_a_lock_and_nobody_runs_it(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        Lock(tmp_path / "file", tmp_path)
        os.umask(0)
        Lock(tmp_path / "other", tmp_path)
    finally:
        os.umask(mask)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")] == [0o644, 0o666]


def test_a_lock_that_is_forgotten_is_given_back(tmp_path: Path) -> None:
    Lock(tmp_path / "file", tmp_path)
    Lock(tmp_path / "file", tmp_path).close()


def test_a_place_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").touch()
    for path in (tmp_path / "text" / "file", Path("/proc/file")):
        with pytest.raises(RequestError, match=f"^cannot write to {re.escape(repr(str(path.parent)))}: [A-Z]"):
            Lock(path, path)


def test_a_place_without_locks_is_not_taken_for_one_that_another_writes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(number: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("sase_bench.database.lock.fcntl.flock", none_left)
    opened = len(os.listdir("/proc/self/fd"))
    with pytest.raises(RequestError) as refused:
        Lock(tmp_path / "file", tmp_path)
    assert str(refused.value) == f"cannot lock '{tmp_path / 'file'}': No locks available; write to another file system"
    assert len(os.listdir("/proc/self/fd")) == opened
