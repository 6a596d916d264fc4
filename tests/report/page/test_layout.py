import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sase_bench.bo.comparison import Summary
from sase_bench.report.claims.advice import BOUGHT
from sase_bench.report.claims.claim import Claim, Table
from sase_bench.report.evidence import Evidence
from sase_bench.report.evidence.holdings import Task
from sase_bench.report.evidence.searches import command_of
from sase_bench.report.evidence.transfer import Gain, Transfer, commands
from sase_bench.report.figures import Missing, Picture
from sase_bench.report.networks import compare
from sase_bench.report.networks.published import Row
from sase_bench.report.networks.times import Times
from sase_bench.report.page import page
from sase_bench.space import Architecture
from tests.evidence import block, evidence, measurement
from tests.report.found import SEARCH

HOSTILE = "</script><img src=x onerror=alert(1)>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _drawn(folder: Path, name: str, command: str, title: str = "a title") -> tuple[Picture, Path]:
    path = folder / "drawn.svg"
    path.write_text("<svg/>")
    return Picture(name=name, title=title, command=command, draw=lambda figure: None), path


def test_no_text_of_a_table_becomes_markup(tmp_path: Path) -> None:
    text = page(
        evidence(measurement(HOSTILE, 1, HOSTILE)),
        [],
        Times(),
        [Claim(HOSTILE, HOSTILE, HOSTILE, Table((HOSTILE,), ((HOSTILE,),)))],
        [_drawn(tmp_path, HOSTILE, HOSTILE, HOSTILE)],
        [Missing(name=HOSTILE, reason=HOSTILE)],
    )
    assert HOSTILE not in text
    assert "<img src=x" not in text
    (embedded,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    assert json.loads(embedded)["blocks"][HOSTILE][0]["text"] == HOSTILE
    assert text.count("</script>") == 2


def test_the_page_asks_no_network_for_anything(tiny: list[Row]) -> None:
    text = page(evidence(measurement("p", 2)), compare(tiny), Times(), [], [], [])
    followed_by_hand = re.sub(r'<a href="https://[^"]*"', "", text)
    assert followed_by_hand.count("<a ") < text.count("<a ")
    outside = re.findall(r"(?:src|href|url|import)\s*[=(]\s*[\"']?(?:https?:)?//\S*", followed_by_hand)
    assert outside == []
    assert "innerHTML" not in text


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> str:
    unknown = dict.fromkeys(f"{score}_{what}" for score in ("top1", "loss") for what in ("low", "high", "p", "holm"))
    gain = Gain(attention="se", name="se", seeds=1, top1=1.0, loss=0.1, **unknown)
    transfers = (Transfer(proxy="q", task=Task(description="a task"), gains=(gain,)),)
    found = replace(evidence(measurement("p", 3), transfers=transfers), searches=[_search()])
    asked = 'python -m sase_bench.query "rank 54983 by loss on p"'
    claims = [
        Claim("Modules.", "text", "python -m sase_bench.report", Table(BOUGHT, (("se", "+1.51", "-", "-", "-", "-"),))),
        Claim("Best.", "text", 'python -m sase_bench.query "top 1 by loss on p"'),
        Claim("Place.", "text", asked),
        Claim("Trust.", "text", "python -m sase_bench.calibrate --measured --proxy p"),
        Claim("Transfer.", "text", commands(transfers)),
        Claim("Searches.", "text", command_of(_search())),
        Claim("Nowhere.", "text", "python -m sase_bench.elsewhere"),
    ]
    folder = tmp_path_factory.mktemp("drawn")
    shown = [
        _drawn(folder, "place-p", asked, "Where it ranks"),
        _drawn(folder, "reliability", "python -m sase_bench.calibrate --measured --proxy all"),
    ]
    return page(found, [], Times(), claims, shown, [])


def _search() -> Summary:
    return {**SEARCH}  # type: ignore[typeddict-item]


def test_the_contents_lead_to_every_section_and_no_link_is_broken(everything: str) -> None:
    anchors = re.findall(r'\bid="([^"]*)"', everything)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]*)"', everything)) <= set(anchors)
    (contents,) = re.findall(r"<nav .*?</nav>", everything)
    sections = ["claims", "table", "cost", "modules", "transfer", "searches", "figures", "missing"]
    assert re.findall(r'href="#([^"]*)"', contents) == re.findall(r'<section><h2 id="([^"]*)"', everything) == sections


@pytest.mark.parametrize(
    ("headline", "links"),
    [
        ("Modules.", '<a href="#modules">Published modules</a>'),
        ("Best.", '<a href="#table">Blocks that were measured</a>'),
        ("Place.", '<a href="#figure-place-p" title="Where it ranks">figure 1</a>'),
        ("Trust.", '<a href="#figure-reliability" title="a title">figure 2</a>'),
        ("Transfer.", '<a href="#transfer">Transfer to ordinary networks</a>'),
        ("Searches.", '<a href="#search-digits-val-loss-tied" title="digits-val_loss-tied">its table</a>'),
    ],
)
def test_a_claim_leads_to_what_shows_it_and_keeps_its_command(everything: str, headline: str, links: str) -> None:
    (claim,) = re.findall(rf"<strong>{re.escape(headline)}</strong>.*", everything)
    assert f"<span>shown in {links}</span>" in claim
    assert "</div><code>python -m sase_bench." in claim


def test_a_claim_that_nothing_shows_has_its_command_alone(everything: str) -> None:
    (claim,) = re.findall(r"<strong>Nowhere.</strong>.*", everything)
    assert "shown in" not in claim
    assert "<code>python -m sase_bench.elsewhere</code>" in claim


def test_the_cells_of_a_claim_are_explained(everything: str) -> None:
    (said,) = re.findall(r"<strong>Modules.</strong><p class=\"basis\">(.*?)</p>", everything)
    assert said.startswith("Gain: percentage points of ImageNet top-1 above the plain network, the mean over n sources")


def test_the_code_of_the_page_builds_its_best_block() -> None:
    pytest.importorskip("timm")
    text = page(evidence(measurement("p", 3)), [], Times(), [], [], [])
    (code,) = re.findall(r"<pre><code>(.*?)</code></pre>", text, flags=re.DOTALL)
    built: list[Any] = []
    for part in code.replace("&quot;", '"').split("\n\n"):
        names: dict[str, Any] = {}
        exec(part, names)
        built.append(names["network"].attention)
    assert built == [str(Architecture(1))] * 2


def test_a_table_without_scores_names_no_block_to_use() -> None:
    assert "Use it" not in page(evidence(), [], Times(), [], [], [])


BLOCKS = {
    11: "gap/conv1d_3/conv1d_3/gap/gap/conv_3x3",
    12: "gap+gmp/conv1d_3/affine/gap/l2-norm/2conv_3x3",
    13: "l2-norm/affine/conv1d_5/gap+std/gap+std/affine",
    121: "p-norm/affine/2conv_1x1/p-norm/p-norm/conv_3x3",
}

#: What is typed as a filter → the blocks that stay.
FILTERS = {
    "": [11, 12, 13, 121],
    "conv_3x3": [11, 121],
    "2conv_3x3": [12],
    "CONV_": [11, 121],
    "gap": [11, 12],
    "gap+": [12, 13],
    "affine conv_3x3": [121],
    "spatial_excite=affine": [13],
    "spatial_excite=conv": [11, 121],
    "channel_excite=affine spatial_excite=conv_3x3": [121],
    "channel_excite=conv_3x3": [],
    "no_slot=affine": [],
    "12": [12],
    "121": [121],
    "1": [11, 12, 13, 121],
    "54983": [],
    "gap+gmp/conv1d_3": [12],
    BLOCKS[13]: [13],
}

SCRIPT = """
const asked = ASKED, told = { filters: {}, first: {} };
const rows = () => [...document.querySelectorAll("#blocks tbody tr")];
const numbers = () => rows().map((row) => parseInt(row.firstElementChild.textContent));
const header = (label) =>
  [...document.querySelectorAll("#blocks th button")].find((button) => button.textContent.startsWith(label));
const typed = (id, value) => {
  byId(id).value = value;
  byId(id).dispatchEvent(new Event("input"));
};
for (const words of asked) {
  typed("filter", words);
  told.filters[words] = numbers();
}
typed("filter", "affine");
told.count = byId("count").textContent;
typed("filter", "");
told.start = numbers();
for (const label of ["validation top-1", "validation loss", "parameters", "time"]) {
  header(label).click();
  told.first[label] = numbers();
}
header("time").click();
told.again = numbers();
told.times = Object.fromEntries(rows().map((row) => [parseInt(row.textContent), row.lastElementChild.textContent]));
told.wraps = document.querySelectorAll("#blocks td.text wbr").length;
told.kinds = document.querySelectorAll("#plot .timed, #plot .composed").length;
typed("x", "resnet50_time");
told.legend = [...document.querySelectorAll("#plot text")].map((text) => text.textContent);
told.hover = ["rect.mark.timed", "circle.mark.composed"].map((kind) => {
  [...document.querySelectorAll(`#plot ${kind}`)].pop().dispatchEvent(new Event("focus"));
  return byId("hover").textContent.split(", ").slice(4).join(", ");
});
const folded = document.querySelector("details:has([id^=published-])");
told.folded = !folded.open;
history.replaceState(null, "", "#published-resnet-50-se");
reveal();
told.revealed = folded.open;
document.body.replaceChildren(element("pre", JSON.stringify(told)));
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser makes of the page."""
    if BROWSER is None:
        pytest.skip("there is no Chromium to open the page in")
    folder = tmp_path_factory.mktemp("browser")
    texts = {"backbone": "ResNet-50", "protocol": "100 ep", "kind": "own-paper", "source": "A"}
    rows = [Row(method=method, top1=76.0, top5=None, params_m=None, gflops=None, **texts) for method in ("ResNet", "SE")]
    text = page(_of_blocks(), compare(rows), Times(), [], [], [])
    script = SCRIPT.replace("ASKED", json.dumps(list(FILTERS)))
    path = folder / "index.html"
    path.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run([BROWSER, *options, path.as_uri()], capture_output=True, text=True, timeout=120)
    (told,) = re.findall(r"<body><pre>(.*)</pre>", done.stdout)
    found: dict[str, Any] = json.loads(told.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    return found


def _of_blocks() -> Evidence:
    """Blocks in order of their places, which is not that of their mean losses: 12 and 13 have other seeds."""
    scores = {11: (0.1, 0.6), 12: (0.3, 0.9), 13: (0.2, 0.7), 121: (0.4, 0.8)}
    blocks = [
        block(arch, loss, BLOCKS[arch]) | {"val_top1": top1, "resnet50_params": 26_000_000 - arch}
        for arch, (loss, top1) in scores.items()
    ]
    blocks[0] |= {"resnet50_time": 1.48, "resnet50_time_low": 1.44, "resnet50_time_high": 1.56, "resnet50_time_is": "timed"}
    blocks[3] |= {"resnet50_time": None, "resnet50_time_is": None}
    return evidence(replace(measurement("p", 1), blocks=blocks))


@pytest.mark.parametrize("words", FILTERS)
def test_a_filter_keeps_the_blocks_that_are_meant(shown: dict[str, Any], words: str) -> None:
    assert shown["filters"][words] == FILTERS[words]


def test_blocks_are_in_order_of_their_places_and_a_first_click_puts_the_best_first(shown: dict[str, Any]) -> None:
    assert shown["count"] == "3 of 4 blocks"
    assert shown["start"] == list(BLOCKS)
    assert shown["first"] == {
        "validation top-1": [12, 121, 13, 11],
        "validation loss": [11, 13, 12, 121],
        "parameters": [121, 13, 12, 11],
        "time": [12, 13, 11, 121],
    }
    assert shown["again"] == [11, 12, 13, 121]


def test_composed_times_are_told_from_timed_ones(shown: dict[str, Any]) -> None:
    assert shown["times"] == {"11": "1.48 (1.44 to 1.56)", "12": "≈ 1.25", "13": "≈ 1.25", "121": "-"}
    assert shown["kinds"] == 0
    assert {"timed in the whole network", "composed of operations' times (≈)"} <= set(shown["legend"])
    assert shown["hover"] == [
        "1.48 times the plain network (1.44 to 1.56), timed",
        "about 1.25 times the plain network, composed of the times of its operations",
    ]


def test_the_text_of_a_block_wraps_between_operations(shown: dict[str, Any]) -> None:
    assert shown["wraps"] == 5 * len(BLOCKS)


def test_a_link_unfolds_the_figures_that_it_leads_to(shown: dict[str, Any]) -> None:
    assert shown["folded"]
    assert shown["revealed"]


def test_many_commands_of_a_claim_are_folded_behind_the_first() -> None:
    asked = "\n".join(f"ask {number}" for number in range(6))
    text = page(evidence(measurement("p", 3)), [], Times(), [Claim("So it is.", "For a reason.", asked)], [], [])
    claim = text[text.index("So it is.") :]
    opened, folded = claim.split("<summary>2 more of such commands</summary>")
    assert all(f"<code>ask {number}</code>" in opened for number in range(4))
    assert folded.index("<code>ask 4</code>") < folded.index("<code>ask 5</code>") < folded.index("</details>")
