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

from autograd import log_softmax, no_grad, short_repr, softmax
from nn.inputs import finite_number, flag, generator, number_from_zero, positive_int
from nn.layers import MLP
from nn.losses import cross_entropy, mse
from nn.optim import SGD, Adam, Optimizer
from nn.training import EarlyStopping, History, fit
from nn.training.batches import batch_length

Array = NDArray[Any]

#: What scikit-learn calls otherwise.
THEIR_NAMES = {"identity": None, "logistic": "sigmoid"}


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
        self._begin(x, outputs)
        samples, validation = (x, target), None
        if flag(self.early_stopping, "early_stopping"):
            is_held = held_back(target, fraction(self.validation_fraction, "validation_fraction"), self._rng)
            samples, validation = (x[~is_held], target[~is_held]), (x[is_held], target[is_held])
        stopping = EarlyStopping(
            positive_int(self.n_iter_no_change, "n_iter_no_change"),
            min_delta=number_from_zero(self.tol, "tol", 0.0001),
            restore_best=validation is not None,
        )
        self._take(self._fit(samples, loss, self.max_iter, validation=validation, callbacks=stopping))

    def _go_on(self, x: Array, target: Array, outputs: int, loss: Any) -> None:
        """Train for one epoch, from where it is; the first time a network that is new."""
        if not hasattr(self, "model_"):
            self._begin(x, outputs)
        before = self.history_.epochs if hasattr(self, "history_") else []
        found = self._fit((x, target), loss, 1)
        found.epochs[:0] = before
        self._take(found)

    def _begin(self, x: Array, outputs: int) -> None:
        """Make a new network for samples of this form, and what trains it."""
        self._rng = generator_of(self.random_state)
        sizes = [x.shape[1], *layer_sizes(self.hidden_layer_sizes), outputs]
        named = isinstance(self.activation, str)
        activation = THEIR_NAMES.get(self.activation, self.activation) if named else self.activation
        self.model_ = MLP(sizes, activation, rng=self._rng, dtype=x.dtype)
        # As scikit-learn has it, weights decay, and biases do not.
        groups = [{"params": [p for p in self.model_.parameters() if len(p.shape) == dims]} for dims in (2, 1)]
        if self.solver == "adam":
            self._optimizer: Optimizer = Adam(groups, lr=self.learning_rate_init)
        elif self.solver == "sgd":
            momentum = self.momentum
            self._optimizer = SGD(groups, lr=self.learning_rate_init, momentum=momentum, nesterov=momentum > 0)
        else:
            raise ValueError(f"solver: expected 'adam' or 'sgd', got {short_repr(self.solver)}")

    def _fit(self, samples: tuple[Array, Array], loss: Any, epochs: int, **settings: Any) -> History:
        """So many epochs; the penalty is, as scikit-learn has it, ½ · alpha · Σ w² of each batch."""
        size = 200 if isinstance(self.batch_size, str) and self.batch_size == "auto" else self.batch_size
        batch = batch_length(size, len(samples[0]), type(self).__name__)
        self._optimizer.param_groups[0]["weight_decay"] = number_from_zero(self.alpha, "alpha", 0.0001) / batch
        return fit(
            self.model_,
            loss,
            samples,
            optimizer=self._optimizer,
            epochs=epochs,
            batch_size=batch,
            rng=self._rng,
            progress=bool(self.verbose),
            **settings,
        )

    def _take(self, history: History) -> None:
        """Have what scikit-learn's tools look for."""
        self.history_ = history
        self.n_iter_ = len(history)
        self.loss_curve_ = history["loss"]
        self.loss_ = self.loss_curve_[-1]

    def _outputs(self, x: Any) -> Array:
        """What the network gives for samples."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=[np.float64, np.float32])
        with no_grad():
            outputs: Array = self.model_(x).numpy()
        return outputs


class MLPClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A network that tells classes apart, trained by cross-entropy; the settings are named as scikit-learn's.

    ``activation`` is the name of any of nn's, or "logistic" or "identity", ``solver`` "adam" or "sgd" (with Nesterov
    momentum), ``alpha`` the L2 penalty of the weights, ``batch_size`` an int, "auto" for at most 200, or None for all
    samples. Training ends after ``max_iter`` epochs, or when the loss has not fallen by ``tol`` for
    ``n_iter_no_change`` epochs; with ``early_stopping`` that is the loss of a part of the samples that is held back, of
    each class alike. `partial_fit` goes on for one epoch, with other samples if you like. There are no sample weights.
    ``random_state`` is a seed, a generator of NumPy, or None for one that nobody can foretell: no global one is read.

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

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:  # noqa: N803
        """Go on for one epoch over these samples; the first call is given all ``classes`` that there will be."""
        is_first = not hasattr(self, "model_")
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=is_first)  # noqa: N806
        check_classification_targets(y)
        if is_first and classes is None:
            raise ValueError("partial_fit: classes: expected all that there will be in the first call, got None")
        known = self.classes_ if classes is None else np.unique(classes)
        if not is_first and not np.array_equal(known, self.classes_):
            raise ValueError(
                f"partial_fit: classes: expected {short_repr(self.classes_)} as before, got {short_repr(known)}"
            )
        if len(known) < 2:
            raise ValueError("partial_fit: classes: expected two at least, got only one class")
        if not np.isin(y, known).all():
            raise ValueError(f"partial_fit: y: expected classes of {short_repr(known)}, got others")
        self.classes_ = known
        self._go_on(X, np.searchsorted(known, y), len(known), cross_entropy)
        return self

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class, in the order of ``classes_``, of shape (n_samples, n_classes)."""
        probabilities: Array = softmax(self._outputs(X))
        return probabilities

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """The logarithm of it, exact also where a probability is too small for a float."""
        logarithms: Array = log_softmax(self._outputs(X))
        return logarithms

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
        self._is_column = np.ndim(y) == 1
        rows = np.asarray(y, X.dtype).reshape(len(X), -1)
        self._train(X, rows, rows.shape[1], mse)
        return self

    def partial_fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Go on for one epoch over these samples."""
        settings: Any = {"multi_output": True, "y_numeric": True, "dtype": [np.float64, np.float32]}
        is_first = not hasattr(self, "model_")
        X, y = validate_data(self, X, y, reset=is_first, **settings)  # noqa: N806
        if is_first:
            self._is_column = np.ndim(y) == 1
        rows = np.asarray(y, X.dtype).reshape(len(X), -1)
        self._go_on(X, rows, rows.shape[1], mse)
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
    return generator(random_state, "random_state")


def layer_sizes(hidden: Any) -> list[Any]:
    """The sizes of the hidden layers, given as one, or as several."""
    if isinstance(hidden, list | tuple | np.ndarray):
        return [positive_int(size, "hidden_layer_sizes") for size in hidden]
    return [positive_int(hidden, "hidden_layer_sizes")]


def fraction(value: Any, name: str) -> float:
    """A part of the samples: more than none, and less than all."""
    number = finite_number(value, name, 0.1)
    if not 0 < number < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, such as 0.1, got {short_repr(value)}")
    return number


def held_back(target: Array, part: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which samples validation has: drawn at random, of each class its share; one at least, and not all."""
    size = len(target)
    count = min(max(round(part * size), 1), size - 1)
    if count < 1:
        raise ValueError(f"early_stopping: expected two samples at least, got n_samples={size}")
    order = rng.permutation(size)
    if target.ndim == 1:  # evenly through the classes, one after the other
        order = order[np.argsort(target[order], kind="stable")]
    is_held = np.zeros(size, bool)
    is_held[order[(np.arange(count) * 2 + 1) * size // (2 * count)]] = True
    return is_held
