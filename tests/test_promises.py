"""Corners in which a gradient could go silently wrong: each is right, or refused."""

from __future__ import annotations

import array
import gc
import linecache
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numeric import assert_close

import autograd
import nn
from autograd import DTypeError, Graph, ShapeError, StaleDataError, Tensor, Value, gradients, steps

RATE = 2.0


@contextmanager
def entered(op: autograd.Op) -> Iterator[autograd.Op]:
    try:
        yield op
    finally:
        autograd.remove(op.name)


def test_a_rule_that_reads_a_variable_sees_its_present_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with entered(autograd.elementwise("scaled", lambda x: RATE * x, lambda y, x: RATE, doc="scales")) as scaled:
        for rate in (2.0, 3.0):
            monkeypatch.setitem(globals(), "RATE", rate)
            x, t = Value(1.0), Tensor([1.0])
            scaled(x).backward()
            scaled(t).sum().backward()
            assert (scaled(x).data, x.scaled().data, x.grad, t.grad) == (rate, rate, rate, rate)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["alpha", "self", "x", "kind", "exp", "new", "general", "pow"])
def test_an_optional_input_may_have_any_name(name: str) -> None:
    """One that generated code uses for something else included."""
    rules = eval(f"(lambda y, a, {name}=2.0: 3 * a**2 * {name}, lambda y, a, {name}=2.0: a**3)")
    with entered(autograd.elementwise("weighted", lambda a, w: a**3 * w, *rules, doc="weighs")):
        for args, kwargs, weight in (((), {}, 2.0), ((5.0,), {}, 5.0), ((), {name: 5.0}, 5.0)):
            if name == "self" and kwargs:
                continue  # a method has it already
            v = Value(2.0)
            y = v.weighted(*args, **kwargs)  # type: ignore[attr-defined]
            y.backward()
            assert (y.data, v.grad) == (8 * weight, 12 * weight)


def test_a_namesake_that_is_another_function_is_not_taken_for_it() -> None:
    with entered(autograd.elementwise("mod", np.mod, lambda z, x, y: 1, lambda z, x, y: 0, doc="", check=False)) as mod:
        assert mod(Value(5.0), 3.0).data == mod(Tensor(5.0), 3.0).item() == 2.0


@pytest.mark.parametrize(("function", "before", "after"), [(lambda x: x**2, -1.0, 1.0), (autograd.cos, 1.0, -1.0)])
def test_stale_data_is_noticed_where_only_the_slope_changes(function: Any, before: float, after: float) -> None:
    x = Value(before)
    y = function(x)
    x.data = after
    with pytest.raises(StaleDataError):
        gradients(y, x, create_graph=True)
    with pytest.raises(StaleDataError):
        steps(y)


@pytest.mark.parametrize("mixing", [lambda u: u @ np.ones(2), autograd.max, lambda u: autograd.softmax(u)[0]])
def test_nothing_comes_back_from_a_closed_branch_in_which_elements_mix(mixing: Any) -> None:
    x = Tensor([0.0, 4.0])
    autograd.where(False, mixing(autograd.sqrt(x)), x.sum()).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_a_branch_that_was_taken_is_not_replayed_on_other_values() -> None:
    x = Value(2.0)
    graph = Graph.of(autograd.where(x > 0, x * x, -x))
    with pytest.raises(autograd.GraphError, match="branch"):
        graph.replay({"x": -3.0})


@pytest.mark.parametrize("wrong", [lambda g, y, x: g, lambda g, y, x: np.ones((3, 2)), lambda g, y, x: np.ones((5, 2))])
def test_a_rule_that_gives_a_wrong_shape_is_refused(wrong: Any) -> None:
    with (
        entered(autograd.primitive("total", np.sum, wrong, doc="sums", check=False)) as total,
        pytest.raises(ShapeError),
    ):
        total(Tensor(np.ones((2, 3)))).backward()


@pytest.mark.parametrize("data", [np.array([1 + 2j]), [Value(1.0)], ["1"]])
def test_what_is_no_real_number_is_refused_whatever_dtype_is_asked_for(data: Any) -> None:
    for make in (lambda: Tensor(data, dtype=float), lambda: setattr(Tensor([0.0]), "data", data)):
        with pytest.raises((autograd.DTypeError, autograd.LostGradientError)):
            make()


def test_a_constant_with_an_older_writable_view_is_still_copied() -> None:
    a = np.ones(2)
    view = a[:]
    a.setflags(write=False)
    x = Tensor([1.0, 1.0])
    y = (x * a).sum()
    view[:] = 99.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_unsigned_integers_do_not_wrap_in_a_loss() -> None:
    assert nn.mse(np.uint8([1]), np.uint8([21])) == 400.0


def test_an_axis_that_is_not_there_is_refused_for_values_too() -> None:
    with pytest.raises(ValueError, match="axis"):
        autograd.max(np.array([[Value(1.0), Value(2.0)]]), axis=7)


def test_where_takes_an_array_condition_over_values() -> None:
    x, y = Value(1.0), Value(2.0)
    picked = autograd.where([True, False], [x, y], [0.0, 3.0])
    assert [float(v) for v in picked] == [1.0, 3.0]
    autograd.sum(autograd.where(np.array([True, False]), x, y)).backward()
    assert (x.grad, y.grad) == (1.0, 1.0)


def test_values_and_numbers_mix_in_softmax() -> None:
    x = Value(1.0)
    assert [float(v) for v in autograd.softmax([x, 1.0])] == [0.5, 0.5]
    assert float(autograd.logsumexp([x, 1.0])) == pytest.approx(1 + np.log(2))


def test_an_operation_without_a_formula_still_has_its_steps() -> None:
    with entered(autograd.elementwise("trial", np.sinh, lambda y, x: np.cosh(x), doc="stretches")) as trial:
        x = Value(1.0)
        timeline = steps(trial(x))
        assert timeline[-1].contribution == pytest.approx(np.cosh(1.0))


@pytest.mark.parametrize("name", ["data", "grad", "op", "reshape", "detach"])
def test_a_name_that_would_break_nodes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="choose another"):
        autograd.elementwise(name, np.exp, lambda y, x: y, doc="")
    assert Value(1.0).data == 1.0


def test_a_second_operation_on_a_numpy_function_leaves_it_to_the_first() -> None:
    with entered(autograd.elementwise("exponential", np.exp, lambda y, x: y, doc="")):
        pass
    assert np.exp(Value(0.0)).op is autograd.exp


def test_a_label_cannot_smuggle_latex_in() -> None:
    assert "\\href" not in autograd.explain(Value(1.0, label=r"∂\href{x}") * 2).latex


@pytest.mark.parametrize(
    "discrete",
    [
        lambda t: t.astype(int),
        lambda t: t.astype(bool),
        lambda t: t.mean(dtype=int),
        lambda t: t.sum(dtype=bool),
        lambda t: autograd.einsum("i->", t, dtype=int, casting="unsafe"),
    ],
)
def test_integers_and_truth_values_are_computed_as_comparisons_are(discrete: Any) -> None:
    """Plain arrays; inside tracing() nodes that no gradient goes through."""
    t = Tensor([1.5, 2.5], label="t")
    expected = discrete(np.array([1.5, 2.5]))
    with autograd.no_grad():
        silent = discrete(t)
    for plain in (discrete(t), silent):
        assert not isinstance(plain, Tensor)
        assert (plain.dtype, plain.tolist()) == (expected.dtype, expected.tolist())
    with autograd.tracing():
        n = discrete(t)
        y = (n * t).sum()
    assert (n.requires_grad, n.dtype) == (False, expected.dtype)
    new = np.array([3.5, 0.0])
    assert_close(Graph.of(y).replay({"t": new})["y"].data, (discrete(new) * new).sum())
    y.backward()
    assert_close(t.grad, np.broadcast_to(expected * 1.0, 2))
    assert_close(gradients(y, t, create_graph=True).data, t.grad)
    assert_close(autograd.jvp(lambda x: (discrete(x) * x).sum(), (t,), (np.ones(2),))[1].data, t.grad.sum())


class Frame:
    """What a data frame's column is to NumPy: something that becomes an array."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.numbers, dtype)


def change(x: Any) -> None:
    """Whatever can be changed in it."""
    if isinstance(x, Frame):
        change(x.numbers)
    elif isinstance(x, dict):
        for key in x:
            change(x[key])
            x[key] = None
    elif isinstance(x, tuple):
        for part in x:
            change(part)
    elif isinstance(x, set):
        x.clear()
    elif not isinstance(x, int):
        for k in range(len(x)):
            x[k] = 0


@pytest.mark.parametrize("kind", [Value, Tensor])
@pytest.mark.parametrize(
    "make",
    [
        lambda: {"k": 2},
        lambda: {"k": {"k": [2]}},
        lambda: [1, 2],
        lambda: ([2], 0),
        lambda: {2},
        lambda: bytearray([2]),
        lambda: array.array("d", [2.0]),
        lambda: memoryview(bytearray([2])),
        lambda: np.array([2.0]),
        lambda: Frame([2]),
    ],
)
def test_a_param_that_is_changed_afterwards_changes_nothing_that_was_recorded(kind: Any, make: Any) -> None:
    def number(how: Any) -> float:
        while isinstance(how, dict):
            how = how["k"]
        return float(how if isinstance(how, int) else np.sum(how[0] if isinstance(how, tuple) else [*np.array(how)]))

    def forward(x: Any, how: Any = None) -> Any:
        seen.append(type(how))
        return x * (float(how.copy().pop()) if isinstance(how, set) else number(how))

    def slope(y: Any, x: Any, how: Any = None) -> Any:
        return forward(1.0, how)

    seen: list[type] = []
    with entered(autograd.elementwise("settled", forward, slope, doc="scales", check=False)) as settled:
        x, how = kind(1.0), make()
        y = settled(x, how=how)
        expected = float(y.data)
        change(how)
        graph = Graph.of(y, names={"x": x, "y": y})
        if not isinstance(how, memoryview):
            change({"k": y.params["how"]}) if isinstance(how, dict) else change(y.params["how"])
        assert float(graph.replay({"x": 2.0})["y"].data) == 2 * expected
        assert set(seen) == {type(how)}
    with entered(autograd.elementwise("settled", forward, slope, doc="scales", check=False)) as settled:
        x, how = kind(1.0), make()
        y = settled(x, how=how)
        change(how)
        y.backward()
        assert float(x.grad) == expected
        assert float(gradients(y, x, create_graph=True)) == expected


@pytest.mark.parametrize("how", [["a", 1], [(0, 1), "b"], [[1], [2, 3]], []])
def test_a_list_among_the_params_stays_a_list(how: Any) -> None:
    with entered(
        autograd.primitive("listening", lambda x, how: x * 2, lambda g, y, x, how: g * 2, doc="doubles")
    ) as listening:
        y = listening(Tensor([1.0]), how=how)
        assert y.params == {"how": how}
        assert y.params["how"] is not how


@pytest.mark.parametrize(
    "index", [[0, 2], [], [True, False, True], ([0, 2],), Frame([2, 0]), range(2), array.array("l", [1]), [[0], [1]]]
)
def test_an_index_may_be_whatever_numpy_reads_as_one(index: Any) -> None:
    x = np.array([1.0, 2.0, 4.0])
    t, expected = Tensor(x), x[index]
    y = t[index]
    assert_close(y.data, expected)
    (y * y).sum().backward()
    grad = np.zeros(3)
    grad[index] = 2 * expected
    assert_close(t.grad, grad)
    changed = Tensor(x) * 1
    changed[index] = 7.0
    x[index] = 7.0
    assert_close(changed.data, x)


@pytest.mark.parametrize("kind", [Value, lambda x: Tensor([x])])
@pytest.mark.parametrize("operate", [operator.and_, operator.or_, lambda x, y: ~x])
def test_numbers_where_conditions_belong_are_refused_with_the_cure(kind: Any, operate: Any) -> None:
    for x in (kind(1.0), 2.0):
        with pytest.raises(DTypeError, match=r"expected conditions, got float.*compare first, as in"):
            operate(kind(1.0), x)


def test_one_element_is_a_number_whatever_its_shape_and_more_are_refused() -> None:
    t = Tensor([[3.5]])
    assert (float(t), int(t), t.item(), float(Tensor(2.0))) == (3.5, 3, 3.5, 2.0)
    for convert in (float, int, Tensor.item):
        for shape in ((2,), (0,)):
            with pytest.raises(ShapeError, match="expected one element, got"):
                convert(Tensor(np.ones(shape)))


def test_an_operation_that_is_removed_leaves_no_generated_code() -> None:
    def texts() -> list[str]:
        return [name for name in linecache.cache if "passing" in str(name)]

    for _ in range(2):
        with entered(autograd.elementwise("passing", lambda x: 3 * x, lambda y, x: 3, doc="trebles")) as passing:
            x, t = Value(1.0), Tensor([1.0])
            y = passing(x) + x.passing()  # type: ignore[attr-defined]
            y.backward()
            passing(t).sum().backward()
            assert (x.grad, t.grad.tolist(), len(texts())) == (6.0, [3.0], 3)
        with entered(
            autograd.elementwise(
                "passing_many", autograd.sum_of.forward, *autograd.sum_of.rules, doc="adds", method=False
            )
        ) as many:
            many([x, x]).backward()
            assert "passing_many" in "".join(texts())
        gc.collect()
        with entered(autograd.elementwise("another", lambda x: 2 * x, lambda y, x: 2, doc="doubles")) as another:
            another(x)
            assert texts() == []  # what is generated next drops the texts of what is gone
        y.tanh()
        y.backward()
        assert (x.grad, linecache.getlines("<autograd Value.tanh>") != []) == (14.0, True)
