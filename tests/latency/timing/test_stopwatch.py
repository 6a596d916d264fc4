import torch

from sase_bench.latency.timing.stopwatch import quiet, visit

CPU = torch.device("cpu")


def test_a_visit_warms_up_once_and_repeats_at_most_ten_times() -> None:
    calls: list[int] = []
    with quiet():
        seconds = visit(lambda: calls.append(torch.is_grad_enabled()), CPU, "wall")
    assert len(calls) == 11 == 1 + len(seconds)
    assert not any(calls)


def test_a_slow_call_is_its_own_warm_up_after_the_first_round() -> None:
    calls: list[int] = []
    with quiet():
        visit(lambda: calls.append(0), CPU, "thread", before=0.5)
    assert len(calls) == 10


def test_the_clock_of_the_thread_does_not_count_waiting() -> None:
    from time import sleep

    with quiet():
        (waited,) = visit(lambda: sleep(0.02), CPU, "wall", before=0.5)
        worked = visit(lambda: sleep(0.02), CPU, "thread", before=0.5)
    assert waited >= 0.02
    assert len(worked) > 1
