"""What flows back: gradients that vanish, explode, do not arrive, were not cleared, or arrive where nobody trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autograd import Reason, Tensor, why
from nn.diagnosis.observed import Observed, named_modules, place_of, rms
from nn.diagnosis.report import Finding, Layer
from nn.diagnosis.units import dead_units
from nn.state import held_by

#: Gradients that differ by more than this, from one end of the network to the other, do not train together.
FAR = 1e3


def not_held(seen: Observed) -> Iterator[Finding]:
    """Leaves that the loss depends on, which the model does not know of: no optimiser of its parameters moves them."""
    for index in seen.graph.leaves:
        node = seen.graph.nodes[index]
        if node.requires_grad and index not in seen.known:
            user, name = next(x for x in seen.graph if index in x.inputs), node.label or node.name
            yield Finding(
                "no parameter",
                place_of(user),
                f"{name}, of shape {node.shape}, requires a gradient, and is no parameter of the model",
                "make it, or its Module, once, in __init__, and hold it as nn.Parameter(…), in an attribute, list, "
                "tuple or dict; or say requires_grad=False",
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


def stopped_gradient(seen: Observed) -> Iterator[Finding]:
    """Parameters whose gradient is zero in all elements, where that of others is not, and what stops it on its way."""
    names, reason = what_stops(seen)
    if reason is not None and reason.kind != "underflow":
        told = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        yield Finding(
            "no gradient",
            names[0],
            f"that of {told} is zero everywhere: {reason.text}",
            "take a function with a slope in its place; autograd.why(loss, parameter) shows it, line by line",
        )


def what_stops(seen: Observed) -> tuple[list[str], Reason | None]:
    """The parameters without any gradient, and why the first of them has none; nothing where that is no surprise.

    It is none where units are dead, which is told, where weights begin at zero, and where the loss is at its least.
    """
    tensors = {name: part for name, part in seen.tensors.items() if part.has_grad}
    zero = [name for name, part in tensors.items() if not np.any(part.grad)]
    is_least = seen.last is None or seen.last.grad is None or not np.any(seen.last.grad)
    weights = [part.numpy() for part in tensors.values() if part.ndim > 1]
    is_told = is_least or any(dead_units(seen)) or not all(weight.any() for weight in weights)
    if not zero or is_told:
        return [], None
    return zero, next(iter(why(seen.result, tensors[zero[0]]).reasons), None)


def gradient_flow(seen: Observed) -> Iterator[Finding]:
    """Gradients that vanish, or explode, on their way from the last layer to the first.

    Those of weights are looked at, and those that come back to what the layers give: these vanish where weights are so
    small that less goes forward too, and the former are then as small in the last layer as in the first. They may also
    be small for a layer whose large outputs are scaled down behind it; its weights then have gradients of their size.
    """
    flows = weight_gradients(seen)
    if len(flows) < 2 or not all(np.isfinite(size) for _, size in flows):
        return
    (first, early), (last, late) = flows[0], flows[-1]
    back = [(layer.name, layer.gradient) for layer in layers(seen) if layer.share is not None]
    share = next((layer.share for layer in layers(seen) if layer.share is not None), 0.0)
    if is_lost(seen, early, late):
        yield vanishing(
            first, f"its gradient is {times(late, early)} times smaller than that of {last}: {listed(flows)}"
        )
    elif len(back) > 1 and 0 < back[0][1] < back[-1][1] / FAR and share < 1 / FAR:
        (first, early), (last, late) = back[0], back[-1]
        yield vanishing(
            first,
            f"the gradient of what it gives is {times(late, early)} times smaller than at {last}: {listed(back)}",
        )
    large = [(name, size) for name, size in flows if size > FAR]
    if early > late * FAR and late > 0:
        yield Finding(
            "exploding gradient",
            first,
            f"its gradient is {times(early, late)} times larger than that of {last}: {listed(flows)}",
            "smaller weights (xavier, kaiming, orthogonal), clip_grad_norm, or BatchNorm",
        )
    elif large:
        yield Finding(
            "exploding gradient",
            large[0][0],
            f"the root mean square of its gradient is {large[0][1]:.1e}",
            "scale inputs and targets to mean 0 and deviation 1, smaller weights, or clip_grad_norm",
        )


def is_lost(seen: Observed, early: float, late: float) -> bool:
    """Whether a gradient vanished on its way: far smaller in the end, or zero, and not by a zero that is there."""
    if early or not late:
        return early < late / FAR
    _, reason = what_stops(seen)
    return reason is not None and reason.kind == "underflow"


def vanishing(place: str, evidence: str) -> Finding:
    cure = "ReLU for sigmoid and tanh, weights by xavier or kaiming, fewer layers, BatchNorm, or shortcuts"
    return Finding("vanishing gradient", place, evidence, cure)


def forgotten_zero_grad(seen: Observed) -> Iterator[Finding]:
    """Gradients of the model that are a multiple of those of this batch: swept so often, and never cleared.

    After some steps that were never cleared they are many times as large, in about the same direction. A right loop
    holds those from before its last step, which are seldom four times as large, save where the loss is nearly at its
    least: there they are those of some samples, which are not larger than these samples have them now.
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
    if is_multiple or (ratio > 4 and cosine > 0.8 and sizes[0] > 1.5 * seen.most_of_few()):
        yield Finding(
            "forgotten zero_grad",
            "the model",
            f"the gradient that it holds is {ratio:.2f} times that of this batch, in the same direction",
            "optimizer.zero_grad() before each loss.backward()",
        )


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


def layers(seen: Observed) -> Iterator[Layer]:
    """Each Module that computed something itself, in order, by the last node that it made."""
    modules = named_modules(seen.twin)
    last = {place_of(node): node for node in seen.graph if node.scope and node.op is not None}
    for name, node in last.items():
        module = modules.get(name.replace("/", "."), seen.twin)
        own = [p for _, p in module.named_parameters() if p.has_grad] if module is not seen.twin else []
        share = rms([rms(p.grad) for p in own]) / scale if own and (scale := rms([rms(p.data) for p in own])) else None
        kind = type(module).__name__
        yield Layer(name, kind, rms(node.data), 0.0 if node.grad is None else rms(node.grad), share)


def listed(flows: Sequence[tuple[str, float]]) -> str:
    """The sizes by their names: of many, the first and the last ones."""
    told = [f"{name} {size:.1e}" for name, size in flows]
    return ", ".join(told if len(told) < 8 else [*told[:4], "…", *told[-2:]])
