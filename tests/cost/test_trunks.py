import pytest

from sase_bench.errors import RequestError
from sase_bench.latency import find_trunk


def test_a_trunk_is_found_by_its_name_or_by_a_beginning_that_only_it_has() -> None:
    assert [find_trunk(name).name for name in ("resnet20", "resnet50", "resnet50-224px", "resnet101-224px-1000")] == [
        "resnet20-w16-32px-3x10",
        "resnet50-224px-1000",
        "resnet50-224px-1000",
        "resnet101-224px-1000",
    ]
    for name in ("resnet", "resnet5", "resnet8", ""):
        with pytest.raises(RequestError, match="unknown trunk"):
            find_trunk(name)
