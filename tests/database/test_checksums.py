"""Lists of checksums, as sha256sum writes them."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from sase_bench.database.checksums import NEXT, SUMS, announce_sums, check_sums, matches, read_sums, sha256, write_sums
from sase_bench.errors import RequestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.parquet", "a.parquet", "notes.md", "odd.txt"):
        (tmp_path / name).write_text(name)
    write_sums(tmp_path, ["notes.md"])
    return tmp_path


def of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_list_is_what_sha256sum_checks_in_order_of_the_names(folder: Path) -> None:
    names = ["a.parquet", "b.parquet", "notes.md"]
    assert (folder / SUMS).read_text() == "".join(f"{of(name)}  {name}\n" for name in names)
    assert read_sums(folder) == {name: of(name) for name in names}
    assert sha256(folder / "odd.txt") == of("odd.txt")
    subprocess.run(["sha256sum", "-c", "--quiet", SUMS], cwd=folder, check=True)
    assert sorted(path.name for path in folder.iterdir()) == [SUMS, *names, "odd.txt"]


def test_a_file_matches_its_line_and_one_without_a_line_matches(folder: Path) -> None:
    (folder / "b.parquet").write_text("damaged")
    assert [matches(folder / name) for name in ("a.parquet", "b.parquet", "odd.txt")] == [True, False, True]
    check_sums(folder / "a.parquet")
    damaged = folder / "b.parquet"
    refusal = f"'{damaged}' is damaged: it does not match its checksum in SHA256SUMS; fetch it again"
    with pytest.raises(RequestError, match=f"^{re.escape(refusal)}$"):
        check_sums(damaged)
    with pytest.raises(RequestError, match=f"^there is no shard '{re.escape(str(folder))}'$"):
        check_sums(folder)


def test_while_files_are_announced_the_old_and_the_new_ones_match(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.new").write_text(f"fresh {name}")
    announce_sums((f"{name}.parquet", folder / f"{name}.new") for name in ("a", "b"))
    assert read_sums(folder, NEXT) == {f"{name}.parquet": of(f"fresh {name}") for name in ("a", "b")}
    (folder / "b.new").replace(folder / "b.parquet")
    assert [matches(folder / name) for name in ("a.parquet", "b.parquet", "notes.md")] == [True, True, True]
    write_sums(folder)
    assert not (folder / NEXT).exists()
    assert read_sums(folder) == {"a.parquet": of("a.parquet"), "b.parquet": of("fresh b"), "notes.md": of("notes.md")}


def test_lines_that_are_none_and_lists_that_are_not_there_say_nothing(folder: Path) -> None:
    announce_sums([])
    assert not (folder / NEXT).exists()
    assert read_sums(folder, "nothing") == {}
    (folder / SUMS).write_bytes(b"\nword\n\xff\xfe\n" + f"{of('a.parquet')}  a.parquet\n".encode())
    assert read_sums(folder) == {"a.parquet": of("a.parquet")}
