"""Value: a Python float that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import Any, SupportsIndex

import numpy as np

from autograd import accept
from autograd.anomaly import expect_sound
from autograd.call import NOTHING, Bound
from autograd.compile import codegen
from autograd.copying import reduced
from autograd.errors import DTypeError, GraphError, StaleDataError
from autograd.hooks import Hooks
from autograd.node import Node, Recorded, unless_set
from autograd.notation.python import Untranslatable
from autograd.op import MOST, Op, on_entry
from autograd.operators import BINARY, COMPARISON, UNARY, Operators, expect_conditions
from autograd.pickling import store, stored
from autograd.program import Constant, Equation, frozen_params, made, private_params
from autograd.refusal import mixed
from autograd.scalar.sweep import sweep_scalars
from autograd.state import Guards, Origin, blocks, conditional, conditions_recorded, mode, note_cut, origin, still_open
from autograd.sweep.turns import backward, plain_seed

#: The gradient before any sweep: 0.0, as in micrograd, but told apart by identity.
UNSET = float("0.0")

#: What stands in the place of the first input of a leaf that is a constant: of any other leaf it is None.
CONSTANT: Any = object()

#: What all leaves are in a program.
LEAF = Equation(None, (), NOTHING, (), None, requires_grad=True)
CONSTANT_LEAF = LEAF._replace(requires_grad=False)


class Value(Recorded, Node):
    """One number of a scalar graph. Arithmetic on Values records; `backward` fills ``grad``.

    ``data`` is a Python float. ``grad`` is 0.0 before any sweep. ``label`` is a name for pictures; without
    one, the variable that holds the Value names it. With ``requires_grad=False`` it is a constant, as is what
    `no_grad` computes: no sweep brings it a gradient. A graph is freed by reference count.

    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.data, x.grad, y.grad, z.grad
    (-12.0, -4.0, -4.0, 3.0)

    Raises `DTypeError` for anything that is not one real number.
    """

    # The two inputs and their slopes are slots of their own: every tuple would be one more object for
    # the collector to track. An operation of more inputs has a tuple of them in the place of the second, one of their
    # slopes likewise, and in the place of the first one of those that a gradient goes to: the same, where that is all.
    __slots__ = ("_dx", "_dy", "_grad", "_notes", "_number", "_params", "_x", "_y", "op")

    params = unless_set("_params")

    _number: float
    _grad: float
    _x: Any
    _y: Any
    _dx: float | None
    _dy: Any
    _notes: tuple[Any, ...] | None  #: label, origin and hooks, if there is one of them

    def __init__(self, data: float, label: str | None = None, requires_grad: bool = True) -> None:
        self._number = data if data.__class__ is float else accept.number(data, "Value")
        self._grad = UNSET
        self.op = None
        self._notes = None if label is None else (accept.label(label, "Value"), None, None)
        self._x = None if requires_grad is True or accept.flag(requires_grad, "Value") else CONSTANT
        self._y = self._dx = self._dy = None

    def _state(self) -> tuple[Any, ...]:
        """All of it, without what is told apart by identity."""
        slots, attributes = stored(self)
        if self.op is None:
            del slots["_x"]
        if self._grad is UNSET:
            del slots["_grad"]
        if self._notes is not None:
            slots["_notes"] = (*self._notes[:2], None)
        return self._x is CONSTANT, slots, attributes

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return reduced(self, self._state())

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, is_constant, slots, attributes = state
        self._grad = UNSET
        self._x = CONSTANT if is_constant else None
        store(self, slots, attributes)

    def __copy__(self) -> Value:
        twin: Value = object.__new__(type(self))
        twin.__setstate__((None, *self._state()))
        return twin

    def __repr__(self) -> str:
        grad = "–" if self._grad is UNSET else self._grad
        label = "" if self.label is None else f", label={self.label!r}"
        return f"Value(data={self._number}, grad={grad}{label})"

    @property
    def data(self) -> float:
        """The number; one that is set shows in what is computed from then on."""
        return self._number

    @data.setter
    def data(self, value: float) -> None:
        self._number = accept.number(value, f"data of {self.label or 'a Value'}")

    @property
    def grad(self) -> float:
        """The gradient, 0.0 before any sweep. It may be set; None forgets it, as `zero_grad` does."""
        return self._grad

    @grad.setter
    def grad(self, value: float | None) -> None:
        self._grad = UNSET if value is None else accept.number(value, f"grad of {self.label or 'a Value'}")

    @property
    def label(self) -> str | None:
        """A name given by hand."""
        return None if self._notes is None else self._notes[0]

    @label.setter
    def label(self, label: str | None) -> None:
        self._notes = accept.label(label, "Value"), self._origin, self._hooks

    @property
    def _origin(self) -> Origin | None:
        return None if self._notes is None else self._notes[1]

    @_origin.setter
    def _origin(self, origin: Origin | None) -> None:
        self._notes = self.label, origin, self._hooks

    @property
    def _hooks(self) -> Hooks | None:
        return None if self._notes is None else self._notes[2]

    @_hooks.setter
    def _hooks(self, hooks: Hooks) -> None:
        self._notes = self.label, self._origin, hooks

    @property
    def _record(self) -> Value:
        return self

    @property
    def _node(self) -> Value:
        return self

    @property
    def inputs(self) -> tuple[Any, ...]:
        if self.op is None:
            return ()
        if self._y.__class__ is tuple:
            many: tuple[Any, ...] = self._y
            return many
        return (self._x,) if self._y is None else (self._x, self._y)

    @property
    def slopes(self) -> tuple[float | None, ...]:
        """The local derivative by each input, computed with the value; None for a constant."""
        if self.op is None:
            return ()
        if self._dy.__class__ is tuple:
            many: tuple[float | None, ...] = self._dy
            return many
        return (self._dx,) if self._y is None else (self._dx, self._dy)

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    @property
    def requires_grad(self) -> bool:
        """Whether a sweep brings it a gradient: not so for a constant, a comparison, and what depends on these alone.

        Nothing is stored for it: a result looks for a leaf that requires one among what it is computed from.
        """
        seen = {id(self)}
        path = [self]
        while path:
            node = path.pop()
            if not node._may_require_grad:
                continue
            if node.op is None:
                return True
            for x in node.inputs:
                if isinstance(x, Value) and id(x) not in seen:
                    seen.add(id(x))
                    path.append(x)
        return False

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        name = self.label or "a Value"
        raise GraphError(
            f"requires_grad of {name}: that of a Value cannot be set, as its results look for it here: give it where "
            f"the Value is made, as in Value({self._number}, requires_grad=False), or compute inside no_grad()"
        )

    @property
    def _may_require_grad(self) -> bool:
        return self._x is not CONSTANT and (self.op is None or not self.op.is_flat)

    def _requires_grad_after(self, before: Container[int]) -> bool:
        op, x, y = self.op, self._x, self._y
        if op is None or op.is_flat:
            return x is not CONSTANT and op is None
        if y.__class__ is tuple:
            return any(id(part) in before for part in y)
        return id(x) in before or id(y) in before

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has brought this node a gradient."""
        return self._grad is not UNSET

    def item(self) -> float:
        """The number itself, as for a Tensor."""
        return self._number

    def _snapshot(self) -> float:
        return self._number

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self._grad = UNSET

    def backward(self, seed: float | None = None) -> None:
        """Sweep from here to the leaves: d self / d node for every node, by the chain rule.

        ``seed`` is the gradient of this node, 1 if it is left out. Leaves accumulate over sweeps, as in PyTorch; inner
        nodes show the last sweep alone.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward()
        >>> x.grad
        27.0
        >>> y.backward()
        >>> x.grad
        54.0

        Raises `GraphError` if nothing here needs a gradient.
        """
        backward(self, 1.0 if seed is None else accept.number(plain_seed(self, seed), "backward: seed"), sweep_scalars)

    def _filled(self, number: float) -> float:
        return number

    def _as_constant(self, data: float) -> Value:
        return Value(data, requires_grad=False)

    def _operands(self) -> tuple[Any, Sequence[Any]]:
        return self._number, [x._number if isinstance(x, Value) else x for x in self.inputs]

    def _equation(
        self, place: Callable[[int], int | None], before: Sequence[Equation], params: Mapping[str, Any]
    ) -> Equation:
        op, x, y = self.op, self._x, self._y
        if op is None:
            return CONSTANT_LEAF if x is CONSTANT else LEAF
        if y.__class__ is tuple or op.takes_params:
            of_many = super()._equation(place, before, params)
            requires_grad = any(i.__class__ is int and before[i].requires_grad for i in of_many.inputs)
            return of_many._replace(requires_grad=of_many.requires_grad and requires_grad)
        first, second = place(id(x)), None if y is None else place(id(y))
        requires_grad = False
        if first is None:
            first = made(Constant, (x,))
        else:
            requires_grad = before[first].requires_grad
        if second is not None:
            requires_grad = requires_grad or before[second].requires_grad
        elif y is not None:
            second = made(Constant, (y,))
        inputs = (first,) if y is None else (first, second)
        equation: Equation = made(Equation, (op, inputs, NOTHING, (), None, requires_grad and not op.is_flat))
        return equation

    def _snapshot_all(self) -> tuple[float, float | None, tuple[float | None, ...], Mapping[str, Any]]:
        grad, op, y = None if self._grad is UNSET else self._grad, self.op, self._y
        if op is None or y.__class__ is tuple or op.takes_params:
            return self._number, grad, self.slopes, frozen_params(self.params)
        return self._number, grad, (self._dx,) if y is None else (self._dx, self._dy), NOTHING

    def _check_fresh(self) -> None:
        """Raise `StaleDataError` if an input changed after this node was computed."""
        op, x, y = self.op, self._x, self._y
        if op is None:
            return
        evaluator = _evaluators.get(op)
        if evaluator is not None and y.__class__ is not tuple and not op.takes_params:
            # The commonest case: one or two inputs, and no NaN.
            x = x._number if isinstance(x, Value) else x
            computed = evaluator(x) if y is None else evaluator(x, y._number if isinstance(y, Value) else y)
            dx, dy = self._dx, self._dy
            if computed[0] == self._number and (dx is None or dx == computed[1]) and (dy is None or dy == computed[2]):
                return
        values = [x._number if isinstance(x, Value) else x for x in self.inputs]
        now, *slopes = evaluate(op, values, self.params or NOTHING)
        alike = [was is None or same(slope, was) for slope, was in zip(slopes, self.slopes, strict=True)]
        if same(now, self._number) and all(alike):
            return
        name = self.label or op.name
        changed = " with another slope" if same(now, self._number) else ""
        raise StaleDataError(
            f"{name}: computed as {self._number}, but its inputs now give {now}{changed}: "
            "their data changed afterwards; run the forward computation again"
        )

    @property
    def _holder(self) -> Value:
        return self

    def _plus(self, grad: float, adjoint: float) -> float:
        return grad + adjoint

    def _show(self, adjoint: float | None) -> None:
        self._grad = UNSET if adjoint is None else adjoint

    @classmethod
    def _condition(cls, op: Op, operands: Sequence[Any], outcome: bool) -> Value:
        """A comparison as a node."""
        node = Value(0.0)
        node._number, node.op = outcome, op
        node._x, node._y = (*operands, None)[:2]
        if mode() == "tracing":
            node._origin = origin(node)
        return node

    @classmethod
    def _of_many(cls, op: Op, inputs: tuple[Any, ...], params: Bound) -> Value:
        """Record an operation of lists, of Values and plain numbers alone."""
        nodes = tuple([x for x in inputs if x.__class__ is Value])
        if int in map(type, inputs):
            inputs = tuple([accept.number(x, op.name) if x.__class__ is int else x for x in inputs])
        node = Value(0.0)
        node._number, slopes = evaluate_many(op, [x._number if x.__class__ is Value else x for x in inputs], params)
        node.op, node.params = op, params
        node._x, node._y, node._dy = inputs, inputs, tuple(slopes)
        if len(nodes) < len(inputs):
            node._x = nodes
            node._dy = tuple([s if x.__class__ is Value else None for x, s in zip(inputs, slopes, strict=True)])
        return node

    @classmethod
    def _recorder(cls, op: Op, kinds: Sequence[set[type]], lengths: tuple[int, ...]) -> Callable[..., Value] | None:
        """What records calls with lists of these lengths, each of inputs of one type; None: the general way does."""
        if blocks.get() is not None or any(len(kind) != 1 for kind in kinds):
            return None
        return recorder(op, tuple(chain(*kinds)), lengths)

    @classmethod
    def _interpret(cls, op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """Record an operation on Values: by generated code, where there is some for such a call."""
        if not params and inputs[0].__class__ is Value:
            function = _functions[op] if op in _functions else function_of(op)
            if function is not None:
                return function(*inputs)
        return cls._interpret_any(op, inputs, params)

    @classmethod
    def _interpret_any(cls, op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """The general way, which generated code falls back on."""
        if (
            op.is_elementwise
            and op.arity is None
            and isinstance(params, Bound)
            and blocks.get() is None
            and QUICK.issuperset(map(type, inputs))
        ):
            return cls._of_many(op, tuple(inputs), params)
        truths: list[bool] = []
        operands = [operand(value, op, k, truths) for k, value in enumerate(inputs)]
        if params:
            params = private_params(params)
        if not op.is_elementwise or any(isinstance(value, np.ndarray) for value in operands):
            return swept_as(inputs, op.on_objects([np.asarray(value, dtype=object) for value in operands], params))
        values = [value._number if isinstance(value, Value) else value for value in operands]
        if op.is_flat:
            try:
                outcome = bool(op.forward(*values))
            except TypeError:
                expect_conditions(op, values)
                raise
            return cls._condition(op, operands, outcome) if conditions_recorded() else outcome
        output, *slopes = evaluate(op, values, params)
        if blocks.get() is not None:
            expect_sound(op.name, output, values)
        if mode() == "no_grad":
            constant = Value(output, requires_grad=False)
            if conditional.get() is not None:
                note_cut("no_grad()", [x for x in operands if isinstance(x, Value)], constant)
            return constant
        node = Value(output)
        node.op = op
        if params:
            node.params = params
        kept: list[float | None] = [
            slope if isinstance(value, Value) and not (op.masks and slope == 0) else None
            for value, slope in zip(operands, slopes, strict=True)
        ]
        if len(operands) > 2 or isinstance(params, Bound):
            node._y, node._dy = tuple(operands), tuple(kept)
            node._x = tuple([x for x, slope in zip(operands, kept, strict=True) if slope is not None])
        else:
            (node._x, node._y), (node._dx, node._dy) = (*operands, None)[:2], (*kept, None)[:2]
        if mode() == "tracing":
            node._origin = origin(node)
        elif (opened := still_open(conditional)) is not None:
            node._notes = None, opened[0].origin, None
        elif truths:
            node._origin = Origin(None, Guards(lost=[f"{op.name} by True or False"]))
        return node


def swept_as(inputs: Sequence[Any], result: Any) -> Any:
    """The result; where one of the inputs is an array that can be swept back through, as networks give, so is it."""
    if isinstance(result, np.ndarray) and result.dtype.hasobject:
        for x in inputs:
            if isinstance(x, np.ndarray) and hasattr(x, "backward"):
                return result.view(type(x))
    return result


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def operand(value: Any, op: Op, k: int, truths: list[bool]) -> Any:
    """An operand as a Value, a Python number, or an array that may hold Values; a condition stays True or False.

    One that becomes a number goes to ``truths`` too: the number does not show that something was chosen by it.
    """
    if isinstance(value, Value):
        return value
    if isinstance(value, bool | np.bool_):
        if op.rules[k : k + 1] == (None,):
            return bool(value)
        truths.append(bool(value))
        return float(value)
    if value.__class__ is int and op.masks and op.is_elementwise and op.rules[k : k + 1] == (None,):
        raise DTypeError(
            f"{op.name}: expected True or False as the condition, got {value}: "
            "write not (x > 0), for ~ makes another number of a bool"
        )
    if isinstance(value, Operators):
        raise mixed(op.name, "Value", value)
    if isinstance(value, list | np.ndarray):
        value = accept.real_array(value, op.name)
        return value if value.ndim else operand(value.item(), op, k, truths)
    looked = accept.operand(value, op.name)
    return looked if looked.__class__ is int else accept.number(looked, op.name)


def evaluate(op: Op, values: list[float], params: Mapping[str, Any]) -> tuple[float, ...]:
    """Output and slopes on plain numbers."""
    if params.__class__ is Bound and op.arity is None:
        output, many = evaluate_many(op, values, params)
        return output, *many
    if params:
        return codegen.evaluate_by_rules(op, values, params)
    evaluator = _evaluators.get(op)
    if evaluator is None:
        evaluator = _evaluators[op] = codegen.evaluator(op)
    return evaluator(*values)


def evaluate_many(op: Op, values: list[float], params: Bound) -> tuple[float, list[float]]:
    """Output and slopes of an elementwise operation of lists, whose inputs stand one list after the other."""
    rules = list(op.listed_rules(params))
    lists = [values[at] for _, at in rules]
    output = op.forward(*lists)
    slopes: list[float] = []
    for (rule, _), values_of_one in zip(rules, lists, strict=True):
        slopes += map(rule(output, *lists), range(len(values_of_one)))
    return float(output), slopes


@lru_cache(maxsize=MOST)
def recorder(op: Op, kinds: tuple[type, ...], lengths: tuple[int, ...]) -> Callable[..., Value] | None:
    """What records an operation of lists, of Values or of numbers: generated code, where they are short."""
    if not op.is_elementwise or not QUICK.issuperset(kinds):
        return None
    params = op.listed(lengths)
    if sum(lengths) <= SHORT:
        try:
            source = codegen.lists_source(op, lengths, [NUMBERS[kind] for kind in kinds])
            return codegen.compiled(f"{op.name} of {lengths}", source, NAMES | {"op": op, "params": params})
        except Untranslatable:
            pass
    return lambda *lists: Value._of_many(op, tuple(chain(*lists)), params)


#: How many inputs generated code has at most: it has a line or two for each.
SHORT = 256

#: What many-input operations take without a look at each.
QUICK = {Value, float, int}

#: How generated code gets the number of an input.
NUMBERS = {Value: codegen.DATA, float: "{}", int: "number({}, op.name)"}

#: What generated code has to be given.
NAMES = {
    "Value": Value,
    "UNSET": UNSET,
    "EDGE": codegen.EDGE,
    "number": accept.number,
    "new": object.__new__,
    "float64": np.float64,
    "blocks": blocks.get,
    "conditional": conditional.get,
}

_evaluators: dict[Op, codegen.Evaluate] = {}


def install(op: Op) -> None:
    """Give Value the generated code for an operation's operator or method, where it has such code."""
    if op.is_flat and op.operator not in COMPARISON:
        return
    if op.operator in COMPARISON:
        give(op, f"__{COMPARISON[op.operator]}__", codegen.comparison_source)
    elif op.operator in BINARY:
        give(op, f"__{BINARY[op.operator]}__", codegen.binary_source)
        give(op, f"__r{BINARY[op.operator]}__", codegen.reflected_source)
    elif op.method and op.arity == 1:
        give(op, op.name, codegen.unary_source)
        if op.operator in UNARY:
            give(op, f"__{UNARY[op.operator]}__", codegen.unary_source)
    elif op.method and op.arity == 2:
        give(op, op.name, codegen.optional_source)


def give(op: Op, name: str, source: Callable[[Op], codegen.Source]) -> None:
    """Let Value have a method that is generated when it is first called, so that an import does not wait for all."""

    def first(self: Value, *args: Any, **kwargs: Any) -> Any:
        if vars(Value).get(name) is first:  # who holds on to this one may call it again
            setattr(Value, name, described(written(op, name, source), op, name))
        return getattr(Value, name)(self, *args, **kwargs)

    setattr(Value, name, described(first, op, name))


def written(op: Op, name: str, source: Callable[[Op], codegen.Source]) -> Callable[..., Any]:
    """The generated code of a method; the general way, where there is none."""
    general = getattr(Operators, name, op)
    try:
        return codegen.compiled(f"Value.{name}", source(op), NAMES | {"op": op, "general": general})
    except Untranslatable:
        return lambda self, *args, **kwargs: general(self, *args, **kwargs)


def described(method: Callable[..., Any], op: Op, name: str) -> Callable[..., Any]:
    method.__name__, method.__doc__ = name, op.doc
    return method


def function_of(op: Op) -> Callable[..., Any] | None:
    """The generated code for a call of an operation whose first input is a Value, None where it has none."""
    function = None
    if not op.is_flat:
        general = lambda *inputs: Value._interpret_any(op, inputs, NOTHING)  # noqa: E731
        with suppress(Untranslatable):
            source = codegen.function_source(op)
            function = codegen.compiled(f"{op.name} of Values", source, NAMES | {"op": op, "general": general})
    return _functions.setdefault(op, function)


#: Generated code is made when an operation is first called.
_functions: dict[Op, Callable[..., Any] | None] = {}


def uninstall(op: Op) -> None:
    """Forget the code that was generated for an operation."""
    _evaluators.pop(op, None)
    _functions.pop(op, None)
    recorder.cache_clear()


on_entry(install, uninstall)
