"""Records for tests: nothing was trained for them."""

from dataclasses import replace
from typing import Any

from sase_bench.recipes.registry import PROXIES
from sase_bench.record import EpochRecord, Record

DIGITS = PROXIES["digits"]


def made_up(arch: int, seed: int = 0, proxy: str = "digits", **changes: Any) -> Record:
    """A run that ended ok with scores that follow from its key or are among the `changes`, and a curve that leads to them.

    One that did not end ok has no curve unless it is among the `changes`.
    """
    recipe = PROXIES[proxy]
    top1 = (arch * 31 + seed * 17) % 1000 / 1000
    scores: dict[str, Any] = {"train_loss": 0.25, "val_loss": 2.0 - top1, "val_top1": top1}
    record = Record(
        arch=arch,
        proxy=proxy,
        seed=seed,
        status="ok",
        **scores,
        test_loss=2.1 - top1,
        test_top1=top1 / 2,
        train_seconds=1.5,
        eval_seconds=0.5,
        peak_memory=1000,
        device="none",
        threads=1,
        started_at="2026-11-22T12:00:00+00:00",
        recipe_hash=recipe.recipe_hash,
        package_version="0",
        torch_version="0",
    )
    ends = {name: changes.get(name, value) for name, value in scores.items()}
    if "curve" not in changes and changes.get("status", "ok") == "ok":
        changes["curve"] = leading_to(recipe.epochs, **ends)
    return replace(record, **changes)


def leading_to(epochs: int, *, train_loss: float | None, val_loss: float, val_top1: float) -> tuple[EpochRecord, ...]:
    """A curve that ends with these scores: losses fall as one over the epoch, accuracy grows with it."""
    return tuple(
        EpochRecord(
            epoch=i,
            train_loss=None if train_loss is None else train_loss * (epochs / i),
            val_loss=val_loss * (epochs / i),
            val_top1=val_top1 * (i / epochs),
            seconds=0.1,
        )
        for i in range(1, epochs + 1)
    )


def unfinished(arch: int, seed: int = 0, status: str = "diverged", proxy: str = "digits") -> Record:
    """A run without scores."""
    scores = dict.fromkeys(("train_loss", "val_loss", "val_top1", "test_loss", "test_top1"))
    return made_up(arch, seed, proxy, status=status, reason="made up", **scores)
