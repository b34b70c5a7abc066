"""Numbers left out at random while a model is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError
from nn.inputs import as_operand, generator, kind_of, number_between
from nn.module import Module


class Dropout(Module):
    """In training, each element is 0 with probability p, else x / (1 − p), which keeps the mean; in eval mode, x.

    Which are left out is drawn anew for every call, from ``rng``, a seed or a `numpy.random.Generator`, which the
    module keeps: copies of it, as by `to_scalars`, go on from where it stands. Srivastava and others, 2014.

    >>> layer = Dropout(0.5, rng=0)
    >>> layer([1.0, 2.0, 3.0, 4.0]), layer([1.0, 2.0, 3.0, 4.0])
    (array([2., 0., 0., 0.]), array([2., 4., 6., 8.]))
    >>> layer.eval()([1.0, 2.0, 3.0, 4.0])
    array([1., 2., 3., 4.])

    Raises `TypeError` or `ValueError` for a p that is not from 0 to 1, and for what is no seed.
    """

    def __init__(self, p: float = 0.5, *, rng: int | np.random.Generator | None = None) -> None:
        owner = type(self).__name__
        self.p = number_between(p, f"{owner}: p", 0.5, 0.0, 1.0)
        self.rng = generator(rng, f"{owner}: rng")

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Dropout")
        return self._thinned(x, x.shape)

    def _thinned(self, x: Any, shape: tuple[int, ...]) -> Any:
        """X times numbers of this shape, each 0 or what makes up for it; x itself where nothing is left out."""
        if not self.training or self.p == 0:
            return x
        is_kept = self.rng.random(shape) >= self.p
        factors = is_kept / (1 - self.p) if self.p < 1 else np.zeros(shape)
        return x * (factors if kind_of(x) == "O" else factors.astype(x.dtype))

    def extra_repr(self) -> str:
        return str(self.p)


class Dropout2d(Dropout):
    """The same of whole channels: neighbours in an image are much alike, so that one would stand for the other.

    x of shape (batch, channels, height, width) keeps its shape. Tompson and others, 2015.

    >>> Dropout2d(0.5, rng=0)(np.ones((1, 4, 1, 2))).tolist()
    [[[[2.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]]]

    Raises as `Dropout`. A call raises `ShapeError` where x has other axes.
    """

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Dropout2d")
        if len(x.shape) != 4:
            raise ShapeError(
                f"Dropout2d({self.extra_repr()}): expected x of shape (batch, channels, height, width), got {x.shape}: "
                "give it the axes that are missing, with x.reshape, or use Dropout, of single elements"
            )
        return self._thinned(x, (*x.shape[:2], 1, 1))
