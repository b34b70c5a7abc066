"""What an operation is: a forward function and its derivative, written once, and the table of all of them."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Forward = Callable[..., Any]
Rule = Callable[..., Any]
Interval = tuple[float, float]

_table: dict[str, Op] = {}
_overrides: dict[Any, Callable[..., Any]] = {}
_installers: list[Callable[[Op], None]] = []
_uninstallers: list[Callable[[Op], None]] = []

#: Names that nodes have for something else, or that generated code uses.
RESERVED = frozenset(
    """T Tensor UNSET Value alike as_constant assign backward before check_fresh contributions data detach dtype filled
    fit g grad has_grad inputs item kind label marker method mode ndim new node numpy op other params part requires_grad
    self shape size slopes snapshot source x y z zero_grad""".split()  # noqa: SIM905 - a list of 46 lines
)

#: Every operation by name, read-only: ``table["tanh"]``. New entries come from `elementwise` and `primitive`.
table: Mapping[str, Op] = types.MappingProxyType(_table)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Op:
    """One operation of the table. Call it like a function; the arguments choose the interpretation.

    Numbers and arrays give a plain result, Values and Tensors record a node, Symbols give a formula,
    and lists or object arrays of Values record the scalar graph, element by element.

    >>> import autograd
    >>> autograd.tanh(0.0)
    np.float64(0.0)
    >>> autograd.tanh(autograd.Value(0.0))
    Value(data=0.0, grad=–)
    >>> autograd.mul
    <Op mul>
    """

    name: str
    forward: Forward
    rules: tuple[Rule, ...]
    is_elementwise: bool
    arity: int | None  #: how many inputs; None: one sequence of any number of them
    doc: str  #: one sentence on what the gradient does
    operator: str | None = None
    symbol: str = ""  #: short text for pictures
    params: tuple[str, ...] = ()  #: arguments that are not differentiated, in positional order
    defaults: Mapping[str, float] = field(default_factory=dict)  #: the last inputs, where they may be left out
    domain: tuple[Interval, ...] = ()  #: per input, the open interval on which the rule holds; empty: everywhere
    kinks: Callable[..., Any] | None = None  #: not differentiable where this is zero
    scalars: Forward | None = None  #: forward for object arrays of Values, where it is another one
    linear: bool = False  #: the rules use shapes only, never the data
    gate: bool = False  #: slopes are 1 or 0, and a 0 closes the path: nothing gets through, not even NaN

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return named, (self.name,)  # copied and pickled by name: there is one of each

    def __call__(self, *args: Any, **params: Any) -> Any:
        inputs = args
        if params or len(args) != self.arity:
            inputs, params = self.bind(args, params)
        for value in (*inputs, *params.values()) if params else inputs:
            interpret = getattr(type(value), "_interpret", None)
            if interpret is not None:
                return interpret(self, inputs, params)
        return self.compute([as_array(value) for value in inputs], params)

    def bind(self, args: tuple[Any, ...], params: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Split a call into inputs and params, as the signature of the operation says."""
        if self.arity is None:
            if not args or not isinstance(args[0], Sequence | np.ndarray):
                raise TypeError(f"{self.name}: expected one sequence of inputs, as in {self.name}([x, y])")
            inputs, extra = tuple(args[0]), args[1:]
        else:
            inputs, extra = args[: self.arity], args[self.arity :]
            missing = self.arity - len(inputs)
            if missing > len(self.defaults):
                raise TypeError(f"{self.name}: expected {self.arity} inputs, got {len(inputs)}")
            for name in list(self.defaults)[len(self.defaults) - missing :]:
                inputs += (params.pop(name, self.defaults[name]),)
        if len(extra) > len(self.params):
            most = len(inputs) + len(self.params)
            raise TypeError(f"{self.name}: expected at most {most} arguments, got {len(inputs) + len(extra)}")
        params = dict(zip(self.params, extra, strict=False)) | params
        for name in params:
            if name not in self.params:
                known = ", ".join((*self.defaults, *self.params)) or "none"
                raise TypeError(f"{self.name}: unknown or repeated argument {name!r}; it takes {known}")
        return inputs, params

    def compute(self, arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Forward on plain arrays and numbers; object arrays (of Values) record the scalar graph."""
        if any(isinstance(array, np.ndarray) and array.dtype == object for array in arrays):
            return self.on_objects(arrays, params)
        return self._forward(self.forward, arrays, params)

    def on_objects(self, arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Element by element for an elementwise operation, else the forward function on object arrays."""
        if self.is_elementwise:
            inputs, names = len(arrays), list(params)
            each: Callable[..., Any] = lambda *xs: self(*xs[:inputs], **dict(zip(names, xs[inputs:], strict=True)))  # noqa: E731
            if self.arity == 1 and not params:  # a Value's own method is quicker
                each = lambda x: getattr(type(x), self.name, self)(x)  # noqa: E731
            return np.frompyfunc(each, inputs + len(names), 1)(*arrays, *params.values())
        return self._forward(self.scalars or self.forward, arrays, params)

    def pull(self, k: int, g: Any, y: Any, xs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """What the gradient ``g`` of the output ``y`` contributes to input k, before un-broadcasting."""
        if self.arity is None:
            return self.pull_all(g, y, xs, params)[k]
        rule = self.rules[k]
        if not self.is_elementwise:
            return rule(g, y, *xs, **params) if params else rule(g, y, *xs)
        slope = rule(y, *xs, **params) if params else rule(y, *xs)
        return g if slope.__class__ is int and slope == 1 else g * slope

    def pull_all(self, g: Any, y: Any, xs: Sequence[Any], params: Mapping[str, Any] | None) -> Sequence[Any]:
        """The contributions to all inputs of a variadic operation at once."""
        parts: Sequence[Any] = self.rules[0](g, y, *xs, **(params or {}))
        return parts

    def _forward(self, function: Forward, arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return function(arrays, **params) if self.arity is None else function(*arrays, **params)


def as_array(value: Any) -> Any:
    """Lists become arrays (of objects, where they hold Values); numbers and arrays stay as they are."""
    if isinstance(value, list | tuple):
        return np.asarray(value)
    return value


def elementwise(
    name: str,
    forward: Forward,
    *slopes: Rule,
    doc: str,
    operator: str | None = None,
    symbol: str | None = None,
    arity: int | None = None,
    params: Sequence[str] = (),
    defaults: Mapping[str, float] | None = None,
    domain: Sequence[Interval] = (),
    kinks: Callable[..., Any] | None = None,
    gate: bool = False,
) -> Op:
    """Enter an operation that works on each element alone.

    ``slopes[k](output, *inputs, **params)`` is the partial derivative by input k. It uses only operators
    and other operations of the table, so that it can run on numbers, arrays, nodes and symbols alike.
    No slopes at all: the operation is a constant to the gradient (a comparison), and ``arity`` says
    how many inputs it has.

    >>> import autograd
    >>> double = autograd.elementwise("double", lambda x: 2 * x, lambda y, x: 2, doc="doubles the gradient")
    >>> x = autograd.Value(5.0)
    >>> double(x).backward()
    >>> x.grad
    2.0
    >>> autograd.remove("double")
    """
    return _enter(
        Op(
            name,
            forward,
            slopes,
            is_elementwise=True,
            arity=len(slopes) if arity is None else arity,
            doc=doc,
            operator=operator,
            symbol=symbol or operator or name,
            params=tuple(params),
            defaults=dict(defaults or {}),
            domain=tuple(domain),
            kinks=kinks,
            gate=gate,
        )
    )


def primitive(
    name: str,
    forward: Forward,
    *pullbacks: Rule,
    doc: str,
    operator: str | None = None,
    symbol: str | None = None,
    params: Sequence[str] = (),
    variadic: bool = False,
    linear: bool = False,
    scalars: Forward | None = None,
    kinks: Callable[..., Any] | None = None,
) -> Op:
    """Enter an operation that mixes elements: a sum, a reshape, a matrix product.

    ``pullbacks[k](g, output, *inputs, **params)`` takes the gradient ``g`` of the output to that of
    input k. There is one function an input, so that what nobody needs is never computed. A variadic
    operation takes one sequence of inputs and has one pullback, which returns a gradient for each.

    >>> import autograd
    >>> flip = autograd.primitive("flip", lambda x: x[::-1], lambda g, y, x: g[::-1], doc="flips it back")
    >>> x = autograd.Tensor([1.0, 2.0, 3.0])
    >>> (flip(x) * [1, 10, 100]).sum().backward()
    >>> x.grad
    array([100.,  10.,   1.])
    >>> autograd.remove("flip")
    """
    return _enter(
        Op(
            name,
            forward,
            pullbacks,
            is_elementwise=False,
            arity=None if variadic else len(pullbacks),
            doc=doc,
            operator=operator,
            symbol=symbol or operator or name,
            params=tuple(params),
            kinks=kinks,
            scalars=scalars,
            linear=linear,
        )
    )


def named(name: str) -> Op:
    """The operation of that name."""
    if name not in _table:
        raise KeyError(f"the table has no operation named {name!r}")
    return _table[name]


def remove(name: str) -> None:
    """Take an operation out of the table again: after a trial in a notebook, or in a test.

    >>> import autograd
    >>> _ = autograd.elementwise("same", lambda x: x, lambda y, x: 1, doc="passes the gradient on")
    >>> autograd.remove("same")
    >>> "same" in autograd.table, hasattr(autograd.Value, "same")
    (False, False)

    Raises `KeyError` for a name that is not in the table, `ValueError` for an operation that has an operator.
    """
    op = named(name)
    if op.operator is not None:
        raise ValueError(f"{name!r} stands for the operator {op.operator}, so it stays in the table")
    del _table[name]
    if _overrides.get(op.forward) is op:
        del _overrides[op.forward]
    for uninstall in _uninstallers:
        uninstall(op)


def override(function: Callable[..., Any], implementation: Callable[..., Any]) -> None:
    """Let NumPy code that calls ``function`` on our objects reach ``implementation`` instead."""
    _overrides[function] = implementation


def override_of(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """What NumPy's ``function`` does on our objects: mostly the operation with that forward function."""
    return _overrides.get(function)


def on_entry(install: Callable[[Op], None], uninstall: Callable[[Op], None] | None = None) -> None:
    """Call ``install`` for every operation of the table, those to come included; ``uninstall`` for one that goes."""
    _installers.append(install)
    if uninstall is not None:
        _uninstallers.append(uninstall)
    for op in _table.values():
        install(op)


def _enter(op: Op) -> Op:
    if not op.name.isidentifier():
        raise ValueError(f"an operation's name must be an identifier, got {op.name!r}")
    if op.name in RESERVED:
        raise ValueError(f"{op.name!r} is a name that nodes or generated code use for something else: choose another")
    if op.name in _table:
        raise ValueError(f"the table already has an operation named {op.name!r}: choose another, or remove() it first")
    _table[op.name] = op
    if isinstance(op.forward, np.ufunc) or op.forward.__module__ == "numpy":
        _overrides.setdefault(op.forward, op)  # a second operation on one NumPy function leaves it to the first
    for install in _installers:
        install(op)
    return op
