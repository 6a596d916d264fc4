"""The README's commands, and its code and that of the pages in docs/, are those of the program."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import sase_bench
from sase_bench.__main__ import commands
from sase_bench.database import Store
from tests.records import DIGITS, made_up
from tests.snapshots import ASSETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {
    page: (ROOT / page).read_text()
    for page in ("README.md", "docs/asking.md", "docs/networks.md", "docs/searching.md", "docs/space.md", "docs/sweeps.md")
}
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
    pages = README + "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    assert modules <= set(re.findall(r"python -m sase_bench\.(\w+)", pages))
    assert "nox -s report" in (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("module", COMMANDS)
def test_options_in_the_readme_exist(module: str) -> None:
    """Of a command with several actions, those of the action."""
    usages = (ASSETS / "help" / f"{module}.txt").read_text().split("usage: ")[1:]
    for line in lines(module):
        start = " ".join(["python -m", f"sase_bench.{module}", *line[:1], ""])
        usage = next((text for text in usages if text.startswith(start)), "".join(usages))
        assert {word for word in line if word.startswith("--")} <= set(re.findall(r"--[a-z][a-z-]*", usage)), line


@pytest.mark.parametrize("page", PAGES)
def test_the_python_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "database").symlink_to(ROOT / "database")  # as in a checkout
    with Store(tmp_path / "sase-bench.duckdb", [DIGITS]) as store:
        for arch in (0, 1, 54983):
            store.append(made_up(arch))
    code = "".join(re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL))
    names: dict[str, object] = {}
    exec(code.replace("\nask(", "\nanswer = ask("), names)
    found: dict[str, Callable[[], bool]] = {
        "README.md": lambda: names["bench"].revealed > 0 and (tmp_path / "block.safetensors").exists(),  # type: ignore[attr-defined]
        "docs/asking.md": lambda: len(names["answer"]) == 3,  # type: ignore[arg-type]
        "docs/searching.md": lambda: len(names["study"].trials) == 20,  # type: ignore[attr-defined]
        "docs/networks.md": lambda: len(names["missing"]) == 16,  # type: ignore[arg-type]
        "docs/space.md": lambda: names["y"].shape == names["x"].shape,  # type: ignore[attr-defined]
        "docs/sweeps.md": lambda: names["record"].status == "ok",  # type: ignore[attr-defined]
    }
    assert found[page]()


def test_every_page_with_code_is_run() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert {page.relative_to(ROOT).as_posix() for page in pages if "```python" in page.read_text()} == set(PAGES)


def test_figures_of_resnet50_are_those_that_are_counted() -> None:
    from sase_bench.trunk import ResNetTrunk

    trunk = ResNetTrunk(depth=50)
    assert f"{trunk.params:,} parameters and {trunk.flops:,} FLOPs" in " ".join(
        (ROOT / "docs" / "networks.md").read_text().split()
    )
