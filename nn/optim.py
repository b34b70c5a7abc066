"""Optimisers: they change parameters by their gradients."""

from __future__ import annotations

import contextlib
import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import DTypeError, GraphError, Node, ShapeError, Tensor, Value, real_array, short_repr, zero_grad
from nn.inputs import finite_number
from nn.module import Module

#: What is trained.
Trained = Tensor | Value

#: How new data is stored, the data from before, and the new.
Change = tuple[Callable[[Any], None], Any, Any]


class Optimizer(ABC):
    """Base of optimisers: holds the parameters and the learning rate; a subclass says what an update is.

    ``parameters`` are Tensors or single Values, as ``model.parameters()`` gives them; ``lr`` may be changed between
    steps. What updates are to remember, as a velocity or a count of steps, they keep in ``state``, a dict, by the
    number of the parameter or by a name: a step that fails leaves that as it was, too.

    >>> class Momentum(Optimizer):
    ...     def update(self, index, data, grad):
    ...         self.state[index] = 0.9 * self.state.get(index, 0.0) + grad
    ...         return data - self.lr * self.state[index]
    >>> w = Value(1.0)
    >>> optimizer = Momentum([w], lr=0.25)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w**2).backward()
    ...     optimizer.step()
    >>> round(w.data, 6), optimizer.state
    (-0.2, {0: 2.8})

    Raises `TypeError` for anything but parameters, and for an ``lr`` that is no number, `ValueError` for no parameter,
    for one given twice, and for an ``lr`` that is not positive and finite.
    """

    def __init__(self, parameters: Iterable[Trained], lr: float) -> None:
        self.parameters = checked_parameters(parameters, type(self).__name__)
        self.lr = lr
        self.state: dict[Any, Any] = {}

    @property
    def lr(self) -> float:
        """The learning rate: positive and finite."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        number = finite_number(lr, f"{type(self).__name__}: lr", 0.1)
        if number <= 0:
            raise ValueError(f"{type(self).__name__}: lr: expected a positive number such as 0.1, got {short_repr(lr)}")
        self._lr = number

    @abstractmethod
    def update(self, index: int, data: Any, grad: Any) -> Any:
        """The new data of parameter number ``index``: floats for a Value, for a Tensor a new array, which it keeps."""

    def step(self) -> None:
        """Change every parameter that has a gradient; where one update fails, none, nor the ``state``.

        Raises `GraphError` if none has: then there was no ``backward()``; also if one is a leaf no longer.
        """
        kept = self.state
        changes: list[Change] = []
        begun = 0
        copy_of_state = copied(kept, self.parameters, type(self).__name__)  # so that updates may write into it
        try:
            self.state = copy_of_state
            changes = self._changes()
            for begun, (store, _, update) in enumerate(changes, 1):  # noqa: B007 - read where one fails
                store(update)
        except BaseException:  # an update failed, one of them is no leaf any more, or an interrupt came
            self.state = kept
            for store, data, _ in changes[:begun]:
                with contextlib.suppress(GraphError):  # what is no leaf has not taken its update either
                    store(data)
            raise

    def _changes(self) -> list[Change]:
        """What is to be done in a step: nothing is, yet."""
        changes: list[Change] = []
        last: Any = None
        for index, parameter in enumerate(self.parameters):
            grad = parameter.grad
            if isinstance(parameter, Value):
                if not parameter.has_grad:
                    continue
                data: Any = parameter.data
                store: Callable[[Any], None] = partial(setattr, parameter, "data")
            elif grad is None:
                continue
            else:
                data = parameter.numpy()
                store = parameter.assign
            update = self.update(index, data, grad)
            if update is last and isinstance(update, np.ndarray):
                raise ValueError(
                    f"update: parameter {place(parameter, index)} got the array of the one before: make a new"
                )
            last = update
            if not is_like(update, data):
                update = fitted(update, parameter, index)
            changes.append((store, data, update))
        if not changes:
            raise GraphError("step: no parameter has a gradient: call loss.backward() first")
        return changes

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        zero_grad(*self.parameters)


class SGD(Optimizer):
    """Gradient descent: p ← p − lr · ∂L/∂p. How many samples L is computed from makes it batch or stochastic.

    >>> w = Value(1.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w**2).backward()
    ...     optimizer.step()
    >>> round(w.data, 6)
    0.512
    """

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return -self.lr * grad + data  # in this order NumPy reuses the memory of the product


def copied(state: dict[Any, Any], parameters: Sequence[Trained], owner: str) -> dict[Any, Any]:
    """A copy that has nothing in common with it but the parameters, should it hold them.

    Raises `TypeError` for what has no copies, as an open file.
    """
    if not state:
        return {}
    known = {id(parameter): parameter for parameter in parameters}
    twin = {}
    for key, value in state.items():
        try:
            twin[key] = copy.deepcopy(value, known)
        except TypeError as error:
            raise TypeError(
                f"{owner}: state[{short_repr(key)}]: expected what can be copied, so that a failed step can be taken "
                f"back, got {type(value).__name__}: keep it as an attribute ({error})"
            ) from error
    return twin


def is_like(update: Any, data: Any) -> bool:
    """Whether it is plain that an update can take the place of the data."""
    if update.__class__ is np.ndarray and update.base is None:
        return data.__class__ is np.ndarray and update.dtype is data.dtype and update.shape == data.shape
    return update.__class__ is float and data.__class__ is float


def fitted(update: Any, parameter: Trained, index: int) -> Any:
    """What `Optimizer.update` gave, as the parameter can hold it.

    Raises `ShapeError` or `DTypeError` where it cannot.
    """
    array = real_array(update, f"update of parameter {place(parameter, index)}")
    if isinstance(parameter, Value):
        if array.ndim:
            raise ShapeError(f"update: parameter {place(parameter, index)}: expected shape (), got {array.shape}")
        return array.item()
    if array.shape != parameter.shape:
        raise ShapeError(f"update: parameter {place(parameter, index)} has shape {parameter.shape}, got {array.shape}")
    if array.dtype != parameter.dtype:
        raise DTypeError(f"update: parameter {place(parameter, index)} holds {parameter.dtype}, got {array.dtype}")
    return array.copy()  # of what looks into another array, somebody may write to that


def place(parameter: Trained, index: int) -> str:
    """A parameter, for messages."""
    return f"{index} ({parameter.label})" if parameter.label else str(index)


def checked_parameters(parameters: Iterable[Trained], owner: str) -> list[Trained]:
    """The parameters as a list, after a look at each; ``owner`` is for messages."""
    expected = f"{owner}: parameters: expected Tensors or Values"
    is_scalar = isinstance(parameters, np.ndarray) and not parameters.ndim
    if isinstance(parameters, Module | Node) or not isinstance(parameters, Iterable) or is_scalar:
        cure = "give model.parameters()" if isinstance(parameters, Module) or callable(parameters) else "give a list"
        raise TypeError(f"{expected}, got {type(parameters).__name__}: {cure}")
    found = list(parameters)
    if not found:
        raise ValueError(f"{expected}, at least one, got none (a generator is empty once it was used)")
    for parameter in found:
        if not isinstance(parameter, Node):
            raise TypeError(f"{expected}, got {type(parameter).__name__}: give model.parameters()")
        if parameter.op is not None:
            name = parameter.label or type(parameter).__name__
            raise ValueError(f"{expected} to train, got {name}, which is computed: give what it is computed from")
    if len({id(parameter) for parameter in found}) < len(found):
        raise ValueError(f"{expected}, each once, got one twice, which would be changed twice in each step")
    return found
