"""How fitted predictors lie in a folder: settings in `model.json`, numbers in `arrays.npz`; nothing runs when they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import UNREADABLE, RequestError
from sase_bench.files import replacing, write_json
from sase_bench.predictors.protocol import Observations

__all__ = ["observations_from", "observations_to", "read", "write"]


def write(folder: Path, name: str, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write both files; the same content gives the same bytes."""
    write_json(folder / "model.json", {"predictor": name, **settings}, sort_keys=True)
    try:
        with replacing(folder / "arrays.npz") as fresh, fresh.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **dict(arrays))
    except OSError as error:
        raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror}") from error


def read(folder: Path, name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Settings and arrays. Raises `RequestError` for a folder without a predictor called `name`."""
    try:
        settings: dict[str, Any] = dict(json.loads((folder / "model.json").read_text(encoding="utf-8")))
        with (folder / "arrays.npz").open("rb") as file, np.load(file, allow_pickle=False) as found_arrays:
            arrays = dict(found_arrays)
    except OSError as error:
        raise RequestError(f"there is no predictor in {str(folder)!r}: {error.strerror}") from error
    except UNREADABLE as error:
        raise RequestError(f"{str(folder)!r} cannot be read as a predictor ({error})") from error
    found = settings.pop("predictor", None)
    if found != name:
        raise RequestError(f"{str(folder)!r} holds the predictor {found!r}, not {name!r}")
    return settings, arrays


def observations_to(data: Observations) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Settings and arrays that keep observations to the last bit."""
    arrays = {"architectures": data.architectures, "y": data.y} | ({} if data.noise is None else {"noise": data.noise})
    return {"centre": data.centre, "scale": data.scale}, arrays


def observations_from(settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Observations:
    """The inverse of `observations_to`."""
    return Observations(
        arrays["architectures"], arrays["y"], arrays.get("noise"), float(settings["centre"]), float(settings["scale"])
    )
