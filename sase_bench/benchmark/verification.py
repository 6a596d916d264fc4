"""Training a row of the table again, and what came out differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sase_bench.errors import RequestError
from sase_bench.proxies.registry import find
from sase_bench.record import Record
from sase_bench.space import Architecture

__all__ = ["SCORES", "Verification", "verify"]

#: What is compared.
SCORES = ("val_loss", "val_top1")


class Verification(NamedTuple):
    """A run as it is in the table, and the same run made again."""

    known: Record
    again: Record

    @property
    def differences(self) -> dict[str, float | None]:
        """New minus old for each of `SCORES`; None if only one of the runs, or neither, has that score."""
        pairs = {name: (getattr(self.again, name), getattr(self.known, name)) for name in SCORES}
        return {name: None if new is None or old is None else new - old for name, (new, old) in pairs.items()}

    @property
    def is_same(self) -> bool:
        """Whether both ended the same way with the same scores, to the last bit."""
        names = ("status", *SCORES)
        return all(getattr(self.again, name) == getattr(self.known, name) for name in names)


def verify(known: Record, **options: Any) -> Verification:
    """Train `known` again, by the implementation that its column `path` names where this program has it.

    `options` go to `sase_bench.proxies.measure`. On the processor and with the torch version of the row nothing differs.
    Raises `RequestError` for a run made with another recipe than its proxy has now.
    """
    proxy = find(known.proxy)
    if proxy.recipe_hash != known.recipe_hash:
        raise RequestError(
            f"run {known.key} was made with the recipe {known.recipe_hash}, {known.proxy} now has {proxy.recipe_hash}"
        )
    engine = _ENGINES[known.path if known.path in _ENGINES else "eager"]
    return Verification(known, engine(known, **options))


def _eager(known: Record, **options: Any) -> Record:
    from sase_bench.proxies import measure

    return measure(Architecture(known.arch), known.proxy, known.seed, **options)


#: The column `path` → who trains such a row again. A row of a path that is not here is trained by the plain implementation.
_ENGINES: dict[str, Callable[..., Record]] = {"eager": _eager}
