"""fit: the loop of training."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import DTypeError, no_grad, short_repr
from nn.declared import is_node
from nn.inputs import finite_number, flag, generator, positive_int
from nn.module import Module
from nn.optim import Adam, Optimizer, ReduceLROnPlateau, clip_grad_norm
from nn.optim.schedule import Adjustment
from nn.training.batches import Data, as_data, batch_length
from nn.training.callbacks import as_callbacks
from nn.training.files import load, save
from nn.training.history import History
from nn.training.metrics import Metric, as_metrics, numbers_of
from nn.training.run import Diverged, Run

#: A function of prediction and target that gives one number: a Tensor, or a Value.
Loss = Callable[[Any, Any], Any]


def fit(
    model: Module,
    loss: Loss,
    data: Any,
    *,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    validation: Any = None,
    metrics: Any = None,
    schedule: Adjustment | None = None,
    schedule_every: str = "epoch",
    clip_norm: float | None = None,
    callbacks: Any = (),
    shuffle: bool = True,
    rng: int | np.random.Generator | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train a model, of Tensors or of Values, and give its history; afterwards the model is in eval mode.

    ``loss`` is a function of the prediction and the target, such as `nn.cross_entropy`. ``data`` is a pair of arrays,
    inputs and targets, a row for each sample; where the inputs are a tuple, the model is called with all of them.
    ``batch_size`` says which descent it is: None takes all samples in one step (batch gradient descent), 1 takes each
    alone (stochastic), another number mini-batches. The order is drawn from ``rng`` anew for each epoch, unless
    ``shuffle`` is False. The ``optimizer`` is `Adam` with its own rate, if none is given.

    ``validation``, a pair like ``data``, is evaluated after each epoch, and ``metrics``, names or a dict of functions
    of plain predictions and targets, for both. A ``schedule`` takes a step each epoch, or each batch by
    ``schedule_every``. ``clip_norm`` bounds the norm of each step's gradient. ``callbacks`` are functions of the `Run`,
    or `Callback` s such as `EarlyStopping`.

    With a ``checkpoint``, a file, the whole training is saved after each epoch: weights, optimiser, schedule,
    generators, history. A training that was ended by whatever power goes on from there with ``resume=True``, and comes
    to the same weights, bit by bit, as one that was not. Generators in the model are saved too; others are not.

    Ctrl-C ends it between two steps: the model is whole, and the history tells.

    >>> import nn
    >>> x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
    >>> model = nn.MLP([2, 16, 2], rng=0)
    >>> history = fit(model, nn.cross_entropy, (x, y), optimizer=nn.Adam(model.parameters(), lr=0.02), epochs=60, rng=0,
    ...               metrics="accuracy", progress=False)
    >>> history[-1]["accuracy"] > 0.95
    True

    Raises `TypeError`, `ValueError` or `ShapeError` for what does not fit, by name; `Diverged`, with the history, for a
    loss that is NaN or infinite, before the step that would spoil the weights; `FileExistsError` for a checkpoint that
    is there and not resumed; `ValueError` for one that is corrupt, or of another training.
    """
    if not isinstance(model, Module):
        raise DTypeError(f"fit: model: expected a Module, got {short_repr(model)}")
    if not callable(loss):
        raise DTypeError(
            f"fit: loss: expected a function of prediction and target such as nn.mse, got {short_repr(loss)}"
        )
    samples = as_data(data, "fit: data")
    unseen = None if validation is None else as_data(validation, "fit: validation")
    measures = as_metrics(metrics, "fit")
    total = positive_int(epochs, "fit: epochs")
    length = batch_length(batch_size, samples.size, "fit")
    is_shuffled = flag(shuffle, "fit: shuffle")
    bound = None if clip_norm is None else finite_number(clip_norm, "fit: clip_norm", 1.0)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise DTypeError(f"fit: optimizer: expected one such as nn.SGD(…), got {short_repr(optimizer)}")
    if schedule is not None and not isinstance(schedule, Adjustment):
        raise DTypeError(f"fit: schedule: expected one such as nn.StepLR(…), got {short_repr(schedule)}")
    if schedule_every not in ("epoch", "batch"):
        raise ValueError(f"fit: schedule_every: expected 'epoch' or 'batch', got {short_repr(schedule_every)}")
    shown = flag(progress, "fit: progress")
    run = Run(
        model,
        Adam(model.parameters()) if optimizer is None else optimizer,
        schedule,
        as_callbacks(callbacks, "fit"),
        generator(rng, "fit: rng"),
        {"batch_size": length, "shuffle": is_shuffled, "data": samples.fingerprint()},
    )
    file = None if checkpoint is None else Path(checkpoint)
    if file is not None:
        restore(run, file, flag(resume, "fit: resume"))
    train(
        run, loss, samples, unseen, measures, total, length, is_shuffled, schedule_every == "batch", bound, file, shown
    )
    return run.history


def restore(run: Run, file: Path, resume: bool) -> None:
    """Take over the training that a checkpoint holds, if there is one."""
    if not file.exists():
        if not file.parent.is_dir():
            raise FileNotFoundError(f"fit: checkpoint: there is no folder {file.parent}")
        return
    if not resume:
        raise FileExistsError(f"fit: checkpoint: {file} is there already: go on with resume=True, or remove it")
    try:
        run.load_state_dict(load(file))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"fit: checkpoint: {file} cannot be resumed: {error}") from error


def train(
    run: Run,
    loss: Loss,
    samples: Data,
    unseen: Data | None,
    measures: Mapping[str, Metric],
    epochs: int,
    length: int,
    is_shuffled: bool,
    is_by_batch: bool,
    bound: float | None,
    file: Path | None,
    shown: bool,
) -> None:
    """Epoch after epoch, until the last one, or until somebody stops it."""
    bar = progress_bar(epochs, run.epoch, shown)
    try:
        for callback in run.callbacks:
            callback.on_start(run)
        while run.epoch < epochs and run.history.stopped is None:
            begun = time.perf_counter()
            numbers = epoch(run, loss, samples, measures, length, is_shuffled, is_by_batch, bound)
            if unseen is not None:
                found = evaluated(run.model, loss, unseen, measures)
                numbers |= {f"val_{name}": number for name, number in found.items()}
            numbers |= {"lr": run.optimizer.lr, "seconds": time.perf_counter() - begun}
            finish_epoch(run, numbers, is_by_batch)
            if file is not None:
                save(file, run.state_dict())
            bar.set_postfix({name: f"{number:.4g}" for name, number in numbers.items() if name != "seconds"})
            bar.update()
    except KeyboardInterrupt:
        run.stop(f"interrupted in epoch {run.epoch + 1}, after {run.batch} of its steps")
    finally:
        run.model.eval()
        bar.close()
    for callback in run.callbacks:
        callback.on_end(run)


def epoch(
    run: Run,
    loss: Loss,
    samples: Data,
    measures: Mapping[str, Metric],
    length: int,
    is_shuffled: bool,
    is_by_batch: bool,
    bound: float | None,
) -> dict[str, float]:
    """A step for each batch; the means of the loss and the metrics over all samples."""
    run.model.train()
    order = run.rng.permutation(samples.size) if is_shuffled else None
    totals = dict.fromkeys(["loss", *measures], 0.0)
    run.batch = 0
    for start in range(0, samples.size, length):
        places = slice(start, start + length) if order is None else order[start : start + length]
        batch = samples.rows(places)
        prediction = run.model(*batch.inputs)
        result = loss(prediction, batch.target)
        number = step(run, result, bound)
        totals["loss"] += number * batch.size
        for name, measure in measures.items():
            totals[name] += float(measure(numbers_of(prediction), batch.target)) * batch.size
        run.batch += 1
        if is_by_batch and run.schedule is not None:
            run.schedule.step()
        for callback in run.callbacks:
            callback.on_batch(run, number)
    return {name: total / samples.size for name, total in totals.items()}


def step(run: Run, loss: Any, bound: float | None) -> float:
    """Sweep back from a loss, and change the parameters by it."""
    if not is_node(loss):
        raise DTypeError(f"fit: loss: expected a Tensor or a Value as its result, got {short_repr(loss)}")
    number = float(loss.data)
    if not math.isfinite(number):
        raise Diverged(
            f"fit: the loss is {number} in epoch {run.epoch + 1}, at its step {run.batch + 1}: try a smaller lr, or "
            "clip_norm; nn.diagnose(model, batch) looks for the cause",
            run.history,
        )
    run.optimizer.zero_grad()
    loss.backward()
    if bound is not None:
        clip_grad_norm(run.optimizer.parameters, bound)
    run.optimizer.step()
    return number


def finish_epoch(run: Run, numbers: dict[str, float], is_by_batch: bool) -> None:
    """Remember an epoch, tell the callbacks, and take a step of the schedule."""
    run.history.append(numbers)
    if run.schedule is not None and not is_by_batch:
        if isinstance(run.schedule, ReduceLROnPlateau):
            run.schedule.step(numbers.get("val_loss", numbers["loss"]))
        else:
            run.schedule.step()
    for callback in run.callbacks:
        callback.on_epoch(run)


def evaluate(model: Module, loss: Loss, data: Any, *, metrics: Any = None) -> dict[str, float]:
    """The loss and the metrics of a model on data, in eval mode and without a graph; the mode is then as before.

    >>> from nn import MLP, mse
    >>> found = evaluate(MLP([1, 1], rng=0), mse, ([[0.0], [1.0]], [[0.0], [0.0]]))
    >>> list(found)
    ['loss']

    Raises as `fit`.
    """
    samples, measures = as_data(data, "evaluate: data"), as_metrics(metrics, "evaluate")
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        return evaluated(model, loss, samples, measures)
    finally:
        for module, mode in modes:
            module.training = mode


def evaluated(model: Module, loss: Loss, samples: Data, measures: Mapping[str, Metric]) -> dict[str, float]:
    model.eval()
    with no_grad():
        prediction = model(*samples.inputs)
        result = loss(prediction, samples.target)
    found = {"loss": float(result.data if is_node(result) else result)}
    return found | {name: float(measure(numbers_of(prediction), samples.target)) for name, measure in measures.items()}


def progress_bar(epochs: int, done: int, shown: bool) -> Any:
    """A bar of tqdm: in a terminal and in a notebook, nowhere else."""
    if not shown:
        from tqdm import tqdm  # that of notebooks warns, as it is imported, where its widgets are not installed

        return tqdm(disable=True)
    from tqdm.auto import tqdm as bar_for_here

    return bar_for_here(total=epochs, initial=done, unit="epoch", disable=None, file=sys.stderr)
