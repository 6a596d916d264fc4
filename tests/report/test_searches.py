import json
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.report.largest import LargestFirst
from sase_bench.report.searches import claim, command_of, name_of, read_searches
from tests.report.found import SEARCH


def altered(**ranks: object) -> dict[str, object]:
    return SEARCH | {"ranks": {"3": SEARCH["ranks"]["3"] | ranks}}


def test_comparisons_are_read_in_the_order_of_their_names_and_a_missing_folder_has_none(tmp_path: Path) -> None:
    assert read_searches(tmp_path / "missing") == []
    for name, pool in (("b", 9), ("a", 7)):
        (tmp_path / f"{name}.json").write_text(json.dumps(SEARCH | {"pool": pool}))
    assert [search["pool"] for search in read_searches(tmp_path)] == [7, 9]


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"proxy": "digits"}'])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(RequestError, match=r"odd\.json"):
        read_searches(tmp_path)


def test_a_search_that_is_ahead_is_named_with_those_that_it_beats() -> None:
    said = claim([SEARCH])
    assert said is not None
    assert said.headline == ("Simulated on 9 measured blocks, after 3 of them the search guided by gp is ahead of random.")
    assert "gp 0.0000 ± 0.0000, random 0.2000, differentiable-1 0.2500" in said.text
    assert "random 0.004" in said.text
    assert "whose true place is 1 to 4 of 9 with 95 % probability" in said.text
    assert said.command.startswith("python -m sase_bench.bo --compare --proxy digits --objective val_loss --space tied ")
    assert said.command.endswith(f"--output reports/searches/{name_of(SEARCH)}.json")


def test_searches_that_are_level_are_named_together_beside_what_takes_no_search() -> None:
    other = SEARCH["strategies"]["gp"]
    level = altered(p_beats={"gp": {"random": 0.001}, "xgb": {"random": 0.002}})
    level |= {"strategies": SEARCH["strategies"] | {"xgb": other}}
    ordered = LargestFirst(blocks=9, regrets=(0.5, 0.25, 0.0, *[0.0] * 6), best_at=3)
    said = claim([level], [ordered])
    assert said is not None
    assert said.headline == (
        "Simulated on 9 measured blocks, after 3 of them searches guided by the predictors gp and xgb are ahead of random; so "
        "is to try the blocks with the most FLOPs first."
    )
    assert "which takes no search: regret 0.0000 after 3, the best of them met as number 3." in said.text
    assert "whose true place is 1 to 4 of 9 with 95 % probability." in said.text
    behind = claim([level], [LargestFirst(blocks=9, regrets=(0.5,) * 9, best_at=1)])
    assert behind is not None
    assert behind.headline.endswith("ahead of random.")
    assert "regret 0.5000 after 3" in behind.text


def test_the_command_names_what_is_not_as_usual() -> None:
    again = command_of(SEARCH | {"refit_every": 3, "workers": 4, "batch": 1})
    assert (
        " --strategy random,gp --found database/searches/digits-differentiable*.json --workers 4 --refit-every 3 --output "
        in again
    )


def test_nothing_is_said_to_be_ahead_by_luck() -> None:
    said = claim([altered(p_beats={"gp": {"random": 0.02}})])
    assert said is not None
    assert said.headline.endswith("no search with a predictor is seen to be ahead of one without.")


def test_a_comparison_without_a_guided_search_or_without_a_rival_claims_nothing() -> None:
    assert claim([]) is None
    assert claim([altered(best_guided=None, p_beats={})]) is None
    assert claim([altered(p_beats={"gp": {}})]) is None


def test_the_largest_pool_is_told_of() -> None:
    said = claim([SEARCH, SEARCH | {"pool": 90, "certainty": None}, SEARCH])
    assert said is not None
    assert said.headline.startswith("Simulated on 90 measured blocks")
    assert "by its mean. Not compared here: " in said.text
