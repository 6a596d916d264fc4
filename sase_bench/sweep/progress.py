"""The progress bar of a sweep: how far, how long still, and the best block so far."""

from __future__ import annotations

from statistics import fmean
from types import TracebackType

from sase_bench import cli
from sase_bench.modules import Module
from sase_bench.record import Record, is_module

__all__ = ["ProgressBar"]


class ProgressBar:
    """Call it with each run. On a terminal it is redrawn in place, elsewhere a line is written now and then."""

    def __init__(self, *, total: int, before: int, name: str) -> None:
        self._bar = cli.progress(total, initial=before, name=name, unit="run", smoothing=0.05)
        self._scores: dict[int, list[float]] = {}
        self._failures = 0
        self.done = 0

    def __call__(self, record: Record) -> None:
        self.done += 1
        if record.val_top1 is not None:
            self._scores.setdefault(record.arch, []).append(record.val_top1)
        self._failures += record.status != "ok"
        self._bar.set_postfix_str(self._postfix(), refresh=False)
        self._bar.update()

    def _postfix(self) -> str:
        """The best mean validation accuracy among the blocks with the most seeds in this sweep."""
        parts = []
        if self._scores:
            most = max(map(len, self._scores.values()))
            best = max((arch for arch, scores in self._scores.items() if len(scores) == most), key=self._mean)
            parts.append(f"best {self._mean(best):.4f} {_name(best)} n={most}")
        if self._failures:
            parts.append(f"{self._failures} without a score")
        return ", ".join(parts)

    def _mean(self, arch: int) -> float:
        return fmean(self._scores[arch])

    def close(self) -> None:
        self._bar.close()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _name(arch: int) -> str:
    return str(Module.from_index(arch)) if is_module(arch) else f"block {arch}"
