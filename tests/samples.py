"""The example of the README, for tests that look at what is shown of it."""

from autograd import Value


def demo() -> Value:
    """(x + y) · z, where every node has its label."""
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return f


def shared() -> Value:
    """The output 2 · a · b + 7 · a: a is paid to by two paths, b by one."""
    a, b = Value(3.0, "a"), Value(-5.0, "b")
    p = a * b
    p.label = "p"
    f = p * 2.0 + a * 7.0
    f.label = "f"
    return f


def often() -> Value:
    """The output t = s · s + s: three contributions come to s, 1 and 3 and 3."""
    s = Value(3.0, "s")
    t = s * s + s
    t.label = "t"
    return t
