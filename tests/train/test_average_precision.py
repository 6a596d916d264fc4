"""What pycocotools says of detections that are known to be right or wrong."""

from typing import Any

import pytest
import torch

from sase_bench.train.annotations import Annotated, CocoImages
from sase_bench.train.average_precision import average_precision, detections_of
from tests.train.folders import coco_folder

FOLDERS, FILES = ("train2017", "val2017"), ("annotations/instances_train2017.json", "annotations/instances_val2017.json")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Annotated:
    folder = coco_folder(tmp_path_factory.mktemp("coco") / "coco")
    return Annotated(folder, images=FOLDERS, files=FILES, masks=True)


def true_detections(part: CocoImages, category_ids: list[int], **changes: Any) -> list[dict[str, Any]]:
    """The objects of all images in the form in which torchvision's detectors give what they found."""
    found = []
    for index in range(len(part)):
        _, target = part[index]
        output = {name: target[name].as_subclass(torch.Tensor) for name in ("boxes", "labels")}
        output |= {
            "scores": torch.ones(len(target["labels"])),
            "masks": target["masks"].as_subclass(torch.Tensor)[:, None].float(),
        }
        output |= {name: change(output[name]) for name, change in changes.items()}
        found += detections_of(output, target["image_id"], category_ids)
    return found


@pytest.mark.parametrize("kind", ["box", "mask"])
def test_the_truth_itself_scores_one(data: Annotated, kind: str) -> None:
    for part in (data.train, data.val):
        scores = average_precision(part.truth, true_detections(part, data.category_ids), kind)
        assert scores.keys() == {"ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"}
        assert {name: value for name, value in scores.items() if value is not None} == pytest.approx(
            dict.fromkeys((name for name, value in scores.items() if value is not None), 1.0)
        )
        assert scores["ap"] is not None
        assert scores["ap_large"] is None  # there is no object of 96² pixels


def test_other_classes_other_places_and_nothing_score_zero(data: Annotated) -> None:
    part, ids = data.val, data.category_ids
    swapped = true_detections(part, ids, labels=lambda labels: 3 - labels)
    moved = true_detections(part, ids, boxes=lambda boxes: boxes + 60)
    assert average_precision(part.truth, swapped, "box")["ap"] < 0.2  # pyright: ignore
    assert average_precision(part.truth, moved, "box")["ap"] == 0
    assert average_precision(part.truth, [], "mask")["ap"] == 0


def test_a_box_that_is_half_right_counts_at_the_lower_overlap_only(data: Annotated) -> None:
    def shrunk(boxes: torch.Tensor) -> torch.Tensor:
        boxes = boxes.clone()
        boxes[:, 2] -= 0.4 * (boxes[:, 2] - boxes[:, 0])  # IoU 0.6
        return boxes

    scores = average_precision(data.val.truth, true_detections(data.val, data.category_ids, boxes=shrunk), "box")
    assert (scores["ap50"], scores["ap75"]) == pytest.approx((1.0, 0.0))
    assert scores["ap"] == pytest.approx(0.3)  # right at 0.50, 0.55 and 0.60 of ten


def test_scoring_leaves_the_detections_as_they_were_and_says_nothing(
    data: Annotated, capsys: pytest.CaptureFixture[str]
) -> None:
    found = true_detections(data.val, data.category_ids)
    keys = [set(item) for item in found]
    average_precision(data.val.truth, found, "box")
    assert [set(item) for item in found] == keys
    assert capsys.readouterr().out == ""
