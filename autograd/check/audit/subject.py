"""Subject: a function and the gradient that a person claims it has, in one form whatever form they came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.check.audit.namespaces import Namespace
from autograd.check.references.reference import BITS


@dataclass
class Subject:
    """A function of named parameters, and what is claimed to be its gradient."""

    name: str
    parameters: dict[str, Any]  #: arrays of floats and floats: those whose gradient is claimed, or is to be
    claimed: dict[str, Any]
    run: Callable[[Mapping[str, Any]], Any]  #: the function with these in their places, and what is there in others
    function: Callable[..., Any] | None = None  #: a person's function, where that alone is what is run
    with_function: Callable[..., Any] = lambda f, values: f(values)  #: another one run in its place
    namespaces: Sequence[Namespace] = ()  #: the globals of the person's code that is run
    seed: Any = None  #: the cotangent of a result that is no single number
    slack: Mapping[str, Any] = field(default_factory=dict)  #: by how much a claimed gradient is known to be rounded
    is_rate_known: bool = True  #: False where claimed gradients are known up to one factor, which updates hide
    constants: Mapping[str, float] = field(default_factory=dict)  #: numbers among the inputs, as ``reg``
    counts: Mapping[int, str] = field(default_factory=dict)  #: lengths of axes of the inputs, such as the batch
    is_all_asked: bool = True  #: False where a person chose the parameters of which a gradient is claimed
    notes: tuple[str, ...] = ()  #: what was claimed and is not checked
    is_reached: bool = False  #: once it stopped on numbers of a reference, with what is taken to be its result
    against: str = ""  #: the loss that the code may have been written for, where it has none

    @property
    def unclaimed(self) -> list[str]:
        return [name for name in self.parameters if name not in self.claimed]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The one with the fewest digits that takes part."""
        found = [np.asarray(x).dtype for x in (*self.parameters.values(), *self.claimed.values())]
        return min((x for x in found if x in BITS), key=BITS.__getitem__, default=np.dtype(np.float64))

    def scalar(self, values: Mapping[str, Any]) -> Any:
        """The number that the gradient is of: the result, or its product with the cotangent."""
        y = self.run(values)
        if self.seed is None:
            return np.asarray(y).item()
        return np.sum(np.asarray(y) * self.seed)[()]
