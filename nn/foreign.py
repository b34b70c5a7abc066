"""Numbers in the layout of another program, which says by itself only what shape they have."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError


class Foreign(np.ndarray[Any, np.dtype[Any]]):
    """An array that has the layout of another program: no parameter takes it over, as it may be transposed.

    It is one like any other, in all that is computed with it. A copy of it is foreign as well, in another dtype too.
    What else is made of it, as ``array.T``, is not, and neither is ``np.asarray(array)``: whoever writes that says that
    it has the layout of this library.

    >>> weight = foreign(np.ones((3, 2)))
    >>> weight.is_foreign, weight.copy().is_foreign, weight.T.is_foreign
    (True, True, False)
    """

    is_foreign: bool

    def __array_finalize__(self, source: Any) -> None:
        self.is_foreign = not isinstance(source, Foreign)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __deepcopy__(self, memo: Any) -> Self:
        return self._like(np.array(self))

    def copy(self, order: Any = "C") -> Self:
        return self._like(np.array(self, order=order))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Self:
        return self._like(np.asarray(self).astype(dtype, *args, **kwargs))

    def _like(self, array: NDArray[Any]) -> Self:
        other = array.view(type(self))
        other.is_foreign = self.is_foreign
        return other


class Own(dict[str, Any]):
    """A dict of arrays in the layout of this library, as `Module.state_dict` gives it and `load` reads it.

    It is a dict like any other; `load_torch_state_dict`, which would transpose them, refuses it.
    """


def foreign(array: NDArray[Any]) -> Foreign:
    """The same numbers, as those of another program."""
    return np.asarray(array).view(Foreign)


def expect_ours(numbers: Any, name: str) -> None:
    """Refuse numbers that may be in the layout of another program.

    Raises `DTypeError`.
    """
    is_of_torch = type(numbers).__module__.partition(".")[0] == "torch"
    if is_of_torch or is_foreign(numbers):
        came = "a Tensor of PyTorch" if is_of_torch else "those of a state or a file of another program"
        more = "" if is_of_torch else "; np.asarray(array) says that one has the layout of this library"
        raise DTypeError(
            f"{name}: expected numbers in the layout of this library, got {came}, which may be transposed: use "
            f"nn.load_torch_state_dict for a state of PyTorch{more}"
        )


def is_foreign(numbers: Any) -> bool:
    """Whether these may be transposed: they are another program's, and have more axes than one.

    >>> is_foreign(foreign(np.ones((3, 2)))), is_foreign(foreign(np.ones(3))), is_foreign(np.ones((3, 2)))
    (True, False, False)
    """
    return isinstance(numbers, Foreign) and numbers.is_foreign and numbers.ndim > 1
