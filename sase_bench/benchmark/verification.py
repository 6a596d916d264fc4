"""Training a row of the table again, and what came out differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sase_bench.errors import RequestError, needing
from sase_bench.recipes.registry import find
from sase_bench.record import OBJECTIVES, Record
from sase_bench.space import Architecture

__all__ = ["Verification", "train_again", "verify"]


class Verification(NamedTuple):
    """A run as it is in the table, and the same run made again."""

    known: Record
    again: Record

    @property
    def differences(self) -> dict[str, float | None]:
        """New minus old for each of `OBJECTIVES`; None if only one of the runs, or neither, has that score."""
        pairs = {name: (getattr(self.again, name), getattr(self.known, name)) for name in OBJECTIVES}
        return {name: None if new is None or old is None else new - old for name, (new, old) in pairs.items()}


def verify(known: Record, seeds: Sequence[int], **options: Any) -> Verification:
    """Train `known` again as its column `path` says, together with the `seeds` that it was trained with (its own among them).

    `options` go to `sase_bench.proxies.measure`. With the row's `device`, torch version and code nothing differs.
    Raises `RequestError` for a run made with another recipe than its proxy has now, and without torch.
    """
    return Verification(known, train_again(known, seeds, **options)[known.seed])


def train_again(known: Record, seeds: Sequence[int], **options: Any) -> dict[int, Record]:
    """What `verify` trains: by seed all runs that come out, so that whoever verifies several of them trains them once."""
    proxy = find(known.proxy)
    if proxy.recipe_hash != known.recipe_hash:
        raise RequestError(
            f"run {known.key} was made with the recipe {known.recipe_hash}, {known.proxy} now has {proxy.recipe_hash}"
        )
    with needing("training", "train"):
        records = _ENGINES[known.path if known.path in _ENGINES else "eager"](known, seeds, **options)
    return {record.seed: record for record in records}


def _eager(known: Record, seeds: Sequence[int], **options: Any) -> list[Record]:
    from sase_bench.proxies import measure

    return [measure(Architecture(known.arch), known.proxy, known.seed, **options)]


def _fused(known: Record, seeds: Sequence[int], **options: Any) -> list[Record]:
    from sase_bench.proxies import measure_seeds

    return measure_seeds(Architecture(known.arch), known.proxy, seeds, **options)


#: The column `path` → who trains such a row again. A row of a path that is not here is trained by the plain implementation.
_ENGINES: dict[str, Callable[..., list[Record]]] = {"eager": _eager, "fused": _fused, "graph": _fused}
