"""Engines: gradients of functions of torch and jax, against a numerical replay of what these compute forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numpy as np

from autograd.check.audit.naming import input_names, name_of
from autograd.check.references.lines import Slope, chosen_elements, slope
from autograd.check.references.reference import element_at
from autograd.check.report import Finding, Report

#: How many elements of an input are looked at one by one; all of them together along random directions, besides.
ELEMENTS, DIRECTIONS = 60, 2

#: A difference is believed to tell a right gradient from a wrong one where its error bar is less than this part of it.
TOLD = 1e-5

#: What rounding may come to in an engine, as a part of the largest number beside.
ROUNDING = 1e-13

Numbers = list[Any]


def check_torch(f: Callable[..., Any], *inputs: Any, rng: Any = 0) -> Report:
    """Check the gradients that torch gives of ``f(*inputs)``, against differences and complex steps of ``f`` itself.

    Inputs are tensors or arrays of floats, and whatever else ``f`` takes. They are taken as float64; a result of
    several numbers is pulled back from a random cotangent. Raises `ImportError` where torch is not installed.
    """
    torch = engine("torch")
    data = [x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else x for x in inputs]
    places = [i for i, x in enumerate(data) if is_float(x)]

    def tensors(values: Numbers) -> Numbers:
        given: Numbers = list(inputs)
        for i, value in zip(places, values, strict=True):
            given[i] = torch.tensor(np.asarray(value))
        return given

    def run(values: Numbers) -> Any:
        with torch.no_grad():
            return f(*tensors(values)).detach().cpu().numpy()

    def gradient(values: Numbers, seed: Any) -> Numbers:
        given = tensors(values)
        leaves = [given[i].requires_grad_() for i in places]
        y = f(*given)
        if not y.requires_grad:
            return [np.zeros(np.shape(x)) for x in values]
        found = torch.autograd.grad(y, leaves, torch.tensor(np.asarray(seed, dtype=float)), allow_unused=True)
        return [np.zeros(np.shape(x)) if g is None else g.numpy() for g, x in zip(found, values, strict=True)]

    return checked("torch", f, data, places, run, gradient, rng)


def check_jax(f: Callable[..., Any], *inputs: Any, rng: Any = 0) -> Report:
    """Check the gradients that jax gives of ``f(*inputs)``, as `check_torch` does. It is run with 64 bits."""
    jax = engine("jax")
    data = [np.asarray(x) if isinstance(x, jax.Array) else x for x in inputs]
    places = [i for i, x in enumerate(data) if is_float(x)]

    def whole(values: Sequence[Any]) -> Any:
        given: Numbers = list(data)
        for i, value in zip(places, values, strict=True):
            given[i] = value
        return f(*given)

    def run(values: Numbers) -> Any:
        return np.asarray(whole([jax.numpy.asarray(x) for x in values]))

    def gradient(values: Numbers, seed: Any) -> Numbers:
        _, pull = jax.vjp(lambda *xs: whole(xs), *[jax.numpy.asarray(x) for x in values])
        return [np.asarray(g) for g in pull(jax.numpy.asarray(seed, dtype=float))]

    with wide(jax):
        return checked("jax", f, data, places, run, gradient, rng)


def wide(jax: Any) -> Any:
    """A block with 64 bits, by whichever name this version of jax has for it."""
    if jax.config.jax_enable_x64:
        return nullcontext()
    owner = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    return owner.enable_x64(True)


def engine(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"check_{name} needs {name}, which is not installed: pip install {name}") from error


def is_float(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f")


def checked(
    engine_name: str,
    f: Callable[..., Any],
    data: Sequence[Any],
    places: Sequence[int],
    run: Callable[[Numbers], Any],
    gradient: Callable[[Numbers, Any], Numbers],
    rng: Any,
) -> Report:
    """Element by element as far as there is time, and all at once along random directions."""
    if not places:
        raise TypeError(
            f"check_{engine_name}: expected an input of floats, got {', '.join(type(x).__name__ for x in data)}"
        )
    generator = np.random.default_rng(rng)
    values = [np.array(data[i], dtype=np.float64) for i in places]
    names = [input_names(f, len(data))[i] for i in places]
    seed = generator.uniform(0.5, 1.5, np.shape(run([x.copy() for x in values])))
    claimed = gradient([x.copy() for x in values], seed)

    def along(directions: Mapping[int, Any]) -> Slope:
        def line(h: Any) -> Any:
            moved = [x + h * directions[k] if k in directions else x for k, x in enumerate(values)]
            return np.sum(run(moved) * seed)[()]

        return slope(line)

    findings: list[Finding] = []
    count = 0
    for k, (name, value) in enumerate(zip(names, values, strict=True)):
        scale = float(np.max(np.abs(claimed[k]), initial=0.0))
        for i in chosen_elements(value.size, ELEMENTS, generator):
            count += 1
            one = np.zeros(value.shape)
            one.flat[i] = max(abs(float(value.flat[i])), 0.1)
            known = along({k: one}).by(float(one.flat[i]))
            element = element_at(i, value.shape) or None
            findings += compared(name, element, float(np.asarray(claimed[k]).flat[i]), known, scale)
    if not findings:
        findings += directional(along, values, claimed, generator)
    checks = {"element": count, "direction": DIRECTIONS}
    return Report(tuple(findings), checks, "differences", None, f"check_{engine_name} of {name_of(f)}")


def directional(along: Any, values: Numbers, claimed: Numbers, rng: np.random.Generator) -> Iterator[Finding]:
    """All inputs at once, for what was not looked at one by one."""
    for _ in range(DIRECTIONS):
        directions = {k: rng.choice([-1.0, 1.0], x.shape) * np.maximum(np.abs(x), 0.1) for k, x in enumerate(values)}
        parts = [float(np.sum(claimed[k] * d)) for k, d in directions.items()]
        size = float(sum(np.sum(np.abs(claimed[k] * d)) for k, d in directions.items()))
        yield from compared(None, None, sum(parts), along(directions), size)


def compared(
    name: str | None, element: tuple[int, ...] | None, got: float, known: Slope, scale: float
) -> Iterator[Finding]:
    """What is not plainly right of one number."""
    value, bar = known.value.value, known.value.error
    text = str(known.value)
    check = "gradient" if name is not None else "gradient along a random direction"
    where: dict[str, Any] = {"check": check, "name": name, "element": element, "got": got}
    rounding = ROUNDING * max(scale, abs(value))
    if known.sides is not None:
        below, above = known.sides
        is_between = known.low - rounding <= got <= known.high + rounding
        side = "between" if is_between else "outside of"
        message = f"at a kink: got {got!r}, {side} the slopes {below} below and {above} above"
        yield Finding(
            outcome="kink" if is_between else "wrong", message=message, slopes=(below.value, above.value), **where
        )
        return
    message = f"got {got!r}, differences {text}"
    if not np.isfinite(value) or not np.isfinite(bar):
        yield Finding(outcome="inconclusive", message=message, expected=text, **where)
    elif not abs(got - value) <= bar + rounding:
        factor = got / value if abs(value) > bar else None
        yield Finding(outcome="wrong", message=message, expected=text, factor=factor, hint=hint(factor), **where)
    elif bar > TOLD * max(scale, abs(value)) and bar > 1e-9:
        yield Finding(outcome="inconclusive", message=message, expected=text, **where)


def hint(factor: float | None) -> str | None:
    """What a factor looks like."""
    known = {-1.0: "the sign is turned round", 2.0: "twice too large", 0.5: "half of it", 0.0: "nothing came"}
    if factor is None:
        return None
    return next(
        (words for x, words in known.items() if abs(factor - x) < 1e-6), f"{factor:.6g} times what it should be"
    )
