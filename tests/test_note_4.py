"""Note 4: a lecture on backpropagation.

One input, two hidden units and an output, all sigmoids; every gradient derived by deltas. The derivation and the
network that is printed above it do not belong together: one bias stands in the wrong place.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from notes import MATERIALS, sigma, steps_of

import autograd
import nn
import viz
from autograd import Recording, Value, check

NUMBERS = {"w1": 0.4, "w2": -0.7, "w3": 0.9, "w4": -0.2, "b1": 0.1, "b2": 0.3}
X, Y = 0.5, 1.0


def network(bias: str, make: Any = Value) -> dict[str, Any]:
    """The graph, by the names of the note; ``bias`` is that of the second hidden unit: b2 as printed, b1 as meant."""
    n = {name: make(number, label=name) for name, number in NUMBERS.items()}
    x, y = make(X, label="x"), make(Y, label="y")
    n["net_h1"] = net_h1 = n["w1"] * x + n["b1"]
    n["net_h2"] = net_h2 = n["w2"] * x + n[bias]
    n["out_h1"], n["out_h2"] = out_h1, out_h2 = autograd.sigmoid(net_h1), autograd.sigmoid(net_h2)
    n["net_o"] = net_o = n["w3"] * out_h1 + n["w4"] * out_h2 + n["b2"]
    n["out_o"] = out_o = autograd.sigmoid(net_o)
    n["error"] = error = y - out_o
    n["L"] = 0.5 * error**2
    for name in ("net_h1", "net_h2", "out_h1", "out_h2", "net_o", "out_o", "L"):
        n[name].label = name
    return n


def formulas(bias: str) -> dict[str, float]:
    """Forward, deltas and gradients, as the note writes them."""
    w1, w2, w3, w4, b1, b2 = NUMBERS.values()
    out_h1, out_h2 = sigma(w1 * X + b1), sigma(w2 * X + NUMBERS[bias])
    out_o = sigma(w3 * out_h1 + w4 * out_h2 + b2)
    delta_o = -(Y - out_o) * out_o * (1 - out_o)
    delta_h1 = w3 * delta_o * out_h1 * (1 - out_h1)
    delta_h2 = w4 * delta_o * out_h2 * (1 - out_h2)
    return {
        "L": 0.5 * (Y - out_o) ** 2,
        "net_o": delta_o,
        "net_h1": delta_h1,
        "net_h2": delta_h2,
        "w3": delta_o * out_h1,
        "w4": delta_o * out_h2,
        "b2": delta_o,
        "w1": delta_h1 * X,
        "w2": delta_h2 * X,
        "b1": delta_h1 + delta_h2,
    }


def test_the_deltas_are_gradients_of_what_goes_into_a_unit() -> None:
    n, expected = network("b1"), formulas("b1")
    assert n["L"].data == pytest.approx(expected.pop("L"), rel=1e-15)
    n["L"].backward()
    for name, number in expected.items():
        assert n[name].grad == pytest.approx(number, rel=1e-13), name


def test_every_delta_and_every_gradient_is_a_step() -> None:
    n, expected = network("b1"), formulas("b1")
    del expected["L"]
    brought = steps_of(autograd.steps(n["L"]))
    for unit, name in (("o", "net_o"), ("h1", "net_h1"), ("h2", "net_h2")):
        assert brought[f"out_{unit}", name] == pytest.approx([expected[name]], rel=1e-13)
    assert brought["net_o", "b2"] == pytest.approx([expected["b2"]], rel=1e-13)
    for unit in ("net_h1", "net_h2"):  # b1 is in both hidden units, and gets the delta of each
        assert brought[unit, "b1"] == pytest.approx([expected[unit]], rel=1e-13)
    for name in ("w1", "w2", "w3", "w4"):
        (found,) = [numbers for (_, target), numbers in brought.items() if target == name]
        assert found == pytest.approx([expected[name]], rel=1e-13)


def test_the_steps_say_it_in_the_words_of_the_note() -> None:
    lines = [str(step) for step in autograd.steps(network("b1")["L"])]
    for line in (
        "net_o = u + b2 = 0.4294 + 0.3 = 0.7294",
        "out_o = σ(net_o) = σ(0.7294) = 0.6747",
        "∂L/∂net_o += ∂L/∂out_o · ∂out_o/∂net_o = −0.3253 · 0.2195 = −0.0714",
        "∂L/∂b2 += ∂L/∂net_o · ∂net_o/∂b2 = −0.0714 · 1 = −0.0714",
        "∂L/∂net_h1 += ∂L/∂out_h1 · ∂out_h1/∂net_h1 = −0.06426 · 0.2445 = −0.01571",
    ):
        assert line in lines
    first, second = [line for line in lines if line.startswith("∂L/∂b1 += ")]
    assert "(1st of 2: now " in first
    assert "(2nd of 2: now " in second


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_updates(rate: float) -> None:
    n, expected = network("b1"), formulas("b1")
    optimizer = nn.SGD([n[name] for name in NUMBERS], lr=rate)
    n["L"].backward()
    graph = autograd.Graph.of(n["L"])
    optimizer.step()
    for name, number in NUMBERS.items():
        assert n[name].data == pytest.approx(number - rate * expected[name], rel=1e-15)
    after = graph.replay({name: n[name].data for name in NUMBERS})["L"].data
    assert after < expected["L"]


@pytest.mark.parametrize("rate", [0.1, 2.0])
def test_each_update_is_a_step_of_the_stepper(rate: float) -> None:
    n, expected = network("b1"), formulas("b1")
    weights = [n[name] for name in NUMBERS]
    training, optimizer = Recording(weights), nn.SGD(weights, lr=rate)
    n["L"].backward()
    training.take(n["L"])
    optimizer.step()
    assert training.rates == [rate]
    page = viz.step(training).html()
    for name, number in NUMBERS.items():
        (line,) = re.findall(rf">{name} ← (.+?)<", page)
        was, η, slope, now = (float(each.strip("()").replace("−", "-")) for each in re.split(" − | · | = ", line))
        assert (was, η) == (number, rate)
        assert (slope, now) == pytest.approx((expected[name], number - rate * expected[name]), rel=1e-3)


# What is printed.


def test_as_printed_two_gradients_come_back_to_b2() -> None:
    n, claimed = network("b2"), formulas("b2")
    n["L"].backward()
    for name in ("w1", "w2", "w3", "w4"):
        assert n[name].grad == pytest.approx(claimed[name], rel=1e-13)
    assert n["b1"].grad == pytest.approx(claimed["net_h1"], rel=1e-13)
    assert n["b2"].grad == pytest.approx(claimed["net_o"] + claimed["net_h2"], rel=1e-13)
    assert n["b1"].grad != pytest.approx(claimed["b1"], rel=0.1)
    assert n["b2"].grad != pytest.approx(claimed["b2"], rel=0.01)


def printed(w1: Any, w2: Any, w3: Any, w4: Any, b1: Any, b2: Any, x: Any, y: Any) -> Any:
    net_h1 = w1 * x + b1
    net_h2 = w2 * x + b2
    net_o = w3 * sigma(net_h1) + w4 * sigma(net_h2) + b2
    return 0.5 * (y - sigma(net_o)) ** 2


def meant(w1: Any, w2: Any, w3: Any, w4: Any, b1: Any, b2: Any, x: Any, y: Any) -> Any:
    net_h1 = w1 * x + b1
    net_h2 = w2 * x + b1
    net_o = w3 * sigma(net_h1) + w4 * sigma(net_h2) + b2
    return 0.5 * (y - sigma(net_o)) ** 2


def claims(bias: str) -> dict[str, float]:
    return {f"d{name}": number for name, number in formulas(bias).items() if name in NUMBERS}


def test_the_audit_of_what_is_printed_finds_both_biases() -> None:
    report = check.audit(printed, claims("b2"), *NUMBERS.values(), X, Y)
    assert not report
    found = {finding.name: finding.factor for finding in report.wrong}
    assert set(found) == {"b1", "b2"}
    delta = formulas("b2")
    assert found["b1"] == pytest.approx(delta["b1"] / delta["net_h1"], rel=1e-12)
    assert found["b2"] == pytest.approx(delta["net_o"] / (delta["net_o"] + delta["net_h2"]), rel=1e-12)
    for finding in report.wrong:
        assert finding.side == "loss"
        assert "with b1 in the place of b2 here" in (finding.hint or "")
        assert f"`{finding.name}`: got" in str(report)


def test_with_b1_all_six_match_to_the_last_digits() -> None:
    report = check.audit(meant, claims("b1"), *NUMBERS.values(), X, Y)
    assert report, str(report)
    assert report.checked["parameter"] == report.checked["element"] == 6
    assert check.gradcheck(meant, *NUMBERS.values(), X, Y)


@pytest.mark.parametrize("seed", range(3))
def test_the_verdict_does_not_depend_on_the_numbers(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in zip(NUMBERS, np.random.default_rng(seed).normal(size=6), strict=True):
        monkeypatch.setitem(NUMBERS, name, float(number))
    report = check.audit(printed, claims("b2"), *NUMBERS.values(), X, Y)
    assert {finding.name for finding in report.wrong} == {"b1", "b2"}
    assert check.audit(meant, claims("b1"), *NUMBERS.values(), X, Y)


# The first example, once more.


@pytest.mark.parametrize("make", MATERIALS)
def test_the_sum_times_z_again(make: Any) -> None:
    x, y, z = make(-2.0), make(5.0), make(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert float(f.data) == -12.0
    assert [float(node.grad) for node in (q, x, y, z)] == [-4.0, -4.0, -4.0, 3.0]
