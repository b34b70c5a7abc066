"""Formulas as people read them, evaluated: "1 − y²", "y · x^(y − 1)", "[x > 0]"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.special
from strategies import MEANING


class Indicator(np.float64):
    """1 where a condition holds, else 0."""

    def __and__(self, other: object) -> Indicator:
        return Indicator(bool(self) and bool(other))

    def __or__(self, other: object) -> Indicator:
        return Indicator(bool(self) or bool(other))

    def __invert__(self) -> Indicator:
        return Indicator(not self)


PEOPLE_TO_PYTHON = [
    ("−", "-"), ("·", "*"), ("×", "*"), ("²", "**2"), ("³", "**3"), ("^", "**"), ("σ(", "sigmoid("), ("√(", "sqrt("),
    ("≥", ">="), ("≤", "<="), ("≠", "!="), ("∧", "&"), ("∨", "|"), ("¬", "~"), ("[", "indicator("), ("]", ")"),
    ("∞", "inf"), ("NaN", "nan"),
]  # fmt: skip
NAMES = ["abs", "exp", "log", "sqrt", "sin", "cos", "tanh", "sign", "cosh", "sinh", "exp2", "hypot", "trunc"]
NAMES += ["isnan", "copysign", "floor_divide", "square"]
FUNCTIONS = {name: getattr(np, name) for name in NAMES} | {
    "sigmoid": MEANING["sigmoid"],
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "sech": lambda x: 1 / np.cosh(x),
    "log1p": np.log1p,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "ndtr": scipy.special.ndtr,
    "norm_pdf": lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
    "digamma": scipy.special.digamma,
    "polygamma": scipy.special.polygamma,
    "spherical_jnpi": lambda n, x: scipy.special.spherical_jn(int(n), np.pi * x),
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; a condition among its arguments is 0 or 1."""
    return lambda *xs: function(*map(np.float64, xs))


PEOPLE = {name: of_numbers(function) for name, function in FUNCTIONS.items()} | {
    "indicator": Indicator,
    "number": np.float64,
    "where": np.where,
    "inf": np.inf,
    "nan": np.nan,
}


def with_calls_of_abs(formula: str) -> str:
    """``|x|`` as ``abs(x)``: a bar opens where an operand is expected, and closes behind one."""
    pieces: list[str] = []
    formula = formula.replace(" ", "")
    for before, c in zip(" " + formula, formula, strict=False):
        opens = before in " +−·/^([,<>≥≤≠=∧∨¬" or (before == "|" and pieces[-1] == "abs(")
        pieces.append(("abs(" if opens else ")") if c == "|" else c)
    return "".join(pieces)


def evaluated(formula: str, names: Mapping[str, float]) -> float:
    """The number that a formula stands for."""
    formula = with_calls_of_abs(formula)
    for people, python in PEOPLE_TO_PYTHON:
        formula = formula.replace(people, python)
    formula = re.sub(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?", r"number(\g<0>)", formula)
    with np.errstate(all="ignore"):  # np.where looks at both branches
        return float(eval(formula, PEOPLE | {name: np.float64(x) for name, x in names.items()}))
