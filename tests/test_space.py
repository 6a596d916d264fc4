import pickle
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sase_bench import Architecture, Space
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SASE_BLOCK, SETS, SLOTS, SPACES, find_operation

PUBLISHED = "gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3"


def test_published_block_has_the_index_the_paper_gives_it() -> None:
    arch = Architecture.parse(PUBLISHED)
    assert (arch.index, arch.digits, arch.is_tied, str(arch)) == (54983, (3, 1, 6, 2, 0, 5), False, PUBLISHED)
    assert arch == SASE_BLOCK == Architecture.from_index(54983) == Architecture.from_digits((3, 1, 6, 2, 0, 5))


@pytest.mark.parametrize(
    "text", ["GAP+GMP/2conv_1x1/affine/p-norm/GAP/2conv_3x3", " gap+gmp / 2conv_1x1/affine/P-NORM/gap/2conv_3x3 ", "54983"]
)
def test_parsing_ignores_case_and_space_and_takes_an_index(text: str) -> None:
    assert Architecture.parse(text) == SASE_BLOCK


def test_reference_spelling_of_second_order_pooling_is_accepted() -> None:
    arch = Architecture.parse("2nd-order pooling/affine/affine/2nd-order pooling/SkewPooling/conv_3x1_1x3")
    assert arch.digits == (6, 6, 6, 6, 5, 0)


@pytest.mark.parametrize("name", ["2nd-order pooling", "2nd-order-pooling", " 2nd-order Pooling "])
def test_an_operation_is_found_by_the_spelling_of_the_reference(name: str) -> None:
    assert find_operation("gated_squeeze", name) == "2nd-order-pooling"
    operations = {"channel_squeeze": name, "channel_excite": "3conv1D_3", "spatial_squeeze": name, "spatial_excite": "affine"}
    assert Architecture.from_operations(operations).digits == (6, 0, 0, 6, 6, 6)


@given(st.integers(0, 117_648))
def test_every_form_of_a_block_leads_back_to_it(index: int) -> None:
    arch = Architecture.from_index(index)
    assert Architecture.from_digits(arch.digits) == arch
    assert Architecture.parse(str(arch)) == arch
    assert Architecture.from_operations(arch.operations) == arch
    assert pickle.loads(pickle.dumps(arch)) == arch


def test_index_is_base_seven_with_the_first_slot_most_significant() -> None:
    assert [Architecture.from_digits([int(i == slot) for i in range(6)]).index for slot in range(6)] == [
        16807, 2401, 343, 49, 7, 1,
    ]  # fmt: skip


def test_neighbours_are_the_36_blocks_with_one_slot_changed() -> None:
    neighbours = list(SASE_BLOCK.neighbours())
    assert len(set(neighbours)) == 36
    assert all(sum(a != b for a, b in zip(SASE_BLOCK.digits, other.digits, strict=True)) == 1 for other in neighbours)


def test_an_index_is_written_with_at_most_nine_digits_and_white_space_of_any_kind() -> None:
    assert Architecture.parse("000054983") == Architecture.parse("\x1d54983\x1f ") == SASE_BLOCK
    with pytest.raises(RequestError, match="got '0000054983'"):
        Architecture.parse("0000054983")


def test_a_space_is_iterated_in_order_and_knows_the_neighbours_of_its_members() -> None:
    assert list(Space("tied")) == Space("tied")[:]
    assert next(iter(Space("full"))) == Architecture(0)
    assert Space("full").neighbours(SASE_BLOCK) == list(SASE_BLOCK.neighbours())
    assert Space("tied").sample(0, seed=0) == []


def test_neighbours_in_the_tied_space_change_one_set() -> None:
    space = Space("tied")
    arch = space.sample(1, seed=5)[0]
    neighbours = space.neighbours(arch)
    assert len(set(neighbours)) == 24
    assert all(other in space and other != arch for other in neighbours)


@pytest.mark.parametrize(("name", "size"), [("tied", 2401), ("full", 117_649)])
def test_a_space_is_sized_ordered_and_indexable(name: str, size: int) -> None:
    space = Space(name)
    assert len(space) == size == len(space.indices) == len(set(space.indices.tolist()))
    assert np.all(np.diff(space.indices) > 0)
    assert space[0].index == 0
    assert space[-1].index == 117_648
    assert space[5:8] == [space[5], space[6], space[7]]
    with pytest.raises(IndexError):
        space[size]


def test_tied_space_holds_exactly_the_blocks_whose_slots_of_one_set_agree() -> None:
    digits = Space("full").digits()
    tied = (digits[:, 1] == digits[:, 2]) & (digits[:, 3] == digits[:, 4])
    np.testing.assert_array_equal(np.flatnonzero(tied), Space("tied").indices)
    assert SASE_BLOCK in Space("full")
    assert SASE_BLOCK not in Space("tied")
    assert "54983" not in Space("full")


@pytest.mark.parametrize("name", list(SPACES))
def test_arrays_agree_with_the_architectures_one_by_one(name: str) -> None:
    space = Space(name)
    digits, one_hot = space.digits(), space.one_hot()
    assert digits.shape == (len(space), 6)
    assert one_hot.shape == (len(space), 42)
    assert digits.dtype == one_hot.dtype == np.uint8
    for position in (0, 17, 1234, len(space) - 1):
        assert tuple(digits[position]) == space[position].digits
        assert np.flatnonzero(one_hot[position]).tolist() == [7 * i + d for i, d in enumerate(space[position].digits)]


def test_samples_are_repeatable_distinct_and_nested() -> None:
    space = Space("full")
    small, large = space.sample(10, seed=3), space.sample(50, seed=3)
    assert small == large[:10]
    assert len(set(large)) == 50
    assert small != space.sample(10, seed=4)
    assert len(set(Space("tied").sample(2401, seed=0))) == 2401


@pytest.mark.parametrize(("name", "n", "strength"), [("tied", 49, 2), ("tied", 343, 3), ("full", 49, 2), ("full", 2401, 4)])
def test_in_an_orthogonal_array_any_few_choices_meet_in_every_combination_once(name: str, n: int, strength: int) -> None:
    blocks = Space(name).orthogonal_array(n, seed=3)
    choices = [tuple(Space(name).configuration(arch).values()) for arch in blocks]
    for columns in combinations(range(len(SPACES[name])), strength):
        assert len({tuple(row[column] for column in columns) for row in choices}) == n


def test_orthogonal_arrays_are_repeatable_shuffled_and_fill_the_space_at_last() -> None:
    tied = Space("tied")
    assert tied.orthogonal_array(49, seed=3) == tied.orthogonal_array(49, seed=3) != tied.orthogonal_array(49, seed=4)
    assert tied.orthogonal_array(49, seed=3) != sorted(tied.orthogonal_array(49, seed=3))
    assert sorted(tied.orthogonal_array(2401, seed=3)) == [*tied]


@pytest.mark.parametrize("name", list(SPACES))
def test_configspace_configurations_lead_back_to_the_block(name: str) -> None:
    pytest.importorskip("ConfigSpace", reason="needs the extra 'search'")
    space = Space(name)
    configurations = space.configuration_space(seed=0)
    assert set(configurations) == set(SPACES[name])
    for configuration in configurations.sample_configuration(20):
        arch = Architecture.from_operations(dict(configuration))
        assert arch in space
        assert space.configuration(arch) == dict(configuration)
    assert configurations.estimate_size() == len(space)
    assert configurations.name == f"sase-{name}"
    drawn = [space.configuration_space(seed=seed).sample_configuration(20) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_slots_and_sets_hold_seven_operations_each() -> None:
    assert all(len(names) == len(set(names)) == 7 for names in SETS.values())
    assert list(OPERATIONS) == list(SLOTS)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda: Architecture(117_649), "an architecture's index lies in 0..117648, got 117649"),
        (lambda: Architecture.from_index(-1), "an architecture's index lies in 0..117648, got -1"),
        (lambda: Architecture.parse("9" * 400), "an architecture's index lies in 0..117648, got '99999999999999999999'"),
        (lambda: Architecture.from_digits([0] * 5), "an architecture has six digits in 0..6, got (0, 0, 0, 0, 0)"),
        (lambda: Architecture.from_digits([7] * 6), "an architecture has six digits in 0..6, got (7, 7, 7, 7, 7, 7)"),
        (
            lambda: Architecture.parse("gap/affine"),
            "an architecture is six operation names joined by '/' or an index, got 2 in 'gap/affine'",
        ),
        (
            lambda: Architecture.parse("gap/affine/afine/gap/gap/affine"),
            "unknown channel_gate operation 'afine'; choose from 3conv1d_3, 2conv_1x1, conv1d_3, conv1d_5, conv1d_7, "
            "2conv1d_3, affine",
        ),
        (
            lambda: Architecture.from_operations({"channel_squeeze": "gap"}),
            "expected an operation for each of channel_squeeze, channel_excite, channel_gate, gated_squeeze, spatial_squeeze, "
            "spatial_excite; got channel_squeeze",
        ),
        (
            lambda: Architecture.from_operations({"channel_squeeze": "gap", "colour": "red"}),
            "expected an operation for each of channel_squeeze, channel_excite, channel_gate, gated_squeeze, spatial_squeeze, "
            "spatial_excite; got channel_squeeze, colour",
        ),
        (
            lambda: Architecture("sase"),
            "an architecture's index is a whole number, got 'sase'; Architecture.of takes text too",
        ),
        (lambda: Architecture(1.0), "an architecture's index is a whole number, got 1.0; Architecture.of takes text too"),
        (lambda: Architecture(True), "an architecture's index is a whole number, got True; Architecture.of takes text too"),
        (lambda: find_operation("colour", "gap"), f"unknown slot 'colour'; choose from {', '.join(SLOTS)}"),
        (lambda: Space(["tied"]), "unknown space \"['tied']\"; choose from tied, full"),
        (lambda: Space("tied").sample("3", seed=0), "the size of a sample is a whole number, got '3'"),
        (lambda: Space("tied").sample(2.5, seed=0), "the size of a sample is a whole number, got 2.5"),
        (lambda: Space("half"), "unknown space 'half'; choose from tied, full"),
        (
            lambda: Space("tied").sample(2402, seed=0),
            "the tied space holds 2401 architectures, a sample of 2402 was asked for",
        ),
        (lambda: Space("tied").neighbours(SASE_BLOCK), f"{PUBLISHED} is not in the tied space"),
        (lambda: Space("tied").configuration(SASE_BLOCK), f"{PUBLISHED} is not in the tied space"),
    ],
)
def test_impossible_requests_say_what_was_wrong(request_: object, message: str) -> None:
    with pytest.raises(RequestError) as error:
        request_()  # type: ignore[operator]
    assert str(error.value) == message


def test_the_published_block_has_the_name_of_its_paper() -> None:
    assert Architecture.of("sase") == Architecture.parse(" SASE ") == SASE_BLOCK
