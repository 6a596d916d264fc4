"""One thread a test process: the suite itself runs one process a core. And Ctrl-C reaches the commands that tests start."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import PROXIES
from tests.noting import Noted

os.environ.setdefault("OMP_NUM_THREADS", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it in the background, for children too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def brief_digits(monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """`digits` under its own name, but trained for two epochs only: for tests that train in this process."""
    brief = replace(PROXIES["digits"], epochs=2)
    monkeypatch.setitem(PROXIES, "digits", brief)
    return brief


@pytest.fixture
def noted() -> Noted:
    """A context to stand in for one that is to be seen, and what it was entered for as long as one is inside."""
    inside: list[str] = []

    @contextmanager
    def context(what: object) -> Iterator[None]:
        inside.append(str(what))
        yield
        inside.clear()

    return inside, context
