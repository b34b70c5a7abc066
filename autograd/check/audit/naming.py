"""Names: which parameter a gradient is of, as ``dW1``, ``W1_grad``, ``grads["W1"]`` and ``nabla_w`` say it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

#: What people put before the name of a parameter, and behind it.
BEFORE = r"(?:d[LJ]_?d_?|dloss_?d?_?|dcost_?d?_?|grad(?:ient)?s?_?|nabla_?|delta_?|∂|g_|d_?)"
BEHIND = r"(?:_?grad(?:ient)?s?|_g|_delta)"


def candidates(key: str) -> Iterator[str]:
    """The names that a gradient may be of, the likeliest first."""
    yield key
    for pattern in (rf"{BEFORE}(.+)", rf"(.+?){BEHIND}"):
        if match := re.fullmatch(pattern, key, re.IGNORECASE):
            yield match[1]


def parameter_of(key: str, names: Sequence[str], is_gradient: bool = True) -> str | None:
    """The one among these names that a gradient is called after; None where none is, or two are.

    >>> parameter_of("dW1", ["W1", "b1"]), parameter_of("nabla_w", ["weights", "biases"]), parameter_of("out", ["W1"])
    ('W1', 'weights', None)
    """
    for stem in list(candidates(key))[0 if is_gradient else 1 :]:
        low = stem.lower()
        exactly = [name for name in names if name == stem]
        alike = [name for name in names if name.lower() == low]
        begun = [name for name in names if stem != key and name.lower().startswith(low.rstrip("s"))]
        for found in (exactly, alike, begun):
            if len(found) == 1:
                return found[0]
            if found:
                break
    return None


def tree_of(function: Callable[..., Any]) -> ast.AST | None:
    """The source of a function, parsed; None where it cannot be read."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def returned_parts(function: Callable[..., Any]) -> Sequence[ast.expr]:
    """What a function returns, as its last ``return dx, dw, db`` has it; () where it cannot be read."""
    tree = tree_of(function)
    own = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None] if tree else []
    if not own:
        return ()
    value = max(own, key=lambda node: node.lineno).value
    return value.elts if isinstance(value, ast.Tuple) else [value] if value is not None else ()


def written_name(part: ast.expr) -> str | None:
    """The name of a variable, or of an attribute."""
    return part.id if isinstance(part, ast.Name) else getattr(part, "attr", None)


def returned_names(function: Callable[..., Any]) -> Sequence[str | None]:
    """The names of what a function returns, where these have names."""
    return [written_name(part) for part in returned_parts(function)]


def arguments_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters that may be given by place; of a function that says nothing about itself, none."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [x for x in parameters if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]


def name_of(f: Any) -> str:
    """What a function is called; of a method, with its class; of an object, its class."""
    owner = getattr(f, "__self__", None)
    own = getattr(f, "__name__", None)
    if own is None:
        return type(f).__name__
    return f"{type(owner).__name__}.{own}" if owner is not None and not inspect.ismodule(owner) else str(own)


def input_names(f: Callable[..., Any], count: int) -> list[str]:
    """The names of the first inputs, as the signature has them; a starred one is numbered."""
    names = [x.name for x in arguments_of(f)][:count]
    return names + [f"input_{i}" for i in range(len(names), count)]
