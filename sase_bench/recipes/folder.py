"""Where a data set lies on this machine; known before torch is imported.

>>> find_folder("digits", None) is None
True
"""

import os
from pathlib import Path

from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import DATASETS

__all__ = ["VARIABLE", "find_folder"]

#: Names the folder of torchvision's data sets where nothing else is said.
VARIABLE = "SASE_BENCH_DATA"


def find_folder(dataset: str, folder: Path | None, *, download: bool = False) -> Path | None:
    """`folder`, or the one that the environment names; None for a set that ships with a package and has no folder.

    Raises `RequestError` if there is none and it is not to be made.
    """
    if DATASETS[dataset].ships:
        return None
    if folder is None and os.environ.get(VARIABLE):
        folder = Path(os.environ[VARIABLE])
    if folder is None:
        raise RequestError(f"{dataset} is not part of the package; say where it is with --data DIR")
    if not folder.is_dir() and not download:
        raise RequestError(f"there is no folder {str(folder)!r} with {dataset}; fetch it with --data DIR --download")
    return folder
