"""COCO's average precision, by pycocotools: of boxes, or of masks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

__all__ = ["KINDS", "average_precision", "detections_of"]

#: What is compared, by the name that scores have, with pycocotools' own.
KINDS = {"box": "bbox", "mask": "segm"}

#: COCO's summary in its order: AP over IoU 0.50:0.95, at 0.5, at 0.75, by the object's area in pixels (32² and 96² between).
_NAMES = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large")


def average_precision(truth: COCO, detections: Sequence[dict[str, Any]], kind: str) -> dict[str, float | None]:
    """Scores of all images of `truth`, in 0..1, larger is better; None where there is no object of that size."""
    with redirect_stdout(StringIO()):
        if not detections:
            return dict.fromkeys(_NAMES, 0.0)
        evaluation = COCOeval(truth, truth.loadRes([dict(item) for item in detections]), KINDS[kind])
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    scores = evaluation.stats[: len(_NAMES)].tolist()
    return {name: None if score < 0 else score for name, score in zip(_NAMES, scores, strict=True)}


def detections_of(output: dict[str, Tensor], image: int, category_ids: Sequence[int]) -> list[dict[str, Any]]:
    """What a detector of torchvision found in `image`, in COCO's format; a mask is where its probability exceeds 1/2."""
    corners = output["boxes"].float().cpu()
    boxes = corners.clone()
    boxes[:, 2:] -= corners[:, :2]
    found = [
        {"image_id": image, "category_id": category_ids[label - 1], "bbox": box, "score": score}
        for box, label, score in zip(boxes.tolist(), output["labels"].tolist(), output["scores"].tolist(), strict=True)
    ]
    if "masks" in output:
        for item, mask in zip(found, (output["masks"][:, 0] > 0.5).cpu().numpy(), strict=True):
            item["segmentation"] = rle.encode(np.asfortranarray(mask, dtype=np.uint8))
    return found
