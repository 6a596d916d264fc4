from sase_bench.report.claims.searches import searched
from sase_bench.report.evidence.largest import LargestFirst
from sase_bench.report.evidence.searches import command_of, name_of
from tests.report.found import SEARCH


def altered(**ranks: object) -> dict[str, object]:
    return SEARCH | {"ranks": {"3": SEARCH["ranks"]["3"] | ranks}}


def test_a_search_that_is_ahead_is_named_with_those_that_it_beats() -> None:
    said = searched([SEARCH])
    assert said is not None
    assert said.headline == (
        "Simulated on 9 measured blocks with the mean of its runs shown of each, after 3 of them the search guided by gp is "
        "ahead of random."
    )
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
    said = searched([level], [ordered])
    assert said is not None
    assert said.headline == (
        "Simulated on 9 measured blocks with the mean of its runs shown of each, after 3 of them searches guided by the "
        "predictors gp and xgb are ahead of random; so is to try the blocks with the most FLOPs first."
    )
    assert "which takes no search: regret 0.0000 after 3, the best of them met as number 3." in said.text
    assert "whose true place is 1 to 4 of 9 with 95 % probability." in said.text
    behind = searched([level], [LargestFirst(blocks=9, regrets=(0.5,) * 9, best_at=1)])
    assert behind is not None
    assert behind.headline.endswith("ahead of random.")
    assert "regret 0.5000 after 3" in behind.text


def test_nothing_is_said_to_be_ahead_by_luck() -> None:
    said = searched([altered(p_beats={"gp": {"random": 0.02}})])
    assert said is not None
    assert said.headline.endswith("no search with a predictor is seen to be ahead of one without.")


def test_a_comparison_without_a_guided_search_or_without_a_rival_claims_nothing() -> None:
    assert searched([]) is None
    assert searched([altered(best_guided=None, p_beats={})]) is None
    assert searched([altered(p_beats={"gp": {}})]) is None


def test_the_largest_pool_is_told_of() -> None:
    said = searched([SEARCH, SEARCH | {"pool": 90, "certainty": None}, SEARCH])
    assert said is not None
    assert said.headline.startswith("Simulated on 90 measured blocks")
    assert "by its mean. Not compared here: " in said.text


def test_what_one_run_shows_is_told_before_what_the_means_show() -> None:
    one = SEARCH | {"shown": "one seed", "judged_by": "the other seeds"}
    said, alone = searched([SEARCH, one]), searched([SEARCH])
    assert said is not None
    assert alone is not None
    assert said.headline.startswith("Simulated on 9 measured blocks with one run shown of each, after 3 of them the search")
    assert " Shown the mean of each block's runs, which is the truth itself and more than a search" in said.text
    assert "ends with the block that it believes best, others with the best seen." in said.text
    assert " A search is judged by the other seeds of a block. " in said.text
    assert "believes best" not in alone.text
    assert said.text.count("gp 0.0000 ± 0.0000, random 0.2000, differentiable-1 0.2500") == 2
    assert "Shown the mean" not in alone.text
    assert said.command == command_of(one)
    assert " --sees seed " in said.command
    assert said.command.endswith("--output reports/searches/digits-val_loss-tied-one-seed.json")
