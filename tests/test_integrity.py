"""For everything that has a gradient: nothing is shared that somebody may write to, and no way around changes a number.

What holds for one operation is asked of each entry of the table and of each composition, since a promise about memory,
threads or errors is kept by all of them or not at all.
"""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numeric import assert_close
from test_rules import weights_for
from whole_table import NAMES, Case, cases_of, empty_cases_of, gradients_of

import autograd
from autograd import Graph, Tensor, gradients, jacfwd, jacrev, jvp, table, vjp
from autograd.check.contracts.operations import LAYOUTS
from autograd.node import Recorded, topological

everything = pytest.mark.parametrize("name", NAMES)
each_entry = pytest.mark.parametrize("name", [name for name, op in table.items() if not op.is_flat])


@pytest.fixture(autouse=True)
def _silent() -> Any:
    with np.errstate(all="ignore"):  # numbers are drawn from the whole domain
        yield


def assert_same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


def swept(leaves: Sequence[Tensor]) -> list[Any]:
    """The gradients in the leaves; zeros for None."""
    return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves]


def test_everything_is_called() -> None:
    assert [name for name in NAMES if not cases_of(name)] == []


@everything
def test_nothing_that_is_given_is_written_to(name: str) -> None:
    for case in cases_of(name):
        tangents = [np.sin(1.0 + np.arange(x.size)).reshape(x.shape) for x in case.arrays]
        _, pull = vjp(case.total, *case.arrays)
        seeds = [weights_for(y.data) for y in case.outputs(*case.leaves())]
        given = [*case.arrays, *tangents, *seeds]
        before = [x.copy() for x in given]
        jvp(case.total, tuple(case.arrays), tuple(tangents))
        pull(1.0)
        for k, seed in enumerate(seeds):
            output = case.outputs(*case.leaves())[k]
            if output.requires_grad:
                output.backward(seed)
        assert_same(given, before)


@everything
def test_a_gradient_shares_its_memory_with_nothing(name: str) -> None:
    """Neither with another, nor with what was given, nor with what is recorded: who writes to it changes none."""
    for case in cases_of(name):
        leaves = case.leaves()
        for y, seed in [(y, weights_for(y.data)) for y in case.outputs(*leaves) if y.requires_grad]:
            recorded = Graph.of(y)
            data = [np.asarray(node.data) for node in recorded]
            autograd.zero_grad(*leaves)
            y.backward(seed)
            held = [*[leaf.grad for leaf in leaves if leaf.grad is not None], *gradients((y * seed).sum(), leaves)]
            inner = [] if any(y is leaf for leaf in leaves) else [y.grad]
            for one, other in combinations([*held, *inner], 2):
                assert not np.shares_memory(one, other)
            for gradient in held:
                assert gradient.flags.writeable
                assert not any(np.shares_memory(gradient, x) for x in [*data, *case.arrays, seed])
            expected, before = gradients((y * seed).sum(), leaves), [x.copy() for x in data]
            for gradient in held:
                gradient[...] = 1e9
            assert_same(data, before)
            assert_same(gradients((y * seed).sum(), leaves), expected)


@everything
def test_how_an_array_lies_in_memory_changes_nothing(name: str) -> None:
    for case in cases_of(name):
        expected = gradients_of(case, case.leaves())
        for lay in LAYOUTS.values():
            found = gradients_of(case, [Tensor(lay(x)) for x in case.arrays])
            for x, y in zip(found, expected, strict=True):
                assert_close(x, y)


@everything
def test_a_copy_of_a_computation_has_its_gradients_and_none_of_its_memory(name: str) -> None:
    for case in cases_of(name):
        leaves = case.leaves()
        loss = case.total(*leaves)
        expected = gradients(loss, leaves)
        for copied in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
            other_loss, others = copied((loss, leaves))
            assert_same(gradients(other_loss, others), expected)
            assert not any(np.shares_memory(x.numpy(), y.numpy()) for x, y in zip(others, leaves, strict=True))
            assert_same([node.data for node in copied(Graph.of(loss))], [node.data for node in Graph.of(loss)])


@everything
def test_what_looks_on_changes_nothing(name: str) -> None:
    """A hook that gives nothing, detect_anomaly, tracing, a checkpoint."""
    for case in cases_of(name):
        expected = gradients_of(case, case.leaves())
        leaves = case.leaves()
        loss = case.total(*leaves)
        for node in (*leaves, loss):
            node.register_hook(lambda g: None)
        loss.backward()
        assert_same(swept(leaves), expected)
        leaves = case.leaves()
        with autograd.tracing():
            loss = case.total(*leaves)
        assert_same(gradients(loss, leaves), expected)
        leaves = case.leaves()
        assert_same(gradients_of(Case(autograd.checkpoint(case.function), case.arrays), leaves), expected)
        if all(np.isfinite(x).all() for x in (loss.numpy(), *expected)):
            leaves = case.leaves()
            with autograd.detect_anomaly():
                case.total(*leaves).backward()
            assert_same(swept(leaves), expected)


class Stopped(BaseException):
    """Comes out of a hook, as an interrupt may."""


def stop(g: Any) -> None:
    raise Stopped


@everything
def test_an_error_at_any_node_of_the_way_back_leaves_everything_as_it_was(name: str) -> None:
    for case in cases_of(name):
        leaves = case.leaves()
        loss = case.total(*leaves)
        expected = gradients(loss, leaves)
        ways: list[Callable[[], Any]] = [
            loss.backward,
            lambda loss=loss, leaves=leaves: gradients(loss, leaves),
            lambda loss=loss, leaves=leaves: gradients(loss, leaves, create_graph=True),
        ]
        for node in topological([loss]):
            if not node.requires_grad:
                continue
            with node.register_hook(stop):
                for way in ways:
                    try:
                        way()
                    except Stopped:
                        assert not any(leaf.has_grad for leaf in leaves)
            autograd.zero_grad(*leaves)
        loss.backward()
        assert_same(swept(leaves), expected)


@everything
def test_threads_that_differentiate_at_once_get_what_one_gets(name: str) -> None:
    """Each over a graph that all share, into leaves that all share, and over one of its own."""
    for case in cases_of(name)[-2:]:
        leaves = case.leaves()
        loss = case.total(*leaves)
        expected = gradients(loss, leaves)
        found: list[Any] = []
        barrier = threading.Barrier(3)

        def work(
            case: Case = case, loss: Tensor = loss, leaves: Any = leaves, barrier: Any = barrier, found: Any = found
        ) -> None:
            barrier.wait()
            with np.errstate(all="ignore"):
                loss.backward()
                found += [gradients(loss, leaves), gradients_of(case, case.leaves())]

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 6
        for each in found:
            assert_same(each, expected)
        assert_same(swept(leaves), [x + x + x for x in expected])


@everything
def test_a_graph_and_its_gradients_are_freed_without_the_collector(name: str) -> None:
    case = cases_of(name)[-1]

    def run() -> None:
        leaves = case.leaves()
        loss = case.total(*leaves)
        slopes = gradients(loss, leaves, create_graph=True)
        for slope in slopes:
            if slope.requires_grad:
                slope.sum().backward()
        loss.backward()
        jvp(case.total, tuple(leaves), tuple([np.ones(leaf.shape) for leaf in leaves]))

    run()  # what is made once and kept
    gc.disable()
    gc.freeze()
    try:
        run()
        assert [x for x in gc.get_objects() if isinstance(x, Recorded | Tensor)] == []
    finally:
        gc.unfreeze()
        gc.enable()


@everything
def test_a_row_of_a_jacobian_is_a_gradient_by_either_mode(name: str) -> None:
    for case in cases_of(name):
        leaves = case.leaves()
        for k, output in enumerate(case.outputs(*leaves)):
            if output.size * sum(x.size for x in case.arrays) > 150 or not output.requires_grad:
                continue
            ones = np.eye(output.size).reshape(output.size, *output.shape)
            rows = [gradients((output * one).sum(), leaves) for one in ones]
            places = tuple(range(len(leaves)))
            for mode in (jacrev, jacfwd):
                found = mode(lambda *xs, k=k: case.outputs(*xs)[k], argnums=places)(*case.arrays)  # noqa: B023
                for i, leaf in enumerate(leaves):
                    expected = np.zeros((*output.shape, *leaf.shape))
                    expected.reshape(output.size, leaf.size)[...] = [row[i].ravel() for row in rows] or 0.0
                    assert found[i].shape == expected.shape
                    np.testing.assert_allclose(found[i], expected, rtol=1e-9, atol=1e-9 * size(expected))


def size(x: Any) -> float:
    return max(1.0, float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0)))


@everything
def test_why_has_an_answer(name: str) -> None:
    for case in cases_of(name):
        leaves = case.leaves()
        loss = case.total(*leaves)
        for leaf, gradient in zip(leaves, gradients(loss, leaves), strict=True):
            answer = str(autograd.why(loss, leaf))
            assert answer.startswith(f"∂loss/∂{leaf.label}: ")
            assert not (gradient == 0).any() or "zero" in answer or "nothing" in answer


@each_entry
def test_arrays_of_no_elements_and_of_no_axes_have_gradients_of_their_shapes(name: str) -> None:
    for case in empty_cases_of(name):
        leaves = case.leaves()
        if not any(y.requires_grad for y in case.outputs(*leaves)):
            continue
        found = gradients_of(case, leaves)
        recorded = gradients(case.total(*leaves), leaves, create_graph=True)
        for leaf, gradient, node in zip(leaves, found, recorded, strict=True):
            assert gradient.shape == node.shape == leaf.shape
            assert_close(gradient, node.data)
        tangents = tuple([np.ones(x.shape) for x in case.arrays])
        slope = jvp(case.total, tuple(case.arrays), tangents)[1]
        assert_close(float(slope), sum(np.sum(x) for x in found))
