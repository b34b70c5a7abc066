"""How formulas are written: names, shared parts, and one row for each operation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from formulas import evaluated
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close

import autograd
from autograd import Graph, Symbol, Tensor, Value, explain, steps, table
from autograd.notation.floats import on_floats
from autograd.notation.printer import LATEX, TEXT, Printed, latex, printed, text
from autograd.notation.python import python
from autograd.notation.rows import ROWS
from autograd.notation.words import is_whole

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")


# Names.


@pytest.mark.parametrize("name", ["w", "w1", "w[0]", "W1[0,2]", "neuron.w[0]", "m['a'].w[1][0]", "θ₁", "x′", "[1,2]"])
def test_a_name_that_is_one_thing_stands_bare(name: str) -> None:
    assert text(Symbol(name) * z) == f"{name} · z"


@pytest.mark.parametrize("name", ["a+b", "a b", "2x", "x²", "−x", "a]", "f(x) + 1", "∂f/∂a + b"])
def test_any_other_name_is_put_in_parentheses(name: str) -> None:
    assert text(Symbol(name) * z) == f"({name}) · z"
    assert text(z - Symbol(name)) == f"z − ({name})"
    assert latex(Symbol(name) * z).startswith(r"\left(")
    assert text(autograd.tanh(Symbol(name))) == f"tanh({name})", "there it is enclosed already"


def test_a_label_that_is_an_expression_is_told_from_its_neighbours() -> None:
    a, b, z = Value(1.0), Value(2.0), Value(3.0)
    s = a + b
    s.label = "a+b"
    f = s * z
    assert explain(f).formula == "f = (a+b) · z"
    assert [partial.of for partial in explain(f).partials] == ["∂f/∂(a+b)", "∂f/∂z"]
    assert Graph.of(f).formula(Graph.of(f).nodes[-1]) == "f = (a+b) · z"
    assert steps(f)[4].formula.startswith("∂f/∂z += ∂f/∂f · ∂f/∂z")
    assert steps(f)[3].formula.startswith("∂f/∂(a+b) += ∂f/∂f · ∂f/∂(a+b)")
    assert r"\partial \left(\mathrm{a+b}\right)" in explain(f).partials[0].latex


@given(st.text("ab1²[]().+-∂/ '", min_size=1, max_size=8))
def test_a_bare_name_is_read_back_as_one_name(name: str) -> None:
    """Whatever stands bare is Python's one operand, or a derivative."""
    if is_whole(name) and "∂" not in name:
        try:
            body = compile(f"({name})", "", "eval", flags=1024).body  # type: ignore[attr-defined]
        except SyntaxError:
            assert re.search(r"\[\W*|\.", name), "an index or a number need not be Python's"
        else:
            assert type(body).__name__ in ("Name", "Attribute", "Subscript", "Constant", "List")


# Shared parts.


def shared_chain(depth: int) -> Any:
    u: Any = x
    for _ in range(depth):
        u = u * (u + y) * 2
    return u


@pytest.mark.parametrize("dialect", [TEXT, LATEX])
def test_a_text_grows_with_the_number_of_operations(dialect: Any) -> None:
    def length(depth: int) -> int:
        result = printed([shared_chain(depth)], dialect)
        return sum(len(piece) for pair in result.shared for piece in pair) + len(result.formulas[0])

    assert length(400) < 2.5 * length(200)


def test_a_formula_of_any_depth_is_printed() -> None:
    u: Any = x
    for _ in range(5000):
        u = autograd.sin(u)
    assert text(u).count("sin(") == 5000


def test_a_long_shared_part_is_told_once_and_a_short_one_repeated() -> None:
    q = x + y
    assert text(q / (1 + q)) == "(x + y) / (1 + x + y)"
    long = autograd.exp(x * y + z) / (autograd.exp(x) + y * z)
    assert text(long * (1 - long)) == "u · (1 − u) (with u = exp(x · y + z) / (exp(x) + y · z))"
    assert latex(long * (1 - long)).startswith(r"u \cdot \left(1 - u\right) \quad \left(\text{with } u = \frac")
    u = Symbol("u")
    assert " (with v = " in text((long + u) * long), "u is taken"


@given(st.integers(0, 12))
def test_shared_parts_put_back_are_the_formula(depth: int) -> None:
    result = printed([shared_chain(depth)], TEXT)
    names = {"x": 0.3, "y": 0.1}
    for name, formula in result.shared:
        names[name] = evaluated(formula, names)
    expected = names["x"]
    for _ in range(depth):
        expected = expected * (expected + names["y"]) * 2
    assert_close(evaluated(result.formulas[0], names), expected)


def test_a_minus_is_told_from_a_difference() -> None:
    assert [text(f) for f in (x - -y, x * -2, autograd.neg(-x), x**-1, -x * y)] == [
        *("x − (−y)", "x · (−2)", "−(−x)", "x^(−1)", "−x · y"),
    ]
    assert latex(x - -y) == r"x - \left(-y\right)"


# Code.


def test_code_computes_equal_operations_once_and_tells_numbers_apart() -> None:
    code = python([autograd.exp(x * y) + 1, autograd.exp(Symbol("x") * y) * 2], on_floats)
    assert code == Printed((("u1", "exp((x * y))"),), ("(u1 + 1)", "(u1 * 2)"))
    assert python([x * 0.0, x * -0.0], on_floats).formulas == ("(x * 0.0)", "(x * (-0.0))")


# One place.


def test_no_file_asks_an_operation_for_its_name() -> None:
    """Only the rows are found by name: whatever else differs from operation to operation is said by its entry."""
    root = Path(autograd.__file__).parent.parent
    for path in (path for package in ("autograd", "nn", "viz") for path in (root / package).rglob("*.py")):
        found = re.findall(r"op\.name (?:==|!=|in [A-Z({[]|not in [A-Z({[]).*", path.read_text(encoding="utf-8"))
        assert not found or path.name == "rows.py", (path, found)


@pytest.mark.parametrize("name", ["add", "mul", "matmul", "neg", "abs", "invert", "greater"])
def test_an_operation_is_spelled_once_for_each_way_of_writing_it(name: str) -> None:
    """Its entry in the table, one row for people and one text for floats; no file has a second table of operators."""
    root = Path(autograd.__file__).parent.parent
    forward = f"np.{table[name].forward.__name__}"
    for path in (path for package in ("autograd", "viz") for path in (root / package).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        keys = re.findall(rf'"{name}":|{re.escape(forward)}:', source)
        home = path.parent.name == "notation" or path.name == "operators.py"
        assert len(keys) <= home, (path, keys)


def test_every_row_is_that_of_an_operation() -> None:
    assert set(ROWS) <= set(table)


def test_an_operation_without_a_row_is_written_as_a_function() -> None:
    op = autograd.elementwise("sumsq", lambda a, b: a * a + b * b, lambda z, a, b: 2 * a, lambda z, a, b: 2 * b, doc="")
    try:
        assert text(op(x, y)) == "sumsq(x, y)"
        assert latex(op(x, y)) == r"\operatorname{sumsq}\left(x, y\right)"
    finally:
        autograd.remove("sumsq")
    assert text(autograd.sum(Symbol("W", (2, 3)), axis=0)) == "sum(W, axis=0)"
    assert text(autograd.concatenate([Symbol("a", (1,)), Symbol("b", (1,))])) == "concatenate([a, b])"
    assert text(Symbol("W", (2, 3))[:, 0]) == "W[:, 0]"
    assert latex(Symbol("W", (2, 3)).T) == r"W^{\top}"


def test_a_product_inside_a_product_of_matrices_says_which_comes_first() -> None:
    a, b = Symbol("A", (2, 2)), Symbol("B", (2, 2))
    assert text(a * (a @ b)) == "A · (A @ B)"
    assert explain(Tensor([1.0, 2.0]) @ [1.0, 1.0]).formula.endswith(" @ [1, 1]")
