"""Batches that are made once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from sase_bench.proxies import PROXIES, tape
from sase_bench.proxies.datasets import Images, load
from sase_bench.proxies.tape import Tape, tape_of
from sase_bench.proxies.training import batches

SHORT = replace(PROXIES["digits"], epochs=3, train_size=400, val_size=60, test_size=40, colour_jitter=0.3)
IMAGES = load(SHORT).train


def check(found: Tape, seed: int) -> None:
    source = batches(SHORT, IMAGES, seed)
    for number in range(1, SHORT.epochs + 1):
        images, labels = found.epoch(number)
        assert images.shape == (8, 50, 1, 8, 8)
        for place in range(SHORT.steps_per_epoch):
            x, y = next(source)
            torch.testing.assert_close(images[place], x, rtol=0, atol=0)
            torch.testing.assert_close(labels[place], y, rtol=0, atol=0)


@pytest.mark.parametrize("keep", [True, False])
def test_a_tape_has_the_batches_of_the_seed(keep: bool) -> None:
    for seed in (0, 5):
        check(Tape(SHORT, IMAGES, seed, keep=keep), seed)


def test_a_tape_is_made_once_unless_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tape_of(SHORT, IMAGES, 0) is tape_of(SHORT, IMAGES, 0)
    assert tape_of(SHORT, IMAGES, 0) is not tape_of(SHORT, IMAGES, 1)
    other = Images(IMAGES.x.clone(), IMAGES.y)
    assert tape_of(SHORT, IMAGES, 0) is not tape_of(SHORT, other, 0)
    assert tape_of(SHORT, IMAGES, 0).epoch(1)[0] is tape_of(SHORT, IMAGES, 0).epoch(1)[0]
    monkeypatch.setattr(tape, "_LONGEST", 1000)
    long = tape_of(SHORT, IMAGES, 0)
    assert long is not tape_of(SHORT, IMAGES, 0)
    check(long, 0)


def test_threads_may_share_a_tape() -> None:
    shared = Tape(SHORT, IMAGES, 2)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(check, shared, 2) for _ in range(8)]:
            done.result()


def test_after_an_error_a_tape_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Tape(SHORT, IMAGES, 2)
    shared.epoch(1)

    def fail(images: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(tape.torch, "stack", fail)
        with pytest.raises(MemoryError):
            shared.epoch(2)
    check(shared, 2)
