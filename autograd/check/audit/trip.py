"""Trip: one step of an object of a NumPy class, forward and back, and the loss that it returns on the way."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.check.audit.forms import copied, first_of
from autograd.check.audit.naming import name_of, parameter_of, returned_names
from autograd.check.audit.network import TRAIN, Network
from autograd.check.audit.slots import Slot, replaced

#: The number that a gradient is of, for parameters of these values.
Run = Callable[[Mapping[str, Any]], Any]


class Trip:
    """One step: forward, and these methods behind it. ``is_pulled``: whether one asked for the cotangent."""

    def __init__(self, network: Network, methods: Sequence[Callable[..., Any]], seed: Any) -> None:
        self.network = network
        self.methods = methods
        self.seed = seed
        self.is_pulled = False

    def run(
        self, made: Callable[[], Any], call: Callable[..., Any], rate: float | None = None
    ) -> tuple[Any, list[Any]]:
        """The object after the step, and what each method returned. ``call`` says of what it calls a function."""
        network = self.network
        net = made()
        forward = getattr(net, network.forward.__name__)
        result = call(name_of(network.forward), forward, *copy.deepcopy(network.data))
        if self.methods[0].__name__ in TRAIN:  # which goes forward itself
            net = made()
        results = []
        for method in self.methods:
            arguments = network.arguments(method, result, self.seed, rate)
            self.is_pulled |= any(x is self.seed for x in arguments.values())
            results.append(call(name_of(method), partial(getattr(net, method.__name__), **arguments)))
        return net, results

    def returned_by(self, k: int, places: Sequence[Slot], values: Mapping[str, Any]) -> Any:
        """What a method returns for parameters of these values. At a rate of 0, as some ask for it behind an update."""
        changed = [slot for slot in places if slot.name in values]

        def made() -> Any:
            (net,) = replaced([self.network.net], changed, [copied(values[slot.name]) for slot in changed])
            for name in self.network.rates:
                setattr(net, name, 0.0)
            return net

        _, results = self.run(made, lambda _, method, *given: method(*given), rate=0.0)
        return first_of(results[k])


def told_loss(trip: Trip, places: Sequence[Slot], results: Sequence[Any]) -> tuple[Run | None, str]:
    """The loss that a step returns beside its gradients, and what returns it."""
    moved = {slot.name: slot.value * (1 + 1e-4) + 1e-4 for slot in places}
    for k, (method, result) in enumerate(zip(trip.methods, results, strict=True)):
        number = first_of(result)
        if trip.is_pulled or np.ndim(number) != 0 or not isinstance(number, float | np.floating):
            continue
        name = (returned_names(method) or [None])[0]
        if name is not None and parameter_of(name, [slot.name for slot in places]) is not None:
            continue  # a gradient
        run = partial(trip.returned_by, k, places)
        try:
            with np.errstate(all="ignore"):
                is_loss = run({}) == run({}) != run(moved)  # and no accuracy, which is of steps
        except Exception:  # it does not take another step
            continue
        if is_loss:
            return run, name_of(method)
    return None, ""
