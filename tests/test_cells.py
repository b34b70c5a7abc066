"""Neuron, Maxout, Bilinear, recurrent cells and attention: by their definitions, in both materials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import numbers_of

from autograd import DTypeError, ShapeError, Tensor, Value
from nn import Bilinear, GRUCell, LSTMCell, Maxout, Module, MultiHeadAttention, Neuron, RNNCell

SIZES = st.integers(1, 4)
BATCHES = st.sampled_from([(), (1,), (3,), (2, 2)])


def numbers(values: Any) -> Any:
    """The plain numbers of a result, of several a list."""
    if isinstance(values, tuple):
        return [numbers(part) for part in values]
    return values.numpy() if isinstance(values, Tensor) else numbers_of(values)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def moved(module: Module, seed: int) -> Module:
    """With every parameter random, so that biases count."""
    rng = np.random.default_rng(seed)
    module.load_state_dict({name: rng.normal(size=x.shape) for name, x in module.state_dict().items()})
    return module


def expect_both_forms(module: Module, inputs: list[Any], expected: Any, **settings: Any) -> None:
    """Tensors and Values give what is expected, and the gradients of one are those of the other."""
    scalars = module.to_scalars()
    tensors, values = [Tensor(x) for x in inputs], [np.vectorize(Value, otypes=[object])(x) for x in inputs]
    results = module(*tensors, **settings), scalars(*values, **settings)
    for result in results:
        found = numbers(result)
        for one, other in zip(
            *((found, expected) if isinstance(expected, list) else ([found], [expected])), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)
    for result in results:
        each = result if isinstance(result, tuple) else (result,)
        total = sum(np.sum(y * np.cos(np.arange(y.size).reshape(y.shape))) for y in each)
        total.backward()
    for tensor, array in zip(tensors, values, strict=True):
        np.testing.assert_allclose([v.grad for v in array.flat], tensor.grad.ravel(), rtol=1e-9, atol=1e-11)
    grads = [v.grad for v in scalars.parameters()]
    np.testing.assert_allclose(
        grads, np.concatenate([np.ravel(p.grad) for p in module.parameters()]), rtol=1e-9, atol=1e-11
    )


@given(n=SIZES, batch=BATCHES, seed=st.integers(0, 2**32 - 1), bias=st.booleans())
def test_a_neuron_is_the_activation_of_its_weighted_sum(n: int, batch: Any, seed: int, bias: bool) -> None:
    neuron = moved(Neuron(n, "sigmoid", bias=bias), seed)
    x = np.random.default_rng(seed).normal(size=(*batch, n))
    state = neuron.state_dict()
    expect_both_forms(neuron, [x], sigmoid(np.einsum("...i,i", x, state["weight"]) + state.get("bias", 0.0)))


@given(n=SIZES, m=SIZES, pieces=SIZES, batch=BATCHES, seed=st.integers(0, 2**32 - 1))
def test_maxout_is_the_largest_of_its_sums(n: int, m: int, pieces: int, batch: Any, seed: int) -> None:
    layer = moved(Maxout(n, m, pieces), seed)
    x = np.random.default_rng(seed).normal(size=(*batch, n))
    w, b = layer.state_dict().values()
    sums = [x @ w[:, k::pieces] + b[k::pieces] for k in range(pieces)]
    expect_both_forms(layer, [x], np.max(sums, axis=0))


@given(n=SIZES, m=SIZES, k=SIZES, batch=BATCHES, seed=st.integers(0, 2**32 - 1))
def test_bilinear_is_its_sum_of_products(n: int, m: int, k: int, batch: Any, seed: int) -> None:
    layer = moved(Bilinear(n, m, k), seed)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(*batch, n)), rng.normal(size=(*batch, m))
    w, b = layer.state_dict().values()
    expect_both_forms(layer, [x, y], np.stack([np.sum((x @ w[i]) * y, axis=-1) + b[i] for i in range(k)], axis=-1))


@given(n=SIZES, m=SIZES, batch=BATCHES, seed=st.integers(0, 2**32 - 1))
def test_cells_are_their_formulas(n: int, m: int, batch: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, h, c = rng.normal(size=(*batch, n)), rng.normal(size=(*batch, m)), rng.normal(size=(*batch, m))

    def blocks(cell: Any) -> list[Any]:
        w, u, b, d = cell.state_dict().values()
        cut = [slice(k, k + m) for k in range(0, w.shape[1], m)]
        return [(x @ w[:, s] + b[s], h @ u[:, s] + d[s]) for s in cut]

    cell = moved(RNNCell(n, m), seed)
    expect_both_forms(cell, [x, h], np.tanh(sum(blocks(cell)[0])))
    cell = moved(GRUCell(n, m), seed)
    r, z, (nx, nh) = blocks(cell)
    gate = sigmoid(sum(z))
    expect_both_forms(cell, [x, h], (1 - gate) * np.tanh(nx + sigmoid(sum(r)) * nh) + gate * h)
    cell = moved(LSTMCell(n, m), seed)
    i, f, g, o = (sum(block) for block in blocks(cell))
    after = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    state = [sigmoid(o) * np.tanh(after), after]

    class OfThree(Module):
        def __init__(self) -> None:
            self.cell = cell

        def forward(self, x: Any, h: Any, c: Any) -> Any:
            return self.cell(x, (h, c))

    expect_both_forms(OfThree(), [x, h, c], state)


@pytest.mark.parametrize("kind", [RNNCell, GRUCell, LSTMCell])
def test_a_state_that_is_not_given_is_zero(kind: Any) -> None:
    cell = moved(kind(2, 3), 0)
    zeros = np.zeros((4, 3))
    given_state = (zeros, zeros) if kind is LSTMCell else zeros
    x = np.ones((4, 2))
    np.testing.assert_array_equal(numbers(cell(x)), numbers(cell(x, given_state)))
    np.testing.assert_allclose(numbers(cell.to_scalars()(x)), numbers(cell(x)), rtol=1e-12)


@given(
    heads=st.integers(1, 3),
    width=st.integers(1, 3),
    length=st.integers(1, 4),
    source=st.integers(1, 4),
    causal=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_attention_is_softmax_of_products(
    heads: int, width: int, length: int, source: int, causal: bool, seed: int
) -> None:
    size = heads * width
    attention = moved(MultiHeadAttention(size, heads), seed)
    rng = np.random.default_rng(seed)
    query, key, value = (rng.normal(size=(2, n, size)) for n in (length, source, source))
    mask = rng.random((length, source)) < 0.3
    mask[:, 0] = False
    w, b, out, out_b = attention.state_dict().values()
    expected = np.zeros((2, length, size))
    for head in range(heads):
        q, k, v = (
            x @ w[:, part * size + head * width :][:, :width] + b[part * size + head * width :][:width]
            for part, x in enumerate((query, key, value))
        )
        scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(width)
        scores[:, mask | (np.triu(np.ones((length, source)), 1) > 0 if causal else False)] = -np.inf
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        expected[..., head * width : (head + 1) * width] = powers / powers.sum(axis=-1, keepdims=True) @ v
    expect_both_forms(attention, [query, key, value], expected @ out + out_b, mask=mask, is_causal=causal)


def test_attention_looks_at_nothing_later() -> None:
    attention = MultiHeadAttention(4, 2, rng=0)
    x = np.random.default_rng(0).normal(size=(5, 4))
    whole, weights = attention(x, is_causal=True, need_weights=True)
    np.testing.assert_allclose(attention(x[:3], is_causal=True).numpy(), whole.numpy()[:3], rtol=1e-12)
    np.testing.assert_allclose(weights.numpy().sum(axis=-1), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: RNNCell(2, 3)([1.0]), ShapeError, r"RNNCell\(2, 3\): expected x of shape \(…, 2\), got \(1,\)"),
        (lambda: GRUCell(2, 3)([1.0, 2.0], [1.0]), ShapeError, r"GRUCell: expected a state of shape \(3,\)"),
        (lambda: LSTMCell(2, 3)([1.0, 2.0], np.zeros(3)), ShapeError, r"expected a pair of states \(h, c\)"),
        (lambda: RNNCell(2, 3, nonlinearity="gelu"), ValueError, "nonlinearity: expected 'tanh' or 'relu', got 'gelu'"),
        (lambda: RNNCell(2, 3)([Value(1.0), Value(2.0)]), DTypeError, r"holds Values: use model.to_scalars\(\)"),
        (lambda: RNNCell(2, 3).to_scalars()(Tensor([1.0, 2.0])), DTypeError, r"is a Tensor: give x.numpy\(\)"),
        (lambda: Maxout(2, 3, 0), ValueError, "Maxout: pieces: expected a positive int, got 0"),
        (lambda: Bilinear(2, 3, 1)([1.0, 2.0], [[1.0] * 3]), ShapeError, "expected as many samples in both inputs"),
        (lambda: MultiHeadAttention(6, 4), ValueError, "num_heads: expected a divisor of embed_dim=6, got 4"),
        (lambda: MultiHeadAttention(4, 2)(np.zeros(4)), ShapeError, r"expected shape \(…, length, 4\), got \(4,\)"),
        (
            lambda: MultiHeadAttention(4, 2)(np.zeros((2, 4)), mask=np.ones((2, 2), bool)),
            ShapeError,
            "mask: it leaves a place nothing to look at",
        ),
        (lambda: MultiHeadAttention(4, 2)(np.zeros((2, 4)), mask=[[0.0]]), DTypeError, "mask: expected truths"),
        (lambda: MultiHeadAttention(4, 2)(np.zeros((2, 4)), mask=[[True] * 3]), ShapeError, "that broadcasts to"),
        (
            lambda: MultiHeadAttention(4, 2)(np.zeros((2, 3, 4)), mask=np.zeros((2, 3, 3), bool)),
            ShapeError,
            r"or all the axes of \(2, 2, 3, 3\), got \(2, 3, 3\): give mask\[:, None\] for one of each sequence",
        ),
        (lambda: MultiHeadAttention(4, 2)(np.zeros((2, 4)), np.zeros((3, 2, 4))), ShapeError, "as many sequences"),
        (lambda: Neuron(2)([1.0, 2.0, 3.0]), ShapeError, r"Neuron\(2\): expected x of shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("kind", [RNNCell, GRUCell, LSTMCell])
def test_float32_stays(kind: Any) -> None:
    result = kind(2, 3, dtype=np.float32)(np.ones(2, np.float32))
    assert {part.dtype for part in (result if isinstance(result, tuple) else [result])} == {np.dtype(np.float32)}
