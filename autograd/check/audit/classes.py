"""Classes: an audit's subject from an object of a NumPy class with forward and backward."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.check.audit.failures import CodeError, UnreadError, called
from autograd.check.audit.forms import OUTPUT, Function, constants_of, counts_of, first_of, with_gradient
from autograd.check.audit.losses import SUMS, Loss, scales
from autograd.check.audit.matching import Pairs
from autograd.check.audit.naming import arguments_of, name_of
from autograd.check.audit.network import BACKWARD, DATA, LOSS, TRAIN, UPDATE, Network, method_of
from autograd.check.audit.shown import changes, is_gradient, kept, returned, updates
from autograd.check.audit.slots import Slot, slots
from autograd.check.audit.subject import Subject


@dataclass
class Step:
    """What one step of an object showed."""

    pairs: Pairs
    seed: Any = None  #: of a layer: the cotangent that was given
    slack: Mapping[str, Any] = field(default_factory=dict)
    is_rate_known: bool = True  #: False where updates alone show the gradients, at a rate that nothing says


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
        yield subject(network, forward, step, None, "")
    elif loss is not None:
        yield subject(network, forward, step, loss, "")
    elif own is not None:
        yield with_own_loss(network, forward, step, own)
    elif not network.targets:
        raise UnreadError(f"{network.name}: expected inputs and targets, got no targets: audit(net, None, X, y)")
    else:
        out = first_of(called(forward.name, forward.on, copy.deepcopy(forward.given)))
        for text, total in SUMS.items():
            for factor, words in scales(len(out) if np.ndim(out) else 1, np.size(out)).items():
                yield subject(network, forward, step, scaled(total, factor), f"for {words}{text}")


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
    except CodeError:  # it is not to be called with these
        return False
    return isinstance(result, tuple) and len(result) >= 2 and np.size(result[0]) == 1


def stepped(network: Network, rng: Any) -> Step:
    """Run a copy forward and backward, and if that shows no gradient, let it update itself or train."""
    before = slots([network.net], ["self"])
    net = copy.deepcopy(network.net)
    result = called(name_of(network.forward), getattr(net, network.forward.__name__), *copy.deepcopy(network.data))
    y = first_of(result)
    seed = rng.uniform(0.5, 1.5, np.shape(y)) if np.shape(y) else float(rng.uniform(0.5, 1.5))
    set_by_forward = changes(before, net)
    places = [slot for slot in before if slot.name not in set_by_forward and not is_gradient(slot)]
    places = [slot for slot in places if is_used(network, slot, y)]
    backward = method_of(network.net, BACKWARD)
    for names, is_fresh in ((BACKWARD, False), (UPDATE, False), (TRAIN, True)):
        method = method_of(network.net, names)
        if method is None or (names is UPDATE and backward is None):
            continue
        net = copy.deepcopy(network.net) if is_fresh else net
        arguments = network.arguments(method, result, seed)
        is_pulled = any(x is seed for x in arguments.values())
        given = {name: x if x is seed else copy.deepcopy(x) for name, x in arguments.items()}
        pairs, slack = shown(network, places, net, method, called(name_of(method), bound(net, method, given)))
        if pairs:
            is_known = not slack or network.rate_of(method) is not None
            return Step(pairs, seed if is_pulled else None, slack, is_known)
    raise UnreadError(
        f"{network.name}: expected gradients: returned by backward, kept in attributes such as dW1, or seen in updates "
        "of its parameters; none of these was found"
    )


def bound(net: Any, method: Callable[..., Any], given: Mapping[str, Any]) -> Callable[[], Any]:
    own = getattr(net, method.__name__)
    return lambda: own(**given)


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
            moved = first_of(function.with_values([slot], [slot.value * 1.25 + 0.125]))
    except Exception:  # a setting, which must be what it is
        return False
    return not np.array_equal(moved, y)


def with_own_loss(network: Network, forward: Function, step: Step, own: Callable[..., Any]) -> Subject:
    """Its loss method, of the inputs and targets, or of the output and the targets."""
    wanted = [x for x in arguments_of(own) if x.default is x.empty]
    is_of_output = any(OUTPUT.fullmatch(x.name) for x in wanted) or not (wanted and DATA.fullmatch(wanted[0].name))
    if not is_of_output:
        whole = Function(own, network.inputs[: len(wanted)])
        return subject(network, whole, step, None, "")
    is_target_first = len(wanted) == 2 and OUTPUT.fullmatch(wanted[1].name) is not None
    return subject(network, forward, step, lambda out, y: own(y, out) if is_target_first else own(out, y), "")


def subject(network: Network, function: Function, step: Step, loss: Loss | None, against: str) -> Subject:
    places = [slot for slot, _ in step.pairs]
    target = network.targets[0] if network.targets else None

    def run(values: Mapping[str, Any]) -> Any:
        out = first_of(function.with_values(places, [values[slot.name] for slot in places]))
        return out if loss is None else loss(out, target)

    own = (
        {name: x for name, x in vars(network.net).items() if type(x) is float}
        if hasattr(network.net, "__dict__")
        else {}
    )
    return Subject(
        network.name,
        {slot.name: slot.value for slot in places},
        {slot.name: part for slot, part in step.pairs},
        run,
        seed=step.seed,
        slack=step.slack,
        is_rate_known=step.is_rate_known,
        constants={**own, **constants_of(function, places)},
        counts=counts_of(network.inputs),
        against=against,
    )
