"""Audits of gradients written by hand: every fault found, placed, and put on the right side; no false alarm."""

from __future__ import annotations

import importlib.util
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from homework import FAULTS, NOTE_1, NOTE_4, POOL, REGRESSION, RIGHT, TWO_LAYERS, Fault

from autograd.check import Report, audit

NUMBERS = itertools.count()

Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """A program as a module that has its lines."""

    def loaded(text: str) -> ModuleType:
        name = f"homework_{next(NUMBERS)}"
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return loaded


def audited(module: ModuleType) -> Report:
    """The first audit that a program asks for, or that of its functions."""
    items = importlib.import_module("autograd.check.audit.discover").items(module)
    report: Report = items[0].run()
    return report


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name: str, load: Load) -> None:
    report = audited(load(RIGHT[name]))
    assert report, str(report)
    assert report.findings == ()
    assert report.checked["element"] > 0
    assert report.reference.startswith("balls")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_faults_are_found_named_and_put_on_a_side(fault: Fault, load: Load) -> None:
    assert fault.program.count(fault.line) == 1
    report = audited(load(fault.program.replace(fault.line, fault.instead)))
    assert {finding.name for finding in report.wrong} == fault.wrong, str(report)
    assert {finding.side for finding in report.wrong} == {fault.side or None}, str(report)
    for finding in report.wrong:
        assert fault.says in (finding.hint or ""), str(report)
        assert finding.expected is not None or "shape" in finding.message


def test_one_element_is_found_with_its_factor(load: Load) -> None:
    text = TWO_LAYERS.replace("    return loss", "    grads['W1'][2, 3] *= 1 + 1e-9\n    return loss")
    (finding,) = audited(load(text)).wrong
    assert (finding.name, finding.element, finding.factor) == ("W1", (2, 3), 1.000000001)
    assert "1 of 24 elements" in finding.message


# Note 4.


def printed(module: ModuleType) -> Any:
    """The deltas as the note has them, computed from the network as it is printed."""

    def gradients(x: float, y: float, w1: float, w2: float, w3: float, w4: float, b1: float, b2: float) -> Any:
        sigma = module.sigma
        out_h1, out_h2 = sigma(w1 * x + b1), sigma(w2 * x + b2)
        out_o = sigma(w3 * out_h1 + w4 * out_h2 + b2)
        delta_o = -(y - out_o) * out_o * (1 - out_o)
        delta_h1, delta_h2 = w3 * delta_o * out_h1 * (1 - out_h1), w4 * delta_o * out_h2 * (1 - out_h2)
        of_weights = {"dw1": delta_h1 * x, "dw2": delta_h2 * x, "dw3": delta_o * out_h1, "dw4": delta_o * out_h2}
        return {**of_weights, "db1": delta_h1 + delta_h2, "db2": delta_o}

    return gradients


def test_note_4_as_printed(load: Load) -> None:
    module = load(NOTE_4.replace("net_h2 = w2 * x + b1", "net_h2 = w2 * x + b2"))
    inputs = module.audit[0][2:]
    report = audit(module.loss, printed(module), *inputs)
    assert {finding.name for finding in report.wrong} == {"b1", "b2"}
    for finding in report.wrong:
        assert finding.side == "loss"
        assert finding.hint is not None
        assert "gradients of a function with b1 in the place of b2 here" in finding.hint
        assert finding.source is not None
        assert finding.source.endswith("net_h2 = w2 * x + b2")


def test_note_4_mended_matches_to_the_last_digits(load: Load) -> None:
    report = audited(load(NOTE_4))
    assert report
    assert report.checked == {"parameter": 6, "element": 6}


# Note 1.


@pytest.mark.parametrize("layers", ["1", "2"])
def test_note_1_as_listed_stops_with_its_line(layers: str, load: Load) -> None:
    line = "(delta @ self.weights[i].T)"
    text = NOTE_1.replace(line, "(delta @ self.weights[i + 1].T)").replace("LAYERS", layers)
    (finding,) = audited(load(text)).wrong
    assert "NeuralNetwork.backward stopped with IndexError" in finding.message
    assert finding.source is not None
    assert re.search(r"\.py:\d+  delta = \(delta @ self\.weights\[i \+ 1\]", finding.source)


# Forms.

X, Y = np.random.default_rng(1).normal(size=(6, 3)), np.random.default_rng(2).normal(size=6)
W = np.array([0.5, -1.0, 2.0])


def half(w: Any, x: Any, y: Any) -> Any:
    return 0.5 * np.sum((x @ w - y) ** 2)


RIGHT_W = X.T @ (X @ W - Y)


@pytest.mark.parametrize(
    "claimed",
    [
        {"w": RIGHT_W},
        {"dw": RIGHT_W},
        {"grad_w": RIGHT_W},
        {"w_grad": RIGHT_W},
        {"dL_dw": RIGHT_W},
        lambda w, x, y: {"dw": x.T @ (x @ w - y)},
        lambda w, x, y: (x.T @ (x @ w - y), None, None),
        (RIGHT_W,),
        RIGHT_W,
        (RIGHT_W, (X @ W - Y)[:, None] * W, Y - X @ W),
    ],
    ids=lambda claimed: "a function" if callable(claimed) else repr(claimed),
)
def test_forms_of_a_claimed_gradient(claimed: Any) -> None:
    assert audit(half, claimed, W, X, Y), str(audit(half, claimed, W, X, Y))


def test_parameters_in_dicts_and_lists() -> None:
    def loss(params: Any, layers: Any) -> Any:
        return np.sum(params["W"] ** 2) + np.sum(layers[0] ** 3) + layers[1] * 2.0

    params, layers = {"W": np.ones((2, 2))}, [np.array([2.0, 3.0]), 0.5]
    claimed = {"dW": 2 * params["W"], "layers": [3 * layers[0] ** 2, 3.0]}
    (finding,) = audit(loss, claimed, params, layers).wrong
    assert (finding.name, finding.factor) == ("layers[1]", 1.5)


def test_who_gives_some_gradients_is_told_which_were_not_asked_for() -> None:
    def loss(params: Any, x: Any, y: Any) -> Any:
        return np.sum((x @ params["W"] + params["b"] - y) ** 2) + 0.0 * np.sum(params["unused"])

    params = {"W": W, "b": np.ones(1), "unused": np.ones(2)}
    report = audit(loss, {"W": 2 * X.T @ (X @ W + 1.0 - Y)}, params, X, Y)
    assert report
    assert [finding.name for finding in report.missing] == ["b"]


def test_a_gradient_by_one_parameter_alone_is_no_fault() -> None:
    def loss(w: Any, b: Any, x: Any, y: Any) -> Any:
        return np.sum((x @ w + b - y) ** 2)

    def grad_w(w: Any, b: Any, x: Any, y: Any) -> Any:
        return 2 * x.T @ (x @ w + b - y)

    b = np.ones(6)
    assert [finding.name for finding in audit(loss, grad_w, W, b, X, Y).missing] == ["b"]
    assert audit(loss, grad_w, W, b, X, Y)
    report = audit(loss, lambda *inputs: {"w": grad_w(*inputs)}, W, b, X, Y)
    assert [finding.name for finding in report.wrong] == ["b"]


def test_a_net_with_params_and_grads() -> None:
    class Net:
        def __init__(self) -> None:
            self.params = {"W": np.ones((3, 2)), "b": np.array([0.5, -0.5])}

        def loss(self, x: Any, y: Any) -> Any:
            error = x @ self.params["W"] + self.params["b"] - y
            return np.mean(error**2), {"W": 2 * x.T @ error / error.size, "b": 2 * error.mean(axis=0)}

    net, before = Net(), np.ones((3, 2))
    report = audit(net, None, X, np.zeros((6, 2)))
    assert [(finding.name, finding.factor) for finding in report.wrong] == [("b", 2.0)]
    assert np.array_equal(net.params["W"], before)


def test_inputs_are_left_as_they_were() -> None:
    def forward(x: Any) -> Any:
        x *= 2.0
        return x, x

    x = np.ones(3)
    assert audit(forward, lambda dout, cache: 2.0 * dout, x)
    assert np.array_equal(x, np.ones(3))


def test_code_for_floats_alone_is_measured() -> None:
    def loss(w: Any) -> float:
        return sum(float(x) ** 4 for x in w)

    assert audit(loss, lambda w: 4 * w**3, W)
    report = audit(loss, lambda w: 3 * w**3, W)
    assert report.reference == "differences"
    assert report.wrong[0].factor == pytest.approx(0.75)


def test_numpys_own_functions_are_put_back(load: Load) -> None:
    zeros, maximum = np.zeros, np.maximum
    audited(load(POOL.replace("l] += dout", "l] = dout")))
    assert np.zeros is zeros
    assert np.maximum is maximum


def test_a_kink_is_no_fault() -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.abs(w))

    x = np.array([0.0, 1.0])
    assert audit(loss, np.array([0.5, 1.0]), x).kinks[0].slopes is not None
    assert audit(loss, np.array([0.5, 1.0]), x)
    assert not audit(loss, np.array([1.5, 1.0]), x)


def test_code_that_is_random_is_inconclusive() -> None:
    rng = np.random.default_rng(0)

    def loss(w: Any) -> Any:
        return np.sum(w * (rng.random(w.shape) < 0.5))

    (finding,) = audit(loss, np.ones(20), np.ones(20)).inconclusive
    assert finding.check == "deterministic"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((half, None, W, X, Y), "expected \\(loss, gradients\\)"),
        ((half, {"strange": W}, W, X, Y), "expected gradients by the names of parameters \\(w, x, y\\), got strange"),
        ((half, np.ones(7), W, X, Y), "expected a gradient for each of w"),
        ((object(), None), "expected a function, or an object with a method called forward"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_cure(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        audit(*arguments)


@pytest.mark.parametrize(("factor", "wrong"), [(1.0, []), (2.0, ["b"])])
def test_results_with_and_without_names_go_by_their_order(factor: float, wrong: list[str]) -> None:
    def loss(w: Any, b: Any, x: Any) -> Any:
        return ((x @ w + b) ** 2).sum()

    def gradient(w: Any, b: Any, x: Any) -> Any:
        d = 2 * (x @ w + b)
        dw = x.T @ d
        return dw, factor * d.sum()

    report = audit(loss, gradient, np.ones(3), 0.5, np.eye(3))
    assert [finding.name for finding in report.wrong] == wrong
    assert report.checked["parameter"] == 2


@pytest.mark.parametrize(("factor", "wrong"), [(1.0, []), (2.0, ["x"])])
def test_a_layer_names_one_of_its_gradients(factor: float, wrong: list[str]) -> None:
    def forward(x: Any, w: Any, b: Any) -> Any:
        return x @ w + b, (x, w)

    def backward(dout: Any, cache: Any) -> Any:
        x, w = cache
        dw = x.T @ dout
        return factor * dout @ w.T, dw, dout.sum(axis=0)

    report = audit(forward, backward, np.ones((4, 3)), np.ones((3, 2)), np.zeros(2))
    assert [finding.name for finding in report.wrong] == wrong
    assert report.checked["parameter"] == 3


def test_one_loss_is_right_and_another_wrong(load: Load) -> None:
    module = load(REGRESSION)
    inputs = (module.w, module.b, module.X, module.y)
    assert audit(module.loss, module.grad, *inputs)
    assert not audit(lambda w, b, x, y: 2 * module.loss(w, b, x, y), module.grad, *inputs)


def test_at_a_kink_a_black_box_has_the_slopes_of_both_sides() -> None:
    def loss(w: Any) -> Any:
        return sum(max(0.0, float(x)) for x in w)

    at = np.array([0.0, 1.0, -1.0])
    for between in (0.0, 0.3, 1.0):
        report = audit(loss, np.array([between, 1.0, 0.0]), at)
        assert report
        (finding,) = report.kinks
        assert (finding.element, finding.slopes) == ((0,), pytest.approx((0.0, 1.0)))
    assert not audit(loss, np.array([1.5, 1.0, 0.0]), at)


class Net:
    """Its learning rate is a number in the code, and its loss is of the output."""

    def __init__(self, rate: float) -> None:
        rng = np.random.default_rng(0)
        self.W1, self.W2, self.secret = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rate

    def forward(self, x: Any) -> Any:
        self.x, self.h = x, np.tanh(x @ self.W1)
        self.out = self.h @ self.W2
        return self.out

    def backward(self, y: Any) -> None:
        delta = self.out - y
        back = (delta @ self.W2.T) * (1 - self.h**2)
        self.W2 -= self.secret * self.h.T @ delta
        self.W1 -= self.secret * self.x.T @ back

    def train(self, x: Any, y: Any, learning_rate: float) -> None:
        """Not what is looked at, as there is a way back."""


class NetWithLoss(Net):
    def loss(self, out: Any, y: Any) -> Any:
        return np.sum((out - y) ** 2) / 2


@pytest.mark.parametrize("kind", [Net, NetWithLoss])
@pytest.mark.parametrize("rate", [1.0, 0.1, 0.03])
def test_a_learning_rate_that_nothing_says_is_no_fault(kind: type[Net], rate: float) -> None:
    rng = np.random.default_rng(1)
    report = audit(kind(rate), None, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert report, str(report)
    assert "with a learning rate of" in report.headline


@pytest.mark.parametrize(
    ("program", "loss"),
    [
        (RIGHT["a step that returns its loss"], "for what Net.train_step returns"),
        (RIGHT["a step that returns how many are right"], "for half the mean over the rows of"),
        (RIGHT["blog"], "for the sum of (out − y)²"),
    ],
)
def test_a_report_on_a_class_says_which_loss_its_gradient_is_of(program: str, loss: str, load: Load) -> None:
    assert loss in audited(load(program)).headline


def test_one_of_several_parameters_may_ignore_the_cotangent() -> None:
    def forward(x: Any, w: Any) -> Any:
        return x @ w, (x, w)

    def backward(dout: Any, cache: Any) -> Any:
        x, w = cache
        return np.outer(dout, w), x.T @ np.ones_like(dout)

    rng = np.random.default_rng(0)
    (finding,) = audit(forward, backward, rng.normal(size=(5, 3)), rng.normal(size=3)).wrong
    assert finding.name == "w"
    assert finding.hint is not None
    assert "cotangent is ignored" in finding.hint


def test_a_hidden_rate_is_that_of_the_largest_parameter_that_it_fits() -> None:
    class Line:
        def __init__(self) -> None:
            self.w, self.b = np.array([0.5, -1.0, 2.0]), 0.25

        def forward(self, x: Any) -> Any:
            self.x, self.out = x, x @ self.w + self.b
            return self.out

        def backward(self, y: Any) -> None:
            self.w -= 0.1 * self.x.T @ (self.out - y)
            self.b -= 0.1 * 3 * (self.out - y).sum()

    rng = np.random.default_rng(1)
    (finding,) = audit(Line(), None, rng.normal(size=(5, 3)), rng.normal(size=5)).wrong
    assert finding.name == "b"
    assert finding.factor == pytest.approx(3)


# Kinks: no convention for the slope at one is a fault.


def test_what_a_convention_switches_off_at_a_kink_is_no_fault() -> None:
    def loss(w: Any, b: Any) -> Any:
        return np.sum(np.maximum(0, w + b))

    def gradient(w: Any, b: Any) -> Any:
        return {"dw": np.sum((w + b > 0) * 1.0), "db": (w + b > 0) * 1.0}

    report = audit(loss, gradient, 0.0, np.zeros(4))
    assert report, str(report)
    assert {finding.name for finding in report.kinks} == {"w", "b"}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("has_biases", [True, False])
@pytest.mark.parametrize("on", [np.greater, np.greater_equal])
@pytest.mark.parametrize("seed", range(3))
def test_a_network_that_begins_with_zeros_is_right(dtype: Any, has_biases: bool, on: Any, seed: int) -> None:
    def net(x: Any, y: Any, w1: Any, w2: Any, b1: Any = 0.0) -> Any:
        z = x @ w1 + b1
        h = np.maximum(0, z)
        error = h @ w2 - y
        dz = 2 * error @ w2.T * on(z, 0)
        gradients = {"w1": x.T @ dz, "w2": 2 * h.T @ error}
        return np.sum(error**2), {**gradients, "b1": dz.sum(axis=0)} if has_biases else gradients

    rng = np.random.default_rng(seed)
    x, y, w2 = (rng.normal(size=shape).astype(dtype) for shape in ((6, 4), (6, 2), (5, 2)))
    biases = [np.zeros(5, dtype)] if has_biases else []
    report = audit(net, None, x, y, np.zeros((4, 5), dtype), w2, *biases)
    assert report, str(report)


def test_large_arrays_are_judged_all_at_once() -> None:
    x = np.random.default_rng(0).normal(size=600_000)
    assert audit(lambda x: np.sum(x**2), lambda x: 2 * x, x)
    (finding,) = audit(lambda x: np.sum(x**2), lambda x: 3 * x, x).wrong
    assert finding.factor == pytest.approx(1.5)
    assert f"{x.size} of {x.size} elements" in finding.message


# What was handed over, in other forms.


def test_gradients_are_matched_by_name_beside_other_results(load: Load) -> None:
    module = load("""
import numpy as np
def step(h0, W):
    hs = {0: h0 @ W}
    dW = np.outer(h0, 2 * hs[0])
    return np.sum(hs[0] ** 2), dW, hs[0]
""")
    report = audit(module.step, None, np.array([0.5, -1.0, 2.0]), np.arange(12.0).reshape(3, 4))
    assert report, str(report)
    assert report.checked == {"parameter": 1, "element": 12}
    assert [finding.outcome for finding in report.findings] == ["missing"]


def line(x: Any, y: Any, w: Any, b: Any) -> Any:
    return (w * x + b - y) ** 2


@pytest.mark.parametrize(
    ("gradient", "factors"),
    [
        (lambda x, y, w, b: (2 * (w * x + b - y) * x, 2 * (w * x + b - y)), {}),
        (lambda x, y, w, b: (2 * (w * x + b - y), 2 * (w * x + b - y) * x), {}),
        (lambda x, y, w, b: (2 * (w * x + b - y) * x, w * x + b - y), {"b": 0.5}),
    ],
)
def test_gradients_without_names_are_those_that_they_are_right_for(gradient: Any, factors: Any) -> None:
    report = audit(line, gradient, 1.5, 2.0, 0.75, 0.25)
    assert {finding.name: finding.factor for finding in report.wrong} == factors


class Unfitted:
    def __init__(self) -> None:
        self.weights = None

    def forward(self, x: Any) -> Any:
        return x @ self.weights

    def backward(self, dout: Any) -> Any:
        return dout


def model_forward(x: Any, parameters: Any) -> Any:
    a = np.tanh(parameters["w"] @ x)
    return a, [x]


def model_backward(a: Any, labels: Any, caches: Any) -> Any:
    return {"dw": (a - labels.reshape(a.shape)) @ caches[0].T}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((lambda a, c: np.sum(a * c), lambda a, c: 3 * a, X, X + 1), "they may be of a or of c: give them in a dict"),
        (
            (model_forward, model_backward, X.T, {"w": np.ones((1, 3))}),
            "may be meant.*cannot reshape.*wrap it",
        ),
        ((Unfitted(), None, X), "weights is None as yet"),
        ((lambda w: None, lambda w: w, W), "expected a real number as the result, got None"),
        ((lambda w: "1.0", lambda w: w, W), "got text"),
        ((lambda w: np.sum(w) * 1j, lambda w: w, W), "got complex ones"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_cure(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        audit(*arguments)


@pytest.mark.parametrize("claimed", [2 * W + 1j, W.astype(str), {"w": [1.0, None, 2.0]}, {"w": [W, "2.0", W]}], ids=str)
def test_what_is_no_real_number_is_no_gradient(claimed: Any) -> None:
    assert audit(lambda w: np.sum(w**2), claimed, W).wrong


@pytest.mark.parametrize(
    "x", [3, 3.0, [1, 2], [1.0, 2.0], np.array([1, 2]), np.array([1.0, 2.0]), np.zeros(0)], ids=repr
)
@pytest.mark.parametrize("is_right", [True, False])
def test_numbers_of_any_kind(x: Any, is_right: bool) -> None:
    def function(x: Any) -> Any:
        return np.sum(np.asarray(x) ** 3)

    report = audit(function, lambda x: (3 if is_right else 4) * np.asarray(x) ** 2, x)
    assert bool(report) is (is_right or np.size(x) == 0)


def test_a_float_of_the_loss_and_what_follows_it_are_no_part_of_it(load: Load) -> None:
    module = load("""
import numpy as np
def cost(W, X, y, reg=0.25):
    error = X @ W - y
    loss = np.sum(error ** 2) + reg * np.sum(W ** 2)
    loss = float(np.squeeze(loss))
    dW = 2 * X.T @ np.array(error, dtype=float)
    dW += 2 * reg * W
    return loss, dW
def squared(w):
    w = float(w)
    return w ** 2
""")
    report = audit(module.cost, None, W, X, Y)
    assert report, str(report)
    assert report.reference.startswith("balls")
    assert audit(module.squared, lambda w: 2 * w, 1.0)  # where the float is what the result is, by chance
    assert not audit(module.squared, lambda w: w, 1.0)


# Words, and sides.

REGULARISED = """
import numpy as np
def net(W, X, y, reg):
    error = X @ W - y
    loss = np.sum(error ** 2) + LOSS
    return loss, {"W": 2 * X.T @ error + GRADIENT}
"""


@pytest.mark.parametrize(
    ("of_loss", "of_gradient", "side", "says"),
    [
        ("0.5 * reg * np.sum(W ** 2)", "2 * reg * W", "gradient", "twice too large"),
        ("2 * reg * np.sum(W ** 2)", "reg * W", "gradient", "0.25 times what it should be"),
        ("reg * np.sum(W ** 2)", "-2 * reg * W", "gradient", "of the other sign"),
        ("reg * np.sum(W ** 2)", "0", "gradient", "lacks it"),
        ("0.5 * reg * np.sum(W ** 2)", "reg", "gradient", "0.03 is added where 0.03·W is due"),
        ("0", "reg", "gradient", "each element is reg = 0.03 too large"),
        ("0", "2 * reg * W", "loss", "which the loss lacks"),
        ("reg * np.sum(np.abs(W))", "2 * reg * W", "loss", "the loss has reg·Σ|W|"),
    ],
)
def test_a_regulariser_is_spoken_of_where_there_is_one(
    of_loss: str, of_gradient: str, side: str, says: str, load: Load
) -> None:
    module = load(REGULARISED.replace("LOSS", of_loss).replace("GRADIENT", of_gradient))
    rng = np.random.default_rng(0)
    report = audit(module.net, None, rng.normal(size=(2, 3)), rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), 0.03)
    (finding,) = report.wrong
    assert says in (finding.hint or ""), str(report)
    assert finding.side == side


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (lambda w: 3 * w, "1.5 times what it should be"),
        (lambda w: w, "half of it"),
        (lambda w: 2 * w + 0.1, "too large"),
        (lambda w: 2 * w - 0.1, "too small"),
    ],
)
@pytest.mark.parametrize("w", [np.ones(2), np.full(3, 0.5), np.array([0.25, 0.5, 1.0]), W], ids=str)
def test_no_regulariser_is_made_up(gradient: Any, says: str, w: Any) -> None:
    (finding,) = audit(lambda w: np.sum(w**2), gradient, w).wrong
    assert finding.side == "gradient"
    assert "Σ" not in (finding.hint or "")
    if np.ptp(w):
        assert says in (finding.hint or "")


def test_a_factor_is_of_the_gradient_whatever_the_lengths_are() -> None:
    rng = np.random.default_rng(0)
    for rows, columns in ((5, 2), (2, 3), (2, 2)):
        x, y = rng.normal(size=(rows, columns)), rng.normal(size=rows)
        w = rng.normal(size=columns)
        gradient = lambda w, x, y: {"dw": x.T @ (x @ w - y)}  # noqa: E731
        (finding,) = audit(lambda w, x, y: np.sum((x @ w - y) ** 2), gradient, w, x, y).wrong
        assert finding.side == "gradient"
        assert "a factor 2 forgotten" in (finding.hint or "")


def test_a_mean_may_be_over_all_elements() -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.normal(size=(2, 3))
    gradient = lambda w, x, y: {"dw": 2 * x.T @ (x @ w - y)}  # noqa: E731
    (finding,) = audit(lambda w, x, y: np.mean((x @ w - y) ** 2), gradient, w, x, y).wrong
    assert "the 1/15 of the mean over all elements is missing" in (finding.hint or "")


def test_a_factor_of_one_number_alone_is_no_explanation() -> None:
    for factor, hint in ((1.2345678, None), (2.0, "twice too large"), (1.5, "1.5 times what it should be")):
        (finding,) = audit(lambda b: np.sum(np.sin(X + b)), factor * np.cos(X + 0.3).sum(), 0.3).wrong
        assert (finding.hint or "").startswith(hint or "")
        assert bool(finding.hint) is bool(hint)


def test_a_large_network_is_not_measured_for_what_its_gradient_does(load: Load) -> None:
    text = TWO_LAYERS.replace("(5, 4)", "(64, 80)").replace("np.array([0, 2, 1, 2, 0])", "[0, 1] * 32")
    text = text.replace("(4, 6)", "(80, 120)").replace("size=6", "size=120").replace("(6, 3)", "(120, 3)")
    text = text.replace("scores -= ", "scores = scores - ").replace("p /= ", "p = p / ")
    text = text.replace("X.dot(W1)", "X @ W1").replace("h.dot(W2)", "h @ W2")
    report = audited(load(text))
    assert report, str(report)
    assert report.reference == "the rules of stepgrad"
    (finding,) = audited(load(text.replace("np.sum(dh, axis=0)", "2 * np.sum(dh, axis=0)"))).wrong
    assert (finding.name, finding.factor) == ("b1", pytest.approx(2.0))


def test_a_number_that_is_infinite_hides_no_fault() -> None:
    x = np.array([np.inf, 1.0, 2.0])
    assert audit(lambda w: np.sum(w**2), lambda w: 2 * w, x)
    (finding,) = audit(lambda w: np.sum(w**2), lambda w: 3 * w, x).wrong
    assert "2 of 3 elements" in finding.message


# A row at a time, in place, as courses have it.

SOFTMAX = """
import numpy as np
def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[0]):
        s = X[i].dot(W)
        s -= np.max(s)
        e = np.exp(s)
        e /= e.sum()
        loss -= np.log(e[y[i]])
        e[y[i]] -= 1
        dW += np.outer(X[i], e)
    loss = loss / X.shape[0] + reg * np.sum(W * W)
    dW = dW / X.shape[0] + 2 * reg * W
    return loss, dW
"""


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("", "", ""),
        ("2 * reg * W", "reg * W", "half"),
        ("dW / X.shape[0]", "dW", "the 1/5 of the mean over the batch is missing"),
    ],
)
def test_a_softmax_in_place_is_proven(right: str, wrong: str, says: str, load: Load) -> None:
    rng = np.random.default_rng(0)
    module = load(SOFTMAX.replace(right, wrong))
    inputs = rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), np.array([0, 2, 1, 2, 0]), 0.5
    report = audit(module.softmax_loss_naive, None, *inputs)
    assert report.reference == "balls"
    assert [says in (finding.hint or "") for finding in report.wrong] == [True] * bool(says), str(report)


# Parameters without a gradient, where other things are unusual too.


def test_no_gradient_at_a_kink_is_a_convention() -> None:
    def loss(x: Any, w: Any, b: Any) -> Any:
        return np.sum(np.maximum(0, x @ w + b))

    def gradient(x: Any, w: Any, b: Any) -> Any:
        return {"dw": x.T @ ((x @ w + b > 0) * 1.0)}

    assert audit(loss, gradient, X, np.zeros((3, 2)), np.zeros(2))
    (finding,) = audit(loss, gradient, X, np.ones((3, 2)), np.full(2, 9.0)).wrong
    assert (finding.name, finding.message.startswith("no gradient came")) == ("b", True)


@pytest.mark.parametrize(
    ("claimed", "outcome"),
    [
        (lambda w, b, x, y: (2 * x.T @ (x @ w + b - y),), "wrong"),
        (lambda w, b, x, y: 2 * x.T @ (x @ w + b - y), "missing"),
        ({"dw": 2 * X.T @ (X @ W + 1 - Y)}, "missing"),
    ],
    ids=["all", "one", "given"],
)
def test_a_float_of_the_loss_hides_no_forgotten_parameter(claimed: Any, outcome: str) -> None:
    def cost(w: Any, b: Any, x: Any, y: Any) -> Any:
        loss = np.sum((x @ w + b - y) ** 2)
        return float(np.real(loss))

    report = audit(cost, claimed, W, np.ones(6), X, Y)
    assert report.reference == "balls"
    assert [(finding.name, finding.outcome) for finding in report.findings] == [("b", outcome)]
    assert report.graph is None


def test_the_length_of_a_forgotten_parameter_is_no_batch() -> None:
    def loss(w: Any, b: Any, x: Any) -> Any:
        return np.sum((x @ w + b) ** 2)

    rng = np.random.default_rng(0)
    w, b, x = rng.normal(size=(2, 7)), rng.normal(size=7), rng.normal(size=(5, 2))
    report = audit(loss, lambda w, b, x: {"dw": 14 * x.T @ (x @ w + b)}, w, b, x)
    assert [finding.name for finding in report.wrong] == ["w", "b"]
    assert "7 times what it should be" in (report.wrong[0].hint or ""), str(report)
