"""Discover: what there is to audit in a file: a list that says so, or functions called as people call them.

- ``audit = [(f, claimed, *inputs), …]``, the arguments of `audit`, or a dict of such by name: then that alone is done;
- ``forward`` and ``backward``, also ``relu_forward`` and ``relu_backward``, or ``forward_relu`` and ``backward_relu``;
- ``loss`` (or ``cost``) and ``grad`` (or ``gradient``, ``gradients``);
- ``f`` and ``f_grad``, ``grad_f``, ``df``, ``f_prime``;
- functions that return ``(loss, gradients)``, however they are called;
- objects and classes with methods forward and backward.

Arguments are the variables of the file that have their names; else numbers that are usual for such names.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from autograd.check.audit.audit import audit
from autograd.check.audit.failures import UnreadError
from autograd.check.audit.forms import first_of
from autograd.check.audit.inputs import KINDS, SIZES, NoInputsError, inputs_for
from autograd.check.audit.naming import arguments_of, name_of
from autograd.check.audit.network import BACKWARD, FORWARD, LOSS, TARGET, TRAIN, method_of
from autograd.check.audit.returns import gives_gradients
from autograd.check.audit.slots import slots
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

CURE = "write audit = [(f, gradient, *inputs)], where gradient is None if f returns both"


@dataclass(frozen=True)
class Item:
    """One thing to audit. ``run`` raises `NotCheckedError` where it cannot be, `NothingError` if it is none."""

    name: str
    run: Callable[[], Report]


class NotCheckedError(Exception):
    """Something that looks like a gradient, and cannot be audited as it is."""


class NothingError(Exception):
    """Something that might have given a gradient, and does not."""


def items(module: ModuleType) -> list[Item]:
    """What there is to audit in a module, in the order of the file."""
    named = vars(module)
    listed = named.get("audit")
    if isinstance(listed, Mapping):
        return [Item(str(name), partial(of_entry, entry)) for name, entry in listed.items()]
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
        if name not in taken and (sign := gives_gradients(f)) != "no":
            run = tried(f, None, named)
            found.append(Item(name, run if sign == "said" else partial(if_any, run, f, named)))
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


def if_any(run: Callable[[], Report], f: Callable[..., Any], named: Mapping[str, Any]) -> Report:
    """The report on a function whose results are a number, with arrays behind it. Raises `NothingError` for others."""
    for guesses in KINDS:
        try:
            inputs, _ = inputs_for(f, named, guesses)
            with np.errstate(all="ignore"):
                result = f(*copy.deepcopy(inputs))
        except Exception:  # of a function that nothing says to give a gradient
            continue
        if isinstance(result, tuple) and len(result) >= 2 and not np.ndim(result[0]) and holds_arrays(result[1]):
            return run()
    raise NothingError


def holds_arrays(x: Any) -> bool:
    parts = list(x.values()) if isinstance(x, Mapping) else list(x) if isinstance(x, tuple | list) else [x]
    return any(isinstance(part, np.ndarray) and part.dtype.kind == "f" for part in parts)


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
    forward = method_of(net, FORWARD)
    method = forward or method_of(net, LOSS) or method_of(net, BACKWARD) or method_of(net, TRAIN) or kind
    features = next((len(matrix) for matrix in matrices_of(net)), SIZES["D"])  # as the first layer says
    inputs, is_guessed = guarded(lambda: inputs_for(method, named, sizes={**SIZES, "D": features}))
    is_guessed = is_guessed or was_guessed
    if any(TARGET.fullmatch(x.name) and x.default is x.empty for x in arguments_of(method)):
        return finished(partial(audit, net, None, *inputs), is_guessed)
    known = next((named[name] for name in ("y", "Y", "t", "targets", "labels") if name in named), None)
    if known is not None:
        return finished(partial(audit, net, None, *inputs, known), is_guessed)
    if not wants_target(net):
        return finished(partial(audit, net, None, *inputs), is_guessed)
    return first_finished([partial(audit, net, None, *inputs, target) for target in some_targets(net, inputs)], True)


def matrices_of(net: Any) -> Sequence[Any]:
    return [slot.value for slot in slots([net], ["self"]) if np.ndim(slot.value) == 2]


def wants_target(net: Any) -> bool:
    """Whether what goes back or trains is told what is expected."""
    found = [method for names in (BACKWARD, TRAIN, LOSS) if (method := method_of(net, names)) is not None]
    return any(TARGET.fullmatch(x.name) for method in found for x in arguments_of(method))


def some_targets(net: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    """What the outputs of an object might have been meant to be: numbers of their shape, or classes."""
    rng = np.random.default_rng(1)
    classes = rng.integers(0, SIZES["C"], SIZES["N"])
    if (forward := method_of(net, FORWARD)) is not None:
        out = guarded(lambda: first_of(copy.deepcopy(forward)(*inputs)))
        return [rng.uniform(0.1, 0.9, np.shape(out)), classes]
    outputs = [rng.uniform(0.1, 0.9, (SIZES["N"], matrix.shape[1])) for matrix in matrices_of(net)[-1:]]
    return [classes, *outputs, rng.uniform(0.1, 0.9, SIZES["N"])]


def tried(f: Callable[..., Any], claimed: Callable[..., Any] | None, named: Mapping[str, Any]) -> Callable[[], Report]:
    def run() -> Report:
        found = guarded(lambda: [inputs_for(f, named, guesses) for guesses in KINDS])
        is_guessed = any(is_guessed for _, is_guessed in found)
        ways = [partial(audit, f, claimed, *inputs) for inputs, _ in found]
        return first_finished(ways if is_guessed else ways[:1], is_guessed)

    return run


def first_finished(ways: Sequence[Callable[[], Report]], is_guessed: bool) -> Report:
    """The report on the first inputs that the code runs on; else why it does not run on the first of all."""
    errors = []
    for way in ways:
        try:
            return finished(way, is_guessed)
        except NotCheckedError as error:
            errors.append(error)
    raise errors[0]


def guarded(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except NoInputsError as error:
        raise NotCheckedError(str(error)) from None
    except Exception as error:  # a person's own constructor
        raise NotCheckedError(f"{type(error).__name__}: {error}: {CURE}") from error


def finished(run: Callable[[], Report], is_guessed: bool) -> Report:
    """The report, unless the code stopped on numbers that were guessed: these may be what is wrong."""
    try:
        report = run()
    except UnreadError as error:
        raise NotCheckedError(f"{error.what}: {CURE}") from error
    if is_guessed and any(finding.check == "the code runs" for finding in report.wrong):
        raise NotCheckedError(f"it does not run on inputs that were guessed ({report.wrong[0].message}): {CURE}")
    return report
