from collections.abc import Callable

import pytest
from torch import nn

from sase_bench.backbones import cifar_resnet, resnet50, resnet101
from sase_bench.errors import RequestError


@pytest.mark.parametrize("build", [resnet50, resnet101, lambda **options: cifar_resnet(8, **options)])
@pytest.mark.parametrize("resolution", [(224, 320), 0, 32.0, True, None], ids=repr)
def test_a_resolution_is_one_number_of_pixels(build: Callable[..., nn.Module], resolution: object) -> None:
    with pytest.raises(RequestError) as error:
        build(resolution=resolution)
    assert str(error.value).startswith(f"resolution is a number of pixels, height = width, got {resolution!r}; ")
