"""Attention leaves Python: `torch.export` and ONNX programs of it compute what the module does, for any batch size.

All 42 slot-operations are exported, seven blocks at a time, and all published modules: with maps of the example's size, and for
maps of any size.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sase_bench.backbones import MODULES, attention_builder, cifar_resnet
from sase_bench.proxies.initialisation import initialise
from sase_bench.space import SASE_BLOCK, Architecture
from sase_bench.trunk import Stage
from tests.blocks.sampling import generator, random_map, randomise

#: Between them, every operation in every slot.
COVERING = [str(Architecture.from_digits([digit] * 6)) for digit in range(7)]

#: C, H, W: where adaptive poolings have equal bins, and where none has.
SIZES = [(32, 8, 8), (18, 7, 5)]

#: The example's batch, and those that the program is then asked for.
EXAMPLE, BATCHES = 3, (1, 3, 8)

#: H, W of the maps that a program for any size is asked for: its own, finer and coarser than 8×8, and odd.
MAPS = [(8, 8), (16, 24), (4, 4), (5, 11), (3, 2)]

Program = Callable[[Tensor], Tensor]

slowly = pytest.mark.slow
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


def evaluated(attention: str, size: tuple[int, int, int]) -> nn.Module:
    """The attention for a map of `size` in evaluation mode, with weights on which no branch is idle."""
    module = attention_builder(attention)(Stage(*size, blocks=1))
    randomise(module, generator(f"weights of {attention}"))
    return module.eval().requires_grad_(False)


def maps(batch: int, size: tuple[int, int, int]) -> Tensor:
    return torch.from_numpy(random_map((batch, *size), generator(f"maps {batch} {size}"))).float()


def shapes(*, any_size: bool) -> tuple[dict[int, torch.export.Dim]]:
    names = ("batch", None, "height", "width") if any_size else ("batch",)
    return ({axis: torch.export.Dim(name) for axis, name in enumerate(names) if name},)


def exported(module: nn.Module, example: Tensor, *, any_size: bool = False) -> Program:
    program = torch.export.export(module, (example,), dynamic_shapes=shapes(any_size=any_size))
    result: Program = program.module()
    return result


def in_onnx(module: nn.Module, example: Tensor, *, any_size: bool = False) -> Program:
    """The program that ONNX Runtime executes on the CPU."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    dynamic = shapes(any_size=any_size)
    program: Any = torch.onnx.export(module, (example,), dynamo=True, dynamic_shapes=dynamic, verbose=False)
    file = io.BytesIO()
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    assert isinstance(given.shape[0], str), "the batch size is fixed"
    return lambda x: torch.from_numpy(session.run(None, {given.name: x.numpy()})[0])


def assert_same(program: Program, module: nn.Module, inputs: Callable[[int], Tensor]) -> None:
    for batch in BATCHES:
        x = inputs(batch)
        with torch.no_grad():
            expected = module(x)
        torch.testing.assert_close(program(x), expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("attention", [str(SASE_BLOCK), *COVERING, *MODULES])
def test_torch_export_computes_what_the_module_does(attention: str) -> None:
    size = SIZES[1]
    module = evaluated(attention, size)
    assert_same(exported(module, maps(EXAMPLE, size)), module, lambda batch: maps(batch, size))


@sizes
@pytest.mark.parametrize(
    "attention",
    [
        str(SASE_BLOCK),
        "2nd-order-pooling/2conv1d_3/affine/l2-norm/2nd-order-pooling/affine",
        *(pytest.param(attention, marks=slowly) for attention in (*COVERING, *MODULES)),
    ],
)
def test_onnx_computes_what_the_module_does(attention: str, size: tuple[int, int, int]) -> None:
    module = evaluated(attention, size)
    assert_same(in_onnx(module, maps(EXAMPLE, size)), module, lambda batch: maps(batch, size))


def assert_same_on_any_map(program: Program, module: nn.Module, channels: int) -> None:
    for map_size in MAPS:
        assert_same(program, module, lambda batch, map_size=map_size: maps(batch, (channels, *map_size)))


@pytest.mark.parametrize("attention", [str(SASE_BLOCK), *COVERING, *MODULES])
def test_torch_export_for_any_map_computes_what_the_module_does(attention: str) -> None:
    size = SIZES[0]
    module = evaluated(attention, size)
    assert_same_on_any_map(exported(module, maps(EXAMPLE, size), any_size=True), module, size[0])


@pytest.mark.parametrize(
    "attention",
    [
        "2nd-order-pooling/2conv1d_3/affine/l2-norm/2nd-order-pooling/affine",
        *(pytest.param(attention, marks=slowly) for attention in (str(SASE_BLOCK), *COVERING, *MODULES)),
    ],
)
def test_onnx_for_any_map_computes_what_the_module_does(attention: str) -> None:
    size = SIZES[0]
    module = evaluated(attention, size)
    assert_same_on_any_map(in_onnx(module, maps(EXAMPLE, size), any_size=True), module, size[0])


@slowly
@pytest.mark.parametrize("export", [exported, in_onnx])
def test_a_whole_network_is_exported(export: Callable[[nn.Module, Tensor], Program]) -> None:
    network = cifar_resnet(20, "sase")
    initialise(network, seed=0)
    with torch.no_grad():
        network(images(64))  # running statistics
    network.eval().requires_grad_(False)
    assert_same(export(network, images(EXAMPLE)), network, images)


def images(batch: int) -> Tensor:
    return torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(batch))
