"""Whole networks against the plain one; times are only compared with themselves."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from sase_bench.latency.__main__ import main
from sase_bench.latency.comparisons import ratio_of, read_comparisons
from sase_bench.latency.timing.comparisons import compare_networks, kept_for_backward, training_step
from sase_bench.latency.timings import Setting
from sase_bench.space import SASE_BLOCK
from sase_bench.trunk import CifarTrunk

TRUNK = CifarTrunk(depth=8, width=4, resolution=8)
SETTING = Setting()
SETTINGS = {"forward": SETTING, "training": replace(SETTING, batch=2)}


def test_a_comparison_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.parquet"
    first = compare_networks(path, TRUNK, ["none", "sase"], SETTINGS, passes=1)
    told: list[tuple[int, int]] = []
    second = compare_networks(
        path, TRUNK, ["none", "eca", str(SASE_BLOCK)], SETTINGS, passes=2, report=lambda *done: told.append(done)
    )
    assert [(row.attention, row.work, row.rounds) for row in second] == [
        (name, work, 3 if name == "none" else 2)
        for name in ("none", "eca", str(SASE_BLOCK))
        for work in ("forward", "training")
    ]
    assert told == [(i, 12) for i in range(1, 13)]  # eca's memory; two rounds of it and of the plain network, one of the block
    assert [row.seconds[0] for row in second[:2]] == [row.seconds[0] for row in first[:2]]
    for row in second:
        ratio = ratio_of(row, second)
        assert ratio is not None
        assert ratio.rounds == row.rounds  # each has the plain network beside it
    kept = {row.attention: row.activations for row in second if row.work == "training"}
    assert 0 < (kept["none"] or 0) < (kept["eca"] or 0) < (kept[str(SASE_BLOCK)] or 0)
    assert all(row.activations is None for row in second if row.work == "forward")
    forward, training = (
        {row.attention: row.peak or 0 for row in second if row.work == work} for work in ("forward", "training")
    )
    assert all(0 < forward[name] < training[name] for name in forward)
    assert training["none"] < training["eca"] < training[str(SASE_BLOCK)]
    assert all((row.peak or 0) > (row.activations or 0) for row in second)
    assert all(seconds > 0 for row in second for seconds in row.seconds)
    assert {(row.attention, row.work) for row in read_comparisons(path)} == {(row.attention, row.work) for row in second}


def test_what_is_kept_for_the_backward_pass_is_counted_once_and_without_parameters() -> None:
    layer, images = nn.Linear(3, 5, bias=False), torch.ones(7, 3)
    with kept_for_backward(layer) as kept:
        layer(images).sum().backward()
    assert sum(kept.values()) == 4 * 7 * 3  # the input, for the gradient of the weight
    with kept_for_backward(layer) as kept:
        (layer(images) + layer(images)).sum().backward()
    assert sum(kept.values()) == 4 * 7 * 3


def test_a_training_step_trains() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    before = network[1].weight.detach().clone()
    training_step(network, torch.ones(2, 3, 2, 2))()
    assert not torch.equal(before, network[1].weight)


def test_the_command_prints_a_line_for_each_network_and_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "comparisons.parquet"
    command = [
        "compare",
        "--trunks",
        "resnet8-w8-8px-3x10",
        "--passes",
        "1",
        "--training-batch",
        "2",
        "--comparisons",
        str(path),
    ]
    assert main([*command, "--attention", "se"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:4] for line in lines[2:]] == [
        [name, work, batch] for name in ("none", "se") for work, batch in (("forward", "1"), ("training", "2"))
    ]
    assert main([*command, "--attention", "cbm"]) == 2
    assert "unknown attention module 'cbm'" in capsys.readouterr().err
    assert main([*command, "--batch", "1", "2"]) == 2
    assert "compare takes one --batch" in capsys.readouterr().err
