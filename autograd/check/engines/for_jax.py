"""For jax: arrays, and trees as jax knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numpy as np

from autograd.check.audit.naming import input_names
from autograd.check.engines.checked import checked
from autograd.check.engines.engine import (
    Array,
    Engine,
    Function,
    Pulled,
    Results,
    Subject,
    installed,
    kind_of_numpy,
    title_of,
)
from autograd.check.report import Report


def check_jax(f: Callable[..., Any], *inputs: Any, order: int = 1, rng: Any = 0) -> Report:
    """Check the gradients that jax gives of ``f(*inputs)``, against differences and complex steps of ``f`` itself.

    Inputs are arrays of floats of any shape, floats, and trees of these, as jax knows them (``jax.tree_util``);
    whatever else they hold is passed on. ``f`` may be such a tree itself, as Modules of equinox are: its leaves are
    checked, too. Each float of the result, which may be a tree, is pulled back from a random cotangent of its own,
    drawn by ``rng``. ``order=2`` checks the gradient of the gradient, too.

    Differences need double precision: ``f`` gets float64 copies, and runs with 64 bits. Nothing is written to.

    >>> import jax  # doctest: +SKIP
    >>> print(check_jax(lambda p, x: p["W"] @ x, {"W": jax.numpy.ones((2, 3))}, jax.numpy.ones(3)))  # doctest: +SKIP
    check_jax of <lambda> passed; checked 9 elements, 2 directions against differences in float64

    Raises `ImportError` where jax is not installed, `TypeError` where no input or no result is of floats, where one is
    complex, and where ``f`` takes float32 alone, `ValueError` for another order, and what ``f`` raises.
    """
    jax = installed("jax")
    with wide(jax):
        return checked(subject_of(Jax(jax), f, inputs), order, rng)


def wide(jax: Any) -> Any:
    """A block with 64 bits, by whichever name this version of jax has for it."""
    if jax.config.jax_enable_x64:
        return nullcontext()
    owner = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    return owner.enable_x64(True)


class Jax(Engine):
    name = "jax"
    cure = "give arrays that f closes over as inputs, or .astype(float) them where 64 bits are enabled"

    def __init__(self, jax: Any) -> None:
        self.jax = jax

    def array(self, x: Any) -> Any:
        return self.jax.numpy.asarray(x)

    def copy(self, x: Any) -> Any:
        return x.copy() if isinstance(x, np.ndarray) else x  # arrays of jax cannot be written to

    def numbers(self, x: Any) -> Array:
        return np.array(x, dtype=complex if self.kind(x) == "complex" else float)

    def writable(self, x: Any) -> Array | None:
        return x if isinstance(x, np.ndarray) else None

    def kind(self, x: Any) -> str | None:
        if not isinstance(x, self.jax.Array):
            return kind_of_numpy(x)
        is_a, kinds = self.jax.numpy.issubdtype, self.jax.numpy
        return "float" if is_a(x.dtype, kinds.floating) else "complex" if is_a(x.dtype, kinds.complexfloating) else None

    def run(self, function: Function, values: Sequence[Any]) -> list[Array]:
        return [self.numbers(y) for _, y in function([self.array(x) for x in values])]

    def pull(self, function: Function, values: Sequence[Any], k: int, seed: Any) -> Pulled:
        y, pull = self.jax.vjp(lambda *xs: self.array(function(xs)[k][1]), *[self.array(x) for x in values])
        return Pulled(self.numbers(y), [self.numbers(g) for g in pull(seed.astype(y.dtype))])

    def gradient_of(self, function: Function, count: int) -> Function:
        def gradients(values: Sequence[Any]) -> Results:
            leaves, seeds = values[:count], values[count:]
            ys, pull = self.jax.vjp(lambda *xs: [self.array(y) for _, y in function(xs)], *leaves)
            return [("", g) for g in pull([s.astype(y.dtype) for s, y in zip(seeds, ys, strict=True)])]

        return gradients


def subject_of(engine: Jax, f: Callable[..., Any], inputs: Sequence[Any]) -> Subject:
    """The leaves of the function, where it has any, and of all inputs."""
    trees = engine.jax.tree_util
    roots = ["", *input_names(f, len(inputs))]
    leaves, structure = trees.tree_flatten_with_path((f, *inputs))
    names = [(roots[path[0].idx] + trees.keystr(path[1:])).lstrip(".") for path, _ in leaves]

    def call(parts: Sequence[Any]) -> Results:
        function, *given = trees.tree_unflatten(structure, parts)
        found, _ = trees.tree_flatten_with_path(function(*given))
        return [(trees.keystr(path), y) for path, y in found if engine.kind(y) is not None]

    return Subject(title_of("check_jax", f), engine, names, [part for _, part in leaves], call)
