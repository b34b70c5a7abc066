"""The corpus as stepgrad runs it, and what can be said of stepgrad alone: its own faults, and its own kinds of code.

A case gives a function and inputs inside a context, which puts the table and the engine back as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

import autograd
import nn
from autograd import Node, Op, Tensor, Value, table
from autograd.op import elementwise, primitive
from autograd.scalar import sweep as scalar_sweep
from autograd.scalar import value as values
from autograd.sweep import events as event_sweep
from autograd.sweep import pullback as pullbacks
from autograd.sweep import section as sections
from autograd.tensor import sweep as tensor_sweep
from autograd.tensor import tensor as tensors
from autograd.transforms import forward as forwards
from corpus import awkward, rules
from corpus.model import FLOW, LOCAL, SECOND, Awkward, Bug, Lossy, Place, numbers

Built = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Case:
    """One bug, or one right function, of the corpus."""

    name: str
    open: Callable[[], Any]  #: a context of the function and its inputs
    place: Place | None = None  #: None: it is right
    order: int = 1
    source: Any = None  #: what it was made of
    breaks: frozenset[str] = frozenset()  #: for a fault of the engine, the ways to a derivative that are wrong

    def __str__(self) -> str:
        return self.name


def detach(x: Any) -> Any:
    return x.data if isinstance(x, Node) else x


def number(x: Any) -> float:
    return x.item() if isinstance(x, Node) else float(x)


def assigned(n: int, index: Any, g: Any) -> Any:
    """Zeros with ``g`` in the places of the index: of an index that is there twice, the last stays."""
    return autograd.setitem(np.zeros(n), g, np.array(index))


def stacked(xs: Sequence[Any]) -> Any:
    return autograd.stack(list(xs))


#: Array functions of nodes, and of the arrays that rules get.
OURS = SimpleNamespace(
    **{name: op for name, op in table.items() if name != "stack"},
    stack=stacked,
    ones=np.ones,
    constant=np.asarray,
    detach=detach,
    number=number,
    assigned=assigned,
)


def node(x: Any) -> Any:
    """An input as a leaf; integers are constants."""
    if isinstance(x, float):
        return Value(x)
    return Tensor(x) if np.asarray(x).dtype.kind == "f" else x


@contextmanager
def entered(bug: Bug) -> Iterator[Built]:
    forward, *written = bug.entry(np, OURS)
    enter = partial(elementwise if bug.is_elementwise else primitive, check=False)
    op = enter("seeded", forward, *written, doc="an operation with a wrong rule", **bug.settings)
    try:
        yield lambda *xs: bug.around(OURS, op, *xs), tuple(map(node, bug.inputs))
    finally:
        autograd.remove("seeded")


@contextmanager
def plain(program: Callable[..., Any], inputs: tuple[Any, ...]) -> Iterator[Built]:
    yield lambda *xs: program(OURS, *xs), tuple(map(node, inputs))


def seeded(bug: Bug) -> Case:
    return Case(bug.name, lambda: entered(bug), bug.place, bug.order, bug)


def lossy(bug: Lossy) -> Case:
    return Case(bug.name, lambda: plain(bug.program, bug.inputs), bug.place, source=bug)


def right(case: Awkward) -> Case:
    return Case(case.name, lambda: plain(case.program, case.inputs), source=case)


# Faults of the engine.


@contextmanager
def patched(
    program: Callable[..., Any], inputs: tuple[Any, ...], patches: Callable[[], Sequence[Any]]
) -> Iterator[Built]:
    """The program while parts of the engine are replaced; code that was generated meanwhile is forgotten."""
    with ExitStack() as stack:
        for patch in patches():
            stack.enter_context(patch)
        yield lambda *xs: program(OURS, *xs), tuple(map(node, inputs))


def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """A patch that puts what is made of the attribute in its place."""
    return mock.patch.object(owner, name, make(getattr(owner, name)))


def engine(
    name: str,
    program: Callable[..., Any],
    inputs: tuple[Any, ...],
    patches: Callable[[], Sequence[Any]],
    breaks: str,
    place: Place,
    truth: Callable[..., Any] | None = None,
) -> Case:
    source = (truth or program, inputs)
    return Case(name, lambda: patched(program, inputs, patches), place, 1, source, frozenset(breaks.split()))


def overwriting_scalars(output: Any, seed: float, leaves: list[Any]) -> None:
    """The quick sweep of Values, with ``=`` for ``+=``."""
    order = scalar_sweep.visit_scalars(output, float("0.0"), leaves)
    output._grad = seed
    for x in reversed(order):
        for input, slope in zip(x.inputs, x.slopes, strict=True):
            if slope is not None:
                input._grad = slope * x._grad


def dropping_scalars(output: Any, seed: float, leaves: list[Any]) -> None:
    """The same, without what comes to a second input that is the first again."""
    order = scalar_sweep.visit_scalars(output, float("0.0"), leaves)
    output._grad = seed
    for x in reversed(order):
        done: list[Any] = []
        for input, slope in zip(x.inputs, x.slopes, strict=True):
            if slope is not None and not any(input is other for other in done):
                input._grad += slope * x._grad
                done.append(input)


def slope_of_node(op: str, factor: float) -> Callable[[Any], Any]:
    """The generated code of a Value's method, which stores another slope."""

    def make(method: Callable[..., Any]) -> Callable[..., Any]:
        def function(self: Any, *others: Any) -> Any:
            result = method(self, *others)
            if result.op is not None and result.op.name == op and result._dx is not None:
                result._dx *= factor
            return result

        return function

    return make


def pull(op: Op, wrong: Callable[[Any, Any, Any], None]) -> Any:
    """The generated code that sends a Tensor's gradient back."""
    return mock.patch.dict(tensor_sweep._pulls, {op: wrong})


def array_of(x: Any) -> Any:
    return x.array if x.__class__ is tensor_sweep.Record else x


def add_part(x: Any, part: Any, marker: Any) -> None:
    if x.__class__ is tensor_sweep.Record and x.requires_grad:
        x.adjoint = part if x.adjoint is marker else x.adjoint + part


def sine_pull(record: Any, g: Any, marker: Any) -> None:
    add_part(record.inputs[0], g * np.cos(record.inputs[0].array) * 1.001, marker)


def product_pull(record: Any, g: Any, marker: Any) -> None:
    """``=`` for ``+=``."""
    x, y = record.inputs
    for input, factor in ((x, array_of(y)), (y, array_of(x))):
        if input.__class__ is tensor_sweep.Record and input.requires_grad:
            input.adjoint = g * factor


def exp_pull(record: Any, g: Any, marker: Any) -> None:
    """In place: the gradient is that of others too."""
    g *= record.array
    add_part(record.inputs[0], g, marker)


def quarter_pull(record: Any, g: Any, marker: Any) -> None:
    """The chosen branch gets all, and so does the other."""
    for x in record.inputs[1:]:
        add_part(x, np.array(g), marker)


def without_last(sweep: Callable[..., Any]) -> Callable[..., Any]:
    """A sweep that leaves out the operation next to the leaves."""

    def fill(order: list[Any], marker: Any) -> list[Any]:
        return list(sweep(order[1:], marker))

    return fill


def halved_parts(contributions: Callable[..., Any]) -> Callable[..., Any]:
    def function(equation: Any, wanted: Any, g: Any, y: Any, inputs: Any) -> Any:
        found = contributions(equation, wanted, g, y, inputs)
        return [(k, part * 0.5) for k, part in found] if equation.op.name == "sin" else found

    return function


def doubled_by_nodes(pullback: Callable[..., Any]) -> Callable[..., Any]:
    """Wrong where it is recorded alone."""

    def function(op: Any, wanted: Any, g: Any, y: Any, inputs: Any, params: Any) -> Any:
        found = pullback(op, wanted, g, y, inputs, params)
        return [(k, part * 2) for k, part in found] if op.name == "sin" and isinstance(y, Node) else found

    return function


def overwritten_adjoints(equations: Any, adjoints: Any, slopes: Any) -> None:
    for index in reversed(range(len(equations))):
        g, known = adjoints[index], slopes[index]
        if g is None or not known:
            continue
        for x, slope in zip(equations[index].inputs, known, strict=True):
            if slope is not None and x.__class__ is int and equations[x].requires_grad:
                adjoints[x] = slope * g


def first_alone(pushforward: Callable[..., Any]) -> Callable[..., Any]:
    """Of several tangents that meet in an operation, one goes on."""

    def function(op: Any, tangents: Any, y: Any, inputs: Any, params: Any) -> Any:
        return pushforward(op, dict(list(tangents.items())[:1]), y, inputs, params)

    return function


def sine_forward(pushforward: Callable[..., Any]) -> Callable[..., Any]:
    def function(op: Any, tangents: Any, y: Any, inputs: Any, params: Any) -> Any:
        result = pushforward(op, tangents, y, inputs, params)
        return result * 0.5 if op.name == "sin" else result

    return function


def averaged(x: Any, shape: tuple[int, ...]) -> Any:
    """Un-broadcast by the mean."""
    summed = UNBROADCAST(x, shape)
    return summed * (np.prod(shape) / np.prod(autograd.call.shape_of(x)))


def along_other_axis(x: Any, shape: tuple[int, ...]) -> Any:
    if len(shape) == 2 and shape[1] == 1:
        return autograd.reshape(autograd.sum(x, axis=0), shape)
    return UNBROADCAST(x, shape)


UNBROADCAST = pullbacks.unbroadcast


def shared(leaves: list[Any], order: list[Any], marker: Any) -> None:
    """Leaves get the gradient as it is, which others have too."""
    for record in leaves:
        if record.adjoint is not marker and record.leaf is not None:
            had = record.leaf.grad
            record.leaf.grad = np.asarray(record.adjoint) if had is None else had + record.adjoint


def seedless(backward: Callable[..., Any]) -> Callable[..., Any]:
    return lambda output, seed, quick: backward(output, seed * 0 + 1, quick)


V, X, SQUARE = rules.V, rules.X, rules.SQUARE


def polynomial(xp: Any, x: Any, y: Any) -> Any:
    return x * y + x * x


def sine_inside(xp: Any, x: Any) -> Any:
    return xp.exp(xp.sin(x * 1.25) * 0.5)


def product(xp: Any, x: Any, b: Any) -> Any:
    return x * b


def meeting(xp: Any, x: Any, y: Any) -> Any:
    return xp.sin(x) * xp.cos(y) + x / y


def two_exps(xp: Any, x: Any) -> Any:
    y = x * 1.5
    return xp.exp(y) + y


ANYWHERE = Place(None, None, None, FLOW)
IN_SINE = Place("sin", 0, None, FLOW)
FORWARD = ("forward mode", "scenario")

ENGINE = [
    engine(
        "quick sweep of Values: = for +=",
        polynomial,
        (0.5, 0.75),
        lambda: [replaced(scalar_sweep, "fill", lambda _: overwriting_scalars)],
        "backward seeded",
        ANYWHERE,
    ),
    engine(
        "quick sweep of Values drops a second use",
        polynomial,
        (0.5, 0.75),
        lambda: [replaced(scalar_sweep, "fill", lambda _: dropping_scalars)],
        "backward seeded",
        Place("mul", None, None, FLOW),
    ),
    engine(
        "sweep of Values beside them: = for +=",
        polynomial,
        (0.5, 0.75),
        lambda: [replaced(sections, "scalar_adjoints", lambda _: overwritten_adjoints)],
        "gradients",
        ANYWHERE,
    ),
    engine(
        "generated code of a Value's method",
        lambda xp, x: x.tanh() * 2,
        (0.5,),
        lambda: [replaced(Value, "tanh", slope_of_node("tanh", 1.001))],
        "backward seeded gradients recorded jvp second forward_over_reverse",
        Place("tanh", 0, None, (*LOCAL, *FLOW)),
        lambda xp, x: xp.tanh(x) * 2,
    ),
    engine(
        "generated code of a Value's operator",
        lambda xp, x, y: (x * y) * 2.0 + x,
        (0.5, 0.75),
        lambda: [replaced(Value, "__mul__", slope_of_node("mul", 1 + 1e-9))],
        "backward seeded gradients recorded jvp second forward_over_reverse",
        Place("mul", 0, None, (*LOCAL, *FLOW)),
    ),
    engine(
        "generated pull of sin off by 1e-3",
        sine_inside,
        (X,),
        lambda: [pull(autograd.sin, sine_pull)],
        "backward seeded gradients",
        IN_SINE,
    ),
    engine(
        "generated pull of a product: = for +=",
        polynomial,
        (V, V + 1),
        lambda: [pull(autograd.mul, product_pull)],
        "backward seeded gradients",
        Place("mul", None, None, FLOW),
    ),
    engine(
        "generated pull of exp in place",
        two_exps,
        (V,),
        lambda: [pull(autograd.exp, exp_pull)],
        "backward seeded gradients",
        Place("exp", None, None, (*FLOW, *rules.STATE)),
    ),
    engine(
        "generated pull of where sends all to both",
        lambda xp, x, y: xp.where(x > y, x * 2, y),
        (V, V[::-1] + 0.125),
        lambda: [pull(autograd.where, quarter_pull)],
        "backward seeded gradients",
        Place("where", None, None, FLOW),
    ),
    engine(
        "quick sweep of Tensors drops an operation",
        sine_inside,
        (X,),
        lambda: [replaced(tensor_sweep, "fill", without_last)],
        "backward seeded gradients",
        ANYWHERE,
    ),
    engine(
        "sweep of events wrong where it is recorded",
        sine_inside,
        (X,),
        lambda: [replaced(event_sweep, "contributions", halved_parts)],
        "recorded second forward_over_reverse",
        IN_SINE,
    ),
    engine(
        "recorded sweep alone, Values",
        lambda xp, x: xp.sin(x) * x,
        (0.7,),
        lambda: [replaced(event_sweep, "pullback", doubled_by_nodes)],
        "recorded second forward_over_reverse",
        IN_SINE,
    ),
    engine(
        "recorded sweep alone",
        sine_inside,
        (V,),
        lambda: [replaced(event_sweep, "pullback", doubled_by_nodes)],
        "recorded second forward_over_reverse",
        IN_SINE,
    ),
    engine(
        "forward mode drops one of two tangents",
        meeting,
        (V, V + 1),
        lambda: [replaced(forwards, "pushforward", first_alone)],
        "jvp forward_over_reverse",
        Place(None, None, None, FORWARD),
    ),
    engine(
        "forward mode halves that of sin",
        sine_inside,
        (X,),
        lambda: [replaced(forwards, "pushforward", sine_forward)],
        "jvp forward_over_reverse",
        Place("sin", None, None, FORWARD),
    ),
    engine(
        "un-broadcasting takes the mean",
        product,
        (SQUARE, V),
        lambda: [replaced(pullbacks, "unbroadcast", lambda _: averaged)],
        "backward seeded gradients recorded second forward_over_reverse",
        Place("mul", 1, None, FLOW),
    ),
    engine(
        "un-broadcasting a column along the other axis",
        product,
        (SQUARE, numbers(3, 1)),
        lambda: [replaced(pullbacks, "unbroadcast", lambda _: along_other_axis)],
        "backward seeded gradients recorded second forward_over_reverse",
        Place("mul", 1, None, FLOW),
    ),
    engine(
        "leaves share one gradient",
        lambda xp, x, y: x + y,
        (V, V + 1),
        lambda: [replaced(tensor_sweep, "settle", lambda _: shared)],
        "aliased",
        Place(None, None, None, ("aliasing", "scenario", "accumulation")),
    ),
    engine(
        "seed of a Tensor's backward ignored",
        sine_inside,
        (V,),
        lambda: [replaced(tensors, "backward", seedless)],
        "seeded",
        Place(None, None, None, ("linear in the cotangent", *FLOW)),
    ),
    engine(
        "seed of a Value's backward ignored",
        lambda xp, x: xp.sin(x) * x,
        (0.7,),
        lambda: [replaced(values, "backward", seedless)],
        "seeded",
        Place(None, None, None, ("linear in the cotangent", *FLOW)),
    ),
    engine(
        "zeros of the branch not taken are numbers",
        lambda xp, x: xp.where(x > 0, xp.sqrt(x), 0.0 * x),
        (np.array([4.0, -1.0, 2.0]),),
        lambda: [replaced(tensor_sweep, "brings_nan", lambda _: lambda *_: False)],
        "backward seeded gradients",
        Place(None, None, None, FLOW),
    ),
    engine(
        "float64 gradient of a float32 input",
        product,
        (V.astype(np.float32), V + 1),
        lambda: [replaced(pullbacks, "astype", lambda _: lambda part, dtype: part)],
        "dtype",
        Place(None, None, None, ("dtype and shape", "scenario", *FLOW)),
    ),
]


# Bugs of entries that other engines have nothing like.


@contextmanager
def entries(make: Callable[[], Callable[..., Any]], inputs: tuple[Any, ...]) -> Iterator[Built]:
    before = set(table)
    try:
        yield make(), tuple(map(node, inputs))
    finally:
        for name in set(table) - before:
            autograd.remove(name)


def declared(linear: Any) -> Callable[[], Callable[..., Any]]:
    """X · y · y, said to be linear: forward mode believes it."""

    def make() -> Callable[..., Any]:
        op = primitive(
            "seeded",
            lambda x, y: x * y * y,
            lambda g, z, x, y: g * y * y,
            lambda g, z, x, y: g * x * y * 2,
            linear=linear,
            doc="is not linear",
            check=False,
        )
        return lambda x, y: autograd.sin(op(x, y))

    return make


def slope_by_wrong_op() -> Callable[..., Any]:
    """A slope with the right value, by an operation whose own rule is wrong: wrong in the second order alone."""
    cosine = elementwise(
        "seeded", lambda x: np.cos(x), lambda y, x: -2 * autograd.sin(x), doc="wrong itself", check=False
    )
    sine = elementwise(
        "outer", lambda x: np.sin(x), lambda y, x: cosine(x), doc="right to the first order", check=False
    )
    return lambda x: sine(x)


def slope_by_linear_op() -> Callable[..., Any]:
    """A slope by an operation that forward mode takes for linear: wrong forward over reverse alone."""
    squared = primitive(
        "seeded", lambda x: x * x, lambda g, y, x: g * 2 * x, linear="jointly", doc="is not linear", check=False
    )
    cube = primitive(
        "outer", lambda x: x * x * x / 3, lambda g, y, x: g * squared(x), doc="right in reverse", check=False
    )
    return lambda x: cube(x)


def special(
    name: str,
    make: Callable[[], Callable[..., Any]],
    inputs: tuple[Any, ...],
    truth: Callable[..., Any],
    breaks: str,
    place: Place,
    order: int = 1,
) -> Case:
    return Case(name, lambda: entries(make, inputs), place, order, (truth, inputs), frozenset(breaks.split()))


SPECIAL = [
    special(
        "said to be linear in both jointly",
        declared("jointly"),
        (V, V + 1),
        lambda xp, x, y: xp.sin(x * y * y),
        "jvp forward_over_reverse",
        Place("seeded", None, None, FORWARD),
    ),
    special(
        "said to be linear in each",
        declared("separately"),
        (V, V + 1),
        lambda xp, x, y: xp.sin(x * y * y),
        "jvp forward_over_reverse",
        Place("seeded", None, None, FORWARD),
    ),
    special(
        "slope by an operation with a wrong rule",
        slope_by_wrong_op,
        (V,),
        lambda xp, x: xp.sin(x),
        "second forward_over_reverse",
        Place("seeded", 0, None, (*SECOND, *LOCAL)),
        2,
    ),
    special(
        "slope by an operation with a wrong rule, Value",
        slope_by_wrong_op,
        (0.7,),
        lambda xp, x: xp.sin(x),
        "second forward_over_reverse",
        Place("seeded", 0, None, (*SECOND, *LOCAL)),
        2,
    ),
    special(
        "wrong forward over reverse alone",
        slope_by_linear_op,
        (V,),
        lambda xp, x: x * x * x / 3,
        "forward_over_reverse",
        Place("seeded", None, None, (*SECOND, *FORWARD)),
        2,
    ),
]


# Ways to lose a gradient that a person writes.


def without_recording(xp: Any, x: Any) -> Any:
    with autograd.no_grad():
        scale = autograd.sum(x * x)
    return x / scale


OWN_LOSSY = [
    Lossy("float(x) of a Value", lambda xp, x: x * float(x), (0.7,)),
    Lossy(".numpy() of a Tensor", lambda xp, x: xp.sin(x) * np.exp(x.numpy()), (V,)),
    Lossy(".detach() of a Tensor", lambda xp, x: x * x.detach(), (V,)),
    Lossy("a scale inside no_grad", without_recording, (V,)),
]
LOSSY_TRUTH: dict[str, Callable[..., Any]] = {
    "float(x) of a Value": lambda xp, x: x * x,
    ".numpy() of a Tensor": lambda xp, x: xp.sin(x) * xp.exp(x),
    ".detach() of a Tensor": lambda xp, x: x * x,
    "a scale inside no_grad": lambda xp, x: x / xp.sum(x * x),
}


# Right functions that are this engine's own.


@contextmanager
def module() -> Iterator[Built]:
    """A network: its parameters are checked though no argument leads to them."""
    layers = nn.MLP([2, 3, 1], rng=0)
    yield layers, (Tensor(numbers(4, 2)),)


@contextmanager
def scalar_module() -> Iterator[Built]:
    layers = nn.MLP([2, 3, 1], rng=0).to_scalars()
    yield (lambda x, y: layers([x, y])), (Value(0.5), Value(-0.25))


def matrix(xp: Any, x: Any) -> Any:
    """The singular values of two rows in closed form."""
    a, b, c, d = (x[i, j] for i in range(2) for j in range(2))
    s, t = a * a + b * b + c * c + d * d, xp.sqrt((a * a + b * b - c * c - d * d) ** 2 + 4 * (a * c + b * d) ** 2)
    return xp.stack([xp.sqrt((s + t) / 2), xp.sqrt((s - t) / 2)])


def tree_of(xp: Any, x: Any, y: Any) -> Any:
    return {"p": xp.sin(x), "q": [y * x, y]}


OWN_AWKWARD = [
    Awkward(
        "singular values that differ",
        lambda xp, x: autograd.svd(x).S,
        (np.array([[2.0, 0.5], [-1.0, 1.5]]),),
        truth=matrix,
    ),
    Awkward(
        "object array of Values",
        lambda xp, x, y: np.sum(np.array([x, y, x], dtype=object) ** 2),
        (0.5, -1.5),
        truth=lambda xp, x, y: 2 * x * x + y * y,
    ),
    Awkward(
        "NumPy's functions",
        lambda xp, x: np.sum(np.tanh(x) * np.exp(x)),
        (V,),
        truth=lambda xp, x: xp.sum(xp.tanh(x) * xp.exp(x)),
    ),
    Awkward("an array changed in place", lambda xp, x: in_place(x), (V,), truth=lambda xp, x: (2 * x + 1) * x),
]


def in_place(x: Any) -> Any:
    y = x * 2
    y += 1
    y *= x
    return y


BUGS: list[Case] = [
    *map(seeded, rules.BUGS),
    *map(lossy, [*rules.LOSSY, *OWN_LOSSY]),
    *ENGINE,
    *SPECIAL,
]
RIGHT: list[Case] = [
    *map(right, [*awkward.AWKWARD, *OWN_AWKWARD]),
    Case("a module of Tensors", module),
    Case("a module by Values", scalar_module),
]
