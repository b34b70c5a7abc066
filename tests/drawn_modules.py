"""Every module of ``nn`` with settings, inputs and modes that Hypothesis draws: for tests that hold for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import nn
from nn.activations.by_name import BY_NAME

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Drawn(NamedTuple):
    """A module as it is to be made and called."""

    settings: dict[str, Any]
    shapes: list[tuple[int, ...]]  #: of the inputs
    rows: int | None = None  #: the inputs are whole numbers below this
    call: dict[str, Any] = {}  # noqa: RUF012 - settings of the call


SIZES = st.integers(1, 4)
BATCHES = st.sampled_from([(), (0,), (1,), (3,), (2, 2)])
ONE_BATCH = st.sampled_from([(), (0,), (1,), (3,)])
EPS = st.sampled_from([1e-5, 1e-3, 0.5])
SLOPES = st.floats(-2, 2)
POSITIVE = st.floats(0.25, 4)
FLAGS = st.booleans()


def each(n: int, least: int, most: int) -> st.SearchStrategy[Any]:
    """A setting: one number, or one for each of n axes."""
    return st.integers(least, most) | st.tuples(*[st.integers(least, most)] * n)


def of_any_shape(**settings: st.SearchStrategy[Any]) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        shape = draw(st.lists(st.integers(1, 4), max_size=3).map(tuple))
        return Drawn({name: draw(values) for name, values in settings.items() if draw(FLAGS)}, [shape])

    return drawn


def along_an_axis(even: bool = False) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
        axis = draw(st.integers(-len(shape), len(shape) - 1))
        shape[axis] *= 1 + even
        return Drawn({"axis": axis}, [tuple(shape)])

    return drawn


def hardtanh(draw: Draw) -> Drawn:
    low, width = draw(SLOPES), draw(POSITIVE)
    return of_any_shape()(draw)._replace(settings={"min_val": low, "max_val": low + width} if draw(FLAGS) else {})


def threshold(draw: Draw) -> Drawn:
    return of_any_shape()(draw)._replace(settings={"threshold": draw(SLOPES), "value": draw(SLOPES)})


def prelu(draw: Draw) -> Drawn:
    shape = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple))
    many = draw(st.sampled_from([1, shape[1]]))
    return Drawn({"num_parameters": many, "init": draw(SLOPES)}, [shape if many > 1 or draw(FLAGS) else shape[:1]])


def linear(draw: Draw) -> Drawn:
    n, m = draw(SIZES), draw(SIZES)
    return Drawn({"in_features": n, "out_features": m, "bias": draw(FLAGS)}, [(*draw(BATCHES), n)])


def bilinear(draw: Draw) -> Drawn:
    n, m, k, batch = draw(SIZES), draw(SIZES), draw(SIZES), draw(BATCHES)
    settings = {"in1_features": n, "in2_features": m, "out_features": k, "bias": draw(FLAGS)}
    return Drawn(settings, [(*batch, n), (*batch, m)])


def maxout(draw: Draw) -> Drawn:
    found = linear(draw)
    return found._replace(settings={**found.settings, "pieces": draw(SIZES)})


def neuron(draw: Draw) -> Drawn:
    n, name = draw(SIZES), draw(st.none() | st.sampled_from(["tanh", "relu", "sigmoid", "prelu"]))
    return Drawn({"in_features": n, "activation": name, "bias": draw(FLAGS)}, [(*draw(BATCHES), n)])


def mlp(draw: Draw) -> Drawn:
    sizes = draw(st.lists(SIZES, min_size=2, max_size=4))
    name, last = (draw(st.none() | st.sampled_from(["tanh", "relu", "gelu", "softmax", "prelu"])) for _ in range(2))
    settings = {"sizes": sizes, "activation": name, "output": last, "bias": draw(FLAGS)}
    return Drawn(settings, [(*draw(ONE_BATCH), sizes[0])])


def convolution(n: int) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        groups = draw(st.integers(1, 3))
        inputs, outputs = (groups * draw(st.integers(1, 2)) for _ in range(2))
        kernel = draw(each(n, 1, 3))
        settings: dict[str, Any] = {"in_channels": inputs, "out_channels": outputs, "kernel_size": kernel}
        settings |= {"stride": draw(each(n, 1, 3)), "padding": draw(each(n, 0, 2))}
        settings |= {"dilation": draw(each(n, 1, 2)), "groups": groups, "bias": draw(FLAGS)}
        if draw(FLAGS):
            settings |= {"stride": 1, "padding": draw(st.sampled_from(["same", "valid"]))}
        lengths = [draw(st.integers(5, 8)) for _ in range(n)]
        return Drawn(settings, [(*draw(ONE_BATCH), inputs, *lengths)])

    return drawn


def pooling(n: int, is_mean: bool) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        kernel = draw(st.tuples(*[st.integers(1, 3)] * n))
        settings: dict[str, Any] = {"kernel_size": kernel, "stride": draw(st.none() | each(n, 1, 3))}
        settings["padding"] = tuple(draw(st.integers(0, size // 2)) for size in kernel)
        settings["ceil_mode"] = draw(FLAGS)
        settings |= {"count_include_pad": draw(FLAGS)} if is_mean else {"dilation": draw(each(n, 1, 2))}
        lengths = [draw(st.integers(5, 8)) for _ in range(n)]
        return Drawn(settings, [(*draw(ONE_BATCH), draw(st.integers(1, 2)), *lengths)])

    return drawn


def flatten(draw: Draw) -> Drawn:
    shape = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple))
    first = draw(st.integers(0, len(shape) - 1))
    last = draw(st.integers(first, len(shape) - 1))
    first, last = (axis - len(shape) if draw(FLAGS) else axis for axis in (first, last))
    return Drawn({"start_dim": first, "end_dim": last}, [shape])


def dropout(draw: Draw) -> Drawn:
    return Drawn({"p": draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))}, [(*draw(BATCHES), 3)])


def batch_norm(*more: int) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        many = draw(SIZES)
        settings = {"num_features": many, "momentum": draw(st.none() | st.floats(0, 1)), "eps": draw(EPS)}
        settings |= {name: draw(FLAGS) for name in ("affine", "track_running_stats")}
        axes = draw(st.sampled_from(more))
        shape = (draw(st.integers(1 if axes else 2, 4)), many, *[draw(st.integers(2, 3)) for _ in range(axes)])
        return Drawn(settings, [shape])

    return drawn


def dropout_2d(draw: Draw) -> Drawn:
    return dropout(draw)._replace(shapes=[(draw(st.integers(0, 3)), *[draw(st.integers(1, 3)) for _ in range(3)])])


def group_norm(draw: Draw) -> Drawn:
    groups = draw(st.integers(1, 3))
    settings = {"num_groups": groups, "num_channels": groups * draw(st.integers(1, 3)), "eps": draw(EPS)}
    axes = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    batch = draw(st.sampled_from([0, 2, 3]))  # a sample alone with one number PyTorch refuses
    return Drawn({**settings, "affine": draw(FLAGS)}, [(batch, settings["num_channels"], *axes)])


def layer_norm(flags: tuple[str, ...]) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        last = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple))
        shape: Any = last[0] if len(last) == 1 and draw(FLAGS) else last
        settings = {"normalized_shape": shape, "eps": draw(EPS)} | {name: draw(FLAGS) for name in flags}
        return Drawn(settings, [(*draw(BATCHES), *last)])

    return drawn


def embedding(draw: Draw) -> Drawn:
    rows = draw(st.integers(1, 5))
    settings = {"num_embeddings": rows, "embedding_dim": draw(SIZES)}
    settings["padding_idx"] = draw(st.none() | st.integers(-rows, rows - 1))
    return Drawn(settings, [draw(BATCHES)], rows)


def cell(states: int, **more: st.SearchStrategy[Any]) -> Callable[[Draw], Drawn]:
    def drawn(draw: Draw) -> Drawn:
        n, m, batch = draw(SIZES), draw(SIZES), draw(ONE_BATCH)
        settings = {"input_size": n, "hidden_size": m, "bias": draw(FLAGS)}
        settings |= {name: draw(values) for name, values in more.items()}
        return Drawn(settings, [(*batch, n), *[(*batch, m)] * (states if draw(FLAGS) else 0)])

    return drawn


def attention(draw: Draw) -> Drawn:
    heads, batch, length = draw(st.integers(1, 3)), draw(ONE_BATCH), draw(SIZES)
    size = heads * draw(st.integers(1, 3))
    count = draw(st.integers(1, 3))  # of query, key and value, how many are given
    source = length if count == 1 else draw(SIZES)
    shapes = [(*batch, length, size), *[(*batch, source, size)] * (count - 1)]
    call = {name: draw(FLAGS) for name in ("is_causal", "need_weights")}
    mask = None
    if draw(FLAGS):
        in_front = draw(st.sampled_from([(), (*batch, heads), (*batch, 1), (*[1] * len(batch), heads)]))
        places = st.lists(FLAGS, min_size=(size_of := int(np.prod([*in_front, length, source]))), max_size=size_of)
        mask = np.reshape(draw(places), (*in_front, length, source)).astype(bool)
        mask[..., 0] = False  # each looks at the first at least
    return Drawn({"embed_dim": size, "num_heads": heads, "bias": draw(FLAGS)}, shapes, call={**call, "mask": mask})


DRAWN: dict[str, Callable[[Draw], Drawn]] = {
    **{kind.__name__: of_any_shape() for kind in BY_NAME.values()},
    "LeakyReLU": of_any_shape(alpha=SLOPES),
    "ELU": of_any_shape(alpha=POSITIVE),
    "CELU": of_any_shape(alpha=POSITIVE),
    "Softplus": of_any_shape(beta=POSITIVE),
    "Softshrink": of_any_shape(lambd=POSITIVE),
    "Hardshrink": of_any_shape(lambd=POSITIVE),
    "GELU": of_any_shape(approximate=st.sampled_from(["none", "tanh"])),
    "Hardtanh": hardtanh,
    "Threshold": threshold,
    **{name: along_an_axis() for name in ("Softmax", "Softmin", "LogSoftmax")},
    "GLU": along_an_axis(even=True),
    "PReLU": prelu,
    "Linear": linear,
    "Bilinear": bilinear,
    "Maxout": maxout,
    "Neuron": neuron,
    "MLP": mlp,
    "Conv1d": convolution(1),
    "Conv2d": convolution(2),
    "MaxPool1d": pooling(1, False),
    "MaxPool2d": pooling(2, False),
    "AvgPool1d": pooling(1, True),
    "AvgPool2d": pooling(2, True),
    "Flatten": flatten,
    "Identity": of_any_shape(),
    "Dropout": dropout,
    "Dropout2d": dropout_2d,
    "GroupNorm": group_norm,
    "BatchNorm1d": batch_norm(0, 1),
    "BatchNorm2d": batch_norm(2),
    "LayerNorm": layer_norm(("elementwise_affine", "bias")),
    "RMSNorm": layer_norm(("elementwise_affine",)),
    "Embedding": embedding,
    "RNNCell": cell(1, nonlinearity=st.sampled_from(["tanh", "relu"])),
    "GRUCell": cell(1),
    "LSTMCell": cell(2),
    "MultiHeadAttention": attention,
}


def make(name: str, drawn: Drawn, seed: int, dtype: Any = np.float64) -> nn.Module:
    """The module, with random numbers as parameters."""
    kind, rng = getattr(nn, name), np.random.default_rng(seed)
    said = {"rng": 0, "dtype": dtype}
    known = inspect.signature(kind).parameters
    module: nn.Module = kind(**drawn.settings, **{key: value for key, value in said.items() if key in known})
    for parameter in module.parameters():
        parameter.data = rng.normal(size=parameter.shape).astype(dtype)
    return module


def inputs(drawn: Drawn, seed: int, dtype: Any = np.float64) -> list[Any]:
    """Numbers to call it with."""
    rng = np.random.default_rng(seed)
    if drawn.rows is not None:
        return [np.asarray(rng.integers(0, drawn.rows, size=shape)) for shape in drawn.shapes]
    return [np.asarray(rng.normal(size=shape) * 2 + 0.5, dtype) for shape in drawn.shapes]


def arguments(name: str, given: list[Any]) -> list[Any]:
    """As a call takes them: the two states of an LSTM are a pair."""
    return [given[0], *([tuple(given[1:])] if given[1:] else [])] if name == "LSTMCell" else given
