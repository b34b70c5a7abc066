"""What neurons put behind their sums. At a corner, relu and leaky relu take the slope of their left side."""

from __future__ import annotations

import numpy as np

from autograd.op import elementwise
from autograd.ops.compare import literal, where
from autograd.ops.functions import sech, square

# fmt: off
sigmoid = elementwise("sigmoid",
    lambda x: np.exp(np.minimum(x, 0.0)) / (1 + np.exp(-np.abs(x))),  # no exponential overflows
    lambda y, x: y * (1 - y), numeric=[lambda y, x: square(0.5 * sech(0.5 * x))], symbol="σ",
    doc="sigmoid passes its output times 1 minus its output: a quarter at most, nearly nothing where it saturates")

relu = elementwise("relu", lambda x: np.maximum(x, 0.0), lambda y, x: x > 0, symbol="ReLU",
    kinks=lambda x: x,
    doc="ReLU lets the gradient through where its input is positive, else stops it")
leaky_relu = elementwise("leaky_relu", lambda x, alpha: np.where(x > 0, x, alpha * x),
    lambda y, x, alpha=0.01: where(x > 0, 1, alpha),
    lambda y, x, alpha=0.01: where(x > 0, 0, x),
    numeric=[lambda y, x, alpha=0.01: where(x > 0, literal(1.0, y), alpha), None],
    symbol="leaky ReLU", kinks=lambda x, alpha: x,
    doc="leaky ReLU lets the gradient through where its input is positive, else alpha of it")
# fmt: on
