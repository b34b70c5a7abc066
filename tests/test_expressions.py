"""Random expressions: every way to compute a gradient agrees with the complex step, and with every other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micrograd.engine import Value as MicrogradValue
from numeric import assert_close, complex_step, numbers_of
from strategies import (
    MICROGRAD_OPS,
    SMOOTH_OPS,
    SPELLINGS,
    UNGATED_OPS,
    Program,
    broadcasting_programs,
    by_function,
    by_operator,
    meaning,
    numbers,
    programs,
    weighted_sum,
)

from autograd import Graph, Tensor, Value, gradients, steps

#: More than elsewhere: what is drawn here is a whole program.
many = settings(max_examples=3 * settings().max_examples)

spelled = pytest.mark.parametrize("call", SPELLINGS.values(), ids=SPELLINGS.keys())


def expected_gradients(program: Program, total: Any = lambda x: x) -> list[Any]:
    """By the complex step, on NumPy's numbers."""

    def at(k: int, x: Any) -> Any:
        return program.result(meaning, [*program.inputs[:k], x, *program.inputs[k + 1 :]], total)

    return [complex_step(lambda x, k=k: at(k, x), x) for k, x in enumerate(program.inputs)]


def largest_adjoint(program: Program) -> float:
    """How large the numbers inside the sweep get: rounding errors are in proportion."""
    timeline = steps(program.result(by_operator, values(program)))
    return max([1.0, *(abs(float(step.contribution)) for step in timeline if step.kind == "backward")])


def values(program: Program) -> list[Value]:
    return [Value(float(x)) for x in program.inputs]


@spelled
@many
@given(program=programs())
def test_values_agree_with_the_complex_step(call: Any, program: Program) -> None:
    leaves = values(program)
    y = program.result(call, leaves)
    y.backward()
    assert_close(y.data, program.result(meaning, program.inputs))
    assert_close([x.grad for x in leaves], expected_gradients(program), scale=largest_adjoint(program))


@spelled
@many
@given(program=programs())
def test_tensors_without_axes_agree_with_the_complex_step(call: Any, program: Program) -> None:
    leaves = [Tensor(x) for x in program.inputs]
    y = program.result(call, leaves)
    y.backward()
    assert_close(y.data, program.result(meaning, program.inputs))
    assert_close([x.grad for x in leaves], expected_gradients(program), scale=largest_adjoint(program))


@spelled
@many
@given(program=broadcasting_programs())
def test_broadcasting_tensors_agree_with_the_complex_step(call: Any, program: Program) -> None:
    leaves = [Tensor(x) for x in program.inputs]
    y = program.result(call, leaves, weighted_sum)
    y.backward()
    assert_close(y.data, program.result(meaning, program.inputs, weighted_sum))
    for leaf, x in zip(leaves, program.inputs, strict=True):
        assert leaf.grad is not None
        assert leaf.grad.shape == x.shape
    for leaf, slopes in zip(leaves, expected_gradients(program, weighted_sum), strict=True):
        assert_close(leaf.grad, slopes, tolerance=1e-9)


@many
@given(program=broadcasting_programs(most=6))
def test_object_arrays_of_values_agree_with_tensors(program: Program) -> None:
    tensors = [Tensor(x) for x in program.inputs]
    y = program.result(by_operator, tensors, weighted_sum)
    y.backward()
    objects = [np.array([Value(v) for v in x.ravel()], dtype=object).reshape(x.shape) for x in program.inputs]
    z = program.result(by_function, objects, weighted_sum)
    if not isinstance(z, Value):  # every array is empty
        assert y.item() == z
        return
    z.backward()
    assert_close(z.data, y.item())
    for tensor, array in zip(tensors, objects, strict=True):
        assert_close([v.grad for v in array.ravel()], np.ravel(tensor.grad), tolerance=1e-9)


@many
@given(program=programs(ops=MICROGRAD_OPS, kinds=(int, float)))
def test_values_agree_with_micrograds_own(program: Program) -> None:
    ours, theirs = values(program), [MicrogradValue(float(x)) for x in program.inputs]
    if any(op.op == "pow" and isinstance(op.operands[1], int) for op in program.instructions):
        return
    y, z = program.result(by_operator, ours), program.result(by_operator, theirs)
    y.backward()
    z.backward()
    assert_close(y.data, z.data)
    assert_close([x.grad for x in ours], [x.grad for x in theirs], scale=largest_adjoint(program))


@many
@given(program=programs(ops=UNGATED_OPS))
def test_gradients_of_values_are_exactly_those_of_backward(program: Program) -> None:
    leaves = values(program)
    y = program.result(by_operator, leaves)
    asked = gradients(y, leaves)
    y.backward()
    assert asked == [x.grad for x in leaves]


@many
@given(program=programs())
def test_gradients_through_gates_are_those_of_backward(program: Program) -> None:
    leaves = values(program)
    y = program.result(by_operator, leaves)
    asked = gradients(y, leaves)
    shown = [gradient for node, gradient in zip(Graph.of(y), steps(y).gradients, strict=True) if node.is_leaf]
    y.backward()
    scale = largest_adjoint(program)  # contributions may be added in another order, since what is closed is passed over
    assert_close(asked, [x.grad for x in leaves], tolerance=1e-14, scale=scale)
    swept = [node.grad for node in Graph.of(y) if node.is_leaf]
    assert_close([0.0 if g is None else g for g in shown], [0.0 if g is None else g for g in swept], 1e-14, scale)


@many
@given(program=broadcasting_programs())
def test_gradients_of_tensors_are_exactly_those_of_backward(program: Program) -> None:
    leaves = [Tensor(x) for x in program.inputs]
    y = program.result(by_operator, leaves, weighted_sum)
    asked = gradients(y, leaves)
    y.backward()
    for got, leaf in zip(asked, leaves, strict=True):
        np.testing.assert_array_equal(got, leaf.grad)


@many
@given(program=programs())
def test_recorded_gradients_have_the_numbers_of_plain_ones(program: Program) -> None:
    leaves = values(program)
    y = program.result(by_operator, leaves)
    recorded = gradients(y, leaves, create_graph=True)
    assert all(isinstance(slope, Value) for slope in recorded)
    assert_close([slope.data for slope in recorded], gradients(y, leaves), scale=largest_adjoint(program))


@many
@given(program=programs(ops=UNGATED_OPS))
def test_the_timeline_ends_at_exactly_the_gradients_of_backward(program: Program) -> None:
    leaves = values(program)
    y = program.result(by_operator, leaves)
    timeline = steps(y)
    assert all(x.grad == 0 for x in leaves), "steps touches no live node"
    y.backward()
    graph = Graph.of(y)
    ended = {node.index: gradient for node, gradient in zip(graph, timeline.gradients, strict=True)}
    assert [node.grad for node in graph] == [ended[node.index] for node in graph]


@many
@given(program=broadcasting_programs())
def test_the_timeline_of_tensors_ends_at_exactly_the_gradients_of_backward(program: Program) -> None:
    leaves = [Tensor(x) for x in program.inputs]
    y = program.result(by_operator, leaves, weighted_sum)
    timeline = steps(y)
    y.backward()
    for node, gradient in zip(Graph.of(y), timeline.gradients, strict=True):
        if node.requires_grad:
            np.testing.assert_array_equal(node.grad, gradient)


@many
@given(program=programs(ops=UNGATED_OPS), data=st.data())
def test_replay_on_new_inputs_agrees_with_computing_again(program: Program, data: st.DataObject) -> None:
    leaves = {f"x{i}": Value(float(x), label=f"x{i}") for i, x in enumerate(program.inputs)}
    y = program.result(by_operator, list(leaves.values()))
    used = [node.name for node in Graph.of(y) if node.is_leaf]
    new = {name: data.draw(numbers(), label=name) for name in used}
    again = {name: Value(new.get(name, x.data), label=name) for name, x in leaves.items()}
    with np.errstate(all="ignore"):  # the new inputs may lie where log and sqrt are not defined
        replayed = Graph.of(y).replay(new)
        y = program.result(by_operator, list(again.values()))
        recomputed = Graph.of(y)
        assert [node.name for node in replayed] == [node.name for node in recomputed]
        for old, fresh in zip(replayed, recomputed, strict=True):
            np.testing.assert_equal(old.data, fresh.data)
            assert old.grad is None
        np.testing.assert_equal(steps(replayed).gradients, steps(recomputed).gradients)


@many
@given(program=broadcasting_programs(ops=UNGATED_OPS), data=st.data())
def test_replay_of_tensors_agrees_with_computing_again(program: Program, data: st.DataObject) -> None:
    def labelled(inputs: Any) -> list[Tensor]:
        return [Tensor(x, label=f"x{i}") for i, x in enumerate(inputs)]

    scale = data.draw(numbers(0.5, 1.5))
    new = [x * scale for x in program.inputs]
    with np.errstate(all="ignore"):
        graph = Graph.of(program.result(by_operator, labelled(program.inputs), weighted_sum))
        replayed = graph.replay({node.name: new[int(node.name[1:])] for node in graph if node.is_leaf and node.label})
        recomputed = Graph.of(program.result(by_operator, labelled(new), weighted_sum))
    for old, fresh in zip(replayed, recomputed, strict=True):
        np.testing.assert_array_equal(old.data, fresh.data)


@many
@given(program=programs(ops=SMOOTH_OPS, most=8), direction=st.lists(numbers(-1, 1), min_size=4, max_size=4))
def test_second_derivatives_agree_with_differences_of_the_complex_step(
    program: Program, direction: list[float]
) -> None:
    weights = direction[: len(program.inputs)]
    leaves = values(program)
    first = gradients(program.result(by_operator, leaves), leaves, create_graph=True)
    along = sum((w * slope for w, slope in zip(weights, first, strict=True)), Value(0.0))
    second = gradients(along, leaves)

    def slope_along(t: float) -> Any:
        """The gradient at a point moved by t in the direction of the weights."""
        moved = tuple(x + t * w for x, w in zip(program.inputs, weights, strict=True))
        return np.array(expected_gradients(Program(moved, program.instructions)))

    def central(h: float) -> Any:
        return (slope_along(h) - slope_along(-h)) / (2 * h)

    coarse, fine = central(2e-4), central(1e-4)
    expected = fine + (fine - coarse) / 3
    wobble = float(np.max(np.abs(fine - coarse)))
    scale = max(np.max(np.abs(expected)), largest_adjoint(program) ** 1.5, 1)
    np.testing.assert_allclose(second, expected, rtol=0, atol=1e-6 * scale + wobble)


@many
@given(program=programs(ops=SMOOTH_OPS, most=8))
def test_mixed_second_derivatives_do_not_depend_on_the_order(program: Program) -> None:
    leaves = values(program)
    first = gradients(program.result(by_operator, leaves), leaves, create_graph=True)
    hessian = np.array([gradients(slope, leaves) for slope in first])
    tensors = [Tensor(x) for x in program.inputs]
    slopes = gradients(program.result(by_operator, tensors), tensors, create_graph=True)
    by_tensors = numbers_of([gradients(slope, tensors) for slope in slopes])
    scale = max(largest_adjoint(program) ** 2, 1)
    assert_close(hessian, hessian.T, scale=scale)
    assert_close(hessian, by_tensors, scale=scale)
