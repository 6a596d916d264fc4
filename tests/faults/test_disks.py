"""Disks that are full, and folders that may not be written to."""

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sase_bench.database import Store
from tests.faults import programs
from tests.faults.programs import TABLE, end, rows_in, start
from tests.records import DIGITS, made_up


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """A file system at `folder`, where this process may mount one."""
    if shutil.which("mount") is None or subprocess.run(["mount", *options, str(folder)], capture_output=True).returncode:
        pytest.skip(f"this process may not mount: mount {' '.join(options)}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_ends_a_sweep_with_one_line_and_loses_nothing(tmp_path: Path, figure: Callable[..., None]) -> None:
    """The disk is full at another moment each time: when the table is made, in the journal, or while a copy is written."""
    sizes, moments = [0.5, 5, 9, 9.5, 10, 11, 12, 13, 14, 16], random.Random(5)
    refused = whole = 0
    for size in sizes:
        disk = tmp_path / f"disk-{size}"
        disk.mkdir()
        with mounted(disk, "-t", "tmpfs", "-o", f"size={int(size * 1024)}k", "tmpfs"):
            (disk / "filling").write_bytes(bytes(moments.randrange(100_000)))
            known = rows_in(disk)
            for _ in range(2):
                status, out, err = end(start(disk, "--plan", "all", "--budget", "6s", seconds=0.02))
                assert status in (0, 2), (out, err)
                assert "Traceback" not in err, err
                assert status == 0 or "No space left on device" in err or "not enough space" in err.lower(), err
                refused += status == 2
                assert known <= rows_in(disk)
                known = rows_in(disk)
            saved = tmp_path / f"saved-{size}"  # what was in the journal is taken where there is room
            shutil.copytree(disk, saved)
        if (saved / TABLE).exists():
            with Store(saved / TABLE) as store:
                assert len(store.keys) >= len(known)
            assert known <= rows_in(saved)
            assert programs.is_whole(saved)
            whole += 1
    assert refused
    assert whole
    found = f"{refused} sweeps ended with status 2 and one line, the others fitted; whole on each of {whole} disks"
    figure("a disk of 0.5 to 16 MiB that is full", 2 * len(sizes), found)


@pytest.mark.parametrize("bound", [200_000, 4_000_000, 4_600_000])
def test_a_file_that_may_grow_no_more_is_a_full_disk(tmp_path: Path, bound: int, figure: Callable[..., None]) -> None:
    """RLIMIT_FSIZE, for machines where nothing can be mounted: a table of 4.4 MB, or its copy, does not fit."""
    with Store(tmp_path / TABLE, [DIGITS]) as store:
        store.append(made_up(1))
    code = (
        "import resource, sys; from pathlib import Path; from sase_bench.database.__main__ import main\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({bound}, {resource.RLIM_INFINITY}))\n"
        "sys.exit(main(['merge', 'digits.parquet', '--db', sys.argv[1]]))"
    )
    made = subprocess.run(
        [sys.executable, "-m", "sase_bench.database", "export", "digits.parquet"],
        cwd=tmp_path, env=programs.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    for name in ("other.duckdb", TABLE):
        done = subprocess.run(
            [sys.executable, "-c", code, name], cwd=tmp_path, env=programs.environment(), capture_output=True, text=True
        )
        assert done.returncode in (0, 2), done.stderr
        assert "Traceback" not in done.stderr
    assert programs.is_whole(tmp_path)
    assert len(rows_in(tmp_path)) == 1
    figure(f"files that may not grow beyond {bound / 1e6:g} MB", 2, "status 0 or 2, one line, the table as it was; whole")


def test_a_folder_that_may_not_be_written_to_can_be_read(tmp_path: Path, figure: Callable[..., None]) -> None:
    """A mount that is read-only binds root as well."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
        with Store(folder / TABLE, [DIGITS]) as store:
            for arch in range(5):
                store.append(made_up(arch))
        sweep = start(folder, "--plan", "all", seconds=0.2)
        from tests.faults.test_kills import wait_for_runs

        wait_for_runs(sweep, folder, rows_in(folder))
        for _ in range(100):  # busy while a file is open for writing
            if not subprocess.run(["mount", "-o", "remount,ro", str(folder)], capture_output=True).returncode:
                break
        status, out, err = end(sweep)
        assert (status, out) == (2, "")
        assert "Traceback" not in err, err
        assert "Read-only file system" in err
        runs = len(rows_in(folder))
        assert runs >= 5
        assert programs.is_whole(folder)
        assert programs.query(folder, "top 3 by loss")[0] == 0
        status, _, err = end(start(folder, "--plan", "all", seconds=0.2))
        assert (status, "Traceback" in err) == (2, False), err
        assert "cannot write" in err
        assert programs.check(folder, "--db", "elsewhere.duckdb")[0] == 2
    figure(
        "a folder that turns read-only under a sweep", 2, "sweeps ended with status 2 and one line, questions answered; whole"
    )
    assert os.path.isdir(folder)
