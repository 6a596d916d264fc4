import math
from dataclasses import replace

import pytest

from sase_bench.errors import RequestError
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, SCORES, EpochRecord, Record

RECORD = Record(
    arch=54983,
    proxy="digits",
    seed=2,
    status="ok",
    train_loss=0.1,
    val_loss=0.1 + 0.2,
    val_top1=0.97,
    test_loss=1 / 3,
    test_top1=0.96,
    train_seconds=2.5,
    eval_seconds=0.5,
    peak_memory=10**9,
    device="a processor",
    threads=1,
    started_at="2026-11-22T12:00:00+00:00",
    recipe_hash="0123456789abcdef",
    package_version="0.1.0",
    torch_version="2.11.0",
    curve=(EpochRecord(epoch=1, train_loss=2.0, val_loss=1.5, val_top1=0.5, seconds=0.2), EpochRecord(epoch=2)),
)


def test_json_brings_a_record_back_to_the_last_bit() -> None:
    assert Record.from_json(RECORD.to_json()) == RECORD
    assert "\n" not in RECORD.to_json()


def test_blocks_are_ranked_by_validation_scores_that_a_sign_makes_smaller_is_better() -> None:
    assert SCORES == ("val_loss", "val_top1")
    assert [COLUMNS[name].sign for name in (*SCORES, "train_seconds")] == [1, -1, 1]
    with pytest.raises(TypeError, match="the column seed has no direction of improvement"):
        _ = COLUMNS["seed"].sign


def test_columns_are_declared_with_type_unit_direction_and_split() -> None:
    assert tuple(COLUMNS)[:3] == KEY
    assert [name for name, column in COLUMNS.items() if column.split == "test"] == ["test_loss", "test_top1"]
    assert (COLUMNS["val_loss"].unit, COLUMNS["val_loss"].better, COLUMNS["val_loss"].nullable) == ("nat", "smaller", True)
    assert (COLUMNS["threads"].sql_type, COLUMNS["device"].sql_type, COLUMNS["val_top1"].sql_type) == (
        "BIGINT", "VARCHAR", "DOUBLE",
    )  # fmt: skip
    assert all(column.description for column in (COLUMNS | EPOCH_COLUMNS).values())
    assert len(RECORD.row()) == len(COLUMNS)
    assert RECORD.epoch_rows()[0] == (54983, "digits", 2, 1, 2.0, 1.5, 0.5, 0.2)


def test_records_agree_when_their_results_do_whatever_they_took() -> None:
    assert RECORD.agrees(replace(RECORD, train_seconds=9.0, device="another", started_at="later", threads=2))
    assert not RECORD.agrees(replace(RECORD, val_loss=math.nextafter(0.1 + 0.2, 1)))
    assert not RECORD.agrees(replace(RECORD, curve=RECORD.curve[:1]))


def test_a_failed_run_is_superseded_by_any_other_result_and_by_a_later_failure() -> None:
    failed = replace(RECORD, status="failed", reason="hung")
    later = replace(failed, started_at="2026-11-22T12:00:01+00:00")
    diverged = replace(RECORD, status="diverged", reason="not finite")
    runs = [failed, later, diverged, RECORD]
    superseded = [[run.supersedes(other) for other in runs] for run in runs]
    assert superseded == [
        [False, False, False, False],
        [True, False, False, False],
        [True, True, False, False],
        [True, True, False, False],
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_top1": 1.5}, "the column val_top1 lies in 0..1, got 1.5"),
        ({"val_loss": math.nan}, "the column val_loss lies in 0..None, got nan"),
        ({"arch": 117_649}, "the column arch is a block's index, 0..117648, or a module's number, got 117649"),
        ({"seed": -1}, "the column seed lies in 0..2147483647, got -1"),
        ({"seed": True}, "the column seed takes int, got True"),
        ({"proxy": None}, "the column proxy takes str, got None"),
        ({"status": "fine"}, "a run's status is one of ok, diverged, failed, got 'fine'"),
        ({"status": "failed"}, "a run has a reason exactly if it did not end ok, got 'failed', None"),
        ({"reason": "luck"}, "a run has a reason exactly if it did not end ok, got 'ok', 'luck'"),
        ({"val_loss": None}, "a run that ended ok has validation scores, run (54983, 'digits', 2) has not"),
        ({"curve": (EpochRecord(epoch=2),)}, "the epochs of a curve count from 1, those of run (54983, 'digits', 2) do not"),
    ],
)
def test_values_that_cannot_be_true_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError) as error:
        replace(RECORD, **changes)  # type: ignore[arg-type]
    assert str(error.value) == message


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"curve": 3}', RECORD.to_json()[:-9], RECORD.to_json().replace("0.97", '"a"')]
)
def test_json_of_anything_else_is_refused(text: str) -> None:
    with pytest.raises(RequestError):
        Record.from_json(text)
