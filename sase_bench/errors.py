"""The errors that a person can cause, apart from the errors that only a programmer can.

A `RequestError` is a request that cannot be met as it was written: its text is one line in lower case that says what was
refused, what was got and the way out. Command lines print that line and exit with 2; see `sase_bench.cli`.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

__all__ = ["EXTRAS", "UNREADABLE", "RequestError", "missing", "needing", "told", "unknown"]

#: What zipfile, zlib, json, numpy and readers built on them raise for other bytes than were once written.
UNREADABLE = (
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, EOFError, AssertionError),
    *(SyntaxError, MemoryError, OverflowError, zipfile.BadZipFile, zlib.error, struct.error),
)


#: Library, as it is imported → the extra of the package that brings it.
EXTRAS = {
    "ConfigSpace": "search",
    "botorch": "search",
    "huggingface_hub": "rivals",
    "matplotlib": "report",
    "optuna": "search",
    "pandas": "frames",
    "pebble": "train",
    "pyarrow": "frames",
    "pycocotools": "detection",
    "ray": "scale",
    "safetensors": "train",
    "scipy": "search",
    "sklearn": "train",
    "smac": "rivals",
    "syne_tune": "rivals",
    "threadpoolctl": "search",
    "timm": "train",
    "torch": "train",
    "torchvision": "train",
    "tqdm": "train",
    "xgboost": "search",
}

_FEW, _MANY = 10, 30  # names: up to so many are only listed, beyond so many they are not
_LONGEST = 120  # characters of a name that are looked at, and repeated


class RequestError(ValueError):
    """A request that was understood well enough to be refused with a reason."""


def missing(what: str, *extras: str) -> RequestError:
    """The error for something that takes extras of the package which are not installed.

    >>> print(missing("timing", "train"))
    timing needs the extra 'train'; install it with: pip install 'sase-bench[train]'
    >>> print(missing("a cluster", "scale", "train"))
    a cluster needs the extras 'scale' and 'train'; install them with: pip install 'sase-bench[scale,train]'
    """
    one = len(extras) == 1
    named = f"the extra{'s' * (not one)} {' and '.join(map(repr, extras))}; install {'it' if one else 'them'} with"
    return RequestError(f"{what} needs {named}: pip install 'sase-bench[{','.join(extras)}]'")


def told(error: BaseException) -> str:
    """An error in one line of at most some 300 characters: its type, and the first line of its message.

    >>> print(told(ValueError("first\\nsecond")), told(MemoryError()), sep="; ")
    ValueError: first; MemoryError: no message
    """
    return f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0][:300]}"


@contextmanager
def needing(what: str, *extras: str) -> Iterator[None]:
    """Where an import inside finds no library that an extra brings, raises the error of `missing`."""
    try:
        yield
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in EXTRAS:
            raise
        raise missing(what, *extras) from None


def unknown(kind: str, got: object, choices: Iterable[str], *, listed_by: str = "") -> RequestError:
    """The error for a name that is not among `choices`: the nearest ones where there are more than ten, else all.

    Where none is near, and nothing is near a list of names, up to thirty are listed; of more, the command `listed_by` is named.
    """
    names, name = list(choices), str(got)[:_LONGEST]
    near = [] if "," in name else get_close_matches(name.lower(), names, n=3)
    if near and len(names) > _FEW:
        listed = f"did you mean {' or '.join(near)}?"
    elif len(names) <= _MANY:
        listed = f"choose from {', '.join(names)}"
    else:
        listed = f"there are {len(names)} of them, {names[0]} first" + (f"; to list them: {listed_by}" if listed_by else "")
    return RequestError(f"unknown {kind} {name!r}; {listed}")
