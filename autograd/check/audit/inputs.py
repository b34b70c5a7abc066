"""Inputs: what to run a function of a file on: variables of the file by name, else numbers by what names mean."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.audit.naming import arguments_of, tree_of, written_name

ROWS, COLUMNS, UNITS, CLASSES = 4, 3, 5, 2


class NoInputsError(Exception):
    """An argument that nothing is known about; the message says how to give it."""


def normal(*shape: int) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.normal(size=shape)


#: By the name of an argument: what people mean by it.
GUESSES: Mapping[str, Callable[[np.random.Generator], Any]] = {
    r"x|X|inputs?|data|features": normal(ROWS, COLUMNS),
    r"z|Z|a|scores|logits|h": normal(ROWS, COLUMNS),
    r"w|W|theta|weights?": normal(COLUMNS, UNITS),
    r"b|bias": normal(UNITS),
    r"prev_h|h_?prev|h_?0": normal(ROWS, UNITS),
    r"Wx|W_?xh": normal(COLUMNS, UNITS),
    r"Wh|W_?hh": normal(UNITS, UNITS),
    r"bh": normal(UNITS),
    r"W1|w1": normal(COLUMNS, UNITS),
    r"b1": normal(UNITS),
    r"W2|w2": normal(UNITS, CLASSES),
    r"b2": normal(CLASSES),
    r"gamma|beta": normal(COLUMNS),
    r"y|Y|labels?|targets?|t": lambda rng: rng.integers(0, CLASSES, ROWS),
    r"reg|lam|lambda_|l2|eps(ilon)?|lr|learning_rate|alpha": lambda rng: 0.1,
    r"mode": lambda rng: "train",
    r"seed|random_state": lambda rng: 0,
    r"p|keep_prob|dropout|momentum": lambda rng: 0.5,
    r"stride|pad(ding)?": lambda rng: 1,
    r"pool_(height|width|size)": lambda rng: 2,
    r"(num_|n_)?(inputs?|in)(_?(size|dim|features))?|D(_in)?": lambda rng: COLUMNS,
    r"(num_|n_)?hidden(_?(size|dim|units))?|H": lambda rng: UNITS,
    r"(num_|n_)?hidden_layers|num_layers|n_layers": lambda rng: 1,
    r"(num_|n_)?(outputs?|out|classes)(_?(size|dim|features))?|C|D_out": lambda rng: CLASSES,
}


def inputs_for(function: Callable[..., Any], known: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The arguments of a function that have no default; whether any was guessed.

    Raises `NoInputsError`.
    """
    rng = np.random.default_rng(0)
    keys, unpacked = reads(function)
    found, is_guessed = [], False
    for x in arguments_of(function):
        if x.name in known and not callable(known[x.name]):
            found.append(known[x.name])
        elif x.default is not x.empty:
            break  # and what comes behind it stays with its default, too
        else:
            found.append(guess(x.name, keys, unpacked, known, rng))
            is_guessed = True
    return found, is_guessed


def guess(
    name: str,
    keys: Mapping[str, Sequence[str]],
    unpacked: Mapping[str, Sequence[str]],
    known: Mapping[str, Any],
    rng: np.random.Generator,
) -> Any:
    """What an argument may be: a dict with the keys that are read in it, a list of what it is unpacked to, a number."""
    parts = keys.get(name) or unpacked.get(name)
    if parts is None:
        pattern = next((pattern for pattern in GUESSES if re.fullmatch(pattern, name)), None)
        if pattern is None:
            raise NoInputsError(f"no value for {name!r}: give it in the file, as {name} = np.array(…)")
        return GUESSES[pattern](rng)
    inner = {}
    for part in parts:
        try:
            inner[part] = known[part] if part in known else guess(part, {}, {}, known, rng)
        except NoInputsError:
            text = f"{{{', '.join(f'{each!r}: …' for each in parts)}}}" if name in keys else f"[{', '.join(parts)}]"
            raise NoInputsError(
                f"no value for {part!r}, which is read in {name!r}: give it in the file, as {name} = {text}"
            ) from None
    return inner if name in keys else list(inner.values())


def reads(function: Callable[..., Any]) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """What the source of a function reads in its arguments: ``params["W1"]`` and ``W1, b1 = params``, by argument."""
    keys: dict[str, dict[str, None]] = defaultdict(dict)
    unpacked: dict[str, Sequence[str]] = {}
    tree = tree_of(function)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Assign)] if tree else []
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if not isinstance(node.value, ast.Name):
            continue
        name = node.value.id
        if isinstance(node, ast.Assign):
            if isinstance(node.targets[0], ast.Tuple):
                parts = [written_name(part) for part in node.targets[0].elts]
                unpacked[name] = [part for part in parts if part is not None]
        elif isinstance(node.ctx, ast.Load) and isinstance(key := getattr(node.slice, "value", None), str):
            keys[name][key] = None
    return {name: list(found) for name, found in keys.items()}, unpacked
