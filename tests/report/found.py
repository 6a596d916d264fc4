"""What programs found, made up: a comparison of searches, an evaluation of predictors, shares of slots."""

from typing import Any

SEARCH: dict[str, Any] = {
    "proxy": "digits",
    "space": "tied",
    "metric": "val_loss",
    "pool": 9,
    "pool_is_whole_space": False,
    "shown": "mean over seeds",
    "judged_by": "all seeds",
    "oracle": {"arch": 5, "objective": 0.25},
    "repeats": 3,
    "workers": 1,
    "batch": 1,
    "refit_every": 1,
    "seconds_of_an_evaluation": 20.0,
    "certainty": {
        "blocks": 9,
        "seed_sd": 0.01,
        "degrees": 18,
        "oracle_place": [1, 4],
        "top_1_percent": 0.5,
        "top_01_percent": 0.5,
    },
    "tops": {"top 1 % within 50": 1},
    "strategies": {
        "random": {
            "repeats": 3,
            "regret": {"2": [0.5, 0.1], "3": [0.2, None]},
            "regret_at_time": {"2": [0.5, 0.1], "3": [0.2, None]},
            "finds": {"top 1 % within 50": None},
            "curve": [[None, None], [0.5, 0.1], [0.2, None]],
            "curve_by_time": [[None, None], [0.2, 0.1]],
        },
        "gp": {
            "repeats": 3,
            "regret": {"2": [0.25, 0.05], "3": [0.0, 0.0]},
            "regret_at_time": {"2": [0.25, 0.05], "3": [0.0, 0.0]},
            "finds": {"top 1 % within 50": 0.5},
            "curve": [[None, None], [0.25, 0.05], [0.0, 0.0]],
            "curve_by_time": [[None, None], [0.0, 0.0]],
        },
        "differentiable-1": {
            "repeats": 1,
            "regret": {"2": [0.25, None], "3": [0.25, None]},
            "regret_at_time": {"2": [None, None], "3": [0.25, None]},
            "finds": {"top 1 % within 50": None},
            "curve": [[0.25, None]] * 3,
            "curve_by_time": [[None, None], [0.25, None]],
        },
    },
    "times": [1800.0, 3600.0],
    "ranks": {
        "3": {
            "ranks": {"random": 1.9, "gp": 1.1},
            "friedman_p": None,
            "critical_difference": 1.13,
            "best_guided": "gp",
            "p_beats": {"gp": {"random": 0.004}},
            "p_best_is_beaten_by": {"random": 1.0},
        }
    },
    "bars": {"top 1 % within 50": {"met": None, "why": "needs 50 evaluations of a surrogate"}},
}
EVALUATION = {
    "data": {"proxy": "digits", "metric": "val_loss", "space": "tied"},
    "rows": [
        {"predictor": name, "n": n, "tau": n / 100, "tau_sd": sd, "tau_ceiling": 0.9, "repeats": 2}
        for name, sd in (("gp", 0.1), ("xgb", None))
        for n in (10, 20)
    ],
}
SHARES = {
    "data": {"proxy": "digits", "metric": "val_loss", "space": "full", "blocks": 40},
    "draws": 5,
    "intervals": "95 % of the draws of everything",
    "rows": [
        {"part": "slot", "slot": "channel_squeeze", "other": None, "share": 0.5, "low": 0.4, "high": 0.6},
        {"part": "pair", "slot": "channel_squeeze", "other": "channel_gate", "share": 0.1, "low": 0.0, "high": 0.2},
        {"part": "rest", "slot": None, "other": None, "share": 0.4, "low": 0.3, "high": 0.5},
        {"part": "pairs", "slot": None, "other": None, "share": 0.1, "low": 0.0, "high": 0.2},
    ],
}
