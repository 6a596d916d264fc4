"""The journal: finished runs that are not yet in the published table, one checksummed line each.

A line is the CRC-32 of the JSON in eight hex digits, a space, the JSON, a newline. A line is on disk before `append` returns.
A writer that was killed leaves at most one torn line at the end: that run was not finished.
"""

import errno
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from sase_bench.errors import RequestError
from sase_bench.record import Record

__all__ = ["Journal"]


class Journal:
    """Append-only file of records. `damaged` counts lines that `recover` could not read, other than a torn last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0

    def append(self, record: Record) -> None:
        """Write `record` and wait for the disk."""
        line = _line(record)
        try:
            with self.path.open("ab", buffering=0) as file:  # a buffer would try once more while the line is taken back
                end = file.tell()
                try:
                    if file.write(line) < len(line):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    os.fsync(file.fileno())
                except OSError:  # a full disk: take the torn line back, so that later lines can be read
                    file.truncate(end)
                    raise
        except OSError as error:
            raise RequestError(f"cannot write to {str(self.path)!r}: {error.strerror}; nothing finished was lost") from error

    def recover(self) -> list[Record]:
        """The records that are in the journal; damaged lines are kept aside in `….damaged`."""
        if not self.path.exists():
            return []
        *lines, torn = self.path.read_bytes().split(b"\n")
        records, damaged = [], []
        for line in lines:
            try:
                checksum, text = line.split(b" ", 1)
                if int(checksum, 16) != zlib.crc32(text):
                    raise ValueError
                records.append(Record.from_json(text.decode()))
            except ValueError:  # of the checksum, of UTF-8, or a RequestError
                damaged.append(line)
        self.damaged = len(damaged)
        if damaged or torn:
            with self.path.with_name(self.path.name + ".damaged").open("ab") as file:
                file.write(b"".join(line + b"\n" for line in [*damaged, *([torn] if torn else [])]))
            self._replace(b"".join(_line(record) for record in records))
        return records

    def clear(self, keep: Sequence[Record] = ()) -> None:
        """Forget everything but `keep`: the other records are in the published table."""
        if keep:
            self._replace(b"".join(_line(record) for record in keep))
        else:
            self.path.unlink(missing_ok=True)

    def _replace(self, content: bytes) -> None:
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


def _line(record: Record) -> bytes:
    text = record.to_json().encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)
