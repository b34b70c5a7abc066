"""Numbers, names and indices as people write them, and as LaTeX."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

MINUS = "−"

#: A name that stays one thing wherever it stands: ``w1``, ``w[0]``, ``W1[0, 2]``, ``neuron.w[0]``. A raised digit is
#: a power, not part of a name.
_WORD = r"(?!\d)(?:(?![²³¹⁰-⁹])\w)+′*"
_NAME = rf"{_WORD}(?:\.{_WORD}|\[[^\[\]]*\])*"
#: So does a derivative, ∂f/∂x, ∂sinh(x)/∂x or ∂f/∂(a+b), and what `format_number` writes.
_PARENTHESES = r"\((?:[^()]|\([^()]*\))*\)"
_PART = rf"(?:{_NAME}(?:{_PARENTHESES})?|{_PARENTHESES})"
_WHOLE = re.compile(rf"{_NAME}|∂{_PART}/∂{_PART}|[\d.]+|∞|\[[][\d.,…∞NaNe+− ]*\]|array of [\d×]+")


def format_number(x: Any, digits: int = 4) -> str:
    """A number as people write it: four significant digits, no trailing zeros, a real minus sign.

    >>> format_number(-12.0), format_number(0.123456), format_number(1e-9)
    ('−12', '0.1235', '1e−09')
    >>> format_number(np.array([1.0, 0.5])), format_number(True)
    ('[1, 0.5]', 'True')
    """
    if isinstance(x, np.ndarray) and x.ndim:
        return format_array(x, digits)
    if isinstance(x, bool | np.bool_):
        return str(x)
    value = float(x)
    return typeset(str(int(value)) if value.is_integer() and abs(value) < 1e6 else f"{value:.{digits}g}")


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


def format_constant(x: Any) -> str:
    """A constant of a formula as it was written, if that is short: 1.0001 is not 1.

    >>> format_constant(1.0001), format_constant(1 / 3)
    ('1.0001', '0.3333')
    """
    if isinstance(x, float) and not x.is_integer() and len(repr(float(x))) <= 7:
        return typeset(repr(float(x)))
    return format_number(x) if isinstance(x, int | float | np.ndarray | np.generic) else str(x)


def typeset(number: str) -> str:
    """Python's text of a number with the signs that people use."""
    return number.replace("-", MINUS).replace("inf", "∞").replace("nan", "NaN")


def format_index(index: Any) -> str:
    """An index as it is written.

    >>> format_index((slice(None), 0)), format_index(slice(1, 3))
    (':, 0', '1:3')
    """
    if isinstance(index, tuple):
        return ", ".join(map(format_index, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends if index.step is None else [*ends, str(index.step)])
    return "…" if index is Ellipsis else str(index)


def is_whole(name: str) -> bool:
    """Whether a name can stand anywhere in a formula without parentheses.

    >>> is_whole("neuron.w[0]"), is_whole("a+b")
    (True, False)
    """
    return _WHOLE.fullmatch(name) is not None


def ratio(y: str, x: str) -> str:
    """The derivative of y by x.

    >>> ratio("f", "x"), ratio("f", "a+b")
    ('∂f/∂x', '∂f/∂(a+b)')
    """
    return "/".join(f"∂{name}" if re.fullmatch(_PART, name) else f"∂({name})" for name in (y, x))


def latex_ratio(y: str, x: str) -> str:
    """The derivative of y by x as LaTeX."""
    above, below = (
        latex_name(name) if re.fullmatch(_PART, name) else rf"\left({latex_name(name)}\right)" for name in (y, x)
    )
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


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
    r"""A variable's name as LaTeX: ``w1`` has an index, a long name is upright.

    >>> print(latex_name("w1"), latex_name("loss"))
    w_{1} \mathrm{loss}
    """
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    escaped = latex_escaped(stem)
    if stem.startswith("∂"):
        return escaped.replace("∂", r"\partial ") + digits
    stem = stem if len(stem) == 1 and stem.isalpha() else rf"\mathrm{{{escaped}}}"
    return f"{stem}_{{{digits}}}" if digits else stem


def latex_escaped(text: str) -> str:
    """Plain text inside LaTeX."""
    return "".join(rf"\{c}" if c in "_%&#${}" else r"\backslash " if c == "\\" else c for c in text)
