from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.report.counts import COUNTS, Count, count_modules, read_counts, write_counts
from sase_bench.report.published import DEFAULT_FOLDER

KEPT = Path(__file__).parents[2] / DEFAULT_FOLDER / COUNTS


def test_counts_are_kept(tmp_path: Path) -> None:
    counts = {("ResNet-50", "se"): Count(1, 2), ("ResNet-101", "se"): Count(3, 4)}
    write_counts(tmp_path / "new" / COUNTS, counts)
    assert read_counts(tmp_path / "new" / COUNTS) == counts


def test_no_file_is_no_counts(tmp_path: Path) -> None:
    assert read_counts(tmp_path / COUNTS) == {}


@pytest.mark.parametrize("text", ["backbone,module\nResNet-50,se\n", "backbone,module,params,flops\nResNet-50,se,1.5,2\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / COUNTS
    path.write_text(text)
    with pytest.raises(RequestError, match=r"make it again with: python -m sase_bench\.report --count"):
        read_counts(path)


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write"):
        write_counts(tmp_path / "file" / COUNTS, {})


@pytest.mark.slow
@pytest.mark.skipif(not KEPT.exists(), reason="nothing was counted yet")
def test_the_kept_counts_are_what_is_counted() -> None:
    names = ("se", "srm", "gsop")
    kept = read_counts(KEPT)
    assert count_modules(names) == {key: value for key, value in kept.items() if key[1] in names}
