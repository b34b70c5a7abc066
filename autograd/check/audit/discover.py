"""Discover: what there is to audit in a file: a list that says so, or functions called as people call them.

- ``audit = [(f, claimed, *inputs), …]``, the arguments of `audit`: then that alone is done;
- ``forward`` and ``backward``, also ``relu_forward`` and ``relu_backward``, or ``forward_relu`` and ``backward_relu``;
- ``loss`` (or ``cost``) and ``grad`` (or ``gradient``, ``gradients``);
- ``f`` and ``f_grad``, ``grad_f``, ``df``, ``f_prime``;
- functions that return ``(loss, gradients)``;
- objects and classes with methods forward and backward.

Arguments are the variables of the file that have their names; else numbers that are usual for such names.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from autograd.check.audit.audit import audit
from autograd.check.audit.failures import UnreadError
from autograd.check.audit.inputs import NoInputsError, inputs_for
from autograd.check.audit.naming import name_of, returned_names
from autograd.check.audit.network import BACKWARD, FORWARD, LOSS, TRAIN, method_of
from autograd.check.report import Report

#: How a gradient is called that is of a function of this name.
GRADIENT_NAMES = ("{}_grad", "{}_gradient", "grad_{}", "gradient_{}", "d{}", "d_{}", "{}_prime", "{}_derivative")
LOSSES = ("loss", "cost", "objective", "loss_function", "cost_function", "compute_loss", "compute_cost")
GRADIENTS = (
    "grad",
    "gradient",
    "grads",
    "gradients",
    "compute_gradient",
    "compute_gradients",
    "loss_grad",
    "loss_gradient",
)

CURE = "say what to audit: audit = [(f, gradient, *inputs)]"


@dataclass(frozen=True)
class Item:
    """One thing to audit. ``run`` raises `NotCheckedError` where it cannot be."""

    name: str
    run: Callable[[], Report]


class NotCheckedError(Exception):
    """Something that looks like a gradient, and cannot be audited as it is."""


def items(module: ModuleType) -> list[Item]:
    """What there is to audit in a module, in the order of the file."""
    named = vars(module)
    listed = named.get("audit")
    if isinstance(listed, list | tuple):
        return [Item(title(entry, i), partial(of_entry, entry)) for i, entry in enumerate(listed)]
    own = {name: x for name, x in named.items() if inspect.isfunction(x) and x.__module__ == module.__name__}
    taken: set[str] = set()
    found: list[Item] = []
    for name, f in own.items():
        if (gradient := gradient_name(name, own)) is not None:
            taken |= {name, gradient}
            found.append(Item(name, tried(f, own[gradient], named)))
    for name, f in own.items():
        if name not in taken and gives_gradients(f):
            found.append(Item(name, tried(f, None, named)))
    return [*found, *objects(module)]


def of_entry(entry: Any) -> Report:
    if not isinstance(entry, tuple | list) or len(entry) < 2:
        raise NotCheckedError(f"expected (f, gradient, *inputs), got {entry!r:.60}: {CURE}")
    return audit(*entry)


def title(entry: Any, place: int) -> str:
    if not isinstance(entry, tuple | list) or len(entry) < 2:
        return f"audit[{place}]"
    return name_of(entry[0])


def gradient_name(name: str, own: Mapping[str, Any]) -> str | None:
    """The name of the function that is the gradient of another, or its way back."""
    wanted = [name.replace("forward", "backward")] if "forward" in name else []
    wanted += [pattern.format(name) for pattern in GRADIENT_NAMES]
    wanted += GRADIENTS if name in LOSSES else ()
    return next((other for other in wanted if other in own and other != name), None)


def gives_gradients(f: Callable[..., Any]) -> bool:
    """Whether what a function returns last is called a loss, with something behind it."""
    names = returned_names(f)
    return len(names) >= 2 and re.fullmatch(r"loss|cost|[JL]|total_loss|data_loss", str(names[0])) is not None


def objects(module: ModuleType) -> Iterator[Item]:
    """Objects of the file's own classes; of a class without one, an object that is made."""
    named = vars(module)
    classes = {
        name: x
        for name, x in named.items()
        if inspect.isclass(x) and x.__module__ == module.__name__ and method_of(x, FORWARD + LOSS) is not None
    }
    for name, kind in classes.items():
        if method_of(kind, (*BACKWARD, *TRAIN, *LOSS)) is None:
            continue
        there = [x for x in named.values() if type(x) is kind]
        yield Item(name, partial(audited_object, kind, there, named))


def audited_object(kind: type, there: Sequence[Any], named: Mapping[str, Any]) -> Report:
    def made() -> tuple[Any, bool]:
        if there:
            return there[0], False
        arguments, is_guessed = inputs_for(kind, named)
        return kind(*arguments), is_guessed

    net, was_guessed = guarded(made)
    method = method_of(net, LOSS) or method_of(net, BACKWARD) or method_of(net, TRAIN)
    forward = method_of(net, FORWARD)
    inputs, is_guessed = guarded(lambda: inputs_for(forward or method or kind, named))
    targets = [named[name] for name in ("y", "Y", "t", "targets", "labels") if name in named][:1]
    return finished(lambda: audit(net, None, *inputs, *targets), was_guessed or is_guessed)


def tried(f: Callable[..., Any], claimed: Callable[..., Any] | None, named: Mapping[str, Any]) -> Callable[[], Report]:
    def run() -> Report:
        inputs, is_guessed = guarded(lambda: inputs_for(f, named))
        return finished(lambda: audit(f, claimed, *inputs), is_guessed)

    return run


def guarded(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except NoInputsError as error:
        raise NotCheckedError(f"{error}: {CURE}") from None
    except Exception as error:  # a person's own constructor
        raise NotCheckedError(f"{type(error).__name__}: {error}: {CURE}") from error


def finished(run: Callable[[], Report], is_guessed: bool) -> Report:
    """The report, unless the code stopped on numbers that were guessed: these may be what is wrong."""
    try:
        report = run()
    except UnreadError as error:
        raise NotCheckedError(f"{error}: {CURE}") from error
    if is_guessed and any(finding.check == "the code runs" for finding in report.wrong):
        raise NotCheckedError(f"it does not run on inputs that were guessed ({report.wrong[0].message}): {CURE}")
    return report
