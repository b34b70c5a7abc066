"""The singular value decomposition: where its derivative is, and where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, differences
from strategies import arrays

import autograd
from autograd import Graph, OperationError, ShapeError, Tensor, Value, gradients, steps, tracing


def orthogonal(n: int, seed: int) -> Any:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


@pytest.mark.parametrize("s", [[1.0, 1.0, 1.0], [2.0, 2.0, 1.0], [1.0, 0.0, 0.0], [3.0, 2.0, 1.0]])
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 5)])
def test_what_depends_on_singular_values_alone_has_its_gradient_where_they_repeat(s: Any, shape: Any) -> None:
    """A symmetric function of them is smooth there: Σ s² is the square of the norm, whose gradient is 2A."""
    m, n = shape
    a = orthogonal(m, 0)[:, :3] * s @ orthogonal(n, 1)[:3]
    if s == [1.0, 1.0, 1.0] and m == n:
        a = np.eye(3)  # exactly equal
    for values in (
        lambda t: np.linalg.svd(t, full_matrices=False).S,
        lambda t: np.linalg.svd(t, False, True)[1],
        lambda t: np.linalg.svd(t, compute_uv=False),
    ):
        t = Tensor(a)
        (values(t) ** 2).sum().backward()
        assert_close(t.grad, 2 * a)
        assert_close(gradients((values(t) ** 2).sum(), t, create_graph=True).data, 2 * a)


def test_what_equal_singular_values_leave_open_is_no_number() -> None:
    t = Tensor(np.eye(2))
    u, _, _ = np.linalg.svd(t)
    u[0, 1].backward()
    assert np.isnan(t.grad).any()


@given(noise=arrays((2, 3, 2)), which=st.sampled_from(["U", "S", "Vh"]), wide=st.booleans())
def test_each_output_has_its_own_gradient(noise: Any, which: str, wide: bool) -> None:
    """By what has no sign: squares, and the matrix that the vectors project by."""
    a = noise / 16 + np.array([[4.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    a = a.swapaxes(-1, -2) if wide else a

    def f(x: Any) -> Any:
        part = getattr(np.linalg.svd(x, full_matrices=False), which)
        weights = np.arange(1.0, part.size + 1).reshape(part.shape)
        return (part**2 * weights).sum()

    t = Tensor(a)
    f(t).backward()
    assert_close(t.grad, differences(f, a), 1e-8)
    assert_close(gradients(f(t), t), t.grad)


def test_all_outputs_together_make_the_matrix_again() -> None:
    a = np.random.default_rng(0).normal(size=(2, 4, 3))
    weights = np.random.default_rng(1).normal(size=a.shape)
    t = Tensor(a)
    u, s, vh = np.linalg.svd(t, full_matrices=False)
    ((u * s[..., None, :]) @ vh * weights).sum().backward()
    assert_close(t.grad, weights, 1e-11)


def test_a_graph_replays_all_outputs_and_sweeps_over_the_new_ones() -> None:
    a, b = np.diag([3.0, 1.0]) + 0.5, np.diag([5.0, 2.0]) - 0.25

    def f(t: Any) -> Any:
        u, s, vh = np.linalg.svd(t)
        return (u[0] ** 2 * s * vh[:, 1] ** 2).sum()

    with tracing():
        graph = Graph.of(f(Tensor(a, label="a")))
    replayed = graph.replay({"a": b})
    t = Tensor(b)
    f(t).backward()
    assert_close(replayed.nodes[replayed.outputs[0]].data, f(t).item())
    assert_close(steps(replayed).gradients[replayed["a"].index], t.grad)


def test_what_has_no_derivative_is_refused_with_the_cure() -> None:
    t = Tensor(np.ones((3, 2)))
    with pytest.raises(ShapeError, match="full_matrices=False"):
        np.linalg.svd(t)
    assert np.linalg.svd(t, compute_uv=False).shape == (2,)
    with pytest.raises(TypeError, match=r"hermitian=True.*leave it out"):
        np.linalg.svd(Tensor(np.eye(2)), hermitian=True)
    with pytest.raises(ShapeError, match="two-dimensional"):
        np.linalg.svd(Tensor([1.0]))
    with pytest.raises(TypeError, match="use a Tensor"):
        autograd.svd([[Value(1.0)]])


def test_it_is_numpys_own_result() -> None:
    a = np.random.default_rng(0).normal(size=(3, 3))
    y, z = np.linalg.svd(Tensor(a)), np.linalg.svd(a)
    assert type(y) is type(z)
    for mine, numpys in zip(y, z, strict=True):
        np.testing.assert_array_equal(mine.data, numpys)
    assert str(Graph.of(y.S, names={})).endswith("= svd(x1)[1])")


def test_a_rule_finds_outputs_and_gradients_by_the_names_that_numpy_gave_them() -> None:
    """On numbers, in recorded and careful sweeps, forward, in steps and in a replay."""
    slogdet = autograd.primitive(
        "slogdet_of_diagonal",
        lambda a: np.linalg.slogdet(a[:, None] * np.eye(a.size)),
        lambda g, y, a: (g.logabsdet + 0 * g.sign) * (y.sign * y.sign) / a + 0 * y.logabsdet,
        doc="divides by the element",
    )
    try:
        a = np.array([2.0, -4.0])
        t = Tensor(a, label="t")
        sign, logabsdet = slogdet(t)
        assert type(slogdet(t)) is type(np.linalg.slogdet(np.eye(1)))
        loss = (autograd.where(np.array([True, False]), logabsdet * t, 0.0)).sum() + 0 * sign
        expected = np.log(8) * np.array([1.0, 0.0]) + 2 / a
        loss.backward()
        assert_close(t.grad, expected)
        assert_close(gradients(loss, t, create_graph=True).data, expected)
        assert_close(autograd.jvp(lambda x: slogdet(x).logabsdet, (t,), (np.ones(2),))[1].data, (1 / a).sum())
        graph = Graph.of(loss, names={})
        assert_close(steps(graph).gradients[graph["t"].index], expected)
        with tracing():
            graph = Graph.of(slogdet(t).logabsdet)
        again = graph.replay({"t": [3.0, 5.0]})
        assert_close(again[again.outputs[0]].data, np.log(15))
        assert_close(steps(again).gradients[again["t"].index], [1 / 3, 1 / 5])
        assert "slogdet" in str(autograd.explain(slogdet(t).logabsdet))
    finally:
        autograd.remove("slogdet_of_diagonal")


def test_a_replay_that_fails_says_of_what_operation() -> None:
    m = Tensor(np.eye(2), label="m")
    graph = Graph.of(autograd.svd(m)[1].sum())
    with pytest.raises(OperationError, match=r"^svd: failed on operands of the shapes \(2, 2\)"):
        graph.replay({"m": np.full((2, 2), np.nan)})
