"""How formulas are written: names, shared parts, and one row for each operation."""

from __future__ import annotations

import ast
import operator
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formulas import evaluated
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import assert_close
from strategies import MEANING

import autograd
from autograd import Graph, Symbol, Tensor, Value, explain, steps, table
from autograd.notation.floats import NAMESPACE, on_floats
from autograd.notation.printer import LATEX, TEXT, Printed, latex, printed, text
from autograd.notation.python import python
from autograd.notation.rows import ROWS
from autograd.notation.words import is_whole, written_name
from autograd.signature import param

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")


# Names.


@pytest.mark.parametrize("name", ["w", "w1", "w[0]", "W1[0,2]", "neuron.w[0]", "m['a'].w[1][0]", "θ₁", "x′", "[1,2]"])
def test_a_name_that_is_one_thing_stands_bare(name: str) -> None:
    assert text(Symbol(name) * z) == f"{name} · z"


@pytest.mark.parametrize("name", ["a+b", "a b", "2x", "x²", "−x", "Wᵀ", "f(x) + 1", "∂f/∂a + b"])
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


@pytest.mark.parametrize(
    "name", ["a]", "a) + (b", "a, b", "a = b", "|a", "2", "True", " a", "a\nb", "\u202ea", '"', ""]
)
def test_a_name_that_could_be_taken_for_something_else_is_in_quotes(name: str) -> None:
    assert re.fullmatch(r'"[^\n]*" · z', text(Symbol(name) * z))
    assert re.fullmatch(r"\\mathrm\{\".*\"\} \\cdot z", latex(Symbol(name) * z))


#: What may do harm in a name, each with the more chance.
nasty = st.text(st.sampled_from("ab1 ²[](){}.,;:=+-−·/^_|<>∂'\"\\$%&#~\n\u202e’″√ᵀσ") | st.characters(), max_size=8)


@given(nasty)
def test_a_name_ends_where_it_ends(name: str) -> None:
    """Outside of quotes it closes no bracket that it did not open, and has nothing that separates or equates."""
    name_in_text = written_name(name)
    assert name_in_text.isprintable()
    is_quoted = name_in_text.startswith('"')
    assert (ast.literal_eval(name_in_text) if is_quoted else name_in_text) == name, "no two names are written alike"
    if not is_quoted:
        unnested = name_in_text
        while (shorter := re.sub(r"\([^()[\]{}]*\)|\[[^()[\]{}]*\]|\{[^()[\]{}]*\}", "", unnested)) != unnested:
            unnested = shorter
        assert not re.search(r"[][(){},;:=|\"\\]", unnested)


def commands(formula: str) -> set[str]:
    """The commands in LaTeX; what is not written as a command is plain, with braces in pairs."""
    depth = 0
    rest = re.sub(r"\\(?:[a-zA-Z]+|[^a-zA-Z])", "", formula)
    for c in rest:
        assert c not in "%&#$~", "these are told by a command"
        depth += {"{": 1, "}": -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0
    assert re.findall(r"[_^].?.?", re.sub(r"_\{\d+\}|\^\{2\}", "", rest)) == [], "nothing else is raised or lowered"
    return set(re.findall(r"\\([a-zA-Z]+)", formula))


@given(nasty, nasty)
def test_no_name_is_a_command_of_latex(name: str, other: str) -> None:
    x, y = Symbol(name), Symbol(other)
    for formula in (x * y, x * x, autograd.tanh(x), x / y):
        allowed = {"mathrm", "left", "right", "cdot", "frac", "partial", "tanh", "backslash", "hat", "sim"}
        assert commands(latex(formula)) <= allowed


@given(nasty)
def test_what_a_node_explains_has_its_name_in_latex_as_text(name: str) -> None:
    v = Value(2.0, label=name or None)
    explanation = explain((v * v).tanh())
    for formula in (explanation.latex, *(p.latex for p in explanation.partials)):
        commands(formula)
    assert "\n" not in explanation.formula


# Formulas.

FLOATS = {"x": 0.7, "y": -1.3, "z": 2.0}
CONSTANTS = [-2, -1, -0.5, 0, 0.1, 1, 1.5, 2, 3, 1e-9, -1e-9, 1e30, float("inf")]
TAKE_CONDITIONS = ("logical_and", "logical_or", "bitwise_and", "bitwise_or", "logical_not", "invert")
COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
ONE = ("neg", "abs", "exp", "sin", "cos", "tanh", "sqrt", "log", "sign", "sigmoid", "relu")
TWO = ("add", "sub", "mul", "div", "pow", "maximum", "minimum")


def apply(name: str, *inputs: Any) -> Symbol:
    """As a rule computes it, but of numbers alone too."""
    return Symbol("", (), table[name], inputs)


#: More than elsewhere: what is drawn here is a whole formula.
many = settings(max_examples=20 * settings().max_examples)


@st.composite
def formulas(draw: st.DrawFn, one: tuple[str, ...] = ONE, depth: int = 4) -> Any:
    """A number: a name, a constant, or an operation on such; a condition among them."""

    def number(depth: int) -> Any:
        kind = draw(st.sampled_from(["leaf", "one", "two", "two", "where", "condition"])) if depth else "leaf"
        if kind == "leaf":
            return draw(st.sampled_from([*map(Symbol, FLOATS), *CONSTANTS]))
        if kind == "one":
            return apply(draw(st.sampled_from(one)), number(depth - 1))
        if kind == "two":
            return apply(draw(st.sampled_from(TWO)), number(depth - 1), number(depth - 1))
        if kind == "where":
            return apply("where", condition(depth - 1), number(depth - 1), number(depth - 1))
        return condition(depth - 1)

    def condition(depth: int) -> Any:
        name = draw(st.sampled_from(COMPARISONS + TAKE_CONDITIONS if depth else COMPARISONS))
        part = condition if name in TAKE_CONDITIONS else number
        return apply(name, *(part(max(depth - 1, 0)) for _ in table[name].rules))

    return number(depth)


def computed(formula: Any) -> Any:
    """What a formula comes to, by the forward functions; a condition that stands as a number is 0 or 1."""
    if not isinstance(formula, Symbol):
        return np.float64(formula)
    if formula.op is None:
        return np.float64(FLOATS[formula.name])
    inputs = [computed(x) for x in formula.inputs]
    for k, x in enumerate(inputs):
        takes_condition = formula.op.name in TAKE_CONDITIONS or (formula.op is autograd.where and k == 0)
        inputs[k] = np.bool_(x) if takes_condition else np.float64(x)
    return {"sigmoid": MEANING["sigmoid"], "pow": operator.pow}.get(formula.op.name, formula.op.forward)(*inputs)


@many
@given(formulas())
def test_a_formula_in_text_reads_as_what_it_computes(formula: Any) -> None:
    result = printed([formula], TEXT)
    names = dict(FLOATS)
    with np.errstate(all="ignore"):
        for name, shared in result.shared:
            names[name] = evaluated(shared, names)
        np.testing.assert_allclose(evaluated(result.formulas[0], names), float(computed(formula)), rtol=1e-9)


@many
@given(formulas(one=ONE[:-2]))
def test_a_formula_in_code_computes_the_same(formula: Any) -> None:
    code = python([formula], on_floats)
    names = dict(NAMESPACE) | FLOATS | {"inf": float("inf")}
    try:
        for name, shared in code.shared:
            names[name] = eval(shared, names)
        value = eval(code.formulas[0], names)
    except (ArithmeticError, ValueError, TypeError):  # at an edge, code raises; a power of a negative number has none
        return
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(float(value), float(computed(formula)), rtol=1e-9)


@many
@given(formulas())
def test_a_formula_in_latex_is_well_formed(formula: Any) -> None:
    source = latex(formula)
    assert source.count("{") == source.count("}")
    assert source.count(r"\left") == source.count(r"\right")
    assert source.isascii()


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (True, "where(True, 1, 0)"),
        (Symbol("m"), "where(m, 1, 0)"),
        (Symbol("[True, False]", (2,)), "where([True, False], 1, 0)"),
        (Symbol("x") > 0, "[x > 0]"),
        (autograd.logical_not(Symbol("x") > 0), "[¬[x > 0]]"),
    ],
)
def test_only_a_condition_that_is_written_out_stands_in_brackets(condition: Any, written: str) -> None:
    assert text(Symbol("", (), table["where"], (condition, 1.0, 0.0))) == written


def test_conditions_are_typeset() -> None:
    a, b = x > 0, x == y
    assert text(a) == "[x > 0]"
    assert text(b) == "[x == y]"
    assert text(a & ~b) == "[[x > 0] ∧ [¬[x == y]]]"
    assert text(a * 2 + 1) == "[x > 0] · 2 + 1"
    assert text(autograd.where(x + y > 0, x, 2)) == "where(x + y > 0, x, 2)"
    assert latex(b) == r"\left[x = y\right]"
    assert latex(autograd.where(a, 2, x)) == r"\begin{cases} 2 & \text{if } x > 0 \\ x & \text{otherwise} \end{cases}"
    assert latex(autograd.where(True, x, 2)).startswith(r"\begin{cases} x & \text{if } \text{True} \\")
    with autograd.tracing():
        v = Value(2.0)
        f = v == 2
    assert str(explain(f)).splitlines()[0] == "f = [v == 2] = [2 == 2] = True"
    assert explain(f).latex == r"f = \left[v = 2\right] = \left[2 = 2\right] = \text{True}"
    assert explain(autograd.relu).partials[0].formula == "[x > 0]"


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
        if "check" in path.parts:  # what the table is checked by has to know what NumPy's functions are
            continue
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
    assert latex(Symbol("W", (2, 3)).sum(axis=1)) == r"\operatorname{sum}\left(W, \mathrm{axis=1}\right)"


def test_a_product_inside_a_product_of_matrices_says_which_comes_first() -> None:
    a, b = Symbol("A", (2, 2)), Symbol("B", (2, 2))
    assert text(a * (a @ b)) == "A · (A @ B)"
    assert explain(Tensor([1.0, 2.0]) @ [1.0, 1.0]).formula.endswith(" @ [1, 1]")


# Params.

SPECIAL = st.text("ab_{}%&#$^~\\ \n'\"[]", max_size=6)
ODD: st.SearchStrategy[Any] = st.recursive(
    SPECIAL
    | st.integers(-2, 2)
    | st.sampled_from([1.5, True, np.array(["a_b", "}"]), np.array([1j]), np.arange(3), {1, 2}, slice(None), b"_{"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner).map(tuple) | st.dictionaries(SPECIAL, inner, max_size=2)
    ),
)


@given(before=ODD, behind=ODD, named=ODD)
def test_params_of_any_kind_are_latex(before: Any, behind: Any, named: Any) -> None:
    op = autograd.primitive(
        "od_d", lambda a, x, y, b, *, c: x + y, param, lambda g, z, a, x, y, b, *, c: g,
        lambda g, z, a, x, y, b, *, c: g, doc="adds",
    )  # fmt: skip
    try:
        told = latex(op(before, x, y, behind, c=named))
        assert_latex(told)
        assert_latex(latex(Symbol("", (), table["getitem"], (x,), {"index": behind})))
        a, b = Tensor(1.0, label="a"), Tensor(2.0, label="b")
        assert_latex(explain(op(before, a, b, behind, c=named)).latex)
    finally:
        autograd.remove("od_d")


def assert_latex(told: str) -> None:
    """Its braces pair up, and a character that means something in LaTeX stands behind a backslash."""
    bare = re.sub(r"\\[a-zA-Z]+|\\[^a-zA-Z]", "", told)
    assert not set(bare) & set("_%&#$^~\\\n")
    depth = 0
    for c in bare:
        depth += {"{": 1, "}": -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0
