import re
from dataclasses import replace

import numpy as np
import pytest

from sase_bench.modules import MODULES
from sase_bench.report.networks import Entry, compare
from sase_bench.report.networks.composed import Composed
from sase_bench.report.networks.published import Row, read
from sase_bench.report.networks.times import Times
from sase_bench.report.page.literature import literature
from tests.report.sources import IMAGENET


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return compare(read(IMAGENET), {5: "<p>"})


def _written(entries: list[Entry]) -> str:
    return "\n".join(literature(entries, Times()))


def test_every_module_leads_to_its_paper(entries: list[Entry]) -> None:
    text = _written(entries)
    told = "Squeeze-and-Excitation Networks, arXiv:1709.01507, 2018"
    assert text.count(f'<td><a href="https://arxiv.org/abs/1709.01507" title="{told}">se</a></td><td>2018</td>') == 2
    assert '<a href="https://arxiv.org/abs/2411.08333" title="SASE' in text
    assert re.search(r'<td><span title="SimAM: [^"]*, ICML 2021, PMLR 139, 2021">simam</span></td>', text)
    assert text.count("<h3>ResNet-50</h3>") == text.count("<h3>ResNet-101</h3>") == 1
    assert '<td><span title="block 5, best on &lt;p&gt;">block 5</span></td>' in text
    assert f"<summary>The papers of {len(MODULES) + 1} modules</summary>" in text
    assert all(f"<tr><td>{name}</td><td>" in text for name in MODULES)


def test_a_module_leads_to_its_figures_and_these_to_their_sources(entries: list[Entry]) -> None:
    text = _written(entries)
    known = {entry.name: entry for entry in entries if entry.backbone == "ResNet-101"}
    count = len(known["se"].rows)
    assert f'<td><a href="#published-resnet-101-se">{count}</a></td>' in text
    assert '<td><span id="published-resnet-101-se">ResNet-101</span></td><td>se</td>' in text
    led, there = (re.findall(rf'{name}="#?(published-[^"]*)"', text) for name in ("href", "id"))
    assert led == there
    assert len(set(there)) == len(there) == sum(bool(entry.rows) for entry in entries)
    assert '<a href="https://github.com/implus/PytorchInsight/blob/HEAD/README.md">github.com/implus/' in text


def test_it_is_said_how_many_figures_there_are(entries: list[Entry]) -> None:
    rows = [row for entry in entries for row in entry.rows]
    sources = len({row.source for row in rows})
    assert f"<summary>All {len(rows)} published figures, top-1 and top-5, of {sources} sources</summary>" in _written(entries)


def test_a_text_of_a_table_becomes_no_markup(tiny: list[Row]) -> None:
    hostile = "<img src=x> arXiv 1910.03151"
    text = _written(compare([replace(row, source=hostile, protocol=hostile, kind=hostile) for row in tiny]))
    assert "<img" not in text
    assert '&lt;img src=x&gt; <a href="https://arxiv.org/abs/1910.03151">' in text


def test_composed_times_lead_to_how_far_they_are_off(entries: list[Entry]) -> None:
    text = "\n".join(literature(entries, Times((), Composed(np.ones(1), "Composed & summed."))))
    assert 'Composed &amp; summed. How far such sums are off is in <a href="modules.md">modules.md</a>.' in text
    assert "modules.md" not in _written(entries)
