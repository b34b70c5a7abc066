"""explain: an operation in symbols, with numbers, as LaTeX, and in one sentence."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from formulas import evaluated
from hypothesis import example, given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import MEANING, Program, by_function, by_operator, meaning, programs

import autograd
from autograd import Graph, GraphError, Symbol, Tensor, Value, explain, format_number, table
from autograd.notation.printer import text
from autograd.notation.words import ratio


def test_a_product_swaps_its_inputs() -> None:
    x, y = Value(2.0), Value(3.0)
    explanation = explain(x * y)
    assert (explanation.name, explanation.formula, explanation.numbers) == ("mul", "f = x · y", "2 · 3 = 6")
    assert [(p.of, p.formula, p.numbers) for p in explanation.partials] == [("∂f/∂x", "y", "3"), ("∂f/∂y", "x", "2")]
    assert explanation.sentence == autograd.mul.doc
    lines = str(explanation).splitlines()
    assert lines[0] == "f = x · y = 2 · 3 = 6"
    assert lines[-1].strip() == autograd.mul.doc


FORMULAS: list[tuple[Any, str, list[str]]] = [
    (lambda x, y: x + y, "f = x + y", ["1", "1"]),
    (lambda x, y: x - y, "f = x − y", ["1", "−1"]),
    (lambda x, y: x / y, "f = x / y", ["1 / y", "−f / y"]),
    (lambda x, y: x**2, "f = x²", ["2 · x"]),
    (lambda x, y: x**3, "f = x³", ["3 · x²"]),
    (lambda x, y: np.tanh(x), "f = tanh(x)", ["1 − f²"]),
    (lambda x, y: np.exp(x), "f = exp(x)", ["f"]),
    (lambda x, y: np.log(x), "f = log(x)", ["1 / x"]),
    (lambda x, y: np.sqrt(x), "f = √(x)", ["0.5 / f"]),
    (lambda x, y: np.sin(x), "f = sin(x)", ["cos(x)"]),
    (lambda x, y: np.cos(x), "f = cos(x)", ["−sin(x)"]),
    (lambda x, y: -x, "f = −x", ["−1"]),
    (lambda x, y: abs(x), "f = |x|", ["sign(x)"]),
    (lambda x, y: x.sigmoid(), "f = σ(x)", ["f · (1 − f)"]),
    (lambda x, y: x * x, "f = x · x", ["x", "x"]),
    (lambda x, y: 2 * x, "f = 2 · x", ["2"]),
    (lambda x, y: 1 - x, "f = 1 − x", ["−1"]),
]


@pytest.mark.parametrize(("make", "formula", "partials"), FORMULAS, ids=[formula for _, formula, _ in FORMULAS])
def test_formulas_are_as_in_a_textbook(make: Any, formula: str, partials: list[str]) -> None:
    x, y = Value(2.0), Value(3.0)
    f = make(x, y)
    explanation = explain(f)
    assert explanation.formula == formula
    assert [p.formula for p in explanation.partials] == partials


@given(programs())
def test_the_numbers_are_those_of_the_node(program: Program) -> None:
    y = program.result(by_operator, [Value(float(x)) for x in program.inputs])
    graph = Graph.of(y)
    for node in graph:
        if node.is_leaf:
            continue
        explanation = explain(node, graph)
        assert explanation.name == node.op.name
        assert explanation.formula.startswith(f"{node.name} = ")
        assert explanation.numbers.endswith(format_number(node.data))
        nodes = [x for x in node.inputs if isinstance(x, int)]
        assert [p.of.partition(" (")[0] for p in explanation.partials] == [
            ratio(node.name, graph[x].name) for x in nodes
        ]
        assert len({p.of for p in explanation.partials}) == len(nodes)
        slopes = [slope for slope, x in zip(node.slopes, node.inputs, strict=True) if isinstance(x, int)]
        shown = ["" if slope is None else format_number(float(slope)) for slope in slopes]  # None: a closed gate
        assert [p.numbers for p in explanation.partials] == shown


@given(programs(ops=[name for name in MEANING if name != "abs"], most=6))
def test_a_formula_read_as_people_do_is_the_computation(program: Program) -> None:
    names = {f"x{i}": float(x) for i, x in enumerate(program.inputs)}
    formula = program.result(by_function, [Symbol(name) for name in names])
    assert_close(evaluated(text(formula), names), program.result(meaning, program.inputs), tolerance=1e-9)


@pytest.mark.parametrize("op", table.values(), ids=lambda op: op.name)
def test_every_operation_of_the_table_explains_itself(op: autograd.Op) -> None:
    explanation = explain(op)
    assert explanation.name == op.name
    assert explanation.sentence == op.doc
    assert op.doc
    assert not op.doc.endswith("."), "one sentence that fits behind another"
    assert explanation.formula
    for latex in (explanation.latex, *(p.latex for p in explanation.partials)):
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.isascii()
    assert str(explanation)


def test_latex_reads_as_mathematics() -> None:
    x, w1 = Value(2.0), Value(3.0)
    q = w1 + 1
    explanation = explain(x / q)
    assert explanation.latex.startswith(r"f = \frac{x}{q}")
    assert explanation.partials[0].latex.startswith(r"\frac{\partial f}{\partial x} = \frac{1}{q}")
    assert explain(q).latex.startswith(r"q = w_{1} + 1")
    assert explanation._repr_latex_().startswith("$")


def test_tensor_operations_are_explained_in_symbols() -> None:
    W, x = Tensor(np.ones((2, 3))), Tensor(np.ones(3))  # noqa: N806
    explanation = explain(W @ x)
    assert explanation.formula == "f = W @ x"
    assert [p.of for p in explanation.partials] == ["∂f/∂W", "∂f/∂x"]
    assert all(p.formula for p in explanation.partials)


def test_a_leaf_has_nothing_to_explain() -> None:
    x = Value(1.0)
    with pytest.raises(GraphError, match="x is a leaf"):
        explain(x)
    graph = Graph.of(x * 2)
    with pytest.raises(GraphError, match="needs the graph too"):
        explain(graph.nodes[-1])


# Numbers as people write them.


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3, "3"), (-12.0, "−12"), (0.123456, "0.1235"), (0.5, "0.5"), (-0.25, "−0.25"), (1e-9, "1e−09"),
        (1e300, "1e+300"), (float("inf"), "∞"), (float("-inf"), "−∞"), (float("nan"), "NaN"), (np.float32(0.1), "0.1"),
        (True, "True"), (np.array([1.0, -0.5]), "[1, −0.5]"), (np.array(2.0), "2"), (np.zeros(0), "[]"),
        (10**400, "1e+400"), (-12345 * 10**400, "−1.234e+404"), (Fraction(10**310, 3), "3.333e+309"),
        (np.zeros((0, 3)), "array of 0×3"), (np.zeros((3, 0)), "array of 3×0"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_do(number: Any, text: str) -> None:
    assert format_number(number) == text


@given(st.floats(-1e300, 1e300))
def test_four_significant_digits_are_kept(x: float) -> None:
    text = format_number(x)
    assert "-" not in text
    assert float(text.replace("−", "-")) == pytest.approx(x, rel=1e-3, abs=0)


@example([10_000, 0])
@given(st.lists(st.integers(0, 5) | st.just(10_000), min_size=1, max_size=3))
def test_arrays_of_any_shape_have_a_short_text(shape: list[int]) -> None:
    assert len(format_number(np.broadcast_to(1.0, shape))) < 120


def test_an_operation_of_three_inputs_is_explained() -> None:
    fma = autograd.elementwise(
        "fma",
        lambda x, y, z: x * y + z,
        lambda out, x, y, z: y,
        lambda out, x, y, z: x,
        lambda out, x, y, z: 1,
        doc="passes on",
    )
    try:
        assert [partial.formula for partial in explain(fma).partials] == ["y", "x", "1"]
    finally:
        autograd.remove("fma")


def test_an_operation_of_several_outputs_is_a_formula_each() -> None:
    q, r = autograd.qr(Symbol("a", (3, 2)))
    assert [(text(x), x.shape) for x in (q, r)] == [("qr(a)[0]", (3, 2)), ("qr(a)[1]", (2, 2))]
    w = autograd.eigvalsh(Tensor([[2.0, 0.5], [0.5, 1.0]]))  # whose rule asks eigh for the vectors
    assert "eigh(x1)[1]" in explain(w).partials[0].formula


def test_a_rule_that_needs_data_is_a_derivative_by_name() -> None:
    trial = autograd.elementwise("trial", np.sinh, lambda y, x: np.i0(x), doc="stretches", check=False)
    order = autograd.primitive(
        "order", np.sort, lambda g, y, x: g[np.argsort(np.argsort(x))], doc="sorts the gradient back", check=False
    )
    try:
        x, t = Value(0.0), Tensor([3.0, 1.0])
        assert [p.formula for p in explain(trial).partials] == ["∂trial(x)/∂x"]
        assert str(explain(trial(x))).splitlines()[1] == "  ∂f/∂x = ∂trial(x)/∂x = 1"
        assert "∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 1 = 1" in str(autograd.steps(trial(x)))
        assert explain(order(t)).partials[0].formula == "g · ∂order(t)/∂t"
        assert explain(trial).partials[0].latex.isascii()
    finally:
        autograd.remove("trial")
        autograd.remove("order")


def test_a_rule_that_fails_on_numbers_too_says_so() -> None:
    rules = (lambda z, x, y: y, lambda z, x, y: missing * x)  # type: ignore[name-defined]  # noqa: F821
    broken = autograd.elementwise("broken", lambda x, y: x * y, *rules, doc="", domain=((2.0, 3.0), (-np.inf, 0.0)))
    doubled = autograd.primitive("doubled", lambda x: x * 2, lambda g, y, x: g.nothing, doc="")
    x, y = Tensor(1.0), Tensor(2.0)
    try:
        for what, message in (
            (broken, "broken: the rule for input 1 raised NameError: name 'missing'"),
            (broken(x, y), "broken: the rule for input 1 raised NameError"),
            (doubled(x), "doubled: the rule for input 0 raised AttributeError"),
        ):
            with pytest.raises(autograd.AutogradError, match=message):
                explain(what)
    finally:
        autograd.remove("broken")
        autograd.remove("doubled")


def test_an_operation_entered_anew_is_the_new_one_everywhere() -> None:
    for factor in (2, 3):
        scale = autograd.elementwise("scale", lambda x, n=factor: n * x, lambda y, x, n=factor: n, doc="scales")
        x = autograd.Value(5.0)
        x.scale().backward()  # type: ignore[attr-defined]
        assert (x.scale().data, scale(x).data, x.grad) == (5.0 * factor, 5.0 * factor, factor)  # type: ignore[attr-defined]
        autograd.remove("scale")
    assert not hasattr(x, "scale")


def test_an_index_that_is_a_view_of_memory_is_written_by_what_is_in_it() -> None:
    t = Tensor([1.0, 2.0, 3.0], label="t")
    picked = t[memoryview(np.array([2, 0]))]
    assert explain(picked).formula == "picked = t[[2, 0]]"
    put = autograd.put(t[:2], (3,), memoryview(np.array([2, 0])))
    assert "index=[2, 0])" in explain(put).formula


@pytest.mark.parametrize("f", [operator.mul, operator.sub, operator.truediv, operator.pow, operator.add])
def test_what_comes_in_twice_has_a_slope_for_each_place_and_their_sum_is_the_gradient(f: Any) -> None:
    s = Value(3.0, "s")
    y = f(s, s)
    told = explain(y)
    assert told.formula.count("s") == 2, "as it was computed: by two edges"
    assert [partial.of for partial in told.partials] == ["∂y/∂s (1st of 2)", "∂y/∂s (2nd of 2)"]
    y.backward()
    slopes = [slope for slope in Graph.of(y).slopes[-1] or () if slope is not None]
    assert sum(slopes) == pytest.approx(s.grad)
    assert [format_number(slope) for slope in slopes] == [p.numbers or p.formula for p in told.partials]
