"""Multilayer perceptrons with the habits of scikit-learn: fit, predict, score, in its pipelines and searches.

Needs scikit-learn: ``pip install 'stepgrad[sklearn]'``. So it is no part of ``import nn``, but ``import
nn.estimators``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from autograd import no_grad, short_repr, softmax
from nn.inputs import finite_number, positive_int
from nn.layers import MLP
from nn.losses import cross_entropy, mse
from nn.optim import SGD, Adam, Optimizer
from nn.training import EarlyStopping, fit
from nn.training.batches import batch_length

Array = NDArray[Any]


class _Perceptron(BaseEstimator):  # type: ignore[misc]  # it ships no types
    """What the two share: the network, and its training."""

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str | None = "auto",
        learning_rate_init: float = 0.001,
        momentum: float = 0.9,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    def _train(self, x: Array, target: Array, outputs: int, loss: Any) -> None:
        """Make a network for these samples, and train it."""
        rng = generator_of(self.random_state)
        hidden = self.hidden_layer_sizes
        sizes = [hidden] if isinstance(hidden, int | np.integer) else list(hidden)
        self.model_ = MLP([x.shape[1], *sizes, outputs], self.activation, rng=rng, dtype=x.dtype)
        samples, validation = (x, target), None
        if self.early_stopping:
            order = rng.permutation(len(x))
            count = min(max(round(self.validation_fraction * len(x)), 1), len(x) - 1)
            if count < 1:
                raise ValueError(f"early_stopping: expected two samples at least, got n_samples={len(x)}")
            validation = x[order[:count]], target[order[:count]]
            samples = x[order[count:]], target[order[count:]]
        size = len(samples[0])
        batch = batch_length(200 if self.batch_size == "auto" else self.batch_size, size, type(self).__name__)
        stopping = EarlyStopping(
            positive_int(self.n_iter_no_change, "n_iter_no_change"),
            min_delta=self.tol,
            restore_best=validation is not None,
        )
        self.history_ = fit(
            self.model_,
            loss,
            samples,
            optimizer=self._optimizer(batch),
            epochs=self.max_iter,
            batch_size=batch,
            validation=validation,
            callbacks=stopping,
            rng=rng,
            progress=bool(self.verbose),
        )
        self.n_iter_ = len(self.history_)
        self.loss_curve_ = self.history_["loss"]
        self.loss_ = self.loss_curve_[-1]

    def _optimizer(self, batch: int) -> Optimizer:
        """As scikit-learn has it, the penalty is ½ · alpha · Σ w² of each batch: weights decay, and biases do not."""
        decay = finite_number(self.alpha, "alpha", 0.0001) / batch
        groups = [
            {"params": [p for p in self.model_.parameters() if len(p.shape) == dims], "weight_decay": wd}
            for dims, wd in ((2, decay), (1, 0.0))
        ]
        if self.solver == "adam":
            return Adam(groups, lr=self.learning_rate_init)
        if self.solver == "sgd":
            return SGD(groups, lr=self.learning_rate_init, momentum=self.momentum, nesterov=self.momentum > 0)
        raise ValueError(f"solver: expected 'adam' or 'sgd', got {short_repr(self.solver)}")

    def _outputs(self, x: Any) -> Array:
        """What the network gives for samples."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=[np.float64, np.float32])
        with no_grad():
            outputs: Array = self.model_(x).numpy()
        return outputs


class MLPClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A network that tells classes apart, trained by cross-entropy; the settings are named as scikit-learn's.

    ``activation`` is the name of any of nn's, ``solver`` "adam" or "sgd" (with Nesterov momentum), ``alpha`` the L2
    penalty of the weights, ``batch_size`` an int, "auto" for at most 200, or None for all samples. Training ends after
    ``max_iter`` epochs, or when the loss has not fallen by ``tol`` for ``n_iter_no_change`` epochs; with
    ``early_stopping`` that is the loss of a part of the samples that is held back. ``random_state`` is a seed, a
    generator of NumPy, or None for one that nobody can foretell: no global one is read.

    After `fit`: ``model_`` (the `nn.MLP`), ``history_``, ``classes_``, ``n_iter_``, ``loss_curve_``, ``loss_``.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> bool(MLPClassifier((16,), learning_rate_init=0.02, random_state=0).fit(x, y).score(x, y) > 0.95)
    True

    Raises `ValueError` or `TypeError`, in `fit`, for a setting that is not what it says, and for samples that do not
    fit.
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn from samples, of shape (n_samples, n_features), and their classes, of shape (n_samples,)."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])  # noqa: N806
        check_classification_targets(y)
        self.classes_, target = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "MLPClassifier: expected two classes at least, got only one class: there is nothing to learn"
            )
        self._train(X, target, len(self.classes_), cross_entropy)
        return self

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class, in the order of ``classes_``, of shape (n_samples, n_classes)."""
        probabilities: Array = softmax(self._outputs(X))
        return probabilities

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The likeliest class of each sample, of shape (n_samples,)."""
        places = self._outputs(X).argmax(axis=1)
        chosen: Array = self.classes_[places]
        return chosen


class MLPRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]
    """A network that predicts numbers, trained by squared error; the settings are those of `MLPClassifier`.

    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> model = MLPRegressor((32,), "tanh", learning_rate_init=0.02, batch_size=20, n_iter_no_change=30, random_state=0)
    >>> bool(model.fit(x, x[:, 0] ** 2).score(x, x[:, 0] ** 2) > 0.99)
    True

    Raises as `MLPClassifier`.
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn from samples, of shape (n_samples, n_features), and their numbers, (n_samples,) or (n_samples, n)."""
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=[np.float64, np.float32])  # noqa: N806
        target = np.asarray(y, X.dtype)
        self._is_column = target.ndim == 1
        rows = target.reshape(len(target), -1)
        self._train(X, rows, rows.shape[1], mse)
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The numbers of each sample, of the shape that `fit` was given."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_column else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def generator_of(random_state: Any) -> np.random.Generator:
    """The generator for a random state as scikit-learn takes them, but that None reads no global one."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(0, 2**31 - 1))
    return np.random.default_rng(random_state)
