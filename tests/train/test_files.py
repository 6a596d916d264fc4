from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.train.files import prepare_folder


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=r"cannot write to '.*file/below': Not a directory"):
        prepare_folder(tmp_path / "file" / "below")
    with pytest.raises(RequestError, match=r"cannot write to '/proc/below': "):
        prepare_folder(Path("/proc/below"))
