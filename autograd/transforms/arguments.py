"""Which arguments of a call its derivatives are taken by."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import index
from typing import Any

import numpy as np

from autograd import accept, tree
from autograd.errors import DTypeError, GraphError, ShapeError, short_repr
from autograd.scalar.value import Value
from autograd.tensor.tensor import Tensor
from autograd.transforms.directional import is_floating, kind

Argnums = int | Sequence[int]
Argnames = str | Sequence[str] | None


class Arguments:
    """One call of a function: the arguments that it is differentiated by, and all others, which stay as they are.

    Integers among the former become floats, as a derivative moves them.
    """

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        argnums: Argnums = 0,
        argnames: Argnames = None,
    ) -> None:
        self.name, self.f, self.args, self.kwargs = name, f, args, dict(kwargs)
        self.is_one = isinstance(argnames, str) or (argnames is None and not isinstance(argnums, Sequence))
        self.names: Sequence[str] | None = None
        if argnames is None:
            self.places = self.numbered(argnums)
        else:
            self.names = names_of(name, argnums, argnames)
            self.places = [self.named(each) for each in self.names]
        if len(set(self.places)) < len(self.places):
            raise GraphError(f"{name}: expected each argument once, got {self.names or argnums}")
        self.primals = tuple([self.floats(place) for place in self.places])

    def numbered(self, argnums: Argnums) -> list[int | str]:
        """The places of positional arguments; from the end, where a number is negative."""
        numbers = argnums if isinstance(argnums, Sequence) and not isinstance(argnums, str) else [argnums]
        found: list[int | str] = []
        for number in numbers:
            try:
                place = index(number)
            except TypeError:
                raise DTypeError(
                    f"{self.name}: expected argnums as an int or a tuple of ints, got {short_repr(argnums)}: "
                    "give names as argnames="
                ) from None
            if not -len(self.args) <= place < len(self.args):
                raise GraphError(
                    f"{self.name}: argnums={place}, but {len(self.args)} positional arguments came: "
                    "number them from 0, and give keyword arguments by argnames="
                )
            found.append(place % len(self.args))
        return found

    def named(self, name: str) -> int | str:
        """The place of an argument that was given by name, or by position."""
        if name in self.kwargs:
            return name
        try:
            known = list(inspect.signature(self.f).parameters)
        except (TypeError, ValueError):  # of a function that is not Python's
            known = []
        if name in known[: len(self.args)]:
            return known.index(name)
        if known and name not in known and not takes_any_name(self.f):
            raise GraphError(f"{self.name}: argnames has {name!r}, but f has none of that name: {', '.join(known)}")
        raise GraphError(
            f"{self.name}: argnames has {name!r}, but no argument of that name came: give it in the call, "
            "as its default is no input"
        )

    def floats(self, place: int | str) -> Any:
        """The argument at a place, its integers as floats."""
        where = f"argument {place}" if isinstance(place, int) else f"argument {place!r}"
        given = self.args[place] if isinstance(place, int) else self.kwargs[place]
        leaves = [as_float(x, f"{self.name}: {where}{path}") for path, x in tree.leaves_with_paths(given)]
        return tree.unflatten(tree.flatten(given)[1], leaves)

    def __call__(self, *primals: Any) -> Any:
        """The function with these in the places of its primals."""
        args, kwargs = list(self.args), dict(self.kwargs)
        for place, primal in zip(self.places, primals, strict=True):
            if isinstance(place, int):
                args[place] = primal
            else:
                kwargs[place] = primal
        return self.f(*args, **kwargs)

    def beside(self) -> list[np.dtype[Any]]:
        """The dtypes of the arrays and Tensors among the other arguments: a float beside them is one as well."""
        others = [x for k, x in enumerate(self.args) if k not in self.places]
        others += [x for name, x in self.kwargs.items() if name not in self.places]
        arrays = [
            x for _, x in tree.walk(others, cyclic=True) if isinstance(x, Tensor | np.ndarray) and x.dtype != object
        ]
        return [x.dtype if x.dtype.kind == "f" else np.dtype(float) for x in arrays]

    def result(self, primals: Sequence[Any]) -> Any:
        """What was made for each of the primals: alone for one, a dict for names, else a tuple."""
        if self.is_one:
            return primals[0]
        return tuple(primals) if self.names is None else dict(zip(self.names, primals, strict=True))


def names_of(name: str, argnums: Argnums, argnames: str | Sequence[str]) -> Sequence[str]:
    """The names, if nothing was chosen by number as well."""
    names = [argnames] if isinstance(argnames, str) else argnames
    if not isinstance(names, Sequence) or not all(isinstance(each, str) for each in names):
        raise DTypeError(f"{name}: expected argnames as a name or a tuple of names, got {short_repr(argnames)}")
    if argnums.__class__ is not int or argnums != 0:
        raise GraphError(f"{name}: expected argnums= or argnames=, got both: names stand for positions as well")
    return list(names)


def as_float(x: Any, where: str) -> Any:
    """A leaf that can be moved: integers as floats.

    >>> as_float(3, "f"), as_float(np.array([1, 2]), "f")
    (3.0, array([1., 2.]))
    """
    if is_floating(x):
        return x
    if isinstance(x, int | np.integer) and not isinstance(x, bool):
        return accept.number(x, where)
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return accept.numbers(x, where)
    raise DTypeError(
        f"{where}: expected a number, an array of numbers, a Value or a Tensor, got {kind(x)}: "
        "choose what is differentiated by argnums= or argnames=, or close over the rest"
    )


def plain_like(x: Any, derivative: Any) -> Any:
    """A derivative by ``x`` as a plain number or array, which belongs to the caller alone; zero where there is none."""
    if isinstance(x, float | Value):
        return 0.0 if derivative is None else float(derivative)
    if derivative is None:
        derivative = np.zeros(x.shape, x.dtype)
    return derivative[()] if isinstance(x, np.generic) else np.array(derivative)


def plain_of(y: Any) -> Any:
    """The numbers of a node; anything else as it is.

    >>> plain_of(Value(2.0)), plain_of(Tensor([1.0])), plain_of("text")
    (2.0, array([1.]), 'text')
    """
    if isinstance(y, Value):
        return y.data
    return y.numpy().copy()[()] if isinstance(y, Tensor) else y


def one_output(name: str, leaves: Sequence[Any], cure: str) -> Any:
    """The one number that a function returned."""
    if not leaves:
        raise ShapeError(f"{name}: expected f to return one number, got nothing: is its return missing?")
    if len(leaves) != 1:
        raise ShapeError(f"{name}: expected f to return one number, got {len(leaves)} of them: {cure}")
    (y,) = leaves
    if np.size(y) != 1 if not hasattr(y, "size") else y.size != 1:
        raise ShapeError(f"{name}: expected f to return one number, got shape {y.shape}: {cure}")
    return y


def takes_any_name(f: Callable[..., Any]) -> bool:
    return any(x.kind is x.VAR_KEYWORD for x in inspect.signature(f).parameters.values())
