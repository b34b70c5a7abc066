"""HIPS autograd: `autograd.test_util.check_grads`, in reverse mode, as operations with a vjp alone have no other.

It shares its import name with stepgrad's engine. Its modules are fetched by name, so that a type checker does
not take the one for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy

autograd = import_module("autograd")
extend = import_module("autograd.extend")
np = import_module("autograd.numpy")
check_grads = import_module("autograd.test_util").check_grads
getval = import_module("autograd.tracer").getval


def plain(x: Any) -> Any:
    """The numbers, from whatever depth of tracing."""
    inner = getval(x)
    return inner if inner is x else plain(inner)


def assigned(n: int, index: Any, g: Any) -> Any:
    """Its arrays cannot be assigned to: by a matrix, in which the last of a place stays."""
    matrix = numpy.zeros((n, len(index)))
    for column, row in enumerate(index):
        matrix[row] = 0
        matrix[row, column] = 1
    return np.dot(matrix, g)


def softmax(x: Any) -> Any:
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)


def logsumexp(x: Any) -> Any:
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


NAMES = "exp sin cos tanh log sqrt abs sign sum mean max matmul transpose reshape concatenate stack flip cumsum maximum"
FORWARD = RULES = SimpleNamespace(
    **{name: getattr(np, name) for name in NAMES.split()},
    minimum=np.minimum,
    where=np.where,
    clip=np.clip,
    sort=np.sort,
    relu=lambda x: np.maximum(x, 0.0),
    sigmoid=lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    softmax=softmax,
    logsumexp=logsumexp,
    astype=lambda x, dtype: x.astype(dtype),
    ones=numpy.ones,
    constant=numpy.asarray,
    assigned=assigned,
    detach=plain,
    number=lambda x: float(plain(x)),
)


def inputs(arrays: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(arrays)


def operation(forward: Callable[..., Any], vjps: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    @extend.primitive  # type: ignore[untyped-decorator]
    def seeded(*xs: Any) -> Any:
        return forward(*xs)

    def maker(vjp: Callable[..., Any], y: Any, *xs: Any) -> Callable[[Any], Any]:
        return lambda g: vjp(g, y, *xs)

    extend.defvjp(seeded, *[partial(maker, vjp) for vjp in vjps])
    operation: Callable[..., Any] = seeded
    return operation


def check(f: Callable[..., Any], xs: Sequence[Any], order: int) -> None:
    """Raises what the checker raises."""
    numpy.random.seed(0)  # it draws its directions there
    check_grads(f, tuple(range(len(xs))), modes=["rev"], order=order)(*xs)


def gradient(f: Callable[..., Any], xs: Sequence[Any], weights: Sequence[float]) -> list[Any]:
    def total(*xs: Any) -> Any:
        result = f(*xs)
        outputs = result if isinstance(result, tuple) else (result,)
        flat = np.concatenate([np.reshape(y, -1) for y in outputs])
        return np.sum(flat * numpy.array(weights[: len(flat)]))

    found: list[Any] = list(autograd.grad(total, tuple(range(len(xs))))(*xs))
    return found
