"""A scalar and tensor reverse-mode autograd engine that records the computation graph.

>>> from autograd import Value
>>> x, y, z = Value(-2), Value(5), Value(-4)
>>> f = (x + y) * z
>>> f.backward()
>>> x.grad, y.grad, z.grad
(-4.0, -4.0, 3.0)
"""

import sys

from autograd import export, tree
from autograd.accept import real_array
from autograd.errors import (
    AutogradError,
    DTypeError,
    GradientError,
    GraphError,
    LostGradientError,
    OperationError,
    ShapeError,
    StaleDataError,
    short_repr,
)
from autograd.graph.explain import Explanation, Partial, explain
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.steps import Step, Timeline, steps
from autograd.graph.unfold import unfold
from autograd.node import Node
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_index, format_number
from autograd.op import Op, elementwise, override, primitive, remove, table
from autograd.ops.activations import leaky_relu, relu, sigmoid
from autograd.ops.arithmetic import (
    add,
    div,
    float_power,
    logaddexp,
    logaddexp2,
    mul,
    neg,
    pow,
    share,
    share2,
    sub,
    sum_of,
    sum_of_products,
)
from autograd.ops.compare import (
    bitwise_and,
    bitwise_or,
    equal,
    greater,
    greater_equal,
    invert,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    signbit,
    where,
)
from autograd.ops.contraction import einsum
from autograd.ops.corners import (
    abs,
    clip,
    copysign,
    fabs,
    fmax,
    fmin,
    heaviside,
    larger,
    maximum,
    minimum,
    nan_to_num,
    sign,
)
from autograd.ops.decompositions import svd
from autograd.ops.functions import (
    cbrt,
    cos,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    reciprocal,
    sech,
    sin,
    sqrt,
    square,
    tanh,
)
from autograd.ops.hyperbolic import arccosh, arcsinh, arctanh, cosh, sinh
from autograd.ops.indexing import add_along_axis, getitem, put, setitem, take_along_axis
from autograd.ops.linalg import matmul
from autograd.ops.reductions import logsumexp, max, mean, softmax, sum
from autograd.ops.rounding import ceil, divmod, fix, floor, floor_divide, fmod, modf, remainder, rint, round, trunc
from autograd.ops.shaping import astype, broadcast_to, concatenate, reshape, stack, swapaxes, transpose
from autograd.ops.sorting import argsort, sort
from autograd.ops.trigonometry import (
    arccos,
    arcsin,
    arctan,
    arctan2,
    cosine,
    deg2rad,
    degrees,
    half_circle,
    hypot,
    inversion,
    rad2deg,
    radians,
    tan,
)
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import is_tracing, no_grad, scope, tracing
from autograd.sweep.reverse import gradients, zero_grad
from autograd.tensor.tensor import Tensor
from autograd.transforms.directional import jvp, vjp

# abs, divmod, max, pow, round and sum are there too, but a star import does not hide Python's own.
__all__ = [
    "AutogradError",
    "Constant",
    "DTypeError",
    "Equation",
    "Explanation",
    "GradientError",
    "Graph",
    "GraphError",
    "GraphNode",
    "LostGradientError",
    "Node",
    "Op",
    "OperationError",
    "Partial",
    "ShapeError",
    "StaleDataError",
    "Step",
    "Symbol",
    "Tensor",
    "Timeline",
    "Value",
    "add",
    "add_along_axis",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argsort",
    "astype",
    "bitwise_and",
    "bitwise_or",
    "broadcast_to",
    "cbrt",
    "ceil",
    "clip",
    "concatenate",
    "copysign",
    "cos",
    "cosh",
    "cosine",
    "deg2rad",
    "degrees",
    "div",
    "einsum",
    "elementwise",
    "equal",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "export",
    "fabs",
    "fix",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "format_index",
    "format_number",
    "getitem",
    "gradients",
    "greater",
    "greater_equal",
    "half_circle",
    "heaviside",
    "hypot",
    "inversion",
    "invert",
    "is_tracing",
    "isfinite",
    "isinf",
    "isnan",
    "jvp",
    "larger",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "modf",
    "mul",
    "nan_to_num",
    "neg",
    "no_grad",
    "not_equal",
    "override",
    "primitive",
    "put",
    "rad2deg",
    "radians",
    "real_array",
    "reciprocal",
    "relu",
    "remainder",
    "remove",
    "reshape",
    "rint",
    "scope",
    "sech",
    "setitem",
    "share",
    "share2",
    "short_repr",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "softmax",
    "sort",
    "sqrt",
    "square",
    "stack",
    "steps",
    "sub",
    "sum_of",
    "sum_of_products",
    "svd",
    "swapaxes",
    "table",
    "take_along_axis",
    "tan",
    "tanh",
    "tracing",
    "transpose",
    "tree",
    "trunc",
    "unfold",
    "vjp",
    "where",
    "zero_grad",
]

if (_waiting := sys.modules.get("_stepgrad_hypothesis")) is not None:  # Hypothesis was imported first
    _waiting.register()
