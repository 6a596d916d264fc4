from dataclasses import replace
from pathlib import Path

from sase_bench.database import Store
from sase_bench.recipes.registry import PROXIES, REFERENCE
from sase_bench.report import plots
from sase_bench.report.claims import claims
from sase_bench.report.drawing import new_figure
from sase_bench.report.evidence import Evidence, evidence_of
from sase_bench.report.figures import Picture, figures
from sase_bench.report.questions import command
from tests.records import made_up


def test_the_agreement_of_early_rankings_is_drawn_with_its_interval(evidence: Evidence) -> None:
    (measured,) = evidence.measurements
    figure = new_figure(7, 4)
    plots.fidelity(measured, figure)
    (axes,) = figure.axes
    assert axes.get_lines()[0].get_ydata().tolist() == [row["correlation"] for row in measured.fidelity]
    assert len(axes.collections) == 1
    pictures = {item.name: item for item in figures(evidence, []) if isinstance(item, Picture)}
    assert pictures["fidelity-digits"].command == command("fidelity by loss on digits", evidence.option)


def test_longer_training_is_drawn_against_the_proxy_it_judges(tmp_path: Path) -> None:
    proxies = [PROXIES["cifar10-8-local-colours-long"], PROXIES[REFERENCE]]
    with Store(tmp_path / "table.duckdb", proxies) as store:
        for arch in range(6):
            for seed in (0, 1):
                for proxy, slope in zip(proxies, (1.0, 2.0), strict=True):
                    loss = 1 + slope * arch + 0.01 * (arch * 7 % 5) * (seed - 0.5)
                    store.append(made_up(arch, seed, proxy.name, val_loss=loss))
    found = evidence_of(tmp_path / "table.duckdb")
    (picture,) = (item for item in figures(found, []) if item.name.startswith("agreement"))
    assert isinstance(picture, Picture)
    assert picture.name == "agreement-cifar10-8-local-colours-long"
    assert f"--reference {REFERENCE}" in picture.command
    figure = new_figure(7, 4)
    picture.draw(figure)
    assert figure.axes[0].get_title() == (
        "validity 1.00 [1.00, 1.00]: correlation of ranks, freed of the noise of both\nn = 6 blocks, validity by 6 of them"
    )
    line = figure.axes[0].get_lines()[0]
    assert [round(2 * x - y, 6) for x, y in zip(*line.get_data(), strict=True)] == [1.0] * 6
    said = " ".join(claim.text for claim in claims(found, []))
    assert f"correlates with that of longer training from scratch ({REFERENCE}, 2 of 2 seeds the same, whose luck" in said
    row = next(row for row in found.calibrations if (row["metric"], row["proxy"]) == ("val_loss", proxies[0].name))
    apart = {"shared_seeds": [], "validity_low": None, "validity_high": None, "validity_undefined": 0.125}
    said = " ".join(claim.text for claim in claims(replace(found, calibrations=[row | apart]), []))
    assert f"({REFERENCE}, other seeds) by 1.00, without an interval: not defined in 12.5 % of bootstrap draws" in said
