"""Systems of equations, determinants, and symmetric matrices: where slopes are, and where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numeric import assert_close, complex_step, differences, numbers_of
from strategies import arrays

import autograd
from autograd import DTypeError, OperationError, ShapeError, Tensor, Value, gradients

RNG = np.random.default_rng(0)


def of_rank(n: int, rank: int) -> Any:
    return RNG.normal(size=(n, rank)) @ RNG.normal(size=(rank, n))


def minors(a: Any) -> Any:
    """The slopes of the determinant, one by one."""
    n = len(a)
    kept = [[k for k in range(n) if k != i] for i in range(n)]
    return np.array(
        [[(-1) ** (i + j) * np.linalg.det(a[np.ix_(kept[i], kept[j])]) for j in range(n)] for i in range(n)]
    )


@pytest.mark.parametrize(
    ("n", "rank"), [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (3, 3), (5, 3), (5, 4), (5, 5), (6, 6)]
)
def test_a_determinant_has_its_slopes_whatever_the_rank(n: int, rank: int) -> None:
    """To the second order; beyond, those of a matrix that is nearly singular are no number."""
    a = of_rank(n, rank) if rank else np.zeros((n, n))
    t = Tensor(a)
    slope = gradients(np.linalg.det(t), t, create_graph=True)
    assert_close(slope.data, minors(a), 1e-12)
    weights = RNG.normal(size=(n, n))
    assert_close(gradients((slope * weights).sum(), t), differences(lambda x: np.sum(minors(x) * weights), a), 1e-8)
    third = gradients(gradients((slope * weights).sum(), t, create_graph=True).sum(), t)
    if rank < n:
        assert np.isnan(third).all()
    elif n > 1:
        expected = differences(
            lambda x: np.sum(
                gradients((gradients(np.linalg.det(u := Tensor(x)), u, create_graph=True) * weights).sum(), u)
            ),
            a,
        )
        assert_close(third, expected, 1e-5)


@given(a=arrays((3, 3)), weights=arrays((3, 3)))
def test_a_determinant_of_values_has_those_of_a_tensor(a: Any, weights: Any) -> None:
    """However many elements are zero, so that there is nothing to divide by."""
    t = Tensor(a)
    xs = np.array([Value(x) for x in a.ravel()], dtype=object).reshape(3, 3)
    of_values, of_tensor = autograd.det(xs), np.linalg.det(t)
    assert_close(getattr(of_values, "data", of_values), of_tensor.item())
    slopes = gradients(of_values, xs.ravel().tolist(), create_graph=True)
    slope = gradients(of_tensor, t, create_graph=True)
    assert_close([x.data for x in slopes], slope.data.ravel())
    along = sum((x * w for x, w in zip(slopes, weights.ravel(), strict=True)), start=Value(0.0))
    assert_close(gradients(along, xs.ravel().tolist()), np.ravel(gradients((slope * weights).sum(), t)))


@pytest.mark.parametrize("n", [0, 1])
def test_the_smallest_matrices(n: int) -> None:
    t = Tensor(np.full((n, n), 2.0))
    assert_close(gradients(np.linalg.det(t), t), np.ones((n, n)))
    assert_close(gradients(np.linalg.slogdet(t)[1], t), np.full((n, n), 0.5))
    assert_close(gradients(np.linalg.inv(t).sum(), t), np.full((n, n), -0.25))
    assert_close(gradients(np.linalg.solve(t, np.ones(n)).sum(), t), np.full((n, n), -0.25))
    assert_close(gradients(np.linalg.cholesky(t).sum(), t), np.full((n, n), 0.5 / np.sqrt(2)))
    assert_close(gradients(np.linalg.eigvalsh(t).sum(), t), np.ones((n, n)))
    assert_close(gradients(np.linalg.eigh(t)[0].sum(), t), np.ones((n, n)))


# Symmetric matrices: one triangle is read.


@pytest.mark.parametrize("function", [lambda x: np.linalg.cholesky(x), lambda x: np.linalg.eigvalsh(x)])
def test_an_element_that_is_not_read_has_no_slope_and_what_is_made_symmetric_has_all(
    function: Callable[..., Any],
) -> None:
    a = RNG.normal(size=(3, 4))
    weights = RNG.normal(size=(3, 3))

    def f(x: Any) -> Any:
        y = function(x)
        return (y * (weights if len(y.shape) == 2 else weights[0])).sum()

    t = Tensor(a @ a.T)
    f(t).backward()
    assert (t.grad[np.triu_indices(3, 1)] == 0).all()
    assert_close(t.grad, differences(f, a @ a.T), 1e-8)
    u = Tensor(a)
    f(u @ u.T).backward()
    assert_close(u.grad, differences(lambda x: f(x @ x.T), a), 1e-8)


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [2.0, 2.0, 1.0], [0.0, 0.0, -1.0]])
@pytest.mark.parametrize("triangle", ["L", "U"])
def test_what_depends_on_eigenvalues_alone_has_its_gradient_where_they_repeat(values: Any, triangle: Any) -> None:
    """Σ w² is the square of the norm: its gradient is 2A, twice that where one element stands for two."""
    q = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    for a in (q * values @ q.T, np.diag(values)):
        a = (a + a.T) / 2
        expected = 4 * (np.tril(a, -1) if triangle == "L" else np.triu(a, 1)) + 2 * np.diag(np.diag(a))
        for w in (lambda t: np.linalg.eigvalsh(t, triangle), lambda t: np.linalg.eigh(t, triangle)[0]):
            t = Tensor(a)
            (w(t) ** 2).sum().backward()
            assert_close(t.grad, expected)


def test_vectors_that_equal_eigenvalues_leave_open_have_no_slope() -> None:
    t = Tensor(np.eye(2))
    np.linalg.eigh(t)[1][0, 1].backward()
    assert not np.isfinite(t.grad).all()


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (1, 0)])
def test_no_number_has_no_eigenvalues(place: tuple[int, int]) -> None:
    a = np.diag([5.0, 3.0])
    a[place] = np.nan
    assert np.isnan(autograd.eigvalsh(np.stack([np.eye(2), a]))[1]).all()
    assert np.isfinite(autograd.eigvalsh(a, "U")).all() == (place == (1, 0))


# Pseudoinverses.


@pytest.mark.parametrize(("m", "n", "rank"), [(3, 2, 2), (2, 3, 2), (3, 3, 3)])
def test_a_pseudoinverse_is_that_of_the_normal_equations(m: int, n: int, rank: int) -> None:
    a = RNG.normal(size=(m, rank)) @ RNG.normal(size=(rank, n))
    weights = RNG.normal(size=(n, m))
    f = (lambda x: np.linalg.inv(x.T @ x) @ x.T) if m >= n else (lambda x: x.T @ np.linalg.inv(x @ x.T))
    t = Tensor(a)
    assert_close(gradients((np.linalg.pinv(t) * weights).sum(), t), complex_step(lambda x: (f(x) * weights).sum(), a))


def test_a_pseudoinverse_that_cuts_off_more_than_rounding_has_no_slope() -> None:
    t = Tensor(np.diag([1.0, 0.1]))
    assert np.isnan(gradients(np.linalg.pinv(t, rcond=0.5).sum(), t)).all()
    low = Tensor(np.outer([1.0, 2.0], [1.0, 1.0]))
    assert np.isfinite(gradients(np.linalg.pinv(low).sum(), low)).all()


# Of Values.


@given(a=arrays((3, 2)), wide=st.booleans())
def test_q_and_r_of_values_are_those_of_lapack(a: Any, wide: bool) -> None:
    """Zeros below the diagonal, where LAPACK does nothing, among them."""
    a = a + np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
    for x in (a, np.triu(a) + np.array([[3.0, 0.0], [0.0, 3.0], [0.0, 0.0]])):
        x = x.T if wide else x
        expected = np.linalg.qr(x)
        assume(np.min(np.abs(np.diagonal(expected.R))) > 0.1)
        for found, numbers in zip(autograd.qr([[Value(v) for v in row] for row in x]), expected, strict=True):
            assert_close(numbers_of(found), numbers)


NODES = [[Value(4.0), Value(1.0)], [Value(1.0), Value(3.0)]]
SINGULAR = [[Value(1.0), Value(2.0)], [Value(2.0), Value(4.0)]]
T = Tensor(np.array([[1.0, 2.0], [2.0, 4.0]]), label="t")

REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: np.linalg.inv(T), OperationError, r"inv: failed on operands of the shapes t\(2, 2\): Singular matrix"),
    (lambda: autograd.inv(SINGULAR), OperationError, "inv: .*Singular matrix"),
    (lambda: np.linalg.solve(T, np.ones(2)), OperationError, "solve: .*Singular matrix"),
    (lambda: autograd.solve(NODES, [1.0, 2.0, 3.0]), ShapeError, "solve: .*expected 2 rows on the right"),
    (lambda: np.linalg.cholesky(-T), OperationError, "cholesky: .*not positive definite"),
    (lambda: autograd.cholesky(SINGULAR), OperationError, "cholesky: .*not positive definite"),
    (lambda: np.linalg.slogdet(T)[1].backward(), OperationError, "Singular matrix"),
    (lambda: np.linalg.eig(T), DTypeError, "eig: .*may be complex, got t.*: use eigh"),
    (lambda: np.linalg.eigvals(T), DTypeError, "use eigh or eigvalsh"),
    (lambda: autograd.qr([[Value(0.0)], [Value(0.0)]]), OperationError, "qr: .*columns are not independent"),
    (lambda: autograd.eigh(NODES), DTypeError, "eigh: .*computed by iteration, so use a Tensor"),
    (lambda: np.linalg.qr(T[:, :1], "complete"), ShapeError, 'give mode="reduced"'),
    (lambda: np.linalg.qr(T, "raw"), DTypeError, 'qr: expected mode as "reduced"'),
    (lambda: np.linalg.pinv(T, hermitian=True), DTypeError, "hermitian=True.*leave it out"),
    (lambda: np.linalg.cond(T, "no"), ValueError, "norm: expected the order of a matrix norm"),
    (lambda: np.linalg.matrix_power(T, 0.5), DTypeError, "matrix_power: expected n as an int, got 0.5"),
    (lambda: np.linalg.matrix_power(T[:1], 2), ShapeError, "matrix_power: .*expected square matrices"),
    (lambda: autograd.det([NODES[0]]), ShapeError, "det: .*expected square matrices"),
    (lambda: autograd.det_hessian(T[:, :1], T), ShapeError, "det_hessian: .*expected matrices of one shape"),
    (lambda: autograd.cofactors(np.eye(2, dtype="f2")), DTypeError, "cofactors: .*no half precision"),
    (lambda: np.linalg.tensorsolve(T, np.ones(3)), ShapeError, "tensorsolve: expected as many unknowns"),
    (lambda: np.linalg.tensorinv(T, 2), ShapeError, "tensorinv: expected as many elements before axis ind=2"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "said"), REFUSED)
def test_what_has_no_slope_is_refused(call: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
