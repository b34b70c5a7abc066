"""Straight Python for one operation: the code that Values and Tensors run, written by running rules on Symbols.

A rule is written once, in the table. Run on Symbols it gives a formula, and the formula gives the text of a
function on floats, or on arrays; each function that ends in ``_source`` shows such a text. Nothing here
knows a derivative.

At the edges of a function (1/0, log 0, exp 1000) Python raises where NumPy gives an infinity or a NaN and
warns. There, and for an operation that has no Python text, the rule runs on NumPy numbers instead: so a
Value and a Tensor agree everywhere.
"""

from __future__ import annotations

import linecache
import re
import weakref
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from autograd import accept
from autograd.call import NOTHING, Bound
from autograd.compile.reads import Live, Reads, is_fixed
from autograd.errors import ShapeError, short_repr
from autograd.notation.arrays import called, in_rules, on_arrays
from autograd.notation.floats import NAMESPACE, on_floats
from autograd.notation.printer import Printed, operations
from autograd.notation.python import Spelling, Untranslatable, python
from autograd.notation.symbol import Symbol
from autograd.op import Op, beside, op_of, table
from autograd.ops.arithmetic import mul
from autograd.ops.compare import where
from autograd.ops.corners import larger
from autograd.signature import each

NAMES = ("x", "y", "v", "w")

#: How the number of a node is got from it, in generated code.
DATA = "{}._number"

#: What gives one of its operands as it is, and from which of them on.
HANDS_ON: Mapping[Callable[..., Any], int] = {
    **dict.fromkeys((np.maximum, np.minimum, np.fmax, np.fmin), 0),
    **dict.fromkeys((np.where, np.heaviside), 1),
    larger.forward: 2,
}

#: Whether an operand is a number that can be taken as it is: a float holds it. Python compares small ints quicker.
SMALL = 2**30 - 1
NUMBER = f"kind is float or (kind is int and {-SMALL} <= {{}} <= {SMALL})"

#: What Python raises where NumPy gives an infinity or a NaN.
EDGE = (ArithmeticError, ValueError)

Evaluate = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Source:
    """The text of a function, and what it has to be given by name."""

    text: str
    names: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text


class Formulas:
    """The formulas of one elementwise operation, ready to be written for one backend."""

    def __init__(self, op: Op, spelling: Spelling) -> None:
        if not op.is_elementwise:
            raise Untranslatable("it mixes elements: its rules are called as they are")
        parameters = op.signature.parameters
        must = any(parameters[name].default is parameters[name].empty for name in op.params)
        if must or op.arity is None or op.arity > len(NAMES):
            raise Untranslatable("it has more than a few inputs, or others")
        self.op, self.spelling, self.reads = op, spelling, Reads()
        inputs = [Live(name) for name in NAMES[: op.arity]]
        #: The output in x and y; the slope by each of them in z, x and y, or None; or what becomes of g.
        self.output = self.number(self.spelled(Symbol("", (), op, tuple(inputs))), is_kept=True)
        before = [Live("g") if spelling is not on_floats else 1, Live("z")] if op.masks else [Live("z")]
        self.slopes = [
            None if rule is None else self.number(self.spelled(self.reads.trace(rule, *before, *inputs)))  # type: ignore[arg-type]
            for rule in op.rules
        ]

    def number(self, formula: Any, is_kept: bool = False) -> Any:
        """What is True as a float, as it would be shown; and what is kept, also where an integer is handed on as it is.

        A slope that is one comes to nothing else: what it is multiplied by is a float.
        """
        if self.spelling is not on_floats or self.op.is_flat:
            return formula
        if not isinstance(formula, Symbol):
            return None if formula is None else float(formula)
        if formula.op is not None and formula.op.is_flat:
            return where(formula, 1.0, 0.0)
        if formula.op is where:
            condition, *branches = formula.inputs
            formula = where(condition, *(self.number(x) if isinstance(x, Symbol) else x for x in branches))
        return Live("", (), mul, (formula, 1.0)) if is_kept and self.may_be_integer(formula) else formula

    def may_be_integer(self, x: Any) -> bool:
        """Whether it is True, False or an integer for some operands: a constant beside a Value may be one."""
        if not isinstance(x, Symbol):
            return isinstance(x, int)
        if x.op is None:
            return self.op.arity != 1 and x.name in NAMES
        handed_on = x.inputs[HANDS_ON[x.op.forward] :] if x.op.forward in HANDS_ON else ()
        return x.op.is_flat or any(map(self.may_be_integer, handed_on))

    def spelled(self, formula: Any) -> Any:
        """The formula in operations that have a spelling: any other is replaced by what its forward function does."""
        made: dict[int, Any] = {}
        for part in operations([formula]):
            op, inputs = op_of(part), [made.get(id(x), x) for x in part.inputs]
            params = {name: made.get(id(x), x) for name, x in part.params.items()}
            if self.spelling(op) is not None:
                made[id(part)] = Live("", (), op, tuple(inputs), params)
            elif isinstance(op.forward, np.ufunc) or params or not op.is_elementwise:
                raise Untranslatable(f"{op.name} has no spelling")
            else:
                made[id(part)] = self.spelled(self.reads.trace(op.forward, *inputs))
        return made.get(id(formula), formula)

    def code(self, *formulas: Any) -> tuple[str, list[str]]:
        """Lines for what the formulas share, then an expression for each."""
        result = python(formulas, self.spelling)
        return lines(result), list(result.formulas)

    def look_up(self, fallback: str) -> str:
        """Lines that look up what the rules read, and leave to the rules themselves what they cannot."""
        if not self.reads.places and not self.reads.checks:
            return ""
        wrapped = "float({})" if self.spelling is on_floats else "{}"
        lines = [f"{name} = {wrapped.format(place)}" for place, name in self.reads.places.items()]
        lines.append(f"changed = {' or '.join(self.reads.checks) or False}")
        block = indent("\n".join(lines), 4)
        return f"""\
try:
{block}\
except Exception:
    changed = True
if changed:
    return {fallback}
"""

    def source(self, text: str) -> Source:
        return Source(text, self.reads.names)


def leaves(formulas: Sequence[Any]) -> Iterator[Symbol]:
    """The Symbols that formulas are computed from."""
    for x in chain(formulas, *(part.inputs for part in operations(formulas))):
        if isinstance(x, Symbol) and x.op is None:
            yield x


def lines(result: Printed) -> str:
    """A line for everything that the formulas share."""
    return "".join(f"{name} = {text}\n" for name, text in result.shared)


def indent(block: str, depth: int) -> str:
    return "".join(" " * depth + line + "\n" for line in block.splitlines())


def compiled(name: str, source: Source, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """The one function that the source defines, with the source kept for tracebacks and debuggers while it lives."""
    while _gone:
        forget(*_gone.pop())
    filename = f"<autograd {name}>"
    kept = len(source.text), None, source.text.splitlines(keepends=True), filename
    linecache.cache[filename] = kept
    names = {**NAMESPACE, **namespace, **source.names}
    exec(compile(source.text, filename, "exec"), names)  # the text comes from the table alone
    function: Callable[..., Any] = names["function"]
    function.__name__ = function.__qualname__ = name
    weakref.finalize(function, _gone.append, (filename, kept)).atexit = False
    return function


#: The texts of functions that are gone: dropped later, as a collection may come while the cache is being read.
_gone: list[tuple[str, tuple[Any, ...]]] = []


def forget(filename: str, kept: tuple[Any, ...]) -> None:
    """Drop the text of a function that is gone, unless another one has its name."""
    if linecache.cache.get(filename) is kept:
        del linecache.cache[filename]


def why_not(op: Op) -> str | None:
    """Why the rules of an operation are called as they are; None if they are written out as code.

    >>> import autograd
    >>> why_not(autograd.tanh)
    >>> why_not(autograd.matmul)
    'it mixes elements: its rules are called as they are'
    """
    try:
        Formulas(op, on_floats)
        pull_source(op)
    except Untranslatable as reason:
        return str(reason)
    return None


def not_generated() -> dict[str, str]:
    """Every operation of the table whose rules are not written out as code, and why."""
    reasons = {op.name: why_not(op) for op in table.values()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def evaluator(op: Op) -> Evaluate:
    """A function from floats to the output and the slope by each input.

    >>> import autograd
    >>> evaluator(autograd.mul)(3.0, -4.0)
    (-12.0, -4.0, 3.0)
    >>> evaluator(autograd.tanh)(0.0)
    (0.0, 1.0)
    """

    def by_rules(*values: float) -> tuple[Any, ...]:
        return evaluate_by_rules(op, values, NOTHING)

    names = {"EDGE": EDGE, "edge": Edge(op), "by_rules": by_rules}
    try:
        return compiled(f"{op.name} evaluator", evaluator_source(op), names)
    except Untranslatable:
        return by_rules


PART = """\
try:
{shared}\
    {name} = {text}
except EDGE:
    {name} = edge.{fallback}
"""


def evaluator_source(op: Op) -> Source:
    """The output and each slope apart: at the edge of one, the others are as they would be alone."""
    formulas = Formulas(op, on_floats)
    arguments = ", ".join(NAMES[: op.arity])

    parts: list[str] = []

    def part(name: str, formula: Any, fallback: str) -> str:
        """What stands for a formula: itself, if it is just a name or a number, else the name of what is computed."""
        shared, (text,) = formulas.code(formula)
        if not isinstance(formula, Symbol) or formula.op is None:
            return text
        parts.append(PART.format(shared=indent(shared, 4), name=name, text=text, fallback=fallback))
        return name

    z = part("z", formulas.output, f"output({arguments})")
    slopes = [
        "None" if slope is None else part(f"d{k}", slope, f"slope({k}, {z}, {arguments})")
        for k, slope in enumerate(formulas.slopes)
    ]
    return formulas.source(f"""\
def function({arguments}):
{indent(formulas.look_up(f"by_rules({arguments})"), 4)}\
{indent("".join(parts), 4)}\
    return {", ".join([z, *slopes])},
""")


class Edge:
    """The parts of an operation by NumPy: infinities and NaNs in place of exceptions."""

    def __init__(self, op: Op, params: Mapping[str, Any] = NOTHING) -> None:
        self.op, self.params = op, params

    def output(self, *values: float) -> float:
        """With NumPy's warnings."""
        numbers = list(map(np.float64, values))
        result = accept.expect_real(self.op.attempt(self.op.forward, numbers, self.params), self.op.name)
        if np.ndim(result):
            raise ShapeError(
                f"{self.op.name}: expected one number of one number, got shape {np.shape(result)} with "
                f"{', '.join(f'{name}={short_repr(value)}' for name, value in (self.params or {}).items())}"
            )
        return float(result)

    def slope(self, k: int, z: float, *values: float) -> float:
        """That by input k, which has a rule, where the output is z."""
        with np.errstate(all="ignore"):
            return float(self.op.partial(k, np.float64(z), list(map(np.float64, values)), self.params))


def evaluate_by_rules(op: Op, values: Sequence[float], params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Output and slopes of any call: the forward function and the rules, as they are, on NumPy's numbers."""
    by_numpy = Edge(op, params)
    z = by_numpy.output(*values)
    rules = op.rules_for(values, params)
    return z, *(None if rule is None else by_numpy.slope(k, z, *values) for k, (rule, _) in enumerate(rules))


# The methods of Value. A node is made in line, slot by slot: a call for each would double its cost. Its params
# are left unset, and what is seldom there, a label and a source, shares one slot, which saves memory and the collector
# what it would look at.

NODE = """\
{before}\
z = {z}
{between}\
node = new(Value)
node._number = z
node._grad = UNSET
node.op = op
node._x = {x}
node._dx = {dx}
node._y = {y}
node._dy = {dy}
node._notes = None
"""


def node(formulas: Formulas, x: str, y: str, *tracked: str) -> str:
    """Lines that compute the output, and the slopes of those inputs that are nodes."""
    before, (z,) = formulas.code(formulas.output)
    wanted = [slope for name, slope in zip(NAMES, formulas.slopes, strict=False) if name in tracked]
    between, expressions = formulas.code(*wanted)
    slopes = dict(zip(tracked, expressions, strict=True))
    dx, dy = (slopes.get(name, "None") for name in NAMES[:2])
    return NODE.format(before=before, z=z, between=between, x=x, y=y, dx=dx, dy=dy) + "return node\n"


def unary_source(op: Op) -> Source:
    formulas = Formulas(op, on_floats)
    return formulas.source(f"""\
def function(self):
    if blocks() is None:
{indent(formulas.look_up("general(self)"), 8)}\
        try:
            x = self._number
{indent(node(formulas, "self", "None", "x"), 12)}\
        except EDGE:
            pass
    return general(self)
""")


def binary_source(op: Op) -> Source:
    """The operator. To that of powers Python hands a modulus too; it is None, as what is open, in the quick case."""
    return named_source(op, "other", rest=MODULUS if op.operator == "**" else "")


MODULUS = "modulus"


def optional_source(op: Op) -> Source:
    """The method of an operation whose second input has a default, and so is known by its own name."""
    ((name, value),) = op.defaults.items()
    if re.search(rf"\b{name}\b", named_source(op, "other").text):
        raise Untranslatable(f"generated code has something else of the name {name}")
    return named_source(op, name, f"={value!r}")


def function_source(op: Op) -> Source:
    """A function of one or two inputs, of which the first is a Value."""
    if op.arity not in (1, 2):
        raise Untranslatable(f"{op.name} has {op.arity} inputs")
    return unary_source(op) if op.arity == 1 else named_source(op, "other")


def named_source(op: Op, other: str, default: str = "", rest: str = "") -> Source:
    formulas = Formulas(op, on_floats)
    return formulas.source(f"""\
def function(self, {other}{default}{rest and f", {rest}=None"}):
    if blocks() is {rest or None}:
{indent(formulas.look_up(f"general(self, {other})"), 8)}\
        try:
            kind = {other}.__class__
            if kind is Value:
                x = self._number
                y = {other}._number
{indent(node(formulas, "self", other, "x", "y"), 16)}\
            if {NUMBER.format(other)}:
                x = self._number
                y = {other}
{indent(node(formulas, "self", other, "x"), 16)}\
        except EDGE:
            pass
        if kind is float64:
            return function(self, float({other}){rest and f", {rest}"})
    return general(self, {other}{rest and f", {rest}"})
""")


def reflected_source(op: Op) -> Source:
    formulas = Formulas(op, on_floats)
    return formulas.source(f"""\
def function(self, other):
    kind = other.__class__
    if blocks() is None and ({NUMBER.format("other")}):
{indent(formulas.look_up("general(self, other)"), 8)}\
        try:
            x = other
            y = self._number
{indent(node(formulas, "other", "self", "y"), 12)}\
        except EDGE:
            pass
    return general(self, other)
""")


def comparison_source(op: Op) -> Source:
    template = on_floats(op)
    if template is None:
        raise Untranslatable(f"{op.name} has no spelling")
    return Source(
        f"""\
def function(self, other):
    kind = other.__class__
    if conditional() is None:
        if kind is Value:
            return {template.format("self._number", "other._number")}
        if {NUMBER.format("other")}:
            return {template.format("self._number", "other")}
    return general(self, other)
""",
        {},
    )


def lists_source(op: Op, lengths: Sequence[int], numbers: Sequence[str]) -> Source:
    """A function that records a call with lists of these lengths, in straight code.

    ``numbers`` says of each list how the number of an input is got from it; `DATA` does it for nodes.

    >>> import autograd
    >>> print(lists_source(autograd.sum_of_products, [2, 2], ["{}", DATA]))
    def function(*lists):
        inputs = v0, v1, v2, v3, = *lists[0], *lists[1],
        x0 = v0
        x1 = v1
        x2 = v2._number
        x3 = v3._number
        z = ((x0 * x2) + (x1 * x3))
        node = new(Value)
        node._number = z
        node._grad = UNSET
        node.op = op
        node._x = (v2, v3,)
        node._dx = None
        node._y = inputs
        node._dy = (None, None, x0, x1,)
        node._notes = None
        node._params = params
        return node
    <BLANKLINE>
    """
    rules = [rule.rule for rule in op.rules if isinstance(rule, each)]
    if len(rules) < len(op.rules) or not all(map(is_fixed, [op.forward, *rules])):
        raise Untranslatable("what a person's own rules read is not followed into lists")
    places = range(sum(lengths))
    read = [number for number, length in zip(numbers, lengths, strict=True) for _ in range(length)]
    tracked = [k for k in places if read[k] == DATA]
    symbols = (Live(f"x{k}") for k in places)
    lists = [list(islice(symbols, length)) for length in lengths]
    output = python([op.forward(*lists)], on_floats)
    partials: list[Any] = []
    for rule, xs in zip(rules, lists, strict=True):
        partials += map(rule(Live("z"), *lists), range(len(xs)))
    slopes = python([partials[k] for k in tracked], on_floats)
    spelled = dict(zip(tracked, slopes.formulas, strict=True))
    body = NODE.format(
        before="".join(f"x{k} = {read[k].format(f'v{k}')}\n" for k in places) + lines(output),
        z=output.formulas[0],
        between=lines(slopes),
        x="inputs" if len(tracked) == len(places) else f"({', '.join(f'v{k}' for k in tracked)},)",
        dx=None,
        y="inputs",
        dy=f"({', '.join(spelled.get(k, 'None') for k in places)},)",
    )
    text = f"""\
def function(*lists):
    inputs = {", ".join(f"v{k}" for k in places)}, = {", ".join(f"*lists[{k}]" for k in range(len(lengths)))},
{indent(body, 4)}\
    node._params = params
    return node
"""
    return Source(text, {})


# The way back through a Tensor: each input's part, un-broadcast where it has to be, added to what it has.

HELD = """\
if input_{x}.__class__ is Record:
    {x} = input_{x}.array
    wants_{x} = input_{x}.requires_grad{check}
else:
    {x} = {constant}
    wants_{x} = False"""

#: A slope of another dtype than the output's is computed with operands of that: by the rules, which see to it.
CHECK = """
    if {x}.dtype is not z.dtype:
        return by_rules(record, g, marker)"""

PULL = """\
if wants_{array}:
    try:
{shared}\
        part = {part}
    except ArithmeticError:
        part = by_rule(record, {k}, g)
    if part.dtype is not {array}.dtype or not (alike or part.shape == {array}.shape):
        part = fitted(part, {array})
    before = {input}.adjoint
    {input}.adjoint = part if before is marker else before + part
"""


#: What both kinds of pulls have to be given.
PULLING: Mapping[str, Any] = {"Bound": Bound, "beside": beside}


def held_arrays(names: Sequence[str], computed_with: Container[str] = (), checked: Container[str] = ()) -> str:
    """Lines that take the data of the inputs (of a Record its array), and say which of them want a gradient.

    A constant that a slope is computed with is made one beside the output. An array that is ``checked`` has its dtype.
    """
    constants = {x: f"beside(input_{x}, z.dtype)" if x in computed_with else f"input_{x}" for x in names}
    checks = {x: CHECK.format(x=x) if x in checked else "" for x in names}
    return "\n".join(HELD.format(x=x, constant=constants[x], check=checks[x]) for x in names)


def pull_source(op: Op) -> Source:
    """A function that adds what the gradient ``g`` of a Record contributes to each input's ``adjoint``.

    One that is still the ``marker`` of the sweep has received nothing yet.
    """
    if not op.is_elementwise:
        return primitive_pull_source(op)
    formulas = Formulas(op, on_arrays if op.masks else in_rules)
    names = NAMES[: op.arity]
    inputs = ", ".join(f"input_{name}" for name in names)
    # What is a slope as it stands, as those of a product, loses no digits beside a wider gradient.
    computed = {x.name for x in leaves([x for x in formulas.slopes if isinstance(x, Symbol) and x.op is not None])}
    checked = {name for name, rule in zip(names, op.rules, strict=True) if rule is not None and len(names) > 1}
    held = held_arrays(names, {x.name for x in leaves(formulas.slopes)}, checked & computed)
    parts = []
    for k, (name, formula) in enumerate(zip(names, formulas.slopes, strict=False)):
        if formula is None:
            continue
        shared, (slope,) = formulas.code(formula)
        part = slope if op.masks else "g" if slope == "1" else f"g * {slope}"
        parts.append(PULL.format(k=k, input=f"input_{name}", array=name, shared=indent(shared, 8), part=part))
    alike = "x.__class__ is y.__class__ and x.shape == y.shape" if op.arity == 2 else "False"
    parts_used = map(op_of, operations(formulas.slopes))
    used = {f"op_{part.name}": called(part.forward, formulas.spelling) for part in parts_used}
    # The code is that of a call in which all params have their defaults, and no input is left out.
    others = "record.params" if op.takes_params else "record.params.__class__ is Bound"
    shortcut = f"if {others}:\n    return by_rules(record, g, marker)\n"
    source = formulas.source(f"""\
def function(record, g, marker):
{indent(shortcut, 4) if op.takes_params or None in op.defaults.values() else ""}\
{indent(formulas.look_up("by_rules(record, g, marker)"), 4)}\
    z = record.array
    {inputs}, = record.inputs
{indent(held, 4)}\
    alike = {alike}
{indent("".join(parts), 4)}\
    return {op.masks}
""")
    return Source(source.text, {**source.names, **used, **PULLING})


def primitive_pull_source(op: Op) -> Source:
    """`pull_source` for an operation that mixes elements: the code calls its rules as they are."""
    if op.arity is None or op.arity > len(NAMES):
        raise Untranslatable("an argument is a list of inputs: its rule runs as it is")
    names = NAMES[: op.arity]
    inputs, held = ", ".join(f"input_{name}" for name in names), held_arrays(names)
    arrays = ", ".join(names)
    parts = [
        PULL.format(k=k, input=f"input_{name}", array=name, shared="", part=f"rule_{name}(g, z, {arrays}, **params)")
        for k, (name, rule) in enumerate(zip(names, op.rules, strict=True))
        if rule is not None
    ]
    masks = "is_masking(params)" if callable(op.masks) else op.masks
    text = f"""\
def function(record, g, marker):
    params = record.params or {{}}
    if isinstance(params, Bound):
        return by_rules(record, g, marker)
    z = record.array
    {inputs}, = record.inputs
{indent(held, 4)}\
    alike = False
{indent("".join(parts), 4)}\
    return {masks}
"""
    rules = {f"rule_{name}": rule for name, rule in zip(names, op.rules, strict=True)}
    return Source(text, {"is_masking": op.is_masking, **rules, **PULLING})
