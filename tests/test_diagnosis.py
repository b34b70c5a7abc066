"""diagnose: each fault that it names is seeded, found where it is, and not found where it is not."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import DTypeError, ShapeError, bce_with_logits, mean, relu, sigmoid
from nn import diagnose

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4))
Y = RNG.integers(0, 3, 64)


def healthy(activation: str = "relu", seed: int = 0) -> nn.MLP:
    return nn.MLP([4, 16, 16, 3], activation, rng=seed)


@given(activation=st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu"]), seed=st.integers(0, 999))
def test_a_network_as_it_is_made_has_nothing(activation: str, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(64, 4))
    model = healthy(activation, seed)
    diagnosis = diagnose(model, (x, Y))
    dead = {"dead units"} if activation == "relu" else set()  # one unit of 32 may well be so
    assert set(diagnosis.kinds) <= dead, str(diagnosis)
    assert [layer.kind for layer in diagnosis.layers][::2] == ["Linear"] * 3


@given(seed=st.integers(0, 99), units=st.sets(st.integers(0, 15), min_size=1))
def test_dead_units_are_counted(seed: int, units: set[int]) -> None:
    model = healthy(seed=seed)
    bias = np.zeros(16)
    bias[list(units)] = -1e3
    model.layers[0].bias = bias
    found = {f.place: f.evidence for f in diagnose(model, (X, Y)).findings if f.kind == "dead units"}
    count = int(found["layers.1"].split()[0])
    assert count == int((X @ model.layers[0].weight.numpy() + bias <= 0).all(axis=0).sum()) >= len(units)


@pytest.mark.parametrize(("activation", "factor"), [("sigmoid", 100.0), ("tanh", 100.0)])
def test_saturated_units(activation: str, factor: float) -> None:
    model = healthy(activation)
    model.layers[0].weight = model.layers[0].weight.data * factor
    finding = next(f for f in diagnose(model, (X, Y)).findings if f.kind == "saturated")
    assert finding.place == "layers.1"
    assert int(finding.evidence.partition("%")[0]) > 50
    assert "xavier" in finding.cure


def test_a_vanishing_gradient_through_many_sigmoids() -> None:
    model = nn.MLP([4, *[8] * 8, 3], "sigmoid", rng=0)
    finding = next(f for f in diagnose(model, (X, Y)).findings if f.kind == "vanishing gradient")
    assert finding.place == "layers.0.weight"
    assert "layers.16.weight" in finding.evidence
    diagnosis = diagnose(model, (X, Y))
    outputs = [layer.gradient for layer in diagnosis.layers if layer.kind == "Linear"]
    assert outputs == sorted(outputs)


def test_an_exploding_gradient() -> None:
    model = nn.MLP([4, *[8] * 8, 3], None, rng=0)
    for layer in model:
        layer.weight = layer.weight.data * 10
    assert "exploding gradient" in diagnose(model, (X, Y)).kinds


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_units_that_are_alike(value: float) -> None:
    model = healthy("tanh")
    model.layers[0].weight = np.full((4, 16), value)
    model.layers[2].weight = np.full((16, 16), value)
    findings = [f for f in diagnose(model, (X, Y)).findings if f.kind == "symmetry"]
    assert findings[0].place == "layers.0.weight"
    assert findings[0].evidence.startswith("16 of 16 units have")
    assert ("only zeros" in findings[0].evidence) is (value == 0)


@pytest.mark.parametrize("output", ["softmax", "relu"])
def test_a_loss_that_has_the_activation_built_in(output: str) -> None:
    finding = diagnose(nn.MLP([4, 8, 3], "tanh", output=output, rng=0), (X, Y)).findings[0]
    assert (finding.kind, finding.place) == ("wrong pair", "layers.3")
    assert f"{output}, then cross_entropy" in finding.evidence


def test_a_sigmoid_before_a_loss_of_logits() -> None:
    model = nn.MLP([4, 8, 1], "tanh", output="sigmoid", rng=0)
    finding = diagnose(model, (X, Y[:, None] > 0), lambda p, t: mean(bce_with_logits(p, t))).findings[0]
    assert (finding.kind, finding.place) == ("wrong pair", "layers.3")


def test_targets_that_the_last_activation_cannot_give() -> None:
    model = nn.MLP([4, 8, 1], "tanh", output="tanh", rng=0)
    (finding,) = diagnose(model, (X, 3 * X[:, :1])).findings
    beyond = int((np.abs(3 * X[:, :1]) > 1).sum())
    assert finding.evidence == f"tanh gives -1 to 1; {beyond} of 64 targets are beyond"


def test_numbers_that_are_none() -> None:
    model = healthy()
    spoiled = X.copy()
    spoiled[3, 1] = np.nan
    finding = diagnose(model, (spoiled, Y)).findings[0]
    assert (finding.kind, finding.place, finding.evidence) == (
        "not finite",
        "the inputs",
        "1 of 256 are NaN or infinite",
    )
    twin = copy.deepcopy(model)
    twin.layers[2].weight = np.full((16, 16), np.inf)
    assert diagnose(twin, (X, Y)).findings[0].place == "layers.2.weight"

    class Root(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 3, rng=0)

        def forward(self, x: Any) -> Any:
            return np.log(self.layer(x))

    finding = diagnose(Root(), (X, Y)).findings[0]
    assert finding.kind == "not finite"
    assert "log(" in finding.evidence


def test_a_parameter_that_nothing_depends_on() -> None:
    class Spare(nn.Module):
        def __init__(self) -> None:
            self.used, self.spare = nn.Linear(4, 3, rng=0), nn.Linear(4, 3, rng=1)

        def forward(self, x: Any) -> Any:
            return self.used(x)

    places = [f.place for f in diagnose(Spare(), (X, Y)).findings if f.kind == "no gradient"]
    assert places == ["spare.weight", "spare.bias"]
    model = healthy()
    model.requires_grad_(False)
    with pytest.raises(DTypeError, match="diagnose: nothing is trained: expected parameters that require a gradient"):
        diagnose(model, (X, Y))


def test_gradients_that_were_not_cleared() -> None:
    model = healthy("tanh")
    for steps in (1, 4):
        model.zero_grad()
        for _ in range(steps):
            nn.cross_entropy(model(X), Y).backward()
        kinds = diagnose(model, (X, Y)).kinds
        assert ("forgotten zero_grad" in kinds) is (steps > 1)
    finding = diagnose(model, (X, Y)).findings[-1]
    assert "4.00 times" in finding.evidence


@pytest.mark.parametrize("batch_size", [64, 16])
def test_a_loop_that_never_cleared_them_is_told_of_it(batch_size: int) -> None:
    model = healthy("tanh")
    optimizer = nn.SGD(model.parameters(), lr=0.001)
    for k in range(12):
        rows = np.random.default_rng(k).permutation(64)[:batch_size]
        nn.cross_entropy(model(X[rows]), Y[rows]).backward()
        optimizer.step()
    assert diagnose(model, (X, Y)).kinds == ["forgotten zero_grad"]


def test_the_model_is_left_as_it_is() -> None:
    model = healthy()
    nn.cross_entropy(model(X), Y).backward()
    before = model.state_dict(), [p.grad.copy() for p in model.parameters()]
    diagnose(model, (X, Y))
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[0][name])
    for p, grad in zip(model.parameters(), before[1], strict=True):
        np.testing.assert_array_equal(p.grad, grad)


def test_a_network_of_values_is_the_same_network() -> None:
    model = nn.MLP([4, 8, 3], "relu", output="softmax", rng=0)
    model.layers[0].bias = [-1e3] * 4 + [0.0] * 4
    one, other = diagnose(model, (X, Y)), diagnose(model.to_scalars(), (X, Y))
    assert one.findings == other.findings
    assert one.layers == other.layers


def test_a_model_of_functions_alone_is_looked_into() -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            self.w = nn.Parameter(1e3 * RNG.normal(size=(4, 3)))

        def forward(self, x: Any) -> Any:
            return sigmoid(x @ self.w) * 2.0

    finding = next(f for f in diagnose(Plain(), (X, Y)).findings if f.kind == "saturated")
    assert finding.place == "Plain"


def test_it_shows_itself() -> None:
    diagnosis = diagnose(nn.MLP([4, 8, 3], output="softmax", rng=0), (X, Y))
    assert not diagnosis
    assert str(diagnosis).startswith("finding     where")
    assert repr(diagnosis) == str(diagnosis)
    assert diagnosis._repr_html_().count("<table>") == 2
    well = diagnose(healthy("tanh"), (X, Y))
    assert well
    assert str(well).startswith("nothing found, loss")
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="plots are drawn with it")
    pyplot.switch_backend("agg")
    figure = diagnosis.plot()
    assert len(figure.axes[0].lines) == 2
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: diagnose(X, (X, Y)), DTypeError, "diagnose: model: expected a Module"),
        (lambda: diagnose(healthy(), X), DTypeError, "diagnose: batch: expected a pair"),
        (lambda: diagnose(healthy(), (X, Y), "mse"), DTypeError, "diagnose: loss: expected a function"),
        (lambda: diagnose(healthy(), (X, Y), lambda p, t: p), DTypeError, "diagnose: loss: expected a Tensor of one"),
        (lambda: diagnose(healthy(), (X[:, :2], Y)), ShapeError, r"Linear\(4, 16\) with W1"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# No false alarms, and nothing looked for in the wrong place.


def test_a_correct_loop_has_not_forgotten_anything() -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    y = x[:, :1] * 2 + 1
    model = nn.Linear(2, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.25)
    for _ in range(4):
        loss = nn.mse(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert "forgotten zero_grad" not in diagnose(model, (x, y)).kinds


def test_a_mask_is_no_fault() -> None:
    class Causal(nn.Module):
        def __init__(self) -> None:
            self.attention, self.out = nn.MultiHeadAttention(8, 2, rng=0), nn.Linear(8, 3, rng=1)

        def forward(self, x: Any) -> Any:
            return self.out(self.attention(x, is_causal=True))

    rng = np.random.default_rng(0)
    assert diagnose(Causal(), (rng.normal(size=(4, 5, 8)), rng.integers(0, 3, (4, 5)))).kinds == []


def test_units_are_channels_behind_a_convolution_and_features_elsewhere() -> None:
    class Sequence(nn.Module):
        def __init__(self) -> None:
            self.layer, self.out = nn.Linear(4, 8, rng=0), nn.Linear(8, 2, rng=0)
            self.layer.bias = [-100.0] * 6 + [0.0] * 2

        def forward(self, x: Any) -> Any:
            return self.out(relu(self.layer(x)))

    rng = np.random.default_rng(0)
    found = diagnose(Sequence(), (rng.normal(size=(16, 5, 4)), rng.integers(0, 2, (16, 5)))).findings
    assert [f.evidence for f in found if f.kind == "dead units"] == [
        "6 of 8 are 0 for all 16 samples: units 0, 1, 2, 3, 4, 5"
    ]
    model = nn.Sequential(nn.Conv1d(4, 8, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(24, 2, rng=0))
    model.layers[0].bias = [-100.0] * 3 + [0.0] * 5
    found = diagnose(model, (rng.normal(size=(16, 4, 5)), rng.integers(0, 2, 16))).findings
    assert [f.evidence for f in found if f.kind == "dead units"] == ["3 of 8 are 0 for all 16 samples: units 0, 1, 2"]


def test_a_loss_has_no_units_and_a_prediction_may_be_sure() -> None:
    x = np.linspace(-5, 5, 20)[:, None]
    model = nn.Linear(1, 2, rng=0)
    model.weight = [[-50.0, 50.0]]
    assert diagnose(model, (x, (x[:, 0] > 0).astype(int)), nn.multiclass_hinge).kinds == []
    sure = nn.Sequential(nn.Linear(1, 1, rng=0), nn.Sigmoid())
    sure.layers[0].weight = [[50.0]]
    assert "saturated" not in diagnose(sure, (x, (x > 0).astype(float)), nn.bce).kinds


def test_a_wrong_pair_is_seen_through_a_change_of_shape() -> None:
    class Column(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 1, rng=0)

        def forward(self, x: Any) -> Any:
            return sigmoid(self.layer(x))[:, 0]

    assert diagnose(Column(), (X, (Y > 0).astype(float)), nn.bce_with_logits).kinds == ["wrong pair"]


def test_layers_are_in_the_order_of_their_use() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            self.out = nn.Linear(8, 3, rng=0)
            self.body = nn.MLP([4, *[8] * 8], "sigmoid", output="sigmoid", rng=0)

        def forward(self, x: Any) -> Any:
            return self.out(self.body(x))

    finding = next(f for f in diagnose(Late(), (X, Y)).findings if f.kind == "vanishing gradient")
    assert finding.place == "body/layers.0.weight".replace("/", ".")


def test_a_loss_that_closes_over_the_model_leaves_its_gradients() -> None:
    model = healthy()
    diagnose(model, (X, Y), lambda p, t: nn.cross_entropy(p, t) + 0.1 * nn.l2_penalty(model))
    assert not any(p.has_grad for p in model.parameters())
