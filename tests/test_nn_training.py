"""Optimisers, and the quadrant classifier learnt in both forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import DTypeError, GraphError, ShapeError, StaleDataError, Tensor, Value
from nn import MLP, SGD, Module, Optimizer, Parameter, cross_entropy, mse


def quadrants(count: int, seed: int) -> tuple[Any, Any]:
    """Points of the plane and the quadrants they lie in, 0 to 3, counted against the clock."""
    points = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    x, y = points.T
    return points, np.select([(x > 0) & (y > 0), (x < 0) & (y > 0), (x < 0) & (y < 0)], [0, 1, 2], 3)


def train(model: Module, x: Any, target: Any, lr: float, count: int) -> list[float]:
    """The losses before each of ``count`` steps of gradient descent."""
    optimizer = SGD(model.parameters(), lr)
    losses = []
    for _ in range(count):
        loss = cross_entropy(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "leaky_relu"])
def test_both_forms_take_the_same_losses_from_the_same_weights(activation: str) -> None:
    x, target = quadrants(24, seed=1)
    model = MLP([2, 6, 4], activation, rng=0)
    scalars = model.to_scalars()
    losses = train(model, x, target, lr=0.5, count=12)
    np.testing.assert_allclose(train(scalars, x, target, lr=0.5, count=12), losses, rtol=1e-12, atol=0)
    for p, q in zip(model.parameters(), scalars.to_tensors().parameters(), strict=True):
        np.testing.assert_allclose(q.numpy(), p.numpy(), rtol=1e-11, atol=1e-13)


def test_the_losses_are_those_of_the_note_written_out_in_numpy() -> None:
    x, target = quadrants(24, seed=1)
    model = MLP([2, 6, 4], rng=0)
    w1, b1, w2, b2 = (p.numpy().copy() for p in model.parameters())
    for loss in train(model, x, target, lr=0.5, count=20):
        h = np.tanh(x @ w1 + b1)
        powers = np.exp(h @ w2 + b2)
        y = powers / powers.sum(axis=1, keepdims=True)
        assert loss == pytest.approx(-np.mean(np.log(y[np.arange(24), target])), rel=1e-12)
        d2 = (y - np.eye(4)[target]) / 24
        d1 = (d2 @ w2.T) * (1 - h * h)
        w2, b2, w1, b1 = w2 - 0.5 * h.T @ d2, b2 - 0.5 * d2.sum(axis=0), w1 - 0.5 * x.T @ d1, b1 - 0.5 * d1.sum(axis=0)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "leaky_relu"])
def test_the_quadrant_classifier_learns(activation: str) -> None:
    x, target = quadrants(200, seed=2)
    model = MLP([2, 6, 4], activation, rng=0)
    losses = train(model, x, target, lr=2.0, count=1000)
    unseen, truth = quadrants(500, seed=3)
    assert losses[-1] < 0.1 < losses[0]
    assert np.mean(model(unseen).numpy().argmax(axis=1) == truth) > 0.95


def test_the_quadrant_classifier_learns_as_a_scalar_graph() -> None:
    x, target = quadrants(24, seed=1)
    model = MLP([2, 6, 4], rng=0).to_scalars()
    train(model, x, target, lr=2.0, count=150)
    found = [np.argmax([score.data for score in model(point)]) for point in x]
    assert np.mean(found == target) > 0.95


def test_single_samples_and_small_batches_train_too() -> None:
    x, target = quadrants(60, seed=4)
    single, batches = MLP([2, 6, 4], rng=0), MLP([2, 6, 4], rng=0)
    for _ in range(40):
        for i in range(60):
            train(single, x[i], target[i], lr=0.2, count=1)
        for i in range(0, 60, 10):
            train(batches, x[i : i + 10], target[i : i + 10], lr=1.0, count=1)
    for model in (single, batches):
        assert np.mean(model(x).numpy().argmax(axis=1) == target) > 0.9


# The optimiser.


def test_a_step_is_the_rule_and_float32_stays() -> None:
    values = [Value(1.0), Value(-2.0)]
    tensors = [Tensor(1.0), Tensor(np.float32([1.0, 2.0])), Tensor([[1.0]])]
    (values[0] * values[1]).backward()
    (tensors[0] * tensors[1].sum() * tensors[2].sum()).backward()
    SGD(iter(values + tensors), lr=0.25).step()
    assert [v.data for v in values] == [1.5, -2.25]
    assert [t.data.tolist() for t in tensors] == [0.25, [0.75, 1.75], [[0.25]]]
    assert [t.dtype for t in tensors] == [np.float64, np.float32, np.float64]
    assert tensors[1].grad.tolist() == [1.0, 1.0]


def test_parameters_without_a_gradient_stay_where_they_are() -> None:
    used, unused = Tensor([1.0]), Value(1.0)
    (used * used).sum().backward()
    optimizer = SGD([used, unused], lr=0.5)
    optimizer.step()
    assert (used.item(), unused.data) == (0.0, 1.0)
    optimizer.zero_grad()
    with pytest.raises(GraphError, match=r"call loss.backward\(\) first"):
        optimizer.step()


def test_a_step_does_not_reach_into_a_recorded_graph() -> None:
    w = Tensor([3.0])
    loss = mse(w, [1.0])
    loss.backward()
    optimizer = SGD([w], lr=0.5)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    assert w.grad.tolist() == [4.0]  # of the numbers it was computed from
    v = Value(3.0)
    loss = v * v
    loss.backward()
    SGD([v], lr=0.5).step()
    with pytest.raises(StaleDataError):
        loss._check_fresh()


def test_the_learning_rate_can_be_changed_but_not_to_nonsense() -> None:
    optimizer = SGD([Value(1.0)], lr=1)
    optimizer.lr = np.float32(0.5)
    assert optimizer.lr == 0.5
    with pytest.raises(ValueError, match="lr: expected a positive number"):
        optimizer.lr = -1.0


def test_another_optimizer_is_one_method() -> None:
    class Momentum(Optimizer):
        def __init__(self, parameters: Any, lr: float, beta: float) -> None:
            super().__init__(parameters, lr)
            self.beta = beta

        def update(self, index: int, data: Any, grad: Any) -> Any:
            self.state[index] = self.beta * self.state.get(index, 0.0) + grad
            return data - self.lr * self.state[index]

    found = []
    for w in (Value(1.0), Tensor(1.0)):
        optimizer = Momentum([w], lr=0.1, beta=0.5)
        for _ in range(3):
            optimizer.zero_grad()
            (w**2).backward()
            optimizer.step()
        found.append(w.item())
    assert found == pytest.approx([0.302] * 2)


MODEL = MLP([2, 2], rng=0)


@pytest.mark.parametrize(
    ("parameters", "lr", "error", "message"),
    [
        (MODEL, 0.1, TypeError, r"got MLP: give model.parameters\(\)"),
        (MODEL.parameters, 0.1, TypeError, r"got method: give model.parameters\(\)"),
        (MODEL.parameters()[0], 0.1, TypeError, "got Tensor: give a list"),
        (list(MODEL.named_parameters()), 0.1, TypeError, r"got tuple: give model.parameters\(\)"),
        ([MODEL.to_scalars().layers[0].weight], 0.1, TypeError, r"got an array of Values: give model.parameters\(\)"),
        ([], 0.1, ValueError, "at least one, got none"),
        ((p for p in ()), 0.1, ValueError, "a generator is empty once it was used"),
        (MODEL.parameters() * 2, 0.1, ValueError, "each once, got one twice"),
        ([Value(1.0) * 2], 0.1, ValueError, "got Value, which is computed"),
        (MODEL.parameters(), 0.0, ValueError, "lr: expected a positive number such as 0.1, got 0.0"),
        (MODEL.parameters(), math.nan, ValueError, "got nan"),
        (MODEL.parameters(), math.inf, ValueError, "got inf"),
        (MODEL.parameters(), True, DTypeError, "got True"),
        (MODEL.parameters(), "0.1", DTypeError, "SGD: lr: expected real numbers, got text"),
    ],
)
def test_what_cannot_be_optimised_is_refused(parameters: Any, lr: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SGD(parameters, lr)


class Failing(SGD):
    """It fails at one of its parameters, as ``how`` says."""

    def __init__(self, parameters: Any, at: int, how: Any) -> None:
        super().__init__(parameters, lr=0.5)
        self.at, self.how = at, how

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return self.how(data) if index == self.at else super().update(index, data, grad)


def interrupt(data: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [interrupt, lambda data: np.zeros((7, 7)), lambda data: "much"])
@pytest.mark.parametrize("at", range(4))
def test_a_step_changes_every_parameter_or_none(at: int, how: Any) -> None:
    parameters: list[Any] = [Value(1.0, label="v"), Tensor([1.0, 2.0], label="t"), Value(3.0), Tensor(4.0)]
    for p in parameters:
        np.sum(p * p).backward()
    kept = [np.array(p.data) for p in parameters]
    handed_out = parameters[1].data
    with pytest.raises((KeyboardInterrupt, ShapeError, DTypeError, ValueError)):
        Failing(parameters, at, how).step()
    for p, was in zip(parameters, kept, strict=True):
        np.testing.assert_array_equal(p.data, was)
    assert parameters[1].data is handed_out
    SGD(parameters, lr=0.5).step()
    assert [float(np.sum(p.data)) for p in parameters] == [0.0] * 4, "and the next step changes all"


class Adam(Optimizer):
    """It keeps moments, which it writes into, and a count of steps; ``fails`` is called before each update."""

    def __init__(self, parameters: Any, fails: Any = lambda index: None) -> None:
        super().__init__(parameters, lr=0.1)
        self.fails = fails
        self.state["steps"] = [0]

    def update(self, index: int, data: Any, grad: Any) -> Any:
        if index == 0:
            self.state["steps"][0] += 1
        first, second = self.state.setdefault(index, [np.zeros_like(data), np.zeros_like(data)])
        first *= 0.9
        first += 0.1 * grad
        second *= 0.99
        second += 0.01 * grad * grad
        self.fails(index)
        count = self.state["steps"][0]
        step = self.lr * (first / (1 - 0.9**count)) / (np.sqrt(second / (1 - 0.99**count)) + 1e-8)
        return float(data - step) if isinstance(data, float) else data - step


def trained(optimizer: Optimizer, steps: int) -> Any:
    """The parameters after so many steps, each of which is tried until it is done; the state too."""
    for _ in range(steps):
        optimizer.zero_grad()
        sum(np.sum(p * p * p) for p in optimizer.parameters).backward()
        while True:
            try:
                optimizer.step()
                break
            except KeyboardInterrupt:
                pass
    return [np.array(p.data).tolist() for p in optimizer.parameters], optimizer.state


def several() -> list[Any]:
    return [Value(1.0), Value(-2.0), Value(0.5)]


def tensors() -> list[Any]:
    return [Tensor([1.0, -2.0]), Tensor(0.5), Tensor([[3.0]])]


@pytest.mark.parametrize("make", [several, tensors])
@given(interrupted=st.lists(st.booleans(), max_size=30))
def test_a_step_that_failed_and_is_done_again_leaves_no_trace(make: Any, interrupted: list[bool]) -> None:
    left = iter(interrupted)

    def fails(index: int) -> None:
        if next(left, False):
            raise KeyboardInterrupt

    data, state = trained(Adam(make(), fails), steps=4)
    expected, kept = trained(Adam(make()), steps=4)
    assert data == expected
    np.testing.assert_equal(state, kept)
    assert state["steps"] == [4]


class Stubborn(Tensor):
    """Storing into it is interrupted once."""

    __slots__ = ("was_asked",)

    def assign(self, array: Any) -> None:
        if not hasattr(self, "was_asked"):
            self.was_asked = True
            raise KeyboardInterrupt
        super().assign(array)


@pytest.mark.parametrize("at", range(3))
def test_an_interrupt_while_updates_are_stored_takes_back_those_that_are(at: int) -> None:
    parameters = tensors()
    parameters[at] = Stubborn(parameters[at].data)
    optimizer = Adam(parameters)
    for p in parameters:
        p.sum().backward()
    kept, state = [p.data.tolist() for p in parameters], optimizer.state
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert [p.data.tolist() for p in parameters] == kept
    assert optimizer.state is state == {"steps": [0]}
    optimizer.step()
    assert all((p.data != was).all() for p, was in zip(parameters, kept, strict=True))


def test_the_state_may_be_kept_by_the_parameter_itself() -> None:
    class Counting(SGD):
        def update(self, index: int, data: Any, grad: Any) -> Any:
            p = self.parameters[index]
            self.state[p] = self.state.get(p, 0) + 1
            return super().update(index, data, grad)

    optimizer = Counting(tensors(), lr=0.1)
    for p in optimizer.parameters:
        p.sum().backward()
    optimizer.step()
    optimizer.step()
    assert [optimizer.state[p] for p in optimizer.parameters] == [2, 2, 2]


def test_a_parameter_that_cannot_take_its_update_leaves_the_others_as_they_were() -> None:
    first, second = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    optimizer = SGD([first, second], lr=0.5)
    second[0] = first[0]  # from now on it is computed
    (first.sum() + second.sum()).backward()
    with pytest.raises(GraphError, match="only that of a leaf"):
        optimizer.step()
    assert first.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("wrong", [3.0, np.zeros(2), None])
def test_gradients_are_forgotten_together_or_not_at_all(wrong: Any) -> None:
    x, t = Value(1.0), Tensor([1.0])
    (x * 2.0).backward()
    t.sum().backward()
    with pytest.raises(DTypeError, match="zero_grad: expected Values or Tensors"):
        autograd.zero_grad(x, t, wrong)
    assert (x.grad, t.grad) == (2.0, 1.0)


def test_what_a_module_holds_beside_parameters_is_not_asked_what_it_is() -> None:
    class Closed:
        @property
        def __class__(self) -> Any:  # type: ignore[override]
            raise RuntimeError("working outside of application context")

    class Model(Module):
        def __init__(self) -> None:
            self.log = Closed()
            self.w = Parameter([1.0])
            self.parts = [self.log, np.array([self.log], dtype=object)]

    model = Model()
    assert [name for name, _ in model.named_parameters()] == ["w"]
    model.zero_grad()
    assert repr(model) == "Model() · 1 parameter"


def test_an_update_is_an_array_of_its_own() -> None:
    class Reusing(SGD):
        buffer = np.zeros(2)

        def update(self, index: int, data: Any, grad: Any) -> Any:
            self.buffer[:] = data - self.lr * grad
            return self.buffer[:] if self.looks else self.buffer

        looks = False

    def ready() -> tuple[Tensor, Tensor]:
        v, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
        (v * w).sum().backward()
        return v, w

    with pytest.raises(ValueError, match="the array of the one before"):
        Reusing(ready(), lr=0.5).step()
    looking = Reusing(parameters := ready(), lr=0.5)
    looking.looks = True
    looking.step()
    looking.buffer[:] = 9.0
    np.testing.assert_array_equal([x.data for x in parameters], [[-0.5, 0.0], [2.5, 3.0]])


def test_state_that_has_no_copies_is_refused_by_its_key() -> None:
    class Keeping(Optimizer):
        def update(self, index: int, data: Any, grad: Any) -> Any:
            self.state["numbers"] = (n for n in range(3))
            return data - self.lr * grad

    w = Value(1.0)
    optimizer = Keeping([w], lr=0.5)
    (w * w).backward()
    optimizer.step()
    before = w.data
    with pytest.raises(TypeError, match=r"Keeping: state\['numbers'\]: expected what can be copied.* got generator"):
        optimizer.step()
    assert w.data == before


def test_a_step_that_fails_leaves_the_arrays_of_the_others_where_they_were() -> None:
    v, w = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    held = w.data
    optimizer = SGD([v, w], lr=0.1)
    v[0] = Tensor([3.0])[0]
    ((w * w).sum() + (v * v).sum()).backward()
    with pytest.raises(GraphError):
        optimizer.step()
    held[0] = 100.0
    assert w.numpy()[0] == 100.0
