"""The commands as processes, as a person starts them, and what they leave behind."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sase_bench.database import connect

ROOT = Path(__file__).parents[2]
TABLE = "sase-bench.duckdb"
Row = tuple[object, ...]


def environment(**told: object) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "SASE_BENCH_PRETEND": json.dumps(told)}


def start(
    folder: Path, *arguments: str, real: bool = False, variables: dict[str, str] | None = None, **told: object
) -> "Sweep":
    """A sweep in `folder`, with workers of its own session, so that all of them can be found and signalled."""
    program = ["-m", "sase_bench.sweep"] if real else [str(ROOT / "tests" / "faults" / "pretending.py")]
    command = [sys.executable, *program, "--seeds", "1", "--device", "cpu", "--workers", "2", *arguments]
    pipe = subprocess.PIPE
    env = environment(**told) | (variables or {})
    return subprocess.Popen(command, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


Sweep = subprocess.Popen[str]


def end(sweep: Sweep) -> tuple[int, str, str]:
    """Exit status, what it printed, and what it said on stderr without the progress bar."""
    out, err = sweep.communicate(timeout=600)
    lines = [line for line in err.replace("\r", "\n").splitlines() if line.startswith(("sweep:", "Traceback"))]
    return sweep.returncode, out.strip(), "\n".join(lines)


def workers_of(sweep: Sweep) -> list[int]:
    """The processes that train for a sweep: its children but the one that looks after multiprocessing's resources."""
    children: list[str] = []
    for thread in Path(f"/proc/{sweep.pid}/task").glob("*"):  # whichever of its threads started them
        with suppress(OSError):
            children += (thread / "children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in _command(child)]


def _command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def rows_in(folder: Path) -> set[Row]:
    """What tells one training from another, for every run in the published table."""
    path = folder / TABLE
    if not path.exists():
        return set()
    with connect(path) as table:
        return set(table.execute("SELECT arch, seed, started_at, train_seconds FROM runs").fetchall())


def check(folder: Path, *places: str) -> tuple[int, str]:
    """What `python -m sase_bench.database check` says. Never a traceback."""
    command = [sys.executable, "-m", "sase_bench.database", "check", *places]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def is_whole(folder: Path) -> bool:
    return check(folder) == (0, f"{TABLE}: whole\n")


def query(folder: Path, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "sase_bench.query", *words, "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def changed(content: bytes, generator: random.Random, *, low: int = 0) -> tuple[str, bytes]:
    """The content of a file after a fault of the disk: an end that is missing, or a bit that turned, behind `low` bytes."""
    place = generator.randrange(low, len(content))
    if generator.random() < 0.25:
        return f"cut at byte {place}", content[:place]
    turned = bytearray(content)
    turned[place] ^= 1 << generator.randrange(8)
    return f"a bit turned in byte {place}", bytes(turned)


def join(names: Sequence[str]) -> str:
    return ", ".join(names)
