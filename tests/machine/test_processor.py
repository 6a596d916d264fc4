import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.machine.processor import (
    device_name,
    full_precision,
    is_lost,
    limit_threads,
    processor_name,
    resolve_device,
    usable_cpus,
)


def test_a_device_that_is_none_is_refused_with_the_choices() -> None:
    with pytest.raises(RequestError, match=r"^a device is auto, cpu or cuda, got 'cuda:1'$"):
        resolve_device("cuda:1")


def test_auto_is_the_gpu_where_there_is_one() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_missing_gpu_is_said_in_one_line() -> None:
    with pytest.raises(RequestError, match=r"^there is no CUDA device on this machine; use --device cpu$"):
        resolve_device("cuda")


def test_a_processor_has_a_name_and_says_what_decides_how_it_rounds() -> None:
    name, told = device_name(torch.device("cpu")).removesuffix(")").rsplit(" (", 1)
    assert name == processor_name() != ""
    assert told.split(", ")[-1] == torch.backends.cpu.get_cpu_capability()
    assert usable_cpus() >= 1


def test_the_same_name_with_other_instructions_is_another_device() -> None:
    """A virtual machine names its processor no more closely than AMD EPYC; torch takes other instructions where it may."""
    code = "import torch; from sase_bench.machine.processor import device_name; print(device_name(torch.device('cpu')))"
    lesser = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"ATEN_CPU_CAPABILITY": "default"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert lesser.endswith("DEFAULT)")
    assert lesser.rsplit(" (", 1)[0] == processor_name()


def test_threads_are_limited_inside_the_context_alone_whatever_ends_it() -> None:
    before, inside = torch.get_num_threads(), []

    def fail() -> None:
        with limit_threads(before + 1):
            inside.append(torch.get_num_threads())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (inside, torch.get_num_threads()) == ([before + 1], before)


@pytest.mark.parametrize(("name", "full", "coarse"), [("fp32_precision", "ieee", "tf32"), ("allow_tf32", False, True)])
def test_a_gpu_multiplies_in_full_precision_inside_the_context_alone_whatever_ends_it(
    name: str, full: object, coarse: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    convolutions, products = SimpleNamespace(**{name: coarse}), SimpleNamespace(**{name: coarse})
    cudnn = convolutions if name == "allow_tf32" else SimpleNamespace(conv=convolutions)  # torch before 2.9, and since
    monkeypatch.setattr(torch.backends, "cudnn", cudnn)
    monkeypatch.setattr(torch.backends.cuda, "matmul", products)
    seen = []

    def look(device: str) -> None:
        with full_precision(torch.device(device)):
            seen.append((getattr(convolutions, name), getattr(products, name)))
            raise KeyError

    for device in ("cuda", "cpu"):
        with pytest.raises(KeyError):
            look(device)
    look_outside = (getattr(convolutions, name), getattr(products, name))
    assert (seen, look_outside) == ([(full, full), (coarse, coarse)], (coarse, coarse))


def test_torch_takes_the_settings_of_full_precision_and_has_its_own_again_behind_them() -> None:
    def settings() -> tuple[object, object]:
        return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32

    before = settings()
    with full_precision(torch.device("cuda")):
        torch.nn.Conv2d(1, 1, 3)(torch.ones(1, 1, 8, 8)).sum().backward()
    assert settings() == before


@pytest.mark.parametrize(
    ("error", "answers", "lost"),
    [
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), True, True),
        (torch.OutOfMemoryError("CUDA out of memory"), False, False),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), False, True),
        (RuntimeError("sizes of tensors must match"), True, False),
        (MemoryError(), False, False),
        (ValueError("of Python"), False, False),
    ],
    ids=str,
)
def test_a_gpu_is_lost_where_it_says_so_or_does_not_answer(
    error: Exception, answers: bool, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synchronize() -> None:
        if not answers:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: SimpleNamespace(synchronize=synchronize))
    assert is_lost(torch.device("cuda"), error) == lost
    assert not is_lost(torch.device("cpu"), RuntimeError("of a CPU"))
