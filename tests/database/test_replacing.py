"""Rows that are put in place of others: calibrations, predictions and costs."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.database import Store
from sase_bench.database.schema import LATENCY
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Space
from tests.database.tables import ask
from tests.records import DIGITS, made_up

OTHER = PROXIES["cifar10-8"]
SIZE = len(Space("full"))


def calibration(proxy: str, metric: str, **changes: object) -> dict[str, object]:
    return {"proxy": proxy, "metric": metric, "blocks": 3, "seeds": 2, "unscored": 0, "runs": 6, "seconds": 1.5} | changes


def test_calibrations_take_the_place_of_those_of_their_proxy_and_metric_and_what_is_not_defined_is_missing(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.replace_calibrations([calibration("digits", metric, icc=0.125) for metric in ("val_loss", "val_top1")])
        store.replace_calibrations([calibration("other", "val_loss", icc=0.25)])
        odd = {"icc": math.nan, "icc_low": -math.inf, "icc_high": math.inf, "reliability": None, "reference": "other"}
        store.replace_calibrations([calibration("digits", "val_loss", **odd, validity=0.5)])
    columns = "proxy, metric, blocks, seeds, icc, icc_low, icc_high, reliability, reference, validity, unscored, runs, seconds"
    assert ask(path, f"SELECT {columns} FROM calibrations ORDER BY proxy, metric") == [
        ("digits", "val_loss", 3, 2, None, None, None, None, "other", 0.5, 0, 6, 1.5),
        ("digits", "val_top1", 3, 2, 0.125, None, None, None, None, None, 0, 6, 1.5),
        ("other", "val_loss", 3, 2, 0.25, None, None, None, None, None, 0, 6, 1.5),
    ]


def test_predictions_take_the_place_of_all_by_the_same_predictor_for_the_proxy_and_metric(path: Path) -> None:
    keys = [
        ("digits", "val_loss", "gp"),
        ("digits", "val_loss", "xgb"),
        ("digits", "val_top1", "gp"),
        ("other", "val_loss", "gp"),
    ]
    with Store(path, [DIGITS]) as store:
        for i, key in enumerate(keys):
            store.replace_predictions(*key, np.array([7, 5]), np.array([i + 0.25, i + 0.5]), np.array([0.125, 0.0625]))
        store.replace_predictions(*keys[0], np.array([5, 6]), np.array([10.5, 11.5]), np.array([0.25, 0.75]))
    assert ask(path, "SELECT * FROM predictions ORDER BY ALL") == [
        (*keys[0], 5, 10.5, 0.25),
        (*keys[0], 6, 11.5, 0.75),
        *(
            (*key, arch, i + part, sd)
            for i, key in enumerate(keys)
            if i
            for arch, part, sd in ((5, 0.5, 0.0625), (7, 0.25, 0.125))
        ),
    ]


def test_costs_of_a_trunk_get_the_seconds_given_and_those_of_others_stay(path: Path) -> None:
    seconds = np.linspace(0.001, 0.002, SIZE)
    about = {"unit": "s", "statistic": "p50", "factor": None}
    with Store(path, [DIGITS, OTHER]) as store:
        for shift, text in ((1.0, {"unit": "s"}), (0.0, about)):
            store.replace_costs(DIGITS.trunk, seconds + shift, text)
    counted = count(DIGITS.trunk, Space("full").digits())
    name = DIGITS.trunk.name
    assert ask(path, f"SELECT * FROM costs WHERE trunk = '{name}' ORDER BY arch") == [
        (arch, name, int(params), int(flops), float(latency))
        for arch, (params, flops, latency) in enumerate(zip(counted.params, counted.flops, seconds, strict=True))
    ]
    assert ask(path, f"SELECT trunk, count(*), count(latency) FROM costs WHERE trunk <> '{name}' GROUP BY trunk") == [
        (OTHER.trunk.name, SIZE, 0)
    ]
    ((key, kept),) = ask(path, f"SELECT key, value FROM about WHERE key LIKE '{LATENCY}%'")
    assert (key, json.loads(str(kept))) == (f"latency of {name}", about)


REPLACING: dict[str, Callable[[Store], None]] = {
    "calibrations": lambda store: store.replace_calibrations([calibration("digits", "val_loss")]),
    "predictions": lambda store: store.replace_predictions("digits", "val_loss", "gp", np.array([5]), np.ones(1), np.ones(1)),
    "costs": lambda store: store.replace_costs(DIGITS.trunk, np.ones(SIZE), {}),
}


@pytest.mark.parametrize("replacing", REPLACING.values(), ids=REPLACING)
def test_what_another_program_is_writing_is_not_lost_for_them(path: Path, replacing: Callable[[Store], None]) -> None:
    store = Store(path, [DIGITS])
    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()\n"
        "c.execute('CREATE TABLE mine AS SELECT 7')"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"open\n"
    try:
        store.append(made_up(3))
        with pytest.raises(RequestError, match=r"is open for writing in another program; close it there"):
            replacing(store)
    finally:
        other.communicate()
    replacing(store)
    assert store.waiting == 0
    store.close()
    assert ask(path, "SELECT * FROM mine, (SELECT arch FROM runs)") == [(7, 3)]
