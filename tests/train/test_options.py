import argparse
from dataclasses import fields

import pytest

from sase_bench.train.options import add_recipe_options, recipe_of
from sase_bench.train.recipe import CocoRecipe, ImageNetRecipe, Recipe

RECIPES = [ImageNetRecipe, CocoRecipe]


def parsed(recipe: type[Recipe], *words: str) -> Recipe:
    parser = argparse.ArgumentParser()
    add_recipe_options(parser, recipe)
    return recipe_of(parser.parse_args(words), recipe)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_field_is_an_option_with_its_default(recipe: type[Recipe]) -> None:
    assert parsed(recipe) == recipe()
    assert all(item.metadata["help"] for item in fields(recipe))


def test_options_are_read_as_the_fields_types_say() -> None:
    words = "--milestones 3 5 --colour-jitter 0 0.1 0.2 0.3 --precision bfloat16 --epochs 7 --learning-rate 1"
    recipe = parsed(ImageNetRecipe, *words.split())
    assert recipe == ImageNetRecipe(
        milestones=(3, 5), colour_jitter=(0.0, 0.1, 0.2, 0.3), precision="bfloat16", epochs=7, learning_rate=1.0
    )
    detection = "--no-freeze-batch-norm --trainable-stages 4"
    assert parsed(CocoRecipe, *detection.split()) == CocoRecipe(freeze_batch_norm=False, trainable_stages=4)
