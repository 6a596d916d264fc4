import pytest

from sase_bench.cost import TRUNKS, find_trunk
from sase_bench.errors import RequestError


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


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("resnet8-local", [name for name in TRUNKS if name.startswith("resnet8-local-")]),
        ("resnet5", ["resnet50-224px-1000", "resnet56-w16-32px-3x10"]),
        ("resnet", list(TRUNKS)),
        ("vgg", list(TRUNKS)),
    ],
)
def test_a_beginning_of_several_trunks_is_refused_with_those_and_another_name_with_all(name: str, choices: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        find_trunk(name)
    assert str(caught.value) == f"unknown trunk {name!r}; choose from {', '.join(choices)}"
