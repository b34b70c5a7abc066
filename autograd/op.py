"""What an operation is: a forward function and its derivative, written once, and the table of all of them."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count, islice
from typing import Any, Literal

import numpy as np

from autograd import accept
from autograd.binding import Binding
from autograd.borrowed import borrowed_as
from autograd.call import NOTHING, Bound, Input, Output, places, static
from autograd.checked import checked_forward, checked_rule
from autograd.entry import expect_entry
from autograd.errors import DTypeError, short_repr
from autograd.failure import FAILURES, fail
from autograd.signature import Forward, Rule, check_function, check_numeric, each, signature_of

Interval = tuple[float, float]
Linear = Literal["no", "first", "jointly", "separately"]

_table: dict[str, Op] = {}
_overrides: dict[Any, Callable[..., Any]] = {}
_overrides_given: dict[Any, dict[str, Callable[..., Any]]] = {}
_installers: list[Callable[[Op], None]] = []
_uninstallers: list[Callable[[Op], None]] = []

#: What refuses a person's entry that is plainly wrong. It runs rules on nodes, and so stands below: see `tried`.
trials: list[Callable[[Op], None]] = []

#: Every operation by name, read-only: ``table["tanh"]``. New entries come from `elementwise` and `primitive`.
table: Mapping[str, Op] = types.MappingProxyType(_table)

#: What NumPy's functions do on our objects, read-only. New entries come with operations, and from `override`.
overrides: Mapping[Any, Callable[..., Any]] = types.MappingProxyType(_overrides)

LISTS = frozenset({list, tuple})


#: Python's numbers, which raise where NumPy's are infinities or NaNs, and have no dtype.
PYTHON = frozenset({bool, int, float})

FLOAT64 = np.dtype(np.float64)

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
    rules: tuple[Rule | each | None, ...]  #: one an input, in order; None: one that has no derivative; run on numbers
    signature: inspect.Signature  #: NumPy's names, order and defaults
    is_elementwise: bool
    doc: str  #: one sentence on what the gradient does
    operator: str | None = None  #: as Python writes it: "*", "-x", "abs(x)", "[]"
    symbol: str = ""  #: short text for pictures
    domain: tuple[Interval, ...] = ()  #: per input, the open interval on which the rule holds; empty: everywhere
    kinks: Callable[..., Any] | None = None  #: not differentiable where this is zero
    scalars: Forward | None = None  #: forward for object arrays of Values, where it is another one
    linear: Linear = "no"  #: in its differentiated inputs: all together, each alone, or in the first alone
    masks: bool | Callable[..., bool] = False  #: whether a zero, or nothing, sent back is no number: not even NaN flows
    shape: Callable[..., tuple[int, ...]] | None = None  #: of the output, from shapes in the places of the inputs
    batched: Callable[..., Any] | None = None  #: of many calls at once, each input with one axis more in front
    is_activation: bool = False  #: whether neurons have it behind their sums, as tanh; what losses alone have is none
    method: bool = True  #: whether nodes have it as a method: if one input must be given, and no list
    textbook: tuple[Rule | each | None, ...] = ()  #: the rules as people read them; empty: as they are
    is_flat: bool = field(init=False)  #: whether it has no derivative at all, as a comparison
    has_partials: bool = field(init=False)  #: whether its rules are partial derivatives; those of any other are vjps
    computes: bool = field(init=False)  #: whether it takes truth values for 0 and 1; others move and count them
    takes_params: bool = field(init=False)  #: whether it has arguments that are no inputs
    binding: Binding = field(init=False)  #: its calls, as inputs and params

    def __post_init__(self) -> None:
        put = object.__setattr__
        binding = Binding(self.name, self.signature, self.rules)
        put(self, "binding", binding)
        has_other = self.textbook and tuple(self.textbook) != tuple(self.rules)
        textbook = Binding(self.name, self.signature, self.textbook).rules if has_other else binding.rules
        put(self, "is_flat", not any(self.rules))
        put(self, "has_partials", self.is_elementwise and not self.masks)
        put(self, "computes", self.has_partials or self.linear != "jointly")
        checked = {id(rule): checked_rule(self.name, rule, self.has_partials) for rule in (*binding.rules, *textbook)}
        put(self, "rules", tuple([checked[id(rule)] for rule in binding.rules]))
        put(self, "textbook", tuple([checked[id(rule)] for rule in textbook]))
        for which in ("forward", "scalars"):
            if (function := getattr(self, which)) is not None:
                put(self, which, checked_forward(self.name, function, len(self.rules), self.is_elementwise))
        put(self, "takes_params", bool(binding.params))
        required = len(self.rules) - len(self.defaults)
        put(self, "method", self.method and binding.is_plain and required == 1)

    @property
    def is_numpys(self) -> bool:
        """Whether its forward function is one of NumPy's, as it stands."""
        return isinstance(self.forward, np.ufunc) or (self.forward.__module__ or "").startswith("numpy")

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For IPython and Hypothesis, which else show every field: a strategy of all operations is long."""
        printer.text(repr(self))

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return named, (self.name,)  # copied and pickled by name: there is one of each

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        binding = self.binding
        if binding.fewest <= len(args) <= binding.most and binding.is_numeric(args, kwargs):
            try:
                return self.forward(*args, **kwargs)
            except (*FAILURES, AttributeError):
                pass  # the general way says what failed
        if len(args) == binding.inputs_alone and not kwargs:
            for x in args:
                if x is None:
                    break
            else:
                return self.apply(args, NOTHING)
        if binding.takes_lists and not kwargs and len(args) == len(self.rules) and LISTS.issuperset(map(type, args)):
            lengths = tuple(map(len, args))
            record = self.recorder(args, lengths)
            return self.apply(list(chain(*args)), self.listed(lengths)) if record is None else record(*args)
        return self.apply(*binding.bind(args, kwargs))

    def apply(self, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Do a call that is bound already: what the inputs are says what happens."""
        if len(inputs) == 1:
            interpret = getattr(type(inputs[0]), "_interpret", None)
            return self.compute(inputs, params) if interpret is None else interpret(self, inputs, params)
        interpret, outermost = None, 0
        for kind in map(type, inputs) if len(inputs) < 4 else set(map(type, inputs)):
            found = getattr(kind, "_interpret", None)
            if found is not None and kind._encloses >= outermost:  # type: ignore[attr-defined]  # it holds the others
                interpret, outermost = found, kind._encloses  # type: ignore[attr-defined]
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
        return len(self.rules) if self.binding.is_plain else None

    @property
    def params(self) -> tuple[str, ...]:
        """The names of the arguments that are no inputs."""
        return self.binding.params

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The inputs that may be left out, and what then stands for them."""
        return {name: value for name, value in self.binding.defaults.items() if name in self.binding.inputs}

    def rules_for(
        self, inputs: Sequence[Any], params: Mapping[str, Any] | None, textbook: bool = False
    ) -> Sequence[tuple[Any, int]]:
        """For each input its rule (None: it has no derivative), and its place where the argument is a list."""
        rules = self.textbook if textbook else self.rules
        if not isinstance(params, Bound):
            return [(rule, 0) for rule in rules]
        found: list[tuple[Any, int]] = [(None, 0)] * len(inputs)
        for name, rule in zip(self.binding.inputs, rules, strict=True):
            for place, index in enumerate(places(params.get(name))):
                found[index] = rule, place
        return found

    def linear_inputs(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Sequence[int]:
        """The inputs that it is linear in."""
        if self.linear == "no":
            return ()
        differentiated = [k for k, (rule, _) in enumerate(self.rules_for(inputs, params)) if rule is not None]
        return differentiated[:1] if self.linear == "first" else differentiated

    def is_masking(self, params: Mapping[str, Any] | None) -> bool:
        """Whether zeros that a call with these params sends back may stand for elements that were not used."""
        return self.masks(**static(params)) if callable(self.masks) else self.masks

    @lru_cache(maxsize=MOST)  # noqa: B019 - operations last, and it forgets
    def listed(self, lengths: tuple[int, ...]) -> Bound:
        """The params of a call with one list of inputs an argument, of these lengths."""
        places = map(Input, count())
        return Bound(
            {name: list(islice(places, length)) for name, length in zip(self.binding.inputs, lengths, strict=True)}
        )

    def listed_rules(self, params: Bound) -> Iterator[tuple[Rule, slice]]:
        """Of an operation of lists, the rule of each list and where its inputs stand among all."""
        start = 0
        for name, rule in zip(self.binding.inputs, self.rules, strict=True):
            stop = start + len(params[name])
            if isinstance(rule, each):
                yield rule.rule, slice(start, stop)
            start = stop

    # Forward.

    def compute(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """Forward on plain arrays and numbers; object arrays (of Values) record the scalar graph."""
        rules = self.rules_for(inputs, params)
        arrays = [
            as_array(x, self.name) if rule is None else as_floats(x, self.name)
            for x, (rule, _) in zip(inputs, rules, strict=True)
        ]
        if any(map(is_objects, arrays)):
            return self.on_objects(arrays, params)
        numbers = [k for k, (rule, _) in enumerate(rules) if rule is not None] if self.computes else []
        if all(is_truth(arrays[k]) for k in numbers):  # beside a float, NumPy takes them for numbers itself
            for k in numbers:
                arrays[k] = accept.numbers(arrays[k], self.name)
        if not self.is_elementwise:  # its forward function may ask for a shape
            arrays = [x if hasattr(x, "shape") else accept.real(x, self.name)[()] for x in arrays]
        return self.evaluate(arrays, params)

    def run(self, function: Forward, inputs: Sequence[Any], params: Mapping[str, Any] | None, *before: Any) -> Any:
        """Call a function that has this operation's signature, behind the arguments ``before``."""
        if not params:
            return function(*before, *inputs)
        if not isinstance(params, Bound):
            return function(*before, *inputs, **params)
        args, kwargs = self.binding.arguments(inputs, params)
        return function(*before, *args, **kwargs)

    def evaluate(self, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """The forward function on plain operands; of several outputs, the one that the params are of."""
        result = self.attempt(self.forward, inputs, params)
        return result[params.index] if isinstance(params, Output) else result

    def attempt(self, function: Forward, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """The same; where it fails, the error says of what operation, and why."""
        try:
            return self.run(function, inputs, params)
        except FAILURES as error:
            fail(self.binding, inputs, params, error)

    def output_params(self, params: Mapping[str, Any], index: int, outputs: tuple[Any, ...]) -> Output:
        """Of a call with these params, those of one output."""
        arguments = (
            params
            if isinstance(params, Bound)
            else {name: Input(k) for k, name in enumerate(self.binding.inputs)} | dict(params)
        )
        return Output(arguments, index, outputs)

    def on_objects(self, arrays: Sequence[Any], params: Mapping[str, Any] | None) -> Any:
        """Element by element for an elementwise operation, else the forward function on object arrays."""
        if "dtype" in (params or {}):
            raise DTypeError(f"{self.name}: dtype= has no meaning for Values, which are Python floats: leave it out")
        if not self.is_elementwise:
            arrays = [x if is_objects(x) else accept.real(x, self.name) for x in arrays]  # a number beside them, too
            return self.attempt(self.scalars or self.forward, arrays, params)
        each_one: Callable[..., Any] = lambda *xs: self.run(self, xs, params)  # noqa: E731
        if self.method and len(arrays) == 1 and not params:
            kinds = set(map(type, accept.elements(arrays[0])))
            if len(kinds) == 1:
                each_one = getattr(kinds.pop(), self.name, each_one)  # a Value's own method is quicker
        elements = np.frompyfunc(each_one, len(arrays), 1)
        result = self.attempt(lambda *_, **__: elements(*arrays), arrays, params)
        # Truths as objects would be inverted as the integers they are: ~True is -2.
        return np.asarray(result, bool) if self.is_flat and are_truths(result) else result

    def partial(
        self, k: int, y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None, textbook: bool = False
    ) -> Any:
        """The local derivative of an elementwise operation by an input k that has a rule."""
        ((_, slope),) = self.partials([k], y, inputs, params, textbook)
        return slope

    def partials(
        self,
        wanted: Iterable[int],
        y: Any,
        inputs: Sequence[Any],
        params: Mapping[str, Any] | None,
        textbook: bool = False,
    ) -> list[tuple[int, Any]]:
        """The same for each of the ``wanted`` inputs that has a rule, with what a list of them shares computed once."""
        before = (y,) if self.has_partials else (1, y)
        return self.run_rules(wanted, inputs, params, *before, textbook=textbook)

    def run_rules(
        self,
        wanted: Iterable[int],
        inputs: Sequence[Any],
        params: Mapping[str, Any] | None,
        *before: Any,
        textbook: bool = False,
    ) -> list[tuple[int, Any]]:
        """What the rule of each of the ``wanted`` inputs that has one gives, behind the arguments ``before``.

        It is the form for numbers, unless the ``textbook`` one is asked for, which people read.

        >>> import autograd
        >>> autograd.mul.run_rules([0, 1], [3.0, 4.0], None, 12.0)
        [(0, 4.0), (1, 3.0)]
        """
        dtype = getattr(before[-1], "dtype", None)
        if self.is_elementwise and dtype is not None:
            inputs = [beside(x, dtype) for x in inputs]
        if not params or not isinstance(params, Bound):  # each input has a rule of its own
            rules: Sequence[Any] = self.textbook if textbook else self.rules
            return [(k, self.run_rule(rule, inputs, params, *before)) for k in wanted if (rule := rules[k]) is not None]
        found = self.rules_for(inputs, params, textbook)
        listed: dict[each, Any] = {}
        parts = []
        for k in wanted:
            rule, place = found[k]
            if isinstance(rule, each):
                if rule not in listed:
                    listed[rule] = self.run(rule.rule, inputs, params, *before)
                parts.append((k, listed[rule](place)))
            elif rule is not None:
                parts.append((k, self.run_rule(rule, inputs, params, *before)))
        return parts

    def run_rule(self, rule: Rule, inputs: Sequence[Any], params: Mapping[str, Any] | None, *before: Any) -> Any:
        """What a rule gives. Where Python raises, as for 1 / 0, its numbers are NumPy's: infinities and NaNs."""
        try:
            return self.run(rule, inputs, params, *before) if params else rule(*before, *inputs)
        except ArithmeticError:
            if not any(x.__class__ in PYTHON for x in inputs):
                raise
            with np.errstate(all="ignore"):
                given, numbers = numpys(before), numpys(inputs)
                return self.run(rule, numbers, params, *given)


def numpys(operands: Sequence[Any]) -> list[Any]:
    """Python's numbers as NumPy's, which divide by zero."""
    return [np.float64(x) if isinstance(x, int | float) and x.__class__ in PYTHON else x for x in operands]


def beside(x: Any, dtype: np.dtype[Any]) -> Any:
    """An operand of an elementwise operation, as a rule has it where the output is of this dtype.

    A rule may compute with one operand alone, 1 / y, and so must have no fewer digits than the output, nor more: 0.1
    beside float32 is the float32 next to it.

    >>> beside(0.5, np.dtype("f4")), beside(0.1, np.dtype("f4")), beside(np.float32(3), np.dtype("f8"))
    (0.5, np.float32(0.1), np.float64(3.0))
    """
    if x.__class__ in PYTHON:
        if dtype is FLOAT64 or dtype.kind != "f" or (x.__class__ is int and -1000 < x < 1000):
            return x
        number = dtype.type(x)
        return x if float(number) == x else number  # compared by Python: NumPy would round the other too
    own = getattr(x, "dtype", dtype)
    if own is dtype or own == dtype or own.kind not in "fiu" or dtype.kind != "f":
        return x
    return x.astype(dtype)


def are_truths(x: Any) -> bool:
    """Whether an array of objects holds plain truths alone, and no nodes."""
    return isinstance(x, np.ndarray) and x.size > 0 and all(isinstance(each, bool | np.bool_) for each in x.flat)


def is_objects(x: Any) -> bool:
    """Whether it is an array of objects: of Values, once its elements were looked at."""
    return isinstance(x, np.ndarray) and x.dtype == object


def as_array(value: Any, name: str) -> Any:
    """Lists become arrays (of objects, where they hold Values); numbers and arrays stay as they are."""
    if isinstance(value, list | tuple) or is_objects(value):
        return accept.real_array(value, name)
    return value


def as_floats(value: Any, name: str) -> Any:
    """The same for an input that has a derivative, which is a real number: integers, which wrap around, become floats.

    >>> as_floats(3, "mul"), as_floats([1, 2], "mul"), as_floats(np.float32(3), "mul")
    (3.0, array([1., 2.]), np.float32(3.0))
    """
    value = as_array(value, name)
    if value.__class__ is int:
        return accept.number(value, name)
    dtype = getattr(value, "dtype", None)
    return accept.numbers(value, name) if dtype is not None and dtype.kind in "iu" else value


def is_truth(x: Any) -> bool:
    """Whether it is True or False, or an array of these: NumPy keeps few digits of what it computes of them alone.

    >>> is_truth(True), is_truth(np.array([True])), is_truth(1.0)
    (True, True, False)
    """
    return x.__class__ is bool or getattr(x, "dtype", None) == np.bool_


def elementwise(
    name: str,
    forward: Forward,
    *rules: Rule | each | None,
    doc: str,
    numeric: Sequence[Rule | each | None] = (),
    operator: str | None = None,
    symbol: str | None = None,
    domain: Sequence[Interval] = (),
    kinks: Callable[..., Any] | None = None,
    linear: Linear = "no",
    masks: bool = False,
    activation: bool = False,
    method: bool = True,
    check: bool = True,
) -> Op:
    """Enter an operation that works on each element alone.

    ``rules[k](output, *inputs)`` is the partial derivative by input k, or None where there is none (a condition). It
    uses only operators and other operations of the table, so that it can run on numbers, arrays, nodes and symbols
    alike; the names and defaults of its arguments, behind the output, are those of the operation. With ``masks`` it
    lets the gradient through or not: ``rules[k](g, output, *inputs)`` is what becomes of the gradient ``g``, and what
    is stopped stops NaN too.

    ``numeric`` holds, for each of the rules, another form that all numbers come from, or None. It is for a rule that
    people know but that rounds away what it says: 1 − tanh²(x) is 0 where tanh(x) is 1 but for its last digit.

    ``domain`` holds an open interval for each input, on which the rules hold; ``kinks`` is a function of the inputs
    that is zero where there is no derivative. ``linear`` is as in `primitive`. With ``activation`` it is what neurons
    have behind their sums: pictures name it so. With ``method=False`` an operation of one input is no method of nodes.

    What is said here is tried at a few points, for params at other numbers than their defaults too, so that what is
    plainly wrong is refused: a forward function that mixes elements, or is no number anywhere in ``domain``; rules that
    do not give its slopes, as differences tell them, or cannot be differentiated again; None for an input on which it
    depends smoothly; a ``linear`` that is not so. With ``check=False`` it is not, for a gradient that is meant to be
    another, as one that passes through a rounding. What has a param that must be given is not tried, nor what needs an
    operation that is entered later. (Rules of this project have their tests.)

    Raises `ValueError` for what is plainly wrong, a name or an operator that is taken, a name that is no identifier,
    settings that mean nothing, and rules whose arguments are not the same, or not one for each; `DTypeError` and
    `ShapeError` for functions that give no numbers, or of other shapes.

    >>> import autograd
    >>> double = autograd.elementwise("double", lambda x: 2 * x, lambda y, x: 2, doc="doubles the gradient")
    >>> x = autograd.Value(5.0)
    >>> double(x).backward()
    >>> x.grad
    2.0
    >>> autograd.remove("double")
    """
    settings = {"doc": doc, "operator": operator, "symbol": symbol, "domain": domain, "kinks": kinks, "linear": linear}
    flags = {"masks": masks, "activation": activation, "method": method, "check": check}
    expect_entry(name, forward, [*rules, *numeric], settings | flags)
    if masks and (linear != "no" or any(isinstance(rule, each) for rule in rules)):
        raise ValueError(f"{name}: masks= says linear jointly, with one rule an input: leave linear= and each out")
    before = 2 if masks else 1
    signature = signature_of(name, rules, forward, before)
    op = Op(
        name,
        forward,
        numeric_rules(name, signature, rules, numeric, before),
        signature,
        is_elementwise=True,
        textbook=rules,
        doc=doc,
        operator=operator,
        symbol=symbol or operator or name,
        domain=tuple(domain),
        kinks=kinks,
        linear="jointly" if masks else linear,
        masks=masks,
        is_activation=activation,
        method=method,
    )
    return _enter(op, check)


def primitive(
    name: str,
    forward: Forward,
    *rules: Rule | each | None,
    doc: str,
    numeric: Sequence[Rule | each | None] = (),
    operator: str | None = None,
    symbol: str | None = None,
    linear: Linear = "no",
    masks: bool | Callable[..., bool] = False,
    shape: Callable[..., tuple[int, ...]] | None = None,
    batched: Callable[..., Any] | None = None,
    scalars: Forward | None = None,
    kinks: Callable[..., Any] | None = None,
    method: bool = True,
    check: bool = True,
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
    elements that were not used, or that it sends back a part of ``g`` alone: of every call, or of those whose params
    it says True of. ``shape`` is the shape of the output, from a call with shapes in the places of inputs; ``scalars``
    is the forward function for object arrays of Values, where ``forward`` does not run on them. ``batched`` makes many
    calls at once, for Jacobians: each input is an array with one axis more in front, as long as there are calls, or of
    length 1 where all share it, and the result has that axis too; it uses operations of the table alone, and gives
    NotImplemented for calls that it cannot say. ``kinks``, ``method`` and ``numeric`` are as in `elementwise`.

    As there, what is plainly wrong is refused, unless ``check=False``: it is tried with arrays of a few small shapes,
    of those that the forward function takes.

    Raises `ValueError` as `elementwise` does, and for another function given whose names or defaults are not theirs.

    >>> import autograd
    >>> reverse = autograd.primitive("reverse", lambda x: x[::-1], lambda g, y, x: g[::-1], doc="turns it around")
    >>> x = autograd.Tensor([1.0, 2.0, 3.0])
    >>> (reverse(x) * [1, 10, 100]).sum().backward()
    >>> x.grad
    array([100.,  10.,   1.])
    >>> autograd.remove("reverse")
    """
    settings = {"doc": doc, "operator": operator, "symbol": symbol, "kinks": kinks, "linear": linear, "masks": masks}
    functions = {"shape": shape, "batched": batched, "scalars": scalars}
    expect_entry(name, forward, [*rules, *numeric], settings | functions | {"method": method, "check": check})
    signature = signature_of(name, rules, forward, before=2)
    run = numeric_rules(name, signature, rules, numeric, before=2)
    if shape is not None:
        check_function(name, "shape", signature, shape)
    if batched is not None:
        check_function(name, "batched", signature, batched)
    if callable(masks):
        check_function(name, "masks", signature, masks)
    return _enter(
        Op(
            name,
            forward,
            run,
            signature,
            is_elementwise=False,
            textbook=rules,
            doc=doc,
            operator=operator,
            symbol=symbol or operator or name,
            kinks=kinks,
            scalars=scalars,
            linear=linear,
            masks=masks,
            shape=shape,
            batched=batched,
            method=method,
        ),
        check,
    )


def numeric_rules(
    name: str,
    signature: inspect.Signature,
    rules: Sequence[Rule | each | None],
    numeric: Sequence[Rule | each | None],
    before: int,
) -> tuple[Rule | each | None, ...]:
    """The rules in the forms that numbers come from.

    Raises `ValueError` unless there is one for each rule, with its arguments, or None.
    """
    if not numeric:
        return tuple(rules)
    if len(numeric) != len(rules):
        raise ValueError(
            f"{name}: expected a numeric form of each of the {len(rules)} rules, or None, got {len(numeric)}"
        )
    for form in numeric:
        if form is not None:
            check_numeric(name, signature, form, before)
    return tuple(rule if form is None else form for rule, form in zip(rules, numeric, strict=True))


def op_of(node: Any) -> Op:
    """The operation of a node, or of a formula, that is known to be no leaf."""
    op: Op | None = node.op
    assert op is not None
    return op


def named(name: str) -> Op:
    """The operation of that name."""
    if name not in _table:
        raise KeyError(f"the table has no operation named {short_repr(name)}")
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


def override(function: Callable[..., Any], implementation: Callable[..., Any], *, given: Iterable[str] = ()) -> None:
    """Let NumPy code that calls ``function`` on our objects reach ``implementation`` instead.

    With ``given``, those calls do that have an argument of one of these names. A ufunc of a package that need not be
    there is named by `borrowed`.
    """
    if given:
        _overrides_given.setdefault(function, {}).update(dict.fromkeys(given, implementation))
    else:
        _overrides[function] = implementation


def override_of(function: Callable[..., Any], given: Iterable[str] = ()) -> Callable[..., Any] | None:
    """What NumPy's ``function`` does on our objects: mostly the operation with that forward function."""
    if given and (others := _overrides_given.get(function)) is not None:
        for name in given:
            if name in others:
                return others[name]
    found = _overrides.get(function)
    return _overrides.get(borrowed_as(function)) if found is None else found


def overridden_by(op: Op) -> list[Callable[..., Any]]:
    """NumPy's functions that do nothing else than this operation on our objects.

    >>> import autograd
    >>> overridden_by(autograd.tanh)
    [<ufunc 'tanh'>]
    """
    return [function for function, implementation in _overrides.items() if implementation is op]


def on_entry(install: Callable[[Op], None], uninstall: Callable[[Op], None] | None = None) -> None:
    """Call ``install`` for every operation of the table, those to come included; ``uninstall`` for one that goes."""
    _installers.append(install)
    if uninstall is not None:
        _uninstallers.append(uninstall)
    for op in _table.values():
        install(op)


def _enter(op: Op, check: bool = False) -> Op:
    if op.name in _table:
        raise ValueError(f"the table already has an operation named {op.name!r}: choose another, or remove() it first")
    for other in _table.values():
        if op.operator is not None and op.operator == other.operator:
            raise ValueError(f"{op.name}: the operator {op.operator} is that of {other.name}: leave operator= out")
    for trial in trials if check else ():
        trial(op)
    for install in _installers:  # the first of them refuses a method that nodes have already
        install(op)
    _table[op.name] = op
    if op.is_numpys:
        _overrides.setdefault(op.forward, op)  # a second operation on one NumPy function leaves it to the first
    return op
