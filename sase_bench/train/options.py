"""Options of a command from the fields of a recipe: names, types, defaults and help are declared once, with the fields.

>>> from argparse import ArgumentParser
>>> from sase_bench.train.recipe import CocoRecipe
>>> parser = ArgumentParser()
>>> add_recipe_options(parser, CocoRecipe)
>>> recipe_of(parser.parse_args(["--epochs", "24", "--milestones", "16", "22", "--freeze-batch-norm"]), CocoRecipe).milestones
(16, 22)
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from sase_bench.train.recipe import Recipe

__all__ = ["add_recipe_options", "recipe_of"]

R = TypeVar("R", bound=Recipe)


def add_recipe_options(parser: argparse._ActionsContainer, recipe: type[Recipe]) -> None:
    """Declare an option for each field of `recipe`."""
    types = get_type_hints(recipe)
    for item in fields(recipe):
        flag, optional = f"--{item.name.replace('_', '-')}", types[item.name]
        kind = next(part for part in get_args(optional) if part is not type(None)) if _is_union(optional) else optional
        parser.add_argument(flag, default=item.default, help=item.metadata["help"], **_reading(kind))


def recipe_of(options: argparse.Namespace, recipe: type[R]) -> R:
    """The recipe that parsed options describe. Raises `RequestError` for values that it refuses."""
    values: dict[str, Any] = {item.name: getattr(options, item.name) for item in fields(recipe)}
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return recipe(**values)


def _is_union(kind: Any) -> bool:
    return isinstance(kind, UnionType)


def _reading(kind: Any) -> dict[str, Any]:
    """How argparse reads a value of type `kind`."""
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    if get_origin(kind) is tuple:
        first, *others = get_args(kind)
        return {"type": first, "nargs": "+" if others == [...] else 1 + len(others), "metavar": "X" if first is float else "N"}
    return {"type": kind, "metavar": "X" if kind is float else "N"}
