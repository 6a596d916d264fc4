"""What the faults did, as a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

__all__ = ["Figure", "as_page"]

_HEAD = """# Faults

What was done to the program on purpose, and what was found afterwards. `uvx nox -s faults` does it again and writes this page.
Moments, places and strings are drawn at random from fixed seeds; what they meet differs from time to time. Where training
does not matter to the fault, runs are made up and everything else is the program's own (`tests/faults/pretending.py`).
"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A fault, how often it was injected, and what was found afterwards."""

    fault: str
    times: int
    found: str
    seconds: float  # that the whole test took


def as_page(figures: Sequence[Figure], where: str, *, failed: int, before: str = "") -> str:
    """The page in Markdown; `where` says what it was made on, `failed` counts the tests that found a fault of the program.

    Lines of the page as it was `before` stay where there is no new figure: part of the suite renews its own.
    """
    known = {line.split("|")[1].strip(): line for line in before.splitlines() if line.startswith("| ")}
    rows = {figure.fault: (figure.fault, f"{figure.times:,}", figure.found, f"{figure.seconds:.0f}") for figure in figures}
    kept = {fault: tuple(cell.strip() for cell in line.split("|")[1:-1]) for fault, line in known.items() if fault != "fault"}
    table = tabulate(list((kept | rows).values()), ("fault", "times", "found", "s"), tablefmt="github", disable_numparse=True)
    remark = f" {failed} tests failed and have no line here." if failed else ""
    return f"{_HEAD}\n{table}\n\nMade on {where}.{remark}\n"
