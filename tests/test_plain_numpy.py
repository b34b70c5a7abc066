"""Losses as engineers write them in plain NumPy: Tensors run them as they stand, with the gradient of differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, check

RNG = np.random.default_rng(7)
X = RNG.normal(size=(6, 3))
Y = RNG.normal(size=6)
LABELS = np.array([0, 2, 1, 1, 0, 2])
SIGNS = np.where(Y > 0, 1.0, -1.0)
COUNTS = np.array([0.0, 2.0, 1.0, 4.0, 0.0, 3.0])


def ridge(w: Any, b: Any) -> Any:
    error = np.dot(X, w) + b - Y
    return np.mean(np.square(error)) + 0.1 * np.dot(w, w)


def huber(w: Any) -> Any:
    error = X @ w - Y
    small = np.abs(error) <= 0.7
    return np.where(small, 0.5 * error**2, 0.7 * (np.abs(error) - 0.35)).mean()


def logistic(w: Any) -> Any:
    return np.logaddexp(0, -SIGNS * np.matmul(X, w)).sum()


def cross_entropy(weights: Any) -> Any:
    logits = X @ weights
    logits = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -log_probabilities[np.arange(len(LABELS)), LABELS].mean()


def poisson(w: Any) -> Any:
    rate = np.exp(np.clip(X @ w, -5.0, 5.0))
    return np.sum(rate - COUNTS * np.log(rate + 1e-8))


def negative_binomial(w: Any, dispersion: Any) -> Any:
    mean = np.log1p(np.exp(X @ w)) + 1e-3
    size = np.log1p(np.expm1(dispersion) + 1.0)
    return np.sum((COUNTS + size) * np.log(mean + size) - COUNTS * np.log(mean))


def correlation(w: Any) -> Any:
    prediction = X @ w
    a, b = prediction - np.mean(prediction), Y - Y.mean()
    return 1 - np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


def standardised(points: Any) -> Any:
    normal = (points - points.mean(axis=0)) / (np.std(points, axis=0) + 1e-6)
    return np.sum(np.tanh(normal) ** 2 * X) + np.var(points)


def layer_norm(points: Any, gain: Any) -> Any:
    spread = np.sqrt(points.var(axis=-1, keepdims=True) + 1e-5)
    return np.sum(np.sin(gain * (points - points.mean(-1, keepdims=True)) / spread))


def pairwise(points: Any) -> Any:
    squared = np.sum(points**2, axis=1)
    distances = squared[:, np.newaxis] + squared[np.newaxis, :] - 2 * np.dot(points, points.T)
    return np.exp(-np.maximum(distances, 0.0)).sum() / distances.size


def nearest(points: Any) -> Any:
    distances = np.sum((points[:, None, :] - X[None, :2, :]) ** 2, axis=-1)
    return np.sqrt(np.min(distances, axis=1)).sum() + distances.min()


def factorised(u: Any, v: Any) -> Any:
    target = np.outer(Y[:3], Y[3:])
    return np.linalg.norm(np.outer(u, v) - target) ** 2 + np.abs(u).sum()


def likelihood(log_scale: Any, mean: Any) -> Any:
    z = (Y - mean) / np.exp(log_scale)
    return np.sum(0.5 * z * z + log_scale + 0.5 * np.log(2 * np.pi))


def mixture(p: Any, means: Any) -> Any:
    weights = np.exp(p) / np.sum(np.exp(p))
    densities = np.exp(-0.5 * np.square(Y[:, None] - means))
    return -np.log(np.dot(densities, weights)).sum() - np.log(np.prod(weights))


def quantile(w: Any) -> Any:
    error = Y - np.matmul(X, w)
    return np.mean(np.maximum(0.9 * error, (0.9 - 1) * error))


def stacked(w: Any, b: Any) -> Any:
    design = np.vstack([X.T, np.ones(len(X))]).T
    parameters = np.concatenate([w, np.atleast_1d(b)])
    return np.mean((design @ parameters - Y) ** 2)


def smooth(w: Any, path: Any) -> Any:
    steps = np.diff(path)
    return np.sum(steps**2) + np.hstack([w, path]).sum() + np.cumsum(path)[-1] ** 2


def recurrent(w: Any, u: Any) -> Any:
    states = np.zeros_like(Y * w)
    state = 0.0 * u
    for k in range(len(Y)):
        state = np.tanh(w * state + u * Y[k])
        states[k] = state
    return np.sum((states - Y) ** 2)


def guarded(a: Any, b: Any) -> Any:
    ratio = np.divide(a, b, out=np.zeros_like(a), where=b > 0)
    if np.any(np.isnan(ratio)) or not np.all(np.isfinite(ratio)):
        raise FloatingPointError("no number")
    return np.add.reduce(ratio) + np.multiply.outer(a, b).sum()


def attention(q: Any, k: Any) -> Any:
    scores = np.einsum("id,jd->ij", q, k) / np.sqrt(q.shape[-1])
    scores -= np.max(scores, axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    best = np.argmax(weights, axis=1)
    return np.sum(weights @ X[:4]) + weights[np.arange(len(best)), best].sum()


def angles(x: Any, y: Any) -> Any:
    return np.sum(np.arctan2(y, x)) + np.hypot(x, y).mean() + np.sin(np.arctan(x)).sum()


W, V = RNG.normal(size=3), RNG.normal(size=3)
ONE = np.array(0.3)

LOSSES: dict[Callable[..., Any], tuple[Any, ...]] = {
    ridge: (W, ONE),
    huber: (W,),
    logistic: (W,),
    cross_entropy: (RNG.normal(size=(3, 3)),),
    poisson: (W,),
    negative_binomial: (W, ONE),
    correlation: (W,),
    standardised: (RNG.normal(size=(6, 3)),),
    layer_norm: (RNG.normal(size=(4, 3)), V),
    pairwise: (RNG.normal(size=(4, 3)),),
    nearest: (RNG.normal(size=(4, 3)),),
    factorised: (W, V),
    likelihood: (ONE, np.array(-0.4)),
    mixture: (W, V),
    quantile: (W,),
    stacked: (W, ONE),
    smooth: (W, V),
    recurrent: (np.array(0.7), np.array(-0.2)),
    guarded: (W, np.array([0.5, 1.5, -1.0])),
    attention: (RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))),
    angles: (W, V),
}


def differences(loss: Callable[..., Any], inputs: tuple[Any, ...], k: int) -> Any:
    """The derivative by one input, by central differences that Richardson's rule sharpens."""
    slope = np.empty_like(inputs[k])
    for index in np.ndindex(slope.shape):

        def moved(step: float, index: Any = index) -> float:
            x = inputs[k].copy()
            x[index] += step
            return float(loss(*inputs[:k], x, *inputs[k + 1 :]))

        wide, narrow = ((moved(h) - moved(-h)) / (2 * h) for h in (2e-4, 1e-4))
        slope[index] = (4 * narrow - wide) / 3
    return slope


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_loss_in_plain_numpy_runs_as_it_stands(loss: Callable[..., Any]) -> None:
    inputs = LOSSES[loss]
    tensors = [Tensor(x) for x in inputs]
    result = loss(*tensors)
    np.testing.assert_allclose(result.data, loss(*inputs), rtol=1e-13)
    result.backward()
    for k, tensor in enumerate(tensors):
        np.testing.assert_allclose(tensor.grad, differences(loss, inputs, k), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("loss", [cross_entropy, attention, recurrent, guarded], ids=lambda loss: loss.__name__)
def test_the_checker_has_nothing_to_say_of_it(loss: Callable[..., Any]) -> None:
    assert check.gradcheck(loss, *LOSSES[loss])
