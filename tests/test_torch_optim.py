"""Optimisers, clipping and schedules against those of torch by the same name, in double precision."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import GraphError, Tensor, Value

torch = pytest.importorskip("torch", reason="torch is not installed")

OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "Adadelta": torch.optim.Adadelta,
    "Adagrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}

RATES = st.floats(1e-4, 0.5)
DECAYS = st.sampled_from([0.0, 0.3, 0.9, 0.99, 0.999])
WEIGHT_DECAYS = st.sampled_from([0.0, 0.01, 0.5])
EPS = st.sampled_from([1e-10, 1e-8, 1e-3])


def sgd() -> st.SearchStrategy[dict[str, Any]]:
    plain = {"lr": RATES, "weight_decay": WEIGHT_DECAYS, "maximize": st.booleans()}
    nesterov = {"momentum": DECAYS.filter(bool), "nesterov": st.just(True)}
    return st.one_of(
        st.fixed_dictionaries(plain, optional={"momentum": DECAYS, "dampening": DECAYS}),
        st.fixed_dictionaries({**plain, **nesterov}),
    )


SETTINGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "SGD": sgd(),
    "Adadelta": st.fixed_dictionaries(
        {"lr": RATES},
        optional={"rho": DECAYS, "eps": EPS, "weight_decay": WEIGHT_DECAYS, "maximize": st.booleans()},
    ),
    "Adagrad": st.fixed_dictionaries(
        {"lr": RATES},
        optional={
            "lr_decay": st.floats(0.0, 1.0),
            "weight_decay": WEIGHT_DECAYS,
            "initial_accumulator_value": st.floats(0.0, 2.0),
            "eps": EPS,
            "maximize": st.booleans(),
        },
    ),
    "RMSProp": st.fixed_dictionaries(
        {"lr": RATES},
        optional={
            "alpha": st.sampled_from([0.3, 0.9, 0.99]),
            "eps": EPS,
            "weight_decay": WEIGHT_DECAYS,
            "momentum": DECAYS,
            "centered": st.booleans(),
            "maximize": st.booleans(),
        },
    ),
    **dict.fromkeys(
        ["Adam", "AdamW"],
        st.fixed_dictionaries(
            {"lr": RATES},
            optional={
                "betas": st.tuples(DECAYS, DECAYS.filter(bool)),
                "eps": EPS,
                "weight_decay": WEIGHT_DECAYS,
                "amsgrad": st.booleans(),
                "maximize": st.booleans(),
            },
        ),
    ),
}

SHAPES = st.lists(st.lists(st.integers(1, 3), max_size=3).map(tuple), min_size=1, max_size=3)


def arrays(rng: np.random.Generator, shapes: list[Any]) -> list[Any]:
    return [np.asarray(rng.normal(size=shape)) for shape in shapes]


def agree(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """Equal relative to the size of the array."""
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * np.abs(expected).max(initial=1e-3))


def compare(ours: Any, theirs: Any, parameters: list[Any], twins: list[Any], rng: Any, steps: int = 50) -> None:
    for _ in range(steps):
        for p, twin in zip(parameters, twins, strict=True):
            grad = np.asarray(rng.normal(size=p.shape))
            p.grad = grad
            twin.grad = torch.tensor(grad)
        ours.step()
        theirs.step()
    for p, twin in zip(parameters, twins, strict=True):
        agree(p.numpy(), twin.detach().numpy())


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), shapes=SHAPES, seed=st.integers(0, 2**32 - 1))
def test_fifty_steps_are_those_of_torch(name: str, data: Any, shapes: list[Any], seed: int) -> None:
    chosen = data.draw(SETTINGS[name])
    rng = np.random.default_rng(seed)
    start = arrays(rng, shapes)
    parameters = [Tensor(x) for x in start]
    twins = [torch.tensor(x, requires_grad=True) for x in start]
    compare(getattr(nn, name)(parameters, **chosen), OPTIMIZERS[name](twins, **chosen), parameters, twins, rng)


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=10, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_groups_are_those_of_torch(name: str, data: Any, seed: int) -> None:
    default, first, second = (data.draw(SETTINGS[name]) for _ in range(3))
    if name == "SGD":  # what one group says must fit what it takes from the others
        default = {"lr": default["lr"]}
    for own in (first, second):  # of this one, torch reads the default alone
        own.pop("initial_accumulator_value", None)
    rng = np.random.default_rng(seed)
    start = arrays(rng, [(2,), (3, 2), ()])
    parameters = [Tensor(x) for x in start]
    twins = [torch.tensor(x, requires_grad=True) for x in start]

    def groups(ps: list[Any]) -> list[dict[str, Any]]:
        return [{"params": ps[:1], **first}, {"params": ps[1:2], **second}, {"params": ps[2]}]

    ours = getattr(nn, name)(groups(parameters), **default)
    theirs = OPTIMIZERS[name](groups(twins), **default)
    compare(ours, theirs, parameters, twins, rng, steps=20)
    for optimizer in (ours, theirs):
        optimizer.param_groups[1]["lr"] = 0.3
        optimizer.param_groups[2]["weight_decay"] = 0.1
    compare(ours, theirs, parameters, twins, rng, steps=20)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_are_those_of_torch(name: str) -> None:
    ours = getattr(nn, name)([Tensor(1.0)])
    theirs = OPTIMIZERS[name]([torch.tensor(1.0, requires_grad=True)])
    for setting, value in ours.param_groups[0].items():
        if setting not in ("params", "initial_lr"):
            assert theirs.param_groups[0][setting] == value, setting


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_parameter_without_a_gradient_rests_as_in_torch(name: str) -> None:
    rng = np.random.default_rng(0)
    start = arrays(rng, [(2,), (2,)])
    parameters = [Tensor(x) for x in start]
    twins = [torch.tensor(x, requires_grad=True) for x in start]
    ours, theirs = getattr(nn, name)(parameters, lr=0.1), OPTIMIZERS[name](twins, lr=0.1)
    for step in range(6):
        ours.zero_grad()
        theirs.zero_grad()
        for place in (0, 1) if step % 3 else (0,):
            grad = rng.normal(size=2)
            parameters[place].grad = grad
            twins[place].grad = torch.tensor(grad)
        ours.step()
        theirs.step()
    for p, twin in zip(parameters, twins, strict=True):
        agree(p.numpy(), twin.detach().numpy())


GRADS = st.tuples(
    st.just("grads"), st.lists(st.sampled_from(["none", "zero", "sparse", "full"]), min_size=5, max_size=5)
)

#: What happens in a run: steps with gradients, and what may be done between two of them.
EVENTS = st.lists(
    st.one_of(
        *[GRADS] * 9,
        st.tuples(st.just("freeze"), st.integers(0, 4)),
        st.tuples(st.just("thaw"), st.integers(0, 4)),
        st.tuples(st.just("lr"), st.floats(0.0, 0.5)),
        st.tuples(st.just("weight_decay"), st.floats(0.0, 0.5)),
        st.tuples(st.just("maximize"), st.booleans()),
        st.tuples(st.just("add"), st.floats(0.001, 0.5)),
        st.tuples(st.just("zeros"), st.none()),
        st.tuples(st.just("resume"), st.none()),
    ),
    min_size=100,
    max_size=100,
)


@pytest.mark.parametrize("form", ["Tensors", "Values"])
@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), events=EVENTS, seed=st.integers(0, 2**32 - 1))
def test_runs_with_everything_that_happens_in_between_are_those_of_torch(
    name: str, form: str, data: Any, events: list[Any], seed: int
) -> None:
    """A Value is compared with a tensor of one number; there is no freezing it."""
    chosen = data.draw(SETTINGS[name])
    rng = np.random.default_rng(seed)
    start = arrays(rng, [()] * 5 if form == "Values" else [(2,), (3, 2), (), (0, 2), (1, 1)])
    parameters: list[Any] = [Value(x.item()) if form == "Values" else Tensor(x) for x in start]
    twins = [torch.tensor(x, requires_grad=True) for x in start]
    frozen: set[int] = set()
    its = 3  # how many are optimised
    ours, theirs = getattr(nn, name)(parameters[:its], **chosen), OPTIMIZERS[name](twins[:its], **chosen)
    for event, what in events:
        if event == "grads":
            for index, kind in enumerate(what):
                grad = np.asarray(rng.normal(size=start[index].shape)) * (kind != "zero")
                if kind == "sparse":
                    grad = grad * rng.integers(0, 2, size=grad.shape)
                if kind == "none" or index in frozen:
                    parameters[index].zero_grad()
                    twins[index].grad = None
                else:
                    parameters[index].grad = float(grad) if form == "Values" else np.asarray(grad)
                    twins[index].grad = torch.tensor(grad)
            if all(twin.grad is None for twin in twins[:its]):
                with pytest.raises(GraphError, match="step: no parameter has a gradient"):
                    ours.step()
            else:
                ours.step()
            theirs.step()
        elif event in ("freeze", "thaw") and form == "Tensors":
            (frozen.add if event == "freeze" else frozen.discard)(what)
            parameters[what].requires_grad = twins[what].requires_grad = event == "thaw"
        elif event in ("lr", "weight_decay", "maximize"):
            for optimizer in (ours, theirs):
                optimizer.param_groups[-1][event] = what
        elif event == "add" and its < 5:
            ours.add_param_group({"params": parameters[its], "lr": what})
            theirs.add_param_group({"params": twins[its], "lr": what})
            its += 1
        elif event == "zeros":
            ours.zero_grad(set_to_none=False)
            theirs.zero_grad(set_to_none=False)
        elif event == "resume":
            saved = ours.state_dict()
            groups = [{"params": group["params"]} for group in ours.param_groups]
            ours = getattr(nn, name)(groups, lr=0.1)
            ours.load_state_dict(saved)
            ours.defaults.update(chosen)
    for p, twin in zip(parameters, twins, strict=True):
        agree(np.asarray(p.data), twin.detach().numpy())


# Clipping.


@settings(max_examples=30, deadline=None)
@given(
    shapes=SHAPES,
    scale=st.floats(-6, 6),
    limit=st.floats(1e-3, 1e3),
    power=st.sampled_from([1.0, 2.0, 3.5, math.inf]),
    seed=st.integers(0, 2**32 - 1),
)
def test_clipping_is_that_of_torch(shapes: list[Any], scale: float, limit: float, power: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grads = [10**scale * x for x in arrays(rng, shapes)]
    parameters = [Tensor(np.zeros_like(x)) for x in grads]
    values = [Value(0.0) for x in grads for _ in range(x.size)]
    twins = [torch.zeros(x.shape, dtype=torch.float64, requires_grad=True) for x in grads]

    def ready() -> None:
        for p, twin, grad in zip(parameters, twins, grads, strict=True):
            p.grad = grad
            twin.grad = torch.tensor(grad)
        for v, number in zip(values, np.concatenate([x.ravel() for x in grads]), strict=True):
            v.grad = number

    def same() -> None:
        for p, twin in zip(parameters, twins, strict=True):
            agree(p.grad, twin.grad.numpy())
        agree([v.grad for v in values], np.concatenate([p.grad.ravel() for p in parameters]))

    ready()
    expected = torch.nn.utils.clip_grad_norm_(twins, limit, power).item()
    assert nn.clip_grad_norm(parameters, limit, power) == pytest.approx(expected, rel=1e-12)
    assert nn.clip_grad_norm(values, limit, power) == pytest.approx(expected, rel=1e-12)
    same()
    ready()
    torch.nn.utils.clip_grad_value_(twins, limit)
    nn.clip_grad_value(parameters, limit)
    nn.clip_grad_value(values, limit)
    same()


# Schedules: the rates that both set, in two groups, from the start to after the end.


def rates(module: Any, make: Callable[[Any, Any], Any], count: int, kind: str = "SGD") -> Any:
    """The settings of each group before each step."""
    of_torch = module is torch
    leaf = (lambda: torch.zeros(1, requires_grad=True)) if of_torch else (lambda: Tensor([0.0]))
    optimizers = torch.optim if of_torch else nn.optim
    optimizer = getattr(optimizers, kind)([{"params": [leaf()], "lr": 0.7}, {"params": [leaf()]}], lr=0.03)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch wants steps of the optimiser in between
        schedule = make(optimizers.lr_scheduler, optimizer)
        for _ in range(count):
            groups = optimizer.param_groups
            found.append([(g["lr"], *np.atleast_1d(g.get("betas", g.get("momentum", 0.0)))) for g in groups])
            schedule.step()
    return np.array(found)


def compare_rates(make: Callable[[Any, Any], Any], count: int = 40, kind: str = "SGD", rtol: float = 1e-12) -> None:
    """To more than ``rtol`` torch is not right itself: it multiplies from step to step."""
    found, expected = rates(nn, make, count, kind), rates(torch, make, count, kind)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-13)


GAMMAS = st.floats(0.1, 1.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 15), GAMMAS)
def test_steps(step_size: int, gamma: float) -> None:
    compare_rates(lambda m, o: m.StepLR(o, step_size, gamma))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 45), max_size=5), GAMMAS)
def test_milestones(milestones: list[int], gamma: float) -> None:
    compare_rates(lambda m, o: m.MultiStepLR(o, milestones, gamma))


@settings(max_examples=25, deadline=None)
@given(GAMMAS)
def test_powers(gamma: float) -> None:
    compare_rates(lambda m, o: m.ExponentialLR(o, gamma))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.sampled_from([0.0, 0.001, 0.02]))
def test_cosines(period: int, lowest: float) -> None:
    compare_rates(lambda m, o: m.CosineAnnealingLR(o, T_max=period, eta_min=lowest), count=period + 1)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.integers(1, 50))
def test_lines(first: float, last: float, total: int) -> None:
    compare_rates(lambda m, o: m.LinearLR(o, start_factor=first, end_factor=last, total_iters=total))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.sampled_from([0.0, 0.001, 0.02]))
def test_cosines_that_rise_again(period: int, lowest: float) -> None:
    compare_rates(lambda m, o: m.CosineAnnealingLR(o, T_max=period, eta_min=lowest), 40, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 3), st.sampled_from([0.0, 0.001, 0.02]))
def test_cosines_with_restarts(first: int, times: int, lowest: float) -> None:
    compare_rates(lambda m, o: m.CosineAnnealingWarmRestarts(o, first, times, lowest), 100)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 1.0), st.integers(1, 50))
def test_constants(factor: float, total: int) -> None:
    compare_rates(lambda m, o: m.ConstantLR(o, factor, total))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 50), st.sampled_from([0.5, 1.0, 2.0, 3.5]))
def test_polynomials(total: int, power: float) -> None:
    compare_rates(lambda m, o: m.PolynomialLR(o, total, power))


@settings(max_examples=25, deadline=None)
@given(GAMMAS, st.booleans())
def test_functions(gamma: float, are_many: bool) -> None:
    compare_rates(lambda m, o: m.LambdaLR(o, [lambda t: gamma**t, lambda t: 1 / (t + 1)] if are_many else math.sqrt))


#: Schedules that multiply the rate by a factor.
FACTORS = st.one_of(
    st.builds(lambda n, gamma: lambda m, o: m.StepLR(o, n, gamma), st.integers(1, 9), GAMMAS),
    st.builds(lambda ns, gamma: lambda m, o: m.MultiStepLR(o, ns, gamma), st.lists(st.integers(1, 30)), GAMMAS),
    st.builds(lambda gamma: lambda m, o: m.ExponentialLR(o, gamma), GAMMAS),
    st.builds(lambda x, n: lambda m, o: m.ConstantLR(o, x, n), st.floats(0.1, 1.0), st.integers(1, 30)),
    st.builds(lambda x, y, n: lambda m, o: m.LinearLR(o, x, y, n), GAMMAS, GAMMAS, st.integers(1, 30)),
    st.builds(lambda n: lambda m, o: m.CosineAnnealingLR(o, n), st.integers(30, 60)),
    st.builds(lambda n, p: lambda m, o: m.PolynomialLR(o, n, p), st.integers(1, 30), st.sampled_from([0.5, 1.0, 2.0])),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(FACTORS, min_size=1, max_size=4))
def test_several_at_once(makes: list[Any]) -> None:
    def make(module: Any, optimizer: Any) -> Any:
        return module.ChainedScheduler([each(module, optimizer) for each in makes], optimizer)

    compare_rates(make, 29, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(FACTORS, st.integers(1, 9)), min_size=1, max_size=4), st.integers(1, 9))
def test_any_one_after_another(makes: list[Any], last: int) -> None:
    def make(module: Any, optimizer: Any) -> Any:
        schedules = [each(module, optimizer) for each, _ in makes]
        return module.SequentialLR(optimizer, schedules, np.cumsum([n for _, n in makes])[:-1].tolist())

    compare_rates(make, 30, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["SGD", "Adam", "AdamW"]),
    total=st.integers(3, 40),
    part=st.floats(0.0, 0.5),
    chosen=st.fixed_dictionaries(
        {"max_lr": st.one_of(st.floats(0.01, 1.0), st.lists(st.floats(0.01, 1.0), min_size=2, max_size=2))},
        optional={
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "cycle_momentum": st.booleans(),
            "base_momentum": st.floats(0.1, 0.9) | st.just([0.3, 0.8]),
            "max_momentum": st.floats(0.1, 0.99) | st.just([0.9, 0.95]),
            "div_factor": st.floats(1.0, 30.0),
            "final_div_factor": st.floats(1.0, 1e4),
            "three_phase": st.booleans(),
        },
    ),
)
def test_one_cycle(kind: str, total: int, part: float, chosen: dict[str, Any]) -> None:
    if part * total == 1.0:  # where torch divides by zero
        part = 0.0
    compare_rates(lambda m, o: m.OneCycleLR(o, total_steps=total, pct_start=part, **chosen), total, kind)


def test_one_cycle_by_epochs() -> None:
    compare_rates(lambda m, o: m.OneCycleLR(o, 0.5, epochs=4, steps_per_epoch=10, pct_start=0.25))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10), st.integers(1, 10), st.floats(0.05, 1.0), GAMMAS)
def test_one_schedule_after_another(first: int, second: int, start: float, gamma: float) -> None:
    def make(module: Any, optimizer: Any) -> Any:
        schedules = [
            module.LinearLR(optimizer, start_factor=start, total_iters=first),
            module.CosineAnnealingLR(optimizer, T_max=max(second, 2)),
            module.ExponentialLR(optimizer, gamma),
        ]
        return module.SequentialLR(optimizer, schedules, milestones=[first, first + second])

    compare_rates(make)


@settings(max_examples=50, deadline=None)
@given(
    metrics=st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 0.9, 1.0, 1.1, 2.0, 3.0]), min_size=5, max_size=40),
    chosen=st.fixed_dictionaries(
        {},
        optional={
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.floats(0.05, 0.9),
            "patience": st.integers(0, 3),
            "threshold": st.sampled_from([0.0, 1e-4, 0.1, 0.5]),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 3),
            "min_lr": st.one_of(st.sampled_from([0.0, 0.01]), st.just([0.02, 0.001])),
            "eps": st.sampled_from([0.0, 1e-8, 0.01]),
        },
    ),
)
def test_plateaus(metrics: list[float], chosen: dict[str, Any]) -> None:
    class Fed:
        """It is stepped with the metrics."""

        def __init__(self, schedule: Any) -> None:
            self.schedule, self.metrics = schedule, iter(metrics)

        def step(self) -> None:
            self.schedule.step(next(self.metrics))

    compare_rates(lambda m, o: Fed(m.ReduceLROnPlateau(o, **chosen)), len(metrics))
