"""What the column `latency` of a trunk stands for, in words, and what to do where it is missing."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sase_bench.cost.trunks import RESNET50
from sase_bench.database.schema import LATENCY
from sase_bench.errors import RequestError
from sase_bench.query.source import Source

__all__ = ["latency_notes", "no_latency"]


def latency_notes(source: Source, trunks: Collection[str], *, untimed: str | None = None) -> tuple[str, ...]:
    """For each of the trunks that has latencies, a line that says how they were taken, and that they stand for `untimed`."""
    why = "" if untimed is None else f", as {untimed}, the proxy's own network, was not timed"
    known = _known(source).items()
    return tuple(f"latency in {trunk}{why}: {_described(about)}" for trunk, about in known if trunk in trunks)


def no_latency(source: Source, proxy: str, trunk: str) -> RequestError:
    """The error for a question for the latency in a trunk that has none."""
    command = f"python -m sase_bench.latency measure --trunks {trunk}"
    others = ", ".join(_known(source))
    there = f"; the table has it for {others}: sql SELECT arch, latency FROM costs WHERE trunk = ..." if others else ""
    own, stands_in = (source.writing(f"latency fill --trunks {name}") for name in (trunk, RESNET50.name))
    return RequestError(
        f"latency has not been measured in {trunk}, the trunk of the proxy {proxy}; measure it with: {command}, and then: "
        f"{own}; or take that of ResNet-50, timed for the release: {stands_in}{there}"
    )


def _known(source: Source) -> dict[str, dict[str, Any]]:
    rows = source.rows("SELECT key, value FROM about WHERE starts_with(key, ?) ORDER BY key", [LATENCY])
    return {key.removeprefix(LATENCY): json.loads(value) for key, value in rows}


def _described(about: dict[str, Any]) -> str:
    return ", ".join(f"{name} {'missing' if value is None else value}" for name, value in about.items())
