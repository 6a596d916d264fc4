"""Fixed, disjoint lists of training and test blocks and of seeds, by a rule that needs no random generator.

The measured blocks of a proxy are put in the order of SHA-256("PROXY/REPEAT/ARCH"), for each repeat 0, 1, 2, …. Test blocks
are the last third of that order, at most 100 (each repeat has others); training blocks are the first n, so lists for different
n are nested and all have the same test blocks. An n that would reach into the test blocks is left out.

Test blocks are scored by seeds that nothing is learnt from: what a seed does to an operation it does in training and test
blocks alike, so a model that has seen it predicts its luck, and intervals that allow for that luck are too wide. Of the S
seeds that all blocks share, h = S // 3, at least one of two, are held out: for REPEAT those at the places h·REPEAT to
h·REPEAT + h − 1 in ascending order, counted round. Where all blocks share fewer than two, none is held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sase_bench.errors import RequestError
from sase_bench.files import replacing, write_json
from sase_bench.predictors.protocol import Indices

__all__ = ["SIZES", "Splits"]

#: Numbers of training blocks: those of published comparisons, and some more.
SIZES = (10, 23, 56, 87, 100, 135, 209, 323, 400, 1000)

_LEAST = 30  # blocks, so that there are ten to test on
_MOST = 100  # test blocks


@dataclass(frozen=True)
class Splits:
    """The lists of some measured blocks."""

    proxy: str
    space: str
    archs: Indices  # (k,), ascending
    orders: Indices  # (repeats, k)
    seeds: tuple[int, ...] = ()  # that all blocks share, ascending

    @classmethod
    def of(cls, proxy: str, space: str, archs: Indices, repeats: int, seeds: Iterable[int] = ()) -> Splits:
        """Raises `RequestError` for too few blocks."""
        if len(archs) < _LEAST:
            raise RequestError(f"an evaluation takes at least {_LEAST} measured blocks, {proxy} has {len(archs)} in {space}")
        if repeats < 1:
            raise RequestError(f"an evaluation is repeated at least once, got {repeats}")
        orders = np.stack([_order(proxy, repeat, archs) for repeat in range(repeats)])
        return cls(proxy, space, archs, orders, tuple(sorted(seeds)))

    @property
    def tested(self) -> int:
        """Number of test blocks."""
        return min(_MOST, len(self.archs) // 3)

    def sizes(self, wanted: Iterable[int] = SIZES) -> tuple[int, ...]:
        """Those of `wanted` that leave the test blocks alone."""
        return tuple(n for n in wanted if 2 <= n <= len(self.archs) - self.tested)

    def train(self, repeat: int, n: int) -> Indices:
        return self.orders[repeat, :n]

    def test(self, repeat: int) -> Indices:
        return self.orders[repeat, -self.tested :]

    def held_out(self, repeat: int) -> tuple[int, ...]:
        """The seeds that score the test blocks, and nothing else."""
        count = len(self.seeds)
        if count < 2:
            return ()
        share = max(1, count // 3)
        return tuple(sorted(self.seeds[(share * repeat + i) % count] for i in range(share)))

    def write(self, folder: Path) -> None:
        """`splits.json` has the rule and the checksums, `splits.npz` the lists: `train` and `test`, a row each repeat."""
        most = max(self.sizes(), default=0)
        lists = {"train": self.orders[:, :most], "test": self.orders[:, -self.tested :]}
        head, _, rule = (__doc__ or "").partition("\n\n")
        text = {
            "what": head,
            "rule": " ".join(rule.split()),
            "proxy": self.proxy,
            "space": self.space,
            "blocks": len(self.archs),
            "blocks_sha256": _sha256(self.archs),
            "sizes": list(self.sizes()),
            "test_blocks": self.tested,
            "test_seeds": [list(self.held_out(repeat)) for repeat in range(len(self.orders))],
            "sha256": {name: [_sha256(row) for row in rows] for name, rows in lists.items()},
            "sha256_of": "indices in the full space, in order, as little-endian integers of 64 bits",
        }
        write_json(folder / "splits.json", text)
        with replacing(folder / "splits.npz") as fresh, fresh.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{name: rows.astype(np.int32) for name, rows in lists.items()})


def _order(proxy: str, repeat: int, archs: Indices) -> Indices:
    keys = {arch: hashlib.sha256(f"{proxy}/{repeat}/{arch}".encode()).digest() for arch in archs.tolist()}
    return np.asarray(sorted(keys, key=keys.__getitem__), dtype=np.int64)


def _sha256(numbers: Indices) -> str:
    return hashlib.sha256(numbers.astype("<i8").tobytes()).hexdigest()
