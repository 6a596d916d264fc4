import torch

from sase_bench.train.backbone import build_backbone


def test_the_trunk_of_a_seed_is_the_same_for_all_blocks() -> None:
    plain, se = (build_backbone("resnet50", name, 5, 64, 3).state_dict() for name in ("none", "se"))
    assert all(torch.equal(tensor, se[name]) for name, tensor in plain.items())
    assert not torch.equal(plain["conv1.weight"], build_backbone("resnet50", "none", 5, 64, 4).state_dict()["conv1.weight"])
