"""Functions made of operations: NumPy's numbers, and the gradients of what they are made of."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import AutogradError, DTypeError, ShapeError, Tensor, Value, check, no_grad, tree
from autograd.composition import compositions
from autograd.op import overridden_by

#: A call is a function of the function, and of what makes an array of a shape: numbers with no pattern.
Call = Callable[[Callable[..., Any], Callable[..., Any]], Any]

#: Those of NumPy's methods that say where between two elements a quantile is.
QUANTILES = (
    *("linear", "lower", "higher", "midpoint", "nearest", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("median_unbiased", "normal_unbiased", "inverted_cdf", "averaged_inverted_cdf", "closest_observation"),
)


def holed(x: Any) -> Any:
    """The same numbers, but one of them NaN."""
    mask = np.arange(np.prod(x.shape)).reshape(x.shape) == 4
    return autograd.where(mask, np.nan, x)


PLACES = np.array([0.0, 1.5, 2.0, 4.0, 4.75])
ENDS = np.array([np.nan, np.inf, -np.inf, 0.0])

#: For every composition, calls in all the ways that NumPy knows.
CALLS: dict[str, list[Call]] = {
    # Shaping.
    "sliding_window_view": [
        *(lambda f, a: f(a(5), 2), lambda f, a: f(a(5), (3,)), lambda f, a: f(a(3, 4), (2, 3))),
        *(
            lambda f, a: f(a(3, 4), 2, axis=-1),
            lambda f, a: f(a(3, 4), (2, 2), (-1, 0)),
            lambda f, a: f(a(5), (2, 3), (0, 0)),
        ),
    ],
    "matrix_diagonal": [lambda f, a: f(a(2, 3, 4)), lambda f, a: f(a(3, 3), offset=-1)],
    "linspace": [
        *(
            lambda f, a: f(a(), 2.0, 5),
            lambda f, a: f(a(3), a(2, 3), num=4),
            lambda f, a: f(a(3), a(3), 4, False, axis=-1),
            *(lambda f, a: f(a(3), a(3), 4, retstep=True), lambda f, a: f(a(), a(), 3, False, True)),
            lambda f, a: f(a(), a(2), 3, dtype=float),
        ),
    ],
    "polyval": [lambda f, a: f(a(4), a(2, 3)), lambda f, a: f([1.0, 0.0, -2.0], a())],
    "log_ndtr": [
        *(lambda f, a: f(9 * a(3, 3)), lambda f, a: f(60 * a(4) - 65), lambda f, a: f(a())),
    ],
    **{
        name: [
            *(lambda f, a: f(a(3) ** 2 + 0.1, a(2, 3) ** 2 + 0.1), lambda f, a: f(a(3) ** 2 + 0.1, 0.5)),
            lambda f, a: f(np.array([0.0, 0.3, 1.0]), a(3) ** 2 + 0.9),
        ]
        for name in ("rel_entr", "kl_div")
    },
    "vander": [lambda f, a: f(a(3)), lambda f, a: f(a(3), 4), lambda f, a: f(a(2), N=3, increasing=True)],
    "polymul": [lambda f, a: f(a(3), a(2)), lambda f, a: f([1.0, 2.0], a(3))],
    "polyder": [lambda f, a: f(a(4)), lambda f, a: f(a(4), 2), lambda f, a: f(a(3), m=0)],
    "polyfit": [
        *(lambda f, a: f(PLACES, a(5), 2), lambda f, a: f(a(4), a(4), 1), lambda f, a: f(a(5), a(5, 2), 1, w=a(5) + 2)),
        *(lambda f, a: f(a(5), a(5), 1, cov=True), lambda f, a: f(a(5), a(5), 1, cov="unscaled")),
        lambda f, a: f(a(5), a(5), 1, full=True)[:2],
    ],
    "lstsq": [
        *(lambda f, a: f(a(3, 2), a(3))[:2], lambda f, a: f(a(4, 2), a(4, 3))[0], lambda f, a: f(a(2, 3), a(2))[0]),
        lambda f, a: f(a(2, 2), a(2))[0],
    ],
    "logspace": [
        *(lambda f, a: f(a(), 2.0, 4), lambda f, a: f(a(3), a(2, 3), num=3, base=2.0, axis=-1)),
        lambda f, a: f(a(2), a(2), 3, False),
    ],
    "geomspace": [
        *(lambda f, a: f(a() + 2, 9.0, 4), lambda f, a: f(a(3) + 2, a(2, 3) + 2, num=3, axis=-1)),
        lambda f, a: f(-2 - a(2), a(2) - 3, 3, False),
    ],
    "full_like": [
        *(lambda f, a: f(a(2, 3), a()), lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(2), a(), shape=(3, 2))),
    ],
    "piecewise": [
        lambda f, a: f(a(5), [PLACES > 3, PLACES < 1], [lambda x: x * x, lambda x: -x, 2.5]),
        lambda f, a: f(a(5), [PLACES > 3, PLACES < 1], [lambda x, k: x * k, 1.5], 3.0),
        *(lambda f, a: f(a(5), PLACES > 3, [np.exp, np.sin]), lambda f, a: f(a(), [True, False], [np.exp, 1.0])),
    ],
    "frexp": [lambda f, a: f(a(2, 3) * 9)[0], lambda f, a: f(a())[0]],
    "cumulative_sum": [
        *(lambda f, a: f(a(4)), lambda f, a: f(a(2, 3), axis=1), lambda f, a: f(a(2, 3), axis=0, include_initial=True)),
    ],
    "cumulative_prod": [lambda f, a: f(a(4)), lambda f, a: f(a(2, 3), axis=-1, include_initial=True)],
    "swapaxes": [lambda f, a: f(a(2, 3, 4), 0, -1), lambda f, a: f(a(2, 3), axis1=1, axis2=0)],
    "matrix_transpose": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 0, 3))],
    "moveaxis": [lambda f, a: f(a(2, 3, 4), 0, -1), lambda f, a: f(a(2, 3, 4), (0, 2), (-1, 0))],
    "rollaxis": [lambda f, a, k=k, s=s: f(a(2, 3, 4), k, s) for k in (0, 1, -1) for s in (0, 1, 3, -1)],
    "ravel": [lambda f, a, s=s: f(a(*s)) for s in ((2, 3), (), (0, 2))] + [lambda f, a: f(a(2, 3), order="F")],
    "flatten": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3, 2), "F")],
    "squeeze": [
        *(lambda f, a: f(a(1, 2, 1)), lambda f, a: f(a(1, 2, 1), -1), lambda f, a: f(a(1, 2, 1), (0, 2))),
        *(lambda f, a: f(a(1, 1)), lambda f, a: f(a(2), axis=())),
    ],
    "expand_dims": [
        *(lambda f, a: f(a(2, 3), 0), lambda f, a: f(a(2, 3), -1), lambda f, a: f(a(2, 3), (0, 2, -1))),
        lambda f, a: f(a(), (0, 1)),
    ],
    "atleast_1d": [lambda f, a: f(a()), lambda f, a: f(a(2)), lambda f, a: f(a(), a(2, 3))],
    "atleast_2d": [lambda f, a: f(a()), lambda f, a: f(a(2)), lambda f, a: f(a(2), a(2, 3, 1))],
    "atleast_3d": [lambda f, a: f(a()), lambda f, a: f(a(2)), lambda f, a: f(a(2, 3), a(2, 3, 1), a(1, 1, 1, 2))],
    "broadcast_arrays": [lambda f, a: f(a(2, 1), a(3)), lambda f, a: f(a(2)), lambda f, a: f(a(), a(2, 2), a(1))],
    "meshgrid": [
        *(lambda f, a: f(a(2), a(3)), lambda f, a: f(a(2), a(3), a(2), indexing="ij"), lambda f, a: f(a(2))),
        *(lambda f, a: f(a(2), a(3), sparse=True), lambda f, a: f(a(2), a(), copy=False)),
    ],
    # Moving.
    "flip": [lambda f, a, x=x: f(a(2, 3, 2), x) for x in (None, 0, -1, (0, 2))],
    "fliplr": [lambda f, a: f(a(2, 3))],
    "flipud": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3))],
    "rot90": [
        *(lambda f, a, k=k: f(a(2, 3), k) for k in (0, 1, 2, 3, -1)),
        *(lambda f, a: f(a(2, 3, 2), axes=(2, 0)), lambda f, a: f(a(2, 3, 2), 3, axes=(-2, -1))),
    ],
    "tile": [
        *(lambda f, a, r=r: f(a(2, 3), r) for r in (2, (2, 1), (2, 1, 2), (3,), 0, 1)),
        *(lambda f, a: f(a(), 2), lambda f, a: f(a(1), 3), lambda f, a: f(a(2), np.array([2, 2]))),
    ],
    "repeat": [
        *(lambda f, a: f(a(2, 3), 2), lambda f, a: f(a(2, 3), 2, 1), lambda f, a: f(a(2, 3), [1, 0, 2], axis=-1)),
        *(lambda f, a: f(a(), 3), lambda f, a: f(a(2), [2]), lambda f, a: f(a(2), 0), lambda f, a: f(a(2, 2), (3,), 0)),
    ],
    "resize": [lambda f, a, s=s: f(a(2, 3), s) for s in (4, (4, 2), (2, 2), (0,))]
    + [lambda f, a: f(a(0, 2), (2, 2)), lambda f, a: f(a(0), ())],
    # Activations.
    "celu": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), alpha=0.5), lambda f, a: f(a(3), 1.5 + a(3) / 4)],
    "softshrink": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), lambd=0.25), lambda f, a: f(a(3), a(1) / 4)],
    "hardshrink": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), 0.25)],
    "threshold": [lambda f, a: f(a(2, 3), 0.2, -1.5), lambda f, a: f(a(2, 3), threshold=0.2, value=a(3))],
    "prelu": [
        *(lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(2, 3, 2), a(3)), lambda f, a: f(a(2, 3), a(1))),
        *(lambda f, a: f(a(4), a(1)), lambda f, a: f(a(3, 2), weight=0.25)),
    ],
    "glu": [lambda f, a: f(a(3, 4)), lambda f, a: f(a(2, 3), 0), lambda f, a: f(a(2, 4, 3), dim=-2)],
    "maxout": [
        lambda f, a: f(a(2, 6), 3),
        lambda f, a: f(a(4, 3), pieces=2, axis=0),
        lambda f, a: f(a(2, 4, 3), 4, -2),
    ],
    "softmin": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3), axis=0)],
    # Elementwise.
    "fabs": [lambda f, a: f(a(2, 3))],
    "float_power": [lambda f, a: f(a(2, 3) ** 2 + 0.5, a(3)), lambda f, a: f(a(2) ** 2 + 0.5, 3)],
    "ldexp": [lambda f, a: f(a(2, 3), 3), lambda f, a: f(a(3), np.array([[-1], [0], [4]])), lambda f, a: f(a(2), 5)],
    "degrees": [lambda f, a: f(a(2, 3))],
    "radians": [lambda f, a: f(a(2, 3))],
    "nan_to_num": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(4) + ENDS, nan=1.0, neginf=-3.0)],
    "round": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3) * 100, 1), lambda f, a: f(a(3) * 1e4, decimals=-2)],
    "fix": [lambda f, a: f(a(2, 3) * 3)],
    "divmod": [lambda f, a: f(a(2, 3) * 3, a(3) ** 2 + 0.2), lambda f, a: f(a(2) * 9, 2)],
    "modf": [lambda f, a: f(a(2, 3) * 3)],
    # Indexing.
    "take": [
        *(lambda f, a: f(a(2, 3), [0, -1]), lambda f, a: f(a(2, 3), [[0, 2], [1, 1]], axis=1), lambda f, a: f(a(3), 1)),
        *(lambda f, a, m=m: f(a(2, 3), [4, -5, 0], 1, mode=m) for m in ("wrap", "clip")),
        *(lambda f, a: f(a(2, 3), 1, axis=-2), lambda f, a: f(a(2, 3), [True, False], 0)),
    ],
    "compress": [
        *(lambda f, a: f([True, False, True], a(2, 3)), lambda f, a: f([False, True], a(2, 3), axis=1)),
        lambda f, a: f(np.array([1, 0]), a(2, 3), 0),
    ],
    "extract": [lambda f, a: f(np.eye(2, 3) > 0, a(2, 3)), lambda f, a: f([0, 1], a(2))],
    "choose": [
        *(lambda f, a: f([0, 1, 1], [a(3), a(3)]), lambda f, a: f(np.eye(2, dtype=int), [a(2), a(2, 1)])),
        *(lambda f, a, m=m: f([4, -1, 1], [a(3), a(3), a()], mode=m) for m in ("wrap", "clip")),
        lambda f, a: f([[0, 0]], [a(2)]),
    ],
    "select": [
        lambda f, a: f([np.eye(2) > 0, np.ones(2) > 0], [a(2, 2), a(2)]),
        lambda f, a: f([np.array([True, False, False]), np.array([True, True, False])], [a(3), a(3)], a()),
        lambda f, a: f([np.array([False, False])], [a(2)], default=2.5),
    ],
    # Joining.
    "vstack": [lambda f, a: f([a(2), a(3, 2)]), lambda f, a: f((a(), a(1))), lambda f, a: f(a(2, 3))],
    "hstack": [lambda f, a: f([a(2), a(3)]), lambda f, a: f([a(2, 1), a(2, 3)]), lambda f, a: f([a(), a(2)])],
    "dstack": [lambda f, a: f([a(2), a(2)]), lambda f, a: f([a(2, 1), a(2, 1, 3)]), lambda f, a: f([a(), a()])],
    "column_stack": [lambda f, a: f([a(2), a(2, 3)]), lambda f, a: f([a(), a()])],
    "block": [
        *(lambda f, a: f([[a(2, 2), a(2, 1)], [a(1, 2), a(1)]]), lambda f, a: f([a(2), a(3)]), lambda f, a: f(a(2))),
        *(lambda f, a: f([[a(2), a()]]), lambda f, a: f([a(), 3.0]), lambda f, a: f([[a(1, 2, 1)], [a(1, 1, 1)]])),
    ],
    "append": [lambda f, a: f(a(2, 3), a(2)), lambda f, a: f(a(2, 3), a(1, 3), axis=0), lambda f, a: f(a(2), a())],
    "insert": [
        *(lambda f, a, i=i: f(a(3), i, a()) for i in (0, 1, 3, -1, [1], np.array(2))),
        *(lambda f, a, i=i: f(a(3), i, a(2)) for i in ([0, 3], [2, 0], [1, 1], slice(0, 2), [-1, 0])),
        lambda f, a: f(a(4), 1, a(2)),
        *(lambda f, a, x=x: f(a(2, 3), 1, a(), axis=x) for x in (None, 0, 1, -1)),
        *(lambda f, a: f(a(2, 3), 1, a(3), axis=0), lambda f, a: f(a(2, 3), [1], a(3), axis=0)),
        *(lambda f, a: f(a(2, 3), 1, a(2, 2), 1), lambda f, a: f(a(2, 3), [1], a(2, 2), 1)),
        *(lambda f, a: f(a(2, 3), [0, 2], a(2, 1), 1), lambda f, a: f(a(2, 3), [], a(), 1)),
        lambda f, a: f(a(3), np.array([True, False, True]), a(2)),
    ],
    "delete": [
        *(lambda f, a, i=i: f(a(3), i) for i in (0, -1, [0, 2], [1, 1], slice(None, None, 2), [], [True, False, True])),
        *(lambda f, a: f(a(2, 3), 1, axis=1), lambda f, a: f(a(2, 3), [0, 4])),
    ],
    "array_split": [
        *(lambda f, a: f(a(5), 3), lambda f, a: f(a(2, 5), [1, 3], axis=-1), lambda f, a: f(a(2), 3)),
        *(lambda f, a: f(a(5), [-2]), lambda f, a: f(a(5), np.array([3, 1, 9])), lambda f, a: f(a(5), ())),
    ],
    "split": [lambda f, a: f(a(4, 2), 2), lambda f, a: f(a(2, 3), 3, 1), lambda f, a: f(a(2, 3), [1], axis=-1)],
    "vsplit": [lambda f, a: f(a(4, 2), 2), lambda f, a: f(a(3, 1, 1), [1])],
    "hsplit": [lambda f, a: f(a(4), 2), lambda f, a: f(a(2, 4), [1, 2])],
    "dsplit": [lambda f, a: f(a(1, 2, 4), 2)],
    "unstack": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3), axis=-1), lambda f, a: f(a(2))],
    # Diagonals.
    "diag": [
        *(lambda f, a, k=k: f(a(3), k) for k in (0, 1, -2)),
        *(lambda f, a, k=k: f(a(2, 3), k=k) for k in (0, 1, -1, 2)),
        lambda f, a: f(a(0), 1),
    ],
    "diagflat": [lambda f, a: f(a(2, 2)), lambda f, a: f(a(2), -1), lambda f, a: f(a())],
    "tril": [lambda f, a, k=k, s=s: f(a(*s), k) for k in (0, 1, -1, 3) for s in ((2, 3), (2, 3, 3), (3,))],
    "triu": [lambda f, a, k=k, s=s: f(a(*s), k) for k in (0, 1, -1, 3) for s in ((2, 3), (2, 3, 3), (3,))],
    # Padding.
    "pad": [
        *(lambda f, a, w=w: f(a(2, 3), w) for w in (1, (1, 2), ((0, 1), (2, 0)), ((1,), (2,)), [[1, 0]], (2,), 0)),
        *(lambda f, a, c=c: f(a(2), 2, constant_values=c) for c in (3.0, (1.0, 2.0), [(1.0, 2.0)], np.array([5.0]))),
        lambda f, a: f(a(2, 3), ((1, 2), (0, 1)), constant_values=((1, 2), (3, 4))),
        *(lambda f, a, m=m: f(a(2, 3), ((1, 2), (0, 3)), m) for m in ("edge", "wrap", "linear_ramp", "mean")),
        *(lambda f, a, m=m: f(a(2, 3), ((1, 4), (0, 3)), mode=m) for m in ("reflect", "symmetric", "wrap")),
        *(lambda f, a, m=m: f(a(3, 2), ((1, 2), (0, 1)), m, reflect_type="odd") for m in ("reflect", "symmetric")),
        *(lambda f, a, m=m: f(a(3, 2), ((1, 2), (0, 1)), m) for m in ("maximum", "minimum")),
        *(lambda f, a, m=m: f(a(5), (1, 2), m, stat_length=(2, 3)) for m in ("maximum", "minimum", "mean")),
        *(lambda f, a: f(a(3), 2, "mean", stat_length=9), lambda f, a: f(a(1), 2, "reflect")),
        lambda f, a: f(a(3, 2), 2, "linear_ramp", end_values=((1.0, 2.0), (3.0, -4.0))),
        lambda f, a: f(a(0, 2), ((1, 0), (0, 0)), constant_values=2),
    ],
    # Sorting: parts of two elements at most are in order altogether.
    "partition": [
        *(lambda f, a: f(a(2, 3), 1), lambda f, a: f(a(3, 2), -2, axis=0), lambda f, a: f(a(4), (1, 2))),
        lambda f, a: f(a(1, 3), 1, axis=None),
    ],
    # Reductions.
    "ptp": [
        lambda f, a: f(a(3, 4)),
        lambda f, a: f(a(3, 4), axis=1, keepdims=True),
        lambda f, a: f(a(2, 3, 4), (0, -1)),
    ],
    "average": [
        *(lambda f, a: f(a(3, 4)), lambda f, a: f(a(3, 4), axis=0), lambda f, a: f(a(3, 4), weights=a(3, 4) + 2)),
        *(lambda f, a: f(a(3, 4), -1, a(4) + 2), lambda f, a: f(a(3, 4), axis=0, weights=[1, 2, 3], keepdims=True)),
        lambda f, a: f(a(2, 3, 4), axis=(2, 0), weights=a(4, 2) + 2),
        lambda f, a: f(a(3, 4), 1, a(4) + 2, True),
    ],
    "cov": [
        *(lambda f, a: f(a(3, 5)), lambda f, a: f(a(5)), lambda f, a: f(a(5), a(5)), lambda f, a: f(a(2, 5), a(3, 5))),
        *(lambda f, a: f(a(5, 2), rowvar=False), lambda f, a: f(a(3, 5), bias=True), lambda f, a: f(a(3, 5), ddof=2)),
        lambda f, a: f(a(3, 5), fweights=np.array([1, 2, 3, 1, 2]), aweights=np.array([0.5, 1.0, 2.0, 1.5, 0.75])),
        lambda f, a: f(a(2, 5), aweights=np.array([0.5, 1.0, 2.0, 1.5, 0.75]), ddof=1),
    ],
    "corrcoef": [
        *(lambda f, a: f(a(3, 5)), lambda f, a: f(a(5), a(5)), lambda f, a: f(a(5, 2), rowvar=False)),
    ],
    "matrix_norm": [
        *(lambda f, a, p=p: f(a(2, 2, 3), ord=p) for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        lambda f, a: f(a(3, 2), keepdims=True),
    ],
    "norm": [
        *(lambda f, a, p=p: f(a(5), p) for p in (None, 1, 2, 3, 0.5, -1.5, np.inf, -np.inf)),
        *(lambda f, a, p=p: f(a(2, 3), p) for p in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        *(lambda f, a: f(a(2, 3, 4)), lambda f, a: f(a(2, 3, 4), axis=-1), lambda f, a: f(a(2, 3, 4), 3, 1, True)),
        *(lambda f, a: f(a(2, 3, 4), 2, (0, 2), True), lambda f, a: f(a(2, 3, 4), "nuc", axis=(2, 0))),
        *(lambda f, a: f(a(2, 3, 4), 1, (0, 2), True), lambda f, a: f(a(2, 3, 4), np.inf, axis=(-1, 0))),
        lambda f, a: f(a(2, 3), keepdims=True),
    ],
    "median": [
        *(lambda f, a: f(a(5)), lambda f, a: f(a(3, 4)), lambda f, a: f(a(3, 4), axis=0), lambda f, a: f(a(3, 4), -1)),
        lambda f, a: f(a(2, 3, 4), axis=(0, -1), keepdims=True),
    ],
    "quantile": [
        *(lambda f, a: f(a(5), 0.3), lambda f, a: f(a(3, 4), [0.0, 0.4, 1.0]), lambda f, a: f(a(3, 4), 0.7, axis=0)),
        lambda f, a: f(a(2, 3, 4), [[0.1, 0.5], [0.9, 1]], axis=(0, -1), keepdims=True),
        *(lambda f, a, m=m: f(a(7), [0, 0.01, 0.35, 0.5, 0.99, 1], method=m) for m in QUANTILES),
    ],
    "percentile": [lambda f, a: f(a(5), 30), lambda f, a: f(a(3, 4), [0, 40.0, 100], 1, keepdims=True)],
    "nanmedian": [
        *(lambda f, a: f(holed(a(5))), lambda f, a: f(holed(a(3, 4)), axis=0), lambda f, a: f(a(3, 4), -1)),
        lambda f, a: f(holed(a(2, 3, 4)), axis=(0, -1), keepdims=True),
    ],
    "nanquantile": [
        *(lambda f, a: f(holed(a(3, 4)), [0.0, 0.4, 1.0]), lambda f, a: f(holed(a(3, 4)), 0.7, axis=0)),
        *(lambda f, a, m=m: f(holed(a(7)), [0, 0.01, 0.35, 0.5, 0.99, 1], method=m) for m in QUANTILES),
        lambda f, a: f(a(2, 3, 4), [0.1, 0.5], axis=(0, -1), keepdims=True),
    ],
    "nanpercentile": [lambda f, a: f(holed(a(6)), 30), lambda f, a: f(holed(a(3, 4)), [0, 40.0], 1, keepdims=True)],
    # Counting.
    "bincount": [
        *(lambda f, a: f([0, 3, 1, 1], a(4)), lambda f, a: f(np.array([2, 2]), weights=a(2), minlength=5)),
        lambda f, a: f([0, 1], a(2), 1),
    ],
    "histogram": [
        lambda f, a: f(np.array([0.1, 0.5, 2.0, -1.0, 1.0, 3.0]), [0.0, 0.5, 2.0], weights=a(6))[0],
        lambda f, a: f(np.array([[0.1, 0.5, 2.0], [0.7, 0.9, 1.0]]), 4, weights=a(2, 3))[0],
        lambda f, a: f(np.array([0.1, 0.5, 2.0]), 3, (0.0, 1.0), True, a(3) ** 2 + 1)[0],
    ],
    # Differences.
    "diff": [
        *(lambda f, a: f(a(5)), lambda f, a: f(a(3, 4)), lambda f, a: f(a(5, 2), 2, axis=0), lambda f, a: f(a(3), 0)),
        *(lambda f, a: f(a(5), prepend=0.0), lambda f, a: f(a(3, 4), axis=0, prepend=a(2, 4), append=a(1, 4))),
        *(lambda f, a: f(a(3, 4), append=1.0), lambda f, a: f(a(2), n=3)),
    ],
    "ediff1d": [
        *(lambda f, a: f(a(5)), lambda f, a: f(a(2, 3), to_begin=0.5), lambda f, a: f(a(3), a(2), a(2, 2))),
    ],
    "gradient": [
        *(
            lambda f, a: f(a(5)),
            lambda f, a: f(a(3, 4)),
            lambda f, a: f(a(3, 4), 0.5, 2.0),
            lambda f, a: f(a(3, 4), 2.0),
        ),
        *(lambda f, a: f(a(3, 4), axis=1), lambda f, a: f(a(3, 4, 3), 0.5, axis=(0, -1), edge_order=2)),
        lambda f, a: f(a(2)),
        *(lambda f, a, e=e: f(a(3, 5), PLACES[:3], a(5) + 2 * PLACES, edge_order=e) for e in (1, 2)),
        *(
            lambda f, a: f(a(2), PLACES[:2]),
            lambda f, a: f(a(3, 5), 0.5, PLACES),
            lambda f, a: f(a(5, 2), PLACES, axis=0),
        ),
    ],
    "trapezoid": [
        *(lambda f, a: f(a(5)), lambda f, a: f(a(3, 4), dx=0.5, axis=0), lambda f, a: f(a(3, 4), a(4))),
        *(lambda f, a: f(a(3, 4), a(3, 4)), lambda f, a: f(a(3, 4), x=a(3), axis=0)),
    ],
    "unwrap": [
        *(lambda f, a: f(a(7)), lambda f, a: f(5 * a(3, 6), axis=0), lambda f, a: f(9 * a(6), discont=4.0)),
        lambda f, a: f(3 * a(2, 7), period=2.0),
    ],
    # Past NaN.
    **{
        name: [
            *(lambda f, a: f(holed(a(3, 4))), lambda f, a: f(holed(a(3, 4)), 0), lambda f, a: f(a(3, 4), axis=-1)),
            *(lambda f, a: f(holed(a(3, 4)), keepdims=True), lambda f, a: f(holed(a(2, 3, 4)), axis=(0, 2))),
        ]
        for name in ("nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanvar", "nanstd")
    },
    **{
        name: [lambda f, a: f(holed(a(3, 4))), lambda f, a: f(holed(a(3, 4)), 0), lambda f, a: f(a(3, 4), axis=-1)]
        for name in ("nancumsum", "nancumprod")
    },
    # Products and linear algebra.
    "dot": [
        *(lambda f, a: f(a(3), a(3)), lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(3), a(3, 2))),
        *(lambda f, a: f(a(2, 3), a(3, 2)), lambda f, a: f(a(2, 2, 3), a(4, 3, 2)), lambda f, a: f(a(), a(2, 3))),
        *(lambda f, a: f(a(2, 2, 3), a(3, 2)), lambda f, a: f(a(3), a(2, 3, 2)), lambda f, a: f(a(2, 2, 3), a(3))),
    ],
    "vdot": [lambda f, a: f(a(2, 3), a(2, 3)), lambda f, a: f(a(3), a(3)), lambda f, a: f(a(2, 3), a(6))],
    "inner": [
        *(lambda f, a: f(a(3), a(3)), lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(3), a(2, 3))),
        *(lambda f, a: f(a(2, 3), a(4, 3)), lambda f, a: f(a(2, 3), a(2, 2, 3)), lambda f, a: f(a(2), a())),
    ],
    "outer": [lambda f, a: f(a(3), a(2)), lambda f, a: f(a(2), a(2))],
    "tensordot": [
        *(lambda f, a: f(a(2, 3), a(2, 3)), lambda f, a: f(a(2, 3), a(3, 2), axes=1)),
        *(lambda f, a: f(a(2), a(3), axes=0), lambda f, a: f(a(2, 3), a(2, 3), axes=(1, -1))),
        lambda f, a: f(a(2, 3, 4), a(4, 3), axes=([1, -1], [1, 0])),
        *(lambda f, a: f(a(2, 3), a(2), axes=([0], 0)), lambda f, a: f(a(2), a(3), axes=((), ()))),
    ],
    "kron": [
        *(lambda f, a: f(a(2), a(3)), lambda f, a: f(a(2, 2), a(1, 3)), lambda f, a: f(a(2), a(2, 3))),
        *(lambda f, a: f(a(2, 1, 2), a(3)), lambda f, a: f(a(), a(2))),
    ],
    "cross": [
        *(lambda f, a: f(a(3), a(3)), lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(3, 2), a(3, 2), axis=0)),
        *(lambda f, a: f(a(3, 2), a(2, 3), 0), lambda f, a: f(a(2, 3), a(2, 3), axisc=0)),
        lambda f, a: f(a(2, 1, 3), a(4, 3), -1, -1, 1),
    ],
    "trace": [
        *(lambda f, a: f(a(3, 3)), lambda f, a: f(a(2, 3), 1), lambda f, a: f(a(3, 2), -1), lambda f, a: f(a(2, 2), 5)),
        *(lambda f, a: f(a(2, 3, 4), 1, 1, 2), lambda f, a: f(a(2, 3, 4), axis1=-1, axis2=0)),
    ],
    "vecdot": [lambda f, a: f(a(3), a(3)), lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(3, 2), a(3, 1), axis=0)],
    "matvec": [lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(4, 2, 3), a(4, 3)), lambda f, a: f(a(2, 3), a(4, 3))],
    "vecmat": [lambda f, a: f(a(2), a(2, 3)), lambda f, a: f(a(4, 2), a(4, 2, 3)), lambda f, a: f(a(4, 2), a(2, 3))],
    "multi_dot": [
        *(lambda f, a: f([a(2, 3), a(3, 2)]), lambda f, a: f([a(3), a(3, 1), a(1, 4)])),
        *(lambda f, a: f((a(1, 3), a(3, 2), a(2, 2), a(2))), lambda f, a: f([a(2), a(2)])),
    ],
    "matrix_power": [lambda f, a, n=n: f(a(2, 2, 2), n) for n in (0, 1, 2, 3, 7, -1, -2)],
    "tensorsolve": [  # of two unknowns: matrices of these numbers have rank 2
        *(lambda f, a: f(a(2, 1, 2), a(2, 1)), lambda f, a: f(a(2, 2), a(2)), lambda f, a: f(a(2, 2, 1), a(2))),
        lambda f, a: f(a(2, 1, 2), a(1, 2), axes=(0,)),
    ],
    "tensorinv": [lambda f, a: f(a(2, 1, 2)), lambda f, a: f(a(2, 1, 2), ind=1)],
    "svdvals": [lambda f, a: f(a(3, 2)), lambda f, a: f(a(2, 2, 3))],
    "cond": [lambda f, a: f(a(3, 2)), lambda f, a: f(a(2, 2, 3), 2), lambda f, a: f(a(2, 2), p=-2)]
    + [lambda f, a, p=p: f(a(2, 2, 2), p) for p in (1, -1, np.inf, "fro")],
    # Windows.
    "conv1d": [
        lambda f, a: f(a(2, 3, 5), a(4, 3, 2), a(4), padding=1),
        lambda f, a: f(a(2, 4), a(2, 1, 3), None, 1, "same", 1, 2),
    ],
    "conv2d": [lambda f, a: f(a(1, 2, 4, 3), a(2, 2, 2, 2), a(2), stride=(2, 1), dilation=(1, 2))],
    "conv_transpose1d": [lambda f, a: f(a(2, 3), a(2, 2, 2), a(2), 2, 0, 1)],
    "conv_transpose2d": [lambda f, a: f(a(2, 2, 3), a(2, 1, 2, 2), a(1), padding=(1, 0))],
    "max_pool1d": [lambda f, a: f(a(2, 5), 2), lambda f, a: f(a(5), 3, 1, 1, 2)],
    "max_pool2d": [
        lambda f, a: f(a(1, 2, 4, 4), 2),
        lambda f, a: f(a(3, 4), (2, 3), stride=1, padding=1, ceil_mode=True),
    ],
    "avg_pool1d": [lambda f, a: f(a(2, 5), 2, ceil_mode=True), lambda f, a: f(a(5), 3, 1, 1, count_include_pad=False)],
    "avg_pool2d": [lambda f, a: f(a(2, 3, 4), 2, padding=1), lambda f, a: f(a(3, 4), (1, 2), divisor_override=3)],
    "adaptive_avg_pool1d": [lambda f, a: f(a(2, 5), 3)],
    "adaptive_avg_pool2d": [lambda f, a: f(a(4, 5), (2, 3)), lambda f, a: f(a(2, 3), (None, 1))],
    "correlate": [
        *(lambda f, a: f(a(4), a(3)), lambda f, a: f(a(2), a(4), "same"), lambda f, a: f(a(4), a(2), mode="full")),
    ],
    "interp": [
        lambda f, a: f(a(2, 3), np.array([-0.9, -0.1, 0.4]), a(3)),
        lambda f, a: f(a(4), np.array([-0.5, 0.1]), a(2), a(), right=0.5),
    ],
}

CASES = [pytest.param(name, call, id=f"{name}-{k}") for name, calls in CALLS.items() for k, call in enumerate(calls)]


class Arrays:
    """Makes arrays, each of other numbers, and of them what a test wants."""

    def __init__(self, make: Callable[[Any], Any] = lambda a: a, given: Any = None) -> None:
        self.made: list[Any] = []
        self.make = make
        self.given = given

    def __call__(self, *shape: int) -> Any:
        k = len(self.made)
        numbers = np.cos(np.arange(1.0, np.prod(shape, dtype=int) + 1) * 1.7 + k).reshape(shape)
        self.made.append(self.make(numbers) if self.given is None else self.given[k])
        return self.made[-1]


def objects(numbers: Any) -> Any:
    result = np.empty(numbers.shape, dtype=object)
    result[...] = np.frompyfunc(Value, 1, 1)(numbers.astype(object))
    return result


def plain(result: Any) -> list[Any]:
    """All that a call gives, as arrays of numbers."""
    parts = result if isinstance(result, tuple | list) else [result]
    with no_grad():
        return [np.asarray(x, dtype=float) for x in parts]


@pytest.mark.parametrize("name", CALLS)
def test_the_examples_are_right(name: str) -> None:
    """Doctest passes over a function that is not of the module that it stands in."""
    function: Any = compositions[name].__wrapped__  # type: ignore[attr-defined]
    (example,) = doctest.DocTestFinder().find(function, name, globs=function.__globals__)
    assert doctest.DocTestRunner().run(example).failed == 0
    assert example.examples


def test_an_error_names_the_composition_and_its_operands() -> None:
    with pytest.raises(
        ShapeError, match=r"^swapaxes: the shapes W\(2, 3\), axis1=0, axis2=5 do not fit: .* its 2 axes"
    ):
        np.swapaxes(Tensor(np.ones((2, 3)), label="W"), 0, 5)


def test_every_composition_is_called_here() -> None:
    assert set(CALLS) == set(compositions)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_the_numbers_are_those_of_numpy(name: str, call: Call) -> None:
    ours = compositions[name]
    for theirs in overridden_by(ours):
        expected = call(theirs, Arrays())
        for function in (theirs, ours):
            got = call(function, Arrays(Tensor))
            assert isinstance(got, Tensor) or all(isinstance(x, Tensor) for x in got)
            for x, y in zip(plain(got), plain(expected), strict=True):
                assert x.shape == y.shape
                np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_lists_of_values_give_the_scalar_graph_of_the_same_numbers(name: str, call: Call) -> None:
    ours = compositions[name]
    try:
        got = call(ours, Arrays(objects))
    except DTypeError as error:
        assert re.search("computed by iteration, so use a Tensor|dtype= has no meaning for Values", str(error))  # noqa: PT017
        return
    for x, y in zip(plain(got), plain(call(ours, Arrays())), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13)


#: Arguments that are compared with alone, so that no gradient flows back from them; and what is inserted nowhere.
COMPARED: set[tuple[str, Any]] = {
    *(("hardshrink", 1), ("threshold", 1), ("threshold", "threshold"), ("diff", 1), ("gradient", "edge_order")),
    *(("cond", 1), ("cond", "p"), ("full_like", 0), ("insert", 2), ("unwrap", "discont")),
}


def as_node(x: Any) -> Any:
    """A node of the same numbers; of a flag, a text, or a list of arrays, itself."""
    if isinstance(x, bool | str | slice | None) or callable(x) or (isinstance(x, list | tuple) and not is_flat(x)):
        return x
    return Tensor(np.asarray(x, dtype=float), label="n")


def is_flat(x: Any) -> bool:
    return all(isinstance(part, int | float) for part in x)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_a_node_in_the_place_of_any_argument_is_an_input_or_is_refused(name: str, call: Call) -> None:
    """It comes to what numbers come to there, and is in the graph; it is neither lost nor handed on for ever."""

    def replaced(*args: Any, **kwargs: Any) -> Any:
        expected = plain(compositions[name](*args, **kwargs))
        for place in (*range(len(args)), *kwargs):
            given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
            node = given[place] = as_node(given[place])
            if not isinstance(node, Tensor):
                continue
            try:
                result = compositions[name](*[given[k] for k in range(len(args))], **{k: given[k] for k in kwargs})
            except AutogradError:
                continue
            outputs = [x for x in tree.leaves(result) if isinstance(x, Tensor)]
            assert any(x.requires_grad for x in outputs) or (name, place) in COMPARED
            for x, y in zip(plain(result), expected, strict=True):
                np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13)
        return compositions[name](*args, **kwargs)

    call(replaced, Arrays())


@pytest.mark.parametrize(("name", "call"), CASES)
def test_the_gradients_are_right(name: str, call: Call) -> None:
    arrays = Arrays()
    call(compositions[name], arrays)
    assert check.gradcheck(lambda *xs: call(compositions[name], Arrays(given=xs)), *arrays.made, order=2)
