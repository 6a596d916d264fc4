"""`python -m sase_bench` lists what there is, and loads none of it."""

import subprocess
import sys
from pathlib import Path

import pytest

import sase_bench
from sase_bench.__main__ import commands, main


def test_every_command_is_listed_with_what_it_does() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-m", "sase_bench"], capture_output=True, text=True, check=True)
    listed = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    there = sorted(path.parent.name for path in Path(sase_bench.__file__).parent.glob("*/__main__.py"))
    assert [name for _, _, name, _ in listed] == [f"sase_bench.{name}" for name in there]
    assert all(said.endswith(".") and said[0].islower() for *_, said in listed)
    assert done.stderr == ""


def test_no_command_is_loaded_for_the_list() -> None:
    code = "import sys; from sase_bench.__main__ import main; main([]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert not {f"sase_bench.{name}.__main__" for name in commands()} & set(loaded)
    assert not {"duckdb", "torch", "scipy"} & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "--dry-run"], "a command is a module of its own; write: python -m sase_bench.sweep"),
        (["swep"], "unknown command 'swep'; did you mean sweep?"),
    ],
)
def test_a_command_is_a_module_of_its_own(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"sase_bench: {message}\n"
