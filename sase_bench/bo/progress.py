"""What a search tells while it runs: where it stands, what it expects, and what is next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from sase_bench.benchmark import Strategy, objective_of
from sase_bench.predictors import Prediction

__all__ = ["Predicting", "Watched", "believed_best", "prediction_of"]


@runtime_checkable
class Predicting(Protocol):
    """A strategy that can say what it expects of a block."""

    def learn(self) -> None:
        """Take in every result there is, which may change what is asked for next."""

    def predict(self, arch: int) -> Prediction | None:
        """What it expects as it stands, without being changed by the question."""


@runtime_checkable
class _Believing(Protocol):
    """A strategy that can say which of the blocks with a score it believes best; None while it believes nothing."""

    def best(self) -> int | None: ...


class Watched:
    """A strategy that says a line whenever it is asked: the incumbent, its measured and predicted value, and what is next."""

    def __init__(self, strategy: Strategy, metric: str, evaluations: int, say: Callable[[str], None]) -> None:
        self.strategy = strategy
        self._metric, self._evaluations, self._say = metric, evaluations, say
        self._told = 0
        self._best: tuple[float, int] | None = None  # objective, block

    @property
    def spent(self) -> float:
        return self.strategy.spent

    def ask(self, count: int = 1) -> list[int]:
        best = "no score yet"
        if self._best is not None:
            objective, arch = self._best
            value = objective_of(self._metric, objective)
            best = f"best {arch}: {self._metric} {value:.4f}{prediction_of(self.strategy, self._metric, arch)}"
        asked = self.strategy.ask(count)
        following = ", ".join(f"{arch}{prediction_of(self.strategy, self._metric, arch)}" for arch in asked)
        self._say(f"{self._told}/{self._evaluations}  {best};  next: {following or 'nothing is left to try'}")
        return asked

    def tell(self, arch: int, objective: float | None) -> None:
        self.strategy.tell(arch, objective)
        self._told += 1
        if objective is not None and (self._best is None or objective < self._best[0]):
            self._best = objective, arch


def believed_best(strategy: Strategy) -> int | None:
    """The block with a score that `strategy` believes best as it stands; None from one that believes nothing."""
    return strategy.best() if isinstance(strategy, _Believing) and callable(strategy.best) else None


def prediction_of(strategy: Strategy, metric: str, arch: int) -> str:
    """What `strategy` expects of `arch`, in brackets; nothing from one that expects nothing."""
    prediction = strategy.predict(arch) if isinstance(strategy, Predicting) else None
    if prediction is None:
        return ""
    value = objective_of(metric, float(prediction.mean[0]))
    return f" (predicted {value:.4f} ± {float(prediction.sd[0]):.4f})"
