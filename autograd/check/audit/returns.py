"""Returns: whether the source of a function says that it returns its loss, and the gradients behind it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from autograd.check.audit.naming import arguments_of, candidates, returned_parts, written_name

#: How people call a loss, gradients, and what else stands behind a loss.
LOSS_NAME = re.compile(r"(\w*_)?(loss|cost|objective|nll|mse)|[JLE]", re.IGNORECASE)
GRADIENT_NAME = re.compile(r"(\w*_)?grads?(ients?)?(_\w+)?|gradients?|nabla\w*|∇\w*|d_?[A-Z]\w*|d[jl]_?d\w+|g")
OTHER_NAME = re.compile(
    r"param(eter)?s|weights|model|net|caches?|history|losses|costs|acc\w*|pred\w*|out\w*|scores|prob\w*|y_?(hat|pred)"
)


def gives_gradients(f: Callable[..., Any]) -> Literal["said", "possible", "no"]:
    """Whether a function says that it returns ``(loss, gradients)``, or may do so.

    >>> def net_cost(w, x):
    ...     return ((x @ w) ** 2).sum(), {"w": 2 * x.T @ (x @ w)}
    >>> gives_gradients(net_cost), gives_gradients(lambda x: (x, x)), gives_gradients(written)
    ('said', 'no', 'no')
    """
    parts = returned_parts(f)
    arguments = [x.name for x in arguments_of(f)]
    if len(parts) < 2 or not arguments:
        return "no"
    first, second = written_name(parts[0]), written_name(parts[1])
    is_loss = first is not None and LOSS_NAME.fullmatch(first) is not None
    if is_gradient(first, arguments) or (second is not None and OTHER_NAME.fullmatch(second)):
        return "no"
    is_said = any(is_gradient(name, arguments) for name in written(parts[1]))
    if first is None or is_loss:
        return "said" if is_said else "possible"
    return "possible" if is_said else "no"


def is_gradient(name: str | None, arguments: list[str]) -> bool:
    """Whether it is called as gradients are, or as that of an argument."""
    if name is None:
        return False
    return GRADIENT_NAME.fullmatch(name) is not None or any(stem in arguments for stem in list(candidates(name))[1:])


def written(part: ast.expr) -> Iterator[str | None]:
    """The names in an expression that holds gradients: of itself, in a dict, in a list, of the function called."""
    yield written_name(part)
    if isinstance(part, ast.Dict):
        for key in part.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield f"d{key.value}"
    elif isinstance(part, ast.Tuple | ast.List):
        for inner in part.elts:
            yield from written(inner)
    elif isinstance(part, ast.Call):
        yield written_name(part.func)
