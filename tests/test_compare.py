"""Two runs compared: what differs, where it begins, and mistakes by their signs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Program, by_operator, programs

import nn
import viz
from autograd import Comparison, Graph, GraphError, Recording, Tensor, Value, by_hand, compare


def run(w: float, scale: float = 1.0) -> Value:
    a, x = Value(w, "a"), Value(3.0, "x")
    q = a * x
    q.label = "q"
    r = q + x
    r.label = "r"
    f = r * q * scale
    f.label = "f"
    return f


@settings(max_examples=30)
@given(programs())
def test_a_program_is_the_same_as_itself(program: Program) -> None:
    leaves = [Value(float(x)) for x in program.inputs]
    outputs = [program.result(by_operator, leaves) for _ in range(2)]
    found = compare(*outputs)
    assert found.differing == ()
    assert str(found).startswith("the same")
    assert found.is_aligned


@given(st.floats(0.5, 2), st.floats(0.01, 1))
def test_a_changed_leaf_is_the_one_cause(w: float, change: float) -> None:
    found = compare(run(w), run(w + change))
    causes = [found.b.names[pair.b] for pair in found.pairs if pair.cause and pair.b is not None]
    assert causes == ["a"]
    assert found.sentences == ("a was changed, and the rest follows",)
    differing = {found.b.names[pair.b] for pair in found.differing if pair.value and pair.b is not None}
    assert differing >= {"a", "q", "r", "f"}


def swept(change: str) -> Value:
    """A run whose gradients a learner made, with one mistake."""
    f = run(2.0)
    graph = Graph.of(f)
    f.backward()
    leaves = {leaf.label: leaf for leaf in all_nodes(f)}
    a, x, q = leaves["a"], leaves["x"], leaves["q"]
    if change == "twice":
        f.backward()
    elif change == "sign":
        a.grad = -a.grad
    elif change == "assigned":
        x.grad = graph["q"].data  # what comes by r alone: ∂f/∂r · 1
    elif change == "late":
        x.grad -= q.grad * a.data
    elif change == "before":
        x.grad += 0.75
        a.grad += 0.25
    return f


def all_nodes(f: Value) -> list[Value]:
    found, waiting = [], [f]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [x for x in node._prev if isinstance(x, Value)]
    return found


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("twice", "∂a: twice what it is: swept twice, and not set to zero between: zero_grad is missing"),
        ("sign", "∂a: the sign is wrong"),
        ("assigned", "∂x: that is what comes by r alone: `=` for `+=`"),
        ("before", "∂x: 0.75 was there before: zero_grad is missing"),
    ],
)
def test_a_mistake_is_named(mistake: str, told: str) -> None:
    found = compare(swept("none"), swept(mistake))
    assert told in found.sentences
    assert not any(pair.value for pair in found.pairs)


def test_what_came_too_late_is_named() -> None:
    found = compare(swept("none"), swept("late"))
    assert any("∂x" in sentence for sentence in found.sentences)


def test_the_same_value_computed_otherwise_is_told() -> None:
    x, y = Value(1.0, "x"), Value(1.0, "y")
    for first, second in ((x**2.0, x**3.0), (x - y, y - x), ((x - 1.0) * 3.0, (x - 1.0) * -3.0)):
        found = compare(first, second)
        assert len(found.sentences) == 1
        assert "is computed otherwise" in found.sentences[0]


def test_a_push_that_was_too_early_is_named() -> None:
    def pushed(order: str) -> Value:
        x = Value(3.0, "x")
        q = x * 2
        r = q * q
        s = r + q
        nodes = {"q": q, "r": r, "s": s}
        for name, node in nodes.items():
            node.label = name
        hand = by_hand(s)
        for name in order:
            hand.push(nodes[name])
        return s

    found = compare(pushed("srq"), pushed("sqr"))
    assert found.sentences == ("∂x: q was pushed before r had paid into it",)


def test_a_run_that_was_not_swept_is_swept_beside_the_nodes() -> None:
    x = Value(2.0, "x")
    a = x * x * 2
    a.backward()
    assert compare(a, x * x * 2).differing == ()


def test_another_structure_is_told() -> None:
    a = Value(3.0, "a")
    found = compare(a * a + a, a * a * a)
    assert not found.is_aligned
    assert any("in the second alone" in sentence for sentence in found.sentences)
    assert any("in the first alone" in sentence for sentence in found.sentences)
    assert "in one alone" in str(found)


def test_it_shows_in_a_stepper_or_as_two_pictures() -> None:
    shown = viz.compare(run(2.0), run(2.5), titles=("before", "after"))
    assert isinstance(shown.comparison, Comparison)
    assert "a was changed" in shown.html()
    assert "before" in shown.html()
    a = Value(3.0, "a")
    two = viz.compare(a * a + a, a * a * a).html()
    assert two.count("<svg") == 2
    assert "<h2>b</h2>" in two


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def test_a_run_is_the_same_as_itself() -> None:
    f = run(2.0)
    f.backward()
    assert compare(f, f).differing == ()
    assert str(viz.compare(f, f)) == "the same: 6 nodes"


@pytest.mark.parametrize("is_labelled", [False, True])
def test_independent_operations_may_be_in_another_order(is_labelled: bool) -> None:
    def made(order: str, w: float = 2.0) -> Value:
        leaves = {"a": Value(w, "a" if is_labelled else ""), "b": Value(3.0, "b" if is_labelled else "")}
        halves = {name: (leaves[name] * (2.0 if name == "a" else 5.0)).tanh() + 1.0 for name in order}
        return halves["a"] * halves["b"]

    for order in ("ab", "ba"):
        assert compare(made("ab"), made(order)).differing == ()
    found = compare(made("ab"), made("ba", 0.5))
    assert not any(None in pair[:2] for pair in found.pairs)
    assert [x.name for x in found.rows if x.remark == "begins"] == [found.b.names[next(iter(found.b.leaves))]]


@settings(max_examples=30)
@given(programs(), st.data())
def test_leaves_may_have_other_names(program: Program, data: st.DataObject) -> None:
    names = [f"p{k}" for k in range(len(program.inputs))]
    others = [data.draw(st.sampled_from([name, f"u{name}"])) for name in names]
    outputs = [
        program.result(by_operator, [Value(float(x), name) for x, name in zip(program.inputs, kind, strict=True)])
        for kind in (names, others)
    ]
    assert compare(*outputs).differing == ()


def test_inner_nodes_may_have_other_names() -> None:
    def made(names: str) -> Value:
        x = Value(2.0, "x")
        q, r = labelled(x * 3.0, names[0]), labelled(x + 1.0, names[1])
        return labelled(q * r, "f")

    assert compare(made("qr"), made("rq")).differing == ()
    assert compare(made("qr"), made("uv")).differing == ()


def test_other_constants_shapes_and_precisions_are_told() -> None:
    x = Value(3.0, "x")
    assert compare(x * 2.0 + 1.0, x * 5.0 + 1.0).sentences == (
        "q = x · 5 is computed otherwise: in the first it is q = x · 2",
    )

    def made(kind: str, count: int = 3) -> Tensor:
        return (Tensor(np.linspace(0.1, 1, count).astype(kind), label="w") * 3).sum()

    precise = compare(made("float64"), made("float32"))
    assert precise.sentences == ("w is float64 in the first, float32 in the second",)
    assert not any(pair.value or pair.grad for pair in precise.pairs)
    assert compare(made("float64"), made("float64", 4)).sentences == (
        "w has the shape (3,) in the first, (4,) in the second",
    )


@pytest.mark.parametrize("is_first", [False, True])
def test_a_sweep_may_be_missing_on_one_side(is_first: bool) -> None:
    swept, fresh = run(2.0), run(2.0)
    swept.backward()
    assert compare(*((fresh, swept) if is_first else (swept, fresh))).differing == ()


def test_what_changes_in_the_middle_leaves_the_rest_aligned() -> None:
    def made(activation: str) -> Value:
        x, w = Value(0.5, "x"), Value(-1.5, "w")
        return getattr(w * x + 0.25, activation)() * 2.0 + w

    found = compare(made("tanh"), made("exp"))
    alone = [found.a.nodes[x.a].op if x.b is None else found.b.nodes[x.b].op for x in found.pairs if None in x[:2]]  # type: ignore[index]
    assert sorted(op.name for op in alone if op) == ["exp", "tanh"]


def trained(is_zeroed: bool = True, rate: float = 0.1, count: int = 3) -> tuple[Value, Recording]:
    """A training, and the loss of its last iteration."""
    w = Value(1.0, "w")
    kept = Recording([w])
    for k in range(count):
        if is_zeroed:
            w.grad = 0.0
        loss = (w * 2 - 1) ** 2
        loss.backward()
        kept.take(loss)
        if k < count - 1:
            w.data -= rate * w.grad
    return loss, kept


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_a_forgotten_zero_grad_is_told_first_however_long_ago(count: int) -> None:
    right, wrong = trained(count=count)[0], trained(is_zeroed=False, count=count)[0]
    told = compare(right, wrong).sentences
    assert told[0].startswith("∂w: ")
    assert told[0].endswith(" was there before: zero_grad is missing")
    assert told[1:] == ("w was changed, and the rest follows",) * (count > 2)
    other = compare(wrong, right).sentences
    assert other[0] == f"in the first: {told[0]}"


def test_of_two_trainings_the_first_iteration_that_differs_is_shown() -> None:
    def told(*kinds: dict[str, Any]) -> tuple[str, ...]:
        return compare(*[trained(**kind)[1] for kind in kinds]).sentences

    assert told({}, {"is_zeroed": False}) == (
        "iteration 2 is the first that differs",
        "∂w: 4 was there before: zero_grad is missing",
        "the update of w differs: it is 0.52 after it in the first, 0.12 in the second",
    )
    assert told({}, {"rate": 0.2})[0] == "iteration 1 is the first that differs"
    assert [pair.b for pair in compare(trained()[1], trained(rate=0.2)[1]).differing] == [0], "w, whose update differs"
    assert told({}, {}) == ("no iteration differs, of 3",)
    assert told({"count": 5}, {"count": 4})[0] == "iteration 4 is the first that differs", "the last makes no update"
    with pytest.raises(GraphError, match="compare: a is a training: compare it with another"):
        compare(trained()[1], Value(1.0))
    with pytest.raises(GraphError, match="without an iteration"):
        compare(trained()[1], Recording([Value(1.0)]))


def test_trainings_that_differ_in_length_alone_are_told() -> None:
    long, short = (trained(rate=0.0, count=count)[1] for count in (5, 3))
    assert compare(long, short).sentences == ("no iteration differs, of 3", "the first has 2 more")
    assert compare(short, long).sentences == ("no iteration differs, of 3", "the second has 2 more")


def test_a_network_s_trainings_are_stepped_and_compared_as_they_are() -> None:
    data = [[0.0], [1.0]], [[0.0], [1.0]]

    def fitted(rate: float) -> nn.Record:
        record = nn.Record()
        model = nn.MLP([1, 1], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=rate)
        nn.fit(model, nn.mse, data, optimizer=optimizer, epochs=2, callbacks=[record], rng=0, progress=False)
        return record

    record = fitted(0.1)
    assert str(viz.step(record)) == str(viz.step(record.recording))  # type: ignore[arg-type]
    found = viz.compare(record, fitted(0.2), titles=("slow", "fast"))
    assert str(found).startswith("iteration 1 is the first that differs\nthe update of W1 differs")
    assert "第 1 次迭代开始不同" in str(viz.compare(record, fitted(0.2), lang="zh"))
    assert "iteration 1 is the first that differs" in found.html()
    with pytest.raises(GraphError, match="Record: no training was recorded yet"):
        viz.step(nn.Record())


def test_what_is_no_computation_is_refused() -> None:
    with pytest.raises(GraphError, match="compare: b: expected a Value"):
        compare(Value(1.0) * 2, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(compare(run(1.0), run(1.0)))


def test_clipped_gradients_and_a_single_doubled_one_are_no_forgotten_zero_grad() -> None:
    def run() -> tuple[Value, Value, Value]:
        x, y = Value(3.0, "x"), Value(4.0, "y")
        f = (x + x * y) * x
        f.backward()
        return x, y, f

    right, (x, y, f) = run()[2], run()
    size = float(np.hypot(x.grad, y.grad))
    x.grad, y.grad = x.grad / size, y.grad / size
    assert {each.kind for each in compare(right, f).findings} == {"scaled"}
    x, _, f = run()
    x.grad *= 2.0
    assert [each.kind for each in compare(right, f).findings] == ["off"]
