import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.train.place import Place, joined

CPU = torch.device("cpu")


def test_a_process_gets_its_share_of_a_batch_or_none_does() -> None:
    assert [Place(CPU, 0, count).share(12) for count in (1, 2, 3)] == [12, 6, 4]
    with pytest.raises(RequestError, match=r"^a batch is shared equally by 5 processes, got 12 images$"):
        Place(CPU, 0, 5).share(12)


def test_the_first_process_speaks() -> None:
    assert [Place(CPU, rank, 3).is_first for rank in range(3)] == [True, False, False]


def test_the_only_process_has_everything_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    network = torch.nn.BatchNorm2d(2)
    with joined("cpu") as place:
        assert place == Place(CPU)
        assert place.parallel(network) is network
        assert place.sum(torch.tensor([1.0, 2.0])).tolist() == [1.0, 2.0]
        assert place.any(True, False) == [True, False]
        assert place.gather("thing") == ["thing"]
        place.share_buffers(network)
    assert not torch.distributed.is_initialized()
