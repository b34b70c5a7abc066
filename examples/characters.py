"""A model that learns to write names letter by letter, in two forms: of Tensors, and of single Values.

It is a small transformer after microgpt by Andrej Karpathy. The two forms share their weights and nothing else, and
come to the same losses: what `nn` does with arrays is what the loops below spell out.

    python examples/characters.py             # trains the Tensors for some ten seconds, and writes new names
    python examples/characters.py --values    # fewer steps of the Values, each some 15 times as long
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import log, sqrt
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
from tqdm import tqdm

import autograd
import nn
from autograd import Value, sum_of, sum_of_products

NAMES = Path(__file__).with_name("names.txt")
END = 0  # the token before the first letter and after the last
ALPHABET = "." + ascii_lowercase
LENGTH = 16  # the most letters of a name
EPS = 1e-5  # RMS norm divides by a little more than zero
LR, BETAS, ADAM_EPS = 0.01, (0.85, 0.99), 1e-8


def encode(name: str) -> list[int]:
    return [END, *(ALPHABET.index(letter) for letter in name), END]


# Of Tensors: all letters of a name at once, and a mask hides the later ones.


class Block(nn.Module):
    """Attention, by which each letter looks at those before it, and then a layer for each alone; both add to it."""

    def __init__(self, width: int, heads: int, rng: np.random.Generator, init: nn.init.Init) -> None:
        self.norm = nn.RMSNorm(width, EPS, elementwise_affine=False)
        self.attention = nn.MultiHeadAttention(width, heads, bias=False, rng=rng, init=init)
        self.expand = nn.Linear(width, 4 * width, bias=False, rng=rng, init=init)
        self.contract = nn.Linear(4 * width, width, bias=False, rng=rng, init=init)

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.norm(x), is_causal=True)
        return x + self.contract(autograd.relu(self.expand(self.norm(x))))


class CharacterModel(nn.Module):
    """From the tokens so far to the scores of the next one, at each place; `to_scalars` makes a third form of it."""

    def __init__(self, width: int = 16, heads: int = 4, blocks: int = 1, *, rng: int | np.random.Generator) -> None:
        rng, init = np.random.default_rng(rng), partial(nn.init.normal, std=0.08)
        self.tokens = nn.Embedding(len(ALPHABET), width, rng=rng, init=init)
        self.positions = nn.Embedding(LENGTH + 1, width, rng=rng, init=init)
        self.norm = nn.RMSNorm(width, EPS, elementwise_affine=False)
        self.blocks = [Block(width, heads, rng, init) for _ in range(blocks)]
        self.head = nn.Linear(width, len(ALPHABET), bias=False, rng=rng, init=init)

    def forward(self, tokens: list[int]) -> Any:
        x = self.norm(self.tokens(tokens) + self.positions(range(len(tokens))))
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def loss(self, name: str) -> Any:
        tokens = encode(name)
        return nn.cross_entropy(self(tokens[:-1]), tokens[1:])


def train(model: CharacterModel, names: Sequence[str], steps: int) -> Iterator[float]:
    """The loss of each step, of one name."""
    optimizer = nn.Adam(model.parameters(), lr=LR, betas=BETAS, eps=ADAM_EPS)
    schedule = nn.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps)
    for step in range(steps):
        loss = model.loss(names[step % len(names)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield loss.item()


# Of Values: one letter after another, each of which leaves a key and a value to those behind it.

Vector = Sequence[Value]
Cache = list[tuple[Vector, Vector]]  # the key and the value of each letter so far


def linear(x: Vector, weight: Sequence[Vector]) -> list[Value]:
    return [sum_of_products(x, column) for column in zip(*weight, strict=True)]


def add(x: Vector, y: Vector) -> list[Value]:
    return [a + b for a, b in zip(x, y, strict=True)]


def rms_norm(x: Vector) -> list[Value]:
    scale = (sum_of_products(x, x) / len(x) + EPS) ** -0.5
    return [a * scale for a in x]


def softmax(scores: Vector) -> list[Value]:
    largest = max(score.data for score in scores)  # taken from all, it changes nothing, and no power is too large
    powers = [(score - largest).exp() for score in scores]
    total = sum_of(powers)
    return [power / total for power in powers]


class ScalarModel:
    """The same model, with a copy of the weights: lists of Values, and loops."""

    def __init__(self, model: CharacterModel) -> None:
        self.heads, self.blocks = model.blocks[0].attention.num_heads, len(model.blocks)
        self.weights = {
            name: [[Value(number) for number in row] for row in array.tolist()]
            for name, array in model.state_dict().items()
        }

    def parameters(self) -> list[Value]:
        return [value for matrix in self.weights.values() for row in matrix for value in row]

    def __call__(self, tokens: list[int]) -> list[list[Value]]:
        caches: list[Cache] = [[] for _ in range(self.blocks)]
        return [self.scores(token, position, caches) for position, token in enumerate(tokens)]

    def scores(self, token: int, position: int, caches: list[Cache]) -> list[Value]:
        w = self.weights
        x = rms_norm(add(w["tokens.weight"][token], w["positions.weight"][position]))
        for block, cache in enumerate(caches):
            x = add(x, self.attend(rms_norm(x), f"blocks.{block}.attention", cache))
            hidden = [h.relu() for h in linear(rms_norm(x), w[f"blocks.{block}.expand.weight"])]
            x = add(x, linear(hidden, w[f"blocks.{block}.contract.weight"]))
        return linear(x, w["head.weight"])

    def attend(self, x: Vector, name: str, cache: Cache) -> list[Value]:
        width, size = len(x), len(x) // self.heads
        projected = linear(x, self.weights[f"{name}.in_proj_weight"])
        query, key, value = projected[:width], projected[width : 2 * width], projected[2 * width :]
        cache.append((key, value))
        together: list[Value] = []
        for start in range(0, width, size):
            head = slice(start, start + size)
            attention = softmax([sum_of_products(query[head], key[head]) / sqrt(size) for key, _ in cache])
            columns = zip(*(value[head] for _, value in cache), strict=True)
            together += [sum_of_products(attention, column) for column in columns]
        return linear(together, self.weights[f"{name}.out_proj.weight"])

    def loss(self, name: str) -> Any:
        tokens = encode(name)
        losses = [-softmax(scores)[k].log() for scores, k in zip(self(tokens[:-1]), tokens[1:], strict=True)]
        return sum_of(losses) / len(losses)


def train_values(model: ScalarModel, names: Sequence[str], steps: int) -> Iterator[float]:
    """The same steps, with Adam written out."""
    parameters = model.parameters()
    means, squares = [0.0] * len(parameters), [0.0] * len(parameters)
    beta1, beta2 = BETAS
    for step in range(steps):
        loss = model.loss(names[step % len(names)])
        autograd.zero_grad(*parameters)
        loss.backward()
        rate = LR * (1 - step / steps)
        filled1, filled2 = 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)  # both means start at zero
        for i, p in enumerate(parameters):
            means[i] = beta1 * means[i] + (1 - beta1) * p.grad  # which is 0 for letters that the name has not
            squares[i] = beta2 * squares[i] + (1 - beta2) * p.grad**2
            p.data -= rate * (means[i] / filled1) / (sqrt(squares[i] / filled2) + ADAM_EPS)
        yield loss.item()


# Of either form.


def sample(model: Callable[[list[int]], Any], rng: np.random.Generator, temperature: float = 0.7) -> str:
    """A name, drawn letter by letter; the lower the temperature, the more often the likeliest."""
    tokens = [END]
    while len(tokens) <= LENGTH:
        scores = np.array([score.item() for score in model(tokens)[-1]])
        token = int(rng.choice(len(ALPHABET), p=autograd.softmax(scores / temperature)))
        if token == END:
            break
        tokens.append(token)
    return "".join(ALPHABET[token] for token in tokens[1:])


def per_letter(loss: Callable[[str], Any], names: Sequence[str]) -> float:
    """The mean loss of a letter, ends included, in nats; ``loss`` gives the mean of one name."""
    return sum(float(loss(name)) * (len(name) + 1) for name in names) / sum(len(name) + 1 for name in names)


def counted(names: Sequence[str], context: int, added: int) -> Callable[[str], float]:
    """The loss of a table of counts: how often a letter follows the ``context`` letters before it, and ``added``."""

    def places(name: str) -> list[tuple[str, str]]:
        text = "." * context + name + "."
        return [(text[i : i + context], text[i + context]) for i in range(len(name) + 1)]

    pairs = Counter(place for name in names for place in places(name))
    before = Counter(place[0] for name in names for place in places(name))

    def loss(name: str) -> float:
        chances = [(pairs[place] + added) / (before[place[0]] + added * len(ALPHABET)) for place in places(name)]
        return -sum(map(log, chances)) / len(chances)

    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn to write names, letter by letter.")
    parser.add_argument("--values", action="store_true", help="train the form of single Values")
    parser.add_argument("--steps", type=int, help="names to learn from, one a step (5000, of Values 500)")
    parser.add_argument("--seed", type=int, default=0, help="of the order of names, the weights and the samples")
    parser.add_argument("--temperature", type=float, default=0.7, help="of the samples")
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    names = rng.permutation(NAMES.read_text(encoding="ascii").split()).tolist()
    held_out, learnt = names[:100], names[100:]
    model: Any = CharacterModel(rng=rng)
    steps = asked.steps or (500 if asked.values else 5000)
    if asked.values:
        model = ScalarModel(model)
    losses = (train_values if asked.values else train)(model, learnt, steps)
    recent = log(len(ALPHABET))  # the loss of knowing nothing
    with tqdm(losses, total=steps, unit="name") as bar:
        for loss in bar:
            recent += 0.01 * (loss - recent)
            bar.set_postfix(loss=f"{recent:.2f}", refresh=False)
    print(f"{'nats a letter':<20} learnt from  held out")
    for title, context in [("letters, counted", 0), ("pairs, counted", 1)]:
        # With nothing added it is the entropy, which no table falls below; a pair that is new needs something added.
        entropy = per_letter(counted(learnt, context, 0), learnt)
        print(f"{title:<20} {entropy:11.3f}  {per_letter(counted(learnt, context, 1), held_out):8.3f}")
    print(f"{'this model':<20} {per_letter(model.loss, learnt):11.3f}  {per_letter(model.loss, held_out):8.3f}")
    drawn = [sample(model, rng, asked.temperature) for _ in range(20)]
    print("new names:", *[name for name in dict.fromkeys(drawn) if name not in names])


if __name__ == "__main__":
    main()
