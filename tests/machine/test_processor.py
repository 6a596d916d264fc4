import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.machine.processor import device_name, limit_threads, processor_name, resolve_device, usable_cpus


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


def test_a_processor_has_a_name() -> None:
    assert device_name(torch.device("cpu")) == processor_name() != ""
    assert usable_cpus() >= 1


def test_threads_are_limited_inside_the_context_alone_whatever_ends_it() -> None:
    before, inside = torch.get_num_threads(), []

    def fail() -> None:
        with limit_threads(before + 1):
            inside.append(torch.get_num_threads())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (inside, torch.get_num_threads()) == ([before + 1], before)
