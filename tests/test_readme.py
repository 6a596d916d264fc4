"""The README's commands and code are those of the program."""

import re
import shlex
from pathlib import Path

import pytest

import sase_bench
from sase_bench.__main__ import commands
from sase_bench.database import Store
from tests.records import DIGITS, made_up
from tests.snapshots import ASSETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = sorted(
    {
        shlex.split(line, comments=True)[2].removeprefix("sase_bench."): None
        for line in re.findall(r"^python -m .*$", README, re.MULTILINE)
    }
)


def lines(module: str) -> list[list[str]]:
    found = re.findall(rf"^python -m sase_bench\.{module}\b.*$", README, re.MULTILINE)
    return [shlex.split(line, comments=True)[3:] for line in found]


def test_every_command_is_documented() -> None:
    modules = {path.parent.name for path in Path(sase_bench.__file__).parent.glob("*/__main__.py")}
    assert modules == set(commands())
    assert modules <= set(re.findall(r"python -m sase_bench\.(\w+)", README)) | {"report"}
    assert "nox -s report" in (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("module", COMMANDS)
def test_options_in_the_readme_exist(module: str) -> None:
    """Of a command with several actions, those of the action."""
    usages = (ASSETS / "help" / f"{module}.txt").read_text().split("usage: ")[1:]
    for line in lines(module):
        start = " ".join(["python -m", f"sase_bench.{module}", *line[:1], ""])
        usage = next((text for text in usages if text.startswith(start)), "".join(usages))
        assert {word for word in line if word.startswith("--")} <= set(re.findall(r"--[a-z][a-z-]*", usage)), line


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "database").symlink_to(ROOT / "database")  # as in a checkout
    with Store(tmp_path / "sase-bench.duckdb", [DIGITS]) as store:
        for arch in (0, 1, 54983):
            store.append(made_up(arch))
    code = "".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    names: dict[str, object] = {}
    exec(code.replace("ask(", "answer = ask("), names)
    assert len(names["answer"]) == 3  # type: ignore[arg-type]
    assert names["record"].status == "ok"  # type: ignore[attr-defined]


def test_figures_of_resnet50_are_those_that_are_counted() -> None:
    from sase_bench.trunk import ResNetTrunk

    trunk = ResNetTrunk(depth=50)
    assert f"{trunk.params:,} parameters and {trunk.flops:,} FLOPs" in " ".join(README.split())
