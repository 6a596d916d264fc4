"""`SHA256SUMS`: the checksums of the files on a shelf, as the program sha256sum writes and checks them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sase_bench.errors import RequestError

__all__ = ["SUMS", "check_sums", "read_sums", "sha256", "write_sums"]

SUMS = "SHA256SUMS"


def write_sums(folder: Path, others: Iterable[str] = ()) -> None:
    """Write the checksum of every shard in `folder`, and of the files called `others`."""
    paths = sorted({*folder.glob("*.parquet"), *(folder / name for name in others)})
    (folder / SUMS).write_text("".join(f"{sha256(path)}  {path.name}\n" for path in paths))


def read_sums(folder: Path) -> dict[str, str]:
    """File name → checksum in the `SHA256SUMS` of `folder`; nothing if there is none."""
    sums = folder / SUMS
    lines = sums.read_text(errors="replace").splitlines() if sums.is_file() else []
    return {name: known for known, _, name in (line.partition("  ") for line in lines)}


def check_sums(path: Path) -> None:
    """Refuse a shard that is missing, or that does not match its line in the `SHA256SUMS` beside it, if there is one."""
    if not path.is_file():
        raise RequestError(f"there is no shard {str(path)!r}")
    known = read_sums(path.parent).get(path.name)
    if known is not None and known != sha256(path):
        raise RequestError(f"{str(path)!r} is damaged: it does not match its checksum in {SUMS}; fetch it again")


def sha256(path: Path) -> str:
    """The checksum of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
