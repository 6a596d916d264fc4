import json
import re
from dataclasses import replace

import numpy as np
import pytest

from sase_bench.bo.comparison import Comparison, Runs
from sase_bench.bo.comparison.certainty import certainty
from sase_bench.bo.comparison.rendering import render
from sase_bench.bo.comparison.summary import summarise
from tests.bo.tables import TABLE


def test_a_summary_has_every_figure_and_is_json(comparison: Comparison) -> None:
    summary = summarise(comparison, certainty(TABLE, comparison.truth))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert list(summary["strategies"]) == ["random", "local", "linear", "differentiable-1"]
    assert summary["pool_is_whole_space"] is False
    random = summary["strategies"]["random"]
    regrets = comparison.runs["random"].regrets[:, 47]
    assert random["regret"]["48"] == pytest.approx([regrets.mean(), regrets.std(ddof=1) / 2])
    assert summary["ranks"]["48"]["best_guided"] == "linear"
    assert {name: set(p_values) for name, p_values in summary["ranks"]["48"]["p_beats"].items()} == {
        "linear": {"random", "local"}
    }
    assert set(summary["ranks"]["48"]["p_best_is_beaten_by"]) == {"random", "local"}


def lengthened(runs: Runs) -> Runs:
    """The same with two evaluations more, in which nothing changed."""
    archs, regrets, seconds = (np.pad(part, ((0, 0), (0, 2)), mode="edge") for part in (runs.archs, runs.regrets, runs.seconds))
    return replace(runs, archs=archs, regrets=regrets, seconds=seconds)


def test_what_was_found_within_more_evaluations_than_there_were_is_not_known(comparison: Comparison) -> None:
    summary = summarise(comparison, None)
    assert summary["tops"] == {"top 1 % within 50": 2, "top 0.1 % within 150": 1}
    assert all(set(values["finds"].values()) == {None} for values in summary["strategies"].values())
    assert re.search(r"top 1 % within 50 \(2 blocks\) +top 0\.1 % within 150 \(1 block\)", render(summary))
    grown = [{name: lengthened(runs) for name, runs in group.items()} for group in (comparison.runs, comparison.few)]
    longer = replace(comparison, plan=replace(comparison.plan, evaluations=50), runs=grown[0], few=grown[1])
    found = [values["finds"] for values in summarise(longer, None)["strategies"].values()]
    assert all(isinstance(item["top 1 % within 50"], float) and item["top 0.1 % within 150"] is None for item in found)


def test_a_summary_is_told_to_a_person(comparison: Comparison) -> None:
    text = render(summarise(comparison, certainty(TABLE, comparison.truth)))
    assert "digits, tied space, 301 blocks (only what was measured of it); 4 repeats with paired seeds" in text
    found = certainty(TABLE, comparison.truth)
    assert found is not None
    assert (
        f"seed noise: {found['seed_sd']:.4f} of one run, {found['degrees']} degrees of freedom; with 95 % probability" in text
    )
    assert (
        f"one of the places {found['oracle_place'][0]} to {found['oracle_place'][1]} of 301\nof the blocks that are ranked, "
        in text
    )
    assert "too few blocks share two seeds" in render(summarise(comparison, None))
    assert "at 48: that linear is ahead, one-sided Wilcoxon p after Holm over all pairs: random" in text
    assert (
        "bar: beats random, evolution and tpe at 48, p < 0.01: not judged, "
        "needs 48 evaluations of a surrogate, random, evolution and tpe" in text
    )
