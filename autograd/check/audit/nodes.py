"""Nodes: a person's code run on Tensors in the places of its parameters, where it runs on those."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograd.check.audit.subject import Subject
from autograd.graph.graph import Graph
from autograd.node import Node
from autograd.tensor.tensor import Tensor


def pulled_back(subject: Subject) -> tuple[Mapping[str, Tensor], Node]:
    """The parameters, with their gradients, and the result.

    Raises what the code raises on Tensors, and `TypeError` where it makes something else of them.
    """
    leaves = {name: Tensor(np.array(value), label=name) for name, value in subject.parameters.items()}
    with np.errstate(all="ignore"):
        y = subject.run(leaves)
        if not isinstance(y, Node) or not y.requires_grad:
            raise TypeError(f"{subject.name} does not run on Tensors")
        y.backward(subject.seed)  # type: ignore[attr-defined]
    return leaves, y


def graph_of(subject: Subject) -> Graph | None:
    """The computation with its gradient, to be looked at; None of code that does not run on Tensors to its end."""
    subject.is_reached = False
    try:
        _, y = pulled_back(subject)
        return None if subject.is_reached else Graph.of(y, names={})
    except Exception:  # a person's code may do anything with a number that is none
        return None
