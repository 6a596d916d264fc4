"""Lines of finished runs: what is written, what is read again, and what a fault costs."""

import resource
import zlib
from pathlib import Path

import pytest

from sase_bench.database.journal import Journal
from sase_bench.errors import RequestError
from tests.records import made_up, unfinished

RECORDS = [made_up(1), unfinished(2), made_up(3, device="a processor with spaces")]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path / "journal")
    for record in RECORDS:
        made.append(record)
    return made


def aside(journal: Journal) -> bytes:
    """What was kept of damaged lines."""
    return journal.path.with_name("journal.damaged").read_bytes()


def test_a_line_is_the_checksum_of_its_json_and_the_json(journal: Journal) -> None:
    lines = journal.path.read_bytes().splitlines(keepends=True)
    texts = [record.to_json().encode() for record in RECORDS]
    assert lines == [f"{zlib.crc32(text):08x} ".encode() + text + b"\n" for text in texts]


def test_records_come_back_in_order_and_nothing_else_is_there(journal: Journal, tmp_path: Path) -> None:
    none = Journal(tmp_path / "none")
    assert (none.recover(), none.damaged) == ([], 0)
    before = journal.path.read_bytes()
    assert (journal.recover(), journal.damaged) == (RECORDS, 0)
    assert journal.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [journal.path]


def test_a_torn_line_is_kept_aside_and_is_no_damage(journal: Journal, tmp_path: Path) -> None:
    first, second, third = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(first + second + third[:-1])
    again = Journal(journal.path)
    assert (again.recover(), again.damaged) == (RECORDS[:2], 0)
    assert journal.path.read_bytes() == first + second
    assert aside(journal) == third
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "journal.damaged"]


def test_damaged_lines_are_counted_and_gathered_and_the_others_taken(journal: Journal) -> None:
    text = b'{"arch":1}'
    lines = journal.path.read_bytes().splitlines(keepends=True)
    wrong = [b"no checksum\n", b"%08x \xff\xff\n" % zlib.crc32(b"\xff\xff"), b"%08x %s\n" % (zlib.crc32(text), text), b"\n"]
    wrong += [lines[2].replace(b" ", b"\t", 1), lines[1].replace(b"0.5", b"0.6")]
    for odd in wrong:
        journal.path.write_bytes(lines[0] + odd + lines[1])
        assert (journal.recover(), journal.damaged) == (RECORDS[:2], 1)
    assert aside(journal) == b"".join(wrong)
    journal.path.write_bytes(b"".join([*wrong, *lines, b"torn"]))
    assert (journal.recover(), journal.damaged) == (RECORDS, len(wrong))
    assert aside(journal) == b"".join([*wrong, *wrong, b"torn\n"])


def test_what_is_in_the_table_is_forgotten(journal: Journal, tmp_path: Path) -> None:
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.clear(keep=RECORDS[1:])
    assert journal.path.read_bytes() == lines[1] + lines[2]
    assert list(tmp_path.iterdir()) == [journal.path]
    for _ in range(2):
        journal.clear()
        assert list(tmp_path.iterdir()) == []


def test_a_line_that_does_not_fit_is_taken_back(journal: Journal) -> None:
    before = journal.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(RequestError) as refused:
            journal.append(made_up(4))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(refused.value) == f"cannot write to '{journal.path}': No space left on device; nothing finished was lost"
    assert journal.path.read_bytes() == before
    journal.append(made_up(4))
    assert journal.recover() == [*RECORDS, made_up(4)]
