import pytest

from sase_bench.modules import Module
from sase_bench.sweep.progress import ProgressBar
from tests.records import made_up, unfinished

pytest.importorskip("tqdm", reason="needs the extra 'train'")


def test_the_best_is_a_mean_among_the_blocks_with_most_seeds_and_failures_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ProgressBar(total=9, before=2, name="made-up") as bar:
        said: list[str] = []
        monkeypatch.setattr(bar._bar, "set_postfix_str", lambda text, refresh: said.append(text))
        for record in (
            made_up(1, val_top1=0.5),
            unfinished(1, 1),
            made_up(2, val_top1=0.25),
            made_up(2, 1, val_top1=0.5),
            made_up(Module("eca").index, val_top1=0.75),
            made_up(Module("eca").index, 1, val_top1=0.5),
        ):
            bar(record)
        assert bar.done == 6
        assert bar._bar.n == 2 + 6
    assert said == [
        "best 0.5000 block 1 n=1",
        "best 0.5000 block 1 n=1, 1 without a score",
        "best 0.5000 block 1 n=1, 1 without a score",
        "best 0.3750 block 2 n=2, 1 without a score",
        "best 0.3750 block 2 n=2, 1 without a score",
        "best 0.6250 eca n=2, 1 without a score",
    ]
