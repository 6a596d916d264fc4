"""What a differentiable search found, and the file that keeps it: a real search is too dear to be repeated for a comparison."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sase_bench.errors import RequestError
from sase_bench.files import write_json
from sase_bench.search.pool import Pool
from sase_bench.space import OPERATIONS, RADIX, SLOTS

__all__ = ["Found", "read_found", "write_found"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The strengths of all operations at the end of one search."""

    proxy: str
    recipe_hash: str  # of the proxy
    order: int  # of the gradient of the strengths: 1 or 2
    seed: int
    epochs: int
    alphas: tuple[tuple[float, ...], ...]  # six rows of seven, by slot and operation number; the arg-max is chosen
    val_losses: tuple[float, ...]  # nat, of the supernet on the half that trains the strengths, by epoch
    seconds: float  # training that it took
    device: str  # processor or accelerator

    def __post_init__(self) -> None:
        rows = [len(row) for row in self.alphas]
        if rows != [RADIX] * len(SLOTS) or not np.isfinite(self.alphas).all():
            raise RequestError(f"a supernet has six rows of seven finite strengths, got rows of {rows}")

    def choose(self, pool: Pool) -> int:
        """The block of `pool` with the largest product of softmax strengths: of the whole space, the arg-max of every row."""
        alphas = np.asarray(self.alphas)
        logits = alphas - np.log(np.exp(alphas - alphas.max(1, keepdims=True)).sum(1, keepdims=True))
        scores = logits[np.arange(len(SLOTS)), pool.digits].sum(1)
        return int(pool.members[np.argmax(scores)])

    @property
    def operations(self) -> dict[str, str]:
        """The strongest operation of every slot."""
        return {slot: OPERATIONS[slot][int(np.argmax(row))] for slot, row in zip(SLOTS, self.alphas, strict=True)}


def write_found(found: Found, path: Path) -> None:
    """Keep `found` as JSON at `path`."""
    write_json(path, asdict(found))


def read_found(path: Path) -> Found:
    """What `write_found` wrote. Raises `RequestError` for anything else."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(tuple(float(value) for value in row) for row in values.pop("alphas"))
        return Found(**values | {"alphas": rows, "val_losses": tuple(values["val_losses"])})
    except OSError as error:
        raise RequestError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RequestError(f"{str(path)!r} does not hold a differentiable search ({error})") from error
