"""The file `README.md` of the shelf `predictors/`: what lies in each folder, and the command that wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sase_bench.answers import markdown
from sase_bench.errors import RequestError

__all__ = ["contents", "write_contents"]

_HEAD = """\
# predictors

The shelf of fitted predictors: for each proxy and metric the lists they were evaluated on, their scores, and the models with
their cards. This file is written by `python -m sase_bench.predictors evaluate`, `fit` and `importance` after their own."""

_TAIL = """\
With `--space tied` a folder is called `PROXY-METRIC-tied`. `python -m sase_bench.predictors predict --proxy PROXY` puts the
predictions of all 117,649 blocks into the table, where `python -m sase_bench.query "top 10 by loss" --predicted gp` asks for
them. Nothing here is a pickle: models are JSON (XGBoost's own) and arrays of numpy; `data.json` says what each was fitted
on, and `predict` tells when a table has other data.

`importance` says which part of the variance of all blocks' scores is due to each slot and to each pair of slots (a functional
analysis of variance of the Gaussian process); it takes 37 measured blocks. An interval holds 95 % of the draws of the function
and of its variances, given the blocks, and begins at 0 where these do not tell a share apart from none. `evaluate`
writes the `differences` in Kendall's tau of all pairs of predictors, too, with 95 % intervals that allow for blocks that
repeats share.

`flops` in an evaluation is a line over the logarithm of the FLOPs alone, which takes no training, and `gp-flops` that line with
the Gaussian process on what it leaves; with `evaluate --extras costs` boosted trees see parameters and FLOPs, too. Evaluations
and `importance` leave out what a person or a search chose, where most blocks were drawn at random; models are fitted to all.
Test blocks are scored by seeds that nothing was learnt from: a model that has seen a seed predicts part of its luck, too.

Models and lists on this shelf are licensed CC-BY-4.0 (<https://creativecommons.org/licenses/by/4.0/>); the code is
Apache-2.0."""

_HEADER = ("file", "written by")

#: File → the action of the command that writes it.
_WRITTEN_BY = {
    "splits.json": "evaluate",
    "splits.npz": "evaluate",
    "evaluation.json": "evaluate",
    "importance.json": "importance",
}


def write_contents(shelf: Path) -> Path:
    """Write the file for what the shelf holds now. Raises `RequestError` for a folder that cannot be written."""
    path = shelf / "README.md"
    try:
        path.write_text(contents(shelf), encoding="utf-8")
    except OSError as error:
        raise RequestError(f"cannot write to {str(shelf)!r}: {error.strerror}") from error
    return path


def contents(shelf: Path) -> str:
    """The text: every folder of the shelf with its data, every file and model in it with its command."""
    parts = [_HEAD]
    for folder in sorted(path for path in shelf.iterdir() if path.is_dir() and not path.name.startswith(".")):
        data = _data(folder)
        said = "" if data is None else f" {_said(data)}"
        parts += [f"## {folder.name}", f"{said.strip()}\n\n{markdown(_HEADER, _lines(folder, data))}".strip()]
    return "\n\n".join([*parts, _TAIL]) + "\n"


def _said(data: Mapping[str, Any]) -> str:
    return (
        f"`{data['metric']}` on `{data['proxy']}`, {data['space']} space: learnt from {data['blocks']} blocks, {data['runs']} "
        f"runs (SHA-256 `{data['sha256']}`)."
    )


def _lines(folder: Path, data: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    options = "" if data is None else f" --proxy {data['proxy']} --metric {data['metric']} --space {data['space']}"
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            command = f"fit{options} --predictor {path.name}"
            yield f"[`{path.name}/`]({folder.name}/{path.name}/README.md)", f"`python -m sase_bench.predictors {command}`"
        else:
            action = _WRITTEN_BY.get(path.name)
            command = "not known" if action is None else f"`python -m sase_bench.predictors {action}{options}`"
            yield f"`{path.name}`", command


def _data(folder: Path) -> Mapping[str, Any] | None:
    """What the folder was learnt from, by whichever of its files says so."""
    for name in ("evaluation.json", "importance.json"):
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            data = content["data"]
            return data if {"proxy", "metric", "space", "blocks", "runs", "sha256"} <= set(data) else None
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
