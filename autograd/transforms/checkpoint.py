"""Memory for time: a part of a computation keeps its inputs alone, and is computed again on the way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from inspect import Parameter, Signature
from itertools import accumulate, pairwise
from math import prod
from typing import Any, NoReturn

import numpy as np

from autograd import tree
from autograd.errors import DTypeError, GraphError, StaleDataError
from autograd.node import Node, Recorded, topological
from autograd.op import Op
from autograd.ops.shaping import astype, concatenate, reshape
from autograd.program import Constant
from autograd.scalar.value import Value
from autograd.signature import each
from autograd.state import mode, no_grad
from autograd.sweep.batched import Batched
from autograd.sweep.events import is_masked, plain
from autograd.sweep.masked import Masked, numbers
from autograd.sweep.section import Section
from autograd.tensor.arrays import alike
from autograd.tensor.tensor import Tensor
from autograd.transforms.directional import Call

SIGNATURE = Signature([Parameter("xs", Parameter.POSITIONAL_OR_KEYWORD)])


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function like ``f`` that records one node: what is inside is computed again when a sweep comes there.

    So a graph holds what goes into ``f`` and comes out of it, and nothing between. The time is that of one more ``f``
    for each sweep. The Tensors among its arguments get their gradients, in trees too, and so do Tensors that it finds
    elsewhere, as the weights of a model. It may be nested, and differentiated again.

    Run again, ``f`` has to do the same, with the same numbers, bit for bit: random numbers are drawn outside. Whether a
    Tensor or an array that it finds elsewhere has changed is looked at; arrays among the arguments are copied.

    >>> import autograd
    >>> w = Tensor([1.0, 2.0])
    >>> layer = checkpoint(lambda x: np.tanh(w * x) * x)
    >>> y = layer(Tensor([0.5, 0.25])).sum()
    >>> y.backward()
    >>> w.grad.round(4)
    array([0.1966, 0.0492])
    >>> autograd.Graph.of(y)
    Graph(x1, w, q = checkpoint([x1, w]), y = sum(q))

    Raises `DTypeError` for Values, which hold their slopes in any case, `GraphError` for an ``f`` that assigns to its
    arguments, and for a graph that is pickled or copied with what runs ``f`` again; on the way back `StaleDataError`
    where ``f`` does not do the same again.
    """

    @wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs) if mode() == "no_grad" else Segment(f, args, kwargs).result()

    return checkpointed


class Checkpoint(Op):
    """The operation of one call: no other graph has it, and no table."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise GraphError("checkpoint: a graph that runs f again is not pickled or copied: take that of f itself")


def no_scalars(xs: Sequence[Any]) -> NoReturn:
    raise DTypeError("checkpoint: expected numbers or a Tensor, got Values: for a scalar graph, take that of f itself")


def fingerprint(call: Call) -> int:
    """Of all operations of a call, and what they compute with that is no node: by it, a second call is the same."""
    found: list[Any] = []
    for equation in call.section.equations:
        found.append(equation.op.name if equation.op is not None else "")
        constants = [x.data for x in equation.inputs if isinstance(x, Constant)]
        for leaf in (*constants, *tree.leaves(dict(equation.params))):
            if isinstance(leaf, Recorded):
                if leaf.requires_grad:  # it is looked at itself
                    continue
                leaf = leaf._snapshot()
            if isinstance(leaf, np.ndarray | np.generic):
                found.append(hash(leaf.tobytes()))
            else:  # a function is made anew each time, maybe, and has its address in its repr
                found.append(getattr(leaf, "__qualname__", None) or repr(leaf))
    return hash(tuple(found))


class Segment:
    """One call of a function that is checkpointed."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f = f
        given, self.structure = tree.flatten((args, kwargs))
        if any(isinstance(x, Value) for x in given):
            raise DTypeError("checkpoint: expected arrays or Tensors, got a Value, whose slopes are kept with it")
        self.arguments = [x.copy() if isinstance(x, np.ndarray) else x for x in given]
        self.places = [k for k, x in enumerate(given) if isinstance(x, Tensor)]
        self.primals = tuple([given[k] for k in self.places])
        for k in self.places:
            self.arguments[k] = None
        call = self.run(self.primals)
        self.closed = self.found_elsewhere(call)
        self.mark = fingerprint(call)
        self.out_structure = call.out_structure
        self.leaves = [plain_output(y) for y in call.leaves]
        self.shapes = [place.shape for place in call.outputs]
        self.dtypes = [place._dtype for place in call.outputs]
        self.first = [joined([place._snapshot() for place in call.outputs])] if call.outputs else []

    def run(self, primals: Sequence[Any]) -> Call:
        call = Call("checkpoint", self.call, tuple(primals))
        for node, place in zip(call.sources, call.section.places, strict=False):
            if node._record is not place:
                raise GraphError(
                    f"checkpoint: expected f to leave its arguments as they are, it assigns to one of shape "
                    f"{node.shape}: assign to a copy, as t = t + 0 makes it"
                )
        return call

    def call(self, *primals: Any) -> Any:
        given = list(self.arguments)
        for k, primal in zip(self.places, primals, strict=True):
            given[k] = primal
        args, kwargs = tree.unflatten(self.structure, given)
        return self.f(*args, **kwargs)

    def found_elsewhere(self, call: Call) -> list[Node]:
        """What else that is tracked the outputs depend on: leaves, and what was computed before ``f`` was called.

        Of what is computed of these alone, a second call tells what is made in ``f`` from what was there before.
        """
        made = elsewhere(call)
        if any(place.op is not None for place in made):
            again = {id(place) for place in elsewhere(self.run(self.primals)) if place.op is not None}
            there = {id(place) for place in made} & again
            made = elsewhere(call, there)
        else:
            there = set()
        closed = [place for place in made if place.op is None or id(place) in there]
        if any(isinstance(place, Value) for place in closed):
            raise DTypeError("checkpoint: expected f to find Tensors, it found a Value, whose slopes are kept with it")
        return list({place._key: place._node for place in closed}.values())

    def result(self) -> Any:
        """What the function returned, computed by one node."""
        if not self.shapes:
            return tree.unflatten(self.out_structure, self.leaves)
        op = Checkpoint(
            "checkpoint",
            self.forward,
            (each(self.vjp),),
            SIGNATURE,
            is_elementwise=False,
            doc="a checkpoint computes what is inside it again, and sends the gradient back through that",
            symbol="checkpoint",
            scalars=no_scalars,
            method=False,
        )
        inputs = [*self.primals, *self.closed]
        whole = op(inputs) if inputs else Tensor(self.first.pop(), requires_grad=False)
        parts = iter(self.parts(whole))
        return tree.unflatten(self.out_structure, [next(parts) if y is None else y for y in self.leaves])

    def forward(self, xs: Sequence[Any]) -> Any:
        """All outputs one behind the other: as they were computed, or, in a replay, as they are of other numbers."""
        if self.first:
            return self.first.pop()
        self.expect_same([np.asarray(x) for x in xs[len(self.primals) :]], GraphError, "give it as an argument")
        with no_grad():
            result = self.call(*[Tensor(x, requires_grad=False) for x in xs[: len(self.primals)]])
        outputs = [y for y, was in zip(tree.leaves(result), self.leaves, strict=True) if was is None]
        return joined([numbers(y) for y in outputs])

    def vjp(self, g: Any, y: Any, xs: Sequence[Any]) -> Callable[[int], Any]:
        xs = [plain(x) for x in xs]
        self.expect_same([numbers(x) for x in xs[len(self.primals) :]], StaleDataError, "run the forward again")
        call = self.run(xs[: len(self.primals)])
        is_same = alike(joined([place._snapshot() for place in call.outputs]), numbers(y))
        if not is_same or fingerprint(call) != self.mark:
            raise StaleDataError(
                "checkpoint: f did not do the same when it was run again: what it reads has changed, or is random; "
                "draw random numbers outside, and give them as arguments"
            )
        places = [*call.section.places[: call.section.sources], *[x._record for x in self.closed]]
        section = Section(call.outputs, places)
        record = any(isinstance(x, Node) for x in (*xs, held(g)))
        adjoints = section.pull(zip(call.outputs, self.parts(g), strict=True), record)
        return lambda k: part_of(adjoints[k], xs[k], g)

    def expect_same(self, closed: Sequence[Any], error: type[GraphError], cure: str) -> None:
        """Refuse to run again if what is found elsewhere holds other numbers by now than these."""
        for node, array in zip(self.closed, closed, strict=True):
            if not alike(node._record._snapshot(), array):
                raise error(
                    f"checkpoint: the data of {node.label or 'a Tensor'} (shape {node.shape}), which f finds for "
                    f"itself, changed after it was used: {cure}"
                )

    def parts(self, whole: Any) -> list[Any]:
        """The outputs, or their gradients, from all of them one behind the other."""
        if len(self.shapes) == 1:
            return [whole]
        ends = accumulate(map(prod, self.shapes), initial=0)
        parts = [reshape(whole[a:b], shape) for (a, b), shape in zip(pairwise(ends), self.shapes, strict=True)]
        return [
            part if part.dtype == dtype else astype(part, dtype) for part, dtype in zip(parts, self.dtypes, strict=True)
        ]


def elsewhere(call: Call, ends: Collection[int] = ()) -> list[Recorded]:
    """What a call depends on that is no source, nor computed from one; a walk goes no further than the ``ends``."""
    inside = {id(place) for place in call.section.places}
    sources = {id(place) for place in call.section.places[: call.section.sources]}
    walked = topological(call.outputs, tracked_only=True, seen=sources.union(ends))
    ending = [x for place in walked for x in place.inputs if id(x) in ends]
    ending += [place for place in call.outputs if id(place) in ends]
    found = [place for place in walked if id(place) not in inside and place.requires_grad]
    return [*found, *{id(x): x for x in ending}.values()]


def plain_output(y: Any) -> Any:
    """An output that is no node as it is; None for a node, which the checkpoint computes."""
    if isinstance(y, Value):
        raise DTypeError("checkpoint: expected f to return Tensors, got a Value, whose slopes are kept with it")
    return None if isinstance(y, Node) else y


def joined(arrays: Sequence[Any]) -> Any:
    """Arrays as one: alone as it is, several one behind the other."""
    return arrays[0] if len(arrays) == 1 else concatenate([x.reshape(-1) for x in arrays])


def held(g: Any) -> Any:
    """What is in a batch, or in what says which of its zeros are no numbers."""
    while isinstance(g, Batched | Masked):
        g = g.data
    return g


def part_of(adjoint: Any, x: Any, g: Any) -> Any:
    """What goes to an input; structural zeros stay such beside a gradient that has some."""
    if adjoint is not None:
        return adjoint if is_masked(g) else plain(adjoint)
    none = np.zeros(x.shape, x.dtype)
    return Masked(none, np.zeros(none.shape, bool)) if is_masked(g) else none
