from dataclasses import replace

import pytest

from sase_bench.benchmark.verification import Verification, verify
from sase_bench.errors import RequestError
from tests.records import made_up, unfinished


def test_a_run_of_another_recipe_is_not_compared() -> None:
    with pytest.raises(RequestError, match=r"was made with the recipe x, digits now has"):
        verify(replace(made_up(0), recipe_hash="x"), [0])


def test_a_row_without_a_score_has_no_difference() -> None:
    done = Verification(unfinished(0), made_up(0))
    assert done.differences == {"val_loss": None, "val_top1": None, "train_loss": None}
