"""The command's language: what it computes, and what it refuses and where."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from viz.command.expression import ExpressionError, parse, parse_bindings


def run(text: str, *arguments: str) -> autograd.Node:
    return parse(text).run(parse_bindings(arguments)).output


def refusal(text: str, *arguments: str) -> ExpressionError:
    """The error, which is always one line, with a caret under its position."""
    with pytest.raises(ExpressionError) as caught:
        run(text, *arguments)
    check(caught.value)
    return caught.value


def check(error: ExpressionError) -> None:
    assert str(error)
    assert str(error).isprintable()
    if error.position is None:
        assert error.snippet == ""
    else:
        assert 0 <= error.position <= len(error.text)
        line, caret = error.snippet.split("\n")
        assert line.isprintable()
        assert caret.strip() == "^"
        assert len(caret) <= len(line) + 1


class TestValues:
    def test_the_example(self) -> None:
        f = run("(x + y) * z", "x=-2", "y=5", "z=-4")
        f.backward()
        assert isinstance(f, autograd.Value)
        assert f.data == -12
        assert f.label is None

    def test_statements_label_inner_nodes(self) -> None:
        result = parse("q = x + y; f = q * z").run({"x": -2, "y": 5, "z": -4})
        result.output.backward()
        assert {name: (node.data, node.grad) for name, node in result.nodes.items()} == {
            "x": (-2, -4), "y": (5, -4), "z": (-4, 3), "q": (3, -4), "f": (-12, 1),
        }  # fmt: skip
        assert all(node.label == name for name, node in result.nodes.items())
        assert result.nodes["f"] is result.output

    def test_lines_indentation_and_comments(self) -> None:
        text = "\n    q = x + y  # the sum\r\n\n  f = (q *\n z)\r"
        assert run(text, "x=-2", "y=5", "z=-4").data == -12

    @pytest.mark.parametrize("text", ["q = x; q * q", "q = +x; f = q * x"])
    def test_a_second_name_for_a_node_leaves_it_its_first(self, text: str) -> None:
        result = parse(text).run({"x": 3})
        assert result.output.data == 9
        assert result.nodes["x"].label == "x"

    def test_a_name_may_be_the_output_and_a_constant_may_have_a_name(self) -> None:
        assert run("x", "x=3").data == 3
        assert run("c = 2 * pi; W = [[1, 2], [3, 4]]; sum(W * c * x)", "x=3").data == pytest.approx(60 * math.pi)

    def test_names_are_in_order_of_appearance(self) -> None:
        program = parse("b = log(w) + 2*a; where(z > b, w, α) + x**c")
        assert program.names == ("w", "a", "z", "α", "x", "c")
        assert program.source.text == "b = log(w) + 2*a; where(z > b, w, α) + x**c"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("max(x, 0) + max(y, 0)", 3),
            ("min(x, y)", -2),
            ("abs(x) + pow(y, 2)", 11),
            ("where(x > 0, x, 10 * x)", -20),
            ("where(x <= -2, y, x)", 3),
            ("leaky_relu(x, 0.5)", -1),
            ("-x**2", -4),
            ("2**-1 * x", -1),
            ("sum([x, y])", 1),
            ("[x, y] @ [1, 10]", 28),
            ("[x, y, 7][1]", 3),
            ("sum([[1, 2], [3, 4]] @ [x, y])", 10),
            ("max([x, y, 2])", 3),
            ("h = [x, y]; h[0] * h[-1]", -6),
            ("sum(concatenate([[x, y], [1]]))", 2),
            ("exp(1 - 1) * x", -2),
        ],
    )
    def test_functions_of_numbers(self, text: str, expected: float) -> None:
        output = run(text, *(b for b in ["x=-2", "y=3"] if b[0] in parse(text).names))
        assert isinstance(output, autograd.Value)
        assert output.data == pytest.approx(expected)

    def test_an_array_of_values_has_a_name_for_each(self) -> None:
        result = parse("h = tanh([x, y]); f = sum(h)").run({"x": 1, "y": 2})
        assert list(result.nodes) == ["x", "y", "h[0]", "h[1]", "f"]
        assert result.nodes["h[1]"].label == "h[1]"
        table = parse("q = [[x, 2*x], [3*x, 4*x]]; f = sum(q)").run({"x": 1})
        assert [name for name in table.nodes if name != "x"] == ["q[0, 0]", "q[0, 1]", "q[1, 0]", "q[1, 1]", "f"]

    def test_one_array_makes_all_tensors(self) -> None:
        result = parse("h = W @ x + b; f = sum(h, axis=0)").run(parse_bindings(["W=[[1,2],[3,4]]", "x=[1,-1]", "b=.5"]))
        result.output.backward()
        assert all(isinstance(node, autograd.Tensor) for node in result.nodes.values())
        assert result.output.data == -1
        np.testing.assert_array_equal(result.nodes["W"].grad, [[1, -1], [1, -1]])
        assert result.nodes["b"].grad == 2
        assert result.nodes["h"].label == "h"

    @pytest.mark.parametrize(
        "text",
        [
            "sum(x, 1, keepdims=True)",
            "sum(x, axis=1, keepdims=True)",
            "x[:, 0:1] + x[:, 1:2]",
            "reshape(x[0] * [1, 0] + x[1] * [0, 1], (2, 1)) + reshape([[x[0, 1]], [x[-1, 0]]], shape=[2, 1])",
            "transpose([x[:, 0] + x[:, 1]], axes=(1, 0))",
        ],
    )
    def test_axes_shapes_and_indices(self, text: str) -> None:
        np.testing.assert_array_equal(run(text, "x=[[1,2],[3,4]]").data, [[3], [7]])

    def test_an_operation_of_several_outputs(self) -> None:
        x = "x=[[3,0],[0,4]]"
        np.testing.assert_allclose(run("svd(x)[1]", x).data, [4, 3])
        np.testing.assert_allclose(run("sum(svd(x)[-2] * [1, 10])", x).data, 34)
        result = parse("h = svd(x); f = sum(h[1][0] + h[0] @ h[2])").run(parse_bindings([x]))
        assert list(result.nodes) == ["x", "h[0]", "h[1]", "h[2]", "f"]
        np.testing.assert_allclose(result.nodes["h[1]"].data, [4, 3])
        assert run("svd(x, compute_uv=False)[0]", x).data == pytest.approx(4)

    def test_a_mask_is_a_constant(self) -> None:
        result = parse("where(m, x, 2*x)").run(parse_bindings(["m=[True,False]", "x=[1,2]"]))
        np.testing.assert_array_equal(result.output.data, [1, 4])
        assert list(result.nodes) == ["x"]
        assert run("where(m, x, -x)", "m=False", "x=1").data == -1
        assert run("sum(where([True, False], x, 0))", "x=[1,2]").data == 1

    def test_infinity_masks_a_score(self) -> None:
        np.testing.assert_array_equal(run("softmax(x + m)", "x=[0,0,0]", "m=[0,-inf,0]").data, [0.5, 0, 0.5])
        assert run("maximum(x, -inf)", "x=1").data == 1

    def test_a_long_sum_is_no_deep_nesting(self) -> None:
        assert run("x" + " + x" * 499, "x=1").data == 500

    def test_values_may_be_numbers_arrays_lists_and_text(self) -> None:
        result = parse("sum(a * b * c * d)").run({"a": 2, "b": np.float32(1), "c": [1, 2], "d": "[1/2, 0]"})
        assert result.output.data == 1

    def test_a_new_operation_is_known_at_once(self) -> None:
        autograd.elementwise("thrice", lambda x: 3 * x, lambda y, x: 3, doc="triples the gradient")
        try:
            assert run("thrice(x)", "x=2").data == 6
        finally:
            autograd.remove("thrice")
        assert "thrice is no function" in str(refusal("thrice(x)"))


#: Text on the left, part of the message in the middle, the position on the right.
REFUSALS = [
    ("", "empty", None),
    (" # nothing\n", "empty", None),
    ("x.data", "an attribute", 0),
    ("x.sum()", "an attribute", 0),
    ("().__class__", "an attribute", 0),
    ("tanhh(x)", "did you mean tanh?", 0),
    ("y + zzqxw(x)", "docs/operations.md has all functions", 4),
    ("__import__('os')", "__import__ is no function", 0),
    ("eval(x)", "eval is no function", 0),
    ("x*y(2)", "to multiply, write y * (…)", 2),
    ("2(x + y)", "to multiply, write *", 0),
    ("9**9**9**9", "too large", 4),
    ("x**9**9**9", "too large", 4),
    ("9" * 400 + "*x", "too large", 0),
    ("9" * 5000 + "*x", "too large", 0),
    ("x*1e999", "too large", 2),
    ("x + 1/0", "division by zero", 5),
    ("x + (-8)**.5", "no real number", 8),
    ("x + inf*0", "no real number", 7),
    ("(" * 101 + "x" + ")" * 101, "nested more than 100 deep", 100),
    ("(" * 9000, "nested more than 100 deep", 100),
    ("-" * 200 + "x", "nested more than 100 deep", 100),
    ("-" * 9000 + "x", "nested more than 100 deep", 0),
    ("x" + "**x" * 200, "nested more than 100 deep", 297),
    ("x" + "**x" * 3000, "nested more than 100 deep", 0),
    ("x" + "[0]" * 3000, "nested more than 100 deep", None),
    ("not " * 2000 + "x", "", None),
    ("x" + "+x" * 2001, "at most 2,000 operations", None),
    ("x+" * 5000 + "x", "at most 10,000 characters", 10_000),
    ("x; y", "not used", 0),
    ("a, b = x", "one name on the left", 0),
    ("a.b = x", "one name on the left", 0),
    ("a[0] = x", "one name on the left", 0),
    ("a = b = x", "one name on the left", 0),
    ("x + y = 3", "only a name", 0),
    ("q = x; q = y; q", "stands for a node already", 7),
    ("x = x + 1", "used before this", 0),
    ("f = q * z\nq = x + y", "used before this", 10),
    ("x += 1; x", "name the result", 0),
    ("x: float = 1", "an annotation", 0),
    ("pi = x", "pi is always 3.14159", 0),
    ("import os", "another statement", 0),
    ("if x:\n  y", "another statement", None),
    ("def f(): pass", "another statement", 0),
    ("y*(lambda: x)", "a lambda", 3),
    ("sum([a for a in x])", "a comprehension", 4),
    ("sum(a for a in x)", "a comprehension", None),
    ("f'{x}'", "an f-string", 0),
    ("x + 'y'", "text", 4),
    ("x + 'y", "text", 4),
    ("(y := x)", "a walrus", 1),
    ("sum(*x)", "a star", 0),
    ("sum(**x)", "a star", 0),
    ("[*x]", "a star", 1),
    ("x if y else z", "where(", 0),
    ("x > y", "inside where", 0),
    ("where(x > y > z, x, y)", "one comparison", 6),
    ("where(x in y, x, y)", "one comparison", 6),
    ("where(x > 0, x)", "where takes 3 values (condition, x, y), got 2", 0),
    ("x and y", "and/or", 0),
    ("not x", "got not", 0),
    ("~x", "got ~", 0),
    ("x ^ 2", "write ** for a power", None),
    ("x // 2", "an operator other than", None),
    ("{x}", "a set", 0),
    ("{x: y}", "a dictionary", 0),
    ("(x, y)", "a tuple", 0),
    ("x * 2j", "complex", 4),
    ("x * True", "True", 4),
    ("x + ...", "Ellipsis", 4),
    ("x + None", "None", 4),
    ("x[y]", "a plain value", 2),
    ("x[0.5]", "whole numbers", 2),
    ("x[1e9:]", "up to 1,000,000", 2),
    ("sum(x, axis=y)", "a plain value", 12),
    ("sum(x, axs=0)", "it takes axis, dtype, out, keepdims", 7),
    ("exp(x, base=2)", "it takes none by name", 7),
    ("sum(x, 0, axis=0)", "axis is given twice", 10),
    ("sum()", "sum takes 1 value, got 0", 0),
    ("add(x)", "add takes 2 values, got 1", 0),
    ("exp(x, 2)", "at most 1 argument", 0),
    ("stack(x, y)", "a list of values", 0),
    ("broadcast_to(x, (100000, 100000))", "at most 1,000,000 elements", 16),
    ("3 * [1, [2, 3]] * x", "one shape", 4),
    ("[1, True] * x", "all numbers or all True and False", 0),
    ("[" * 9 + "1" + "]" * 9 + "*x", "nested at most 8 deep", 0),
    ("1 + 2", "constant", 0),
    ("q = exp(0); tanh(q)", "constant", 12),
    ("x; 3", "not used", 0),
    ("q = x; f = 3", "constant", 7),
    ("2x", "as in 2*x", None),
    ("x²", "write **2", 1),
    ("y + 12ab", "as in 2*x", 4),
    ("y + 1e", "expected a digit after 1e", 4),
    ("y + 1.5e-", "expected a digit after 1.5e", 4),
    ("y*(1_)", "expected a digit after 1_", 3),
    ("y + 12__3", "expected a digit after 12_", 4),
    ("y + 0x1g", "hexadecimal", 4),
    ("y + 0b12", "binary", 4),
    ("y * ∞", "write inf for ∞", 4),
    ("x\\", "a backslash has no meaning here", 1),
    ("x\\ ", "a backslash has no meaning here", 1),
    ("x \\ + 1", "a backslash has no meaning here", 2),
    ("x*1e-400", "too small for a float", 2),
    ("x + 0.000_1e-400", "too small for a float", 4),
    ("x + " + "n" * 101, "a name of at most 100 characters, got 101", 4),
    ("n" * 101 + " = x; 1", "a name of at most 100 characters, got 101", 0),
    ("x − y", "write - for −", 2),
    ("x × y", "write * for ×", 2),
    ("(x + y", "'(' was never closed", 0),
    ("x + y)", "unmatched ')'", 5),
    ("x +", "does not read as arithmetic", 3),
    ("x y", "does not read as arithmetic", None),
    ("x\0", "U+0000", 1),
    ("\ufeffx", "U+FEFF", 0),
    ("x\ud800", "U+D800", 1),
    ("y * \u0445", "CYRILLIC SMALL LETTER HA", 4),
    ("y * \uff58", "FULLWIDTH LATIN SMALL LETTER X", 4),
    ("y * \U0001d465", "MATHEMATICAL ITALIC SMALL X", 4),
    ("\u03bf = x", "GREEK SMALL LETTER OMICRON", 0),
    ("αβ + ü + (x.y)", "an attribute", 10),
    ("αβ = ü\n  x.y", "line 2, column 3", 9),
]


class TestRefusals:
    @pytest.mark.parametrize(("text", "part", "position"), REFUSALS, ids=[repr(r[0][:30]) for r in REFUSALS])
    def test_parse(self, text: str, part: str, position: int | None) -> None:
        with pytest.raises(ExpressionError) as caught:
            parse(text)
        check(caught.value)
        assert part in str(caught.value)
        if position is not None:
            assert caught.value.position == position

    @pytest.mark.parametrize(
        ("text", "arguments", "part", "position"),
        [
            ("x + y", ["x=1"], "no value for y: give y=…", 4),
            ("x + y*z", ["x=1"], "no value for y and z: give y=… z=…", 4),
            ("x + Z", ["x=1", "z=2"], "no value for Z: give Z=…; z given, but not used", 4),
            ("x + NaN", ["x=1"], "no value for NaN: give NaN=… (for the constant, write nan)", 4),
            ("x + exp", ["x=1"], "exp is a function: call it, as in exp(x)", 4),
            ("x", ["x=1", "y=2"], "y given, but not used: the names in the expression are x", None),
            ("q = x; q*q", ["x=1", "q=2"], "q given, but not used", None),
            ("b + (W @ x)", ["b=1", "W=[[1,2],[3,4]]", "x=[1,2,3]"], "matmul", 7),
            ("x * (y + z)", ["x=1", "y=[1,2]", "z=[1,2,3]"], "add", 7),
            ("y * x[5]", ["x=[1,2]", "y=1"], "index 5", 5),
            ("y * x[0]", ["x=1", "y=1"], "0", 5),
            ("sum(x, axis=3)", ["x=[1,2]"], "axis 3", 0),
            ("[x, y]", ["x=1", "y=[1,2]"], "stack", 0),
            ("q = x*x; [q, x]", ["x=1"], "expected one number, got 2", 9),
            ("q = x*x; greater(q, x)", ["x=1"], "constant", 9),
            ("q = 2*x; svd(q)", ["x=[[1]]"], "got 3 outputs (U, S, Vh): take one of them, with [0] to [2]", 9),
            ("y * svd(x)", ["x=[[1]]", "y=1"], "mul: expected one value, got 3 outputs (U, S, Vh)", 2),
            ("sum([x[0], svd(x)])", ["x=[[1]]"], "stack: expected one value, got 3 outputs", 4),
            ("h = svd(x); -h", ["x=[[1]]"], "neg: expected one value, got 3 outputs", 12),
            ("where(svd(x) > 0, x, 0)", ["x=[[1]]"], "greater: expected one value, got 3 outputs", 6),
            ("svd(x)[3]", ["x=[[1]]"], "the number of an output, 0 to 2, of 3 outputs (U, S, Vh)", 7),
            ("svd(x)[:2]", ["x=[[1]]"], "the number of an output, 0 to 2", 7),
            ("2*x", ["x=True"], "x is a mask of True and False: give numbers, as in x=1", 0),
            ("q = x; sum(where(m, q, 0))", ["x=[True]", "m=False"], "x and m are masks of True and False: give num", 7),
        ],
    )
    def test_run(self, text: str, arguments: list[str], part: str, position: int | None) -> None:
        error = refusal(text, *arguments)
        assert part in str(error)
        assert error.position == position

    @pytest.mark.parametrize(
        ("argument", "part", "position"),
        [
            ("x", "expected name=value", 0),
            ("=3", "expected name=value", 0),
            ("2=3", "expected name=value", 0),
            ("x.y=3", "expected name=value", 0),
            ("lambda=3", "expected name=value", 0),
            ("x=", "a number or a list", 2),
            ("x=1;2", "a number or a list", 2),
            ("x==1", "does not read", 2),
            ("x=y=1", "a number or a list", 2),
            ("x=a", "the name a", 2),
            ("x=exp(1)", "a number or a list", 2),
            ("x='1'", "text", 2),
            ("x=1j", "complex", 2),
            ("x=None", "None", 2),
            ("x=1e999", "too large", 2),
            ("x=[1, 1e-999]", "too small", 6),
            ("x=1e", "expected a digit after 1e", 2),
            ("x=NaN", "expected numbers, got the name NaN: write nan", 2),
            ("x=-Inf", "expected numbers, got the name Inf: write inf", 3),
            ("x=[Infinity]", "expected numbers, got the name Infinity: write inf", 3),
            ("n" * 101 + "=1", "a name of at most 100 characters, got 101", 0),
            ("x=9**9**9", "too large", 3),
            ("x=[1,[2]]", "one shape, got shapes () and (1,)", 2),
            ("x=[[1,2],[3]]", "one shape, got shapes (1,) and (2,)", 2),
            ("x=[1,True]", "all numbers or all True and False", 2),
            ("x=(1,2)", "write a list, as in [x, y]", 2),
            ("x=[" + "1," * 10_001 + "]", "at most 10,000 numbers", 2),
            ("x=" + "1" * 500_000, "at most 400,000 characters", None),
            ("x=" + "[" * 9 + "]" * 9, "nested at most 8 deep", 2),
            ("x=" + "[" * 101, "nested more than 100 deep", 102),
            ("x=[1, \u22122]", "write - for \u2212", 6),
            ("x=\0", "U+0000", 2),
            ("\u0445=1", "CYRILLIC SMALL LETTER HA", 0),
            ("inf=1", "inf is always inf", 0),
            ("nan=1", "nan is always nan", 0),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_bindings(self, argument: str, part: str, position: int | None) -> None:
        with pytest.raises(ExpressionError) as caught:
            parse_bindings([argument])
        check(caught.value)
        assert part in str(caught.value)
        if position is not None:
            assert caught.value.position == position

    @pytest.mark.parametrize(
        ("text", "values", "part", "position"),
        [
            ("y + sum(broadcast_to(x, (1000000,)))", 1, "broadcast_to: expected at most 10,000 Values", 8),
            (
                "sum(broadcast_to(x, (1000, 1)) * broadcast_to(x, (1, 1000)))",
                [1],
                "mul: expected at most 1,000,000",
                31,
            ),
            (
                "sum(broadcast_to(x, (200, 1)) + broadcast_to(x, (1, 200)))",
                1,
                "add: expected at most 10,000 Values",
                30,
            ),
            ("sum(broadcast_to(x, (1001, 1)) @ broadcast_to(x, (1, 1001)))", [[1]], "matmul: expected at most", 31),
            (
                "sum(broadcast_to(x, (40, 40)) @ broadcast_to(x, (40, 40)))",
                1,
                "matmul: expected at most 20,000 steps",
                30,
            ),
            ("a = broadcast_to(x, (9000,)); sum(a) + sum(a) + sum(a)", 1, "sum: expected at most 20,000 steps", 48),
            ("sum(stack([" + ", ".join(["broadcast_to(x, (99999,))"] * 9) + "]))", [1], "stack: expected at most", 4),
            ("sum(broadcast_to(1, (700, 700)) + (2 * broadcast_to(1, (700, 700)))) * x", 1, "numbers in all", 37),
            ("a = broadcast_to(x, (5000,)); sum(a ** 2 ** a)", 1, "pow: expected at most 10,000 Values", 36),
            ("M = broadcast_to(x, (900, 900)); sum(M)", [1], "sum: expected at most 1,000,000 numbers", 33),
            ("M = broadcast_to(x, (900, 900)); M[0, 0]", [1], "getitem: expected at most 1,000,000 numbers", 34),
            (" + ".join(["max(x)"] * 501), [1] * 2_000, "max: expected at most 1,000,000 numbers", 9 * 499),
            ("stack([x, x, x, x, x])[0, 0]", [1] * 100_001, "stack: expected at most 1,000,000 numbers", 0),
            ("sum(broadcast_to(x, (1000000, 0)))", [1], "broadcast_to: expected at most 1,000,000 numbers", 4),
        ],
    )
    def test_what_is_made_is_counted_and_refused_with_the_position(
        self, text: str, values: object, part: str, position: int
    ) -> None:
        program = parse(text)
        with pytest.raises(ExpressionError) as caught:
            program.run(dict.fromkeys(program.names, values))
        check(caught.value)
        assert part in str(caught.value)
        assert "in all, got " in str(caught.value)
        assert caught.value.position == position

    def test_a_name_is_given_once(self) -> None:
        with pytest.raises(ExpressionError, match="x is given twice"):
            parse_bindings(["x=1", "y=2", " x = 3"])

    @pytest.mark.parametrize("value", [1j, "1+", [1, "a"], [[1], [1, 2]], object(), None, {}])
    def test_a_value_is_a_number(self, value: object) -> None:
        with pytest.raises(ExpressionError) as caught:
            parse("x").run({"x": value})
        check(caught.value)

    def test_the_snippet_is_a_window_on_a_long_line(self) -> None:
        error = refusal("q = 1\n" + "x*" * 1000 + "y.z" + "*x" * 1000)
        line, caret = error.snippet.split("\n")
        assert len(line) < 80
        assert line[len(caret) - 1 :].startswith("y.z")

    def test_errors_travel_between_processes(self) -> None:
        error = pickle.loads(pickle.dumps(refusal("x.y")))
        assert (str(error), error.position, error.text) == (str(refusal("x.y")), 0, "x.y")


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("x=-2", -2.0),
        ("w=.5", 0.5),
        ("x = 1e-3", 0.001),
        ("x=+1_000", 1000.0),
        ("x=0e-999", 0.0),
        ("x=0x0", 0.0),
        ("x=5e-324", 5e-324),
        ("n" * 100 + "=1", 1.0),
        ("x=1/3", 1 / 3),
        ("x=2*pi", 2 * math.pi),
        ("x=-inf", -math.inf),
        ("x=nan", math.nan),
        ("α=1", 1.0),
        ("W=[[1,2],[3,4]]", [[1.0, 2.0], [3.0, 4.0]]),
        ("x=[\n 1,\n 2]", [1.0, 2.0]),
        ("x=[-1, 1/2, inf]", [-1.0, 0.5, math.inf]),
        ("x=[]", []),
        ("mask=[True,False]", [True, False]),
        ("mask=True", True),
    ],
)
def test_bindings(argument: str, expected: object) -> None:
    ((name, value),) = parse_bindings([argument]).items()
    assert name == argument.partition("=")[0].strip()
    assert np.asarray(value).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(value, expected)


NUMBERS = st.floats(0, 100).map(lambda x: f"{x:.3f}")
FUNCTIONS = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tanh": math.tanh}
ARITHMETIC = st.recursive(
    NUMBERS | st.sampled_from("xyz"),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", " + ", " * "]), inner).map("".join),
        st.tuples(st.sampled_from(["(", "-(", "+(", "- (", *(f"{f}(" for f in FUNCTIONS)]), inner)
        .map("".join)
        .map("{})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(ARITHMETIC.map("x + {}".format), *[st.floats(-10, 10).map(lambda x: round(x, 3))] * 3)
def test_values_are_those_of_python(text: str, x: float, y: float, z: float) -> None:
    values = {"x": x, "y": y, "z": z}
    try:
        expected = eval(text, {"__builtins__": {}} | FUNCTIONS, values)  # floats only, so no huge integers
    except (ArithmeticError, ValueError, TypeError):  # 1/0, log(0), a complex number in a function
        expected = math.nan
    real = isinstance(expected, float) and math.isfinite(expected)
    try:
        program = parse(text)
    except ExpressionError as error:
        check(error)
        assert not real
        return
    assume(real)
    output = program.run({name: values[name] for name in program.names}).output
    assert output.data == pytest.approx(expected, rel=1e-9, abs=1e-12)


WORDS = """x y z W q f pi inf nan exp sum max min where stack reshape getitem axis keepdims shape True None import
if else lambda for in and or not is 0 1 2 .5 1e3 1e999 9999 2j 0x1f 1_0 + - * / ** @ // % ^ & | ~ << == != < > <= := =
+= ( ) [ ] { } , : ; . -> ... ' " f' \\ # λ х ｘ ² − ×"""
TOKENS = [*WORDS.split(), *" \n\t\r\f\0\x1b\u2028\ud800"]
CALLS = "x y W q [x,1] 2 exp( sum( max( x[0] [ ] ( ) , + - * @ ** = ; where(x>0, ,axis=0"


def survive(text: str) -> None:
    """Parse and run: whatever the text is, the only error is ExpressionError, and it is well formed."""
    try:
        program = parse(text)
    except ExpressionError as error:
        check(error)
        return
    for value in (1.5, [[0.5, 2.0], [-1.0, 3.0]]):
        try:
            program.run(dict.fromkeys(program.names, value))
        except ExpressionError as error:
            check(error)


@given(st.text(max_size=80))
def test_no_text_is_a_traceback(text: str) -> None:
    survive(text)


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_no_soup_of_tokens_is_a_traceback(text: str) -> None:
    survive(text)


@given(st.lists(st.sampled_from(CALLS.split())))
def test_no_soup_of_calls_is_a_traceback(tokens: list[str]) -> None:
    survive("".join(tokens))


@given(st.text(max_size=40) | st.lists(st.sampled_from(TOKENS), max_size=15).map("".join))
def test_no_binding_is_a_traceback(text: str) -> None:
    for argument in (text, f"x={text}", f"x=[{text}]"):
        try:
            for value in parse_bindings([argument]).values():
                assert np.asarray(value).dtype in (np.float64, np.bool_)
        except ExpressionError as error:
            check(error)
