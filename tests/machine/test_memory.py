import torch

from sase_bench.machine.memory import peak_memory, reset_peak_memory

_CPU = torch.device("cpu")
_MIB = 2**20


def test_the_peak_is_in_bytes_and_holds_what_was_freed() -> None:
    reset_peak_memory(_CPU)
    before = peak_memory(_CPU)
    assert 10 * _MIB < before < 64 * 1024 * _MIB
    taken = torch.ones(200 * _MIB // 4)
    del taken
    assert peak_memory(_CPU) >= before + 150 * _MIB
