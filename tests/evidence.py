"""Evidence for tests of reports: no table was asked for it."""

from sase_bench.report.evidence import Evidence, Measurement
from sase_bench.report.evidence.holdings import Task
from sase_bench.report.evidence.transfer import Transfer


def block(arch: int, loss: float, text: str = "a/b/c/d/e/f") -> dict[str, object]:
    scores = {"val_loss": loss, "val_loss_sd": None, "seeds": 1, "val_top1": 0.5, "params": 10, "flops": 20}
    costs = {"resnet50_params": 30_000_000, "resnet50_flops": 4_000_000_000, "resnet50_time": 1.25}
    costs |= {"resnet50_time_low": None, "resnet50_time_high": None, "resnet50_time_is": "composed"}
    return {"arch": arch, "text": text, **scores, **costs}


def measurement(proxy: str, count: int, text: str = "a/b/c/d/e/f") -> Measurement:
    """`count` blocks whose loss is a tenth of their number."""
    blocks = [block(arch, arch / 10, text) for arch in range(1, count + 1)]
    return Measurement(
        proxy=proxy,
        task=Task(description="a task"),
        blocks=blocks,
        seed_sd=None,
        drawn=count,
        judged=count,
        front=blocks[:1],
        effects={},
        fidelity=[],
        curves={},
        modules=[],
        rival=None,
        best_gain=None,
        published=None,
    )


def calibration(proxy: str, low: float | None) -> dict[str, object]:
    figures = {"reliability": 0.5, "reliability_low": low, "reliability_high": 0.9}
    unknown = {"validity": None, "validity_low": None, "validity_high": None, "reference": None}
    return {"proxy": proxy, "metric": "val_loss", "blocks": 3, "seeds": 2, **figures, **unknown}


def evidence(
    *found: Measurement, calibrations: list[dict[str, object]] | None = None, transfers: tuple[Transfer, ...] = ()
) -> Evidence:
    return Evidence(measurements=found, calibrations=calibrations or [], transfers=transfers)
