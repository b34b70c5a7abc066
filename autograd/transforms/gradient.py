"""From a function of numbers to its gradient: grad, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from autograd import tree
from autograd.call import shape_of
from autograd.node import Node
from autograd.transforms.arguments import Argnames, Argnums, Arguments, as_float, one_output, plain_like, plain_of
from autograd.transforms.directional import Call, along, beside_aux

Function = Callable[..., Any]


def value_and_grad(
    f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function like ``f`` that gives its value and its gradient.

    It is called as `grad` is, and what it gives is as there; with ``has_aux`` it gives ``((value, aux), gradient)``.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return differentiated("value_and_grad", f, argnums, argnames, has_aux)


def grad(f: Function, argnums: Argnums = 0, argnames: Argnames = None, has_aux: bool = False) -> Function:
    """A function like ``f`` that gives its gradient: of the one number that ``f`` returns, by some arguments.

    ``argnums`` are their positions; ``argnames``, in the place of these, their names, however they are given. By one
    argument it is the gradient, by several positions a tuple, by several names a dict. With ``has_aux``, ``f`` returns
    a pair of the number and of anything else, and the function ``(gradient, that)``.

    The arguments are floats, arrays, Values, Tensors, or trees of these; integers count as floats. ``f`` gets nodes: a
    float becomes a Value (beside arrays and Tensors, in whatever argument, a Tensor), an array a Tensor. The gradient
    has the structure, shapes and dtypes of the argument. It holds plain numbers and arrays, unless something given or
    found by ``f`` is tracked, as inside another transform: then it holds nodes that can be differentiated again.

    >>> import autograd
    >>> grad(lambda x: x**3)(2.0), grad(grad(lambda x: x**3))(2.0)
    (12.0, 12.0)
    >>> loss = lambda p, x: ((p["w"] * x + p["b"]) ** 2).sum()
    >>> grad(loss)({"w": 2.0, "b": 1.0}, np.array([1.0, 2.0]))
    {'w': 26.0, 'b': 16.0}
    >>> grad(loss, argnames="x")({"w": 2.0, "b": 1.0}, x=np.array([1.0, 2.0]))
    array([12., 20.])

    Raises `ShapeError` where ``f`` returns more than one number, `DTypeError` for arguments that are no real numbers,
    `GraphError` for arguments that are not there.
    """
    both = differentiated("grad", f, argnums, argnames, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def differentiated(
    name: str, f: Function, argnums: Argnums, argnames: Argnames, has_aux: bool
) -> Callable[..., tuple[Any, Any]]:
    """What gives the value and the gradient, under the name that messages have."""

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        arguments = Arguments(name, f, args, kwargs, argnums, argnames)
        function, aux = beside_aux(name, arguments) if has_aux else (arguments, [])
        call = Call(name, function, arguments.primals, arguments.beside())
        y = one_output(name, call.leaves, "give one, as by .sum(), or ask for its jacobian() or vjp()")
        record = call.is_recorded()
        seeds = [y._filled(1.0) if isinstance(y, Node) else 0.0]
        found = arguments.result(by_primals(call, arguments.primals, call.pull(seeds, record), record))
        shown = [y, *aux] if record else [plain_of(y), *[tree.map(plain_of, other) for other in aux]]
        return (tuple(shown) if has_aux else shown[0]), found

    return value_and_gradient


def by_primals(call: Call, primals: tuple[Any, ...], derivatives: list[Any], record: bool) -> tuple[Any, ...]:
    """The derivatives by the leaves of the primals as trees of their structure; plain where nothing is recorded."""
    if not record:
        derivatives = [plain_like(x, t) for x, t in zip(tree.leaves(primals), derivatives, strict=True)]
    result: tuple[Any, ...] = tree.unflatten(call.structure, derivatives)
    return result


def elementwise_grad(f: Function, argnums: Argnums = 0, argnames: Argnames = None) -> Function:
    """A function that gives the slope of each element of ``f``, which works on each element alone: HIPS autograd's.

    It is the gradient of the sum of all that ``f`` returns. Of a function that mixes elements that is another thing
    than its slopes: then ask for its `jacobian`. What it is called with, and gives, is as for `grad`.

    >>> elementwise_grad(np.tanh)(np.array([0.0, 1.0])).round(3)
    array([1.  , 0.42])
    >>> elementwise_grad(elementwise_grad(np.sin))(np.array([0.0, np.pi / 2]))
    array([-0., -1.])
    """

    @wraps(f)
    def slopes(*args: Any, **kwargs: Any) -> Any:
        arguments = Arguments("elementwise_grad", f, args, kwargs, argnums, argnames)
        call = Call("elementwise_grad", arguments, arguments.primals, arguments.beside())
        record = call.is_recorded()
        seeds = [y._filled(1.0) if isinstance(y, Node) else np.ones(shape_of(y)) for y in call.leaves]
        return arguments.result(by_primals(call, arguments.primals, call.pull(seeds, record), record))

    return slopes


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The Hessian of ``f`` at ``x``, times ``v``, which has the structure and shapes of ``x``: how the gradient moves.

    The Hessian itself, which has as many rows as there are numbers in ``x``, is never made: it is forward mode over
    the gradient. What ``f`` gets, and what is given, is as for `grad`.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])

    Raises what `grad` and `jvp` do.
    """
    arguments = Arguments("hvp", f, (x,), {})
    leaves = [as_float(t, f"hvp: v{path}") for path, t in tree.leaves_with_paths(v)]
    gradient = differentiated("hvp", f, 0, None, has_aux=False)
    call = Call("hvp", lambda x: gradient(x)[1], arguments.primals)
    moved = along("hvp: v", call, arguments.primals[0], tree.unflatten(tree.flatten(v)[1], leaves))[1]
    results = tree.leaves(moved)
    if any(t.requires_grad for t in results):
        return moved
    return tree.map(lambda given, t: plain_like(given, t._record._snapshot()), arguments.primals[0], moved)
