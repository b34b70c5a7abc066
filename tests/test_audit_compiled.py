"""Audits of code that calls compiled code: what that makes by NumPy's functions are arrays of floats, as ever."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd.check import audit

W = np.array([0.5, -1.0, 2.0])

#: How each family of random numbers is drawn, of both kinds of generators.
DRAWS = {
    "beta": (2.0, 3.0),
    "binomial": (5, 0.4),
    "bytes": None,
    "chisquare": (2.0,),
    "choice": (7,),
    "dirichlet": None,
    "exponential": (1.5,),
    "f": (3.0, 4.0),
    "gamma": (2.0, 1.5),
    "geometric": (0.3,),
    "gumbel": (0.0, 1.0),
    "hypergeometric": (5, 4, 3),
    "laplace": (0.0, 1.0),
    "logistic": (0.0, 1.0),
    "lognormal": (0.0, 1.0),
    "logseries": (0.4,),
    "negative_binomial": (4, 0.5),
    "noncentral_chisquare": (2.0, 1.0),
    "noncentral_f": (2.0, 3.0, 1.0),
    "normal": (0.0, 1.0),
    "pareto": (3.0,),
    "poisson": (2.0,),
    "power": (2.0,),
    "rayleigh": (1.0,),
    "standard_cauchy": (),
    "standard_exponential": (),
    "standard_gamma": (2.0,),
    "standard_normal": (),
    "standard_t": (4.0,),
    "triangular": (0.0, 0.5, 1.0),
    "uniform": (0.0, 2.0),
    "vonmises": (0.0, 1.0),
    "wald": (1.0, 2.0),
    "weibull": (2.0,),
    "zipf": (3.0,),
}

#: What is drawn otherwise, or by one kind of generator alone.
OTHERS: dict[str, Callable[[Any], Any]] = {
    "random": lambda rng: rng.random(3),
    "dirichlet": lambda rng: rng.dirichlet([1.0, 2.0, 3.0]),
    "multinomial": lambda rng: rng.multinomial(9, [0.2, 0.3, 0.5]),
    "multivariate_normal": lambda rng: rng.multivariate_normal(np.zeros_like([1, 2, 3]), np.eye(3)),
    "permutation": lambda rng: rng.permutation(3),
    "arrays of parameters": lambda rng: rng.normal(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])),
    "bytes": lambda rng: np.frombuffer(rng.bytes(3), np.uint8),
}


def product_with(draw: Callable[[], Any]) -> Callable[[Any], Any]:
    """A loss that fills an array, element by element, with a parameter times what is drawn."""

    def loss(w: Any) -> Any:
        drawn, out = draw(), np.zeros(3)
        for i in range(3):
            out[i] = w[i] * float(drawn[i])
        return np.sum(out)

    return loss


def assert_audited(draw: Callable[[], Any]) -> None:
    report = audit(product_with(draw), np.asarray(draw(), dtype=float), W)
    assert report, str(report)
    assert report.reference == "balls"  # and so the code was run on arrays of objects


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState], ids=["Generator", "RandomState"])
@pytest.mark.parametrize("name", [name for name, given in DRAWS.items() if given is not None])
def test_each_family_of_random_numbers(name: str, make: Callable[[int], Any]) -> None:
    assert_audited(lambda: getattr(make(0), name)(*DRAWS[name], size=3))


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState], ids=["Generator", "RandomState"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_ways_to_draw(name: str, make: Callable[[int], Any]) -> None:
    assert_audited(lambda: OTHERS[name](make(0)))


@pytest.mark.parametrize("name", ["rand", "randn", "random_sample", "ranf", "sample"])
def test_the_functions_of_the_module(name: str) -> None:
    def draw() -> Any:
        np.random.seed(0)
        return getattr(np.random, name)(3)

    assert_audited(draw)


def test_every_family_that_numpy_has_is_in_the_table() -> None:
    settings = {"bit_generator", "spawn", "get_state", "set_state", "seed", "shuffle", "permuted", "tomaxint"}
    integers = {"integers", "randint", "random_integers", "rand", "randn", "random_sample"}
    for kind in (np.random.Generator, np.random.RandomState):
        names = {name for name in dir(kind) if not name.startswith("_")}
        assert names - settings - integers - {"multivariate_hypergeometric"} <= {*DRAWS, *OTHERS}


def test_numpy_itself_is_left_as_it_is() -> None:
    makers = {name: getattr(np, name) for name in ("empty", "zeros", "ones", "full", "empty_like", "maximum")}
    seen = []

    def loss(w: Any) -> Any:
        out = np.empty(3)
        for i in range(3):
            out[i] = w[i]
        module = importlib.import_module("numpy")
        seen.append(all(getattr(module, name) is maker for name, maker in makers.items()))
        seen.append(np.empty is makers["empty"])
        return np.sum(out)

    assert audit(loss, np.ones(3), W)
    assert all(seen[::2])
    assert not all(seen[1::2])
    assert np.empty is makers["empty"]


def test_c_code_gets_no_address_of_numbers_that_are_no_floats() -> None:
    def loss(w: Any) -> Any:
        out = np.zeros(3)
        ctypes.memset(out.ctypes.data, 0, out.nbytes)
        return np.sum((out + w) ** 2)

    report = audit(loss, 2 * W, W)
    assert report
    assert report.reference != "balls"
