"""Linear algebra on numbers and Values, step by step: a matrix is a list of its rows, and each element a node.

Which rows change places is asked of the nodes, so that a replay knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from autograd.ops.functions import sqrt
from autograd.ops.linalg import dot
from autograd.ops.reductions import largest, sum_of_row

Rows = list[list[Any]]


def expect_square(name: str, shape: tuple[int, ...]) -> None:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"{name}: expected square matrices, got shape {shape}")


def of_stack(function: Callable[..., Rows], shape: tuple[int, ...], *stacks: Any) -> Any:
    """What a function makes of each matrix of stacks of one length: matrices of this shape, or numbers for ()."""
    stack = stacks[0].shape[:-2]
    elements: list[Any] = []
    for index in np.ndindex(stack):
        for row in function(*(x[index].tolist() for x in stacks)):
            elements += row
    result = np.empty(len(elements), dtype=object)
    result[:] = elements
    return result.reshape((*stack, *shape))[()]


def transposed(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def identity(n: int) -> Rows:
    return np.eye(n).tolist()


def minus(row: Sequence[Any], factor: Any, other: Sequence[Any]) -> list[Any]:
    """A row less a multiple of another."""
    return [x - factor * y for x, y in zip(row, other, strict=True)]


def pivot(column: Sequence[Any]) -> int:
    """Where the number is that is farthest from zero."""
    return largest([abs(x) for x in column])


# Gaussian elimination.


def triangular(rows: Rows, right: Rows) -> tuple[Rows, Rows, int]:
    """Rows that are zero below the diagonal, by partial pivoting, with what becomes of the right side; and the sign of
    the permutation, 0 where a pivot is zero.
    """
    rows, right, sign = [list(row) for row in rows], [list(row) for row in right], 1
    for k in range(len(rows)):
        p = k + pivot([row[k] for row in rows[k:]])
        if rows[p][k] == 0:
            return rows, right, 0
        if p != k:
            rows[k], rows[p], right[k], right[p], sign = rows[p], rows[k], right[p], right[k], -sign
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i][k + 1 :] = minus(rows[i][k + 1 :], factor, rows[k][k + 1 :])
            right[i] = minus(right[i], factor, right[k])
    return rows, right, sign


def solution(rows: Rows, right: Rows) -> Rows:
    """Of a system of equations, with one right side a column.

    Raises `LinAlgError` where there is none, or more than one.
    """
    rows, right, sign = triangular(rows, right)
    if not sign:
        raise LinAlgError("Singular matrix")
    for k in reversed(range(len(rows))):
        for i in range(k + 1, len(rows)):
            right[k] = minus(right[k], rows[k][i], right[i])
        right[k] = [x / rows[k][k] for x in right[k]]
    return right


def determinant(rows: Rows) -> Any:
    """Elimination with the largest of all elements as the pivot; what is left is expanded, where it has but two rows,
    or nothing but zeros, which have no quotients.
    """
    rows, factors = [list(row) for row in rows], []
    while len(rows) > 2:
        n = len(rows)
        i, j = divmod(pivot([x for row in rows for x in row]), n)
        if rows[i][j] == 0:
            break
        factors.append(rows[i][j] if (i + j) % 2 == 0 else -rows[i][j])
        first = rows.pop(i)
        rows = without([minus(row, row[j] / first[j], first) for row in rows], -1, j)
    return reduce(lambda x, y: x * y, [*factors, expanded(rows)])


def expanded(rows: Rows) -> Any:
    """The determinant as a sum of products, by the minors of ever more of the last rows."""
    minors: dict[tuple[int, ...], Any] = {(): 1.0}
    for size, row in enumerate(reversed(rows), start=1):
        minors = {
            columns: sum_of_row([
                row[c] if size == 1 else row[c] * without if place % 2 == 0 else -row[c] * without
                for place, c in enumerate(columns)
                for without in [minors[columns[:place] + columns[place + 1 :]]]
            ])
            for columns in combinations(range(len(rows)), size)
        }  # fmt: skip
    return minors[tuple(range(len(rows)))]


def without(rows: Rows, i: int, j: int) -> Rows:
    """All other rows and columns."""
    return [[*row[:j], *row[j + 1 :]] for k, row in enumerate(rows) if k != i]


def cofactor(rows: Rows, i: int, j: int, of: Callable[[Rows], Any] = determinant) -> Any:
    """The slope of the determinant by one element, by the determinant of all others."""
    minor = of(without(rows, i, j))
    return minor if (i + j) % 2 == 0 else -minor


def along_cofactors(xs: Rows, rows: Rows, of: Callable[[Rows], Any] = determinant) -> Any:
    """The sum of the products of numbers and cofactors."""
    places = range(len(rows))
    return sum_of_row([xs[i][j] * cofactor(rows, i, j, of) for i in places for j in places])


def along_minors(xs: Rows, rows: Rows, i: int, j: int, of: Callable[[Rows], Any] = determinant) -> Any:
    """The slope of that by one element of ``rows``."""
    slope = along_cofactors(without(xs, i, j), without(rows, i, j), of)
    return slope if (i + j) % 2 == 0 else -slope


# Decompositions.


def cholesky_factor(rows: Rows) -> Rows:
    """The lower triangle, row by row (Cholesky-Banachiewicz)."""
    n = len(rows)
    factor: Rows = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = rows[i][j] - dot(factor[i][:j], factor[j][:j]) if j else rows[i][j]
            if i == j and not rest > 0:
                raise LinAlgError("Matrix is not positive definite")
            factor[i][j] = sqrt(rest) if i == j else rest / factor[j][j]
    return factor


def orthogonal_factors(rows: Rows, n: int) -> tuple[Rows, Rows]:
    """Q and R of rows of n elements, by Householder's reflections, with the signs that LAPACK gives them.

    The reflection I − v vᵀ / (−β v₀), v = x − β e₀, takes x to β e₀, where β is −|x| or |x|, away from x₀. LAPACK has
    none where x is along e₀ already: then what comes of it is turned around, so that its slopes are there.

    Raises `LinAlgError` where there is nothing to reflect.
    """
    m, rank = len(rows), min(len(rows), n)
    columns = transposed(rows) if rows else [[] for _ in range(n)]
    reflections: list[tuple[int, list[Any], Any]] = []
    turned = []
    for k in range(min(rank, m - 1)):
        x = columns[k][k:]
        if all(element == 0 for element in x[1:]):
            turned.append(k)
        if all(element == 0 for element in x):
            raise LinAlgError("the columns are not independent, so that Q and R have no slopes")
        length = sqrt(dot(x, x))
        end = -length if x[0] >= 0 else length
        v = [x[0] - end, *x[1:]]
        reflections.append((k, v, -end * v[0]))
        columns[k] = [*columns[k][:k], end, *[0.0] * (m - k - 1)]
        columns[k + 1 :] = [reflected(column, *reflections[-1]) for column in columns[k + 1 :]]
    q = identity(m)[:rank]
    for reflection in reversed(reflections):
        q = [reflected(column, *reflection) for column in q]
    triangle = [[columns[j][i] if i <= j else 0.0 for j in range(n)] for i in range(rank)]
    for k in turned:
        q[k], triangle[k] = [-x for x in q[k]], [-x for x in triangle[k]]
    return [[column[i] for column in q] for i in range(m)], triangle


def reflected(column: list[Any], k: int, v: list[Any], scale: Any) -> list[Any]:
    return [*column[:k], *minus(column[k:], dot(v, column[k:]) / scale, v)]
