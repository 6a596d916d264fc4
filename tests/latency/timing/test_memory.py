import subprocess
import sys

import pytest
import torch

from sase_bench.latency.timing.memory import peak_of

CPU = torch.device("cpu")


def test_a_peak_is_what_is_held_at_once_and_not_all_that_is_allocated() -> None:
    images = torch.ones(500, 500)

    def call() -> torch.Tensor:
        first = images + 1
        second = first * 2
        del first
        return second + 3

    size = images.nbytes
    assert peak_of(call, CPU) == pytest.approx(2 * size, rel=0.01)
    assert peak_of(lambda: images + 1, CPU) == pytest.approx(size, rel=0.01)
    assert peak_of(lambda: None, CPU) == 0


def test_what_was_held_before_and_is_given_up_does_not_make_room() -> None:
    held = [torch.ones(500, 500)]
    images, size = torch.ones(500, 500), held[0].nbytes

    def call() -> torch.Tensor:
        made = images + 1
        held.clear()
        return made

    assert peak_of(call, CPU) == pytest.approx(size, rel=0.01)


def test_nothing_is_written_to_the_terminal() -> None:
    code = "import torch; from sase_bench.latency.timing.memory import peak_of; "
    code += "peak_of(lambda: torch.ones(9), torch.device('cpu'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
