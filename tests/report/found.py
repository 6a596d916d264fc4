"""What programs found, made up: a comparison of searches, an evaluation of predictors, shares of slots."""

SEARCH = {
    "strategies": {
        "random": {
            "repeats": 3,
            "curve": [[None, None], [0.5, 0.1], [0.2, None]],
            "curve_by_time": [[None, None], [0.2, 0.1]],
        },
        "differentiable-1": {"repeats": 1, "curve": [[0.25, None]] * 3, "curve_by_time": [[None, None], [0.25, None]]},
    },
    "times": [1800.0, 3600.0],
    "workers": 1,
    "metric": "val_loss",
    "proxy": "digits",
    "space": "tied",
    "pool": 9,
    "repeats": 3,
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
