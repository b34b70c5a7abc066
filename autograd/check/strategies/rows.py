"""How operations that mix elements are called: a row each, which says what goes with an input of a given shape.

A row draws the arguments of a call, in which `Of` stands where an array is wanted. What is no array (an axis, a shape,
indices) is drawn so that it fits. Elementwise operations need no row, nor does one whose inputs may all be of the
first one's shape and that asks for nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

from autograd.check.strategies.leaves import Shape, arrays
from autograd.errors import DTypeError, GraphError, short_repr
from autograd.op import Op
from autograd.signature import each

#: Operations on truth values, which comparisons give, and comparisons.
OF_TRUTHS = frozenset({np.bitwise_and, np.bitwise_or, np.invert, np.logical_and, np.logical_or, np.logical_not})
COMPARISONS = frozenset({np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal})

#: The arguments of a call: those in order, and those by name.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Of:
    """In a call, the place of an array of this shape; ``elements`` draws one, where any numbers would not do."""

    shape: Shape
    elements: st.SearchStrategy[Any] | None = None


@dataclass(frozen=True)
class Row:
    """How one operation is called.

    ``call(draw, shape)`` draws the arguments, of which the first array has that shape; ``takes`` says which shapes can
    be the first. ``apart(inputs, params)`` is how far the numbers are from the nearest place without a derivative.
    With ``is_regular`` there are no slopes on either side of it, as at a kink, so that nothing is ever put there.
    """

    call: Callable[[st.DrawFn, Shape], Arguments]
    takes: Callable[[Shape], bool] = lambda shape: True
    apart: Callable[[Sequence[Any], Any], float] | None = None
    is_regular: bool = False


ROWS: dict[str, Row] = {}


def row_of(op: Op) -> Row:
    """The row of an operation that mixes elements, or one for all that have none."""
    return ROWS.get(op.name) or Row(lambda draw, shape: same_shapes(op, shape), has_axes)


def enter_row(op: Op, row: Row) -> None:
    """Say how an operation of one's own is called, for `programs` and `calls`.

    >>> import numpy as np
    >>> from autograd import primitive, remove
    >>> turn = primitive("turn", np.roll, lambda g, y, a, shift: turn(g, -shift), doc="turns the gradient back")
    >>> enter_row(turn, Row(lambda draw, shape: ((Of(shape),), {"shift": draw(st.integers(0, 3))})))
    >>> knows(turn)
    True
    >>> remove("turn"), leave_row(turn)
    (None, None)

    Raises `DTypeError` for what is no operation, or no row.
    """
    if not isinstance(op, Op) or not isinstance(row, Row):
        raise DTypeError(f"enter_row: expected an operation and a Row, got {short_repr(op)} and {short_repr(row)}")
    ROWS[op.name] = row


def leave_row(op: Op) -> None:
    """Forget the row of an operation."""
    ROWS.pop(op.name, None)


def knows(op: Op) -> bool:
    """Whether it is known how to call an operation."""
    if op.is_elementwise:
        return op.arity is not None or op.name in ROWS
    return op.name in ROWS or not (op.binding.required or any(isinstance(rule, each) for rule in op.rules))


def is_described(op: Op) -> bool:
    """Whether it is known what shapes an operation takes."""
    return op.is_elementwise or op.name in ROWS


def same_shapes(op: Op, shape: Shape) -> Arguments:
    """A call whose arrays have one shape.

    Raises `GraphError` where it asks for more.
    """
    if not knows(op):
        missing = ", ".join(sorted(op.binding.required)) or "lists"
        raise GraphError(f"{op.name}: expected to know how it is called, with {missing}: say so with enter_row")
    return (Of(shape),) * len(op.rules), {}


# Parts of calls.


def some(draw: st.DrawFn, **choices: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Params, each of which may be left out."""
    return draw(st.fixed_dictionaries({}, optional=choices))


def axis(shape: Shape) -> st.SearchStrategy[int]:
    """One axis, counted from either side."""
    return st.integers(0, len(shape) - 1) | st.integers(-len(shape), -1)


def axes(shape: Shape) -> st.SearchStrategy[Any]:
    """What a reduction takes: none, one axis, or several."""
    if not shape:
        return st.none()
    several = hnp.valid_tuple_axes(len(shape), min_size=1)
    return st.none() | axis(shape) | several


def index(shape: Shape) -> st.SearchStrategy[Any]:
    """An index: of places and slices, of lists of places, or a mask; it picks something, where there is anything."""
    found: list[st.SearchStrategy[Any]] = [hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)]
    if shape and 0 not in shape:
        found.append(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=1, max_side=3)))
        found.append(hnp.arrays(bool, shape))
    picks = st.one_of(*found)
    return picks.filter(lambda x: np.empty(shape)[x].size) if math.prod(shape) else picks


def distinct(shape: Shape) -> st.SearchStrategy[Any]:
    """Numbers that are far from each other."""
    n = math.prod(shape)
    return st.permutations(range(n)).map(lambda order: (np.array(order, float).reshape(shape) - n // 2) / 4)


def gap(x: Any, along: Any) -> float:
    """The smallest distance of two numbers along axes."""
    ordered = np.sort(np.ravel(x)) if along is None else np.sort(x, axis=along)
    return float(np.min(np.diff(ordered, axis=-1 if along is None else along), initial=np.inf))


def distinct_sizes(shape: Shape) -> st.SearchStrategy[Any]:
    """The same without their signs, and none of them zero."""
    return distinct(shape).map(lambda x: (x - np.min(x, initial=0.0) + 0.25) * np.where(x * 4 % 2, -1, 1))


def gap_of_row(inputs: Sequence[Any], params: Any) -> float:
    return gap(inputs[0], params.get("axis", -1))


def gap_of_all(inputs: Sequence[Any], params: Any) -> float:
    """For a reduction along any axes: of the numbers anywhere."""
    return gap(inputs[0], None)


def gap_of_sizes(inputs: Sequence[Any], params: Any) -> float:
    """For one that looks at their sizes alone: from each other, and from zero."""
    sizes = np.abs(inputs[0])
    return min(gap(sizes, None), float(np.min(sizes, initial=np.inf)))


def spread(inputs: Sequence[Any], params: Any) -> float:
    """How far apart the numbers are that are folded into one."""
    return float(np.min(np.ptp(inputs[0], axis=params.get("axis")), initial=np.inf))


def is_filled(shape: Shape) -> bool:
    return 0 not in shape


def has_many(shape: Shape) -> bool:
    """Whether there is more than one along every axis."""
    return len(shape) > 0 and min(shape) > 1


def has_axes(shape: Shape) -> bool:
    return len(shape) > 0


# The rows.


def reduction(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), some(draw, axis=axes(shape), keepdims=st.booleans())


def reduction_of_distinct(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape, distinct(shape)),), some(draw, axis=axes(shape), keepdims=st.booleans())


def scan(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), some(draw, axis=st.none() | axis(shape))


def recurrence(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape), Of(shape)), some(draw, axis=axis(shape))


def centring(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), some(draw, axis=axes(shape))


def moment(draw: st.DrawFn, shape: Shape) -> Arguments:
    few = st.sampled_from([0, 1, 0.5])
    freedom = draw(st.sampled_from(["ddof", "correction"]))
    return (Of(shape, distinct(shape)),), some(draw, axis=axes(shape), keepdims=st.booleans(), **{freedom: few})


def length(draw: st.DrawFn, shape: Shape) -> Arguments:
    orders = st.sampled_from([2, 1, 3, 1.5, np.inf, -np.inf])
    return (Of(shape, distinct_sizes(shape)),), some(draw, axis=axes(shape), keepdims=st.booleans(), ord=orders)


def place(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape, distinct(shape)),), some(draw, axis=st.none() | axis(shape), keepdims=st.booleans())


def along_an_axis(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), some(draw, axis=axis(shape))


def ordering(draw: st.DrawFn, shape: Shape) -> Arguments:
    kinds = st.sampled_from([None, "stable", "heapsort"])
    return (Of(shape, distinct(shape)),), some(draw, axis=st.none() | axis(shape), kind=kinds)


def partition(draw: st.DrawFn, shape: Shape) -> Arguments:
    along = draw(st.none() | axis(shape))
    n = math.prod(shape) if along is None else shape[along]
    return (Of(shape, distinct(shape)),), {"kth": draw(st.integers(-n, n - 1)), "axis": along}


def product(draw: st.DrawFn, shape: Shape) -> Arguments:
    """A vector or a matrix on the right, or a stack of these."""
    n = shape[-1]
    m = draw(st.integers(1, 3))
    stacks = [(*shape[:-2], n, m), (2, *shape[:-2], n, m)] if len(shape) < 4 else []
    return (Of(shape), Of(draw(st.sampled_from([(n,), (n, m), *stacks])))), {}


def reshaping(draw: st.DrawFn, shape: Shape) -> Arguments:
    size = math.prod(shape)
    choices: list[Any] = [size, shape[::-1], (1, *shape), (*shape, 1)]
    if size:
        choices += [-1, (-1, 1), *((n, -1) for n in shape)]
    orders = some(draw, order=st.sampled_from("CF"), copy=st.sampled_from([None, True]))
    return (Of(shape),), {"shape": draw(st.sampled_from(choices)), **orders}


def transposition(draw: st.DrawFn, shape: Shape) -> Arguments:
    order = st.permutations(range(len(shape))).map(tuple)
    negative = order.map(lambda found: tuple(k - len(shape) for k in found))
    return (Of(shape),), some(draw, axes=st.none() | order | negative)


def broadcasting(draw: st.DrawFn, shape: Shape) -> Arguments:
    stretched = tuple(draw(st.integers(1, 3)) if n == 1 else n for n in shape)
    return (Of(shape),), {"shape": draw(st.sampled_from([(2, *stretched), stretched]))}


def indexing(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), {"index": draw(index(shape))}


def assignment(draw: st.DrawFn, shape: Shape) -> Arguments:
    """A value of the shape that is assigned to, or one that broadcasts to it."""
    place = draw(index(shape))
    part = np.empty(shape)[place].shape
    values = [part, (), part[1:], (1,) * len(part), (1, *part)]
    value = draw(st.sampled_from([value for value in values if is_assigned(shape, place, value)]))
    return (Of(shape), Of(value)), {"index": place}


def is_assigned(shape: Shape, place: Any, value: Shape) -> bool:
    """Whether NumPy assigns a value of that shape at an index; it has rules of its own for masks, and for elements."""
    try:
        np.zeros(shape)[place] = np.zeros(value)
    except (TypeError, ValueError):
        return False
    return True


def placing(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Into zeros of one place more along the first axis, some places perhaps more than once."""
    n = shape[0] if shape else 1
    places = draw(st.lists(st.integers(-n - 1, n), min_size=n, max_size=n)) if shape else draw(st.integers(-2, 1))
    consecutive = draw(st.booleans())
    return (Of(shape),), {"shape": (n + 1, *shape[1:]), "index": slice(1, None) if consecutive and shape else places}


def concatenation(draw: st.DrawFn, shape: Shape) -> Arguments:
    along = draw(st.none() | axis(shape))
    lengths = draw(st.lists(st.integers(1, 3), max_size=2))
    others = [shape] * len(lengths)
    if along is not None:
        place = along % len(shape)
        others = [(*shape[:place], n, *shape[place + 1 :]) for n in lengths]
    return ([*map(Of, [shape, *others])],), {"axis": along}


def stacking(draw: st.DrawFn, shape: Shape) -> Arguments:
    many = draw(st.integers(1, 3))
    return ([Of(shape)] * many,), some(draw, axis=st.integers(-len(shape) - 1, len(shape)))


def rolling(draw: st.DrawFn, shape: Shape) -> Arguments:
    """By one shift or, along several axes, by several, which go further than the array."""
    along = draw(axes(shape))
    if isinstance(along, tuple):
        return (Of(shape),), {"shift": tuple(draw(st.integers(-4, 4)) for _ in along), "axis": along}
    return (Of(shape),), {"shift": draw(st.integers(-4, 4)), "axis": along}


def of_diagonal(draw: st.DrawFn, shape: Shape) -> Arguments:
    first, second = draw(st.permutations(range(len(shape))))[:2]
    return (Of(shape),), {"offset": draw(st.integers(-2, 2)), "axis1": first - len(shape), "axis2": second}


def casting(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape),), {"dtype": np.float64}


def taking(draw: st.DrawFn, shape: Shape) -> Arguments:
    along = draw(st.none() | axis(shape)) if len(shape) == 1 else draw(axis(shape))
    place = 0 if along is None else along % len(shape)
    many = (*shape[:place], draw(st.integers(1, 3)), *shape[place + 1 :])
    n = shape[place]
    return (Of(shape), draw(hnp.arrays(int, many, elements=st.integers(-n, n - 1)))), {"axis": along}


def adding(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Into zeros whose axis has another length."""
    along = draw(axis(shape))
    place, n = along % len(shape), draw(st.integers(1, 3))
    into = (*shape[:place], n, *shape[place + 1 :])
    return (Of(shape), draw(hnp.arrays(int, shape, elements=st.integers(-n, n - 1)))), {"shape": into, "axis": along}


def contraction(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Letters for the axes, repeated where their lengths are equal, and a second operand that shares some of them."""
    lengths: dict[str, int] = {}
    term = ""
    for n in shape:
        letter = draw(st.sampled_from([*(c for c, m in lengths.items() if m == n), "ijkl"[len(lengths)]]))
        lengths[letter] = n
        term += letter
    terms, operands = [term], [Of(shape)]
    if draw(st.booleans()):
        lengths["z"] = draw(st.integers(1, 3))
        other = "".join(draw(st.lists(st.sampled_from(sorted(lengths)), max_size=3)))
        terms.append(other)
        operands.append(Of(tuple(lengths[c] for c in other)))
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        letters = draw(st.permutations(sorted(set(subscripts) - {","})))
        subscripts += "->" + "".join(letters[: draw(st.integers(0, len(letters)))])
    return (subscripts, *operands), {}


def well_conditioned(shape: Shape) -> Of:
    """Matrices whose singular values are far from each other and from zero, and whose lower triangle, if they are
    square, is that of one with such eigenvalues.
    """
    m, n = shape[-2:]
    spread = np.eye(m, n) * np.linspace(5.0, 2.0, min(m, n))[np.minimum(np.arange(n), min(m, n) - 1)]
    return Of(shape, arrays(shape, (-0.375, 0.375)).map(lambda noise: noise + spread))


def of_a_matrix(*choices: dict[str, Any]) -> Callable[[st.DrawFn, Shape], Arguments]:
    """A well-conditioned matrix, with some params."""
    return lambda draw, shape: ((well_conditioned(shape),), draw(st.sampled_from(choices or ({},))))


def symmetric(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Either triangle that of a matrix whose eigenvalues are far from each other, and no element of a vector is near
    zero, where its sign, which is chosen, may change.
    """
    base = 0.75 + np.diag(np.linspace(5.0, 2.0, shape[-1]))
    matrix = Of(shape, arrays(shape, (-0.125, 0.125)).map(lambda noise: noise + base))
    return (matrix,), draw(st.sampled_from([{}, {"UPLO": "U"}]))


def decomposition(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Into Q and R, of matrices with something below the diagonal: else signs are others."""
    m, n = shape[-2:]
    base = 0.75 * np.tri(m, n, k=-1) + 2 * np.eye(m, n)
    matrix = Of(shape, arrays(shape, (-0.375, 0.375)).map(lambda noise: noise + base))
    return (matrix,), draw(st.sampled_from([{}, {"mode": "r"}]))


def distance_from_triangular(inputs: Sequence[Any], params: Any) -> float:
    """Or from singular: by the factors of the reflections, which are 0 where LAPACK does none, and at least 1 else."""
    factors = np.linalg.qr(inputs[0], mode="raw")[1][..., : np.shape(inputs[0])[-2] - 1]
    return min(distance_from_singular(inputs, params), float(np.min(factors, initial=np.inf)))


def gap_of_singular_values(inputs: Sequence[Any], params: Any) -> float:
    values = np.linalg.svd(inputs[0], compute_uv=False)
    return min(float(np.min(values, initial=np.inf)), float(np.min(-np.diff(values), initial=np.inf)))


def gap_of_eigenvalues(inputs: Sequence[Any], params: Any) -> float:
    return gap(np.linalg.eigvalsh(*inputs, **params), -1)


def distance_from_singular(inputs: Sequence[Any], params: Any) -> float:
    """That of the last matrix."""
    square = next(x for x in reversed(inputs) if np.ndim(x) >= 2)
    return float(np.min(np.linalg.svd(square, compute_uv=False), initial=np.inf))


def least_eigenvalue(inputs: Sequence[Any], params: Any) -> float:
    return float(np.min(np.linalg.eigvalsh(inputs[0], "U" if params.get("upper") else "L"), initial=np.inf))


def equations(draw: st.DrawFn, shape: Shape) -> Arguments:
    """With one right side, or with several, a stack of such among them."""
    n = shape[-1]
    return (well_conditioned(shape), Of(draw(st.sampled_from([(n,), (n, 2), (*shape[:-2], n, 1)])))), {}


def distance_of_equations(inputs: Sequence[Any], params: Any) -> float:
    return distance_from_singular(inputs[:1], params)


def pair_of_matrices(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape), well_conditioned(shape)), {}


def is_convolved(shape: Shape) -> bool:
    """Whether it has an axis of channels, and one to slide along."""
    return len(shape) >= 2 and is_filled(shape)


def sliding(draw: st.DrawFn, shape: Shape) -> Arguments:
    along = draw(axis(shape))
    n = shape[along]
    dilation = draw(st.integers(1, 2))
    size = draw(st.integers(1, (n - 1) // dilation + 1))
    return (Of(shape),), {"size": size, "axis": along, "stride": draw(st.integers(1, 2)), "dilation": dilation}


def overlapping(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Windows along any axis but the last, of their elements; some places behind the last one may be left over."""
    along = draw(axis(shape[:-1]))
    stride, dilation = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    least = (shape[:-1][along] - 1) * stride + dilation * (shape[-1] - 1) + 1
    length = least + draw(st.integers(0, stride - 1))
    return (Of(shape),), {"length": length, "axis": along, "stride": stride, "dilation": dilation}


def convolving(draw: st.DrawFn, shape: Shape, is_transposed: bool = False) -> Arguments:
    """A kernel for the last axis, or the last two, in groups of channels where these can be divided."""
    n = draw(st.integers(1, min(len(shape) - 1, 2)))
    channels = shape[-n - 1]
    groups = draw(st.sampled_from([k for k in (1, 2) if channels % k == 0]))
    settings = some(draw, stride=st.integers(1, 2), padding=st.integers(0, 0 if is_transposed else 1))
    around = 2 * settings.get("padding", 0)
    kernel = tuple(draw(st.integers(1, min(length + around, 3))) for length in shape[-n:])
    others = draw(st.integers(1, 2))
    weight = (channels, others) if is_transposed else (groups * others, channels // groups)
    return (Of(shape), Of((*weight, *kernel))), {"groups": groups, **settings}


def spreading(draw: st.DrawFn, shape: Shape) -> Arguments:
    return convolving(draw, shape, is_transposed=True)


def sequences(draw: st.DrawFn, shape: Shape) -> Arguments:
    return (Of(shape), Of((draw(st.integers(1, 4)),))), some(draw, mode=st.sampled_from(["full", "same", "valid"]))


def interpolation(draw: st.DrawFn, shape: Shape) -> Arguments:
    """Between nodes that are there already, from left to right: what is computed is in any order."""
    nodes = np.cumsum(draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=2, max_size=4))) - 2.0
    return (Of(shape), nodes, Of(nodes.shape)), {}


def location(draw: st.DrawFn, shape: Shape) -> Arguments:
    (x, nodes, _), params = interpolation(draw, shape)
    return (x, nodes), params


def gap_to_nodes(inputs: Sequence[Any], params: Any) -> float:
    x, nodes = inputs[:2]
    return float(np.min(np.abs(np.subtract.outer(x, nodes)), initial=np.inf))


def is_matrix(shape: Shape) -> bool:
    return len(shape) >= 2 and is_filled(shape)


def is_square(shape: Shape) -> bool:
    return is_matrix(shape) and shape[-1] == shape[-2]


def is_square_of_several(shape: Shape) -> bool:
    """Where the determinant is more than a number."""
    return is_square(shape) and shape[-1] > 1


def terms(draw: st.DrawFn, shape: Shape) -> Arguments:
    return ([Of(shape)] * draw(st.integers(1, 3)),), {}


def pairs(draw: st.DrawFn, shape: Shape) -> Arguments:
    many = draw(st.integers(1, 3))
    return ([Of(shape)] * many, [Of(shape)] * many), {}


ROWS |= {
    "sum": Row(reduction),
    "mean": Row(reduction, is_filled),
    "max": Row(reduction_of_distinct, is_filled, gap_of_all),
    "min": Row(reduction_of_distinct, is_filled, gap_of_all),
    **dict.fromkeys(
        ("argmax", "argmin", "nanargmax", "nanargmin"), Row(place, lambda x: has_axes(x) and is_filled(x), gap_of_all)
    ),
    **dict.fromkeys(("any", "all", "count_nonzero"), Row(reduction, apart=gap_of_sizes)),
    "prod": Row(reduction),
    "cumsum": Row(scan, has_axes),
    "cumprod": Row(scan, has_axes),
    "recurrence": Row(recurrence, has_axes),
    "centred": Row(centring, has_many),
    "var": Row(moment, has_many),
    "std": Row(moment, has_many, spread),
    "vector_norm": Row(length, is_filled, gap_of_sizes),
    "log_softmax": Row(along_an_axis, lambda shape: has_axes(shape) and is_filled(shape)),
    "logsumexp": Row(reduction, is_filled),
    "softmax": Row(along_an_axis, lambda shape: has_axes(shape) and is_filled(shape)),
    "sort": Row(ordering, has_axes, gap_of_row),
    "argsort": Row(ordering, has_axes, gap_of_row),
    "argpartition": Row(partition, lambda shape: has_axes(shape) and is_filled(shape), gap_of_row),
    "matmul": Row(product, has_axes),
    "reshape": Row(reshaping),
    "transpose": Row(transposition),
    "broadcast_to": Row(broadcasting, lambda shape: len(shape) < 3),
    "getitem": Row(indexing),
    "setitem": Row(assignment),
    "put": Row(placing),
    "concatenate": Row(concatenation, has_axes),
    "stack": Row(stacking, lambda shape: len(shape) < 3),
    "astype": Row(casting),
    "copy": Row(lambda draw, shape: ((Of(shape),), {})),
    "roll": Row(rolling),
    "diagonal": Row(of_diagonal, lambda shape: len(shape) >= 2),
    "take_along_axis": Row(taking, lambda shape: has_axes(shape) and is_filled(shape)),
    "add_along_axis": Row(adding, lambda shape: has_axes(shape) and is_filled(shape)),
    "einsum": Row(contraction, lambda shape: len(shape) < 5),
    "svd": Row(
        of_a_matrix({"full_matrices": False}, {"compute_uv": False}), is_matrix, gap_of_singular_values, is_regular=True
    ),
    "qr": Row(
        decomposition, lambda shape: is_matrix(shape) and shape[-2] > 1, distance_from_triangular, is_regular=True
    ),
    "pinv": Row(of_a_matrix(), is_matrix, distance_from_singular, is_regular=True),
    "inv": Row(of_a_matrix(), is_square, distance_from_singular, is_regular=True),
    "solve": Row(equations, is_square, distance_of_equations, is_regular=True),
    "cholesky": Row(of_a_matrix({}, {"upper": True}), is_square, least_eigenvalue, is_regular=True),
    "eigh": Row(symmetric, is_square, gap_of_eigenvalues, is_regular=True),
    "eigvalsh": Row(symmetric, is_square, gap_of_eigenvalues, is_regular=True),
    "det": Row(of_a_matrix(), is_square),
    "cofactors": Row(of_a_matrix(), is_square_of_several, distance_from_singular, is_regular=True),
    "det_hessian": Row(pair_of_matrices, is_square_of_several, distance_from_singular, is_regular=True),
    "slogdet": Row(of_a_matrix(), is_square, distance_from_singular, is_regular=True),
    "windows": Row(sliding, lambda shape: has_axes(shape) and is_filled(shape)),
    "overlap_add": Row(overlapping, is_convolved),
    "convolution": Row(convolving, is_convolved),
    "convolution_transpose": Row(spreading, is_convolved),
    "convolve": Row(sequences, lambda shape: len(shape) == 1 and is_filled(shape)),
    "interpolate": Row(interpolation, apart=gap_to_nodes),
    "locate": Row(location, apart=gap_to_nodes),
    "sum_of": Row(terms),
    "max_of": Row(terms),
    "min_of": Row(terms),
    "sum_of_products": Row(pairs),
}
