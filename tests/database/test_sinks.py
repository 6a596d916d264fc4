"""What holds for whatever runs are appended to: a table, and a folder of shards."""

import errno
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.database import ShardWriter, Store
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import EpochRecord, Record
from tests.records import DIGITS, made_up, unfinished

Sink = Store | ShardWriter
Open = Callable[..., Sink]


@pytest.fixture(params=["the table", "the shelf"])
def name(request: pytest.FixtureRequest) -> str:
    """What a refusal calls it."""
    return str(request.param)


@pytest.fixture
def open_sink(name: str, tmp_path: Path) -> Open:
    def opened(proxies: Sequence[Proxy] = (DIGITS,)) -> Sink:
        return Store(tmp_path / "table.duckdb", proxies) if name == "the table" else ShardWriter(tmp_path / "shelf", proxies)

    return opened


@pytest.fixture
def journal(name: str, tmp_path: Path) -> Path:
    """Where runs wait to be published."""
    return tmp_path / ("table.duckdb.journal" if name == "the table" else "shelf/shelf.journal")


def kill(sink: Sink) -> None:
    """Let others write, and publish nothing."""
    sink._lock.close()


def waiting(open_sink: Open, *records: Record, proxies: Sequence[Proxy] = (DIGITS,)) -> None:
    """Runs in the journal of a writer that was killed."""
    sink = open_sink(proxies)
    for record in records:
        sink._journal.append(record)
    kill(sink)


RUNS = [made_up(5), made_up(5, 1), unfinished(6), unfinished(7, status="failed"), made_up(Module("eca").index)]


def test_a_run_is_taken_once_and_found_again(open_sink: Open) -> None:
    with open_sink() as sink:
        assert [sink.append(run) for run in [*RUNS, *RUNS]] == [True] * 5 + [False] * 5
        assert [sink.find(run.key) for run in RUNS] == RUNS
    with open_sink() as sink:
        assert [sink.append(replace(run, train_seconds=99.0)) for run in RUNS] == [False] * 5
        assert [sink.find(run.key) for run in RUNS] == RUNS
        assert sink.find((5, "digits", 9)) is None
        assert all(run.key in sink for run in RUNS)


@pytest.mark.parametrize("run", [RUNS[0], RUNS[-1]], ids=["block", "module"])
def test_another_result_for_the_same_run_is_refused_and_the_first_one_stays(open_sink: Open, name: str, run: Record) -> None:
    refusal = f"^{name} already has another result for run {re.escape(str(run.key))}; it was left as it is$"
    others = [made_up(run.arch, val_loss=0.125), unfinished(run.arch)]
    with open_sink() as sink:
        sink.append(run)
        for _ in ("waiting", "published"):
            for other in others:
                with pytest.raises(RequestError, match=refusal):
                    sink.append(other)
            assert sink.find(run.key) == run
            sink.publish()
    with open_sink() as sink:
        assert sink.find(run.key) == run


def test_a_failed_run_gives_way_to_any_result_and_to_a_later_failure(open_sink: Open) -> None:
    failed = unfinished(3, status="failed")
    later = replace(failed, reason="another", started_at="2026-11-23T00:00:00+00:00")
    with open_sink() as sink:
        assert [sink.append(run) for run in (failed, later, failed)] == [True, True, False]
        assert (sink.find(failed.key), sink.failed) == (later, {failed.key})
    with open_sink() as sink:
        assert [sink.append(run) for run in (made_up(3), later)] == [True, False]
        assert (sink.find(failed.key), sink.failed) == (made_up(3), frozenset())


def test_runs_of_another_proxy_or_recipe_are_refused(open_sink: Open, name: str) -> None:
    with open_sink() as sink:
        sink.append(made_up(4))
        with pytest.raises(RequestError, match=f"of fashion-8; {name} does not know that proxy$"):
            sink.append(made_up(5, proxy="fashion-8"))
        for arch in (4, 5):
            refusal = rf"^run \({arch}, 'digits', 0\) was made with the recipe 0{{16}} of digits; {name} knows the recipe "
            with pytest.raises(RequestError, match=refusal + f"{DIGITS.recipe_hash}$"):
                sink.append(made_up(arch, recipe_hash="0" * 16))
        assert [sink.find(made_up(arch).key) for arch in (4, 5)] == [made_up(4), None]


CURVE = made_up(5).curve
OTHER_CURVES = {
    "none": ((), "run (5, 'digits', 0) ended ok with a curve of 0 epochs, digits has 12"),
    "short": (CURVE[:3], "run (5, 'digits', 0) ended ok with a curve of 3 epochs, digits has 12"),
    "long": ((*CURVE, replace(CURVE[-1], epoch=13)), "run (5, 'digits', 0) ended ok with a curve of 13 epochs, digits has 12"),
    **{
        name: (
            (*CURVE[:-1], replace(CURVE[-1], **{name: value})),
            f"run (5, 'digits', 0) ended ok with another {name} than its curve",
        )
        for name, value in (("train_loss", 0.125), ("val_loss", 0.25), ("val_top1", None))
    },
}


@pytest.mark.parametrize(("curve", "why"), OTHER_CURVES.values(), ids=OTHER_CURVES)
def test_a_curve_that_is_not_that_of_the_scores_is_refused(open_sink: Open, curve: tuple[EpochRecord, ...], why: str) -> None:
    with open_sink() as sink:
        with pytest.raises(RequestError) as refused:
            sink.append(made_up(5, curve=curve))
        assert str(refused.value) == why
        assert (5, "digits", 0) not in sink
        assert sink.append(made_up(5))
        with pytest.raises(RequestError, match=re.escape(why)):
            sink.append(made_up(5, curve=curve))
    waiting(open_sink, made_up(5, curve=curve))
    with pytest.raises(RequestError, match=f"has a run that cannot be taken: {re.escape(why)}; move that file away"):
        open_sink()


def test_a_run_that_did_not_end_ok_has_any_part_of_a_curve(open_sink: Open) -> None:
    runs = [unfinished(5), replace(unfinished(6), curve=CURVE[:3]), replace(unfinished(7, status="failed"), curve=CURVE)]
    longer = replace(unfinished(8), curve=OTHER_CURVES["long"][0])
    with open_sink() as sink:
        assert all(sink.append(run) for run in runs)
        with pytest.raises(RequestError, match=r"^run \(8, 'digits', 0\) has a curve of 13 epochs, digits has 12$"):
            sink.append(longer)
    with open_sink() as sink:
        assert [sink.find(run.key) for run in runs] == runs
        assert longer.key not in sink


def test_what_a_killed_writer_had_finished_is_taken_from_the_journal(open_sink: Open, journal: Path) -> None:
    waiting(open_sink, unfinished(3, status="failed"), made_up(4), made_up(3), made_up(4))
    with open_sink() as sink:
        assert (sink.recovered, sink.damaged, sink.failed) == (2, 0, frozenset())
        assert sink.find(made_up(3).key) == made_up(3)
    assert not journal.exists()


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (made_up(5, recipe_hash="0" * 16), r"run \(5, 'digits', 0\) was made with the recipe 0{16} of digits; .* knows the"),
        (made_up(4, val_loss=0.125), r"already has another result for run \(4, 'digits', 0\); it was left as it is"),
    ],
    ids=["recipe", "conflict"],
)
def test_what_cannot_be_taken_from_the_journal_is_told_and_never_published(
    open_sink: Open, journal: Path, run: Record, why: str
) -> None:
    with open_sink() as sink:
        sink.append(made_up(4))
    waiting(open_sink, made_up(6), run)
    for _ in range(2):
        with pytest.raises(RequestError, match=rf"^{re.escape(repr(str(journal)))} has a run that cannot be taken.*{why}"):
            open_sink()
    assert journal.read_bytes().count(b"\n") == 2
    journal.unlink()
    with open_sink() as sink:
        assert sink.find(made_up(4).key) == made_up(4)
        assert (5, "digits", 0) not in sink


def test_a_full_disk_is_said_and_loses_nothing(
    open_sink: Open, name: str, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_sink() as sink:
        sink.append(made_up(3))
    sink = open_sink()
    if isinstance(sink, Store):
        sink._cost = 1e9  # however slow the machine is, it does not publish by itself
    sink.append(made_up(4))
    said = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for writing in (sink.publish, lambda: sink.append(made_up(5))):
            with pytest.raises(RequestError) as refused:
                writing()
            said.append(str(refused.value))
            assert not list(journal.parent.glob("table.duckdb.new*"))
    place = f"beside '{journal.with_suffix('')}'" if name == "the table" else f"to '{journal.parent}'"
    why = "No space left on device; nothing finished was lost"
    assert said == [f"cannot write {place}: {why}", f"cannot write to '{journal}': {why}"]
    kill(sink)
    with open_sink() as again:
        assert again.recovered == 1
        assert [again.find(made_up(arch).key) for arch in (3, 4, 5)] == [made_up(3), made_up(4), None]
    assert not [path for path in journal.parent.iterdir() if path.suffix in (".journal", ".new")]


def test_whoever_cannot_begin_gives_the_right_to_write_back(open_sink: Open, journal: Path) -> None:
    with open_sink() as sink:
        sink.append(made_up(4))
    place = journal.parent / ("digits.parquet" if isinstance(sink, ShardWriter) else "table.duckdb")
    good = place.read_bytes()
    place.write_bytes(good[:-100] if isinstance(sink, ShardWriter) else good[:100] + bytes([good[100] ^ 1]) + good[101:])
    held = []  # an exception that is kept holds whatever its frames hold
    for _ in range(2):
        with pytest.raises(RequestError, match="is damaged") as refused:
            open_sink()
        held.append(refused.value)
    place.write_bytes(good)
    with open_sink() as sink:
        assert made_up(4).key in sink


def test_one_writes_at_a_time(open_sink: Open) -> None:
    with open_sink(), pytest.raises(RequestError, match=r"^another process is writing to "):
        open_sink()


def test_runs_of_several_proxies_are_kept_apart(open_sink: Open) -> None:
    runs = [made_up(5), made_up(5, proxy="fashion-8"), made_up(6)]
    with open_sink([DIGITS, PROXIES["fashion-8"]]) as sink:
        assert all(sink.append(run) for run in runs)
    with open_sink([DIGITS, PROXIES["fashion-8"]]) as sink:
        assert [sink.find(run.key) for run in runs] == runs
