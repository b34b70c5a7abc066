"""Whatever is given to anything public in nn, by whatever argument, does what it says, or is refused by name."""

from __future__ import annotations

import datetime
import inspect
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from inspect import Parameter
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value

WIDE = np.longdouble(1) / 3 != 1 / 3


class Still(nn.Optimizer):
    """It changes nothing."""

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return data


#: Everything public with arguments that do, made anew each time.
GOOD: dict[str, Callable[[], tuple[Callable[..., Any], dict[str, Any]]]] = {
    "Linear": lambda: (nn.Linear, {"in_features": 2, "out_features": 3}),
    "MLP": lambda: (nn.MLP, {"sizes": [2, 3, 1]}),
    "LeakyReLU": lambda: (nn.LeakyReLU, {}),
    "Sequential": lambda: (nn.Sequential, {}),
    "SGD": lambda: (nn.SGD, {"parameters": [Tensor(1.0)], "lr": 0.1}),
    "Optimizer": lambda: (Still, {"parameters": [Value(1.0)], "lr": 0.1}),
    "xavier_uniform": lambda: (nn.xavier_uniform, {"inputs": 2, "outputs": 3, "rng": np.random.default_rng(0)}),
    "kaiming_uniform": lambda: (nn.kaiming_uniform, {"inputs": 2, "outputs": 3, "rng": np.random.default_rng(0)}),
    "mse": lambda: (nn.mse, {"prediction": [1.0, 2.0], "target": [1.0, 3.0]}),
    "half_squared_error": lambda: (nn.half_squared_error, {"prediction": [1.0, 2.0], "target": [1.0, 3.0]}),
    "l1": lambda: (nn.l1, {"prediction": [1.0, 2.0], "target": [1.0, 3.0]}),
    "huber": lambda: (nn.huber, {"prediction": [1.0, 2.0], "target": [1.0, 3.0]}),
    "cross_entropy": lambda: (nn.cross_entropy, {"scores": [1.0, 2.0], "target": 1}),
    "nll": lambda: (nn.nll, {"log_probabilities": [-1.0, -2.0], "target": 1}),
    "bce": lambda: (nn.bce, {"prediction": [0.25, 0.5], "target": [1.0, 1.0]}),
    "bce_with_logits": lambda: (nn.bce_with_logits, {"logits": [1.0, 2.0], "target": [1.0, 0.0]}),
    "multiclass_hinge": lambda: (nn.multiclass_hinge, {"scores": [1.0, 2.0], "target": 1}),
    "kl_divergence": lambda: (nn.kl_divergence, {"log_probabilities": [-1.0, -2.0], "target": [0.5, 0.5]}),
    "cosine": lambda: (nn.cosine, {"first": [1.0, 2.0], "second": [1.0, 3.0]}),
    "l1_penalty": lambda: (nn.l1_penalty, {}),
    "l2_penalty": lambda: (nn.l2_penalty, {}),
    "Linear.name_parameters": lambda: (nn.Linear(2, 3).name_parameters, {}),
    "Module.to_tensors": lambda: (nn.Linear(2, 3).to_tensors, {}),
    "Linear.forward": lambda: (nn.Linear(2, 3), {}),
    "Sequential.forward": lambda: (nn.Sequential(nn.Tanh()), {}),
    "ReLU.forward": lambda: (nn.ReLU(), {}),
    "LeakyReLU.forward": lambda: (nn.LeakyReLU(), {}),
    "Sigmoid.forward": lambda: (nn.Sigmoid(), {}),
    "Softmax.forward": lambda: (nn.Softmax(), {}),
    "Tanh.forward": lambda: (nn.Tanh(), {}),
    "Optimizer.lr": lambda: (lambda lr: setattr(nn.SGD([Tensor(1.0)], lr=0.1), "lr", lr), {}),
}

#: Whose names the messages bear, where that is a subclass, or a layer inside.
OWNERS = {
    "Optimizer": "Still",
    "Optimizer.lr": "SGD",
    "Module.to_tensors": "Linear.to_tensors",
    "Sequential.forward": "Tanh",
}

#: What a person says by defining it, and what Python says of an index.
THEIRS = {"Module.forward", "Module.__call__", "Optimizer.update", "SGD.update", "Sequential.__getitem__"}

#: Values of every kind, each by a name.
HOSTILE: dict[str, Any] = {
    "None": None,
    "...": ...,
    "True": True,
    "False": False,
    "np.True_": np.True_,
    "0": 0,
    "1": 1,
    "3": 3,
    "-1": -1,
    "2**70": 2**70,
    "2**64 + 1": 2**64 + 1,
    "10**400": 10**400,
    "0.0": 0.0,
    "0.5": 0.5,
    "1.5": 1.5,
    "3.0": 3.0,
    "-0.5": -0.5,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "1j": 1j,
    "1 + 0j": 1 + 0j,
    "Fraction": Fraction(1, 3),
    "Decimal": Decimal("0.1"),
    "np.int8": np.int8(3),
    "np.uint64": np.uint64(3),
    "np.float32": np.float32(0.5),
    "np.nan": np.float64("nan"),
    "array of an int": np.array(3),
    "array of a float": np.array(0.5),
    "array of a bool": np.array(True),
    "array of one": np.array([3]),
    "array of two": np.array([1.0, 2.0]),
    "array of text": np.array("3"),
    "array of None": np.array([None, None]),
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "record": np.zeros(2, dtype=[("a", "f8")]),
    "date": datetime.date(2020, 1, 1),
    "datetime64": np.datetime64("2020-01-01"),
    "text": "3",
    "empty text": "",
    "a name of nothing": "gelu",
    "tanh": "tanh",
    "float32": "float32",
    "bytes": b"ab",
    "bytearray": bytearray(b"ab"),
    "memoryview": memoryview(b"ab"),
    "[]": [],
    "[3]": [3],
    "[2, 3]": [2, 3],
    "[2.0, 3.0]": [2.0, 3.0],
    "[2, True]": [2, True],
    "[2, None]": [2, None],
    "[2, 0]": [2, 0],
    "[-1, 2]": [-1, 2],
    "[nan, 1.0]": [math.nan, 1.0],
    "ragged": [[1.0], [1.0, 2.0]],
    "(2, 3)": (2, 3),
    "range": range(2, 4),
    "dict": {"a": 1.0},
    "set": {1.0, 2.0},
    "iterator": iter([1.0, 2.0]),
    "object": object(),
    "int": int,
    "float": float,
    "np.float32 itself": np.float32,
    "complex": complex,
    "dtype": np.dtype(np.float16),
    "generator": np.random.default_rng(0),
    "np.random": np.random,
    "Value": Value(3.0),
    "constant Value": Value(3.0, requires_grad=False),
    "Tensor": Tensor(3.0),
    "constant Tensor": Tensor(3.0, requires_grad=False),
    "Tensor of two": Tensor([1.0, 2.0]),
    "[Value]": [Value(3.0)],
    "[Value, Value]": [Value(3.0), Value(4.0)],
    "[Value, text]": [Value(3.0), "a"],
    "[Tensor]": [Tensor(3.0)],
    "Module": nn.Tanh(),
    "class of a Module": nn.Tanh,
    "[Module]": [nn.Tanh()],
    "mean": "mean",
    "batchmean": "batchmean",
    "sum": "sum",
    "none": "none",
    "gives text": lambda *_: "abc",
    "gives NaN": lambda *shape: np.full(shape[:2], np.nan),
    "gives a list": lambda *shape: [[1] * shape[1]] * shape[0],
    "gives Values": lambda *shape: np.full(shape[:2], Value(1.0)),
    "gives another shape": lambda *_: [1.0],
    "a function": nn.xavier_uniform,
    **({"long double": np.longdouble(1) / 3} if WIDE else {}),
}

SIZES = {"1", "3", "np.int8", "np.uint64", "array of an int"}
SEEDS = {"None", "0", "1", "3", "2**70", "2**64 + 1", "np.int8", "np.uint64", "[]", "[3]", "[2, 3]", "[2, True]"}
SEEDS |= {"[2, 0]", "(2, 3)", "range", "array of one", "10**400", "generator"}
FLAGS = {"True", "False", "np.True_"}
DTYPES = {"None", "float", "float32", "np.float32 itself", "dtype"}
DTYPES |= {"np.float32", "np.nan", "Tensor", "constant Tensor", "Tensor of two"}  # the dtype that they have
DTYPES |= {"long double"} if WIDE else set()
TEXTS = {name for name, x in HOSTILE.items() if isinstance(x, str)} | {"None"}
NUMBERS = {"0", "1", "3", "-1", "2**70", "0.0", "0.5", "1.5", "3.0", "-0.5", "np.int8", "np.uint64", "np.float32"}
NUMBERS |= {"array of an int", "array of a float"}
POSITIVE = NUMBERS - {"0", "-1", "0.0", "-0.5"}
VECTORS = {"array of two", "[2, 3]", "[2.0, 3.0]", "[2, True]", "[2, 0]", "[-1, 2]", "[nan, 1.0]", "(2, 3)", "range"}
VECTORS |= {"Tensor of two", "memoryview"}
ARRAYS = NUMBERS | VECTORS | FLAGS | {"nan", "inf", "-inf", "np.nan", "array of a bool", "array of one", "[]", "[3]"}
ARRAYS |= {"Value", "constant Value", "Tensor", "constant Tensor", "[Value]", "[Value, Value]"}
LONG = {"long double"} if WIDE else set()
ARRAYS |= LONG
TREES = ARRAYS - {"[]"} | {"[2, None]", "ragged", "dict", "[Tensor]"}
ONES = {"True", "np.True_", "array of a bool"}

REDUCTIONS = {"mean", "sum", "none"}
INTEGERS = {"0", "1", "3", "-1", "2**70", "2**64 + 1", "10**400", "np.int8", "np.uint64", "array of an int"}
POSITIVE_VECTORS = {"array of two", "[2, 3]", "[2.0, 3.0]", "[2, True]", "(2, 3)", "range", "memoryview", "None"}

#: What each argument takes; all else it refuses.
TAKES: dict[str, set[str]] = {
    "Linear.in_features": SIZES,
    "Linear.out_features": SIZES,
    "Linear.bias": FLAGS,
    "Linear.rng": SEEDS,
    "Linear.init": {"a function", "gives a list"},
    "Linear.dtype": DTYPES,
    "Linear.label": TEXTS,
    "Linear.name_parameters.label": TEXTS,
    "Linear.forward.x": VECTORS,
    "MLP.sizes": {"[2, 3]", "(2, 3)", "range"},
    "MLP.activation": {"None", "tanh", "Module"},
    "MLP.output": {"None", "tanh", "Module"},
    "MLP.bias": FLAGS,
    "MLP.rng": SEEDS,
    "MLP.dtype": DTYPES,
    "Module.to_tensors.dtype": DTYPES,
    "Sequential.layers": {"Module"},
    "LeakyReLU.alpha": NUMBERS,
    "SGD.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "SGD.lr": POSITIVE,
    "Optimizer.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "Optimizer.lr": POSITIVE,
    "Optimizer.lr.lr": POSITIVE,
    "xavier_uniform.inputs": SIZES,
    "xavier_uniform.outputs": SIZES,
    "xavier_uniform.rng": {"generator"},
    "kaiming_uniform.inputs": SIZES,
    "kaiming_uniform.outputs": SIZES,
    "kaiming_uniform.rng": {"generator"},
    "mse.prediction": VECTORS | {"[Value, Value]"},
    "mse.target": VECTORS | {"[Value, Value]"},
    "cross_entropy.scores": VECTORS | {"[Value, Value]"},
    "cross_entropy.target": {"0", "1"},
    "cross_entropy.weight": POSITIVE_VECTORS,
    "cross_entropy.ignore_index": INTEGERS - {"1"} | {"None"},
    "cross_entropy.label_smoothing": {"0", "1", "0.0", "0.5", "np.float32", "array of a float"},
    "cross_entropy.reduction": REDUCTIONS,
    **{f"{name}.prediction": VECTORS | {"[Value, Value]"} for name in ("half_squared_error", "l1", "huber")},
    **{f"{name}.target": VECTORS | {"[Value, Value]"} for name in ("half_squared_error", "l1", "huber")},
    **{f"{name}.reduction": REDUCTIONS for name in ("mse", "half_squared_error", "l1", "huber")},
    "huber.delta": POSITIVE,
    "nll.log_probabilities": set(),
    "nll.target": {"0", "1"},
    "nll.weight": POSITIVE_VECTORS,
    "nll.ignore_index": INTEGERS - {"1"} | {"None"},
    "nll.reduction": REDUCTIONS,
    "bce.prediction": {"[nan, 1.0]"},
    "bce.target": set(),
    "bce.weight": POSITIVE_VECTORS | {"[2, 0]"},
    "bce.reduction": REDUCTIONS,
    "bce_with_logits.logits": VECTORS | {"[Value, Value]"},
    "bce_with_logits.target": set(),
    "bce_with_logits.weight": POSITIVE_VECTORS | {"[2, 0]"},
    "bce_with_logits.pos_weight": POSITIVE_VECTORS | POSITIVE | ONES | LONG,
    "bce_with_logits.reduction": REDUCTIONS,
    "multiclass_hinge.scores": VECTORS | {"[Value, Value]"},
    "multiclass_hinge.target": {"0", "1"},
    "multiclass_hinge.margin": POSITIVE | {"0", "0.0"},
    "multiclass_hinge.reduction": REDUCTIONS,
    "kl_divergence.log_probabilities": set(),
    "kl_divergence.target": set(),
    "kl_divergence.log_target": {"False"},
    "kl_divergence.reduction": REDUCTIONS | {"batchmean"},
    "cosine.first": VECTORS | {"[Value, Value]"},
    "cosine.second": VECTORS | {"[Value, Value]"},
    "cosine.target": {"1", "-1", "None"} | ONES,
    "cosine.margin": {"0", "1", "-1", "0.0", "0.5", "-0.5", "np.float32", "array of a float"},
    "cosine.reduction": REDUCTIONS,
    "l1_penalty.parameters": TREES,
    "l2_penalty.parameters": TREES,
    "Sequential.forward.x": ARRAYS,
    "ReLU.forward.x": ARRAYS,
    "LeakyReLU.forward.x": ARRAYS,
    "Sigmoid.forward.x": ARRAYS,
    "Softmax.forward.x": ARRAYS,
    "Tanh.forward.x": ARRAYS,
}


def arguments() -> Iterator[tuple[str, Parameter]]:
    """Every argument of everything public: of functions, constructors, methods, and of what may be set."""
    for name in nn.__all__:
        public = getattr(nn, name)
        callables: dict[str, Any] = {name: public}
        if isinstance(public, type):
            for part, member in vars(public).items():
                if isinstance(member, property) and member.fset is not None:
                    callables[f"{name}.{part}"] = member.fset
                if inspect.isfunction(member) and not (
                    part.startswith("_") and part not in ("__call__", "__getitem__")
                ):
                    callables[f"{name}.{part}"] = member
        for where, what in callables.items():
            if where not in THEIRS:
                for argument, parameter in inspect.signature(what).parameters.items():
                    if argument != "self":
                        yield where, parameter


ARGUMENTS = list(arguments())
IDS = [f"{where}.{parameter.name}" for where, parameter in ARGUMENTS]


def test_the_lists_are_those_of_what_is_public() -> None:
    assert set(IDS) == TAKES.keys()
    assert {where for where, _ in ARGUMENTS} == GOOD.keys()
    assert set().union(*TAKES.values()) <= HOSTILE.keys()


@pytest.mark.filterwarnings("error", "ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(("where", "parameter"), ARGUMENTS, ids=IDS)
def test_an_argument_is_taken_or_refused_by_name(where: str, parameter: Parameter, hostile: str) -> None:
    value, name = HOSTILE[hostile], parameter.name
    call, given = GOOD[where]()
    is_by_place = parameter.kind is Parameter.VAR_POSITIONAL or where.endswith((".forward", ".lr"))
    args, kwargs = ((value,), given) if is_by_place else ((), given | {name: value})
    if hostile in TAKES[f"{where}.{name}"]:
        expect_sound(call(*args, **kwargs))
        return
    with pytest.raises((TypeError, ValueError)) as refused:
        call(*args, **kwargs)
    message = str(refused.value)
    owner = OWNERS.get(where, where.partition(".")[0])
    assert message.lower().startswith(owner.lower()), message  # an operation has the name of its layer, but for case
    assert where.endswith(".forward") or name in message, message


def expect_sound(result: Any) -> None:
    """What a Module holds is numbers, and it can be written down."""
    if isinstance(result, nn.Module):
        assert all(np.isfinite(p.data).all() for p in result.parameters())
        assert all(type(n) is int for n in vars(result).values() if isinstance(n, int | np.integer))
        repr(result)


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.array])
def test_a_setting_is_kept_as_what_it_means(kind: Any) -> None:
    layer = nn.Linear(kind(2), kind(3), bias=np.True_, rng=0, label="a")  # type: ignore[arg-type]
    twin = nn.Linear(2, 3, bias=True, rng=0, label="a")
    assert repr(layer) == repr(twin)
    for p, q in zip(layer.parameters(), twin.parameters(), strict=True):
        assert (p.label, p.data.tolist()) == (q.label, q.data.tolist())
    assert nn.LeakyReLU(kind(2)).alpha == 2.0
    assert type(nn.LeakyReLU(kind(2)).alpha) is float
    assert type(nn.SGD([Value(1.0)], lr=kind(2)).lr) is float


def test_more_weights_than_an_array_holds_are_refused_before_any_is_drawn() -> None:
    for call in (
        lambda: nn.Linear(2**40, 2**40),
        lambda: nn.MLP([2**40, 2**40]),
        lambda: nn.xavier_uniform(2**40, 2**40, np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match=r"expected at most \d+ weights, as many as an array holds, got "):
            call()
