"""Where a run came from: the provenance columns of a record. Needs no torch, so that a driver can sign for a dead worker."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from sase_bench.version import __version__

__all__ = ["git_revision", "provenance", "utc_now"]


class Hashed(Protocol):
    """A recipe that can be told from another."""

    @property
    def recipe_hash(self) -> str: ...


def provenance(recipe: Hashed, device: str, threads: int) -> dict[str, Any]:
    """The columns that say who trained a run by `recipe` now, on the processor called `device`."""
    return {
        "device": device,
        "threads": threads,
        "started_at": utc_now(),
        "recipe_hash": recipe.recipe_hash,
        "package_version": __version__,
        "torch_version": _torch_version(),
        "git_revision": git_revision(),
    }


def utc_now() -> str:
    """The time, UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@cache
def _torch_version() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return "none"


@cache
def git_revision() -> str | None:
    """The commit of the checkout that this package lies in, `-dirty` with local changes; None for an installed package."""
    here = Path(__file__).resolve()
    git = ["git", "-C", str(here.parent)]
    try:
        subprocess.run([*git, "ls-files", "--error-unmatch", here.name], capture_output=True, check=True, timeout=10)
        describe = [*git, "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
        return subprocess.run(describe, capture_output=True, check=True, text=True, timeout=10).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None
