"""`SHA256SUMS`: the checksums of the files on a shelf, as the program sha256sum writes and checks them."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from sase_bench.errors import RequestError

__all__ = ["NEXT", "SUMS", "announce_sums", "check_sums", "matches", "read_sums", "remove_listed", "sha256", "write_sums"]

SUMS = "SHA256SUMS"

#: The checksums of files that are about to be put in place. While it is there, a file may match either list.
NEXT = "SHA256SUMS.next"


def write_sums(folder: Path, others: Iterable[str] = ()) -> None:
    """Bring the checksums in `folder` up to date: of shards that are new or were announced, and of the files called `others`.

    Every other line stays: a file that is damaged or missing stays so to whoever checks it.
    """
    fine = [path for path in folder.glob("*.parquet") if matches(path)]
    sums = read_sums(folder) | {path.name: sha256(path) for path in [*fine, *(folder / name for name in others)]}
    _replace_sums(folder, sums)
    (folder / NEXT).unlink(missing_ok=True)


def remove_listed(path: Path) -> None:
    """Remove a file that nothing is left to say in, and its line."""
    sums = read_sums(path.parent)
    if sums.pop(path.name, None) is not None:
        _replace_sums(path.parent, sums)
    path.unlink(missing_ok=True)


def _replace_sums(folder: Path, sums: Mapping[str, str]) -> None:
    fresh = folder / (SUMS + ".new")
    fresh.write_text("".join(f"{known}  {name}\n" for name, known in sorted(sums.items())))
    fresh.replace(folder / SUMS)


def announce_sums(fresh: Iterable[tuple[str, Path]]) -> None:
    """Write down what files, by their future names, will be; `write_sums` ends the announcement. All lie in one folder."""
    lines = [(path.parent, f"{sha256(path)}  {name}\n") for name, path in fresh]
    for folder, _ in lines[:1]:
        (folder / NEXT).write_text("".join(line for _, line in lines))


def read_sums(folder: Path, name: str = SUMS) -> dict[str, str]:
    """File name → checksum in the list `name` of `folder`; nothing if there is none."""
    sums = folder / name
    lines = sums.read_text(errors="replace").splitlines() if sums.is_file() else []
    return {name: known for known, _, name in (line.partition("  ") for line in lines) if name}


def check_sums(path: Path) -> None:
    """Refuse a shard that is missing, or that does not match its line in the `SHA256SUMS` beside it, if there is one."""
    if not path.is_file():
        raise RequestError(f"there is no shard {str(path)!r}")
    if not matches(path):
        raise RequestError(f"{str(path)!r} is damaged: it does not match its checksum in {SUMS}; fetch it again")


def matches(path: Path) -> bool:
    """Whether a file has a checksum that `SHA256SUMS` or an announcement beside it gives; a file that neither lists does."""
    known = {read_sums(path.parent, name).get(path.name) for name in (SUMS, NEXT)} - {None}
    return not known or sha256(path) in known


def sha256(path: Path) -> str:
    """The checksum of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
