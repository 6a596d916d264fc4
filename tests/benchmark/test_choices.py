import pytest

from sase_bench import Architecture, Space
from sase_bench.benchmark import choices, chosen
from sase_bench.errors import RequestError
from sase_bench.space import SETS


def test_a_table_of_all_tied_blocks_is_chosen_from_by_set() -> None:
    found = choices([5, *Space("tied").indices])
    assert found == {name: list(operations) for name, operations in SETS.items()}
    assert chosen({name: values[-1] for name, values in found.items()}).index == 7**6 - 1


@pytest.mark.parametrize("archs", [[], [3, 54983, 3], Space("tied").indices[1:]])
def test_of_any_other_table_the_blocks_are_the_choice(archs: list[int]) -> None:
    found = choices(archs)
    assert list(found) == ["block"]
    assert [chosen({"block": name}).index for name in found["block"]] == sorted({int(arch) for arch in archs})


def test_what_is_no_choice_is_refused() -> None:
    with pytest.raises(RequestError, match="unknown"):
        chosen({"block": "a/b/c/d/e/f"})
    with pytest.raises(RequestError, match="expected an operation for each"):
        chosen({"slot": "gap"})
    assert chosen({"block": "54983"}) == Architecture(54983)
