import re
import tomllib
from pathlib import Path

import pytest

from sase_bench.errors import EXTRAS, RequestError, missing, needing, unknown

TWENTY = [f"{letter}-{number}" for number in range(2) for letter in "abcdefghij"]


@pytest.mark.parametrize(
    ("got", "choices", "message"),
    [
        ("x", ["a", "b"], "unknown thing 'x'; choose from a, b"),
        ("a-3", TWENTY[:10], f"unknown thing 'a-3'; choose from {', '.join(TWENTY[:10])}"),
        ("a-3", TWENTY, "unknown thing 'a-3'; did you mean a-1 or a-0?"),
        ("nothing", TWENTY, f"unknown thing 'nothing'; choose from {', '.join(TWENTY)}"),
        ("a-0,b-1", TWENTY, f"unknown thing 'a-0,b-1'; choose from {', '.join(TWENTY)}"),
        ("nothing", TWENTY * 2, "unknown thing 'nothing'; there are 40 of them, a-0 first"),
    ],
)
def test_what_could_have_been_meant_is_named(got: str, choices: list[str], message: str) -> None:
    assert str(unknown("thing", got, choices)) == message


def test_a_long_name_is_cut() -> None:
    assert str(unknown("thing", "x" * 1000, ["a"])) == f"unknown thing '{'x' * 120}'; choose from a"


def test_what_is_missing_is_told_with_the_way_to_get_it() -> None:
    assert str(missing("timing", "train")) == (
        "timing needs the extra 'train'; install it with: pip install 'sase-bench[train]'"
    )
    assert str(missing("a cluster", "scale", "train")) == (
        "a cluster needs the extras 'scale' and 'train'; install them with: pip install 'sase-bench[scale,train]'"
    )


@pytest.mark.parametrize("library", ["scipy", "scipy.optimize"])
def test_a_library_that_was_looked_for_in_vain_is_told_as_what_needs_it(library: str) -> None:
    with (
        pytest.raises(RequestError, match=r"^searching needs the extra 'search'; install it with: pip install"),
        needing("searching", "search"),
    ):
        raise ModuleNotFoundError(name=library)


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError(name="sase_bench.nowhere"), ModuleNotFoundError(), ImportError(name="scipy")]
)
def test_what_no_extra_would_bring_is_not_told_as_one(error: ImportError) -> None:
    with pytest.raises(type(error)) as raised, needing("searching", "search"):
        raise error
    assert raised.value is error


def test_every_library_of_an_extra_has_its_extra() -> None:
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    declared = tomllib.loads(text)["project"]["optional-dependencies"]
    imported = {"huggingface-hub": "huggingface_hub", "scikit-learn": "sklearn", "syne-tune": "syne_tune"}
    brought = {
        extra: {imported.get(name, name) for name in (re.split(r"[<>=\[]", line)[0] for line in lines)}
        for extra, lines in declared.items()
        if extra != "all"
    }
    assert set(EXTRAS) == set().union(*brought.values())
    assert all(library in brought[extra] for library, extra in EXTRAS.items())
