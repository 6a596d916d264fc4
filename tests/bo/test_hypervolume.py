import numpy as np
import pytest


def test_the_improvement_agrees_with_a_simulation() -> None:
    pytest.importorskip("botorch")
    from sase_bench.bo.hypervolume import expected_improvement

    tried = np.array([[0.2, 0.8], [0.6, 0.3]])
    mean, sd = np.array([[0.3, 0.5], [0.1, 0.9], [0.9, 0.9]]), np.array([[0.2, 0.0], [0.3, 0.0], [0.05, 0.0]])

    def volume(points: np.ndarray) -> float:
        """Of the part of the square up to 1.1 that the points dominate, by sweeping along the first objective."""
        total, lowest = 0.0, 1.1
        for first, second in sorted(map(tuple, points.tolist())):
            if first < 1.1 and second < lowest:
                total += (1.1 - first) * (lowest - second)
                lowest = second
        return total

    generator = np.random.default_rng(0)
    got = expected_improvement(tried, mean, sd, 1.1)
    for i in range(3):
        draws = generator.normal(mean[i], sd[i], (4000, 2))
        gains = [volume(np.vstack([tried, draw])) - volume(tried) for draw in draws]
        assert got[i] == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / np.sqrt(4000) + 1e-4)
