"""One family of exceptions: each message says what was expected, what came, and the cure."""


class AutogradError(Exception):
    """Base of everything this package raises on purpose.

    >>> issubclass(StaleDataError, AutogradError)
    True
    """


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit together, or an output that is not a scalar."""


class DTypeError(AutogradError, TypeError):
    """A value of a kind that cannot be differentiated: complex, text, objects."""


class GraphError(AutogradError, ValueError):
    """A request that the recorded graph cannot answer."""


class StaleDataError(GraphError):
    """The data of a node changed after it was used, so the graph no longer describes it."""
