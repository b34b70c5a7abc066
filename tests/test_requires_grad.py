"""What requires a gradient: whatever depends on a leaf that does, said alike by nodes, graphs and sweeps."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Constant, Program, by_operator, programs
from test_backward import in_threads, within_a_sweep

from autograd import Graph, GraphError, Tensor, Value, gradients, jvp, steps, sum_of_products, tracing, vjp, where


def dependent(program: Program, flags: list[bool]) -> list[bool]:
    """Of every register whether it depends on an input with a flag."""
    found = list(flags)
    for instruction in program.instructions:
        found.append(any(found[x] for x in instruction.operands if not isinstance(x, Constant)))
    return found


@pytest.mark.parametrize("kind", [Value, Tensor])
@given(data=st.data(), program=programs(most=6), traced=st.booleans())
def test_a_result_requires_a_gradient_if_a_leaf_does_that_it_depends_on(
    kind: Any, data: st.DataObject, program: Program, traced: bool
) -> None:
    flags = [data.draw(st.booleans()) for _ in program.inputs]
    with tracing() if traced else contextlib.nullcontext():
        leaves = [kind(float(x), requires_grad=flag) for x, flag in zip(program.inputs, flags, strict=True)]
        registers = program.run(by_operator, leaves)
    expected = dependent(program, flags)
    assert [x.requires_grad for x in registers] == expected
    names = {f"r{i}": x for i, x in enumerate(registers)}
    graph = Graph.of(*registers, names=names)
    assert [graph[name].requires_grad for name in names] == expected
    constants = [x for x, known in zip(registers, expected, strict=True) if not known]
    tracked = [x for x, known in zip(registers, expected, strict=True) if known]
    for y in registers:
        timeline = steps(y)
        assert all(timeline.graph[event.target].requires_grad for event in timeline.events)
    for y in tracked:
        gradients(y, tracked)
        y.backward()
    for y in constants:
        with pytest.raises(GraphError, match="is a constant"):
            gradients(registers[-1], y)
        for sweep in (y.backward, lambda y=y: within_a_sweep(lambda: in_threads(1, lambda _: y.backward()))):
            with pytest.raises(GraphError, match="nothing here was recorded"):
                sweep()
    assert not any(x.has_grad for x in constants)


def test_a_closed_branch_still_counts_as_for_tensors() -> None:
    for kind in (Value, Tensor):
        x, c = kind(2.0), kind(3.0, requires_grad=False)
        y = where(True, c * 1, x)
        y.backward()
        assert (y.requires_grad, float(x.grad or 0)) == (True, 0.0)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_derivatives_along_directions_are_recorded_where_something_tracked_is_met(kind: Any) -> None:
    one = kind(1.0, requires_grad=False)
    for tracked in (False, True):
        c = kind(2.0, requires_grad=tracked) * 3

        def scaled(x: Any, c: Any = c) -> Any:
            return x * c

        assert jvp(scaled, (one,), (one,))[1].requires_grad is tracked
        assert vjp(scaled, one)[1](one)[0].requires_grad is tracked


@pytest.mark.parametrize("link", [lambda y: y * 1.0, lambda y: sum_of_products([y, 1.0], [1.0, 0.0])])
def test_asking_many_nodes_of_one_chain_walks_it_once(link: Any) -> None:
    y = Value(1.0, requires_grad=False)
    chain = [y := link(y) for _ in range(20_000)]
    with pytest.raises(GraphError, match="is a constant"):
        gradients(y, chain)
    assert not y.requires_grad
    assert not any(node.requires_grad for node in Graph.of(y))
    jvp(lambda *xs: xs[0], tuple(chain), tuple(chain))
