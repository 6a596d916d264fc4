"""The public face as text: `python -m tests.snapshots` writes it to tests/assets/ again after a change that is meant.

Names and parameters of everything that the public modules export, without annotations, which Python's versions write
differently; and the help of every command.
"""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

__all__ = ["ASSETS", "COMMANDS", "api_of", "help_of"]

ASSETS = Path(__file__).parent / "assets"
ROOT = Path(__file__).parents[1]

MODULES = (
    *(
        "sase_bench",
        "sase_bench.backbones",
        "sase_bench.benchmark",
        "sase_bench.blocks",
        "sase_bench.bo",
        "sase_bench.database",
    ),
    *("sase_bench.errors", "sase_bench.predictors", "sase_bench.proxies", "sase_bench.query", "sase_bench.record"),
    *("sase_bench.search", "sase_bench.space", "sase_bench.sweep"),
)
COMMANDS = sorted(path.parent.name for path in (ROOT / "sase_bench").glob("*/__main__.py"))


def api_of(name: str) -> str:
    """A line for each public name of a module, and one for each public method behind its class."""
    module = import_module(name)
    return "".join(line + "\n" for public in sorted(module.__all__) for line in _lines(name, public, getattr(module, public)))


def _lines(module: str, name: str, value: object) -> Iterator[str]:
    place = f"{module}.{name}"
    if not callable(value) or not (inspect.isclass(value) or inspect.isroutine(value)):
        yield f"{place}: {type(value).__name__}"
        return
    yield f"{place}{_parameters(value)}"
    if inspect.isclass(value) and value.__module__.startswith("sase_bench"):
        for method, member in sorted(vars(value).items()):
            if method.startswith("_"):
                continue
            plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            yield f"{place}.{method}{_parameters(plain) if inspect.isfunction(plain) else ''}"


def _parameters(value: object) -> str:
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except ValueError:  # of a class that is written in C
        return "(...)"
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return re.sub(r" at 0x[0-9a-f]+", "", str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)))


def help_of(command: str) -> str:
    """What `--help` prints, 100 columns wide. Raises `RuntimeError` for a warning."""
    asked = [sys.executable, "-W", "error", "-m", f"sase_bench.{command}", "--help"]
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(asked, capture_output=True, text=True, env=environment)
    if done.returncode or done.stderr:
        raise RuntimeError(done.stderr)
    return done.stdout


def _write() -> None:
    (ASSETS / "api").mkdir(parents=True, exist_ok=True)
    (ASSETS / "help").mkdir(exist_ok=True)
    for name in MODULES:
        (ASSETS / "api" / f"{name}.txt").write_text(api_of(name))
    for command in COMMANDS:
        (ASSETS / "help" / f"{command}.txt").write_text(help_of(command))


if __name__ == "__main__":
    _write()
