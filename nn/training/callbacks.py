"""Callbacks: what is done at the end of each epoch, or batch, of a training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd import DTypeError, Node, Recording, short_repr
from nn.inputs import finite_number, flag, positive_int
from nn.optim import Optimizer
from nn.signatures import SpelledOut
from nn.training.files import taken_apart
from nn.training.history import has_larger_better
from nn.training.run import Run


class Callback(SpelledOut):
    """Base of what a training calls; a function of the `Run` will do, too, and is called after each epoch.

    A subclass has any of ``on_start(run)``, ``on_backward(run, loss)``, ``on_batch(run, loss)``, ``on_epoch(run)`` and
    ``on_end(run)``, in which a training calls them; another name that begins with ``on_`` is refused.

    A checkpoint holds the attributes of a callback, and a training that is resumed puts them back, before `on_start`.
    Where they are no numbers, arrays, texts, lists and dicts, or not to be put back, `state_dict` says what is
    remembered, and `load_state_dict` takes it.

    >>> from nn import MLP, fit, mse
    >>> class Watching(Callback):
    ...     def on_epoch(self, run):
    ...         print(run.epoch, sorted(run.history[-1]))
    >>> data = [[0.0], [1.0]], [[0.0], [1.0]]
    >>> history = fit(MLP([1, 1], rng=0), mse, data, epochs=1, callbacks=[Watching()], rng=0)
    1 ['loss', 'lr', 'seconds']

    Raises `TypeError` for a class with a hook that there is not.
    """

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        for name in vars(cls):
            if name.startswith("on_") and not hasattr(Callback, name):
                raise DTypeError(
                    f"{cls.__name__}.{name}: a training calls no such method, only {', '.join(HOOKS)}: "
                    f"write {instead_of(name)}, or, if it is none of these, give it a name without on_"
                )

    def on_start(self, run: Run) -> None:
        """Before the first epoch, also where that is not the first of all, as the training was resumed."""

    def on_backward(self, run: Run, loss: Node) -> None:
        """After each way back, before the step, with the loss as the node that it is."""

    def on_batch(self, run: Run, loss: float) -> None:
        """After each step, with the loss of its batch."""

    def on_epoch(self, run: Run) -> None:
        """After each epoch, its numbers in the history, before a checkpoint is written."""

    def on_end(self, run: Run) -> None:
        """At the end, however it came, unless by an error."""

    def state_dict(self) -> dict[str, Any]:
        """What it remembers: a dict of arrays, numbers, texts, lists and dicts. Unless a class says it, its attributes.

        Raises `TypeError` for an attribute that is none of these.
        """
        for name, value in vars(self).items():
            try:
                taken_apart(value, "", {})
            except (DTypeError, ValueError) as error:
                raise DTypeError(
                    f"{type(self).__name__}.{name}: expected what a checkpoint can hold, arrays, numbers, texts, lists "
                    f"and dicts, got {short_repr(value)}: say what is to be remembered, in state_dict and "
                    "load_state_dict, an empty dict if nothing is"
                ) from error
        return dict(vars(self))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take that over."""
        vars(self).update(state)


#: What a training calls.
HOOKS = tuple([name for name in vars(Callback) if name.startswith("on_")])


def instead_of(name: str) -> str:
    """The hook that was meant by a name of another library.

    >>> instead_of("on_epoch_end"), instead_of("on_train_begin"), instead_of("on_validation_start")
    ('on_epoch', 'on_start', 'the one that fits')
    """
    words = set(name.split("_"))
    if words & {"begin", "start"}:
        return "on_start" if words & {"train", "fit", "training"} else "the one that fits"
    meant = {"on_epoch": {"epoch"}, "on_batch": {"batch", "step"}, "on_backward": {"backward"}, "on_end": {"end"}}
    return next((hook for hook, known in meant.items() if words & known), "the one that fits")


class Record(Callback):
    """Keeps the graph of each step's loss, and the parameters before and after it, to be stepped through.

    ``every`` keeps one step in so many, and ``most`` is how many are kept, the last ones, as a graph takes memory. Show
    it with ``viz.step(record)``, or two with ``viz.compare``. Each training begins anew with it; ``recording`` has it.

    >>> from nn import MLP, fit, mse
    >>> record = Record()
    >>> data = [[0.0], [1.0]], [[0.0], [1.0]]
    >>> history = fit(MLP([1, 1], rng=0), mse, data, epochs=3, callbacks=[record], rng=0)
    >>> len(record.recording), sorted(record.recording[0].graph[i].name for i in record.recording[0].after)
    (3, ['W1', 'b1'])

    Raises `TypeError` or `ValueError` for a setting that is no count.
    """

    def __init__(self, every: int = 1, most: int = 1_000) -> None:
        self.every = positive_int(every, "Record: every")
        self.most = positive_int(most, "Record: most")
        self.recording: Recording | None = None

    def on_start(self, run: Run) -> None:
        self.recording = Recording(list(run.optimizer.parameters), self.every, self.most)

    def on_backward(self, run: Run, loss: Node) -> None:
        if self.recording is not None:
            self.recording.take(loss, by=settings_of(run.optimizer))

    def state_dict(self) -> dict[str, Any]:
        return {}  # of each training alone


def settings_of(optimizer: Optimizer) -> str:
    """An optimiser and its settings, those that are on and that all parameters share.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> settings_of(SGD([Value(1.0)], lr=0.1, momentum=0.9))
    'SGD(lr=0.1, momentum=0.9)'
    """
    first, *others = optimizer.param_groups
    told = [
        f"{name}={first[name]}"
        for name in first._settings
        if name != "initial_lr" and first[name] and all(group[name] == first[name] for group in others)
    ]
    return f"{type(optimizer).__name__}({', '.join(told)})"


class AfterEpoch(Callback):
    """A function as a callback."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_epoch(self, run: Run) -> None:
        self.function(run)

    def state_dict(self) -> dict[str, Any]:
        return {}  # what a function remembers elsewhere is not known here


class EarlyStopping(Callback):
    """Stop when a number of the history has not become less for so many epochs, and go back to the best weights.

    ``monitor`` is its name, by default ``val_loss``, or ``loss`` where there is no validation; with
    ``is_larger_better`` it is to become more, which is what is meant of an accuracy if nothing is said, and has to be
    said of a metric of your own. A change below ``min_delta`` does not count, and NaN is never better. With
    ``restore_best`` the model has, at the end, the weights of the best epoch. Each training begins anew with it.

    >>> from nn import MLP, fit, mse
    >>> data = [[0.0], [1.0]], [[0.0], [1.0]]
    >>> stopping = EarlyStopping(patience=2, min_delta=10.0)
    >>> fit(MLP([1, 1], rng=0), mse, data, epochs=50, callbacks=[stopping], rng=0).stopped
    'loss was not better for 2 epochs'

    Raises `TypeError` or `ValueError` for a setting that is not what it says, or is missing; the training raises
    `ValueError` for a monitor that the history does not have.
    """

    def __init__(
        self,
        patience: int = 10,
        monitor: str | None = None,
        *,
        min_delta: float = 0.0,
        is_larger_better: bool | None = None,
        restore_best: bool = True,
    ) -> None:
        self.patience = positive_int(patience, "EarlyStopping: patience")
        if monitor is not None and not isinstance(monitor, str):
            raise DTypeError(f"EarlyStopping: monitor: expected a name such as 'val_loss', got {short_repr(monitor)}")
        self.monitor = monitor
        self.min_delta = abs(finite_number(min_delta, "EarlyStopping: min_delta", 0.001))
        self.is_larger_better = has_larger_better(monitor or "loss", is_larger_better, "EarlyStopping")
        self.restore_best = flag(restore_best, "EarlyStopping: restore_best")
        self.best = math.inf
        self.best_epoch = 0
        self.best_state: dict[str, Any] | None = None

    def on_start(self, run: Run) -> None:
        if not run.epoch:
            self.best, self.best_epoch, self.best_state = math.inf, 0, None

    def on_epoch(self, run: Run) -> None:
        numbers = run.history[-1]
        name = self.monitor or ("val_loss" if "val_loss" in numbers else "loss")
        if name not in numbers:
            raise ValueError(f"EarlyStopping: monitor: expected one of {', '.join(numbers)}, got {name!r}")
        number = -numbers[name] if self.is_larger_better else numbers[name]
        number = math.inf if math.isnan(number) else number
        if number < self.best - self.min_delta or not self.best_epoch:
            self.best, self.best_epoch = number, run.epoch
            self.best_state = run.model.state_dict() if self.restore_best else None
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop(f"{name} was not better for {self.patience} epochs")

    def on_end(self, run: Run) -> None:
        if self.best_state is not None:
            run.model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        return {
            "monitor": self.monitor,
            "is_larger_better": self.is_larger_better,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "best_state": self.best_state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name in ("monitor", "is_larger_better"):
            if state[name] != getattr(self, name):
                raise ValueError(f"EarlyStopping: {name}: it was {state[name]!r}, and is {getattr(self, name)!r} here")
        self.best, self.best_epoch, self.best_state = state["best"], state["best_epoch"], state["best_state"]


def as_callbacks(callbacks: Any, owner: str) -> list[Callback]:
    """Callbacks in a list, functions among them made such.

    Raises `TypeError` for what is neither.
    """
    given = [callbacks] if callable(callbacks) or isinstance(callbacks, Callback) else callbacks
    if not isinstance(given, Iterable):
        raise DTypeError(f"{owner}: callbacks: expected a list of Callbacks or functions, got {short_repr(callbacks)}")
    found: list[Callback] = []
    for each in given:
        if isinstance(each, type) or not (isinstance(each, Callback) or callable(each)):
            raise DTypeError(f"{owner}: callbacks: expected Callbacks or functions of a Run, got {short_repr(each)}")
        found.append(each if isinstance(each, Callback) else AfterEpoch(each))
    return found
