"""One family of exceptions: each message says what was expected, what came, and the cure."""

from contextlib import suppress
from typing import Any

from numpy.linalg import LinAlgError


class AutogradError(Exception):
    """Base of everything this package raises on purpose.

    >>> issubclass(StaleDataError, AutogradError)
    True
    """


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit together, or an output that is not a scalar."""


class OperationError(AutogradError, LinAlgError, FloatingPointError):
    """An operation that failed on these numbers or params, for the reason that is its ``__cause__``.

    It is caught as what NumPy raises there, too.

    >>> import numpy as np
    >>> issubclass(OperationError, (ValueError, np.linalg.LinAlgError)) and issubclass(OperationError, ArithmeticError)
    True
    """


class DTypeError(AutogradError, TypeError):
    """A value of a kind that cannot be differentiated: complex, text, objects."""


class LostGradientError(AutogradError, TypeError):
    """A node given where only its number would be taken, so that no gradient would flow back from there."""


class GraphError(AutogradError, ValueError):
    """A request that the recorded graph cannot answer."""


class StaleDataError(GraphError):
    """The data of a node changed after it was used, so the graph no longer describes it."""


class AnomalyError(AutogradError, FloatingPointError):
    """A NaN or an infinity that an operation made, inside ``detect_anomaly()``."""


class GradientError(AutogradError, AssertionError):
    """A gradient that a check found wrong, or could not tell to be right."""

    report: Any = None  #: of that check


#: How much of what came a message shows.
SHOWN = 60


def short_repr(value: Any) -> str:
    """What came, as a message shows it: the beginning of its ``repr``, or the name of its type where that fails.

    An object may be of any class, and its ``repr`` any code: what that raises is no answer to the person's call.

    >>> short_repr("abc"), short_repr(10**9999)
    ("'abc'", 'int')
    """
    with suppress(Exception):
        return str.__getitem__(repr(value), slice(SHOWN))
    name: str = vars(type)["__name__"].__get__(type(value))  # whatever a metaclass says
    return name
