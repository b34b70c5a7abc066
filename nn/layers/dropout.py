"""Numbers left out at random while a model is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

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
        self.p = number_between(p, "Dropout: p", 0.5, 0.0, 1.0)
        self.rng = generator(rng, "Dropout: rng")

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Dropout")
        if not self.training or self.p == 0:
            return x
        is_kept = self.rng.random(x.shape) >= self.p
        factors = is_kept / (1 - self.p) if self.p < 1 else np.zeros(x.shape)
        return x * (factors if kind_of(x) == "O" else factors.astype(x.dtype))

    def extra_repr(self) -> str:
        return str(self.p)
