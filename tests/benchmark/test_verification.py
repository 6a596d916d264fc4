from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench import Benchmark
from sase_bench.benchmark.verification import Verification, verify
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.recipes import Proxy
from tests.records import made_up, unfinished


def test_a_run_of_another_recipe_is_not_compared() -> None:
    with pytest.raises(RequestError, match=r"was made with the recipe x, digits now has"):
        verify(replace(made_up(0), recipe_hash="x"), [0])


def test_a_row_without_a_score_has_no_difference() -> None:
    done = Verification(unfinished(0), made_up(0))
    assert done.differences == {"val_loss": None, "val_top1": None, "train_loss": None}


def test_a_row_that_was_really_trained_is_reproduced_to_the_last_bit(tmp_path: Path, brief_digits: Proxy) -> None:
    pytest.importorskip("torch", reason="needs the extra 'train'")
    from sase_bench.proxies import measure, measure_seeds

    path = tmp_path / "real.duckdb"
    with Store(path, [brief_digits]) as store:
        store.append(measure("0", seed=1))
        for record in measure_seeds("0", "digits", [0, 2, 5]):
            store.append(record)
    bench = Benchmark.load(path)
    for seed in (1, 2):  # alone, and together with two others
        assert bench.verify(0, seed=seed) == {"val_loss": 0.0, "val_top1": 0.0, "train_loss": 0.0}
