"""Values: what a network of Values gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError, Value


class Values(np.ndarray[Any, Any]):
    """An object array of Values, NumPy's own, that can be swept back through where it holds one.

    A network of Values gives such an array, and so is what is computed from it. So the loop of a lecture runs on its
    outputs, ``sum((y - t) ** 2 for …).backward()``, and where what it sums to is still several numbers, says so.

    >>> from nn import MLP
    >>> model = MLP([2, 3, 1], rng=0).to_scalars()
    >>> outputs = model([[1.0, 2.0], [3.0, 4.0]])
    >>> loss = sum((y - t) ** 2 for y, t in zip(outputs, [1.0, -1.0]))
    >>> loss.shape
    (1,)
    >>> loss.backward()
    >>> all(p.has_grad for p in model.parameters())
    True
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """As those of NumPy's own arrays: of one number the number, and truths are no Values."""
        return array[()] if return_scalar else array.view(Values if array.dtype == object else np.ndarray)

    def backward(self, seed: float | None = None) -> None:
        """Sweep back from the one Value that it holds.

        Raises `ShapeError` if it holds several, or none.
        """
        if self.size != 1:
            raise ShapeError(
                f"backward: expected one Value, got an array of {self.size}, of shape {self.shape}: make one number of "
                "them, as by loss.sum(), or take the outputs one by one: for y, t in zip(outputs.flat, targets)"
            )
        self.item().backward(seed)


def as_values(result: Any) -> Any:
    """An array of Values as `Values`, without a copy; anything else as it is."""
    if result.__class__ is np.ndarray and result.dtype == object and result.size and isinstance(result.item(0), Value):
        return result.view(Values)
    return result
