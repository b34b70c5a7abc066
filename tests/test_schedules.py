"""Schedules: closed forms, one after another, plateaus, and what is saved of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupts import interrupted_at

from autograd import DTypeError, ShapeError, Value
from nn import (
    SGD,
    Adagrad,
    Adam,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    Optimizer,
    PolynomialLR,
    ReduceLROnPlateau,
    RMSProp,
    Schedule,
    SequentialLR,
    StepLR,
)


def optimizer_of(*rates: float, kind: Any = SGD, **settings: Any) -> Optimizer:
    """An optimiser with a group for each rate."""
    groups = [{"params": [Value(1.0)], "lr": rate} for rate in rates]
    optimizer: Optimizer = kind(groups, lr=0.1, **settings)
    return optimizer


def rates(schedule: Any, count: int) -> list[float]:
    """The rate of the first group before each step."""
    found = []
    for _ in range(count):
        found.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.step()
    return found


#: Every schedule that is a function of the count.
SCHEDULES: dict[str, Callable[[Optimizer], Schedule]] = {
    "StepLR": lambda o: StepLR(o, 3, 0.5),
    "MultiStepLR": lambda o: MultiStepLR(o, [4, 2, 4], 0.5),
    "ExponentialLR": lambda o: ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, T_max=7, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda o: CosineAnnealingWarmRestarts(o, 2, 2, 0.01),
    "ConstantLR": lambda o: ConstantLR(o, 0.2, 6),
    "PolynomialLR": lambda o: PolynomialLR(o, 6, 2.0),
    "LambdaLR": lambda o: LambdaLR(o, lambda t: 1 / (1 + t)),
    "ChainedScheduler": lambda o: ChainedScheduler([LinearLR(o), ExponentialLR(o, 0.9), LambdaLR(o, math.sqrt)]),
    "LinearLR": lambda o: LinearLR(o, 0.2, 0.8, 6),
    "OneCycleLR": lambda o: OneCycleLR(o, 0.5, total_steps=30),
    "SequentialLR": lambda o: SequentialLR(o, [LinearLR(o), OneCycleLR(o, 0.5, total_steps=30), StepLR(o, 2)], [3, 6]),
}

SCHEDULE_FILES = [f"lr_scheduler/{name}" for name in ("schedule", "schedules", "joined", "one_cycle", "plateau")]

# Closed forms.


@given(st.floats(0.01, 2.0), st.floats(0.1, 2.0), st.integers(1, 5))
def test_stairs(base: float, gamma: float, size: int) -> None:
    expected = [base * math.prod([gamma] * (t // size)) for t in range(12)]
    assert rates(StepLR(optimizer_of(base), size, gamma), 12) == pytest.approx(expected, rel=1e-13)
    milestones = [size * k for k in range(1, 12)]
    assert rates(MultiStepLR(optimizer_of(base), milestones, gamma), 12) == pytest.approx(expected, rel=1e-13)
    if size == 1:
        assert rates(ExponentialLR(optimizer_of(base), gamma), 12) == pytest.approx(expected, rel=1e-13)


@given(st.floats(0.01, 2.0), st.integers(1, 20), st.floats(0.0, 0.1))
def test_a_cosine_goes_down_to_its_lowest_and_back(base: float, period: int, lowest: float) -> None:
    found = rates(CosineAnnealingLR(optimizer_of(base), period, lowest), 2 * period + 1)
    assert found[0] == pytest.approx(base, rel=1e-14)
    assert found[period] == lowest
    assert found == pytest.approx(found[::-1], rel=1e-9, abs=1e-15)
    middle = [a + b for a, b in zip(found[: period + 1], found[period::-1], strict=True)]
    assert middle == pytest.approx([base + lowest] * (period + 1), rel=1e-12), "even about its middle"


@given(st.floats(0.01, 2.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(1, 20))
def test_a_line_has_even_steps_and_stays_at_its_end(base: float, first: float, last: float, total: int) -> None:
    found = rates(LinearLR(optimizer_of(base), first, last, total), total + 5)
    assert found[0] == base * first
    assert found[total:] == [base * last] * 5
    assert np.diff(found[: total + 1]) == pytest.approx([base * (last - first) / total] * total, abs=1e-12)


def test_one_cycle_goes_up_and_down_with_momentum_the_other_way() -> None:
    optimizer = optimizer_of(9.0, kind=Adam, betas=(0.5, 0.8))
    schedule = OneCycleLR(optimizer, 1.0, 11, pct_start=5 / 11, anneal_strategy="linear", div_factor=5)
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.8)
    found = []
    for _ in range(11):
        found.append((optimizer.lr, optimizer.param_groups[0]["betas"][0]))
        schedule.step()
    up = [0.2, 0.4, 0.6, 0.8, 1.0]
    down = [1.0 - k * (1 - 0.2 / 1e4) / 6 for k in range(1, 7)]
    assert [rate for rate, _ in found] == pytest.approx([*up, *down])
    assert [beta for _, beta in found] == pytest.approx([*np.linspace(0.95, 0.85, 5), *np.linspace(0.85, 0.95, 7)[1:]])
    assert optimizer.lr == pytest.approx(2e-5), "and there it stays"
    with pytest.raises(ValueError, match="OneCycleLR: step: expected at most total_steps=11, got step 12"):
        schedule.step()
    assert schedule.count == 11


def test_one_cycle_where_the_top_is_the_first_step() -> None:
    for strategy in ("linear", "cos"):
        found = rates(OneCycleLR(optimizer_of(1.0), 1.0, 4, pct_start=0.25, anneal_strategy=strategy), 4)
        assert found[0] == 1.0
        assert found[3] == pytest.approx(4e-6)


@pytest.mark.parametrize("kind", [SGD, RMSProp])
def test_one_cycle_has_a_top_and_a_momentum_for_each_group(kind: Any) -> None:
    optimizer = optimizer_of(1.0, 1.0, kind=kind, momentum=0.5)
    OneCycleLR(optimizer, [0.25, 0.5], total_steps=10)
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 0.02]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.95, 0.95]
    OneCycleLR(optimizer_of(1.0, kind=kind, momentum=0.5), 0.25, epochs=3, steps_per_epoch=2, cycle_momentum=False)


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_group_has_its_own_base(name: str) -> None:
    optimizer = optimizer_of(0.5, 0.25)
    schedule = SCHEDULES[name](optimizer)
    alone = SCHEDULES[name](optimizer_of(0.25))
    for _ in range(12):
        assert optimizer.param_groups[1]["lr"] == alone.optimizer.param_groups[0]["lr"]
        schedule.step()
        alone.step()


@given(st.integers(0, 10), st.integers(1, 10))
def test_one_after_another_each_counts_from_where_it_begins(first: int, second: int) -> None:
    optimizer = optimizer_of(1.0)
    parts = [LinearLR(optimizer, 0.1, 1.0, 5), CosineAnnealingLR(optimizer, 8), ExponentialLR(optimizer, 0.5)]
    schedule = SequentialLR(optimizer, parts, [first + 1, first + 1 + second])
    found = rates(schedule, first + second + 6)
    warm, cosine = LinearLR(optimizer_of(1.0), 0.1, 1.0, 5), CosineAnnealingLR(optimizer_of(1.0), 8)
    expected = rates(warm, first + 1) + rates(cosine, second) + [0.5**t for t in range(5)]
    assert found == expected


def test_sequences_may_stand_in_sequences() -> None:
    optimizer = optimizer_of(1.0)
    inner = SequentialLR(optimizer, [LinearLR(optimizer, 0.5, 1.0, 2), ExponentialLR(optimizer, 0.5)], [2])
    schedule = SequentialLR(optimizer, [inner, StepLR(optimizer, 1, 0.1)], [4])
    assert rates(schedule, 7) == pytest.approx([0.5, 0.75, 1.0, 0.5, 1.0, 0.1, 0.01])


# Who has the say.


def test_the_base_is_what_was_last_set_by_hand() -> None:
    optimizer = optimizer_of(1.0)
    schedule: Schedule = ExponentialLR(optimizer, 0.5)
    schedule.step()
    assert ExponentialLR(optimizer, 0.5).base_lrs == [1.0]
    optimizer.param_groups[0]["lr"] = 0.25
    assert optimizer.param_groups[0]["initial_lr"] == 0.25
    assert rates(ExponentialLR(optimizer, 0.5), 3) == [0.25, 0.125, 0.0625]


def test_a_rate_that_something_else_has_set_is_not_undone() -> None:
    optimizer = optimizer_of(1.0, 0.5)
    first, second = ExponentialLR(optimizer, 0.5), StepLR(optimizer, 1, 0.1)
    second.step()
    with pytest.raises(ValueError, match=r"ExponentialLR: step: expected an lr of 1.0 in group 0, .* got 0.1: make a"):
        first.step()
    assert first.count == 0
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)


def test_a_schedule_of_ones_own_is_one_method() -> None:
    class Root(Schedule):
        def lr_at(self, count: int, base: float) -> float:
            return base / math.sqrt(count + 1)

    assert rates(Root(optimizer_of(1.0)), 4) == pytest.approx([1.0, 2**-0.5, 3**-0.5, 0.5])
    with pytest.raises(NotImplementedError, match=r"Schedule does not say what the rate is: define lr_at"):
        Schedule(optimizer_of(1.0))


def test_a_step_that_fails_changes_no_group_and_no_count() -> None:
    class Sinking(Schedule):
        def lr_at(self, count: int, base: float) -> float:
            return base - 0.25 * count

    optimizer = optimizer_of(1.0, 0.25)
    schedule = Sinking(optimizer)
    schedule.step()
    with pytest.raises(ValueError, match="SGD: group 1: lr: expected zero or a positive number"):
        schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.75, 0.0]
    assert schedule.count == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_step_that_is_interrupted_at_any_line_is_done_or_not(name: str) -> None:
    files = tuple(f"optim/{file}.py" for file in (*SCHEDULE_FILES, "parameters"))

    def look(schedule: Schedule) -> Any:
        return schedule.state_dict(), schedule.optimizer.state_dict(), schedule.last_lrs

    schedule = SCHEDULES[name](optimizer_of(0.5, 0.25))
    before = look(schedule)
    schedule.step()
    after = look(schedule)
    line = 1
    while interrupted_at(line, (again := SCHEDULES[name](optimizer_of(0.5, 0.25))).step, files):
        assert look(again) in (before, after)
        line += 1
    assert line > 30


def test_a_rate_of_nothing_lets_parameters_rest() -> None:
    optimizer = optimizer_of(1.0)
    schedule = CosineAnnealingLR(optimizer, T_max=1)
    schedule.step()
    optimizer.parameters[0].grad = 1.0
    optimizer.step()
    assert optimizer.lr == 0.0
    assert optimizer.parameters[0].data == 1.0


# Plateaus.


def test_the_rate_falls_after_patience_and_rests_in_the_cooldown() -> None:
    optimizer = optimizer_of(1.0, 0.1)
    schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=2, min_lr=[0.3, 0.08])
    found = []
    for loss in [5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0, 3.0]:
        schedule.step(loss)
        found.append([group["lr"] for group in optimizer.param_groups])
    assert [first for first, _ in found] == [1.0] * 3 + [0.5] * 4 + [0.3] * 4
    assert [second for _, second in found] == [0.1] * 3 + [0.08] * 8
    assert optimizer.param_groups[0]["initial_lr"] == 1.0


@pytest.mark.parametrize(
    ("settings", "better", "no_better"),
    [
        ({"threshold": 0.5}, 1.9, 2.0),
        ({"threshold": 0.5, "mode": "max"}, 6.1, 6.0),
        ({"threshold": 0.5, "threshold_mode": "abs"}, 3.4, 3.5),
        ({"threshold": 0.5, "threshold_mode": "abs", "mode": "max"}, 4.6, 4.5),
    ],
)
def test_better_is_by_the_threshold(settings: dict[str, Any], better: float, no_better: float) -> None:
    for metric, is_better in ((better, True), (no_better, False)):
        schedule = ReduceLROnPlateau(optimizer_of(1.0), **settings)
        schedule.step(4.0)
        schedule.step(metric)
        assert schedule.best == (metric if is_better else 4.0)
        assert schedule.num_bad_epochs == (0 if is_better else 1)


def test_a_plateau_takes_the_rate_as_it_is() -> None:
    optimizer = optimizer_of(1.0)
    schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    schedule.step(1.0)
    optimizer.lr = 0.25
    schedule.step(1.0)
    assert optimizer.lr == 0.125
    tiny = ReduceLROnPlateau(optimizer, factor=0.5, patience=0, eps=0.1)
    tiny.step(1.0)
    tiny.step(1.0)
    assert optimizer.lr == 0.125, "a change of less than eps is left out"


@pytest.mark.parametrize("metric", [math.nan, math.inf, "low", None, Value(1.0), [1.0]])
def test_a_metric_that_is_no_number_is_refused(metric: Any) -> None:
    schedule = ReduceLROnPlateau(optimizer_of(1.0))
    schedule.step(1.0)
    before = schedule.state_dict()
    with pytest.raises((TypeError, ValueError), match="ReduceLROnPlateau: metrics: "):
        schedule.step(metric)
    assert schedule.state_dict() == before


def test_a_plateau_is_looked_at_whole_or_not_at_all() -> None:
    files = tuple(f"optim/{file}.py" for file in (*SCHEDULE_FILES, "parameters"))

    def ready() -> ReduceLROnPlateau:
        schedule = ReduceLROnPlateau(optimizer_of(1.0, 0.5), factor=0.5, patience=0, cooldown=3)
        schedule.step(1.0)
        return schedule

    def look(schedule: ReduceLROnPlateau) -> Any:
        return schedule.state_dict(), schedule.optimizer.state_dict()

    schedule = ready()
    before = look(schedule)
    schedule.step(2.0)
    after = look(schedule)
    assert schedule.get_last_lr() == [0.5, 0.25]
    line = 1
    while interrupted_at(line, lambda: again.step(2.0), files) if (again := ready()) else False:
        assert look(again) in (before, after)
        line += 1
    assert line > 30


def test_a_group_that_is_added_is_reduced_too_or_refused() -> None:
    optimizer = optimizer_of(1.0)
    schedule, each = ReduceLROnPlateau(optimizer, factor=0.5, patience=0, min_lr=0.25), None
    each = ReduceLROnPlateau(optimizer, factor=0.5, patience=0, min_lr=[0.25])
    schedule.step(1.0)
    each.step(1.0)
    optimizer.add_param_group({"params": Value(1.0), "lr": 0.3})
    schedule.step(1.0)
    assert schedule.get_last_lr() == [0.5, 0.25]
    before = each.state_dict()
    with pytest.raises(ShapeError, match="min_lr: expected one number, or one for each of 2 groups"):
        each.step(1.0)
    assert each.state_dict() == before


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_of_other_groups_than_it_was_made_for_is_refused(name: str) -> None:
    optimizer = optimizer_of(0.5, 0.25)
    schedule = SCHEDULES[name](optimizer)
    optimizer.add_param_group({"params": Value(1.0), "lr": 0.3})
    before = schedule.get_last_lr()
    with pytest.raises(ValueError, match=rf"{name}: step: expected 2 groups, as when it was made, got 3: make a new"):
        schedule.step()
    assert schedule.get_last_lr() == before
    again = SCHEDULES[name](optimizer)
    again.step()
    assert again.count == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_shows_its_settings_and_rates(name: str) -> None:
    schedule = SCHEDULES[name](optimizer_of(0.5, 0.25))
    shown = repr(schedule)
    assert shown.startswith(f"{name}(")
    assert shown.endswith(f"lr={schedule.get_last_lr()!r})")


# What is refused.


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: StepLR(None, 1), DTypeError, r"StepLR: optimizer: expected one such as SGD.*, got None"),
        (lambda o: StepLR(o, 0), ValueError, "StepLR: step_size: expected a positive int, got 0"),
        (lambda o: StepLR(o, 2, -0.1), ValueError, "StepLR: gamma: expected a positive number"),
        (lambda o: MultiStepLR(o, 3), DTypeError, "MultiStepLR: milestones: expected a list of numbers of steps"),
        (lambda o: MultiStepLR(o, [3, -1]), ValueError, r"MultiStepLR: milestones\[1\]: expected a number of steps"),
        (lambda o: ExponentialLR(o, math.inf), ValueError, "ExponentialLR: gamma"),
        (lambda o: CosineAnnealingLR(o, 1.5), DTypeError, "CosineAnnealingLR: T_max: expected a positive int"),
        (lambda o: CosineAnnealingLR(o, 3, -0.1), ValueError, "CosineAnnealingLR: eta_min: expected zero or a"),
        (lambda o: LinearLR(o, 1.5), ValueError, "LinearLR: start_factor: expected a number from 0 to 1"),
        (lambda o: LinearLR(o, end_factor=-1), ValueError, "LinearLR: end_factor"),
        (lambda o: OneCycleLR(o, 0.1), ValueError, "OneCycleLR: total_steps: expected it alone, or epochs and"),
        (lambda o: OneCycleLR(o, 0.1, epochs=2), ValueError, "epochs=2 and steps_per_epoch=None"),
        (lambda o: OneCycleLR(o, 0.1, 5, epochs=2), ValueError, "expected it alone, .* got total_steps=5, epochs=2"),
        (lambda o: OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=2), ValueError, "OneCycleLR: epochs: expected a pos"),
        (
            lambda o: OneCycleLR(o, [0.1, 0.2], 5),
            ShapeError,
            "max_lr: expected one number, or one for each of 1 groups",
        ),
        (lambda o: OneCycleLR(o, -0.1, 5), ValueError, "OneCycleLR: max_lr: expected a positive number"),
        (lambda o: OneCycleLR(o, 0.1, 5, anneal_strategy="sin"), ValueError, "expected 'cos' or 'linear', got 'sin'"),
        (lambda o: OneCycleLR(o, 0.1, 5, pct_start=1.5), ValueError, "OneCycleLR: pct_start: expected a number from 0"),
        (
            lambda o: OneCycleLR(optimizer_of(1.0, kind=Adagrad), 0.1, 5),
            ValueError,
            "OneCycleLR: cycle_momentum: expected an optimizer with momentum or betas, got Adagrad: give cycle_mo",
        ),
        (lambda o: ReduceLROnPlateau(o, "low"), ValueError, "ReduceLROnPlateau: mode: expected 'min' or 'max'"),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), ValueError, "ReduceLROnPlateau: factor"),
        (lambda o: ReduceLROnPlateau(o, patience=-1), ValueError, "ReduceLROnPlateau: patience: expected a number of"),
        (lambda o: ReduceLROnPlateau(o, min_lr=[0.1, 0.2]), ShapeError, "ReduceLROnPlateau: min_lr: expected one"),
        (
            lambda o: LambdaLR(o, 0.5),
            DTypeError,
            "LambdaLR: lr_lambda: expected a function of the number of steps",
        ),
        (
            lambda o: LambdaLR(o, [math.exp] * 2),
            ShapeError,
            "lr_lambda: expected one function, or one for each of 1",
        ),
        (
            lambda o: LambdaLR(o, lambda t: "a"),
            DTypeError,
            r"LambdaLR: lr_lambda\(0\): expected real numbers, got text",
        ),
        (lambda o: LambdaLR(o, lambda t: -1), ValueError, r"LambdaLR: lr_lambda\(0\): expected zero or a positive num"),
        (
            lambda o: LambdaLR(o, lambda t: Value(1.0)),
            DTypeError,
            r"LambdaLR: lr_lambda\(0\): expected a finite",
        ),
        (lambda o: LambdaLR(None, math.exp), DTypeError, "LambdaLR: optimizer: expected one such as SGD"),
        (lambda o: ConstantLR(o, 1.5), ValueError, "ConstantLR: factor: expected a number from 0 to 1"),
        (lambda o: PolynomialLR(o, 0), ValueError, "PolynomialLR: total_iters: expected a positive int"),
        (lambda o: CosineAnnealingWarmRestarts(o, 2, 0), ValueError, "T_mult: expected a positive int, got 0"),
        (lambda o: ChainedScheduler([]), DTypeError, "ChainedScheduler: schedulers: expected a list of schedules such"),
        (
            lambda o: ChainedScheduler(StepLR(o, 1)),
            DTypeError,
            "ChainedScheduler: schedulers: expected a list of",
        ),
        (lambda o: ChainedScheduler([ReduceLROnPlateau(o)]), DTypeError, "whose rates depend on the count alone"),
        (lambda o: ChainedScheduler([StepLR(o, 1), OneCycleLR(o, 0.1, 5)]), DTypeError, "got OneCycleLR: put it into"),
        (
            lambda o: ChainedScheduler([StepLR(o, 1), StepLR(optimizer_of(1.0), 1)]),
            ValueError,
            "make it of the same optimizer",
        ),
        (lambda o: SequentialLR(o, [], []), DTypeError, "SequentialLR: schedulers: expected a list of schedules"),
        (lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []), DTypeError, "whose rates depend on the count alone"),
        (lambda o: SequentialLR(o, [StepLR(optimizer_of(1.0), 1)], []), ValueError, "make it of the same optimizer"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], [2]), ValueError, r"milestones: expected 0 that grow .*, got \[2\]"),
        (
            lambda o: SequentialLR(o, [StepLR(o, 1)] * 2, [0]),
            ValueError,
            "milestones: expected 1 that grow from above 0",
        ),
        (lambda o: SequentialLR(o, [StepLR(o, 1)] * 3, [2, 2]), ValueError, "milestones: expected 2 that grow"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(optimizer_of(1.0))


# Saved and loaded.


@pytest.mark.parametrize("name", SCHEDULES)
@given(count=st.integers(0, 12))
def test_a_schedule_goes_on_from_what_was_saved(name: str, count: int) -> None:
    schedule = SCHEDULES[name](optimizer_of(0.5, 0.25))
    rates(schedule, count)
    state = json.loads(json.dumps(schedule.state_dict(), allow_nan=False))
    optimizer = optimizer_of(7.0, 8.0)
    other = SCHEDULES[name](optimizer)
    other.load_state_dict(state)
    for ours, theirs in zip(optimizer.param_groups, schedule.optimizer.param_groups, strict=True):
        assert ours["lr"] == theirs["lr"]
    assert rates(other, 8) == rates(schedule, 8)
    assert other.state_dict() == schedule.state_dict()


def test_the_settings_are_those_that_were_saved() -> None:
    schedule = StepLR(optimizer_of(1.0), 2, 0.5)
    schedule.load_state_dict(StepLR(optimizer_of(1.0), 1, 0.1).state_dict())
    assert rates(schedule, 3) == pytest.approx([1.0, 0.1, 0.01])


def test_an_optimiser_and_its_schedule_are_loaded_in_any_order() -> None:
    optimizer = optimizer_of(1.0)
    schedule = ExponentialLR(optimizer, 0.5)
    rates(schedule, 3)
    saved = optimizer.state_dict(), schedule.state_dict()
    for order in (1, -1):
        twin = optimizer_of(3.0)
        its = ExponentialLR(twin, 0.25)
        for part, state in list(zip((twin, its), saved, strict=True))[::order]:
            part.load_state_dict(state)
        assert rates(its, 2) == [0.125, 0.0625]
        assert twin.param_groups[0]["initial_lr"] == 1.0


@given(st.lists(st.floats(0.0, 2.0), max_size=10), st.lists(st.floats(0.0, 2.0), max_size=10))
def test_a_plateau_goes_on_from_what_was_saved(before: list[float], after: list[float]) -> None:
    optimizer = optimizer_of(1.0)
    schedule = ReduceLROnPlateau(optimizer, patience=1, cooldown=1)
    for loss in before:
        schedule.step(loss)
    twin = optimizer_of(5.0)
    other = ReduceLROnPlateau(twin, "max")
    twin.load_state_dict(optimizer.state_dict())
    other.load_state_dict(json.loads(json.dumps(schedule.state_dict(), allow_nan=False)))
    for loss in after:
        schedule.step(loss)
        other.step(loss)
    assert other.state_dict() == schedule.state_dict()
    assert twin.lr == optimizer.lr


def changed(schedule: Any, *path: Any, value: Any) -> Any:
    state = schedule.state_dict()
    *way, last = path
    part = state
    for key in way:
        part = part[key]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return state


@pytest.mark.parametrize(
    ("make", "path", "value", "error", "message"),
    [
        ("StepLR", ["schedule"], "ExponentialLR", ValueError, "expected 'StepLR', got 'ExponentialLR': make one of"),
        ("StepLR", ["count"], ..., ValueError, "expected schedule, settings, count, base_lrs, got no 'count'"),
        ("StepLR", ["count"], -1, ValueError, "count: expected a number of steps, 0 or more, got -1"),
        ("StepLR", ["base_lrs"], [0.1], ValueError, "base_lrs: expected the rates of 2 groups"),
        ("StepLR", ["base_lrs", 1], -0.1, ValueError, r"base_lrs\[1\]: expected zero or a positive number"),
        ("StepLR", ["settings"], None, TypeError, "settings: expected a dict"),
        ("StepLR", ["settings", "gamma"], -1, ValueError, "settings: gamma: expected a positive number"),
        ("StepLR", ["settings", "step_size"], ..., ValueError, "got no 'step_size'"),
        ("StepLR", ["settings", "size"], 1, ValueError, "got 'size' too"),
        ("OneCycleLR", ["count"], 31, ValueError, "expected at most total_steps=30, got step 31"),
        ("OneCycleLR", ["settings", "max_lr"], [0.1], ShapeError, "max_lr: expected one number, or one for each of 2"),
        ("SequentialLR", ["schedulers"], [], ValueError, "schedulers: expected 3, got"),
        ("SequentialLR", ["schedulers", 1, "count"], "a", TypeError, r"schedulers\[1\]: count: expected a number"),
        ("SequentialLR", ["schedulers", 2, "schedule"], "LinearLR", ValueError, r"schedulers\[2\]: schedule: expected"),
        ("SequentialLR", ["settings", "milestones"], [3], ValueError, "milestones: expected 2 that grow"),
        ("SequentialLR", ["schedulers", 1, "settings", "total_steps"], 1, ValueError, "expected at most total_steps=1"),
        ("Plateau", ["best"], math.nan, ValueError, "best: expected a finite number"),
        ("Plateau", ["num_bad_epochs"], 0.5, TypeError, "num_bad_epochs: expected a number of steps"),
        ("Plateau", ["cooldown_counter"], -2, ValueError, "cooldown_counter: expected a number of steps"),
        ("Plateau", ["settings", "mode"], "low", ValueError, "mode: expected 'min' or 'max', got 'low'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    make: str, path: list[Any], value: Any, error: type[Exception], message: str
) -> None:
    def ready(count: int) -> Any:
        optimizer = optimizer_of(0.5, 0.25)
        if make == "Plateau":
            return ReduceLROnPlateau(optimizer)
        schedule = SCHEDULES[make](optimizer)
        rates(schedule, count)
        return schedule

    schedule, other = ready(4), ready(5)
    before = schedule.state_dict(), schedule.optimizer.state_dict()
    with pytest.raises(error, match=message):
        schedule.load_state_dict(changed(other, *path, value=value))
    assert (schedule.state_dict(), schedule.optimizer.state_dict()) == before
    for wrong in (None, [], {}):
        with pytest.raises((TypeError, ValueError), match="load_state_dict: state_dict: expected"):
            schedule.load_state_dict(wrong)
