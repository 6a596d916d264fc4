import numpy as np

from sase_bench.calibrate.findings import findings
from sase_bench.calibrate.scores import METRICS, Panel


def test_what_is_not_defined_or_not_finite_is_missing_in_a_row() -> None:
    """Equal blocks have no reliability; where seeds contradict each other the lower end of one is minus infinity."""
    equal, opposed = np.ones((3, 2)), np.asarray([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    scores = dict.fromkeys(METRICS, opposed) | {"val_top1": equal}
    found = {finding.metric: finding for finding in findings("digits", Panel((1, 2, 3), (0, 1), scores, 0, 6, 1.0))}
    assert np.isnan(found["val_top1"].icc.value)
    assert found["val_loss"].reliability.low == -np.inf
    for record in (found["val_top1"].row(), found["val_top1"].record()):
        assert [record[name] for name in ("icc", "icc_low", "icc_high", "reliability", "validity")] == [None] * 5
        assert (record["blocks"], record["seconds"]) == (3, 1.0)
    row = found["val_loss"].row()
    assert (row["icc"], row["icc_low"], row["icc_high"]) == (-1, -1, -1)
    assert (row["reliability_low"], row["validity"], row["validity_low"]) == (None, None, None)
