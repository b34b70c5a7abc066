"""The cell magic ``%%backprop``, which ``%load_ext viz`` brings to a notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from types import TracebackType
from typing import Any

from autograd import Node, recorded
from viz.page.stepper import Stepper, step

#: What has variables of its own.
APART = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp,
)  # fmt: skip

NOTHING = "the cell computes no single number: end it with the Value or Tensor to step through"


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext viz`` calls."""
    from IPython.core.error import UsageError  # there, as it calls this

    def backprop(line: str, cell: str) -> Stepper:
        """Run a cell, and step through what its last expression is computed from.

        Where that is no Value or Tensor, as after ``loss.backward()``, it is the last number that the cell assigned.
        Where the cell fails, the stepper goes up to the failing line, and the error follows.
        The cell runs inside ``tracing()``, so that each step has its line of code.
        """
        __tracebackhide__ = True
        if line.strip():
            raise UsageError(f"%%backprop: expected nothing on its line, got {line.strip()!r}: the code stands below")
        node = computed(shell, cell)
        if node is None:
            raise UsageError(f"%%backprop: {NOTHING}")
        return step(node)

    shell.register_magic_function(backprop, magic_kind="cell")


def computed(shell: Any, cell: str) -> Node | None:
    """The node to step through, once the cell has run as any cell does; None where there is none."""
    __tracebackhide__ = True  # an error in it is shown as in any cell
    source = "\n" + shell.transform_cell(cell)  # lines are counted from that of the magic on
    name = shell.compile.cache(source, shell.displayhook.prompt_count, raw_code=source)
    tree = shell.transform_ast(ast.parse(source, name))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    result = None
    with recorded() as run:
        exec(compile(tree, name, "exec"), shell.user_ns)
        result = None if last is None else eval(compile(ast.Expression(last.value), name, "eval"), shell.user_ns)
    if run.error is not None:
        if run.graph is not None:
            import_module("IPython.display").display(step(run))
        raise run.error.with_traceback(within(name, run.error.__traceback__))
    return result if isinstance(result, Node) else last_assigned(tree, shell.user_ns)


def within(name: str, traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins in the code of a cell."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename != name:
        traceback = traceback.tb_next
    return traceback


def last_assigned(tree: ast.Module, variables: dict[str, Any]) -> Node | None:
    """The number, as a node, that code assigned last to a name."""
    stored = [part for part in own(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    for part in sorted(stored, key=lambda part: (part.lineno, part.col_offset), reverse=True):
        held = variables.get(part.id)
        if isinstance(held, Node) and held.op is not None and held.size == 1:
            return held
    return None


def own(code: ast.AST) -> Iterator[ast.AST]:
    """The parts of code, but for those of functions, classes and comprehensions, whose variables are their own."""
    for part in ast.iter_child_nodes(code):
        if not isinstance(part, APART):
            yield part
            yield from own(part)
