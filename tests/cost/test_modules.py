"""What modules cost, as it is kept, against whole networks that are built and counted."""

import csv
import io

import pytest
import torch

from sase_bench.backbones import cifar_resnet, count_network, resnet50
from sase_bench.cost import TRUNKS, cost_in, find_trunk
from sase_bench.cost.modules import HOW, count_modules, read_modules, written
from sase_bench.errors import RequestError
from sase_bench.modules import MODULES, Module
from sase_bench.trunk import CifarTrunk


def test_every_module_was_counted_in_every_trunk() -> None:
    assert set(read_modules()) == {(trunk, module) for trunk in TRUNKS for module in MODULES}, f"make it again: {HOW}"


@pytest.mark.parametrize("name", ["triplet", "bam", "fca", "gsop", "eca"])
def test_what_is_kept_is_what_a_whole_network_counts(name: str) -> None:
    with torch.device("meta"):
        small, large = cifar_resnet(8, name, width=8, resolution=8), resnet50(name)
    assert cost_in(find_trunk("resnet8-w8-8px-3x10"), Module(name)) == count_network(small, 3, 8, 8)
    assert cost_in(find_trunk("resnet50"), Module(name)) == count_network(large, 3, 224, 224)


def test_the_plain_trunk_is_a_module_that_adds_nothing() -> None:
    for trunk in TRUNKS.values():
        assert cost_in(trunk, Module("none")) == (trunk.params, trunk.flops)


def test_a_trunk_that_was_not_counted_says_how_to_count_it() -> None:
    with pytest.raises(
        RequestError, match=r"se was not counted in resnet8-w12-32px-3x10; .* python -m sase_bench\.cost --count"
    ):
        cost_in(CifarTrunk(depth=8, width=12), Module("se"))


def test_the_file_is_written_as_it_is_read() -> None:
    counts = count_modules([find_trunk("resnet20")], ["se", "triplet"])
    assert counts == {key: read_modules()[key] for key in counts}
    lines = list(csv.DictReader(io.StringIO(written(counts))))
    assert [line["module"] for line in lines] == ["se", "triplet"]
    assert lines[0]["params"] == str(counts["resnet20-w16-32px-3x10", "se"][0])


@pytest.mark.slow
def test_the_kept_counts_are_what_is_counted() -> None:
    assert count_modules(TRUNKS.values()) == read_modules()
