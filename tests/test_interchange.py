"""States go to PyTorch and come back, by name, and the modules then give the same numbers and gradients."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import DTypeError, ShapeError, Tensor
from nn import load_torch_state_dict, torch_state_dict

SIZES = st.integers(1, 4)


def peer() -> Any:
    return pytest.importorskip("torch", reason="the peer that states are exchanged with")


def expect_equal(ours: nn.Module, theirs: Any, inputs: list[Any]) -> None:
    """After an exchange in both directions, results, and the gradients of all, are the same."""
    torch = peer()
    theirs.load_state_dict({name: torch.as_tensor(x) for name, x in torch_state_dict(ours).items()})
    blank = {name: np.zeros_like(x) for name, x in ours.state_dict().items()}
    before = ours.state_dict()
    ours.load_state_dict(blank)
    load_torch_state_dict(ours, theirs.state_dict())
    assert all((before[name] == x).all() for name, x in ours.state_dict().items())
    tensors = [Tensor(x) for x in inputs]
    theirs_in = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, z = ours(*tensors), theirs(*theirs_in)
    np.testing.assert_allclose(y.numpy(), z.detach().numpy(), rtol=1e-10, atol=1e-12)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    (y * weights).sum().backward()
    (z * torch.as_tensor(weights)).sum().backward()
    for tensor, other in zip(tensors, theirs_in, strict=True):
        np.testing.assert_allclose(tensor.grad, other.grad.numpy(), rtol=1e-9, atol=1e-11)
    grads = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    # The gradients take the way of the weights: a model that holds them is loaded from theirs.
    twin = {name: p.grad for name, p in ours.named_parameters()}
    load_torch_state_dict(ours, {**theirs.state_dict(), **{n: torch.as_tensor(g) for n, g in grads.items()}})
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(twin[name], parameter.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, k=SIZES, batch=SIZES, seed=st.integers(0, 99))
def test_models_of_layers(n: int, m: int, k: int, batch: int, seed: int) -> None:
    torch = peer()
    ours = nn.Sequential(nn.Linear(n, m, rng=seed), nn.Tanh(), nn.Sequential(nn.Linear(m, k, rng=seed), nn.ReLU()))
    t = torch.nn
    theirs = t.Sequential(t.Linear(n, m), t.Tanh(), t.Sequential(t.Linear(m, k), t.ReLU())).double()
    expect_equal(ours, theirs, [np.random.default_rng(seed).normal(size=(batch, n))])


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, batch=SIZES, seed=st.integers(0, 99), bias=st.booleans())
def test_cells(n: int, m: int, batch: int, seed: int, bias: bool) -> None:
    torch = peer()
    rng = np.random.default_rng(seed)
    x, h = rng.normal(size=(batch, n)), rng.normal(size=(batch, m))
    for name in ("RNNCell", "GRUCell"):
        theirs = getattr(torch.nn, name)(n, m, bias=bias, dtype=torch.float64)
        expect_equal(getattr(nn, name)(n, m, bias=bias, rng=seed), theirs, [x, h])

    class Ours(nn.Module):
        def __init__(self) -> None:
            self.cell = nn.LSTMCell(n, m, bias=bias, rng=seed)

        def forward(self, x: Any, h: Any, c: Any) -> Any:
            h, c = self.cell(x, (h, c))
            return h * 2.0 + c

    class Theirs(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.cell = torch.nn.LSTMCell(n, m, bias=bias, dtype=torch.float64)

        def forward(self, x: Any, h: Any, c: Any) -> Any:
            h, c = self.cell(x, (h, c))
            return h * 2.0 + c

    expect_equal(Ours(), Theirs(), [x, h, rng.normal(size=(batch, m))])


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, k=SIZES, batch=SIZES, seed=st.integers(0, 99))
def test_bilinear(n: int, m: int, k: int, batch: int, seed: int) -> None:
    torch = peer()
    rng = np.random.default_rng(seed)
    theirs = torch.nn.Bilinear(n, m, k, dtype=torch.float64)
    expect_equal(nn.Bilinear(n, m, k, rng=seed), theirs, [rng.normal(size=(batch, n)), rng.normal(size=(batch, m))])


@settings(max_examples=15)
@given(heads=st.integers(1, 3), width=SIZES, length=SIZES, source=SIZES, seed=st.integers(0, 99), causal=st.booleans())
def test_attention(heads: int, width: int, length: int, source: int, seed: int, causal: bool) -> None:
    torch = peer()
    size = heads * width

    class Ours(nn.Module):
        def __init__(self) -> None:
            self.attention = nn.MultiHeadAttention(size, heads, rng=seed)

        def forward(self, q: Any, k: Any, v: Any) -> Any:
            return self.attention(q, k, v, is_causal=causal)

    class Theirs(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.attention = torch.nn.MultiheadAttention(size, heads, batch_first=True, dtype=torch.float64)

        def forward(self, q: Any, k: Any, v: Any) -> Any:
            mask = torch.triu(torch.ones(length, source, dtype=torch.bool), 1) if causal else None
            return self.attention(q, k, v, attn_mask=mask)[0]

    rng = np.random.default_rng(seed)
    expect_equal(Ours(), Theirs(), [rng.normal(size=(2, n, size)) for n in (length, source, source)])


def test_what_stands_in_several_places_has_all_its_names() -> None:
    torch = peer()
    layer = nn.Linear(2, 2, rng=0)
    ours = nn.Sequential(layer, nn.Tanh(), layer)
    other = torch.nn.Linear(2, 2, dtype=torch.float64)
    theirs = torch.nn.Sequential(other, torch.nn.Tanh(), other)
    assert list(torch_state_dict(ours)) == ["0.weight", "2.weight", "0.bias", "2.bias"]
    theirs.load_state_dict({name: torch.as_tensor(x) for name, x in torch_state_dict(ours).items()})
    load_torch_state_dict(ours, theirs.state_dict())
    x = np.ones((3, 2))
    np.testing.assert_allclose(ours(x).numpy(), theirs(torch.as_tensor(x)).detach().numpy(), rtol=1e-12)


#: Layers that keep a number of features, by name: as they are here and in PyTorch.
KEEPING = ("Linear", "Tanh", "PReLU", "BatchNorm1d", "LayerNorm", "RMSNorm", "GELU")


@st.composite
def models(draw: st.DrawFn, width: int, depth: int = 2) -> tuple[nn.Module, Any]:
    """The same layers in a Sequential of each library, some in Sequentials of their own, some in several places."""
    t = peer().nn
    pairs: list[tuple[nn.Module, Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from((*KEEPING, "again", "nested")))
        if name == "nested" and depth:
            pairs.append(draw(models(width, depth - 1)))
        elif name == "again" and pairs:
            pairs.append(draw(st.sampled_from(pairs)))
        elif name == "Linear":
            bias = draw(st.booleans())
            pairs.append((nn.Linear(width, width, bias=bias, rng=len(pairs)), t.Linear(width, width, bias=bias)))
        elif name in ("BatchNorm1d", "LayerNorm", "RMSNorm"):
            eps = {"eps": 1e-5} if name == "RMSNorm" else {}
            pairs.append((getattr(nn, name)(width, **eps), getattr(t, name)(width, **eps)))
        elif name in KEEPING:
            pairs.append((getattr(nn, name)(), getattr(t, name)()))
    return nn.Sequential(*[ours for ours, _ in pairs]), t.Sequential(*[theirs for _, theirs in pairs]).double()


@st.composite
def images(draw: st.DrawFn) -> tuple[nn.Module, Any]:
    """The same small convolutional network of each library."""
    t, channels, size = peer().nn, draw(SIZES), draw(st.integers(1, 3))
    bias = draw(st.booleans())
    made = [
        (
            library.Conv2d(2, channels, size, padding=1, bias=bias),
            library.BatchNorm2d(channels),
            library.PReLU(channels),
            library.MaxPool2d(2),
            library.Flatten(),
            library.Linear(channels * ((9 - size) // 2) ** 2, 3),
        )
        for library in (nn, t)
    ]
    return nn.Sequential(*made[0]), t.Sequential(*made[1]).double()


@settings(max_examples=60)
@given(data=st.data(), kind=st.sampled_from(["float64", "float32", "float16", "bfloat16"]))
def test_a_file_of_pytorch_gives_the_numbers_of_its_model(
    data: st.DataObject, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    torch = peer()
    files = pytest.importorskip("safetensors.torch", reason="what PyTorch writes, nn.load reads")
    is_image = data.draw(st.booleans())
    ours, theirs = data.draw(images() if is_image else models(3))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    with torch.no_grad():
        for parameter in [*theirs.parameters(), *theirs.buffers()]:
            if parameter.is_floating_point():
                parameter.copy_(torch.as_tensor(rng.uniform(0.1, 1.0, parameter.shape)))
    theirs = theirs.to(getattr(torch, kind))
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    files.save_model(theirs, str(path))  # what stands in several places is there once
    assert load_torch_state_dict(ours, nn.load(path)) == ([], [])
    expected = {name: x.double().numpy() for name, x in theirs.state_dict().items()}
    for state in (torch_state_dict(ours), through_a_file(torch_state_dict(ours), path)):
        assert state.keys() == expected.keys()
        for name, array in state.items():
            np.testing.assert_array_equal(array, expected[name], err_msg=name)
    blank = {name: np.zeros_like(array) for name, array in ours.state_dict().items()}
    ours.load_state_dict(blank)
    load_torch_state_dict(ours, theirs.state_dict())
    theirs, x = theirs.double(), rng.normal(size=(4, 2, 6, 6) if is_image else (4, 3))
    for mode in (True, False):
        found, wanted = ours.train(mode)(x), theirs.train(mode)(torch.as_tensor(x))
        np.testing.assert_allclose(np.asarray(found.data), wanted.detach().numpy(), rtol=1e-9, atol=1e-11)


def through_a_file(state: dict[str, Any], path: Path) -> dict[str, Any]:
    """What PyTorch reads after safetensors wrote it as it is: it takes the memory of an array in the order it has."""
    from safetensors.numpy import save_file
    from safetensors.torch import load_file

    save_file(state, path)
    return {name: x.numpy() for name, x in load_file(path).items()}


class Holder(nn.Module):
    """Modules of each kind of container, and parameters of its own."""

    def __init__(self) -> None:
        shared = nn.Sequential(nn.Linear(2, 2, rng=0))
        self.blocks = [shared, nn.Sequential(shared, nn.Linear(2, 2, rng=1))]
        self.heads = {"left": shared}
        self.scale = nn.Parameter([Tensor(np.ones(2)), Tensor(np.ones(3))])

    def forward(self, x: Any) -> Any:
        return self.blocks[1](x)


def test_containers_have_the_names_of_those_of_pytorch() -> None:
    t, ours = peer().nn, Holder()
    shared = t.Sequential(t.Linear(2, 2))
    theirs = t.Module()
    theirs.blocks = t.ModuleList([shared, t.Sequential(shared, t.Linear(2, 2))])
    theirs.heads = t.ModuleDict({"left": shared})
    theirs.scale = t.ParameterList([t.Parameter(peer().ones(2)), t.Parameter(peer().ones(3))])
    theirs.double()
    for model in (ours, ours.to_scalars()):
        assert torch_state_dict(model).keys() == theirs.state_dict().keys()
        assert load_torch_state_dict(model, theirs.state_dict()) == ([], [])
    twice = Twice()
    assert sorted(torch_state_dict(twice)) == [f"{p}.{q}.{n}" for p in "ab" for q in "xy" for n in ("bias", "weight")]


class Pair(nn.Module):
    def __init__(self) -> None:
        self.x = self.y = nn.Linear(1, 1, rng=0)

    def forward(self, x: Any) -> Any:
        return self.y(self.x(x))


class Twice(nn.Module):
    """What stands in two places holds a layer in two places, and knows who holds it."""

    def __init__(self) -> None:
        self.a = self.b = Pair()
        self.a.owner = self

    def forward(self, x: Any) -> Any:
        return self.b(self.a(x))


def test_one_parameter_is_not_given_two_numbers() -> None:
    layer = nn.Linear(2, 2, rng=0)
    before = layer.weight.numpy().tolist()
    state = {"0.weight": np.ones((2, 2)), "0.bias": np.ones(2), "2.weight": np.zeros((2, 2))}
    with pytest.raises(ValueError, match=r"0\.weight and 2\.weight, which are one in this model, got different ones"):
        load_torch_state_dict(nn.Sequential(layer, nn.Tanh(), layer), state)
    assert layer.weight.numpy().tolist() == before


def test_names_may_be_missing_if_it_is_said() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2))
    misfit = load_torch_state_dict(model, {"0.weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "head": 1.0}, strict=False)
    assert misfit.unexpected == ["head"]
    assert "0.bias" in misfit.missing
    assert model[0].weight.numpy().tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_a_state_is_in_the_order_of_its_memory() -> None:
    class Turned(nn.Module):
        def __init__(self) -> None:
            self.seen = nn.Buffer(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
            self.layer = nn.Linear(2, 3, rng=0)

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    model = Turned()
    load_torch_state_dict(model, torch_state_dict(model))
    model.seen = np.asfortranarray(model.seen)
    for state in (model.state_dict(), torch_state_dict(model), model.to_scalars().state_dict()):
        assert all(array.flags.c_contiguous for array in state.values())
    assert model.layer.weight.numpy().flags.c_contiguous  # what it multiplies by is as that of a model that was saved


def test_half_a_state_has_whole_counts() -> None:
    torch, ours = peer(), nn.BatchNorm1d(2)
    theirs = torch.nn.BatchNorm1d(2)
    theirs(torch.ones(3, 2))
    load_torch_state_dict(ours, {name: x.half() for name, x in theirs.state_dict().items()})
    assert ours.num_batches_tracked == 1
    with pytest.raises(DTypeError, match="num_batches_tracked: expected int64, got float64"):
        load_torch_state_dict(ours, {**torch_state_dict(ours), "num_batches_tracked": 0.5})


@pytest.mark.parametrize(
    "call",
    [lambda: torch_state_dict(peer().nn.Linear(2, 2)), lambda: load_torch_state_dict(peer().nn.Tanh(), {})],  # type: ignore[arg-type]
)
def test_a_module_of_pytorch_in_the_place_of_one_of_ours_is_refused(call: Any) -> None:
    with pytest.raises(DTypeError, match=r"model: expected a Module of this library, got .*: of one of PyTorch, give"):
        call()


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"weight": np.ones((2, 2))}, ValueError, "got one with missing bias"),
        ({"weight": np.ones((2, 2)), "bias": np.ones(2), "x": 1.0}, ValueError, "unexpected x"),
        ({"weight": np.ones((3, 2)), "bias": np.ones(2)}, ShapeError, r"weight: expected shape \(2, 2\), got \(3, 2\)"),
        ([1.0], DTypeError, "state: expected a dict of names and arrays"),
        (nn.Linear(2, 2, rng=0), DTypeError, r"state: expected a dict .*: give its state_dict\(\)"),
        ({"module.weight": np.ones((2, 2)), "module.bias": np.ones(2)}, ValueError, "take 'module.' off the names"),
        ({"weight": [[1.0], [1.0, 2.0]], "bias": np.ones(2)}, ShapeError, "weight: expected an array, or lists of eq"),
        ({"weight": "ones", "bias": np.ones(2)}, DTypeError, "weight: expected real numbers, got text"),
    ],
)
def test_what_does_not_fit_changes_nothing(state: Any, error: type[Exception], message: str) -> None:
    layer = nn.Linear(2, 2, rng=0)
    before = layer.state_dict()
    with pytest.raises(error, match=message):
        load_torch_state_dict(layer, state)
    assert all((layer.state_dict()[name] == x).all() for name, x in before.items())


def test_a_state_of_this_library_is_told_from_one_of_pytorch() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    with pytest.raises(ValueError, match=r"these are names of this library, so use model\.load_state_dict"):
        load_torch_state_dict(model, dict(model.state_dict()))
    with pytest.raises(ShapeError, match=r"got \(2, 3\): of a state of this library, use model\.load_state_dict"):
        load_torch_state_dict(model[0], dict(model[0].state_dict()))


KEPT = [
    lambda state: state,
    dict,
    lambda state: {name: array for name, array in state.items()},  # noqa: C416 - what people write
    lambda state: {name: array.copy() for name, array in state.items()},
    lambda state: {name: array.astype(np.float32) for name, array in state.items()},
    copy.deepcopy,
    lambda state: pickle.loads(pickle.dumps(state)),
    MappingProxyType,
]


@settings(max_examples=40)
@given(
    layer=st.sampled_from(["Linear", "MultiHeadAttention", "RNNCell", "LSTMCell", "GRUCell", "Embedding", "Bilinear"]),
    size=st.integers(2, 4),
    way=st.sampled_from(KEPT),
    source=st.sampled_from(["state", "file", "file of ours"]),
    strict=st.booleans(),
)
def test_weights_of_another_layout_are_taken_over_by_nothing_but_what_turns_them(
    layer: str, size: int, way: Any, source: str, strict: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A square weight of PyTorch fits, and is transposed: no copy of the dict or of its arrays loses that it is so."""
    more = {"Bilinear": (size, size), "MultiHeadAttention": (1,)}.get(layer, (size,))
    ours, twin = (getattr(nn, layer)(size, *more, rng=seed) for seed in (0, 1))
    state = torch_state_dict(ours)
    if source != "state":
        path = tmp_path_factory.mktemp("weights") / "model.safetensors"
        files = pytest.importorskip("safetensors.numpy", reason="files hold what it writes")
        if source == "file":
            files.save_file({name: np.asarray(array) for name, array in state.items()}, path)
        else:
            nn.save(path, state)
        state = nn.load(path)
    before, given_ = twin.state_dict(), way(state)
    with pytest.raises(DTypeError, match=r"may be transposed: use nn\.load_torch_state_dict"):
        twin.load_state_dict(given_, strict)
    for name, array in twin.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    load_torch_state_dict(twin, given_, strict)
    wanted = ours.state_dict()
    for name, array in twin.state_dict().items():
        np.testing.assert_array_equal(
            array, wanted[name] if way is not KEPT[4] else np.float32(wanted[name]), err_msg=name
        )


def test_whoever_says_the_layout_of_an_array_is_believed() -> None:
    ours, twin = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)
    theirs = torch_state_dict(ours)
    for put in (
        lambda: setattr(twin, "weight", theirs["weight"]),
        lambda: nn.Linear(2, 2, init=lambda shape, rng: theirs["weight"]),
    ):
        with pytest.raises(DTypeError, match="may be transposed"):
            put()
    twin.bias = theirs["bias"]  # has no layout
    twin.weight = theirs["weight"].T
    assert (twin.weight.numpy() == ours.weight.numpy()).all()
    twin.load_state_dict({name: np.asarray(array) for name, array in theirs.items()})
    assert (twin.weight.numpy() == ours.weight.numpy().T).all()


def test_what_is_computed_of_the_array_of_another_program_is_an_array() -> None:
    array = torch_state_dict(nn.Linear(2, 2, rng=0))["weight"]
    assert [type(x) for x in (array * 2, array @ array, np.exp(array))] == [np.ndarray] * 3
    assert isinstance(array.sum(), float)
    assert (Tensor(array).numpy() == np.asarray(array)).all()
    assert type(Tensor(array).numpy()) is np.ndarray


def test_two_names_of_one_parameter_hold_one_array_of_numbers() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            self.one, self.two = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)
            self.two.weight = self.one.weight

    for model in (Tied(), Tied().to_scalars()):
        state = model.state_dict()
        before = {name: array.copy() for name, array in state.items()}
        state["two.weight"] = state["two.weight"] + 1.0
        for strict in (True, False):
            with pytest.raises(ValueError, match=r"same numbers as one\.weight and two\.weight, which are one"):
                model.load_state_dict(state, strict)
        assert all((array == before[name]).all() for name, array in model.state_dict().items())
        state["one.weight"] = state["two.weight"]
        model.load_state_dict(state)
        assert (model.state_dict()["one.weight"] == before["one.weight"] + 1.0).all()


def test_a_state_of_ours_is_not_taken_for_one_of_torchs(tmp_path: Path) -> None:
    """Of square weights nothing else tells: they fit either way."""
    ours, twin = (nn.Sequential(nn.Linear(3, 3, rng=seed), nn.Tanh()) for seed in (0, 1))
    nn.save(tmp_path / "model.safetensors", ours.state_dict())
    nn.save(tmp_path / "both.safetensors", {"model": ours.state_dict(), "epoch": 3})
    before = twin.state_dict()
    loaded = nn.load(tmp_path / "both.safetensors")
    for state in (ours.state_dict(), nn.load(tmp_path / "model.safetensors"), loaded["model"]):
        with pytest.raises(DTypeError, match="expected one of PyTorch, got one of this library"):
            load_torch_state_dict(twin, state, strict=False)
        assert all((before[name] == array).all() for name, array in twin.state_dict().items())
        assert twin.load_state_dict(state) == ([], [])
        twin.load_state_dict(before)
