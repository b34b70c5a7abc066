"""A model on a batch, run once forward and back on a copy, with all that a diagnosis looks at."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import (
    DTypeError,
    Graph,
    GraphNode,
    Op,
    Tensor,
    Value,
    convolution,
    einsum,
    getitem,
    matmul,
    reshape,
    short_repr,
    tracing,
    transpose,
)
from nn.losses import cross_entropy, mse
from nn.module import Module
from nn.state import Stateful, dotted, is_stateful, parts
from nn.training.batches import Data

Array = NDArray[Any]

#: What applies weights.
WEIGHING = (matmul, convolution, einsum)


@dataclass(frozen=True)
class Observed:
    """What was seen: the model as it is, a copy of it in Tensors with the gradients of this batch, and the graph."""

    model: Module
    twin: Module
    graph: Graph
    held: dict[str, int]  #: the nodes of the twin's parameters in the graph, by their names
    known: frozenset[int]  #: the nodes of all parameters, be they the model's own, which a loss may close over
    batch: Data
    result: Tensor  #: the loss
    criterion: Callable[[Any, Any], Any]

    @property
    def loss(self) -> float:
        """The loss as a number."""
        return self.result.item()

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The parameters of the twin by their names."""
        return {name: part for name, part in self.twin.named_parameters() if isinstance(part, Tensor)}

    def nodes(self, *ops: Op) -> Iterator[Any]:
        """The nodes that one of these operations made."""
        return (node for node in self.graph if node.op in ops)

    @property
    def last(self) -> Any:
        """What the model gave: the last node that a Module made."""
        return next((node for node in reversed(self.graph.nodes) if node.scope and node.op is not None), None)

    @property
    def is_regression(self) -> bool:
        """Whether each number that the model gave has a real number as its target."""
        return (
            self.last is not None and self.batch.target.dtype.kind == "f" and self.last.shape == self.batch.target.shape
        )

    def before(self, node: Any, is_found: Callable[[Any], bool]) -> Any:
        """The nearest node, of those that one was computed from, itself among them, that is looked for; or None."""
        path, seen = deque([node]), {node.index}
        while path:
            here = path.popleft()
            if is_found(here):
                return here
            for x in self.inputs(here):
                if x.index not in seen:
                    seen.add(x.index)
                    path.append(x)
        return None

    def reshaped_from(self, node: Any) -> Any:
        """What a node is, but for its shape."""
        while node.op in (reshape, getitem, transpose):
            before = next(self.inputs(node), None)
            if before is None:
                break
            node = before
        return node

    def channel_axis(self, node: Any) -> int:
        """The axis of the units of an output: that of the channels behind a convolution, else the last one."""
        found = self.before(node, lambda x: x.op in WEIGHING)
        return -len(found.shape) + 1 if found is not None and found.op is convolution else -1

    def most_of_few(self) -> float:
        """The largest norm that the gradient of two samples has, of some pairs of the batch."""
        norms, twin = [0.0], copy.deepcopy(self.twin)
        with np.errstate(all="ignore"), grads_kept(self.model):
            for start in range(0, min(self.batch.size, 64) - 1, 2):
                twin.zero_grad()
                pair = self.batch.rows(slice(start, start + 2))
                self.criterion(twin(*pair.inputs), pair.target).backward()
                norms.append(float(np.sqrt(sum(np.sum(p.grad**2) for p in twin.parameters() if p.has_grad))))
        return max(norms)

    def inputs(self, node: GraphNode) -> Iterator[Any]:
        """What a node was computed from, constants left out."""
        return (self.graph.nodes[i] for i in node.inputs if isinstance(i, int))


def observe(model: Module, batch: Data, loss: Callable[[Any, Any], Any] | None) -> Observed:
    """Run a copy of the model on the batch, in the mode that the model is in."""
    is_scalar = any(isinstance(parameter, Value) for parameter in model.parameters())
    twin = model.to_tensors() if is_scalar else copy.deepcopy(model)
    twin.zero_grad()
    if loss is None:
        loss = cross_entropy if batch.target.dtype.kind in "iu" else mse
    with np.errstate(all="ignore"), tracing():
        result = loss(twin(*batch.inputs), batch.target)
        if isinstance(result, np.generic | np.ndarray | float) and np.size(result) == 1:
            raise DTypeError(
                f"diagnose: the loss is a plain number, {short_repr(result)}, which depends on no parameter: the model "
                "gave numbers, as .data, .numpy() or .argmax() of a Tensor are: compute what it gives of Tensors"
            )
        if not isinstance(result, Tensor) or result.size != 1:
            raise DTypeError(f"diagnose: loss: expected a Tensor of one number as its result, got {short_repr(result)}")
        if not result.requires_grad:
            raise DTypeError(
                "diagnose: nothing is trained: expected parameters that require a gradient: thaw them by "
                "model.requires_grad_(), and look for .data or no_grad on the way to the loss"
            )
        with grads_kept(model):  # a loss may close over the model itself
            result.backward()
        own = dict(twin.named_parameters())
        theirs = [parameter for parameter in model.parameters() if isinstance(parameter, Tensor)]
        graph = Graph.of(*own.values(), *theirs, result)
    held = dict(zip(own, graph.outputs, strict=False))
    return Observed(model, twin, graph, held, frozenset(graph.outputs[:-1]), batch, result, loss)


@contextmanager
def grads_kept(model: Stateful) -> Iterator[None]:
    """Whatever happens inside, the gradients of the model are in the end as they were."""
    kept = [(parameter, parameter.grad if parameter.has_grad else None) for parameter in model.parameters()]
    try:
        yield
    finally:
        for parameter, grad in kept:
            parameter.grad = grad


def place_of(node: GraphNode) -> str:
    """The path of Modules that made a node, without the model itself."""
    return "/".join(node.scope[1:]) or "/".join(node.scope) or "the loss"


def named_modules(model: Module) -> dict[str, Stateful]:
    """The Modules of a model by the paths to them."""
    return {dotted(path): part for path, part in parts(model) if is_stateful(part)}


def rms(array: Any) -> float:
    """The root of the mean of squares; 0 of nothing."""
    numbers = np.asarray(array, dtype=np.float64)
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(numbers * numbers))) if numbers.size else 0.0
