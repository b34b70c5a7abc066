"""Run: a training while it runs, as callbacks see it and checkpoints save it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import DTypeError, short_repr
from nn.declared import fitting, put
from nn.state import Stateful, dotted, parts
from nn.training.history import History


class Diverged(ArithmeticError):  # noqa: N818 - it tells what the loss did
    """The loss came out as NaN or infinite; ``history`` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


class Run:
    """A training while it runs: what is trained, how, and how far it is.

    ``history`` is what it remembers so far, ``batch`` the number of steps that are done of the present epoch; `stop`
    ends the training after that.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        schedule: Any,
        callbacks: Sequence[Any],
        rng: np.random.Generator,
        settings: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.callbacks = callbacks
        self.rng = rng
        self.settings = settings
        self.history = History()
        self.batch = 0
        #: How many steps were taken since it was begun, or resumed.
        self.steps = 0

    @property
    def epoch(self) -> int:
        """The number of epochs that are finished."""
        return len(self.history)

    def stop(self, reason: str) -> None:
        """End the training after this epoch; the history tells why."""
        self.history.stopped = reason

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the training depends on."""
        return {
            "settings": self.settings,
            "model": self.model.state_dict(),
            "trained": [parameter.requires_grad for parameter in self.model.parameters()],
            "beside": [np.array(parameter.data) for parameter in self._beside()],
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "callbacks": [[type(callback).__name__, callback.state_dict()] for callback in self.callbacks],
            "generators": {name: rng.bit_generator.state for name, rng in self._generators()},
            "history": list(self.history.epochs),
            "stopped": self.history.stopped,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there.

        Raises `ValueError` where it is the state of another training: of another model, other data or settings. Then
        all is as it was.
        """
        found = self.state_dict()
        if not isinstance(state, Mapping) or state.keys() != found.keys():
            raise ValueError("it holds no training")
        for name, setting in self.settings.items():
            if state["settings"].get(name) != setting:
                was, asked = differing(state["settings"].get(name), setting)
                raise ValueError(f"it is of another training: there {name} is {was}, and here {asked}")
        if state["generators"].keys() != found["generators"].keys():
            raise ValueError("it is of a model with other generators of random numbers")
        try:
            self._take(state)
        except BaseException:
            self._take(found)
            raise

    def _take(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        for parameter, is_trained in zip(self.model.parameters(), state["trained"], strict=True):
            if parameter.requires_grad is not is_trained:
                parameter.requires_grad = is_trained
        beside = list(zip(self._beside(), state["beside"], strict=True))
        arrays = [fitting(parameter, numbers, "a parameter beside the model") for parameter, numbers in beside]
        for (parameter, _), array in zip(beside, arrays, strict=True):
            put(parameter, array)
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        for callback, its_state in zip(self._remembering(state["callbacks"]), state["callbacks"], strict=True):
            if callback is not None:
                callback.load_state_dict(its_state[1])
        for name, rng in self._generators():
            rng.bit_generator.state = state["generators"][name]
        self.history.epochs = list(state["history"])
        self.history.stopped = state["stopped"]

    def _remembering(self, saved: Sequence[Sequence[Any]]) -> list[Any]:
        """The callback for each of the states saved, by class and in order; None where a state is empty and nobody is.

        One that was not there begins now.

        Raises `ValueError` where one is missing that remembered something.
        """
        left, found = list(self.callbacks), []
        for name, its_state in saved:
            callback = next((each for each in left if type(each).__name__ == name), None)
            if callback is None and its_state:
                here = ", ".join([type(each).__name__ for each in left]) or "no other"
                raise ValueError(
                    f"it is of another training: there a callback {name} remembers something, and here is {here}"
                )
            if callback is not None:
                left.remove(callback)
            found.append(callback)
        return found

    def _beside(self) -> list[Any]:
        """What the optimiser moves and the model has not, as a temperature in the loss."""
        its_own = {id(parameter) for parameter in self.model.parameters()}
        return [parameter for parameter in self.optimizer.parameters if id(parameter) not in its_own]

    def _generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """Every generator that the training draws from: its own, and those in the model, as of a Dropout."""
        yield "order", self.rng
        yield from generators_in(self.model)


def differing(there: Any, here: Any) -> tuple[str, str]:
    """Two settings as texts; of several lines, or of lists, the first part that differs."""
    if isinstance(there, str) and isinstance(here, str):
        there, here = there.splitlines(), here.splitlines()
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        there, here = next((a, b) for a, b in zip(there, here, strict=True) if a != b)
    return short_repr(there), short_repr(here)


def generators_in(model: Stateful) -> Iterator[tuple[str, np.random.Generator]]:
    """The generators that a model holds, with the path to each."""
    for path, part in parts(model):
        if isinstance(part, np.random.Generator):
            yield f"model.{dotted(path)}", part
        elif isinstance(part, np.random.RandomState | random.Random):
            raise DTypeError(
                f"model.{dotted(path)}: expected a numpy.random.Generator, whose state a checkpoint holds, got "
                f"{short_repr(part)}: make it np.random.default_rng(0)"
            )
