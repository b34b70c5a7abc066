"""Whole Jacobians and Hessians: many cotangents are pulled back at once, or many tangents pushed forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from math import prod
from typing import Any, Literal

import numpy as np

from autograd import tree
from autograd.anomaly import is_detecting
from autograd.call import shape_of
from autograd.node import Node, Recorded
from autograd.ops.shaping import astype, broadcast_to, concatenate, reshape, transpose
from autograd.scalar.value import Value
from autograd.sweep.batched import Batched
from autograd.sweep.events import plain
from autograd.sweep.hooked import is_hooked
from autograd.sweep.masked import Masked, numbers
from autograd.tensor.sweep import has_nan
from autograd.tensor.tensor import Tensor
from autograd.transforms.arguments import Argnames, Argnums, Arguments, plain_like, plain_of
from autograd.transforms.directional import Call, beside_aux
from autograd.transforms.forward import push
from autograd.transforms.gradient import differentiated

Function = Callable[..., Any]
Mode = Literal["forward", "reverse"]

#: How many numbers the largest array of a batch has at most: beyond that there are several batches.
MOST = 2**22


def jacobian(f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False) -> Function:
    """A function like ``f`` that gives its Jacobian: every output by every input.

    Of an array by an array it has the shape of the one followed by that of the other. Where ``f`` returns a tree, each
    leaf of it is such a derivative; where the argument is a tree, each is a tree of these. How arguments are chosen,
    what ``f`` gets, ``has_aux``, and when the result holds nodes, is as for `grad`.

    All rows are pulled back at once, or, where there are fewer inputs than outputs, all columns pushed forward; in
    batches, where they are many. (Of functions of Values, one after the other.) A one-hot seed's zeros are no numbers:
    what does not depend on an input has the derivative 0 by it, also beside an infinite slope.

    >>> jacobian(lambda x: x * x[0])(np.array([1.0, 3.0]))
    array([[2., 0.],
           [3., 1.]])
    >>> jacobian(lambda x, y: [x * y, x + y], argnums=(0, 1))(2.0, 3.0)
    [(3.0, 2.0), (1.0, 1.0)]

    Raises `DTypeError` for arguments that are no real numbers, `GraphError` for arguments that are not there.
    """
    return of_mode("jacobian", f, argnums, argnames, None, has_aux)


def jacrev(f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False) -> Function:
    """`jacobian` by reverse mode, row by row: for few outputs.

    >>> jacrev(lambda x: x @ x)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return of_mode("jacrev", f, argnums, argnames, "reverse", has_aux)


def jacfwd(f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False) -> Function:
    """`jacobian` by forward mode, column by column: for few inputs.

    >>> jacfwd(lambda t: t * np.array([1.0, 2.0, 3.0]))(np.array(2.0))
    array([1., 2., 3.])
    """
    return of_mode("jacfwd", f, argnums, argnames, "forward", has_aux)


def hessian(f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False) -> Function:
    """A function like ``f`` that gives its Hessian: of the one number that ``f`` returns, the second derivatives.

    It is the Jacobian of the gradient, with its shapes and trees. Of its product with a vector, `hvp` is all there is
    to compute.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    >>> hessian(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 3.0})
    {'a': {'a': 0.0, 'b': 1.0}, 'b': {'a': 1.0, 'b': 0.0}}

    Raises `ShapeError` where ``f`` returns more than one number.
    """
    both = differentiated("hessian", f, argnums, argnames, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return of_mode("hessian", gradient, argnums, argnames, None, has_aux)


def of_mode(name: str, f: Function, argnums: Argnums, argnames: Argnames, mode: Mode | None, has_aux: bool) -> Function:
    """A Jacobian by one mode; without one, by that of fewer seeds, or by reverse mode, which alone comes to hooks."""

    @wraps(f)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        arguments = Arguments(name, f, args, kwargs, argnums, argnames)
        function, aux = beside_aux(name, arguments) if has_aux else (arguments, [])
        call = Call(name, function, arguments.primals, arguments.beside())
        rows = Blocks(call, tree.leaves(arguments.primals), mode).rows()
        found = squared(call.result([arguments.result(tree.unflatten(call.structure, row)) for row in rows]))
        if not has_aux:
            return found
        return (found, *[other if call.is_recorded() else tree.map(plain_of, other) for other in aux])

    return derivatives


def squared(result: Any) -> Any:
    """An array of arrays of objects, as Values come in, as one array, the axes of the inner behind its own."""
    if not (isinstance(result, np.ndarray) and result.dtype == object and result.size):
        return result
    first = result.flat[0]
    if not (isinstance(first, np.ndarray) and first.dtype == object):
        return result
    return np.stack([*result.flat]).reshape(result.shape + first.shape)


class Blocks:
    """The Jacobian of a call by blocks, each of one leaf of the result by one of the primals."""

    def __init__(self, call: Call, primals: Sequence[Any], mode: Mode | None) -> None:
        self.call, self.primals = call, primals
        self.section = call.section
        self.record = call.is_recorded()
        inputs = self.section.places[: self.section.sources]
        if mode is None:
            of_the_way_back = is_detecting() or any(map(is_hooked, call.outputs))
            mode = "forward" if total(inputs) < total(call.outputs) and not of_the_way_back else "reverse"
        self.mode = mode
        self.seeded = inputs if mode == "forward" else call.outputs

    def rows(self) -> list[list[Any]]:
        """For each leaf of the result, its derivatives by the leaves of the primals."""
        strips = [self.strips(k) for k in range(len(self.seeded))]
        number = iter(range(len(self.call.outputs)))
        rows = []
        for y in self.call.leaves:
            i = next(number) if isinstance(y, Node) else None
            row = []
            for k, x in enumerate(self.call.sources):
                part = None
                if i is not None:
                    part = strips[k][i] if self.mode == "forward" else strips[i][k]
                row.append(self.block(part, y, x, self.primals[k]))
            rows.append(row)
        return rows

    def strips(self, k: int) -> list[Any]:
        """What one-hot seeds of one place bring to each other: an axis of seeds, then its own; None for nothing.

        A Value has one seed, and no axis of these.
        """
        place = self.seeded[k]
        size = prod(place.shape)
        if place._dtype is None:
            return self.sweep(k, 1.0)
        if size == 0:
            return [None] * (len(self.call.outputs) if self.mode == "forward" else len(self.primals))
        step = max(1, MOST // max([prod(each.shape) or 1 for each in self.section.places]))
        parts = [self.batch(k, one_hot(place, start, min(start + step, size))) for start in range(0, size, step)]
        if len(parts) == 1:
            return parts[0]
        return [None if column[0] is None else concatenate(column, 0) for column in zip(*parts, strict=True)]

    def batch(self, k: int, seeds: Any) -> list[Any]:
        """What a stack of seeds brings; once more, with zeros that are no numbers, where a NaN shows."""
        alive = Masked(seeds, seeds != 0)
        found = self.sweep(k, Batched(alive if is_detecting() else seeds))
        if has_nan([numbers(x) for x in found if x is not None]):
            found = self.sweep(k, Batched(alive))
        return [None if x is None else stack_of_all(x, len(seeds)) for x in found]

    def sweep(self, k: int, seed: Any) -> list[Any]:
        """What a seed of one place brings to each source, or in forward mode to each output; None for nothing."""
        if self.mode == "reverse":
            return list(map(plain, self.section.pull([(self.seeded[k], seed)], self.record, careful=self.record)))
        tangents = [seed if i == k else None for i in range(len(self.seeded))]
        return push(self.section, tangents, self.call.outputs, self.record)

    def block(self, part: Any, y: Any, x: Any, given: Any) -> Any:
        """One block as people get it: an axis for each of the output, then those of the input."""
        shape = (*shape_of(y), *shape_of(x))
        if part is not None and isinstance(x, Tensor):
            if self.mode == "forward":  # its axis of seeds is that of the input
                part = transpose(part, (*range(1, len(y.shape) + 1), 0))
            part = reshape(part, shape)
            part = part if part.dtype == x.dtype else astype(part, x.dtype)
        if self.record:
            return self.section.held(as_node(part, shape, x))
        if not shape_of(y):
            return plain_like(given, part)
        return np.zeros(shape, getattr(x, "dtype", None)) if part is None else np.array(part)


def as_node(part: Any, shape: tuple[int, ...], x: Any) -> Node:
    """A block as a node, which belongs to the caller alone; zeros where there is none."""
    if isinstance(part, Node):
        return +part
    if isinstance(x, Value) and not shape:
        return x._as_constant(0.0 if part is None else part)
    return Tensor(np.zeros(shape, getattr(x, "dtype", None)) if part is None else part, requires_grad=False)


def total(places: Sequence[Recorded]) -> int:
    """How many numbers they hold."""
    return sum([prod(place.shape) for place in places])


def stack_of_all(x: Any, many: int) -> Any:
    """What each seed of a batch brings, as one array; a rule that does not read its gradient brings the same for all.

    >>> stack_of_all(Batched(np.eye(2)), 2).tolist(), stack_of_all(np.array([0.0, 1.0]), 2).tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]])
    """
    return x.data if isinstance(x, Batched) else broadcast_to(x, (many, *shape_of(x)))


def one_hot(place: Recorded, start: int, stop: int) -> Any:
    """A stack of seeds of that shape and dtype, each 1 in one of the elements from ``start`` to ``stop``."""
    seeds = np.zeros((stop - start, prod(place.shape)), place._dtype)
    seeds[range(stop - start), range(start, stop)] = 1
    return seeds.reshape(stop - start, *place.shape)
