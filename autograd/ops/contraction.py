"""Sums of products over named axes, as Einstein wrote them."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from autograd.call import shape_of
from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.indexing import put
from autograd.ops.shaping import HALF, SINGLE, reshape, unbroadcast
from autograd.signature import each, param

Shape = tuple[int, ...]


def contracted(subscripts: str, /, *operands: Any, **params: Any) -> Any:
    shapes = [shape_of(x) for x in operands]
    if any(0 in shape for shape in shapes):
        expect_diagonals(checked(subscripts), shapes)
    if "dtype" not in params and all(getattr(x, "dtype", None) == HALF for x in operands):
        return in_single_precision(subscripts, shapes, operands, params)
    return np.einsum(checked(subscripts), *operands, **params)


def in_single_precision(subscripts: str, shapes: Sequence[Shape], halves: Sequence[Any], params: Any) -> Any:
    """Of halves, whose sums are rounded once, at the end; without a sum it is NumPy's, which may be a view."""
    terms, output = spelled_out(checked(subscripts), shapes)
    if set("".join(terms)) <= set(output):
        return np.einsum(subscripts, *halves, **params)
    return np.einsum(subscripts, *(x.astype(SINGLE) for x in halves), **params).astype(HALF)


def expect_diagonals(subscripts: str, shapes: Sequence[Shape]) -> None:
    """Refuse a diagonal of what is not square: where it is empty, NumPy reads memory that is not its own."""
    for term, shape in zip(spelled_out(subscripts, shapes)[0], shapes, strict=True):
        for letter in term:
            if len({n for x, n in zip(term, shape, strict=True) if x == letter}) > 1:
                raise ShapeError(
                    f"einsum: expected axes of one length for {letter!r} in {term!r}, got an operand of shape {shape}"
                )


def checked(subscripts: Any) -> str:
    """NumPy takes lists of numbers in the place of letters too."""
    if not isinstance(subscripts, str):
        raise DTypeError("einsum: expected subscripts as text before the operands, as in einsum('ij,jk->ik', a, b)")
    return subscripts


def spelled_out(subscripts: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """The letters of each operand and those of the output, with letters for an ellipsis, and the output always said.

    >>> spelled_out("...ij, jk", [(5, 2, 3), (3, 4)])
    (['aij', 'jk'], 'aik')
    """
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    named = [term.replace("...", "") for term in terms]
    lengths = [
        len(shape) - len(letters) if "..." in term else 0
        for term, letters, shape in zip(terms, named, shapes, strict=True)
    ]
    free = (letter for letter in ascii_letters if letter not in subscripts)
    ellipsis = "".join(next(free) for _ in range(max(lengths)))
    terms = [term.replace("...", ellipsis[len(ellipsis) - n :]) for term, n in zip(terms, lengths, strict=True)]
    if not arrow:
        output = "..." + "".join(sorted(letter for letter, n in Counter("".join(named)).items() if n == 1))
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(f"einsum: expected an operand of {len(term)} axes for {term!r}, got shape {shape}")
    return terms, output.replace("...", ellipsis)


def sizes(terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """How long the axis of each letter is; one of length 1 broadcasts."""
    found: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            if found.setdefault(letter, n) == 1:
                found[letter] = n
    return found


def result(subscripts: str, /, *operands: Shape, **_: Any) -> Shape:
    terms, output = spelled_out(subscripts, operands)
    found = sizes(terms, operands)
    return tuple(found[letter] for letter in output)


def einsum_vjp(
    g: Any,
    y: Any,
    subscripts: str,
    /,
    *operands: Any,
    out: None = None,
    optimize: Any = False,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
) -> Callable[[int], Any]:
    """One einsum more: the gradient and the other operands, summed to the letters of the one that is asked for."""
    shapes = [shape_of(x) for x in operands]
    terms, output = spelled_out(subscripts, shapes)

    def part(k: int) -> Any:
        factors = [(output, g), *((terms[j], x) for j, x in enumerate(operands) if j != k)]
        known = sizes([letters for letters, _ in factors], [shape_of(x) for _, x in factors])
        own = sizes([terms[k]], [shapes[k]])
        for letter, n in own.items():
            if known.get(letter, 1) == 1:  # summed over: what is along it receives the same
                factors.append((letter, np.ones(n, getattr(g, "dtype", None))))
        spelled = f"{','.join(letters for letters, _ in factors)}->{''.join(own)}"
        contribution = einsum(spelled, *(x for _, x in factors), optimize=bool(optimize))
        if len(own) == len(terms[k]):
            return contribution
        return put(unbroadcast(contribution, tuple(own.values())), shapes[k], diagonal(terms[k], own))

    return part


def diagonal(term: str, lengths: Mapping[str, int]) -> tuple[Any, ...]:
    """The index of the elements in which axes of the same letter have the same place."""
    grid = dict(zip(lengths, np.ogrid[tuple(map(slice, lengths.values()))], strict=True))
    return tuple(grid[letter] for letter in term)


def reads_a_diagonal(subscripts: str, **_: Any) -> bool:
    """Whether an operand has a letter twice, so that not all of its elements are read.

    >>> reads_a_diagonal("ii,ij->j"), reads_a_diagonal("...ij,jk->ki")
    (True, False)
    """
    terms = subscripts.partition("->")[0].replace("...", "").replace(" ", "").split(",")
    return any(len(set(term)) < len(term) for term in terms)


def contracted_each(subscripts: str, /, *operands: Any, **params: Any) -> Any:
    """One letter more, of the operands that are not shared."""
    terms, output = spelled_out(checked(subscripts), [x.shape[1:] for x in operands])
    letter = next(letter for letter in ascii_letters if letter not in "".join([*terms, output]))
    own = [letter if x.shape[0] > 1 else "" for x in operands]
    if not any(own):
        own[0] = letter
    factors = [x if first else reshape(x, x.shape[1:]) for x, first in zip(operands, own, strict=True)]
    return einsum(f"{','.join(map(operator.add, own, terms))}->{letter}{output}", *factors, **params)


# fmt: off
einsum: Op = primitive("einsum", contracted, param, each(einsum_vjp), linear="separately", masks=reads_a_diagonal,
    shape=result, symbol="Σ×", batched=contracted_each,
    doc="a sum of products multiplies the gradient by the other factors, and sums over the axes that are not its own")
# fmt: on


def einsum_by_text(subscripts: Any, /, *operands: Any, **params: Any) -> Any:
    return einsum(checked(subscripts), *operands, **params)


override(np.einsum, einsum_by_text)
