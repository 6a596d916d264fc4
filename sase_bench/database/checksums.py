"""`SHA256SUMS`: the checksums of the shards in a folder, as the program sha256sum writes and checks them."""

import hashlib
from pathlib import Path

from sase_bench.errors import RequestError

__all__ = ["SUMS", "check_sums", "sha256", "write_sums"]

SUMS = "SHA256SUMS"


def write_sums(folder: Path) -> None:
    """Write the checksum of every shard in `folder`."""
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.glob("*.parquet"))]
    (folder / SUMS).write_text("".join(lines))


def check_sums(path: Path) -> None:
    """Refuse a shard that is missing, or that does not match its line in the `SHA256SUMS` beside it, if there is one."""
    if not path.is_file():
        raise RequestError(f"there is no shard {str(path)!r}")
    sums = path.parent / SUMS
    if not sums.is_file():
        return
    for line in sums.read_text().splitlines():
        known, _, name = line.partition("  ")
        if name == path.name and known != sha256(path):
            raise RequestError(f"{str(path)!r} is damaged: it does not match its checksum in {SUMS}; fetch it again")


def sha256(path: Path) -> str:
    """The checksum of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
