import random
from pathlib import Path

import numpy as np
import torch

from sase_bench.train.generators import capture, restore, seeded

CPU = torch.device("cpu")


def draw() -> tuple[float, float, float]:
    return torch.rand(()).item(), random.random(), float(np.random.rand())  # noqa: NPY002


def test_generators_go_on_where_they_were_captured_through_a_file(tmp_path: Path) -> None:
    with seeded(7, 0, CPU):
        draw()
        torch.save(capture(CPU), tmp_path / "states.pt")
        expected = [draw() for _ in range(3)]
    with seeded(8, 0, CPU):
        assert draw() not in expected
        restore(torch.load(tmp_path / "states.pt", weights_only=True), CPU)
        assert [draw() for _ in range(3)] == expected


def test_generators_of_a_run_differ_by_seed_and_process_and_are_given_back() -> None:
    before = capture(CPU)
    found = set()
    for seed, rank in ((0, 0), (0, 1), (1, 0), (0, 0)):
        with seeded(seed, rank, CPU):
            found.add(draw())
    assert len(found) == 3
    assert torch.equal(capture(CPU)["torch"], before["torch"])
    assert capture(CPU)["python"] == before["python"]
    assert torch.equal(capture(CPU)["numpy"][1], before["numpy"][1])
