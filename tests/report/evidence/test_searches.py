import json
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.report.evidence.searches import command_of, read_searches
from tests.report.found import SEARCH


def test_comparisons_are_read_in_the_order_of_their_names_and_a_missing_folder_has_none(tmp_path: Path) -> None:
    assert read_searches(tmp_path / "missing") == []
    for name, pool in (("b", 9), ("a", 7)):
        (tmp_path / f"{name}.json").write_text(json.dumps(SEARCH | {"pool": pool}))
    assert [search["pool"] for search in read_searches(tmp_path)] == [7, 9]


OLDER = json.dumps(SEARCH | {"tops": {"top 5 % within 20": 1}})


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"proxy": "digits"}', OLDER])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(RequestError, match=r"odd\.json"):
        read_searches(tmp_path)


def test_the_command_names_what_is_not_as_usual() -> None:
    again = command_of(SEARCH | {"refit_every": 3, "workers": 4, "batch": 1})
    assert (
        " --strategy random,gp --found database/searches/digits-differentiable*.json --workers 4 --refit-every 3 --output "
        in again
    )
