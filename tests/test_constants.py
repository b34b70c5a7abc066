"""Plain numbers as operands: whatever they are, the way back is that of arrays, and what was recorded is recorded.

Also what a Value's number and slopes are when they are computed again: the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    AutogradError,
    DTypeError,
    Graph,
    Op,
    Tensor,
    Value,
    clip,
    concatenate,
    einsum,
    gradients,
    jvp,
    stack,
    steps,
    sum_of_products,
    table,
    take_along_axis,
    where,
)

ELEMENTWISE = [op for op in table.values() if op.is_elementwise and any(op.rules) and op.arity]
each_elementwise = pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
each_binary = pytest.mark.parametrize("op", [op for op in ELEMENTWISE if (op.arity or 0) > 1], ids=lambda op: op.name)

EDGES = [0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -2.839027283864385, 1e-300, -1e300, 1e4, math.inf, -math.inf, math.nan]
CONSTANTS = [
    *(*EDGES, 0, 1, -1, 2, 3, 2**53, 2**60),
    *(np.float64(0.0), np.float64(-math.inf), np.float32(0.0), np.float32(2.5), np.int64(0), np.int64(-3)),
]
points = st.one_of(st.sampled_from(EDGES), st.floats(-5, 5), st.floats(allow_nan=True))


def places(op: Op) -> st.SearchStrategy[set[int]]:
    """Some of the inputs that have a rule, the first of them at least."""
    first, *others = [k for k, rule in enumerate(op.rules) if rule is not None]
    return st.sets(st.sampled_from(others)).map({first}.union) if others else st.just({first})


def operands(op: Op, numbers: Sequence[Any], places: set[int], node: Callable[[Any], Any]) -> list[Any]:
    """Nodes in these places, constants in the others; what has no rule is a condition."""
    return [
        bool(x) if rule is None else node(x) if k in places else x
        for k, (rule, x) in enumerate(zip(op.rules, numbers, strict=True))
    ]


@each_elementwise
@given(data=st.data())
def test_a_value_computed_again_has_the_same_bits(op: Op, data: st.DataObject) -> None:
    numbers = [data.draw(points) for _ in op.rules]
    given = operands(op, numbers, data.draw(places(op)), Value)
    with np.errstate(all="ignore"):
        graph = Graph.of(op(*given), names={})
        again = graph.replay({node.name: node.data for node in graph if node.is_leaf} if all(op.rules) else {})
    assert list(map(bits, again.data)) == list(map(bits, graph.data))
    assert [list(map(bits, s)) for s in again.slopes if s] == [list(map(bits, s)) for s in graph.slopes if s]


def bits(x: Any) -> Any:
    return None if x is None else np.float64(x).tobytes() if x == x else "NaN"


def test_many_squares_can_be_differentiated_twice() -> None:
    leaves = [Value(float(x)) for x in np.random.default_rng(0).normal(size=3000)]
    total = sum(leaf**2 for leaf in leaves)
    first = gradients(total, leaves, create_graph=True)
    assert {gradients(slope, leaf) for slope, leaf in zip(first, leaves, strict=True)} == {2.0}


@each_binary
@pytest.mark.parametrize("kind", [Value, Tensor])
@given(data=st.data())
@settings(max_examples=40)
def test_a_constant_operand_leads_to_what_an_array_does(op: Op, kind: Any, data: st.DataObject) -> None:
    constants = [data.draw(st.sampled_from(CONSTANTS)) for _ in op.rules]
    x = data.draw(points)
    moving = data.draw(st.sampled_from([k for k, rule in enumerate(op.rules) if rule is not None]))
    numbers = [x if k == moving else c for k, c in enumerate(constants)]
    with np.errstate(all="ignore"):
        expected = list(ways(op, numbers, moving, Tensor, lambda c: Tensor(float(c))))
        found = list(ways(op, numbers, moving, kind, lambda c: c))
    np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=f"{op.name} of {numbers} by {moving}")


def ways(op: Op, numbers: Sequence[Any], moving: int, kind: Any, constant: Callable[[Any], Any]) -> Iterator[float]:
    """The slope by one input, in every way there is to it."""

    def f(x: Any) -> Any:
        return op(
            *(x if k == moving else bool(c) if op.rules[k] is None else constant(c) for k, c in enumerate(numbers))
        )

    x = kind(numbers[moving], label="x")
    y = f(x)
    y.backward()
    yield x.grad
    yield gradients(y, x)
    slope = gradients(y, x, create_graph=True)
    yield slope.item()
    Graph.of(slope)
    yield jvp(f, (x,), (kind(1.0),))[1].item()
    timeline = steps(y)
    str(timeline)
    gradient = timeline.gradients[timeline.graph["x"].index]
    yield 0.0 if gradient is None else gradient


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("node", [Value(1.0), Tensor([1.0])])
def test_a_number_that_no_float_can_hold_is_refused_when_it_is_given(node: Any, sign: int) -> None:
    huge = sign * 10**400
    for op in ELEMENTWISE:
        if op.arity == 2:
            with pytest.raises(DTypeError, match=f"{op.name}: .*beyond the range of a float"):
                op(node, huge)


# What has a dtype keeps it.


@each_elementwise
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(data=st.data())
@settings(max_examples=20)
def test_every_gradient_and_tangent_has_the_dtype_of_its_input(op: Op, dtype: Any, data: st.DataObject) -> None:
    numbers = [data.draw(st.sampled_from([0.5, 2.1, -1.3])) for _ in op.rules]
    given = operands(op, numbers, data.draw(places(op)), lambda x: Tensor(np.array([x, 1.0], dtype)))
    leaves = [x for x in given if isinstance(x, Tensor)]

    def f(*xs: Tensor) -> Any:
        rest = iter(xs)
        return op(*(next(rest) if isinstance(x, Tensor) else x for x in given))

    with np.errstate(all="ignore"):
        y = f(*leaves)
        y.sum().backward()
        recorded = gradients(f(*leaves).sum(), leaves, create_graph=True)
        twice = gradients(sum((g * g).sum() for g in recorded), leaves, create_graph=True)
        out, tangent = jvp(f, leaves, [np.ones(2, dtype) for _ in leaves])
    of_inputs = [*(x.grad for x in leaves), *recorded, *twice, y, out, tangent]
    assert {x.dtype for x in of_inputs} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_mean_of_many_numbers_shares_out_by_their_exact_count(dtype: Any) -> None:
    x = Tensor(np.ones(70_000, dtype))
    x.mean().backward()
    (recorded,) = gradients(x.mean(), [x], create_graph=True)
    for gradient in (x.grad, recorded.numpy()):
        assert gradient is not None
        assert gradient.dtype == dtype
        assert (gradient == dtype(1 / 70_000)).all()


@each_elementwise
@given(data=st.data())
def test_whatever_plain_number_stands_beside_a_value_its_data_is_a_float(op: Op, data: st.DataObject) -> None:
    """An int that were handed on would compute exactly from then on, as no Tensor does."""
    numbers = [data.draw(st.sampled_from([-3, 0, 1, 2, 2**29, True, 0.5, np.int64(4)])) for _ in op.rules]
    x = Value(data.draw(st.sampled_from([0.25, 2.0, -1.0])))
    with np.errstate(all="ignore"):
        y = op(*operands(op, numbers, data.draw(places(op)), lambda _: x))
        again = Graph.of(y).replay({})
    for number in (y.data, *again.data):
        assert type(number) is float


def found(f: Callable[..., Any], points: Sequence[Any]) -> list[Any]:
    """The gradients of the first element of f, and the tangents of all, whatever way they are computed."""
    nodes = [Tensor(x) for x in points]
    with np.errstate(all="ignore"):
        f(*nodes)[:1].sum().backward()
        again = gradients(f(*nodes)[:1].sum(), nodes, create_graph=True)
        tangent = jvp(f, tuple(points), tuple(map(np.ones_like, points)))[1]
        stepped = [step.after for step in steps(f(*nodes)[:1].sum()) if step.kind == "backward"]
    return [*(node.grad for node in nodes), *(g.data for g in again), tangent.data, *stepped]


def assert_same(one: Sequence[Any], other: Sequence[Any]) -> None:
    assert len(one) == len(other)
    for x, y in zip(one, other, strict=True):
        np.testing.assert_array_equal(x, y)


NODES = hnp.arrays(float, 2, elements=points)


@each_binary
@given(data=st.data())
def test_a_plain_number_counts_the_same_whatever_its_kind(op: Op, data: st.DataObject) -> None:
    """An int or a bool as the float, behind an index too, where zeros are no numbers: 0 · ∞ is NaN for every 0."""
    nodes = data.draw(places(op))
    kinds = [0, 1, -1, 2] if op.name == "xlog1py" else [0, 1, -1, 2, False, True, np.False_, np.True_]
    plain = {k: data.draw(st.sampled_from(kinds)) for k in range(len(op.rules))}  # np.log1p(True) has three digits
    numbers = [data.draw(NODES) for k in sorted(nodes)]

    def run(kind: Callable[[Any], Any]) -> Callable[..., Any]:
        def f(*given: Any) -> Any:
            among = dict(zip(sorted(nodes), given, strict=True))
            of_rules = enumerate(op.rules)
            return op(
                *[
                    among[k] if k in among else bool(plain[k]) if rule is None else kind(plain[k])
                    for k, rule in of_rules
                ]
            )

        return f

    assert_same(found(run(lambda x: x), numbers), found(run(float), numbers))


@pytest.mark.parametrize("zero", [0, 0.0, False, np.int64(0)])
def test_zero_times_an_infinite_slope_is_nan_for_values_and_tensors(zero: Any) -> None:
    v, t = Value(0.0), Tensor([0.0, 1.0])
    with np.errstate(all="ignore"):
        (zero * v.log()).backward()
        (zero * np.log(t))[:1].sum().backward()
        assert np.isnan(jvp(lambda x: zero * np.log(x), (Tensor(0.0),), (Tensor(1.0),))[1].data)
    assert np.isnan(v.grad)
    assert np.isnan(t.grad[0])


#: Ways for an array to meet a Tensor of that shape.
MEETINGS: dict[str, Callable[[Any, Any], Any]] = {
    **{op.name: (lambda t, x, op=op: op(t, x)) for op in table.values() if op.arity == 2 and op.is_elementwise},
    **{
        f"{op.name} from the left": (lambda t, x, op=op: op(x, t))
        for op in table.values()
        if op.operator in tuple("+-*/><@")
    },
    "np.maximum": lambda t, x: np.maximum(x, t),
    "matmul": lambda t, x: t.reshape(-1) @ x.reshape(-1),
    "einsum": lambda t, x: einsum("...,...->...", t, x),
    "concatenate": lambda t, x: concatenate([t, x], axis=None),
    "stack": lambda t, x: stack([x, t]),
    "clip": lambda t, x: clip(t, x, None),
    "sum_of_products": lambda t, x: sum_of_products([t, t], [x, x]),
    "where": lambda t, x: where(x, t, x),
    "take_along_axis": lambda t, x: take_along_axis(t, x, None),
}
FOR_CONDITIONS = {"bitwise_and", "bitwise_or"}


@pytest.mark.parametrize("numbers", [[1, 0], [[1, 0], [1, 1]], 1, np.empty((0, 2)), [True, False]], ids=str)
@pytest.mark.parametrize("meet", [meet for name, meet in MEETINGS.items() if name not in FOR_CONDITIONS])
def test_an_array_of_objects_that_are_numbers_is_one_of_numbers(meet: Callable[[Any, Any], Any], numbers: Any) -> None:
    plain = np.array(numbers)

    def results(x: Any) -> Any:
        t = Tensor(np.full(plain.shape, 1.5))
        try:
            with np.errstate(all="ignore"):
                y = meet(t, x)
                if isinstance(y, Tensor):
                    y.sum().backward()
        except AutogradError as error:
            return type(error), None
        return np.asarray(getattr(y, "data", y)), t.grad

    np.testing.assert_equal(results(plain.astype(object)), results(plain if plain.size else plain.astype(float)))
