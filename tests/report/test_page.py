import json
import re
from pathlib import Path

from sase_bench.report.claim import Claim, Table
from sase_bench.report.figures import Missing, Picture
from sase_bench.report.page import page
from sase_bench.report.times import Times
from tests.evidence import evidence, measurement

HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_no_text_of_a_table_becomes_markup(tmp_path: Path) -> None:
    drawn = tmp_path / "a.svg"
    drawn.write_text("<svg/>")
    picture = Picture(name="a", title=HOSTILE, command=HOSTILE, draw=lambda figure: None)
    text = page(
        evidence(measurement(HOSTILE, 1, HOSTILE)),
        [],
        Times(),
        [Claim(HOSTILE, HOSTILE, HOSTILE, Table((HOSTILE,), ((HOSTILE,),)))],
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
