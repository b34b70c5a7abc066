"""What a Module holds is said: parameters, buffers, modes, their state, and the summary that shows what is odd."""

from __future__ import annotations

import copy
import pickle
import re
from collections import ChainMap, UserList, deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nn
from autograd import DTypeError, GraphError, LostGradientError, ShapeError, Tensor, Value, no_grad, tree
from nn import MLP, SGD, Buffer, Linear, Module, Parameter, Sequential, Tanh

FLOATS = st.floats(-1e6, 1e6)
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=FLOATS)


class Running(Module):
    """Divides by a mean that it keeps."""

    def __init__(self) -> None:
        self.gain = Parameter([1.0, 2.0])
        self.mean = Buffer([0.0, 0.0])
        self.calls = Buffer(0)
        self.inner: Module = Linear(2, 2, rng=0)

    def forward(self, x: Any) -> Any:
        self.calls = self.calls + 1
        y = self.inner(x) * self.gain
        with no_grad():
            self.mean = 0.5 * self.mean + 0.5 * y
        return y - self.mean


# Roles.


@pytest.mark.parametrize(
    "value",
    [
        Tensor(1.0),
        Value(1.0),
        [Tensor(1.0)],
        (Value(1.0),),
        {"a": Value(1.0)},
        Parameter([1.0]).held,
    ],
)
def test_what_requires_a_gradient_and_was_not_said_to_be_anything_is_refused(value: Any) -> None:
    module = Module()
    with pytest.raises(DTypeError, match=r"Module.w: expected to be told .* Parameter\(…\) if it is trained"):
        module.w = value
    assert not hasattr(module, "w")


def test_deeper_down_it_is_refused_where_parameters_are_asked_for() -> None:
    module = Linear(2, 1)
    module.deep = [[Tensor(1.0)]]
    with pytest.raises(DTypeError, match=r"Linear.deep.0.0: expected to be told what a Tensor"):
        module.parameters()
    assert "neither Parameter nor Buffer" in str(module.summary())
    assert repr(module) == "Linear(2, 1) · 3 parameters"


@pytest.mark.parametrize("container", [set, frozenset, deque])
@pytest.mark.parametrize("held", [Linear(1, 1), Parameter(1.0), Tensor(1.0, requires_grad=False)])
def test_containers_that_are_not_looked_into_hold_nothing_that_trains(container: Any, held: Any) -> None:
    with pytest.raises(DTypeError, match=r"Module.parts: expected Modules and parameters in a list, .* make it a list"):
        Module().parts = container([held])
    module = Module()
    module.words = container(["a"])
    assert len(module.words) == 1


@pytest.mark.parametrize(
    "container",
    [
        UserList,
        lambda x: dict.fromkeys("a", x[0]).values(),
        lambda x: {"a": x[0]}.items(),
        lambda x: ChainMap({"a": x[0]}),
    ],
)
def test_neither_do_views_and_what_wraps_a_list_or_a_dict(container: Any) -> None:
    with pytest.raises(DTypeError, match=r"Module.parts: expected Modules and parameters in a list, .* make it a list"):
        Module().parts = container([Linear(1, 1)])
    module = Module()
    module.words = container(["a"])
    assert module.parameters() == []


@pytest.mark.parametrize("shared", [Linear(2, 2), Parameter(1.0), [Tensor(1.0)], {"a": Value(1.0)}])
def test_what_all_models_of_a_class_would_share_is_refused(shared: Any) -> None:
    with pytest.raises(DTypeError, match=r"M.part: expected parameters and buffers to be assigned in __init__"):
        type("M", (Module,), {"part": shared})
    assert type("M", (Module,), {"part": Tanh(), "sizes": [1, 2]})().part(0.0) == 0.0


def test_a_summary_says_what_is_called_twice_and_what_is_made_in_the_call() -> None:
    class Twice(Module):
        def __init__(self) -> None:
            self.layer = Linear(2, 2, rng=0)

        def forward(self, x: Any) -> Any:
            kind = Tensor if isinstance(self.layer.weight, Tensor) else Value
            return self.layer(self.layer(x)) * kind(2.0, label="gain")

    for form in (Twice(), Twice().to_scalars()):
        text = str(form.summary([1.0, 2.0]))
        assert "called 2 times" in text
        assert re.search(r"gain +\(\) +no parameter of the model, so nothing trains it", text)
        assert "nothing trains it" not in str(form.layer.summary([1.0, 2.0]))


def test_a_summary_shows_what_two_optimizers_move_and_all_results_of_a_call() -> None:
    cell = nn.LSTMCell(2, 3, rng=0)
    weights = SGD([cell.weight_ih, cell.weight_hh], lr=0.1), SGD(cell.parameters()[1:3], lr=0.1)
    lines = str(cell.summary(np.ones((4, 2)), optimizer=weights)).splitlines()
    notes = [line.partition("optimizer")[0].split()[-1] if "optimizer" in line else "" for line in lines[1:5]]
    assert notes == ["", "2", "", "the"]
    for form in (cell, cell.to_scalars()):
        assert "(4, 3), (4, 3)" in str(form.summary(np.ones((4, 2))))
    with pytest.raises(DTypeError, match="summary: optimizer: expected one such as"):
        cell.summary(optimizer=[cell])


def test_constants_results_and_settings_are_held_as_they_are() -> None:
    module = Module()
    module.constant = constant = Tensor([1.0], requires_grad=False)
    module.result = result = Tensor([1.0]) * 2
    module.setting = setting = {"a": [1, 2]}
    assert (module.constant, module.result, module.setting) == (constant, result, setting)
    assert module.parameters() == []
    assert module.state_dict() == {}


def test_a_parameter_stays_itself_when_numbers_are_assigned_to_it() -> None:
    layer = Linear(2, 3, rng=0)
    weight = layer.weight
    optimizer = SGD(layer.parameters(), lr=1.0)
    layer.weight = np.ones((2, 3))
    assert layer.weight is weight
    assert weight.numpy().tolist() == [[1.0] * 3] * 2
    layer([1.0, 1.0]).sum().backward()
    optimizer.step()
    assert layer.weight.numpy().tolist() == [[0.0] * 3] * 2
    scalars = layer.to_scalars()
    first = scalars.weight[0, 0]
    scalars.weight = np.full((2, 3), 5.0)
    assert scalars.weight[0, 0] is first
    assert [value.data for value in scalars.weight.flat] == [5.0] * 6


@given(numbers=ARRAYS)
def test_numbers_of_another_shape_are_refused_and_nothing_changes(numbers: Any) -> None:
    for layer in (Linear(2, 3, rng=0), Linear(2, 3, rng=0).to_scalars()):
        before = layer.state_dict()
        if numbers.shape == (2, 3):
            layer.weight = numbers
            np.testing.assert_array_equal(layer.state_dict()["weight"], numbers)
            continue
        with pytest.raises(ShapeError, match=r"Linear.weight: expected numbers of shape \(2, 3\), got "):
            layer.weight = numbers
        assert all((layer.state_dict()[name] == array).all() for name, array in before.items())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda w: w * 2.0, "expected plain numbers, or a Tensor or Value that nothing computes, got"),
        (lambda w: "text", "expected real numbers, got text"),
    ],
)
def test_what_a_parameter_cannot_become_is_refused_by_its_name(value: Any, message: str) -> None:
    layer = Linear(1, 1, rng=0)
    weight = layer.weight
    with pytest.raises((TypeError, ValueError), match=f"Linear.weight: {message}"):
        layer.weight = value(weight)
    assert layer.weight is weight


def test_a_bias_that_is_not_there_is_not_made_in_silence() -> None:
    layer = Linear(2, 3, bias=False, rng=0)
    with pytest.raises(DTypeError, match=r"Linear.bias: there is no such parameter yet, .*: assign Parameter\(…\)"):
        layer.bias = np.zeros(3)
    layer.bias = Parameter(np.ones(3))
    assert len(layer.parameters()) == 2
    layer.bias = None
    assert len(layer.parameters()) == 1


def test_a_shared_parameter_counts_once_and_is_one_in_both_forms() -> None:
    class Tied(Module):
        def __init__(self) -> None:
            self.embed, self.head = Linear(2, 2, rng=0), Linear(2, 2, rng=1)
            self.head.weight = self.embed.weight

    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["embed.weight", "embed.bias", "head.bias"]
    assert list(model.state_dict()) == ["embed.weight", "embed.bias", "head.weight", "head.bias"]
    twin = model.to_scalars()
    assert twin.embed.weight is twin.head.weight
    assert "the same as head.weight" in str(model.summary())


def test_a_buffer_is_numbers_and_holds_no_graph() -> None:
    model = Running()
    model([1.0, 2.0])
    assert type(model.mean) is np.ndarray
    assert model.calls.dtype == np.int64
    assert dict(model.named_buffers()).keys() == {"mean", "calls"}
    scalars = model.to_scalars()
    scalars([1.0, 2.0])
    assert scalars.mean.dtype == np.float64
    assert int(scalars.calls) == 2


def test_declarations_say_how_they_are_used() -> None:
    weight = Parameter([1.0])
    with pytest.raises(AttributeError, match=r"a Parameter has no shape: assign it to an attribute of a Module"):
        _ = weight.shape
    with pytest.raises(TypeError):
        np.ones(1) * weight
    with pytest.raises(DTypeError, match=r"write self.w = Parameter\(…\) around the list"):
        Module().w = [weight]
    with pytest.raises(DTypeError, match="say one of the two"):
        Buffer(weight)
    with pytest.raises(DTypeError, match="which is computed"):
        Parameter(Tensor(1.0) * 2)
    assert repr(weight).startswith("Parameter(Tensor(")


def test_labels_are_the_names_of_attributes_where_none_was_given() -> None:
    module = Module()
    module.w = Parameter([Value(1.0), Value(2.0, label="mine")])
    module.gain = Parameter(2.0)
    assert [p.label for p in module.parameters()] == ["w[0]", "mine", "gain"]


def test_deleting_a_parameter_forgets_its_role() -> None:
    layer = Linear(2, 2)
    del layer.bias
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    layer.bias = [1, 2]
    assert layer.bias == [1, 2]


@pytest.mark.parametrize(
    "twin", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: tree.map(lambda x: x, m)]
)
def test_copies_keep_roles_and_modes(twin: Any) -> None:
    model = MLP([2, 2, 1], rng=0).eval()
    other = twin(model)
    assert [name for name, _ in other.named_parameters()] == [name for name, _ in model.named_parameters()]
    assert not other.layers[0].training
    other.layers[0].weight = np.zeros((2, 2))
    assert isinstance(other.layers[0].weight, Tensor)


# Modes, and frozen parameters.


def test_modes_reach_every_module_inside() -> None:
    model = Sequential(Linear(2, 2), Sequential(Tanh()))
    assert model.eval() is model
    assert [module.training for _, module in model.named_modules()] == [False] * 4
    assert [module.training for _, module in model.train().named_modules()] == [True] * 4
    with pytest.raises(DTypeError, match=r"Sequential.train: mode: expected True or False, got 1"):
        model.train(1)  # type: ignore[arg-type]


def test_frozen_parameters_stay_where_they_are_and_thaw() -> None:
    model = MLP([2, 2, 1], rng=0)
    model.layers[0].requires_grad_(False)
    before = model.state_dict()
    optimizer = SGD(model.parameters(), lr=0.1)
    for is_frozen in (True, False):
        model.layers[0].requires_grad_(not is_frozen)
        optimizer.zero_grad()
        model([1.0, 2.0]).sum().backward()
        optimizer.step()
        same = (model.layers[0].weight.numpy() == before["layers.0.weight"]).all()
        assert bool(same) is is_frozen
    model.layers[0].requires_grad_(False)
    scalars = model.to_scalars()
    assert [p.requires_grad for p in scalars.parameters()] == [False] * 6 + [True] * 3
    assert [p.requires_grad for p in scalars.to_tensors().parameters()] == [False, False, True, True]
    with pytest.raises(GraphError, match="call it before to_scalars"):
        scalars.requires_grad_(False)


# States.


@given(seed=st.integers(0, 99), source=st.booleans(), target=st.booleans())
def test_a_state_goes_from_any_form_to_any_form(seed: int, source: bool, target: bool) -> None:
    def form(model: Running, is_scalar: bool) -> Running:
        return model.to_scalars() if is_scalar else model

    model = form(Running(), source)
    model(np.random.default_rng(seed).normal(size=2))
    other = form(Running(), target)
    parameters = other.parameters()
    assert other.load_state_dict(model.state_dict()) == ([], [])
    assert all(p is q for p, q in zip(parameters, other.parameters(), strict=True))
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], array)
    assert other.state_dict()["calls"].dtype == np.int64


def test_a_state_is_a_copy() -> None:
    model = Running()
    state = model.state_dict()
    state["mean"][:] = 7.0
    state["gain"][:] = 7.0
    assert not (model.mean == 7.0).any()
    assert not (model.gain.numpy() == 7.0).any()
    model.load_state_dict(state)
    state["mean"][:] = 8.0
    assert (model.mean == 7.0).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"gain": [1.0]}, ShapeError, r"gain: expected numbers of shape \(2,\), got \(1,\)"),
        ({"calls": 0.5}, DTypeError, "calls: expected int64, got float64"),
        ({"gain": ["a", "b"]}, DTypeError, "gain: expected real numbers, got text"),
        ({"other": 1.0}, ValueError, "unexpected other"),
        ({"mean": None}, DTypeError, "mean: expected real numbers"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: dict[str, Any], error: Any, message: str) -> None:
    model = Running()
    before = model.state_dict()
    state = {name: array + 1 for name, array in before.items()} | change
    with pytest.raises(error, match=f"Running.load_state_dict: .*{message}"):
        model.load_state_dict(state)
    assert all((model.state_dict()[name] == array).all() for name, array in before.items())


def test_names_may_be_missing_where_that_is_said() -> None:
    model = Linear(2, 2, rng=0)
    with pytest.raises(ValueError, match="got one with missing weight"):
        model.load_state_dict({"bias": [1.0, 2.0]})
    assert model.load_state_dict({"bias": [1.0, 2.0], "x": 1.0}, strict=False) == (["weight"], ["x"])
    assert model.bias.numpy().tolist() == [1.0, 2.0]
    with pytest.raises(DTypeError, match="state: expected a dict"):
        model.load_state_dict([1.0])  # type: ignore[arg-type]


def test_a_state_keeps_the_dtype_that_is_there() -> None:
    small = MLP([2, 2], rng=0, dtype=np.float32)
    small.load_state_dict(MLP([2, 2], rng=1).state_dict())
    assert small.layers[0].weight.dtype == np.float32


# The summary.


def test_a_summary_shows_what_will_not_train() -> None:
    model = Sequential(Linear(2, 3, rng=0), Tanh(), Linear(3, 1, rng=0))
    model.spare = Parameter([1.0, 2.0, 3.0])
    model.layers[0].requires_grad_(False)
    optimizer = SGD([model.layers[2].weight], lr=0.1)
    summary = model.summary([[1.0, 2.0]], optimizer=optimizer)
    rows = {(row[0], row[3]): row[6] for row in summary.rows}
    assert summary.count == 16
    assert rows["", "spare"] == "not in the optimizer, the output does not depend on it"
    assert rows["layers.0", "weight"] == "frozen"
    assert rows["layers.2", "weight"] == ""
    assert rows["", "bias"] == "not in the optimizer"
    assert str(summary).splitlines()[-1] == "16 parameters in Sequential, 9 of them frozen"
    assert "<table>" in summary._repr_html_()


@pytest.mark.parametrize("form", [Module.to_tensors, Module.to_scalars])
def test_a_summary_calls_a_copy(form: Any) -> None:
    model = form(Running())
    model([1.0, 2.0])
    before = model.state_dict()
    summary = model.summary([1.0, 2.0])
    assert model.training
    assert all((model.state_dict()[name] == array).all() for name, array in before.items())
    assert not any(p.has_grad for p in model.parameters())
    assert "Linear(2, 2)  (2,)" in str(summary)
    with no_grad():
        assert summary.count == 8


def test_a_shared_module_is_named() -> None:
    layer = Linear(2, 2)
    assert "the same as layers.0" in str(Sequential(layer, layer).summary())


# What lectures do with the outputs of a network of Values.


@pytest.mark.parametrize("batch", [True, False])
def test_a_sum_over_outputs_sweeps_back(batch: bool) -> None:
    model = MLP([2, 3, 1], rng=0)
    xs, ys = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]), [1.0, -1.0, 0.5]
    scalars = model.to_scalars()
    outputs = scalars(xs) if batch else [scalars(x) for x in xs]
    loss = sum((out - y) ** 2 for y, out in zip(ys, outputs, strict=True))
    loss.backward()
    (np.sum((model(xs)[:, 0] - ys) ** 2)).backward()
    grads = [p.grad for p in scalars.parameters()]
    np.testing.assert_allclose(grads, np.concatenate([p.grad.ravel() for p in model.parameters()]), rtol=1e-12)


def test_a_sum_over_several_outputs_names_the_cure() -> None:
    scalars = MLP([2, 3, 4], rng=0).to_scalars()
    loss = sum((out - 1.0) ** 2 for out in [scalars([1.0, 2.0]), scalars([2.0, 1.0])])
    with pytest.raises(ShapeError, match=r"expected one Value, got an array of 4, of shape \(4,\): .* loss.sum\(\)"):
        loss.backward()
    loss.sum().backward()
    assert all(p.has_grad for p in scalars.parameters())
    assert type(scalars([1.0, 2.0]) > 0.0) is np.ndarray
    assert isinstance(np.sum(scalars([1.0, 2.0])), Value)


def test_one_output_goes_on_as_the_one_input_of_the_next() -> None:
    model = Sequential(MLP([2, 1], rng=0), MLP([1, 2], rng=0))
    np.testing.assert_allclose([v.data for v in model.to_scalars()([1.0, 2.0])], model([1.0, 2.0]).numpy(), rtol=1e-12)


def test_what_a_call_keeps_is_no_state() -> None:
    class Keeping(Module):
        def __init__(self) -> None:
            self.w = Parameter(2.0)

        def forward(self, x: Any) -> Any:
            self.x = x
            self.y = x * self.w
            return self.y

    for form, x in ((Module.to_tensors, Tensor(3.0)), (Module.to_scalars, Value(3.0))):
        model = form(Keeping())
        model(x).backward()
        assert model.x is x
        assert [name for name, _ in model.named_parameters()] == ["w"]
        assert model.state_dict().keys() == {"w"}
        assert "kept from a call" in str(model.summary())
        assert model.to_scalars().x == 3.0
        with pytest.raises(DTypeError, match=r"Keeping.z: expected to be told"):
            model.z = x


def test_a_dataclass_may_be_a_module() -> None:
    @dataclass(eq=False)
    class Scale(Module):
        gain: Any
        name: str = "s"

    model = Scale(Parameter(2.0))
    assert [name for name, _ in model.named_parameters()] == ["gain"]
    assert nn.Sequential(model).state_dict().keys() == {"layers.0.gain"}


def test_a_summary_says_out_loud_what_a_stride_leaves_over() -> None:
    model = Sequential(nn.Conv2d(1, 2, 3, stride=2, rng=0), nn.MaxPool2d(2))
    assert "0 and 1 at the end of its axes are not looked at" in str(model.summary(np.zeros((1, 1, 7, 8))))
    assert "not looked at" not in str(Sequential(nn.Conv2d(1, 2, 3, rng=0)).summary(np.zeros((1, 1, 7, 8))))


# What a breaker would try.


def test_frozen_means_frozen_and_trained_means_trained() -> None:
    module = Module()
    module.w = Parameter(Tensor([1.0], requires_grad=False))
    assert module.w.requires_grad
    with pytest.raises(DTypeError, match=r"expected frozen Values, .* Value\(…, requires_grad=False\)"):
        Parameter([Value(1.0)], requires_grad=False)
    model = MLP([2, 2, 1], rng=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    model([1.0, 2.0]).sum().backward()
    model.layers[0].requires_grad_(False)
    before = model.state_dict()
    optimizer.step()
    after = model.state_dict()
    assert (after["layers.0.weight"] == before["layers.0.weight"]).all()
    assert (after["layers.2.weight"] != before["layers.2.weight"]).any()


def test_an_update_inside_no_grad_goes_into_the_parameter() -> None:
    layer = Linear(2, 1, rng=0)
    weight = layer.weight
    layer([1.0, 2.0]).sum().backward()
    with no_grad():
        layer.weight = layer.weight - 0.1 * layer.weight.grad
    assert layer.weight is weight
    assert weight.requires_grad
    with pytest.raises(ShapeError, match=r"Linear.weight: expected shape \(2, 1\), got \(5, 5\)"):
        layer.weight = Tensor(np.ones((5, 5)))
    with pytest.raises(DTypeError, match="expected a Tensor, got a Value"):
        layer.weight = Value(1.0)


def test_a_buffer_takes_no_gradient_with_it() -> None:
    module = Running()
    with pytest.raises(LostGradientError, match=r"Running.mean: a buffer holds plain numbers"):
        module.mean = module.gain * 2.0
    module.calls = np.int8(3)
    module.small = Buffer(np.zeros(2, np.int8))
    with pytest.raises(DTypeError, match="expected numbers that int8 holds"):
        module.load_state_dict({**module.state_dict(), "small": [300, 1]})


def test_names_that_mean_two_things_are_refused() -> None:
    module = Module()
    module.parts = {"a.b": Linear(1, 1), "a": {"b": Linear(1, 1)}}
    with pytest.raises(ValueError, match=r"two parts have the name 'parts.a.b.weight'"):
        module.state_dict()
    with pytest.raises(AttributeError, match="is a method of every Module: give the attribute another name"):
        setattr(Linear(1, 1), "train", True)  # noqa: B010 - mypy knows better
    with pytest.raises(DTypeError, match=r"Shared.w: expected parameters and buffers to be assigned in __init__"):

        class Shared(Module):
            w = Parameter([1.0])


def test_a_module_may_stay_in_a_mode_of_its_own() -> None:
    class Frozen(nn.BatchNorm1d):
        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    model = Sequential(Linear(2, 3), Frozen(3), Tanh()).train()
    assert [layer.training for layer in model] == [True, False, True]


def test_a_summary_leaves_the_gradients_of_what_a_function_closes_over() -> None:
    class Closing(Module):
        def __init__(self) -> None:
            self.w = Parameter([2.0])
            self.f = lambda x: self.w * x

        def forward(self, x: Any) -> Any:
            return {"y": self.f(x)}

    model = Closing()
    assert "(1,)" in str(model.summary(np.ones(1)))
    assert not model.w.has_grad


def test_a_state_of_pytorch_says_how_it_is_loaded() -> None:
    torch = pytest.importorskip("torch", reason="whose states may be transposed")
    with pytest.raises(DTypeError, match=r"use nn.load_torch_state_dict"):
        Linear(3, 3).load_state_dict(torch.nn.Linear(3, 3).state_dict())


def test_a_number_in_the_place_of_a_parameter_is_no_parameter() -> None:
    scalars = MLP([2, 2, 1], rng=0).to_scalars()
    scalars.layers[0].weight[0, 1] = 5.0
    with pytest.raises(
        DTypeError, match=r"layers.0.weight\[0, 1\]: expected a Tensor or a Value, got 5.0, which is not"
    ):
        scalars.parameters()
    module = Module()
    module.ws = Parameter([Tensor([1.0]), Tensor([2.0])])
    module.ws[0] = np.zeros(1)
    with pytest.raises(DTypeError, match=r"Module.ws.0: expected a Tensor or a Value"):
        module.parameters()


def test_a_state_the_other_way_round_says_so() -> None:
    with pytest.raises(ShapeError, match=r"expected numbers of shape \(2, 3\), got \(3, 2\): transpose them"):
        Linear(2, 3).load_state_dict({"weight": np.ones((3, 2)), "bias": np.zeros(3)})


def test_images_before_a_linear_layer_are_to_be_flattened() -> None:
    with pytest.raises(ShapeError, match=r"flatten each sample first, as by nn.Flatten\(\)"):
        Linear(16, 2)(np.zeros((3, 4, 4)))
    with pytest.raises(ShapeError, match=r"images are flattened by nn.Flatten\(\), to 18 each"):
        Linear(8, 2)(np.zeros((2, 2, 3, 3)))


def test_weights_that_are_tied_the_other_way_round_say_how() -> None:
    """An embedding and the layer that reads it out, whose weights are turned."""
    first, last = nn.Embedding(5, 3, rng=0), nn.Linear(3, 5, rng=0)
    with pytest.raises(ShapeError, match=r"shape \(3, 5\), got \(5, 3\): keep one, and use its \.T in forward"):
        last.weight = first.weight
