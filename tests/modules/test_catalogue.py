import sys
from importlib import import_module

import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import MODULES, Stage, build

every_module = pytest.mark.parametrize("name", MODULES)


@every_module
def test_an_entry_and_its_module_name_the_same_paper(name: str) -> None:
    entry = MODULES[name]
    assert 2018 <= entry.year <= 2023
    if entry.constructor.startswith("sase_bench"):
        docstring = import_module(entry.constructor.partition(":")[0]).__doc__ or ""
        assert entry.reference.removeprefix("arXiv:") in docstring


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match="unknown attention module 'srn'; did you mean srm"):
        build("srn", Stage(8, 8, 8, 1))


def test_without_timm_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm.layers.coord_attn", None)
    with pytest.raises(RequestError) as error:
        build("coord", Stage(8, 8, 8, 1))
    assert str(error.value) == "attention module 'coord' needs timm 1.0.23 or newer; install it with: pip install -U timm"
