from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from sase_bench.errors import RequestError
from sase_bench.train.files import load_pickled, prepare_folder


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=r"cannot write to '.*file/below': Not a directory"):
        prepare_folder(tmp_path / "file" / "below")
    with pytest.raises(RequestError, match=r"cannot write to '/proc/below': "):
        prepare_folder(Path("/proc/below"))


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_saved_is_read_whatever_it_is_called(name: str, zipped: bool, tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(3)}, tmp_path / name, _use_new_zipfile_serialization=zipped)
    assert torch.equal(load_pickled(tmp_path / name, "weights", "")["weight"], torch.ones(3))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"four", "it is neither safetensors nor what torch.save writes"),
        (b"\xff" * 99, "it is neither safetensors nor what torch.save writes"),
        (b"junkjunkjunkjunk", "it is neither safetensors nor what torch.save writes"),
        (save({"weight": torch.ones(3)}), "it is neither safetensors nor what torch.save writes"),
        (b"PK\x03\x04" + b"z" * 99, "PytorchStreamReader failed .*"),
        (b"\x80\x02junk", "it is damaged, or holds more than tensors, numbers and text"),
        (b"\x80\x02}.", "Invalid magic number; corrupt file."),
        (b"\x80\x02", "it is damaged, or holds more than tensors, numbers and text"),
    ],
)
@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_what_torch_did_not_save_is_refused_in_one_line(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=rf"^cannot read '{tmp_path / name}' as weights \({reason}\); try again$") as caught:
        load_pickled(tmp_path / name, "weights", "try again")
    assert "\n" not in str(caught.value)


def test_a_file_that_the_system_refuses_is_named_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=rf"^cannot read '{tmp_path}' as weights \(Is a directory\); try again$"):
        load_pickled(tmp_path, "weights", "try again")
