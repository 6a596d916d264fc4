"""What comes of a capture, on a GPU that is only pretended: streams and graphs that do nothing."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from sase_bench.proxies import graph
from sase_bench.proxies.fused import train_fused
from sase_bench.proxies.graph import CaptureError, captured, engine_of, train_graphed


class Graph:
    """Notes what is asked of it; `ends` is called at the end of a capture."""

    ends: Callable[[], None] = staticmethod(lambda: None)
    made: list["Graph"]

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.made.append(self)

    def capture_begin(self, **options: object) -> None:
        self.calls.append("begin")

    def capture_end(self) -> None:
        self.calls.append("end")
        self.ends()

    def replay(self) -> None:
        self.calls.append("replay")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """The graphs of a process that has captured none yet."""
    stream = SimpleNamespace(wait_stream=lambda other: None)
    for name in ("current_stream", "default_stream", "Stream"):
        monkeypatch.setattr(torch.cuda, name, lambda: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(Graph, "made", [], raising=False)
    monkeypatch.setattr(graph, "_VOID", [])
    monkeypatch.setattr(graph, "_OWN", SimpleNamespace())
    return Graph.made


class Action:
    """Counts its calls in `state`, and raises `error` in the second, which is the one that is captured."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.state, self._error = torch.zeros(1), error

    def __call__(self) -> torch.Tensor:
        self.state += 1
        if self.state == 2 and self._error is not None:
            raise self._error
        return self.state


def void() -> None:
    raise RuntimeError("operation failed due to a previous error during capture")


def test_a_capture_is_replayed_and_leaves_what_it_changes_as_it_was(made: list[Graph]) -> None:
    action = Action()
    replay = captured(action, [action.state])
    assert action.state == 0
    assert replay() is action.state
    (only,) = made
    assert only.calls == ["begin", "end", "replay"]
    assert engine_of(torch.device("cuda")) == ("graph", train_graphed)


@pytest.mark.parametrize("fails", ["action", "end"])
def test_a_capture_that_fails_is_told_once_and_is_the_last(
    fails: str, made: list[Graph], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Graph, "ends", staticmethod(void))
    action = Action(RuntimeError("cannot be captured\nand a long trace") if fails == "action" else None)
    reason = "cannot be captured" if fails == "action" else "operation failed due to a previous error during capture"
    for why in (f"RuntimeError: {reason}", "another capture failed before"):
        with pytest.raises(CaptureError, match=f"^{why}$"):
            captured(action, [action.state])
        assert action.state == 0
    assert [each.calls for each in made] == [["begin", "end"]]
    assert made == graph._VOID
    assert engine_of(torch.device("cuda")) == ("fused", train_fused)
    line = f"no CUDA graph can be captured (RuntimeError: {reason}); runs go on without, path fused, and take longer"
    assert capsys.readouterr() == ("", f"proxies: {line}\n")


@pytest.mark.parametrize("error", [UserWarning("the graph is empty"), torch.OutOfMemoryError("2 GiB"), KeyboardInterrupt()])
def test_what_says_nothing_of_captures_is_raised_as_it_is(
    error: BaseException, made: list[Graph], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Graph, "ends", staticmethod(void))
    action = Action(error)
    with pytest.raises(type(error)) as raised:
        captured(action, [action.state])
    assert raised.value is error
    assert (made[0].calls, graph._VOID, capsys.readouterr().err) == (["begin", "end"], [], "")
    monkeypatch.setattr(Graph, "ends", staticmethod(lambda: None))
    other = Action()
    assert captured(other, [other.state])() is other.state
