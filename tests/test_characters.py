"""The character model of the examples: its forms agree, learn and write, and its names are what they are said to be."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from math import log
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, no_grad

EXAMPLES = Path(__file__).parent.parent / "examples"


def loaded(name: str) -> ModuleType:
    """An example, which is a file of no package."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


characters = loaded("characters")
NAMES = characters.NAMES.read_text(encoding="ascii").split()

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", max_size=8)
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def models(draw: st.DrawFn) -> Any:
    """A small one, with weights large enough that attention and ReLU have something to decide."""
    heads = draw(st.integers(1, 3))
    model = characters.CharacterModel(heads * draw(st.integers(1, 3)), heads, draw(st.integers(1, 2)), rng=draw(SEEDS))
    spread = draw(st.sampled_from([1.0, 5.0, 20.0]))
    model.load_state_dict({name: spread * numbers for name, numbers in model.state_dict().items()})
    return model


def gradients_of(parameters: list[Any]) -> Any:
    """Of all numbers, in order."""
    return np.concatenate([np.ravel(p.grad) for p in parameters])


def test_the_names_are_what_they_are_said_to_be() -> None:
    assert characters.NAMES.read_bytes().decode("ascii") == "".join(f"{name}\n" for name in NAMES)
    assert 700 <= len(NAMES) <= 1000
    assert sorted(set(NAMES)) == NAMES
    assert set("".join(NAMES)) == set("abcdefghijklmnopqrstuvwxyz")
    assert max(map(len, NAMES)) <= characters.LENGTH


@given(model=models(), name=WORDS)
def test_the_forms_have_the_same_loss_and_the_same_gradient(model: Any, name: str) -> None:
    forms = [model, characters.ScalarModel(model), model.to_scalars()]
    losses = [form.loss(name) for form in forms]
    for loss in losses:
        loss.backward()
    numbers, (tensors, *values) = [loss.item() for loss in losses], [gradients_of(form.parameters()) for form in forms]
    np.testing.assert_allclose(numbers, numbers[0], rtol=1e-12)
    for grads in values:
        np.testing.assert_allclose(grads, tensors, rtol=1e-9, atol=1e-12)


@given(model=models(), name=WORDS)
def test_no_place_looks_at_later_ones(model: Any, name: str) -> None:
    tokens = characters.encode(name)[:-1]
    with no_grad():
        whole = model(tokens).numpy()
        for length in range(1, len(tokens)):
            np.testing.assert_allclose(model(tokens[:length]).numpy(), whole[:length], rtol=1e-10, atol=1e-12)


def test_softmax_takes_scores_of_any_size() -> None:
    scores = [Value(score) for score in (1e4, 1e4, -1e4)]
    assert [chance.data for chance in characters.softmax(scores)] == [0.5, 0.5, 0.0]


@settings(max_examples=5)
@given(model=models(), names=st.lists(WORDS, min_size=1, max_size=30))
def test_both_forms_train_alike(model: Any, names: list[str]) -> None:
    values = characters.ScalarModel(model)
    np.testing.assert_allclose(
        list(characters.train_values(values, names, 20)), list(characters.train(model, names, 20)), rtol=0, atol=1e-10
    )


def test_both_forms_learn_alike_at_full_size() -> None:
    model = characters.CharacterModel(rng=0)
    values, names = characters.ScalarModel(model), np.random.default_rng(0).permutation(NAMES)[:20].tolist()
    losses = np.array(list(characters.train(model, names, 60)))
    np.testing.assert_allclose(list(characters.train_values(values, names, 60)), losses, rtol=0, atol=1e-10)
    assert losses[-20:].mean() < losses[:20].mean() - 0.5
    weights = [p.data for p in values.parameters()]
    np.testing.assert_allclose(
        weights, np.concatenate([np.ravel(p.data) for p in model.parameters()]), rtol=1e-8, atol=1e-10
    )


def test_names_are_drawn_as_the_seed_says_by_each_form() -> None:
    model = characters.CharacterModel(8, 2, rng=0)
    list(characters.train(model, NAMES, 100))
    forms = [model, model, characters.ScalarModel(model), model.to_scalars()]
    drawn = []
    for form in forms:
        rng = np.random.default_rng(5)
        drawn.append([characters.sample(form, rng, 1.0) for _ in range(5)])
    assert drawn[1:] == drawn[:-1]
    assert len(set(drawn[0])) > 1
    assert all(len(name) <= characters.LENGTH for name in drawn[0])


@given(seed=SEEDS, weights=st.integers(0, 100))
def test_the_lowest_temperature_takes_the_likeliest_letters(seed: int, weights: int) -> None:
    model = characters.CharacterModel(4, 2, rng=weights)
    likeliest = [characters.END]
    while len(likeliest) <= characters.LENGTH:
        token = int(model(likeliest).numpy()[-1].argmax())
        if token == characters.END:
            break
        likeliest.append(token)
    name = characters.sample(model, np.random.default_rng(seed), 1e-9)
    assert characters.encode(name)[:-1] == likeliest


def test_a_table_of_counts_has_the_entropy_of_what_it_counted() -> None:
    text = "".join(f"{name}." for name in NAMES)
    letters, pairs = Counter(text), Counter(zip("." + text, text, strict=False))

    def entropy(counts: Any) -> float:
        total = sum(counts.values())
        return -sum(n / total * log(n / total) for n in counts.values())

    for context, expected in [(0, entropy(letters)), (1, entropy(pairs) - entropy(letters))]:
        assert characters.per_letter(characters.counted(NAMES, context, 0), NAMES) == pytest.approx(expected, rel=1e-12)


def test_what_was_never_seen_is_as_likely_as_any_with_something_added() -> None:
    loss = characters.counted(["a"], 1, 1)
    # Of 27 tokens a came first once in 1, then the end once in 1; behind b nothing was seen.
    assert loss("a") == pytest.approx(-log(2 / 28), rel=1e-12)
    assert loss("b") == pytest.approx(-(log(1 / 28) + log(1 / 27)) / 2, rel=1e-12)


@pytest.mark.parametrize("form", [[], ["--values"]])
def test_the_command_tells_what_it_learnt(form: list[str], monkeypatch: Any, capsys: Any, tmp_path: Path) -> None:
    few = tmp_path / "names.txt"
    few.write_text("".join(f"{name[:2]}\n" for name in NAMES[::8]), encoding="ascii")
    monkeypatch.setattr(characters, "NAMES", few)
    monkeypatch.setattr(sys, "argv", ["characters.py", "--steps", "3", *form])
    characters.main()
    said = capsys.readouterr().out
    assert [line[:16] for line in said.splitlines()[1:4]] == [
        "letters, counted",
        "pairs, counted  ",
        "this model      ",
    ]
    assert said.splitlines()[4].startswith("new names: ")
