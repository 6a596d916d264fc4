"""The project's sessions. All set-up is here: `pip install uv && uvx nox -s SESSION` is enough on a machine with Python."""

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True

DEV = nox.project.load_toml("pyproject.toml")["dependency-groups"]


def prepare(session: nox.Session, *packages: str) -> None:
    """Install, and let Python keep the byte code of torch even where the environment says not to: importing it is slow."""
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.env["OMP_NUM_THREADS"] = "1"
    session.install(*packages)


@nox.session
def demo(session: nox.Session) -> None:
    """The main job on real input: train some blocks, ask for the best, search on with a predictor: minutes on two cores."""
    prepare(session, "-e", ".[search,train]")
    session.run("python", "-m", "sase_bench.sweep", *session.posargs)
    session.run("python", "-m", "sase_bench.query", "summary")
    session.run("python", "-m", "sase_bench.query", "top 10 by top1")
    session.run("python", "-m", "sase_bench.bo", "--live", "--evaluations", "28")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite, on all cores; arguments behind `--` go to pytest."""
    prepare(session, "-e", ".[all,rivals]", *DEV["tests"])
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The tests that take their time: kill -9 of a sweep at twenty random moments, a Ray cluster that loses nodes."""
    prepare(session, "-e", ".[all,scale]", *DEV["tests"])
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kills, full disks, damaged files, hostile text: at most 20 minutes on two cores. Writes docs/faults.md."""
    prepare(session, "-e", ".[train]", *DEV["tests"])
    session.run("pytest", "-m", "faults", "tests/faults", "--figures", "docs/faults.md", *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13"])
def versions(session: nox.Session) -> None:
    """The suite on each Python that the package names; arguments behind `--` go to pytest."""
    prepare(session, "-e", ".[all]", *DEV["tests"])
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *session.posargs)


#: The table side: what needs neither torch nor the search libraries.
TABLE = [
    "tests/answers",
    "tests/database",
    "tests/query",
    "tests/benchmark",
    "tests/statistics",
    "tests/test_space.py",
    "tests/test_record.py",
]


@nox.session
def lowest(session: nox.Session) -> None:
    """The table side with the oldest releases of the dependencies that pyproject.toml allows."""
    session.env["UV_RESOLUTION"] = "lowest-direct"
    alone = [name for name in DEV["tests"] if name.startswith(("hypothesis", "pytest"))]
    prepare(session, "-e", ".", "pyarrow>=16", *alone)
    session.run("pytest", *(session.posargs or TABLE))


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches that the suite reaches; arguments behind `--` go to pytest."""
    prepare(session, "-e", ".[all]", *DEV["tests"], *DEV["coverage"])
    report = ["--cov=sase_bench", "--cov-branch", "--cov-report=term:skip-covered"]
    session.run("pytest", "-n", "auto", *report, *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Small changes to code that a test should notice, see `tool.mutmut`; behind `--`, mutants: `sase_bench.space*`.

    They are made in `mutants/`, a copy. `mutmut show NAME` there shows one that no test noticed.
    """
    prepare(session, "-e", ".[all]", *DEV["tests"], *DEV["mutants"])
    session.run("mutmut", "run", *session.posargs)
    session.run("mutmut", "results")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting and types."""
    prepare(session, "-e", ".[all]", *DEV["lint"])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session
def bench(session: nox.Session) -> None:
    """Benchmarks: medians of several runs on this machine, never asserted."""
    prepare(session, "-e", ".[all]", *DEV["bench"])
    session.run(
        "pytest",
        "benchmarks",
        "-m",
        "",
        "-o",
        "testpaths=benchmarks",
        "--benchmark-columns=min,median,max,rounds",
        *session.posargs,
    )
    session.run("python", "-m", "benchmarks.throughput")


@nox.session
def scale(session: nox.Session) -> None:
    """What a sweep costs beside its training, alone and on Ray. Writes docs/scale.md."""
    prepare(session, "-e", ".[all,scale]", *DEV["tests"])
    session.run("python", "-m", "benchmarks.scale", *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """Render `reports/` from a table; arguments behind `--` go to `sase_bench.report`."""
    prepare(session, "-e", ".[report]")
    session.run("python", "-m", "sase_bench.report", *session.posargs)


@nox.session(reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it alone, and use it from an empty folder: first to read, then to train."""
    built = Path(session.create_tmp()) / "dist"
    shutil.rmtree(built, ignore_errors=True)
    session.run("uv", "build", "--wheel", "--out-dir", str(built), external=True)
    (path,) = built.resolve().glob("*.whl")
    prepare(session, str(path))
    check = (
        "import importlib.metadata as m, pathlib; "
        "tops = {p.parts[0] for p in m.files('sase-bench') if not p.parts[0].endswith('.dist-info')}; "
        "assert tops == {'sase_bench'}, tops; print('top-level names:', *tops)"
    )
    session.run("python", "-c", check)
    is_released = any(Path("database").glob("*.parquet"))
    empty = path.parents[1] / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir()
    with session.chdir(empty):
        session.run("python", "-m", "sase_bench.proxies")
        session.run("python", "-m", "sase_bench.query", "top 10 by top1", success_codes=[0 if is_released else 2])
        session.run("python", "-m", "sase_bench.sweep", "--plan", "random:2", success_codes=[2])
        session.install(f"sase-bench[train] @ {path.as_uri()}")
        session.run("python", "-m", "sase_bench.sweep", "--plan", "random:2", "--seeds", "1")
        session.run("python", "-m", "sase_bench.query", "top 10 by top1")
        session.run("python", "-m", "sase_bench.database", "check")
