"""`python -m sase_bench`: the commands, with a line each."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from importlib.resources import files

from sase_bench import cli
from sase_bench.errors import RequestError, unknown

__all__ = ["commands", "main"]


def commands() -> dict[str, str]:
    """Name → what the command does, as its module says it; none of them is imported."""
    sources = {part.name: part.joinpath("__main__.py") for part in files("sase_bench").iterdir() if part.is_dir()}
    found = {name: source.read_text(encoding="utf-8") for name, source in sources.items() if source.is_file()}
    said = {name: ast.get_docstring(ast.parse(found[name])) or "" for name in sorted(found)}
    return {name: text.splitlines()[0].partition("`: ")[2].replace("`", "") for name, text in said.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("sase_bench", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench", "List the commands.")
    parser.add_argument("command", nargs="?", help="is a module of its own: python -m sase_bench.COMMAND --help")
    asked, known = parser.parse_known_args(argv)[0].command, commands()
    if asked in known:
        raise RequestError(f"a command is a module of its own; write: python -m sase_bench.{asked}")
    if asked is not None:
        raise unknown("command", asked, known)
    for name, said in known.items():
        print(f"python -m sase_bench.{name:<{max(map(len, known))}}  {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
