"""Inputs: what to run a function of a file on: variables of the file by name, else numbers by what names mean."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.audit.naming import arguments_of, tree_of, written_name

#: Lengths, by the letters that people have for them: samples, features, hidden units, classes.
Sizes = Mapping[str, int]
SIZES: Sizes = {"N": 4, "D": 3, "H": 5, "C": 2}


class NoInputsError(Exception):
    """An argument that nothing is known about; the message says how to give it."""


Guess = Callable[[np.random.Generator, Sizes], Any]
Guesses = Mapping[str, Guess]


def normal(shape: str) -> Guess:
    return lambda rng, sizes: rng.normal(size=[sizes[letter] for letter in shape])


def number(x: Any) -> Guess:
    return lambda rng, sizes: x


def length(letter: str) -> Guess:
    return lambda rng, sizes: sizes[letter]


#: By the name of an argument: what people mean by it.
GUESSES: Guesses = {
    r"x|X|inputs?|data|features": normal("ND"),
    r"z|Z|a|scores|logits|h": normal("ND"),
    r"w|W|theta|weights?": normal("DH"),
    r"b|bias": normal("H"),
    r"prev_h|h_?prev|h_?0": normal("NH"),
    r"Wx|W_?xh": normal("DH"),
    r"Wh|W_?hh": normal("HH"),
    r"bh": normal("H"),
    r"W1|w1": normal("DH"),
    r"b1": normal("H"),
    r"W2|w2": normal("HC"),
    r"b2": normal("C"),
    r"gamma|beta": normal("D"),
    r"y|Y|labels?|targets?|t": lambda rng, sizes: rng.integers(0, sizes["C"], sizes["N"]),
    r"reg|lam|lambda_|l2|eps(ilon)?|lr|learning_rate|alpha": number(0.1),
    r"mode": number("train"),
    r"seed|random_state": number(0),
    r"p|keep_prob|dropout|momentum": number(0.5),
    r"stride|pad(ding)?": number(1),
    r"pool_(height|width|size)": number(2),
    r"(num_|n_)?(inputs?|in)(_?(size|dim|features))?|D(_in)?": length("D"),
    r"(num_|n_)?hidden(_?(size|dim|units))?|H": length("H"),
    r"(num_|n_)?hidden_layers|num_layers|n_layers": number(1),
    r"(num_|n_)?(outputs?|out|classes)(_?(size|dim|features))?|C|D_out": length("C"),
}

#: The same where there is one number for each sample, as in a regression.
OF_ONE_OUTPUT: Guesses = {
    **GUESSES,
    r"w|W|theta|weights?": normal("D"),
    r"b|bias": number(0.5),
    r"y|Y|labels?|targets?|t": lambda rng, sizes: rng.uniform(0.1, 0.9, sizes["N"]),
}

#: What is tried, one after the other, until the code runs.
KINDS: Sequence[Guesses] = (GUESSES, OF_ONE_OUTPUT)


def inputs_for(
    function: Callable[..., Any], known: Mapping[str, Any], guesses: Guesses = GUESSES, sizes: Sizes = SIZES
) -> tuple[list[Any], bool]:
    """The arguments of a function that have no default; whether any was guessed.

    Raises `NoInputsError`.
    """
    rng = np.random.default_rng(0)

    def some(name: str) -> Any:
        return next((of(rng, sizes) for pattern, of in guesses.items() if re.fullmatch(pattern, name)), None)

    keys, unpacked = reads(function)
    found, is_guessed = [], False
    for x in arguments_of(function):
        if x.name in known and not callable(known[x.name]):
            found.append(known[x.name])
        elif x.default is not x.empty:
            break  # and what comes behind it stays with its default, too
        else:
            found.append(guess(x.name, keys, unpacked, known, some))
            is_guessed = True
    return found, is_guessed


def guess(
    name: str,
    keys: Mapping[str, Sequence[str]],
    unpacked: Mapping[str, Sequence[str]],
    known: Mapping[str, Any],
    some: Callable[[str], Any],
) -> Any:
    """What an argument may be: a dict with the keys that are read in it, a list of what it is unpacked to, a number."""
    parts = keys.get(name) or unpacked.get(name)
    if parts is None:
        if (found := some(name)) is None:
            raise NoInputsError(f"no value for {name!r}: give it in the file, as {name} = np.array(…)")
        return found
    inner = {part: known[part] if part in known else some(part) for part in parts}
    for part, value in inner.items():
        if value is None:
            text = f"{{{', '.join(f'{each!r}: …' for each in parts)}}}" if name in keys else f"[{', '.join(parts)}]"
            raise NoInputsError(
                f"no value for {part!r}, which is read in {name!r}: give it in the file, as {name} = {text}"
            )
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
