"""Writes operations.md, the page of all operations, from the table: ``python docs/operations.py``."""

from __future__ import annotations

import inspect
import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from textwrap import TextWrapper
from types import ModuleType
from typing import Any

import numpy as np

import autograd
from autograd.call import like
from autograd.composition import compositions
from autograd.graph.explain import example_call
from autograd.graph.graph import applied
from autograd.notation.printer import TEXT, printed, text
from autograd.notation.symbol import Symbol
from autograd.op import Interval, Op, overrides, table
from autograd.operators import BINARY, COMPARISON, Operators
from autograd.signature import each

#: The files that have entries, in the order in which they are read.
FILES = {
    "Elements": "arithmetic functions trigonometry hyperbolic bessel corners rounding compare special",
    "Shapes": "shaping axes",
    "Places": "indexing moving choosing diagonals joining",
    "Along axes": "reductions extremes counting scans differences sorting quantiles interpolation",
    "Statistics": "norms moments nans",
    "Products": "linalg products contraction signals",
    "Matrices": "solving determinants decompositions polynomials",
    "Windows": "padding windows convolution pooling",
    "Networks": "activations units losses nn.losses.entropy",
}

#: The calls that the derivatives of operations that mix elements are shown of: shapes of inputs, and params. Those that
#: are not here have arrays of 2×3.
CALLS: dict[str, dict[str, Any]] = {
    "matmul": {"a": (2, 3), "b": (3, 4)},
    "einsum": {"subscripts": "ij,jk->ik", "operands": [(2, 3), (3, 4)]},
    **{name: {"a": (2, 3), "axis": 1} for name in ("sum", "mean", "max", "min", "prod", "logsumexp", "var", "std")},
    **{name: {"a": (2, 3), "axis": 1} for name in ("centred", "cumsum", "cumprod")},
    "vector_norm": {"x": (2, 3), "axis": 1},
    "reshape": {"a": (2, 3), "shape": (3, 2)},
    "transpose": {"a": (2, 3, 4), "axes": (1, 2, 0)},
    "broadcast_to": {"array": (3,), "shape": (2, 3)},
    "concatenate": {"arrays": [(2, 3), (4, 3)]},
    "stack": {"arrays": [(2, 3), (2, 3)]},
    "astype": {"x": (2, 3), "dtype": "float64"},
    "getitem": {"x": (3, 4), "index": (slice(1, None), 0)},
    "setitem": {"x": (3, 4), "value": (2,), "index": (slice(1, None), 0)},
    "put": {"x": (2,), "shape": (3, 4), "index": (slice(1, None), 0)},
    "take_along_axis": {"arr": (2, 3), "indices": (2, 1)},
    "add_along_axis": {"x": (2, 1), "indices": (2, 1), "shape": (2, 3)},
    "roll": {"a": (2, 3), "shift": 1, "axis": 1},
    "diagonal": {"a": (3, 3)},
    "recurrence": {"a": (3,), "b": (3,)},
    "windows": {"a": (6,), "size": 3},
    "overlap_add": {"a": (4, 3), "length": 6},
    "convolution": {"input": (2, 6), "weight": (4, 2, 3)},
    "convolution_transpose": {"input": (4, 4), "weight": (4, 2, 3)},
    "convolve": {"a": (4,), "v": (3,)},
    "interpolate": {"x": (2,), "xp": (4,), "fp": (4,)},
    "cross_entropy": {"scores": (2, 3), "target": (2, 3)},
    "solve": {"a": (3, 3), "b": (3,)},
    **{name: {"a": (3, 3)} for name in ("inv", "det", "cofactors", "slogdet")},
    **{name: {"a": (2, 2)} for name in ("svd", "cholesky", "eigh", "eigvalsh")},
    "det_hessian": {"x": (3, 3), "a": (3, 3)},
    "pinv": {"a": (3, 2)},
    "qr": {"a": (3, 2)},
}

#: Functions of NumPy that its oldest version here has not, with the first that has them: the page names them anyway.
NEWER = {
    "np.astype": "2.1",
    "np.unstack": "2.1",
    "np.cumulative_sum": "2.1",
    "np.cumulative_prod": "2.1",
    "np.matvec": "2.2",
    "np.vecmat": "2.2",
}

HEAD = """\
<!-- Written by `python docs/operations.py` from the table; change an entry there, not this page. -->

# Operations

Every operation of the table, file by file, and the functions that are made of operations; how one is added is told in
[CONTRIBUTING.md](../CONTRIBUTING.md#add-an-operation). Arguments have NumPy's names,
order and defaults. [At the end](#numpy-and-scipy) are NumPy's and SciPy's functions, and what each of them reaches.

- An operation that works **element by element** is shown with its derivative by each input, as `explain` shows it.
- One that **mixes elements** is shown with what it sends back, in a call whose shapes are told: `g` is `∂L/∂y`, the
  gradient of a loss L by the output, and `∂L/∂a` what becomes of it. Of any other call, `explain` of its node shows it.
- A **composition** is made of operations, which are what is recorded, and so has no rule of its own.

Each formula is the rule itself, run on symbols. A condition in brackets is 1 where it holds, else 0; `ᵀ` turns all axes
around, `·` is element by element, `@` a matrix product.
"""

END = """\
## NumPy and SciPy

Each of these functions, called on nodes, is what it is linked to; so are the methods of a ufunc, as `np.add.reduce` and
`np.multiply.outer`. `np.positive`, `np.conjugate` and `np.real` give the number itself. What has no gradient to lose,
as `np.shape` or `np.allclose`, just answers; anything else is refused by name.
"""

#: An entry, at the start of a line of its file.
ENTRY = re.compile(r"^(\w+)(?:: Op)? = (?:elementwise|primitive)\(", re.MULTILINE)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for group, names in FILES.items():
        parts.append(f"**{group}**\n\n" + "\n".join(map(contents, files(names))) + "\n")
    for file in chain.from_iterable(map(files, FILES.values())):
        says = re.split(r"\.(?:\s|$)", file.__doc__ or "")[0]
        parts.append(f"## {title(file)}\n\n{says}. From [`{path(file)}`](../{path(file)}).\n")
        parts += map(section, operations(file))
        parts += map(composed, compositions_of(file))
    return "\n".join([*parts, END, *index()])


# Files.


def files(names: str) -> list[ModuleType]:
    return [import_module(name if "." in name else f"autograd.ops.{name}") for name in names.split()]


def path(file: ModuleType) -> str:
    return file.__name__.replace(".", "/") + ".py"


def title(file: ModuleType) -> str:
    """With its ending: a file may have the name of an operation, and each heading is the end of links."""
    return path(file).removeprefix("autograd/ops/")


def operations(file: ModuleType) -> list[Op]:
    """Those that are entered there; others it imports."""
    return [vars(file)[name] for name in ENTRY.findall(inspect.getsource(file))]


def compositions_of(file: ModuleType) -> list[str]:
    return [name for name, function in compositions.items() if function.__module__ == file.__name__]


def contents(file: ModuleType) -> str:
    """A line of the table of contents."""
    return f"- {link(title(file))}: {', '.join(map(link, names_in(file)))}"


def names_in(file: ModuleType) -> list[str]:
    return [*(op.name for op in operations(file)), *compositions_of(file)]


def link(heading: str, shown: str = "") -> str:
    return f"[{shown or heading}](#{re.sub(r'[^a-z0-9_-]', '', heading.lower().replace(' ', '-'))})"


# Sections.


def section(op: Op) -> str:
    """One operation."""
    formulas = formulas_of(op) if op.is_elementwise else pullback(op)
    spoken = " ".join([f"{op.doc[0].upper()}{op.doc[1:]}.", *remarks(op)])
    return (
        "\n\n".join([f"### {op.name}", ways(op.name, op.signature, op.operator, op.method), *formulas, spoken]) + "\n"
    )


def composed(name: str) -> str:
    """One composition."""
    function = compositions[name]
    is_method = getattr(Operators, name, None) is function
    says = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    called = ways(name, inspect.signature(function), None, is_method)
    return f"### {name}\n\n{called}; a composition\n\n{says}\n"


def ways(name: str, signature: inspect.Signature, operator: str | None, is_method: bool) -> str:
    """How it is called: function, operator, method, NumPy's functions.

    Arguments that are as good as absent where they are not given come and go with NumPy's versions: not shown.
    """
    bare = inspect.Parameter.empty
    parameters = [x.replace(annotation=bare) for x in signature.parameters.values() if x.default is not np._NoValue]
    names = [str(x.replace(default=bare)) for x in parameters]
    arguments = str(signature.replace(parameters=parameters, return_annotation=bare)).replace(", /", "")
    found = [f"{'autograd' if hasattr(autograd, name) else 'nn'}.{name}{arguments}"]
    if operator in BINARY or operator in COMPARISON:
        found.append(f"{names[0]} {operator} {names[1]}")
    elif operator == "[]":
        found.append(f"{names[0]}[{names[1]}]")
    elif operator is not None:
        found.append(operator)
    if is_method:
        found.append(f"{names[0]}.{name}({', '.join(names[1:])})")
    return ", ".join(f"`{way}`" for way in [*found, *reached_by()[name]])


def formulas_of(op: Op) -> list[str]:
    """What an elementwise operation computes, and its slopes, if that says more than its name."""
    explanation = autograd.explain(op)
    if not explanation.partials and f" = {op.name}(" in explanation.formula:
        return []
    return [block([explanation.formula, *(f"{partial.of} = {partial.formula}" for partial in explanation.partials)])]


def block(lines: list[str]) -> str:
    """Formulas, long ones broken so that nobody has to scroll."""
    wrapper = TextWrapper(100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(["```text", *map(wrapper.fill, lines), "```"])


def remarks(op: Op) -> Iterator[str]:
    """Linearity, masking, where the rule holds, and where there is no derivative."""
    names = [name for name in op.signature.parameters if name not in op.params]
    differentiated = [name for name, rule in zip(names, op.rules, strict=True) if rule is not None]
    several = " and ".join(differentiated)
    if op.linear == "first" or (op.linear != "no" and len(differentiated) == 1 and op.arity is not None):
        yield f"Linear in {differentiated[0]}."
    elif op.linear != "no":
        yield f"Linear in {several} together." if op.linear == "jointly" else f"Linear in {several}, each alone."
    if op.masks:
        yield "Where nothing was used, nothing flows back, not even NaN."
    inputs, _ = example_call(op)
    for x, interval in zip(inputs, op.domain, strict=False):
        if interval != (-np.inf, np.inf):
            yield f"Checked for {within(x.name, interval)}."
    if op.kinks is not None:
        yield f"No derivative where {text(op.kinks(*inputs))} = 0."
    yield from sources(op)


def sources(op: Op) -> Iterator[str]:
    """Whose formula a rule is, where it says so."""
    for rule in op.textbook:
        says = " ".join((inspect.getdoc(rule.rule if isinstance(rule, each) else rule) or "").split())
        if found := re.match(r"After .*?\(\d+\)", says):
            yield f"{found[0]}."


def within(name: str, interval: Interval) -> str:
    """``x > 0``, ``−1 < x < 1``."""
    low, high = map(autograd.format_number, interval)
    if interval[1] == np.inf:
        return f"{name} > {low}"
    return f"{name} < {high}" if interval[0] == -np.inf else f"{low} < {name} < {high}"


# What an operation that mixes elements sends back.


def pullback(op: Op) -> list[str]:
    """Its rules, run on the symbols of a call, with the shapes told."""
    if op.is_flat:
        return []
    inputs, params = op.binding.bind(*call_of(op))
    formula: Any = op.apply(inputs, params)
    y, g = named(formula, "y", "{}"), named(formula, "g", "g_{}")
    outputs = y if isinstance(y, tuple) else (y,)
    sent = op.run_rules(range(len(inputs)), inputs, params, g, y, textbook=True)
    result = printed([slope for _, slope in sent], TEXT)
    lines = [f"{', '.join(x.name for x in outputs)} = {text(applied(op, inputs, params))}"]
    lines += [f"∂L/∂{inputs[k].name} = {slope}" for (k, _), slope in zip(sent, result.formulas, strict=True)]
    lines += [f"with {name} = {shared}" for name, shared in result.shared]
    *told, last = [f"`{x.name}` {extent(x.shape)}" for x in (*inputs, *outputs)]
    return [f"With {', '.join(told)} and {last}:", block(lines)]


def named(outputs: Any, name: str, field: str) -> Any:
    """Symbols like the output of an operation, or like its several outputs, whose names NumPy says."""
    if not isinstance(outputs, tuple):
        return Symbol(name, outputs.shape)
    kind: Any = type(outputs)
    fields = zip(kind._fields, outputs, strict=True)
    return like(outputs, [Symbol(field.format(x), y.shape) for x, y in fields])


def call_of(op: Op) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the call that is shown, in order and by name: symbols by the names that they have there."""
    call = CALLS.get(op.name) or dict.fromkeys(op.binding.inputs, (2, 3))
    arguments = {name: symbols(name, value) if name in op.binding.inputs else value for name, value in call.items()}
    bound = inspect.BoundArguments(op.signature, OrderedDict(arguments))
    return bound.args, bound.kwargs


def symbols(name: str, shape: Any) -> Any:
    """One of a shape, or as many as there are shapes in a list."""
    if isinstance(shape, list):
        return [Symbol(f"x{k}", each) for k, each in enumerate(shape, 1)]
    return Symbol(name, shape)


def extent(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    if not shape:
        return "a number"
    return f"of length {shape[0]}" if len(shape) == 1 else "×".join(map(str, shape))


# NumPy's functions.


@cache
def reached_by() -> Mapping[str, list[str]]:
    """For each operation and composition, the functions of NumPy and SciPy that reach it."""
    known = {op: name for name, op in table.items()} | {function: name for name, function in compositions.items()}
    found: dict[str, list[str]] = defaultdict(list)
    for function, implementation in overrides.items():
        name = known.get(implementation, function.__name__)  # or one that takes NumPy's arguments to that of the name
        if name in table or name in compositions:
            module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
            way = f"{module}.{function.__name__}"
            found[name] += [way] if way not in found[name] else []
    for function in NEWER:
        name = function.rpartition(".")[2]
        found[name] = sorted({*found[name], function})
    return found


def index() -> Iterator[str]:
    """Those functions, a module each."""
    modules: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for heading, functions in reached_by().items():
        for function in functions:
            module, _, name = function.rpartition(".")
            to = name if name == heading else f"{name} → {heading}"
            since = f" (from NumPy {NEWER[function]})" if function in NEWER else ""
            modules[module].append((name, link(heading, to) + since))
    for module, links in sorted(modules.items()):
        yield f"**{module}**: {', '.join(shown for _, shown in sorted(links))}\n"


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
