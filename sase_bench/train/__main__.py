"""`python -m sase_bench.train imagenet|coco`: train a network with a block; the same command goes on after a stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sase_bench import cli
from sase_bench.errors import RequestError, needing
from sase_bench.train.options import add_recipe_options, recipe_of
from sase_bench.train.recipe import BACKBONES, DETECTOR_BACKBONES, DETECTORS, CocoRecipe, ImageNetRecipe

__all__ = ["main"]

_WORKERS = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    rank = os.environ.get("RANK", "0")
    return cli.run("train" if rank == "0" else f"train (process {rank})", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    if options.workers < 0:
        raise RequestError(f"--workers is 0 or positive, got {options.workers}")
    if options.output is None:
        parts = (options.task, getattr(options, "detector", None), options.backbone, options.attention.strip().lower())
        options.output = Path("trained") / "-".join(part for part in parts if part).replace("/", "_")
    return int(options.run(options))


def _imagenet(options: argparse.Namespace) -> int:
    """Classification of a folder of images."""
    recipe = recipe_of(options, ImageNetRecipe)
    task = _with_torch("imagenet", "train")
    with _with_torch("place", "train").joined(options.device) as place:
        task.train_classifier(
            options.data, options.backbone, options.attention, recipe, place, options.output,
            weights=options.weights, workers=options.workers,
        )  # fmt: skip
    return 0


def _coco(options: argparse.Namespace) -> int:
    """Detection of annotated objects."""
    recipe = recipe_of(options, CocoRecipe)
    data = _with_torch("annotations", "detection", "train").Annotated(
        options.data, images=(options.train_images, options.val_images), files=(options.train_file, options.val_file),
        masks=options.detector == "maskrcnn",
    )  # fmt: skip
    task = _with_torch("coco", "detection", "train")
    with _with_torch("place", "train").joined(options.device) as place:
        task.train_detector(
            data, options.detector, options.backbone, options.attention, recipe, place, options.output,
            weights=options.weights, workers=options.workers,
        )  # fmt: skip
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "Train a network with an attention block at full size."
    parser = cli.Actions("sase_bench.train", about, dest="task", metavar="imagenet|coco")
    images = parser.add("imagenet", _imagenet)
    _add_network_options(images, BACKBONES, "folder with train/CLASS and val/CLASS")
    add_recipe_options(images.add_argument_group("the recipe"), ImageNetRecipe)
    objects = parser.add("coco", _coco)
    _add_network_options(objects, DETECTOR_BACKBONES, "folder with images and annotations")
    objects.add_argument("--detector", choices=DETECTORS, required=True, help="boxes (fasterrcnn), or masks too (maskrcnn)")
    for part in ("train", "val"):
        folder, file = f"{part}2017", f"annotations/instances_{part}2017.json"
        objects.add_argument(f"--{part}-images", default=folder, metavar="DIR", help="in --data, or a path of its own")
        objects.add_argument(f"--{part}-file", default=file, metavar="FILE", help="in --data, or a path of its own")
    add_recipe_options(objects.add_argument_group("the recipe"), CocoRecipe)
    return parser


def _add_network_options(parser: argparse.ArgumentParser, backbones: Sequence[str], data: str) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=data)
    parser.add_argument("--backbone", choices=backbones, required=True, help="the network around the blocks")
    attention = "a block as text or index, the name of a published module, sase or none"
    parser.add_argument("--attention", required=True, metavar="BLOCK", help=attention)
    output = "checkpoint, log and weights; a run that is there goes on (default: trained/ and what is trained)"
    parser.add_argument("--output", type=Path, metavar="DIR", help=output)
    weights = "to begin with, as `imagenet` writes them, or torchvision's .pth of the plain network"
    parser.add_argument("--weights", type=Path, metavar="FILE", help=weights)
    cli.add_device_option(parser)
    workers = "processes that load images, for each process that trains; 0 = itself"
    parser.add_argument("--workers", type=int, default=_WORKERS, metavar="N", help=workers)


def _with_torch(name: str, *extras: str) -> Any:
    """A module of this package that needs more than the table does."""
    with needing("training", *extras):
        return import_module(f"sase_bench.train.{name}")


if __name__ == "__main__":
    sys.exit(main())
