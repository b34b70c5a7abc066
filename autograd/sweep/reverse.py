"""The reverse sweep beside the nodes: it touches no ``grad``, and can record itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from autograd import accept
from autograd.errors import DTypeError, GraphError, ShapeError
from autograd.node import Node, Recorded, require_grad, topological
from autograd.state import mode
from autograd.sweep.section import Section


def swept(output: Recorded, seed: Any) -> tuple[list[Recorded], list[Any]]:
    """What it is computed from, in order, and d output / d each; None where no path leads. Of a constant, nothing.

    Nobody's ``grad`` is touched.
    """
    if not output.requires_grad:
        return [], []
    section = Section([output])
    return section.places, section.back(seed, record=False)


@overload
def gradients(y: Node, xs: Node, create_graph: bool = ...) -> Any: ...
@overload
def gradients(y: Node, xs: Sequence[Node], create_graph: bool = ...) -> list[Any]: ...
def gradients(y: Node, xs: Node | Sequence[Node], create_graph: bool = False) -> Any:
    """The gradient of y by one node, or by each of several, without touching anybody's ``grad``.

    ``y`` holds one number; ``xs`` may be leaves or inner nodes; a node that y does not depend on gets zero.
    The results are floats or arrays of the shapes of ``xs``; with ``create_graph`` they are nodes that can be
    differentiated again. Inside ``no_grad()`` there is none, of what was computed there.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> slope = autograd.gradients(x**3, x, create_graph=True)
    >>> slope.data, autograd.gradients(slope, x)
    (27.0, 18.0)

    Raises `ShapeError` if y holds more than one number, `GraphError` for an x that requires no gradient, and with
    ``create_graph`` `StaleDataError` if data changed since it was recorded; also `GraphError` for an x that something
    was assigned to after y was computed from it.
    """
    several = isinstance(xs, Sequence)
    targets: list[Any] = list(xs) if isinstance(xs, Sequence) else [xs]
    for node in (y, *targets):
        if not isinstance(node, Node):
            raise DTypeError(f"gradients: expected Values or Tensors, got {type(node).__name__}{cure(node)}")
    for node, is_tracked in zip(targets, require_grad(targets), strict=True):
        if not is_tracked:
            raise GraphError(f"gradients: {node.label or 'one of xs'} is a constant: make it with requires_grad=True")
    if y.size != 1:
        raise ShapeError(f"gradients: y must hold one number, got shape {y.shape}: reduce it with .sum() or .mean()")
    if not y.requires_grad and mode() == "no_grad":
        raise GraphError("gradients: y was computed inside no_grad(), where nothing is recorded: compute it outside")
    create_graph = accept.flag(create_graph, "gradients", "create_graph")
    section = Section([y._record])
    adjoints = section.back(y._filled(1.0), create_graph) if y.requires_grad else [None] * len(section.places)
    found: dict[int, Any] = {}
    for place, adjoint in zip(section.places, adjoints, strict=True):
        if adjoint is not None:  # of a leaf that had several data, the sum
            found[place._key] = found[place._key] + adjoint if place._key in found else adjoint
    expect_present(y, [x for x in targets if x._record._key not in found])
    results = []
    for x in targets:
        adjoint = found.get(x._record._key, x._filled(0.0))
        if create_graph:  # what is no node depends on nothing
            adjoint = section.held(+adjoint if isinstance(adjoint, Node) else x._as_constant(adjoint))
        elif isinstance(adjoint, np.ndarray | np.generic):
            adjoint = np.array(adjoint)  # it belongs to the caller alone
        results.append(adjoint)
    return results if several else results[0]


def expect_present(y: Node, missing: Sequence[Node]) -> None:
    """Refuse nodes of which y has an earlier state alone, from before something was assigned to them."""
    changed = [x for x in missing if x._before]
    places = {place._key for place in topological([y._record])} if changed else set()
    for x in changed:
        if x._record._key not in places and any(place._key in places for place in x._before):
            raise GraphError(
                f"gradients: y was computed from what {x.label or 'one of xs'} was before something was assigned to "
                "it, or to what it looks into: ask for the gradient before, or assign to a copy, as in t = +x"
            )


def zero_grad(*nodes: Node) -> None:
    """Forget the gradients of these nodes: of all of them, or, where an interrupt comes, of none.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> (x * x).backward()
    >>> zero_grad(x)
    >>> x
    Value(data=3.0, grad=–)
    """
    for node in nodes:
        if not isinstance(node, Node):
            raise DTypeError(f"zero_grad: expected Values or Tensors, got {type(node).__name__}{cure(node)}")
    grads = [node.grad for node in nodes]
    try:
        forget(nodes)
    except BaseException:  # an interrupt
        give(nodes, grads)
        raise


def forget(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.zero_grad()


def give(nodes: Sequence[Node], grads: Sequence[Any]) -> None:
    for node, grad in zip(nodes, grads, strict=True):
        node.grad = grad


def cure(given: Any) -> str:
    """What to do about an array or list where nodes were expected."""
    if isinstance(given, np.ndarray) and given.dtype == object:
        return ": give its one element, .item()" if given.size == 1 else ": give its elements, w.flat"
    return ": give its elements one by one" if isinstance(given, list | tuple) else ""
