"""What `python -m sase_bench.train imagenet` cannot use is told in one line, with exit status 2."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sase_bench.train.__main__ import main
from tests.train.folders import COMMAND, SHORT, image_folder


def lose_a_class(folder: Path) -> None:
    (folder / "val" / "red").rename(folder / "val" / "crimson")


def empty_a_class(folder: Path) -> None:
    for path in (folder / "train" / "red").iterdir():
        path.unlink()


def remove_all(folder: Path) -> None:
    for name in ("blue", "green", "red"):
        (folder / "train" / name).rename(folder / name)


def empty_weights(_: Path) -> None:
    Path("e.safetensors").touch()


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (None, ["--data", "nowhere"], "there is no folder 'nowhere/train'; --data names one with train/CLASS and val/CLASS"),
        (remove_all, [], "'images/train' is no folder of images with a folder for each class: Couldn't find any class folder"),
        (empty_a_class, [], "'images/train' is no folder of images with a folder for each class: Found no valid file"),
        (lose_a_class, [], "train and val in 'images' have the same classes, got 2 in one only: crimson, red"),
        (None, ["--backbone", "vgg16"], "argument --backbone: invalid choice: 'vgg16'"),
        (None, ["--attention", "attentive"], "unknown attention module 'attentive'"),
        (None, ["--attention", "gap/affine"], "an architecture is six operation names joined by '/' or an index, got 2"),
        (None, ["--batch-size", "100"], "a batch of 100 images needs as many training images, got 24"),
        (None, ["--weights", "absent.pth"], "cannot read 'absent.pth' as safetensors: No such file"),
        (
            None,
            ["--weights", "images/val/red/0.png"],
            "cannot read 'images/val/red/0.png' as weights (it is neither safetensors nor what torch.save writes); download it",
        ),
        (empty_weights, ["--weights", "e.safetensors"], "cannot read 'e.safetensors' as weights (it is empty); download it"),
        (None, ["--epochs", "0"], "epochs is at least 1, got 0"),
        (None, ["--workers", "-1"], "--workers is 0 or positive, got -1"),
        (None, ["--resolution", "18"], "the resolution is a multiple of 4 and at least 8 pixels, got 18"),
        (None, ["--precision", "float16"], "float16 is trained on a CUDA device; on the CPU use --precision bfloat16"),
        (None, ["--learning-rate", "1e30", "--clip-norm", "0"], "the loss is not finite in epoch 1; lower --learning-rate"),
        (
            None,
            ["--batch-size", "1", "--attention", "srm"],
            "a process has a single number of a channel to normalise; raise --batch-size, or --resolution",
        ),
        (None, ["--output", "images/train/red/0.png"], "cannot write to 'images/train/red/0.png': File exists"),
    ],
)
def test_bad_requests_get_one_line_and_status_2(
    change: Callable[[Path], None] | None,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    image_folder(Path("images"), side=12)
    if change:
        change(Path("images"))
    assert main([*COMMAND, *SHORT, "--attention", "none", "--data", "images", *arguments]) == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert len(err) == 1
    assert err[0].startswith(f"train: {message}")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_damaged_image_is_named_in_one_line(workers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = image_folder(tmp_path / "images")
    path = images / "val" / "red" / "1.png"
    path.write_bytes(path.read_bytes()[:300])
    command = [*COMMAND, *SHORT, "--attention", "none", "--data", str(images), "--output", str(tmp_path)]
    assert main([*command, "--workers", workers]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert line.startswith(f"train: cannot read the image '{path}': ")
    assert "Traceback" not in line
