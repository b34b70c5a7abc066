"""From a function to its derivatives along directions: jvp pushes tangents forward, vjp pulls cotangents back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import accept, tree
from autograd.call import shape_of
from autograd.errors import DTypeError, ShapeError
from autograd.node import Node, require_grad
from autograd.ops.shaping import astype
from autograd.scalar.value import Value
from autograd.state import mode, recording
from autograd.sweep.events import plain
from autograd.sweep.section import Section
from autograd.tensor.tensor import Tensor
from autograd.transforms.forward import push


def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of ``f(*primals)`` and how it moves when the primals move along the tangents: (out, J · tangents).

    With ``has_aux``, ``f`` returns a pair, of which the second is handed on as a third result.

    Each primal is a Value, a Tensor, a float, an array of floats, or a tree of these, and its tangent is of the same
    structure and shapes; a leaf of it may be a node or a plain number or array. ``f`` gets Values and Tensors: a float
    becomes a Value (beside arrays and Tensors a Tensor of their dtype), an array a Tensor. It is run once, and only
    through its arguments: a node that it finds elsewhere, even one of the primals, counts as a constant.

    Both results have the structure of what ``f`` returns, and hold Values and Tensors where that does (plain zeros are
    the tangents of plain numbers). They are recorded, so that they can be differentiated again, if anything given or
    found by ``f`` is tracked; else, and inside `no_grad`, they are constants. Nobody's ``grad`` is touched.

    >>> from autograd import Value, jvp
    >>> y, slope = jvp(lambda x: x**3, (2.0,), (1.0,))
    >>> y.data, slope.data
    (8.0, 12.0)
    >>> import numpy as np
    >>> jvp(lambda p: p["w"] * p["x"], ({"w": np.array([1.0, 2.0]), "x": 3.0},), ({"w": np.ones(2), "x": 0.0},))[1]
    Tensor([3., 3.], requires_grad=False)

    Raises `ShapeError` if structures or shapes differ, `DTypeError` for leaves that are no real floating-point numbers.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            cure = "write jvp(f, (x,), (t,))"
            raise DTypeError(f"jvp: expected {name} as a tuple, one for each argument of f, got {kind(given)}: {cure}")
    function, aux = beside_aux("jvp", f) if has_aux else (f, [])
    call = Call("jvp", function, tuple(primals))
    return (*along("jvp: the tangent of primals", call, tuple(primals), tuple(tangents)), *call.beside(aux))


def along(what: str, call: Call, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of a call, and how it moves along the tangents of its primals."""
    moving = fitted_leaves(what, primals, tangents, call.sources)
    record = call.is_recorded(moving)
    pushed = push(call.section, unrecorded(moving, record), call.outputs, record)
    found = {place._key: t for place, t in zip(call.outputs, pushed, strict=True)}
    out = [primal_out(y, record) for y in call.leaves]
    moved = [node_like(y, found.get(y._record._key) if isinstance(y, Node) else None) for y in call.leaves]
    if record:
        moved = [call.section.held(t, *moving) for t in moved]
    return call.result(out), call.result(moved)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of ``f(*primals)``, and a function from cotangents of it to those of the primals: a tuple, one each.

    With ``has_aux``, ``f`` returns a pair, of which the second is handed on as a third result.

    What primals may be, what ``f`` gets, and when results are recorded, is as for `jvp`. The cotangents have the
    structure and shapes of what ``f`` returns. The function may be called again and again.

    >>> from autograd import vjp
    >>> y, pull = vjp(lambda w, x: w * x, 3.0, 4.0)
    >>> y.data, [g.data for g in pull(1.0)]
    (12.0, [4.0, 3.0])

    Raises `ShapeError` if structures or shapes differ, `DTypeError` for leaves that are no real floating-point numbers.
    """
    function, aux = beside_aux("vjp", f) if has_aux else (f, [])
    call = Call("vjp", function, primals)
    out = call.result([primal_out(y, call.is_recorded([])) for y in call.leaves])

    def vjp_fn(cotangents: Any) -> tuple[Any, ...]:
        shown = call.result(call.leaves)
        seeds = fitted_leaves("vjp: the cotangent of the output", shown, cotangents, call.leaves)
        record = call.is_recorded(seeds)
        results = call.pull(seeds, record)
        if not record:
            results = [node_like(x, adjoint) for x, adjoint in zip(call.sources, results, strict=True)]
        pulled: tuple[Any, ...] = tree.unflatten(call.structure, results)
        return pulled

    return (out, vjp_fn, *call.beside(aux))


def beside_aux(name: str, f: Callable[..., Any]) -> tuple[Callable[..., Any], list[Any]]:
    """A function that gives the first of two results of ``f``, and a list that will have the other."""
    aux: list[Any] = []

    def first(*primals: Any) -> Any:
        pair = f(*primals)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise DTypeError(f"{name}: expected f to return (value, aux), as has_aux=True says, got {kind(pair)}")
        aux[:] = pair[1:]
        return pair[0]

    return first, aux


class Call:
    """One call of a function, recorded from nodes of its own, so that no other derivative can be taken for this one.

    ``beside`` are the dtypes of arrays that ``f`` has elsewhere: a float beside them becomes a Tensor.
    """

    def __init__(
        self, name: str, f: Callable[..., Any], primals: tuple[Any, ...], beside: Sequence[np.dtype[Any]] = ()
    ) -> None:
        given, self.structure = tree.flatten(primals)
        self.sources = sources(name, primals, given, beside)
        self.is_linked = any(node.op is not None for node in self.sources)
        places = [node._record for node in self.sources]  # f may assign to elements
        with recording():
            result = f(*tree.unflatten(self.structure, self.sources))
        self.leaves, self.out_structure = tree.flatten(result)
        for path, y in tree.leaves_with_paths(result):
            if not isinstance(y, Node) and np.asarray(y).dtype.kind not in "fiub":
                raise DTypeError(f"{name}: expected f to return numbers, got {kind(y)} at the output{path}")
        self.outputs = [y._record for y in self.leaves if isinstance(y, Node)]
        self.section = Section(self.outputs, places)

    def result(self, leaves: Sequence[Any]) -> Any:
        return tree.unflatten(self.out_structure, leaves)

    def beside(self, aux: Sequence[Any]) -> list[Any]:
        """What ``f`` returned besides; its nodes are constants where nothing is recorded."""
        record = self.is_recorded()
        return [tree.map(lambda y: primal_out(y, record), other) for other in aux]

    def is_recorded(self, directions: Sequence[Any] = ()) -> bool:
        """Whether derivatives along these are recorded: if anything that they depend on is tracked."""
        return mode() != "no_grad" and (self.is_linked or self.section.is_open or any(tracked(directions)))

    def pull(self, seeds: Sequence[Any], record: bool) -> list[Any]:
        """The adjoint of each source, from a seed for each leaf of the result: numbers, with ``record`` nodes.

        None where no path leads.
        """
        given = zip(self.leaves, unrecorded(seeds, record), strict=True)
        of_nodes = [seed for y, seed in given if isinstance(y, Node)]
        adjoints = map(plain, self.section.pull(zip(self.outputs, of_nodes, strict=True), record))
        if not record:
            return list(adjoints)
        nodes = [node_like(x, adjoint) for x, adjoint in zip(self.sources, adjoints, strict=True)]
        return [self.section.held(g, *seeds) for g in nodes]


def tracked(leaves: Sequence[Any]) -> list[bool]:
    """Of each leaf whether it is a node that requires a gradient."""
    found = iter(require_grad(x for x in leaves if isinstance(x, Node)))
    return [isinstance(x, Node) and next(found) for x in leaves]


def sources(
    name: str, primals: tuple[Any, ...], leaves: Sequence[Any], beside: Sequence[np.dtype[Any]] = ()
) -> list[Any]:
    """For each leaf of the primals a node of its own that holds the same; recorded, where the leaf is tracked."""
    for (path, _), x in zip(tree.leaves_with_paths(primals), leaves, strict=True):
        if not is_floating(x):
            cure = f"write {x}.0, or close over it" if type(x) is int else "close over what is not differentiated"
            raise DTypeError(
                f"{name}: expected a float, an array of floats, a Value or a Tensor at primals{path}, got {kind(x)}: "
                f"{cure}, as in lambda x: f(x, n)"
            )
    arrays = [x.dtype for x in leaves if not isinstance(x, float | Value)] or beside
    dtype = np.result_type(*arrays) if arrays else None

    def source(x: Any, is_tracked: bool) -> Node:
        if is_tracked and mode() != "no_grad":
            twin: Node = x * 1
            return twin
        label = getattr(x, "label", None)
        if isinstance(x, Value):
            return Value(x.data, label)
        if isinstance(x, float):
            return Value(x) if dtype is None else Tensor(x, dtype=dtype)
        return Tensor(x, label=label)

    return list(map(source, leaves, tracked(leaves)))


def is_floating(x: Any) -> bool:
    return isinstance(x, float | Value) or (isinstance(x, Tensor | np.ndarray | np.generic) and x.dtype.kind == "f")


def fitted_leaves(what: str, expected: Any, given: Any, nodes: Sequence[Any]) -> list[Any]:
    """The leaves of a tree of tangents, or cotangents, each of its node's shape and dtype."""
    leaves, structure = tree.flatten(given)
    if structure != tree.flatten(expected)[1]:
        raise ShapeError(f"{what}: {tree.difference(expected, given, 2)}")
    paths = [path for path, _ in tree.leaves_with_paths(given)]
    return [fitted(what + path, t, node) for path, t, node in zip(paths, leaves, nodes, strict=True)]


def fitted(what: str, given: Any, node: Any) -> Any:
    scalar = isinstance(node, Value | float)
    if not is_floating(given) or isinstance(given, Tensor if scalar else Value):
        wanted = "a float or a Value" if scalar else f"a Tensor or an array of floats of shape {shape_of(node)}"
        cure = f": write {given}.0" if type(given) is int else ""
        raise DTypeError(f"{what}: expected {wanted}, got {kind(given)}{cure}")
    if shape_of(given) != shape_of(node):
        cure = "a tangent has the shape of what moves, a cotangent that of the output"
        raise ShapeError(f"{what}: expected shape {shape_of(node)}, got {shape_of(given)}: {cure}")
    if scalar:
        return given if isinstance(given, Value) else accept.number(given, what)
    dtype = getattr(node, "dtype", np.dtype(float))
    if isinstance(given, Tensor):
        return given if given.dtype == dtype else astype(given, dtype)
    return accept.numbers(given, what, dtype)


def unrecorded(leaves: Sequence[Any], record: bool) -> list[Any]:
    """The numbers of nodes, for a sweep that runs on numbers."""
    return [t._record._snapshot() if isinstance(t, Node) and not record else t for t in leaves]


def primal_out(y: Any, record: bool) -> Any:
    return y if record or not isinstance(y, Node) else y._as_constant(y._record._snapshot())


def node_like(y: Any, derivative: Any) -> Any:
    """A derivative as a node of the kind of ``y``; zero where there is none."""
    if not isinstance(y, Node):
        return 0.0 if shape_of(y) == () else np.zeros(shape_of(y), y.dtype if y.dtype.kind == "f" else float)
    if isinstance(derivative, Node):
        return +derivative  # it belongs to the caller alone, who may write to it
    return y._as_constant(y._filled(0.0) if derivative is None else derivative)


def kind(x: Any) -> str:
    """What was given, for a message."""
    return f"an array of {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
