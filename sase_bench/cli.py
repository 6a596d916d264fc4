"""What every command line of the package shares: one line on stderr and exit 2 for a bad request, 130 when interrupted."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from signal import SIG_IGN, SIGINT, SIGTERM, getsignal, signal
from threading import current_thread, main_thread
from types import FrameType
from typing import NoReturn

from sase_bench.errors import RequestError

__all__ = ["Parser", "run", "signals_to"]


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Defaults behind the help, where there is one that a person could have typed."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False, argparse.SUPPRESS) else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `RequestError`s, and whose options cannot be abbreviated."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=f"python -m {prog}", description=description, formatter_class=_Formatter, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise RequestError(f"{message} (see --help)")


def run(name: str, command: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None) -> int:
    """The exit status of `command(argv)`: 0 done, 2 the request was wrong, 130 interrupted."""
    try:
        return command(argv)
    except RequestError as error:
        print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        if argv is None and current_thread() is main_thread():  # this process ends: another Ctrl-C could only break its ending
            signal(SIGINT, SIG_IGN)
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, a folder that may not be written to
        place = f" {str(error.filename)!r}" if error.filename is not None else ""
        print(f"{name}: the system refused{place}: {error.strerror or error}", file=sys.stderr)
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
