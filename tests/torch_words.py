"""Torch's operations in our words: for each name in its test database, how NumPy code on Tensors says the same."""

# ruff: noqa: E501, B008 - a table, one line an operation

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
import nn

Call = Callable[..., Any]


def axis(dim: Any) -> Any:
    """NumPy's axis: a tuple, where torch takes a list too; an empty one stands for all."""
    return (tuple(dim) or None) if isinstance(dim, list | tuple) else dim


def binary(f: Call) -> Call:
    """Of two operands, the second of which torch scales by alpha."""
    return lambda x, y, *, alpha=1: f(x, y if alpha == 1 else alpha * y)


def reduction(f: Call) -> Call:
    """Torch folds a single number along an axis, too."""
    return lambda x, dim=None, keepdim=False, *, dtype=None: f(x, axis=axis(dim) if x.ndim else None, keepdims=keepdim)


def scan(f: Call) -> Call:
    return lambda x, dim, *, dtype=None: f(x, axis=dim) if x.ndim else x


def spread(f: Call) -> Call:
    """Variance and deviation: with a correction in the place of ddof, 1 unless it is said."""

    def call(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = correction if correction is not None else 1 if unbiased is None else int(unbiased)
        return f(x, axis=axis(dim), ddof=ddof, keepdims=keepdim)

    return call


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    if dim is None or not x.ndim:
        result = np.linalg.norm(np.ravel(x), ord)
        return np.reshape(result, (1,) * x.ndim) if keepdim else result
    return np.linalg.vector_norm(x, ord=ord, axis=axis(dim), keepdims=keepdim)


def norm(x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
    if (dim is None or not x.ndim) and p in ("fro", 2):
        return np.linalg.norm(np.ravel(x))
    if p == "nuc":
        return np.linalg.norm(x, "nuc", axis=axis(dim), keepdims=keepdim)
    return vector_norm(x, 2 if p == "fro" else p, dim, keepdim)


def linalg_norm(x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    if ord is None and dim is None and not keepdim:
        return np.linalg.norm(np.ravel(x))
    return np.linalg.norm(x, ord, axis(dim), keepdim)


def pad(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Torch pads the last axis first, and cuts where a width is below zero."""
    widths = [(0, 0)] * x.ndim
    for k in range(len(pad) // 2):
        widths[x.ndim - 1 - k] = pad[2 * k], pad[2 * k + 1]
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    options = {"constant_values": 0.0 if value is None else value} if mode == "constant" else {}
    cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape, strict=True))
    return np.pad(x[cut], [(max(a, 0), max(b, 0)) for a, b in widths], names[mode], **options)


def pad_negative(x: Any, pad: Any, mode: str) -> Any:
    """Where it cuts more than there is, from what was padded."""
    widths = [(0, 0)] * x.ndim
    for k in range(len(pad) // 2):
        widths[x.ndim - 1 - k] = pad[2 * k], pad[2 * k + 1]
    wide = np.pad(x, [(max(a, 0), max(b, 0)) for a, b in widths], "edge")
    return wide[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, wide.shape, strict=True))]


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


def addmm(c: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return beta * c + alpha * (a @ b)


def permuted(x: Any, *dims: Any) -> Any:
    return np.transpose(x, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Any:
    last = np.moveaxis(y, dim, -1)
    step = dx if x is None else np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, dim, -1), axis=-1)
    return np.moveaxis(np.cumsum(step * (last[..., 1:] + last[..., :-1]) / 2, axis=-1), -1, dim)


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    ordered = np.sort(x, axis=dim) if x.ndim else x
    return np.flip(ordered, dim) if descending and x.ndim else ordered


def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    if not x.ndim:
        return x
    ordered = np.flip(np.sort(x, axis=dim), dim) if largest else np.sort(x, axis=dim)
    return np.moveaxis(np.moveaxis(ordered, dim, 0)[:k], 0, dim)


def extreme(f: Call) -> Call:
    """Of all, along an axis (torch gives the indices too), or of two operands."""

    def call(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is not None and not isinstance(dim, int):
            return (np.maximum if f is np.max else np.minimum)(x, dim)
        return f(x, axis=dim, keepdims=keepdim) if x.ndim else f(x)

    return call


def quantile(x: Any, q: Any, dim: Any = None, keepdim: bool = False, interpolation: str = "linear") -> Any:
    return np.quantile(x, q, axis=dim if x.ndim else None, keepdims=keepdim, method=interpolation)


def tiled(x: Any, *dims: Any) -> Any:
    return np.tile(x, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims)


def softplus(x: Any, beta: float = 1, threshold: float = 20) -> Any:
    """As defined; beyond the threshold torch takes x for it, which the adapter's caller allows for."""
    return np.where(x * beta > threshold, x, ag.softplus(beta * x) / beta)


def gelu(x: Any, *, approximate: str = "none") -> Any:
    return ag.gelu(x, approximate=approximate)


def index(x: Any, i: Any) -> Any:
    return x[tuple(i) if isinstance(i, list) and any(isinstance(part, slice | list | np.ndarray) for part in i) else i]


def index_put(x: Any, places: Any, values: Any, accumulate: bool = False) -> Any:
    y = +x
    if accumulate:
        return x + ag.put(np.broadcast_to(values, x[tuple(places)].shape), x.shape, tuple(places))
    y[tuple(places)] = values
    return y


def gather(x: Any, dim: int, i: Any, **_: Any) -> Any:
    if not x.ndim:
        return np.reshape(x, (1,))[np.ravel(i)].reshape(np.shape(i))
    if i.ndim != x.ndim:
        raise NotImplementedError("no indices, of another number of axes")
    along = list(np.ogrid[tuple(map(slice, i.shape))])
    along[dim] = i
    return x[tuple(along)]


def diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    options = {k: v for k, v in {"prepend": prepend, "append": append}.items() if v is not None}
    return np.diff(x, n, dim, **options)


def gradient(x: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> Any:
    steps = () if spacing is None else (spacing,) if not isinstance(spacing, list | tuple) else tuple(spacing)
    return np.gradient(x, *steps, axis=axis(dim), edge_order=edge_order)


def conv(f: Call) -> Call:
    def call(
        x: Any, w: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1
    ) -> Any:
        return f(x, w, bias, stride=single(stride), padding=single(padding), dilation=single(dilation), groups=groups)

    return call


def single(value: Any) -> Any:
    """A number in a list is a number for all axes; a list is a tuple."""
    return value if not isinstance(value, list | tuple) else value[0] if len(value) == 1 else tuple(value)


def max_pool(f: Call) -> Call:
    def call(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return f(
            x, single(kernel_size), single(stride) if stride else None, single(padding), single(dilation), ceil_mode
        )

    return call


def avg_pool(f: Call) -> Call:
    def call(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Any:
        y = f(x, single(kernel_size), single(stride) if stride else None, single(padding), ceil_mode, count_include_pad)
        if divisor_override is None:
            return y
        raise NotImplementedError("divisor_override")

    return call


def symmetric(a: Any) -> Any:
    """Torch's gradient by a symmetric matrix is symmetric, ours is by the triangle that NumPy reads."""
    return (a + np.swapaxes(a, -1, -2)) / 2


def is_symmetric(a: Any) -> bool:
    return np.allclose(a.data, np.swapaxes(a.data, -1, -2), rtol=1e-12)


def cholesky(a: Any, upper: bool = False) -> Any:
    if not is_symmetric(a):
        raise NotImplementedError("half of a matrix")
    factor = np.linalg.cholesky(symmetric(a))
    return np.swapaxes(factor, -1, -2) if upper else factor


def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - torch's name
    if not is_symmetric(a):
        raise NotImplementedError("half of a matrix")
    return np.linalg.eigvalsh(symmetric(a))


def pinv(a: Any, **settings: Any) -> Any:
    if settings.get("hermitian") or {"atol", "rtol", "rcond"} & settings.keys():
        raise NotImplementedError("hermitian=, tolerances")
    return np.linalg.pinv(a)


def einsum(xs: Any, equation: str) -> Any:
    if "..." in equation.split("->")[0] and "->" in equation and "..." not in equation.split("->")[1]:
        raise NotImplementedError("an ellipsis that is summed over, which NumPy refuses")
    return np.einsum(equation, *xs)


def tensordot(x: Any, y: Any, dims: Any = 2) -> Any:
    if not isinstance(dims, int) and [x.shape[k] for k in dims[0]] != [y.shape[k] for k in dims[1]]:
        raise NotImplementedError("axes of different lengths, which NumPy refuses")
    return np.tensordot(x, y, dims)


def split(x: Any, size: Any, dim: int = 0) -> Any:
    n = x.shape[dim]
    ends = np.cumsum(size)[:-1] if isinstance(size, list | tuple) else range(size, n, size)
    return list(np.split(x, [int(end) for end in ends], axis=dim))


def chunk(x: Any, chunks: int, dim: int = 0) -> Any:
    return split(x, -(-x.shape[dim] // chunks), dim)


def prelu(x: Any, weight: Any) -> Any:
    if not x.size:
        raise NotImplementedError("no elements")
    return ag.prelu(x, weight)


def reduced(x: Any, how: str) -> Any:
    return x if how == "none" else np.sum(x) if how == "sum" else np.mean(x)


def bce(x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean", **_: Any) -> Any:
    if pos_weight is not None:
        raise NotImplementedError("pos_weight")
    loss = ag.bce_with_logits(x, y)
    return reduced(loss if weight is None else weight * loss, reduction)


def cross_entropy(x: Any, y: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0, **_: Any) -> Any:  # fmt: skip
    if weight is not None or reduction != "mean" or label_smoothing or x.ndim != 2 or np.ndim(y) != 1:
        raise NotImplementedError("weights, other reductions, targets that are no probabilities")
    if ignore_index in y:
        raise NotImplementedError("ignore_index")
    return nn.cross_entropy(x, y)


UNARY = {
    **{
        name: name
        for name in ("abs", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "square", "reciprocal")
    },
    **{
        name: name
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "sinc", "sign", "floor", "ceil", "trunc", "positive")
    },
    **{name: name for name in ("deg2rad", "rad2deg", "fliplr", "flipud", "ravel")},
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "acosh": "arccosh",
    "asinh": "arcsinh",
    "atanh": "arctanh",
    "neg": "negative",
}
OURS = ("sigmoid", "erf", "erfc", "digamma", "relu", "logit")

#: For each name in the database (with the variant, where there is one), the call.
WORDS: dict[str, Call] = {
    **{name: (lambda x, f=getattr(np, ours): f(x)) for name, ours in UNARY.items()},
    "sigmoid": lambda x: ag.sigmoid(x),
    "erf": lambda x: ag.erf(x),
    "erfc": lambda x: ag.erfc(x),
    "erfinv": lambda x: ag.erfinv(x),
    "digamma": lambda x: ag.digamma(x),
    "lgamma": lambda x: ag.gammaln(x),
    "polygamma": lambda x, n: ag.polygamma(n, x),
    "special.polygamma": lambda x, n: ag.polygamma(n, x),
    "logit": lambda x, eps=None: ag.logit(x if eps is None else np.clip(x, eps, 1 - eps)),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "frac": lambda x: x - np.trunc(x),
    "round": lambda x, *, decimals=0: np.round(x, decimals),
    "nan_to_num": lambda x, nan=0.0, posinf=None, neginf=None: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    "add": binary(operator.add),
    "sub": binary(operator.sub),
    "mul": operator.mul,
    "true_divide": operator.truediv,
    "rsub": lambda x, y, *, alpha=1: y - alpha * x,
    "__radd__": lambda x, y: y + x,
    "__rsub__": lambda x, y: y - x,
    "__rmul__": lambda x, y: y * x,
    "__rdiv__": lambda x, y: y / x,
    "__rpow__": lambda x, y: y**x,
    "__rmod__": lambda x, y: y % x,
    "__rmatmul__": lambda x, y: y @ x,
    "pow": operator.pow,
    "float_power": lambda x, y: np.float_power(x, y),
    "fmod": lambda x, y: np.fmod(x, y),
    "remainder": lambda x, y: np.remainder(x, y),
    "atan2": lambda x, y: np.arctan2(x, y),
    "hypot": lambda x, y: np.hypot(x, y),
    "logaddexp": lambda x, y: np.logaddexp(x, y),
    "logaddexp2": lambda x, y: np.logaddexp2(x, y),
    "copysign": lambda x, y: np.copysign(x, y),
    "maximum": lambda x, y: np.maximum(x, y),
    "minimum": lambda x, y: np.minimum(x, y),
    "fmax": lambda x, y: np.fmax(x, y),
    "fmin": lambda x, y: np.fmin(x, y),
    "max binary": lambda x, y: np.maximum(x, y),
    "min binary": lambda x, y: np.minimum(x, y),
    "xlogy": lambda x, y: ag.xlogy(x, y),
    "special.xlog1py": lambda x, y: ag.xlog1py(x, y),
    "special.ndtr": lambda x: ag.ndtr(x),
    "lerp": lambda x, y, w: x + w * (y - x),
    "addcmul": lambda x, a, b, *, value=1: x + value * a * b,
    "addcdiv": lambda x, a, b, *, value=1: x + value * a / b,
    "clamp": clamp,
    "clamp_min": lambda x, low: np.maximum(x, low),
    "clamp_max": lambda x, high: np.minimum(x, high),
    "where": lambda x, condition, y: np.where(condition, x, y),
    "masked_fill": lambda x, mask, value: np.where(mask, value, x),
    # Reductions.
    "sum": reduction(np.sum),
    "mean": reduction(np.mean),
    "amax": reduction(np.max),
    "amin": reduction(np.min),
    "nansum": reduction(np.nansum),
    "nanmean": reduction(np.nanmean),
    "max reduction_no_dim": extreme(np.max),
    "max reduction_with_dim": extreme(np.max),
    "min reduction_no_dim": extreme(np.min),
    "min reduction_with_dim": extreme(np.min),
    "prod": lambda x, dim=None, keepdim=False, *, dtype=None: np.prod(x, axis=dim, keepdims=keepdim),
    "var": spread(np.var),
    "var unbiased": spread(np.var),
    "std": spread(np.std),
    "std unbiased": spread(np.std),
    "norm": norm,
    "norm nuc": norm,
    "norm fro": norm,
    "norm inf": norm,
    "linalg.norm": linalg_norm,
    "linalg.norm subgradients_at_zero": linalg_norm,
    "linalg.vector_norm": vector_norm,
    "linalg.matrix_norm": lambda x, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None: np.linalg.norm(x, ord, axis(dim), keepdim),
    "logsumexp": lambda x, dim, keepdim=False: ag.logsumexp(x, axis(dim) if x.ndim else None, keepdim),
    "softmax": lambda x, dim, dtype=None: ag.softmax(x, axis=dim),
    "log_softmax": lambda x, dim, dtype=None: ag.log_softmax(x, axis=dim),
    "nn.functional.softmin": lambda x, dim, dtype=None: ag.softmax(-x, axis=dim),
    "cumsum": scan(np.cumsum),
    "cumprod": scan(np.cumprod),
    "median": lambda x, dim=None, keepdim=False: np.quantile(x, 0.5, axis=dim if x.ndim else None, keepdims=keepdim, method="lower"),
    "quantile": quantile,
    "diff": diff,
    "gradient": gradient,
    "trapezoid": lambda y, x=None, *, dx=1.0, dim=-1: np.trapezoid(y, x, dx, dim),
    "trapz": lambda y, x=None, *, dx=1.0, dim=-1: np.trapezoid(y, x, dx, dim),
    "cumulative_trapezoid": cumulative_trapezoid,
    "cov": lambda x, *, correction=1, fweights=None, aweights=None: np.cov(x, ddof=correction, fweights=fweights, aweights=aweights),
    "corrcoef": lambda x: np.corrcoef(x),
    "dist": lambda x, y, p=2: np.linalg.norm(np.ravel(x - y), p),
    "trace": lambda x: np.trace(x),
    # Shaping.
    "reshape": lambda x, *shape: np.reshape(x, shape[0] if len(shape) == 1 else shape),
    "view": lambda x, *shape: np.reshape(x, shape[0] if len(shape) == 1 else shape),
    "permute": permuted,
    "transpose": lambda x, a, b: np.swapaxes(x, a, b) if x.ndim else x,
    "t": lambda x: x.T,
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "movedim": lambda x, a, b: np.moveaxis(x, a, b),
    "squeeze": lambda x, dim=None: np.squeeze(x, tuple(d for d in (dim if isinstance(dim, list | tuple) else [dim]) if x.ndim and x.shape[d] == 1) if dim is not None else None),
    "unsqueeze": lambda x, dim: np.expand_dims(x, dim),
    "broadcast_to": lambda x, shape: np.broadcast_to(x, tuple(shape)),
    "cat": lambda xs, dim=0: np.concatenate([x for x in xs if x.shape != (0,)] if any(x.ndim > 1 for x in xs) else xs, axis=dim),
    "stack": lambda xs, dim=0: np.stack(xs, axis=dim),
    "vstack": lambda xs: np.vstack(xs),
    "hstack": lambda xs: np.hstack(xs),
    "dstack": lambda xs: np.dstack(xs),
    "column_stack": lambda xs: np.column_stack(xs),
    "split": split,
    "split list_args": split,
    "split_with_sizes": split,
    "chunk": chunk,
    "hsplit": lambda x, n: list(np.hsplit(x, n)),
    "vsplit": lambda x, n: list(np.vsplit(x, n)),
    "dsplit": lambda x, n: list(np.dsplit(x, n)),
    "unbind": lambda x, dim=0: list(np.moveaxis(x, dim, 0)),
    "tile": tiled,
    "repeat": tiled,
    "repeat_interleave": lambda x, repeats, dim=None, **_: np.repeat(x, repeats, dim),
    "flip": lambda x, dims: np.flip(x, tuple(dims)),
    "roll": lambda x, shifts, dims=None: np.roll(x, shifts, axis(dims)),
    "rot90": lambda x, k=1, dims=(0, 1): np.rot90(x, k, tuple(dims)),
    "diag": lambda x, k=0: np.diag(x, k),
    "diagflat": lambda x, offset=0: np.diagflat(x, offset),
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
    "linalg.diagonal": lambda x, *, offset=0, dim1=-2, dim2=-1: np.diagonal(x, offset, dim1, dim2),
    "triu": lambda x, k=0: np.triu(x, k),
    "tril": lambda x, k=0: np.tril(x, k),
    "take": lambda x, i: np.take(x, i),
    "take_along_dim": lambda x, i, dim=None: np.take(x, np.ravel(i)) if dim is None else np.take_along_axis(x, i, dim),
    "gather": gather,
    "index_select": lambda x, dim, i: np.take(x, i, dim) if x.ndim else x,
    "__getitem__": index,
    "index_put": index_put,
    "sort": sort,
    "msort": lambda x: np.sort(x, axis=0) if x.ndim else x,
    "topk": topk,
    "atleast_1d": lambda *xs: np.atleast_1d(*xs),
    "atleast_2d": lambda *xs: np.atleast_2d(*xs),
    "atleast_3d": lambda *xs: np.atleast_3d(*xs),
    "meshgrid list_of_tensors": lambda xs, indexing="ij": np.meshgrid(*xs, indexing=indexing),
    "nn.functional.pad constant": pad,
    "nn.functional.pad reflect": pad,
    "nn.functional.pad replicate": pad,
    "nn.functional.pad replicate_negative": pad_negative,
    "nn.functional.pad circular": pad,
    # Products and linear algebra.
    "matmul": operator.matmul,
    "mm": operator.matmul,
    "mv": operator.matmul,
    "bmm": operator.matmul,
    "dot": lambda x, y: np.dot(x, y),
    "vdot": lambda x, y: np.vdot(x, y),
    "inner": lambda x, y: np.inner(x, y),
    "outer": lambda x, y: np.outer(x, y),
    "tensordot": tensordot,
    "einsum": einsum,
    "kron": lambda x, y: np.kron(x, y),
    "cross": lambda x, y, dim=-1: np.cross(x, y, axis=dim),
    "linalg.cross": lambda x, y, *, dim=-1: np.linalg.cross(*np.broadcast_arrays(x, y), axis=dim),
    "linalg.vecdot": lambda x, y, *, dim=-1: np.linalg.vecdot(x, y, axis=dim),
    "linalg.multi_dot": lambda xs: np.linalg.multi_dot(xs),
    "linalg.matrix_power": lambda x, n: np.linalg.matrix_power(x, n),
    "addmm": addmm,
    "addmv": addmm,
    "addr": lambda c, a, b, *, beta=1, alpha=1: beta * c + alpha * np.outer(a, b),
    "addbmm": lambda c, a, b, *, beta=1, alpha=1: beta * c + alpha * np.sum(a @ b, axis=0),
    "baddbmm": addmm,
    "linalg.det": lambda x: np.linalg.det(x),
    "linalg.slogdet": lambda x: tuple(np.linalg.slogdet(x)),
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "linalg.inv": lambda x: np.linalg.inv(x),
    "linalg.pinv": pinv,
    "linalg.solve": lambda a, b: np.linalg.solve(a, b) if b.ndim == 1 or b.ndim == a.ndim else np.linalg.solve(a, b[..., None])[..., 0],
    "linalg.cholesky": cholesky,
    "linalg.qr": lambda a, mode="reduced": np.linalg.qr(a, mode),
    "linalg.eigvalsh": eigvalsh,
    "linalg.svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    # Activations, windows and losses.
    "nn.functional.relu": lambda x: ag.relu(x),
    "nn.functional.relu6": lambda x: ag.relu6(x),
    "nn.functional.leaky_relu": lambda x, negative_slope=0.01: ag.leaky_relu(x, negative_slope),
    "nn.functional.elu": lambda x, alpha=1.0: ag.elu(x, alpha),
    "nn.functional.selu": lambda x: ag.selu(x),
    "nn.functional.celu": lambda x, alpha=1.0: ag.celu(x, alpha),
    "nn.functional.gelu": gelu,
    "nn.functional.silu": lambda x: ag.silu(x),
    "nn.functional.mish": lambda x: ag.mish(x),
    "nn.functional.softplus": softplus,
    "nn.functional.softsign": lambda x: ag.softsign(x),
    "nn.functional.logsigmoid": lambda x: ag.logsigmoid(x),
    "nn.functional.hardtanh": lambda x, min_val=-1.0, max_val=1.0: ag.hardtanh(x, min_val, max_val),
    "nn.functional.hardsigmoid": lambda x: ag.hardsigmoid(x),
    "nn.functional.hardswish": lambda x: ag.hardswish(x),
    "nn.functional.tanhshrink": lambda x: ag.tanhshrink(x),
    "nn.functional.softshrink": lambda x, lambd=0.5: ag.softshrink(x, lambd),
    "nn.functional.hardshrink": lambda x, lambd=0.5: ag.hardshrink(x, lambd),
    "nn.functional.threshold": lambda x, threshold, value: ag.threshold(x, threshold, value),
    "nn.functional.prelu": prelu,
    "nn.functional.glu": lambda x, dim=-1: ag.glu(x, dim),
    "nn.functional.linear": lambda x, w, b=None: x @ np.transpose(w) if b is None else x @ np.transpose(w) + b,
    "nn.functional.conv1d": conv(lambda *a, **k: ag.conv1d(*a, **k)),
    "nn.functional.conv2d": conv(lambda *a, **k: ag.conv2d(*a, **k)),
    "nn.functional.max_pool1d": max_pool(lambda *a: ag.max_pool1d(*a)),
    "nn.functional.max_pool2d": max_pool(lambda *a: ag.max_pool2d(*a)),
    "nn.functional.avg_pool1d": avg_pool(lambda *a: ag.avg_pool1d(*a)),
    "nn.functional.avg_pool2d": avg_pool(lambda *a: ag.avg_pool2d(*a)),
    "nn.functional.mse_loss": lambda x, y, reduction="mean", **_: reduced((x - y) ** 2, reduction),
    "nn.functional.l1_loss": lambda x, y, reduction="mean", **_: reduced(np.abs(x - y), reduction),
    "nn.functional.binary_cross_entropy_with_logits": lambda x, y, **k: bce(x, y, **k),
    "nn.functional.cross_entropy": lambda x, y, **k: cross_entropy(x, y, **k),
}  # fmt: skip
