"""Files whose bytes are not those that were written: named, never silently read, and what is not damaged can be read."""

import json
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sase_bench.database import Store, connect, export, read_shard
from sase_bench.database.__main__ import main
from sase_bench.database.check import check, check_shelf
from sase_bench.database.migrations import MIGRATIONS
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from tests.faults.programs import changed
from tests.records import DIGITS, made_up
from tests.shelves import write_shelf

RELATIONS = ("about", "architectures", "proxies", "runs", "epochs", "costs", "calibrations", "predictions")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("table") / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in range(40):
            store.append(made_up(arch))
    return path.read_bytes()


def answers(table: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """What every relation holds, or that it cannot be read."""
    found: dict[str, object] = {}
    for name in RELATIONS:
        try:
            found[name] = table.execute(f"SELECT bit_xor(hash(a)), count(*) FROM {name} AS a").fetchall()
        except duckdb.Error:
            found[name] = None
    return found


@pytest.mark.parametrize("times", [100])
def test_a_damaged_table_is_named_and_its_other_parts_can_be_read(
    tmp_path: Path, content: bytes, times: int, figure: Callable[..., None]
) -> None:
    moments, path = random.Random(6), tmp_path / "table.duckdb"
    path.write_bytes(content)
    with connect(path) as table:
        whole = answers(table)
    named, harmless, messages = 0, 0, list[str]()
    for number in range(times):
        how, bytes_ = changed(content[:12288] if number % 5 == 0 else content, moments)
        path.write_bytes(bytes_ + content[12288:] if number % 5 == 0 and len(bytes_) == 12288 else bytes_)
        try:
            with connect(path) as table:
                found, problems = answers(table), check(table)
        except RequestError as error:
            messages.append(str(error))
            continue
        damaged = {name for name, answer in found.items() if answer is None}
        assert all(answer == whole[name] for name, answer in found.items() if answer is not None), how  # nothing silently
        assert {problem.split()[0] for problem in problems} == damaged, how
        assert len(damaged) < len(RELATIONS)
        named += bool(damaged)
        harmless += not damaged
    assert named
    assert messages
    assert all(str(path) in message and ("is damaged" in message or "as a DuckDB file" in message) for message in messages)
    refused = f"{len(messages)} refused by name, {harmless} in unused bytes"
    found_text = f"{named} with the damaged part named and the others read, {refused}"
    figure("a table with a turned bit or a missing end", times, f"{found_text}; none silently read")


def test_no_command_ends_with_a_traceback_on_a_damaged_table(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    from sase_bench.query.__main__ import main as query
    from sase_bench.sweep.__main__ import main as sweep

    moments, path, times, statuses = random.Random(7), tmp_path / "table.duckdb", 12, []
    for _ in range(times):
        path.write_bytes(changed(content, moments, low=12288)[1])
        statuses += [
            query(["top 3 by loss", "--db", str(path)]),
            query(["sql SELECT count(*) FROM epochs WHERE val_loss > 0", "--db", str(path)]),
            main(["check", "--db", str(path)]),
            main(["export", str(tmp_path / "out.parquet"), "--db", str(path)]),
            sweep(["--plan", "0", "--seeds", "1", "--db", str(path)]),  # which is there already
        ]
    assert set(statuses) <= {0, 1, 2}
    assert "Traceback" not in capsys.readouterr().err
    figure(
        "five commands on a damaged table",
        len(statuses),
        f"{statuses.count(0)} answered, {len(statuses) - statuses.count(0)} refused by one line",
    )


@pytest.mark.parametrize("times", [100])
def test_a_damaged_shard_is_named_and_the_others_can_be_read(tmp_path: Path, times: int, figure: Callable[..., None]) -> None:
    shelf = write_shelf(tmp_path / "shelf", ("digits", "fashion-8"), blocks="arch < 60 AND is_tied")
    shard, other = shelf / "digits.parquet", shelf / "fashion-8.parquet"
    good, moments = shard.read_bytes(), random.Random(8)
    whole = check_shelf(shelf)
    assert not any(whole.values())
    for _ in range(times):
        shard.write_bytes(changed(good, moments)[1])
        found = check_shelf(shelf)
        assert found[shard] == ["is damaged: it does not match its checksum in SHA256SUMS; fetch it again"]
        assert found[other] == []
        for refused in (lambda: list(read_shard(shard)), lambda: connect(shelf), lambda: connect(shard)):
            with pytest.raises(RequestError, match=r"digits.parquet' is damaged"):
                refused()  # type: ignore[no-untyped-call]
    assert sum(1 for _ in read_shard(other)) > 0
    figure("a shard with a turned bit or a missing end", times, "named by its checksum each time, the other shard read")


@pytest.mark.parametrize("times", [300])
def test_a_damaged_shard_without_checksum_never_ends_in_a_traceback(
    tmp_path: Path, times: int, figure: Callable[..., None]
) -> None:
    """What comes from a stranger need not bring a checksum: rows are then what passes their checks."""
    shelf = write_shelf(tmp_path / "shelf", blocks="arch < 60 AND is_tied")
    shard = tmp_path / "digits.parquet"
    good, moments, refused = (shelf / "digits.parquet").read_bytes(), random.Random(9), 0
    for _ in range(times):
        shard.write_bytes(changed(good, moments)[1])
        refused += any(check_shelf(shard).values())
    figure(
        "the same of a shard that came without checksums", times, f"{refused} refused by one line, the others had valid rows"
    )
    assert refused > times // 4


@pytest.mark.parametrize("times", [200])
def test_a_damaged_journal_gives_the_lines_that_are_whole(tmp_path: Path, times: int, figure: Callable[..., None]) -> None:
    from sase_bench.database.journal import Journal

    runs, moments = [made_up(arch) for arch in range(20)], random.Random(10)
    for run in runs:
        Journal(tmp_path / "journal").append(run)
    good, taken, lost = (tmp_path / "journal").read_bytes(), 0, 0
    for number in range(times):
        path = tmp_path / f"journal-{number}"
        path.write_bytes(changed(good, moments)[1])
        journal = Journal(path)
        found = journal.recover()
        assert all(run in runs for run in found)
        lost += len(runs) - len(found)
        taken += len(found)
        assert Journal(path).recover() == found
    figure(
        "a journal with a turned bit or a missing end", times, f"{taken} lines taken as they were written, {lost} told and left"
    )


def test_schemas_of_other_releases_are_named(tmp_path: Path, content: bytes, figure: Callable[..., None]) -> None:
    path, versions = tmp_path / "table.duckdb", ["0", "2", "99999999999", "-1", "1.5", "", "one", "²"]
    for version in versions:
        path.write_bytes(content)
        with duckdb.connect(path) as table:
            table.execute("UPDATE about SET value = ? WHERE key = 'schema_version'", [version])
        before = path.read_bytes()
        for opening in (connect, Store):
            with pytest.raises(RequestError, match="schema") as refused:
                opening(path)
            assert str(path) in str(refused.value)
        assert path.read_bytes() == before
    assert not MIGRATIONS, "now there is an older schema: tests/assets/ has a table of it"
    figure("a table of an older, newer or impossible schema", len(versions), "refused by name, file left as it was")


@pytest.mark.parametrize("times", [60])
def test_a_corrupt_data_set_is_refused(tmp_path: Path, times: int, figure: Callable[..., None]) -> None:
    from sase_bench.proxies.datasets import load

    path, moments, noise = tmp_path / "cifar100-16.npz", random.Random(11), np.random.default_rng(0)
    sizes = {"train": 50, "test": 10}
    arrays = {f"x_{pool}": noise.integers(0, 256, (size, 16, 16, 3), dtype=np.uint8) for pool, size in sizes.items()}
    labels = {f"y_{pool}": np.zeros(size, dtype=np.int64) for pool, size in sizes.items()}
    np.savez_compressed(path, **arrays, **labels)
    good = path.read_bytes()
    assert zipfile.is_zipfile(path)
    for _ in range(times):
        path.write_bytes(changed(good, moments)[1])
        with pytest.raises(RequestError, match=r"cannot be read|not the published ones"):
            load(PROXIES["cifar100-8"], tmp_path)
    idx = tmp_path / "FashionMNIST" / "raw"
    idx.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (idx / f"{name}-ubyte").write_bytes(moments.randbytes(500))
    with pytest.raises(RequestError, match="no fashion in"):
        load(PROXIES["fashion-8"], tmp_path)
    figure("a corrupt file of a data set", times + 1, "refused by name or by the checksum of its pixels")


def test_a_shard_is_not_gone_on_with_after_it_was_damaged(tmp_path: Path) -> None:
    """Adding a run would give the damaged rows a checksum of their own."""
    from sase_bench.database import ShardWriter

    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(1))
    shard = tmp_path / "digits.parquet"
    content = bytearray(shard.read_bytes())
    content[40] ^= 1
    shard.write_bytes(content)
    with pytest.raises(RequestError, match=r"digits.parquet' is damaged"):
        ShardWriter(tmp_path, [DIGITS])
    assert shard.read_bytes() == bytes(content)


def test_the_runs_of_a_damaged_table_come_back_from_a_shard(tmp_path: Path, content: bytes) -> None:
    path, shard = tmp_path / "table.duckdb", tmp_path / "digits.parquet"
    path.write_bytes(content)
    with connect(path) as table:
        export(table, shard)
    path.write_bytes(content[:-300_000])
    shutil.move(path, tmp_path / "damaged.duckdb")
    assert main(["merge", str(shard), "--db", str(path)]) == 0
    with connect(path) as table:
        assert check(table) == []
    assert json.dumps(sorted(MIGRATIONS)) == "[]"
