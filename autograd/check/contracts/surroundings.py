"""Surroundings: what a check leaves as it was, also where the function raises: what was given, and the engine."""

from __future__ import annotations

import functools
import gc
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from threading import RLock
from types import TracebackType
from typing import Any, TypeVar, cast

import numpy as np

from autograd import tree
from autograd.check.report import Finding, Report
from autograd.check.run import is_filled
from autograd.node import Node
from autograd.state import blocks, conditional, scopes
from autograd.tensor.arrays import alike

# The engine.


def precision(bits: int | None = None) -> int | None:
    """The bits of flint's numbers, where it is installed; they are set if some are given."""
    try:
        flint: Any = import_module("flint")
    except ImportError:
        return None
    if bits is not None:
        flint.ctx.prec = bits
    return int(flint.ctx.prec)


def put_filters(kept: Any) -> None:
    filters: Any = warnings.filters
    filters[:] = kept


#: What belongs to the engine and the process: how it is asked for, and how it is set.
ENGINE: Mapping[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "no_grad() or tracing()": (blocks.get, blocks.set),
    "tracing()": (conditional.get, conditional.set),
    "scope()": (scopes.get, scopes.set),
    "np.errstate": (np.geterr, lambda kept: np.seterr(**kept)),
    "the garbage collector": (gc.isenabled, lambda is_on: gc.enable() if is_on else gc.disable()),
    "the warnings filters": (lambda: list(warnings.filters), put_filters),
    "flint's precision": (precision, precision),
}


def engine_state() -> dict[str, Any]:
    """All that a function may leave changed."""
    return {name: ask() for name, (ask, _) in ENGINE.items()}


def restored_engine(before: Mapping[str, Any]) -> list[str]:
    """What is not as it was; it is by now."""
    changed = []
    for name, (ask, put) in ENGINE.items():
        if ask() != before[name]:
            changed.append(name)
            put(before[name])
    return changed


# What was given.


@dataclass(frozen=True)
class Kept:
    """One thing that a person gave, and what it was."""

    name: str
    it: Any
    before: Any

    @classmethod
    def of(cls, name: str, it: Any) -> Kept | None:
        if isinstance(it, Node):
            return cls(name, it, (it._record, copied(it._record._snapshot()), copied(grad_of(it)), it.label))
        if isinstance(it, np.ndarray):
            return cls(name, it, it.copy())
        if isinstance(it, np.random.Generator):
            return cls(name, it, it.bit_generator.state)
        return None

    def restored(self) -> list[str]:
        """What of it is not as it was; it is by now, as far as that goes."""
        it = self.it
        if isinstance(it, np.random.Generator):
            it.bit_generator.state = self.before  # random numbers were drawn, as they should be
            return []
        if isinstance(it, np.ndarray):
            if same(it, self.before):
                return []
            it[...] = self.before
            return [f"{self.name} was written to"]
        record, data, grad, label = self.before
        changed = []
        if it._record.op is not record.op:
            it._latest = record
            changed.append(f"{self.name} was assigned to")
        elif not same(it._record._snapshot(), data):
            it.data = data
            changed.append(f"the data of {self.name} was written to")
        if not same(grad_of(it), grad):
            it.grad = grad
            changed.append(f"the gradient of {self.name} was changed")
        if it.label != label:
            it.label = label
            changed.append(f"the label of {self.name} was changed")
        return changed


def grad_of(node: Node) -> Any:
    """Its gradient, None where there is none; without a look at what only a sweep computes."""
    return node.grad if node.has_grad else None


def copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def same(x: Any, y: Any) -> bool:
    if x is None or y is None:
        return x is y
    return alike(np.asarray(x), np.asarray(y))


def closed_over(f: Any) -> dict[str, Any]:
    """What a function closes over, by name."""
    code, closure = getattr(f, "__code__", None), getattr(f, "__closure__", None) or ()
    cells = zip(getattr(code, "co_freevars", ()), closure, strict=False)
    return {name: cell.cell_contents for name, cell in cells if is_filled(cell)}


def given_things(f: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Every leaf of the inputs, of the function itself, and of what it closes over, by name."""
    named = {f"input {k}": x for k, x in enumerate(inputs)} | {"the function": f}
    named |= {f"`{name}`": it for name, it in closed_over(f).items()}
    for name, it in named.items():
        for path, leaf in tree.leaves_with_paths(it):
            yield f"{name}{path}", leaf


def objects_in(part: Any) -> Iterator[Any]:
    """The objects in a tree that have attributes, such as Modules."""
    kind = tree.kind_of(part)
    if kind is None:
        return
    if kind.children is tree.OBJECT.children:
        yield part
    for _, child in kind.children(part):
        yield from objects_in(child)


class Surroundings:
    """All of that while a check runs. What it finds changed at the end it puts back, and says so."""

    def __init__(self, f: Any, inputs: tuple[Any, ...]) -> None:
        self._engine = engine_state()
        found = {id(it): (name, it) for name, it in given_things(f, inputs)}
        self._kept = [kept for name, it in found.values() if (kept := Kept.of(name, it)) is not None]
        things = (f, *inputs, *closed_over(f).values())
        #: A function may keep a count, or statistics, on an object: they are its own, and as they were in the end.
        self._attributes = [(each, dict(vars(each))) for thing in things for each in objects_in(thing)]
        held = [x for _, attributes in self._attributes for x in tree.flatten(attributes)[0]]
        self._own = {id(x) for x in held if isinstance(x, np.ndarray)}
        self.findings: tuple[Finding, ...] = ()

    def __enter__(self) -> Surroundings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, before in self._attributes:
            vars(each).clear()
            vars(each).update(before)
        left = [f"{name} was left changed" for name in restored_engine(self._engine)]
        restored = [(kept, message) for kept in self._kept for message in kept.restored()]
        written = [message for kept, message in restored if id(kept.it) not in self._own]
        self.findings = tuple(
            [Finding(outcome="wrong", check="engine state", message=message) for message in left]
            + [Finding(outcome="wrong", check="inputs unchanged", message=message) for message in written]
        )


#: The engine is the process's, and what one check does to it for a while another would find changed.
ONE_AT_A_TIME = RLock()

Check = TypeVar("Check", bound=Callable[..., Report])


def leaving_all_as_it_was(check: Check) -> Check:
    """A check of a function that puts back what the function changed, and has it in the report."""

    @functools.wraps(check)
    def guarded(f: Callable[..., Any], *inputs: Any, **settings: Any) -> Report:
        with ONE_AT_A_TIME, Surroundings(f, inputs) as around:
            report = check(f, *inputs, **settings)
        return replace(report, findings=(*report.findings, *around.findings)) if around.findings else report

    return cast(Check, guarded)
