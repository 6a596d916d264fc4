"""Whether a measured record stands in a file of numbers more than once."""

from collections.abc import Iterator
from typing import Any

_DIGITS = 7  # from which floats are hardly the same by chance


def repeated(content: Any) -> list[str]:
    """Places of records of two measured floats or more that are all in another record.

    The end of a curve is a score, and an architecture that is alone in having two operations is the effect of both.
    """
    found = [(place, floats) for place, floats in _records(content) if len(floats) > 1]
    return [
        f"{place} in {other}"
        for at, (place, floats) in enumerate(found)
        for beside, (other, others) in enumerate(found)
        if at != beside and (floats < others or (floats == others and at < beside))
    ]


def _records(content: Any, place: str = "") -> Iterator[tuple[str, set[float]]]:
    if isinstance(content, dict):
        if content.get("architectures") == 1:
            return
        yield place, {value for value in content.values() if isinstance(value, float) and _is_measured(value)}
        for name, value in content.items():
            if name != "curves":
                yield from _records(value, f"{place}.{name}".lstrip("."))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _records(value, f"{place}[{number}]")


def _is_measured(value: float) -> bool:
    return len(f"{value:.10g}".lstrip("-0.").replace(".", "")) >= _DIGITS
