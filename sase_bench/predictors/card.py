"""The model card of a fitted predictor: every figure on it comes from the evaluation file or from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sase_bench.answers import markdown
from sase_bench.predictors import PREDICTORS
from sase_bench.predictors.evaluation import FLOOR
from sase_bench.predictors.flops import FlopsLine

__all__ = ["card", "verdicts"]

_JUDGED = 400  # training blocks
_WANTED = 0.95  # of the ceiling
_COVERED = (0.85, 0.95)

_COLUMNS = {
    "n": "blocks",
    "tau": "Kendall τ",
    "tau_sd": "± sd",
    "tau_ceiling": "ceiling",
    "tau_of_ceiling": "of it",
    "spearman": "Spearman",
    "precision_at_10": "precision@10",
    "rmse": "RMSE",
    "rmse_floor": "noise",
    "covered_50": "in 50 %",
    "covered_90": "in 90 %",
    "covered_90_by_noise": "by noise",
    "rmse_true": "true RMSE",
    "sd_stated": "sd",
    "variance_ratio": "ratio",
    "fit_seconds": "fit, s",
    "predict_seconds": "predict all, s",
}


def card(name: str, data: Mapping[str, Any], evaluation: Sequence[Mapping[str, Any]]) -> str:
    """Markdown. `data` says what the predictor was fitted on, `evaluation` has the lines of all predictors."""
    rows = [row for row in evaluation if row["predictor"] == name]
    what = " ".join((PREDICTORS[name].__doc__ or "").split("\n\n")[0].split())
    noise = data["noise_sd_median"]
    seeds = data["seeds_min"] if data["seeds_min"] == data["seeds_max"] else f"{data['seeds_min']} to {data['seeds_max']}"
    lines = [
        f"# {name}: {data['metric']} on {data['proxy']}",
        "",
        what,
        "",
        "## Data",
        "",
        f"* {data['blocks']} measured blocks of the {data['space']} space, {data['runs']} runs, {seeds} seeds a block",
        f"* target: mean {data['metric']} over the seeds, the seeds' own level taken out",
        f"* median sd of a target's error: {'not known, no block has two seeds' if noise is None else f'{noise:.3g}'}",
        f"* SHA-256 of blocks and scores: `{data['sha256']}`",
        f"* sase-bench {data['package_version']}, seed {data['seed']}",
        "",
        "## Scores",
        "",
        _table(rows),
        "",
        *(f"* {line}" for line in verdicts(rows, evaluation)),
        "",
        f"{_lists(rows)} The predictor here was fitted on all blocks; `± sd` is over the repeats, which share blocks. The "
        "ceiling is what the true scores would get against measured means with their noise, its interval holds 95 % of "
        "the ceilings by blocks drawn again. By noise: what intervals would hold if every sd were 0. True RMSE: without the "
        "noise of the measured means, by residuals on seeds apart; ratio: its square over that of the stated sd, 1 is "
        "calibrated.",
        "",
        "## Limits",
        "",
        f"* It predicts the score on {data['proxy']}, not on another task, resolution or trunk.",
        f"* Blocks unlike those measured ({data['space']} space) are extrapolated; its sd grows there only as far as its "
        "model knows.",
        "* `sd` is of a block's true value; a measurement has its own noise besides. "
        + ("Here the noise is not known and is part of it." if noise is None else ""),
        "* Times are of the machine that made the evaluation.",
        "",
        "## Licence",
        "",
        "CC-BY-4.0, as the data. `python -m sase_bench.predictors fit` makes this folder again.",
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lists(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    held = rows[0].get("test_seeds")
    scored = f", scored by {held} seed{'s' * (held != 1)} that nothing was learnt from" if held else ""
    return (
        f"Means over {rows[0]['repeats']} repeats, each on {rows[0]['tested']} test blocks{scored}, by the fixed lists in "
        "`../splits.json`."
    )


def verdicts(rows: Sequence[Mapping[str, Any]], evaluation: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """What the scores say about the bars, in words; `evaluation` has those of the floors too."""
    if not rows:
        return ["It was not evaluated."]
    row = min(rows, key=lambda one: abs(one["n"] - _JUDGED))
    n, found = row["n"], []
    if n != _JUDGED:
        found.append(f"There are too few blocks to judge it at n = {_JUDGED}; this is n = {n}.")
    share = row["tau_of_ceiling"]
    if share is None:
        found.append(f"At n = {n} the noise ceiling is not defined: blocks do not differ by more than their noise.")
    else:
        found.append(
            f"At n = {n} τ is {share:.2f} of the noise ceiling{_interval(row)}, "
            f"{'at least' if share >= _WANTED else 'below'} {_WANTED}."
        )
    low, high = _COVERED
    inside = "inside" if low <= row["covered_90"] <= high else "outside"
    found.append(
        f"At n = {n} its 90 % intervals hold {row['covered_90']:.0%} of the measured means, {inside} {low:.0%} to {high:.0%}"
        f"{_by_noise(row)}."
    )
    if row.get("variance_ratio_low") is not None:
        found.append(_calibrated(row))
    if row["predictor"] != FLOOR and row["tau_over_linear"] is not None:
        found.append(_against_floor(row))
    flops = [one["tau"] for one in evaluation if (one["predictor"], one["n"]) == (FlopsLine.name, n) and one["tau"] is not None]
    found += [
        f"At n = {n} FLOPs alone, without any training, have a τ of {tau:.3f}; here it is {row['tau']:.3f}{_over_flops(row)}."
        for tau in flops
    ]
    return found


def _interval(row: Mapping[str, Any]) -> str:
    low, high = row.get("tau_ceiling_low"), row.get("tau_ceiling_high")
    return "" if low is None or high is None else f" of {row['tau_ceiling']:.2f} [{low:.2f}, {high:.2f}]"


def _over_flops(row: Mapping[str, Any]) -> str:
    ahead, low, high = (row.get(f"tau_over_{FlopsLine.name}{end}") for end in ("", "_low", "_high"))
    if ahead is None or low is None or high is None:
        return ""
    return f", a difference of {ahead:+.3f} [{low:+.3f}, {high:+.3f}]"


def _by_noise(row: Mapping[str, Any]) -> str:
    alone = row.get("covered_90_by_noise")
    return "" if alone is None else f"; with an sd of 0 the noise of these means alone would hold {alone:.0%}"


def _calibrated(row: Mapping[str, Any]) -> str:
    ratio, low, high = (row[f"variance_ratio{end}"] for end in ("", "_low", "_high"))
    word = "too sure" if low > 1 else "not sure enough" if high < 1 else "not seen to be off"
    return (
        f"At n = {row['n']} its error without noise is {row['rmse_true']:.2g} where its sd says {row['sd_stated']:.2g}: a "
        f"ratio of variances of {ratio:.2f} [{low:.2f}, {high:.2f}], 1 is calibrated; its sd is {word}."
    )


def _against_floor(row: Mapping[str, Any]) -> str:
    ahead, low, high = (row[f"tau_over_linear{end}"] for end in ("", "_low", "_high"))
    if low is None or high is None:
        return f"At n = {row['n']} one repeat does not tell whether it beats the linear model."
    word = "beats" if low > 0 else "does not beat" if high >= 0 else "is worse than"
    return f"At n = {row['n']} it {word} the linear model: τ differs by {ahead:+.3f} [{low:+.3f}, {high:+.3f}]."


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [[_cell(row[name]) for name in _COLUMNS] for row in rows]
    return markdown(list(_COLUMNS.values()), cells, ["right"] * len(_COLUMNS))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3g}"
