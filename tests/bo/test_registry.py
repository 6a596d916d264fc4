import pytest

from sase_bench.bo.registry import find
from sase_bench.errors import RequestError


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere:Search", "the strategy nowhere:Search cannot be imported (No module named 'nowhere')"),
        ("json:Search", "the strategy json:Search cannot be imported (module 'json' has no attribute 'Search')"),
        (":Search", "the strategy :Search cannot be imported (Empty module name)"),
        ("json:JSONDecoder", "the strategy json:JSONDecoder cannot be made by JSONDecoder(pool, seed): too many positional"),
        ("os:sep", "the strategy os:sep cannot be made by sep(pool, seed): '/' is not a callable object"),
        ("builtins:complex", "the strategy builtins:complex has no ask and no tell; a strategy is asked and told"),
        ("gpp", "unknown strategy 'gpp'"),
        ("gp:ei", "unknown acquisition 'ei'"),
    ],
)
def test_a_strategy_that_is_not_there_is_named(name: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        find(name)
    assert str(error.value).startswith(message)
