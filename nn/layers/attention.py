"""Attention: each place of a sequence looks at others."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import DTypeError, ShapeError, matmul, real_array, reshape, softmax, swapaxes, where
from nn.declared import Parameter
from nn.init import Init, xavier_uniform
from nn.inputs import as_operand, flag, float_dtype, generator, positive_int
from nn.layers.features import expect_features
from nn.layers.linear import Linear
from nn.layers.weights import initial
from nn.module import Module


class MultiHeadAttention(Module):
    """softmax(Q Kᵀ / √d) V in several heads side by side, where Q, K and V are linear in query, key and value.

    ``query`` of shape (..., length, embed_dim), and ``key`` and ``value`` of (..., source, embed_dim), give (...,
    length, embed_dim); without key and value it is self-attention. ``embed_dim`` is divided among the heads, d =
    embed_dim / num_heads each. A ``mask`` of truths says which places are not looked at: of shape (length, source) for
    all, else with as many axes as (..., heads, length, source), each as long as there or 1, so that one of the padding
    of each sequence, (batch, source), is given as ``mask[:, None, None]``. With ``is_causal`` those are the later ones.
    With ``need_weights`` a call gives a pair, the second what each place looked at, (..., heads, length, source).

    PyTorch's ``MultiheadAttention`` is the same with ``batch_first=True``; it gives the pair if nothing is said.

    ``in_proj_weight``, of shape (embed_dim, 3 · embed_dim), holds the columns of Q, K and V. Vaswani and others, 2017.

    >>> attention = MultiHeadAttention(8, 2, rng=0)
    >>> x = np.random.default_rng(0).normal(size=(3, 5, 8))
    >>> y, weights = attention(x, is_causal=True, need_weights=True)
    >>> y.shape, weights.shape, bool(np.triu(weights.numpy(), 1).any())
    ((3, 5, 8), (3, 2, 5, 5), False)

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` where the
    shapes do not fit, and for a mask that leaves a place nothing to look at.
    """

    transposed = frozenset({"in_proj_weight"})

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
    ) -> None:
        owner = "MultiHeadAttention"
        self.embed_dim = positive_int(embed_dim, f"{owner}: embed_dim")
        self.num_heads = positive_int(num_heads, f"{owner}: num_heads")
        if self.embed_dim % self.num_heads:
            raise ValueError(
                f"{owner}: num_heads: expected a divisor of embed_dim={self.embed_dim}, got {self.num_heads}"
            )
        has_bias, kind = flag(bias, f"{owner}: bias"), float_dtype(dtype, f"{owner}: dtype")
        drawn_from = generator(rng, f"{owner}: rng")
        shape = self.embed_dim, 3 * self.embed_dim
        self.in_proj_weight = initial(shape, init, drawn_from, kind, owner)
        self.in_proj_bias = Parameter(np.zeros(shape[1], kind) if has_bias else None)
        self.out_proj = Linear(
            self.embed_dim, self.embed_dim, bias=has_bias, rng=drawn_from, init=init, dtype=kind, label="_out"
        )

    def forward(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        *,
        mask: Any = None,
        is_causal: bool = False,
        need_weights: bool = False,
    ) -> Any:
        query = self._input(query)
        key = query if key is None else self._input(key)
        value = key if value is None else self._input(value)
        if key.shape != value.shape or key.shape[:-2] != query.shape[:-2]:
            raise ShapeError(
                f"MultiHeadAttention: expected a key and a value of one shape, and as many sequences as in the query, "
                f"got query {query.shape}, key {key.shape} and value {value.shape}"
            )
        q, k, v = (self._heads(x, part) for part, x in enumerate((query, key, value)))
        scores = matmul(q, swapaxes(k, -1, -2)) * (1 / sqrt(self.embed_dim // self.num_heads))
        hidden = self._hidden(mask, is_causal, scores.shape)
        weights = softmax(scores if hidden is None else where(hidden, -np.inf, scores))
        together = swapaxes(matmul(weights, v), -2, -3)
        result = self.out_proj(reshape(together, query.shape))
        return (result, weights) if need_weights else result

    def _input(self, x: Any) -> Any:
        x = as_operand(x, "MultiHeadAttention")
        expect_features(x, self.embed_dim, self, self.in_proj_weight)
        if len(x.shape) < 2:
            raise ShapeError(f"MultiHeadAttention: expected shape (…, length, {self.embed_dim}), got {x.shape}")
        return x

    def _heads(self, x: Any, part: int) -> Any:
        """Q, K or V, as (..., heads, length, d)."""
        columns = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        y = matmul(x, self.in_proj_weight[:, columns])
        y = y if self.in_proj_bias is None else y + self.in_proj_bias[columns]
        return swapaxes(reshape(y, (*x.shape[:-1], self.num_heads, self.embed_dim // self.num_heads)), -2, -3)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}" + (", bias=False" if self.in_proj_bias is None else "")

    def _hidden(self, mask: Any, is_causal: bool, shape: tuple[int, ...]) -> Any:
        """Which places are not looked at: truths, or None for all."""
        hidden = None
        if mask is not None:
            hidden = real_array(mask, "MultiHeadAttention: mask")
            if hidden.dtype != np.bool_:
                raise DTypeError(
                    "MultiHeadAttention: mask: expected truths, True where a place is not looked at, "
                    f"got {hidden.dtype}"
                )
        if flag(is_causal, "MultiHeadAttention: is_causal"):
            later = np.triu(np.ones(shape[-2:], bool), 1)
            hidden = later if hidden is None else hidden | later
        if hidden is None:
            return None
        if 2 < hidden.ndim < len(shape):  # of sequences or of heads: who knows?
            raise ShapeError(
                f"MultiHeadAttention: mask: expected shape {shape[-2:]}, or all the axes of {shape}, got "
                f"{hidden.shape}: give mask[:, None] for one of each sequence, mask[None] for one of each head"
            )
        try:
            hidden = np.broadcast_to(hidden, shape)
        except ValueError as error:
            raise ShapeError(
                f"MultiHeadAttention: mask: expected a shape that broadcasts to {shape}, got {hidden.shape}"
            ) from error
        if hidden.all(axis=-1).any():
            raise ShapeError("MultiHeadAttention: mask: it leaves a place nothing to look at: let it look at itself")
        return hidden
