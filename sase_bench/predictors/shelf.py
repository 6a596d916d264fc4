"""The shelf `predictors/`: for each proxy and metric its lists, its evaluation and its fitted predictors with their cards.

predictors/PROXY-METRIC[-tied]/splits.json, splits.npz     python -m sase_bench.predictors evaluate
                               evaluation.json             the same
                               importance.json             python -m sase_bench.predictors importance
                               NAME/                       python -m sase_bench.predictors fit
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sase_bench.errors import UNREADABLE, RequestError
from sase_bench.files import write_json, write_text
from sase_bench.predictors import PREDICTORS, predictor
from sase_bench.predictors.card import card
from sase_bench.predictors.contents import write_contents
from sase_bench.predictors.differences import Difference
from sase_bench.predictors.evaluation import Row
from sase_bench.predictors.importance import INTERVALS, Share
from sase_bench.predictors.protocol import Predictor
from sase_bench.predictors.splits import Splits
from sase_bench.predictors.targets import Targets
from sase_bench.recipes.registry import find
from sase_bench.version import __version__

__all__ = ["DEFAULT_SHELF", "fit", "folder_of", "load", "outdated", "write_evaluation", "write_importance"]

#: Relative to the working directory.
DEFAULT_SHELF = Path("predictors")

_EVALUATION = "evaluation.json"
_IMPORTANCE = "importance.json"
_DATA = "data.json"  # of a predictor, what it was fitted on


def folder_of(shelf: Path, proxy: str, metric: str, space: str) -> Path:
    """Where the predictors of a metric lie."""
    return shelf / f"{proxy}-{metric}{'' if space == 'full' else f'-{space}'}"


def described(targets: Targets) -> dict[str, Any]:
    """What was learnt from, for evaluation and cards."""
    return {
        "proxy": targets.proxy,
        "metric": targets.metric,
        "space": targets.space,
        "blocks": len(targets.archs),
        "seeds_min": int(targets.counts.min()),
        "seeds_max": int(targets.counts.max()),
        "runs": int(targets.counts.sum()),
        "noise_sd_median": None if targets.noise is None else float(np.median(targets.noise)),
        "sha256": targets.sha256,
        "package_version": __version__,
    }


def write_evaluation(shelf: Path, targets: Targets, splits: Splits, rows: Iterable[Row], pairs: Iterable[Difference]) -> Path:
    """Keep the lists, the scores, and the differences between predictors."""
    folder = folder_of(shelf, targets.proxy, targets.metric, targets.space)
    try:
        splits.write(folder)
    except OSError as error:
        raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
    content = {"rows": [asdict(row) for row in rows], "differences": [asdict(pair) for pair in pairs]}
    write_json(folder / _EVALUATION, {"data": described(targets)} | content)
    write_contents(shelf)
    return folder


def write_importance(shelf: Path, targets: Targets, found: Iterable[Share], draws: int) -> Path:
    """Keep the shares of slots and pairs."""
    folder = folder_of(shelf, targets.proxy, targets.metric, targets.space)
    rows = [share._asdict() for share in found]
    write_json(folder / _IMPORTANCE, {"data": described(targets), "draws": draws, "intervals": INTERVALS, "rows": rows})
    write_contents(shelf)
    return folder


def fit(shelf: Path, targets: Targets, names: Sequence[str], seed: int = 0) -> list[Path]:
    """Fit predictors on all blocks and write each with its card. Raises `RequestError` if these data were not evaluated."""
    folder = folder_of(shelf, targets.proxy, targets.metric, targets.space)
    data, rows = _evaluation(folder)
    if data["sha256"] != targets.sha256:
        raise RequestError(f"the evaluation in {str(folder)!r} is of other data; evaluate again before you fit")
    written = []
    for name in names:
        made = predictor(name, seed=seed, trunk=find(targets.proxy).trunk)
        made.fit(targets.archs, targets.y, targets.noise).save(folder / name)
        learnt = described(targets) | {"seed": seed}
        write_json(folder / name / _DATA, learnt)
        write_text(folder / name / "README.md", card(name, learnt, rows))
        written.append(folder / name)
    write_contents(shelf)
    return written


def outdated(folder: Path, targets: Targets) -> str | None:
    """What the predictor in `folder` was fitted on, in words, if it is not these data; None too where that is not written."""
    try:
        data = json.loads((folder / _DATA).read_text(encoding="utf-8"))
        fitted, said = data["sha256"], f"{data['blocks']} blocks and {data['runs']} runs"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if fitted == targets.sha256 else said


def load(folder: Path) -> Predictor:
    """The fitted predictor in `folder`, whichever it is."""
    try:
        name = json.loads((folder / "model.json").read_text(encoding="utf-8"))["predictor"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RequestError(f"there is no predictor in {str(folder)!r}; make some with: {_HOW}") from error
    if not isinstance(name, str) or name not in PREDICTORS:
        raise RequestError(f"{str(folder)!r} holds an unknown predictor {name!r}; choose from {', '.join(PREDICTORS)}")
    try:
        return PREDICTORS[name].load(folder)
    except RequestError:
        raise
    except UNREADABLE as error:
        raise RequestError(f"{str(folder)!r} cannot be read as a predictor ({str(error) or type(error).__name__})") from error


_HOW = "python -m sase_bench.predictors fit"


def _evaluation(folder: Path) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    try:
        content = json.loads((folder / _EVALUATION).read_text(encoding="utf-8"))
        return content["data"], content["rows"]
    except (OSError, ValueError, KeyError) as error:
        how = "python -m sase_bench.predictors evaluate"
        raise RequestError(f"there is no evaluation in {str(folder)!r}; make one with: {how}") from error
