"""A table of vectors, of which integers name the rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, where
from nn.declared import plain
from nn.init import Init, normal
from nn.inputs import flag, float_dtype, generator, positive_int, row_numbers, text_or_none, whole_number
from nn.layers.weights import Weighted, expect_room, initial


class Embedding(Weighted):
    """weight[x]: x is an array of integers of any shape (...), which gives the rows of these, (..., embedding_dim).

    ``weight`` has the shape (num_embeddings, embedding_dim) and is drawn by ``init``, from a normal distribution if no
    other is given, from ``rng``, a seed or a `numpy.random.Generator`. It is a Tensor of ``dtype``; after `to_scalars`,
    an object array of Values. A row has the sum of the gradients of all places where it stands, zero if nowhere. The
    row ``padding_idx`` begins at zero and has no gradient: it stands for what is to count as nothing. ``label`` names
    the weight in pictures: ``"1"`` gives W1.

    >>> layer = Embedding(5, 2, init=lambda shape, rng: np.arange(10.0).reshape(shape))
    >>> layer([3, 0, 3]).numpy()
    array([[6., 7.],
           [0., 1.],
           [6., 7.]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `DTypeError` for what holds
    no integers, `ValueError` for a number that no row has.
    """

    bias = None

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: int | np.random.Generator | None = None,
        init: Init = normal,
        dtype: DTypeLike = np.float64,
        label: str | None = None,
    ) -> None:
        self.num_embeddings = positive_int(num_embeddings, "Embedding: num_embeddings")
        self.embedding_dim = positive_int(embedding_dim, "Embedding: embedding_dim")
        shape = self.num_embeddings, self.embedding_dim
        expect_room(shape, "Embedding")
        self.padding_idx = None if padding_idx is None else self._row(padding_idx)
        self.label = text_or_none(label, "Embedding: label")
        kind = float_dtype(dtype, "Embedding: dtype")
        self.weight = initial(shape, init, generator(rng, "Embedding: rng"), kind, "Embedding")
        if self.padding_idx is not None:
            rows = plain(self.weight, "Embedding: weight")
            rows[self.padding_idx] = 0.0
            self.weight = rows
        self.name_parameters(self.label or "")

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """One whose rows are those of an array, in its dtype: frozen, unless ``freeze`` is False.

        >>> layer = Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]])
        >>> layer([1]).numpy(), layer.weight.requires_grad
        (array([[3., 4.]]), False)

        The row ``padding_idx`` keeps its numbers.

        Raises `ShapeError` for what is no table, `TypeError` or `ValueError` for a setting that is not what it says.
        """
        rows = np.asarray(plain(embeddings, "Embedding.from_pretrained: embeddings"))
        if rows.ndim != 2:
            raise ShapeError(
                "Embedding.from_pretrained: embeddings: expected an array of shape (num_embeddings, embedding_dim), "
                f"got {rows.shape}: give a row for each"
            )
        is_frozen = flag(freeze, "Embedding.from_pretrained: freeze")
        dtype = rows.dtype if rows.dtype.kind == "f" else np.float64
        layer = cls(rows.shape[0], rows.shape[1], padding_idx, init=lambda shape, rng: rows, dtype=dtype)
        layer.weight = rows
        layer.weight.requires_grad = not is_frozen
        return layer

    def _row(self, padding_idx: Any) -> int:
        """The number of a row, which may be counted from the end."""
        number = whole_number(padding_idx, "Embedding: padding_idx")
        if not -self.num_embeddings <= number < self.num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx: expected the number of one of {self.num_embeddings} rows, got {number}"
            )
        return number % self.num_embeddings

    def forward(self, x: Any) -> Any:
        numbers = row_numbers(x, self.num_embeddings, self._place())
        rows = self.weight[numbers]
        if self.padding_idx is None:
            return rows
        is_padding = (numbers == self.padding_idx)[..., None]
        return where(is_padding, plain(self.weight[self.padding_idx], "Embedding: weight"), rows)

    def extra_repr(self) -> str:
        said = f"{self.num_embeddings}, {self.embedding_dim}"
        return said + ("" if self.padding_idx is None else f", padding_idx={self.padding_idx}")
