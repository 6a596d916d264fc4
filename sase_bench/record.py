"""One training run as a row, and its learning curve as rows: every column of the table is declared here and only here.

The table's DDL, the checks on rows from strangers and the documentation of columns are derived from these declarations.
Missing is `None`: a diverged run has no validation loss, and nothing fills it in.

>>> COLUMNS["val_top1"].unit, COLUMNS["val_top1"].better, COLUMNS["test_top1"].split
('fraction 0..1', 'larger', 'test')
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from sase_bench.errors import RequestError

__all__ = [
    "COLUMNS",
    "EPOCH_COLUMNS",
    "FIRST_MODULE",
    "KEY",
    "LAST_BLOCK",
    "OBJECTIVES",
    "SCORES",
    "SIGNS",
    "STATUSES",
    "Better",
    "Column",
    "EpochRecord",
    "Key",
    "Record",
    "is_module",
]

#: What identifies a run: its columns, and their values.
KEY = ("arch", "proxy", "seed")
Key = tuple[int, str, int]

#: The largest index of a block, and the least and the largest number of a published module, in the column `arch`.
LAST_BLOCK, FIRST_MODULE, _LAST_MODULE = 117_648, 1_000_000, 1_000_999

#: How a run can end: with a score, with a loss that is not finite, or with an error that `reason` names.
STATUSES = ("ok", "diverged", "failed")

_LONGEST_TEXT = 1000  # characters
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")  # of a terminal, and ends of lines
_LONGEST_CURVE = 100_000  # epochs

Better = Literal["larger", "smaller"]
Split = Literal["validation", "test"]

#: What a value is multiplied by so that smaller is better.
SIGNS: dict[Better, int] = {"smaller": 1, "larger": -1}


def is_module(arch: int) -> bool:
    """Whether this number, in the column `arch`, is that of a published module or of no attention at all, not of a block."""
    return arch >= FIRST_MODULE


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column holds."""

    name: str
    type: type
    nullable: bool
    description: str
    unit: str
    better: Better | None  # the direction of improvement, for a score
    split: Split | None  # the images a score was measured on
    low: float | None  # smallest and largest value that can be true
    high: float | None
    is_result: bool  # the same again when the run is repeated on the same machine

    @property
    def sql_type(self) -> str:
        """The column's type in DuckDB."""
        return {int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}[self.type]

    @property
    def sign(self) -> int:
        """What a value is multiplied by so that smaller is better. Raises `TypeError` where neither direction is."""
        if self.better is None:
            raise TypeError(f"the column {self.name} has no direction of improvement")
        return SIGNS[self.better]


def _column(
    description: str,
    *,
    unit: str = "",
    better: Better | None = None,
    split: Split | None = None,
    low: float | None = None,
    high: float | None = None,
    is_result: bool = False,
    **default: Any,
) -> Any:
    meta = {"description": description, "unit": unit, "better": better, "split": split, "low": low, "high": high}
    return field(metadata=meta | {"is_result": is_result}, **default)


def _loss(of: str, split: Split | None) -> Any:
    return _column(f"mean cross-entropy {of}", unit="nat", better="smaller", split=split, low=0, is_result=True, default=None)


def _top1(of: str, split: Split) -> Any:
    return _column(
        f"accuracy {of}",
        unit="fraction 0..1",
        better="larger",
        split=split,
        low=0,
        high=1,
        is_result=True,
        default=None,
    )


def _seconds(of: str) -> Any:
    return _column(of, unit="s", better="smaller", low=0, default=None)


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One epoch of a learning curve."""

    epoch: int = _column("number of the epoch, from 1", low=1, is_result=True)
    train_loss: float | None = _loss("over the epoch's training batches", None)
    val_loss: float | None = _loss("on the validation images after the epoch", "validation")
    val_top1: float | None = _top1("on the validation images after the epoch", "validation")
    seconds: float | None = _seconds("training and validation of this epoch")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One training of one architecture on one proxy with one seed.

    `arch` is a block's index, or the number of a published module (`sase_bench.modules.Module`), whose runs are kept apart.
    """

    arch: int = _column(
        "the block's index in the full space; from 1,000,000 the number of a published module",
        low=0,
        high=_LAST_MODULE,
        is_result=True,
    )
    proxy: str = _column("name of the proxy", is_result=True)
    seed: int = _column("seed of the run", low=0, high=2**31 - 1, is_result=True)
    status: str = _column("ok, diverged or failed", is_result=True)
    reason: str | None = _column("why the run did not end ok", default=None)
    train_loss: float | None = _loss("over the last epoch's training batches", None)
    val_loss: float | None = _loss("on the validation images after the last epoch", "validation")
    val_top1: float | None = _top1("on the validation images after the last epoch", "validation")
    test_loss: float | None = _loss("on the test images after the last epoch", "test")
    test_top1: float | None = _top1("on the test images after the last epoch", "test")
    train_seconds: float | None = _seconds("wall-clock time of all training steps")
    eval_seconds: float | None = _seconds("wall-clock time of all evaluations")
    peak_memory: int | None = _column(
        "largest resident memory of the process (CPU) or allocated on the device (GPU) during the run",
        unit="B", better="smaller", low=0, default=None,
    )  # fmt: skip
    path: str = _column("implementation that trained the run", default="eager")
    device: str = _column(
        "accelerator that trained the run, or processor with what it can (AVX2, AVX512), which decides how it rounds; the "
        "name alone in rows made before 2026-11-30"
    )
    threads: int = _column("CPU threads that the run used", low=1)
    started_at: str = _column("start of the run, UTC, ISO 8601")
    recipe_hash: str = _column("first 16 hex digits of the SHA-256 of the proxy's recipe", is_result=True)
    package_version: str = _column("version of sase-bench")
    torch_version: str = _column("version of torch")
    git_revision: str | None = _column("revision of the checkout, if it was one; -dirty with local changes", default=None)
    curve: tuple[EpochRecord, ...] = ()

    def __post_init__(self) -> None:
        _check(self, COLUMNS)
        if LAST_BLOCK < self.arch < FIRST_MODULE:
            raise RequestError(f"the column arch is a block's index, 0..{LAST_BLOCK}, or a module's number, got {self.arch}")
        if self.status not in STATUSES:
            raise RequestError(f"a run's status is one of {', '.join(STATUSES)}, got {self.status!r}")
        if (self.reason is None) != (self.status == "ok"):
            raise RequestError(f"a run has a reason exactly if it did not end ok, got {self.status!r}, {self.reason!r}")
        if self.status == "ok" and None in (self.val_loss, self.val_top1):
            raise RequestError(f"a run that ended ok has validation scores, run {self.key} has not")
        if [point.epoch for point in self.curve] != list(range(1, len(self.curve) + 1)):
            raise RequestError(f"the epochs of a curve count from 1, those of run {self.key} do not")

    @property
    def key(self) -> Key:
        """(arch, proxy, seed)."""
        return self.arch, self.proxy, self.seed

    @property
    def is_of_module(self) -> bool:
        """Whether a published module was trained, or no attention at all, in the place of a block."""
        return is_module(self.arch)

    def agrees(self, other: Record) -> bool:
        """Whether both tell the same result, whatever it took to get it."""
        names = [name for name, column in COLUMNS.items() if column.is_result]
        curves = ([_values(point, EPOCH_COLUMNS, results=True) for point in record.curve] for record in (self, other))
        first, second = curves
        return all(getattr(self, name) == getattr(other, name) for name in names) and first == second

    def supersedes(self, other: Record) -> bool:
        """Whether this run takes the place of `other`, which has the same key: a failed run, which says nothing of its block,
        gives way to any other result, and to a later failure.
        """
        return other.status == "failed" and (self.status != "failed" or self.started_at > other.started_at)

    def row(self) -> tuple[Any, ...]:
        """The values of `COLUMNS` in order."""
        return _values(self, COLUMNS)

    def epoch_rows(self) -> list[tuple[Any, ...]]:
        """The rows of the table `epochs`: the key, then the values of `EPOCH_COLUMNS`."""
        return [(*self.key, *_values(point, EPOCH_COLUMNS)) for point in self.curve]

    @classmethod
    def from_rows(cls, row: Mapping[str, Any], epochs: Sequence[Mapping[str, Any]]) -> Record:
        """The record with these values by column name. Raises `RequestError` for one that cannot be true."""
        missing = [name for name, column in COLUMNS.items() if name not in row and not column.nullable]
        if missing:
            raise RequestError(f"a run needs the column(s) {', '.join(missing)}")
        if len(epochs) > _LONGEST_CURVE:
            raise RequestError(f"a curve has at most {_LONGEST_CURVE} epochs, got {len(epochs)}")
        curve = tuple(EpochRecord(**_named(point, EPOCH_COLUMNS)) for point in epochs)
        for point in curve:
            _check(point, EPOCH_COLUMNS)
        return cls(**_named(row, COLUMNS), curve=curve)

    def to_json(self) -> str:
        """One line of JSON; `from_json` is the inverse, to the last bit."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The record that `to_json` wrote. Raises `RequestError` for anything else."""
        try:
            values = json.loads(text)
            return cls.from_rows(values, values["curve"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RequestError(f"not a run: {error}") from error


def _named(row: Mapping[str, Any], columns: Mapping[str, Column]) -> dict[str, Any]:
    return {name: row.get(name) for name in columns}


def _values(item: Record | EpochRecord, columns: Mapping[str, Column], *, results: bool = False) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name, column in columns.items() if column.is_result or not results)


def _check(item: Any, columns: Mapping[str, Column]) -> None:
    """Refuse values of the wrong type, values out of range, and numbers that are not finite."""
    for name, column in columns.items():
        value = getattr(item, name)
        if value is None and column.nullable:
            continue
        accepted = (int, float) if column.type is float else (column.type,)
        if not isinstance(value, accepted) or isinstance(value, bool):
            raise RequestError(f"the column {name} takes {column.type.__name__}, got {value!r}")
        if column.type is str:
            text = str(value)
            if len(text) > _LONGEST_TEXT or _CONTROL.search(text):
                raise RequestError(f"the column {name} takes a line of at most {_LONGEST_TEXT} characters, got {text[:60]!r}")
            continue
        number: Any = value
        low, high = column.low, column.high
        is_number = abs(number) < 2**63 if isinstance(number, int) else math.isfinite(number)
        if not is_number or (low is not None and number < low) or (high is not None and number > high):
            raise RequestError(f"the column {name} lies in {low}..{high}, got {value!r}")


def _declared(of: type) -> dict[str, Column]:
    hints, columns = get_type_hints(of), {}
    for item in dataclasses.fields(of):
        if not item.metadata:
            continue
        hint = hints[item.name]
        nullable = isinstance(hint, types.UnionType)
        plain = next(kind for kind in get_args(hint) if kind is not type(None)) if nullable else hint
        columns[item.name] = Column(name=item.name, type=plain, nullable=nullable, **item.metadata)
    return columns


#: The columns of the table `runs`, in order.
COLUMNS = _declared(Record)

#: The scores that blocks are ranked by: those of a run on the validation images.
SCORES = tuple(name for name, column in COLUMNS.items() if column.split == "validation")

#: What blocks may be ranked and searched by: a score, or how well a run has learnt what it was trained on. Never a test score.
OBJECTIVES = (*SCORES, "train_loss")

#: The columns of the table `epochs` behind the key, in order.
EPOCH_COLUMNS = _declared(EpochRecord)
