"""Inputs: what to run a function of a file on: variables of the file by name, else numbers by what names mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.check.audit.naming import arguments_of

ROWS, COLUMNS, UNITS, CLASSES = 4, 3, 5, 2


class NoInputsError(Exception):
    """An argument that nothing is known about."""


def normal(*shape: int) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.normal(size=shape)


#: By the name of an argument: what people mean by it.
GUESSES: Mapping[str, Callable[[np.random.Generator], Any]] = {
    r"x|X|inputs?|data|features": normal(ROWS, COLUMNS),
    r"z|Z|a|scores|logits|h": normal(ROWS, COLUMNS),
    r"w|W|theta|weights?": normal(COLUMNS, UNITS),
    r"b|bias": normal(UNITS),
    r"W1|w1": normal(COLUMNS, UNITS),
    r"b1": normal(UNITS),
    r"W2|w2": normal(UNITS, CLASSES),
    r"b2": normal(CLASSES),
    r"gamma|beta": normal(COLUMNS),
    r"y|Y|labels?|targets?|t": lambda rng: rng.integers(0, CLASSES, ROWS),
    r"reg|lam|lambda_|l2|eps(ilon)?|lr|learning_rate|alpha": lambda rng: 0.1,
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
    found, is_guessed = [], False
    for x in arguments_of(function):
        if x.name in known and not callable(known[x.name]):
            found.append(known[x.name])
        elif x.default is not x.empty:
            break  # and what comes behind it stays with its default, too
        else:
            pattern = next((pattern for pattern in GUESSES if re.fullmatch(pattern, x.name)), None)
            if pattern is None:
                raise NoInputsError(f"no value for {x.name!r}")
            found.append(GUESSES[pattern](rng))
            is_guessed = True
    return found, is_guessed
