"""Units that do not learn: dead, saturated, or alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Op, hardsigmoid, maximum, relu, relu6, sigmoid, tanh
from nn.diagnosis.observed import WEIGHING, Observed, place_of, rms
from nn.diagnosis.report import Finding

Array = NDArray[Any]

#: Beyond these outputs, the slope is less than a hundredth of its largest; the slope, as people write it.
SATURATING: dict[Op, tuple[Callable[[Array], Array], str]] = {
    sigmoid: (lambda y: y * (1 - y) < 0.0025, "σ(1 − σ)"),
    tanh: (lambda y: 1 - y * y < 0.01, "1 − tanh²"),
    hardsigmoid: (lambda y: (y <= 0) | (y >= 1), "the slope"),
}

#: A unit that is 0 for a batch, and so many times the size of the others below 0, is so for other batches too.
FAR_BELOW = 3.0


class Units(NamedTuple):
    """What an activation gave, in all its calls at one place."""

    place: str
    nodes: Sequence[Any]


def dead_units(seen: Observed) -> Iterator[Finding]:
    """Units of a relu that are 0 for every sample, and not by chance: no gradient comes through them.

    By chance about half of the units of a network are 0 where its samples are alike, which deep layers make them. So
    units are dead if more are, or if what goes into the relu is further below 0 than the other units ever come.
    """
    for units in activations(seen, relu, relu6, maximum):
        outputs = [by_unit(node.data, seen.channel_axis(node)) for node in units.nodes]
        inputs = [by_unit(next(seen.inputs(node)).data, seen.channel_axis(node)) for node in units.nodes]
        if seen.batch.size < 2 or [y.shape for y in outputs] != [z.shape for z in inputs]:
            continue
        y, z = np.concatenate(outputs), np.concatenate(inputs)
        count = y.shape[1]
        off = (y == 0).all(axis=0)
        far = off & (z.max(axis=0) < -FAR_BELOW * rms(z[:, ~off]))
        dead = np.flatnonzero(off if off.all() or off.sum() > count / 2 + np.sqrt(count) else far)
        if dead.size:
            yield Finding(
                "dead units",
                units.place,
                f"{dead.size} of {count} are 0 for all {seen.batch.size} samples: units {few(dead)}",
                "a smaller lr, kaiming_uniform weights, a bias that is not far below 0, or LeakyReLU",
            )


def saturated(seen: Observed) -> Iterator[Finding]:
    """Units whose slope is nearly zero for most samples."""
    for units in activations(seen, *SATURATING):
        is_flat, slope = SATURATING[units.nodes[0].op]
        if seen.last is not None and seen.last.index in [
            node.index for node in units.nodes
        ]:  # a prediction may be sure
            continue
        flat = np.concatenate([np.ravel(is_flat(np.asarray(node.data))) for node in units.nodes])
        part = float(flat.mean()) if flat.size else 0.0
        if part > 0.5:
            yield Finding(
                "saturated",
                units.place,
                f"{part:.0%} of its outputs are where {slope} is below 1 % of its largest",
                "smaller weights (xavier_uniform), inputs of mean 0 and deviation 1, or ReLU",
            )


def symmetry(seen: Observed) -> Iterator[Finding]:
    """Units with the same weights and the same gradient: they stay the same for ever.

    Not those of the last layer: what they give is compared with targets of their own, which tell them apart.
    """
    head = seen.before(seen.last, lambda x: x.op in WEIGHING) if seen.last is not None else None
    last = {seen.reshaped_from(x).index for x in seen.inputs(head)} if head is not None else set()
    for name, parameter in seen.tensors.items():
        if parameter.ndim < 2 or not parameter.has_grad or seen.held[name] in last:
            continue
        weights, grads = as_columns(parameter.numpy()), as_columns(parameter.grad)
        alike, units = sum(map(len, twins(weights, grads))), weights.shape[1]
        if alike:
            yield Finding(
                "symmetry",
                name,
                f"{alike} of {units} units have {'only zeros' if not weights.any() else 'the same weights'} and "
                "the same gradient, so they stay alike",
                "random weights, as xavier_uniform draws them; zeros are for biases",
            )


def twins(weights: Array, grads: Array) -> Iterator[Array]:
    """The columns, in groups of several, whose weights are the same, and whose gradients are but for rounding."""
    _, group = np.unique(weights, axis=1, return_inverse=True)
    group = group.reshape(-1)  # NumPy 2.0 gives it another shape
    near = np.sqrt(np.finfo(grads.dtype).eps) * np.abs(grads).max(initial=0.0)
    for k in np.flatnonzero(np.bincount(group, minlength=1) > 1):
        rest = np.flatnonzero(group == k)
        while rest.size:
            is_near = (np.abs(grads[:, rest] - grads[:, rest[:1]]) <= near).all(axis=0)
            is_near[0] = True  # be it NaN
            if is_near.sum() > 1:
                yield rest[is_near]
            rest = rest[~is_near]


def activations(seen: Observed, *ops: Op) -> list[Units]:
    """The outputs of activations: of one Module in all its calls behind the same layer, if it has several."""
    found: dict[tuple[str, str, Op, int], list[Any]] = defaultdict(list)
    for node in seen.nodes(*ops):
        if node.scope and len(node.shape) > 1:
            layer = seen.before(node, partial(is_elsewhere, node.scope))
            behind = "" if layer is None else place_of(layer)
            found[place_of(node), behind, node.op, node.shape[seen.channel_axis(node)]].append(node)
    several = [place for place, *_ in found]
    return [
        Units(f"{place}, behind {behind}" if behind and several.count(place) > 1 else place, nodes)
        for (place, behind, _, _), nodes in found.items()
    ]


def is_elsewhere(scope: tuple[str, ...], node: Any) -> bool:
    """Whether another Module computed it."""
    return bool(node.scope) and node.op is not None and node.scope != scope


def by_unit(data: Any, axis: int) -> Array:
    """Outputs with a column for each unit, of which there are as many as that axis is long."""
    array = np.asarray(data)
    return np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])


def as_columns(weights: Array) -> Array:
    """Weights with a column for each unit: of a matrix as it is, of kernels, (outputs, inputs, …), transposed."""
    return weights if weights.ndim == 2 else weights.reshape(len(weights), -1).T


def few(places: Array) -> str:
    """The first of many numbers."""
    shown = ", ".join(map(str, places[:6].tolist()))
    return shown + (", …" if places.size > 6 else "")
