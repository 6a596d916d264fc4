"""Who may write: one process at a time, by a lock that the system takes back when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path

from sase_bench.errors import RequestError

__all__ = ["Lock"]


class Lock:
    """The right to write to `what`, held by an exclusive lock on `path`: a file, which is made, or a folder.

    Raises `RequestError` if another process has it, or if the place cannot be written to or locked.
    """

    def __init__(self, path: Path, what: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDONLY | os.O_CREAT, 0o666)
        except OSError as error:
            raise RequestError(f"cannot write to {str(path.parent)!r}: {error.strerror}") from error
        self._close = weakref.finalize(self, os.close, number)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise RequestError(f"another process is writing to {str(what)!r}; wait for it, or write elsewhere") from None
        except OSError as error:  # a network's file system may have no locks
            self.close()
            raise RequestError(f"cannot lock {str(path)!r}: {error.strerror}; write to another file system") from error

    def close(self) -> None:
        """Let others write."""
        self._close()
