"""The checks of a diagnosis: each looks at what was observed, and names what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import (
    Op,
    Tensor,
    bce_with_logits,
    hardsigmoid,
    log_softmax,
    relu,
    relu6,
    sigmoid,
    softmax,
    tanh,
)
from nn.diagnosis.observed import Observed, named_modules, place_of, rms
from nn.diagnosis.report import Finding
from nn.losses.entropy import softmax_cross_entropy
from nn.state import held_by

Array = NDArray[Any]

#: Beyond these outputs, the slope is less than a hundredth of its largest; the slope, as people write it.
SATURATING: dict[Op, tuple[Callable[[Array], Array], str]] = {
    sigmoid: (lambda y: y * (1 - y) < 0.0025, "σ(1 − σ)"),
    tanh: (lambda y: 1 - y * y < 0.01, "1 − tanh²"),
    hardsigmoid: (lambda y: (y <= 0) | (y >= 1), "the slope"),
}

#: Losses with an activation built in: which, and how to say it.
BUILT_IN: dict[Any, tuple[tuple[Op, ...], str]] = {
    softmax_cross_entropy: ((softmax, log_softmax), "cross_entropy takes scores, and has softmax built in"),
    bce_with_logits: ((sigmoid,), "bce_with_logits takes scores, and has the sigmoid built in"),
}

#: What comes out of an activation.
RANGES: dict[Any, tuple[float, float]] = {
    sigmoid: (0.0, 1.0),
    tanh: (-1.0, 1.0),
    softmax: (0.0, 1.0),
    relu: (0.0, np.inf),
}

EVERYTHING = (-np.inf, np.inf)

#: Gradients that differ by more than this, from one end of the network to the other, do not train together.
FAR = 1e3


def not_finite(seen: Observed) -> Iterator[Finding]:
    """NaN or infinity: the first operation that made one, or where it came in."""
    for k, x in enumerate((*seen.batch.inputs, seen.batch.target)):
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            name = "the targets" if k == len(seen.batch.inputs) else "the inputs"
            yield Finding(
                "not finite", name, f"{np.sum(~np.isfinite(x))} of {x.size} are NaN or infinite", "clean the data"
            )
            return
    for name, parameter in seen.twin.named_parameters():
        if not np.isfinite(parameter.data).all():
            bad = np.sum(~np.isfinite(parameter.data))
            yield Finding(
                "not finite",
                name,
                f"{bad} of {parameter.size} weights are NaN or infinite",
                "go back to weights from before, with a smaller lr",
            )
            return
    grads = [parameter.grad for _, parameter in seen.twin.named_parameters() if parameter.has_grad]
    if np.isfinite(seen.loss) and all(np.isfinite(grad).all() for grad in grads):
        return  # infinity inside, as of a mask, does no harm
    for node in seen.graph:
        if not np.isfinite(node.data).all():
            text = f"{seen.graph.formula(node)} gives {np.sum(~np.isfinite(node.data))} of {np.size(node.data)}"
            yield Finding(
                "not finite",
                place_of(node),
                f"{text} that are NaN or infinite, of finite numbers",
                "scale what goes in, or use a form that is exact far out, as cross_entropy of scores is",
            )
            return
    for name, parameter in seen.twin.named_parameters():
        if parameter.has_grad and not np.isfinite(parameter.grad).all():
            yield Finding(
                "not finite",
                name,
                "its gradient is NaN or infinite, of finite numbers",
                "autograd.why(loss, parameter) names the operation",
            )
            return


def wrong_pair(seen: Observed) -> Iterator[Finding]:
    """A loss behind an activation that it has built in, or does not go with."""
    for node in seen.nodes(*BUILT_IN):
        before, why = BUILT_IN[node.op]
        for x in map(seen.reshaped_from, seen.inputs(node)):
            if x.op in before:
                cure = f"leave the {x.op.name} of {place_of(x)} out: {why}"
                evidence = f"{x.op.name}, then {node.op.name}: it is applied twice"
                yield Finding("wrong pair", place_of(x), evidence, cure)
            elif x.op is relu:
                yield Finding(
                    "wrong pair",
                    place_of(x),
                    f"relu, then {node.op.name}: no score is below 0, and a score of 0 gets no gradient",
                    "leave the relu behind the last layer out",
                )
    last, target = seen.last, seen.batch.target
    is_number = last is not None and target.dtype.kind == "f" and last.shape == target.shape
    low, high = RANGES.get(last.op, EVERYTHING) if is_number else EVERYTHING
    beyond = np.sum((target < low) | (target > high))
    if beyond:
        yield Finding(
            "wrong pair",
            place_of(last),
            f"{last.op.name} gives {low:g} to {high:g}; {beyond} of {target.size} targets are beyond",
            "leave the last activation out, or scale the targets",
        )


def dead_units(seen: Observed) -> Iterator[Finding]:
    """Units of a relu that are 0 for every sample: no gradient comes through them."""
    for node in seen.nodes(relu, relu6):
        if seen.batch.size < 2 or len(node.shape) < 2 or not node.scope:
            continue
        units = by_unit(node.data, seen.channel_axis(node))
        dead = np.flatnonzero((units == 0).all(axis=0))
        if dead.size:
            yield Finding(
                "dead units",
                place_of(node),
                f"{dead.size} of {units.shape[1]} are 0 for all {seen.batch.size} samples: units {few(dead)}",
                "a smaller lr, kaiming_uniform weights, a bias that is not far below 0, or LeakyReLU",
            )


def saturated(seen: Observed) -> Iterator[Finding]:
    """Units whose slope is nearly zero for most samples."""
    for node in seen.nodes(*SATURATING):
        is_flat, slope = SATURATING[node.op]
        if not node.scope or node is seen.last:  # a prediction may be sure
            continue
        flat = np.asarray(is_flat(np.asarray(node.data)))
        part = float(flat.mean()) if flat.size else 0.0
        if part > 0.5:
            yield Finding(
                "saturated",
                place_of(node),
                f"{part:.0%} of its outputs are where {slope} is below 1 % of its largest",
                "smaller weights (xavier_uniform), inputs of mean 0 and deviation 1, or ReLU",
            )


def gradient_flow(seen: Observed) -> Iterator[Finding]:
    """Gradients that vanish, or explode, on their way from the last layer to the first."""
    flows = weight_gradients(seen)
    if len(flows) < 2 or not all(np.isfinite(size) for _, size in flows):
        return
    (first, early), (last, late) = flows[0], flows[-1]
    steps = ", ".join([f"{name} {size:.1e}" for name, size in flows])
    if 0 < early < late / FAR:
        yield Finding(
            "vanishing gradient",
            first,
            f"its gradient is {times(late, early)} times smaller than that of {last}: {steps}",
            "ReLU for sigmoid and tanh, weights by xavier or kaiming, fewer layers, BatchNorm, or shortcuts",
        )
    if early > late * FAR:
        yield Finding(
            "exploding gradient",
            first,
            f"its gradient is {times(early, late)} times larger than that of {last}: {steps}",
            "smaller weights (xavier, kaiming, orthogonal), clip_grad_norm, or BatchNorm",
        )
    else:
        large = [(name, size) for name, size in flows if size > FAR]
        if large:
            yield Finding(
                "exploding gradient",
                large[0][0],
                f"the root mean square of its gradient is {large[0][1]:.1e}",
                "scale inputs and targets to mean 0 and deviation 1, smaller weights, or clip_grad_norm",
            )


def symmetry(seen: Observed) -> Iterator[Finding]:
    """Units with the same weights and the same gradient: they stay the same for ever."""
    for name, parameter in seen.twin.named_parameters():
        if not isinstance(parameter, Tensor) or parameter.ndim < 2 or not parameter.has_grad:
            continue
        both = np.concatenate([as_columns(parameter.numpy()), as_columns(parameter.grad)])
        units = both.shape[1]
        alike = units - len(np.unique(both, axis=1).T)
        if alike and "embed" not in name.lower():
            zero = not parameter.numpy().any()
            yield Finding(
                "symmetry",
                name,
                f"{alike + 1} of {units} units have {'only zeros' if zero else 'the same weights'} and "
                "the same gradient, so they stay alike",
                "random weights, as xavier_uniform draws them; zeros are for biases",
            )


def no_gradient(seen: Observed) -> Iterator[Finding]:
    """Parameters that the loss does not depend on."""
    for name, parameter in seen.twin.named_parameters():
        if parameter.requires_grad and not parameter.has_grad:
            yield Finding(
                "no gradient",
                name,
                "the loss does not depend on it",
                "use it in forward; autograd.why(loss, parameter) tells where the path was cut",
            )


def forgotten_zero_grad(seen: Observed) -> Iterator[Finding]:
    """Gradients of the model that are a multiple of those of this batch: swept so often, and never cleared.

    After some steps that were never cleared they are many times as large, in about the same direction; a right loop
    holds those from before its last step, which are seldom four times as large.
    """
    held, fresh = [], []
    for (_, ours), (_, theirs) in zip(seen.model.named_parameters(), seen.twin.named_parameters(), strict=False):
        if ours.has_grad and theirs.has_grad and np.shape(ours.grad) == np.shape(theirs.grad):
            held.append(np.ravel(ours.grad))
            fresh.append(np.ravel(theirs.grad))
    if not held:
        return
    a, b = np.concatenate(held), np.concatenate(fresh)
    sizes = np.linalg.norm(a), np.linalg.norm(b)
    if not (np.isfinite(sizes).all() and min(sizes) > 0):
        return
    cosine, ratio = float(a @ b / (sizes[0] * sizes[1])), float(sizes[0] / sizes[1])
    count = round(ratio)
    is_multiple = count > 1 and abs(ratio - count) < 0.02 * count and cosine > 0.999
    if is_multiple or (ratio > 4 and cosine > 0.8):
        yield Finding(
            "forgotten zero_grad",
            "the model",
            f"the gradient that it holds is {ratio:.2f} times that of this batch, in the same direction",
            "optimizer.zero_grad() before each loss.backward()",
        )


#: All checks, the worst first: what one finds may be the cause of what the next one sees.
CHECKS: tuple[Callable[[Observed], Iterator[Finding]], ...] = (
    not_finite,
    wrong_pair,
    no_gradient,
    symmetry,
    dead_units,
    saturated,
    gradient_flow,
    forgotten_zero_grad,
)


def by_unit(data: Any, axis: int) -> Array:
    """Outputs with a column for each unit, of which there are as many as that axis is long."""
    array = np.asarray(data)
    return np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])


def as_columns(weights: Array) -> Array:
    """Weights with a column for each unit: of a matrix as it is, of kernels, (outputs, inputs, …), transposed."""
    return weights if weights.ndim == 2 else weights.reshape(len(weights), -1).T


def weight_gradients(seen: Observed) -> list[tuple[str, float]]:
    """The root mean square of the gradient of each array of weights, in the order in which they were used."""
    modules, found = named_modules(seen.twin), dict[str, float]()
    for place in dict.fromkeys(place_of(node) for node in seen.graph if node.scope and node.op is not None):
        path = place.replace("/", ".")
        for held in held_by(modules[path]) if path in modules else ():
            if isinstance(held.part, Tensor) and held.part.ndim > 1 and held.part.has_grad:
                found[f"{path}.{held.name}"] = rms(held.part.grad)
    return list(found.items())


def times(large: float, small: float) -> str:
    """How many times as large, in a few digits."""
    if small == 0:
        return "infinitely many"
    return f"{large / small:.0e}" if large > 1e5 * small else f"{large / small:,.0f}"


def few(places: Array) -> str:
    """The first of many numbers."""
    shown = ", ".join(map(str, places[:6].tolist()))
    return shown + (", …" if places.size > 6 else "")
