"""Functions of NumPy that have no gradient to lose just answer, from the numbers that nodes hold; replays ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from autograd.call import Bound, lifted
from autograd.failure import FAILURES, fail
from autograd.op import Op, override_of
from autograd.refusal import FLAT, MODELLED, UNMOVED, unregistered
from autograd.state import conditions_recorded

#: Any arguments, as they were given: the nodes among them are inputs.
ARGUMENTS = Signature([Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD)])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Question(Op):
    """A function that is asked about numbers: in a graph, where a branch hangs on the answer, but not in the table."""

    function: Callable[..., Any] = print

    def __reduce__(self) -> tuple[Any, ...]:
        return question, (self.function, self.name)


@cache
def question(function: Callable[..., Any], name: str) -> Question:
    """There is one for each function.

    >>> question(np.argmax, "argmax")
    <Op argmax>
    """

    def forward(*args: Any, **kwargs: Any) -> Any:
        return np.asarray(function(*args, **kwargs))  # of several arrays too, as np.nonzero gives them

    return Question(
        name,
        forward,
        (None,),
        ARGUMENTS,
        False,
        f"{name} has no gradient",
        symbol=name,
        method=False,
        function=function,
    )


def is_flat(function: Callable[..., Any]) -> bool:
    """Whether no gradient flows back from a function of NumPy: that is said of it, or of its operation."""
    implementation = override_of(function)
    if implementation is None:
        return function.__name__ in FLAT
    return isinstance(implementation, Op) and implementation.is_flat


def answer(asking: Any, function: Callable[..., Any], name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What NumPy's ``function`` gives for the numbers of the nodes among its arguments, one of which is ``asking``.

    What is like a Tensor, as np.zeros_like makes it, is a constant Tensor, so that code may go on to fill it with
    nodes; all else is plain. Where conditions are recorded, the answer is a guard.

    >>> import autograd
    >>> t = autograd.Tensor([1.0, np.nan])
    >>> np.isnan(t), np.zeros_like(t)
    (array([False,  True]), Tensor([0., 0.], requires_grad=False))
    """
    nodes: list[Any] = []
    params = Bound({key: lifted(value, nodes) for key, value in {"args": list(args), **kwargs}.items()})
    if not all(hasattr(node, "_record") for node in nodes) or (name in MODELLED and len(nodes) > 1):
        raise unregistered(f"np.{name}", "", asking)
    ask = question(function, name)
    result = asked(ask, nodes, params, [node._record._snapshot() for node in nodes])
    if name in MODELLED:
        is_like = is_tensor(asking) and result.dtype.kind == "f"
        return asking._as_constant(result) if is_like else result
    if name not in UNMOVED:
        tell(ask, nodes, params)
    return result


def asked(ask: Question, nodes: Sequence[Any], params: Bound, numbers: Sequence[Any]) -> Any:
    """What the function gives for these numbers; where it fails, the error says of which nodes."""
    try:
        return ask.run(ask.function, numbers, params)
    except FAILURES as error:
        fail(ask.binding, nodes, params, error)


def tell(ask: Question, nodes: Sequence[Any], params: Bound) -> None:
    """Let a replay know what was asked: the question itself, or, where that cannot be in the graph, the numbers."""
    if conditions_recorded() and all(map(is_tensor, nodes)):
        told = ask.apply(nodes, params)
        array = told._record._snapshot()
        told._tell(array if array.ndim else array.item())
    else:
        for node in nodes:
            numbers = node._record._snapshot()
            node._tell(numbers) if is_tensor(node) else node._tell_number(numbers, ask.function)


def is_tensor(node: Any) -> bool:
    """Whether it holds an array; a Value has no dtype."""
    return getattr(node, "dtype", None) is not None
