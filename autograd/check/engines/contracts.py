"""Contracts: what has to hold before numbers say anything: the same result twice, nothing written to, enough digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.check.engines.engine import Array, Engine, Function, Pulled, Results, Subject
from autograd.check.report import Finding

#: How far two runs may be apart, as a part of the largest number: sums may be taken in another order.
SAME = 1e-12


def first_results(subject: Subject, values: Sequence[Array]) -> list[str]:
    """The paths of what comes. Raises what the function raises, with the cure where one is known."""
    engine = subject.engine
    try:
        results = results_of(subject, values)
    except Exception as error:
        if not runs_in_float32(subject, values):
            raise
        raise TypeError(
            f"{subject.title}: it takes float32 and fails on float64, which differences need "
            f"({type(error).__name__}: {first_line(error)}): {engine.cure}"
        ) from error
    if not results:
        raise TypeError(f"{subject.title}: expected a result that holds floats, got none: return what has a gradient")
    for path, y in results:
        if engine.kind(y) == "complex":
            raise TypeError(
                f"{subject.title}: output{path} is complex, and gradients are checked of real numbers: "
                "return its real and its imaginary part, each for itself"
            )
    return [path for path, _ in results]


def results_of(subject: Subject, values: Sequence[Array]) -> Results:
    """As the function gave them."""
    results: Results = []

    def watched(given: Sequence[Any]) -> Results:
        results[:] = subject(given)
        return results

    subject.engine.run(watched, values)
    return results


def runs_in_float32(subject: Subject, values: Sequence[Array]) -> bool:
    try:
        subject.engine.run(subject, [x.astype(np.float32) for x in values])
    except Exception:
        return False
    return True


def double_precision(subject: Subject, values: Sequence[Array]) -> Finding | None:
    """Said of a function that rounds to fewer digits."""
    for path, y in results_of(subject, values):
        dtype = str(getattr(y, "dtype", "float64")).removeprefix("torch.")
        if dtype != "float64":
            message = f"output{path} is {dtype} where the inputs are float64, too few digits for differences: "
            message += "take dtypes from the inputs, rather than cast to one"
            return Finding(outcome="inconclusive", check="double precision", message=message)
    return None


def steady_results(engine: Engine, function: Function, values: Sequence[Array]) -> Finding | None:
    """Said of a function that gives another result each time."""
    first, second = (engine.run(function, values) for _ in range(2))
    if len(first) != len(second):
        return unsteady(f"{len(first)} results and then {len(second)}")
    parted = [pair for pair in zip(first, second, strict=True) if not same(*pair)]
    return unsteady(f"different results on the same inputs{apart(*parted[0])}") if parted else None


def steady_gradient(pulled: Pulled, again: Pulled, check: str) -> Finding | None:
    for one, other in zip(pulled.gradients, again.gradients, strict=True):
        if one is not None and other is not None and not same(one, other):
            return unsteady(f"a different {check} on the same inputs{apart(one, other)}")
    return None


def unsteady(message: str) -> Finding:
    cure = "switch dropout off (eval()), or draw from a generator that is seeded within the function"
    return Finding(outcome="inconclusive", check="deterministic", message=f"it gives {message}: {cure}")


def apart(one: Array, other: Array) -> str:
    """Where two results differ first, if they are alike in shape."""
    if one.shape != other.shape:
        return f", of shapes {one.shape} and {other.shape}"
    place = tuple(map(int, np.argwhere(~close(one, other))[0]))
    return f", {one[place]!s} and {other[place]!s}" + (f" in element {place}" if place else "")


def same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(close(one, other).all())


def close(one: Array, other: Array) -> Array:
    scale = float(np.max(np.abs(one), initial=0.0, where=np.isfinite(one)))
    return np.isclose(one, other, rtol=SAME, atol=SAME * scale, equal_nan=True)


def forward_unchanged(pulled: Pulled, plain: Array, check: str) -> Finding | None:
    """Said where what is computed for a gradient is not what is computed without."""
    if same(pulled.result, plain):
        return None
    message = f"the result is another where a gradient is asked for{apart(plain, pulled.result)}"
    return Finding(outcome="wrong", check=check, message=message)


def inputs_unchanged(subject: Subject, values: Sequence[Array], seeds: Sequence[Array]) -> Iterator[Finding]:
    """Said of what the function, or the way back through it, writes to."""
    engine = subject.engine
    given: list[Any] = []
    before: list[Array | None] = []

    def watched(values: Sequence[Any]) -> Results:
        given[:] = subject.filled(values)
        before[:] = [copied(engine.writable(part)) for part in given]
        return subject.call(given)

    engine.run(watched, values)
    changed = changes(engine, given, before)
    yield from (written("inputs unchanged", subject.names[i], "the function writes to it") for i in changed)
    for k, seed in enumerate(seeds):
        cotangent = engine.array(seed)
        drawn = copied(engine.writable(cotangent))
        try:
            engine.pull(watched, values, k, cotangent)
        except Exception:  # told by the check of the gradient
            continue
        late = [i for i in changes(engine, given, before) if i not in changed]
        yield from (written("inputs unchanged", subject.names[i], "the way back writes to it") for i in late)
        changed += late
        if changes(engine, [cotangent], [drawn]):
            yield written("cotangent unchanged", None, "the way back writes to the gradient that it is given")


def written(check: str, name: str | None, what: str) -> Finding:
    return Finding(outcome="wrong", check=check, name=name, message=f"{what}: write to a copy")


def copied(x: Array | None) -> Array | None:
    return None if x is None else np.array(x)


def changes(engine: Engine, parts: Sequence[Any], before: Sequence[Array | None]) -> list[int]:
    """The places of what is not as before."""
    now = [copied(engine.writable(part)) for part in parts]
    pairs = enumerate(zip(now, before, strict=True))
    return [i for i, (new, old) in pairs if new is not None and old is not None and new.tobytes() != old.tobytes()]


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
