"""`python -m sase_bench.train imagenet` on a small folder of images."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sase_bench.backbones import load_checkpoint
from sase_bench.train.__main__ import main
from sase_bench.train.backbone import build_backbone
from sase_bench.train.imagenet import Classification, read_folders
from sase_bench.train.place import Place
from sase_bench.train.recipe import ImageNetRecipe
from tests.train.folders import COMMAND, SHORT, image_folder


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image_folder(tmp_path_factory.mktemp("images") / "images")


@pytest.fixture(scope="module")
def finished(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of three epochs leaves that nothing stopped."""
    output = tmp_path_factory.mktemp("finished")
    assert main([*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(output)]) == 0
    return output


def rows_of(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]


def untimed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in row if not key.endswith("_seconds") and key != "started_at"} for row in rows]


def scored(network: nn.Module, images: Path) -> dict[str, float | None]:
    recipe = ImageNetRecipe(resolution=16, batch_size=8)
    task = Classification(network, read_folders(images), recipe, Place(torch.device("cpu")), 0)
    with torch.no_grad():
        return task.score(network.eval(), lambda: None)


def test_a_run_learns_and_leaves_a_log_and_weights_that_score_as_it_says(finished: Path, images: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {
        "checkpoint.pt", "log.jsonl", "weights.safetensors", "average_weights.safetensors",
    }  # fmt: skip
    rows = rows_of(finished)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert rows[-1]["val_top1"] > 1 / 3
    assert {"device", "git_revision", "package_version", "processes", "recipe_hash", "started_at"} <= rows[0].keys()
    for prefix, name in (("val", "weights"), ("average_val", "average_weights")):
        network = load_checkpoint(finished / f"{name}.safetensors")
        expected = {key.removeprefix(f"{prefix}_"): value for key, value in rows[-1].items() if key.startswith(f"{prefix}_")}
        assert scored(network, images) == expected
        assert expected["images"] == 9
    assert load_checkpoint(finished / "weights.safetensors").attention == "gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3"


def test_scores_are_those_of_all_images_at_once(images: Path) -> None:
    network = build_backbone("resnet8", "none", 3, 16, 0).eval()
    recipe = ImageNetRecipe(resolution=16, batch_size=4)
    task = Classification(network, read_folders(images), recipe, Place(torch.device("cpu")), 0)
    batches = list(task._validation)
    assert [len(labels) for _, labels in batches] == [4, 4, 1]
    x, y = torch.cat([batch[0] for batch in batches]), torch.cat([batch[1] for batch in batches])
    with torch.no_grad():
        logits = network(x)
        found = task.score(network, lambda: None)
    assert found["loss"] == pytest.approx(nn.functional.cross_entropy(logits, y).item())
    assert (found["top1"], found["top5"]) == ((logits.argmax(1) == y).sum().item() / 9, 1.0)


@pytest.mark.parametrize(("number", "step"), [(signal.SIGINT, 5), (signal.SIGTERM, 1)])
def test_a_stopped_run_goes_on_to_the_same_bits(
    number: signal.Signals,
    step: int,
    images: Path,
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = [*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(tmp_path)]
    original, seen = Classification.loss, []

    def interrupted(self: Classification, network: nn.Module, batch: Any) -> Tensor:
        seen.append(batch)
        if len(seen) == step:
            os.kill(os.getpid(), number)
        return original(self, network, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Classification, "loss", interrupted)
        assert main(command) == 130
    assert len(seen) == step
    held = f"{tmp_path} holds 1 of 3 epochs" if step > 3 else "no epoch was finished"
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"train: stopped; {held}, the same command goes on",
        "train: interrupted",
    ]
    assert (tmp_path / "checkpoint.pt").exists() == (step > 3)
    torch.rand(3)  # what the caller's generators give meanwhile does not matter
    assert main(command) == 0
    for name in ("weights.safetensors", "average_weights.safetensors"):
        assert (tmp_path / name).read_bytes() == (finished / name).read_bytes()
    assert untimed(rows_of(tmp_path)) == untimed(rows_of(finished))
    states = [torch.load(folder / "checkpoint.pt", weights_only=True)["state"] for folder in (tmp_path, finished)]
    assert all(map(torch.equal, *(tensors_in(state) for state in states)))


def tensors_in(thing: Any) -> list[Tensor]:
    if isinstance(thing, Tensor):
        return [thing]
    items = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ()
    return [tensor for item in items for tensor in tensors_in(item)]


def test_the_callers_generators_are_left_as_they_were(images: Path, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    assert main([*COMMAND, "--epochs", "1", "--attention", "se", "--data", str(images), "--output", str(tmp_path)]) == 2
    assert torch.equal(torch.get_rng_state(), before)


def test_bfloat16_trains_on_the_cpu(images: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "--epochs", "1", "--batch-size", "12", "--precision", "bfloat16", "--schedule", "step"]
    assert main([*command, "--attention", "eca", "--data", str(images), "--output", str(tmp_path)]) == 0
    assert rows_of(tmp_path)[0]["val_loss"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--attention", "none"],
            "belongs to another run, with attention 'gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3', not",
        ),
        (["--backbone", "resnet20"], """belongs to another run, with backbone '{"kind": "CifarTrunk", "depth": 8,"""),
        (
            ["--epochs", "4", "--seed", "1"],
            "belongs to another run, with epochs 3, not 4; seed 0, not 1; name another --output",
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    arguments: list[str], message: str, images: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(finished), *arguments]
    assert main(command) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert line.startswith(f"train: '{finished}/checkpoint.pt' {message}")


def test_a_run_that_began_otherwise_does_not_go_on(
    images: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {row["weights"] for row in rows_of(finished)} == {"none"}
    path = tmp_path / "resnet8.pth"
    torch.save(build_backbone("resnet8", "none", 3, 16, 5).state_dict(), path)
    command = [*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(finished)]
    assert main([*command, "--weights", str(path)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "another run" in line]
    assert f"with weights 'none', not '{sha256(path.read_bytes()).hexdigest()[:16]}'; name another --output" in line


def test_an_epoch_that_diverged_leaves_the_checkpoint_before_it(
    images: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = Classification.score

    def poisoned(self: Classification, network: nn.Module, pause: Callable[[], None]) -> dict[str, float | None]:
        scores = original(self, network, pause)
        return scores | {"loss": float("nan")} if (tmp_path / "checkpoint.pt").exists() else scores

    monkeypatch.setattr(Classification, "score", poisoned)
    assert main([*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(tmp_path)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert line == (
        "train: a validation score is not finite in epoch 2; lower --learning-rate or raise --warmup-steps, and name another "
        "--output"
    )
    assert untimed(rows_of(tmp_path)) == untimed(rows_of(finished)[:1])
    monkeypatch.undo()
    assert main([*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(tmp_path)]) == 0
    assert untimed(rows_of(tmp_path)) == untimed(rows_of(finished))


@pytest.mark.parametrize("classes", [3, 10])
def test_a_run_begins_with_weights(
    classes: int, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, begun = tmp_path / "resnet8.pth", []
    source = build_backbone("resnet8", "none", classes, 16, 5)
    torch.save(source.state_dict(), path)
    original = Classification.__init__

    def seen(self: Classification, network: nn.Module, *rest: Any, **options: Any) -> None:
        begun.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        original(self, network, *rest, **options)

    monkeypatch.setattr(Classification, "__init__", seen)
    command = [*COMMAND, "--attention", "srm", "--data", str(images), "--output", str(tmp_path / "run")]
    for epochs in ("1", "1"):
        assert main([*command, "--batch-size", "8", "--epochs", epochs, "--weights", str(path)]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert f"tensors are those of '{path}'; as initialised: " in line
    assert line.endswith(" tensors of attention" + " and the classifier" * (classes != 3))
    expected = {name for name in source.state_dict() if classes == 3 or not name.startswith("classifier.")}
    assert {name for name, tensor in source.state_dict().items() if torch.equal(begun[0][name], tensor)} >= expected


def test_a_file_that_is_no_checkpoint_is_refused(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "checkpoint.pt"
    command = [*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(tmp_path)]
    path.write_text("no checkpoint")
    assert main(command) == 2
    torch.save({"format": Path}, path)  # needs code to be read
    assert main(command) == 2
    torch.save({"epoch": 3}, path)
    assert main(command) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    way_out = "name another --output, or remove the file"
    assert lines == [
        f"train: cannot read '{path}' as a checkpoint (it is neither safetensors nor what torch.save writes); {way_out}",
        f"train: cannot read '{path}' as a checkpoint (it is damaged, or holds more than tensors, numbers and text); {way_out}",
        f"train: '{path}' is no checkpoint of this version; {way_out}",
    ]


@pytest.mark.slow
def test_two_processes_train_together_and_count_every_image_once(images: Path, tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*COMMAND, *SHORT, "--attention", "sase", "--data", str(images), "--output", str(tmp_path), "--workers", "1"]
    done = subprocess.run([*torchrun, "-m", "sase_bench.train", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4  # the first process speaks alone
    rows = rows_of(tmp_path)
    assert [(row["epoch"], row["processes"], row["val_images"]) for row in rows] == [(1, 2, 9), (2, 2, 9), (3, 2, 9)]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    found = scored(load_checkpoint(tmp_path / "weights.safetensors"), images)
    assert found["top1"] == rows[-1]["val_top1"]
    assert found["loss"] == pytest.approx(rows[-1]["val_loss"], rel=1e-6)
    states = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["state"]["generators"]
    assert len(states) == 2
