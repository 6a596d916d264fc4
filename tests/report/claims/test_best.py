"""What is said of the best block: no more than was measured, beside the commands that give it."""

from dataclasses import replace

from sase_bench.modules import Module
from sase_bench.report.claims.best import best_block, costs
from sase_bench.report.networks import compare
from sase_bench.report.networks.costs import cost_of
from sase_bench.report.networks.published import Row
from sase_bench.space import Architecture
from tests.evidence import measurement

BEST = {1: "p"}


def test_what_the_best_block_costs_in_a_resnet_is_counted_and_stands_beside_well_known_modules(tiny: list[Row]) -> None:
    (claim,) = costs(measurement("p", 3), compare(tiny, BEST))
    added = [cost_of("ResNet-50", what) for what in (Architecture(1), Module("none"))]
    params, flops = (one - other for one, other in zip(*added, strict=True))
    assert claim.headline == (
        f"In every bottleneck of a ResNet-50 that block adds {params:,} parameters and {flops / 1e9:.2g} GFLOPs and takes 1.25 "
        "times as long forward (composed)."
    )
    assert "to ResNet-101" in claim.text
    assert "eca adds 86 parameters" in claim.text
    assert claim.command.startswith(
        "python -m sase_bench.cost 1 se eca cbam --trunk resnet50-224px-1000 resnet101-224px-1000\n"
    )
    untimed = replace(measurement("p", 1), blocks=[measurement("p", 1).best | {"resnet50_time": None}])
    (claim,) = costs(untimed, compare(tiny, BEST))
    assert "times as long" not in claim.headline
    assert list(costs(measurement("p", 3), [])) == []


def test_every_place_of_the_best_block_has_the_question_that_gives_it() -> None:
    place = {"proxy": "q", "metric": "val_top1", "place": 2, "of": 9, "place_low": None, "place_high": None}
    gain = {"arch": 1, "gain": 0.25, "gain_low": 0.125, "gain_high": 0.375, "seeds": 3}
    claim = best_block(replace(measurement("p", 3), best_gain=gain, elsewhere=[place]), [], "")
    assert "a gain of +0.2500 over the network without a block (95 % interval +0.1250 to +0.3750, 3 seeds)" in claim.text
    assert "the luck" not in claim.text
    rare = {"gain": 0.125, "low": 0.0, "high": 0.25, "seeds": [3, 4]}
    careful = best_block(replace(measurement("p", 3), best_gain=gain, rare_gain=rare), [], "")
    assert (
        "FLOPs. It is the best by these seeds, so part of the gain may be their luck: over seeds 3 and 4, which most blocks "
        "lack, it is +0.1250 (95 % interval +0.0000 to +0.2500, from these differences alone). It has no ImageNet number"
    ) in careful.text
    assert claim.command.splitlines() == [
        'python -m sase_bench.query "top 1 by loss on p"',
        'python -m sase_bench.query "compare none with 1 on p"',
        'python -m sase_bench.query "rank 1 by val_top1 on q"',
    ]
