"""Network: an object of a NumPy class, its methods by what they are for, and how each of them is called."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from autograd.check.audit.failures import UnreadError
from autograd.check.audit.forms import CACHE, COTANGENT, OUTPUT, first_of
from autograd.check.audit.naming import arguments_of, name_of

FORWARD = ("forward", "forward_pass", "forward_propagation", "forward_prop", "feedforward", "feed_forward", "predict")
BACKWARD = (
    "backward",
    "backward_pass",
    "backward_propagation",
    "backprop",
    "back_prop",
    "backpropagation",
    "back_propagation",
    "back_propagate",
    "backpropagate",
)
UPDATE = ("update", "update_parameters", "update_params", "update_weights", "apply_gradients", "step")
TRAIN = ("train_step", "train_on_batch", "partial_fit", "train", "fit", "learn")
LOSS = ("loss", "cost", "compute_loss", "compute_cost", "calculate_loss", "loss_function", "cost_function")

#: How arguments are called.
TARGET = re.compile(
    r"y|t|targets?|labels?|y_?true|y_?train|expected(_output)?s?|desired(_output)?s?|truth", re.IGNORECASE
)
DATA = re.compile(r"x|x_?train|inputs?|data|features|samples?|input_data|training_inputs", re.IGNORECASE)
RATE = re.compile(r"lr|learning_?rate|eta|alpha|rate|step_?size|l_?rate", re.IGNORECASE)
ROUNDS = re.compile(r"(n_?|num_?|max_?)?(epochs?|iter(ation)?s?|steps|rounds)(_num)?", re.IGNORECASE)

#: For code that asks for a learning rate and says none.
SOME_RATE = 0.125


def method_of(net: Any, names: Sequence[str]) -> Callable[..., Any] | None:
    """The first method that has one of these names."""
    return next((getattr(net, name) for name in names if callable(getattr(net, name, None))), None)


def is_network(x: Any) -> bool:
    """Whether it is an object with a way back, and no function."""
    return not hasattr(x, "__name__") and (not callable(x) or method_of(x, (*BACKWARD, *TRAIN)) is not None)


class Network:
    """An object of a NumPy class, and the inputs and targets of one step."""

    def __init__(self, net: Any, inputs: Sequence[Any]) -> None:
        self.net, self.name = net, type(net).__name__
        forward = method_of(net, FORWARD) or (net.__call__ if callable(net) else None)
        if forward is None:
            raise UnreadError(
                f"{self.name}: expected a function, or an object with a method called {', '.join(FORWARD[:3])} …, "
                "which it has not",
                "give a function of its parameters",
            )
        self.forward: Callable[..., Any] = forward
        count = len([x for x in arguments_of(forward) if x.default is x.empty])
        self.inputs = list(inputs)
        self.data, self.targets = self.inputs[:count], self.inputs[count:]

    def rate_of(self, method: Callable[..., Any]) -> float | None:
        """The learning rate of a step, where an argument is called so, or an attribute; None where nothing says it."""
        for x in arguments_of(method):
            if RATE.fullmatch(x.name):
                return float(x.default) if isinstance(x.default, int | float) else SOME_RATE
        own = [x for name, x in vars(self.net).items() if RATE.fullmatch(name) and isinstance(x, int | float)]
        return float(own[0]) if own else None

    @property
    def rates(self) -> list[str]:
        """The attributes that are learning rates and nothing else (alpha may be a slope)."""
        own = vars(self.net).items()
        return [name for name, x in own if name != "alpha" and RATE.fullmatch(name) and isinstance(x, int | float)]

    def arguments(
        self, method: Callable[..., Any], result: Any, seed: Any, rate: float | None = None
    ) -> dict[str, Any]:
        """What a method is to be called with, by the names of its arguments; with this rate, if one is given."""
        found: dict[str, Any] = {}
        forward_names = [x.name for x in arguments_of(self.forward)]
        data, targets = copy.deepcopy((self.data, self.targets))
        cache = result[1] if isinstance(result, tuple) and len(result) == 2 else result
        for x in arguments_of(method):
            if RATE.fullmatch(x.name):
                found[x.name] = self.rate_of(method) if rate is None else rate
            elif ROUNDS.fullmatch(x.name):
                found[x.name] = 1
            elif x.name == "batch_size":
                found[x.name] = len(self.data[0])
            elif x.default is not x.empty:
                continue
            elif CACHE.fullmatch(x.name):
                found[x.name] = cache
            elif TARGET.fullmatch(x.name) and targets:
                found[x.name] = targets.pop(0)
            elif (x.name in forward_names or DATA.fullmatch(x.name)) and data:
                found[x.name] = data.pop(0)
            elif OUTPUT.fullmatch(x.name):
                found[x.name] = first_of(result)
            elif COTANGENT.fullmatch(x.name):
                found[x.name] = seed
            elif data or targets:
                found[x.name] = (data or targets).pop(0)
            else:
                what = f"{name_of(method)}: nothing says what to give for {x.name!r}"
                raise UnreadError(what, "wrap it in a function of the others")
        return found
