"""Code that may fail half-way: what it recorded until then is kept, with the line that failed and the error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from traceback import walk_tb
from types import FrameType
from typing import Any

import numpy as np

from autograd.errors import StaleDataError
from autograd.graph.graph import Graph
from autograd.graph.names import caller_variables, is_node, with_automatic
from autograd.node import Recorded, topological
from autograd.state import Block, author_of, blocks, conditional, entered, line_of

#: How many nodes the repr of a run shows.
FEW = 20


@dataclass(repr=False, eq=False)
class Run:
    """What a block of code computed, and where it failed, if it did. It is filled when the block is left."""

    graph: Graph | None = None  #: of all that was recorded, in the order of the code; None where there was nothing
    error: Exception | None = None  #: what the code raised
    line: str | None = None  #: the line of the person's code that raised it: ``file.py:12  h = W @ x``

    def __repr__(self) -> str:
        if self.graph is None:
            found = "nothing was recorded"
        else:
            found = repr(self.graph) if len(self.graph) <= FEW else f"Graph of {len(self.graph)} nodes"
        return f"Run({found}{'' if self.error is None else f', {self.reason}'})"

    @property
    def reason(self) -> str:
        """Why it ended: the line that failed, and the error; empty where none did."""
        if self.error is None:
            return ""
        failed = " ".join(f"{type(self.error).__name__}: {self.error}".split())
        return f"stopped at {self.line}: {failed}" if self.line else f"stopped: {failed}"


@contextmanager
def recorded() -> Iterator[Run]:
    """Run a block of code to its end or to the line that fails, and keep what it recorded until then.

    **No error leaves the block**: it is ``run.error``, None where there was none, and is told in a line on standard
    error; ``raise run.error`` lets it go on. `steps` of the run, and the stepper, show the way to the failing line.
    Inside, `tracing` is on. What was computed from data that changed meanwhile, as in an earlier turn of a training
    loop, is left out.

    >>> from autograd import Tensor, steps
    >>> with recorded() as run:
    ...     x, W = Tensor([1.0, 2.0]), Tensor([[1.0, 2.0, 3.0]])
    ...     h = x * 2
    ...     y = W @ h
    >>> type(run.error).__name__, run.line.partition("  ")[2]
    ('ShapeError', 'y = W @ h')
    >>> print(str(steps(run)).partition("stopped")[0])
    forward
      h = x · 2 = [2, 4]
    <BLANKLINE>
    """
    run, made = Run(), list[Recorded]()
    failing, where = dict[str, Any](), list[FrameType]()
    try:
        with entered(Block("tracing", made=made), blocks, conditional):
            yield run
    except Exception as error:
        frames = [at for at in walk_tb(error.__traceback__) if author_of(at[0].f_code.co_filename) == "person"]
        run.error = error
        if frames:
            run.line = line_of(*frames[-1])
            failing = named_in(run.line, frames[-1][0])
        where = [frame for frame, _ in frames]
        if sys.stderr is not None:
            print(f"recorded: {run.reason}", file=sys.stderr)
    run.graph = graph_of(made, failing, variables_of(where), run.error is not None)


def variables_of(frames: Sequence[FrameType]) -> dict[str, Any]:
    """Those of the calls that failed, the innermost first, and then of the code that opened the block."""
    variables: dict[str, Any] = {}
    for found in (*(frame.f_locals for frame in reversed(frames)), *caller_variables()):
        variables |= {name: held for name, held in found.items() if name not in variables}
    return variables


def named_in(line: str, frame: FrameType) -> dict[str, Any]:
    """The nodes that a line of code names, by their variables."""
    code = re.sub(r"'[^']*'|\"[^\"]*\"", "", line.partition("  ")[2])  # what texts say names nothing
    words = re.findall(r"\w+", code)
    held = {word: frame.f_locals.get(word, frame.f_globals.get(word)) for word in words}
    return {name: node for name, node in held.items() if is_node(node)}


def graph_of(
    made: Sequence[Recorded], failing: Mapping[str, Any], variables: Mapping[str, Any], has_failed: bool
) -> Graph | None:
    """The snapshot of what was made, in that order, and of the leaves that stand in a failing line.

    The last that was made is its output, though not one that is called so where the code has failed.
    """
    leaves = [node for node in failing.values() if node.op is None]
    kept = fresh(made)
    if not leaves and not kept:
        return None
    graph = Graph.of(*leaves, *(place._node for place in kept), names=variables)
    graph = replace(graph, outputs=graph.outputs[-1:])
    if not has_failed:
        return graph
    names = with_automatic(graph.labels, graph.equations, graph.data, -1, graph.taken)
    return replace(graph, fixed=names)


def fresh(made: Sequence[Recorded]) -> list[Recorded]:
    """Those that are computed from the data that there are now."""
    stale: set[int] = set()
    with np.errstate(all="ignore"):
        for place in topological(made):
            if any(id(x) in stale for x in place.inputs) or is_stale(place):
                stale.add(id(place))
    return [place for place in made if id(place) not in stale]


def is_stale(place: Recorded) -> bool:
    try:
        place._check_fresh()
    except StaleDataError:
        return True
    return False
