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
from autograd.anomaly import detect_anomaly
from autograd.errors import (
    AnomalyError,
    AutogradError,
    DTypeError,
    GradientError,
    GraphError,
    LostGradientError,
    MissingOperationError,
    OperationError,
    ShapeError,
    StaleDataError,
    short_repr,
)
from autograd.graph.explain import Explanation, Partial, explain
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.steps import Step, Timeline, steps
from autograd.graph.unfold import unfold
from autograd.graph.why import Reason, Why, why
from autograd.node import Node
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_index, format_number
from autograd.op import Op, elementwise, override, primitive, remove, table
from autograd.ops.activations import leaky_relu, relu, sigmoid
from autograd.ops.arithmetic import add, div, mul, neg, pow, sub, sum_of, sum_of_products
from autograd.ops.axes import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_arrays,
    expand_dims,
    flatten,
    matrix_transpose,
    meshgrid,
    moveaxis,
    ravel,
    rollaxis,
    squeeze,
    swapaxes,
)
from autograd.ops.choosing import choose, compress, extract, select, take
from autograd.ops.compare import (
    bitwise_and,
    bitwise_or,
    equal,
    greater,
    greater_equal,
    invert,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    where,
)
from autograd.ops.contraction import einsum
from autograd.ops.convolution import (
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    convolution,
    convolution_transpose,
)
from autograd.ops.corners import abs, clip, maximum, minimum, sign
from autograd.ops.counting import all, any, count_nonzero
from autograd.ops.decompositions import cholesky, cond, eigh, eigvalsh, qr, svd, svdvals
from autograd.ops.determinants import cofactors, det, det_hessian, slogdet
from autograd.ops.diagonals import diag, diagflat, diagonal, tril, triu
from autograd.ops.differences import diff, ediff1d, gradient, trapezoid
from autograd.ops.extremes import argmax, argmin, max, max_of, min, min_of, nanargmax, nanargmin, ptp
from autograd.ops.functions import cos, exp, log, log1p, sech, sin, sqrt, tanh
from autograd.ops.indexing import add_along_axis, getitem, put, setitem, take_along_axis
from autograd.ops.interpolation import interp, interpolate, locate
from autograd.ops.joining import (
    append,
    array_split,
    block,
    column_stack,
    delete,
    dsplit,
    dstack,
    hsplit,
    hstack,
    insert,
    split,
    unstack,
    vsplit,
    vstack,
)
from autograd.ops.linalg import matmul
from autograd.ops.moments import average, centred, corrcoef, cov, std, var
from autograd.ops.moving import flip, fliplr, flipud, repeat, resize, roll, rot90, tile
from autograd.ops.nans import nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from autograd.ops.norms import matrix_norm, norm, vector_norm
from autograd.ops.padding import pad
from autograd.ops.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from autograd.ops.products import (
    cross,
    dot,
    inner,
    kron,
    matvec,
    multi_dot,
    outer,
    tensordot,
    trace,
    vdot,
    vecdot,
    vecmat,
)
from autograd.ops.quantiles import median, percentile, quantile
from autograd.ops.reductions import log_softmax, logsumexp, mean, softmax, sum
from autograd.ops.scans import cumprod, cumsum, prod, recurrence
from autograd.ops.shaping import astype, broadcast_to, concatenate, copy, reshape, stack, transpose
from autograd.ops.signals import convolve, correlate
from autograd.ops.sliding import add_windows, sliding_window_view
from autograd.ops.solving import inv, matrix_power, pinv, solve, tensorinv, tensorsolve
from autograd.ops.sorting import argpartition, argsort, partition, sort
from autograd.ops.windows import overlap_add, windows
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import is_tracing, no_grad, scope, tracing
from autograd.sweep.reverse import gradients, zero_grad
from autograd.tensor.tensor import Tensor
from autograd.transforms.checkpoint import checkpoint
from autograd.transforms.directional import jvp, vjp
from autograd.transforms.gradient import elementwise_grad, grad, hvp, value_and_grad
from autograd.transforms.jacobian import hessian, jacfwd, jacobian, jacrev

# abs, max, min, pow and sum are there too, but a star import does not hide Python's own.
__all__ = [
    "AnomalyError",
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
    "MissingOperationError",
    "Node",
    "Op",
    "OperationError",
    "Partial",
    "Reason",
    "ShapeError",
    "StaleDataError",
    "Step",
    "Symbol",
    "Tensor",
    "Timeline",
    "Value",
    "Why",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "add",
    "add_along_axis",
    "add_windows",
    "append",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "array_split",
    "astype",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "average",
    "avg_pool1d",
    "avg_pool2d",
    "bitwise_and",
    "bitwise_or",
    "block",
    "broadcast_arrays",
    "broadcast_to",
    "centred",
    "cholesky",
    "choose",
    "checkpoint",
    "clip",
    "cofactors",
    "column_stack",
    "compress",
    "concatenate",
    "cond",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "convolution",
    "convolution_transpose",
    "convolve",
    "copy",
    "corrcoef",
    "correlate",
    "cos",
    "count_nonzero",
    "cov",
    "cross",
    "cumprod",
    "cumsum",
    "delete",
    "det",
    "det_hessian",
    "diag",
    "diagflat",
    "diagonal",
    "diff",
    "detect_anomaly",
    "div",
    "dot",
    "dsplit",
    "dstack",
    "ediff1d",
    "eigh",
    "eigvalsh",
    "einsum",
    "elementwise",
    "elementwise_grad",
    "equal",
    "exp",
    "expand_dims",
    "explain",
    "export",
    "extract",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "format_index",
    "format_number",
    "getitem",
    "gradient",
    "gradients",
    "greater",
    "greater_equal",
    "hsplit",
    "hstack",
    "inner",
    "insert",
    "interp",
    "interpolate",
    "inv",
    "grad",
    "gradients",
    "greater",
    "greater_equal",
    "hessian",
    "hvp",
    "invert",
    "is_tracing",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "kron",
    "leaky_relu",
    "less",
    "less_equal",
    "locate",
    "log",
    "log1p",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_transpose",
    "matvec",
    "max_of",
    "max_pool1d",
    "max_pool2d",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min_of",
    "minimum",
    "moveaxis",
    "mul",
    "multi_dot",
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "neg",
    "no_grad",
    "norm",
    "not_equal",
    "outer",
    "overlap_add",
    "override",
    "pad",
    "partition",
    "percentile",
    "pinv",
    "primitive",
    "prod",
    "ptp",
    "put",
    "qr",
    "quantile",
    "ravel",
    "real_array",
    "recurrence",
    "relu",
    "remove",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "scope",
    "sech",
    "select",
    "setitem",
    "short_repr",
    "sigmoid",
    "sign",
    "sin",
    "sliding_window_view",
    "slogdet",
    "softmax",
    "solve",
    "sort",
    "split",
    "sqrt",
    "squeeze",
    "stack",
    "std",
    "steps",
    "sub",
    "sum_of",
    "sum_of_products",
    "svd",
    "svdvals",
    "swapaxes",
    "table",
    "take",
    "take_along_axis",
    "tanh",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "tile",
    "trace",
    "tracing",
    "transpose",
    "trapezoid",
    "tree",
    "tril",
    "triu",
    "unfold",
    "unstack",
    "var",
    "vdot",
    "vecdot",
    "vecmat",
    "vector_norm",
    "value_and_grad",
    "vjp",
    "vsplit",
    "vstack",
    "where",
    "why",
    "windows",
    "zero_grad",
]

if (_waiting := sys.modules.get("_stepgrad_hypothesis")) is not None:  # Hypothesis was imported first
    _waiting.register()
