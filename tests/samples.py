"""The example of the README, for tests that look at what is shown of it."""

from autograd import Value


def demo() -> Value:
    """(x + y) · z, where every node has its label."""
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return f
