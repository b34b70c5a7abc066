"""What was given to an operation belongs to it: to change an argument afterwards changes no gradient and no graph."""

from __future__ import annotations

import array
import importlib.util
import re
import tempfile
from collections import UserList, deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import ELEMENTWISE, PRIMITIVES, any_calls, applied, outputs, weighted

import autograd
import nn
from autograd import AutogradError, Graph, Op, Tensor, Value, gradients, jvp, steps, vjp


class Column:
    """As a column of a data frame: NumPy makes an array of it."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.array(numbers)

    def __repr__(self) -> str:
        return repr(self.numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.numbers, dtype=dtype)  # the array itself


class LongColumn(Column):
    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> Any:
        return self.numbers[index]


class Sequence:
    """Has a length and elements, and says no more of itself."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = list(numbers)

    def __repr__(self) -> str:
        return repr(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> Any:
        return self.numbers[index]


class Place:
    """Stands for an int, which changes."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Named(np.ndarray):
    """An array of another class."""


def swap(x: Any) -> None:
    x[0], x[-1] = x[-1].copy() if isinstance(x[-1], np.ndarray) else x[-1], x[0]


def swap_inside(x: Any) -> None:
    first, last = int(x.numbers[0]), int(x.numbers[-1])
    x.numbers[0], x.numbers[-1] = last, first


def change_places(xs: Any) -> None:
    for x in xs:
        x.number = 1 - x.number


def change_parts(xs: Any) -> None:
    for x in xs:
        swap(x)


#: How two ints are handed over, and how they are changed.
ARGUMENTS: dict[str, tuple[Callable[[list[int]], Any], Callable[[Any], Any]]] = {
    "list": (list, swap),
    "array": (np.array, swap),
    "mask": (lambda n: np.array(n, dtype=bool), swap),
    "list of truth values": (lambda n: list(map(bool, n)), swap),
    "part of an array": (lambda n: np.array([*n, 0])[:2], swap),
    "read-only view": (lambda n: np.broadcast_to(np.array(n), (2,)), lambda x: swap(x.base)),
    "subclass": (lambda n: np.array(n).view(Named), swap),
    "array.array": (lambda n: array.array("q", n), swap),
    "memoryview": (lambda n: memoryview(array.array("q", n)), swap),
    "memoryview of an array": (lambda n: memoryview(np.array(n)), swap),
    "bytearray": (bytearray, swap),
    "deque": (deque, swap),
    "UserList": (UserList, swap),
    "sequence": (Sequence, swap_inside),
    "column": (Column, swap_inside),
    "column with a length": (LongColumn, swap_inside),
    "number as an array": (lambda n: np.array(n[0]), lambda x: x.fill(1 - int(x))),
    "place": (lambda n: Place(n[0]), lambda x: change_places([x])),
    "places": (lambda n: list(map(Place, n)), change_places),
    "tuple of places": (lambda n: tuple(map(Place, n)), change_places),
    "list of lists": (lambda n: [list(n), list(n)], change_parts),
    "tuple of arrays": (lambda n: (np.array(n), array.array("q", n)), change_parts),
    "iterator": (iter, list),
    "generator": (lambda n: (x for x in n), list),
}

if importlib.util.find_spec("pandas"):
    import pandas

    ARGUMENTS["Series"] = (lambda n: pandas.Series(n), lambda x: x.__setitem__(0, 1 - x[0]))

#: Every argument of an operation that is no node.
USES: dict[str, Callable[[Any, Any], Any]] = {
    "t[i]": lambda t, i: t[i],
    "t[i, :]": lambda t, i: t[i, :],
    "t[i] = 5": lambda t, i: assigned(t, i, 5.0),
    "t[:] = c": lambda t, c: assigned(t, slice(None), c),
    "t *= c": lambda t, c: multiplied(t, c),
    "getitem": autograd.getitem,
    "put": lambda t, i: autograd.put(t, (2, 2, 2, 2), i),
    "put into a shape": lambda t, s: autograd.put(t[:0, :1], s, slice(0, 0)),
    "setitem": lambda t, i: autograd.setitem(t, 5.0, i),
    "sum": lambda t, axis: autograd.sum(t, axis),
    "mean": lambda t, axis: autograd.mean(t, axis),
    "max": lambda t, axis: autograd.max(t, axis),
    "softmax": lambda t, axis: autograd.softmax(t, axis),
    "logsumexp": lambda t, axis: autograd.logsumexp(t, axis),
    "sort": lambda t, axis: autograd.sort(t, axis),
    "transpose": lambda t, axes: autograd.transpose(t, axes),
    "reshape": lambda t, shape: autograd.reshape(t[:0], shape),
    "broadcast_to": lambda t, shape: autograd.broadcast_to(t[:0, :1], shape),
    "concatenate": lambda t, axis: autograd.concatenate([t, t], axis),
    "concatenate with c": lambda t, c: autograd.concatenate([t.reshape(-1), c]),
    "stack with c": lambda t, c: autograd.stack([t[0], c]),
    "stack": lambda t, axis: autograd.stack([t, t], axis),
    "take_along_axis": lambda t, i: autograd.take_along_axis(t, i, None),
    "add_along_axis": lambda t, i: autograd.add_along_axis(t[0], i, (2,)),
    "add_along_axis into a shape": lambda t, s: autograd.add_along_axis(t[:0], np.zeros((0, 2), int), s),
    "einsum": lambda t, c: autograd.einsum("ij,j->i", t, c),
    "einsum by a path": lambda t, path: autograd.einsum("ij,jk->ik", t, t, optimize=["einsum_path", path]),
    "where": lambda t, c: autograd.where(c, t, t * 3),
    "where of c": lambda t, c: autograd.where(np.eye(2) > 0, t, c),
    "clip": lambda t, c: autograd.clip(t, c, None),
    "maximum": lambda t, c: autograd.maximum(t, c),
    "mul": lambda t, c: t * c,
    "div": lambda t, c: c / t,
    "pow": lambda t, c: t**c,
    "matmul": lambda t, c: t @ c,
    "mse": lambda t, c: nn.mse(t[0], c),
    "cross_entropy of a class": lambda t, c: nn.cross_entropy(t, c),
    "cross_entropy": lambda t, c: nn.cross_entropy(t[0], c),
    "Linear": lambda t, c: nn.Linear(2, 2, rng=0)(c) * t,
}


def assigned(t: Tensor, index: Any, value: Any) -> Tensor:
    u = t * 1
    u[index] = value
    return u


def multiplied(t: Tensor, other: Any) -> Tensor:
    u = t * 1
    u *= other
    return u


def shown(argument: Any) -> Any:
    """An argument by what is in it."""
    if isinstance(argument, dict):
        return {name: shown(part) for name, part in argument.items()}
    if isinstance(argument, tuple) or type(argument) is list:
        return [shown(part) for part in argument]
    if (hasattr(argument, "__len__") and not isinstance(argument, str)) or hasattr(argument, "__array__"):
        return np.asarray(argument).tolist()
    return argument


def outcome(use: Callable[[Any, Any], Any], argument: Any, change: Callable[[Any], Any]) -> list[Any]:
    """Gradient, second gradient, graph, steps and replay, with the argument changed after the forward pass."""
    t = Tensor([[1.0, 2.0], [3.0, 5.0]], label="t")
    y = use(t, argument)
    loss = (y * y * np.arange(1.0, y.size + 1).reshape(y.shape)).sum()
    change(argument)
    found: list[Any] = [loss.item(), gradients(loss, t)]
    first = gradients(loss, t, create_graph=True)
    found.append(gradients((first * first).sum(), t))
    graph = Graph.of(loss)
    found += [node.data for node in graph]
    found += [repr(shown(node.arguments)) for node in graph]
    found += [step.text if hasattr(step, "text") else repr(step) for step in steps(loss)]
    try:
        found += graph.replay({"t": np.array([[2.0, 1.0], [0.5, 3.0]])}).data
    except AutogradError as refused:  # what was chosen outside the graph
        found.append(str(refused))
    loss.backward()
    found.append(t.grad)
    return found


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ARGUMENTS)
@pytest.mark.parametrize("name", USES)
def test_to_change_an_argument_afterwards_changes_nothing(name: str, kind: str) -> None:
    make, change = ARGUMENTS[kind]
    with np.errstate(all="ignore"):
        try:
            expected = outcome(USES[name], make([0, 1]), lambda x: None)
        except (AutogradError, TypeError, ValueError):  # NumPy does not take it either
            return
        found = outcome(USES[name], make([0, 1]), change)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


def test_enough_of_them_are_taken() -> None:
    """So that the property above is one."""
    taken = set()
    for name, use in USES.items():
        for kind, (make, _) in ARGUMENTS.items():
            with np.errstate(all="ignore"):
                try:
                    outcome(use, make([0, 1]), lambda x: None)
                except (AutogradError, TypeError, ValueError):
                    continue
            taken.add((name, kind))
    assert {name for name, _ in taken} == USES.keys()
    assert {kind for _, kind in taken} == ARGUMENTS.keys()


@pytest.mark.parametrize("kind", ["list", "array", "subclass", "array.array", "memoryview", "column", "sequence"])
def test_data_seeds_and_directions_are_copied(kind: str) -> None:
    make, change = ARGUMENTS[kind]
    if kind != "sequence":
        given = make([0, 1])
        t = Tensor(given)
        change(given)
        assert t.data.tolist() == [0, 1]
        given = make([0, 1])
        t.data = given
        change(given)
        assert t.data.tolist() == [0, 1]
        given = make([0, 1])
        (t * 3).backward(given)
        change(given)
        assert t.grad.tolist() == [0, 3]
    numbers = np.array([0.0, 1.0])
    _, moved = jvp(lambda x: x, (np.ones(2),), (numbers,))
    pull = vjp(lambda x: x, np.ones(2))[1]
    (pulled,) = pull(numbers)
    swap(numbers)
    assert (moved.data.tolist(), pulled.data.tolist()) == ([0, 1], [0, 1])


def test_conditions_and_constants_of_values_are_copied() -> None:
    condition, constants = [True, False], np.array([2.0, 3.0])
    x, y = Value(1.0), Value(5.0)
    result = autograd.sum(autograd.where(condition, [x, x], [y, y]) * constants)
    condition[:] = [False, True]
    constants[:] = 0.0
    result.backward()
    assert (result.data, x.grad, y.grad) == (17.0, 2.0, 3.0)
    Graph.of(result)


def test_an_array_of_another_class_computes_as_an_array() -> None:
    """np.matrix multiplies as matrices do: the rules of an elementwise product do not."""
    t = Tensor([[1.0, 2.0], [3.0, 5.0]])
    c = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(c)
    (t * matrix * t).sum().backward()
    np.testing.assert_array_equal(t.grad, 2 * c * t.data)


class Settings:
    def __init__(self) -> None:
        self.factor = 2.0


def test_what_stands_in_a_slice_or_in_settings_is_kept_as_it_was() -> None:
    low, high = np.array(0), np.array(2)
    t = Tensor([1.0, 2.0, 3.0, 4.0])
    y, part, filled = (t[low:high] ** 2).sum(), (t * 1)[low:high], t * 1
    filled[low:high] = 0.0
    settings = Settings()
    scaled = autograd.elementwise(
        "scaled", lambda x, by=None: x * by.factor, lambda y, x, by=None: by.factor, doc="scales"
    )
    try:
        z = scaled(t, by=settings).sum()
        low += 2
        high += 2
        settings.factor = 7.0
        part += 10
        np.testing.assert_array_equal(part.data, [11, 12])
        np.testing.assert_array_equal(autograd.gradients(y, t), [2, 4, 0, 0])
        np.testing.assert_array_equal(autograd.gradients(filled.sum(), t), [0, 0, 1, 1])
        np.testing.assert_array_equal(autograd.gradients(z, t), [2, 2, 2, 2])
        assert autograd.Graph.of(y, names={"t": t, "y": y}).replay({"t": t.data})["y"].data == 5
    finally:
        autograd.remove("scaled")


# Every operation of the table.


def overwrite(x: Any) -> None:
    """Leave nothing in it as it was."""
    if isinstance(x, Column | Sequence):
        overwrite(x.numbers)
    elif isinstance(x, Place):
        x.number += 1000
    elif isinstance(x, list | tuple):
        for part in x:
            overwrite(part)
        if isinstance(x, list):
            x.clear()
    elif isinstance(x, np.ndarray):
        while isinstance(x.base, np.ndarray):
            x = x.base
        np.copyto(x, ~x if x.dtype == bool else x + 1000)
    elif isinstance(x, array.array | memoryview | bytearray | deque | UserList):
        for k in range(len(x)):
            x[k] = x[k] + 100
    elif isinstance(x, slice):
        for end in (x.start, x.stop, x.step):
            overwrite(end)


#: How an array of numbers can be handed over so that it can be changed afterwards.
HANDED: list[Callable[[Any], Any]] = [
    *(np.array, lambda x: np.stack([x, x])[0], lambda x: x.copy().view(Named), np.ndarray.tolist),
    *(lambda x: np.broadcast_to(x.copy(), x.shape), lambda x: [row.copy() for row in x] if x.ndim else np.array(x)),
    *(lambda x: mapped(x), lambda x: np.frombuffer(bytearray(x.tobytes()), x.dtype).reshape(x.shape)),
    *(lambda x: np.asfortranarray(x).copy("F"), lambda x: x[..., None].copy()[..., 0], Column, LongColumn),
]

#: How a sequence of ints can be.
INTEGERS: list[Callable[[Any], Any]] = [
    *(list, np.array, lambda n: array.array("q", n), lambda n: memoryview(array.array("q", n)), Column, LongColumn),
    *(deque, UserList, Sequence, lambda n: list(map(Place, n)), lambda n: tuple(map(Place, n))),
    *(lambda n: [np.array(i) for i in n], lambda n: tuple(np.array(i) for i in n), lambda n: np.stack([n, n])[1]),
]


def mapped(x: Any) -> Any:
    """In a file's memory."""
    with tempfile.TemporaryFile() as file:
        kept = np.memmap(file, x.dtype, "w+", shape=x.shape or (1,))
    kept[...] = x
    return kept if x.ndim else kept[0, ...]


def draw_maker(draw: Callable[[Any], Any], value: Any) -> Callable[[], Any]:
    """What makes the same argument as something that can be changed, where there is such."""
    if isinstance(value, slice):
        return joined(slice, [draw_maker(draw, end) for end in (value.start, value.stop, value.step)])
    if isinstance(value, np.ndarray):
        makers = HANDED
    elif type(value) is int:
        makers = [np.array, Place, int]
    elif isinstance(value, tuple | list) and value and all(type(i) is int for i in value) and draw(st.booleans()):
        makers = INTEGERS
    elif isinstance(value, tuple | list):
        kind = type(value)
        return joined(lambda *parts: kind(parts), [draw_maker(draw, part) for part in value])
    else:
        return lambda: value
    make = draw(st.sampled_from(makers))
    return lambda: make(value)


def joined(join: Callable[..., Any], makers: list[Callable[[], Any]]) -> Callable[[], Any]:
    return lambda: join(*[make() for make in makers])


def without_places(text: str) -> str:
    """What Python shows of objects without their places in memory."""
    return re.sub(" at 0x[0-9a-f]+", "", text)


@pytest.mark.parametrize("op", [*ELEMENTWISE, *PRIMITIVES], ids=lambda op: op.name)
@given(data=st.data())
def test_to_change_an_argument_of_any_operation_afterwards_changes_nothing(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(any_calls(op))
    tracked = data.draw(st.sets(st.integers(0, len(inputs) - 1), min_size=1))
    constants = {k: draw_maker(data.draw, x) for k, x in enumerate(inputs) if k not in tracked}
    params = {name: draw_maker(data.draw, value) for name, value in params.items()}

    def outcome(change: Callable[[Any], None]) -> list[Any]:
        leaves = [Tensor(inputs[k], label=f"x{k}") for k in tracked]
        made = {k: make() for k, make in constants.items()} | dict(zip(tracked, leaves, strict=True))
        settings = {name: make() for name, make in params.items()}
        y = weighted(outputs(applied(op, [made[k] for k in range(len(inputs))], settings)))
        for argument in (*[made[k] for k in constants], *settings.values()):
            change(argument)
        graph = Graph.of(y, names={"y": y})
        first = gradients(y, leaves, create_graph=True)
        second = weighted(first)
        found = [y.data, *gradients(y, leaves), without_places(str(graph)), without_places(str(steps(graph)))]
        found += [x.data for x in first]
        found += gradients(second, leaves) if second.requires_grad else []
        found += [without_places(repr(shown(node.arguments))) for node in graph]
        try:
            found.append(graph.replay({f"x{k}": inputs[k] * 0.75 for k in tracked})["y"].data)
        except AutogradError as refused:  # what was chosen outside the graph
            found.append(without_places(str(refused)))
        y.backward()
        return found + [x.grad for x in leaves]

    with np.errstate(all="ignore"):
        try:
            expected = outcome(lambda argument: None)
        except (AutogradError, TypeError, ValueError):  # NumPy does not take it either
            return
        found = outcome(overwrite)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)
