from pathlib import Path

import numpy as np
import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.benchmark import objective_of
from sase_bench.database import Store
from sase_bench.database.reader import open_file
from sase_bench.errors import RequestError
from tests.benchmark.conftest import ARCHS
from tests.records import DIGITS, made_up


def test_a_simulated_clock_runs_as_the_real_runs_did(bench: Benchmark) -> None:
    simulation = bench.simulate("digits", workers=2)
    simulation.submit(Architecture(0), 0)
    simulation.submit(Architecture(1), seeds=[2, 1])
    assert simulation.free == 0
    first, second = simulation.wait(), simulation.wait()
    assert (first.arch.index, first.ended, second.seeds, second.ended) == (0, 2.0, (2, 1), 4.0)
    assert second.val_top1 == pytest.approx(np.mean([made_up(1, seed).val_top1 for seed in (1, 2)]))
    simulation.submit(Architecture(7), seeds=1)
    third = simulation.wait()
    assert (third.val_loss, third.started, third.ended, simulation.clock) == (None, 4.0, 6.0, 6.0)


def test_a_block_is_simulated_with_all_its_seeds_where_none_are_named(bench: Benchmark) -> None:
    simulation = bench.simulate("digits")
    simulation.submit(Architecture(7))
    finished = simulation.wait()
    assert (finished.seeds, finished.ended) == ((0, 1, 2), 6.0)
    assert finished.val_top1 == bench.query(7, "digits").val_top1  # of the two that ended ok


def test_runs_stop_at_an_epoch_and_go_on_and_only_what_lies_between_takes_time(bench: Benchmark) -> None:
    simulation = bench.simulate("digits")
    ends = []
    for at in (3, 7, None):
        simulation.submit(0, seeds=[0, 1], at=at)
        finished = simulation.wait()
        assert finished.epoch == (at or 12)
        assert finished.val_loss == np.mean([bench.query(0, "digits", at=at, seed=seed).val_loss for seed in (0, 1)])
        ends.append(finished.ended)
    assert ends == pytest.approx([0.6, 1.4, 4.0])  # in the end what two whole runs take
    simulation.submit(0, seeds=[1, 2], at=5)  # the first is known, the second begins
    assert simulation.wait().ended == pytest.approx(4.5)
    simulation.submit(0)
    assert simulation.wait().ended == pytest.approx(6.0)


def test_a_run_that_diverged_takes_all_its_time_at_once(bench: Benchmark) -> None:
    simulation = bench.simulate("digits")
    simulation.submit(7, at=2)  # three runs, of which one diverged
    finished = simulation.wait()
    assert (finished.val_loss, finished.ended) == (bench.query(7, "digits", at=2).val_loss, pytest.approx(2.4))
    simulation.submit(7, seeds=1)
    assert simulation.wait()[2:] == (12, None, None, None, finished.ended, finished.ended)


def test_runs_without_a_curve_cannot_be_stopped(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        store.append(made_up(0))
    with open_file(tmp_path / "table.duckdb", read_only=False) as table:
        table.execute("DELETE FROM epochs")  # as `database check` would say
    simulation = Benchmark.load(tmp_path / "table.duckdb").simulate()
    with pytest.raises(RequestError, match=r"^the runs of architecture 0 on digits have no curve to stop at$"):
        simulation.submit(0, at=3)
    simulation.submit(0)
    assert simulation.wait().epoch == 12


def test_no_result_is_there_before_its_run_has_ended(bench: Benchmark) -> None:
    """Whoever asks for a run that another worker is still training waits for it, and trains only what is missing then."""
    alone = bench.simulate("digits")
    alone.submit(0, seeds=[0, 1])
    length = alone.wait().ended
    simulation = bench.simulate("digits", workers=3)
    simulation.submit(0, seeds=[0, 1])
    simulation.submit(0, seeds=[0, 1])
    simulation.submit(0, seeds=[1], at=5)
    assert [simulation.wait().ended for _ in range(3)] == [length, length, length]
    simulation.submit(0, seeds=[0, 1])
    assert simulation.wait().ended == length  # known by now


def test_a_strategy_is_asked_and_told_in_the_order_of_the_clock(bench: Benchmark) -> None:
    class InOrder:
        def __init__(self) -> None:
            self.left = list(ARCHS)
            self.told: dict[int, float | None] = {}
            self.spent = 0.0

        def ask(self, count: int = 1) -> list[int]:
            asked, self.left = self.left[:count], self.left[count:]
            self.spent = 10.0  # it trains something before the first block
            return asked

        def tell(self, arch: int, objective: float | None) -> None:
            self.told[arch] = objective

    for workers, batch, clock in ((1, 1, 18.0), (1, 3, 18.0), (3, 1, 14.0), (3, 2, 14.0)):
        strategy, simulation = InOrder(), bench.simulate("digits", workers=workers)
        done = simulation.run(strategy, evaluations=9, metric="val_top1", batch=batch, seeds=0)
        assert list(strategy.told) == [finished.arch.index for finished in done] == list(ARCHS)
        assert strategy.told[7] == -(made_up(7).val_top1 or 0)
        assert simulation.clock == clock


def test_a_strategy_of_ones_own_needs_ask_and_tell_alone(bench: Benchmark) -> None:
    class Plain:
        def __init__(self) -> None:
            self.left: list[object] = [np.int64(0), Architecture(1), "54983"]

        def ask(self, count: int = 1) -> object:
            asked, self.left = self.left[:count], self.left[count:]
            return np.asarray(asked) if asked and isinstance(asked[0], np.int64) else asked

        def tell(self, arch: int, objective: float | None) -> None:
            assert type(arch) is int

    done = bench.simulate("digits").run(Plain(), evaluations=9)  # type: ignore[arg-type]
    assert [finished.arch.index for finished in done] == [0, 1, 54983]


def test_objectives_are_minimised_whatever_the_metric() -> None:
    assert (objective_of("val_loss", 0.5), objective_of("val_top1", 0.5), objective_of("val_top1", None)) == (0.5, -0.5, None)
    assert objective_of("val_top1", objective_of("val_top1", 0.5)) == 0.5


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda bench: bench.simulate("digits").submit(0, seeds=True), "seed is a whole number, got True"),
        (lambda bench: bench.simulate("digits", workers=2.5), "workers is a whole number, got 2.5"),
        (
            lambda bench: bench.simulate("digits").advance(-1.0),
            "time does not go back: advance by a number from 0 s, got -1.0",
        ),
        (
            lambda bench: bench.simulate("digits").advance(float("inf")),
            "time does not go back: advance by a number from 0 s, got inf",
        ),
        (lambda bench: bench.simulate("digits").advance("3"), "time does not go back: advance by a number from 0 s, got '3'"),
        (lambda bench: bench.simulate("digits").submit(0, [1, 1]), "the seeds of a block are all different, got (1, 1)"),
        (
            lambda bench: bench.simulate("digits").run(object(), 1, metric="loss"),
            "unknown metric 'loss'; choose from val_loss, val_top1, train_loss",
        ),
        (lambda bench: bench.simulate("digits").run(object(), -1), "evaluations is 0 or more, got -1"),
        (lambda bench: bench.simulate("digits").run(object(), 2.5), "evaluations is a whole number, got 2.5"),
        (lambda bench: bench.simulate("digits").run(object(), 1, batch=0), "batch is 1 or more, got 0"),
        (lambda bench: bench.simulate("digits", workers=0), "a simulation has at least one worker, got 0"),
        (lambda bench: bench.simulate("digits").submit(Architecture(3)), "run (3, seed any) is not in digits"),
        (lambda bench: bench.simulate("digits").submit(0, at=13), "digits has the epochs 1..12, got 13"),
        (lambda bench: bench.simulate("digits").submit(0, at=0), "digits has the epochs 1..12, got 0"),
        (lambda bench: bench.simulate("digits").submit(0, at=2.0), "at is a whole number, got 2.0"),
        (lambda bench: bench.simulate("digits").wait(), "nothing is running; submit() something first"),
    ],
)
def test_simulations_that_cannot_be_say_why(bench: Benchmark, request_: object, message: str) -> None:
    with pytest.raises(RequestError) as error:
        request_(bench)  # type: ignore[operator]
    assert str(error.value) == message
