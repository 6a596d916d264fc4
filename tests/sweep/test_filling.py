"""What every command that trains asks for before it makes a table."""

import sys
from pathlib import Path

import pytest
import torch

from sase_bench.bo.__main__ import main as bo
from sase_bench.calibrate.__main__ import main as calibrate
from sase_bench.sweep.__main__ import main as sweep


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (sweep, ["--dry-run"]),
        (sweep, []),
        (sweep, ["--executor", "inline"]),
        (sweep, ["--shelf", "shards"]),
        (bo, ["--live"]),
        (calibrate, []),
    ],
)
def test_training_needs_its_extra_and_leaves_nothing_without_it(
    command: object, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert command(arguments) == 2  # type: ignore[operator]
    _, _, said = capsys.readouterr().err.partition(": ")
    assert said == "training needs the extra 'train'; install it with: pip install 'sase-bench[train]'\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
@pytest.mark.parametrize(("command", "arguments"), [(sweep, []), (bo, ["--live"]), (calibrate, [])])
def test_a_missing_gpu_is_said_before_anything_is_made(
    command: object, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command([*arguments, "--device", "cuda"]) == 2  # type: ignore[operator]
    _, _, said = capsys.readouterr().err.partition(": ")
    assert said == "there is no CUDA device on this machine; use --device cpu\n"
    assert list(tmp_path.iterdir()) == []
