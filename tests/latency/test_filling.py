import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sase_bench.cost import count
from sase_bench.database import Store, connect
from sase_bench.database.check import check as check_table
from sase_bench.latency import compose_networks, find_trunk, write_timings
from sase_bench.latency.__main__ import main
from sase_bench.latency.checks import replace_checks
from sase_bench.query import ask
from sase_bench.space import Space
from tests.latency.fakes import SMALL, checked, fake_parts, fake_timings
from tests.records import DIGITS, made_up

TRUNK = find_trunk(SMALL)
COLOURS = "resnet8-w8-8px-3x10"
Run = Callable[..., int]


def test_filled_latencies_are_those_that_are_composed_with_the_factor_of_the_check(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("sase-bench.duckdb")
    with Store(path, [DIGITS]) as store:
        for arch in (0, 1, 54983):
            store.append(made_up(arch))
    write_timings(Path("database/latency/operations.parquet"), fake_timings())
    replace_checks(Path("database/latency/check.parquet"), [*checked(), *checked("blocks", 3.0)])
    assert run("fill") == 0
    assert capsys.readouterr().out == (
        f"sase-bench.duckdb: {SMALL}: unit s, statistic p50, batch 1, device cpu, threads 1, clock thread, processor made up, "
        "torch_version 0, factor 1.25\n"
    )
    digits = Space("full").digits()
    expected, cost = compose_networks(TRUNK, fake_parts(), digits, 1.25), count(TRUNK, digits)
    with connect(path) as table:
        found = table.execute("SELECT params, flops, latency FROM costs WHERE trunk = ? ORDER BY arch", [SMALL]).fetchnumpy()
        assert (found["params"] == cost.params).all()
        assert (found["flops"] == cost.flops).all()
        assert found["latency"].tolist() == pytest.approx(expected.tolist())
        assert check_table(table) == []
        ((about,),) = table.execute("SELECT value FROM about WHERE key = ?", [f"latency of {SMALL}"]).fetchall()
    assert json.loads(about) == {
        "unit": "s", "statistic": "p50", "batch": 1, "device": "cpu", "threads": 1, "clock": "thread",
        "processor": "made up", "torch_version": "0", "factor": pytest.approx(1.25),
    }  # fmt: skip
    order = sorted((0, 1, 54983), key=lambda arch: expected[arch])
    answer = ask("top 5 by latency", db=path)
    assert [record["arch"] for record in answer.records()] == order
    assert [record["latency"] for record in answer.records()] == pytest.approx([expected[arch] for arch in order])
    assert answer.notes[0].startswith(f"latency in {SMALL}: unit s, statistic p50, batch 1, device cpu, threads 1, clock ")
    assert {record["arch"] for record in ask("pareto loss vs latency", db=path).records()} <= set(order)
    assert ask("top 1 by loss where latency < 1", db=path).notes == answer.notes
    assert ask("top 1 by loss", db=path).notes == ()
    (block,) = ask("arch 54983", db=path).records()
    assert block["latency"] == pytest.approx(expected[54983])
    assert ask("arch 54983", db=path).notes[0] == answer.notes[0]
    (latency,) = [record for record in ask("compare 0 with 1", db=path).records() if record["metric"] == "latency"]
    assert latency["difference"] == pytest.approx(expected[0] - expected[1], rel=1e-4)  # kept as FLOAT
    assert ask("rank 0 by latency", db=path).records()[0]["place"] == 1 + order.index(0)


def test_a_trunk_without_a_proxy_is_filled_too_and_filling_again_replaces(run: Run) -> None:
    path, timings = Path("sase-bench.duckdb"), Path("database/latency/operations.parquet")
    write_timings(timings, fake_timings(COLOURS))
    with Store(path, [DIGITS]) as store:
        store.append(made_up(0))
    assert main(["fill", "--trunks", COLOURS]) == 0
    write_timings(timings, fake_timings(COLOURS, scale=1e-3))
    assert main(["fill", "--trunks", COLOURS]) == 0
    expected = compose_networks(find_trunk(COLOURS), fake_parts(COLOURS, scale=1e-3), Space("full").digits())
    with connect(path) as table:
        rows = table.execute(
            "SELECT trunk, count(*), count(latency), avg(latency) FROM costs GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert rows == [(SMALL, 117_649, 0, None), (COLOURS, 117_649, 117_649, pytest.approx(expected.mean()))]
    with Store(path, [DIGITS]) as store:
        assert store.append(made_up(1))


def test_without_a_check_of_networks_the_factor_is_missing_and_one(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write_timings(Path("database/latency/operations.parquet"), fake_timings())
    replace_checks(Path("database/latency/check.parquet"), checked("blocks"))
    with Store(Path("sase-bench.duckdb"), [DIGITS]):
        pass
    assert run("fill") == 0
    assert capsys.readouterr().out.endswith("factor None\n")
    with connect(Path("sase-bench.duckdb")) as table:
        ((latency,),) = table.execute("SELECT latency FROM costs WHERE arch = 54983").fetchall()
    assert latency == pytest.approx(compose_networks(TRUNK, fake_parts(), Space("full").digits())[54983])
