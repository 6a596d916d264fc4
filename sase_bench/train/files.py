"""What a run leaves in its folder, each file replaced in one step: a checkpoint to go on from, the log, the final weights.

A checkpoint is written by `torch.save` and read with `weights_only=True`: reading one runs none of its code. It holds the
network, the moving average, optimiser, gradient scaler, generators of all processes, the number of finished epochs, and the
rows of the log, from which `log.jsonl` is written: one JSON object a line, one line an epoch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from sase_bench.errors import UNREADABLE, RequestError
from sase_bench.files import replacing, write_text
from sase_bench.train.recipe import Recipe

__all__ = [
    "CHECKPOINT",
    "LOG",
    "load_pickled",
    "prepare_folder",
    "read_checkpoint",
    "write_checkpoint",
    "write_log",
]

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
_FORMAT = 1
_KEYS = {"format", "network", "recipe", "epoch", "rows", "state"}
_BEGINNINGS = (b"PK\x03\x04", b"\x80")  # of a zip archive; of a pickle, as torch wrote before 1.6


def prepare_folder(folder: Path) -> None:
    """Make `folder`. Raises `RequestError` where nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / CHECKPOINT, keep=False):
            pass
    except OSError as error:
        raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror or error}") from error


def write_checkpoint(
    folder: Path, network: dict[str, str], recipe: dict[str, Any], epoch: int, rows: Sequence[dict[str, Any]], state: Any
) -> None:
    """Write the state after `epoch` epochs, and the log beside it."""
    content = {"format": _FORMAT, "network": network, "recipe": recipe, "epoch": epoch, "rows": list(rows), "state": state}
    with replacing(folder / CHECKPOINT) as fresh:
        torch.save(content, fresh)
    write_log(folder, rows)


def read_checkpoint(folder: Path, network: dict[str, str], recipe: Recipe) -> dict[str, Any]:
    """The checkpoint in `folder`, on the CPU.

    Raises `RequestError` for a file that is none, and for that of another network, other data or another recipe.
    """
    path = folder / CHECKPOINT
    way_out = "name another --output, or remove the file"
    content = load_pickled(path, "a checkpoint", way_out)
    if not isinstance(content, dict) or content.keys() != _KEYS or content["format"] != _FORMAT:
        raise RequestError(f"{str(path)!r} is no checkpoint of this version; {way_out}")
    others = [
        f"{name} {content['network'].get(name)!r}, not {value!r}"
        for name, value in network.items()
        if content["network"].get(name) != value
    ]
    others += recipe.differences(content["recipe"])
    if others:
        raise RequestError(f"{str(path)!r} belongs to another run, with {'; '.join(others)}; {way_out}")
    return content


def load_pickled(path: Path, kind: str, way_out: str) -> Any:
    """What `torch.save` wrote to `path`, on the CPU. Raises `RequestError` for a file that is not of that `kind`."""
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
            if beginning.startswith(_BEGINNINGS):
                file.seek(0)
                return torch.load(file, map_location="cpu", weights_only=True)  # of a path, torch would believe the suffix
        reason = "it is neither safetensors nor what torch.save writes" if beginning else "it is empty"
    except OSError as error:
        reason = error.strerror or str(error)
    except (*UNREADABLE, UnpicklingError) as error:
        reason = "it is damaged, or holds more than tensors, numbers and text"  # torch's text tells how to run what is in it
        if isinstance(error, RuntimeError):
            reason = str(error).partition("\n")[0]
    raise RequestError(f"cannot read {str(path)!r} as {kind} ({reason}); {way_out}")


def write_log(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the log by `rows`."""
    write_text(folder / LOG, "".join(json.dumps(row) + "\n" for row in rows))
