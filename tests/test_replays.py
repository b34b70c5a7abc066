"""A replay gives what running the code again would give, or says that it cannot: never stale numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import assert_close
from strategies import arrays

import autograd
import nn
from autograd import Graph, GraphError, Tensor, Value, gradients, jvp, tracing, vjp, where

MATRIX = np.array([[1.0, 2.0, -1.0], [0.5, 1.0, 3.0], [2.0, -1.0, 1.0]])

#: What chooses by numbers.
CHOICES: dict[str, Callable[[Any, Any], Any]] = {
    "where of a log": lambda a, b: where(a > 0, autograd.log(a), b * 2),
    "where of a root": lambda a, b: where(a > 0, autograd.sqrt(a), 0.0) * b,
    "where of a quotient": lambda a, b: where(b == 0, a, a / b),
    "where": lambda a, b: where((a > b) & (a <= 1), a * a, b),
    "product": lambda a, b: a * (a > b),
    "relu": lambda a, b: a.relu() + b,
    "maximum": autograd.maximum,
    "clip": lambda a, b: a.clip(-0.75, 0.75) * b,
}


def assigned(a: Any, b: Any) -> Any:
    t = a * 1
    t[1:] = b[:-1] * a[1:]
    t[0] = 2.0
    return t


def in_place(a: Any, b: Any) -> Any:
    t = a * 1
    part = t[::-1]
    part *= b
    return t


def masked(a: Any, b: Any) -> Any:
    t = a * b
    t[a > b] = 0.5
    return t


def unpacked(a: Any, b: Any) -> Any:
    first, second, third = a
    return b * first * second + third


#: What picks by places alone, or by numbers that its rule looks at itself.
PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda a, b: a[[0, 0, 2]] * b,
    "slice": lambda a, b: (a[1:] * a[1:]).sum() * b,
    "assigned": assigned,
    "in place": in_place,
    "unpacked": unpacked,
    "concatenate": lambda a, b: autograd.concatenate([a[:1], b[1:]]) * a,
    "diagonal": lambda a, b: autograd.einsum("ii", a[:, None] * b) * a,
    "sort": lambda a, b: autograd.sort(a) * b,
    "max": lambda a, b: a.max() * b,
    "svd": lambda a, b: autograd.svd(MATRIX + 0.1 * autograd.tanh(a))[1] * b,
    "arithmetic": lambda a, b: a * b - autograd.tanh(a),
}

OF_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "mask": masked,
    "order": lambda a, b: autograd.take_along_axis(b, autograd.argsort(a), 0) * a,
    "matrix": lambda a, b: MATRIX @ where(a > 0, autograd.sqrt(a), 0.0) + b,
}

#: What leaves plain numbers alone behind outside tracing.
TRACED: dict[str, Callable[[Any, Any], Any]] = {
    "computed mask": lambda a, b: ((a > b) * 2.0 + 1) * b,
}

TRACED_VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "branch": lambda a, b: a * b if a > b else b * b,
    "number": lambda a, b: a * int(a > b) + b * float(b > 0),
    "greatest": lambda a, b: autograd.max([a, b, a * b]),
}

TRACED_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "position": lambda a, b: a[int(autograd.argsort(b)[0])] * b,
}

#: What is done with a derivative that was recorded.
AFTER: dict[str, Callable[[Any, Any], Any]] = {
    "nothing": lambda g, x: g,
    "sum": lambda g, x: g * 2 + x,
    "product": lambda g, x: (g + 1) * g * x,
    "copy": lambda g, x: +g * x,
}


def assigned_to_constant(g: Any, x: Any) -> Any:
    t = Tensor(np.zeros(3), requires_grad=False)
    t[:] = g
    return t * x


def added_in_place(g: Any, x: Any) -> Any:
    g += 1
    return g * x


AFTER_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "total": lambda g, x: g.sum() * x,
    "reversed": lambda g, x: g[::-1] * x,
    "assigned": assigned_to_constant,
    "in place": added_in_place,
}


def total(x: Any) -> Any:
    return (x * [1.0, -2.0, 0.5]).sum() if isinstance(x, Tensor) else x


def reverse(f: Callable[[Any], Any], x: Any) -> Any:
    return gradients(f(x), x, create_graph=True)


def forward(f: Callable[[Any], Any], x: Any) -> Any:
    return jvp(f, (x,), (np.array([1.0, -1.0, 2.0]) if isinstance(x, Tensor) else 1.0,))[1] * x


def pulled(f: Callable[[Any], Any], x: Any) -> Any:
    return vjp(f, x)[1](np.ones(()) if isinstance(x, Tensor) else 1.0)[0]


Code = Callable[[Any], Any]


def program(
    steps: Sequence[tuple[Callable[[Any, Any], Any], int, int]],
    derivatives: Sequence[Callable[[Code, Any], Any]],
    after: Callable[[Any, Any], Any],
    inside: Sequence[bool],
) -> Code:
    """Code that is run again and again: steps, derivatives of these, arithmetic; which parts are inside tracing."""

    def block(k: int) -> AbstractContextManager[None]:
        return tracing() if inside[k] else nullcontext()

    def computed(x: Any) -> Any:
        registers = [x, x * 0.5 + 1]
        with block(0):
            for function, i, j in steps:
                registers.append(function(registers[i], registers[j]))
            return registers[-1] * x

    f: Code = computed
    for k, derivative in enumerate(derivatives):
        f = differentiated(f, derivative, lambda k=k: block(1 + k))  # type: ignore[misc]

    def run(x: Any) -> Any:
        found = f(x)
        with block(3):
            return after(found, x)

    return run


def differentiated(f: Code, derivative: Callable[[Code, Any], Any], block: Callable[[], Any]) -> Code:
    def run(x: Any) -> Any:
        with block():
            return derivative(lambda x: total(f(x)) if f(x).shape else f(x), x)

    return run


def steps_of(table: dict[str, Callable[[Any, Any], Any]]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(sorted(table))
    triples = st.lists(st.tuples(names, st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=4)
    return triples.map(lambda found: [(table[name], i % (2 + k), j % (2 + k)) for k, (name, i, j) in enumerate(found)])


def codes(
    steps: dict[str, Callable[[Any, Any], Any]],
    after: dict[str, Callable[[Any, Any], Any]],
    inside: st.SearchStrategy[list[bool]],
) -> st.SearchStrategy[Code]:
    derivatives = st.lists(st.sampled_from([reverse, reverse, forward, pulled]), max_size=2)
    return st.builds(program, steps_of(steps), derivatives, st.sampled_from(sorted(after)).map(after.get), inside)


anywhere = st.lists(st.booleans(), min_size=4, max_size=4)
traced = anywhere.map(lambda inside: [True, *inside[1:]])
few = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])
points = st.lists(few, min_size=3, max_size=3).map(np.array)


def replayed(code: Code, kind: Any, x: Any, new: Any) -> tuple[Any, Any]:
    """What the replay of the code gives on new numbers, and what running it on them gives."""
    with np.errstate(all="ignore"):
        result = code(kind(x, label="x"))
        expected = code(kind(new)).data
        graph = Graph.of(result, names={})
        if "x" not in graph.names:
            return expected, expected
        again = graph.replay({"x": new})
    return again[again.outputs[0]].data, expected


def assert_right(code: Code, kind: Any, x: Any, new: Any, unless: str = "replay: ") -> None:
    """It gives what the code gives, or refuses for this reason."""
    try:
        got, expected = replayed(code, kind, x, new)
    except GraphError as error:
        if unless in str(error):
            return
        raise
    assert_close(got, expected)


OF_TENSORS, AFTER_TENSORS = CHOICES | PLACES | OF_ARRAYS, AFTER | AFTER_ARRAYS
arrays_codes = st.one_of(
    codes(OF_TENSORS, AFTER_TENSORS, anywhere), codes(OF_TENSORS | TRACED | TRACED_ARRAYS, AFTER_TENSORS, traced)
)
values_codes = st.one_of(codes(CHOICES, AFTER, anywhere), codes(CHOICES | TRACED | TRACED_VALUES, AFTER, traced))


@settings(max_examples=300)
@given(code=arrays_codes, x=points, new=points)
def test_a_replay_of_tensors_is_right_or_refused(code: Code, x: Any, new: Any) -> None:
    assert_right(code, Tensor, x, new)


@settings(max_examples=300)
@given(code=values_codes, x=few, new=few)
def test_a_replay_of_values_is_right_or_refused(code: Code, x: float, new: float) -> None:
    assert_right(code, Value, x, new)


@settings(max_examples=150)
@given(code=codes(PLACES | {"relu": CHOICES["relu"]}, AFTER_TENSORS, anywhere), x=points, new=points)
def test_what_picks_by_places_alone_replays_wherever_it_is_recorded(code: Code, x: Any, new: Any) -> None:
    assert_close(*replayed(code, Tensor, x, new))


everywhere = st.just([True] * 4)


@settings(max_examples=150)
@given(code=codes(CHOICES | PLACES | OF_ARRAYS | TRACED, AFTER_TENSORS, everywhere), x=points, new=points)
def test_what_tracing_records_is_refused_only_where_it_is_no_number(code: Code, x: Any, new: Any) -> None:
    assert_right(code, Tensor, x, new, unless="is no number for these values")


def first_of(order: Any) -> Any:
    return order[0]


#: Conditions and positions that are in a list, an array or a constructor when they meet a node again.
LISTED: dict[str, Callable[[Any], Any]] = {
    "list of conditions": lambda t: t * [x > 0 for x in t],
    "list of an array": lambda t: t * list(t > 0),
    "condition of where": lambda t: where([x > 0 for x in t], t, 0.0),
    "array": lambda t: t * np.asarray(t > 0),
    "number": lambda t: t * np.bool_(t[0] > 0),
    "full": lambda t: t * np.full(3, t[0] > 0),
    "Tensor": lambda t: t * Tensor(t > 0, requires_grad=False),
    "exponent": lambda t: abs(t) ** [x > 0 for x in t],
    "bound": lambda t: autograd.clip(t, list((t > 0) * 0.5), 5.0),
    "positions": lambda t: t[np.asarray(autograd.argsort(t))],
    "position": lambda t: t[[first_of(autograd.argsort(t))]],
    "indices": lambda t: autograd.take_along_axis(t, [first_of(autograd.argsort(t))], 0),
}


@given(t=arrays(3), new=arrays(3), name=st.sampled_from(sorted(LISTED)))
def test_a_condition_in_a_list_is_replayed_right_or_refused(t: Any, new: Any, name: str) -> None:
    with tracing():
        graph = Graph.of(LISTED[name](Tensor(t, label="t")), names={})
    with suppress(GraphError), np.errstate(all="ignore"):  # refused
        assert_close(graph.replay({"t": new})[graph.outputs[0]].data, LISTED[name](Tensor(new)).data)


SCORES = st.lists(st.sampled_from([0.0, 1.0, 2.0, 1000.0, -1000.0, np.inf]), min_size=3, max_size=3)


@given(scores=SCORES, new=SCORES, name=st.sampled_from(["cross_entropy", "probabilities", "softmax", "logsumexp"]))
def test_what_takes_the_largest_of_values_is_replayed_right_or_refused(scores: Any, new: Any, name: str) -> None:
    def function(row: list[Any]) -> Any:
        if name == "softmax":
            return autograd.softmax(row)[0]
        if name == "logsumexp":
            return autograd.logsumexp(row)
        return nn.cross_entropy(row, 0 if name == "cross_entropy" else [0.5, 0.5, 0.0])

    with np.errstate(all="ignore"):
        with tracing():
            graph = Graph.of(function([Value(s, label) for s, label in zip(scores, "abc", strict=True)]))
        given_names = {node.name for node in graph if node.op is None}
        values = {label: s for s, label in zip(new, "abc", strict=True) if label in given_names}
        fresh = function([Value(values.get(label, s)) for s, label in zip(scores, "abc", strict=True)])
        with suppress(GraphError):  # refused
            again = graph.replay(values)[graph.outputs[0]].data
            assert again == fresh.data or (np.isnan(again) and np.isnan(fresh.data))
