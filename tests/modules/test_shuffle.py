import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import Stage, build


def test_an_odd_number_of_channels_cannot_be_shuffled() -> None:
    with pytest.raises(RequestError) as error:
        build("shuffle", Stage(9, 8, 8, 1))
    assert str(error.value) == "shuffle attention needs an even number of channels, got 9; widen the network"
