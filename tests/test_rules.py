"""Every rule of the table, tested because it is in the table: an entry needs no test of its own.

The oracles use the forward function alone (`numeric.derivative`), so a rule cannot vouch for itself.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import product
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from formulas import evaluated
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numeric import assert_close, complex_step, derivative, differences, numbers_of
from strategies import MEANING, arrays, meaning, numbers

import autograd
import nn
from autograd import Graph, GraphError, Op, Symbol, Tensor, Value, elementwise, explain, gradients, table
from autograd.compile import codegen
from autograd.op import _enter
from autograd.tensor.record import Record
from autograd.tensor.sweep import pull_of

assert nn.cross_entropy  # whose rule is in the table too

ELEMENTWISE = [op for op in table.values() if op.is_elementwise and all(op.rules) and op.arity]
PRIMITIVES = [op for op in table.values() if not op.is_elementwise and not op.is_flat]

each_elementwise = pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
each_primitive = pytest.mark.parametrize("op", PRIMITIVES, ids=lambda op: op.name)


# Elementwise operations.


def within(low: float, high: float) -> st.SearchStrategy[float]:
    """Inside an open interval, a little away from its ends; round numbers often, since rules have cases for them."""
    low, high = max(-3.0, low + 0.125), min(3.0, high - 0.125)
    often = round_numbers(low, high)
    return st.one_of(st.sampled_from(often), numbers(low, high)) if often else numbers(low, high)


def round_numbers(low: float, high: float) -> list[float]:
    return [x for x in (-2.0, -1.0, 0.0, 1.0, 2.0) if low < x < high]


def domain_of(op: Op) -> Sequence[tuple[float, float]]:
    assert op.arity is not None
    return op.domain or ((-math.inf, math.inf),) * op.arity


#: Where a slope has a corner, across which differences are no oracle: zero there, as kinks are.
BENDS: dict[str, Callable[..., Any]] = {
    "softsign": lambda x: x,
    **dict.fromkeys(("floor_divide", "remainder", "fmod"), lambda x, y: beside_jump(x, y)),
}


def beside_jump(x: float, y: float) -> float:
    """How far the divisor may move before another quotient is whole."""
    quotient = abs(x / y)
    return min(abs(abs(x) / whole - abs(y)) for whole in (np.floor(quotient), np.ceil(quotient)) if whole)


@st.composite
def smooth_points(draw: st.DrawFn, op: Op) -> list[float]:
    """Inputs of an operation within its domain, away from its kinks."""
    point = [draw(within(*interval)) for interval in domain_of(op)]
    for zero in (op.kinks, BENDS.get(op.name)):
        if zero is not None:
            assume(abs(zero(*point)) > 0.1)
    return point


def moved(op: Op, point: list[Any], k: int) -> Callable[[Any], Any]:
    """The forward function of the operation as a function of input k alone."""
    return lambda x: op.forward(*point[:k], x, *point[k + 1 :])


@each_elementwise
@given(data=st.data())
def test_gradients_of_values_are_the_slopes_of_the_forward_function(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    leaves = [Value(x) for x in point]
    y = op(*leaves)
    y.backward()
    assert_close(y.data, op.forward(*point), tolerance=1e-14)
    for k, leaf in enumerate(leaves):
        expected, tolerance = derivative(moved(op, point, k), point[k])
        assert_close(leaf.grad, expected, tolerance)


@each_elementwise
@given(data=st.data())
def test_gradients_of_tensors_are_the_slopes_of_the_forward_function(op: Op, data: st.DataObject) -> None:
    points = data.draw(st.lists(smooth_points(op), min_size=1, max_size=4))
    leaves = [Tensor(column) for column in np.array(points).T]
    weights = np.arange(1.0, len(points) + 1)
    (op(*leaves) * weights).sum().backward()
    for i, point in enumerate(points):
        for k, leaf in enumerate(leaves):
            expected, tolerance = derivative(moved(op, point, k), point[k])
            assert leaf.grad is not None
            assert_close(leaf.grad[i], weights[i] * expected, tolerance)


@each_elementwise
@given(data=st.data())
def test_second_derivatives_are_the_slopes_of_the_first(op: Op, data: st.DataObject) -> None:
    check_second_derivatives(op, data.draw(smooth_points(op)))


@each_elementwise
def test_second_derivatives_at_round_numbers_where_rules_have_cases(op: Op) -> None:
    for point in product(*(round_numbers(*interval) for interval in domain_of(op))):
        if op.kinks is None or abs(op.kinks(*point)) > 0.1:
            check_second_derivatives(op, list(point))


def check_second_derivatives(op: Op, point: list[float]) -> None:
    def first(k: int, j: int) -> Callable[[Any], Any]:
        """The slope by input k as a function of input j."""

        def slope(x: Any) -> Any:
            leaves = [Value(float(v)) for v in [*point[:j], x, *point[j + 1 :]]]
            return gradients(op(*leaves), leaves[k])

        return slope

    for kind in (Value, Tensor):
        leaves = [kind(x) for x in point]
        slopes = gradients(op(*leaves), leaves, create_graph=True)
        for k, slope in enumerate(slopes):
            for j, second in enumerate(gradients(slope, leaves)):
                assert_close(second, differences(first(k, j), point[j]), tolerance=1e-6)


@each_elementwise
@given(data=st.data())
def test_a_value_agrees_with_a_tensor_wherever_the_function_is_defined(op: Op, data: st.DataObject) -> None:
    edges = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e4, -1e4, 1e-300, math.inf, -math.inf, math.nan])
    point = [data.draw(st.one_of(edges, numbers(-3, 3))) for _ in range(op.arity or 0)]
    values, tensors = [Value(x) for x in point], [Tensor(x) for x in point]
    with np.errstate(all="ignore"):
        y, t = op(*values), op(*tensors)
        y.backward()
        t.backward()
    np.testing.assert_allclose(y.data, t.item(), rtol=1e-14)
    for value, tensor in zip(values, tensors, strict=True):
        np.testing.assert_allclose(value.grad, tensor.grad, rtol=1e-13, err_msg=f"{op.name} at {point}")


@each_elementwise
@given(data=st.data())
def test_an_input_used_twice_receives_both_slopes(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    leaves = [Value(x) for x in point]
    once = gradients(op(*leaves), leaves)
    y = op(*leaves) + op(*leaves)
    assert gradients(y, leaves) == [2 * slope for slope in once]


@each_elementwise
@given(data=st.data())
def test_a_float32_stays_one_through_forward_and_backward(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    leaves = [Tensor(np.float32([x])) for x in point]
    y = op(*leaves)
    y.sum().backward()
    assert y.dtype == np.float32
    assert [x.grad.dtype for x in leaves if x.grad is not None] == [np.float32] * len(leaves)


@each_elementwise
@given(data=st.data())
def test_generated_code_and_rule_agree_on_floats_and_on_arrays(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    z = np.float64(op.forward(*point))
    expected = [float(rule(z, *map(np.float64, point))) for rule in op.rules]
    assert_close(codegen.evaluator(op)(*point), [z, *expected], tolerance=1e-14)
    leaves = [Tensor([x]) for x in point]
    op(*leaves).sum().backward()  # by the generated pull
    assert_close([leaf.grad[0] for leaf in leaves if leaf.grad is not None], expected, tolerance=1e-14)


@each_elementwise
def test_every_operation_has_generated_code(op: Op) -> None:
    assert codegen.why_not(op) is None, "a ufunc needs a line in FLOATS or SAME in autograd/notation/floats.py"


def test_what_has_no_generated_code_is_listed_with_its_reason() -> None:
    listed = codegen.not_generated()
    many = {name for name in listed if table[name].is_elementwise}
    assert many == {"sum_of", "sum_of_products", "max_of", "min_of"}, (
        "their code would differ with the number of inputs"
    )
    for name in listed.keys() - many:
        assert "mixes elements" in listed[name]
    assert listed.keys() - many >= {op.name for op in PRIMITIVES}


# What people read.


#: Formulas with a number that people read four digits of, as log 2, π, or 2 / √π; what is made of these has no more.
SHORTENED = {*("exp2", "log2", "log10", "share2", "deg2rad", "rad2deg"), *("erf", "erfc", "erfinv", "selu", "sinc")}


@each_elementwise
@given(data=st.data())
def test_the_formula_shown_to_people_is_the_slope(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    explanation = explain(op)
    inputs = list(op.signature.parameters)[: op.arity]
    output = "z" if "y" in inputs else "y"
    names = dict(zip(inputs, point, strict=True)) | {output: float(op.forward(*point))}
    assert [partial.of for partial in explanation.partials] == [f"∂{output}/∂{x}" for x in inputs]
    for k, partial in enumerate(explanation.partials):
        expected, tolerance = derivative(moved(op, point, k), point[k])
        assert_close(evaluated(partial.formula, names), expected, 1e-3 if op.name in SHORTENED else tolerance)


@pytest.mark.parametrize("name", sorted(set(MEANING) & set(table)))
@given(data=st.data())
def test_forward_functions_mean_what_their_names_say(name: str, data: st.DataObject) -> None:
    x, *others = (np.float64(v) for v in data.draw(smooth_points(table[name])))
    if name == "leaky_relu":
        assert_close(table[name].forward(x, 0.01), meaning(name, x))
    else:
        assert_close(table[name].forward(x, *others), meaning(name, x, *others), tolerance=1e-14)


@given(
    base=st.sampled_from([-2.0, -0.5, 0.0, 1.5]),
    exponent=st.sampled_from([-2, -1, 0, 1, 2, 3, 4]),
    kind=st.sampled_from([int, float]),
)
def test_integer_powers_of_any_base_have_first_and_second_slopes(base: float, exponent: int, kind: type) -> None:
    assume(base != 0 or exponent >= 0)
    n = kind(exponent)
    first = n * base ** (n - 1) if n else 0.0
    second = n * (n - 1) * base ** (n - 2) if n * (n - 1) else 0.0
    for x in (Value(base), Tensor(base)):
        slope = gradients(x**n, x, create_graph=True)
        assert_close(slope.data, first)
        assert_close(gradients(slope, x), second)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_powers_of_zero_are_flat_where_they_have_a_slope(kind: Any) -> None:
    for exponent, slope in ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (3.0, 0.0)):
        base, power = kind(0.0), kind(exponent)
        assert gradients(base**power, [base, power]) == [slope, 0]
        assert gradients(0.0**power, power) == 0


# Operations that mix elements: how each is called, so that its gradient can be tested.

AXIS = st.sampled_from([None, 0, 1, -1, (0, 1), (-1, 0)])
INDICES = [
    *(1, -1, None, slice(None), slice(None, None, -1), (0, 1), (slice(None), 1), (..., 0)),
    *([0, 0, 1], ((0, 0, 2),), ([0, 1, 0], [1, 1, 1]), (slice(1, 3), [0, 2, 0]), range(2)),
    *(np.array([True, False, True]), np.array([[0, 1], [1, 0]])),
]
MATMUL = [
    *([(3,), (3,)], [(2, 3), (3,)], [(3,), (3, 2)], [(2, 3), (3, 4)], [(0, 3), (3, 2)], [(2, 0), (0, 2)]),
    *([(2, 2, 3), (3, 2)], [(3,), (2, 3, 2)], [(2, 2, 3), (3,)], [(2, 1, 2, 3), (2, 3, 1)], [(1, 2, 3), (2, 3, 1)]),
]


def called(*shapes: list[tuple[int, ...]], **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """Shapes of the inputs, and parameters, each of which may be left out."""
    choices = {name: values if isinstance(values, st.SearchStrategy) else st.sampled_from(values)
               for name, values in params.items()}  # fmt: skip
    return st.tuples(st.sampled_from(shapes), st.fixed_dictionaries({}, optional=choices))


def needed(shape: tuple[int, ...], /, **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """The shape of the one input, and parameters that have no default."""
    choices = {name: st.sampled_from(values) for name, values in params.items()}
    return st.tuples(st.just([shape]), st.fixed_dictionaries(choices))


def assigned(value: tuple[int, ...]) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """A value, and the indices of a (3, 3) at which it fits."""
    places: list[Any] = []
    for index in [*INDICES, [[0, 0], [2, 0]], (slice(2), slice(2)), (slice(2), [1, 1])]:
        with contextlib.suppress(ValueError):
            np.zeros((3, 3))[index] = np.zeros(value)
            places.append(index)
    return st.tuples(st.just([(3, 3), value]), st.fixed_dictionaries({"index": st.sampled_from(places)}))


def distinct(*shape: int, **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """One input whose elements are far apart, so that no step changes their order."""
    spread = hnp.arrays(float, shape, elements=st.integers(-40, 40), unique=True).map(lambda x: x / 8)
    choices = {name: st.sampled_from(values) for name, values in params.items()}
    return st.tuples(st.tuples(spread), st.fixed_dictionaries({}, optional=choices))


def sizes(*shape: int, **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """The same, with sizes that are far apart and from zero, and any signs."""
    apart = hnp.arrays(float, shape, elements=st.integers(1, 40), unique=True)
    signs = hnp.arrays(float, shape, elements=st.sampled_from([-1.0, 1.0]))
    choices = {name: st.sampled_from(values) for name, values in params.items()}
    drawn = st.tuples(apart, signs).map(lambda pair: (pair[0] * pair[1] / 8,))
    return st.tuples(drawn, st.fixed_dictionaries({}, optional=choices))


ORDERS = [2, 1, 3, 1.5, 0.5, -1, np.inf, -np.inf]


@st.composite
def taken(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """An array, and indices along one of its axes; on the others, either may have length 1."""
    axis = draw(st.sampled_from([None, 0, 1, -1]))
    if axis is None:
        return [(2, 3)], {"axis": None, "indices": draw(hnp.arrays(int, 4, elements=st.integers(-6, 5)))}
    shape = draw(st.sampled_from([(3, 3), (1, 3), (3, 1)]))
    other = [draw(st.sampled_from([1, 3])) for _ in range(2)]
    other[axis] = draw(st.integers(1, 4))
    indices = draw(hnp.arrays(int, other, elements=st.integers(-shape[axis], shape[axis] - 1)))
    return [shape], {"indices": indices} | draw(st.sampled_from([{"axis": axis}] + [{}] * (axis == -1)))


@st.composite
def added(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """What `taken` gave, and where it came from."""
    (shape,), params = draw(taken())
    y = np.take_along_axis(np.zeros(shape), params["indices"], params.get("axis", -1))
    return [y.shape], params | {"shape": shape}


@st.composite
def contractions(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """Subscripts, and shapes that fit them: letters repeated, summed over, of length 1, left to an ellipsis."""
    lengths = dict(zip("ijkA", draw(st.permutations([1, 2, 3, 2])), strict=True))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        term = draw(st.text("ijkA", max_size=3))
        once = {c: draw(st.sampled_from([n, n, n, 1])) for c, n in lengths.items()}
        dots = draw(st.sampled_from([None, None, (), (2,), (3, 1), (1, 2)]))
        at = draw(st.integers(0, len(term)))
        terms.append(term if dots is None else f"{term[:at]}...{term[at:]}")
        shapes.append(tuple([once[c] for c in term[:at]] + list(dots or ()) + [once[c] for c in term[at:]]))
    subscripts = ",".join(terms)
    letters = sorted(set(subscripts) - set(".,"))
    output = draw(st.none() | st.permutations(letters).flatmap(lambda p: st.integers(0, len(p)).map(lambda n: p[:n])))
    if output is not None:
        subscripts += "->" + ("..." if "..." in subscripts else "") + "".join(output)
    params = draw(st.fixed_dictionaries({}, optional={"optimize": st.booleans()}))
    return shapes, params | {"subscripts": subscripts}


def well_conditioned(*stack: int, m: int, n: int, **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """Matrices whose singular values are far from each other and from zero."""
    noise = arrays((*stack, m, n), -0.25, 0.25)
    return st.tuples(st.tuples(noise.map(lambda x: x + np.diag([5.0, 3.5, 2.0])[:m, :n])), st.just(params))


def not_triangular(m: int, n: int, **params: Any) -> st.SearchStrategy[tuple[Any, dict[str, Any]]]:
    """Of those, R has other signs."""
    noise = arrays((m, n), -0.25, 0.25)
    return st.tuples(st.tuples(noise.map(lambda x: x + np.tri(m, n) + np.eye(m, n))), st.just(params))


@st.composite
def added_windows(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """Windows, as they slide along an axis of a length."""
    params = {name: draw(st.integers(1, 2)) for name in ("stride", "dilation")}
    length, axis, size = draw(st.integers(5, 6)), draw(st.sampled_from([0, 1, -1])), draw(st.integers(1, 3))
    shape = [2, 2]
    shape[axis] = (length - params["dilation"] * (size - 1) - 1) // params["stride"] + 1
    return [(*shape, size)], params | {"length": length, "axis": axis}


@st.composite
def convolutions(draw: st.DrawFn, is_transposed: bool) -> tuple[Any, dict[str, Any]]:
    """Of one axis or two, in groups or not, of one input or a few."""
    n = draw(st.integers(1, 2))
    groups, outs, ins = draw(st.sampled_from([(1, 1, 1), (1, 2, 1), (1, 1, 2), (2, 1, 1)]))
    batch = draw(st.sampled_from([(), (2,)])) if n == 1 else ()
    lengths = tuple(draw(st.integers(3, 4)) for _ in range(n))
    kernel = tuple(draw(st.integers(1, 2)) for _ in range(n))
    weight = (outs * groups, ins, *kernel)
    params: dict[str, Any] = {"groups": groups} if groups > 1 else {}
    for name, least, most in (("stride", 1, 3), ("padding", 0, 1), ("dilation", 1, 2)):
        several = st.tuples(*[st.integers(least, most)] * n)
        params |= draw(st.fixed_dictionaries({}, optional={name: st.integers(least, most) | several}))
    if not is_transposed and "stride" not in params:
        params |= draw(st.sampled_from([{}, {"padding": "same"}, {"padding": "valid"}]))
    if is_transposed and np.min(params.get("stride", 1)) > 1:
        params |= draw(st.sampled_from([{}, {"output_padding": 1}]))
    channels = outs * groups if is_transposed else ins * groups
    return [(*batch, channels, *lengths), weight], params


@st.composite
def interpolations(draw: st.DrawFn, *, values: bool) -> tuple[Any, dict[str, Any]]:
    """Nodes that are far apart, and places between and outside that are far from them."""
    gaps = draw(hnp.arrays(float, draw(st.integers(2, 3)), elements=st.sampled_from([0.5, 1.0, 1.5])))
    xp = np.cumsum(gaps) + draw(st.sampled_from([-2.0, 0.0]))
    middles = [xp[0] - 0.75, *(xp[1:] + xp[:-1]) / 2, xp[-1] + 0.75]
    shape = draw(st.sampled_from([(), (3,), (1, 2)]))
    x = draw(hnp.arrays(float, shape, elements=st.sampled_from(middles))) + draw(arrays(shape, -0.125, 0.125))
    return [np.asarray(x), xp, *([draw(arrays(xp.shape))] if values else [])], {}


CALLS = {
    "windows": needed((3, 5), size=[1, 2], axis=[0, 1, -1], stride=[1, 2], dilation=[1, 2]),
    "overlap_add": added_windows(),
    "convolution": convolutions(is_transposed=False),
    "convolution_transpose": convolutions(is_transposed=True),
    "convolve": called([(4,), (3,)], [(2,), (4,)], [(1,), (1,)], mode=["full", "same", "valid"]),
    "interpolate": interpolations(values=True),
    "locate": interpolations(values=False),
    "sum": called([(3, 3)], [(2, 4)], [(0, 3)], axis=AXIS, keepdims=st.booleans()),
    "mean": called([(3, 3)], [(2, 4)], axis=AXIS, keepdims=st.booleans()),
    "max": called([(3, 3)], [(2, 4)], axis=AXIS, keepdims=st.booleans()),
    "min": called([(3, 3)], [(2, 4)], axis=AXIS, keepdims=st.booleans()),
    "prod": called([(3, 3)], [(2, 4)], [(0, 3)], axis=AXIS, keepdims=st.booleans()),
    "cumsum": called([(3, 3)], [(2, 4)], [(0, 3)], axis=[None, 0, 1, -1]),
    "cumprod": called([(3, 3)], [(2, 4)], [(0, 3)], axis=[None, 0, 1, -1]),
    "recurrence": called([(3, 3), (3, 3)], [(4,), (4,)], axis=[0, -1]),
    "centred": called([(3, 3)], [(2, 4)], axis=AXIS),
    "var": called([(3, 3)], [(2, 4)], axis=AXIS, keepdims=st.booleans(), ddof=[0, 1, 0.5]),
    "std": distinct(3, 4, axis=[None, 0, 1, -1, (0, 1)], keepdims=[False, True], correction=[0, 1, 0.5]),
    "vector_norm": sizes(3, 4, axis=[None, 0, 1, -1, (0, 1)], keepdims=[False, True], ord=ORDERS),
    "log_softmax": called([(3, 3)], axis=[0, 1, -1, -2]),
    "logsumexp": called([(3, 3)], [(2, 4)], axis=AXIS, keepdims=st.booleans()),
    "softmax": called([(3, 3)], axis=[0, 1, -1, -2]),
    "cross_entropy": called([(2, 3), (2, 3)], [(3,), (3,)], reduction=["mean", "none"]),
    "matmul": called(*MATMUL),
    "reshape": st.one_of(
        needed((2, 3), shape=[6, (3, 2), (-1,), (1, 2, 3)]),
        needed((2, 3), shape=[6, (3, 2), (1, 2, -1)], order=["F", "C"], copy=[None, True]),
    ),
    "transpose": called([(2, 3, 4)], axes=[None, (1, 2, 0), (0, -1, 1), (-1, -2, -3)]),
    "broadcast_to": st.one_of(*(needed(shape, shape=[(4, 2, 3)]) for shape in [(2, 1), (1, 3), (), (2, 3)])),
    "getitem": needed((3, 3), index=INDICES),
    "setitem": st.one_of(*map(assigned, [(), (3,), (1, 3), (1, 1, 3), (2, 2), (3, 1)])),
    "put": needed((2,), shape=[(4,)], index=[slice(1, 3), [0, 2], [1, 1], [-1, 3], ((2, 2),)]),
    "concatenate": called([(2, 2), (2, 2), (2, 2)], axis=[None, 0, 1, -1]),
    "stack": called([(2, 3), (2, 3)], axis=[0, 1, 2, -1]),
    "astype": needed((2, 3), dtype=[np.float64]),
    "copy": called([(2, 3)], [()], order=["K", "C", "F"]),
    "roll": st.one_of(
        needed((2, 3), shift=[1, -2, 5], axis=[None, 0, 1, -1]),
        needed((2, 3), shift=[(1, 2), [-1, 4]], axis=[(0, 1), (1, 1)]),
        needed((2, 3), shift=[1, np.array([1, 2])], axis=[(0, 1)]),
    ),
    "diagonal": st.one_of(
        called([(2, 3)], [(3, 2)], offset=[0, 1, -1, 2, -2]),
        called([(2, 3, 4)], offset=[0, 1, -1], axis1=[0, -3], axis2=[1, 2, -1]),
        needed((2, 3, 4), axis1=[2], axis2=[0, -2]),
    ),
    "sort": distinct(3, 4, axis=[None, 0, 1, -1, -2], kind=[None, "stable", "heapsort"]),
    "take_along_axis": taken(),
    "add_along_axis": added(),
    "einsum": contractions(),
    "svd": st.one_of(
        well_conditioned(m=2, n=2),
        well_conditioned(m=3, n=2, full_matrices=False),
        well_conditioned(2, m=1, n=2, full_matrices=False),
        well_conditioned(m=2, n=3, compute_uv=False),
    ),
    "qr": st.one_of(
        not_triangular(2, 2),
        not_triangular(3, 2),
        not_triangular(2, 3, mode="complete"),
        not_triangular(3, 2, mode="r"),
        not_triangular(2, 3, mode="r"),
    ),
    "pinv": st.one_of(well_conditioned(m=3, n=2), well_conditioned(2, m=1, n=2), well_conditioned(m=2, n=2)),
    "inv": st.one_of(well_conditioned(m=3, n=3), well_conditioned(2, m=2, n=2)),
    "solve": st.one_of(
        *(
            st.tuples(
                st.tuples(well_conditioned(*stack, m=2, n=2).map(lambda drawn: drawn[0][0]), arrays(b)), st.just({})
            )
            for stack, b in [((), (2,)), ((), (2, 3)), ((2,), (2,)), ((2,), (2, 1)), ((), (2, 2, 1))]
        )
    ),
    "cholesky": st.one_of(
        well_conditioned(m=3, n=3), well_conditioned(2, m=2, n=2), well_conditioned(m=2, n=2, upper=True)
    ),
    "eigh": st.one_of(well_conditioned(m=3, n=3), well_conditioned(2, m=2, n=2), well_conditioned(m=2, n=2, UPLO="U")),
    "eigvalsh": st.one_of(well_conditioned(2, m=2, n=2), well_conditioned(m=2, n=2, UPLO="U")),
    "det": called([(3, 3)], [(2, 2, 2)], [(1, 1)]),
    "cofactors": st.one_of(well_conditioned(m=3, n=3), well_conditioned(2, m=2, n=2)),
    "det_hessian": st.tuples(
        st.tuples(arrays((4, 4)), arrays((4, 4), -0.25, 0.25).map(lambda x: x + np.diag([4.0, -3.0, 2.0, 1.0]))),
        st.just({}),
    ),
    "slogdet": st.one_of(well_conditioned(m=3, n=3), well_conditioned(2, m=2, n=2)),
}


EXTREMES = ("max", "min")
TINY = 1e-5  #: a step that changes no maximum

#: What of complex numbers is another function, one that has no slope by them.
CONJUGATING = {"svd", "qr", "pinv", "cholesky", "eigh", "eigvalsh"}

#: What NumPy does not have in half precision.
LAPACK = {
    *("svd", "qr", "pinv", "inv", "solve", "cholesky", "eigh", "eigvalsh"),
    *("det", "cofactors", "det_hessian", "slogdet"),
}


@st.composite
def calls(draw: st.DrawFn, op: Op) -> tuple[list[Any], dict[str, Any]]:
    if op.name not in CALLS:
        pytest.fail(f"add a line to CALLS: how is {op.name} called?")
    shapes, params = draw(CALLS[op.name])
    inputs = [x if isinstance(x, np.ndarray) else draw(arrays(x)) for x in shapes]
    if op.name in EXTREMES:  # ties are another test's business
        inputs = [x + np.linspace(0, 0.25, x.size).reshape(x.shape) ** 2 / 8 for x in inputs]
        assume(all(np.min(np.diff(np.sort(x, axis=None)), initial=1) > 1e-4 for x in inputs))
    return inputs, params


def call(function: Callable[..., Any], op: Op, inputs: list[Any], params: dict[str, Any]) -> Any:
    if "subscripts" in params:
        return function(params["subscripts"], *inputs, **{k: v for k, v in params.items() if k != "subscripts"})
    return function(inputs, **params) if op.arity is None else function(*inputs, **params)


def applied(op: Op, inputs: list[Any], params: dict[str, Any]) -> Any:
    return call(op, op, inputs, params)


def forward(op: Op, inputs: list[Any], params: dict[str, Any]) -> Any:
    return call(op.forward, op, inputs, params)


def outputs(y: Any) -> list[Any]:
    """What was computed: one array, or several. Of vectors that have no sign, the ones near the axes."""
    if not isinstance(y, tuple):
        return [y]
    fields = getattr(y, "_fields", ())
    if "Vh" in fields:
        u, s, vh = y
        signs = signs_of(u)
        return [u * signs[..., None, :], s, vh * signs[..., :, None]]
    if "eigenvectors" in fields:  # those of the smallest eigenvalue are near the last axis
        w, v = y
        return [w, v * signs_of(v[..., ::-1, :])[..., None, :]]
    return list(y)


def signs_of(vectors: Any) -> Any:
    return np.sign(np.diagonal(vectors.data if isinstance(vectors, Tensor) else vectors, axis1=-2, axis2=-1))


def weights_for(y: Any) -> Any:
    """Numbers with no pattern, to add the elements of an output with: a gradient for each."""
    return np.cos(np.arange(1.0, np.size(y) + 1)).reshape(np.shape(y))


def weighted(ys: list[Any]) -> Any:
    """One number that every element of every output has a part in."""
    return reduce(operator.add, [np.sum(weights_for(y.data if isinstance(y, Tensor) else y) * y) for y in ys])


def one_number(op: Op, inputs: list[Any], params: dict[str, Any], k: int) -> Callable[[Any], Any]:
    """The weighted sum of the forward function's outputs as a function of input k."""
    return lambda x: weighted(outputs(forward(op, [*inputs[:k], x, *inputs[k + 1 :]], params)))


@each_primitive
@given(data=st.data())
def test_primitives_on_tensors_have_the_slopes_of_their_forward_function(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    leaves = [Tensor(x) for x in inputs]
    ys = outputs(applied(op, leaves, params))
    for y, z in zip(ys, outputs(forward(op, inputs, params)), strict=True):
        np.testing.assert_array_equal(y.data, z)
    weighted(ys).backward()
    for k, leaf in enumerate(leaves):
        step = TINY if op.name in EXTREMES else 0.02
        f = one_number(op, inputs, params, k)
        if op.name in {*EXTREMES, *CONJUGATING}:
            expected, tolerance = differences(f, inputs[k], step, 2 if op.name in EXTREMES else 4), 1e-7
        else:
            expected, tolerance = derivative(f, inputs[k])
        assert isinstance(leaf.grad, np.ndarray)
        assert_close(leaf.grad, expected, tolerance)


@pytest.mark.parametrize("op", [op for op in PRIMITIVES if op.shape is not None], ids=lambda op: op.name)
@given(data=st.data())
def test_the_shape_that_an_entry_says_is_that_of_its_output(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    assert op.shape is not None
    shapes = {name: np.shape(value) if name in op.binding.inputs else value for name, value in params.items()}
    assert call(op.shape, op, [x.shape for x in inputs], shapes) == forward(op, inputs, params).shape


@pytest.mark.parametrize("op", [op for op in table.values() if None in op.rules], ids=lambda op: op.name)
@given(data=st.data())
def test_an_input_without_a_rule_has_no_slope(op: Op, data: st.DataObject) -> None:
    """A rule that is missing takes the operation out of the other tests."""
    inputs, params = data.draw(calls(op)) if op.name in CALLS else ([data.draw(arrays((3,))) for _ in op.rules], {})
    ys: list[Any] = []
    with contextlib.suppress(TypeError):  # it takes no real numbers at all
        ys = outputs(forward(op, inputs, params))
    for k, (x, rule) in enumerate(zip(inputs, op.rules, strict=False)):
        if rule is None:
            again = outputs(forward(op, [*inputs[:k], x * 1.001, *inputs[k + 1 :]], params)) if ys else []
            for y, z in zip(ys, again, strict=True):
                if y.dtype == float:  # it may give none, too
                    np.testing.assert_array_equal(y, z)


@pytest.mark.parametrize(
    "op", [op for op in PRIMITIVES if op.linear in ("jointly", "separately")], ids=lambda op: op.name
)
def test_an_entry_says_whether_it_leaves_elements_out(op: Op) -> None:
    """Those of an input that go nowhere, or of the output that come from nowhere: zeros there are no numbers."""
    seen = []

    @given(data=st.data())
    def look(data: st.DataObject) -> None:
        shapes, params = data.draw(calls(op))
        leaves = [Tensor(2 + weights_for(x)) for x in shapes]
        y = applied(op, leaves, params)
        assume(isinstance(y, Tensor) and all(x.size for x in (y, *leaves)))
        slopes = gradients((y * weights_for(y.data)).sum(), leaves)
        of_each = [gradients((y * one).sum(), leaves) for one in np.eye(y.size).reshape(-1, *y.shape)]
        leaves_out = any(np.any(x == 0) for x in slopes) or not all(any(map(np.any, parts)) for parts in of_each)
        says_so = op.is_masking(y._record.params)
        assert says_so or not leaves_out
        seen.append((says_so, leaves_out))

    look()
    assert (True, True) in seen or not op.masks


@pytest.mark.parametrize("op", [op for op in table.values() if op.textbook != op.rules], ids=lambda op: op.name)
@given(data=st.data())
def test_both_forms_of_a_rule_say_the_same(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(any_calls(op))
    if op.name == "cross_entropy":  # people know it of probabilities alone, which sum to 1
        inputs[1] = autograd.softmax(inputs[1])
    y = forward(op, inputs, params)
    before = (y,) if op.has_partials else (weights_for(y), y)
    forms = [op.run_rules(range(len(inputs)), inputs, params, *before, textbook=form) for form in (False, True)]
    assert [k for k, _ in forms[0]] == [k for k, _ in forms[1]]
    for (_, number), (_, formula) in zip(*forms, strict=True):
        assert_close(formula, number)


@each_primitive
@given(data=st.data())
def test_primitives_behind_a_closed_where_send_back_what_the_open_elements_do(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    masks = [data.draw(hnp.arrays(bool, np.shape(y))) for y in outputs(forward(op, inputs, params))]
    slopes = []
    for choose in (lambda y, mask: autograd.where(mask, y, 0.0), lambda y, mask: mask * y):
        leaves = [Tensor(x) for x in inputs]
        ys = outputs(applied(op, leaves, params))
        total = weighted([choose(y, mask) for y, mask in zip(ys, masks, strict=True)])
        slopes += [gradients(total, leaves), [x.data for x in gradients(total, leaves, create_graph=True)]]
    for others in slopes[1:]:
        for one, other in zip(slopes[0], others, strict=True):
            assert_close(one, other)


@pytest.mark.parametrize("op", [op for op in PRIMITIVES if op.name != "astype"], ids=lambda op: op.name)
@given(data=st.data())
def test_a_float32_stays_one_through_primitives(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    leaves, twins = [Tensor(x, dtype=np.float32) for x in inputs], [Tensor(x) for x in inputs]
    ys = outputs(applied(op, leaves, params))
    assert {y.dtype for y in ys} == {np.dtype(np.float32)}
    weighted(ys).backward()
    weighted(outputs(applied(op, twins, params))).backward()
    for leaf, twin in zip(leaves, twins, strict=True):
        assert leaf.grad.dtype == np.float32
        assert_close(leaf.grad, twin.grad, 1e-4)


@pytest.mark.parametrize(
    ("op", "dtype"),
    [
        *product([*ELEMENTWISE, *[op for op in PRIMITIVES if op.name != "astype"]], [np.float32]),
        *product([*ELEMENTWISE, *[op for op in PRIMITIVES if op.name not in {"astype", *LAPACK}]], [np.float16]),
    ],
)
@settings(max_examples=20)
@given(data=st.data())
def test_no_node_of_a_recorded_gradient_is_wider_than_its_data(op: Op, dtype: Any, data: st.DataObject) -> None:
    """Nor narrower: and nor are outputs. Some operands are plain numbers."""
    if op.is_elementwise:
        point = data.draw(smooth_points(op))
        plain = data.draw(st.sets(st.integers(0, len(point) - 1), max_size=len(point) - 1))
        operands = [x if k in plain else Tensor(dtype(x)) for k, x in enumerate(point)]
        ys = [op(*operands)]
    else:
        inputs, params = data.draw(calls(op))
        operands = [Tensor(x, dtype=dtype) for x in inputs]
        ys = outputs(applied(op, operands, params))
    leaves = [x for x in operands if isinstance(x, Tensor)]
    total = reduce(operator.add, [(y * dtype(1.5)).sum() for y in ys])
    for slope in gradients(total, leaves, create_graph=True):
        held = {equation.dtype for equation in Graph.of(slope).equations}
        assert {x for x in held if x.kind == "f"} == {np.dtype(dtype)}
    assert {y.dtype for y in ys} == {np.dtype(dtype)}


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.arity > 1], ids=lambda op: op.name)
@given(data=st.data())
def test_partials_are_computed_in_the_dtype_of_the_output(op: Op, data: st.DataObject) -> None:
    """Beside a wider one, a narrow number has the slopes of the same number held widely, then rounded to its dtype."""
    dtypes = [data.draw(st.sampled_from([np.float16, np.float32, np.float64])) for _ in op.rules]
    point = [dtype(x) for dtype, x in zip(dtypes, data.draw(smooth_points(op)), strict=True)]
    assume(all(low < x < high for x, (low, high) in zip(point, domain_of(op), strict=True)))
    wide = np.result_type(*dtypes)
    twins, leaves, swept = [Tensor(wide.type(x)) for x in point], [*map(Tensor, point)], [*map(Tensor, point)]
    expected = gradients(op(*twins), twins)
    op(*swept).backward()
    ways = [gradients(op(*leaves), leaves, create_graph=create_graph) for create_graph in (False, True)]
    for way in (*ways, [x.grad for x in swept]):
        for found, exact, dtype in zip(way, expected, dtypes, strict=True):
            assert found.dtype == dtype
            assert_close(np.float64(found.item()), np.float64(exact), 2 * np.finfo(dtype).eps)


# Half precision ends at 65,504, and has not all whole numbers from 2,048 on.


@pytest.mark.parametrize("create_graph", [False, True])
def test_more_elements_than_half_precision_can_count_are_reduced_right(create_graph: bool) -> None:
    n = 70_000
    leaf = Tensor(np.zeros(n, np.float16))
    scores = Tensor(np.zeros((n, 2), np.float16))
    for y, value, slope, x in (
        (leaf.mean(), 0.0, 1 / n, leaf),
        (leaf.max(), 0.0, 1 / n, leaf),
        (autograd.logsumexp(leaf), math.log(n), 1 / n, leaf),
        (autograd.softmax(leaf)[0], 1 / n, 1 / n, leaf),
        (nn.cross_entropy(scores, np.zeros(n, int)), math.log(2), -0.5 / n, scores),
    ):
        assert y.dtype == np.float16
        np.testing.assert_allclose(y.item(), value, rtol=2**-10, atol=2**-24)
        found = gradients(y * np.float16(64), x, create_graph=create_graph)
        elements = np.ravel(found.numpy() if isinstance(found, Tensor) else found)
        assert elements.dtype == np.float16
        np.testing.assert_allclose(elements[0], 64 * slope, rtol=2**-9, atol=2**-24)


COPIES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "broadcasting": lambda x, n: Tensor(np.ones((n, 2), np.float16)) + x,
    "broadcast_to": lambda x, n: autograd.broadcast_to(x, (n, 2)),
    "getitem": lambda x, n: x[np.zeros(n, int)],
    "take_along_axis": lambda x, n: autograd.take_along_axis(x, np.zeros(n, int), 0),
    "take_along_axis of all": lambda x, n: autograd.take_along_axis(x, np.zeros(n, int), None),
    "matmul": lambda x, n: Tensor(np.ones((n, 1), np.float16)) @ autograd.reshape(x, (1, 2)),
    "einsum": lambda x, n: autograd.einsum("bi,j->bj", np.ones((n, 1), np.float16), x),
    "einsum, summed": lambda x, n: autograd.einsum("bi,j->j", np.ones((n, 1), np.float16), x),
    "einsum of a diagonal": lambda x, n: autograd.einsum("jj,bi->bj", x * np.eye(2, dtype="f2"), np.ones((n, 1), "f2")),
}


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_many_uses_are_summed_before_they_are_rounded(name: str, create_graph: bool) -> None:
    """Added one after another in half precision, 1 is lost from 2,048 on, and a half from 1,024 on."""
    x = Tensor(np.ones(2, np.float16))
    n = 3000
    y = COPIES[name](x, n)
    parts = np.where(np.arange(n) % 2, 1.0, 0.5).astype(np.float16)
    if y.shape[0] == n:
        (slope,) = gradients((y * parts.reshape(n, *y.shape[1:] and (1,))).sum(), [x], create_graph=create_graph)
        expected = parts.sum(dtype=float)
    else:
        (slope,) = gradients(y.sum(), [x], create_graph=create_graph)
        expected = n
    sums = slope.numpy() if isinstance(slope, Tensor) else slope
    assert sums.dtype == np.float16
    assert sums.max() == np.float16(expected)


@pytest.mark.parametrize("summed", [lambda x: x.sum(axis=0), lambda x: autograd.einsum("ij->j", x), np.sum])
def test_sums_of_halves_are_rounded_once(summed: Any) -> None:
    x = np.ones((3000, 2), np.float16)
    assert summed(Tensor(x)).numpy().max() == summed(x.astype(float)).max()


#: A Value has but one dtype; what is computed by iteration is not made of arithmetic.
TENSORS_ALONE = {"astype", "svd", "eigh", "eigvalsh"}


@pytest.mark.parametrize("op", [op for op in PRIMITIVES if op.name not in TENSORS_ALONE], ids=lambda op: op.name)
@given(data=st.data())
def test_primitives_on_object_arrays_of_values_agree_with_tensors(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    assume(all(x.size for x in inputs))
    leaves = [Tensor(x) for x in inputs]
    ys = outputs(applied(op, leaves, params))
    weighted(ys).backward()
    objects = [np.array([Value(v) for v in x.ravel()], dtype=object).reshape(x.shape) for x in inputs]
    zs = outputs(applied(op, objects, params))
    for z, y in zip(zs, ys, strict=True):
        assert_close(numbers_of(z), y.data)
    weighted(list(map(np.asarray, zs))).backward()
    for leaf, array in zip(leaves, objects, strict=True):
        assert_close([v.grad for v in array.ravel()], np.ravel(leaf.grad))


@each_primitive
@settings(max_examples=25)
@given(data=st.data())
def test_second_derivatives_of_primitives_are_the_slopes_of_the_first(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))

    def slopes(*xs: Any) -> tuple[list[Tensor], Tensor]:
        """The leaves, and one number made of all first derivatives (squared outputs keep them from being constant)."""
        leaves = [Tensor(x) for x in xs]
        ys = outputs(applied(op, leaves, params))
        first = gradients(weighted([y * y for y in ys]), leaves, create_graph=True)
        parts = [(slope * weights_for(slope.data)).sum() for slope in first]
        return leaves, parts[0] if len(parts) == 1 else autograd.stack(parts).sum()

    leaves, along = slopes(*inputs)
    for k, second in enumerate(gradients(along, leaves)):
        step = TINY if op.name in EXTREMES else 0.02
        expected = differences(lambda x, k=k: slopes(*inputs[:k], x, *inputs[k + 1 :])[1].item(), inputs[k], step)
        assert_close(second, expected, tolerance=1e-5)


@given(x=arrays((2, 3)), axis=st.sampled_from([0, 1, -1, None]))
def test_softmax_and_logsumexp_mean_what_their_names_say(x: Any, axis: Any) -> None:
    powers = np.exp(x)
    assert_close(autograd.logsumexp(x, axis), np.log(np.sum(powers, axis=axis)))
    if axis is not None:
        assert_close(autograd.softmax(x, axis), powers / np.sum(powers, axis=axis, keepdims=True))


# A gradient that was recorded is replayed with the conditions of the rules, or refused.


def check_replay(f: Callable[..., Any], leaves: list[Any], new: list[Any], order: int, is_traced: bool) -> None:
    """A number made of all derivatives of some order, replayed on other numbers, is what is computed from them."""

    def along(leaves: list[Any]) -> Any:
        y = f(*leaves)
        for _ in range(order):  # each gradient times its leaf, so that every leaf is there, whatever is folded
            slopes = gradients(y, leaves, create_graph=True)
            y = reduce(operator.add, [np.sum(slope * x) for slope, x in zip(slopes, leaves, strict=True)])
        return y

    for k, leaf in enumerate(leaves):
        leaf.label = f"x{k}"
    with np.errstate(all="ignore"):
        with autograd.tracing() if is_traced else contextlib.nullcontext():
            graph = Graph.of(along(leaves))
        with contextlib.suppress(GraphError):  # refused
            again = graph.replay({leaf.label: x for leaf, x in zip(leaves, new, strict=True)})
            expected = along([type(leaf)(x) for leaf, x in zip(leaves, new, strict=True)])
            assert_close(again[again.outputs[0]].data, expected.data, tolerance=1e-9)


#: Where the signs of vectors are chosen, or numbers are to be positive, or nodes stand from left to right.
ONE_SIGN = {"svd", "eigh", "cholesky", "interpolate"}

each_order = {"order": st.integers(1, 3), "is_traced": st.booleans()}


@each_elementwise
@given(kind=st.sampled_from([Value, Tensor]), data=st.data(), **each_order)
def test_a_recorded_gradient_replays_or_refuses(op: Op, kind: Any, data: st.DataObject, **drawn: Any) -> None:
    points = [[data.draw(within(*interval)) for interval in domain_of(op)] for _ in range(2)]
    check_replay(op, [kind(x) for x in points[0]], points[1], **drawn)


@each_primitive
@settings(max_examples=25)
@given(data=st.data(), **each_order)
def test_a_recorded_gradient_of_a_primitive_replays_or_refuses(op: Op, data: st.DataObject, **drawn: Any) -> None:
    inputs, params = data.draw(calls(op))
    f = lambda *xs: weighted([y * y for y in outputs(applied(op, list(xs), params))])  # noqa: E731
    scale = data.draw(st.sampled_from([0.5, 1.25, *([] if op.name in ONE_SIGN else [-1.0])]))
    check_replay(f, [Tensor(x) for x in inputs], [x * scale for x in inputs], **drawn)


@pytest.mark.parametrize("op", [table["take_along_axis"], table["add_along_axis"]], ids=lambda op: op.name)
@given(x=arrays((4,)), scale=st.sampled_from([0.5, -1.0]), **each_order)
def test_a_recorded_gradient_by_places_of_the_graph_replays_or_refuses(
    op: Op, x: Any, scale: float, **drawn: Any
) -> None:
    """The places are those of the new numbers."""

    def f(x: Any) -> Any:
        params = (x.shape,) if "shape" in op.params else ()
        return weighted([op(x * x * x, autograd.argsort(x), *params)])

    check_replay(f, [Tensor(x)], [x * scale], **drawn)


def chosen(x: Any, y: Any) -> Any:
    return autograd.where(x > y, x * x * y, 3 * y) + autograd.where((x < 1) & (y > 0), 2 * x, y * y)


def asked(x: Any, y: Any) -> Any:
    return x * x * y if x > y else 3 * y


@pytest.mark.parametrize("f", [chosen, asked])
@given(kind=st.sampled_from([Value, Tensor]), points=st.lists(numbers(-3, 3), min_size=4, max_size=4), **each_order)
def test_a_recorded_gradient_through_a_choice_replays_or_refuses(f: Any, kind: Any, points: Any, **drawn: Any) -> None:
    if f is chosen or drawn["is_traced"]:
        check_replay(f, [kind(x) for x in points[:2]], points[2:], **drawn)


@pytest.mark.parametrize("slope", [lambda y, x: 1.0 if x > 0 else 0.5, lambda y, x: 0.5 + 0.5 * (max(x, 0.0) > 0)])
def test_a_recorded_gradient_by_a_rule_that_branches_in_python_replays_or_refuses(slope: Callable[..., Any]) -> None:
    elementwise("bent", lambda x: np.where(x > 0, x, 0.5 * x), slope, doc="halves it on the left")
    try:
        for kind, new in product((Value, Tensor), (3.0, -1.0)):
            check_replay(lambda x: x.bent(), [kind(2.0)], [new], order=1, is_traced=False)
    finally:
        autograd.remove("bent")


# Where: the gate.


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3),
    data=st.data(),
)
def test_where_sends_the_gradient_to_the_branch_taken(shapes: Any, data: st.DataObject) -> None:
    condition = data.draw(hnp.arrays(bool, shapes.input_shapes[0]))
    x, y = (data.draw(arrays(shape)) for shape in shapes.input_shapes[1:])
    weights = weights_for(np.empty(shapes.result_shape))
    tx, ty = Tensor(x), Tensor(y)
    (autograd.where(condition, tx, ty) * weights).sum().backward()
    for leaf, f in (
        (tx, lambda v: np.sum(weights * np.where(condition, v, y))),
        (ty, lambda v: np.sum(weights * np.where(condition, x, v))),
    ):
        assert_close(leaf.grad, complex_step(f, leaf.data))


# A new operation needs one entry, and everything else is there.


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """The table with one operation less, for a time."""
    entry = table[name]
    autograd.remove(name)
    try:
        yield
    finally:
        _enter(entry)


@pytest.fixture
def hypot() -> Iterator[Op]:
    with without("hypot"):
        yield elementwise("hypot", np.hypot, lambda z, x, y: x / z, lambda z, x, y: y / z, doc="hypot shares it out")
        autograd.remove("hypot")


@pytest.fixture
def cube_root() -> Iterator[Op]:
    rule = lambda y, x: 1 / (3 * y * y)  # noqa: E731
    with without("cbrt"):
        yield elementwise("cube_root", np.cbrt, rule, doc="cube root divides it by three squares")
        autograd.remove("cube_root")


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_new_entry_is_a_function_a_method_and_a_numpy_function(cube_root: Op, kind: Any) -> None:
    assert table["cube_root"] is cube_root
    for spell in (cube_root, np.cbrt, lambda x: x.cube_root()):
        x = kind(8.0)
        y = spell(x)
        assert y.op is cube_root
        y.backward()
        assert_close([y.data, x.grad], [2.0, 1 / 12])


@pytest.mark.parametrize("kind", [Value, Tensor])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(point=st.tuples(numbers(0.5, 3), numbers(0.5, 3)))
def test_a_new_entry_of_two_inputs_has_all_derivatives(hypot: Op, kind: Any, point: tuple[float, float]) -> None:
    x, y = kind(point[0]), kind(point[1])
    a, b = point
    z = np.sqrt(a * a + b * b)
    for spell in (hypot, np.hypot):
        slopes = gradients(spell(x, y), [x, y], create_graph=True)
        assert_close([slope.data for slope in slopes], [a / z, b / z])
        assert_close(gradients(slopes[0], [x, y]), [b * b / z**3, -a * b / z**3])
        assert_close(gradients(spell(x, b), x), a / z)
        assert_close(gradients(spell(a, y), y), b / z)


def test_a_new_entry_has_a_formula_and_works_in_lists_and_on_plain_numbers(hypot: Op) -> None:
    assert [partial.formula for partial in explain(hypot).partials] == ["x / z", "y / z"]
    assert hypot(3.0, 4.0) == 5.0
    assert [v.data for v in hypot([Value(3.0), Value(6.0)], [4.0, 8.0])] == [5.0, 10.0]
    assert hypot(Symbol("a"), Symbol("b")).op is hypot
    np.testing.assert_array_equal(hypot([[3.0], [6.0]], [4.0, 8.0]).shape, (2, 2))


def test_an_entry_taken_out_is_refused_again(cube_root: Op) -> None:
    autograd.remove("cube_root")
    try:
        with pytest.raises(TypeError, match=r"np\.cbrt"):
            np.cbrt(Tensor(8.0))
        with pytest.raises(TypeError, match=r"np\.cbrt"):
            np.cbrt(Value(8.0))
    finally:
        elementwise("cube_root", np.cbrt, lambda y, x: 1 / (3 * y * y), doc="again")


def test_a_name_can_be_entered_once() -> None:
    with pytest.raises(ValueError, match="'tanh'"):
        elementwise("tanh", np.tanh, lambda y, x: 1 - y * y, doc="another")
    with pytest.raises(ValueError, match="identifier"):
        elementwise("not a name", np.tanh, lambda y, x: 1, doc="another")


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_an_operation_of_three_inputs_is_one_node(kind: Any) -> None:
    fused = elementwise(
        "fused", lambda x, y, z: x * y + z,
        lambda o, x, y, z: y, lambda o, x, y, z: x, lambda o, x, y, z: 1, doc="multiply, then add",
    )  # fmt: skip
    try:
        x, y = kind(2.0), kind(3.0)
        f = fused(x, y, x)
        assert len(Graph.of(f)) == 3
        assert gradients(f, [x, y]) == [4.0, 2.0]
        f.backward()
        assert (x.grad, y.grad) == (4.0, 2.0)
        assert gradients(gradients(f, x, create_graph=True), y) == 1.0
    finally:
        autograd.remove("fused")


def test_a_rule_may_use_numpy_numbers_as_constants() -> None:
    elementwise("scaled", lambda x: np.float64(1.5) * x * x, lambda y, x: np.float64(3.0) * x, doc="scales it by 3x")
    try:
        for kind in (Value, Tensor):
            x = kind(2.0)
            y = x.scaled()
            y.backward()
            assert (y.item(), float(x.grad)) == (6.0, 6.0)
    finally:
        autograd.remove("scaled")


@pytest.mark.parametrize("slope", [lambda y, x: 1.0 if x > 0 else 0.5, lambda y, x: 0.5 + 0.5 * (max(x, 0.0) > 0)])
def test_a_rule_that_branches_in_python_is_never_silently_wrong(slope: Callable[..., Any]) -> None:
    elementwise("bent", lambda x: np.where(x > 0, x, 0.5 * x), slope, doc="halves it on the left")
    try:
        for kind in (Value, Tensor):
            x = kind(-2.0)
            x.bent().backward()
            assert float(x.grad) == 0.5
    finally:
        autograd.remove("bent")


# Not a number.


@st.composite
def any_calls(draw: st.DrawFn, op: Op) -> tuple[list[Any], dict[str, Any]]:
    if op in PRIMITIVES:
        return draw(calls(op))
    points = draw(st.lists(smooth_points(op), min_size=1, max_size=3))
    return [np.array(column) for column in zip(*points, strict=True)], {}


@pytest.mark.parametrize("op", [*ELEMENTWISE, *PRIMITIVES], ids=lambda op: op.name)
@given(data=st.data())
def test_what_is_no_gate_hands_on_a_nan_to_whatever_needs_a_gradient(op: Op, data: st.DataObject) -> None:
    """The quick sweep looks for NaN at gates and leaves alone."""
    inputs, params = data.draw(any_calls(op))
    wanted = data.draw(st.sets(st.integers(0, len(inputs) - 1), min_size=1))
    nodes = [Tensor(x, requires_grad=k in wanted) for k, x in enumerate(inputs)]
    y = applied(op, nodes, params)
    if isinstance(y, tuple):
        y = data.draw(st.sampled_from(y))
    assume(isinstance(y, Tensor) and y.requires_grad and all(x.size for x in (y, *inputs)))
    g = np.ones(y.shape)
    g.flat[data.draw(st.integers(0, y.size - 1))] = math.nan
    record = y._record
    for x in record.inputs:
        if isinstance(x, Record):
            x.adjoint = None
    with np.errstate(all="ignore"):
        is_gate = pull_of(op)(record, g, None)
    if not is_gate:
        reached = [np.isnan(x.adjoint).any() for x in record.inputs if isinstance(x, Record) and x.requires_grad]
        assert any(reached) if op.arity is None else all(reached)  # an element of a list is one input's


#: What no entry can mean.
WRONG: dict[str, dict[str, Any]] = {
    "a taken operator": {"operator": "+"},
    "no operator": {"operator": "?"},
    "operator": {"operator": 3},
    "linear": {"linear": "foo"},
    "masks": {"masks": "x"},
    "kinks": {"kinks": 3},
    "doc": {"doc": 3},
    "symbol": {"symbol": 3},
    "method": {"method": "no"},
    "a keyword": {"name": "lambda"},
    "no text": {"name": 3},
    "forward": {"forward": 3},
    "a rule": {"rules": [3]},
}


@pytest.mark.parametrize("enter", [elementwise, autograd.primitive])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_no_entry_can_mean_is_refused_and_changes_nothing(enter: Any, wrong: str) -> None:
    given = {"name": "wrong", "forward": np.cbrt, "rules": [None], "doc": "a sentence"} | WRONG[wrong]
    before = dict(table)
    with pytest.raises(ValueError, match=r"wrong: |identifier"):
        enter(given.pop("name"), given.pop("forward"), *given.pop("rules"), **given)
    assert dict(table) == before
    assert (Tensor(3.0) + Tensor(4.0)).data == (Value(3.0) + Value(4.0)).data == 7.0


@pytest.mark.parametrize("domain", ["x", 3, [(1.0,)], [(1.0, 0.0)], [("a", "b")]])
def test_a_domain_is_intervals(domain: Any) -> None:
    with pytest.raises(ValueError, match=r"wrong: expected domain= as an interval \(low, high\) for each input"):
        elementwise("wrong", np.cbrt, None, doc="a sentence", domain=domain)
