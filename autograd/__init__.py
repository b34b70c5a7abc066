"""A scalar and tensor reverse-mode autograd engine that records the computation graph.

>>> from autograd import Value
>>> x, y, z = Value(-2), Value(5), Value(-4)
>>> f = (x + y) * z
>>> f.backward()
>>> x.grad, y.grad, z.grad
(-4.0, -4.0, 3.0)
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd import tree
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
from autograd.graph.graph import Graph, GraphNode, Zoomed
from autograd.node import Node
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_index, format_number, ordinal
from autograd.op import Op, elementwise, override, primitive, remove, table, trials
from autograd.ops.activations import (
    celu,
    elu,
    gelu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from autograd.ops.arithmetic import (
    add,
    div,
    float_power,
    ldexp,
    logaddexp,
    logaddexp2,
    mul,
    neg,
    share,
    share2,
    sub,
    sum_of,
    sum_of_products,
)
from autograd.ops.arithmetic import (
    pow as pow,
)
from autograd.ops.axes import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_arrays,
    expand_dims,
    flatten,
    full_like,
    matrix_transpose,
    meshgrid,
    moveaxis,
    ravel,
    rollaxis,
    squeeze,
    swapaxes,
)
from autograd.ops.bessel import sinc, spherical_jnpi
from autograd.ops.choosing import choose, compress, extract, piecewise, select, take
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
from autograd.ops.convolution import (
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    convolution,
    convolution_transpose,
)
from autograd.ops.corners import (
    abs as abs,
)
from autograd.ops.corners import (
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
from autograd.ops.counting import all, any, bincount, count_nonzero, histogram
from autograd.ops.decompositions import cholesky, eigh, eigvalsh, lstsq, qr, svd, svdvals
from autograd.ops.determinants import cofactors, det, det_hessian, slogdet
from autograd.ops.diagonals import diag, diagflat, diagonal, matrix_diagonal, tril, triu
from autograd.ops.differences import diff, ediff1d, gradient, trapezoid, unwrap
from autograd.ops.extremes import argmax, argmin, max_of, min_of, nanargmax, nanargmin, ptp
from autograd.ops.extremes import max as max
from autograd.ops.extremes import min as min
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
from autograd.ops.interpolation import geomspace, interp, interpolate, linspace, locate, logspace, polyval
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
from autograd.ops.losses import bce_with_logits
from autograd.ops.moments import average, centred, corrcoef, cov, std, var
from autograd.ops.moving import flip, fliplr, flipud, repeat, resize, roll, rot90, tile
from autograd.ops.nans import nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from autograd.ops.norms import cond, matrix_norm, norm, vector_norm
from autograd.ops.padding import pad
from autograd.ops.polynomials import polyder, polyfit, polymul, vander
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
from autograd.ops.quantiles import median, nanmedian, nanpercentile, nanquantile, percentile, quantile
from autograd.ops.reductions import log_softmax, logsumexp, mean, softmax
from autograd.ops.reductions import sum as sum
from autograd.ops.rounding import (
    ceil,
    divmod,
    fix,
    floor,
    floor_divide,
    fmod,
    frexp,
    modf,
    remainder,
    rint,
    trunc,
)
from autograd.ops.rounding import (
    round as round,
)
from autograd.ops.scans import cumprod, cumsum, cumulative_prod, cumulative_sum, prod, recurrence
from autograd.ops.shaping import astype, broadcast_to, concatenate, copy, reshape, stack, transpose
from autograd.ops.signals import convolve, correlate
from autograd.ops.solving import inv, matrix_power, pinv, solve, tensorinv, tensorsolve
from autograd.ops.sorting import argpartition, argsort, partition, sort
from autograd.ops.special import (
    digamma,
    entr,
    erf,
    erfc,
    erfinv,
    gamma,
    gammaln,
    kl_div,
    log_ndtr,
    logit,
    ndtr,
    norm_pdf,
    polygamma,
    rel_entr,
    xlog1py,
    xlogy,
)
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
from autograd.ops.units import glu, maxout, prelu, softmin
from autograd.ops.windows import overlap_add, sliding_window_view, windows
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import is_tracing, no_grad, scope, tracing
from autograd.sweep.reverse import gradients, zero_grad
from autograd.tensor.tensor import Tensor

if TYPE_CHECKING:
    from autograd import export
    from autograd.graph.compare import Comparison, compare
    from autograd.graph.explain import Explanation, Partial, explain
    from autograd.graph.groups import Group, groups
    from autograd.graph.hand import ByHand, Push, by_hand
    from autograd.graph.recorded import Run, recorded
    from autograd.graph.recording import HasRecording, Iteration, Recording
    from autograd.graph.steps import Step, Timeline, steps
    from autograd.graph.unfold import unfold
    from autograd.graph.why import Reason, Why, why
    from autograd.transforms.checkpoint import checkpoint
    from autograd.transforms.directional import jvp, vjp
    from autograd.transforms.gradient import elementwise_grad, grad, hvp, value_and_grad
    from autograd.transforms.jacobian import hessian, jacfwd, jacobian, jacrev

# abs, any, round, sum and whatever else has a name of Python's own are there too, but a star import does not hide that.
__all__ = [
    "AnomalyError",
    "AutogradError",
    "ByHand",
    "Comparison",
    "Constant",
    "DTypeError",
    "Equation",
    "Explanation",
    "GradientError",
    "Graph",
    "GraphError",
    "GraphNode",
    "Group",
    "HasRecording",
    "Iteration",
    "LostGradientError",
    "MissingOperationError",
    "Node",
    "Op",
    "OperationError",
    "Partial",
    "Push",
    "Reason",
    "Recording",
    "Run",
    "ShapeError",
    "StaleDataError",
    "Step",
    "Symbol",
    "Tensor",
    "Timeline",
    "Value",
    "Why",
    "Zoomed",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "add",
    "add_along_axis",
    "append",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
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
    "bce_with_logits",
    "bincount",
    "bitwise_and",
    "bitwise_or",
    "block",
    "broadcast_arrays",
    "broadcast_to",
    "by_hand",
    "cbrt",
    "ceil",
    "celu",
    "centred",
    "checkpoint",
    "cholesky",
    "choose",
    "clip",
    "cofactors",
    "column_stack",
    "compare",
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
    "copysign",
    "corrcoef",
    "correlate",
    "cos",
    "cosh",
    "cosine",
    "count_nonzero",
    "cov",
    "cross",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "deg2rad",
    "degrees",
    "delete",
    "det",
    "det_hessian",
    "detect_anomaly",
    "diag",
    "diagflat",
    "diagonal",
    "diff",
    "digamma",
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
    "elu",
    "entr",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expand_dims",
    "explain",
    "expm1",
    "export",
    "extract",
    "fabs",
    "fix",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "format_index",
    "format_number",
    "frexp",
    "full_like",
    "gamma",
    "gammaln",
    "gelu",
    "geomspace",
    "getitem",
    "glu",
    "grad",
    "gradient",
    "gradients",
    "greater",
    "greater_equal",
    "groups",
    "half_circle",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "heaviside",
    "hessian",
    "histogram",
    "hsplit",
    "hstack",
    "hvp",
    "hypot",
    "inner",
    "insert",
    "interp",
    "interpolate",
    "inv",
    "inversion",
    "invert",
    "is_tracing",
    "isfinite",
    "isinf",
    "isnan",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "kl_div",
    "kron",
    "larger",
    "ldexp",
    "leaky_relu",
    "less",
    "less_equal",
    "linspace",
    "locate",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logit",
    "logsigmoid",
    "logspace",
    "logsumexp",
    "lstsq",
    "matmul",
    "matrix_diagonal",
    "matrix_norm",
    "matrix_power",
    "matrix_transpose",
    "matvec",
    "max_of",
    "max_pool1d",
    "max_pool2d",
    "maximum",
    "maxout",
    "mean",
    "median",
    "meshgrid",
    "min_of",
    "minimum",
    "mish",
    "modf",
    "moveaxis",
    "mul",
    "multi_dot",
    "nan_to_num",
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "ndtr",
    "neg",
    "no_grad",
    "norm",
    "norm_pdf",
    "not_equal",
    "ordinal",
    "outer",
    "overlap_add",
    "override",
    "pad",
    "partition",
    "percentile",
    "piecewise",
    "pinv",
    "polyder",
    "polyfit",
    "polygamma",
    "polymul",
    "polyval",
    "prelu",
    "primitive",
    "prod",
    "ptp",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "radians",
    "ravel",
    "real_array",
    "reciprocal",
    "recorded",
    "recurrence",
    "rel_entr",
    "relu",
    "relu6",
    "remainder",
    "remove",
    "repeat",
    "reshape",
    "resize",
    "rint",
    "roll",
    "rollaxis",
    "rot90",
    "scope",
    "sech",
    "select",
    "selu",
    "setitem",
    "share",
    "share2",
    "short_repr",
    "sigmoid",
    "sign",
    "signbit",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "sliding_window_view",
    "slogdet",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "solve",
    "sort",
    "spherical_jnpi",
    "split",
    "sqrt",
    "square",
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
    "tan",
    "tanh",
    "tanhshrink",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "threshold",
    "tile",
    "trace",
    "tracing",
    "transpose",
    "trapezoid",
    "tree",
    "tril",
    "triu",
    "trunc",
    "unfold",
    "unstack",
    "unwrap",
    "value_and_grad",
    "vander",
    "var",
    "vdot",
    "vecdot",
    "vecmat",
    "vector_norm",
    "vjp",
    "vsplit",
    "vstack",
    "where",
    "why",
    "windows",
    "xlog1py",
    "xlogy",
    "zero_grad",
]

#: What a program may need, and many do not, and where it is: imported when it is first asked for.
_LATER = {
    "export": "autograd.export",
    **dict.fromkeys(("Explanation", "Partial", "explain"), "autograd.graph.explain"),
    **dict.fromkeys(("Group", "groups"), "autograd.graph.groups"),
    **dict.fromkeys(("ByHand", "Push", "by_hand"), "autograd.graph.hand"),
    **dict.fromkeys(("Comparison", "compare"), "autograd.graph.compare"),
    **dict.fromkeys(("Run", "recorded"), "autograd.graph.recorded"),
    **dict.fromkeys(("HasRecording", "Iteration", "Recording"), "autograd.graph.recording"),
    **dict.fromkeys(("Step", "Timeline", "steps"), "autograd.graph.steps"),
    "unfold": "autograd.graph.unfold",
    **dict.fromkeys(("Reason", "Why", "why"), "autograd.graph.why"),
    "checkpoint": "autograd.transforms.checkpoint",
    **dict.fromkeys(("jvp", "vjp"), "autograd.transforms.directional"),
    **dict.fromkeys(("elementwise_grad", "grad", "hvp", "value_and_grad"), "autograd.transforms.gradient"),
    **dict.fromkeys(("hessian", "jacfwd", "jacobian", "jacrev"), "autograd.transforms.jacobian"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    module = import_module(_LATER[name])
    globals()[name] = found = getattr(module, name, module)
    return found


@trials.append
def _expect_right(op: Op) -> None:
    """Try a person's entry: all of this project are in the table by now."""
    from autograd.tried import expect_right

    expect_right(op)


def _push(node: Node) -> "Push":
    """Push by hand: what does so is imported when it is first asked for."""
    from autograd.graph.hand import push

    return push(node)


Node._push = _push


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if (_waiting := sys.modules.get("_stepgrad_hypothesis")) is not None:  # Hypothesis was imported first
    _waiting.register()
