from dataclasses import replace
from pathlib import Path

from sase_bench.database.store import Store
from sase_bench.recipes.registry import PROXIES
from sase_bench.report.claims import claims
from sase_bench.report.evidence import evidence_of
from tests.evidence import calibration
from tests.records import DIGITS, made_up


def test_the_best_block_of_a_proxy_is_placed_on_the_others(tmp_path: Path) -> None:
    longer = PROXIES["fashion-8"]
    with Store(tmp_path / "table.duckdb", [DIGITS, longer]) as store:
        for arch, (short, long) in enumerate([(1.0, 3.0), (2.0, 1.0), (3.0, 2.0)]):
            store.append(made_up(arch, 0, val_loss=short, val_top1=0.5))
            store.append(made_up(arch, 0, longer.name, val_loss=long, val_top1=1 - arch / 4))
    found = evidence_of(tmp_path / "table.duckdb")
    first, second = found.measurements
    assert [(row["arch"], row["proxy"], row["metric"], row["place"]) for row in first.elsewhere] == [
        (0, "fashion-8", "val_loss", 3),
        (0, "fashion-8", "val_top1", 1),
    ]
    assert [(row["arch"], row["place"]) for row in second.elsewhere if row["metric"] == "val_loss"] == [(1, 2)]
    judged = {**calibration("digits", 0.9), "reference": "fashion-8"}
    said = claims(replace(found, calibrations=[judged]), [])
    assert any("Trained for longer, it is in place 3 of 3 by loss and 1 by accuracy." in claim.headline for claim in said)
