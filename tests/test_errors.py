import re
import tomllib
from pathlib import Path

import pytest

from sase_bench.errors import EXTRAS, missing, unknown

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
