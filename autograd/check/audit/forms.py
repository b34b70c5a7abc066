"""Forms: how people hand over a function and its gradient, each brought to a `Subject`."""

from __future__ import annotations

import copy
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from autograd.check.audit.failures import CodeError, UnreadError, called
from autograd.check.audit.matching import Pairs, matched
from autograd.check.audit.namespaces import namespaces_of
from autograd.check.audit.naming import arguments_of, input_names, name_of, returned_names
from autograd.check.audit.slots import Slot, is_number, replaced, slots
from autograd.check.audit.subject import Subject
from autograd.check.audit.unclaimed import unclaimed
from autograd.check.references.real import Real
from autograd.node import Node

#: How the arguments of a backward function are called that are no inputs of the forward one.
CACHE = re.compile(r"caches?|ctx|context|memo(ry)?|tape|saved", re.IGNORECASE)
COTANGENT = re.compile(r"(d|grad|g_|upstream|delta|cotangent|dout|top_diff).*|g|v|dL?d?y", re.IGNORECASE)
OUTPUT = re.compile(r"out(put)?s?|y_?hat|y_?pred|pred(iction)?s?|o|result", re.IGNORECASE)


class Function:
    """A function of a person's, or a method, which is run on copies of its object and of its inputs."""

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.f = f
        self.name = name_of(f)
        owner = getattr(f, "__self__", None)
        self.is_method = owner is not None and not inspect.ismodule(owner) and inspect.ismethod(f)
        self.given: list[Any] = [owner if self.is_method else None, *inputs]
        self.inputs = inputs
        self.input_names = input_names(f, len(inputs))
        self.places = slots(self.given, ["self", *self.input_names])

    def on(self, given: Sequence[Any]) -> Any:
        owner, *inputs = given
        return (getattr(owner, self.f.__name__) if self.is_method else self.f)(*inputs)

    def given_with(self, places: Iterable[Slot], values: Mapping[str, Any]) -> list[Any]:
        """A copy of its object and of its inputs, with the values, by name, in those of the places that have one."""
        places = [slot for slot in places if slot.name in values]
        return replaced(self.given, places, [copied(values[slot.name]) for slot in places])

    def with_values(self, places: Iterable[Slot], values: Mapping[str, Any]) -> Any:
        return self.on(self.given_with(places, values))


def of_floats(f: Callable[..., Any], inputs: Sequence[Any]) -> Function:
    """A function of these inputs, with floats for integers where these are what a gradient is of: in the first input,
    and in any where there are no floats; if it then still runs.
    """
    function = Function(f, inputs)
    has_floats = any(slot.steps[0][1] > 0 for slot in function.places)
    wanted = inputs[:1] if has_floats else inputs
    changed = [arrays_of_floats(x) for x in wanted]
    if not has_floats and all(x is y for x, y in zip(wanted, changed, strict=True)):
        changed = [float(x) if type(x) is int else x for x in wanted]
    if all(x is y for x, y in zip(wanted, changed, strict=True)):
        return function
    other = Function(f, [*changed, *inputs[len(changed) :]])
    try:
        called(other.name, other.on, copy.deepcopy(other.given))
    except CodeError:  # they are places, or numbers of things
        return function
    return other


def arrays_of_floats(x: Any) -> Any:
    """An array or a list of integers as floats."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return x.astype(float)
    return [float(each) for each in x] if isinstance(x, list) and x and all(type(each) is int for each in x) else x


def copied(x: Any) -> Any:
    """An array that a person's code may write to."""
    return x.copy() if isinstance(x, np.ndarray) else x


def first_of(result: Any) -> Any:
    """The output where a function gives something beside it: gradients, or a cache."""
    return result[0] if isinstance(result, tuple) and result else result


def with_gradient(f: Callable[..., Any], inputs: Sequence[Any]) -> list[Subject]:
    """A function that returns its loss and the gradients; several subjects where these may be matched in several ways,
    here and below.
    """
    function = of_floats(f, inputs)
    result = called(function.name, function.on, copy.deepcopy(function.given))
    if not isinstance(result, tuple) or len(result) < 2 or np.size(first_of(result)) != 1:
        raise UnreadError(
            f"{function.name}: expected (loss, gradients), as no gradient was given beside it, "
            f"got {type(result).__name__}",
            "return both, or give the gradient as the second argument",
        )
    raw = result[1] if len(result) == 2 else result[1:]
    first = 1 if len(result) > 2 or not isinstance(raw, tuple | list | Mapping) else len(result)
    return [
        subject(function, pairs, strange, None, function.places)
        for pairs, strange in matched(raw, function.places, f, first)
    ]


def with_data(f: Callable[..., Any], raw: Any, inputs: Sequence[Any]) -> list[Subject]:
    """A function, and arrays that are claimed to be its gradient."""
    function = of_floats(f, inputs)
    result = first_of(called(function.name, function.on, copy.deepcopy(function.given)))
    return [
        subject(
            function, pairs, strange, ones_if_elementwise(function, result, pairs), function.places, is_all_asked=False
        )
        for pairs, strange in matched(raw, own_places(function), None)
    ]


def with_function(f: Callable[..., Any], claimed: Callable[..., Any], inputs: Sequence[Any], rng: Any) -> list[Subject]:
    """A function, and one that computes its gradient: of the same inputs, or of a cotangent and a cache."""
    function, gradient = of_floats(f, inputs), name_of(claimed)
    owner = claimed.__self__ if inspect.ismethod(claimed) else None
    given: list[Any]
    given, owner = copy.deepcopy((function.given, owner))  # of one object, if it is one
    result = called(function.name, function.on, given)
    y = first_of(result)
    seed = rng.uniform(0.5, 1.5, np.shape(y)) if np.shape(y) else float(rng.uniform(0.5, 1.5))
    seed = np.asarray(seed, dtype=y.dtype) if isinstance(y, np.ndarray) and y.dtype.kind == "f" else seed
    arguments, is_pulled, is_guessed = backward_arguments(
        function, claimed, result, seed, copy.deepcopy(list(given[1:]))
    )
    method = getattr(owner, claimed.__name__) if inspect.ismethod(claimed) else claimed
    try:
        raw = called(gradient, method, *arguments)
    except CodeError as error:
        if is_guessed:
            raise not_understood(function, claimed, f"; called with what may be meant, {error}") from error
        raise
    if not is_pulled and isinstance(raw, tuple) and len(raw) == 2 and np.size(raw[0]) == 1 and np.size(raw[1]) != 1:
        raw = raw[1]  # (loss, gradients), beside a loss of its own
    places = own_places(function)
    is_all_asked = isinstance(raw, Mapping | tuple | list)  # and not by one parameter alone
    return [
        subject(
            function,
            pairs,
            strange,
            seed if is_pulled else ones_if_elementwise(function, y, pairs),
            places,
            is_all_asked,
        )
        for pairs, strange in matched(raw, places, claimed)
    ]


def own_places(function: Function) -> list[Slot]:
    """The inputs if they hold floats, and else the attributes."""
    return [slot for slot in function.places if slot.steps[0][1] > 0] or function.places


def backward_arguments(
    function: Function, backward: Callable[..., Any], result: Any, seed: Any, inputs: Sequence[Any]
) -> tuple[list[Any], bool, bool]:
    """What a backward function is to be called with, by the names of its arguments; whether a cotangent is among it,
    and whether their number alone says what is meant.
    """
    wanted = [x for x in arguments_of(backward) if x.default is x.empty]
    parts = result if isinstance(result, tuple) else (result,)
    returned = returned_names(function.f)
    by_name = dict(zip(returned, parts, strict=True)) if len(returned) == len(parts) else {}
    by_name |= dict(zip(function.input_names, inputs, strict=True))
    cache = None if not isinstance(result, tuple) else result[1] if len(result) == 2 else result[1:]
    found: list[Any] = []
    is_pulled = False
    for place, x in enumerate(wanted):
        if x.name in by_name:
            found.append(by_name[x.name])
        elif CACHE.fullmatch(x.name) and cache is not None:
            found.append(cache)
        elif OUTPUT.fullmatch(x.name) and place > 0:
            found.append(first_of(result))
        elif COTANGENT.fullmatch(x.name) and not is_pulled:
            found.append(seed)
            is_pulled = True
        else:
            break
    else:
        return found or list(inputs), is_pulled, False
    if cache is not None and len(wanted) == 2:
        return [seed, cache], True, True
    if len(wanted) == len(inputs):
        return list(inputs), False, True
    if len(wanted) == len(inputs) + 1:
        return [seed, *inputs], True, True
    raise not_understood(function, backward, "")


def not_understood(function: Function, backward: Callable[..., Any], what: str) -> UnreadError:
    names = ", ".join(x.name for x in arguments_of(backward) if x.default is x.empty)
    return UnreadError(
        f"{name_of(backward)}({names}): expected the inputs of {function.name}, which are "
        f"{', '.join(function.input_names)}, or (dout, cache){what}",
        "wrap it in a function of these",
    )


def ones_if_elementwise(function: Function, y: Any, pairs: Pairs) -> Any:
    """The cotangent of a result that is no single number: ones, for a function of one array, element by element."""
    if np.size(y) == 1:
        return None if np.shape(y) == () else np.ones(np.shape(y))
    if len(pairs) == 1 and np.shape(pairs[0][0].value) == np.shape(y):
        return np.ones(np.shape(y))
    raise UnreadError(
        f"{function.name}: expected one number as the result, got an array of shape {np.shape(y)}",
        "take its sum or mean, or give a backward function of (dout, cache)",
    )


def subject(
    function: Function,
    pairs: Pairs,
    strange: Sequence[str],
    seed: Any,
    others: Sequence[Slot],
    is_all_asked: bool = True,
) -> Subject:
    """A function and its claimed gradients, with what is known of the numbers beside the parameters.

    ``others`` may be parameters too.
    """
    if not pairs:
        known = ", ".join(slot.name for slot in function.places) or "none, as there are no floats among the inputs"
        got = ", ".join(strange) or "none"
        raise UnreadError(
            f"{function.name}: expected gradients by the names of parameters ({known}), got {got}",
            "call each as its parameter is called",
        )
    places = [slot for slot, _ in pairs]

    def with_function(f: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        return first_of(f(*function.given_with(function.places, values)[1:]))

    def run(values: Mapping[str, Any]) -> Any:
        try:
            return first_of(function.with_values(function.places, values))
        except Exception as error:
            y = None if all(map(is_number, values.values())) else reached(error, function.f, loss)
            if y is None:
                raise
            made.is_reached = True
            return y

    result = first_of(called(function.name, function.on, copy.deepcopy(function.given)))
    loss = float(result) if isinstance(result, float | np.floating) else None
    parameters = {**{slot.name: slot.value for slot in places}, **unclaimed(others, places, run)}
    learned = [slot for slot in function.places if slot.name in parameters]
    made = Subject(
        function.name,
        parameters,
        {slot.name: part for slot, part in pairs},
        run,
        function.f if inspect.isfunction(function.f) else None,
        with_function,
        namespaces_of(function.f),
        seed,
        constants=constants_of(function, learned),
        counts=counts_of(data_of(function, learned), [slot.value for slot in learned]),
        is_all_asked=is_all_asked,
        notes=tuple(f"{name}: no parameter is called after it" for name in strange),
    )
    return made


def reached(error: BaseException, f: Callable[..., Any], loss: float | None) -> Any:
    """The loss of a function that stopped on numbers of a reference, or on Tensors, where it had come to it.

    What it then did with it, to make a float of it or to go on with the gradient, has no part in it.
    """
    if loss is None:
        return None
    name = next(iter(returned_names(f)), None)
    found = []
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code is getattr(f, "__code__", None):
            found.append(frame.f_locals.get(str(name)))
        if frame.f_code is Real.refuse.__code__ or (
            frame.f_code is Real.__getattr__.__code__ and frame.f_locals.get("name") == "item"
        ):
            found.append(frame.f_locals["self"])
        traceback = traceback.tb_next
    return next((y for y in found if abs(float_of(y) - loss) <= 1e-3 * abs(loss)), None)


def float_of(y: Any) -> float:
    """The value of a recorded number; NaN of anything else."""
    if isinstance(y, Real):
        return y.tape.arithmetic.middle(y.value)
    return float(y.data) if isinstance(y, Node) and np.size(y.data) == 1 else math.nan


def constants_of(function: Function, places: Sequence[Slot]) -> dict[str, float]:
    taken = {slot.name for slot in places}
    found = {slot.name: slot.value for slot in function.places if type(slot.value) is float and slot.name not in taken}
    defaults = {x.name: x.default for x in arguments_of(function.f) if type(x.default) is float}
    return {**{name: x for name, x in defaults.items() if name not in function.input_names}, **found}


def data_of(function: Function, places: Sequence[Slot]) -> Sequence[Any]:
    """The inputs that hold no parameters; all of them, where each does."""
    taken = {path[0][1] - 1 for slot in places for path in slot.paths}
    return [x for i, x in enumerate(function.inputs) if i not in taken] or function.inputs


def counts_of(data: Sequence[Any], parameters: Sequence[Any] = ()) -> dict[int, str]:
    """The lengths of the axes of the data, and how many elements these have: what a mean may be over. It may be over
    the batch and the outputs too, whose number the parameters have.
    """
    counts: dict[int, str] = {}
    shapes = [np.shape(x) if isinstance(x, np.ndarray) else (len(x),) for x in data if isinstance(x, np.ndarray | list)]
    for axis in range(4):
        for shape in shapes:
            if len(shape) > axis and shape[axis] > 1:
                counts.setdefault(shape[axis], "the batch" if axis == 0 else f"axis {axis}")
    rows = {shape[0] for shape in shapes if shape}
    outputs = {np.shape(x)[-1] for x in parameters if np.ndim(x) > 1}
    products = [math.prod(shape) for shape in shapes if len(shape) > 1] + [n * m for n in rows for m in outputs]
    for n in products:
        if n > 1:
            counts.setdefault(n, "all elements")
    return counts
