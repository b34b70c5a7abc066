"""micrograd's own code runs on our Value: its networks, its tests' arithmetic, its drawings."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import micrograd.engine
import pytest
from numeric import assert_close

from autograd import Value

MICROGRAD: type = micrograd.engine.Value


def network_code(value: type) -> ModuleType:
    """Micrograd's nn.py, loaded anew, on this kind of value."""
    spec = importlib.util.find_spec("micrograd.nn")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Value = value  # type: ignore[attr-defined]  # all that it imports
    return module


def trained(
    value: type, sizes: list[int], loss_of: Callable[[Any, Any], Any], steps: int = 5
) -> tuple[list[float], list]:
    """Losses and gradients of a few steps of gradient descent on a fixed small task."""
    nn = network_code(value)
    random.seed(1337)
    model = nn.MLP(2, sizes)
    points = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(12)]
    labels = [1.0 if x * y > 0 else -1.0 for x, y in points]
    losses, gradients = [], []
    for step in range(steps):
        scores = [model([value(a) for a in point]) for point in points]
        data_loss = sum(loss_of(label, score) for label, score in zip(labels, scores, strict=True)) * (
            1.0 / len(points)
        )
        total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        losses.append(total.data)
        gradients.append([float(p.grad) for p in model.parameters()])
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * step / 100) * 0.1 * p.grad
    return losses, gradients


def margin(label: float, score: Any) -> Any:
    return (1 + -label * score).relu()


def squared(label: float, score: Any) -> Any:
    return (score - label) ** 2


@pytest.mark.parametrize("loss", [margin, squared])
@pytest.mark.parametrize("sizes", [[4, 1], [8, 8, 1], [1]], ids=str)
def test_its_networks_train_on_our_value_as_on_its_own(sizes: list[int], loss: Callable[[Any, Any], Any]) -> None:
    our_losses, our_gradients = trained(Value, sizes, loss)
    its_losses, its_gradients = trained(MICROGRAD, sizes, loss)
    assert_close(our_losses, its_losses, tolerance=1e-12)
    assert_close(our_gradients, its_gradients, tolerance=1e-12)
    assert our_losses[-1] < our_losses[0], "and they learn"


# The arithmetic of its two published tests.


def sanity(number: Callable[[float], Any], relu: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    x = number(-4.0)
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    y = h + q + q * x
    return [x], y


def more(number: Callable[[float], Any], relu: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    a = number(-4.0)
    b = number(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return [a, b], g


def by_values(value: type, program: Callable[..., Any]) -> tuple[float, list[float]]:
    leaves, y = program(value, lambda v: v.relu())
    y.backward()
    return y.data, [float(leaf.grad) for leaf in leaves]


def by_torch(program: Callable[..., Any]) -> tuple[float, list[float]]:
    torch = pytest.importorskip("torch")
    leaves, y = program(lambda x: torch.tensor([x], dtype=torch.float64, requires_grad=True), torch.relu)
    y.backward()
    return y.item(), [leaf.grad.item() for leaf in leaves]


@pytest.mark.parametrize(
    ("program", "value", "gradients"),
    [(sanity, -20.0, [46.0]), (more, 24.70408163265306, [138.83381924198252, 645.5772594752186])],
)
@pytest.mark.parametrize("oracle", ["by hand", "micrograd", "torch"])
def test_the_arithmetic_of_its_tests(
    program: Callable[..., Any], value: float, gradients: list[float], oracle: str
) -> None:
    if oracle == "micrograd":
        value, gradients = by_values(MICROGRAD, program)
    if oracle == "torch":
        value, gradients = by_torch(program)
    ours, our_gradients = by_values(Value, program)
    assert_close(ours, value, tolerance=1e-14)
    assert_close(our_gradients, gradients, tolerance=1e-14)


# Drawing in its way: a walk over _prev, with _op, label, data and grad.


def drawn(root: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """Cards and edges, as its drawing code collects them."""
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    cards = sorted(f"{{ {v.label} | data {v.data:.4f} | grad {v.grad:.4f} }} {v._op}" for v in nodes)
    return cards, sorted((a.label, b.label + b._op) for a, b in edges)


def test_a_drawing_walks_our_graph() -> None:
    x, y, z = Value(-2.0, label="x"), Value(5.0, label="y"), Value(-4.0, label="z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    f.backward()
    cards, edges = drawn(f)
    assert cards == [
        "{ f | data -12.0000 | grad 1.0000 } *",
        "{ q | data 3.0000 | grad -4.0000 } +",
        "{ x | data -2.0000 | grad -4.0000 } ",
        "{ y | data 5.0000 | grad -4.0000 } ",
        "{ z | data -4.0000 | grad 3.0000 } ",
    ]
    assert edges == [("q", "f*"), ("x", "q+"), ("y", "q+"), ("z", "f*")]


def test_values_of_equal_data_are_drawn_apart() -> None:
    a, b = Value(1.0, label="a"), Value(1.0, label="b")
    c = a * b
    c.label = "c"
    cards, edges = drawn(c)
    assert len(cards) == 3
    assert edges == [("a", "c*"), ("b", "c*")]
