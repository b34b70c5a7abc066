"""Classes: an audit's subject from an object of a NumPy class with forward and backward."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from autograd.check.audit.failures import CodeError, UnreadError, called
from autograd.check.audit.forms import OUTPUT, Function, constants_of, counts_of, first_of, with_gradient
from autograd.check.audit.losses import SUMS, Loss, scales
from autograd.check.audit.matching import Pairs
from autograd.check.audit.namespaces import namespaces_of
from autograd.check.audit.naming import arguments_of, name_of
from autograd.check.audit.network import BACKWARD, DATA, FORWARD, LOSS, TRAIN, UPDATE, Network, method_of
from autograd.check.audit.shown import changes, is_gradient, kept, returned, updates
from autograd.check.audit.slots import Slot, slots
from autograd.check.audit.subject import Subject
from autograd.check.audit.trip import Run, Trip, told_loss
from autograd.check.audit.unclaimed import unclaimed


@dataclass
class Step:
    """What one step of an object showed."""

    pairs: Pairs
    others: Sequence[Slot]  #: what else may be a parameter
    seed: Any = None  #: of a layer: the cotangent that was given
    slack: Mapping[str, Any] = field(default_factory=dict)
    is_rate_known: bool = True  #: False where updates alone show the gradients, at a rate that nothing says
    loss: Run | None = None  #: what the step itself returns, where that is a number
    loss_name: str = ""


def of_object(net: Any, loss: Loss | None, inputs: Sequence[Any], rng: Any) -> Iterator[Subject]:
    """The subject of an object; where no loss is known, one for each that may be meant."""
    own = method_of(net, LOSS)
    if loss is None and own is not None and gives_gradients(own, inputs):
        yield from with_gradient(own, inputs)
        return
    network = Network(net, inputs)
    step = stepped(network, rng)
    forward = Function(network.forward, network.data)
    if step.seed is not None:
        yield subject(network, forward, step, on_output(network, forward, step, None), "")
    elif loss is not None:
        yield subject(network, forward, step, on_output(network, forward, step, loss), "", loss)
    elif own is not None:
        yield subject(network, forward, step, own_loss(network, forward, step, own), f"for what {name_of(own)} returns")
    elif step.loss is not None:
        yield subject(network, forward, step, step.loss, f"for what {step.loss_name} returns")
    elif not network.targets:
        raise UnreadError(f"{network.name}: expected inputs and targets, got no targets", "audit(net, None, X, y)")
    else:
        out = first_of(called(forward.name, forward.on, copy.deepcopy(forward.given)))
        for text, total in SUMS.items():
            for factor, words in scales(len(out) if np.ndim(out) else 1, np.size(out)).items():
                run = on_output(network, forward, step, scaled(total, factor))
                yield subject(network, forward, step, run, f"for {words}{text}, the likeliest loss")


def scaled(total: Loss, factor: float) -> Loss:
    return lambda out, target: factor * total(out, target)


def gives_gradients(method: Callable[..., Any], inputs: Sequence[Any]) -> bool:
    """Whether a loss returns its gradients too."""
    wanted = arguments_of(method)
    if len(wanted) < len(inputs) or any(OUTPUT.fullmatch(x.name) for x in wanted):
        return False
    own, given = copy.deepcopy((method, list(inputs)))
    try:
        result = called(name_of(method), own, *given)
    except CodeError:  # it is not to be called with these, or there is nothing else to be called
        if method_of(getattr(method, "__self__", None), FORWARD) is None:
            raise
        return False
    return isinstance(result, tuple) and len(result) >= 2 and np.size(result[0]) == 1


def stepped(network: Network, rng: Any) -> Step:
    """Run a copy forward and backward, and if that shows no gradient, let it update itself or train."""
    before = slots([network.net], ["self"])
    net = copy.deepcopy(network.net)
    y = first_of(called(name_of(network.forward), getattr(net, network.forward.__name__), *copy.deepcopy(network.data)))
    seed = rng.uniform(0.5, 1.5, np.shape(y)) if np.shape(y) else float(rng.uniform(0.5, 1.5))
    set_by_forward = changes(before, net)
    places = [slot for slot in before if slot.name not in set_by_forward and not is_gradient(slot)]
    places = [slot for slot in places if is_used(network, slot, y)]
    backward, update, train = (method_of(network.net, names) for names in (BACKWARD, UPDATE, TRAIN))
    ways = [[backward], [backward, update], [train]]
    for methods in [[method for method in way if method is not None] for way in ways if None not in way]:
        trip = Trip(network, methods, seed)
        net, results = trip.run(partial(copy.deepcopy, network.net), called)
        pairs, slack = shown(network, places, net, methods[-1], results[-1])
        if pairs:
            is_known = not slack or network.rate_of(methods[-1]) is not None
            seed = seed if trip.is_pulled else None
            return Step(pairs, places, seed, slack, is_known, *told_loss(trip, places, results))
    raise UnreadError(
        f"{network.name}: expected gradients, and none were found",
        "return them from backward, keep them in attributes such as dW1, or update the parameters",
    )


def shown(
    network: Network, places: Sequence[Slot], net: Any, method: Callable[..., Any], result: Any
) -> tuple[Pairs, Mapping[str, Any]]:
    """The gradients that are told outright; else what was taken from the parameters."""
    pairs = returned(result, places, method)
    pairs += [pair for pair in kept(places, net) if pair[0].name not in {slot.name for slot, _ in pairs}]
    inputs = [slot for slot in Function(network.forward, network.data).places if slot.steps[0][1] > 0]
    dx = first_of(result)
    if not network.targets and len(inputs) == 1 and np.shape(dx) == np.shape(inputs[0].value):
        pairs.append((inputs[0], dx))
    return (pairs, {}) if pairs else updates(places, net, network.rate_of(method) or 1.0)


def is_used(network: Network, slot: Slot, y: Any) -> bool:
    """Whether the output depends on it."""
    function = Function(network.forward, network.data)
    try:
        with np.errstate(all="ignore"):
            moved = first_of(function.with_values([slot], {slot.name: slot.value * 1.25 + 0.125}))
    except Exception:  # a setting, which must be what it is
        return False
    return not np.array_equal(moved, y)


def on_output(network: Network, forward: Function, step: Step, loss: Loss | None) -> Run:
    """The output, or the loss of it."""
    places = [*(slot for slot, _ in step.pairs), *step.others]
    target = network.targets[0] if network.targets else None

    def run(values: Mapping[str, Any]) -> Any:
        out = first_of(forward.with_values(places, values))
        return out if loss is None else loss(out, target)

    return run


def own_loss(network: Network, forward: Function, step: Step, own: Callable[..., Any]) -> Run:
    """Its loss method, of the inputs and targets, or of the output and the targets."""
    wanted = [x for x in arguments_of(own) if x.default is x.empty]
    is_of_output = any(OUTPUT.fullmatch(x.name) for x in wanted) or not (wanted and DATA.fullmatch(wanted[0].name))
    if not is_of_output:
        return on_output(network, Function(own, network.inputs[: len(wanted)]), step, None)
    is_target_first = len(wanted) == 2 and OUTPUT.fullmatch(wanted[1].name) is not None
    return on_output(network, forward, step, lambda out, y: own(y, out) if is_target_first else own(out, y))


def subject(
    network: Network, function: Function, step: Step, run: Run, against: str, loss: Loss | None = None
) -> Subject:
    places = [slot for slot, _ in step.pairs]
    own = (
        {name: x for name, x in vars(network.net).items() if type(x) is float}
        if hasattr(network.net, "__dict__")
        else {}
    )
    return Subject(
        network.name,
        {**{slot.name: slot.value for slot in places}, **unclaimed(step.others, places, run)},
        {slot.name: part for slot, part in step.pairs},
        run,
        namespaces=[*namespaces_of(network.net), *(namespaces_of(loss) if loss is not None else ())],
        seed=step.seed,
        slack=step.slack,
        is_rate_known=step.is_rate_known,
        constants={**own, **constants_of(function, places)},
        counts=counts_of(network.inputs),
        against=against,
    )
