"""Formulas of Symbols as text and as LaTeX, and numbers as people write them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.symbol import Symbol

MINUS = "−"

#: How tightly an operator binds; a formula in a tighter place is put in parentheses.
PRECEDENCE = {"where": 0, "add": 1, "sub": 1, "mul": 2, "div": 2, "matmul": 2, "neg": 3, "pow": 4}
COMPARISON = 0
ATOM = 9

INFIX = {"add": " + ", "sub": f" {MINUS} ", "mul": " · ", "div": " / ", "matmul": " @ "}
LATEX_INFIX = {"add": " + ", "sub": " - ", "mul": r" \cdot ", "matmul": r" \, "}
LATEX_FUNCTION = {
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tanh": r"\tanh", "sigmoid": r"\sigma",
    "max": r"\max", "maximum": r"\max", "minimum": r"\min",
}  # fmt: skip
LATEX_COMPARISON = {">=": r"\ge", "<=": r"\le", "==": "=", "!=": r"\ne"}


def format_number(x: Any, digits: int = 4) -> str:
    """A number as people write it: four significant digits, no trailing zeros, a real minus sign.

    >>> format_number(-12.0), format_number(0.123456), format_number(1e-9)
    ('−12', '0.1235', '1e−09')
    >>> format_number(np.array([1.0, 0.5]))
    '[1, 0.5]'
    """
    if isinstance(x, np.ndarray) and x.ndim:
        return format_array(x, digits)
    value = float(x)
    text = str(int(value)) if value.is_integer() and abs(value) < 1e6 else f"{value:.{digits}g}"
    return text.replace("-", MINUS).replace("inf", "∞").replace("nan", "NaN")


def format_array(x: np.ndarray[Any, Any], digits: int, most: int = 6) -> str:
    """A short array in full, a long one with its ends, a large one by its shape."""
    if x.size > 4 * most or x.ndim > 2:
        return f"array of {'×'.join(map(str, x.shape))}"
    if x.ndim == 2:
        return "[" + ", ".join(format_array(row, digits, most) for row in x) + "]"
    if len(x) > most:
        shown = [*(format_number(v, digits) for v in x[:3]), "…", *(format_number(v, digits) for v in x[-2:])]
    else:
        shown = [format_number(v, digits) for v in x]
    return f"[{', '.join(shown)}]"


def text(formula: Any) -> str:
    """A formula as people write it in plain text.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> text((x + y) * x), text(1 - y * y), text((x / y) ** 2)
    ('(x + y) · x', '1 − y²', '(x / y)²')
    """
    return _text(formula)[0]


def _text(formula: Any) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    if not isinstance(formula, Symbol):
        number = constant_text(formula)
        return number, 3 if number.startswith(MINUS) else ATOM
    op = formula.op
    if op is None:
        return formula.name, ATOM
    level = PRECEDENCE.get(op.name, ATOM)

    def operand(k: int, tighter: bool = False) -> str:
        inner, binds = _text(formula.inputs[k])
        loose = binds < level or (tighter and binds == level) or (k > 0 and inner.startswith(MINUS))
        return f"({inner})" if loose else inner

    if op.name == "mul" and is_square(formula):
        return f"{_power_base(formula.inputs[0])}²", 4
    if op.name in INFIX:
        loose = op.name == "add" or (op.name == "mul" and not is_quotient(formula.inputs[1]))
        return operand(0) + INFIX[op.name] + operand(1, tighter=not loose), level
    if op.name == "neg":
        inner = operand(0)
        return MINUS + (f"({inner})" if inner.startswith(MINUS) else inner), level
    if op.name == "pow":
        exponent = formula.inputs[1]
        base = _power_base(formula.inputs[0])
        if isinstance(exponent, int | float) and exponent in (2, 3):
            return base + ("²" if exponent == 2 else "³"), level
        return f"{base}^{operand(1, tighter=True)}", level
    if op.name == "abs":
        return f"|{text(formula.inputs[0])}|", ATOM
    if op.name == "transpose" and "axes" not in formula.params:
        inner, binds = _text(formula.inputs[0])
        return (inner if binds == ATOM else f"({inner})") + "ᵀ", ATOM
    if op.name == "where":
        condition, x, y = text(formula.params["condition"]), text(formula.inputs[0]), text(formula.inputs[1])
        if (x, y) == ("1", "0"):
            return f"[{condition}]", ATOM
        return f"where({condition}, {x}, {y})", ATOM
    if not op.rules:
        return f"{operand(0)} {op.symbol} {operand(1)}", COMPARISON
    if op.name == "getitem":
        inner, binds = _text(formula.inputs[0])
        return f"{inner if binds == ATOM else f'({inner})'}[{format_index(formula.params.get('index', 'i'))}]", ATOM
    arguments = [text(value) for value in formula.inputs]
    if op.arity is None:
        arguments = [f"[{', '.join(arguments)}]"]
    arguments += [f"{name}={value}" for name, value in formula.params.items()]
    name = {"sigmoid": "σ", "sqrt": "√"}.get(op.name, op.name)
    return f"{name}({', '.join(arguments)})", ATOM


def constant_text(x: Any) -> str:
    """A constant as it was written, if that is short: 1.0001 is not 1."""
    if isinstance(x, float) and not x.is_integer() and len(repr(float(x))) <= 7:
        return repr(float(x)).replace("-", MINUS).replace("inf", "∞").replace("nan", "NaN")
    return format_number(x) if isinstance(x, int | float | np.ndarray | np.generic) else str(x)


def is_quotient(formula: Any) -> bool:
    return isinstance(formula, Symbol) and formula.op is not None and formula.op.name == "div"


def is_square(formula: Symbol) -> bool:
    """Whether a product has the same Symbol twice (two equal numbers stay a product)."""
    return isinstance(formula.inputs[0], Symbol) and formula.inputs[0] is formula.inputs[1]


def _power_base(formula: Any) -> str:
    inner, binds = _text(formula)
    return inner if binds == ATOM else f"({inner})"


def format_index(index: Any) -> str:
    """An index as it is written: ``1``, ``:, 0``, ``1:3``."""
    if isinstance(index, tuple):
        return ", ".join(map(format_index, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends if index.step is None else [*ends, str(index.step)])
    return "…" if index is Ellipsis else str(index)


def latex(formula: Any) -> str:
    r"""A formula as LaTeX.

    >>> print(latex(Symbol("x") / (Symbol("w1") + 1)))
    \frac{x}{w_{1} + 1}
    """
    return _latex(formula)[0]


def _latex(formula: Any) -> tuple[str, int]:
    if not isinstance(formula, Symbol):
        number, binds = _text(formula)
        return latex_number(number), binds
    op = formula.op
    if op is None:
        return latex_name(formula.name), ATOM
    level = PRECEDENCE.get(op.name, ATOM)

    def operand(k: int, tighter: bool = False) -> str:
        inner, binds = _latex(formula.inputs[k])
        loose = binds < level or (tighter and binds == level) or (k > 0 and inner.startswith("-"))
        return rf"\left({inner}\right)" if loose else inner

    if op.name == "mul" and is_square(formula):
        inner, binds = _latex(formula.inputs[0])
        return (inner if binds == ATOM else rf"\left({inner}\right)") + "^{2}", 4
    if op.name == "div":
        return rf"\frac{{{latex(formula.inputs[0])}}}{{{latex(formula.inputs[1])}}}", ATOM
    if op.name in LATEX_INFIX:
        return operand(0) + LATEX_INFIX[op.name] + operand(1, tighter=op.name != "add"), level
    if op.name == "neg":
        inner = operand(0)
        return "-" + (rf"\left({inner}\right)" if inner.startswith("-") else inner), level
    if op.name == "pow":
        inner, binds = _latex(formula.inputs[0])
        return (inner if binds == ATOM else rf"\left({inner}\right)") + f"^{{{latex(formula.inputs[1])}}}", level
    if op.name == "sqrt":
        return rf"\sqrt{{{latex(formula.inputs[0])}}}", ATOM
    if op.name == "abs":
        return rf"\left|{latex(formula.inputs[0])}\right|", ATOM
    if op.name == "transpose" and "axes" not in formula.params:
        inner, binds = _latex(formula.inputs[0])
        return (inner if binds == ATOM else rf"\left({inner}\right)") + r"^{\top}", ATOM
    if op.name == "where":
        condition = latex(formula.params["condition"])
        x, y = latex(formula.inputs[0]), latex(formula.inputs[1])
        return rf"\begin{{cases}} {x} & {condition} \\ {y} & \text{{else}} \end{{cases}}", ATOM
    if not op.rules:
        sign = LATEX_COMPARISON.get(op.operator or "", op.operator or "")
        return rf"\left[{operand(0)} {sign} {operand(1)}\right]", ATOM
    function = LATEX_FUNCTION.get(op.name, r"\operatorname{" + op.name.replace("_", r"\_") + "}")
    return rf"{function}\left({', '.join(latex(value) for value in formula.inputs)}\right)", ATOM


def latex_number(number: str) -> str:
    """A formatted number as LaTeX."""
    plain = (
        number.replace(MINUS, "-")
        .replace("·", r"\cdot")
        .replace("∞", r"\infty")
        .replace("NaN", r"\mathrm{NaN}")
        .replace("…", r"\dots")
    )
    return rf"\text{{{plain}}}" if plain.startswith("array of") else plain


def latex_name(name: str) -> str:
    """A variable's name as LaTeX: ``w1`` has an index, a long name is upright."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    escaped = "".join(rf"\{c}" if c in "_%&#${}" else r"\backslash " if c == "\\" else c for c in stem)
    if stem.startswith("∂"):
        return escaped.replace("∂", r"\partial ") + digits
    stem = stem if len(stem) == 1 and stem.isalpha() else rf"\mathrm{{{escaped}}}"
    return f"{stem}_{{{digits}}}" if digits else stem
