"""Checkpoints: a training goes on from a file to the same weights, bit by bit, and no other file is taken for one."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nn
from autograd import DTypeError, Tensor
from nn import fit, load, save

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


class Noisy(nn.Module):
    """A network with state of every kind: parameters, buffers, and a generator."""

    def __init__(self, seed: int = 0) -> None:
        self.layer = nn.Linear(3, 2, rng=seed)
        self.mean = nn.Buffer(np.zeros(3))
        self.rng = np.random.default_rng(seed)

    def forward(self, x: Any) -> Any:
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
            x = x * (self.rng.random(x.shape) > 0.2)
        return self.layer(x - self.mean)


def training(path: Path | None, epochs: int, resume: bool = False, **changed: Any) -> tuple[Any, nn.History]:
    model = Noisy()
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    settings: dict[str, Any] = {
        "optimizer": optimizer,
        "schedule": nn.CosineAnnealingLR(optimizer, T_max=10),
        "callbacks": [nn.EarlyStopping(patience=50)],
        "batch_size": 8,
        "validation": (X[:10], Y[:10]),
        "rng": 3,
        "epochs": epochs,
        "checkpoint": path,
        "resume": resume,
        "metrics": "accuracy",
    }
    loss, data = changed.pop("loss", nn.cross_entropy), changed.pop("data", (X, Y))
    history = fit(model, loss, data, **{**settings, **changed})
    return {**model.state_dict(), **optimizer_arrays(optimizer)}, history


def optimizer_arrays(optimizer: nn.Optimizer) -> dict[str, Any]:
    return {f"{k} {name}": x for k, kept in optimizer.state.items() for name, x in kept.items()}


def expect_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


@pytest.mark.parametrize("first", [1, 3, 6])
def test_a_training_in_two_parts_is_one_in_one(tmp_path: Path, first: int) -> None:
    whole, history = training(None, 6)
    training(tmp_path / "run", first)
    parts, resumed = training(tmp_path / "run", 6, resume=True)
    expect_same(parts, whole)
    for name in ("loss", "val_loss", "accuracy", "lr"):
        assert resumed[name] == history[name]


def test_early_stopping_is_remembered(tmp_path: Path) -> None:
    def stopping() -> list[Any]:
        return [nn.EarlyStopping(patience=2, min_delta=100.0)]

    whole, history = training(tmp_path / "run", 9, callbacks=stopping())
    again, resumed = training(tmp_path / "run", 9, resume=True, callbacks=stopping())
    assert history.stopped == resumed.stopped == "val_loss was not better for 2 epochs"
    assert len(resumed) == len(history) == 3
    expect_same(again, whole)


SCRIPT = textwrap.dedent("""
    import sys
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_resume import training
    print("begun", flush=True)
    training(Path({path!r}), 40, resume=True)
""")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_training_killed_at_any_moment_comes_to_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "run"
    script = SCRIPT.format(tests=str(Path(__file__).parent), path=str(path))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([p for p in sys.path if p])}
    for delay in (0.0, 0.01, 0.02, 0.05, 0.1):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        deadline = time.monotonic() + delay
        while process.poll() is None and time.monotonic() < deadline:
            pass
        process.kill()
        process.wait()
        process.stdout.close()
        if path.exists():
            assert isinstance(load(path)["history"], list)
    whole, _ = training(None, 40)
    parts, _ = training(path, 40, resume=True)
    expect_same(parts, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files on this system")
def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "run"
    training(path, 1)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))  # as a disk that is full
    try:
        with pytest.raises(OSError, match=r"save: .*run cannot be written: File too large"):
            training(path, 2, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    whole, _ = training(None, 2)
    expect_same(training(path, 2, resume=True)[0], whole)


@pytest.mark.parametrize("name", ["ü 文 \U0001f600", "run[1]", ".hidden", "no suffix", "a.b.c", "x'\"$"])
@pytest.mark.parametrize("kind", [str, Path])
def test_any_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: Any) -> None:
    if sys.platform == "win32" and '"' in name:
        pytest.skip("no such names on this system")
    monkeypatch.chdir(tmp_path)
    for epochs in (1, 2):
        _, history = training(kind(name), epochs, resume=True)
        (tmp_path / f".{name}.0badcafe.part").write_bytes(b"half")
    assert len(history) == 2
    training(kind(name), 2, resume=True)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_second_training_into_the_same_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "run"

    def second(run: nn.Run) -> None:
        if run.epoch == 2:
            save(path, {"of another": np.ones(2)})

    with pytest.raises(FileExistsError, match="was written by another program meanwhile, it may be a second training"):
        training(path, 4, callbacks=second)
    assert load(path).keys() == {"of another"}


def test_what_others_are_writing_is_left_alone(tmp_path: Path) -> None:
    training(tmp_path / "run", 1)
    theirs = [".run.2.0badcafe.part", ".ru.0badcafe.part", ".run.part", "run.0badcafe.part", ".run.0badcafeX.part"]
    for name in theirs:
        (tmp_path / name).write_bytes(b"half")
    training(tmp_path / "run", 2, resume=True)
    assert {p.name for p in tmp_path.iterdir()} == {"run", *theirs}


class Deep(nn.Module):
    """A network with layers that remember."""

    def __init__(self, bits: Any) -> None:
        self.first, self.last = nn.Linear(3, 6, rng=0), nn.Linear(6, 2, rng=1)
        self.norm = nn.BatchNorm1d(6)
        self.drops = [nn.Dropout(0.3, rng=np.random.Generator(bits(1))), nn.Dropout(0.1, rng=2)]

    def forward(self, x: Any) -> Any:
        for drop in self.drops:
            x = drop(x)
        return self.last(np.tanh(self.norm(self.first(x))))


class Counting(nn.Callback):
    def __init__(self) -> None:
        self.total = np.zeros(2)

    def on_batch(self, run: nn.Run, loss: float) -> None:
        self.total = self.total + loss

    def state_dict(self) -> dict[str, Any]:
        return {"total": self.total}

    def load_state_dict(self, state: Any) -> None:
        self.total = state["total"]


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
@settings(max_examples=5)
@given(cuts=st.lists(st.integers(1, 8), max_size=3))
def test_in_parts_or_in_one_all_that_it_remembers_is_the_same(
    bits: Any, cuts: list[int], tmp_path_factory: Any
) -> None:
    def run(path: Path | None, epochs: int) -> Any:
        model, heat = Deep(bits), Tensor(1.0, label="heat")
        optimizer = nn.SGD([*model.parameters(), heat], lr=0.05, momentum=0.9, nesterov=True)
        schedule = nn.OneCycleLR(optimizer, max_lr=0.1, total_steps=5 * 8)
        callbacks = [Counting(), nn.EarlyStopping(patience=99, monitor="val_accuracy")]
        history = fit(
            model,
            lambda p, t: nn.cross_entropy(p * heat, t),
            (X, Y),
            optimizer=optimizer,
            schedule=schedule,
            schedule_every="batch",
            epochs=epochs,
            batch_size=8,
            validation=(X[:10], Y[:10]),
            metrics="accuracy",
            callbacks=callbacks,
            clip_norm=1.0,
            rng=np.random.Generator(bits(3)),
            checkpoint=path,
            resume=path is not None,
        )
        numbers = [{name: x for name, x in row.items() if name != "seconds"} for row in history]
        states = [drop.rng.bit_generator.state for drop in model.drops]
        remembered = [callback.state_dict() for callback in callbacks]
        return {
            **model.state_dict(),
            **optimizer_arrays(optimizer),
            "heat": heat.numpy(),
            "rest": repr((numbers, states, remembered, schedule.state_dict(), optimizer.param_groups[0]["momentum"])),
        }

    path = tmp_path_factory.mktemp("parts") / "run"
    for epochs in sorted(cuts):
        run(path, epochs)
    expect_same(run(path, 8), run(None, 8))


# What is no checkpoint of this training.


def expect_refused(path: Path, message: str, **changed: Any) -> None:
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        training(path, changed.pop("epochs", 6), resume=True, **changed)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    training(path, 1)
    expect_refused(path, "it is of another training: there batch_size is 8, and here 4", batch_size=4)
    expect_refused(path, "there loss is 'cross_entropy', and here 'multiclass_hinge'", loss=nn.multiclass_hinge)
    smooth = functools.partial(nn.cross_entropy, label_smoothing=0.1)
    expect_refused(path, r"and here 'cross_entropy\(label_smoothing=0.1\)'", loss=smooth)
    other = [nn.EarlyStopping(monitor="accuracy")]
    expect_refused(path, "EarlyStopping: monitor: it was None, and is 'accuracy' here", callbacks=other)
    expect_refused(path, "there validation is ", validation=(X[:5], Y[:5]))
    expect_refused(path, r"there metrics is \['accuracy'\], and here \[\]", metrics=None)
    expect_refused(path, "there schedule is 'CosineAnnealingLR', and here 'NoneType'", schedule=None)
    expect_refused(path, "there a callback EarlyStopping remembers something, and here is no other", callbacks=[])
    with pytest.raises(ValueError, match="cannot be resumed: it is of another training: there data is"):
        training(path, 6, resume=True, data=(X + 1, Y))
    with pytest.raises(FileExistsError, match="is there already: go on with resume=True, or remove it"):
        training(path, 1)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        training(tmp_path / "no" / "run", 1)


class Smoothed(nn.Callback):
    """What remembers in plain attributes, and says nothing of it."""

    def __init__(self) -> None:
        self.decay, self.seen, self.weights, self.told = 0.9, 0, {"none": [np.zeros(1)]}, (None, "x")

    def on_batch(self, run: nn.Run, loss: float) -> None:
        self.seen += 1
        self.told = (loss, str(self.seen))
        for name, array in run.model.state_dict().items():
            before = self.weights.get(name, [array])[0]
            self.weights[name] = [self.decay * before + (1 - self.decay) * array]


@pytest.mark.parametrize("first", [1, 2, 4])
def test_a_callback_remembers_its_attributes(tmp_path: Path, first: int) -> None:
    found = []
    for parts in ([5], [first, 5]):
        for epochs in parts:
            smoothed = Smoothed()
            training(tmp_path / f"run{len(parts)}", epochs, resume=True, callbacks=[smoothed])
        found.append(vars(smoothed))
    np.testing.assert_equal(found[1], found[0])
    assert found[0]["seen"] == 25


def test_a_callback_that_cannot_be_saved_is_refused_before_the_first_epoch(tmp_path: Path) -> None:
    class Writing(nn.Callback):
        def __init__(self, remembers: Any) -> None:
            self.remembers = remembers

        def on_batch(self, run: nn.Run, loss: float) -> None:
            raise AssertionError

    class Silent(Writing):
        on_batch = nn.Callback.on_batch

        def state_dict(self) -> dict[str, Any]:
            return {}

    for what in (print, Tensor(1.0), [np.random.default_rng(0)], {"a": {1.5: 2}}, nn.Linear(2, 3, rng=0)):
        with pytest.raises(TypeError, match=r"Writing.remembers: expected what a checkpoint can hold.* state_dict"):
            training(tmp_path / "run", 1, callbacks=[Writing(what)])
        assert not (tmp_path / "run").exists()
    training(tmp_path / "run", 1, callbacks=[Silent(print)])


def test_a_start_that_undoes_what_was_given_back_is_refused(tmp_path: Path) -> None:
    class Beginning(Smoothed):
        def __init__(self) -> None:
            pass

        def on_start(self, run: nn.Run) -> None:
            if self.is_anew or not run.epoch:
                super().__init__()

        is_anew = True

    training(tmp_path / "run", 2, callbacks=[Beginning()])
    with pytest.raises(ValueError, match="on_start of Beginning changes seen, which it had been given back"):
        training(tmp_path / "run", 3, resume=True, callbacks=[Beginning()])
    Beginning.is_anew = False
    training(tmp_path / "run", 3, resume=True, callbacks=[last := Beginning()])
    assert last.seen == 15


def test_callbacks_are_added_to_a_training_that_is_resumed(tmp_path: Path) -> None:
    stopping = [nn.EarlyStopping(patience=50)]
    whole, _ = training(None, 4)
    training(tmp_path / "run", 2, callbacks=[lambda run: None, *stopping])
    told: list[int] = []
    parts, _ = training(
        tmp_path / "run", 4, resume=True, callbacks=[Smoothed(), lambda run: told.append(run.epoch), *stopping]
    )
    expect_same(parts, whole)
    assert told == [3, 4]


def test_fewer_epochs_than_there_were_are_refused(tmp_path: Path) -> None:
    training(tmp_path / "run", 3)
    expect_refused(
        tmp_path / "run", "cannot be resumed: epochs: expected 3 or more, which it has had already, got 2", epochs=2
    )
    assert len(training(tmp_path / "run", 3, resume=True)[1]) == 3


def test_an_optimiser_of_another_class_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run"
    model = Noisy()
    fit(model, nn.cross_entropy, (X, Y), optimizer=nn.Adam(model.parameters()), epochs=1, checkpoint=path, rng=0)
    other = Noisy(seed=5)
    with pytest.raises(ValueError, match="there optimizer is 'Adam', and here 'SGD'"):
        fit(
            other,
            nn.cross_entropy,
            (X, Y),
            optimizer=nn.SGD(other.parameters(), lr=0.1),
            epochs=2,
            checkpoint=path,
            resume=True,
        )
    expect_same(other.state_dict(), Noisy(seed=5).state_dict())


@given(place=st.integers(0, 10_000), data=st.data())
def test_a_file_that_was_changed_or_cut_is_refused(place: int, data: st.DataObject, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    save(path, {"a": np.arange(5.0), "b": [1, "text", {"c": np.float32(2.0)}]})
    content = bytearray(path.read_bytes())
    place %= len(content)
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    found = None
    with contextlib.suppress(ValueError):
        found = load(path)
    # A flipped bit may make it the file of another program, whose arrays are taken as they are; never one of ours.
    assert found is None or "b" not in found


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 a pickle in a zip", b"\x80\x04\x95", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", b"text\n" * 9],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    if content.startswith(b"\x08"):  # a file of that kind, without arrays
        assert load(path) == {}
    else:
        with pytest.raises(ValueError, match="is no whole safetensors file"):
            load(path)
    with pytest.raises(ValueError, match="cannot be resumed"):
        training(path, 1, resume=True)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load(tmp_path / "nothing")


def test_files_of_other_programs_are_read_as_arrays(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "theirs"
    save_file({"weight": np.ones((2, 3)), "bias": np.zeros(3)}, path)
    layer = nn.Linear(2, 3, rng=0)
    layer.load_state_dict({name: np.asarray(array) for name, array in load(path).items()})
    assert layer.weight.numpy().tolist() == [[1.0] * 3] * 2
    with pytest.raises(ValueError, match="cannot be resumed: it holds no training"):
        training(path, 1, resume=True)
    save_file({"weight": np.ones(2)}, path, {"stepgrad": "99", "state": "{}"})
    with pytest.raises(ValueError, match="written by another version"):
        load(path)


def test_our_files_are_read_by_other_programs(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    path = tmp_path / "ours"
    model = nn.MLP([2, 3, 1], rng=0)
    save(path, model)
    found = load_file(path)
    assert {name: x.shape for name, x in found.items()} == {n: x.shape for n, x in model.state_dict().items()}


# States.

PLAIN = st.none() | st.booleans() | st.integers(-(2**130), 2**130) | st.floats(allow_nan=False) | st.text(max_size=4)
NUMBERS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
)
STATES = st.recursive(
    PLAIN | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=6,
)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(state=st.dictionaries(st.text(max_size=4), STATES, max_size=4))
def test_a_state_comes_back_as_it_was(state: dict[str, Any], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "state.safetensors"
    save(path, state)
    assert same(load(path), state)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"a": [1.0, object()]}, r"save: state.a.1: expected arrays, numbers, texts, lists and dicts, got <object"),
        ({"a": np.array(["x"])}, "save: state.a: expected numbers of 64 bits at most"),
        ({"a": {1.5: 2}}, "save: state.a: expected texts or ints as keys"),
        ({"a": 1j}, "save: state.a: expected arrays"),
        ([1.0], "save: state: expected a Module or a dict of arrays"),
        ({"a": np.ma.masked_array([1.0, 2.0], [0, 1])}, "save: state.a: expected plain numbers, got a masked array"),
    ],
)
def test_what_no_file_holds_is_refused_by_its_place(tmp_path: Path, state: Any, message: str) -> None:
    with pytest.raises(DTypeError, match=message):
        save(tmp_path / "x", state)
    assert not list(tmp_path.iterdir())


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    """The text of a file is JSON, whatever it says."""
    from safetensors import safe_open

    path = tmp_path / "run"
    training(path, 1)
    with safe_open(path, framework="numpy") as file:
        text = file.metadata()["state"]
    assert len(json.loads(text)["history"]) == 1


def test_names_that_would_fall_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two arrays would have the name 'a.b'"):
        save(tmp_path / "x", {"a.b": np.ones(2), "a": {"b": np.zeros(3)}})


@pytest.mark.parametrize("name", ["__metadata__", "\ud800"])
def test_names_that_no_file_holds_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="save: state: no file holds an array of the name"):
        save(tmp_path / "x", {name: np.ones(2)})
    save(tmp_path / "x", {name: "a text"})
    assert load(tmp_path / "x") == {name: "a text"}


def test_where_no_file_can_be_is_told_by_its_name(tmp_path: Path) -> None:
    state = {"a": np.ones(2)}
    with pytest.raises(IsADirectoryError, match=r"save: .* cannot be written: it is a folder"):
        save(tmp_path, state)
    with pytest.raises(FileNotFoundError, match="cannot be written: there is no folder"):
        save(tmp_path / "no" / "x", state)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="cannot be written: it is there and is no plain file"):
            save(tmp_path / "pipe", state)
    assert {p.name for p in tmp_path.iterdir()} <= {"pipe"}


def test_a_loss_is_known_by_what_it_is_made_of(tmp_path: Path) -> None:
    def weighted(*weights: float) -> Any:
        return functools.partial(nn.cross_entropy, weight=np.array(weights))

    training(tmp_path / "run", 1, loss=weighted(1.0, 2.0))
    expect_refused(tmp_path / "run", "there loss is", loss=weighted(1.0, 3.0))
    assert len(training(tmp_path / "run", 2, resume=True, loss=weighted(1.0, 2.0))[1]) == 2


def test_what_was_frozen_is_frozen_when_it_goes_on(tmp_path: Path) -> None:
    def freeze(run: nn.Run) -> None:
        if run.epoch == 2:
            run.model.layer.bias.requires_grad = False

    whole, _ = training(None, 6, callbacks=freeze)
    training(tmp_path / "run", 3, callbacks=freeze)
    parts, _ = training(tmp_path / "run", 6, resume=True, callbacks=freeze)
    expect_same(parts, whole)


def test_a_file_has_the_rights_of_others_and_a_link_stays_one(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "run")
    save(link, {"a": np.ones(2)})
    assert link.is_symlink()
    assert (tmp_path / "run").stat().st_mode == plain.stat().st_mode


def test_generators_that_no_file_holds_and_folders_are_refused(tmp_path: Path) -> None:
    class Old(Noisy):
        def __init__(self) -> None:
            super().__init__()
            self.old = np.random.RandomState(0)

    with pytest.raises(DTypeError, match=r"model.old: expected a numpy.random.Generator"):
        fit(Old(), nn.cross_entropy, (X, Y), epochs=1, checkpoint=tmp_path / "run")
    with pytest.raises(IsADirectoryError, match="expected a file, got the folder"):
        training(tmp_path, 1)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "run"
    training(path, 1)
    (tmp_path / ".run.0badcafe.part").write_bytes(b"half")
    training(path, 2, resume=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(("lr", "horizon", "name"), [(0.5, 10, "optimizer"), (0.05, 20, "schedule")])
def test_other_settings_are_refused_and_not_ignored(tmp_path: Path, lr: float, horizon: int, name: str) -> None:
    path = tmp_path / "run"
    training(path, 1)
    model = Noisy()
    optimizer = nn.Adam(model.parameters(), lr=lr)
    with pytest.raises(ValueError, match=f"there settings of the {name} is"):
        fit(
            model,
            nn.cross_entropy,
            (X, Y),
            optimizer=optimizer,
            schedule=nn.CosineAnnealingLR(optimizer, T_max=horizon),
            callbacks=[nn.EarlyStopping(patience=50)],
            batch_size=8,
            validation=(X[:10], Y[:10]),
            metrics="accuracy",
            epochs=3,
            checkpoint=path,
            resume=True,
        )


def test_the_same_optimiser_goes_on(tmp_path: Path) -> None:
    model = Noisy()
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    schedule = nn.CosineAnnealingLR(optimizer, T_max=10)
    for epochs, resume in ((2, False), (4, True)):
        history = fit(
            model,
            nn.cross_entropy,
            (X, Y),
            optimizer=optimizer,
            schedule=schedule,
            epochs=epochs,
            checkpoint=tmp_path / "run",
            resume=resume,
            rng=0,
        )
    assert len(history) == 4


def test_a_checkpoint_is_there_before_the_first_epoch(tmp_path: Path) -> None:
    path = tmp_path / "run"

    class Looking(nn.Callback):
        def on_start(self, run: nn.Run) -> None:
            assert load(path)["history"] == []

    model = Noisy()
    fit(model, nn.cross_entropy, (X, Y), epochs=1, checkpoint=path, callbacks=Looking(), rng=0)


def test_a_checkpoint_of_which_a_part_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run"
    settings: dict[str, Any] = {"checkpoint": path, "rng": 0}
    fit(Noisy(), nn.cross_entropy, (X, Y), epochs=1, **settings)
    state = load(path)
    state["optimizer"]["shapes"][0] = [7]
    save(path, state)
    model = Noisy(seed=5)
    with pytest.raises(ValueError, match="cannot be resumed"):
        fit(model, nn.cross_entropy, (X, Y), epochs=2, resume=True, **settings)
    expect_same(model.state_dict(), Noisy(seed=5).state_dict())
