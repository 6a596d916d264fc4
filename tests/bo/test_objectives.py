from pathlib import Path

import numpy as np
import pytest

from sase_bench.bo import BayesianSearch, Objective, read_objective
from sase_bench.bo.objectives import front, hypervolume_improvement, known_costs, stands_in
from sase_bench.cost import count, find_trunk
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.predictors import PREDICTORS
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.records import DIGITS


def test_objectives_are_read() -> None:
    assert read_objective("val_loss") == Objective("val_loss")
    assert str(read_objective("val_top1, flops,params")) == "val_top1,flops,params"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("top1", "unknown first objective 'top1'; choose from val_loss, val_top1, train_loss"),
        ("test_top1", "unknown first objective 'test_top1'; choose from val_loss, val_top1, train_loss"),
        ("val_top1,size", "unknown further objective 'size'; choose from params, flops, latency"),
        ("val_top1,flops,flops", "an objective is named once, got 'val_top1,flops,flops'"),
    ],
)
def test_objectives_that_cannot_be_say_why(text: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        read_objective(text)
    assert str(error.value) == message


def test_known_costs_are_those_of_every_block(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]):
        pass
    exact = count(DIGITS.trunk, Space("full").digits())
    found = known_costs(("flops", "params"), DIGITS, tmp_path / "table.duckdb")
    assert (found == np.column_stack([exact.flops, exact.params])).all()


def test_the_latency_of_resnet_50_stands_in_where_the_network_of_the_proxy_was_not_timed(tmp_path: Path) -> None:
    trunk = find_trunk("resnet50")
    seconds = np.linspace(0.5, 1.0, len(Space("full")))
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        store.replace_costs(trunk, seconds, {"unit": "s"})
    assert known_costs(("latency",), DIGITS, path)[:, 0].tolist() == seconds.tolist()
    assert stands_in(("params", "latency"), DIGITS, path) == trunk.name
    assert stands_in(("params",), DIGITS, path) is None
    with Store(path, [DIGITS]) as store:
        store.replace_costs(DIGITS.trunk, 2 * seconds, {"unit": "s"})
    assert known_costs(("latency",), DIGITS, path)[:, 0].tolist() == (2 * seconds).tolist()
    assert stands_in(("latency",), DIGITS, path) is None


def test_a_cost_that_the_table_does_not_hold_is_refused_with_the_commands_that_fill_it(tmp_path: Path) -> None:
    path, trunk = tmp_path / "table.duckdb", "resnet8-w8-8px-1x10"
    with Store(path, [DIGITS]):
        pass
    with pytest.raises(RequestError) as caught:
        known_costs(("latency",), DIGITS, path)
    assert str(caught.value) == (
        f"'{path}' does not hold the latency of every block on {trunk}; measure it with: python -m sase_bench.latency measure "
        f"--trunks {trunk}, and then: python -m sase_bench.latency fill --trunks {trunk} --db {path}"
    )


def test_the_front_is_what_no_other_point_beats() -> None:
    points = np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0], [4.0, 1.0], [2.0, 2.0]])
    assert front(points).tolist() == [True, True, False, True, True]


def test_a_search_with_two_objectives_fills_the_front() -> None:
    pytest.importorskip("botorch")
    pool = Pool.of(Space("tied"))
    params = count(DIGITS.trunk, Space("full").digits()).params[:, None].astype(np.float64)
    objectives = dict(
        zip(pool.members.tolist(), (pool.choices == 6).sum(1) * -1.0, strict=True)
    )  # the dear operations are good
    search = BayesianSearch(
        pool, 0, surrogate=lambda seed: PREDICTORS["linear"](seed=seed), acquisition=hypervolume_improvement(params), initial=14
    )
    for _ in range(30):
        (arch,) = search.ask()
        search.tell(arch, objectives[arch])
    tried = list(search.history.objectives)
    points = np.column_stack([[objectives[arch] for arch in tried], params[tried]])
    best = front(points)
    assert len(np.unique(points[best], axis=0)) >= 3  # not one end of the front only
    assert points[:, 0].min() <= -3
