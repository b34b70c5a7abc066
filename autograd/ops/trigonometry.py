"""Angles: what has an angle, and what gives one, and the distance from the origin.

Of a point (x, y), rules need the cosine of its angle, x / h, and its inverse in the unit circle, x / h², where h is the
distance from the origin. These are operations, so that no derivative of them subtracts what is all but equal.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.composition import composition
from autograd.op import Op, elementwise
from autograd.ops.functions import POSITIVE, REAL, cos, sqrt, square

WITHIN_ONE = (-1.0, 1.0)

# fmt: off
tan = elementwise("tan", np.tan, lambda y, x: 1 + y * y, kinks=lambda x: cos(x),
    doc="tangent has 1 plus its output squared as its slope")
arcsin = elementwise("arcsin", np.arcsin, lambda y, x: 1 / sqrt(1 - x * x),
    numeric=[lambda y, x: 1 / half_circle(x)], domain=(WITHIN_ONE,),
    doc="arcsin divides the gradient by √(1 − x²), the cosine of its output: the slope is infinite at −1 and 1")
arccos = elementwise("arccos", np.arccos, lambda y, x: -1 / sqrt(1 - x * x),
    numeric=[lambda y, x: -1 / half_circle(x)], domain=(WITHIN_ONE,),
    doc="arccos divides the gradient by −√(1 − x²), minus the sine of its output")
arctan = elementwise("arctan", np.arctan, lambda y, x: 1 / (1 + x * x), numeric=[lambda y, x: inversion(1.0, x)],
    doc="arctan divides the gradient by 1 + x²: little is left far from 0")
half_circle: Op = elementwise("half_circle", lambda x: np.sqrt((1 - x) * (1 + x)), lambda y, x: -x / y,
    domain=(WITHIN_ONE,), method=False,
    doc="the half circle, √(1 − x²), falls by x over its height: arcsin and arccos divide by it")

hypot: Op = elementwise("hypot", np.hypot,
    lambda z, x1, x2: x1 / z,
    lambda z, x1, x2: x2 / z,
    numeric=[lambda z, x1, x2: cosine(x1, x2), lambda z, x1, x2: cosine(x2, x1)],
    kinks=lambda x1, x2: abs(x1) + abs(x2),
    doc="the distance from the origin passes to each input its part of it, and nothing at the origin")
arctan2 = elementwise("arctan2", np.arctan2,
    lambda z, x1, x2: x2 / (x1 * x1 + x2 * x2),
    lambda z, x1, x2: -x1 / (x1 * x1 + x2 * x2),
    numeric=[lambda z, x1, x2: inversion(x2, x1), lambda z, x1, x2: -inversion(x1, x2)],
    domain=(REAL, POSITIVE), kinks=lambda x1, x2: abs(x1) + abs(x2) + x2,
    doc="the angle of a point moves across the line to the origin, the less the further away the point is")
cosine: Op = elementwise("cosine", lambda x, y: over(x, np.hypot(x, y)),
    lambda z, x, y: y * y / hypot(x, y) ** 3,
    lambda z, x, y: -x * y / hypot(x, y) ** 3,
    numeric=[
        lambda z, x, y: cosine(y, x) * inversion(y, x),
        lambda z, x, y: -z * inversion(y, x)],
    kinks=lambda x, y: abs(x) + abs(y),
    doc="the cosine of the angle of a point, x over the distance from the origin: the slope of hypot")
inversion: Op = elementwise("inversion", lambda x, y: over(over(x, np.hypot(x, y)), np.hypot(x, y)),
    lambda z, x, y: (y * y - x * x) / (x * x + y * y) ** 2,
    lambda z, x, y: -2 * x * y / (x * x + y * y) ** 2,
    numeric=[
        lambda z, x, y: square(inversion(y, x)) - z * z,
        lambda z, x, y: -2 * z * inversion(y, x)],
    kinks=lambda x, y: abs(x) + abs(y),
    doc="x over the squared distance from the origin, the inverse in the unit circle: the slope of arctan and arctan2")

deg2rad = elementwise("deg2rad", np.deg2rad, lambda y, x: math.pi / 180, linear="jointly",
    doc="degrees to radians passes π / 180 of the gradient")
rad2deg = elementwise("rad2deg", np.rad2deg, lambda y, x: 180 / math.pi, linear="jointly",
    doc="radians to degrees multiplies the gradient by 180 / π")
# fmt: on


def over(x: Any, distance: Any) -> Any:
    """A part of a distance; of none, none."""
    return x / np.where(distance == 0, 1.0, distance)


@composition(np.degrees, method=True)
def degrees(x: Any) -> Any:
    """Radians as degrees, as `rad2deg`.

    >>> degrees(np.pi)
    np.float64(180.0)
    """
    return rad2deg(x)


@composition(np.radians, method=True)
def radians(x: Any) -> Any:
    """Degrees as radians, as `deg2rad`.

    >>> radians(180.0)
    np.float64(3.141592653589793)
    """
    return deg2rad(x)
