"""A published module in the place of a block: what stands in its stead wherever runs are made and kept.

Runs of modules have numbers of their own in the column `arch`, far from the indices of the space. A number never changes
and is never given again: runs that are on disk say it.

>>> Module("eca").index, Module.from_index(1_000_000), Module("none").published is None
(1000013, Module(name='none'), True)
"""

from __future__ import annotations

from dataclasses import dataclass

from sase_bench.errors import RequestError, unknown
from sase_bench.modules.catalogue import MODULES, Published
from sase_bench.record import FIRST_MODULE
from sase_bench.space import SASE, Architecture

__all__ = ["PLAIN", "Module", "all_modules", "is_rival", "parse_attention"]

#: The name of the trunk without attention, which every gain is over.
PLAIN = "none"

_NUMBERS = {PLAIN: 0} | {name: published.number for name, published in MODULES.items()}
_NAMES = {number: name for name, number in _NUMBERS.items()}


@dataclass(frozen=True, order=True)
class Module:
    """A module of the catalogue, or "none". Raises `RequestError` for another name."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in _NUMBERS:
            raise unknown("attention module", self.name, _NUMBERS)

    def __str__(self) -> str:
        return self.name

    @property
    def index(self) -> int:
        """Its number in the column `arch`."""
        return FIRST_MODULE + _NUMBERS[self.name]

    @property
    def published(self) -> Published | None:
        """Title, year and paper; None for the plain trunk."""
        return MODULES.get(self.name)

    @classmethod
    def from_index(cls, index: int) -> Module:
        """The module with this number in the column `arch`. Raises `RequestError` for a number that none has."""
        if index - FIRST_MODULE not in _NAMES:
            raise RequestError(f"no module has the number {index!r}; they are {FIRST_MODULE} to {FIRST_MODULE + max(_NAMES)}")
        return cls(_NAMES[index - FIRST_MODULE])


def all_modules() -> list[Module]:
    """The plain trunk, then every module of the catalogue in its order."""
    return [Module(name) for name in _NUMBERS]


def is_rival(name: str) -> bool:
    """Whether what goes by this name among modules is a published one that SASE's block has to stand beside."""
    return name not in (PLAIN, SASE)


def parse_attention(text: str) -> Architecture | Module:
    """What a text stands for: a module's name, "none", "sase" for the published block, or a block as text or index.

    Raises `RequestError` for a text that stands for nothing.
    """
    name = text.strip().lower()
    if name in _NUMBERS:
        return Module(name)
    if name != SASE and "/" not in name and not name.isdecimal():
        problem = unknown("attention module", text[:120], [SASE, *_NUMBERS])
        raise RequestError(f"{problem} (or write a block: six operations joined by '/', or an index)")
    return Architecture.parse(text)
