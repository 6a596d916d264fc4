import argparse

import pytest
import torch

from sase_bench.sweep.executor import Job
from sase_bench.sweep.executors import EXECUTORS, at_once, executor_of
from sase_bench.sweep.inline import InlineExecutor
from sase_bench.sweep.local import usable_cpus
from sase_bench.sweep.options import add_training_options
from tests.records import DIGITS


def given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_training_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], usable_cpus()),
        (["--executor", "inline"], 1),
        (["--executor", "inline", "--workers", "3"], 3),
        (["--device", "cuda"], 1),
        (["--device", "cuda", "--workers", "3"], 1),
        (["--workers", "3"], 3),
        (["--executor", "inline", "--device", "cpu"], 1),
        (["--executor", "inline", "--device", "cpu", "--workers", "3"], 3),
        (["--executor", "inline", "--device", "cuda", "--workers", "3"], 1),
        (["--executor", "ray"], None),
        (["--executor", "ray", "--workers", "3"], 3),
    ],
)
def test_how_much_is_trained_side_by_side_is_known_beforehand_or_not(
    words: list[str], count: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert at_once(given(*words)) == count


@pytest.mark.parametrize("executor", ["local", "inline"])
def test_who_shares_a_gpu_does_not_take_a_part_of_the_time(executor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert at_once(given("--executor", executor, "--workers", "8")) == 1


def test_an_executor_is_chosen_by_its_name() -> None:
    assert list(EXECUTORS) == ["local", "inline", "ray"]
    assert given().executor == "local"
    assert isinstance(executor_of(given("--executor", "inline"), Job(proxy=DIGITS)), InlineExecutor)
