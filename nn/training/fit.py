"""fit: the loop of training."""

from __future__ import annotations

import copy
import math
import os
import sys
import time
import warnings
from typing import Any

import numpy as np

from autograd import DTypeError, ShapeError, short_repr
from nn.declared import is_node
from nn.inputs import flag, generator, one_of, positive_int, positive_number
from nn.losses.told import Total, asking
from nn.module import Module
from nn.optim import Adam, Optimizer, ReduceLROnPlateau, clip_grad_norm
from nn.optim.lr_scheduler.schedule import Adjustment
from nn.signatures import spelled_out
from nn.training.batches import Data, as_data, batch_length
from nn.training.callbacks import Callback, as_callbacks
from nn.training.evaluation import MANY, Loss, evaluated, expect_no_rest
from nn.training.expected import (
    expect_finite_parameters,
    expect_in_optimizer,
    expect_parameters,
    expect_trained,
    warn_of_what_stays,
)
from nn.training.files import Checkpoint, is_same, remove_unfinished
from nn.training.history import History
from nn.training.metrics import as_metrics, measured
from nn.training.plan import Plan, path_of, settings_of
from nn.training.run import Diverged, Run

#: What to do where numbers grew beyond all bounds.
SMALLER = "try a smaller lr, or clip_norm; nn.diagnose(model, batch) looks for the cause"


@spelled_out
def fit(
    model: Module,
    loss: Loss,
    data: Any,
    *rest: Any,
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
    drop_last: bool = False,
    rng: int | np.random.Generator | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train a model, of Tensors or of Values, and give its history; afterwards the model is in eval mode.

    ``loss`` is a function of the prediction and the target, such as `nn.cross_entropy`. ``data`` is a pair of
    arrays, inputs and targets, a row for each sample; where the inputs are a tuple, the model is called with all of
    them. ``batch_size`` says which descent it is: None takes all samples in one step (batch gradient descent), 1
    takes each alone (stochastic), another number mini-batches. The order is drawn from ``rng`` anew for each epoch,
    unless ``shuffle`` is False; with ``drop_last`` a last batch that is smaller is left out. The ``optimizer`` is
    `Adam` with its own rate, if none is given.

    ``validation``, a pair like ``data``, is given to `evaluate` after each epoch, and ``metrics`` are for both: names,
    functions of plain predictions and targets, or a dict of such. Those of training, the loss among them, are put
    together from its batches, while the weights change: a loss of nn with ``reduction="sum"`` is the sum of all, any
    other the mean over the samples, or over those that are not ignored. What is no such mean, as a sum of your own, is
    another number there.

    A ``schedule`` takes a step each epoch, or each batch by ``schedule_every``. ``clip_norm`` bounds the norm of each
    step's gradient. ``callbacks`` are functions of the `Run`, or `Callback` s such as `EarlyStopping`.

    With a ``checkpoint``, a file, the whole training is saved after each epoch: weights, what else the optimiser
    moves, its state, schedule, callbacks, generators, history. A training that was ended by whatever power goes on
    from there with ``resume=True``, and comes to the same weights, bit by bit, as one that was not. Generators in
    the model are saved too; generators elsewhere, and plain numbers that a model counts in attributes, which are no
    `Buffer`, are not. It has to be the same training: of the same data and settings, and of a loss of the same
    name. Where there is no file yet, the training begins.

    What requires a gradient and would stay still is refused: a parameter that the optimiser has not, a Tensor that
    the loss depends on and that the model was not told of. Of parameters that the loss brings no gradient, a warning
    tells after the first epoch.

    Ctrl-C ends it between two steps: the model is whole, and the history tells.

    >>> import nn
    >>> x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
    >>> model = nn.MLP([2, 16, 2], rng=0)
    >>> history = fit(model, nn.cross_entropy, (x, y), optimizer=nn.Adam(model.parameters(), lr=0.02), epochs=60, rng=0,
    ...               metrics="accuracy", progress=False)
    >>> history[-1]["accuracy"] > 0.95
    True

    Raises `TypeError`, `ValueError` or `ShapeError` for what does not fit, by name; `Diverged`, with the history,
    for a loss that is NaN or infinite, before the step that would spoil the weights; `FileExistsError` for a
    checkpoint that is there and not resumed, or that another program wrote meanwhile; `ValueError` for one that is
    corrupt, or of another training; `OSError` where it cannot be written.
    """
    if not isinstance(model, Module):
        raise DTypeError(f"fit: model: expected a Module, got {short_repr(model)}")
    if not callable(loss):
        raise DTypeError(
            f"fit: loss: expected a function of prediction and target such as nn.mse, got {short_repr(loss)}"
        )
    if str(getattr(loss, "__module__", "")).partition(".")[0] == "torch":
        raise DTypeError(f"fit: loss: expected a loss of nn, such as nn.mse, got one of PyTorch, {short_repr(loss)}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise DTypeError(f"fit: optimizer: expected one such as nn.SGD(…), got {short_repr(optimizer)}")
    if schedule is not None and not isinstance(schedule, Adjustment):
        raise DTypeError(f"fit: schedule: expected one such as nn.StepLR(…), got {short_repr(schedule)}")
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError(
            "fit: schedule: expected that of the optimizer, got that of another: give both, of one another"
        )
    if isinstance(schedule, ReduceLROnPlateau) and (schedule_every == "batch" or schedule.settings["mode"] == "max"):
        raise ValueError(
            "fit: schedule: ReduceLROnPlateau is given the loss after each epoch, expected schedule_every='epoch' and "
            "mode='min': for anything else call its step in a callback"
        )
    if checkpoint is None and flag(resume, "fit: resume"):
        raise ValueError("fit: resume: expected a checkpoint to go on from, got none: give checkpoint=")
    expect_no_rest(rest, "fit", ", and those to validate by as validation=(x, y)")
    samples = as_data(data, "fit: data")
    plan = Plan(
        loss=loss,
        data=samples,
        validation=None if validation is None else as_data(validation, "fit: validation"),
        metrics=as_metrics(metrics, "fit"),
        epochs=positive_int(epochs, "fit: epochs"),
        batch_size=batch_length(batch_size, samples.size, "fit"),
        shuffle=flag(shuffle, "fit: shuffle"),
        drop_last=flag(drop_last, "fit: drop_last"),
        schedule_every=one_of(schedule_every, "fit: schedule_every", ("epoch", "batch")),
        clip_norm=None if clip_norm is None else positive_number(clip_norm, "fit: clip_norm", 1.0),
        checkpoint=None if checkpoint is None else Checkpoint(path_of(checkpoint)),
        progress=flag(progress, "fit: progress"),
    )
    expect_parameters(model)
    run = Run(
        model,
        Adam(model.parameters()) if optimizer is None else optimizer,
        schedule,
        as_callbacks(callbacks, "fit"),
        generator(rng, "fit: rng"),
        {}
        if plan.checkpoint is None
        else {"model": repr(model), **plan.identity(), **settings_of(optimizer, schedule)},
    )
    expect_in_optimizer(run)
    if plan.checkpoint is not None:
        restore(run, plan.checkpoint, flag(resume, "fit: resume"), plan.epochs)
    train(run, plan)
    return run.history


def restore(run: Run, checkpoint: Checkpoint, resume: bool, epochs: int) -> None:
    """Take over the training that a checkpoint holds, if there is one."""
    file = checkpoint.path
    if file.is_dir():
        raise IsADirectoryError(f"fit: checkpoint: expected a file, got the folder {file}")
    if not file.exists():
        if not file.parent.is_dir():
            raise FileNotFoundError(f"fit: checkpoint: there is no folder {file.parent}")
        checkpoint.write(run.state_dict())  # what cannot be saved is found before the first epoch
        return
    if not resume:
        raise FileExistsError(f"fit: checkpoint: {file} is there already: go on with resume=True, or remove it")
    try:
        state = checkpoint.read()
        done = len(state.get("history", ()))
        if done > epochs:
            raise ValueError(f"epochs: expected {done} or more, which it has had already, got {epochs}")
        run.load_state_dict(state)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"fit: checkpoint: {file} cannot be resumed: {said}") from error
    remove_unfinished(file)


def train(run: Run, plan: Plan) -> None:
    """Epoch after epoch, until the last one, or until somebody stops it."""
    try:
        with progress_bar(plan.epochs, run.epoch, plan.progress) as bar:
            for callback in run.callbacks:
                begin(callback, run, is_saved=plan.checkpoint is not None)
            while run.epoch < plan.epochs and run.history.stopped is None:
                begun = time.perf_counter()
                with np.errstate(
                    divide="ignore", over="ignore", invalid="ignore"
                ):  # `Diverged` tells of that, with the history
                    numbers = epoch(run, plan)
                if plan.validation is not None:
                    found = evaluated(run.model, plan.loss, plan.validation, plan.metrics, max(plan.batch_size, MANY))
                    numbers |= {f"val_{name}": number for name, number in found.items()}
                numbers |= {"lr": rate(run.optimizer), "seconds": time.perf_counter() - begun}
                finish_epoch(run, plan, numbers)
                told = {name: f"{number:.4g}" for name, number in numbers.items() if name != "seconds"}
                bar.set_postfix(told, refresh=False)
                bar.update()
    except KeyboardInterrupt:
        run.stop(f"interrupted in epoch {run.epoch + 1}, after {run.batch} of its steps")
    finally:
        run.model.eval()
    for callback in run.callbacks:
        callback.on_end(run)


def begin(callback: Callback, run: Run, is_saved: bool) -> None:
    """Tell a callback that a training begins, which must not undo what it was given back.

    Raises `ValueError` where it does.
    """
    is_by_attributes = type(callback).state_dict is Callback.state_dict
    before = copy.deepcopy(callback.state_dict()) if is_saved and run.epoch and is_by_attributes else {}
    callback.on_start(run)
    for name, value in before.items():
        if not is_same(value, getattr(callback, name, None)):
            raise ValueError(
                f"fit: callbacks: on_start of {type(callback).__name__} changes {name}, which it had been given "
                "back, as the training is resumed: begin anew if not run.epoch, or say in state_dict and "
                "load_state_dict what is remembered"
            )


def epoch(run: Run, plan: Plan) -> dict[str, float]:
    """A step for each batch; the means of the loss and the metrics over the samples."""
    run.model.train()
    size, length = plan.data.size, plan.batch_size
    order = run.rng.permutation(size) if plan.shuffle else None
    totals = {name: Total() for name in ("loss", *plan.metrics)}
    run.batch = 0
    seen = size - size % length if plan.drop_last else size
    for start in range(0, seen, length):
        batch = plan.data.rows(slice(start, start + length) if order is None else order[start : start + length])
        prediction = run.model(*batch.inputs)
        with asking() as told:
            loss = plan.loss(prediction, batch.target)
        number = step(run, batch, loss, plan.clip_norm)
        totals["loss"].add(number, batch.size, told)
        for name, found, its_told in measured(plan.metrics, prediction, batch.target, told):
            totals[name].add(found, batch.size, its_told)
        run.batch += 1
        if plan.schedule_every == "batch" and run.schedule is not None:
            run.schedule.step()
        for callback in run.callbacks:
            callback.on_batch(run, number)
    expect_finite_parameters(run)
    if run.epoch == 0:
        warn_of_what_stays(run)
    return {name: total.number for name, total in totals.items()}


def step(run: Run, batch: Data, loss: Any, bound: float | None) -> float:
    """Sweep back from a loss, and change the parameters by it."""
    if not is_node(loss):
        raise DTypeError(f"fit: loss: expected a Tensor or a Value as its result, got {short_repr(loss)}")
    if loss.shape not in ((), (1,)):
        raise ShapeError(
            f"fit: loss: expected one number, got shape {loss.shape}: give it reduction='mean', or take the mean of it"
        )
    number = loss.item()
    if not math.isfinite(number):
        is_given = not all(np.isfinite(x).all() for x in (*batch.inputs, batch.target))
        cure = "the data of that batch hold NaN or infinities: fill them, or leave these samples out"
        raise Diverged(
            f"fit: the loss is {number} in epoch {run.epoch + 1}, at its step {run.batch + 1}: "
            f"{cure if is_given else SMALLER}",
            run.history,
        )
    run.steps += 1
    if not run.steps & (run.steps - 1):
        expect_trained(run, loss)
    run.optimizer.zero_grad()
    loss.backward()
    for parameter in run.optimizer.parameters:
        if parameter.has_grad and not np.isfinite(parameter.grad).all():
            raise Diverged(
                f"fit: the gradient of {parameter.label or 'a parameter'} is NaN or infinite in epoch {run.epoch + 1}, "
                f"at its step {run.batch + 1}, where the loss is {number:.4g}: autograd.why(loss, parameter) names the "
                "operation",
                run.history,
            )
    if bound is not None:
        clip_grad_norm(run.optimizer.parameters, bound)
    for callback in run.callbacks:
        callback.on_backward(run, loss)
    run.optimizer.step()
    return number


def finish_epoch(run: Run, plan: Plan, numbers: dict[str, float]) -> None:
    """Remember an epoch, take a step of the schedule, tell the callbacks, and write a checkpoint."""
    run.history.append(numbers)
    run.batch = 0
    if run.schedule is not None and plan.schedule_every == "epoch":
        if isinstance(run.schedule, ReduceLROnPlateau):
            number = numbers.get("val_loss", numbers["loss"])
            if not math.isfinite(number):
                raise Diverged(
                    f"fit: the val_loss is {number} after epoch {run.epoch}, which ReduceLROnPlateau cannot compare: "
                    "look at the validation data, or try a smaller lr",
                    run.history,
                )
            run.schedule.step(number)
        else:
            run.schedule.step()
    for callback in run.callbacks:
        callback.on_epoch(run)
    if plan.checkpoint is not None:
        plan.checkpoint.write(run.state_dict())


def rate(optimizer: Optimizer) -> float:
    """The learning rate, of several groups that of the first."""
    first: float = optimizer.param_groups[0]["lr"]
    return first


def progress_bar(epochs: int, done: int, shown: bool) -> Any:
    """A bar of tqdm: in a terminal and in a notebook, nowhere else."""
    stream = sys.stderr
    is_notebook = type(stream).__module__.startswith(("ipykernel", "pyodide_kernel"))
    is_seen = shown and stream is not None and not stream.closed and (is_notebook or stream.isatty())
    if is_seen:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without widgets has a bar of text
            from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    # Inside of another bar it goes when it is done, as `leave` says by None.
    return tqdm(total=epochs, initial=done, unit="epoch", disable=not is_seen, file=stream, leave=None)
