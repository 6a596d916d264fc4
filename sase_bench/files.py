"""Whole files, put in place in one step: a reader finds the old content or the new, and a full disk or a kill leaves the old.

What is appended to line by line, and what a lock guards, is not written here but where it is read again.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sase_bench.errors import RequestError

__all__ = ["read_json", "replacing", "require_open", "require_writable", "write_json", "write_text"]


@contextmanager
def replacing(path: Path, *, keep: bool = True) -> Iterator[Path]:
    """A path to write to; when the context ends well, what is there takes the place of `path` in one step, on the disk.

    A device or a pipe, such as /dev/stdout, has no content that could be replaced: it is itself what is written to.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        fresh.touch()
        yield fresh
        if keep:
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
            fresh.replace(path)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def require_writable(path: Path) -> None:
    """Before long work whose result goes to `path`: raises `RequestError` where `write_text` could not put it."""
    if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe
        return
    why = os.strerror(errno.EISDIR) if path.is_dir() else _closed(path.parent)
    if why is not None:
        raise RequestError(f"cannot write {str(path)!r}: {why}")


def require_open(folder: Path) -> None:
    """Before long work whose results go into `folder`: raises `RequestError` where it is not open to them, nor can be made."""
    why = _closed(folder)
    if why is not None:
        raise RequestError(f"cannot write to {str(folder)!r}: {why}")


def _closed(folder: Path) -> str | None:
    """Why nothing can be written into a folder, which is made if need be; None if it can."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if there.is_dir():
        return None if os.access(there, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    return os.strerror(errno.ENOTDIR)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text`, in a folder that is made if need be. Raises `RequestError` where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"cannot write to {str(path.parent)!r}: {error.strerror or error}") from error
    try:
        with replacing(path) as fresh:
            fresh.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def write_json(path: Path, content: object, *, sort_keys: bool = False, ensure_ascii: bool = True) -> None:
    """Replace `path` by `content` as indented JSON, which knows no nan. Raises as `write_text` does, `ValueError` for a nan."""
    text = json.dumps(content, indent=1, allow_nan=False, sort_keys=sort_keys, ensure_ascii=ensure_ascii)
    write_text(path, text + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file. Raises `RequestError` if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{str(path)!r} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise RequestError(f"{str(path)!r} holds {type(content).__name__}, an object was expected")
    return content
