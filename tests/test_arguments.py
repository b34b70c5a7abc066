"""A node in any argument of anything: it gets its right gradient, or the call is refused by name."""

from __future__ import annotations

import inspect
from collections import UserList, deque
from collections.abc import Callable
from inspect import Parameter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numeric import assert_close, differences
from trainings import OF_TRAINING

import nn
from autograd import Op, Tensor, Value, table, tracing, where
from autograd.signature import each
from nn.activations.by_name import BY_NAME

POSITIONAL_ONLY, VAR_POSITIONAL, VAR_KEYWORD = (
    Parameter.POSITIONAL_ONLY,
    Parameter.VAR_POSITIONAL,
    Parameter.VAR_KEYWORD,
)

PARAMS = [
    (op, name) for op in table.values() for name in op.params if op.signature.parameters[name].kind is not VAR_KEYWORD
]


def given(op: Op, name: str, value: Any) -> Any:
    """A call with Tensors as inputs and the value as that param."""
    rules = iter(op.rules)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for x, parameter in op.signature.parameters.items():
        if x not in op.params:
            is_list = isinstance(next(rules), each) and parameter.kind is not VAR_POSITIONAL
            args.append([Tensor(1.0)] if is_list else Tensor(1.0))
        elif x == name and parameter.kind is POSITIONAL_ONLY:
            args.append(value)
        elif x == name:
            kwargs[name] = value
        elif parameter.default is parameter.empty:
            args.append(0)
    return op(*args, **kwargs)


@pytest.mark.parametrize("node", [Value(1.0), Tensor(1.0), Tensor(1.0, requires_grad=False)])
@pytest.mark.parametrize(("op", "name"), PARAMS, ids=[f"{op.name}-{name}" for op, name in PARAMS])
def test_a_node_in_a_param_is_refused_by_name(op: Op, name: str, node: Any) -> None:
    hidden = np.empty(1, dtype=object)
    hidden[0] = node
    others = deque([node]), UserList([node]), SimpleNamespace(a=node)
    for value in (node, [node], (0, node), {"a": [node]}, {node}, hidden, *others):
        with pytest.raises(TypeError, match=rf"{op.name}: .*{name}"):
            given(op, name, value)


def test_what_takes_a_node_without_a_derivative_is_declared() -> None:
    found = {
        (op.name, name)
        for op in table.values()
        if not op.is_flat
        for name, rule in zip([x for x in op.signature.parameters if x not in op.params], op.rules, strict=True)
        if rule is None
    }
    assert found == {
        *(("where", "condition"), ("take_along_axis", "indices"), ("add_along_axis", "indices")),
        ("polygamma", "n"),
        ("spherical_jnpi", "n"),
    }


def test_conditions_may_stand_in_params_for_they_have_no_derivative() -> None:
    t = Tensor([1.0, -2.0])
    with tracing():
        u = t * 1.0
        u[u < 0] = 3.0
        where(t > 0, u, 0.0).sum().backward()
    assert t.grad.tolist() == [1.0, 0.0]


# Of nn: a function of one array by which it is differentiated, of that shape.

SLOPES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "mse.prediction": (lambda x: nn.mse(x, [0.3, 0.7]), [0.5, -1.0]),
    "mse.target": (lambda x: nn.mse([0.3, 0.7], x), [0.5, -1.0]),
    "cross_entropy.scores": (lambda x: nn.cross_entropy(x, [0.25, 0.75]), [0.5, -1.0]),
    "cross_entropy.target": (lambda x: nn.cross_entropy([0.5, -1.0], x), [0.25, 0.75]),
    **{
        f"{name}.{argument}": slope
        for name in ("half_squared_error", "l1", "huber")
        for argument, slope in {
            "prediction": (lambda x, name=name: getattr(nn, name)(x, [0.3, 0.7]), [0.5, -1.0]),
            "target": (lambda x, name=name: getattr(nn, name)([0.3, 0.7], x), [0.5, -1.0]),
        }.items()
    },
    "nll.log_probabilities": (lambda x: nn.nll(x, 1), [-0.5, -1.0]),
    "bce.prediction": (lambda x: nn.bce(x, [0.25, 1.0]), [0.5, 0.75]),
    "bce.target": (lambda x: nn.bce([0.5, 0.75], x), [0.25, 0.5]),
    "bce_with_logits.logits": (lambda x: nn.bce_with_logits(x, [0.25, 1.0], pos_weight=3.0), [0.5, -1.0]),
    "bce_with_logits.target": (lambda x: nn.bce_with_logits([0.5, -1.0], x, pos_weight=3.0), [0.25, 0.5]),
    "multiclass_hinge.scores": (lambda x: nn.multiclass_hinge(x, 1), [0.5, -1.0]),
    "kl_divergence.log_probabilities": (lambda x: nn.kl_divergence(x, [0.25, 0.75]), [-0.5, -1.0]),
    "kl_divergence.target": (lambda x: nn.kl_divergence([-0.5, -1.0], x), [0.25, 0.75]),
    "cosine.first": (lambda x: nn.cosine(x, [0.3, 0.7]), [0.5, -1.0]),
    "cosine.second": (lambda x: nn.cosine([0.3, 0.7], x), [0.5, -1.0]),
    "l1_penalty.parameters": (nn.l1_penalty, [0.5, -1.0]),
    "l2_penalty.parameters": (nn.l2_penalty, [0.5, -1.0]),
    "Linear(x)": (lambda x: nn.Linear(2, 3, rng=0)(x), [0.5, -1.0]),
    "MLP(x)": (lambda x: nn.MLP([2, 3, 1], rng=0)(x), [0.5, -1.0]),
    "Sequential(x)": (lambda x: nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())(x), [0.5, -1.0]),
    "Threshold(x)": (nn.Threshold(0.1, -2.0), [0.5, -1.0]),
    "GLU(x)": (nn.GLU(), [0.5, -1.0]),
    "Neuron(x)": (nn.Neuron(2, rng=0), [0.5, -1.0]),
    "Maxout(x)": (nn.Maxout(2, 3, rng=0), [0.5, -1.0]),
    "Bilinear(x)": (lambda x: nn.Bilinear(2, 2, 3, rng=0)(x, x), [0.5, -1.0]),
    "RNNCell(x)": (nn.RNNCell(2, 3, rng=0), [0.5, -1.0]),
    "GRUCell(x)": (nn.GRUCell(2, 3, rng=0), [0.5, -1.0]),
    "LSTMCell(x)": (lambda x: nn.LSTMCell(2, 3, rng=0)(x)[0], [0.5, -1.0]),
    "MultiHeadAttention(x)": (nn.MultiHeadAttention(2, 1, rng=0), [[0.5, -1.0], [0.25, 2.0]]),
    **{f"{kind.__name__}(x)": (kind(), [0.7, -0.75]) for kind in BY_NAME.values()},
    "Conv1d(x)": (nn.Conv1d(1, 2, 2, rng=0), [[0.5, -1.0, 2.0]]),
    "Conv2d(x)": (nn.Conv2d(1, 2, 2, rng=0), [[[0.5, -1.0, 2.0], [1.5, 0.25, 3.0]]]),
    "MaxPool1d(x)": (nn.MaxPool1d(2), [0.5, -1.0, 2.0, 3.0]),
    "MaxPool2d(x)": (nn.MaxPool2d(2), [[0.5, -1.0], [2.0, 3.0]]),
    "AvgPool1d(x)": (nn.AvgPool1d(2), [0.5, -1.0, 2.0, 3.0]),
    "AvgPool2d(x)": (nn.AvgPool2d(2), [[0.5, -1.0], [2.0, 3.0]]),
    "Flatten(x)": (nn.Flatten(0), [[0.5, -1.0], [2.0, 3.0]]),
    "Dropout(x)": (lambda x: nn.Dropout(0.5, rng=0)(x), [0.5, -1.0, 2.0, 3.0]),
    "Dropout2d(x)": (lambda x: nn.Dropout2d(0.5, rng=0)(x), [[[[0.5, -1.0]], [[2.0, 3.0]]]]),
    "Identity(x)": (nn.Identity(), [0.5, -1.0]),
    "GroupNorm(x)": (nn.GroupNorm(1, 2), [[0.5, -1.0], [2.0, 3.0]]),
    "BatchNorm1d(x)": (nn.BatchNorm1d(2), [[0.5, -1.0], [2.0, 3.0], [1.0, 0.0]]),
    "BatchNorm2d(x)": (nn.BatchNorm2d(1), [[[[0.5, -1.0], [2.0, 3.0]]]]),
    "LayerNorm(x)": (nn.LayerNorm(3), [0.5, -1.0, 2.0]),
    "RMSNorm(x)": (nn.RMSNorm(3), [0.5, -1.0, 2.0]),
}

REFUSED: dict[str, Callable[[Any], Any]] = {
    **{
        f"{name}.{argument}": lambda x, name=name, argument=argument: getattr(nn, name)(
            **{"in_channels": 2, "out_channels": 2, "kernel_size": 2, argument: x}
        )
        for name in ("Conv1d", "Conv2d")
        for argument in (
            *("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups"),
            *("rng", "init", "bias", "strict", "label"),
        )
    },
    **{
        f"{name}.{argument}": lambda x, name=name, argument=argument: getattr(nn, name)(
            **{"kernel_size": 2, argument: x}
        )
        for name in ("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d")
        for argument in (
            *("kernel_size", "stride", "padding", "ceil_mode", "strict"),
            "dilation" if "Max" in name else "count_include_pad",
        )
    },
    **{
        f"{name}.{argument}": lambda x, name=name, argument=argument: getattr(nn, name)(
            **{"num_features": 2, argument: x}
        )
        for name in ("BatchNorm1d", "BatchNorm2d")
        for argument in ("num_features", "eps", "momentum", "affine", "track_running_stats")
    },
    "Flatten.start_dim": nn.Flatten,
    "Flatten.end_dim": lambda x: nn.Flatten(1, x),
    "Dropout.p": nn.Dropout,
    "Dropout.rng": lambda x: nn.Dropout(0.5, rng=x),
    "Dropout2d.p": nn.Dropout2d,
    "Dropout2d.rng": lambda x: nn.Dropout2d(0.5, rng=x),
    "GroupNorm.num_groups": lambda x: nn.GroupNorm(x, 6),
    "GroupNorm.num_channels": lambda x: nn.GroupNorm(1, x),
    "GroupNorm.eps": lambda x: nn.GroupNorm(1, 2, x),
    "GroupNorm.affine": lambda x: nn.GroupNorm(1, 2, affine=x),
    "LayerNorm.normalized_shape": nn.LayerNorm,
    "LayerNorm.eps": lambda x: nn.LayerNorm(2, x),
    "LayerNorm.elementwise_affine": lambda x: nn.LayerNorm(2, elementwise_affine=x),
    "LayerNorm.bias": lambda x: nn.LayerNorm(2, bias=x),
    "RMSNorm.normalized_shape": nn.RMSNorm,
    "RMSNorm.eps": lambda x: nn.RMSNorm(2, x),
    "RMSNorm.elementwise_affine": lambda x: nn.RMSNorm(2, elementwise_affine=x),
    "Embedding(x)": nn.Embedding(3, 2, rng=0),
    "Embedding.num_embeddings": lambda x: nn.Embedding(x, 2),
    "Embedding.embedding_dim": lambda x: nn.Embedding(2, x),
    "Embedding.padding_idx": lambda x: nn.Embedding(2, 2, x),
    "Embedding.rng": lambda x: nn.Embedding(2, 2, rng=x),
    "Embedding.init": lambda x: nn.Embedding(2, 2, init=x),
    "Embedding.label": lambda x: nn.Embedding(2, 2, label=x),
    "LeakyReLU.alpha": nn.LeakyReLU,
    "ELU.alpha": nn.ELU,
    "CELU.alpha": nn.CELU,
    "Softshrink.lambd": nn.Softshrink,
    "Hardshrink.lambd": nn.Hardshrink,
    "Softmin.axis": nn.Softmin,
    "GLU.axis": nn.GLU,
    "Threshold.threshold": lambda x: nn.Threshold(x, 0.0),
    "Threshold.value": lambda x: nn.Threshold(0.0, x),
    "GELU.approximate": nn.GELU,
    "Hardtanh.min_val": nn.Hardtanh,
    "Hardtanh.max_val": lambda x: nn.Hardtanh(-1.0, x),
    "Softmax.axis": nn.Softmax,
    "LogSoftmax.axis": nn.LogSoftmax,
    "Softplus.beta": nn.Softplus,
    "PReLU.num_parameters": nn.PReLU,
    "PReLU.init": lambda x: nn.PReLU(1, x),
    "Linear.in_features": lambda x: nn.Linear(x, 2),
    "Linear.out_features": lambda x: nn.Linear(2, x),
    "Linear.rng": lambda x: nn.Linear(2, 2, rng=x),
    "Linear.init": lambda x: nn.Linear(2, 2, init=x),
    "MLP.sizes": lambda x: nn.MLP([2, x]),
    "MLP.activation": lambda x: nn.MLP([2, 3, 2], x),
    "MLP.output": lambda x: nn.MLP([2, 3, 2], output=x),
    "MLP.rng": lambda x: nn.MLP([2, 2], rng=x),
    "Sequential.layers": nn.Sequential,
    "huber.delta": lambda x: nn.huber([0.5, 1.0], [0.3, 0.7], delta=x),
    "cross_entropy.weight": lambda x: nn.cross_entropy([1.0], 0, weight=x),
    "cross_entropy.ignore_index": lambda x: nn.cross_entropy([1.0], 0, ignore_index=x),
    "cross_entropy.label_smoothing": lambda x: nn.cross_entropy([1.0], 0, label_smoothing=x),
    "nll.target": lambda x: nn.nll([-0.5, -1.0], x),
    "nll.weight": lambda x: nn.nll([-1.0], 0, weight=x),
    "nll.ignore_index": lambda x: nn.nll([-1.0], 0, ignore_index=x),
    "bce.weight": lambda x: nn.bce(0.5, 1.0, weight=x),
    "bce_with_logits.weight": lambda x: nn.bce_with_logits(0.5, 1.0, weight=x),
    "bce_with_logits.pos_weight": lambda x: nn.bce_with_logits(0.5, 1.0, pos_weight=x),
    "multiclass_hinge.target": lambda x: nn.multiclass_hinge([0.5, 1.0], x),
    "multiclass_hinge.margin": lambda x: nn.multiclass_hinge([0.5, 1.0], 1, margin=x),
    "kl_divergence.log_target": lambda x: nn.kl_divergence([-1.0], [-1.0], log_target=x),
    "cosine.target": lambda x: nn.cosine([0.5, 1.0], [0.3, 0.7], x),
    "cosine.margin": lambda x: nn.cosine([0.5, 1.0], [0.3, 0.7], -1, margin=x),
    "Optimizer.lr": lambda x: nn.SGD([Tensor(1.0)], lr=x),
}

#: Of what takes parameters or an optimiser, what it needs beside; each of its other arguments refuses a node.
OPTIMISED: dict[str, Callable[[], dict[str, Any]]] = {
    "SGD": lambda: {"parameters": [Tensor(1.0)], "lr": 0.1, "momentum": 0.5},
    **dict.fromkeys(["Adadelta", "Adagrad", "RMSProp", "Adam", "AdamW"], lambda: {"parameters": [Tensor(1.0)]}),
    "clip_grad_norm": lambda: {"parameters": [Tensor(1.0)], "max_norm": 1.0},
    "clip_grad_value": lambda: {"parameters": [Tensor(1.0)], "clip_value": 1.0},
    **dict.fromkeys(
        ["ConstantLR", "PolynomialLR", "LinearLR", "ReduceLROnPlateau", "Schedule"], lambda: {"optimizer": sgd()}
    ),
    "StepLR": lambda: {"optimizer": sgd(), "step_size": 2},
    "MultiStepLR": lambda: {"optimizer": sgd(), "milestones": [2]},
    "ExponentialLR": lambda: {"optimizer": sgd(), "gamma": 0.5},
    "CosineAnnealingWarmRestarts": lambda: {"optimizer": sgd(), "T_0": 2},
    "LambdaLR": lambda: {"optimizer": sgd(), "lr_lambda": float},
    "ChainedScheduler": lambda: {"schedulers": [nn.LinearLR(sgd())]},
    "CosineAnnealingLR": lambda: {"optimizer": sgd(), "T_max": 2},
    "OneCycleLR": lambda: {"optimizer": sgd(), "max_lr": 0.1, "total_steps": 5},
    "SequentialLR": lambda: {"optimizer": (o := sgd()), "schedulers": [nn.LinearLR(o)], "milestones": []},
}


def sgd() -> nn.Optimizer:
    return nn.SGD([Tensor(1.0)], lr=0.1)


for name, needed in OPTIMISED.items():
    for argument, parameter in inspect.signature(getattr(nn, name)).parameters.items():
        if argument != "parameters" and parameter.kind is not VAR_KEYWORD:
            REFUSED[f"{name}.{argument}"] = lambda x, name=name, argument=argument, needed=needed: getattr(nn, name)(
                **{**needed(), argument: x}
            )

#: Of layers, what they need beside; each of their other settings that is a number, or draws numbers, refuses a node.
LAYERS: dict[str, dict[str, Any]] = {
    "Neuron": {"in_features": 2},
    "Maxout": {"in_features": 2, "out_features": 3},
    "Bilinear": {"in1_features": 2, "in2_features": 2, "out_features": 3},
    **{name: {"input_size": 2, "hidden_size": 3} for name in ("RNNCell", "GRUCell", "LSTMCell")},
    "MultiHeadAttention": {"embed_dim": 2, "num_heads": 1},
}
FLAGS_AND_TYPES = ("bias", "dtype")
for name, needed in LAYERS.items():
    for argument in inspect.signature(getattr(nn, name)).parameters:
        if argument not in FLAGS_AND_TYPES:
            REFUSED[f"{name}.{argument}"] = lambda x, name=name, argument=argument, needed=needed: getattr(nn, name)(
                **{**needed, argument: x}
            )

ARGUMENTS = {
    f"{name}.{x}" for name in nn.__all__ if callable(f := getattr(nn, name)) for x in inspect.signature(f).parameters
}

#: Truth values, names, a dtype or what has one, generators, and what is changed by its gradient.
OTHERS = {"Linear.bias", "Linear.label", "Linear.dtype", "MLP.bias", "MLP.dtype"}
OTHERS |= {f"{name}.dtype" for name in ("Conv1d", "Conv2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "RMSNorm")}
OTHERS |= {"Embedding.dtype", "PReLU.dtype", "GroupNorm.dtype"}
OTHERS |= {"Buffer.data", "Parameter.data", "Parameter.dtype", "Parameter.requires_grad", "watching.watch"}
OTHERS |= {"Optimizer.parameters"}
OTHERS |= {argument for argument in ARGUMENTS if argument.endswith(".reduction")}
OTHERS |= {f"{name}.{argument}" for name in LAYERS for argument in FLAGS_AND_TYPES}

OTHERS |= {
    f"{name}.parameters" for name in OPTIMISED if "parameters" in inspect.signature(getattr(nn, name)).parameters
}
OTHERS |= {"Optimizer.settings", "Schedule.settings"}  # what a rule of one's own says of them


def test_every_argument_of_nn_is_in_one_of_the_lists() -> None:
    public = [name for name in nn.__all__ if name != "init" and name not in OF_TRAINING]
    found = {argument for argument in ARGUMENTS if argument.partition(".")[0] in public}
    called = {
        f"{name}(x)" for name in public if isinstance(kind := getattr(nn, name), type) and "forward" in vars(kind)
    }
    assert found | called - {"Module(x)"} | {"MLP(x)"} == SLOPES.keys() | REFUSED.keys() | OTHERS


@pytest.mark.parametrize("name", SLOPES)
def test_a_node_in_an_argument_of_nn_has_its_gradient(name: str) -> None:
    function, point = SLOPES[name]

    def total(x: Any) -> Any:
        y = function(Tensor(x)).numpy()
        return np.sum(y * weights(y.size).reshape(y.shape))

    x = Tensor(point)
    y = function(x)
    (y * weights(y.size).reshape(y.shape)).sum().backward()
    assert_close(x.grad, differences(total, np.array(point), 1e-6, 1), 1e-8)


def weights(count: int) -> Any:
    return np.linspace(0.5, 1.5, count)


@pytest.mark.parametrize("node", [Value(1.0), Tensor(1.0), Tensor(1.0, requires_grad=False)])
@pytest.mark.parametrize("name", REFUSED)
def test_a_node_in_any_other_argument_of_nn_is_refused(name: str, node: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        REFUSED[name](node)


SPELLINGS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((0,), {}),
    ((None,), {}),
    ((-1,), {}),
    ((), {"axis": 0}),
    ((), {"axis": (0,), "keepdims": True}),
    ((np.zeros(2),), {}),
    ((None, None, np.zeros(2)), {}),
    ((), {"out": np.zeros(2)}),
    ((), {"dtype": True}),
    ((), {"axis": Value(0.0)}),
    ((), {"keepdims": np.True_}),
]


@pytest.mark.parametrize(("args", "kwargs"), SPELLINGS)
@pytest.mark.parametrize("op", [op for op in table.values() if op.arity], ids=str)
def test_numbers_alone_are_taken_as_a_call_that_is_bound_takes_them(op: Op, args: Any, kwargs: Any) -> None:
    """A call of plain arrays skips the binding: what it gives or refuses is the same."""

    def tried(call: Callable[[], Any]) -> Any:
        try:
            with np.errstate(all="ignore"):
                return call()
        except Exception as error:
            return type(error), str(error)

    inputs = [np.array([[1.0, 2.0], [3.0, 4.0]])] * (op.arity or 0)
    quick = tried(lambda: op(*inputs, *args, **kwargs))
    bound = tried(lambda: op.apply(*op.binding.bind((*inputs, *args), kwargs)))
    np.testing.assert_equal(quick, bound)
    assert not any(np.any(x) for x in (*args, *kwargs.values()) if isinstance(x, np.ndarray)), "nobody wrote to it"
