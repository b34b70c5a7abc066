"""For torch: tensors, Modules and their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd import tree
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
from autograd.check.engines.torch_modules import Parameters, buffers_kept, module_of, one_thread
from autograd.check.report import Finding, Report

#: How many shapes a message shows.
SHOWN = 5


def check_torch(f: Callable[..., Any], *inputs: Any, order: int = 1, rng: Any = 0) -> Report:
    """Check the gradients that torch gives of ``f(*inputs)``, against differences and complex steps of ``f`` itself.

    Inputs are tensors and arrays of floats of any shape, Modules, floats, and trees of these (tuples, lists, dicts,
    dataclasses); whatever else they hold is passed on. ``f`` may be a Module, or a method of one. Parameters that
    require a gradient are checked under their names. Each float of the result, which may be a tree too, is pulled back
    from a random cotangent of its own, drawn by ``rng``. ``order=2`` checks the gradient of the gradient, too.

    Differences need double precision: ``f`` gets float64 copies on the CPU, also of Modules. What the person gave is
    never written to, and neither are buffers of Modules that ``f`` closes over, or the state of torch's generators.

    >>> import torch  # doctest: +SKIP
    >>> print(check_torch(torch.nn.Linear(3, 2), torch.ones(4, 3)))  # doctest: +SKIP
    check_torch of Linear passed; checked 20 elements, 2 directions against differences of a copy in float64

    Raises `ImportError` where torch is not installed, `TypeError` where no input or no result is of floats, where one
    is complex, and where ``f`` takes float32 alone, `ValueError` for another order, and what ``f`` raises.
    """
    torch = installed("torch")
    engine = Torch(torch)
    with torch.random.fork_rng(), buffers_kept(torch), one_thread(torch):
        return checked(subject_of(engine, f, inputs), order, rng)


class Torch(Engine):
    name = "torch"
    cure = (
        "give the Module itself as f or as an input, which is then copied in float64, or .double() what f closes over"
    )

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def array(self, x: Any) -> Any:
        return self.torch.tensor(np.asarray(x))

    def copy(self, x: Any) -> Any:
        if isinstance(x, self.torch.Tensor):
            return x.clone()
        return x.copy() if isinstance(x, np.ndarray) else x

    def numbers(self, x: Any) -> Array:
        if isinstance(x, self.torch.Tensor):
            x = x.detach().cpu().to(self.torch.complex128 if x.is_complex() else self.torch.float64).numpy()
        return np.array(x, dtype=complex if kind_of_numpy(x) == "complex" else float)

    def writable(self, x: Any) -> Array | None:
        if isinstance(x, self.torch.Tensor):
            return self.numbers(x)
        return x if isinstance(x, np.ndarray) else None

    def kind(self, x: Any) -> str | None:
        if isinstance(x, self.torch.Tensor):
            return "float" if x.is_floating_point() else "complex" if x.is_complex() else None
        return kind_of_numpy(x)

    def recorded(self, function: Function, values: Sequence[Any]) -> tuple[list[Any], Results]:
        """Leaves that require a gradient, and the results; so it is recorded for code that takes gradients itself."""
        with self.torch.enable_grad():
            leaves = [self.array(x).requires_grad_() for x in values]
            return leaves, function(leaves)

    def run(self, function: Function, values: Sequence[Any]) -> list[Array]:
        return [self.numbers(y) for _, y in self.recorded(function, values)[1]]

    def pull(self, function: Function, values: Sequence[Any], k: int, seed: Any) -> Pulled:
        leaves, results = self.recorded(function, values)
        y = results[k][1]
        found: Sequence[Any] = [None] * len(leaves)
        if self.has_gradient(y):
            found = self.torch.autograd.grad(y, leaves, seed.to(y.dtype), allow_unused=True)
        return Pulled(self.numbers(y), [None if g is None else self.numbers(self.dense(g)) for g in found])

    def gradient_of(self, function: Function, count: int) -> Function:
        def gradients(values: Sequence[Any]) -> Results:
            leaves, seeds = values[:count], values[count:]
            pairs = [(y, s) for (_, y), s in zip(function(leaves), seeds, strict=True) if self.has_gradient(y)]
            found: Sequence[Any] = [None] * count
            if pairs:
                ys, cotangents = zip(*pairs, strict=True)
                found = self.torch.autograd.grad(ys, leaves, cotangents, create_graph=True, allow_unused=True)
            zeros = self.torch.zeros_like
            return [("", zeros(x) if g is None else self.dense(g)) for g, x in zip(found, leaves, strict=True)]

        return gradients

    def has_gradient(self, y: Any) -> bool:
        return isinstance(y, self.torch.Tensor) and bool(y.requires_grad)

    def dense(self, g: Any) -> Any:
        """As an embedding may have a sparse one."""
        return g if g.layout == self.torch.strided else g.to_dense()

    def unwatched(self, function: Function, values: Sequence[Any]) -> Sequence[Finding]:
        leaves, results = self.recorded(function, values)
        own = {id(x) for x in leaves}
        others = [x for x in leaves_below([y for _, y in results if self.has_gradient(y)]) if id(x) not in own]
        if not others:
            return ()
        shapes = ", ".join(str(tuple(x.shape)) for x in others[:SHOWN]) + ", …" * (len(others) > SHOWN)
        message = f"f closes over {len(others)} tensors that require a gradient, not looked at, of shapes {shapes}"
        message += ": give them, or their Module, as inputs"
        return [Finding(outcome="missing", check="gradient", message=message)]


def leaves_below(results: Sequence[Any]) -> Iterator[Any]:
    """The tensors that gradients of results end in."""
    nodes = [y.grad_fn for y in results]
    seen = set(nodes)
    while nodes:
        node = nodes.pop()
        if hasattr(node, "variable"):
            yield node.variable
        below = {other for other, _ in node.next_functions if other is not None} - seen
        seen |= below
        nodes += below


def subject_of(engine: Torch, f: Callable[..., Any], inputs: Sequence[Any]) -> Subject:
    """The leaves of all inputs, and after them the parameters of the Modules among these."""
    torch = engine.torch
    module, function, signature = module_of(torch, f)
    roots = input_names(signature, len(inputs))
    if module is not None:
        roots, inputs = ["", *roots], [module, *inputs]
    leaves, structure = tree.flatten(list(inputs))
    names = [root + path for root, each in zip(roots, inputs, strict=True) for path, _ in tree.leaves_with_paths(each)]
    modules = {i: leaf for i, leaf in enumerate(leaves) if isinstance(leaf, torch.nn.Module)}
    parameters = Parameters(torch, {names[i]: each for i, each in modules.items()})
    count = len(leaves)

    def call(parts: Sequence[Any]) -> Results:
        given = list(parts[:count])
        for i, copy in zip(modules, parameters.copies, strict=True):
            given[i] = copy
        result = parameters.call(function, tree.unflatten(structure, given), parts[count:])
        return [(path, y) for path, y in tree.leaves_with_paths(result) if engine.kind(y) is not None]

    parts = [on_cpu(torch, leaf) for leaf in leaves]
    return Subject(
        title_of("check_torch", f),
        engine,
        [*names, *parameters.names],
        [*parts, *parameters.values],
        call,
        "differences of a copy in float64" if modules else "differences in float64",
    )


def on_cpu(torch: Any, leaf: Any) -> Any:
    return leaf.detach().cpu() if isinstance(leaf, torch.Tensor) else leaf
