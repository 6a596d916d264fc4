import pytest

from sase_bench.train.recipe import CocoRecipe, ImageNetRecipe
from sase_bench.train.state import learning_rate


def test_the_rate_is_scaled_with_the_batch_and_falls_to_zero_as_a_half_cosine() -> None:
    recipe = ImageNetRecipe(epochs=4, batch_size=256)
    rates = [learning_rate(recipe, step, 10) for step in (0, 10, 20, 40)]
    assert rates == pytest.approx([0.2, 0.2 * (1 + 0.5**0.5) / 2, 0.1, 0.0])


def test_the_1x_schedule_rises_for_500_steps_and_falls_by_ten_after_epochs_8_and_11() -> None:
    recipe, steps = CocoRecipe(batch_size=8), 1000
    points = [0, 250, 500, 7999, 8000, 10_999, 11_000, 11_999]
    rates = [learning_rate(recipe, step, steps) for step in points]
    assert rates == pytest.approx([1e-5, 0.01 * 0.5005, 0.01, 0.01, 1e-3, 1e-3, 1e-4, 1e-4])
