"""What every command line of the package shares: one line on stderr and exit 2 for a bad request, 130 when interrupted."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from signal import SIG_IGN, SIGINT, SIGTERM, getsignal, signal
from threading import current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from sase_bench.errors import EXTRAS, RequestError, missing

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Actions", "Parser", "add_device_option", "progress", "run", "say", "signals_to"]

_MISSING = "the following arguments are required: "  # argparse's own words


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Defaults behind the help, where there is one that a person could have typed."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        told = action.default in (None, False, [], argparse.SUPPRESS) or "(default" in (action.help or "")
        return action.help if told else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `RequestError`s, and whose options cannot be abbreviated."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=f"python -m {prog}", description=description, formatter_class=_Formatter, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        absent = message.removeprefix(_MISSING).split(", ") if message.startswith(_MISSING) else []
        known = {"/".join(action.option_strings) or str(action.metavar): action.choices for action in self._actions}
        limited = {name: list(map(str, known.get(name) or ())) for name in absent}
        told = [f"{name} is one of {', '.join(names)}" for name, names in limited.items() if names and name != "|".join(names)]
        raise RequestError(f"{'; '.join([message, *told])} (see --help)")


class Actions(Parser):
    """The parser of a command that does several things, each with options of its own. Its help is that of all of them.

    What is asked for is `dest` of the parsed options, and what does it is `run`.
    """

    def __init__(self, prog: str, description: str, *, dest: str = "action", metavar: str = "ACTION") -> None:
        super().__init__(prog, description)
        self._choices = self.add_subparsers(dest=dest, required=True, metavar=metavar, prog=prog, parser_class=Parser)

    def add(self, name: str, run: Callable[[argparse.Namespace], int]) -> Parser:
        """The parser of the action that `run` does, whose docstring tells what it does."""
        about = (run.__doc__ or "").strip()
        parser = self._choices.add_parser(name, description=about, help=about.removesuffix("."))
        parser.set_defaults(run=run)
        return parser

    def format_help(self) -> str:
        return "\n".join([super().format_help(), *(parser.format_help() for parser in self._choices.choices.values())])


def add_device_option(parser: argparse._ActionsContainer, what: str = "where to train") -> None:
    """Declare `--device`, which `sase_bench.machine.processor.resolve_device` reads."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help=what)


def say(name: str, line: str) -> None:
    """A line on stderr from the command `name`, for whoever watches."""
    print(f"{name}: {line}", file=sys.stderr)


def progress(
    total: int, *, initial: int = 0, name: str | None = None, unit: str, smoothing: float = 0.3, shown: bool = True
) -> "tqdm[Any]":
    """A bar on stderr from `initial` to `total` units: redrawn in place on a terminal, elsewhere a line now and then.

    The rate is a moving average in which the last step weighs `smoothing`, or with 0 the mean since the start. tqdm comes
    with the extra `train`: whoever gets here has something that trains, and with it the extra.
    """
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10.0  # seconds
    return tqdm(
        total=total, initial=initial, desc=name, unit=unit, mininterval=interval, smoothing=smoothing, disable=not shown
    )


def run(name: str, command: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None) -> int:
    """The exit status of `command(argv)`: 0 done, 2 the request was wrong, 130 interrupted."""
    try:
        return command(argv)
    except RequestError as error:
        say(name, " ".join(str(error).split()))
        return 2
    except KeyboardInterrupt:
        if argv is None and current_thread() is main_thread():  # this process ends: another Ctrl-C could only break its ending
            signal(SIGINT, SIG_IGN)
        say(name, "interrupted")
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        if library not in EXTRAS:
            raise
        say(name, str(missing(f"importing {library}", EXTRAS[library])))
        return 2
    except OSError as error:  # a full disk, a folder that may not be written to
        place = f" {str(error.filename)!r}" if error.filename is not None else ""
        say(name, f"the system refused{place}: {error.strerror or error}")
        return 2


@contextmanager
def signals_to(handler: Callable[[int, FrameType | None], None] | int) -> Iterator[None]:
    """Ctrl-C and SIGTERM go to `handler` inside the context; only a main thread can have it so."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: getsignal(number) for number in (SIGINT, SIGTERM)}
    for number in before:
        signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal(number, old)
