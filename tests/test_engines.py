"""Functions of other engines: right ones pass, wrong ones are found and placed, and nothing of the person's changes."""

from __future__ import annotations

import copy
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograd.check import Report, check_jax, check_torch

CHECKS = {"torch": check_torch, "jax": check_jax}

Pair = namedtuple("Pair", "scale shift")


@pytest.fixture(params=CHECKS)
def name(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def engine(name: str) -> tuple[Any, Callable[..., Report]]:
    """The functions that are called alike in both, and the check."""
    module = pytest.importorskip(name)
    return (module if name == "torch" else module.numpy), CHECKS[name]


@pytest.fixture
def torch() -> Any:
    module = pytest.importorskip("torch", reason="torch is not installed")
    module.set_num_threads(2)
    return module


def array(*numbers: float) -> Any:
    return np.array(numbers)


def with_backward(name: str, forward: Callable[[Any], Any], backward: Callable[[Any, Any], Any]) -> Any:
    """A function whose gradient a person wrote: ``backward(x, g)``."""
    if name == "jax":
        jax = pytest.importorskip("jax")
        function = jax.custom_vjp(forward)
        function.defvjp(lambda x: (forward(x), x), lambda x, g: (backward(x, g),))
        return function
    torch = pytest.importorskip("torch")

    class Mine(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(*ctx.saved_tensors, g)

    return Mine.apply


def cube(name: str, backward: Callable[[Any, Any], Any]) -> Any:
    return with_backward(name, lambda x: x**3, backward)


def test_right_ones_pass(engine: Any) -> None:
    m, check = engine
    assert check(lambda w, x: m.tanh(w @ x), np.ones((2, 3)), array(0.5, -1.0, 2.0))
    assert check(lambda x: m.exp(x), array(300.0, -300.0))
    for saturated in (3.0, 12.0, 25.0):  # what 1 - tanh² leaves is rounding
        assert check(lambda x: m.tanh(x), saturated)
    assert check(lambda x, n: (x**n).sum(), array(1.0, 2.0), 3)
    assert check(lambda w, x: m.tanh(w @ x), np.ones((2, 3)), array(0.5, -1.0, 2.0), order=2)


# Trees.


def test_every_leaf_is_checked_under_its_path(name: str, engine: Any) -> None:
    _, check = engine
    wrong = cube(name, lambda x, g: 6 * x**2 * g)

    def f(params: Any, pair: Any) -> Any:
        return (wrong(params["W"]) @ params["b"][0] + wrong(pair.shift) * pair.scale).sum()

    report = check(f, {"W": np.ones((1, 2)), "b": [array(2.0, 3.0), "text", None]}, Pair(array(1.0), array(2.0)))
    assert [(x.name, x.element) for x in report.wrong] == [
        *(("params['W']", (0, i)) for i in range(2)),
        ("pair.shift", (0,)),
    ]
    assert {x.hint for x in report.wrong} == {"twice too large"}
    assert report.checked["element"] == 6


def test_every_float_of_a_result_is_pulled_back(name: str, engine: Any) -> None:
    m, check = engine
    wrong = cube(name, lambda x, g: -3 * x**2 * g)

    def f(x: Any) -> Any:
        return {"loss": [x.sum(), wrong(x)], "count": 3, "none": None, "order": m.argsort(x)}

    report = check(f, array(1.0, 2.0))
    assert {(x.check, x.name, x.hint) for x in report.wrong} == {
        ("gradient of output['loss'][1]", "x", "the sign is turned round")
    }
    assert [x.element for x in report.wrong] == [(0,), (1,)]


def test_other_results_do_not_disturb(engine: Any) -> None:
    """A gradient of nothing times a slope of infinity is NaN."""
    m, check = engine
    report = check(lambda x: (m.sqrt(x), 2 * x), array(0.0, 1.0))
    assert {x.check for x in report.findings} == {"gradient of output[0]"}


def test_a_wrong_element_among_many_is_sought(name: str, engine: Any) -> None:
    _, check = engine
    factor = np.ones((30, 40))
    factor[17, 3] = 1.01
    report = check(with_backward(name, lambda x: x * 1, lambda x, g: g * like(name, factor)), np.ones((30, 40)))
    assert [x.element for x in report.wrong] == [(17, 3)]


def test_one_that_is_not_finite_among_many_is_sought(engine: Any) -> None:
    m, check = engine
    x = np.ones((30, 40))
    x[17, 3] = -1
    report = check(lambda x: m.where(x > 0, m.sqrt(x), 0 * x), x)
    assert [(x.outcome, x.element) for x in report.findings] == [("wrong", (17, 3))]


def like(name: str, x: Any) -> Any:
    module = pytest.importorskip(name)
    return module.tensor(x) if name == "torch" else module.numpy.asarray(x)


# What is wrong of numbers.


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (-1.0, "the sign is turned round"),
        (2.0, "twice too large"),
        (0.0, "nothing came"),
        (3.0, "3 times what it should be"),
        (1 + 1e-7, "too large by 1e-07 of it"),
        (1 - 1e-7, "too small by 1e-07 of it"),
        (2 + 1e-5, "2.00001 times what it should be"),
        (1e-8, "1e-08 times what it should be"),
        (np.nan, "it is not finite, and the slope is"),
        (np.inf, "it is not finite, and the slope is"),
    ],
)
def test_a_factor_is_told(name: str, factor: float, hint: str) -> None:
    report = CHECKS[name](cube(name, lambda x, g: factor * (3 * x**2 * g)), array(1.0, 2.0))
    assert [x.hint for x in report.wrong] == [hint] * 2


def test_what_is_not_finite_is_wrong_where_the_slope_is(engine: Any) -> None:
    m, check = engine
    report = check(lambda x: m.where(x > 0, m.sqrt(x), 0 * x), array(-1.0, 2.0))
    assert [(x.outcome, x.element) for x in report.findings] == [("wrong", (0,))]
    report = check(lambda x: m.sqrt((x * x).sum()), array(0.0))
    assert [x.outcome for x in report.findings] == ["wrong"]


def test_a_gradient_that_is_lost(name: str, engine: Any) -> None:
    _, check = engine
    stop = (lambda x: x.detach()) if name == "torch" else pytest.importorskip("jax").lax.stop_gradient
    report = check(lambda x, y: stop(x) * y, array(2.0), array(3.0))
    assert [(x.name, x.hint) for x in report.wrong] == [("x", "nothing came")]


@pytest.mark.parametrize(
    "backward",
    [lambda x, g: (3 * x**2 * g)[:2], lambda x, g: undefined(x)],  # type: ignore[name-defined]  # noqa: F821
)
def test_what_the_way_back_raises_is_a_finding(name: str, backward: Any) -> None:
    report = CHECKS[name](cube(name, backward), array(1.0, 2.0, 3.0))
    (finding,) = report.wrong
    assert f"{name} raised" in finding.message
    assert finding.check == "gradient"
    assert not report.checked


def test_numbers_that_leave_the_engine(engine: Any) -> None:
    _, check = engine
    report = check(lambda x: x.sum().item(), array(1.0, 2.0))
    assert report.wrong


def test_a_forward_pass_of_its_own() -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    function = jax.custom_vjp(lambda x: x**3)
    function.defvjp(lambda x: (2 * x**3, x), lambda x, g: (3 * x**2 * g,))
    (finding,) = check_jax(function, array(1.0)).wrong
    assert "the result is another where a gradient is asked for" in finding.message


# The second order.


def test_the_gradient_of_the_gradient(name: str) -> None:
    check = CHECKS[name]
    stop = (lambda x: x.detach()) if name == "torch" else pytest.importorskip("jax").lax.stop_gradient
    for backward, lost in (
        (lambda x, g: 3 * stop(x) ** 2 * g, "input_0" if name == "torch" else "x"),
        (lambda x, g: 3 * x**2 * stop(g), "cotangent"),
    ):
        function = cube(name, backward)
        assert check(function, array(1.0, 2.0))
        report = check(function, array(1.0, 2.0), order=2)
        assert [(x.name, x.element, x.hint) for x in report.wrong] == [(lost, (i,), "nothing came") for i in range(2)]
        assert all(x.check.startswith("second order, gradient of the gradient by") for x in report.wrong)


def test_the_second_order_has_no_slopes_at_kinks(engine: Any) -> None:
    m, check = engine
    report = check(lambda x: m.maximum(x, 0 * x), array(0.0, 2.0), order=2)
    assert report
    assert [x.check for x in report.missing] == ["second order"]


def test_orders(engine: Any) -> None:
    _, check = engine
    with pytest.raises(ValueError, match="expected order=1 or order=2, got 3"):
        check(lambda x: x, array(1.0), order=3)


# Contracts.


def test_a_function_that_is_not_steady_has_no_other_findings(name: str, engine: Any) -> None:
    _, check = engine
    rng = np.random.default_rng(0)
    report = check(lambda x: x * rng.random(), array(1.0, 2.0))
    assert [x.check for x in report.findings] == ["deterministic"]
    report = check(cube(name, lambda x, g: 3 * x**2 * g * rng.random()), array(1.0, 2.0))
    assert [x.check for x in report.findings] == ["deterministic"]
    assert "eval()" in str(report)


def test_numbers_that_are_complex_are_refused(engine: Any) -> None:
    _, check = engine
    with pytest.raises(TypeError, match=r"input `x\[0\]` is complex.*give its real and its imaginary part"):
        check(lambda x: x[0], [array(1.0) * 1j])
    with pytest.raises(TypeError, match=r"output\[1\] is complex.*return its real and its imaginary part"):
        check(lambda x: (x, x * 1j), array(1.0))


def test_nothing_to_differentiate(engine: Any) -> None:
    _, check = engine
    with pytest.raises(TypeError, match="expected an input of floats, got int"):
        check(lambda x: x, 3)
    with pytest.raises(TypeError, match="expected a result that holds floats, got none"):
        check(lambda x: (3, None), array(1.0))


def test_single_precision_inside(name: str, engine: Any) -> None:
    m, check = engine
    single = (lambda x: x.float()) if name == "torch" else (lambda x: x.astype(m.float32))
    report = check(lambda x: m.sin(single(x)), array(1.0, 2.0))
    assert [(x.outcome, x.check) for x in report.findings] == [("inconclusive", "double precision")]


def test_what_a_function_raises_comes_through(engine: Any) -> None:
    _, check = engine
    with pytest.raises(ZeroDivisionError):
        check(lambda x: x * (1 // 0), array(1.0))


def test_what_is_given_is_not_written_to(engine: Any) -> None:
    _, check = engine
    x, counts = array(1.0, 2.0), np.array([1, 2])

    def f(x: Any, counts: Any) -> Any:
        counts += 1
        return x * 2

    (finding,) = check(f, x, counts).wrong
    assert (finding.check, finding.name) == ("inputs unchanged", "counts")
    assert (x.tolist(), counts.tolist()) == ([1, 2], [1, 2])


@pytest.mark.parametrize(
    ("function", "at", "element", "slopes"),
    [
        (lambda m, x: m.maximum(x, 0 * x), (0.0, 1.0), (0,), (0, 1)),
        (lambda m, x: m.abs(x), (0.0, -1.0), (0,), (-1, 1)),
        (lambda m, x: -m.abs(x), (2.0, 0.0), (1,), (1, -1)),
    ],
)
def test_kinks_are_told(engine: Any, function: Any, at: Any, element: Any, slopes: Any) -> None:
    m, check = engine
    report = check(lambda x: function(m, x).sum(), array(*at))
    assert report
    (finding,) = report.kinks
    assert finding.element == element
    below, above = finding.slopes or ()
    assert np.allclose(np.array([below, above]) / max(abs(below), abs(above)), slopes)


def test_the_edge_of_a_domain_is_not_told_from_a_wrong_gradient(engine: Any) -> None:
    m, check = engine
    (finding,) = check(lambda x: m.sqrt(x).sum(), array(0.0, 1.0)).findings
    assert (finding.outcome, finding.element) == ("inconclusive", (0,))


# What torch alone has.


def test_an_element_of_a_custom_function(torch: Any) -> None:
    def backward(x: Any, g: Any) -> Any:
        slope = 3 * x**2
        slope[1] *= 1.0001
        return g * slope

    report = check_torch(cube("torch", backward), torch.tensor([1.0, 2.0, 3.0]))
    (finding,) = report.wrong
    assert (finding.element, round(finding.factor or 0.0, 9)) == ((1,), 1.0001)
    assert report.name == "check_torch of Mine.apply"


@pytest.mark.parametrize(
    ("backward", "check", "name"),
    [
        (lambda x, g: (3 * x**2 * g, x.mul_(2))[0], "inputs unchanged", "input_0"),
        (lambda x, g: g.mul_(3 * x**2), "cotangent unchanged", None),
    ],
)
def test_the_way_back_writes_to_nothing(torch: Any, backward: Any, check: str, name: str | None) -> None:
    x = torch.tensor([1.0, 2.0])
    function = cube("torch", backward)
    (finding,) = check_torch(function, x).findings
    assert (finding.outcome, finding.check, finding.name) == ("wrong", check, name)
    assert x.tolist() == [1, 2]


def test_a_write_is_told_once(torch: Any) -> None:
    function = cube("torch", lambda x, g: (3 * x**2 * g, x.mul_(2))[0])
    report = check_torch(lambda x, y: (function(x), function(x) * y), array(1.0), array(2.0))
    assert [x.name for x in report.wrong if x.check == "inputs unchanged"] == ["x"]


def test_a_function_that_writes_to_its_tensor(torch: Any) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (finding,) = check_torch(lambda x: x.mul_(2).sum(), x).findings
    assert (finding.outcome, finding.check, finding.name) == ("wrong", "inputs unchanged", "x")
    assert (x.tolist(), x.grad, x.dtype) == ([1, 2], None, torch.float32)


def network(torch: Any) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Tanh())


def state(torch: Any, module: Any) -> Any:
    """All that a check must leave: numbers, their identity, dtype, gradients, modes."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return (
        [(name, id(x), x.dtype, x.requires_grad, x.grad, x.detach().tolist()) for name, x in tensors],
        [each.training for each in module.modules()],
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
    )


def test_modules_are_checked_by_parameter_and_left_as_they_were(torch: Any) -> None:
    module = network(torch)
    module[0].bias.requires_grad_(False)
    x = torch.randn(5, 3)
    before = state(torch, module)
    report = check_torch(module, x)
    assert report
    assert (report.checked["element"], report.reference) == (15 + 6 + 2 + 2, "differences of a copy in float64")
    assert check_torch(lambda net, x, y: ((net["body"](x) - y) ** 2).mean(), {"body": module}, x, torch.ones(5, 2))
    assert check_torch(module.forward, x)
    assert state(torch, module) == before


def test_parameters_have_their_names(torch: Any) -> None:
    wrong = cube("torch", lambda x, g: 3 * x**2 * g * torch.tensor([[1.0, 1, 2], [1, 1, 1]]))

    class Layer(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2, 3))

        def forward(self, features: Any) -> Any:
            return features @ wrong(self.weight).T

        def loss(self, features: Any, target: Any) -> Any:
            return ((self(features) - target) ** 2).sum()

    layer, x = Layer(), torch.ones(4, 3)
    for f, inputs, name in (
        (layer, (x,), "weight"),
        (layer.loss, (x, torch.zeros(4, 2)), "weight"),
        (lambda model, x: model(x), (layer, x), "model.weight"),
        (lambda nets, x: nets[0](x), ([layer], x), "nets[0].weight"),
    ):
        (finding,) = check_torch(f, *inputs).wrong
        assert (finding.name, finding.element, finding.hint) == (name, (0, 2), "twice too large")
        assert f"`{name}`, element (0, 2)" in str(finding)


def test_a_module_is_left_as_it_was_by_one_that_fails(torch: Any) -> None:
    module = network(torch).double()
    before = state(torch, module)

    def fails(x: Any) -> Any:
        torch.rand(3)
        module(x)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        check_torch(fails, torch.randn(5, 3, generator=torch.Generator().manual_seed(0)))
    assert state(torch, module) == before


def test_what_is_closed_over_is_told_and_left_as_it_was(torch: Any) -> None:
    module = network(torch).double()
    before = state(torch, module)
    report = check_torch(lambda x: module(x), np.ones((5, 3)) * np.arange(5)[:, None])
    assert report
    (finding,) = report.missing
    assert "f closes over 4 tensors that require a gradient, not looked at, of shapes (" in finding.message
    assert state(torch, module) == before


def test_single_precision_closed_over_has_a_cure(torch: Any) -> None:
    module = network(torch)
    with pytest.raises(TypeError, match=r"takes float32 and fails on float64.*give the Module itself"):
        check_torch(lambda x: module(x), torch.ones(5, 3))


def test_dropout(torch: Any) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout())
    before = state(torch, module)
    x = torch.ones(9, 3)
    (finding,) = check_torch(module, x).findings
    assert (finding.check, finding.outcome) == ("deterministic", "inconclusive")
    assert state(torch, module) == before
    assert check_torch(copy.deepcopy(module).eval(), x)


def test_each_run_starts_from_the_same_buffers(torch: Any) -> None:
    class Counting(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", torch.tensor(1.0))

        def forward(self, x: Any) -> Any:
            self.count += 1
            return x * self.count

    assert check_torch(Counting(), torch.ones(2, dtype=torch.bfloat16))


def test_gradients_taken_inside(torch: Any) -> None:
    """As penalties take them, also where the caller records nothing."""
    with torch.no_grad():
        assert check_torch(lambda x: torch.autograd.grad((x**3).sum(), x, create_graph=True)[0], torch.ones(2))


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (lambda nn: nn.LSTM(2, 2), lambda torch: [torch.ones(3, 1, 2)]),
        (lambda nn: nn.Embedding(4, 3, sparse=True), lambda torch: [torch.tensor([0, 2, 2])]),
        (lambda nn: nn.MultiheadAttention(2, 1), lambda torch: [torch.arange(4.0).reshape(2, 1, 2)] * 3),
    ],
)
def test_modules_of_torch(torch: Any, module: Any, inputs: Any) -> None:
    torch.manual_seed(0)
    assert check_torch(module(torch.nn), *inputs(torch))


# What jax alone has.


def test_functions_that_are_trees() -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    wrong = cube("jax", lambda x, g: 6 * x**2 * g)

    @dataclass
    class Layer:
        weight: Any

        def __call__(self, x: Any) -> Any:
            return wrong(self.weight) * x

    jax.tree_util.register_dataclass(Layer, ["weight"], [])
    report = check_jax(Layer(array(2.0)), array(3.0))
    assert [(x.name, x.hint) for x in report.wrong] == [("weight", "twice too large")]


def test_jax_arrays_of_any_kind() -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    key = jax.random.key(0)
    single = jax.numpy.ones(3, dtype=jax.numpy.bfloat16)

    def f(x: Any, key: Any, places: Any) -> Any:
        return (x * jax.random.normal(key, x.shape))[places.at[0].set(1)]

    assert check_jax(f, single, key, jax.numpy.arange(2))
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize("name", CHECKS)
def test_an_engine_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=f"check_{name} needs {name}, which is not installed"):
        CHECKS[name](np.sum, array(1.0))
