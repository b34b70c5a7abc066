"""Values: what a network of Values gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, Value, no_grad, table

#: Ufuncs by which NumPy chooses among objects itself, and what folds by them. The operations of these names share the
#: gradient of a tie, and pass no NaN over.
CHOOSING: Mapping[str, str] = {"maximum": "max", "minimum": "min", "fmax": "nanmax", "fmin": "nanmin", "clip": ""}

#: Functions that choose, too, or that have the slope 0 at 0, where what NumPy makes them of has none.
CHOOSERS = frozenset(
    {"argmax", "argmin", "argpartition", "argsort", "median", "nan_to_num", "nanmax", "nanmedian", "nanmin", "nanstd"}
    | {"norm", "partition", "percentile", "quantile", "sort", "std"}
)

OBJECTS = np.dtype(object)

#: What ufuncs are given where nothing is said.
UNSAID: Mapping[str, Any] = {"out": None, "where": True, "dtype": None, "initial": np._NoValue}


class Values(np.ndarray[Any, Any]):
    """An object array of Values, NumPy's own, that can be swept back through where it holds one.

    A network of Values gives such an array, its weights are such, and so is what is computed from them. So code that is
    written for Tensors runs on them, with their methods and with functions of NumPy, and gives the same gradients, at
    a tie too; and the loop of a lecture runs on its outputs, ``sum((y - t) ** 2 for …).backward()``, and where what it
    sums to is still several numbers, says so.

    >>> from nn import MLP
    >>> model = MLP([2, 3, 1], rng=0).to_scalars()
    >>> outputs = model([[1.0, 2.0], [3.0, 4.0]])
    >>> loss = sum((y - t) ** 2 for y, t in zip(outputs, [1.0, -1.0]))
    >>> loss.shape
    (1,)
    >>> loss.backward()
    >>> all(p.has_grad for p in model.parameters())
    True
    >>> f"{loss:.2f}" == f"{loss.data:.2f}", outputs.tanh().shape
    (True, (2, 1))
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        """NumPy's own, but where that would choose among objects, or does nothing with them, autograd's of its name."""
        name = name_of(ufunc, method)
        if name:
            given = {key: value for key, value in settings.items() if key not in UNSAID or value is not UNSAID[key]}
            if given.keys() <= {"axis", "keepdims"}:
                return by_autograd(name, inputs, given)
        targets = settings.get("out", ())
        if targets:
            settings["out"] = tuple(map(as_array, targets))
        compute = ufunc if method == "__call__" else getattr(ufunc, method)
        result = compute(*map(as_array, inputs), **settings)
        if len(targets) == 1:
            return targets[0]
        return result.view(Values) if result.__class__ is np.ndarray and result.dtype == OBJECTS else result

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        """NumPy's own, but where that would choose among objects, or does nothing with them, autograd's of its name."""
        name = function.__name__
        if name not in CHOOSERS:
            try:
                return super().__array_function__(function, types, args, kwargs)
            except (AttributeError, TypeError):
                home = np if hasattr(np, name) else np.linalg
                if getattr(home, name, None) is not function or not hasattr(autograd, name):
                    raise
        return by_autograd(name, args, kwargs)

    def argmax(self, *args: Any, **kwargs: Any) -> Any:
        return by_autograd("argmax", (self, *args), kwargs)

    def argmin(self, *args: Any, **kwargs: Any) -> Any:
        return by_autograd("argmin", (self, *args), kwargs)

    def argsort(self, *args: Any, **kwargs: Any) -> Any:
        return by_autograd("argsort", (self, *args), kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        return by_autograd("std", (self, *args), kwargs)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """As those of NumPy's own arrays: of one number the number, and truths are no Values."""
        return array[()] if return_scalar else array.view(Values if array.dtype == object else np.ndarray)

    @property
    def data(self) -> Any:  # a lecture's name for it, NumPy's for the memory
        """The number, where it holds one Value; an array of the numbers where it holds several."""
        return self._each(float)

    @property
    def grad(self) -> Any:
        """The gradient, likewise; one that is set goes to every Value."""
        return self._each(lambda value: value.grad if isinstance(value, Value) else 0.0)

    @grad.setter
    def grad(self, number: float | None) -> None:
        for value in self.flat:
            if isinstance(value, Value):
                value.grad = number

    def _each(self, number: Callable[[Any], float]) -> Any:
        with no_grad():
            found = np.array([number(value) for value in self.flat]).reshape(self.shape)
        return float(found.item()) if found.size == 1 else found

    def _one(self, what: str) -> Any:
        if self.size != 1:
            raise ShapeError(
                f"{what}: expected one Value, got an array of {self.size}, of shape {self.shape}: make one number of "
                "them, as by loss.sum(), or take the outputs one by one: for y, t in zip(outputs.flat, targets)"
            )
        return self.item()

    def __format__(self, spec: str) -> str:
        return format(self._one(f"format {spec!r}"), spec) if spec else str(self)

    def __getattr__(self, name: str) -> Any:
        """The methods of Values, as ``relu``: element by element, or along axes, as those of Tensors."""
        op = table.get(name)
        if op is None or not op.method:
            cure = "" if name.startswith("_") else ": a Value of it may: take one out, as in y = outputs.item(0)"
            raise AttributeError(f"an array of Values has no attribute {name!r}{cure}", name=name, obj=self)
        return lambda *args, **params: as_values(op(self, *args, **params))

    def backward(self, seed: float | None = None) -> None:
        """Sweep back from the one Value that it holds.

        Raises `ShapeError` if it holds several, or none.
        """
        self._one("backward").backward(seed)

    def backward_step(self) -> Any:
        """Push the gradient of the one Value that it holds into its inputs, as ``_backward()`` of micrograd."""
        return self._one("backward_step").backward_step()

    _backward = backward_step


def as_values(result: Any) -> Any:
    """An array of Values as `Values`, without a copy, and each of a tuple; anything else as it is."""
    if result.__class__ is tuple:
        return tuple(map(as_values, result))
    if result.__class__ is np.ndarray and result.dtype == object and result.size and isinstance(result.item(0), Value):
        return result.view(Values)
    return result


def as_array(x: Any) -> Any:
    """An array of Values as NumPy's own, of the same memory; anything else as it is."""
    return x.view(np.ndarray) if x.__class__ is Values else x


def by_autograd(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What autograd computes under a name of NumPy's; truths are no objects."""
    found = getattr(autograd, name)(*map(as_array, args), **kwargs)
    if isinstance(found, np.ndarray) and found.size and isinstance(found.item(0), bool):
        return found.astype(bool)
    return as_values(found)


@cache
def name_of(ufunc: np.ufunc, method: str) -> str:
    """What autograd calls a ufunc that does not compute with objects one by one; nothing, if it does."""
    name = ufunc.__name__
    if name not in CHOOSING and any("O" in types for types in ufunc.types):
        return ""
    wanted = name if method == "__call__" else CHOOSING.get(name, "") if method == "reduce" else ""
    return wanted if hasattr(autograd, wanted or " ") else ""
