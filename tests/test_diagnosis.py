"""diagnose: each fault that it names is seeded, found where it is, and not found where it is not."""

from __future__ import annotations

import copy
import functools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import DTypeError, ShapeError, Tensor, bce_with_logits, mean, relu, sigmoid, softmax
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
    assert diagnosis, str(diagnosis)
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


# Healthy networks of all kinds, and sick ones of all kinds.


class Made(nn.Module):
    """Computes by a function of itself, and of what it is called with."""

    def __init__(self, function: Any, **parts: Any) -> None:
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs: Any) -> Any:
        return self.function(self, *inputs)


def unrolled(model: Any, x: Any) -> Any:
    state = model.cell(x[:, 0])
    for k in range(1, x.shape[1]):
        state = model.cell(x[:, k], state)
    return model.out(state[0] if isinstance(state, tuple) else state)


def transformer(model: Any, x: Any) -> Any:
    h = model.tokens(x) + model.places(np.arange(x.shape[1]))
    for attention, first, second, inner in model.blocks:
        h = h + attention(first(h), is_causal=True)
        h = h + inner(second(h))
    return model.out(model.norm(h))


def residual(model: Any, x: Any) -> Any:
    h = model.enter(x)
    for block in model.blocks:
        h = h + block(h)
    return model.out(h)


ACTIVATIONS = ["relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus", "prelu"]


@given(data=st.data())
def test_a_healthy_mlp_raises_no_alarm(data: st.DataObject) -> None:
    """Of any depth that its activation bears, any width, dtype and material; inputs about 0 or from 0 to 1."""
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    activation = data.draw(st.sampled_from(ACTIVATIONS))
    depth = data.draw(st.integers(1, {"sigmoid": 2, "softplus": 3}.get(activation, 8)))
    sizes = [data.draw(st.integers(2, 12)), *[data.draw(st.sampled_from([16, 32, 64]))] * depth, 3]
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    x = data.draw(st.sampled_from([rng.normal, rng.uniform]))(size=(64, sizes[0])).astype(dtype)
    model = nn.MLP(sizes, activation, rng=rng, dtype=dtype)
    if depth == 1 and sizes[1] == 16 and data.draw(st.booleans()):
        model, x = model.to_scalars(), x[:8]
    diagnosis = diagnose(model, (x, rng.integers(0, 3, len(x))))
    assert diagnosis, str(diagnosis)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("depth", [4, 12])
def test_healthy_networks_of_other_kinds_raise_no_alarm(seed: int, depth: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, 32)
    cells = [nn.RNNCell(4, 16, rng=rng), nn.GRUCell(4, 16, rng=rng), nn.LSTMCell(4, 16, rng=rng)]
    sequences, rows = rng.normal(size=(32, 6, 4)), rng.normal(size=(32, 8))
    networks: list[tuple[nn.Module, Any]] = [
        *[(Made(unrolled, cell=cell, out=nn.Linear(16, 3, rng=rng)), (sequences, classes)) for cell in cells]
    ]
    for is_zero in (False, True):  # what begins as the identity is healthy
        blocks = [nn.Sequential(nn.LayerNorm(32), *nn.MLP([32, 32, 32], "relu", rng=rng)) for _ in range(depth)]
        for block in blocks:
            block.layers[3].weight = block.layers[3].weight.data * (not is_zero)
        model = Made(residual, enter=nn.Linear(8, 32, rng=rng), blocks=blocks, out=nn.Linear(32, 3, rng=rng))
        networks.append((model, (rows, classes)))
    tokens = rng.integers(0, 20, (32, 8))
    model = Made(
        transformer,
        tokens=nn.Embedding(50, 16, rng=rng),  # most rows of it are not used
        places=nn.Embedding(8, 16, rng=rng),
        blocks=[
            (nn.MultiHeadAttention(16, 4, rng=rng), nn.LayerNorm(16), nn.RMSNorm(16), nn.MLP([16, 64, 16], rng=rng))
            for _ in range(3)
        ],
        norm=nn.LayerNorm(16),
        out=nn.Linear(16, 50, rng=rng),
    )
    networks.append((model, (tokens, tokens)))
    dropped = nn.Sequential(nn.Linear(8, 32, rng=rng), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5, rng=rng))
    networks.append((nn.Sequential(nn.BatchNorm1d(8), *dropped, nn.Linear(32, 3, rng=rng)), (1e4 * rows, classes)))
    images = rng.uniform(size=(32, 1, 8, 8))
    convolutions = [nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, rng=rng)]
    networks.append(
        (nn.Sequential(*convolutions, nn.ReLU(), nn.Flatten(), nn.Linear(64, 3, rng=rng)), (images, classes))
    )
    head = nn.Linear(8, 5, rng=rng)
    head.weight = np.zeros((8, 5))  # two classes are not in the batch: their units are alike, and it does no harm
    networks.append((head, (rows, classes)))
    for model, batch in networks:
        diagnosis = diagnose(model, batch)
        assert diagnosis, f"{model}\n{diagnosis}"
    # What comes back to large outputs, which are scaled down again, is small, and of the weights it is as it should be.
    assert diagnose(nn.Sequential(*dropped, nn.Linear(32, 3, rng=rng)), (1e4 * rows, classes)).kinds == ["unscaled"]


@pytest.mark.parametrize(
    ("model", "batch", "loss", "evidence"),
    [
        (nn.MLP([4, 8, 3], output="sigmoid", rng=0), (X, Y), None, "make no probability above 0.58"),
        (nn.MLP([4, 8, 3], output="tanh", rng=0), (X, Y), None, "make no probability above 0.79"),
        (nn.MLP([4, 8, 3], output="softmax", rng=0), (X, np.eye(3)[Y]), nn.bce_with_logits, "above 0.73"),
        (nn.MLP([4, 8, 1], output="softmax", rng=0), (X, X[:, :1] * 0), nn.mse, "softmax of one score is always 1"),
        (
            Made(lambda m, x: (lambda e: e / e.sum(axis=1, keepdims=True))(np.exp(m.a(x))), a=healthy()),
            (X, Y),
            None,
            "each row that cross_entropy takes sums to 1",
        ),
        (Made(lambda m, x: softmax(m.a(x), axis=0), a=healthy()), (X, np.eye(3)[Y]), nn.mse, "over the 64 samples"),
        (nn.MLP([4, 8, 1], rng=0), (X, X[:, 0]), lambda p, t: mean((p - t) ** 2), r"give \(64, 64\)"),
    ],
)
def test_each_wrong_pair_has_its_evidence(model: nn.Module, batch: Any, loss: Any, evidence: str) -> None:
    finding = next(f for f in diagnose(model, batch, loss).findings if f.kind == "wrong pair")
    assert re.search(evidence, finding.evidence), finding


@given(scale=st.floats(1e-4, 0.1), activation=st.sampled_from(["relu", "tanh"]), seed=st.integers(0, 99))
def test_weights_so_small_that_nothing_comes_back(scale: float, activation: str, seed: int) -> None:
    """The gradients of all weights are then alike: what vanishes is that of what the layers give."""
    model = nn.MLP([4, *[32] * 6, 3], activation, rng=seed)
    for layer in model.layers[::2]:
        layer.weight = layer.weight.data * scale
    diagnosis = diagnose(model, (X, Y))
    assert diagnosis.kinds == ["vanishing gradient"]
    assert diagnosis.findings[0].place == "layers.0"


def test_a_gradient_that_underflows_has_vanished() -> None:
    model = nn.MLP([4, *[8] * 80, 3], "sigmoid", rng=0, dtype=np.float32)
    assert "vanishing gradient" in diagnose(model, (X.astype(np.float32), Y)).kinds
    assert not model.layers[0].weight.has_grad


@given(
    width=st.integers(2, 70), dtype=st.sampled_from([np.float32, np.float64]), value=st.sampled_from([0.0, 0.1, 0.5])
)
def test_units_that_are_alike_are_counted_whatever_is_rounded(width: int, dtype: Any, value: float) -> None:
    model = nn.MLP([4, width, width, 3], "tanh", rng=0, dtype=dtype)
    model.layers[0].weight, model.layers[2].weight = np.full((4, width), value), np.full((width, width), value)
    model.layers[4].weight = np.tile(model.layers[4].weight.numpy()[:1], (width, 1))
    found = [f.evidence for f in diagnose(model, (X.astype(dtype), Y)).findings if f.kind == "symmetry"]
    assert len(found) == 2
    assert all(evidence.startswith(f"{width} of {width} units") for evidence in found)


def test_two_pairs_of_units_are_four() -> None:
    model = nn.MLP([4, 5, 3], "tanh", rng=0)
    for layer, pairs in ((model.layers[0], np.s_[:, [0, 0, 1, 1, 2]]), (model.layers[2], np.s_[[0, 0, 1, 1, 2]])):
        layer.weight = layer.weight.numpy()[pairs]
    (finding,) = diagnose(model, (X, Y)).findings
    assert finding.evidence.startswith("4 of 5 units have the same weights")


def test_an_activation_that_is_used_twice_is_told_by_the_layer_before_it() -> None:
    def forward(m: Any, x: Any) -> Any:
        return m.c(m.act(m.b(m.act(m.a(x)))))

    layers = {"a": nn.Linear(4, 16, rng=0), "b": nn.Linear(16, 16, rng=1), "c": nn.Linear(16, 3, rng=2)}
    model = Made(forward, act=nn.ReLU(), **layers)
    model.b.bias = np.full(16, -50.0)
    assert [f.place for f in diagnose(model, (X, Y)).findings if f.kind == "dead units"] == ["act, behind b"]
    cell = nn.RNNCell(4, 16, rng=0)
    cell.weight_ih, cell.weight_hh = cell.weight_ih.data * 50, cell.weight_hh.data * 50
    model = Made(unrolled, cell=cell, out=nn.Linear(16, 3, rng=0))
    findings = diagnose(model, (RNG.normal(size=(64, 9, 4)), Y)).findings
    assert [f.place for f in findings if f.kind == "saturated"] == ["cell"]  # once, not at each time


@pytest.mark.parametrize("scale", [255.0, 1e4, 1e-4])
def test_inputs_and_targets_on_a_scale_of_their_own(scale: float) -> None:
    x = np.abs(X) * [1, scale, 1, 1] if scale > 1 else X * scale
    finding = next(f for f in diagnose(healthy(), (x, Y)).findings if f.kind == "unscaled")
    assert finding.place == "the inputs"
    assert ("column 1 of 4" in finding.evidence) is (scale > 1)
    assert "unscaled" in diagnose(nn.MLP([4, 8, 1], rng=0), (X, 300 + X[:, :1])).kinds


def test_what_nothing_trains_is_found_wherever_it_hides() -> None:
    gain = Tensor(np.ones(3), label="gain")
    hidden = nn.Linear(4, 4, rng=0)
    networks = {
        "gain": Made(lambda m, x: m.a(x) * gain, a=healthy()),
        "W": Made(lambda m, x: m.a(hidden(x)), a=healthy()),
        "W9": Made(lambda m, x: m.a(nn.Linear(4, 4, rng=0, label="9")(x)), a=healthy()),
        "b": Made(lambda m, x: m.a(m.part(x)), a=healthy(), part=functools.partial(hidden)),
    }
    for label, model in networks.items():
        found = [f.evidence.partition(",")[0] for f in diagnose(model, (X, Y)).findings if f.kind == "no parameter"]
        assert label in found
        assert f"{label} " in str(model.summary(X))
        assert "no parameter of the model, so nothing trains it" in str(model.summary(X))
        assert "no parameter" not in str(model.a.summary(Tensor(X)))  # what it is called with is none either


def test_a_model_that_learned_all_there_is_has_forgotten_nothing() -> None:
    x, y = X[:, :2], (X[:, 0] > X[:, 1]).astype(int)
    model = nn.MLP([2, 8, 2], "tanh", rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    for k in range(300):
        rows = np.random.default_rng(k).permutation(64)[:8]
        optimizer.zero_grad()
        nn.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
        if k % 10 == 0:
            assert "forgotten zero_grad" not in diagnose(model, (x, y)).kinds


def test_a_plot_marks_what_was_found_and_shows_what_is_no_number() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="plots are drawn with it")
    pyplot.switch_backend("agg")
    dead, spoiled = healthy(), healthy()
    dead.layers[0].bias = np.full(16, -100.0)
    spoiled.layers[2].weight = np.full((16, 16), np.nan)
    for model, told in (
        (dead, {"dead units": 1, "0": 0}),
        (spoiled, {"not finite": 2, "NaN": 2}),
    ):
        figure = diagnose(model, (X, Y)).plot()
        texts = [(text.get_text(), text.get_position()[0]) for text in figure.axes[0].texts]
        assert set(told.items()) <= set(texts)
        pyplot.close(figure)


def test_a_buffer_that_was_spoiled_is_named() -> None:
    model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.BatchNorm1d(8), nn.Linear(8, 3, rng=0)).eval()
    model.layers[1].running_mean = np.full(8, np.nan)
    assert diagnose(model, (X, Y)).findings[0].place == "layers.1.running_mean"


@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        (lambda h: h * (h.data > 100), "factor is zero"),
        (lambda h: h * 0.0, "factor is zero"),
        (np.round, "rint"),
        (np.sign, "sign"),
        (lambda h: np.clip(h, -1e-9, 1e-9), "clip"),
    ],
)
def test_what_stops_all_of_a_gradient_is_named(cut: Any, reason: str) -> None:
    """A function without a slope is no layer too many."""

    class Cut(nn.Module):
        def __init__(self) -> None:
            self.enter, self.leave = nn.Linear(3, 4, rng=0), nn.Linear(4, 2, rng=1)

        def forward(self, x: Any) -> Any:
            return self.leave(cut(self.enter(x)))

    x = np.random.default_rng(0).normal(size=(16, 3))
    found = nn.diagnose(Cut(), (x, np.arange(16) % 2)).findings
    (finding,) = [each for each in found if each.kind == "no gradient"]
    assert finding.place == "enter.weight"
    assert reason in finding.evidence
    assert "vanishing gradient" not in [each.kind for each in found]


def test_a_model_that_gives_plain_numbers_is_told_so() -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 2, rng=0)

        def forward(self, x: Any) -> Any:
            return self.layer(x).data

    with pytest.raises(TypeError, match=r"diagnose: the loss is a plain number, .*: the model gave numbers"):
        nn.diagnose(Plain(), (np.ones((4, 3)), np.zeros((4, 2))))


def test_dead_units_are_told_once() -> None:
    """What they keep from the weights before them is no second finding."""
    model = nn.MLP([3, 4, 2], "relu", rng=0)
    model.layers[0].bias = np.full(4, -50.0)
    model.layers[2].bias = np.array([0.0, 1.0])
    found = nn.diagnose(model, (np.random.default_rng(0).normal(size=(16, 3)), np.arange(16) % 3 % 2)).findings
    assert "dead units" in [each.kind for each in found]
    assert "no gradient" not in [each.kind for each in found]
