"""Engine: what a check asks of torch or jax, and a function of one, as numbers in and numbers out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from autograd.check.audit.naming import name_of
from autograd.check.report import Finding

Array = np.ndarray[Any, np.dtype[Any]]

#: The numbers in a result, an engine's own, each with the path to it: ``['loss']``.
Results = list[tuple[str, Any]]

#: From arrays of the engine, one for each input, to results.
Function = Callable[[Sequence[Any]], Results]


class Pulled(NamedTuple):
    """A result computed for its gradients, and these; None where the engine gave none."""

    result: Array
    gradients: list[Array | None]


class Engine(ABC):
    """A library that differentiates. Values are arrays of NumPy, and are given to functions as arrays of its own."""

    name: str
    #: What to do where something is not in double precision.
    cure: str

    @abstractmethod
    def array(self, x: Any) -> Any:
        """A new array of the engine, of the same dtype."""

    @abstractmethod
    def copy(self, x: Any) -> Any:
        """What a function may write to, and nobody else has; gradients go through. What has no copy stays itself."""

    @abstractmethod
    def numbers(self, x: Any) -> Array:
        """A result in NumPy, as float64 or complex128."""

    @abstractmethod
    def writable(self, x: Any) -> Array | None:
        """The numbers of what can be written to; None of all else."""

    @abstractmethod
    def kind(self, x: Any) -> str | None:
        """``"float"``, ``"complex"``; None for what is no such number."""

    @abstractmethod
    def run(self, function: Function, values: Sequence[Any]) -> list[Array]:
        """The results."""

    @abstractmethod
    def pull(self, function: Function, values: Sequence[Any], k: int, seed: Any) -> Pulled:
        """The result of this number, pulled back from a cotangent."""

    @abstractmethod
    def gradient_of(self, function: Function, count: int) -> Function:
        """The function of so many inputs, and of the cotangents, that gives the gradient for each input."""

    def unwatched(self, function: Function, values: Sequence[Any]) -> Sequence[Finding]:
        """Said of what else has a gradient, and is no input."""
        return ()


@dataclass(frozen=True)
class Subject:
    """A function taken apart: what it is given, leaf by leaf, and the numbers that come."""

    title: str
    engine: Engine
    names: Sequence[str]
    parts: Sequence[Any]  #: the leaves of all inputs, as the person gave them
    call: Callable[[Sequence[Any]], Results]  #: from such leaves
    reference: str = "differences in float64"

    @property
    def places(self) -> list[int]:
        """Of the floats among the parts."""
        return [i for i, part in enumerate(self.parts) if self.engine.kind(part) == "float"]

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """Parts to call with: floats of these values, and copies of all else, so that a person's own never change."""
        given = dict(zip(self.places, values, strict=True))
        return [self.engine.copy(given.get(i, part)) for i, part in enumerate(self.parts)]

    def __call__(self, values: Sequence[Any]) -> Results:
        return self.call(self.filled(values))


def title_of(check: str, f: Any) -> str:
    """Of a report; a method of a class, as ``Cube.apply`` of an autograd.Function, has that class before it."""
    owner = getattr(f, "__self__", None)
    return f"{check} of {owner.__name__}.{f.__name__}" if isinstance(owner, type) else f"{check} of {name_of(f)}"


def installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"check_{name} needs {name}, which is not installed: pip install {name}") from error


def kind_of_numpy(x: Any) -> str | None:
    """As `Engine.kind`, of Python's and NumPy's numbers."""
    if isinstance(x, np.ndarray | np.generic):
        return {"f": "float", "c": "complex"}.get(x.dtype.kind)
    return "float" if isinstance(x, float) else "complex" if isinstance(x, complex) else None
