"""`check_gradients` turns a function into a property test: its gradient is checked on whatever Hypothesis draws."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import hypothesis
from hypothesis import strategies as st

from autograd.check.gradcheck import gradcheck
from autograd.errors import DTypeError, short_repr
from autograd.op import Op

#: Hypothesis makes a finite number large.
LARGEST = 1e300


def check_gradients(
    *,
    given: st.SearchStrategy[Any] | tuple[st.SearchStrategy[Any], ...] | Mapping[str, st.SearchStrategy[Any]],
    settings: hypothesis.settings | None = None,
    order: int = 1,
    reference: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a function a Hypothesis test of its gradient, which pytest runs; `gradcheck` judges each example.

    ``given`` is the strategy of its one argument, a tuple of strategies, or a mapping by name; arguments that it does
    not name are left to pytest, as fixtures. ``settings`` are Hypothesis', ``order`` and ``reference`` those of
    `gradcheck`. The error, in units in the last place, is what Hypothesis makes large; the smallest example that fails
    is shown with its report.

    >>> from autograd import tanh
    >>> from autograd.check.strategies import tensors
    >>> @check_gradients(given=tensors((3,)), settings=hypothesis.settings(max_examples=10))
    ... def test_tanh_of_a_square(x):
    ...     return tanh(x * x)
    >>> test_tanh_of_a_square()

    Raises `DTypeError` for what is no strategy, no settings, and no function.
    """
    named = dict(given) if isinstance(given, Mapping) else {}
    positional = () if isinstance(given, Mapping) else given if isinstance(given, tuple) else (given,)
    for strategy in (*positional, *named.values()):
        if not isinstance(strategy, st.SearchStrategy):
            raise DTypeError(f"check_gradients: expected given= as strategies, got {short_repr(strategy)}")
    if settings is not None and not isinstance(settings, hypothesis.settings):
        raise DTypeError(f"check_gradients: expected hypothesis.settings, got {short_repr(settings)}")

    def decorate(f: Callable[..., Any]) -> Callable[..., None]:
        if not callable(f):
            raise DTypeError(f"check_gradients: expected a function to check, got {short_repr(f)}")

        in_order, by_name = positional, named
        if isinstance(f, Op):  # whose own parameters Hypothesis does not see, and which has no fixtures
            in_order, by_name = (), {**named, **dict(zip(f.binding.names[: len(positional)], positional, strict=True))}
        drawn = list(by_name) or list(inspect.signature(f).parameters)[-len(in_order) :]

        @functools.wraps(f)
        def check(*args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True  # pytest shows the report
            names = [name for name in drawn if name in kwargs]  # of the rest, fixtures, no gradient is asked

            def function(*inputs: Any) -> Any:
                return f(*args, **kwargs | dict(zip(names, inputs, strict=True)))

            function.__name__ = getattr(f, "__name__", "function")
            report = gradcheck(function, *[kwargs[name] for name in names], order=order, reference=reference)
            hypothesis.target(min(report.ulps, LARGEST), label="units in the last place")
            report.raise_if_failed()

        test: Callable[..., None] = hypothesis.given(*in_order, **by_name)(check)
        chosen = settings or hypothesis.settings()
        if chosen.deadline == hypothesis.settings().deadline:  # a check takes as long as it takes, unless one says so
            chosen = hypothesis.settings(chosen, deadline=None)
        return chosen(test)

    return decorate
