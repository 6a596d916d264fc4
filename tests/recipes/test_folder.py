from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.recipes.folder import find_folder


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(
        RequestError, match=r"^there is no folder '/nowhere' with cifar10; fetch it with --data DIR --download$"
    ):
        find_folder("cifar10", Path("/nowhere"))
    assert find_folder("cifar10", Path("/nowhere"), download=True) == Path("/nowhere")


def test_a_folder_is_the_one_that_is_given_or_else_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SASE_BENCH_DATA", "/nowhere")
    assert find_folder("cifar10", tmp_path) == tmp_path
    monkeypatch.setenv("SASE_BENCH_DATA", str(tmp_path))
    assert find_folder("cifar10", None) == tmp_path
    assert find_folder("digits", tmp_path) is None
