"""Optimisers: their rules in closed form, groups, what is kept, saved and loaded, and clipping."""

from __future__ import annotations

import copy
import gc
import json
import math
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupts import interrupted_at

import nn
from autograd import DTypeError, ShapeError, Tensor, Value
from nn import SGD, Adadelta, Adagrad, Adam, AdamW, Module, Optimizer, RMSProp, clip_grad_norm, clip_grad_value

#: Every rule, with settings that use all of it.
RULES: dict[str, Callable[[Any], Optimizer]] = {
    "SGD": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1),
    "nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "Adadelta": lambda ps: Adadelta(ps, lr=0.5, rho=0.5, eps=1e-2, weight_decay=0.1),
    "Adagrad": lambda ps: Adagrad(ps, lr=0.5, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.2),
    "RMSProp": lambda ps: RMSProp(ps, weight_decay=0.1, momentum=0.5, centered=True),
    "Adam": lambda ps: Adam(ps, lr=0.1, weight_decay=0.1, amsgrad=True),
    "AdamW": lambda ps: AdamW(ps, lr=0.1, weight_decay=0.1),
}


def walk(optimizer: Optimizer, grads: Any) -> None:
    """A step for each gradient, which all parameters have."""
    for grad in grads:
        for p in optimizer.parameters:
            p.grad = grad if isinstance(p, Value) else np.full(p.shape, grad, p.dtype)
        optimizer.step()


# Closed forms: on a gradient that never changes, and on none.

STEPS = st.integers(1, 40)
SLOPES = st.floats(0.1, 10.0) | st.floats(-10.0, -0.1)
DECAYS = st.floats(0.0, 0.99)


def after(make: Callable[[Any], Optimizer], grad: float, steps: int, start: float = 0.0) -> float:
    value, tensor = Value(start), Tensor([start, start])
    walk(make([value, tensor]), [grad] * steps)
    np.testing.assert_allclose(tensor.data, value.data, rtol=1e-14)
    return value.data


@given(SLOPES, STEPS, DECAYS)
def test_momentum_on_a_constant_slope(g: float, n: int, mu: float) -> None:
    pushes = [(1 - mu**k) / (1 - mu) for k in range(1, n + 2)]
    found = after(lambda p: SGD(p, lr=0.1, momentum=mu), g, n)
    assert found == pytest.approx(-0.1 * g * math.fsum(pushes[:n]), rel=1e-12)
    if mu:  # one that looks ahead is one push further, but for the first
        found = after(lambda p: SGD(p, lr=0.1, momentum=mu, nesterov=True), g, n)
        assert found == pytest.approx(-0.1 * g * math.fsum(pushes[1:]), rel=1e-12)


@given(SLOPES, st.floats(0.01, 0.99))
def test_dampening_holds_from_the_second_step_on(g: float, tau: float) -> None:
    def make(parameters: Any) -> Optimizer:
        return SGD(parameters, lr=1.0, momentum=0.5, dampening=tau)

    assert after(make, g, 1) == pytest.approx(-g)
    assert after(make, g, 2) == pytest.approx(-g - (0.5 * g + (1 - tau) * g))


@given(SLOPES, STEPS, st.floats(0.0, 1.0), st.floats(0.0, 5.0))
def test_adagrad_on_a_constant_slope(g: float, n: int, decay: float, first: float) -> None:
    found = after(lambda p: Adagrad(p, lr=0.1, lr_decay=decay, initial_accumulator_value=first, eps=1e-300), g, n)
    sizes = [g / (math.sqrt(first + k * g * g) * (1 + (k - 1) * decay)) for k in range(1, n + 1)]
    assert found == pytest.approx(-0.1 * math.fsum(sizes), rel=1e-12)


@given(SLOPES, STEPS, st.floats(0.1, 0.99))
def test_adadelta_on_a_constant_slope(g: float, n: int, rho: float) -> None:
    """The size of its steps is found by their own size: step by step, in squares."""
    found = after(lambda p: Adadelta(p, lr=0.5, rho=rho, eps=0.1), g, n)
    size, steps = 0.0, []
    for k in range(1, n + 1):
        steps.append(math.sqrt((size + 0.1) / (g * g * (1 - rho**k) + 0.1)) * abs(g))
        size = rho * size + (1 - rho) * steps[-1] ** 2
    assert found == pytest.approx(-0.5 * math.copysign(math.fsum(steps), g), rel=1e-9)


@given(SLOPES, STEPS, st.floats(0.1, 0.99))
def test_rmsprop_on_a_constant_slope(g: float, n: int, alpha: float) -> None:
    found = after(lambda p: RMSProp(p, lr=0.1, alpha=alpha, eps=1e-300), g, n)
    sizes = [1 / math.sqrt(1 - alpha**k) for k in range(1, n + 1)]
    assert found == pytest.approx(-0.1 * math.copysign(math.fsum(sizes), g), rel=1e-12)


@given(SLOPES, st.integers(1, 3), st.floats(0.2, 0.8))
def test_centered_rmsprop_divides_by_the_deviation(g: float, n: int, alpha: float) -> None:
    found = after(lambda p: RMSProp(p, lr=0.1, alpha=alpha, eps=1e-300, centered=True), g, n)
    sizes = [1 / math.sqrt(alpha**k * (1 - alpha**k)) for k in range(1, n + 1)]
    assert found == pytest.approx(-0.1 * math.copysign(math.fsum(sizes), g), rel=1e-9)


def test_a_deviation_that_rounds_to_less_than_nothing_is_nothing() -> None:
    for start in (Value(1.0), Tensor([1.0])):
        walk(RMSProp([start], lr=1e-9, alpha=0.3, centered=True), [1.1] * 60)
        assert np.all(np.isfinite(start.data))


@given(SLOPES, STEPS, DECAYS, DECAYS, st.booleans())
def test_adam_on_a_constant_slope_takes_even_steps(g: float, n: int, b1: float, b2: float, ams: bool) -> None:
    found = after(lambda p: Adam(p, lr=0.1, betas=(b1, b2), eps=0.5, amsgrad=ams), g, n)
    assert found == pytest.approx(-0.1 * n * g / (abs(g) + 0.5), rel=1e-9)


def test_amsgrad_keeps_the_largest() -> None:
    """After one large gradient, v̂ never falls: with β₁ = 0 the step is lr · g / √(max v / (1 − β₂ᵗ))."""
    w = Value(0.0)
    optimizer = Adam([w], lr=1.0, betas=(0.0, 0.5), eps=1e-300, amsgrad=True)
    walk(optimizer, [8.0])
    for step in range(2, 6):
        before = w.data
        walk(optimizer, [1.0])
        assert before - w.data == pytest.approx(1 / math.sqrt(32 / (1 - 0.5**step)), rel=1e-12)


@given(STEPS, st.floats(0.0, 1.0))
def test_weight_decay_without_a_slope(n: int, decay: float) -> None:
    left = (1 - 0.1 * decay) ** n
    assert after(lambda p: SGD(p, lr=0.1, weight_decay=decay), 0.0, n, 3.0) == pytest.approx(3 * left, rel=1e-12)
    assert after(lambda p: AdamW(p, lr=0.1, weight_decay=decay), 0.0, n, 3.0) == pytest.approx(3 * left, rel=1e-12)
    if decay > 0.01:  # and where the decay is a gradient, Adam makes an even step of it
        assert after(lambda p: Adam(p, lr=0.1, weight_decay=decay), 0.0, 1, 3.0) == pytest.approx(2.9, rel=1e-6)


@pytest.mark.parametrize("rule", RULES)
@given(grads=st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=20), start=st.floats(-2.0, 2.0))
def test_values_and_tensors_of_any_shape_take_the_same_steps(rule: str, grads: list[float], start: float) -> None:
    value, single, pair = Value(start), Tensor(start), Tensor([start, start])
    walk(RULES[rule]([value, single, pair]), grads)
    np.testing.assert_allclose([single.item(), *pair.data], value.data, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("rule", RULES)
def test_narrow_numbers_stay_narrow(rule: str) -> None:
    for shape in ((), (3,), (0, 2)):
        w = Tensor(np.ones(shape, np.float32))
        optimizer = RULES[rule]([w])
        walk(optimizer, [0.5, -1.0, 2.0])
        assert w.dtype == np.float32
        assert {x.dtype for x in optimizer.state.get(0, {}).values() if x is not None and type(x) is not int} <= {
            np.dtype(np.float32)
        }


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_finds_the_lowest_point(rule: str) -> None:
    v, w = Value(1.0), Tensor([0.5, -1.0])
    optimizer = RULES[rule]([v, w])
    for _ in range(200):
        optimizer.zero_grad()
        (v * v).backward()
        (w * w).sum().backward()
        optimizer.step()
    assert abs(v.data) < 0.2
    assert np.all(np.abs(w.data) < 0.2)


@pytest.mark.parametrize("rule", RULES)
@given(fails=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=6))
def test_a_step_that_fails_anywhere_leaves_no_trace(rule: str, fails: list[tuple[int, int]]) -> None:
    def run(interruptions: list[tuple[int, int]]) -> Any:
        parameters: list[Any] = [Value(1.0), Tensor([1.0, -2.0]), Tensor(0.5)]
        optimizer = RULES[rule](parameters)
        rightly = optimizer.update
        for step in range(6):
            grads = [0.3 * step - 0.5, np.array([1.0, step]), np.array(-1.0)]
            for p, grad in zip(parameters, grads, strict=True):
                p.grad = grad
            for at in [index for index, when in interruptions if when == step]:

                def failing(index: int, data: Any, grad: Any, at: int = at) -> Any:
                    new = rightly(index, data, grad)
                    if index == at:
                        raise KeyboardInterrupt
                    return new

                optimizer.update = failing  # type: ignore[method-assign]
                with pytest.raises(KeyboardInterrupt):
                    optimizer.step()
                optimizer.update = rightly  # type: ignore[method-assign]
            optimizer.step()
        return [np.array(p.data).tolist() for p in parameters], optimizer.state

    data, state = run(fails)
    expected, kept = run([])
    assert data == expected
    np.testing.assert_equal(state, kept)


FILES = tuple(f"optim/{name}.py" for name in ("optimizer", "parameters", "saved", "state", "sgd", "adaptive", "clip"))


@pytest.mark.parametrize("rule", ["momentum", "Adam"])
def test_a_step_that_is_interrupted_at_any_line_is_done_or_not(rule: str) -> None:
    def ready() -> tuple[Optimizer, Callable[[], Any]]:
        optimizer = RULES[rule]([Value(1.0), Tensor([1.0, -2.0])])
        walk(optimizer, [0.5])
        for p in optimizer.parameters:
            p.grad = 2.0 if isinstance(p, Value) else np.array([2.0, 2.0])
        return optimizer, lambda: ([np.array(p.data).tolist() for p in optimizer.parameters], optimizer.state_dict())

    optimizer, look = ready()
    before = look()
    optimizer.step()
    after = look()
    line, are_done = 0, 0
    while True:
        optimizer, look = ready()
        line += 1
        if not interrupted_at(line, optimizer.step, FILES):
            break
        found = look()
        is_done = found[0] == after[0]
        np.testing.assert_equal(found, after if is_done else before)
        are_done += is_done
    assert line > 50
    assert are_done < line / 2


@pytest.mark.parametrize("rule", RULES)
def test_what_is_kept_is_nobody_elses(rule: str) -> None:
    w, twin = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    optimizer, other = RULES[rule]([w]), RULES[rule]([twin])
    for step in range(3):
        for p, its in ((w, optimizer), (twin, other)):
            p.grad = np.array([0.5, -1.0]) * (step + 1)
            its.step()
        w.grad[:] = 7.0  # which belongs to the person
    assert w.data.tolist() == twin.data.tolist()


@pytest.mark.parametrize("rule", RULES)
def test_memory_does_not_grow_with_the_steps(rule: str) -> None:
    optimizer = RULES[rule]([Tensor(np.ones(1000)), Value(1.0)])
    walk(optimizer, [0.1] * 5)
    tracemalloc.start()
    try:
        walk(optimizer, [0.1] * 5)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        walk(optimizer, [0.1] * 100)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 8000, "less than one array, or one number a step"
    finally:
        tracemalloc.stop()


def test_a_copy_of_the_state_holds_together_as_the_state_does() -> None:
    class Keeping(Optimizer):
        def update(self, index: int, data: Any, grad: Any) -> Any:
            self.state["list"][0].append(1)
            self.state["array"] += 1
            self.state["fortran"] *= 2
            return data - self.lr * grad

    w = Value(1.0)
    optimizer = Keeping([w], lr=0.1)
    shared: list[Any] = []
    array = np.zeros(2)
    loop: list[Any] = [shared]
    loop.append(loop)
    optimizer.state.update(
        {"list": [shared, (shared,)], "again": shared, "array": array, "dict": {"a": array}, "loop": loop, "set": {1}}
    )
    optimizer.state["fortran"] = np.asfortranarray(np.ones((2, 3)))
    w.grad = 1.0
    optimizer.step()
    state = optimizer.state
    assert shared == [] and array.tolist() == [0, 0], "the copy was written to"  # noqa: PT018
    assert state["list"][0] is state["again"] is state["list"][1][0] is state["loop"][0]
    assert state["again"] == [1]
    assert state["dict"]["a"] is state["array"]
    assert state["loop"][1] is state["loop"]
    assert state["fortran"].flags.f_contiguous


# Groups.


def test_each_group_has_its_own_settings() -> None:
    v, w, x = Value(1.0), Value(1.0), Value(1.0)
    groups: list[Any] = [{"params": [v], "lr": 0.5}, {"params": w, "momentum": 0.5}, {"params": iter([x]), "lr": 0}]
    optimizer = SGD(groups, lr=0.25)
    walk(optimizer, [1.0, 1.0])
    assert (v.data, w.data, x.data) == (0.0, 1.0 - 0.25 - 0.375, 1.0)
    assert optimizer.parameters == [v, w, x]
    assert [group["params"] for group in optimizer.param_groups] == [(v,), (w,), (x,)]
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25, 0.0]
    assert dict(optimizer.param_groups[1]) == {
        "params": (w,),
        "lr": 0.25,
        "initial_lr": 0.25,
        "momentum": 0.5,
        "dampening": 0.0,
        "weight_decay": 0.0,
        "nesterov": False,
        "maximize": False,
    }
    assert len(optimizer.param_groups[1]) == 8
    assert repr(optimizer.param_groups[1]).startswith("ParamGroup(1 parameter, lr=0.25, ")


def test_the_rate_of_all_groups_is_read_where_they_agree_and_set_together() -> None:
    optimizer = SGD([{"params": [Value(1.0)], "lr": 0.5}, {"params": [Value(1.0)]}], lr=0.25)
    with pytest.raises(ValueError, match=r"SGD: lr: expected one for all groups, got 0.5 and 0.25: read param_groups"):
        _ = optimizer.lr
    optimizer.lr = 0.125
    assert optimizer.lr == 0.125
    assert [group["lr"] for group in optimizer.param_groups] == [0.125, 0.125]


def test_a_rule_of_ones_own_has_settings_by_group() -> None:
    class Momentum(Optimizer):
        def __init__(self, parameters: Any, lr: float, beta: float = 0.9) -> None:
            super().__init__(parameters, lr, beta=beta)

        def update(self, index: int, data: Any, grad: Any) -> Any:
            group = self.settings[index]
            self.state[index] = group["beta"] * self.state.get(index, 0.0) + grad
            return data - group["lr"] * self.state[index]

    v, w = Value(0.0), Value(0.0)
    optimizer = Momentum([{"params": [v], "beta": 0.5}, {"params": [w], "lr": 0.25}], lr=1.0, beta=0.0)
    walk(optimizer, [1.0, 1.0])
    assert (v.data, w.data) == (-2.5, -0.5)
    optimizer.param_groups[1]["beta"] = 1.0
    walk(optimizer, [1.0])
    assert w.data == -1.0


def test_a_rule_that_reads_one_rate_refuses_groups_that_differ() -> None:
    class Plain(Optimizer):
        def update(self, index: int, data: Any, grad: Any) -> Any:
            return data - self.lr * grad

    optimizer = Plain([{"params": [Value(1.0)], "lr": 0.5}, {"params": [Value(1.0)]}], lr=0.25)
    with pytest.raises(ValueError, match=r'in an update self.settings\[index\]\["lr"\]'):
        walk(optimizer, [1.0])


# A group more.


def test_a_group_that_is_added_has_what_the_constructor_was_told() -> None:
    v, w, x = Value(1.0), Value(1.0), Value(1.0)
    optimizer = SGD([v], lr=0.25, momentum=0.5)
    optimizer.lr = 0.125
    walk(optimizer, [1.0])
    optimizer.add_param_group({"params": w})
    optimizer.add_param_group({"params": iter([x]), "lr": 0.5, "momentum": 0.0})
    assert optimizer.parameters == [v, w, x]
    assert [(group["lr"], group["momentum"]) for group in optimizer.param_groups] == [
        (0.125, 0.5),
        (0.25, 0.5),
        (0.5, 0.0),
    ]
    walk(optimizer, [1.0])
    assert (v.data, w.data, x.data) == (1.0 - 0.125 - 0.1875, 0.75, 0.5)
    assert optimizer.state_dict()["param_groups"][2]["params"] == [2]
    assert optimizer.state[0]["step"] == 2
    assert optimizer.state[1]["step"] == 1


@pytest.mark.parametrize(
    ("group", "error", "message"),
    [
        (Value(1.0), TypeError, "SGD: add_param_group: expected a dict such as .*, got Value: give it in one"),
        ([{"params": Value(1.0)}], TypeError, "SGD: add_param_group: expected a dict such as .*, got list"),
        (
            {"params": [twin := Value(1.0), twin]},
            ValueError,
            "add_param_group: group 1: parameters: .* got one twice",
        ),
        ({"param": Value(1.0)}, TypeError, "expected groups with 'params', got none in group 1"),
        ({"params": []}, ValueError, "SGD: add_param_group: group 1: parameters: expected Tensors or Values, at least"),
        ({"params": Value(1.0), "rate": 1}, TypeError, "SGD: parameters: group 1: expected params, lr, .* got 'rate'"),
        ({"params": Value(1.0), "lr": -1}, ValueError, "SGD: group 1: lr: expected zero or a positive number"),
        ({"params": Value(1.0), "nesterov": True}, ValueError, "SGD: group 1: nesterov: expected a momentum"),
    ],
)
def test_a_group_that_cannot_be_added_leaves_those_that_are(group: Any, error: type[Exception], message: str) -> None:
    optimizer = SGD([w := Value(1.0)], lr=0.1)
    with pytest.raises(error, match=message):
        optimizer.add_param_group(group)
    with pytest.raises(ValueError, match=r"SGD: add_param_group: parameters: .* got one twice"):
        optimizer.add_param_group({"params": [Value(1.0), w]})
    assert len(optimizer.param_groups) == len(optimizer.parameters) == len(optimizer.settings) == 1


def test_a_group_is_added_whole_or_not_at_all() -> None:
    line = 0
    while True:
        line += 1
        optimizer = SGD([Value(1.0)], lr=0.1)
        was_interrupted = interrupted_at(line, lambda: optimizer.add_param_group({"params": Value(1.0)}), FILES)  # noqa: B023
        assert len(optimizer.param_groups) == len(optimizer.parameters) == len(optimizer.settings)
        if not was_interrupted:
            break
    assert len(optimizer.parameters) == 2
    assert line > 20


@pytest.mark.parametrize("rule", RULES)
def test_to_maximize_is_to_minimize_the_negative(rule: str) -> None:
    down, up = [Value(1.0), Tensor([1.0, -2.0])], [Value(1.0), Tensor([1.0, -2.0])]
    optimizer, other = RULES[rule](down), RULES[rule](up)
    other.param_groups[0]["maximize"] = True
    walk(optimizer, [0.5, -1.0, 0.0, 2.0])
    walk(other, [-0.5, 1.0, 0.0, -2.0])
    for p, q in zip(down, up, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("kind", [Adam, AdamW, Adagrad, RMSProp])
def test_an_eps_that_is_nothing_to_the_parameters_is_refused(kind: Any) -> None:
    """It would divide zero by zero where a gradient is zero, as in the rows of an embedding that no sample has."""
    narrow = Tensor(np.float16([1.0, 2.0]))
    with pytest.raises(ValueError, match=rf"{kind.__name__}: group 0: eps: expected .* of float16 .*, got 1e-"):
        kind([narrow], lr=0.1)
    optimizer = kind([Tensor([1.0])], lr=0.1)
    with pytest.raises(ValueError, match=rf"{kind.__name__}: group 1: eps: expected"):
        optimizer.add_param_group({"params": narrow})
    optimizer.add_param_group({"params": narrow, "eps": 1e-3})
    with pytest.raises(ValueError, match=rf"{kind.__name__}: group 1: eps: expected"):
        optimizer.param_groups[1]["eps"] = 1e-9
    narrow.grad = np.float16([0.0, 1e-4])
    optimizer.step()
    assert narrow.data[0] == pytest.approx(1.0, rel=2e-3)
    assert narrow.data[1] < 2.0


# A step as a lecture writes it.


def test_a_closure_is_called_before_the_step_and_its_loss_given_back() -> None:
    w = Value(1.0)
    optimizer = SGD([w], lr=0.25)

    def closure() -> Value:
        optimizer.zero_grad()
        loss = w**2
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    assert isinstance(loss, Value)
    assert (loss.data, w.data) == (1.0, 0.5)
    assert optimizer.step() is None
    with pytest.raises(DTypeError, match=r"SGD: step: expected a function that gives the loss, or nothing, got Value"):
        optimizer.step(loss)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        optimizer.step(lambda: 1 / 0)
    assert w.data == 0.0


def test_gradients_become_none_or_zeros() -> None:
    v, w, still = Value(1.0), Tensor(np.float32([1.0, 2.0])), Tensor([1.0])
    optimizer = SGD([v, w, still], lr=0.1, momentum=0.5)
    v.grad, w.grad = 2.0, np.float32([math.inf, math.nan])
    optimizer.zero_grad(set_to_none=False)
    assert v.has_grad
    assert v.grad == 0.0
    assert w.grad.dtype == np.float32
    assert w.grad.tolist() == [0.0, 0.0]
    assert still.grad is None
    optimizer.zero_grad(True)
    assert not v.has_grad
    assert w.grad is None
    with pytest.raises(DTypeError, match="SGD: zero_grad: set_to_none: expected True or False, got None"):
        optimizer.zero_grad(None)  # type: ignore[arg-type]


def test_an_optimiser_shows_its_groups() -> None:
    optimizer = SGD([{"params": [Value(1.0), Value(2.0)]}, {"params": Value(1.0), "lr": 0.5}], lr=0.25)
    first, *lines, last = repr(optimizer).split("\n")
    assert (first, last) == ("SGD(", ")")
    assert lines[0].startswith("  ParamGroup(2 parameters, lr=0.25, momentum=0.0, ")
    assert lines[1].startswith("  ParamGroup(1 parameter, lr=0.5, momentum=0.0, ")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("RMSprop", "write nn.RMSProp"),
        ("NAdam", "use nn.Adam, or write its update in a class of your own, of nn.Optimizer"),
        ("LBFGS", "use nn.SGD with momentum, or write its update"),
        ("clip_grad_norm_", "write nn.clip_grad_norm"),
        ("lr_scheduler.LRScheduler", "write nn.Schedule"),
        ("lr_scheduler.CyclicLR", "use nn.LambdaLR"),
    ],
)
def test_a_name_of_pytorch_that_is_not_here_says_what_is(name: str, cure: str) -> None:
    module: Any = nn.optim
    *way, last = name.split(".")
    for part in way:
        module = getattr(module, part)
    with pytest.raises(AttributeError, match=rf"module '{module.__name__}' has no attribute '{last}': {cure}"):
        getattr(module, last)
    assert not hasattr(module, last)


def test_every_optimiser_and_schedule_of_torch_is_here_or_refused_with_a_cure() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for theirs, ours in ((torch.optim, nn.optim), (torch.optim.lr_scheduler, nn.optim.lr_scheduler)):
        for name, found in vars(theirs).items():
            its = getattr(found, "__module__", "").startswith("torch.optim") and name != "Optimizer"
            if isinstance(found, type) and its and not name.startswith("_") and not hasattr(ours, name):
                with pytest.raises(AttributeError, match=f"has no attribute '{name}': (use|write) nn"):
                    getattr(ours, name)


SHARED = Value(1.0)


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ({"params": [SHARED]}, TypeError, "SGD: parameters: expected groups in a list, got one dict"),
        ([{"params": [SHARED]}, Value(1.0)], TypeError, "expected groups, got Value beside them: give it in a dict"),
        ([{"param": [SHARED]}], TypeError, "expected groups with 'params', got none in group 0"),
        ([{"params": []}], ValueError, "SGD: group 0: parameters: expected Tensors or Values, at least one"),
        ([{"params": [SHARED]}, {"params": [SHARED]}], ValueError, "SGD: parameters: .* got one twice"),
        ([{"params": [SHARED], "lr": -1}], ValueError, "SGD: group 0: lr: expected zero or a positive number"),
        ([{"params": [SHARED], "lr": None}], DTypeError, "SGD: group 0: lr"),
        ([{"params": [SHARED], "rate": 1}], TypeError, "group 0: expected params, lr, momentum, .* got 'rate'"),
        ([{"params": [SHARED], "initial_lr": 1}], TypeError, "got 'initial_lr'"),
        ([{"params": [SHARED], "nesterov": True}], ValueError, "SGD: group 0: nesterov: expected a momentum"),
    ],
)
def test_groups_that_cannot_be_are_refused(groups: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SGD(groups, lr=0.1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda g: g.__setitem__("lr", -0.1), ValueError, "Adam: group 0: lr: expected zero or a positive number"),
        (lambda g: g.__setitem__("lr", "a"), DTypeError, "Adam: group 0: lr"),
        (lambda g: g.__setitem__("betas", (0.9, 1.0)), ValueError, r"betas\[1\]: expected a number from 0 up to"),
        (lambda g: g.__setitem__("betas", 0.9), DTypeError, "betas: expected two numbers"),
        (
            lambda g: g.__setitem__("rate", 0.1),
            KeyError,
            "expected one of lr, betas, eps, weight_decay, .*, got",
        ),
        (lambda g: g.__setitem__("params", []), TypeError, "params cannot be changed: make a new optimiser"),
        (lambda g: g.__setitem__("initial_lr", 1.0), TypeError, "initial_lr cannot be changed: set lr"),
        (lambda g: g.update(lr=math.nan), ValueError, "lr"),
        (lambda g: g.update({"lr": 0.5}, eps=-1), ValueError, "eps"),
        (lambda g: g.change({"eps": 0.5, "weight_decay": -1}), ValueError, "weight_decay"),
        (lambda g: g.pop("lr"), TypeError, "'lr' cannot be left out"),
        (lambda g: g.clear(), TypeError, "cannot be left out"),
        (lambda g: g["rate"], KeyError, "rate"),
    ],
)
def test_a_setting_is_checked_when_it_is_set(change: Any, error: type[Exception], message: str) -> None:
    group = Adam([Value(1.0)], lr=0.1).param_groups[0]
    before = dict(group)
    with pytest.raises(error, match=message):
        change(group)
    assert dict(group) == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: SGD(p, 0.1, nesterov=True), "SGD: nesterov: expected a momentum and no dampening"),
        (lambda p: SGD(p, 0.1, 0.9, 0.1, nesterov=True), "got momentum=0.9 and dampening=0.1"),
        (lambda p: SGD(p, 0.1, momentum=1.0), "SGD: momentum: expected a number from 0 up to, but not, 1, such as 0.9"),
        (lambda p: Adam(p, betas=(0.9, -0.1)), r"Adam: betas\[1\]: .*, got -0.1"),
        (lambda p: Adam(p, eps=0.0), "Adam: eps: expected a positive number such as 1e-08, got 0.0"),
        (lambda p: AdamW(p, weight_decay=-1), "AdamW: weight_decay: expected zero or a positive number"),
        (lambda p: RMSProp(p, alpha=1), "RMSProp: alpha"),
        (lambda p: Adagrad(p, lr_decay=-1), "Adagrad: lr_decay"),
        (lambda p: Adam(p, lr=0), "Adam: lr: expected a positive number"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)])


# Saved and loaded.


def model_of(form: str) -> list[Any]:
    if form == "Values":
        return [Value(1.0), Value(-2.0)]
    return [Tensor([1.0, -2.0]), Tensor(np.float32([[3.0]])), Tensor(0.5)]


@pytest.mark.parametrize("trip", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("form", ["Values", "Tensors"])
@pytest.mark.parametrize("rule", RULES)
def test_what_was_saved_goes_on_as_if_nothing_had_been(rule: str, form: str, trip: Any) -> None:
    first = model_of(form)
    optimizer = RULES[rule](first)
    walk(optimizer, [0.5, -1.0, 2.0])
    optimizer.param_groups[0]["lr"] = 0.01
    saved = trip(optimizer.state_dict())
    second = [Value(p.data) if form == "Values" else Tensor(p.data) for p in first]
    other = RULES[rule](second)
    other.load_state_dict(saved)
    walk(optimizer, [1.0, 3.0])
    walk(other, [1.0, 3.0])
    for p, q in zip(first, second, strict=True):
        assert np.array_equal(p.data, q.data)
    np.testing.assert_equal(other.state_dict(), optimizer.state_dict())
    third = RULES[rule]([Value(p.data) if form == "Values" else Tensor(p.data) for p in first])
    third.load_state_dict(saved)
    assert third.state_dict()["state"].keys() == saved["state"].keys()
    np.testing.assert_equal(third.state_dict(), saved, "nobody wrote to what was saved")


def test_a_saved_state_is_plain_data() -> None:
    parameters = model_of("Tensors")
    optimizer = Adam([{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.5}])
    walk(optimizer, [1.0])
    saved = optimizer.state_dict()
    assert saved["optimizer"] == "Adam"
    assert saved["shapes"] == [[2], [1, 1], []]
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert saved["param_groups"][0]["betas"] == [0.9, 0.999]
    assert saved["state"].keys() == {"0", "1", "2"}
    assert saved["state"]["1"]["exp_avg"].dtype == np.float32
    assert saved["state"]["0"]["step"] == 1

    def numbers(x: Any) -> Any:
        assert type(x) is np.ndarray
        return x.tolist()

    assert json.loads(json.dumps(saved, default=numbers, allow_nan=False))["state"]["2"]["step"] == 1


def test_what_is_saved_and_loaded_is_nobody_elses() -> None:
    optimizer, other = RULES["Adam"](model_of("Tensors")), RULES["Adam"](model_of("Tensors"))
    walk(optimizer, [1.0])
    saved = optimizer.state_dict()
    other.load_state_dict(saved)
    for its in (optimizer, other):
        assert not np.shares_memory(its.state[0]["exp_avg"], saved["state"]["0"]["exp_avg"])


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda p: SGD(p, lr=0.1), None),
        (lambda p: SGD(p, lr=0.1, momentum=0.5), {"momentum_buffer"}),
        (lambda p: Adagrad(p), {"sum"}),
        (lambda p: RMSProp(p), {"square_avg"}),
        (lambda p: RMSProp(p, centered=True), {"square_avg", "grad_avg"}),
        (lambda p: RMSProp(p, momentum=0.5), {"square_avg", "momentum_buffer"}),
        (lambda p: Adam(p), {"exp_avg", "exp_avg_sq"}),
        (lambda p: AdamW(p, amsgrad=True), {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}),
    ],
)
def test_only_what_is_used_is_kept_and_what_is_turned_on_later_begins_then(make: Any, names: set[str] | None) -> None:
    optimizer = make([Value(1.0)])
    walk(optimizer, [1.0, 2.0])
    assert optimizer.state.keys() == (set() if names is None else {0})
    assert names is None or optimizer.state[0].keys() == {"step", *names}
    for setting, value in {"momentum": 0.5, "centered": True, "amsgrad": True}.items():
        if setting in optimizer.param_groups[0]:
            optimizer.param_groups[0][setting] = value
    walk(optimizer, [1.0])
    twin = make([Value(1.0)])
    twin.load_state_dict(optimizer.state_dict())
    assert twin.state == optimizer.state


def saved(rule: str = "Adam", parameters: Any = None) -> dict[str, Any]:
    optimizer = RULES[rule](parameters or model_of("Tensors"))
    walk(optimizer, [1.0])
    return optimizer.state_dict()


def changed(path: list[Any], value: Any, rule: str = "Adam") -> dict[str, Any]:
    """What was saved, with another value in one place; ... takes it out."""
    state = saved(rule)
    *way, last = path
    part: Any = state
    for key in way:
        part = part[key]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return state


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: None, TypeError, "Adam.load_state_dict: state_dict: expected a dict, .* got None"),
        (dict, ValueError, "expected optimizer, shapes, param_groups, state, got no 'optimizer'"),
        (lambda: changed(["more"], 1), ValueError, "got 'more' too"),
        (lambda: saved("AdamW"), ValueError, "optimizer: expected 'Adam', got 'AdamW': make one of that class"),
        (lambda: saved(parameters=[Tensor([1.0])]), ValueError, "expected those of 3 parameters, got 1"),
        (lambda: changed(["shapes", 1], [1, 2]), ShapeError, r"expected \(1, 1\) of parameter 1, got \[1, 2\]"),
        (lambda: changed(["shapes"], 3), ValueError, "shapes: .* got 3"),
        (lambda: changed(["param_groups"], []), ValueError, "param_groups: expected 1, got 0"),
        (lambda: changed(["param_groups"], None), ValueError, "param_groups: expected 1, got None"),
        (lambda: changed(["param_groups", 0], 1), TypeError, r"param_groups\[0\]: expected a dict"),
        (lambda: changed(["param_groups", 0, "params"], [0, 2, 1]), ValueError, r"params: expected \[0, 1, 2\]"),
        (lambda: changed(["param_groups", 0, "eps"], ...), ValueError, r"param_groups\[0\]: .* got no 'eps'"),
        (lambda: changed(["param_groups", 0, "rho"], 1), ValueError, "got 'rho' too: leave it out"),
        (lambda: changed(["param_groups", 0, "lr"], -1), ValueError, "lr: expected zero or a positive number"),
        (lambda: changed(["param_groups", 0, "initial_lr"], "a"), TypeError, "initial_lr"),
        (lambda: changed(["state"], [1]), TypeError, r"state: expected a dict, got \[1\]"),
        (lambda: changed(["state", "3"], {}), ValueError, r"state\['3'\]: expected the number of a parameter as text"),
        (lambda: changed(["state", 0], {}), ValueError, r"state\[0\]: expected the number of a parameter as text"),
        (lambda: changed(["state", "0"], 5.0), TypeError, r"state\['0'\]: expected a dict"),
        (lambda: changed(["state", "0", "exp_avg"], ...), ValueError, "got no 'exp_avg'"),
        (lambda: changed(["state", "0", "sum"], np.zeros(2)), ValueError, "got 'sum' too"),
        (lambda: changed(["state", "0", "step"], -1), TypeError, "step: expected a count of steps, got -1"),
        (lambda: changed(["state", "0", "step"], 1.5), TypeError, "step: expected a count of steps, got 1.5"),
        (lambda: changed(["state", "0", "exp_avg"], np.zeros(3)), ShapeError, r"expected shape \(2,\), got \(3,\)"),
        (lambda: changed(["state", "0", "exp_avg"], np.zeros(2, "f4")), TypeError, "an array of float64"),
        (lambda: changed(["state", "0", "exp_avg"], [0.0, 0.0]), TypeError, r"an array of float64, got \[0.0, 0.0\]"),
        (lambda: changed(["state", "0", "exp_avg"], {1, 2}), TypeError, r"\['exp_avg'\]: expected a number, a text"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(make: Any, error: type[Exception], message: str) -> None:
    optimizer = RULES["Adam"](model_of("Tensors"))
    walk(optimizer, [3.0, 1.0])
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(make())
    np.testing.assert_equal(optimizer.state_dict(), before)


def test_a_state_of_values_holds_floats() -> None:
    optimizer = RULES["Adam"](model_of("Values"))
    walk(optimizer, [3.0])
    state = optimizer.state_dict()
    state["state"]["1"]["exp_avg"] = np.zeros(())
    with pytest.raises(TypeError, match="expected a float, as of a Value"):
        optimizer.load_state_dict(state)


class Mixed(Optimizer):
    """It keeps what it is told to, beside numbers of NumPy's."""

    told: Any = None

    def update(self, index: int, data: Any, grad: Any) -> Any:
        self.state[index] = 0.5 * self.state.get(index, 0.0) + grad
        self.state["names"] = ["a", None, {"b": True}]
        if self.told is not None:
            self.state.update(self.told)
        return data - self.lr * self.state[index]


def test_a_rule_of_ones_own_is_saved_too() -> None:
    parameters = model_of("Tensors")
    optimizer = Mixed(parameters, lr=0.1)
    walk(optimizer, [1.0, 2.0])
    saved = optimizer.state_dict()
    twins = [Tensor(p.data) for p in parameters]
    other = Mixed(twins, lr=0.5)
    other.load_state_dict(saved)
    walk(optimizer, [3.0])
    walk(other, [3.0])
    assert [p.data.tolist() for p in parameters] == [p.data.tolist() for p in twins]
    assert other.state["names"] == ["a", None, {"b": True}]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"7": 1}, "expected the numbers of parameters and names as keys, got '7'"),
        ({(1, 2): 1}, r"as keys, got \(1, 2\)"),
        ({"a": (1, 2)}, r"state\['a'\]: expected a number, a text, None, an array.* got \(1, 2\)"),
        ({"a": [1, {2: 3}]}, r"state\['a'\]\[1\]: expected"),
        ({"a": np.array([None])}, r"state\['a'\]"),
    ],
)
def test_a_state_that_cannot_be_saved_is_refused_by_its_key(told: Any, message: str) -> None:
    optimizer = Mixed([Value(1.0)], lr=0.1)
    optimizer.told = told
    walk(optimizer, [1.0])
    with pytest.raises(DTypeError, match=message):
        optimizer.state_dict()


def test_a_model_and_its_optimiser_go_through_a_pickle_together() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    optimizer = Adam(model.parameters(), lr=0.1)
    walk(optimizer, [1.0])
    its_model, its = pickle.loads(pickle.dumps((model, optimizer)))
    its.param_groups[0]["lr"] = 0.5
    walk(its, [1.0])
    assert optimizer.lr == 0.1
    assert its.settings[0] is its.settings[3]
    assert its.settings[0]["lr"] == 0.5
    assert isinstance(its_model, Module)
    assert all(p is q for p, q in zip(its_model.parameters(), its.parameters, strict=True))


# Clipping.

GRADS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6)


@given(GRADS, st.floats(0.01, 100.0))
def test_a_clipped_norm_is_at_most_the_limit_and_keeps_the_direction(grads: list[float], limit: float) -> None:
    values, tensor = [Value(0.0) for _ in grads], Tensor(np.zeros(len(grads)))
    for v, grad in zip(values, grads, strict=True):
        v.grad = grad
    tensor.grad = np.array(grads)
    norm = math.hypot(*grads)
    assert clip_grad_norm(values, limit) == pytest.approx(norm, rel=1e-12)
    assert clip_grad_norm([tensor], limit) == pytest.approx(norm, rel=1e-12)
    found = [v.grad for v in values]
    np.testing.assert_allclose(tensor.grad, found, rtol=1e-12, atol=1e-300)
    assert math.hypot(*found) <= limit
    np.testing.assert_allclose(found, np.array(grads) * min(1.0, limit / (norm + 1e-6)), rtol=1e-12)


@given(GRADS, st.floats(0.01, 100.0))
def test_clipped_values_are_within_the_limit(grads: list[float], limit: float) -> None:
    values, tensor = [Value(0.0) for _ in grads], Tensor(np.zeros(len(grads)))
    for v, grad in zip(values, grads, strict=True):
        v.grad = grad
    tensor.grad = np.array(grads)
    clip_grad_value([*values, tensor], limit)
    expected = [sorted((-limit, grad, limit))[1] for grad in grads]
    assert [v.grad for v in values] == tensor.grad.tolist() == expected


def test_a_norm_is_found_where_its_squares_overflow() -> None:
    v, w = Value(0.0), Tensor([0.0, 0.0])
    v.grad, w.grad = 3e200, np.array([4e200, 0.0])
    assert clip_grad_norm([v, w], 1e200) == pytest.approx(5e200)
    assert v.grad == pytest.approx(0.6e200)
    narrow = Tensor(np.float32([0.0, 0.0]))
    narrow.grad = np.float32([3e30, 4e30])
    assert clip_grad_norm([narrow], 1.0) == pytest.approx(5e30)
    assert narrow.grad.dtype == np.float32
    np.testing.assert_allclose(narrow.grad, [0.6, 0.8], rtol=1e-6)


def test_parameters_without_gradients_are_not_clipped() -> None:
    v, w = Value(1.0), Tensor([1.0])
    assert clip_grad_norm([v, w], 1.0) == 0.0
    clip_grad_value([v, w], 1.0)
    assert not v.has_grad
    assert w.grad is None


def test_a_gradient_that_a_frozen_parameter_has_from_before_counts_nothing() -> None:
    w, frozen = Tensor([0.0, 0.0]), Tensor([0.0])
    w.grad, frozen.grad = np.array([3.0, 4.0]), np.array([math.nan])
    frozen.requires_grad = False
    optimizer = SGD([w, frozen], lr=1.0)
    assert clip_grad_norm(optimizer.parameters, 10.0) == clip_grad_norm([w], math.inf) == 5.0
    clip_grad_value(optimizer.parameters, 3.5)
    optimizer.step()
    assert w.data.tolist() == [-3.0, -3.5]
    assert frozen.data.tolist() == [0.0]
    assert np.isnan(frozen.grad).all()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("power", [1.0, 2.0, math.inf])
def test_a_norm_that_is_no_number_is_refused_with_the_parameter(wrong: float, power: float) -> None:
    v, w = Value(0.0), Tensor([0.0, 0.0], label="W2")
    v.grad, w.grad = 3.0, np.array([5.0, wrong])
    with pytest.raises(ValueError, match=r"clip_grad_norm: expected finite gradients, got .* of parameter 1 \(W2\)"):
        clip_grad_norm([v, w], 1.0, power)
    assert v.grad == 3.0
    v.grad = wrong
    with pytest.raises(ValueError, match="of parameter 0:"):
        clip_grad_norm([v], 1.0, power)


def test_clipping_values_leaves_what_is_no_number() -> None:
    v, w = Value(0.0), Tensor([0.0, 0.0])
    v.grad, w.grad = math.nan, np.array([math.nan, -math.inf])
    clip_grad_value([v, w], 2.0)
    assert math.isnan(v.grad)
    np.testing.assert_equal(w.grad, [math.nan, -2.0])


class Stubborn(Tensor):
    """Setting its gradient is interrupted, from the second time on, once."""

    __slots__ = ("times",)

    @property
    def grad(self) -> Any:
        return Tensor.grad.fget(self)  # type: ignore[attr-defined]

    @grad.setter
    def grad(self, grad: Any) -> None:
        self.times = getattr(self, "times", 0) + 1
        if self.times == 2:
            raise KeyboardInterrupt
        Tensor.grad.fset(self, grad)  # type: ignore[attr-defined]


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_an_interrupt_while_gradients_are_clipped_takes_back_those_that_are(clip: Any) -> None:
    parameters: list[Any] = [Value(0.0), Stubborn([0.0]), Tensor([0.0])]
    for p in parameters:
        p.grad = 3.0 if isinstance(p, Value) else np.array([3.0])
    with pytest.raises(KeyboardInterrupt):
        clip(parameters, 1.0)
    assert [float(np.sum(p.grad)) for p in parameters] == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_what_cannot_be_clipped_is_refused(clip: Any) -> None:
    with pytest.raises(TypeError, match=rf"{clip.__name__}: parameters: expected Tensors or Values, got Tensor"):
        clip(Tensor([1.0]), 1.0)
    for limit in (0.0, -1.0, math.nan, math.inf):
        if not (limit == math.inf and clip is clip_grad_norm):
            with pytest.raises(ValueError, match=f"{clip.__name__}: (clip_value|max_norm): expected a "):
                clip([Value(1.0)], limit)
    for power in (0.0, -2.0, math.nan):
        with pytest.raises(ValueError, match="clip_grad_norm: norm_type: expected"):
            clip_grad_norm([Value(1.0)], 1.0, power)
