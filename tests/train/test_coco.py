"""`python -m sase_bench.train coco` on a small annotated set."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sase_bench.train.__main__ import main
from sase_bench.train.annotations import Annotated
from sase_bench.train.coco import Detection
from sase_bench.train.detector import load_detector
from sase_bench.train.place import Place
from sase_bench.train.recipe import CocoRecipe
from tests.train.folders import coco_folder
from tests.train.narrow import make_narrow

COMMAND = ["coco", "--backbone", "resnet50", "--device", "cpu", "--workers", "0", "--short-side", "64", "--long-side", "96"]
SHORT = ["--epochs", "2", "--batch-size", "2", "--learning-rate", "0.16", "--warmup-steps", "0", "--clip-norm", "5"]
CHEAP = ["--proposals", "40", "--region-samples", "8"]
MASKS = ["--detector", "maskrcnn", "--attention", "eca"]
FOLDERS, FILES = ("train2017", "val2017"), ("annotations/instances_train2017.json", "annotations/instances_val2017.json")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return coco_folder(tmp_path_factory.mktemp("coco") / "coco", train=4)


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    make_narrow(monkeypatch)


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        make_narrow(patch)
        assert main([*COMMAND, *SHORT, *CHEAP, *MASKS, "--data", str(data), "--output", str(output)]) == 0
    return output


def rows_of(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]


def test_the_loss_falls_and_the_file_scores_as_the_log_says(finished: Path, data: Path) -> None:
    rows = rows_of(finished)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    names = [f"val_{kind}_{score}" for kind in ("box", "mask") for score in ("ap", "ap50", "ap75", "ap_small", "ap_medium")]
    assert all(0 <= rows[-1][name] <= 1 for name in names)
    recipe = CocoRecipe(short_side=64, long_side=96, batch_size=2)
    annotated = Annotated(data, images=FOLDERS, files=FILES, masks=True)
    again = load_detector(finished / "weights.safetensors")
    task = Detection(again, annotated, recipe, Place(torch.device("cpu")), 0)
    with torch.no_grad():
        scores = task.score(again, lambda: None)
    assert scores == pytest.approx({name: rows[-1][f"val_{name}"] for name in scores})
    assert scores["images"] == 3


def test_a_stopped_run_goes_on_to_the_same_bits(
    data: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The detector samples proposals with torch's global generator, whose state is in the checkpoint."""
    command = [*COMMAND, *SHORT, *CHEAP, *MASKS, "--data", str(data), "--output", str(tmp_path)]
    original, seen = Detection.loss, []

    def interrupted(self: Detection, network: nn.Module, batch: Any) -> Tensor:
        seen.append(batch)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, network, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Detection, "loss", interrupted)
        assert main(command) == 130
    assert f"stopped; {tmp_path} holds 1 of 2 epochs" in capsys.readouterr().err
    assert main(command) == 0
    found, expected = ((folder / "weights.safetensors").read_bytes() for folder in (tmp_path, finished))
    assert found == expected
    assert [row["val_mask_ap50"] for row in rows_of(tmp_path)] == [row["val_mask_ap50"] for row in rows_of(finished)]


def edited(folder: Path, part: str, edit: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "annotations" / f"instances_{part}.json"
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def crowded(content: dict[str, Any]) -> None:
    for item in content["annotations"]:
        item["iscrowd"] = 1


def annotation(**changes: Any) -> Callable[[Path], None]:
    """A change of the first annotation for training."""
    return lambda folder: edited(folder, "train2017", lambda content: content["annotations"][0].update(changes))


def segmentation(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: edited(folder, "train2017", lambda content: content["annotations"][0]["segmentation"].update(changes))


CHANGES: dict[str, Callable[[Path], None]] = {
    "no file": lambda folder: (folder / FILES[0]).unlink(),
    "no json": lambda folder: (folder / FILES[0]).write_text("{"),
    "captions": lambda folder: edited(folder, "val2017", lambda content: content["annotations"][0].pop("bbox")),
    "no masks": lambda folder: edited(folder, "val2017", lambda content: content["annotations"][0].pop("segmentation")),
    "list": lambda folder: (folder / FILES[1]).write_text("[]"),
    "empty": lambda folder: (folder / FILES[1]).write_text("{}"),
    "no folder": lambda folder: (folder / "train2017").rename(folder / "elsewhere"),
    "no image": lambda folder: (folder / "val2017" / "0002.png").unlink(),
    "crowds": lambda folder: edited(folder, "train2017", crowded),
    "stranger": lambda folder: edited(folder, "train2017", lambda content: content["annotations"][0].update(category_id=5)),
    "text in a box": annotation(bbox=["a", 1, 2, 3]),
    "box without end": annotation(bbox=[1, 2, 3, float("inf")]),
    "box of three": annotation(bbox=[1, 2, 3]),
    "no area": annotation(area="large"),
    "text for runs": segmentation(counts="xx"),
    "short runs": segmentation(counts=[5, 4]),
    "other size": segmentation(size=[3, 4]),
    "no size": lambda folder: edited(folder, "train2017", lambda content: content["images"][0].pop("height")),
    "renamed": lambda folder: edited(folder, "val2017", lambda content: content["categories"][1].update(name="disc")),
}


TRAINING = "'coco/annotations/instances_train2017.json'"
BOX = f"{TRAINING}: the box of annotation 1 is x, y, width, height, got "


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ("no file", [], "cannot read the annotations 'coco/annotations/instances_train2017.json': No such file"),
        ("no json", [], "'coco/annotations/instances_train2017.json' has no instances in COCO's format: JSONDecodeError"),
        ("list", [], "'coco/annotations/instances_val2017.json' has no instances in COCO's format: AssertionError"),
        ("empty", [], "'coco/annotations/instances_val2017.json' has no instances in COCO's format: no images or no cat"),
        ("captions", [], "'coco/annotations/instances_val2017.json': annotation 1 has no bbox"),
        ("no masks", [], "'coco/annotations/instances_val2017.json': annotation 1 has no segmentation"),
        ("stranger", [], "'coco/annotations/instances_train2017.json': annotation 1 is of a category or an image that"),
        ("no folder", [], "there is no folder of images 'coco/train2017'"),
        ("text in a box", [], BOX + "['a', 1, 2, 3]"),
        ("box without end", [], BOX + "[1, 2, 3, inf]"),
        ("box of three", [], BOX + "[1, 2, 3]"),
        ("no area", [], f"{TRAINING}: the area of annotation 1 is a number of pixels, got 'large'"),
        ("text for runs", [], f"{TRAINING}: the mask of annotation 1 cannot be used: it has run lengths that cannot be read"),
        ("short runs", [], f"{TRAINING}: the mask of annotation 1 cannot be used: it has runs of 9 pixels in an image of "),
        ("other size", [], f"{TRAINING}: the mask of annotation 1 cannot be used: it has a size of [3, 4] in an image of "),
        ("no size", [], f"{TRAINING}: image 1 has a height and a width in pixels, got None and "),
        (
            "no image",
            [],
            "1 images of 'coco/annotations/instances_val2017.json' are missing, among them 'coco/val2017/0002.png'",
        ),
        ("crowds", [], "no image in 'coco/annotations/instances_train2017.json' has an object to learn from"),
        ("renamed", [], "training and validation have the same categories, got others of id 7"),
        (None, ["--backbone", "resnet20"], "argument --backbone: invalid choice: 'resnet20'"),
        (None, ["--detector", "yolo"], "argument --detector: invalid choice: 'yolo'"),
        (None, ["--weights", "detector"], "'detector' holds a detector, not a network alone; sase_bench.train.detector.load_"),
        (
            None,
            ["--weights", "empty.safetensors"],
            "cannot read 'empty.safetensors' as weights (it is empty); download it again",
        ),
        (None, ["--weights", "coco/none"], "cannot read 'coco/none' as safetensors: No such file"),
        (None, ["--short-side", "32"], "short_side is at least 64 pixels and at most long_side, got 32 and 96"),
        (None, ["--trainable-stages", "6"], "trainable_stages is 0 to 5, got 6"),
        (None, ["--attention", "senet"], "unknown attention module 'senet'"),
    ],
)
def test_bad_requests_get_one_line_and_status_2(
    change: str | None,
    arguments: list[str],
    message: str,
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    coco_folder(Path("coco"), train=3)
    shutil.copy(finished / "weights.safetensors", "detector")
    Path("empty.safetensors").touch()
    if change:
        CHANGES[change](Path("coco"))
    assert main([*COMMAND, *SHORT, *MASKS, "--data", "coco", *arguments]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert line.startswith(f"train: {message}")


def test_a_checkpoint_of_another_detector_is_refused(data: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*COMMAND, *SHORT, *CHEAP, "--data", str(data), "--output", str(finished)]
    assert main([*command, "--detector", "fasterrcnn", "--attention", "se"]) == 2
    message = (
        f"train: '{finished}/checkpoint.pt' belongs to another run, with attention 'eca', not 'se'; detector 'maskrcnn', not"
    )
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert line.startswith(message)


def test_images_without_an_object_are_learned_from_by_nobody_and_scored(data: Path, tmp_path: Path) -> None:
    folder = coco_folder(tmp_path / "coco")
    for part in FOLDERS:
        edited(folder, part, lambda content: content.update(annotations=content["annotations"][1:]))
    annotated = Annotated(folder, images=FOLDERS, files=FILES, masks=False)
    assert (len(annotated.train), len(annotated.val)) == (7, 3)
    image, target = annotated.val[0]
    assert (image.mode, target["boxes"].shape, target["labels"].tolist()) == ("RGB", (0, 4), [])
    assert annotated.classes == ["rectangle", "circle"]


def test_a_box_that_single_precision_takes_for_a_line_is_not_learned_from(tmp_path: Path) -> None:
    folder = coco_folder(tmp_path / "coco")
    for part in FOLDERS:
        edited(folder, part, lambda content: content["annotations"][0].update(bbox=[33, 5, 1e-6, 20]))
    annotated = Annotated(folder, images=FOLDERS, files=FILES, masks=False)
    assert len(annotated.train) == 7
    for number in range(len(annotated.train)):
        _, target = annotated.train[number]
        assert (target["boxes"][:, 2:] > target["boxes"][:, :2]).all()


def test_flipped_images_take_their_boxes_and_masks_along(data: Path) -> None:
    from sase_bench.train.coco import Change

    annotated = Annotated(data, images=FOLDERS, files=FILES, masks=True)
    image, target = annotated.train[0]
    flipped, there = Change(1.0)(image, target)
    plain, here = Change(0.0)(image, target)
    width = plain.shape[2]
    assert torch.equal(flipped, plain.flip(2))
    assert torch.equal(there["masks"], here["masks"].flip(2))
    assert torch.equal(there["boxes"][:, [0, 2]], width - here["boxes"][:, [2, 0]])


@pytest.mark.slow
def test_two_processes_train_together_and_score_every_image_once(data: Path, tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*COMMAND, *CHEAP, "--epochs", "1", "--batch-size", "4", "--data", str(data), "--output", str(tmp_path)]
    module = ["-m", "sase_bench.train", *command, "--detector", "fasterrcnn", "--attention", "none"]
    done = subprocess.run([*torchrun, *module], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (row,) = rows_of(tmp_path)
    assert (row["processes"], row["val_images"]) == (2, 3)
    assert 0 <= row["val_box_ap"] <= 1


@pytest.mark.slow
def test_a_detector_learns_to_find_the_shapes(tmp_path: Path) -> None:
    """Training images are scored: 30 passes over four of them are enough to find most, without any weights."""
    folder = coco_folder(tmp_path / "coco", train=4)
    same = ["--val-images", "train2017", "--val-file", FILES[0]]
    schedule = ["--epochs", "30", "--batch-size", "4", "--learning-rate", "0.3", "--warmup-steps", "10", "--clip-norm", "5"]
    regions = ["--schedule", "cosine", "--proposals", "100", "--region-samples", "32", "--flip", "0"]
    network = ["--detector", "fasterrcnn", "--attention", "se", "--data", str(folder), "--output", str(tmp_path / "found")]
    assert main([*COMMAND, *schedule, *same, *regions, *network]) == 0
    assert rows_of(tmp_path / "found")[-1]["val_box_ap50"] > 0.5
