"""Weights of a network in safetensors, with what is needed to build it again: a checkpoint knows its block.

The file's metadata holds `attention` (the block's text, a module's name, or "none"), `backbone` (the trunk as JSON), `options`
(what else torchvision's ResNet was given, as JSON), the version that wrote it, and `epsilon` where it is not that of
`sase_bench.blocks`. Any safetensors reader opens it. The same network has the same file, byte for byte.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sase_bench.backbones.building import network_on
from sase_bench.blocks import SASEBlock
from sase_bench.blocks.shape import EPSILON
from sase_bench.errors import RequestError
from sase_bench.trunk import CifarTrunk, ResNetTrunk, Trunk
from sase_bench.version import __version__

__all__ = [
    "build_described",
    "describe",
    "fill",
    "load_checkpoint",
    "read_description",
    "save_checkpoint",
    "write_tensors",
]

_METADATA, _LENGTH = "__metadata__", 8  # of a safetensors header: a key, and the bytes of its length, which it is aligned to
_TRUNKS: dict[str, type[Trunk]] = {"CifarTrunk": CifarTrunk, "ResNetTrunk": ResNetTrunk}


@runtime_checkable
class Renamed(Protocol):
    """A network of another library that is one of ours, with other names for its tensors."""

    def backbone_trunk(self) -> Trunk:
        """The trunk that it has. Raises `RequestError` where none of ours is the same."""
        ...

    def backbone_state(self) -> dict[str, Tensor]:
        """Its tensors by our names."""
        ...


def save_checkpoint(network: nn.Module, path: Path | str) -> None:
    """Write the weights and the description of a network that `cifar_resnet`, `resnet50` or `resnet101` built, or timm.

    Raises `RequestError` for another network, for one that was changed since, and where nothing can be written.
    """
    description = describe(network)
    state = network.backbone_state() if isinstance(network, Renamed) else network.state_dict()
    with torch.device("meta"):
        expected = build_described(description).state_dict()
    differing = [
        name
        for name in {**expected, **state}
        if getattr(state.get(name), "shape", 0) != getattr(expected.get(name), "shape", 0)
    ]
    if differing:
        raise RequestError(
            f"a network that was changed after it was built cannot be built again from a file: {len(differing)} tensors are "
            f"not those of {description['attention']} in {description['backbone']}, among them {differing[0]}"
        )
    write_tensors(state, path, description)


def write_tensors(tensors: Mapping[str, Tensor], path: Path | str, description: dict[str, str]) -> None:
    """Write a file of `tensors` with its `description`. Raises `RequestError` where nothing can be written."""
    content = memoryview(save({name: tensor.contiguous() for name, tensor in tensors.items()}, description))
    start = _LENGTH + int.from_bytes(content[:_LENGTH], "little")  # of the tensors, from where their places count
    header = json.loads(bytes(content[_LENGTH:start]))
    header[_METADATA] = dict(sorted(description.items()))  # safetensors has it in an order that chance gives
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH)
    try:
        with Path(path).open("wb") as file:
            file.writelines((len(text).to_bytes(_LENGTH, "little"), text, content[start:]))
    except OSError as error:
        raise RequestError(f"cannot write {str(path)!r}: {error.strerror or error}") from None


def describe(network: nn.Module) -> dict[str, str]:
    """What is needed to build `network` again. Raises `RequestError` for one that does not know it."""
    trunk = network.backbone_trunk() if isinstance(network, Renamed) else getattr(network, "trunk", None)
    if not isinstance(trunk, Trunk):
        raise RequestError(f"only networks of sase_bench.backbones know how they were built, got {type(network).__name__}")
    try:
        options = json.dumps(getattr(network, "options", {}))
    except TypeError as error:
        raise RequestError(f"options of a network that is saved are numbers, text and lists, but {error}") from None
    return {
        "format": "pt",
        "attention": str(network.attention),
        "backbone": json.dumps({"kind": type(trunk).__name__, **asdict(trunk)}),
        "options": options,
        "sase_bench": __version__,
        **_epsilon_of(network),
    }


def _epsilon_of(network: nn.Module) -> dict[str, str]:
    """The ε of its blocks, unless it is the usual one."""
    found = {module.epsilon for module in network.modules() if isinstance(module, SASEBlock)}
    if len(found) > 1:
        raise RequestError(f"all blocks of a network that is saved have the same epsilon, got {sorted(found)}")
    return {} if found <= {EPSILON} else {"epsilon": repr(found.pop())}


def read_description(path: Path | str) -> dict[str, str]:
    """The metadata of a checkpoint, without its weights. Raises `RequestError` for a file that is no checkpoint of ours."""
    try:
        with safe_open(path, "pt") as file:
            description: dict[str, str] = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise RequestError(f"cannot read {str(path)!r} as safetensors: {error}") from None
    if not {"attention", "backbone", "options"} <= description.keys():
        raise RequestError(f"{str(path)!r} does not say which block it holds; save_checkpoint writes files that do")
    return description


def load_checkpoint(path: Path | str) -> nn.Module:
    """The network of the checkpoint at `path` with its weights, on the CPU, in evaluation mode.

    Raises `RequestError` for a file that is no checkpoint of ours, or that of a detector.
    """
    description = read_description(path)
    if "detector" in description:
        raise RequestError(
            f"{str(path)!r} holds a detector, not a network alone; sase_bench.train.detector.load_detector reads it"
        )
    network = build_described(description)
    fill(network, path)
    return network.eval()


def fill(network: nn.Module, path: Path | str) -> None:
    """Give `network` the weights in the file. Raises `RequestError` for those of another network."""
    with safe_open(path, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise RequestError(f"the weights in {str(path)!r} are not those of the network it describes: {reason[:300]}") from None


def build_described(description: dict[str, str]) -> nn.Module:
    """The untrained network that `describe` described. Raises `RequestError` for a description of nothing."""
    try:
        fields: dict[str, Any] = json.loads(description["backbone"])
        options: dict[str, Any] = json.loads(description["options"])
        epsilon = float(description.get("epsilon", EPSILON))
        trunk = _TRUNKS[fields.pop("kind")](**fields)
        return network_on(trunk, description["attention"], epsilon=epsilon, **options)
    except RequestError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RequestError(
            f"there is no backbone {description['backbone']!r} with options {description['options']!r}"
        ) from error
