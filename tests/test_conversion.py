"""A gradient never vanishes in a conversion: a number is the person's wish, or the call is refused."""

from __future__ import annotations

import array
import builtins
import functools
import math
import operator
import statistics
import struct
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

import autograd
from autograd import LostGradientError, Tensor, Value

each_node = pytest.mark.parametrize("node", [Value(1.5, label="x"), Tensor(1.5, label="x"), Value(3.0) * 0.5])


def under_another_name(v: Any) -> Any:
    from math import isinf as far

    number = float
    return [far(v), number(v), builtins.float(v)]


def from_a_closure(v: Any) -> Any:
    def inner() -> float:
        return number(v)

    number = float
    return inner()


def over_several_lines(v: Any) -> Any:
    # fmt: off
    return float(
        v
    ), math.isclose(
        1.5,
        v,
    )
    # fmt: on


def in_executed_code(v: Any) -> Any:
    scope = {"v": v}
    exec("a = float(v)\nb = int(\n  v)", scope)
    return [scope["a"], scope["b"], eval("float(v)", scope)]


def with_a_condition(v: Any) -> Any:
    total = 0.0
    total += float(v if v > 0 else -v)
    return max(total, float(v), float(*[v]))


def in_an_assertion(v: Any) -> Any:
    assert float(v) == 1.5 and int(v) == 1  # noqa: PT018 - as people write it
    assert [float(x) for x in (v, v)] == [1.5, 1.5]


def between_others(v: Any) -> Any:
    number, others = float, {"x": v}
    number(v if number(v) > 0 and number(v) else -v)
    number([x for x in (v, v)][0])  # noqa: C416, RUF015 - the loop is what is tried
    number(v and (v or -v))
    (other := number)(v)
    return [number(x) + other(*()) + math.isclose(a=v, b=number(v)) for x in [others["x"] if v else -v]]


def in_a_class_body(v: Any) -> Any:
    number = float

    class Outer:
        x = number(v)
        many: ClassVar = [number(x) + sum(number(y) for y in (x,)) for x in (v,)]

        class Inner:
            y = number(v)

    return Outer


def behind_calls(v: Any) -> Any:
    def same(x: Any) -> Any:
        return x

    def inner() -> float:
        return isnan(same(v)) + float(sum([v, same(v)])) + math.isinf(same(v))

    number, isnan = float, math.isnan
    return inner() + number(same(v)) + sum([number(same(x)) for x in (v, v)])


BY_NAME = """
number = float
a = [float(x) + math.isnan(same(x)) for x in (v, v)]
b = number(v), [f(x) for f, x in ((float, v), (math.isnan, v))]
"""


def in_executed_code_of_a_module(v: Any) -> Any:
    exec(BY_NAME, {"v": v, "math": math, "same": lambda x: x})


class Body:
    number = float(Value(1.5))


WISHES: dict[str, Callable[[Any], Any]] = {
    "float": lambda v: float(v),
    "int": lambda v: int(v),
    "twice in a line": lambda v: float(v) + float(v) * int(v),
    "chained": lambda v: float(v).hex(),
    "f-string": lambda v: f"{float(v):.2f} {v:.3f} {int(v)}",
    "format": lambda v: "{:.2f}".format(v) + format(v, ".1e"),  # noqa: UP032 - the method is what is tried
    "percent": lambda v: "%.2f and %d" % (v, v) + "%g" % v,  # noqa: UP031 - likewise
    "isnan": lambda v: [math.isnan(v), math.isinf(v), math.isfinite(v), math.isclose(v, 1.5)],
    "comprehension": lambda v: {float(x): int(x) for x in [v, v]},
    "item": lambda v: [v.item(), float(v.data)],
    "aliases": under_another_name,
    "closure": from_a_closure,
    "lines": over_several_lines,
    "exec": in_executed_code,
    "condition": with_a_condition,
    "assert": in_an_assertion,
    "between others": between_others,
    "class body": in_a_class_body,
    "behind calls": behind_calls,
    "executed module": in_executed_code_of_a_module,
}


@each_node
@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES.keys())
def test_a_number_that_the_person_asks_for_is_given(node: Any, wish: Callable[[Any], Any]) -> None:
    for _ in range(40):  # the interpreter specialises what runs often
        wish(node)


def store(v: Any, index: Any, many: bool = False) -> None:
    out = np.empty(3)
    out[index] = [v, v, v] if many else v


def tanh_of(v: Any) -> Any:
    math_tanh = math.tanh
    return math_tanh(v)


TANH = math.tanh


def rebound_in_a_function(v: Any) -> Any:
    f = math.tanh
    return f((f := float) and v)  # type: ignore[assignment]


def rebound_in_a_comprehension(v: Any) -> Any:
    f = math.tanh
    return f(v if [v for _ in "a" if (f := float)] else 0)  # type: ignore[assignment]


def rebound_by_nonlocal(v: Any) -> Any:
    def later() -> Any:
        nonlocal f
        f = float  # type: ignore[assignment]
        return v

    f = math.tanh
    return f(later())


def rebound_from_within(v: Any) -> Any:
    def within() -> Any:
        nonlocal f
        return f((f := float) and v)  # type: ignore[assignment]

    f = math.tanh
    return within()


def rebound_by_global(v: Any) -> Any:
    global rebound
    rebound = math.tanh
    return rebound((rebound := float) and v)  # type: ignore[assignment]


def rebound_by_a_call(v: Any) -> Any:
    global rebound
    rebound = math.tanh
    return rebound([setattr(sys.modules[__name__], "rebound", float), v][1])


def rebound_while_it_waits(v: Any) -> Any:
    def waiting() -> Any:
        yield rebound((yield))

    global rebound
    rebound, generator = math.tanh, waiting()
    next(generator)
    rebound = float  # type: ignore[assignment]
    return generator.send(v)


def rebound_attribute(v: Any) -> Any:
    module = types.ModuleType("module")
    module.act = math.tanh  # type: ignore[attr-defined]
    return module.act([setattr(module, "act", float), v][1])


def of_a_class_body(v: Any) -> Any:
    act = math.tanh

    class Body:
        x = act(v)

    return Body


def of_a_comprehension_in_a_class_body(v: Any) -> Any:
    act = math.tanh

    class Body:
        x: ClassVar = [act(x) for x in (v,)]

    return Body


act = float  # another than that of the functions around


class Answering(dict[str, Any]):
    """A namespace with an answer of its own."""

    def __missing__(self, name: str) -> Any:
        if name == "act":
            return math.tanh
        raise KeyError(name)


class Lazy(types.ModuleType):
    """A module with attributes of its own."""

    def __getattribute__(self, name: str) -> Any:
        return math.tanh if name == "act" else super().__getattribute__(name)


def of_a_lazy_module(v: Any) -> Any:
    module = Lazy("lazy")
    vars(module)["act"] = float
    return module.act(v)


class Raising:
    """Whoever asks for what it has not gets an error of its own."""

    tanh = staticmethod(math.tanh)

    @property
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class RaisingMapping:
    """A namespace that knows what it has when it is asked for that alone."""

    def __getitem__(self, name: str) -> Any:
        return {"act": math.tanh}[name]

    def __contains__(self, name: object) -> bool:
        raise RuntimeError("no look")


class RaisingPartial(functools.partial[Any]):
    """A function that has no name, nor says so."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("no attribute")


def of_raising(v: Any) -> Any:
    raising = Raising()
    return raising.tanh(v)


def of_a_raising_partial(v: Any) -> Any:
    raising = RaisingPartial(math.tanh)
    return raising(v)


#: The namespace in which names of a comprehension outside functions are looked up first since Python 3.12.
HIDDEN = {"act": float if sys.version_info >= (3, 12) else math.tanh}


TAKERS: dict[str, Callable[[Any], Any]] = {
    "math": lambda v: math.tanh(v) + v,
    "math, by another name": tanh_of,
    "math of a wish": lambda v: math.hypot(float(v), v),
    "element": lambda v: store(v, 0),
    "slice": lambda v: store(v, slice(None), many=True),
    "either": lambda v: (TANH if v.data > 0 else float)(v),
    "one or the other": lambda v: (TANH or float)(v),
    "from a container": lambda v: [float][0](v),
    "partial": lambda v: functools.partial(float)(v),
    "loop": lambda v: [x for x in map(float, [v])],  # noqa: C416 - likewise
    "map": lambda v: list(map(float, [v])),
    "key": lambda v: sorted([v, v], key=float),
    "array": lambda v: np.array([v], dtype=float),
    "astype": lambda v: np.array([v], dtype=object).astype(float),
    "fill": lambda v: np.zeros(3).fill(v),
    "scalar": lambda v: np.float64(v),
    "rng": lambda v: np.random.default_rng(0).normal(v),
    "array module": lambda v: array.array("d", [v]),
    "complex": lambda v: complex(v),
    "library": lambda v: statistics.fmean([v, v]),
    "library's own float()": lambda v: statistics.NormalDist(v),
    "rebound": rebound_in_a_function,
    "rebound in a comprehension": rebound_in_a_comprehension,
    "rebound by nonlocal": rebound_by_nonlocal,
    "rebound from within": rebound_from_within,
    "rebound by global": rebound_by_global,
    "rebound by a call": rebound_by_a_call,
    "rebound while it waits": rebound_while_it_waits,
    "rebound attribute": rebound_attribute,
    "class body": of_a_class_body,
    "comprehension in a class body": of_a_comprehension_in_a_class_body,
    "a namespace of one's own": lambda v: eval("act(v)", {"v": v, "act": float}, Answering()),
    "comprehension in such": lambda v: eval("[act(x) for x in [v]]", {"v": v, **HIDDEN}, Answering()),
    "comprehension in another": lambda v: eval("[act(x) for x in [v]]", {"v": v, **HIDDEN}, {"act": math.tanh}),
    "variable of a comprehension": lambda v: eval("[f(v) for f in [tanh]]", {"v": v, "tanh": math.tanh, "f": float}),
    "raising class": of_raising,
    "raising namespace": lambda v: eval("act(v)", {"v": v, "act": float}, RaisingMapping()),
    "raising partial": of_a_raising_partial,
    "lazy module": of_a_lazy_module,
    "method": lambda v: float.__add__(1.0, float.fromhex("0x1p0")) + math.sqrt(v),
}


@each_node
@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS.keys())
def test_a_number_that_other_code_takes_is_refused(node: Any, take: Callable[[Any], Any]) -> None:
    for _ in range(40):
        with pytest.raises((TypeError, ValueError)) as refusal:
            take(node)
        reason = refusal.value.__cause__ or refusal.value  # NumPy says of what has a length that it is a sequence
        assert isinstance(reason, LostGradientError)
        assert ".item()" in str(reason) or ".data" in str(reason)
    with autograd.no_grad():
        take(node)


def test_other_packing_says_less() -> None:
    with pytest.raises(struct.error):  # which hides the reason
        struct.pack("d", Value(1.0))
    with pytest.raises(ValueError, match="Error setting single item"):
        operator.setitem(np.empty(2).flat, 0, Value(1.0))


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS.keys())
def test_what_has_no_gradient_may_be_taken(take: Callable[[Any], Any]) -> None:
    take(Value(1.5, requires_grad=False))
    take(Tensor(1.5, requires_grad=False))


def test_a_wish_is_known_where_the_interpreter_keeps_no_columns() -> None:
    """Wherever the places in the text are not kept, as by `PYTHONNODEBUGRANGES`."""
    program = (
        "from autograd import Value; import math; v = Value(1.5); print(float(v), math.isnan(v), int(v if v else 2))"
    )
    command = [sys.executable, "-X", "no_debug_ranges", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1.5 False 1\n"


UNSEEN = "it cannot be seen who asks for the number, so the gradient might be lost"


@pytest.mark.parametrize(
    ("take", "said"),
    [
        (lambda v: math.atan(v), r"the call of atan would take the number alone"),
        (lambda v: list(map(float, [v])), r"the call of list would take"),
        (lambda v: [x for x in map(float, [v])], UNSEEN),  # noqa: C416 - the loop is what is tried
        (lambda v: [float][0](v), UNSEEN),
        (lambda v: functools.partial(float)(v), UNSEEN),
        (lambda v: statistics.NormalDist(v), r"code of statistics would take"),
    ],
)
def test_the_refusal_says_no_more_than_can_be_seen(take: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(LostGradientError, match=rf"^x: {said}.*\.item\(\)"):
        take(Value(1.0, label="x"))


def test_the_refusal_names_the_node_and_the_cure() -> None:
    x = Value(1.0, label="x")
    with pytest.raises(LostGradientError, match=r"x: math\.tanh .*use autograd\.tanh.*\.item\(\)"):
        math.tanh(x)
    out = np.empty(2)
    with pytest.raises(LostGradientError, match=r"x: .*np\.empty\(n, dtype=object\)"):
        out[0] = x


def test_masked_arrays_take_no_number_out_of_a_value() -> None:
    """NumPy's look for an attribute of their own, ``_data``, before they ask."""
    v = Value(1.5, label="v")
    for computed in (np.ma.array([1.0, 2.0]) + v, np.ma.add([1.0, 2.0], v)):
        v.zero_grad()
        sum(computed.data[:2]).backward()
        assert v.grad == 2.0
    assert not hasattr(v, "_data")
    assert not hasattr(Tensor([1.0]), "_data")
