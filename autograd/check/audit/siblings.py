"""Siblings: the same function with one parameter in the place of another, whose gradient may have been written down."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation
from autograd.check.audit.lines import source
from autograd.check.audit.recorder import Recorder, run_on
from autograd.check.references import chosen
from autograd.check.references.taped import Taped

#: How many siblings are run at most.
MOST = 60


def sibling_faults(case: Case, most: int = MOST) -> Iterator[Explanation]:
    """The sibling that all claimed gradients are right for, of so many."""
    subject = case.subject
    reference = next((each for each in chosen(None) if isinstance(each, Taped)), None)
    if reference is None or subject.function is None or len(case.wrong) < 2:
        return
    for (p, q, line), run in list(siblings(subject.function, case))[: min(most, MOST)]:
        try:
            with reference.make(reference.bits[0]) as arithmetic:
                recorded = run_on(Recorder(arithmetic), replace(subject, run=run))
                recorded.tape.pull(recorded.outputs)
                gradients = {
                    name: np.reshape(
                        [0.0 if x.adjoint is None else arithmetic.middle(x.adjoint) for x in leaves],
                        case.true[name].shape,
                    )
                    for name, leaves in recorded.leaves.items()
                }
        except Exception:  # a sibling may be no sense
            continue
        if all(case.fits(name, gradients[name]) for name in case.wrong) and all(
            np.allclose(case.claimed[name], gradients[name], rtol=1e-9) for name in case.right
        ):
            words = (
                f"these are the gradients of a function with {q} in the place of {p} here: "
                f"write {q} in the function, or mend the gradients"
            )
            yield Explanation(frozenset(case.wrong), words, "loss", 1, line)
            return


def siblings(f: Callable[..., Any], case: Case) -> Iterator[tuple[tuple[str, str, str], Callable[..., Any]]]:
    """Each use of a parameter, the parameter that may stand there instead, the line, and the function with that."""
    names = [name for name in case.true if name in inspect.signature(f).parameters]
    try:
        lines, first = inspect.getsourcelines(f)
        text = textwrap.dedent("".join(lines))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):
        return
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef) or f.__closure__:
        return
    uses = [x for x in ast.walk(tree) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Load) and x.id in names]
    for use in uses:
        p = use.id
        for q in names:
            if q == p or case.true[q].shape != case.true[p].shape:
                continue
            use.id = q
            code = compile(tree, f.__code__.co_filename, "exec")
            use.id = p
            found: dict[str, Any] = {}
            exec(code, f.__globals__, found)
            line = source(f.__code__.co_filename, first + use.lineno - 1)
            given = case.subject.with_function
            yield (p, q, line), partial(given, next(iter(found.values())))
