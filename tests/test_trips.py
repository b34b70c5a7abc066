"""What is copied, pickled or sent to another process is there as it was: every state, and what shares what."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import arrays
from test_assignment import SHAPE, follow, orders

import autograd
import nn
from autograd import Graph, Tensor, Value, gradients, steps

Trip = Callable[[Any], Any]


def pickled(protocol: int) -> Trip:
    return lambda x: pickle.loads(pickle.dumps(x, protocol))


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
TRIPS: dict[str, Trip] = {"deepcopy": copy.deepcopy, **{f"protocol {n}": pickled(n) for n in PROTOCOLS}}
each_trip = pytest.mark.parametrize("trip", TRIPS.values(), ids=TRIPS)
each_copy = pytest.mark.parametrize("trip", [copy.copy, *TRIPS.values()], ids=["copy", *TRIPS])
each_kind = pytest.mark.parametrize("kind", [Value, Tensor])


# What shares what.


def total(held: list[Any]) -> Any:
    return sum(np.sum(np.tanh(a) * (n + 1.0)) for n, a in enumerate(held))


@given(
    x=arrays(SHAPE),
    before=orders(),
    after=orders(),
    tracked=st.booleans(),
    trip=st.sampled_from(list(TRIPS.values())),
)
def test_a_program_goes_on_after_a_trip_as_if_there_had_been_none(
    x: Any, before: Any, after: Any, tracked: bool, trip: Trip
) -> None:
    def begun() -> tuple[Tensor, list[Any]]:
        leaf = Tensor(x)
        held: list[Any] = [leaf * 1.0, Tensor(np.zeros(SHAPE), requires_grad=tracked)]
        for instruction in before:
            follow(instruction, held)
        return leaf, held

    def ended(leaf: Tensor, held: list[Any]) -> tuple[Any, list[Any]]:
        extra = sum(follow(instruction, held) for instruction in after)
        return gradients(total(held) + extra, leaf), [a.numpy().copy() for a in held]

    leaf, held = begun()
    twin_leaf, twins = trip([leaf, held])
    unchanged = [a.numpy().copy() for a in held]
    expected = ended(*begun())
    results = [ended(twin_leaf, twins)]
    for a, was in zip(held, unchanged, strict=True):
        np.testing.assert_array_equal(a.numpy(), was)  # what is done to a copy is not done to the original
    results.append(ended(leaf, held))
    for gradient, numbers in results:
        assert_close(gradient, expected[0], scale=10)
        for a, b in zip(numbers, expected[1], strict=True):
            np.testing.assert_array_equal(a, b)


@each_trip
def test_the_copy_of_a_view_alone_looks_into_a_copy_of_its_base(trip: Trip) -> None:
    base = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=False)
    view = base.T[1:]
    twin = trip(view)
    twin[0] = 7.0
    assert base.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    twin_base = twin._latest.root
    assert twin_base.numpy().tolist() == [[0, 7, 2], [3, 7, 5]]
    twin_base.data[...] = 1.0
    assert twin.numpy().tolist() == [[1, 1], [1, 1]]


@each_trip
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("look", [lambda a: a[::-1], lambda a: a.T, lambda a: a[:, 1:], lambda a: a[None][..., ::-2]])
def test_the_copy_of_a_view_lies_in_the_copy_of_its_base(trip: Trip, look: Any, tracked: bool) -> None:
    """By that NumPy tells whether a reshape is a view."""
    base = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=tracked)
    view = look(base)
    twin_base, twin = trip([base, view])
    assert np.shares_memory(twin.numpy(), twin_base.numpy())
    assert twin.numpy().strides == view.numpy().strides
    for t in (view, twin):
        flat = t.reshape(-1)
        flat += 1.0
    np.testing.assert_array_equal(twin_base.numpy(), base.numpy())
    np.testing.assert_array_equal(twin.numpy(), view.numpy())


@each_trip
def test_a_tensor_may_hold_a_view_of_itself(trip: Trip) -> None:
    base = FreeTensor([[1.0, 2.0], [3.0, 4.0]])
    base.row = base.T[0]
    for twin in (trip(base), trip([base.row, base])[1]):
        twin.row[0] = 7.0
        assert twin.numpy().tolist() == [[7, 2], [3, 4]]


@each_trip
def test_an_array_that_was_handed_out_is_still_that_of_its_tensor(trip: Trip) -> None:
    w = Tensor([1.0, 2.0])
    twin, array = trip([w, w.data])
    array[0] = 5.0
    assert (twin.numpy().tolist(), w.numpy().tolist()) == ([5, 2], [1, 2])


@each_trip
def test_two_handles_on_one_leaf_share_its_gradient(trip: Trip) -> None:
    w = Tensor([1.0, 2.0])
    other = (w * 1.0).inputs[0]
    twin, its_other = trip([w, other])
    twin.sum().backward()
    assert (its_other.grad.tolist(), w.grad) == ([1, 1], None)


# What is stored.


class SlottedValue(Value):
    __slots__ = ("extra",)


class FreeValue(Value):
    pass


class SlottedTensor(Tensor):
    __slots__ = ("extra",)


class FreeTensor(Tensor):
    pass


class BothTensor(SlottedTensor):
    __slots__ = ("__dict__", "__private")

    def hide(self, secret: Any) -> None:
        self.__private = secret

    def hidden(self) -> Any:
        return self.__private


@each_copy
@pytest.mark.parametrize("kind", [SlottedValue, FreeValue, SlottedTensor, FreeTensor, BothTensor])
def test_a_subclass_keeps_what_it_has_of_its_own(kind: Any, trip: Trip) -> None:
    x = kind(2.0, label="x")
    assert not hasattr(trip(x), "extra"), "what is not set is not set"
    x.extra = {"note": [1, 2]}
    if kind is BothTensor:
        x.free = 3
        x.hide("secret")
    twin = trip(x)
    assert type(twin) is kind
    assert (twin.extra, twin.label, twin.has_grad, twin.op) == (x.extra, "x", False, None)
    assert kind is not BothTensor or (twin.free, twin.hidden()) == (3, "secret")
    twin.backward()
    assert (float(twin.grad), x.has_grad) == (1.0, False)


@each_copy
@each_kind
def test_a_node_keeps_every_state(kind: Any, trip: Trip) -> None:
    with autograd.tracing(), autograd.scope("part"):
        a, c = kind(2.0, label="a"), kind(3.0, requires_grad=False)
        y = autograd.clip(a * c, 0.0, 100.0)
        unused = a * 1.0
        condition = a > 1.0
    y.label = "y"
    a.grad, c.label = None if kind is Tensor else 0.0, "c"
    y.backward()

    def seen(x: Any) -> list[Any]:
        params = None if x.params is None else dict(x.params)
        return [x.data, x.has_grad, str(x.grad), x.label, x.requires_grad, x.op, params, x.source, x.scope]

    for x in (a, c, y, unused, condition):
        assert seen(trip(x)) == seen(x)


@each_trip
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_keep_their_dtype_and_stay_read_only(trip: Trip, dtype: Any) -> None:
    x = Tensor(np.arange(3.0), dtype=dtype)
    y = x * np.arange(1.0, 4.0, dtype=dtype)
    twin = trip(y)
    assert (twin.dtype, twin.inputs[0].dtype) == (y.dtype, dtype)
    assert not twin.inputs[1].flags.writeable, "the graph's constant"
    assert not twin.data.flags.writeable
    assert twin.inputs[0].data.flags.writeable
    with np.errstate(all="ignore"):
        timeline = trip(steps(y.sum()))
    graph = timeline.graph
    step = trip(timeline[-1])
    node = trip(graph.nodes[0])
    event = trip(timeline.events[0])
    for array in (graph.data[0], node.data, step.contribution, step.after, event.contribution, timeline.gradients[0]):
        assert isinstance(array, np.ndarray)
        assert array.dtype == dtype
        assert not array.flags.writeable


@each_trip
def test_what_shows_a_graph_says_the_same(trip: Trip) -> None:
    x = Tensor([[3.0, 1.0], [1.0, 2.0]], label="x")
    _, s, _ = autograd.svd(x)
    y = autograd.concatenate([s, x[0]]).sum()
    graph, timeline = Graph.of(y), steps(y)
    for whole in (
        graph,
        timeline,
        timeline[-1],
        graph.nodes[-1],
        autograd.explain(graph.nodes[-1], graph),
        autograd.mul,
    ):
        assert str(trip(whole)) == str(whole)
    assert trip(autograd.mul) is autograd.mul
    symbol = graph.symbols(graph.nodes[-1])[0]
    formula = autograd.graph.graph.applied(autograd.sum, [symbol], graph.nodes[-1].params)
    assert repr(trip(formula)) == repr(formula)
    assert type(trip(s).params.outputs) is type(s.params.outputs)


@each_trip
def test_a_copy_knows_what_was_assigned(trip: Trip) -> None:
    w = Tensor([1.0, 2.0])
    t = w * 2.0
    old = t.sum()
    part = t[:1]
    t[0] = 5.0
    for sent in ([old, t], [t, old]):
        twins = dict(zip(map(id, sent), trip(sent), strict=True))
        with pytest.raises(autograd.GraphError, match="something was assigned"):
            gradients(twins[id(old)], twins[id(t)])
    old_twin, part_twin = trip([old, part])
    assert part_twin.numpy() == [5.0]
    assert gradients(old_twin, old_twin.inputs[0]).tolist() == [1, 1]
    with pytest.raises(autograd.GraphError, match="something was assigned"):
        gradients(old, copy.copy(t))


@each_trip
def test_models_and_optimizers_go_together(trip: Trip) -> None:
    for model in (nn.MLP([2, 3, 1], rng=0), nn.MLP([2, 3, 1], rng=0).to_scalars()):
        optimizer = nn.SGD(model.parameters(), lr=0.5)
        twin, its_optimizer = trip([model, optimizer])
        assert repr(twin) == repr(model)
        np.sum(twin([1.0, 2.0])).backward()
        assert not any(p.has_grad for p in model.parameters())
        was = [float(np.sum(p.data)) for p in twin.parameters()]
        its_optimizer.step()
        assert [float(np.sum(p.data)) for p in twin.parameters()] != was
        assert [float(np.sum(p.data)) for p in model.parameters()] == was


# Deep.


def deep(kind: Any, count: int) -> list[Any]:
    x = y = kind(1.0)
    for _ in range(count):
        y = y + x
    return [x, y]


def views(count: int) -> list[Any]:
    tensors = [Tensor(np.arange(6.0).reshape(2, 3))]
    for _ in range(count):
        tensors.append(tensors[-1].T)
    return tensors


@each_trip
def test_views_of_views_of_any_depth_make_the_trip(trip: Trip) -> None:
    tensors = views(2 * sys.getrecursionlimit())
    for sent in ([tensors[0], tensors[-1]], [tensors[-1], tensors[0]], tensors[:: len(tensors) - 1]):
        twins = trip(sent)
        root, last = sorted(twins, key=lambda t: t.op is not None)
        last[0, 0] = 9.0
        assert root.numpy()[0, 0] == 9.0
    assert tensors[0].numpy()[0, 0] == 0.0
    assert not autograd.copying._listed.ids


@pytest.mark.parametrize("backwards", [False, True])
def test_many_views_of_one_chain_are_listed_once(backwards: bool) -> None:
    tensors = views(300)
    made: list[int] = []

    class Counted(autograd.copying.Bases):
        def __init__(self, view: Any, below: Any) -> None:
            super().__init__(view, below)
            made.append(len(self.nodes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd.tensor.tensor, "Bases", Counted)
        twins = copy.deepcopy(tensors[::-1] if backwards else tensors)
    assert sum(made) <= len(tensors)
    twins[0][0, 0] = 9.0
    assert all(t.numpy()[0, 0] == 9.0 for t in twins)


@each_kind
def test_a_shallow_copy_of_a_node_looks_at_that_node_alone(kind: Any) -> None:
    _, y = deep(kind, 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd.copying, "Ancestors", None)
        twin = copy.copy(y)
    assert twin is not y
    assert [a is b for a, b in zip(twin._record.inputs, y._record.inputs, strict=True)] == [True, True]


# Models and optimisers, in the middle of training.


class Momentum(nn.Optimizer):
    def update(self, index: int, data: Any, grad: Any) -> Any:
        self.state[index] = 0.5 * self.state.get(index, 0.0) + grad
        return data - self.lr * self.state[index]


def trained(model: nn.Module, optimizer: nn.Optimizer, steps: int) -> list[Any]:
    """The parameters after so many steps more."""
    for _ in range(steps):
        optimizer.zero_grad()
        nn.cross_entropy(model([[0.5, -1.0], [2.0, 0.25]]), [0, 1]).backward()
        optimizer.step()
    return [(p.label, np.array(p.data).tolist(), np.array(p.grad).tolist()) for p in model.parameters()]


@each_trip
@pytest.mark.parametrize("form", ["float64", "float32", "Values"])
def test_a_model_and_its_optimiser_make_the_trip_and_go_on_together(form: str, trip: Trip) -> None:
    shared = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(shared, nn.LeakyReLU(0.2), shared, nn.MLP([2, 3, 2], rng=1))
    model = model.to_scalars() if form == "Values" else model.to_tensors(form)
    optimizer = Momentum(model.parameters(), lr=0.25)
    trained(model, optimizer, 2)
    before = trained(model, optimizer, 0)
    twin, its_optimizer = trip((model, optimizer))
    assert twin[0] is twin[2]
    assert all(p is q for p, q in zip(its_optimizer.parameters, twin.parameters(), strict=True))
    assert repr(twin) == repr(model)
    assert [getattr(p, "dtype", None) for p in twin.parameters()] == [
        getattr(p, "dtype", None) for p in model.parameters()
    ]
    assert trained(twin, its_optimizer, 0) == before
    after = trained(twin, its_optimizer, 2)
    assert trained(model, optimizer, 0) == before != after, "they share nothing"
    assert trained(model, optimizer, 2) == after
    np.testing.assert_equal(its_optimizer.state, optimizer.state)


# Other processes.


def swept(given: list[Any]) -> list[Any]:
    """In a child: sweep what came, and send it back."""
    given[-1].backward()
    return given


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tried
def test_a_graph_goes_to_another_process_and_back(method: Any) -> None:
    x, t = Value(3.0, label="x"), Tensor([1.0, 2.0], label="t")
    part = t[1:]
    with multiprocessing.get_context(method).Pool(1) as pool:
        x_there, square = pool.apply(swept, ([x, x * x],))
        t_there, part_there, _ = pool.apply(swept, ([t, part, (part * t).sum()],))
    assert (x_there.grad, x_there.label, square.op) == (6.0, "x", autograd.mul)
    assert (t_there.grad.tolist(), t_there.label) == ([2.0, 5.0], "t")
    part_there[0] = 7.0
    assert t_there.numpy().tolist() == [1.0, 7.0]
    assert (x.has_grad, t.grad, t.numpy().tolist()) == (False, None, [1.0, 2.0])


@each_trip
@each_kind
def test_conditions_and_guards_make_the_trip(kind: Any, trip: Trip) -> None:
    with autograd.tracing():
        x = kind(2.0, label="x")
        y = autograd.where(x > 0, x * x, -x)
        if y > 1:
            z = y * 3.0
    z.label = "z"
    twin = trip(z)
    for graph in (Graph.of(twin, names={}), trip(Graph.of(z, names={}))):
        assert graph.replay({"x": 4.0})["z"].data == 48.0
        assert graph.replay({"x": -5.0})["z"].data == 15.0
        with pytest.raises(autograd.GraphError, match="came out True"):
            graph.replay({"x": 0.5})
        assert str(steps(graph)) == str(steps(Graph.of(z, names={})))
