"""The estimators have scikit-learn's habits: its own checks say so, and its tools take them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris, make_moons
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from nn import MLP
from nn.estimators import MLPClassifier, MLPRegressor, held_back

#: Checks that pass over themselves where something is not there.
SKIPPED = {"check_array_api_input", "check_classifier_data_not_an_array", "check_regressor_data_not_an_array"}


@pytest.mark.parametrize(
    "estimator", [MLPClassifier(), MLPRegressor(), MLPClassifier(early_stopping=True), MLPRegressor(solver="sgd")]
)
def test_scikit_learns_own_checks_pass(estimator: Any) -> None:
    settings: Any = {"on_fail": None, "on_skip": None}
    results = check_estimator(estimator, **settings)
    assert len(results) > 40
    assert {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"} == {}
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= SKIPPED


def test_pipelines_and_searches_take_them() -> None:
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((16,), learning_rate_init=0.02, random_state=0))
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.93
    search = GridSearchCV(pipeline, {"mlpclassifier__activation": ["tanh", "gelu"]}, cv=2).fit(x, y)
    assert search.best_score_ > 0.9


def test_classes_of_every_kind_come_back() -> None:
    x, y = make_moons(60, noise=0.05, random_state=0)
    for names in (np.array(["no", "yes"]), np.array([-1, 1]), np.array([False, True])):
        model = MLPClassifier((16,), "relu", learning_rate_init=0.05, batch_size=16, random_state=0).fit(x, names[y])
        assert model.classes_.tolist() == sorted(names.tolist())
        assert (model.predict(x) == names[y]).mean() > 0.95
        np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1.0)


def test_the_seed_decides_and_no_global_generator_is_read() -> None:
    x, y = load_iris(return_X_y=True)
    state = np.random.get_state()[1].tolist()

    def found(seed: Any) -> Any:
        return MLPClassifier((4,), max_iter=3, random_state=seed).fit(x, y).predict_proba(x).tolist()

    assert found(0) == found(0) != found(1)
    assert found(None) != found(None)
    assert found(np.random.default_rng(3)) == found(np.random.default_rng(3))
    assert found(np.random.RandomState(3)) == found(np.random.RandomState(3))
    assert np.random.get_state()[1].tolist() == state


def test_early_stopping_holds_samples_back() -> None:
    x, y = load_diabetes(return_X_y=True)
    model = MLPRegressor((64,), learning_rate_init=0.05, early_stopping=True, n_iter_no_change=3, random_state=0)
    model.fit(x, (y - y.mean()) / y.std())
    assert "val_loss" in model.history_.names
    assert model.n_iter_ == len(model.loss_curve_) < 200
    assert model.history_.stopped == "val_loss was not better for 3 epochs"


def test_several_targets_and_single_precision() -> None:
    x = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    y = np.concatenate([x**2, -x], axis=1)
    model = MLPRegressor((32,), "tanh", learning_rate_init=0.02, batch_size=20, random_state=0).fit(x, y)
    assert model.predict(x).shape == (100, 2)
    assert model.predict(x).dtype == np.float32
    assert model.score(x, y) > 0.98


def test_the_penalty_is_that_of_scikit_learn() -> None:
    """With a penalty alone that matters, weights fall as theirs do: p ← p − lr·alpha·p/n."""
    x, y = np.zeros((10, 2)), np.zeros(10)
    model = MLPRegressor((3,), "tanh", solver="sgd", momentum=0.0, alpha=2.0, learning_rate_init=0.1, max_iter=1)
    model.set_params(random_state=0, batch_size=None).fit(x, y)
    before = MLP([2, 3, 1], "tanh", rng=np.random.default_rng(0)).layers[0].weight.numpy()
    np.testing.assert_allclose(model.model_.layers[0].weight.numpy(), before * (1 - 0.1 * 2.0 / 10))


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_predict_the_same(twin: Any) -> None:
    x, y = load_iris(return_X_y=True)
    model = MLPClassifier((4,), max_iter=3, random_state=0).fit(x, y)
    np.testing.assert_array_equal(twin(model).predict_proba(x), model.predict_proba(x))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "lbfgs"}, "solver: expected 'adam' or 'sgd', got 'lbfgs'"),
        ({"activation": "sine"}, "activation: expected one of"),
        ({"hidden_layer_sizes": (0,)}, "expected a positive int, got 0"),
        ({"batch_size": -1}, "batch_size: expected a positive int"),
        ({"alpha": -1.0}, "alpha: expected zero or a positive number"),
        ({"tol": -1.0}, "tol: expected zero or a positive number"),
        (
            {"early_stopping": True, "validation_fraction": 1.5},
            "validation_fraction: expected a number between 0 and 1",
        ),
        ({"early_stopping": True, "validation_fraction": 0}, "validation_fraction: expected a number between 0 and 1"),
        ({"learning_rate_init": 0.0}, "lr: expected a positive number"),
        ({"max_iter": 0}, "epochs: expected a positive int"),
        ({"n_iter_no_change": 0}, "n_iter_no_change: expected a positive int"),
    ],
)
def test_settings_that_are_none_are_refused_in_fit(settings: dict[str, Any], message: str) -> None:
    x, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**settings).fit(x, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"early_stopping": "no"}, "early_stopping: expected True or False, got 'no'"),
        ({"hidden_layer_sizes": 3.5}, "hidden_layer_sizes: expected a positive int, got 3.5"),
        ({"hidden_layer_sizes": None}, "hidden_layer_sizes: expected a positive int, got None"),
        ({"random_state": "today"}, "random_state: expected a seed such as 0"),
    ],
)
def test_settings_of_other_kinds_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    x, y = load_iris(return_X_y=True)
    with pytest.raises(TypeError, match=message):
        MLPClassifier(**settings).fit(x, y)


def test_activations_have_scikit_learns_names_too() -> None:
    x, y = load_iris(return_X_y=True)
    for theirs, layer in (("logistic", "Sigmoid()"), ("relu", "ReLU()")):
        assert repr(MLPClassifier(4, theirs, max_iter=1).fit(x, y).model_.layers[1]) == layer
    assert len(MLPClassifier(4, "identity", max_iter=1).fit(x, y).model_.layers) == 2


def test_training_in_parts_is_training_for_so_many_epochs() -> None:
    x, y = load_iris(return_X_y=True)
    for make, its in ((MLPClassifier, {"classes": [0, 1, 2]}), (MLPRegressor, {})):
        whole = make((4,), max_iter=3, batch_size=40, random_state=0).fit(x, y)
        parts = make((4,), batch_size=40, random_state=0)
        for _ in range(3):
            parts.partial_fit(x, y, **its)
        np.testing.assert_array_equal(parts.predict(x), whole.predict(x))
        assert parts.loss_curve_ == whole.loss_curve_
        assert parts.n_iter_ == 3
        twin = pickle.loads(pickle.dumps(parts))
        for model in (parts, whole, twin):
            model.partial_fit(x[:50], y[:50])
        np.testing.assert_array_equal(twin._outputs(x), whole._outputs(x))
        np.testing.assert_array_equal(parts._outputs(x), whole._outputs(x))
        assert parts.fit(x, y).n_iter_ > 4


def test_the_parts_of_a_training_have_the_same_classes() -> None:
    x, y = load_iris(return_X_y=True)
    model = MLPClassifier((4,), random_state=0)
    with pytest.raises(ValueError, match="classes: expected all that there will be in the first call, got None"):
        model.partial_fit(x, y)
    model.partial_fit(x[:50], y[:50], classes=[0, 1, 2])
    assert model.predict_proba(x).shape == (150, 3)
    with pytest.raises(ValueError, match="y: expected classes of"):
        model.partial_fit(x, y + 1)
    with pytest.raises(ValueError, match="as before, got"):
        model.partial_fit(x, y, classes=[0, 1])


def test_logarithms_of_probabilities_have_no_infinities() -> None:
    x, y = load_iris(return_X_y=True)
    model = MLPClassifier((4,), max_iter=3, random_state=0).fit(x, y)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(x)), model.predict_proba(x))
    assert np.isfinite(model.predict_log_proba(1e4 * x)).all()


@given(sizes=st.lists(st.integers(1, 30), min_size=2, max_size=4), part=st.floats(0.01, 0.9), seed=st.integers(0, 9))
def test_of_each_class_a_share_is_held_back(sizes: list[int], part: float, seed: int) -> None:
    target = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    is_held = held_back(target, part, np.random.default_rng(seed))
    count = is_held.sum()
    assert count == min(max(round(part * len(target)), 1), len(target) - 1)
    for k, size in enumerate(sizes):
        assert abs(is_held[target == k].sum() - size * count / len(target)) <= 1
    assert held_back(target[:, None], part, np.random.default_rng(seed)).sum() == count
