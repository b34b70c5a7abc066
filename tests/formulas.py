"""Formulas as people read them, evaluated: "1 − y²", "y · x^(y − 1)", "[x > 0]"."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from strategies import MEANING

PEOPLE_TO_PYTHON = [
    ("−", "-"), ("·", "*"), ("×", "*"), ("²", "**2"), ("³", "**3"), ("^", "**"), ("σ(", "sigmoid("), ("√(", "sqrt("),
    ("≥", ">="), ("≤", "<="), ("≠", "!="), (" = ", " == "), ("[", "float("), ("]", ")"), ("∞", "inf"),
]  # fmt: skip
PEOPLE = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sign", "where", "inf")} | {
    "sigmoid": MEANING["sigmoid"],
    "relu": MEANING["relu"],
    "leaky_relu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "maximum": max,
    "minimum": min,
}


def evaluated(formula: str, names: Mapping[str, float]) -> float:
    """The number that a formula stands for."""
    for people, python in PEOPLE_TO_PYTHON:
        formula = formula.replace(people, python)
    while "|" in formula:
        formula = re.sub(r"\|([^|]+)\|", r"abs(\1)", formula)
    with np.errstate(all="ignore"):  # np.where looks at both branches
        return float(eval(formula, PEOPLE | {name: np.float64(x) for name, x in names.items()}))
