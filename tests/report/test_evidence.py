from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.report.evidence import read_json


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "search.json"
    path.write_text(text)
    with pytest.raises(RequestError, match=r"search\.json"):
        read_json(path)
