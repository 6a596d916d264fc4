"""What papers and their code say of attention modules on ImageNet, and how far each is above the plain ResNet beside it.

Only rows of one source and one backbone are compared: recipes alone move a plain ResNet-50 by more than most modules claim.
A gain is from `one recipe` where whoever states both rows trained both, and says so in the same words; where a row was copied
from another paper, or the recipe differs or is not stated, the gain is kept and is said to be `mixed`. Nothing here was
measured by this project, and nothing here is a proxy's score.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sase_bench.errors import RequestError
from sase_bench.space import SASE

__all__ = ["BACKBONES", "DEFAULT_FOLDER", "METHODS", "PublishedGain", "Row", "find_folder", "gains", "module_of", "read"]

#: The backbones that are compared, as the tables call them.
BACKBONES = ("ResNet-50", "ResNet-101")

#: Where the tables lie in a checkout, relative to the working directory.
DEFAULT_FOLDER = Path("reports/published")

#: What the tables call a method, without what stands in brackets behind it → the name that `attention=` takes.
METHODS: dict[str, str] = {
    "A2-Net": "double",
    "BAM": "bam",
    "CBAM": "cbam",
    "Coordinate": "coord",
    "ECA": "eca",
    "EMA": "ema",
    "FcaNet": "fca",
    "GC": "gc",
    "GC block": "gc",
    "GCNet": "gc",
    "GCT": "gct",
    "GSoP-Net1": "gsop",
    "MCA": "mca",
    "SA-Net": "shuffle",
    "SASE": SASE,
    "SE": "se",
    "SGE": "sge",
    "SRM": "srm",
    "SimAM": "simam",
    "Triplet": "triplet",
    "scSE": "scse",
}

#: Methods whose brackets tell which variant they are.
_VARIANTS = {"GE (listed as theta; size says parameter-free)": "ge"}

_HEAD_ENDS = re.compile(r";(?![^()]*\))")
_UNSTATED = re.compile(r"\brecipe not stated\b")
_PLAIN = "ResNet"
_COLUMNS = ("method", "backbone", "top1", "top5", "params_m", "gflops", "protocol", "kind", "source")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number as its source states it."""

    method: str
    backbone: str
    top1: float  # percent, ImageNet-1k validation
    top5: float | None
    params_m: float | None  # by the source's own convention
    gflops: float | None
    protocol: str
    kind: str  # own-paper, reproduction or third-party
    source: str

    @property
    def name(self) -> str:
        """The method without what stands in brackets."""
        return re.sub(r"\s*\(.*\)$", "", self.method).strip()

    @property
    def tag(self) -> str:
        """What stands in brackets, which is where sources with several recipes name them; empty if nothing does."""
        return self.method[len(self.name) :].strip(" ()")

    @property
    def recipe(self) -> str:
        """The head of the protocol, up to a semicolon outside brackets; what follows is about the one row."""
        return _HEAD_ENDS.split(self.protocol)[0].strip()


@dataclass(frozen=True, kw_only=True)
class PublishedGain:
    """A module above the plain ResNet of the same source, in percentage points of top-1."""

    module: str
    row: Row
    plain: Row
    is_one_recipe: bool

    @property
    def top1(self) -> float:
        return self.row.top1 - self.plain.top1


def find_folder() -> Path:
    """The tables of the working directory, else those in the installed package."""
    packaged = files("sase_bench").joinpath("published")
    if not DEFAULT_FOLDER.is_dir() and isinstance(packaged, Path) and packaged.is_dir():
        return packaged
    return DEFAULT_FOLDER


def read(path: Path) -> list[Row]:
    """The rows of an `imagenet.csv`. Raises `RequestError` with the line for one that cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise RequestError(f"{str(path)!r} is not a table of published results, it has no column {missing[0]!r}")
            return [_row(line, f"{str(path)!r}, line {reader.line_num}") for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"cannot read published results from {str(path)!r}: {error}") from error


def module_of(row: Row) -> str | None:
    """The name of the module that a row is about; None for a method that is not in the catalogue."""
    return _VARIANTS.get(row.method) or METHODS.get(row.name)


def gains(rows: Iterable[Row]) -> list[PublishedGain]:
    """Every module's gain in every source that also states a plain ResNet it can be held against, in the order of the rows."""
    rows = [row for row in rows if row.backbone in BACKBONES]
    found = []
    for row in rows:
        module = module_of(row)
        plain = _plain_beside(row, rows) if module else None
        if module and plain:
            found.append(PublishedGain(module=module, row=row, plain=plain, is_one_recipe=_is_one_recipe(row, plain)))
    return found


def _plain_beside(row: Row, rows: Sequence[Row]) -> Row | None:
    """The plain ResNet of the same source; one that names its recipe stands only beside rows of that recipe."""
    beside = [
        other
        for other in rows
        if other.name == _PLAIN and (other.source, other.backbone) == (row.source, row.backbone)
        if not other.tag or other.tag == row.tag or other.recipe == row.recipe
    ]
    return beside[0] if len(beside) == 1 else None


def _is_one_recipe(row: Row, plain: Row) -> bool:
    """A row that was copied from another paper was trained by another recipe, or nobody can tell, as where none is stated."""
    is_copied = "third-party" in (row.kind, plain.kind)
    return not is_copied and row.recipe == plain.recipe and not _UNSTATED.search(f"{row.protocol}; {plain.protocol}")


def _row(line: dict[str, str | None], where: str) -> Row:
    values = {name: (line.get(name) or "").strip() for name in _COLUMNS}
    top1 = _number(values["top1"], where)
    if top1 is None or not 0 <= top1 <= 100:
        raise RequestError(f"a published top1 is a percentage, got {values['top1']!r} ({where})")
    texts = {name: values[name] for name in ("method", "backbone", "protocol", "kind", "source")}
    numbers = {name: _number(values[name], where) for name in ("top5", "params_m", "gflops")}
    return Row(top1=top1, **texts, **numbers)  # type: ignore[arg-type]


def _number(text: str, where: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise RequestError(f"a published figure is a number or nothing, got {text!r} ({where})")
    return value
