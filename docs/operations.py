"""Writes operations.md, the page of all operations, from the table: ``python docs/operations.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

import autograd.ops
import nn.losses
from autograd.graph.explain import example_call
from autograd.notation.printer import text
from autograd.op import Interval, Op, overridden_by
from autograd.operators import BINARY, COMPARISON

FILES = [*(getattr(autograd.ops, name) for name in autograd.ops.__all__), nn.losses]

HEAD = """\
<!-- Written by `python docs/operations.py` from the table; change an entry there, not this page. -->

# Operations

Every operation of the table, file by file. The arguments are NumPy's, with NumPy's names. A formula is followed by the
derivative by each input, as `explain` shows them; where elements mix, the derivative depends on the shapes, and
`explain` shows it for a node. A condition in brackets is 1 where it holds, else 0.
"""


def page() -> str:
    """The whole page."""
    groups = entered()
    links = [f"- [{title(file)}](#{title(file).lower()}): {', '.join(map(link, ops))}" for file, ops in groups.items()]
    parts = [HEAD, "\n".join(links) + "\n"]
    for file, ops in groups.items():
        path = file.__name__.replace(".", "/") + ".py"
        says = (file.__doc__ or "").partition(".")[0]
        parts += [f"## {title(file)}\n\n{says}. From [`{path}`](../{path}).\n", *map(section, ops)]
    return "\n".join(parts)


def entered() -> Mapping[ModuleType, list[Op]]:
    """The operations of each file, in its order; the files in the order in which the table was filled."""
    order = {op: place for place, op in enumerate(autograd.table.values())}
    found = {file: [op for op in vars(file).values() if isinstance(op, Op)] for file in FILES}
    seen: set[Op] = set()
    groups: dict[ModuleType, list[Op]] = {}
    for file in sorted(FILES, key=lambda file: max(order[op] for op in found[file])):
        groups[file] = [op for op in found[file] if op not in seen]  # one that it imports was entered before
        seen.update(groups[file])
    return groups


def title(file: ModuleType) -> str:
    return file.__name__.rpartition(".")[2].capitalize()


def link(op: Op) -> str:
    return f"[{op.name}](#{op.name})"


def section(op: Op) -> str:
    """One operation."""
    explanation = autograd.explain(op)
    formulas = [explanation.formula, *(f"{partial.of} = {partial.formula}" for partial in explanation.partials)]
    says_more = explanation.partials or f" = {op.name}(" not in explanation.formula
    block = "```text\n" + "\n".join(formulas) + "\n```\n\n" if says_more else ""
    spoken = " ".join([f"{op.doc[0].upper()}{op.doc[1:]}.", *remarks(op)])
    return f"### {op.name}\n\n{', '.join(ways(op))}\n\n{block}{spoken}\n"


def ways(op: Op) -> Iterator[str]:
    """How an operation is called: function, operator, method, NumPy's function.

    Arguments that are as good as absent where they are not given come and go with NumPy's versions: not shown.
    """
    parameters = [x for x in op.signature.parameters.values() if x.default is not np._NoValue]
    names = [x.name for x in parameters]
    arguments = str(op.signature.replace(parameters=parameters)).replace(", /", "")
    yield f"`{'autograd' if getattr(autograd, op.name, None) is op else 'nn'}.{op.name}{arguments}`"
    if op.operator in BINARY or op.operator in COMPARISON:
        yield f"`{names[0]} {op.operator} {names[1]}`"
    elif op.operator == "[]":
        yield f"`{names[0]}[{names[1]}]`"
    elif op.operator is not None:
        yield f"`{op.operator}`"
    if op.method:
        yield f"`{names[0]}.{op.name}({', '.join(names[1:])})`"
    for function in overridden_by(op):
        module = getattr(function, "__module__", None) or "numpy"
        yield f"`{module.replace('numpy', 'np', 1)}.{function.__name__}`"


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
            yield f"For {within(x.name, interval)}."
    if op.kinks is not None:
        yield f"No derivative where {text(op.kinks(*inputs))} = 0."


def within(name: str, interval: Interval) -> str:
    """``x > 0``, ``−1 < x < 1``."""
    low, high = map(autograd.format_number, interval)
    if interval[1] == np.inf:
        return f"{name} > {low}"
    return f"{name} < {high}" if interval[0] == -np.inf else f"{low} < {name} < {high}"


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
