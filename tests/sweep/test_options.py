import argparse

import pytest

from sase_bench.errors import RequestError
from sase_bench.sweep.options import add_training_options, check_training_options


def given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_training_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workers", "0"], "--workers is at least 1, got 0"),
        (["--address", "auto"], "--address goes with --executor ray, got --executor local"),
        (
            ["--gpus-per-run", "0.5", "--cpus-per-run", "1", "--executor", "inline"],
            "--cpus-per-run, --gpus-per-run goes with --executor ray, got --executor inline",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(RequestError) as refused:
        check_training_options(given(*words))
    assert str(refused.value) == message


@pytest.mark.parametrize("words", [[], ["--executor", "ray", "--address", "local", "--cpus-per-run", "0.5"]])
def test_options_that_go_together_are_taken(words: list[str]) -> None:
    check_training_options(given(*words))
