"""Published modules as what runs are made of."""

import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import MODULES, PLAIN, Module, all_modules, parse_attention
from sase_bench.record import FIRST_MODULE
from sase_bench.space import SASE_BLOCK, Architecture

#: Numbers are on disk for ever: a line may be added here, none may change.
NUMBERS = [
    "none", "se", "ese", "ge", "bam", "cbam", "light-cbam", "scse", "double", "gc", "gsop",
    "sge", "srm", "eca", "gct", "coord", "fca", "shuffle", "simam", "triplet", "ema", "mca",
]  # fmt: skip


def test_every_module_has_its_number_for_ever() -> None:
    assert {module.name: module.index for module in all_modules()} == {
        name: FIRST_MODULE + number for number, name in enumerate(NUMBERS)
    }


def test_a_number_leads_back_to_its_module() -> None:
    for module in all_modules():
        assert Module.from_index(module.index) == module
        assert module.published is MODULES.get(module.name)
    with pytest.raises(RequestError, match=r"no module has the number 1000999; they are 1000000 to 1000021"):
        Module.from_index(1_000_999)


def test_a_text_stands_for_a_module_or_a_block() -> None:
    assert parse_attention(" ECA ") == Module("eca")
    assert parse_attention("none") == Module(PLAIN)
    assert parse_attention("sase") == parse_attention("54983") == parse_attention(str(SASE_BLOCK)) == SASE_BLOCK
    assert parse_attention("7") == Architecture(7)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cbm", r"unknown attention module 'cbm'; did you mean cbam or bam\? \(or write a block: six operations joined by '/'"),
        ("gap/gap", r"six operation names joined by '/' or an index, got 2"),
        ("117649", r"lies in 0..117648"),
    ],
)
def test_what_stands_for_nothing_is_refused(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        parse_attention(text)
