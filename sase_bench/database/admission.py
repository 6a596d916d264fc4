"""May a run be taken? One answer for whatever runs are appended to, a table or a folder of shards. Needs no DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, Record

__all__ = ["ConflictError", "Recipe", "RunError", "fault_of", "is_new", "told_of"]

_SCORES = [name for name in EPOCH_COLUMNS if name in COLUMNS]  # of an epoch, and of a run after its last one


class RunError(RequestError):
    """A run that may not be taken."""


class ConflictError(RunError):
    """Another result for a run that is there already."""


class Recipe(NamedTuple):
    """What is known of a proxy by whoever takes its runs."""

    hash: str
    epochs: int  # of a run that ended ok

    @classmethod
    def of(cls, proxy: Proxy) -> Recipe:
        return cls(proxy.recipe_hash, proxy.epochs)


def is_new(record: Record, there: Record | None, recipes: Mapping[str, Recipe], name: str) -> bool:
    """Whether a run is to be taken where `there` is the one with its key, if there is one.

    False if that is the same result, or one that supersedes it. `recipes` are those of the proxies that runs may belong to, and
    `name` says who refuses: "the table". Raises `RunError` for a run of another proxy or recipe, or with a curve that cannot be
    (`fault_of`), and `ConflictError` for another result than the one that is there, which stays.
    """
    recipe = recipes.get(record.proxy)
    if recipe is None or recipe.hash != record.recipe_hash:
        known = f"knows the recipe {recipe.hash}" if recipe else "does not know that proxy"
        raise RunError(f"run {record.key} was made with the recipe {record.recipe_hash} of {record.proxy}; {name} {known}")
    fault = fault_of(record, recipe.epochs)
    if fault is not None:
        raise RunError(f"run {record.key} {fault}")
    if there is None or record.supersedes(there):
        return True
    if not there.agrees(record) and not there.supersedes(record):
        raise ConflictError(f"{name} already has another result for run {record.key}; it was left as it is")
    return False


def fault_of(record: Record, epochs: int) -> str | None:
    """What is wrong with the curve of a run whose recipe has so many `epochs`, as said of the run; None if nothing is.

    A run that ended ok has a point for each epoch, and its scores are those of the last one. Any other run stopped somewhere.
    """
    length, is_ok = len(record.curve), record.status == "ok"
    if length > epochs or (is_ok and length < epochs):
        ended = "ended ok with" if is_ok else "has"
        return f"{ended} a curve of {length} epochs, {record.proxy} has {epochs}"
    if not is_ok or not record.curve:
        return None
    last = record.curve[-1]
    apart = next((name for name in _SCORES if getattr(last, name) != getattr(record, name)), None)
    return None if apart is None else f"ended ok with another {apart} than its curve"


@contextmanager
def told_of(journal: Path) -> Iterator[None]:
    """Of a run that was waiting in a journal and is refused, where it lies and the way out."""
    try:
        yield
    except RunError as error:
        way_out = "move that file away to go on without its runs"
        raise RequestError(f"{str(journal)!r} has a run that cannot be taken: {error}; {way_out}") from error
