import pytest

from sase_bench.errors import RequestError
from sase_bench.seeds import derived_seed, read_seeds


def test_seeds_are_a_count_or_a_list() -> None:
    assert (read_seeds("3"), read_seeds("0,7,0"), read_seeds(" 5 , 5 ")) == ([0, 1, 2], [0, 7], [5])


@pytest.mark.parametrize("text", ["", "0", "-1", "1001", "a", "1,,2", "1,x", "9999999999,1"])
def test_seeds_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(RequestError):
        read_seeds(text)


def test_every_part_of_a_run_has_a_seed_of_its_own_that_a_generator_takes() -> None:
    scopes = [("weights", "a"), ("weights", "b"), ("order",), ("order", "1")]
    derived = [derived_seed(seed, *scope) for seed in (0, 1) for scope in scopes]
    assert len(set(derived)) == len(derived)
    assert all(0 <= seed < 2**63 for seed in derived)


def test_released_runs_can_be_made_again_for_a_derived_seed_never_changes() -> None:
    assert derived_seed(0, "weights", "stem.0", "Conv2d") == 6321892009230754764
