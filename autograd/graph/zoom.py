"""The elements of a program of arrays: run once more on object arrays of Values, it records its scalar graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from autograd.call import Bound, Output
from autograd.errors import GraphError
from autograd.node import topological
from autograd.op import Op
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import Block, Guard, conditional, still_open, tracing

#: How many nodes a scalar graph may have: more than anybody looks at, and than fit into memory with comfort.
MOST = 1_000_000


class Part(NamedTuple):
    """What a Value of the scalar graph is: an element of a node, or computed on the way to one."""

    equation: int
    name: str
    place: tuple[int, ...] | None  #: of an element


class Zoom:
    """For each equation its elements, as an array of objects; and of each Value, by ``id``, what it is."""

    def __init__(self, equations: Sequence[Equation], data: Sequence[Any], names: Sequence[str]) -> None:
        self.names = names
        self.elements: list[Any] = []
        self.parts: dict[int, Part] = {}
        self._seen: set[int] = set()
        self._choices = count(1)
        self._kept: list[Any] = []  #: what is known by its ``id`` must not be freed
        self._together: dict[Any, tuple[Any, ...]] = {}
        with tracing(), np.errstate(all="ignore"):  # what an element is chosen by is in the graph too
            asked = block_of_conditions().guards.asked
            for index, equation in enumerate(equations):
                expect_few(len(self.parts) + np.size(data[index]), names[index], equation)
                before = len(asked)
                result = leaf(equation, data[index]) if equation.op is None else self.run(equation)
                elements = as_objects(result, equation.shape)
                self.elements.append(elements)
                for place, element in np.ndenumerate(elements):
                    self.name_element(index, element, place)
                self.name_choices(index, asked[before:])
                expect_few(len(self.parts), names[index], equation)

    def name_element(self, equation: int, element: Any, place: tuple[int, ...]) -> None:
        """An element, and what it alone is computed by; one that was there before keeps its name, as in a transpose."""
        nodes = topological([element], seen=self._seen) if isinstance(element, Value) else []
        name = element_name(self.names[equation], place)
        for k, node in enumerate(nodes, 1):
            is_element = node is element
            self.enter(node, Part(equation, name if is_element else f"{name}_{k}", place if is_element else None))

    def name_choices(self, equation: int, asked: Iterable[Guard]) -> None:
        """What an operation asked of elements, to choose among them."""
        for guard in asked:
            for node in topological([guard.condition], seen=self._seen):
                self.enter(node, Part(equation, f"choice {next(self._choices)}", None))

    def enter(self, node: Any, part: Part) -> None:
        self._kept.append(node)
        self.parts[id(node)] = part

    def outputs(self, index: int) -> list[Value]:
        """The elements of an equation as nodes, those that are plain numbers as constant ones."""
        nodes = []
        for place, x in np.ndenumerate(self.elements[index]):
            node = x if isinstance(x, Value) else Value(float(x), requires_grad=False)
            if id(node) not in self.parts:
                self.enter(node, Part(index, element_name(self.names[index], place), place))
            nodes.append(node)
        return nodes

    def run(self, equation: Equation) -> Any:
        """An equation on the elements of its inputs; the outputs of one call are computed together."""
        op, params = equation.op, equation.params
        assert op is not None
        inputs = tuple(x.data if isinstance(x, Constant) else self.operand(x) for x in equation.inputs)
        if not isinstance(params, Output):
            return applied(op, inputs, params)
        call = op, equation.inputs, id(params.outputs)
        if call not in self._together:
            self._together[call] = applied(op, inputs, Bound(params))
        return self._together[call][params.index]

    def operand(self, index: int) -> Any:
        """An array without axes goes as its element: so NumPy itself hands it over."""
        elements = self.elements[index]
        return elements if elements.ndim else elements.item()


def element_name(name: str, place: tuple[int, ...]) -> str:
    """What an element is called.

    >>> element_name("W", (0, 1)), element_name("loss", ())
    ('W[0, 1]', 'loss')
    """
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def block_of_conditions() -> Block:
    """The outermost block that has conditions in the graph, which is told what is asked of them."""
    opened = still_open(conditional)
    assert opened is not None
    return opened[0]


def applied(op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
    """A call of an operation on elements, which are of no dtype: a cast, which must be told one, leaves them alone."""
    if "dtype" in op.binding.required:
        return inputs[0]
    kept = {name: value for name, value in params.items() if name != "dtype"}
    return op.apply(inputs, Bound(kept) if isinstance(params, Bound) else kept)


def leaf(equation: Equation, data: Any) -> Any:
    """A Value for every element, a constant one where the leaf is constant."""
    make = np.frompyfunc(lambda x: Value(float(x), requires_grad=equation.requires_grad), 1, 1)
    return make(np.asarray(data, dtype=object))


def as_objects(result: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """An array of objects, be it of plain numbers, as of what an operation puts beside its inputs."""
    elements = np.empty(shape, dtype=object)
    elements[...] = result
    return elements


def expect_few(nodes: int, name: str, equation: Equation) -> None:
    if nodes > MOST:
        raise GraphError(
            f"to_scalars: {name} of shape {equation.shape} brings the scalar graph over {MOST:,} nodes: "
            "zoom into a smaller example"
        )
