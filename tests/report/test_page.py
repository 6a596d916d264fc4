import json
import re
from pathlib import Path

from sase_bench.report.figures import Missing, Picture
from sase_bench.report.page import page
from sase_bench.report.times import Times
from sase_bench.report.wording import Claim, claims, most_trusted
from tests.evidence import calibration, evidence, measurement

HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_no_text_of_a_table_becomes_markup(tmp_path: Path) -> None:
    drawn = tmp_path / "a.svg"
    drawn.write_text("<svg/>")
    picture = Picture(name="a", title=HOSTILE, command=HOSTILE, draw=lambda figure: None)
    text = page(
        evidence(measurement(HOSTILE, 1, HOSTILE)),
        [],
        Times(),
        [Claim(HOSTILE, HOSTILE)],
        [(picture, drawn)],
        [Missing(name=HOSTILE, reason=HOSTILE)],
    )
    assert HOSTILE not in text
    assert "<img src=x" not in text
    (embedded,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    assert json.loads(embedded)["blocks"][HOSTILE][0]["text"] == HOSTILE
    assert text.count("</script>") == 2


def test_the_page_asks_no_network_for_anything() -> None:
    text = page(evidence(measurement("p", 2)), [], Times(), [], [], [])
    outside = re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//\S*", text)
    assert outside == []
    assert "innerHTML" not in text


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
