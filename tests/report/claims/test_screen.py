from dataclasses import replace

import pytest

from sase_bench.report.claims import claims
from sase_bench.report.evidence import most_trusted
from tests.evidence import calibration, evidence, measurement


def test_the_proxy_with_the_surest_reliability_speaks() -> None:
    low, high = measurement("low", 9), measurement("high", 3)
    calibrated = [calibration("low", -0.5), calibration("high", 0.1)]
    assert most_trusted(evidence(low, high, calibrations=calibrated)) is high
    sure = [calibration("low", 0.85), calibration("high", 0.9)]
    assert most_trusted(evidence(low, high, calibrations=sure)) is low  # both are sure, and it has more blocks
    valid = [calibration("low", 0.85) | {"validity": 0.3}, calibration("high", 0.9) | {"validity": 0.8}]
    assert most_trusted(evidence(low, high, calibrations=valid)) is high  # both are sure, and longer training agrees with it
    assert most_trusted(evidence(low, high)) is low
    assert most_trusted(evidence()) is None


def test_a_claim_says_no_more_than_the_interval_allows() -> None:
    found = measurement("p", 3)
    texts = {
        low: " ".join(f"{c.headline} {c.text}" for c in claims(evidence(found, calibrations=[calibration("p", low)]), []))
        for low in (-1, 0.2, 0.6, 0.9)
    }
    assert "holds zero: the best block may be the luckiest one" in texts[-1]
    assert "above zero" in texts[0.2]
    alike = {-1: "perhaps not alike at all", 0.2: "somewhat alike", 0.6: "much alike", 0.9: "nearly alike"}
    for low, text in texts.items():
        assert f"Trained again with other seeds, blocks rank {alike[low]}; " in text
    for text in texts.values():
        assert "It has no ImageNet number" in text
        assert "The block that SASE published was not measured." in text
        assert "An ImageNet result of SASE's own block is in none of the published tables" in text


@pytest.mark.parametrize(
    ("low", "said"),
    [
        (0.625, "trained for longer, those drawn at random rank much alike."),
        (-0.5, "whether longer training ranks them so is not known."),
        (None, "whether longer training ranks them so is not known."),
    ],
)
def test_longer_training_agrees_as_far_as_the_interval_of_validity_says(low: float | None, said: str) -> None:
    figures = {"validity": 0.75, "validity_low": low, "validity_high": 1.0, "validity_undefined": 0.25}
    judged = {**calibration("p", 0.9), **figures, "reference": "q", "reference_blocks": 12, "shared_seeds": []}
    found = claims(evidence(measurement("p", 3), calibrations=[judged]), [])
    assert any(claim.headline == f"Trained again with other seeds, blocks rank nearly alike; {said}" for claim in found)


def test_a_table_without_scores_claims_nothing() -> None:
    (claim,) = claims(evidence(), [])
    assert claim[:2] == ("Nothing is said of any block.", "No run in this table has a score.")


def module(name: str, loss: float, lead: float | None, margin: float = 0.05) -> dict[str, object]:
    ends = (None, None) if lead is None else (lead - margin, lead + margin)
    scores: dict[str, object] = {
        "val_loss": loss,
        "seeds": 3,
        "params": 5,
        "flops": 8,
        "gain": 0.1,
        "gain_low": 0.0,
        "gain_high": 0.2,
    }
    scores["blocks_ahead"] = int(loss > 0.1)  # as in `measurement`
    return {"module": name, **scores, "lead": lead, "lead_low": ends[0], "lead_high": ends[1]}


def test_modules_are_ahead_of_the_published_block_by_their_mean_or_beyond_the_noise() -> None:
    modules = [module("eca", 0.05, 0.35), module("se", 0.38, 0.02), module("sase", 0.4, None), module("gc", 0.6, -0.2)]
    rival = {"difference": -0.05, "low": -0.075, "high": -0.025, "pairs": 3}
    found = replace(measurement("p", 3), modules=modules, rival=rival)
    assert not any("the same block" in claim.text for claim in claims(evidence(found), []))
    longer = replace(measurement("longer", 2), modules=[module("gc", 0.25, None), module("none", 0.5, None)], rival=rival)
    (claim,) = (claim for claim in claims(evidence(found, longer), []) if "Beside the block that SASE published" in claim.text)
    told = claim.text
    assert claim.headline.startswith(
        "Of the published modules trained in the same place, eca is ahead of the best block, in a network with"
    )
    assert (
        "Of 3 published modules trained in the same place on p, 1 has a smaller mean validation loss than the best measured "
        in told
    )
    assert "eca, 0.0500 nats over 3 seeds (less the block's: -0.0500, 95 % interval -0.0750 to -0.0250, 3 seeds)." in told
    assert "Beside the block that SASE published (0.4000) 2 have a smaller one, 1 beyond the noise of the seeds" in told
    assert told.endswith(
        " On longer the best of 2 blocks by validation loss is 1 (0.1000) and the best module gc, 0.2500 nats over 3 seeds "
        "(less the block's: -0.0500, 95 % interval -0.0750 to -0.0250, 3 seeds)."
    )
    assert "gain over the plain trunk is +0.1000 nats, 95 % interval +0.0000 to +0.2000" in told


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.025, 0.075, "The best block is ahead of eca, the best of the published modules trained in the same place."),
        (
            -0.025,
            0.075,
            "eca is the best, and no difference from the best block is seen, in a network with 50 % of its parameters.",
        ),
        (None, None, "Of the published modules trained in the same place, eca is the best."),
    ],
)
def test_where_seeds_cannot_tell_a_module_from_the_best_block_it_is_not_said_to_be_as_good(
    low: float | None, high: float | None, said: str
) -> None:
    rival = {"difference": 0.025, "low": low, "high": high, "pairs": 3}
    found = replace(measurement("p", 3), modules=[module("eca", 0.4, None)], rival=rival)
    assert any(claim.headline.endswith(said) for claim in claims(evidence(found), []))


def test_modules_stand_beside_the_same_block_wherever_both_were_trained() -> None:
    def lead(proxy: str, name: str, value: float, holm: float, metric: str = "val_loss") -> dict[str, object]:
        ends = {"lead_low": value - 0.03125, "lead_high": value + 0.03125}
        return {"proxy": proxy, "metric": metric, "module": name, "lead": value, **ends, "p": holm, "holm": holm, "seeds": 3}

    there = [
        lead("other", "se", -0.25, 0.001),
        *(lead("longer", name, value, p) for name, value, p in (("eca", 0.0625, 0.01), ("gc", 0.125, 0.02), ("se", 0.05, 0.3))),
        *(lead("longer", name, value, p, "val_top1") for name, value, p in (("eca", 0.125, 0.07), ("gc", -0.25, 0.01))),
    ]
    rival = {"difference": 0.0, "low": -0.125, "high": 0.125, "pairs": 3}
    found = replace(measurement("p", 3), modules=[module("eca", 0.1, None)], rival=rival, rivals_elsewhere=there)
    judged = calibration("p", 0.9) | {"reference": "longer", "reference_blocks": 12, "shared_seeds": []}
    (claim,) = (c for c in claims(evidence(found, calibrations=[judged]), []) if "published modules trained" in c.headline)
    assert claim.headline.endswith(
        " Trained for longer, modules are ahead of that block beyond the noise: 2 of 3 by validation loss (eca among them) and "
        "none of 2 by validation accuracy."
    )
    assert (
        " Beside the same block, 1, on other by validation loss, after Holm over 1 modules: none ahead, 1 behind, of the other "
        "0 no difference is seen. Beside the same block, 1, on longer by validation loss, after Holm over 3 modules: gc by "
        "+0.1250 nats (95 %: +0.0938 to +0.1562, 3 seeds) and eca by +0.0625 nats (95 %: +0.0312 to +0.0938, 3 seeds) ahead, "
        "0 behind, of the other 1 no difference is seen. Beside the same block, 1, on longer by validation accuracy, after "
        "Holm over 2 modules: none ahead, 1 behind, of the other 1 no difference is seen."
    ) in claim.text
    assert claim.command.splitlines()[1:] == [
        f'python -m sase_bench.query "compare {name} with 1 on longer"' for name in ("eca", "gc")
    ]
    (claim,) = (c for c in claims(evidence(found), []) if "published modules trained" in c.headline)
    assert claim.headline.endswith(" On other, modules are ahead of that block beyond the noise: none of 1 by validation loss.")


@pytest.mark.parametrize(
    ("low", "said"),
    [
        (0.875, "On another data set, digits, blocks drawn at random rank nearly alike by training loss."),
        (0.25, "On another data set, digits, blocks drawn at random rank somewhat alike by training loss."),
        (-0.5, "Whether blocks rank alike on another data set, digits, by training loss is not known."),
        (None, "Whether blocks rank alike on another data set, digits, by training loss is not known."),
    ],
)
def test_another_data_set_agrees_as_far_as_its_interval_says(low: float | None, said: str) -> None:
    row = {
        "dataset": "digits", "proxy": "digits-local-colours-long", "reference": "p", "reference_blocks": 9, "seeds": 12,
        "shared_seeds": [], "validity": 0.96875, "validity_low": low, "validity_high": 1.0, "validity_undefined": 0.03125,
    }  # fmt: skip
    found = replace(evidence(measurement("p", 3)), agreements=[row, row | {"reference": "another", "validity_high": 1.25}])
    (claim,) = (claim for claim in claims(found, []) if "another data set" in claim.headline)
    assert claim.headline == said
    interval = "" if low is None else f"95 % interval {low:.2f} to 1.00 (9 blocks; other seeds)"
    within = interval or "without an interval: not defined in 3.1 % of bootstrap draws (9 blocks; other seeds)"
    assert f"0.97, {within}" in claim.text
    assert ("With val_loss on another: 0.97, 95 % interval" in claim.text) is (low is not None)
    assert ("to 1.25, an estimate that may exceed 1 (9 blocks" in claim.text) is (low is not None)
    assert claim.text.startswith("Correlation of train_loss on digits-local-colours-long with val_loss on p, by ranks")
    first, second = claim.command.splitlines()
    assert first.endswith("--proxy digits-local-colours-long --reference p")
    assert second.endswith("--proxy digits-local-colours-long --reference another")
    undefined = found.agreements[0] | {"validity": None, "validity_low": None}
    (claim,) = (c for c in claims(replace(found, agreements=[undefined]), []) if "another data set" in c.headline)
    assert "is taken out: not defined (9 blocks; other seeds)." in claim.text


def test_modules_that_nobody_chose_say_whether_longer_training_ranks_alike() -> None:
    names = ("se", "eca", "cbam", "srm", "none")
    short = replace(measurement("p", 3), modules=[module(name, place / 10, None) for place, name in enumerate(names)])
    long = replace(
        measurement("q", 3),
        modules=[module(name, place / 10, None) for place, name in zip((1, 0, 2, 3, 4), names, strict=True)],
    )
    judged = calibration("p", 0.5) | {"reference": "q", "reference_blocks": 9, "shared_seeds": []}
    (claim,) = (
        claim
        for claim in claims(evidence(short, long, calibrations=[judged]), [])
        if claim.headline.startswith("Trained again with other seeds")
    )
    assert "5 that no search chose, rank on q as on p with a correlation of 0.90 (95 % interval " in claim.text
    assert claim.command.splitlines()[1:] == [
        'python -m sase_bench.query "modules by loss on p"',
        'python -m sase_bench.query "modules by loss on q"',
    ]
    elsewhere = {
        "dataset": "digits", "proxy": "q", "reference": "p", "reference_blocks": 9, "seeds": 12, "shared_seeds": [],
        "validity": 0.75, "validity_low": 0.5, "validity_high": 1.0, "validity_undefined": 0.0,
    }  # fmt: skip
    both = replace(evidence(short, long, calibrations=[judged]), agreements=[elsewhere])
    (claim,) = (claim for claim in claims(both, []) if claim.headline.startswith("On another data set"))
    assert "rank on q as on p with a correlation of 0.90" in claim.text
    few = replace(long, modules=long.modules[:1])
    texts = [claim.text for claim in claims(evidence(short, few, calibrations=[judged]), [])]
    assert not any("that no search chose" in text for text in texts)
