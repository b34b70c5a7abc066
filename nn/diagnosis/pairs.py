"""Losses behind activations that they have built in, or do not go with, and targets of another form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd import (
    Constant,
    Op,
    bce_with_logits,
    hardsigmoid,
    log_softmax,
    relu,
    relu6,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from nn.diagnosis.finite import same
from nn.diagnosis.observed import Observed, place_of
from nn.diagnosis.report import Finding
from nn.losses.entropy import softmax_cross_entropy

#: Losses with an activation built in: which, and how to say it.
BUILT_IN: dict[Any, tuple[tuple[Op, ...], str]] = {
    softmax_cross_entropy: ((softmax, log_softmax), "cross_entropy takes scores, and has softmax built in"),
    bce_with_logits: ((sigmoid,), "bce_with_logits takes scores, and has the sigmoid built in"),
}

#: What comes out of an activation.
RANGES: dict[Any, tuple[float, float]] = {
    sigmoid: (0.0, 1.0),
    hardsigmoid: (0.0, 1.0),
    tanh: (-1.0, 1.0),
    softmax: (0.0, 1.0),
    relu: (0.0, np.inf),
    relu6: (0.0, 6.0),
    softplus: (0.0, np.inf),
    log_softmax: (-np.inf, 0.0),
}

EVERYTHING = (-np.inf, np.inf)


def wrong_pair(seen: Observed) -> Iterator[Finding]:
    """A loss behind an activation that it has built in, or does not go with."""
    for node in seen.nodes(*BUILT_IN):
        if isinstance(node.inputs[0], int):
            yield from before_scores(seen, node, seen.reshaped_from(seen.graph.nodes[node.inputs[0]]))
    yield from softmax_of_no_classes(seen)
    yield from spread_out(seen)
    last, target = seen.last, seen.batch.target
    low, high = RANGES.get(last.op, EVERYTHING) if seen.is_regression else EVERYTHING
    beyond = np.sum((target < low) | (target > high))
    if beyond:
        yield Finding(
            "wrong pair",
            place_of(last),
            f"{last.op.name} gives {low:g} to {high:g}; {beyond} of {target.size} targets are beyond",
            "leave the last activation out, or scale the targets",
        )


def before_scores(seen: Observed, node: Any, x: Any) -> Iterator[Finding]:
    """What stands before a loss that takes scores, of any size and sign."""
    twice, why = BUILT_IN[node.op]
    low, high = RANGES.get(x.op, EVERYTHING)
    place, name, loss = place_of(x), "" if x.op is None else x.op.name, node.op.name
    if x.op in twice:
        cure = f"leave the {name} of {place} out: {why}"
        yield Finding("wrong pair", place, f"{name}, then {loss}: it is applied twice", cure)
    elif softmax in twice and x.op is not None and is_distribution(x.data):
        evidence = f"each row that {loss} takes sums to 1, as of a softmax: it is applied twice"
        yield Finding("wrong pair", place, evidence, f"leave out what makes probabilities of the scores: {why}")
    elif low == 0 and high == np.inf:
        evidence = f"{name}, then {loss}: no score is below 0" + (
            ", and a score of 0 gets no gradient" if x.op is relu else ""
        )
        yield Finding("wrong pair", place, evidence, f"leave the {name} behind the last layer out")
    elif np.isfinite([low, high]).all():
        least = np.exp(low - high) * (x.shape[-1] - 1) if softmax in twice else np.exp(-high)
        evidence = (
            f"{name}, then {loss}: scores from {low:g} to {high:g} make no probability above {1 / (1 + least):.2g}"
        )
        yield Finding("wrong pair", place, evidence, f"leave the {name} of {place} out: {why}")


def is_distribution(data: Any) -> bool:
    """Whether each row is one of probabilities: none is negative, and they sum to 1."""
    rows = np.asarray(data)
    return rows.ndim > 0 and rows.shape[-1] > 1 and bool((rows >= 0).all() and np.allclose(rows.sum(axis=-1), 1.0))


def softmax_of_no_classes(seen: Observed) -> Iterator[Finding]:
    """A softmax of one score, which is always 1, or one over the samples instead of the classes."""
    for node in seen.nodes(softmax, log_softmax):
        p = np.exp(node.data) if node.op is log_softmax else np.asarray(node.data)
        if p.size and (p == 1).all():
            yield Finding(
                "wrong pair",
                place_of(node),
                f"{node.op.name} of one score is always {1 if node.op is softmax else 0}, and has no gradient",
                "one score with bce_with_logits, or two scores with cross_entropy",
            )
        elif p.ndim == 2 and len(p) == seen.batch.size and is_distribution(p.T) and not is_distribution(p):
            yield Finding(
                "wrong pair",
                place_of(node),
                f"{node.op.name} sums to 1 over the {len(p)} samples, not over the {p.shape[1]} classes",
                "axis=-1, the axis of the classes",
            )


def spread_out(seen: Observed) -> Iterator[Finding]:
    """Each prediction compared with the targets of all samples, as (n, 1) − (n,) has the shape (n, n)."""
    target = seen.batch.target
    for node in seen.graph:
        shapes = [np.shape(x.data) for x in seen.inputs(node)]
        is_target = [isinstance(x, Constant) and same(x.data, target) for x in node.inputs]
        if len(shapes) == 1 and any(is_target) and np.size(node.data) > max(np.prod(shapes[0]), target.size):
            yield Finding(
                "wrong pair",
                place_of(node),
                f"predictions of shape {shapes[0]} and targets of shape {target.shape} give {node.shape}: "
                "each prediction is compared with the targets of others",
                f"targets of the shape of the predictions, as by y.reshape{shapes[0]}",
            )
            return
