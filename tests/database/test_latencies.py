import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sase_bench.cost import DEFAULT_TRUNKS, count, find_trunk
from sase_bench.database import Store, connect
from sase_bench.database.check import check_shelf
from sase_bench.database.checksums import write_sums
from sase_bench.database.latencies import SLOT_SECONDS, SlotSeconds, content, latency_trunk, read_slot_seconds
from sase_bench.database.reading import reading
from sase_bench.errors import RequestError
from sase_bench.files import write_json
from sase_bench.query import ask
from sase_bench.space import OPERATIONS, Space
from tests.records import DIGITS
from tests.shelves import write_shelf

ABOUT = {"unit": "s", "batch": 1, "processor": "made up"}
RESNET20, RESNET50, _ = (trunk.name for trunk in DEFAULT_TRUNKS)


def made_up(name: str = RESNET50) -> SlotSeconds:
    """Every operation of every slot takes as many milliseconds as no sum of others, a twentieth apart."""
    table = 1e-3 * 2.0 ** np.arange(6)[:, None] * (1 + np.arange(7) / 20)
    return SlotSeconds(trunk=find_trunk(name), constant=0.5, table=table, about=ABOUT)


def expected(one: SlotSeconds) -> np.ndarray:
    digits = Space("full").digits()
    return one.constant + one.table[np.arange(6), digits].sum(1)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return write_shelf(tmp_path / "database", ("digits",))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_json(tmp_path / "slots.json", content([made_up(RESNET20), made_up()]))
    found = read_slot_seconds(tmp_path / "slots.json")
    assert [one.trunk.name for one in found] == [RESNET20, RESNET50]
    assert (found[1].table == made_up().table).all()
    assert (found[1].constant, found[1].about) == (0.5, ABOUT)
    assert read_slot_seconds(tmp_path / "missing.json") == []


def test_a_shelf_has_the_latency_of_every_block_in_every_trunk_that_was_timed(shelf: Path) -> None:
    write_json(shelf / SLOT_SECONDS, content([made_up()]))
    with connect(shelf) as table:
        rows = table.execute("SELECT * FROM costs WHERE trunk = ? ORDER BY arch", [RESNET50]).fetchnumpy()
        own = table.execute("SELECT count(latency) FROM costs WHERE trunk = ?", [DIGITS.trunk.name]).fetchone()
        about = table.execute("SELECT value FROM about WHERE key = ?", [f"latency of {RESNET50}"]).fetchone()
    assert rows["latency"] == pytest.approx(expected(made_up()))
    assert (rows["params"] == count(find_trunk(RESNET50), Space("full").digits()).params).all()
    assert own == (0,)
    assert about is not None
    assert json.loads(about[0]) == ABOUT


def test_a_question_for_the_latency_is_answered_for_resnet_50_where_the_network_of_the_proxy_was_not_timed(shelf: Path) -> None:
    with pytest.raises(RequestError, match=f"latency has not been measured in {DIGITS.trunk.name}"):
        ask("top 1 by latency", db=shelf)
    write_json(shelf / SLOT_SECONDS, content([made_up()]))
    answer = ask("top 3 by latency", db=shelf)
    found = [(record["arch"], record["latency"]) for record in answer.records()]
    seconds = expected(made_up())
    assert [latency for _, latency in found] == pytest.approx([seconds[arch] for arch, _ in found])
    assert [latency for _, latency in found] == sorted(latency for _, latency in found)
    instead = f"latency in {RESNET50}, as {DIGITS.trunk.name}, the proxy's own network, was not timed: unit s, batch 1, "
    assert answer.notes[0].startswith(instead)
    (a, b, *_) = (arch for arch, _ in found)
    (row,) = (record for record in ask(f"compare {a} with {b}", db=shelf).records() if record["metric"] == "latency")
    assert (row["a"], row["b"]) == pytest.approx((seconds[a], seconds[b]))
    for record in ask("effect spatial_excite by latency", db=shelf).records():
        digit = OPERATIONS["spatial_excite"].index(record["operation"])
        assert record["mean"] == pytest.approx(seconds[Space("full").digits()[:, 5] == digit].mean())


def test_the_proxys_own_network_goes_before_resnet_50(shelf: Path) -> None:
    write_json(shelf / SLOT_SECONDS, content([made_up(DIGITS.trunk.name), made_up()]))
    with connect(shelf) as table:
        assert latency_trunk(table, DIGITS.trunk.name) == DIGITS.trunk.name
        assert latency_trunk(table, RESNET20) == RESNET50
    assert ask("top 1 by latency", db=shelf).notes[0].startswith(f"latency in {DIGITS.trunk.name}: unit s")


def test_a_table_without_times_has_none(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]):
        pass
    with connect(tmp_path / "table.duckdb") as table:
        assert latency_trunk(table, DIGITS.trunk.name) is None


def test_times_that_come_later_are_seen(shelf: Path) -> None:
    def timed() -> tuple[int]:
        with reading(shelf) as table:
            ((count,),) = table.execute("SELECT count(latency) FROM costs").fetchall()
        return (count,)

    assert timed() == (0,)
    write_json(shelf / SLOT_SECONDS, content([made_up()]))
    assert timed() == (len(Space("full")),)


def test_a_file_that_does_not_match_its_checksum_is_refused_and_so_is_one_that_is_gone(shelf: Path) -> None:
    write_json(shelf / SLOT_SECONDS, content([made_up()]))
    write_sums((shelf / SLOT_SECONDS).parent, [SLOT_SECONDS.name])
    assert check_shelf(shelf)[shelf / SLOT_SECONDS] == []
    text = (shelf / SLOT_SECONDS).read_text()
    (shelf / SLOT_SECONDS).write_text(text.replace("0.5", "9.5", 1))
    assert "does not match its checksum" in check_shelf(shelf)[shelf / SLOT_SECONDS][0]
    with pytest.raises(RequestError, match=r"slots\.json' is damaged: it does not match its checksum"):
        connect(shelf)
    (shelf / SLOT_SECONDS).unlink()
    with pytest.raises(RequestError, match=r"slots\.json', which SHA256SUMS lists, is missing; fetch it again"):
        connect(shelf)


def _without_an_operation() -> str:
    entry = content([made_up()])
    del entry[RESNET50]["slots"]["channel_gate"][OPERATIONS["channel_gate"][3]]
    return json.dumps(entry)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "[]",
        '{"resnet50-224px-1000": {}}',
        json.dumps(content([made_up()])).replace(RESNET50, "a network"),
        json.dumps(content([made_up()])).replace("0.5", "NaN", 1),
        json.dumps(content([made_up()])).replace("0.5", '"soon"', 1),
        json.dumps(content([made_up()])).replace("0.5", "9" * 400, 1),
        "[" * 100_000,
        _without_an_operation(),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name_with_the_way_out(shelf: Path, text: str) -> None:
    (shelf / SLOT_SECONDS).parent.mkdir()
    (shelf / SLOT_SECONDS).write_text(text)
    with pytest.raises(RequestError, match=r"slots\.json.*remove it; python -m sase_bench.release --shelf .* writes it again"):
        connect(shelf)


def test_a_file_that_is_no_text_is_refused(shelf: Path) -> None:
    (shelf / SLOT_SECONDS).parent.mkdir()
    (shelf / SLOT_SECONDS).write_bytes(b"\xff\xfe\x00")
    with pytest.raises((RequestError, duckdb.Error), match="cannot be read as seconds by slot"):
        connect(shelf)
