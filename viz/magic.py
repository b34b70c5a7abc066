"""The cell magic ``%%backprop``, which ``%load_ext viz`` brings to a notebook."""

from __future__ import annotations

import ast
from typing import Any

from autograd import Node, tracing
from viz.page.html import Stepper, step


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext viz`` calls."""

    def backprop(line: str, cell: str) -> Stepper | None:
        """Run a cell, and step through what its last expression is computed from.

        Where that is no Value or Tensor, as after ``loss.backward()``, it is the last number that the cell assigned.
        The cell runs inside ``tracing()``, so that each step has its line of code.
        """
        if line.strip():
            raise ValueError(f"%%backprop: expected nothing on its line, got {line.strip()!r}: the code stands below")
        return stepped(shell, cell)

    shell.register_magic_function(backprop, magic_kind="cell")


def stepped(shell: Any, cell: str) -> Stepper | None:
    """The stepper of a cell; None where an error was shown in its place."""
    try:
        source = shell.transform_cell(cell)
        name = shell.compile.cache(source, shell.execution_count, raw_code=cell)
        tree = shell.transform_ast(ast.parse(source, name))
    except SyntaxError:
        shell.showsyntaxerror()
        return None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    result = None
    try:
        with tracing():
            exec(compile(tree, name, "exec"), shell.user_ns)
            if last is not None:
                result = eval(compile(ast.Expression(last.value), name, "eval"), shell.user_ns)
    except BaseException:  # as for any cell: an interrupt too
        shell.showtraceback()
        return None
    node = result if isinstance(result, Node) else last_assigned(tree, shell.user_ns)
    if node is None:
        raise ValueError(
            "%%backprop: the cell computes no single number: end it with the Value or Tensor to step through"
        )
    return step(node)


def last_assigned(tree: ast.Module, variables: dict[str, Any]) -> Node | None:
    """The number, as a node, that code assigned last to a name."""
    stored = [part for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    for part in sorted(stored, key=lambda part: (part.lineno, part.col_offset), reverse=True):
        held = variables.get(part.id)
        if isinstance(held, Node) and held.op is not None and held.size == 1:
            return held
    return None
