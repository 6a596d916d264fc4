"""What a report calls blocks and modules, in sentences, in figures and in questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sase_bench.record import is_module
from sase_bench.space import SASE, SASE_BLOCK

__all__ = ["PUBLISHED", "called", "named", "titled"]

PUBLISHED = "SASE's published block"


def named(module: str) -> str:
    """What a figure calls a module of this name."""
    return PUBLISHED if module == SASE else module


def titled(arch: int) -> str:
    """What a figure or a sentence calls a block."""
    return PUBLISHED if arch == SASE_BLOCK.index else f"block {arch}"


def called(record: Mapping[str, Any]) -> str:
    """What a question calls the block or the published module of a record: its number, or its name."""
    return str(record["text"] if is_module(record["arch"]) else record["arch"])
