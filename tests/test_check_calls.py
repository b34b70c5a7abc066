"""What a person meets first of the checks: their names, calls that are none, and how findings are written."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pytest

import autograd
from autograd import GradientError, Op, check
from autograd.check.strategies import tensors, values
from autograd.errors import DTypeError

FEW = hypothesis.settings(max_examples=10, derandomize=True, database=None)


def test_the_names_that_are_shown_are_the_public_ones() -> None:
    assert dir(check) == sorted(check.__all__)
    assert all(getattr(check, name) is not None for name in dir(check))


def product(x: Any, y: Any, scale: float = 1.0) -> Any:
    return x * y * scale


@pytest.mark.parametrize(
    ("f", "inputs", "message"),
    [
        (product, ((1.0, 2.0),), r"expected the inputs of product\(x, y\), got a tuple of 2 \(missing .*'y'\)"),
        (product, ([1.0, 2.0],), r"got a list of 2 .*: give them one by one, as in gradcheck\(f, x, y\)"),
        (product, (), r"product\(x, y\), got none"),
        (product, (1.0, np.ones(3), 2.0, 3.0), r"got a float, a ndarray, a float, a float \(too many"),
        (functools.partial(product, 1.0), (2.0, 3.0, 4.0), "too many"),
        (3, (1.0,), r"expected a function, got 3: gradcheck\(f, x, y\) checks f\(x, y\)"),
        ("product", (1.0, 2.0), "expected a function, got 'product'"),
    ],
)
def test_what_cannot_be_called_is_refused_before_it_is(f: Any, inputs: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DTypeError, match=f"^gradcheck: .*{message}"):
        check.gradcheck(f, *inputs)


@functools.wraps(product)
def of_one(x: Any) -> Any:
    """It says to be one of two inputs."""
    return product(x, 3.0)


@pytest.mark.parametrize(
    "f", [of_one, autograd.tanh, np.tanh, abs, np.sum, functools.partial(product, 2.0), lambda *xs: xs[0] * 2.0]
)
def test_what_can_be_called_is_checked(f: Callable[..., Any]) -> None:
    assert check.gradcheck(f, 0.5)


@pytest.mark.parametrize(
    ("op", "strategies"),
    [(autograd.tanh, values()), (autograd.sum, tensors((2, 3))), (autograd.mul, (values(), values()))],
)
def test_a_property_of_an_operation_takes_its_inputs_in_order(op: Op, strategies: Any) -> None:
    check.check_gradients(given=strategies, settings=FEW)(op)()
    wrong = autograd.elementwise("wrong", np.tanh, lambda y, x: y, doc="its output", check=False)
    try:
        with pytest.raises(GradientError, match="op wrong"):
            check.check_gradients(given=values(), settings=FEW)(wrong)()
    finally:
        autograd.remove("wrong")


def test_a_long_line_of_code_is_cut_in_a_report() -> None:
    where = {"outcome": "wrong", "check": "local derivative", "message": "got 1, certified 2"}
    short, long = "q = tanh(x)", "q = loss(" + ", ".join(f"x_{i}" for i in range(100)) + ")"
    assert f"`{short}`" in str(check.Finding(**where, source=f"a.py:3  {short}"))  # type: ignore[arg-type]
    text = str(check.Finding(**where, source=f"a.py:3  {long}"))  # type: ignore[arg-type]
    assert "a.py:3: `q = loss(x_0, " in text
    assert "…`" in text
    assert len(text) < 200
