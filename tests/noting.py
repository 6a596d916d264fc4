"""What the fixture `noted` is."""

from collections.abc import Callable
from contextlib import AbstractContextManager

__all__ = ["Noted"]

#: What a context is entered for, while one is inside of it, and the context.
Noted = tuple[list[str], Callable[[object], AbstractContextManager[None]]]
