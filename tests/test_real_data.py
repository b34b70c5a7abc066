"""Real data, learnt as well as a person would expect: digits, iris, wine, breast cancer, diabetes, moons, quadrants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import nn


def split(x: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """Three quarters to learn from and a quarter to test on, of all classes alike, scaled by the former."""
    parts = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y if y.dtype.kind in "iu" else None)
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]), scaler.transform(parts[1]), parts[2], parts[3]


def digits() -> tuple[Any, Any, Any, Any]:
    x, y = datasets.load_digits(return_X_y=True)
    a, b, c, d = train_test_split(x / 16, y, test_size=0.25, random_state=0, stratify=y)
    return a, b, c, d


def test_digits_by_a_multilayer_perceptron() -> None:
    x, unseen, y, truth = digits()
    model = nn.MLP([64, 128, 10], "relu", rng=0)
    optimizer = nn.AdamW(model.parameters(), lr=3e-3)
    nn.fit(model, nn.cross_entropy, (x, y), optimizer=optimizer, epochs=30, batch_size=32, rng=0)
    assert nn.evaluate(model, nn.cross_entropy, (unseen, truth), metrics="accuracy")["accuracy"] >= 0.97


def test_digits_by_a_small_convolutional_network() -> None:
    x, unseen, y, truth = digits()
    settings: Any = {"rng": np.random.default_rng(0), "dtype": np.float32}
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, **settings),
        nn.BatchNorm2d(16, dtype=np.float32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, **settings),
        nn.BatchNorm2d(32, dtype=np.float32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3, rng=settings["rng"]),
        nn.Linear(128, 10, **settings),
    )
    images, unseen_images = (a.astype(np.float32).reshape(-1, 1, 8, 8) for a in (x, unseen))
    optimizer = nn.Adam(model.parameters(), lr=4e-3)
    schedule = nn.CosineAnnealingLR(optimizer, T_max=20)
    nn.fit(model, nn.cross_entropy, (images, y), optimizer=optimizer, schedule=schedule, epochs=20, rng=0)
    assert nn.evaluate(model, nn.cross_entropy, (unseen_images, truth), metrics="accuracy")["accuracy"] >= 0.98


@pytest.mark.parametrize(
    ("load", "least"), [(datasets.load_iris, 0.94), (datasets.load_wine, 0.95), (datasets.load_breast_cancer, 0.95)]
)
def test_tables_of_classes(load: Any, least: float) -> None:
    x, unseen, y, truth = split(*load(return_X_y=True))
    model = nn.MLP([x.shape[1], 16, int(y.max()) + 1], "tanh", rng=0)
    optimizer = nn.AdamW(model.parameters(), lr=0.01, weight_decay=0.05)
    nn.fit(model, nn.cross_entropy, (x, y), optimizer=optimizer, epochs=60, rng=0)
    assert nn.evaluate(model, nn.cross_entropy, (unseen, truth), metrics="accuracy")["accuracy"] >= least


def test_diabetes_is_predicted_as_well_as_by_a_line() -> None:
    x, unseen, y, truth = split(*datasets.load_diabetes(return_X_y=True))
    mean, scale = y.mean(), y.std()
    target, unseen_target = ((z[:, None] - mean) / scale for z in (y, truth))
    model = nn.MLP([10, 16, 1], "tanh", rng=0)
    optimizer = nn.AdamW(model.parameters(), lr=3e-3, weight_decay=0.3)
    stopping = nn.EarlyStopping(patience=20)
    nn.fit(
        model,
        nn.mse,
        (x[50:], target[50:]),
        optimizer=optimizer,
        epochs=200,
        rng=0,
        validation=(x[:50], target[:50]),
        callbacks=stopping,
    )
    line, *_ = np.linalg.lstsq(np.c_[x, np.ones(len(x))], target, rcond=None)
    by_line = np.mean((np.c_[unseen, np.ones(len(unseen))] @ line - unseen_target) ** 2)
    assert nn.evaluate(model, nn.mse, (unseen, unseen_target))["loss"] < 1.1 * by_line < 0.9 * np.var(unseen_target)


def test_moons_by_one_score_each() -> None:
    x, y = datasets.make_moons(400, noise=0.15, random_state=0)
    x, unseen, y, truth = split(x, y)
    model = nn.MLP([2, 16, 16, 1], "relu", rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    nn.fit(model, nn.bce_with_logits, (x, y[:, None].astype(float)), optimizer=optimizer, epochs=60, rng=0)
    found = nn.evaluate(model, nn.bce_with_logits, (unseen, truth[:, None].astype(float)), metrics="accuracy")
    assert found["accuracy"] >= 0.96


@pytest.mark.parametrize("batch_size", [None, 1, 16])
def test_quadrants_by_each_kind_of_descent(batch_size: int | None) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    y = 2 * (x[:, 1] < 0) + (x[:, 0] < 0)
    model = nn.MLP([2, 6, 4], "tanh", rng=0)
    steps = {None: 800, 1: 12, 16: 60}[batch_size]
    rate = {None: 2.0, 1: 0.1, 16: 0.7}[batch_size]
    optimizer = nn.SGD(model.parameters(), lr=rate)
    nn.fit(model, nn.cross_entropy, (x, y), optimizer=optimizer, epochs=steps, batch_size=batch_size, rng=0)
    unseen = np.random.default_rng(1).uniform(-1, 1, (500, 2))
    truth = 2 * (unseen[:, 1] < 0) + (unseen[:, 0] < 0)
    assert nn.evaluate(model, nn.cross_entropy, (unseen, truth), metrics="accuracy")["accuracy"] > 0.95
