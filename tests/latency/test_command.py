import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.latency import Setting, find_trunk, read_timings, write_timings
from sase_bench.latency.__main__ import main
from sase_bench.latency.filling import latency_of
from sase_bench.query import ask
from sase_bench.query.__main__ import main as query
from sase_bench.space import Space
from tests.latency.fakes import SMALL, fake_timings
from tests.records import DIGITS, made_up

TRUNK = find_trunk(SMALL)
COLOURS = "resnet8-w8-8px-3x10"
Run = Callable[..., int]


def test_from_nothing_to_a_table_that_answers(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("measure", "--passes", "1", "--batch", "1") == 0
    timings = read_timings(Path("database/latency/operations.parquet"))
    out, err = capsys.readouterr()
    repetitions = sum(len(timing.seconds) for timing in timings)
    assert out == f"database/latency/operations.parquet: 130 timings, {repetitions:,} repetitions\n"
    assert "130/130" in err
    assert run("check", "--blocks", "8", "--passes", "1") == 0
    assert run("check", "--blocks", "8", "--passes", "1", "--of", "blocks") == 0
    networks, blocks = (out.split()[-17:] for out in capsys.readouterr().out.rsplit("trunk", 1))
    assert (networks[:4], blocks[:4]) == ([SMALL, "networks", "1", "8"], [SMALL, "blocks", "1", "8"])
    assert (networks[-1] != "-", blocks[-1]) == (True, "-")
    assert run("compose") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines[2:]] == ["fastest", "median", "published", "slowest"]
    with Store(tmp_path / "sase-bench.duckdb", [DIGITS]) as store:
        store.append(made_up(0))
    assert run("fill") == 0
    (record,) = ask("top 5 by latency", db="sase-bench.duckdb").records()
    assert record["latency"] > 0


def test_a_proxy_whose_trunk_has_no_latency_says_so_and_names_the_trunks_that_have(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    write_timings(Path("database/latency/operations.parquet"), fake_timings(COLOURS))
    with Store(Path("sase-bench.duckdb"), [DIGITS]) as store:
        store.append(made_up(0))
    assert main(["fill", "--trunks", COLOURS]) == 0
    capsys.readouterr()
    assert query(["top 5 by latency"]) == 2
    assert capsys.readouterr().err == (
        f"query: latency has not been measured in {SMALL}, the trunk of the proxy digits; measure it with: "
        f"python -m sase_bench.latency measure --trunks {SMALL}, and then: "
        f"python -m sase_bench.latency fill --trunks {SMALL} --db sase-bench.duckdb; "
        "or take that of ResNet-50, timed for the release: "
        "python -m sase_bench.latency fill --trunks resnet50-224px-1000 --db sase-bench.duckdb; "
        f"the table has it for {COLOURS}: sql SELECT arch, latency FROM costs WHERE trunk = ...\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: ACTION; ACTION is one of check, compare, compose, fill, measure ("),
        (["guess"], "argument ACTION: invalid choice: 'guess'"),
        (["measure", "--trunks", "resnet34"], "unknown trunk 'resnet34'; choose from resnet20-"),
        (
            ["measure", "--trunks", "resnet8-local-w8"],
            "unknown trunk 'resnet8-local-w8'; choose from resnet8-local-w8-8px-1x10, ",
        ),
        (["measure", "--batch", "0"], "--batch and --threads are at least 1, got 0 and 1"),
        (["measure", "--passes", "0"], "--passes is at least 1, got 0"),
        (
            ["measure", "--clock", "thread", "--threads", "2"],
            "the clock thread takes --device cpu and --threads 1, got cpu and 2",
        ),
        (["measure", "--timings", "file/t.parquet"], "cannot write 'file/t.parquet'"),
        (["compose"], "there are no timings in 'database/latency/operations.parquet'; make some with: python -m "),
        (["check"], "there are no timings in 'database/latency/operations.parquet'; make some with: python -m "),
        (["check", "--blocks", "7"], "--blocks is at least 8, got 7"),
        (["check", "--blocks", "117650"], "there are no timings in"),
        (["fill"], "there are no timings in 'database/latency/operations.parquet'; make some with: python -m "),
        (["fill", "--batch", "1", "32"], "fill takes one --batch, that of the column latency; got 2"),
        (["fill", "--trunks", SMALL, "--timings", "small.parquet"], "there is no table 'sase-bench.duckdb'; make one with: "),
        (["fill", "--timings", "file"], "'file' is not a file of timings"),
        (["fill", "--timings", "small.parquet"], "0 of the 130 parts of resnet20-w16-32px-3x10 were timed with --batch 1"),
        (["check", "--timings", "small.parquet"], "0 of the 130 parts of resnet20-w16-32px-3x10 were timed with --batch 1"),
        (["compose", "--attention", "0", "se"], "compose takes blocks, got the module se, which is timed by: python -m "),
        (["compose", "--attention", "foo"], "unknown attention module 'foo'"),
        (["compose", "--timings", "small.parquet", "--checks", "file"], "'file' is not a file of checks"),
    ],
)
def test_bad_requests_get_one_line_and_status_2(
    arguments: list[str], message: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    write_timings(Path("small.parquet"), fake_timings())
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"latency: {message}")
    assert err.count("\n") == 1
    assert not Path("sase-bench.duckdb").exists()


def test_any_block_is_composed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write_timings(Path("timings.parquet"), fake_timings())
    setting = Setting(batch=1, device="cpu", threads=1, clock="thread")
    seconds, _ = latency_of(TRUNK, read_timings(Path("timings.parquet")), [], setting)
    assert run("compose", "--timings", "timings.parquet", "--attention", "111814", "sase", str(Space("full")[0])) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [int(row[-3]) for row in rows] == [111814, 54983, 0]
    for row in rows:
        arch = int(row[-3])
        assert float(row[-1]) == pytest.approx(seconds[arch], rel=1e-3)
        assert row[3:5] == ["place", f"{1 + int((seconds < seconds[arch]).sum()):,}"]


def test_a_missing_gpu_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run("measure", "--device", "cuda") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("latency: there is no CUDA device on this machine")


def test_an_interrupt_ends_with_130_and_says_what_is_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sase_bench.latency.timing import parts

    left = [50]

    def interrupted(*arguments: object) -> list[float]:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return [1.0]

    monkeypatch.setattr(parts, "visit", interrupted)
    assert run("measure", "--batch", "1") == 130
    said = capsys.readouterr().err.splitlines()[-2:]
    assert said[0] == "latency: stopped; what was timed is in database/latency/operations.parquet, the same command goes on"
    assert said[1] == "latency: interrupted"
    assert len(read_timings(Path("database/latency/operations.parquet"))) == 49


def test_without_torch_timings_can_be_composed_but_not_taken(run: Run) -> None:
    write_timings(Path("database/latency/operations.parquet"), fake_timings())
    hidden = (
        "import sys; sys.modules['torch'] = None; from sase_bench.latency.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", hidden, *arguments, "--trunks", SMALL]
        return subprocess.run(command, capture_output=True, text=True)

    assert without("compose").returncode == 0
    done = without("measure")
    assert (done.returncode, done.stderr) == (
        2,
        "latency: timing needs the extra 'train'; install it with: pip install 'sase-bench[train]'\n",
    )
