"""What an operation is: a forward function and its derivative, written once, and the table of all of them."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count, islice, takewhile
from typing import Any, Literal

import numpy as np

from autograd.call import NOTHING, Bound, Input, Output, fill, holds_node, is_default, is_numeric, lifted, places
from autograd.errors import DTypeError
from autograd.signature import EMPTY, LEADING, Forward, Parameter, Rule, check_shape, each, param, signature_of

Interval = tuple[float, float]
Linear = Literal["no", "first", "jointly", "separately"]

_table: dict[str, Op] = {}
_overrides: dict[Any, Callable[..., Any]] = {}
_installers: list[Callable[[Op], None]] = []
_uninstallers: list[Callable[[Op], None]] = []

#: Every operation by name, read-only: ``table["tanh"]``. New entries come from `elementwise` and `primitive`.
table: Mapping[str, Op] = types.MappingProxyType(_table)

LISTS = frozenset({list, tuple})

#: Arguments that are never nodes.
REDUCING = frozenset({"axis", "keepdims"})

#: How many lengths of lists are remembered.
MOST = 256


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
    >>> autograd.mul, autograd.mean.signature
    (<Op mul>, <Signature (a, axis=None, dtype=None, out=None, keepdims=False)>)
    """

    name: str
    forward: Forward
    rules: tuple[Rule | each | None, ...]  #: one an input, in order; None: one that has no derivative
    signature: inspect.Signature  #: NumPy's names, order and defaults
    is_elementwise: bool
    doc: str  #: one sentence on what the gradient does
    operator: str | None = None  #: as Python writes it: "*", "-x", "abs(x)", "[]"
    symbol: str = ""  #: short text for pictures
    domain: tuple[Interval, ...] = ()  #: per input, the open interval on which the rule holds; empty: everywhere
    kinks: Callable[..., Any] | None = None  #: not differentiable where this is zero
    scalars: Forward | None = None  #: forward for object arrays of Values, where it is another one
    linear: Linear = "no"  #: in its differentiated inputs: all together, each alone, or in the first alone
    masks: bool = False  #: what it sends back as zero, or not at all, is no number: nothing flows there, not even NaN
    shape: Callable[..., tuple[int, ...]] | None = None  #: of the output, from shapes in the places of the inputs
    method: bool = True  #: whether nodes have it as a method: if one input must be given, and no list
    is_flat: bool = field(init=False)  #: whether it has no derivative at all, as a comparison
    has_partials: bool = field(init=False)  #: whether its rules are partial derivatives; those of any other are vjps
    takes_params: bool = field(init=False)  #: whether it has arguments that are no inputs
    _names: tuple[str, ...] = field(init=False)  #: arguments that may be given in order
    _many: str | None = field(init=False)  #: the argument that takes all further ones: *operands
    _defaults: Mapping[str, Any] = field(init=False)
    _inputs: tuple[str, ...] = field(init=False)  #: the arguments that are inputs, or lists of them
    _is_plain: bool = field(init=False)  #: whether those come first, and are one input each
    _takes_lists: bool = field(init=False)  #: whether its inputs are lists of inputs, and nothing else has to be given
    _fewest: int = field(init=False)  #: arguments of a call without names
    _most: int = field(init=False)  #: of those that neither dtype= nor out= is among
    _inputs_alone: int | None = field(init=False)  #: how many those are, where nothing else has to be given
    _optional: frozenset[str] = field(init=False)  #: the other arguments
    _required: frozenset[str] = field(init=False)  #: those of them that have no default

    def __post_init__(self) -> None:
        parameters = self.signature.parameters
        put = object.__setattr__
        put(self, "is_flat", not any(self.rules))
        put(self, "has_partials", self.is_elementwise and not self.masks)
        put(self, "_names", tuple(name for name, p in parameters.items() if p.kind in LEADING))
        put(self, "_many", next((name for name, p in parameters.items() if p.kind is Parameter.VAR_POSITIONAL), None))
        put(self, "_defaults", {name: p.default for name, p in parameters.items() if p.default is not p.empty})
        put(
            self,
            "_inputs",
            tuple(name for name, rule in zip(parameters, self.rules, strict=False) if rule is not param),
        )
        put(self, "rules", tuple(rule for rule in self.rules if rule is not param))
        has_lists = any(isinstance(rule, each) for rule in self.rules)
        put(self, "_is_plain", not has_lists and self._inputs == tuple(parameters)[: len(self.rules)])
        others = frozenset(name for name in parameters if name not in self._inputs)
        put(self, "_optional", others)
        put(self, "takes_params", bool(others))
        put(self, "_required", frozenset(name for name in others if name not in self._defaults and name != self._many))
        are_lists = self._many is None and all(isinstance(rule, each) for rule in self.rules)
        put(self, "_takes_lists", are_lists and not self._required)
        put(self, "_fewest", len(self.rules) + len(self._required))
        put(self, "_most", max(len(self.rules) + 1, self._fewest))
        put(self, "_inputs_alone", len(self.rules) if self._is_plain and not self._required else None)
        required = len(self.rules) - len(self.defaults)
        put(self, "method", self.method and self._is_plain and required == 1)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return named, (self.name,)  # copied and pickled by name: there is one of each

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._is_plain and self._fewest <= len(args) <= self._most and kwargs.keys() <= REDUCING:
            for x in args:
                if not is_numeric(x):
                    break
            else:  # numbers alone, as where a rule runs on them: there is nothing to bind
                return self.forward(*args, **kwargs)
        if len(args) == self._inputs_alone and not kwargs:
            for x in args:
                if x is None:
                    break
            else:
                return self.apply(args, NOTHING)
        if self._takes_lists and not kwargs and len(args) == len(self.rules) and LISTS.issuperset(map(type, args)):
            lengths = tuple(map(len, args))
            record = self.recorder(args, lengths)
            return self.apply(list(chain(*args)), self.listed(lengths)) if record is None else record(*args)
        return self.apply(*self.bind(args, kwargs))

    def apply(self, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Do a call that is bound already: what the inputs are says what happens."""
        if len(inputs) == 1:
            interpret = getattr(type(inputs[0]), "_interpret", None)
            return self.compute(inputs, params) if interpret is None else interpret(self, inputs, params)
        interpret = None
        for kind in map(type, inputs) if len(inputs) < 4 else set(map(type, inputs)):
            found = getattr(kind, "_interpret", None)
            if found is not None:
                interpret = found
                if kind._encloses:  # type: ignore[attr-defined]  # it holds what others are
                    break
        return self.compute(inputs, params) if interpret is None else interpret(self, inputs, params)

    def recorder(self, samples: Sequence[Iterable[Any]], lengths: tuple[int, ...]) -> Callable[..., Any] | None:
        """A quick function for many calls with one list of inputs an argument, where the inputs have such a function.

        The lists have these lengths; the types of their inputs are those in the samples, which are looked at once.
        """
        kinds = [set(map(type, sample)) for sample in samples]
        for kind in set().union(*kinds):
            found: Callable[..., Callable[..., Any] | None] | None = getattr(kind, "_recorder", None)
            if found is not None:
                return found(self, kinds, lengths)
        return None

    @property
    def arity(self) -> int | None:
        """How many inputs there are, before all else; None where an argument is a list of any number of inputs."""
        return len(self.rules) if self._is_plain else None

    @property
    def params(self) -> tuple[str, ...]:
        """The names of the arguments that are no inputs."""
        return tuple(name for name in self.signature.parameters if name not in self._inputs)

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The inputs that may be left out, and what then stands for them."""
        return {name: value for name, value in self._defaults.items() if name in self._inputs}

    # From a call to inputs and params, and back.

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """Split a call into its inputs and its params, as the signature says.

        An argument with a place in `rules` is an input, or a list of inputs; and so is every node, wherever it
        stands. A param that has its default is left out.

        >>> import autograd
        >>> autograd.mean.bind(([1.0, 2.0], 0, None, None), {})
        (([1.0, 2.0],), {'axis': 0})
        """
        if self._is_plain and (quick := self._quick(args, kwargs)) is not None:
            return args[: len(self.rules)], quick
        arguments = self._arguments(args, kwargs)
        first = tuple(arguments.pop(name) for name in self._inputs) if self._is_plain else ()
        if not any(value is None for value in first):
            found: list[Any] = []
            params = {name: self._lifted(name, value, found) for name, value in arguments.items()}
            if self._is_plain and not found:
                return first, params
        arguments = dict(zip(self._inputs, first, strict=False)) | arguments
        found = []
        bound = Bound({name: self._lifted(name, value, found) for name, value in arguments.items()})
        return tuple(found), bound

    def _quick(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The params of the commonest calls: every input is given in order, and no node is anywhere else."""
        given = len(self.rules)
        if not given <= len(args) <= len(self._names):
            return None
        for x in args[:given]:
            if x is None:
                return None
        params = dict(zip(self._names[given:], args[given:], strict=False)) | dict(kwargs)
        if len(params) != len(args) - given + len(kwargs) or not self._required <= params.keys() <= self._optional:
            return None
        if (
            params.get("out") is not None
            or params.get("dtype").__class__ is bool
            or any(map(holds_node, params.values()))
        ):
            return None
        return {name: value for name, value in params.items() if not is_default(value, self._defaults.get(name, EMPTY))}

    def _lifted(self, name: str, value: Any, found: list[Any]) -> Any:
        """An argument with `Input`s in the places of its inputs, which go to ``found``."""
        if value is None or name not in self._inputs:
            return lifted(value, found)
        if isinstance(self.rules[self._inputs.index(name)], each):
            found.extend(value)
            return [Input(k) for k in range(len(found) - len(value), len(found))]
        found.append(value)
        return Input(len(found) - 1)

    def _arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument by name, params without those that have their defaults; `TypeError` as Python raises it."""
        arguments = dict(zip(self._names, args, strict=False))
        if self._many is not None:
            arguments[self._many] = args[len(self._names) :]
        elif len(args) > len(self._names):
            raise TypeError(f"{self.name}: expected at most {len(self._names)} arguments, got {len(args)}")
        for name, value in kwargs.items():
            if name not in self.signature.parameters or name in arguments:
                takes = ", ".join(self.signature.parameters)
                raise TypeError(f"{self.name}: unknown or repeated argument {name!r}; it takes {takes}")
            arguments[name] = value
        for name in ("dtype", "out"):
            if isinstance(arguments.get(name), bool | np.bool_):
                cure = f": write keepdims={arguments[name]}" if "keepdims" in self.signature.parameters else ""
                raise TypeError(
                    f"{self.name}: got {arguments[name]} in the place of {name}, as NumPy orders them{cure}"
                )
        if arguments.get("out") is not None:
            raise TypeError(f"{self.name}: out= would write over recorded numbers: use the result instead")
        for name in self.signature.parameters:
            if name not in arguments and name in self._inputs and name in self._defaults:
                arguments[name] = self._defaults[name]
        missing = [name for name in self._names if name not in arguments and name not in self._defaults]
        if missing and missing[0] in self._inputs:
            raise TypeError(f"{self.name}: expected {len(self._inputs)} inputs, got {len(args)}")
        if missing:
            raise TypeError(f"{self.name}: expected {' and '.join(missing)}, as in {self.name}{self.signature}")
        for name in self._inputs:
            if arguments.get(name, EMPTY) is None and self._defaults.get(name, EMPTY) is not None:
                raise DTypeError(f"{self.name}: expected numbers, arrays, Values or Tensors for {name}, got None")
        for name, rule in zip(self._inputs, self.rules, strict=True):
            if isinstance(rule, each) and name != self._many:
                if not isinstance(arguments[name], list | tuple | np.ndarray):
                    raise TypeError(f"{self.name}: expected one sequence of inputs, as in {self.name}([x, y])")
                arguments[name] = list(arguments[name])
        return {
            name: value
            for name, value in arguments.items()
            if name in self._inputs or not is_default(value, self._defaults.get(name, EMPTY))
        }

    def arguments(
        self, inputs: Sequence[Any], params: Mapping[str, Any] | None
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """The call again, as positional arguments and those by name, with these inputs."""
        if not isinstance(params, Bound):
            return inputs, params or {}
        filled = {name: fill(value, inputs) for name, value in params.items()}
        leading = list(takewhile(filled.__contains__, self._names))
        many = () if self._many is None else filled.pop(self._many)
        return [*map(filled.pop, leading), *many], filled

    def rules_for(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Sequence[tuple[Any, int]]:
        """For each input its rule (None: it has no derivative), and its place where the argument is a list."""
        if not isinstance(params, Bound):
            return [(rule, 0) for rule in self.rules]
        found: list[tuple[Any, int]] = [(None, 0)] * len(inputs)
        for name, rule in zip(self._inputs, self.rules, strict=True):
            for place, index in enumerate(places(params.get(name))):
                found[index] = rule, place
        return found

    def linear_inputs(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Sequence[int]:
        """The inputs that it is linear in."""
        if self.linear == "no":
            return ()
        differentiated = [k for k, (rule, _) in enumerate(self.rules_for(inputs, params)) if rule is not None]
        return differentiated[:1] if self.linear == "first" else differentiated

    @lru_cache(maxsize=MOST)  # noqa: B019 - operations last, and it forgets
    def listed(self, lengths: tuple[int, ...]) -> Bound:
        """The params of a call with one list of inputs an argument, of these lengths."""
        places = map(Input, count())
        return Bound({name: list(islice(places, length)) for name, length in zip(self._inputs, lengths, strict=True)})

    def listed_rules(self, params: Bound) -> Iterator[tuple[Rule, slice]]:
        """Of an operation of lists, the rule of each list and where its inputs stand among all."""
        start = 0
        for name, rule in zip(self._inputs, self.rules, strict=True):
            stop = start + len(params[name])
            if isinstance(rule, each):
                yield rule.rule, slice(start, stop)
            start = stop

    # Forward.

    def compute(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """Forward on plain arrays and numbers; object arrays (of Values) record the scalar graph."""
        arrays = [as_array(value) for value in inputs]
        if any(isinstance(array, np.ndarray) and array.dtype == object for array in arrays):
            return self.on_objects(arrays, params)
        return self.evaluate(arrays, params)

    def run(self, function: Forward, inputs: Sequence[Any], params: Mapping[str, Any] | None, *before: Any) -> Any:
        """Call a function that has this operation's signature, behind the arguments ``before``."""
        if not isinstance(params, Bound):
            return function(*before, *inputs, **(params or NOTHING))
        args, kwargs = self.arguments(inputs, params)
        return function(*before, *args, **kwargs)

    def evaluate(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """The forward function on plain operands; of several outputs, the one that the params are of."""
        result = self.run(self.forward, inputs, params)
        return result[params.index] if isinstance(params, Output) else result

    def output_params(self, params: Mapping[str, Any], index: int, outputs: tuple[Any, ...]) -> Output:
        """Of a call with these params, those of one output."""
        arguments = (
            params
            if isinstance(params, Bound)
            else {name: Input(k) for k, name in enumerate(self._inputs)} | dict(params)
        )
        return Output(arguments, index, outputs)

    def on_objects(self, arrays: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """Element by element for an elementwise operation, else the forward function on object arrays."""
        if "dtype" in (params or {}):
            raise TypeError(f"{self.name}: dtype= has no meaning for Values, which are Python floats: leave it out")
        if not self.is_elementwise:
            return self.run(self.scalars or self.forward, arrays, params)
        each_one: Callable[..., Any] = lambda *xs: self.run(self, xs, params)  # noqa: E731
        if self.method and len(arrays) == 1 and not params and len(kinds := set(map(type, arrays[0].flat))) == 1:
            each_one = getattr(kinds.pop(), self.name, each_one)  # a Value's own method is quicker
        return np.frompyfunc(each_one, len(arrays), 1)(*arrays)

    def partial(self, k: int, y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """The local derivative of an elementwise operation by an input k that has a rule."""
        before = (y,) if self.has_partials else (1, y)
        ((_, slope),) = self.run_rules([k], inputs, params, *before)
        return slope

    def run_rules(
        self, wanted: Iterable[int], inputs: Sequence[Any], params: Mapping[str, Any] | None, *before: Any
    ) -> Iterator[tuple[int, Any]]:
        """What the rule of each of the ``wanted`` inputs that has one gives, behind the arguments ``before``.

        >>> import autograd
        >>> dict(autograd.mul.run_rules([0, 1], [3.0, 4.0], None, 12.0))
        {0: 4.0, 1: 3.0}
        """
        rules = self.rules_for(inputs, params)
        listed: dict[each, Any] = {}
        for k in wanted:
            rule, place = rules[k] if k < len(rules) else (None, 0)
            if isinstance(rule, each):
                if rule not in listed:
                    listed[rule] = self.run(rule.rule, inputs, params, *before)
                yield k, listed[rule](place)
            elif rule is not None:
                try:
                    part = self.run(rule, inputs, params, *before)
                except ArithmeticError:  # 1 / 0 raises for Python's numbers, and is infinite for NumPy's
                    numbers = [np.float64(x) if isinstance(x, int | float) else x for x in inputs]
                    with np.errstate(all="ignore"):
                        part = self.run(rule, numbers, params, *before)
                yield k, part


def as_array(value: Any) -> Any:
    """Lists become arrays (of objects, where they hold Values); numbers and arrays stay as they are."""
    if isinstance(value, list | tuple):
        return np.asarray(value)
    return value


def elementwise(
    name: str,
    forward: Forward,
    *rules: Rule | each | None,
    doc: str,
    operator: str | None = None,
    symbol: str | None = None,
    domain: Sequence[Interval] = (),
    kinks: Callable[..., Any] | None = None,
    linear: Linear = "no",
    masks: bool = False,
    method: bool = True,
) -> Op:
    """Enter an operation that works on each element alone.

    ``rules[k](output, *inputs)`` is the partial derivative by input k, or None where there is none (a condition). It
    uses only operators and other operations of the table, so that it can run on numbers, arrays, nodes and symbols
    alike; the names and defaults of its arguments, behind the output, are those of the operation. With ``masks`` it
    lets the gradient through or not: ``rules[k](g, output, *inputs)`` is what becomes of the gradient ``g``, and what
    is stopped stops NaN too.

    ``domain`` holds an open interval for each input, on which the rules hold; ``kinks`` is a function of the inputs
    that is zero where there is no derivative. ``linear`` is as in `primitive`. With ``method=False`` an operation of
    one input is no method of nodes.

    Raises `ValueError` for a name that is taken or no identifier, and for rules whose arguments are not the same.

    >>> import autograd
    >>> double = autograd.elementwise("double", lambda x: 2 * x, lambda y, x: 2, doc="doubles the gradient")
    >>> x = autograd.Value(5.0)
    >>> double(x).backward()
    >>> x.grad
    2.0
    >>> autograd.remove("double")
    """
    if masks and (linear != "no" or any(isinstance(rule, each) for rule in rules)):
        raise ValueError(f"{name}: masks= says linear jointly, with one rule an input: leave linear= and each out")
    return _enter(
        Op(
            name,
            forward,
            rules,
            signature_of(name, rules, forward, before=2 if masks else 1),
            is_elementwise=True,
            doc=doc,
            operator=operator,
            symbol=symbol or operator or name,
            domain=tuple(domain),
            kinks=kinks,
            linear="jointly" if masks else linear,
            masks=masks,
            method=method,
        )
    )


def primitive(
    name: str,
    forward: Forward,
    *rules: Rule | each | None,
    doc: str,
    operator: str | None = None,
    symbol: str | None = None,
    linear: Linear = "no",
    masks: bool = False,
    shape: Callable[..., tuple[int, ...]] | None = None,
    scalars: Forward | None = None,
    kinks: Callable[..., Any] | None = None,
    method: bool = True,
) -> Op:
    """Enter an operation that mixes elements: a sum, a reshape, a matrix product.

    ``rules[k](g, output, *arguments)`` is the vjp of argument k: it takes the gradient ``g`` of the output to that of
    the input. The first arguments are inputs, one rule each, so that what nobody needs is never computed; the rest are
    params, and have none. `each` makes a rule for a list of inputs, None stands for an input without a derivative, and
    `param` for an argument that is no input, before one that is. The arguments behind ``g`` and the output are those of
    the operation, with their names and defaults: NumPy's.

    ``linear`` says that it is linear in its differentiated inputs: all together (``"jointly"``: a sum, a
    concatenation), each alone (``"separately"``: a sum of products, each of one factor from every input and none
    subtracted), or in the ``"first"`` alone (a quotient). ``masks`` says that the zeros it sends back stand for
    elements that were not used, or that it sends back a part of ``g`` alone; ``shape`` is the shape of the output,
    from a call with shapes in the places of inputs; ``scalars`` is the forward function for object arrays of Values,
    where ``forward`` does not run on them. ``kinks`` and ``method`` are as in `elementwise`.

    Raises `ValueError` as `elementwise` does, and for a ``shape`` or forward function with other names or defaults.

    >>> import autograd
    >>> flip = autograd.primitive("flip", lambda x: x[::-1], lambda g, y, x: g[::-1], doc="flips it back")
    >>> x = autograd.Tensor([1.0, 2.0, 3.0])
    >>> (flip(x) * [1, 10, 100]).sum().backward()
    >>> x.grad
    array([100.,  10.,   1.])
    >>> autograd.remove("flip")
    """
    signature = signature_of(name, rules, forward, before=2)
    if shape is not None:
        check_shape(name, signature, shape)
    return _enter(
        Op(
            name,
            forward,
            rules,
            signature,
            is_elementwise=False,
            doc=doc,
            operator=operator,
            symbol=symbol or operator or name,
            kinks=kinks,
            scalars=scalars,
            linear=linear,
            masks=masks,
            shape=shape,
            method=method,
        )
    )


def op_of(node: Any) -> Op:
    """The operation of a node, or of a formula, that is known to be no leaf."""
    op: Op | None = node.op
    assert op is not None
    return op


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
    Op.listed.cache_clear()


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
    if op.name in _table:
        raise ValueError(f"the table already has an operation named {op.name!r}: choose another, or remove() it first")
    for install in _installers:  # the first of them refuses a method that nodes have already
        install(op)
    _table[op.name] = op
    if isinstance(op.forward, np.ufunc) or (op.forward.__module__ or "").startswith("numpy"):
        _overrides.setdefault(op.forward, op)  # a second operation on one NumPy function leaves it to the first
    return op
