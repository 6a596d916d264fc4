import pytest
import torch

from sase_bench.proxies.augmentation import augment, jitter_colours


def test_augmentation_shifts_whole_images_and_depends_on_its_generator_alone() -> None:
    x = torch.arange(2 * 3 * 6 * 6, dtype=torch.float32).reshape(2, 3, 6, 6).repeat(40, 1, 1, 1) + 1
    first = augment(x, shift=2, flip=True, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(first, augment(x, shift=2, flip=True, generator=torch.Generator().manual_seed(1)))
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2))
    moved = set()
    for image, source in zip(first, padded, strict=True):
        fits = [
            (row, column, flip)
            for row in range(5)
            for column in range(5)
            for flip in (False, True)
            if torch.equal(image.flip(2) if flip else image, source[:, row : row + 6, column : column + 6])
        ]
        assert len(fits) == 1
        moved.add(fits[0])
    assert len(moved) > 25


def test_colour_jitter_is_one_gain_and_offset_for_each_channel_of_each_image() -> None:
    x = torch.randn(300, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    y = jitter_colours(x, 0.5, generator=torch.Generator().manual_seed(1))
    gain = (y[..., 0, 0] - y[..., 1, 1]) / (x[..., 0, 0] - x[..., 1, 1])
    offset = y[..., 0, 0] - gain * x[..., 0, 0]
    torch.testing.assert_close(y, x * gain[..., None, None] + offset[..., None, None], rtol=1e-3, atol=1e-3)
    assert float(gain.log().std()) == pytest.approx(0.5, rel=0.1)
    assert float(offset.std()) == pytest.approx(0.5, rel=0.1)
    assert jitter_colours(x, 0.0, generator=torch.Generator()) is x
