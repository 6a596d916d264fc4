"""Weights to begin with: those of a file that `save_checkpoint` wrote, or torchvision's for the plain network.

A plain network has no attention and often another number of classes. What of the trunk is missing or of another shape is an
error; attention and the classifier may stay as they were initialised, and what stayed is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from sase_bench.backbones import attention_builder, load_checkpoint
from sase_bench.backbones.checkpoint import describe
from sase_bench.errors import RequestError
from sase_bench.modules import PLAIN
from sase_bench.train.files import load_pickled

__all__ = ["Taken", "file_hash", "stored_network", "take_weights", "tensors_at", "usual_tensors"]

_CLASSIFIER = ("fc.", "classifier.")
_COUNTER = ".num_batches_tracked"  # of batch normalisation; older files of torchvision have none
_WRAPPERS = ("model", "state_dict")  # keys under which training scripts keep the weights
_PARALLEL = "module."  # before every name where a network was saved inside DataParallel


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a network has from a file, and what it has not."""

    path: Path
    tensors: int
    attention_left: int = 0  # tensors of attention that stayed as they were initialised
    classifier_left: bool = False

    def __str__(self) -> str:
        left = [f"{self.attention_left} tensors of attention"] if self.attention_left else []
        left += ["the classifier"] if self.classifier_left else []
        return f"{self.tensors} tensors are those of {str(self.path)!r}; as initialised: {' and '.join(left) or 'none'}"


def stored_network(path: Path, backbone: str, attention: str) -> Any:
    """The network in a file that says what it holds, or None for torchvision's kind of file, which does not.

    Raises `RequestError` for another backbone than `backbone`, and for attention that is neither `attention` nor "none".
    """
    if _is_pickled(path):
        return None
    network: Any = load_checkpoint(path)
    found, wanted = f"resnet{network.trunk.depth}", str(attention_builder(attention))
    if found != backbone or network.attention not in (wanted, PLAIN):
        raise RequestError(
            f"{str(path)!r} holds the weights of {found} with attention {network.attention}, not of {backbone} with {wanted}"
        )
    return network


def file_hash(path: Path | None) -> str:
    """What tells the file from another, for a run that began with it: 16 hex digits, or "none". Raises `RequestError`."""
    if path is None:
        return "none"
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise RequestError(f"cannot read {str(path)!r}: {error.strerror or error}") from error


def tensors_at(path: Path, backbone: str, attention: str) -> Mapping[str, Tensor]:
    """The weights in the file at `path` by their names.

    Raises `RequestError` as `stored_network` and `usual_tensors`, and for no weights.
    """
    network = stored_network(path, backbone, attention)
    if network is not None:
        return usual_tensors(network, path)
    content = load_pickled(path, "weights", "download it again")
    for key in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise RequestError(f"{str(path)!r} holds no weights of a network by their names")
    return {str(name).removeprefix(_PARALLEL): tensor for name, tensor in content.items()}


def usual_tensors(network: nn.Module, path: Path) -> Mapping[str, Tensor]:
    """The weights of the `network` that was stored at `path`.

    Raises `RequestError` for one with dilated stages or an epsilon of its own: elsewhere they would compute something else.
    """
    described = describe(network)
    dilated = any(json.loads(described["options"]).get("replace_stride_with_dilation") or ())  # of other shape is the rest
    unlike = ["dilated stages"] if dilated else []
    unlike += [f"epsilon {described['epsilon']}"] if "epsilon" in described else []
    if unlike:
        raise RequestError(f"{str(path)!r} holds the weights of a network with {' and '.join(unlike)}, not of a usual one")
    tensors: dict[str, Tensor] = network.state_dict()
    return tensors


def take_weights(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> Taken:
    """Give `network` the `tensors` that were at `path`. Raises `RequestError` unless its whole trunk is among them."""
    own: dict[str, Tensor] = network.state_dict()
    attention = {name for name in own if ".attention." in name}
    classifier = {name for name in own if name.startswith(_CLASSIFIER)}
    left = set() if attention & tensors.keys() else set(attention)
    if not all(name in tensors and tensors[name].shape == own[name].shape for name in classifier):
        left |= classifier
    wanted = own.keys() - left
    unfit = [name for name in own if name in wanted and not _fits(name, tensors, own, resizable=name in attention)]
    if unfit:
        raise RequestError(
            f"{str(path)!r} does not hold the weights of this network: {len(unfit)} of {len(wanted)} tensors are missing or of "
            f"another shape, among them {unfit[0]}"
        )
    foreign = sorted(tensors.keys() - own.keys())
    if foreign:
        raise RequestError(
            f"{str(path)!r} holds the weights of another network: {len(foreign)} tensors are not of this one, "
            f"among them {foreign[0]}"
        )
    taken = wanted & tensors.keys()
    try:
        network.load_state_dict({**own, **{name: tensors[name] for name in taken}})
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise RequestError(f"{str(path)!r} does not hold the weights of this network: {reason}") from None
    return Taken(path=path, tensors=len(taken), attention_left=len(left & attention), classifier_left=bool(left & classifier))


def _fits(name: str, tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], *, resizable: bool) -> bool:
    if name not in tensors:
        return name.endswith(_COUNTER)
    return resizable or tensors[name].shape == own[name].shape


def _is_pickled(path: Path) -> bool:
    """Whether the file is torch's: safetensors has an opening brace behind eight bytes of length."""
    try:
        with path.open("rb") as file:
            return file.read(9)[8:] != b"{"
    except OSError:
        return False  # whoever reads it next says why it cannot be read
