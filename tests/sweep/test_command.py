"""`python -m sase_bench.sweep` as a user meets it."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sase_bench.database import Store, connect, read_shard
from sase_bench.database.shard_writer import keys_of
from sase_bench.errors import RequestError
from sase_bench.recipes import PROXIES
from sase_bench.sweep.__main__ import main
from sase_bench.sweep.target import Target
from tests.records import DIGITS, made_up, unfinished

COMMAND = [sys.executable, "-m", "sase_bench.sweep"]


def runs_in(path: Path) -> list[tuple[object, ...]]:
    with connect(path) as table:
        return table.execute("SELECT arch, seed, status FROM runs ORDER BY seed, arch").fetchall()


def test_a_sweep_trains_what_is_planned_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    command = [*COMMAND, "--plan", "0", "1", "--seeds", "1", "--workers", "2", "--device", "cpu"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (first.returncode, first.stdout) == (0, "sase-bench.duckdb: 2 of 2 planned runs (2 ok in this sweep)\n")
    assert "2/2" in first.stderr
    assert "best 0." in first.stderr
    assert runs_in(tmp_path / "sase-bench.duckdb") == [(0, 0, "ok"), (1, 0, "ok")]
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (again.returncode, again.stdout) == (0, "sase-bench.duckdb: 2 of 2 planned runs (nothing to do in this sweep)\n")
    dry = subprocess.run([*command[:-2], "--dry-run", "--seeds", "2"], cwd=tmp_path, capture_output=True, text=True)
    lines = dry.stdout.splitlines()
    assert (dry.returncode, lines[1]) == (0, "plan: 2 blocks, 4 runs, 2 of them already in sase-bench.duckdb")
    assert dry.stderr == "sweep: a few blocks are trained for a few steps now, to say how long all would take\n"
    assert lines[2].startswith("to do: 2 runs, about ")
    assert lines[2].endswith("s a run, from 2 timed blocks)")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sase-bench.duckdb", "sase-bench.duckdb.lock"]


def test_a_shelf_needs_no_duckdb(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['duckdb'] = sys.modules['pebble'] = None; from sase_bench.sweep.__main__ import main; "
        f"sys.exit(main(['--plan', '0', '--seeds', '2', '--shelf', {str(tmp_path)!r}, '--executor', 'inline', "
        "'--device', 'cpu']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}: 2 of 2 planned runs (2 ok in this sweep)\n"), done.stderr
    assert keys_of(tmp_path, DIGITS) == [(0, "digits", 0), (0, "digits", 1)]
    assert {record.path for record in read_shard(tmp_path / "digits.parquet") if not isinstance(record, RequestError)} == {
        "fused"
    }


@pytest.mark.parametrize("option", ["--db", "--shelf"])
def test_runs_that_failed_are_made_again_with_a_switch(tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "place"
    with Target(place, is_shelf=option == "--shelf").open([DIGITS]) as sink:
        sink.append(unfinished(0, status="failed"))
        sink.append(made_up(1))
    command = ["--plan", "0", "1", "--seeds", "1", "--executor", "inline", "--device", "cpu", option, str(place)]
    assert main(command) == 0
    assert main([*command, "--retry-failed", "--dry-run"]) == 0
    assert main([*command, "--retry-failed"]) == 0
    assert main([*command, "--retry-failed"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{place}: 2 of 2 planned runs (nothing to do in this sweep)"
    assert lines[2] == f"plan: 2 blocks, 2 runs, 1 of them already in {place}"
    assert lines[3].startswith("to do: 1 runs, about ")
    assert lines[4:] == [
        f"{place}: 2 of 2 planned runs (1 ok in this sweep)",
        f"{place}: 2 of 2 planned runs (nothing to do in this sweep)",
    ]
    assert runs_in(place) == [(0, 0, "ok"), (1, 0, "ok")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_ends_with_130_and_one_line(tmp_path: Path, number: signal.Signals) -> None:
    command = [*COMMAND, "--plan", "all", "--workers", "1", "--device", "cpu"]
    sweep = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal, table = tmp_path / "sase-bench.duckdb.journal", tmp_path / "sase-bench.duckdb"
    deadline = time.monotonic() + 120
    while not (journal.exists() or (table.exists() and runs_in(table))):
        assert sweep.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    sweep.send_signal(number)
    out, err = sweep.communicate(timeout=60)
    assert (sweep.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "the same command goes on" in err.splitlines()[-2]
    assert err.splitlines()[-1] == "sweep: interrupted"
    assert len(runs_in(table)) >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--proxy", "mnist"], f"unknown proxy 'mnist'; there are {len(PROXIES)} of them, digits first; to list them: "),
        (["--proxy", "cifar10-8", "--data", "nowhere"], "there is no folder 'nowhere' with cifar10; fetch it with --data"),
        (["--proxy", "cifar10-8"], "cifar10 is not part of the package; say where it is with --data DIR"),
        (["--space", "half"], "argument --space: invalid choice: 'half'"),
        (["--plan", "gap/affine/affine/gap/gap"], "an architecture is six operation names joined by '/' or an index, got 5"),
        (["--plan", "gap/affine/affine/gap/gap/conv_9x9"], "unknown spatial_excite operation 'conv_9x9'; choose from conv"),
        (["--plan", "random:9999"], "the tied space holds 2401 architectures, a sample of 9999 was asked for"),
        (["--seeds", "none"], "seeds are a count (3) or a list (0,1,2), got 'none'"),
        (["--budget", "soon"], "a time is a number with s, m or h (90s, 30m, 2h), got 'soon'"),
        (["--limit", "never"], "a time is a number with s, m or h (90s, 30m, 2h), got 'never'"),
        (["--limit", "9s", "--executor", "inline"], "--limit goes with --executor local or ray, got --executor inline"),
        (["--workers", "0"], "--workers is at least 1, got 0"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["--db", "."], "'.' is a folder, not a table"),
        (["--db", "file/table.duckdb"], "cannot write to 'file': "),
        (["--db", "/proc/table.duckdb"], "cannot write to '/proc': "),
        (["--db", "file"], "'file' cannot be read as a DuckDB file"),
        (["--db", ".", "--dry-run"], "'.' is a folder, not a table; name a file with --db, or fill shards with --shelf ."),
        (["--db", "file/table.duckdb", "--dry-run"], "cannot write to 'file': "),
        (["--db", "file", "--dry-run"], "'file' cannot be read as a DuckDB file"),
        (["--shelf", "file", "--dry-run"], "cannot write to 'file': "),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)  # fmt: skip
def test_bad_requests_get_one_line_and_status_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SASE_BENCH_DATA", raising=False)
    (tmp_path / "file").write_text("no table " * 1000)
    assert main(arguments) == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line and not line.startswith(("\r", "cifar10-8:"))]
    assert len(err) == 1
    assert err[0].startswith(f"sweep: {message}")
    assert (tmp_path / "file").read_text() == "no table " * 1000


def test_two_sweeps_do_not_write_to_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store(tmp_path / "sase-bench.duckdb", [DIGITS]):
        assert main([]) == 2
    assert capsys.readouterr().err == (
        "sweep: another process is writing to 'sase-bench.duckdb'; wait for it, or write elsewhere\n"
    )


@pytest.mark.slow
def test_a_sweep_killed_at_twenty_moments_makes_every_run_once(tmp_path: Path) -> None:
    """Each start goes on where the last one was killed; 50 questions asked meanwhile get 50 answers."""
    moments = random.Random(20261122)
    command = [*COMMAND, "--plan", "random:70", "--seeds", "1", "--device", "cpu"]
    known, answers = rows_in(tmp_path), 0
    for kill in range(20):
        sweep = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if kill % 2:  # somewhere between the start of the program and the end of its first runs
            time.sleep(moments.uniform(0.0, 8.0))
        else:  # after it has got on, while it trains, writes or publishes
            while sweep.poll() is None and len(rows_in(tmp_path)) == len(known):
                answers += asked(tmp_path) if known and answers < 50 else 0
                time.sleep(0.1)
            time.sleep(moments.uniform(0.0, 3.0))
        sweep.kill()
        sweep.wait()
        now = rows_in(tmp_path)
        assert known <= now  # nothing lost, and nothing trained anew: the time a run started would be another
        known = now
    assert 10 <= len(known) < 70
    final = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while answers < 50:
        answers += asked(tmp_path)
    out, _ = final.communicate()
    assert (final.returncode, out.startswith("sase-bench.duckdb: 70 of 70 planned runs")) == (0, True)
    rows = rows_in(tmp_path)
    assert known <= rows
    assert len({row[:2] for row in rows}) == len(rows) == 70
    check = subprocess.run([sys.executable, "-m", "sase_bench.database", "check"], cwd=tmp_path, capture_output=True, text=True)
    assert (check.returncode, check.stdout) == (0, "sase-bench.duckdb: whole\n")


def rows_in(folder: Path) -> set[tuple[object, ...]]:
    """What tells one training from another, for every run in the published table."""
    path = folder / "sase-bench.duckdb"
    if not path.exists():
        return set()
    with connect(path) as table:
        return set(table.execute("SELECT arch, seed, started_at, train_seconds, val_loss FROM runs").fetchall())


def asked(folder: Path) -> int:
    question = [sys.executable, "-m", "sase_bench.query", "top 10 by top1", "--format", "json"]
    answer = subprocess.run(question, cwd=folder, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert 1 <= len(json.loads(answer.stdout)) <= 10
    return 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("rest", [[], ["--dry-run"]])
def test_a_device_that_is_not_there_is_refused_before_anything_else(
    rest: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--device", "cuda", *rest]) == 2
    assert capsys.readouterr() == ("", "sweep: there is no CUDA device on this machine; use --device cpu\n")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_a_run_of_two_entries_once_and_leaves_out_what_has_no_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = '[[entry]]\nproxy = "{}"\nspace = "tied"\nplan = ["0"]\nseeds = "{}"\nwhy = "a test"\n'
    plan = tmp_path / "plan.toml"
    plan.write_text(entry.format("digits", 2) + entry.format("cifar10-8", 9) + entry.format("digits", 3))
    assert main(["--plan", str(plan), "--dry-run", "--workers", "2", "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    plans = [line for line in out.splitlines() if line.startswith("plan")]
    assert plans == [
        f"plan: 1 blocks, 2 runs, 0 of them already in {tmp_path} or planned before",
        f"plan: 1 blocks, 3 runs, 2 of them already in {tmp_path} or planned before",
    ]
    assert err.splitlines()[0].startswith("sweep: left out 1 of the 3 entries of the plan: cifar10 is not part of the package")
    plan.write_text(entry.format("cifar10-8", 9))
    assert main(["--plan", str(plan), "--dry-run"]) == 2
    assert capsys.readouterr().err.startswith("sweep: cifar10 is not part of the package; ")
