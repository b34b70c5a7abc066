"""The summary of a Module: what it is made of, and which of its parameters will not train as one might think."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import DTypeError, Graph, GraphNode, short_repr, tree
from nn.calls import watching
from nn.declared import Role, is_leaf, is_node, nodes_of, plain
from nn.state import Held, Stateful, dotted, held_by, is_stateful, parts, wholes_of
from nn.table import Table

HEADER = ["module", "kind", "output", "parameter", "shape", "count", ""]


class Summary(Table):
    """A table with a row for each Module, parameter and buffer; ``count`` is the number of parameters."""

    def __init__(self, rows: Sequence[Sequence[str]], foot: str, count: int) -> None:
        super().__init__(HEADER, rows, right=["count"], foot=foot)
        self.count = count


@dataclass
class Call:
    """What was seen of a call: shapes, remarks and how often by the ids of Modules, and what it depends on."""

    outputs: dict[int, str] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    times: Counter[int] = field(default_factory=Counter)
    used: set[int] | None = None
    #: The leaves that the result depends on, and that the Module does not hold.
    others: Sequence[GraphNode] = ()


def summary_of(module: Any, inputs: tuple[Any, ...], optimizer: Any) -> Summary:
    """The summary of a Module, of its call with inputs, if there are any, and of its optimisers, if these are given.

    Raises `TypeError` for what is no optimiser.
    """
    optimizers = optimizer if isinstance(optimizer, list | tuple) else [optimizer]
    if optimizer is not None and not all(isinstance(getattr(each, "parameters", None), list) for each in optimizers):
        raise DTypeError(f"summary: optimizer: expected one such as nn.SGD(…), got {short_repr(optimizer)}")
    trained = (
        None if optimizer is None else Counter(id(parameter) for each in optimizers for parameter in each.parameters)
    )
    call = called(module, inputs) if inputs else Call()
    modules = [(dotted(path), part) for path, part in parts(module) if is_stateful(part)]
    first = {id(part): name for name, part in reversed(modules)}
    held = {name: list(held_by(part)) for name, part in modules if first[id(part)] == name}
    places, twins = places_of(held), twins_of(held)
    rows = []
    for name, part in modules:
        head = [name, f"{type(part).__name__}({part.extra_repr()})", call.outputs.get(id(part), "")]
        if name not in held:
            rows.append([*head, "", "", "", f"the same as {first[id(part)] or 'the whole'}"])
            continue
        lines = [line(each, joined(name, each.name), places, twins, call.used, trained) for each in held[name]]
        (*cells, notes), *others = lines or [[""] * 4]
        if lines or name:
            calls = f"called {call.times[id(part)]} times" if call.times[id(part)] > 1 else ""
            rows.append([*head, *cells, ", ".join(filter(None, [notes, call.remarks.get(id(part), ""), calls]))])
        rows += [["", "", "", *each] for each in others]
    unheld = "no parameter of the model, so nothing trains it"
    rows += [["", "", "", leaf.label or leaf.name, str(leaf.shape), "", unheld] for leaf in call.others]
    parameters = {
        id(node): node for each in held.values() for h in each if h.role is Role.PARAMETER for node in nodes_of(h.part)
    }
    count = sum(node.size for node in parameters.values())
    frozen = sum(node.size for node in parameters.values() if not node.requires_grad)
    foot = f"{count:,} parameters in {type(module).__name__}" + (f", {frozen:,} of them frozen" if frozen else "")
    return Summary(rows, foot, count)


def called(module: Any, inputs: tuple[Any, ...]) -> Call:
    """What is seen of a call, in eval mode.

    A copy is called, so that nothing that the call changes is changed here: gradients, buffers, random numbers.
    """
    twin = copy.deepcopy(module).eval()
    pairs = zip(twin.named_modules(), module.named_modules(), strict=True)
    own = {id(copied): id(part) for (_, copied), (_, part) in pairs}
    call = Call()

    def watch(part: Stateful, inputs: tuple[Any, ...], output: Any) -> None:
        if id(part) in own:
            shapes = [str(x.shape if is_node(x) else np.shape(x)) for x in results(output)]
            call.outputs[own[id(part)]] = ", ".join(shapes)
            call.times[own[id(part)]] += 1
            call.remarks[own[id(part)]] = part.remark(*inputs)

    twin.zero_grad()
    held, inner = module.parameters(), twin.parameters()
    given = [node for part in tree.leaves(inputs) for node in nodes_of(part)]
    with watching(watch):
        result = twin(*inputs)
    found = [node for part in tree.leaves(result) for node in nodes_of(part) if node.requires_grad]
    graph = Graph.of(*held, *inner, *given, *found, names={}) if found else None
    if graph is not None:
        known = set(graph.outputs[: -len(found)])
        leaves = [graph.nodes[k] for k in graph.leaves if k not in known]
        call.others = [leaf for leaf in leaves if leaf.requires_grad]
    kept = [(parameter, parameter.grad if parameter.has_grad else None) for parameter in held]
    for node in found:
        node.backward(np.ones(node.shape) if node.shape else 1.0)
    for parameter, grad in kept:  # a function in it may close over the original
        parameter.grad = grad
    call.used = {id(parameter) for copied, parameter in zip(inner, held, strict=True) if copied.has_grad}
    return call


def results(output: Any) -> Sequence[Any]:
    """A result, or each of several; of an array of Values the array."""
    return [part for _, part in wholes_of(output)] or tree.leaves(output)


def joined(*names: str) -> str:
    """A path, of which parts may be empty."""
    return ".".join(filter(None, names))


def places_of(held: Mapping[str, Sequence[Held]]) -> dict[int, list[str]]:
    """The names under which each node stands, by its id."""
    places: dict[int, list[str]] = defaultdict(list)
    for name, each in held.items():
        for one in each:
            for node in nodes_of(one.part):
                places[id(node)].append(joined(name, one.name))
    return places


def twins_of(held: Mapping[str, Sequence[Held]]) -> dict[int, str]:
    """Of each parameter whose numbers another before it has, as where one seed was given to two layers, its name."""
    first: dict[bytes, tuple[int, str]] = {}
    twins = {}
    for name, each in held.items():
        for one in each:
            numbers = plain(one.part, one.name) if one.role is Role.PARAMETER else np.zeros(0)
            if numbers.size > 1 and (numbers != numbers.flat[0]).any():  # all zeros, or ones, are no accident
                key = f"{numbers.shape} {numbers.dtype} ".encode() + numbers.tobytes()
                part, other = first.setdefault(key, (id(one.part), joined(name, one.name)))
                if part != id(one.part):
                    twins[id(one.part)] = other
    return twins


def line(
    held: Held,
    name: str,
    places: Mapping[int, list[str]],
    twins: Mapping[int, str],
    used: set[int] | None,
    trained: Counter[int] | None,
) -> list[str]:
    """The name, shape and count of something held, and what is to be said of it."""
    nodes = nodes_of(held.part)
    is_parameter = held.role is Role.PARAMETER
    notes = []
    if held.role is Role.BUFFER:
        notes.append("buffer")
    if held.role is Role.KEPT:
        notes.append("kept from a call")
    if held.role is None:
        notes.append("neither Parameter nor Buffer" if any(map(is_leaf, nodes)) else "a constant")
    if is_parameter and not all(node.requires_grad for node in nodes):
        notes.append("frozen")
    elif is_parameter and trained is not None and not all(id(node) in trained for node in nodes):
        notes.append("not in the optimizer")
    elif is_parameter and trained is not None and (most := max([trained[id(node)] for node in nodes], default=1)) > 1:
        notes.append(f"in {most} optimizers, each of which moves it")
    if is_parameter and any(node.op is not None for node in nodes):
        notes.append("computed, as by an assignment to its elements outside no_grad(), so nothing trains it")
    is_trained = is_parameter and any(node.requires_grad for node in nodes)
    if is_trained and used is not None and not any(id(node) in used for node in nodes):
        notes.append("the output does not depend on it")
    notes += [f"the same as {other}" for other in places[id(nodes[0])] if other != name] if nodes else []
    notes += [f"the same numbers as {twins[id(held.part)]}"] if is_parameter and id(held.part) in twins else []
    shape = held.part.shape
    return [held.name, str(shape), f"{int(np.prod(shape)):,}" if is_parameter else "", ", ".join(notes)]
