"""fit, evaluate, batches: the loop is the one that a person would write, and ends well however it ends."""

from __future__ import annotations

import functools
import gc
import io
import math
import os
import signal
import sys
import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import DTypeError, GraphError, ShapeError, Tensor, Value, log_softmax
from nn import SGD, Adam, Diverged, EarlyStopping, History, accuracy, batches, evaluate, fit

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
Y = (X @ [1.0, -2.0, 0.5])[:, None] + 0.1
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def linear(seed: int = 0) -> nn.Module:
    return nn.MLP([3, 4, 1], rng=seed)


def state(model: nn.Module) -> Any:
    return np.concatenate([np.ravel(x) for x in model.state_dict().values()])


# The loop.


@given(
    batch_size=st.sampled_from([None, 1, 7, 30, 99]), shuffle=st.booleans(), drop=st.booleans(), seed=st.integers(0, 9)
)
def test_it_is_the_loop_that_one_would_write(batch_size: int | None, shuffle: bool, drop: bool, seed: int) -> None:
    model, twin = linear(), linear()
    optimizer, other = (SGD(m.parameters(), lr=0.05, momentum=0.5) for m in (model, twin))
    settings: Any = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop}
    history = fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=2, rng=seed, **settings)
    generator = np.random.default_rng(seed)
    for _ in range(2):
        order = generator.permutation(30) if shuffle else np.arange(30)
        order = order[:28] if drop and batch_size == 7 else order
        total = 0.0
        for k in range(0, len(order), batch_size or 30):
            rows = order[k : k + (batch_size or 30)]
            loss = nn.mse(twin(X[rows]), Y[rows])
            other.zero_grad()
            loss.backward()
            other.step()
            total += loss.item() * len(rows)
    np.testing.assert_array_equal(state(model), state(twin))
    assert history["loss"][-1] == pytest.approx(total / len(order), rel=1e-12)
    assert not model.training


def test_both_materials_have_the_same_history() -> None:
    model = nn.MLP([3, 3, 3], rng=1)
    scalars = model.to_scalars()
    found = []
    for each in (model, scalars):
        optimizer = Adam(each.parameters(), lr=0.05)
        found.append(
            fit(
                each,
                nn.cross_entropy,
                (X, CLASSES),
                optimizer=optimizer,
                epochs=3,
                batch_size=10,
                rng=5,
                metrics="accuracy",
                validation=(X[:5], CLASSES[:5]),
            )
        )
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-10)
    np.testing.assert_allclose(state(scalars), state(model), rtol=1e-9)


def test_validation_and_metrics_are_those_of_evaluate() -> None:
    model = nn.MLP([3, 8, 3], rng=0)
    history = fit(
        model,
        nn.cross_entropy,
        (X, CLASSES),
        epochs=3,
        rng=0,
        validation=(X, CLASSES),
        metrics={"right": accuracy, "rows": lambda p, t: len(p)},
    )
    found = evaluate(model, nn.cross_entropy, (X, CLASSES), metrics={"right": accuracy})
    assert history["val_loss"][-1] == found["loss"]
    assert history["val_right"][-1] == found["right"]
    assert history["rows"][-1] == 30
    assert history.names == ["loss", "right", "rows", "val_loss", "val_right", "val_rows", "lr", "seconds"]


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_model_that_writes_to_its_batch_leaves_the_data_as_they_are(shuffle: bool) -> None:
    class Writing(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x: Any) -> Any:
            x *= 2.0
            return self.layer(x)

    def measure(prediction: Any, target: Any) -> float:
        target -= prediction
        return float(np.abs(target).mean())

    x, y, model = X.copy(), Y.copy(), Writing()
    fit(model, nn.mse, (x, y), epochs=2, validation=(x, y), metrics={"m": measure}, shuffle=shuffle, rng=0)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    once = evaluate(model, nn.mse, (x, y), metrics={"m": measure})
    assert once == evaluate(model, nn.mse, (x, y), metrics={"m": measure})


def test_evaluating_changes_nothing() -> None:
    model = nn.MLP([3, 8, 3], rng=0).train()
    before = state(model)
    evaluate(model, nn.cross_entropy, (X, CLASSES))
    assert model.training
    np.testing.assert_array_equal(state(model), before)
    assert not any(p.has_grad for p in model.parameters())


def test_several_inputs_and_images() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Bilinear(3, 2, 1, rng=0)

        def forward(self, x: Any, y: Any) -> Any:
            return self.layer(x, y)

    other = RNG.normal(size=(30, 2))
    history = fit(Two(), nn.mse, ((X, other), Y), epochs=5, rng=0, optimizer=None)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("every", ["epoch", "batch"])
def test_a_schedule_steps_as_it_is_told(every: str) -> None:
    model = linear()
    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = nn.ExponentialLR(optimizer, gamma=0.5)
    history = fit(
        model, nn.mse, (X, Y), optimizer=optimizer, epochs=3, batch_size=15, schedule=schedule, schedule_every=every
    )
    expected = [0.1, 0.05, 0.025] if every == "epoch" else [0.025, 0.00625, 0.0015625]
    np.testing.assert_allclose(history["lr"], expected)


def test_a_plateau_lowers_the_rate() -> None:
    model = linear()
    optimizer = SGD(model.parameters(), lr=1e-6)
    schedule = nn.ReduceLROnPlateau(optimizer, patience=1, factor=0.1)
    history = fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=6, schedule=schedule, rng=0, validation=(X, Y))
    assert history["lr"][-1] < 0.2e-6


def test_the_norm_of_a_step_is_bounded() -> None:
    model = linear()
    before = state(model)
    fit(
        model, nn.mse, (X, 100 * Y), optimizer=SGD(model.parameters(), lr=1.0), epochs=1, batch_size=None, clip_norm=0.5
    )
    assert np.linalg.norm(state(model) - before) == pytest.approx(0.5, rel=1e-6)


def test_groups_of_parameters_have_their_own_rates() -> None:
    model = linear()
    first, *others = model.parameters()
    before = first.numpy().copy()
    optimizer = SGD([{"params": [first], "lr": 1e-9}, {"params": others}], lr=0.1)
    history = fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=3, rng=0)
    assert history["lr"] == [1e-9] * 3
    np.testing.assert_allclose(first.numpy(), before, atol=1e-6)
    assert history["loss"][-1] < history["loss"][0]


# Callbacks.


def test_callbacks_are_told_and_can_stop() -> None:
    told: list[Any] = []

    class Telling(nn.Callback):
        def on_start(self, run: nn.Run) -> None:
            told.append("start")

        def on_batch(self, run: nn.Run, loss: float) -> None:
            told.append(run.batch)

        def on_epoch(self, run: nn.Run) -> None:
            told.append(("epoch", run.epoch, len(run.history)))
            if run.epoch == 2:
                run.stop("enough")

        def on_end(self, run: nn.Run) -> None:
            told.append("end")

    functions: list[int] = []
    history = fit(
        linear(),
        nn.mse,
        (X, Y),
        epochs=9,
        batch_size=15,
        callbacks=[Telling(), lambda run: functions.append(run.epoch)],
        rng=0,
    )
    assert told == ["start", 1, 2, ("epoch", 1, 1), 1, 2, ("epoch", 2, 2), "end"]
    assert functions == [1, 2]
    assert history.stopped == "enough"
    assert str(history).endswith("enough")


def test_early_stopping_goes_back_to_the_best_weights() -> None:
    model = linear()
    best: list[Any] = []

    def watch(run: nn.Run) -> None:
        if run.history.best("val_loss") == run.epoch:
            best[:] = [state(run.model)]

    history = fit(
        model,
        nn.mse,
        (X, Y),
        optimizer=SGD(model.parameters(), lr=0.3, momentum=0.95),
        epochs=200,
        validation=(X[:10], -Y[:10]),
        callbacks=[watch, EarlyStopping(patience=3)],
        rng=0,
    )
    assert history.stopped == "val_loss was not better for 3 epochs"
    assert len(history) == history.best() + 3
    np.testing.assert_array_equal(state(model), best[0])


def test_early_stopping_by_a_metric_that_grows() -> None:
    stopping = EarlyStopping(patience=2, monitor="accuracy", is_larger_better=True, min_delta=2.0)
    history = fit(
        nn.MLP([3, 3], rng=0), nn.cross_entropy, (X, CLASSES), epochs=9, metrics=["accuracy"], callbacks=stopping, rng=0
    )
    assert history.stopped == "accuracy was not better for 2 epochs"
    with pytest.raises(ValueError, match="monitor: expected one of loss, lr, seconds, got 'val_accuracy'"):
        fit(linear(), nn.mse, (X, Y), epochs=1, callbacks=EarlyStopping(monitor="val_accuracy"), rng=0)


# Ends.


def test_ctrl_c_leaves_a_usable_model_and_history() -> None:
    model = linear()

    def interrupt(run: nn.Run) -> None:
        if run.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    history = fit(model, nn.mse, (X, Y), epochs=50, callbacks=interrupt, rng=0)
    assert len(history) == 2
    assert history.stopped == "interrupted in epoch 3, after 0 of its steps"
    assert np.isfinite(model(X).numpy()).all()
    assert fit(model, nn.mse, (X, Y), epochs=1, rng=0).stopped is None


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads on this system")
def test_ctrl_c_at_any_moment_leaves_every_parameter_of_one_step() -> None:
    for delay in (0.002, 0.01, 0.03):
        model = linear()
        target = threading.main_thread().ident
        assert target is not None
        timer = threading.Timer(delay, signal.pthread_kill, (target, signal.SIGINT))

        class Starting(nn.Callback):
            def on_start(self, run: nn.Run, timer: Any = timer) -> None:
                timer.start()

        history = fit(model, nn.mse, (X, Y), epochs=100_000, batch_size=1, rng=0, callbacks=Starting())
        timer.join()
        assert history.stopped is not None
        assert history.stopped.startswith("interrupted in epoch")
        assert np.isfinite(state(model)).all()


def test_a_loss_that_is_no_number_stops_before_the_step_that_would_spoil_the_weights() -> None:
    model = linear()
    optimizer = SGD(model.parameters(), lr=1e200)
    with pytest.raises(Diverged, match=r"the loss is .* in epoch .*: try a smaller lr") as found:
        fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=9, rng=0)
    assert isinstance(found.value.history, History)
    assert not model.training


def test_weights_that_overflowed_are_told_of_also_in_the_last_step() -> None:
    model = linear()
    with pytest.raises(Diverged, match="W1 is NaN or infinite after epoch 1: its steps were too large"):
        fit(model, nn.mse, (X, 100 * Y), optimizer=SGD(model.parameters(), lr=1e308), epochs=1, batch_size=None, rng=0)


def test_a_validation_that_is_no_number_stops_a_schedule_that_compares_it() -> None:
    model = linear()
    optimizer = SGD(model.parameters(), lr=0.01)
    unknown = np.where(X > 1, np.nan, X), Y
    assert math.isnan(fit(model, nn.mse, (X, Y), epochs=1, validation=unknown, rng=0)["val_loss"][0])
    schedule = nn.ReduceLROnPlateau(optimizer)
    with pytest.raises(Diverged, match="the val_loss is nan after epoch 1, which ReduceLROnPlateau") as found:
        fit(model, nn.mse, (X, Y), optimizer=optimizer, schedule=schedule, epochs=3, validation=unknown, rng=0)
    assert len(found.value.history) == 1


# Metrics.


@pytest.mark.parametrize("result", [3, np.float32(3.0), np.array([3.0]), Tensor(3.0), Value(3.0), np.int8(3)])
def test_a_metric_gives_one_number_of_any_kind(result: Any) -> None:
    history = fit(linear(), nn.mse, (X, Y), epochs=1, validation=(X, Y), metrics={"m": lambda p, t: result}, rng=0)
    assert history["m"] == history["val_m"] == [3.0]


def test_metrics_see_all_outputs_of_a_model() -> None:
    class Heads(nn.Module):
        def __init__(self, kind: Any) -> None:
            self.one, self.two = nn.Linear(3, 1, rng=0), nn.Linear(3, 2, rng=0)
            self.kind = kind

        def forward(self, x: Any) -> Any:
            return self.kind(self.one(x), self.two(x))

    def loss(p: Any, t: Any) -> Any:
        one, two = p.values() if isinstance(p, dict) else p
        return nn.mse(one, t) + np.square(two).mean()

    seen: list[Any] = []

    def measure(p: Any, t: Any) -> float:
        seen.append([x.shape for x in (p.values() if isinstance(p, dict) else p)])
        assert all(type(x) is np.ndarray for x in (p.values() if isinstance(p, dict) else p))
        return 0.0

    for kind in (lambda a, b: (a, b), lambda a, b: [a, b], lambda a, b: {"a": a, "b": b}):
        fit(Heads(kind), loss, (X, Y), epochs=1, batch_size=None, validation=(X[:4], Y[:4]), metrics={"m": measure})
    assert seen == [[(30, 1), (30, 2)], [(4, 1), (4, 2)]] * 3


def test_a_metric_that_fails_is_named() -> None:
    for wrong in (None, "1", X, 1j):
        with pytest.raises(DTypeError, match=r"metrics: 'm': expected one number, got"):
            fit(linear(), nn.mse, (X, Y), epochs=1, metrics={"m": lambda p, t, wrong=wrong: wrong})
    with pytest.raises(ZeroDivisionError) as found:
        evaluate(linear(), nn.mse, (X, Y), metrics={"m": lambda p, t: 1 / 0})
    assert found.value.__notes__ == ["in the metric 'm', of predictions (30, 1) and targets (30, 1)"]


@given(numbers=st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1))
def test_the_best_epoch_is_that_which_a_stopping_goes_back_to(numbers: list[float]) -> None:
    for name, better in (("accuracy", None), ("loss", None), ("mine", True), ("mine", False)):
        history = History()
        stopping = EarlyStopping(patience=999, monitor=name, is_larger_better=better, restore_best=False)
        run = nn.Run(linear(), SGD(linear().parameters(), lr=0.1), None, [], RNG, {})
        run.history = history
        for number in numbers:
            history.append({name: number})
            stopping.on_epoch(run)
        best = history.best(name, is_larger_better=better)
        assert best == stopping.best_epoch
        known = [x for x in numbers if not math.isnan(x)]
        if known:
            assert numbers[best - 1] == (max(known) if name == "accuracy" or better else min(known))


def test_a_history_is_read_by_any_number() -> None:
    history = fit(linear(), nn.mse, (X, Y), epochs=3, rng=0)
    assert history[np.int64(1)] is history[1] is history[-2]
    assert history[1:] == [history[1], history[2]]
    with pytest.raises(ValueError, match=r"history.best: expected to be told whether more is better of 'f1'"):
        history.best("f1")


# Data.


@given(size=st.integers(1, 12), length=st.integers(1, 15), seed=st.none() | st.integers(0, 99))
def test_batches_hold_every_row_once(size: int, length: int, seed: int | None) -> None:
    x, y = np.arange(2 * size).reshape(size, 2), np.arange(size)
    rng = None if seed is None else np.random.default_rng(seed)
    parts = list(batches(x, y, batch_size=length, rng=rng))
    assert [len(b) for _, b in parts] == [min(length, size - k) for k in range(0, size, length)]
    together = np.concatenate([b for _, b in parts])
    assert sorted(together) == list(range(size))
    assert seed is not None or together.tolist() == list(range(size))
    np.testing.assert_array_equal(np.concatenate([a for a, _ in parts]), x[together])
    whole = batches(x, y, batch_size=length, rng=None if seed is None else np.random.default_rng(seed), drop_last=True)
    assert [b.tolist() for _, b in whole] == [b.tolist() for _, b in parts if len(b) == min(length, size)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit(linear(), nn.mse, X), DTypeError, r"fit: data: expected a pair of inputs and targets"),
        (
            lambda: fit(linear(), nn.mse, X),
            DTypeError,
            r"got ndarray of shape \(30, 3\): without targets, give \(x, x\)",
        ),
        (
            lambda: fit(linear(), nn.mse, X, Y),
            DTypeError,
            r"got 2 arguments: write fit\(model, loss, \(x, y\)\); settings",
        ),
        (
            lambda: fit(linear(), nn.mse, X, Y, X, Y),
            DTypeError,
            r"fit: data: .*, and those to validate by as validation=",
        ),
        (lambda: evaluate(linear(), nn.mse, X, Y), DTypeError, r"write evaluate\(model, loss, \(x, y\)\)"),
        (
            lambda: fit(linear(), nn.mse, (X, Y), metrics=[accuracy, "accuracy"]),
            ValueError,
            "each of a name of its own",
        ),
        (lambda: fit(linear(), nn.mse, (X, Y), metrics=[lambda p, t: 0.0]), DTypeError, "has no name: give {'name'"),
        (lambda: fit(linear(), nn.mse, (X, Y), metrics=[3]), DTypeError, "expected names .*, or a dict of such, got 3"),
        (lambda: fit(linear(), nn.mse, (X, None)), DTypeError, "fit: data: targets: expected an array, got None"),
        (
            lambda: fit(linear(), nn.mse, (X, Y, X)),
            DTypeError,
            r"got 3 parts: several inputs are a tuple, \(\(a, b\), y\)",
        ),
        (lambda: fit(linear(), nn.mse, {"x": X, "y": Y}), DTypeError, "got a dict of 'x', 'y': give two of its arrays"),
        (lambda: fit(linear(), nn.mse, ({"x": X}, Y)), DTypeError, "fit: data: inputs: expected .* got a dict"),
        (
            lambda: fit(linear(), nn.mse, zip(X, Y, strict=True)),
            DTypeError,
            r"x, y = map\(np.stack, zip\(\*samples\)\)",
        ),
        (
            lambda: fit(linear(), nn.mse, (X, Y), validation=0.2),
            DTypeError,
            "fit: validation: .* got 0.2: hold samples",
        ),
        (
            lambda: fit(linear(), nn.mse, (((0, 1), (1, 0)), (0, 1))),
            DTypeError,
            "got a tuple in a tuple: give arrays, or l",
        ),
        (
            lambda: fit(linear(), nn.mse, ((X, X[:3]), Y)),
            ShapeError,
            "a tuple is several inputs, samples stand in a list",
        ),
        (lambda: fit(linear(), nn.mse, ([[Value(1.0)] * 3], Y[:1])), DTypeError, "got Values: give the .data of each"),
        (lambda: fit(linear(), nn.mse, (np.ma.masked_array(X, X > 1), Y)), DTypeError, "whose mask would be lost"),
        (
            lambda: fit(linear(), nn.mse, (X, Y), checkpoint=3),
            DTypeError,
            "fit: checkpoint: expected the path of a file",
        ),
        (
            lambda: fit(linear(), nn.mse, (X, Y), metrics={"epoch": accuracy}),
            ValueError,
            "'epoch' is the name of something",
        ),
        (lambda: EarlyStopping(monitor="val_f1"), ValueError, "told whether more is better of 'val_f1': say is_larger"),
        (lambda: History().plot(), ValueError, "plot: expected a history of one epoch at least"),
        (
            lambda: fit(linear(), nn.mse, (X, Y[:5])),
            ShapeError,
            r"got inputs of shape \(30, 3\) and targets of shape \(5, 1\)",
        ),
        (lambda: fit(linear(), nn.mse, (X[:0], Y[:0])), ShapeError, "expected samples, got none"),
        (
            lambda: fit(linear(), nn.mse, (Tensor(X), Y)),
            DTypeError,
            r"expected plain numbers, got Tensor: give x.numpy\(\)",
        ),
        (lambda: fit(linear(), nn.mse, (X, Y), batch_size=0), ValueError, "fit: batch_size: expected a positive int"),
        (lambda: fit(linear(), nn.mse, (X, Y), epochs=0), ValueError, "fit: epochs: expected a positive int"),
        (lambda: fit(linear, nn.mse, (X, Y)), DTypeError, "fit: model: expected a Module"),  # type: ignore[arg-type]
        (lambda: fit(linear(), "mse", (X, Y)), DTypeError, "fit: loss: expected a function"),  # type: ignore[arg-type]
        (
            lambda: fit(linear(), nn.mse, (np.where(X > 1, np.inf, X), Y)),
            Diverged,
            "the data of that batch hold NaN or infinities: fill",
        ),
        (lambda: fit(linear(), lambda p, t: 1.0, (X, Y)), DTypeError, "fit: loss: expected a Tensor or a Value as its"),
        (lambda: fit(linear(), nn.mse, (X, Y), metrics="f1"), ValueError, "metrics: .* the known ones are accuracy"),
        (
            lambda: fit(linear(), nn.mse, (X, Y), metrics={"loss": accuracy}),
            ValueError,
            "fit: metrics: 'loss' is the name",
        ),
        (lambda: fit(linear(), nn.mse, (X, Y), callbacks=[3]), DTypeError, "fit: callbacks: expected Callbacks or"),
        (lambda: fit(linear(), nn.mse, (X, Y), callbacks=3), DTypeError, "fit: callbacks: expected a list"),
        (lambda: fit(linear(), nn.mse, (X, Y), optimizer=0.1), DTypeError, "fit: optimizer: expected one"),  # type: ignore[arg-type]
        (lambda: fit(linear(), nn.mse, (X, Y), schedule=0.1), DTypeError, "fit: schedule: expected one"),  # type: ignore[arg-type]
        (lambda: fit(linear(), nn.mse, (X, Y), schedule_every="day"), ValueError, "expected 'epoch' or 'batch'"),
        (lambda: list(batches(X, Y[:3])), ShapeError, "expected the same number of rows"),
        (lambda: list(batches(X, rng=3)), DTypeError, "batches: rng: expected a numpy.random.Generator"),  # type: ignore[arg-type]
        (lambda: batches(), ShapeError, "at least one array"),
        (lambda: accuracy([[1.0, 2.0]], [0, 1]), ShapeError, "expected a class for each row of scores"),
        (lambda: History()["loss"], KeyError, "history: expected one of"),
        (lambda: EarlyStopping(patience=0), ValueError, "EarlyStopping: patience: expected a positive int"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_accuracy_reads_every_kind_of_scores() -> None:
    assert accuracy(Tensor([[1.0, 2.0], [3.0, 0.0]]), [1, 1]) == 0.5
    assert accuracy([[1.0, 2.0], [3.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]) == 1.0
    assert accuracy([[-1.0], [2.0]], [[0], [0]], threshold=0) == 0.5
    assert accuracy([-1.0, 2.0], [0, 1], 0.0) == 1.0
    assert accuracy(0.75, 1, 0.5) == 1.0
    assert accuracy([math.nan, 2.0], [0, 1], 0.0) == accuracy([[math.nan, 2.0], [3.0, 0.0]], [0, 0]) == 0.5
    assert accuracy([[1.0, 2.0], [3.0, 0.0], [3.0, 0.0]], [1, 1, -100], ignore_index=-100) == 0.5


def test_a_history_shows_itself() -> None:
    history = fit(linear(), nn.mse, (X, Y), epochs=12, rng=0, validation=(X, Y))
    assert repr(history).splitlines()[0].split() == ["epoch", "loss", "val_loss", "lr", "seconds"]
    assert len(repr(history).splitlines()) == 11
    assert [row["loss"] for row in history] == history["loss"]
    assert history.best("loss") == 1 + int(np.argmin(history["loss"]))
    assert repr(History()) == "History of no epoch"
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="plots are drawn with it")
    pyplot.switch_backend("agg")
    image = history._repr_png_()
    assert image is not None
    assert image.startswith(b"\x89PNG")
    figure = history.plot()
    assert len(figure.axes) == 1
    assert len(figure.axes[0].lines) == 2
    pyplot.close(figure)


def test_the_bar_goes_to_terminals_alone(capsys: Any) -> None:
    fit(linear(), nn.mse, (X, Y), epochs=2, rng=0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals of that kind on this system")
def test_a_terminal_shows_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    with open(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        fit(linear(), nn.mse, (X, Y), epochs=2, rng=0)
        print("\nthe end", file=terminal, flush=True)
        shown = b""
        while b"the end" not in shown:  # it comes through the terminal in parts
            shown += os.read(ours, 60_000)
    os.close(ours)
    assert b"| 2/2 [" in shown
    assert b"loss=" in shown


@pytest.mark.parametrize("is_there", [True, False])
def test_where_there_is_no_stream_there_is_no_bar(monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream if is_there else None)
    assert len(fit(linear(), nn.mse, (X, Y), epochs=2, rng=0)) == 2


def test_a_bar_that_is_not_shown_looks_for_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # whose import warns where there are no widgets
    assert len(fit(linear(), nn.mse, (X, Y), epochs=2, rng=0, progress=False)) == 2


@pytest.mark.parametrize("material", ["Tensors", "Values"])
def test_memory_does_not_grow_with_the_steps(material: str) -> None:
    """While it runs, a training holds as much after many steps as after few: not even a number for each."""
    model, many = (linear(), 900) if material == "Tensors" else (linear().to_scalars(), 1_200)
    held = []

    class Looking(nn.Callback):
        def on_batch(self, run: nn.Run, loss: float) -> None:
            if run.batch in (many // 3, many):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])

    rows = np.arange(many) % len(X)
    measure = {"size": lambda prediction, target: prediction.size}
    tracemalloc.start()
    try:
        fit(model, nn.mse, (X[rows], Y[rows]), epochs=1, batch_size=1, rng=0, callbacks=Looking(), metrics=measure)
    finally:
        tracemalloc.stop()
    first, last = held
    assert last - first < 16 * many  # a float in a list takes 32 for each step, of which these are two in three


def test_seconds_are_counted() -> None:
    begun = time.perf_counter()
    history = fit(linear(), nn.mse, (X, Y), epochs=3, rng=0)
    assert 0 < math.fsum(history["seconds"]) < time.perf_counter() - begun


# Nothing stays still in silence.


def test_an_optimiser_that_has_not_all_that_is_trained_is_refused() -> None:
    model = linear()
    optimizer = Adam(model.parameters())
    model.layers[2] = nn.Linear(4, 1, rng=5)
    with pytest.raises(GraphError, match=r"but layers.2.weight, layers.2.bias would stay as they are"):
        fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=1)
    model.layers[2].requires_grad_(False)
    assert len(fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=1)) == 1
    with pytest.raises(GraphError, match=r"fit: optimizer: expected it to have all parameters that are trained"):
        fit(linear(), nn.mse, (X, Y), optimizer=Adam(linear().parameters()), epochs=1)


@pytest.mark.parametrize("kind", [Tensor, Value])
def test_a_leaf_that_nobody_told_the_model_of_is_refused(kind: Any) -> None:
    hidden = kind(1.0)

    class Hiding(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x: Any) -> Any:
            return self.layer(x) * hidden

    model = Hiding() if kind is Tensor else Hiding().to_scalars()
    with pytest.raises(GraphError, match=r"the loss depends on .* and is no parameter of the model"):
        fit(model, nn.mse, (X, Y), epochs=1)
    hidden = kind(1.0, requires_grad=False)
    assert len(fit(model, nn.mse, (X, Y), epochs=1)) == 1


def test_a_gradient_that_is_no_number_stops_before_the_step() -> None:
    class Root(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 1, bias=False, rng=0)

        def forward(self, x: Any) -> Any:
            return np.sqrt(np.abs(self.layer(x)))

    model = Root()
    x = X.copy()
    x[3] = 0.0
    with pytest.raises(Diverged, match=r"the gradient of W is NaN or infinite in epoch 1"):
        fit(model, nn.mse, (x, Y), epochs=1, batch_size=None)
    assert np.isfinite(state(model)).all()


def test_a_stopping_begins_anew_with_each_training() -> None:
    stopping = EarlyStopping(patience=3)
    fit(linear(), nn.mse, (X, Y), epochs=5, callbacks=stopping, rng=0)
    model = linear(seed=1)
    history = fit(model, nn.mse, (X, Y + 100), epochs=5, callbacks=stopping, rng=0)
    assert stopping.best == min(history["loss"]) > 1000
    assert stopping.best_epoch == history.best("loss")


def test_nan_is_never_the_best() -> None:
    numbers = iter([math.nan, 3.0, 2.0, 1.0])
    stopping = EarlyStopping(patience=1, monitor="mine", is_larger_better=False)
    metrics = {"mine": lambda prediction, target: next(numbers)}
    fit(linear(), nn.mse, (X, Y), epochs=4, batch_size=None, metrics=metrics, callbacks=stopping, rng=0)
    assert (stopping.best, stopping.best_epoch) == (1.0, 4)
    history = History()
    for number in (math.nan, 1.0, 0.5, math.nan):
        history.append({"val_loss": number})
    assert history.best() == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resume": True}, "fit: resume: expected a checkpoint to go on from"),
        (
            {"schedule": nn.StepLR(SGD(linear().parameters(), lr=0.1), 1)},
            "fit: schedule: expected that of the optimizer",
        ),
        ({"metrics": {"val_x": accuracy}}, "'val_x' is the name of something else"),
    ],
)
def test_settings_that_would_be_ignored_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit(linear(), nn.mse, (X, Y), epochs=1, **settings)


def test_a_loss_of_pytorch_is_told_from_ours() -> None:
    def mse_loss(prediction: Any, target: Any) -> Any:
        raise AssertionError

    mse_loss.__module__ = "torch.nn.functional"
    with pytest.raises(DTypeError, match=r"fit: loss: expected a loss of nn, such as nn.mse, got one of PyTorch"):
        fit(linear(), mse_loss, (X, Y))


def test_losses_of_several_numbers_are_refused() -> None:
    def each(p: Any, t: Any) -> Any:
        return nn.mse(p, t, reduction="none")

    with pytest.raises(ShapeError, match="fit: loss: expected one number, got shape"):
        fit(linear(), each, (X, Y), epochs=1)
    with pytest.raises(ShapeError, match="evaluate: loss: expected one number"):
        evaluate(linear(), each, (X, Y))


def test_accuracy_has_a_threshold_for_probabilities() -> None:
    assert accuracy([0.2, 0.7], [0, 1], threshold=0.5) == 1.0
    with pytest.raises(ValueError, match="expected classes from 0 to 1, got -1: rows of a class to be left out"):
        accuracy([-1.0, 2.0], [-1, 1], threshold=0)
    with pytest.raises(ValueError, match=r"expected classes from 0 to 1, got 2$"):
        accuracy([[-1.0, 2.0]], [2])
    with pytest.raises(ValueError, match="expected a row that counts"):
        accuracy([[-1.0, 2.0]], [-1], ignore_index=-1)
    with pytest.raises(ValueError, match=r"expected to be told above which number .* means class 1"):
        accuracy([0.2, 0.7], [0, 1])
    with pytest.raises(ValueError, match="rows of probabilities that sum to 1"):
        accuracy([[1.0, -1.0, 2.0]], [[1, 0, 1]])


# What losses tell.

BINARY = (X[:, :1] > 0).astype(float)


@pytest.mark.parametrize("material", ["Tensors", "Values"])
@pytest.mark.parametrize(
    ("loss", "output", "threshold"),
    [
        (nn.bce, "sigmoid", 0.5),
        (lambda p, t: nn.bce(p, t) + 0.01 * np.square(p).mean(), "sigmoid", 0.5),
        (functools.partial(nn.bce_with_logits, pos_weight=0.1), None, 0.0),
        (lambda p, t: nn.bce_with_logits(p, t, reduction="none").mean(), None, 0.0),
        (nn.mse, None, 0.5),
        (nn.huber, "sigmoid", 0.5),
    ],
)
def test_the_accuracy_of_one_score_knows_from_the_loss_what_it_is(
    material: str, loss: Any, output: Any, threshold: float
) -> None:
    model = nn.MLP([3, 4, 1], rng=0, **({} if output is None else {"output": output}))
    if material == "Values":
        model = model.to_scalars()
    data = X, BINARY
    for metrics in ("accuracy", nn.accuracy, ["accuracy"], {"accuracy": nn.accuracy}):
        history = fit(model, loss, data, epochs=1, batch_size=None, validation=data, metrics=metrics, rng=0)
        predicted = (
            np.array([[np.asarray(x.data).item()] for x in np.ravel(model(X))])
            if material == "Values"
            else model(X).data
        )
        assert history["val_accuracy"][-1] == np.mean((predicted > threshold) == BINARY)


def test_the_accuracy_of_one_score_of_a_loss_that_tells_nothing_is_refused() -> None:
    def own(p: Any, t: Any) -> Any:
        return np.square(p - t).mean()

    with pytest.raises(ValueError, match=r'metrics={"accuracy": functools.partial\(nn.accuracy, threshold=0.5\)}'):
        fit(linear(), own, (X, BINARY), epochs=1, metrics="accuracy")
    told = {"accuracy": functools.partial(accuracy, threshold=0.5)}
    assert len(fit(linear(), own, (X, BINARY), epochs=1, metrics=told)) == 1


IGNORING = np.where(np.arange(30) % 4 == 0, CLASSES, -100)
HOLD_STILL = {"rng": 0, "epochs": 1, "batch_size": 7}


class Still(SGD):
    """It leaves the weights where they are, so that training and validation see the same."""

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return data.copy()


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (nn.cross_entropy, CLASSES),
        (functools.partial(nn.cross_entropy, reduction="sum"), CLASSES),
        (functools.partial(nn.cross_entropy, ignore_index=-100), IGNORING),
        (lambda p, t: nn.cross_entropy(p, t, ignore_index=-100, weight=[1.0, 2.0, 3.0]), IGNORING),
        (lambda p, t: nn.cross_entropy(p, t, ignore_index=-100, reduction="sum") / 7, IGNORING),
        (lambda p, t: nn.cross_entropy(p, t, weight=[1.0, 0.5, 3.0], label_smoothing=0.1), CLASSES),
        (lambda p, t: nn.cross_entropy(p, t) + nn.l2_penalty([Tensor(3.0, requires_grad=False)]), CLASSES),
        (lambda p, t: nn.nll(log_softmax(p), t, ignore_index=-100), IGNORING),
        (functools.partial(nn.multiclass_hinge, reduction="sum"), CLASSES),
        (lambda p, t: nn.mse(p, np.eye(3)[t], reduction="sum"), CLASSES),
    ],
)
@given(size=st.integers(1, 30))
def test_training_and_validation_say_the_same_of_the_same_weights(size: int, loss: Any, target: Any) -> None:
    model = nn.MLP([3, 4, 3], rng=0)
    settings: Any = {
        **HOLD_STILL,
        "batch_size": size if (target >= 0).all() else max(size // 4 * 4, 4),
        "shuffle": False,
    }
    history = fit(
        model,
        loss,
        (X, target),
        optimizer=Still(model.parameters(), lr=0.1),
        validation=(X, target),
        metrics="accuracy",
        **settings,
    )
    assert history["loss"] == pytest.approx(history["val_loss"], rel=1e-12)
    assert history["accuracy"] == pytest.approx(history["val_accuracy"], rel=1e-12)
    kept = target >= 0
    assert history["val_accuracy"] == [accuracy(model(X).data[kept], target[kept])]


def test_plain_functions_are_metrics_by_their_names() -> None:
    def mean_error(prediction: Any, target: Any) -> float:
        return float(np.abs(prediction - target).mean())

    for metrics in (mean_error, [mean_error], [mean_error, "accuracy"], (nn.accuracy, mean_error)):
        history = fit(linear(), nn.mse, (X, BINARY), epochs=1, metrics=metrics, rng=0)
        assert {"mean_error"} <= set(history.names) <= {"mean_error", "accuracy", "loss", "lr", "seconds"}


# Evaluation.


def outputs(kind: str, x: Any) -> Any:
    return {"one": x, "two": (x, x[:, 0]), "list": [x, x * 2], "dict": {"a": x, "b": (x, x)}, "mean": x.mean()}[kind]


class Watched(nn.Module):
    """A network that remembers of how many samples it was asked."""

    def __init__(self, kind: str) -> None:
        self.layer, self.kind = nn.Linear(3, 3, rng=0), kind
        self.sizes: list[int] = []

    def forward(self, x: Any) -> Any:
        self.sizes.append(len(x))
        return outputs(self.kind, self.layer(x))


@given(
    kind=st.sampled_from(["one", "two", "list", "dict", "mean"]),
    size=st.none() | st.integers(1, 40),
    is_scalar=st.booleans(),
)
def test_evaluating_in_batches_is_evaluating_at_once(kind: str, size: int | None, is_scalar: bool) -> None:
    def loss(prediction: Any, target: Any) -> Any:
        kinds.append(type(prediction))
        parts = (
            prediction.values()
            if isinstance(prediction, dict)
            else prediction
            if kind in ("two", "list")
            else [prediction]
        )
        first = next(iter(parts))
        return np.square(first).mean() + np.abs(first).max()

    kinds: list[Any] = []
    model: Any = Watched(kind).to_scalars() if is_scalar else Watched(kind)
    found = evaluate(model, loss, (X, Y), batch_size=size, metrics={"spread": lambda p, t: float(np.std(t))})
    sizes = list(model.sizes)
    assert found["loss"] == pytest.approx(evaluate(model, loss, (X, Y), batch_size=None)["loss"], rel=1e-12)
    assert found["spread"] == np.std(Y)
    assert len(set(kinds)) == 1
    length = min(size or 30, 30)
    assert sizes == (
        [length, 30][: 1 + (length < 30)] if kind == "mean" else [min(length, 30 - k) for k in range(0, 30, length)]
    )


def test_validation_takes_no_more_memory_than_its_batches() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 500, rng=0)

        def forward(self, x: Any) -> Any:
            return self.layer(x).sum(axis=1, keepdims=True)

    peaks = []
    for size in (500, 5_000):
        x = np.ones((size, 1))
        tracemalloc.start()
        fit(Wide(), nn.mse, (x[:10], x[:10]), epochs=1, validation=(x, x), rng=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


# What goes back through earlier steps.


class Kept(nn.Module):
    def __init__(self, keep: Any, cell: Any = nn.GRUCell) -> None:
        self.cell, self.out, self.keep, self.h = cell(3, 2, rng=0), nn.Linear(2, 1, rng=0), keep, None

    def forward(self, x: Any) -> Any:
        h = self.cell(x, self.h)
        self.h = self.keep(h)
        return self.out(h[0] if isinstance(h, tuple) else h)


@pytest.mark.parametrize("material", ["Tensors", "Values"])
@pytest.mark.parametrize("cell", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_a_state_that_is_kept_as_a_node_is_refused(material: str, cell: Any) -> None:
    def made(keep: Any) -> nn.Module:
        return Kept(keep, cell) if material == "Tensors" else Kept(keep, cell).to_scalars()

    with pytest.raises(GraphError, match=r"the loss of step 2 was computed, in a part, before .* self.h = h.data"):
        fit(made(lambda h: h), nn.mse, (X, Y), epochs=1, batch_size=10, rng=0)

    def numbers(h: Any) -> Any:
        return tuple(part.data for part in h) if isinstance(h, tuple) else h.data

    model = made(numbers)
    assert len(fit(model, nn.mse, (X, Y), epochs=2, batch_size=10, rng=0)) == 2


def test_it_is_noticed_also_where_the_first_steps_change_nothing_and_in_a_second_training() -> None:
    model = Kept(lambda h: h)
    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = nn.LambdaLR(optimizer, lambda count: 0.0 if count < 5 else 1.0)
    settings: Any = {"schedule": schedule, "schedule_every": "batch", "batch_size": 10, "rng": 0}
    with pytest.raises(
        GraphError, match="of step 2 was computed, in a part, before the weights were changed: the grad"
    ):
        fit(model, nn.mse, (X, Y), optimizer=optimizer, epochs=1, **settings)
    model = Kept(lambda h: h)
    fit(model, nn.mse, (X, Y), epochs=1, batch_size=None, rng=0)
    with pytest.raises(GraphError, match="the loss of step 1 was computed, in a part, before the weights were changed"):
        fit(model, nn.mse, (X, Y), epochs=1, batch_size=None, rng=0)


def test_what_was_computed_of_weights_once_is_refused() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            self.w = nn.Parameter(np.ones((3, 1)))
            self.twice = self.w * 2.0

        def forward(self, x: Any) -> Any:
            return x @ self.twice

    with pytest.raises(GraphError, match="the loss of step 2 was computed, in a part, before the weights were changed"):
        fit(Tied(), nn.mse, (X, Y), epochs=2, batch_size=None)


@given(depth=st.integers(2, 30), place=st.integers(0, 29))
def test_a_hidden_leaf_is_found_however_the_loss_is_made(depth: int, place: int) -> None:
    class Hiding(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x: Any) -> Any:
            y = self.layer(x)
            for k in range(depth):
                y = (y + y) * 0.5 if k != min(place, depth - 1) else y + hidden
            return y

    hidden = Tensor(1.0, label="hidden")
    with pytest.raises(GraphError, match="the loss depends on hidden, which requires a gradient"):
        fit(Hiding(), nn.mse, (X, Y), epochs=1)


def test_what_trains_nothing_is_told() -> None:
    with pytest.raises(
        GraphError, match="fit: model: nothing is trained: all 4 parameters of the optimizer are frozen"
    ):
        fit(linear().requires_grad_(False), nn.mse, (X, Y))
    with pytest.raises(GraphError, match=r"fit: loss: it depends on no parameter that is trained: .*\.data"):
        fit(linear(), lambda p, t: nn.mse(Tensor(p.data, requires_grad=False), t), (X, Y))


# Hooks.


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("on_epoch_end", "write on_epoch,"),
        ("on_train_batch_end", "write on_batch,"),
        ("on_train_begin", "write on_start,"),
        ("on_fit_end", "write on_end,"),
        ("on_step_end", "write on_batch,"),
        ("on_after_backward", "write on_backward,"),
        ("on_epoch_start", "write the one that fits,"),
        ("on_save_checkpoint", "write the one that fits,"),
    ],
)
def test_a_hook_that_nobody_calls_is_refused(name: str, meant: str) -> None:
    with pytest.raises(
        TypeError, match=f"Mine.{name}: .* only on_start, on_backward, on_batch, on_epoch, on_end: {meant}"
    ):
        type("Mine", (nn.Callback,), {name: lambda self, run: None})


def test_of_parameters_that_no_gradient_comes_to_a_warning_tells() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            self.enter, self.leave = nn.Linear(2, 3, rng=0), nn.Linear(3, 1, rng=1)

        def forward(self, x: Any) -> Any:
            return self.leave(np.tanh(self.enter(x)).numpy())

    data = np.ones((4, 2)), np.zeros((4, 1))
    with pytest.warns(UserWarning, match=r"no gradient to enter\.weight, enter\.bias: forward does not use them"):
        nn.fit(Cut(), nn.mse, data, epochs=2, rng=0, progress=False)


def test_a_model_without_parameters_is_refused() -> None:
    class Empty(nn.Module):
        def forward(self, x: Any) -> Any:
            return nn.Linear(2, 1, rng=0)(x)

    with pytest.raises(GraphError, match=r"fit: model: Empty has no parameters: make its layers in __init__"):
        nn.fit(Empty(), nn.mse, (np.ones((4, 2)), np.zeros((4, 1))), epochs=1, progress=False)
