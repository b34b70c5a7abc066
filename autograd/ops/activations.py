"""What neurons put behind their sums. At a corner, they take the slope of their left side, or of the flat one.

The names and defaults are PyTorch's. Where a factor is zero, as the gate of silu far below 0, the other one is held
within bounds: 0 · ∞ is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.borrowed import borrowed
from autograd.composition import composition
from autograd.errors import short_repr
from autograd.op import Op, elementwise, override
from autograd.ops.compare import as_operands, literal, where
from autograd.ops.corners import abs, maximum, minimum, sign
from autograd.ops.functions import by_definition, exp, sech, square, tanh
from autograd.ops.special import below, in_doubles, ndtr, norm_pdf

#: Beyond this, every gate is 0 or 1.
FAR = 1e3

SIXTH = 1 / 6

#: Those of selu, for which mean 0 and variance 1 of what comes in stay so (Klambauer et al., 2017).
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717

#: gelu by a tanh (Hendrycks and Gimpel, 2016): twice √(2/π), as ½(1 + tanh u) is σ(2u), and the part of the cube.
GELU_SCALE = 2 * (2 / np.pi) ** 0.5
GELU_CUBE = 0.044715


def logistic(x: Any) -> Any:
    """1 / (1 + e^−x), in which no exponential overflows."""
    return np.exp(np.minimum(x, 0.0)) / (1 + np.exp(-np.abs(x)))


def log1p_of_exp(x: Any) -> Any:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def exponential_below(x: Any, alpha: Any = 1.0) -> Any:
    return as_operands(np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0))), x, alpha)


def scaled_exponential_below(x: Any) -> Any:
    return np.where(x > 0, SELU_SCALE * x, SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(x, 0.0)))


def gaussian_gate(x: Any, approximate: str = "none") -> Any:
    expect_approximation(approximate)
    return np.maximum(x, -FAR) * (below(x) if approximate == "none" else logistic_of_cube(x))


def expect_approximation(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: expected approximate='none' or 'tanh', got {short_repr(approximate)}")


@in_doubles
def logistic_of_cube(x: Any) -> Any:
    """Of what the tanh of gelu is taken of, twice."""
    x = np.minimum(np.maximum(x, -FAR), FAR)
    return logistic(GELU_SCALE * (x + GELU_CUBE * (x * x * x)))


def sigmoid_gate(x: Any) -> Any:
    return np.maximum(x, -FAR) * logistic(x)


def tanh_gate(x: Any) -> Any:
    return np.maximum(x, -FAR) * np.tanh(log1p_of_exp(x))


def by_magnitude(x: Any) -> Any:
    """Give x / (1 + |x|); from 1 on by 1 / |x|, as ∞ / ∞ is NaN."""
    a = np.abs(x)
    return np.where(a < 1, x / (1 + np.minimum(a, 1.0)), np.sign(x) / (1 + 1 / np.maximum(a, 1.0)))


@by_definition(lambda x: x - np.tanh(x))
def less_its_tanh(x: Any) -> Any:
    """Give x − tanh x; near 0, where these are all but equal, by the continued fraction of tanh: nothing is lost."""
    near = np.minimum(np.maximum(x, -1.0), 1.0)
    s = near * near
    fraction: Any = 21.0
    for odd in range(19, 1, -2):
        fraction = odd + s / fraction
    t = s / fraction
    return np.where(np.abs(x) < 1, near * (t / (1 + t)), x - np.tanh(x))


def bounded(x: Any) -> Any:
    return minimum(maximum(x, -FAR), FAR)


def gelu_slope(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return ndtr(x) + bounded(x) * norm_pdf(x)
    x = bounded(x)
    u = GELU_SCALE * (x + GELU_CUBE * (x * x * x))
    return sigmoid(u) * (1 + x * sigmoid(-u) * (GELU_SCALE * (1 + 3 * GELU_CUBE * (x * x))))


def mish_slope(x: Any) -> Any:
    """With a = σ(−x), the square of sech(softplus(x)) is that of 2a / (1 + a²)."""
    a = sigmoid(-x)
    return tanh(softplus(x)) + bounded(x) * (square(2 * a / (1 + a * a)) * sigmoid(x))


# fmt: off
sigmoid: Op = elementwise("sigmoid", logistic,
    lambda y, x: y * (1 - y), numeric=[lambda y, x: square(0.5 * sech(0.5 * x))], symbol="σ", activation=True,
    doc="sigmoid passes its output times 1 minus its output: a quarter at most, nearly nothing where it saturates")
logsigmoid = elementwise("logsigmoid", lambda x: -log1p_of_exp(-x), lambda y, x: sigmoid(-x), method=False,
    symbol="log σ",
    doc="the logarithm of sigmoid passes 1 minus the sigmoid: nearly all where that is nearly nothing")
softplus: Op = elementwise("softplus", lambda x, beta=1.0: log1p_of_exp(beta * x) / beta,
    lambda y, x, beta=1.0: sigmoid(beta * x), method=False,
    doc="softplus, a relu without a corner, passes the sigmoid of its input")

relu = elementwise("relu", lambda x: np.maximum(x, 0.0), lambda y, x: x > 0, symbol="ReLU",
    kinks=lambda x: x, activation=True,
    doc="ReLU lets the gradient through where its input is positive, else stops it")
leaky_relu = elementwise("leaky_relu", lambda x, alpha: np.where(x > 0, x, alpha * x),
    lambda y, x, alpha=0.01: where(x > 0, 1, alpha),
    lambda y, x, alpha=0.01: where(x > 0, 0, x),
    numeric=[lambda y, x, alpha=0.01: where(x > 0, literal(1.0, y), alpha), None],
    symbol="leaky ReLU", kinks=lambda x, alpha: x, activation=True,
    doc="leaky ReLU lets the gradient through where its input is positive, else alpha of it")
relu6 = elementwise("relu6", lambda x: np.minimum(np.maximum(x, 0.0), 6.0), lambda y, x: (x > 0) & (x < 6),
    symbol="ReLU6", kinks=lambda x: x * (x - 6), method=False, activation=True,
    doc="ReLU6 lets the gradient through between 0 and 6, else stops it")
elu: Op = elementwise("elu", exponential_below,
    lambda y, x, alpha=1.0: where(x > 0, 1, y + alpha),
    lambda y, x, alpha=1.0: where(x > 0, 0, exp(x) - 1),
    numeric=[
        lambda y, x, alpha=1.0: where(x > 0, literal(1.0, y), alpha * exp(minimum(x, 0.0))),
        lambda y, x, alpha=1.0: elu(minimum(x, 0.0), 1.0)],
    symbol="ELU", kinks=lambda x, alpha: x, method=False, activation=True,
    doc="ELU lets the gradient through where its input is positive, else alpha · eˣ of it")
selu = elementwise("selu", scaled_exponential_below,
    lambda y, x: where(x > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA),
    numeric=[lambda y, x:
        where(x > 0, literal(SELU_SCALE, y), SELU_SCALE * SELU_ALPHA * exp(minimum(x, 0.0)))],
    symbol="SELU", kinks=lambda x: x, method=False, activation=True,
    doc="SELU is an ELU whose scale and alpha keep what comes in at mean 0 and variance 1")

silu = elementwise("silu", sigmoid_gate, lambda y, x: y + sigmoid(x) * (1 - y),
    numeric=[lambda y, x: sigmoid(x) * (1 + bounded(x) * sigmoid(-x))], symbol="SiLU", method=False, activation=True,
    doc="SiLU, or swish, its input times that one's sigmoid, passes a little more than the gradient above 0")
gelu = elementwise("gelu", gaussian_gate,
    lambda y, x, approximate="none": ndtr(x) + x * norm_pdf(x) if approximate == "none" else gelu_slope(x, approximate),
    numeric=[lambda y, x, approximate="none": gelu_slope(x, approximate)], symbol="GELU", method=False, activation=True,
    doc="GELU, its input times the part of a normal distribution below it, passes that part and x times the density")
mish = elementwise("mish", tanh_gate,
    lambda y, x: tanh(softplus(x)) + x * square(sech(softplus(x))) * sigmoid(x),
    numeric=[lambda y, x: mish_slope(x)], symbol="Mish", method=False, activation=True,
    doc="Mish, its input times the tanh of its softplus, is smooth, and dips below 0 as SiLU does")

hardtanh = elementwise("hardtanh",
    lambda x, min_val, max_val: as_operands(np.minimum(np.maximum(x, min_val), max_val), x, min_val, max_val),
    lambda y, x, min_val=-1.0, max_val=1.0: (x > min_val) & (x < max_val),
    lambda y, x, min_val=-1.0, max_val=1.0: (x <= min_val) & (min_val < max_val),
    lambda y, x, min_val=-1.0, max_val=1.0: maximum(x, min_val) >= max_val,
    symbol="hard tanh", kinks=lambda x, min_val, max_val: (x - min_val) * (x - max_val) * (min_val - max_val),
    method=False, activation=True,
    doc="hard tanh lets the gradient through between its bounds, else sends it to the bound that was taken")
hardsigmoid = elementwise("hardsigmoid", lambda x: SIXTH * np.minimum(np.maximum(x + 3, 0.0), 6.0),
    lambda y, x: (abs(x) < 3) / 6, numeric=[lambda y, x: where(abs(x) < 3, literal(SIXTH, y), 0)],
    symbol="hard σ", kinks=lambda x: (x - 3) * (x + 3), method=False, activation=True,
    doc="hard sigmoid passes a sixth of the gradient between −3 and 3, else stops it")
hardswish = elementwise("hardswish",
    lambda x: np.maximum(x, -3.0) * np.minimum(np.maximum(x + 3, 0.0), 6.0) / 6,
    lambda y, x: where(abs(x) < 3, (2 * x + 3) / 6, x > 0), symbol="hard swish",
    kinks=lambda x: (x - 3) * (x + 3), method=False, activation=True,
    doc="hard swish, its input times its hard sigmoid, stops the gradient below −3 and passes it on above 3")
softsign = elementwise("softsign", by_magnitude, lambda y, x: 1 / square(1 + abs(x)),
    numeric=[lambda y, x: square(1 / (1 + abs(x)))], method=False, activation=True,
    doc="softsign divides the gradient by the square of 1 + |x|: it saturates, but slowly")
tanhshrink = elementwise("tanhshrink", less_its_tanh, lambda y, x: square(tanh(x)), method=False, activation=True,
    doc="tanhshrink, x − tanh x, passes tanh² x of the gradient: nearly nothing around 0")
# fmt: on

override(borrowed("scipy.special", "expit"), sigmoid)
override(borrowed("scipy.special", "log_expit"), logsigmoid)


@composition()
def celu(x: Any, alpha: Any = 1.0) -> Any:
    """Give x where it is positive, else alpha · (e^(x/alpha) − 1): its slope has no jump, whatever alpha is.

    >>> celu(np.array([-1.0, 2.0]), 2.0).round(4)
    array([-0.7869,  2.    ])
    """
    return where(x > 0, x, alpha * elu(minimum(x, 0.0) / alpha))


@composition()
def softshrink(x: Any, lambd: Any = 0.5) -> Any:
    """Move x by lambd towards 0, and no further.

    >>> softshrink(np.array([-2.0, 0.3, 2.0]))
    array([-1.5,  0. ,  1.5])
    """
    return sign(x) * relu(abs(x) - lambd)


@composition()
def hardshrink(x: Any, lambd: Any = 0.5) -> Any:
    """Give x, but 0 within lambd of 0.

    >>> hardshrink(np.array([-2.0, 0.3, 2.0]))
    array([-2.,  0.,  2.])
    """
    return where(abs(x) <= lambd, 0.0, x)


@composition()
def threshold(x: Any, threshold: Any, value: Any) -> Any:
    """Give x where it is above the threshold, else the value.

    >>> threshold(np.array([-1.0, 2.0]), 0.5, 9.0)
    array([9., 2.])
    """
    return where(x <= threshold, value, x)
