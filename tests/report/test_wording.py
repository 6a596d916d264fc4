from sase_bench.report.wording import claims, most_trusted
from tests.evidence import calibration, evidence, measurement


def test_the_proxy_with_the_surest_reliability_speaks() -> None:
    low, high = measurement("low", 9), measurement("high", 3)
    calibrated = [calibration("low", -0.5), calibration("high", 0.1)]
    assert most_trusted(evidence(low, high, calibrations=calibrated)) is high
    assert most_trusted(evidence(low, high)) is low
    assert most_trusted(evidence()) is None


def test_a_claim_says_no_more_than_the_interval_allows() -> None:
    found = measurement("p", 3)
    texts = {
        low: " ".join(c.text for c in claims(evidence(found, calibrations=[calibration("p", low)]), [])) for low in (-1, 0.2)
    }
    assert "holds zero: the best block may be the luckiest one" in texts[-1]
    assert "above zero" in texts[0.2]
    for text in texts.values():
        assert "It has no ImageNet number" in text
        assert "was not measured on p" in text
        assert "An ImageNet result of SASE's own block is in none of the published tables" in text


def test_a_table_without_scores_claims_nothing() -> None:
    (claim,) = claims(evidence(), [])
    assert "nothing is said of any block" in claim.text
