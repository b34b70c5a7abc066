"""The summary of a Module: what it is made of, and which of its parameters will not train as one might think."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import DTypeError, short_repr
from nn.calls import watching
from nn.declared import Role, is_leaf, is_node, nodes_of
from nn.state import Held, Stateful, dotted, held_by, is_stateful, parts
from nn.table import Table


class Summary(Table):
    """A table with a row for each Module, parameter and buffer; ``count`` is the number of parameters."""

    count: int

    @classmethod
    def of(cls, module: Any, inputs: tuple[Any, ...], optimizer: Any) -> Summary:
        used, outputs, remarks = called(module, inputs) if inputs else (None, {}, {})
        if not (optimizer is None or hasattr(optimizer, "parameters")):
            raise DTypeError(f"summary: optimizer: expected one such as nn.SGD(…), got {short_repr(optimizer)}")
        trained = None if optimizer is None else {id(parameter) for parameter in optimizer.parameters}
        modules = [(dotted(path), part) for path, part in parts(module) if is_stateful(part)]
        first = {id(part): name for name, part in reversed(modules)}
        held = {name: list(held_by(part)) for name, part in modules if first[id(part)] == name}
        places = places_of(held)
        rows = []
        for name, part in modules:
            head = [name, f"{type(part).__name__}({part.extra_repr()})", outputs.get(id(part), "")]
            if name not in held:
                rows.append([*head, "", "", "", f"the same as {first[id(part)] or 'the whole'}"])
                continue
            lines = [line(each, f"{name}.{each.name}".lstrip("."), places, used, trained) for each in held[name]]
            if lines or name:
                first_line = lines[0] if lines else [""] * 4
                said = ", ".join(filter(None, [first_line[3], remarks.get(id(part), "")]))
                rows.append([*head, *first_line[:3], said])
            rows += [["", "", "", *each] for each in lines[1:]]
        nodes = {id(x): x for each in held.values() for h in each if h.role is Role.PARAMETER for x in nodes_of(h.part)}
        frozen = sum(x.size for x in nodes.values() if not x.requires_grad)
        count = sum(x.size for x in nodes.values())
        foot = f"{count:,} parameters in {type(module).__name__}" + (f", {frozen:,} of them frozen" if frozen else "")
        header = ["module", "kind", "output", "parameter", "shape", "count", ""]
        table = cls(header, rows, right=["count"], foot=foot)
        table.count = count
        return table


def called(module: Any, inputs: tuple[Any, ...]) -> tuple[set[int], dict[int, str], dict[int, str]]:
    """The ids of the parameters that the result of a call depends on; the shapes that came out of each Module, by its
    id, and what it remarks.

    A copy is called, so that nothing that the call changes is changed here: gradients, buffers, random numbers.
    """
    twin = copy.deepcopy(module).eval()
    own = {
        id(copied): part for (_, copied), (_, part) in zip(twin.named_modules(), module.named_modules(), strict=True)
    }
    outputs: dict[int, str] = {}
    remarks: dict[int, str] = {}

    def watch(part: Stateful, inputs: tuple[Any, ...], output: Any) -> None:
        if id(part) in own:
            remarks[id(own[id(part)])] = part.remark(*inputs)
            outputs[id(own[id(part)])] = ", ".join(
                [str(np.shape(x) if not is_node(x) else x.shape) for x in whole(output)]
            )

    twin.zero_grad()
    with watching(watch):
        result = twin(*inputs)
    for node in [node for part in whole(result) for node in nodes_of(part) if node.requires_grad]:
        node.backward(np.ones(node.shape) if node.shape else 1.0)
    pairs = zip(twin.parameters(), module.parameters(), strict=True)
    return {id(parameter) for copied, parameter in pairs if copied.has_grad}, outputs, remarks


def whole(output: Any) -> Sequence[Any]:
    """A result, or each of several."""
    return output if isinstance(output, tuple | list) else [output]


def places_of(held: Mapping[str, Sequence[Held]]) -> dict[int, list[str]]:
    """The names under which each node stands, by its id."""
    places: dict[int, list[str]] = defaultdict(list)
    for name, each in held.items():
        for one in each:
            for node in nodes_of(one.part):
                places[id(node)].append(f"{name}.{one.name}".lstrip("."))
    return places


def line(
    held: Held, name: str, places: Mapping[int, list[str]], used: set[int] | None, trained: set[int] | None
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
    is_trained = is_parameter and any(node.requires_grad for node in nodes)
    if is_trained and used is not None and not any(id(node) in used for node in nodes):
        notes.append("the output does not depend on it")
    notes += [f"the same as {other}" for other in places[id(nodes[0])] if other != name] if nodes else []
    shape = held.part.shape
    return [held.name, str(shape), f"{int(np.prod(shape)):,}" if is_parameter else "", ", ".join(notes)]
