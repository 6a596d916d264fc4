import json
import math
import os
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.files import read_json, replacing, require_writable, write_json, write_text


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as fresh:
        fresh.write_text("whole")

    def interrupted() -> None:
        with replacing(path) as fresh:
            fresh.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "whole"
    with replacing(path, keep=False) as fresh:
        fresh.write_text("tried")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "heard")
    assert os.read(reader, 100) == b"heard"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_the_folder_is_made_and_json_is_plain(tmp_path: Path) -> None:
    path = tmp_path / "new" / "numbers.json"
    write_json(path, {"b": 1.5, "a": "σ"}, sort_keys=True, ensure_ascii=False)
    assert path.read_bytes() == '{\n "a": "σ",\n "b": 1.5\n}\n'.encode()
    write_json(path, {"b": 1.5, "a": "σ"})
    assert path.read_bytes() == b'{\n "b": 1.5,\n "a": "\\u03c3"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, math.nan)
    assert json.loads(path.read_text()) == {"b": 1.5, "a": "σ"}


def test_what_could_not_be_written_is_refused_before_long_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "file", tmp_path / "pipe", tmp_path / "new" / "folder" / "file", Path("file"), Path("/dev/null")):
        require_writable(path)
    assert not (tmp_path / "new").exists()
    with pytest.raises(RequestError, match=f"^cannot write '{tmp_path}': Is a directory$"):
        require_writable(tmp_path)
    with pytest.raises(RequestError, match=r"^cannot write '.*/file/below': Not a directory$"):
        require_writable(tmp_path / "file" / "below")


def test_what_cannot_be_written_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=r"^cannot write to '.*/file': File exists$"):
        write_text(tmp_path / "file" / "below", "")
    with pytest.raises(RequestError, match=f"^cannot write '{tmp_path}': Is a directory$"):
        write_text(tmp_path, "")
    assert [path.name for path in tmp_path.parent.iterdir() if path.name.endswith(".tmp")] == []


@pytest.mark.parametrize(("text", "why"), [("{", "cannot be read as JSON"), ("[]", "holds list, an object was expected")])
def test_what_is_no_json_object_is_refused_by_its_name(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "search.json").write_text(text)
    with pytest.raises(RequestError, match=rf"search\.json' {why}"):
        read_json(tmp_path / "search.json")
