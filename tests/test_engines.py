"""Functions of other engines: right ones pass, wrong ones are found, kinks are told, and an engine may be missing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd.check import Report, check_jax, check_torch

CHECKS = {"torch": check_torch, "jax": check_jax}


@pytest.fixture(params=CHECKS)
def engine(request: pytest.FixtureRequest) -> tuple[Any, Callable[..., Report]]:
    """The functions that are called alike in both, and the check."""
    name = request.param
    module = pytest.importorskip(name, reason=f"{name} is not installed")
    return (module if name == "torch" else module.numpy), CHECKS[name]


def array(*numbers: float) -> Any:
    return np.array(numbers)


def test_right_ones_pass(engine: Any) -> None:
    m, check = engine
    assert check(lambda w, x: m.tanh(w @ x), np.ones((2, 3)), array(0.5, -1.0, 2.0))
    assert check(lambda x: m.exp(x), array(300.0, -300.0))
    assert check(lambda x, n: (x**n).sum(), array(1.0, 2.0), 3)


@pytest.mark.parametrize(
    ("function", "at", "element", "slopes"),
    [
        (lambda m, x: m.maximum(x, 0 * x), (0.0, 1.0), (0,), (0, 1)),
        (lambda m, x: m.abs(x), (0.0, -1.0), (0,), (-1, 1)),
        (lambda m, x: -m.abs(x), (2.0, 0.0), (1,), (1, -1)),
    ],
)
def test_kinks_are_told(engine: Any, function: Any, at: Any, element: Any, slopes: Any) -> None:
    m, check = engine
    report = check(lambda x: function(m, x).sum(), array(*at))
    assert report
    (finding,) = report.kinks
    assert finding.element == element
    below, above = finding.slopes or ()
    assert np.allclose(np.array([below, above]) / max(abs(below), abs(above)), slopes)


def test_the_edge_of_a_domain_is_not_told_from_a_wrong_gradient(engine: Any) -> None:
    m, check = engine
    (finding,) = check(lambda x: m.sqrt(x).sum(), array(0.0, 1.0)).findings
    assert (finding.outcome, finding.element) == ("inconclusive", (0,))


def test_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")

    class Cube(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            slope = 3 * ctx.saved_tensors[0] ** 2
            slope[1] *= 1.0001
            return g * slope

    assert check_torch(lambda w, x: torch.tanh(w @ x), torch.ones(2, 3), torch.tensor([0.5, -1.0, 2.0]))
    (finding,) = check_torch(Cube.apply, torch.tensor([1.0, 2.0, 3.0])).wrong
    assert (finding.element, round(finding.factor or 0.0, 9)) == ((1,), 1.0001)


def test_jax() -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")

    @jax.custom_vjp  # type: ignore[untyped-decorator]
    def sine(x: Any) -> Any:
        return jax.numpy.sin(x)

    sine.defvjp(lambda x: (jax.numpy.sin(x), x), lambda x, g: (-g * jax.numpy.cos(x),))
    report = check_jax(sine, array(1.0, 2.0, 3.0))
    assert [finding.hint for finding in report.wrong] == ["the sign is turned round"] * 3


@pytest.mark.parametrize("name", CHECKS)
def test_an_engine_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=f"check_{name} needs {name}, which is not installed"):
        CHECKS[name](np.sum, array(1.0))
