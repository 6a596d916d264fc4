"""Every strategy that the command line and the comparison know, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature

from sase_bench.bo.acquisition import ACQUISITIONS, DEFAULT_ACQUISITION, Acquisition
from sase_bench.bo.bananas import mutants_of_the_best
from sase_bench.bo.bayesian import BayesianSearch, MakeSurrogate
from sase_bench.errors import RequestError, unknown
from sase_bench.predictors import PREDICTORS, Predictor, predictor
from sase_bench.search import STRATEGIES, Pool, Strategy
from sase_bench.trunk import Trunk

__all__ = ["BAYESIAN", "COMPARED", "find", "names", "surrogate"]

#: What the command line calls a search with any surrogate and any acquisition.
BAYESIAN = "bayesian"

#: What is compared where nothing else is said, each with the library that it needs.
COMPARED = {
    "gp-flops": "scipy",
    "gp": "scipy",
    "xgb": "xgboost",
    "bananas": "sklearn",
    "random": "numpy",
    "local": "numpy",
    "evolution": "numpy",
    "tpe": "optuna",
    "smac": "smac",
}


def surrogate(name: str, trunk: Trunk | None = None) -> MakeSurrogate:
    """Builds the predictor called `name` from a seed, see `predictor`. Raises `RequestError` for another name."""
    if name not in PREDICTORS:
        raise unknown("surrogate", name, PREDICTORS)

    def make(seed: int) -> Predictor:
        return predictor(name, seed=seed, trunk=trunk)

    return make


def names() -> list[str]:
    """What `find` takes, besides `SURROGATE:ACQUISITION`."""
    return [*PREDICTORS, "bananas", *STRATEGIES]


def find(
    name: str, *, acquisition: str | Acquisition = DEFAULT_ACQUISITION, refit_every: int = 1, trunk: Trunk | None = None
) -> Callable[[Pool, int], Strategy]:
    """The strategy called `name`: a surrogate, `surrogate:acquisition`, `bananas`, or one without a surrogate.

    `MODULE:CLASS` is one of your own: what `CLASS(pool, seed)` makes is asked and told as the protocol `Strategy` says.

    `trunk` is the network that the scores are measured in, for surrogates that count its FLOPs.
    Raises `RequestError` for a name that is none of these.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]
    if name == "bananas":
        return partial(
            BayesianSearch,
            surrogate=surrogate("forest"),
            acquisition="independent-thompson",
            candidates=mutants_of_the_best,
            refit_every=refit_every,
        )
    model, _, rule = name.partition(":")
    if model not in PREDICTORS and rule:
        return _own(model, rule)
    if model not in PREDICTORS:
        raise unknown("strategy", name, names())
    if rule and rule not in ACQUISITIONS:
        raise unknown("acquisition", rule, ACQUISITIONS)
    return partial(BayesianSearch, surrogate=surrogate(model, trunk), acquisition=rule or acquisition, refit_every=refit_every)


def _own(module: str, name: str) -> Callable[[Pool, int], Strategy]:
    """A strategy from elsewhere."""
    try:
        made: Callable[[Pool, int], Strategy] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RequestError(
            f"the strategy {module}:{name} cannot be imported ({error}); choose from {', '.join(names())}, or name MODULE:CLASS"
        ) from error
    try:
        signature(made).bind(None, 0)
    except (TypeError, ValueError) as error:
        raise RequestError(f"the strategy {module}:{name} cannot be made by {name}(pool, seed): {error}") from error
    if isinstance(made, type) and (missing := [method for method in ("ask", "tell") if not hasattr(made, method)]):
        raise RequestError(f"the strategy {module}:{name} has no {' and no '.join(missing)}; a strategy is asked and told")
    return made
