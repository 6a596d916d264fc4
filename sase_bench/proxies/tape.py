"""The batches that a seed meets, an epoch at a time, made once however many blocks are trained on them.

Common random numbers make that possible: order and augmentation come from the seed and from nothing else. On a GPU to make
a batch takes as many kernels as a good part of a step, and the images of a whole training fit beside everything else.

Notation: S steps an epoch, B images a batch.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from threading import Lock

import torch
from torch import Tensor

from sase_bench.proxies.datasets import Images
from sase_bench.proxies.training import batches
from sase_bench.recipes.recipe import Proxy

__all__ = ["Tape", "forget", "tape_of"]

_LONGEST = 2**30  # bytes of a training's images that are kept
_MOST = 8  # seeds whose images are kept


class Tape:
    """The epochs of `proxy` on `images` as `batches` has them for `seed`; threads may share it."""

    def __init__(self, proxy: Proxy, images: Images, seed: int, *, keep: bool = True) -> None:
        """Unless it is to `keep` all of them, it has one epoch at a time, and they are asked for in order."""
        self._proxy, self._images, self._seed, self._keep = proxy, images, seed, keep
        self._lock = Lock()
        self._rewind()

    def epoch(self, number: int) -> tuple[Tensor, Tensor]:
        """Images (S,B,C,H,W) and labels (S,B) of epoch `number`, from 1, on the device of the images."""
        with self._lock:
            while self._made < number:
                try:
                    self._make()
                except BaseException:  # out of memory, say: the source has ended, and others are to find a whole tape
                    self._rewind()
                    raise
            return self._epochs[number]

    def _rewind(self) -> None:
        self._source = batches(self._proxy, self._images, self._seed)
        self._epochs: dict[int, tuple[Tensor, Tensor]] = {}
        self._made = 0

    def _make(self) -> None:
        images, labels = zip(*islice(self._source, self._proxy.steps_per_epoch), strict=True)
        if not self._keep:
            self._epochs.clear()
        self._made += 1
        self._epochs[self._made] = torch.stack(images), torch.stack(labels)
        if images[0].is_cuda:  # another thread reads them on a stream of its own
            torch.cuda.current_stream().synchronize()


def tape_of(proxy: Proxy, images: Images, seed: int) -> Tape:
    """The tape of a seed: the same for every block, unless a training's images are too many to be kept."""
    size = proxy.epochs * proxy.steps_per_epoch * proxy.batch_size * images.x[0].nbytes
    return _kept(proxy, images, seed) if size <= _LONGEST else Tape(proxy, images, seed, keep=False)


def forget() -> None:
    """Let go of the tapes that are kept, and of the images behind them."""
    _kept.cache_clear()


_kept = lru_cache(maxsize=_MOST)(Tape)
