from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.record import Record
from tests.query.tables import RECORDS, USED, write
from tests.records import DIGITS, made_up

BLOCKS = (0, 1, 2, 7, 16807)
LAST = (1.0, 0.5, 0.25, 0.75, 0.25)  # two are equal: ranks 5, 3, 1.5, 4, 1.5
FIRST = (0.5, 0.75, 1.0, 0.75, 0.25)  # ranks 2, 3.5, 5, 3.5, 1
SPEARMAN = -1.5 / 9.5  # of these ranks, by hand: a covariance over two equal variances


def run(arch: int, seed: int, first: float, last: float) -> Record:
    """A run that has one loss after the first epoch and another after all others; half its time is the first epoch."""
    record = made_up(arch, seed, val_loss=last)
    rest = DIGITS.epochs - 1
    curve = [
        replace(point, val_loss=last if i else first, seconds=1.0 / rest if i else 1.0) for i, point in enumerate(record.curve)
    ]
    return replace(record, curve=tuple(curve))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [
        run(arch, seed, first + (seed - 0.5) / 4, last)
        for arch, first, last in zip(BLOCKS, FIRST, LAST, strict=True)
        for seed in (0, 1)
    ]
    return write(tmp_path_factory.mktemp("fidelity") / "table.duckdb", [*records, run(54983, 0, 9.0, 0.1)])


def test_the_order_after_each_epoch_is_compared_with_that_after_the_last(path: Path) -> None:
    first, *others = ask("fidelity by loss where seeds >= 2", db=path).records()
    assert (first["proxy"], first["metric"], first["blocks"], first["epoch"]) == ("digits", "val_loss", 5, 1)
    assert first["share"] == pytest.approx(0.5)
    assert first["correlation"] == pytest.approx(SPEARMAN)
    assert first["low"] < first["correlation"] < first["high"]
    assert [record["correlation"] for record in others] == [pytest.approx(1.0)] * 11
    assert [(record["low"], record["high"]) for record in others] == [(None, None)] * 11


def test_conditions_choose_the_blocks(path: Path) -> None:
    assert ask("fidelity by loss", db=path).records()[0]["blocks"] == 6
    assert ask("fidelity by loss in tied", db=path).records()[0]["blocks"] == 4  # without 7 and 54983
    alone = ask("fidelity by loss where channel_squeeze = l2-norm", db=path).records()[0]
    assert (alone["blocks"], alone["correlation"]) == (1, None)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("fidelity by flops", "only top1, loss, train_loss are known after every epoch, got flops"),
        ("fidelity by loss where loss > 10", "no block that fits has a curve on the proxy digits"),
        ("fidelity loss", "unexpected 'loss' at column 10; expected 'by'"),
    ],
)
def test_what_has_no_answer_is_said(path: Path, question: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        ask(question, db=path)
    assert str(error.value) == message


def test_with_test_scores_asked_for_it_says_that_it_has_none(tmp_path: Path) -> None:
    table = write(tmp_path / "table.duckdb", RECORDS, USED)
    assert ask("fidelity by top1 on digits", db=table, test=True).notes[-1] == "this answer has no test metrics"
