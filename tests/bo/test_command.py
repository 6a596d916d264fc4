import json
import re
from pathlib import Path

import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.bo.__main__ import main
from sase_bench.database import Store
from sase_bench.space import Space
from tests.records import DIGITS, made_up


def test_a_simulated_search_ends_with_a_block_to_build(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--objective", "val_top1", "--surrogate", "linear", "--evaluations", "17", "--workers", "2"]
    assert main(["--db", str(table), *options]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^17 of 1\d\d blocks, \d+ min on a simulated cluster of 2$", out, re.MULTILINE)
    assert re.search(
        r"^best block       \d+  \S+/\S+\n +val_top1 0\.7\d+, mean of 2 seeds \(predicted 0\.\d+ ± 0\.\d+\)$", out, re.MULTILINE
    )
    assert re.search(
        r"^ +val_top1 0\.4730, one seed; by the seed of both the best is 0\.2\d+ better, chosen by its score, which",
        out,
        re.MULTILINE,
    )
    assert re.search(r"^build it         python -c \".*resnet50\(attention='[^']+/[^']+'\)\)\"$", out, re.MULTILINE)
    assert re.search(r"best \d+: val_top1 0\.\d+ \(predicted 0\.\d+ ± 0\.\d+\);  next: \d+ \(predicted", err)


def test_a_simulated_search_is_written_block_by_block(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "search.json"
    options = ["--strategy", "random", "--evaluations", "5", "--workers", "2", "--output", str(path)]
    assert main(["--db", str(table), *options]) == 0
    found = json.loads(path.read_text())
    assert (found["proxy"], found["space"], found["metric"], len(found["blocks"])) == ("digits", "full", "val_loss", 5)
    bench, clock = Benchmark.load(table), 0.0
    for block in found["blocks"]:
        assert block["val_loss"] == pytest.approx(bench.query(block["text"]).val_loss)
        assert block["arch"] == Architecture.parse(block["text"]).index
        assert clock <= block["ended"]
        clock = block["ended"]


def test_a_pool_of_two_is_no_pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in (0, 1, 54982, 54983, 54984):  # the first two are tied
            store.append(made_up(arch))
    assert main(["--db", str(path), "--space", "tied", "--strategy", "random"]) == 2
    assert "a search takes 3 blocks or more, and of the tied space " in capsys.readouterr().err
    assert main(["--db", str(path), "--strategy", "random"]) == 0
    assert capsys.readouterr().out.startswith("5 of 5 blocks")


def test_at_the_end_a_search_predicts_from_all_its_results_however_few(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--objective", "val_top1", "--surrogate", "linear", "--evaluations", "5", "--refit-every", "10"]
    assert main(["--db", str(table), *options]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^ +val_top1 0\.7\d+, mean of 2 seeds \(predicted 0\.\d+ ± 0\.\d+\)$", out, re.MULTILINE)
    assert "predicted" not in err  # five blocks are chosen without a surrogate
    assert "the first 14 blocks cover the operations of all slots, and a model chooses after them: none of 5" in err


def test_blocks_that_were_chosen_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = [arch.index for arch in Space("tied").sample(30, seed=0)]
    chosen = [arch.index for arch in Space("tied") if arch.index not in drawn][:3]
    for archs, is_told in ((drawn, False), ([*drawn, *chosen], True)):
        path = tmp_path / f"{len(archs)}.duckdb"
        with Store(path, [DIGITS]) as store:
            for arch in archs:
                store.append(made_up(arch))
        assert main(["--db", str(path), "--strategy", "random", "--evaluations", "3"]) == 0
        err = capsys.readouterr().err
        told = "3 of the 33 blocks were not drawn at random from the tied space but chosen; --compare leaves them out"
        assert (told in err) is is_told
        assert "a model chooses" not in err


def test_several_objectives_end_with_a_front(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("botorch")
    objective = ["--objective", "val_loss,params", "--surrogate", "linear", "--evaluations", "16"]
    assert main(["--db", str(table), *objective]) == 0
    assert re.search(r"^ *arch +text +val_loss +params$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--evaluations", "0"], "bo: --evaluations is at least 1, got 0"),
        (["--seed", "-1"], "bo: --seed is 0 or positive, got -1"),
        (["--objective", "top1"], "bo: unknown first objective 'top1'; choose from val_loss, val_top1, train_loss"),
        (["--strategy", "annealing"], "bo: unknown strategy 'annealing'"),
        (["--strategy", "random", "--objective", "val_top1,flops"], "bo: only a Bayesian search weighs several objectives"),
        (["--seeds", "0,9"], "bo: no block of digits has all of the seeds 0, 9; there are runs with 0, 1"),
        (["--proxy", "cifar10-8"], "bo: unknown proxy 'cifar10-8'; choose from digits"),
        (["--live", "--output", "x.json"], "bo: live, --output is for differentiable and differentiable-2"),
        (["--budget", "9m"], "bo: --budget is of a live search; add --live"),
        (["--found", "none.json"], "bo: --found is of a comparison; add --compare"),
        (["--repeats", "3"], "bo: --repeats is of a comparison; add --compare"),
        (["--live", "--sees", "seed"], "bo: --sees is of a comparison; add --compare"),
        (["--strategy", "random,local"], "bo: one strategy searches; several go with --compare"),
        (["--output", "/proc/x.json", "--strategy", "random"], "bo: cannot write '/proc/x.json'"),
        (["--compare", "--objective", "val_top1,flops"], "bo: strategies are compared by one objective"),
        (["--compare", "--seeds", "2"], "bo: --compare knows the mean of all seeds or one of them; choose with --sees"),
        (["--compare", "--strategy", "random,annealing"], "bo: unknown strategy 'annealing'"),
        (["--compare", "--found", "none.json"], "bo: cannot read 'none.json': No such file or directory"),
        (["--live", "--compare"], "bo: argument --compare: not allowed with argument --live (see --help)"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(
    table: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--db", str(table), *options]) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1].startswith(message)


def test_an_output_that_cannot_be_written_is_refused_before_the_search(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--strategy", "random", "--db", str(table), "--output", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"bo: cannot write '{tmp_path}': Is a directory\n")


def test_a_live_search_that_is_refused_leaves_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--live", "--strategy", "nope", "--db", str(tmp_path / "new" / "table.duckdb")]) == 2
    assert capsys.readouterr().err.startswith("bo: unknown strategy 'nope'")
    assert list((tmp_path / "new").iterdir()) == []


def test_without_a_table_the_way_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(tmp_path / "none.duckdb")]) == 2
    assert "there is no table" in capsys.readouterr().err
