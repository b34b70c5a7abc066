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
from trainings import OF_TRAINING

import nn
from autograd import Tensor, Value
from nn.activations.by_name import BY_NAME

WIDE = np.longdouble(1) / 3 != 1 / 3


class Steady(nn.Schedule):
    """It changes nothing."""

    def lr_at(self, count: int, base: float) -> float:
        return base


class Still(nn.Optimizer):
    """It changes nothing."""

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return data


def optimizer() -> nn.Optimizer:
    return nn.SGD([Tensor(1.0)], lr=0.1)


def one_after_another() -> tuple[Callable[..., Any], dict[str, Any]]:
    both = optimizer()
    schedules = [nn.LinearLR(both), nn.StepLR(both, 1)]
    return nn.SequentialLR, {"optimizer": both, "schedulers": schedules, "milestones": [2]}


CELLS = ("RNNCell", "GRUCell", "LSTMCell")

POOLS = ("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d")
ACTIVATIONS = {kind.__name__ for kind in BY_NAME.values()}

#: Activations that have settings.
SET = {name for name in ACTIVATIONS if inspect.signature(getattr(nn, name)).parameters}


def sliding(name: str) -> Any:
    """A layer of this name whose kernel fits on anything."""
    return getattr(nn, name)(1) if name in POOLS else getattr(nn, name)(1, 1, 1)


#: Everything public with arguments that do, made anew each time.
GOOD: dict[str, Callable[[], tuple[Callable[..., Any], dict[str, Any]]]] = {
    "Linear": lambda: (nn.Linear, {"in_features": 2, "out_features": 3}),
    "MLP": lambda: (nn.MLP, {"sizes": [2, 3, 1]}),
    "Sequential": lambda: (nn.Sequential, {}),
    "SGD": lambda: (nn.SGD, {"parameters": [Tensor(1.0)], "lr": 0.1, "momentum": 0.5}),
    "Adadelta": lambda: (nn.Adadelta, {"parameters": [Tensor(1.0)]}),
    "Adagrad": lambda: (nn.Adagrad, {"parameters": [Tensor(1.0)]}),
    "RMSProp": lambda: (nn.RMSProp, {"parameters": [Tensor(1.0)]}),
    "Adam": lambda: (nn.Adam, {"parameters": [Tensor(1.0)]}),
    "AdamW": lambda: (nn.AdamW, {"parameters": [Tensor(1.0)]}),
    "StepLR": lambda: (nn.StepLR, {"optimizer": optimizer(), "step_size": 2}),
    "MultiStepLR": lambda: (nn.MultiStepLR, {"optimizer": optimizer(), "milestones": [2]}),
    "ExponentialLR": lambda: (nn.ExponentialLR, {"optimizer": optimizer(), "gamma": 0.5}),
    "CosineAnnealingLR": lambda: (nn.CosineAnnealingLR, {"optimizer": optimizer(), "T_max": 2}),
    "ConstantLR": lambda: (nn.ConstantLR, {"optimizer": optimizer()}),
    "PolynomialLR": lambda: (nn.PolynomialLR, {"optimizer": optimizer()}),
    "CosineAnnealingWarmRestarts": lambda: (nn.CosineAnnealingWarmRestarts, {"optimizer": optimizer(), "T_0": 2}),
    "LinearLR": lambda: (nn.LinearLR, {"optimizer": optimizer()}),
    "OneCycleLR": lambda: (nn.OneCycleLR, {"optimizer": optimizer(), "max_lr": 0.1, "total_steps": 5}),
    "SequentialLR": one_after_another,
    "ChainedScheduler": lambda: (nn.ChainedScheduler, {"schedulers": [nn.LinearLR(optimizer())]}),
    "Optimizer.zero_grad": lambda: (optimizer().zero_grad, {}),
    "Optimizer.add_param_group": lambda: (optimizer().add_param_group, {"param_group": {"params": [Tensor(1.0)]}}),
    "Schedule": lambda: (Steady, {"optimizer": optimizer()}),
    "ReduceLROnPlateau": lambda: (nn.ReduceLROnPlateau, {"optimizer": optimizer()}),
    "ReduceLROnPlateau.step": lambda: (nn.ReduceLROnPlateau(optimizer()).step, {}),
    "clip_grad_norm": lambda: (nn.clip_grad_norm, {"parameters": [Tensor(1.0)], "max_norm": 1.0}),
    "clip_grad_value": lambda: (nn.clip_grad_value, {"parameters": [Tensor(1.0)], "clip_value": 1.0}),
    "Optimizer": lambda: (Still, {"parameters": [Value(1.0)], "lr": 0.1}),
    **{
        f"init.{name}": lambda name=name: (getattr(nn.init, name), {"shape": (2, 3), "rng": np.random.default_rng(0)})
        for name in nn.init.__all__
    },
    "Neuron": lambda: (nn.Neuron, {"in_features": 2}),
    "Neuron.forward": lambda: (nn.Neuron(2), {}),
    "Maxout": lambda: (nn.Maxout, {"in_features": 2, "out_features": 3}),
    "Maxout.forward": lambda: (nn.Maxout(2, 3), {}),
    "Bilinear": lambda: (nn.Bilinear, {"in1_features": 2, "in2_features": 2, "out_features": 3}),
    "Bilinear.forward": lambda: (lambda x: nn.Bilinear(2, 2, 3)(x, x), {}),
    **{name: lambda name=name: (getattr(nn, name), {"input_size": 2, "hidden_size": 3}) for name in CELLS},
    **{f"{name}.forward": lambda name=name: (getattr(nn, name)(2, 3), {}) for name in CELLS},
    "MultiHeadAttention": lambda: (nn.MultiHeadAttention, {"embed_dim": 3, "num_heads": 1}),
    "Parameter": lambda: (nn.Parameter, {"data": [1.0, 2.0]}),
    "Buffer": lambda: (nn.Buffer, {"data": [1.0, 2.0]}),
    "watching": lambda: (nn.watching, {"watch": print}),
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
    "Conv1d": lambda: (nn.Conv1d, {"in_channels": 6, "out_channels": 6, "kernel_size": 2}),
    "Conv2d": lambda: (nn.Conv2d, {"in_channels": 6, "out_channels": 6, "kernel_size": 2}),
    "Conv1d.name_parameters": lambda: (nn.Conv1d(1, 1, 1).name_parameters, {}),
    "Conv2d.name_parameters": lambda: (nn.Conv2d(1, 1, 1).name_parameters, {}),
    "Conv1d.forward": lambda: (nn.Conv1d(1, 1, 1), {}),
    "Conv2d.forward": lambda: (nn.Conv2d(1, 1, 1), {}),
    **{name: lambda name=name: (getattr(nn, name), {"kernel_size": 6}) for name in POOLS},
    **{f"{name}.forward": lambda name=name: (getattr(nn, name)(1), {}) for name in POOLS},
    **{
        f"{name}.{method}": lambda name=name, method=method: (getattr(sliding(name), method), {})
        for name in (*POOLS, "Conv1d", "Conv2d")
        for method in ("output_size", "left_over")
    },
    "Threshold": lambda: (nn.Threshold, {"threshold": 0.5, "value": 0.0}),
    "Threshold.forward": lambda: (nn.Threshold(0.5, 0.0), {}),
    "GLU": lambda: (nn.GLU, {}),
    "GLU.forward": lambda: (nn.GLU(), {}),
    "Flatten": lambda: (nn.Flatten, {}),
    "Flatten.forward": lambda: (nn.Flatten(0), {}),
    "Dropout": lambda: (nn.Dropout, {}),
    "Dropout.forward": lambda: (nn.Dropout(0.5, rng=0), {}),
    "Dropout2d": lambda: (nn.Dropout2d, {}),
    "Dropout2d.forward": lambda: (nn.Dropout2d(0.5, rng=0), {}),
    "Identity.forward": lambda: (nn.Identity(), {}),
    "GroupNorm": lambda: (nn.GroupNorm, {"num_groups": 1, "num_channels": 6}),
    "GroupNorm.forward": lambda: (nn.GroupNorm(1, 2), {}),
    "BatchNorm1d": lambda: (nn.BatchNorm1d, {"num_features": 2}),
    "BatchNorm1d.forward": lambda: (nn.BatchNorm1d(2), {}),
    "BatchNorm2d": lambda: (nn.BatchNorm2d, {"num_features": 2}),
    "BatchNorm2d.forward": lambda: (nn.BatchNorm2d(2), {}),
    "LayerNorm": lambda: (nn.LayerNorm, {"normalized_shape": 2}),
    "LayerNorm.forward": lambda: (nn.LayerNorm(2), {}),
    "RMSNorm": lambda: (nn.RMSNorm, {"normalized_shape": 2}),
    "RMSNorm.forward": lambda: (nn.RMSNorm(2), {}),
    "Embedding": lambda: (nn.Embedding, {"num_embeddings": 5, "embedding_dim": 2}),
    "Embedding.name_parameters": lambda: (nn.Embedding(5, 2).name_parameters, {}),
    "Embedding.forward": lambda: (nn.Embedding(5, 2), {}),
    **{name: lambda name=name: (getattr(nn, name), {}) for name in SET},
    **{f"{name}.forward": lambda name=name: (getattr(nn, name)(), {}) for name in ACTIVATIONS},
    "Linear.forward": lambda: (nn.Linear(2, 3), {}),
    "Sequential.forward": lambda: (nn.Sequential(nn.Tanh()), {}),
    "Optimizer.load_state_dict": lambda: (Still([Value(1.0)], lr=0.1).load_state_dict, {}),
    "Optimizer.lr": lambda: (lambda lr: setattr(nn.SGD([Tensor(1.0)], lr=0.1), "lr", lr), {}),
}

#: Whose names the messages bear, where that is a subclass, or a layer inside.
OWNERS = {
    "Optimizer": "Still",
    "Optimizer.load_state_dict": "Still",
    "Schedule": "Steady",
    "Optimizer.lr": "SGD",
    **dict.fromkeys(["Optimizer.zero_grad", "Optimizer.add_param_group"], "SGD"),
    "Module.to_tensors": "Linear.to_tensors",
    "Sequential.forward": "Tanh",
}

#: What a person says by defining it, and what Python says of an index.
THEIRS = {"Module.forward", "Module.__call__", "Module.summary", "Sequential.__getitem__"}

#: What tests/test_training.py, test_resume.py, test_diagnosis.py, test_interchange.py, test_cells.py,
#: test_optim.py and test_schedules.py give bad input.
ELSEWHERE = (*OF_TRAINING, "MultiHeadAttention.forward", "LambdaLR", "Optimizer.step")

#: What a rule or a schedule of a person's own defines, or asks in doing so.
RULES = ("update", "checked", "remembered", "lr_at", "settings_at", "remark")

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
    "a name of nothing": "gelo",
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
    "gives NaN": lambda *given: np.full(given[0], np.nan),
    "gives a list": lambda *given: np.ones(given[0], int).tolist(),
    "gives Values": lambda *given: np.full(given[0], Value(1.0)),
    "gives another shape": lambda *_: [1.0],
    "a function": nn.init.xavier_uniform,
    **({"long double": np.longdouble(1) / 3} if WIDE else {}),
}

AXES = {"0", "1", "3", "-1", "np.int8", "np.uint64", "array of an int"}
SHARES = {"0", "1", "0.0", "0.5", "np.float32", "array of a float"}
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
FROM_ZERO = NUMBERS - {"-1", "-0.5"}
BELOW_ONE = {"0", "0.0", "0.5", "np.float32", "array of a float"}
COUNTS = SIZES | {"0"}
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

ROWS = VECTORS | {"array of one", "[3]", "[Value]", "[Value, Value]"}
OF_VALUES = {"Value", "constant Value", "[Value]", "[Value, Value]"}

#: Settings of one axis, and of two: one number for each, from 1 on, or from 0 on.
EACH = {1: SIZES | {"[3]"}, 2: SIZES | {"[2, 3]", "(2, 3)"}}
SIZES_FROM_ZERO = {1: {"0"}, 2: {"0", "[2, 0]"}}

INIT_SETTINGS = [("uniform", "limit"), ("normal", "std"), ("normal", "mean"), ("orthogonal", "gain")]
INIT_SETTINGS += [(f"xavier_{kind}", "gain") for kind in ("uniform", "normal")]
INIT_SETTINGS += [(f"kaiming_{kind}", "alpha") for kind in ("uniform", "normal")]

LAYERS = ("Neuron", "Maxout", "Bilinear", *CELLS, "MultiHeadAttention")
LAYER_SETTINGS = {"bias": FLAGS, "rng": SEEDS, "init": {"a function", "gives a list"}, "dtype": DTYPES}

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
    "SGD.momentum": BELOW_ONE,
    "SGD.dampening": BELOW_ONE,
    "SGD.weight_decay": FROM_ZERO,
    "SGD.nesterov": FLAGS,
    "Adadelta.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "Adadelta.lr": POSITIVE,
    "Adadelta.rho": BELOW_ONE,
    "Adadelta.eps": POSITIVE,
    "Adadelta.weight_decay": FROM_ZERO,
    **{f"{name}.maximize": FLAGS for name in ("SGD", "Adadelta", "Adagrad", "RMSProp", "Adam", "AdamW")},
    "Adagrad.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "Adagrad.lr": POSITIVE,
    "Adagrad.lr_decay": FROM_ZERO,
    "Adagrad.weight_decay": FROM_ZERO,
    "Adagrad.initial_accumulator_value": FROM_ZERO,
    "Adagrad.eps": POSITIVE,
    "RMSProp.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "RMSProp.lr": POSITIVE,
    "RMSProp.alpha": BELOW_ONE,
    "RMSProp.eps": POSITIVE,
    "RMSProp.weight_decay": FROM_ZERO,
    "RMSProp.momentum": BELOW_ONE,
    "RMSProp.centered": FLAGS,
    "Adam.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "Adam.lr": POSITIVE,
    "Adam.betas": set(),
    "Adam.eps": POSITIVE,
    "Adam.weight_decay": FROM_ZERO,
    "Adam.amsgrad": FLAGS,
    "AdamW.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "AdamW.lr": POSITIVE,
    "AdamW.betas": set(),
    "AdamW.eps": POSITIVE,
    "AdamW.weight_decay": FROM_ZERO,
    "AdamW.amsgrad": FLAGS,
    "StepLR.optimizer": set(),
    "StepLR.step_size": SIZES,
    "StepLR.gamma": POSITIVE,
    "MultiStepLR.optimizer": set(),
    "MultiStepLR.milestones": {"[]", "[3]", "[2, 3]", "[2, 0]", "(2, 3)", "range"},
    "MultiStepLR.gamma": POSITIVE,
    "ExponentialLR.optimizer": set(),
    "ExponentialLR.gamma": POSITIVE,
    "CosineAnnealingLR.optimizer": set(),
    "CosineAnnealingLR.T_max": SIZES,
    "CosineAnnealingLR.eta_min": FROM_ZERO,
    "CosineAnnealingWarmRestarts.optimizer": set(),
    "CosineAnnealingWarmRestarts.T_0": SIZES,
    "CosineAnnealingWarmRestarts.T_mult": SIZES,
    "CosineAnnealingWarmRestarts.eta_min": FROM_ZERO,
    "ConstantLR.optimizer": set(),
    "ConstantLR.factor": BELOW_ONE | {"1"},
    "ConstantLR.total_iters": SIZES,
    "PolynomialLR.optimizer": set(),
    "PolynomialLR.total_iters": SIZES,
    "PolynomialLR.power": POSITIVE,
    "ChainedScheduler.optimizer": {"None"},
    "ChainedScheduler.schedulers": set(),
    "Optimizer.zero_grad.set_to_none": FLAGS,
    "Optimizer.add_param_group.param_group": set(),
    "LinearLR.optimizer": set(),
    "LinearLR.start_factor": BELOW_ONE | {"1"},
    "LinearLR.end_factor": BELOW_ONE | {"1"},
    "LinearLR.total_iters": SIZES,
    "OneCycleLR.optimizer": set(),
    "OneCycleLR.max_lr": POSITIVE | {"[3]"},
    "OneCycleLR.total_steps": SIZES,
    "OneCycleLR.epochs": {"None"},
    "OneCycleLR.steps_per_epoch": {"None"},
    "OneCycleLR.pct_start": BELOW_ONE | {"1"},
    "OneCycleLR.anneal_strategy": set(),
    "OneCycleLR.cycle_momentum": FLAGS,
    "OneCycleLR.base_momentum": BELOW_ONE,
    "OneCycleLR.max_momentum": BELOW_ONE,
    "OneCycleLR.div_factor": POSITIVE,
    "OneCycleLR.final_div_factor": POSITIVE,
    "OneCycleLR.three_phase": FLAGS,
    "SequentialLR.optimizer": set(),
    "SequentialLR.schedulers": set(),
    "SequentialLR.milestones": {"[3]"},
    "Schedule.optimizer": set(),
    "ReduceLROnPlateau.optimizer": set(),
    "ReduceLROnPlateau.mode": set(),
    "ReduceLROnPlateau.factor": BELOW_ONE,
    "ReduceLROnPlateau.patience": COUNTS,
    "ReduceLROnPlateau.threshold": FROM_ZERO,
    "ReduceLROnPlateau.threshold_mode": set(),
    "ReduceLROnPlateau.cooldown": COUNTS,
    "ReduceLROnPlateau.min_lr": FROM_ZERO | {"[3]"},
    "ReduceLROnPlateau.eps": FROM_ZERO,
    "ReduceLROnPlateau.step.metrics": NUMBERS,
    "clip_grad_norm.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "clip_grad_norm.max_norm": POSITIVE | {"inf"},
    "clip_grad_norm.norm_type": POSITIVE | {"inf"},
    "clip_grad_value.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "clip_grad_value.clip_value": POSITIVE,
    "Optimizer.load_state_dict.state_dict": set(),
    "Optimizer.parameters": {"[Tensor]", "[Value]", "[Value, Value]"},
    "Optimizer.lr": POSITIVE,
    "Optimizer.lr.lr": POSITIVE,
    **{f"init.{name}.shape": {"[3]", "[2, 3]", "(2, 3)", "[]"} for name in nn.init.__all__},
    **{f"init.{name}.rng": {"generator"} for name in nn.init.__all__},
    **{f"init.{name}.{setting}": NUMBERS for name, setting in INIT_SETTINGS},
    "init.orthogonal.shape": {"[2, 3]", "(2, 3)"},
    "watching.watch": {name for name, x in HOSTILE.items() if callable(x)},
    **{f"{name}.{setting}": takes for name in LAYERS for setting, takes in LAYER_SETTINGS.items()},
    "Neuron.in_features": SIZES,
    "Neuron.activation": {"None", "tanh", "Module"},
    "Neuron.forward.x": VECTORS,
    "Maxout.in_features": SIZES,
    "Maxout.out_features": SIZES,
    "Maxout.pieces": SIZES,
    "Maxout.forward.x": VECTORS,
    "Bilinear.in1_features": SIZES,
    "Bilinear.in2_features": SIZES,
    "Bilinear.out_features": SIZES,
    "Bilinear.forward.x": VECTORS,
    **{f"{name}.input_size": SIZES for name in CELLS},
    **{f"{name}.hidden_size": SIZES for name in CELLS},
    **{f"{name}.init": {"None", "a function", "gives a list"} for name in CELLS},
    **{f"{name}.forward.x": VECTORS for name in CELLS},
    "RNNCell.nonlinearity": {"tanh"},
    "MultiHeadAttention.embed_dim": SIZES,
    "MultiHeadAttention.num_heads": SIZES,
    "Parameter.data": (ARRAYS | {"None", "[Tensor]", "dict"}) - {"constant Value"},
    "Parameter.requires_grad": FLAGS,
    "Parameter.dtype": DTYPES,
    "Buffer.data": ARRAYS,
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
    **{f"{name}.forward.x": ARRAYS for name in ACTIVATIONS - {"PReLU"}},
    "PReLU.forward.x": ARRAYS - OF_VALUES,
    "Threshold.forward.x": ARRAYS,
    "GLU.forward.x": VECTORS | {"[]", "[Value, Value]"},
    "ELU.alpha": NUMBERS,
    "CELU.alpha": POSITIVE,
    "Softshrink.lambd": FROM_ZERO,
    "Hardshrink.lambd": FROM_ZERO,
    "Softmin.axis": AXES,
    "GLU.axis": AXES,
    "Threshold.threshold": NUMBERS,
    "Threshold.value": NUMBERS,
    "GELU.approximate": {"tanh", "none"},
    "Hardtanh.min_val": {"-1", "0", "0.0", "0.5", "-0.5", "np.float32", "array of a float"},
    "Hardtanh.max_val": NUMBERS - {"-1"},
    "Softmax.axis": AXES,
    "LogSoftmax.axis": AXES,
    "Softplus.beta": POSITIVE,
    "PReLU.num_parameters": SIZES,
    "PReLU.init": NUMBERS,
    "PReLU.dtype": DTYPES,
    **{
        f"{name}.{argument}": takes
        for n, name in ((1, "Conv1d"), (2, "Conv2d"))
        for argument, takes in {
            "in_channels": SIZES,
            "out_channels": SIZES,
            "kernel_size": EACH[n],
            "stride": EACH[n],
            "padding": EACH[n] | SIZES_FROM_ZERO[n],
            "dilation": EACH[n],
            "groups": SIZES,
            "bias": FLAGS,
            "strict": FLAGS,
            "rng": SEEDS,
            "init": {"a function", "gives a list"},
            "dtype": DTYPES,
            "label": TEXTS,
            "name_parameters.label": TEXTS,
            "forward.x": set(),
            "output_size.lengths": EACH[n],
            "left_over.lengths": EACH[n],
        }.items()
    },
    **{
        f"{name}.{argument}": takes
        for name in POOLS
        for n in [int(name[-2])]
        for argument, takes in {
            "kernel_size": EACH[n],
            "stride": EACH[n] | {"None"},
            "padding": EACH[n] | SIZES_FROM_ZERO[n],
            **({"dilation": EACH[n]} if "Max" in name else {"count_include_pad": FLAGS}),
            "ceil_mode": FLAGS,
            "strict": FLAGS,
            "forward.x": ROWS if n == 1 else set(),
            "output_size.lengths": EACH[n],
            "left_over.lengths": EACH[n],
        }.items()
    },
    "Flatten.start_dim": AXES,
    "Flatten.end_dim": AXES,
    "Flatten.forward.x": ROWS | {"[]"},
    "Dropout.p": SHARES,
    "Dropout.rng": SEEDS,
    "Dropout.forward.x": ARRAYS,
    **{
        f"{name}.{argument}": takes
        for name in ("BatchNorm1d", "BatchNorm2d")
        for argument, takes in {
            "num_features": SIZES,
            "eps": NUMBERS - {"-1", "-0.5"},
            "momentum": SHARES | {"None"},
            "affine": FLAGS,
            "track_running_stats": FLAGS,
            "dtype": DTYPES,
            "forward.x": set(),
        }.items()
    },
    "Dropout2d.p": SHARES,
    "Dropout2d.rng": SEEDS,
    "Dropout2d.forward.x": set(),
    "Identity.forward.x": ARRAYS,
    "GroupNorm.num_groups": SIZES,
    "GroupNorm.num_channels": SIZES,
    "GroupNorm.eps": NUMBERS - {"-1", "-0.5"},
    "GroupNorm.affine": FLAGS,
    "GroupNorm.dtype": DTYPES,
    "GroupNorm.forward.x": set(),
    "LayerNorm.normalized_shape": SIZES | {"[3]", "[2, 3]", "(2, 3)"},
    "LayerNorm.eps": NUMBERS - {"-1", "-0.5"},
    "LayerNorm.elementwise_affine": FLAGS,
    "LayerNorm.bias": FLAGS,
    "LayerNorm.dtype": DTYPES,
    "LayerNorm.forward.x": VECTORS,
    "RMSNorm.normalized_shape": SIZES | {"[3]", "[2, 3]", "(2, 3)"},
    "RMSNorm.eps": NUMBERS - {"-1", "-0.5"} | {"None"},
    "RMSNorm.elementwise_affine": FLAGS,
    "RMSNorm.dtype": DTYPES,
    "RMSNorm.forward.x": VECTORS,
    "Embedding.num_embeddings": SIZES,
    "Embedding.embedding_dim": SIZES,
    "Embedding.padding_idx": AXES | {"None"},
    "Embedding.rng": SEEDS,
    "Embedding.init": {"a function", "gives a list"},
    "Embedding.dtype": DTYPES,
    "Embedding.label": TEXTS,
    "Embedding.name_parameters.label": TEXTS,
    "Embedding.forward.x": SIZES | {"0", "array of one", "[3]", "[2, 3]", "(2, 3)", "range", "[2, 0]", "[2, True]"},
}


PUBLIC = {name: getattr(nn, name) for name in nn.__all__ if name != "init"}
PUBLIC |= {f"init.{name}": getattr(nn.init, name) for name in nn.init.__all__}


def members(public: type) -> dict[str, Any]:
    """What a class has itself, and from bases that are not public."""
    bases = [kind for kind in public.__mro__ if kind.__module__.startswith("nn.layers.") and not is_public(kind)]
    return {name: member for kind in (*reversed(bases), public) for name, member in vars(kind).items()}


def is_public(kind: type) -> bool:
    return kind in PUBLIC.values()


def arguments() -> Iterator[tuple[str, Parameter]]:
    """Every argument of everything public: of functions, constructors, methods, and of what may be set."""
    for name, public in PUBLIC.items():
        callables: dict[str, Any] = {name: public}
        if isinstance(public, type):
            for part, member in members(public).items():
                if isinstance(member, property) and member.fset is not None:
                    callables[f"{name}.{part}"] = member.fset
                if inspect.isfunction(member) and not (
                    part.startswith("_") and part not in ("__call__", "__getitem__")
                ):
                    callables[f"{name}.{part}"] = member
        for where, what in callables.items():
            if where not in THEIRS and not where.endswith(RULES) and not where.startswith(ELSEWHERE):
                found = [x for x in inspect.signature(what).parameters.values() if x.name != "self"]
                for parameter in found[:1] if where.endswith(".forward") else found:
                    if parameter.kind is not Parameter.VAR_KEYWORD:
                        yield where, parameter


ARGUMENTS = list(arguments())
IDS = [f"{where}.{parameter.name}" for where, parameter in ARGUMENTS]


def test_the_lists_are_those_of_what_is_public() -> None:
    assert set(IDS) == TAKES.keys()
    assert {where for where, _ in ARGUMENTS} == GOOD.keys()
    assert set().union(*TAKES.values()) <= HOSTILE.keys()


@pytest.mark.filterwarnings("error", "ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize(("where", "parameter"), ARGUMENTS, ids=IDS)
def test_an_argument_is_taken_or_refused_by_name(where: str, parameter: Parameter) -> None:
    wrong = {hostile: found for hostile in HOSTILE if (found := outcome(where, parameter, hostile)) is not None}
    assert not wrong


def outcome(where: str, parameter: Parameter, hostile: str) -> str | None:
    """What is wrong with what a call makes of a value for one of its arguments; None if nothing is."""
    value, name = HOSTILE[hostile], parameter.name
    call, given = GOOD[where]()
    is_by_place = parameter.kind is Parameter.VAR_POSITIONAL or where.endswith((".forward", ".lr", ".step", "_dict"))
    args, kwargs = ((value,), given) if is_by_place else ((), given | {name: value})
    is_taken = hostile in TAKES[f"{where}.{name}"]
    try:
        expect_sound(call(*args, **kwargs))
    except (TypeError, ValueError) as error:
        message = str(error)
        owner = OWNERS.get(where, where.removeprefix("init.").partition(".")[0])
        is_named = message.lower().startswith(owner.lower())  # an operation has the name of its layer, but for case
        is_said = is_named and (where.endswith(".forward") or name in message)
        return None if is_said and not is_taken else message
    return None if is_taken else "it is taken"


def expect_sound(result: Any) -> None:
    """What a Module holds is numbers, and it can be written down."""
    if isinstance(result, nn.Module):
        assert all(np.isfinite(p.data).all() for p in result.parameters())
        assert all(type(n) in (int, bool) for n in vars(result).values() if isinstance(n, int | np.integer))
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
        lambda: nn.init.xavier_uniform((2**40, 2**40), np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match=r"expected at most \d+ weights, as many as an array holds, got "):
            call()
