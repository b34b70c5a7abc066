"""Numbers, names and indices as people write them, and as LaTeX."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

MINUS = "−"
FEW = 9  #: numbers of an array that stand in a formula

ESCAPES = {c: rf"\{c}" for c in "_%&#${} "} | {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim ", "\n": r"\ "}

#: A name that stays one thing wherever it stands: ``w1``, ``w[0]``, ``W1[0, 2]``, ``neuron.w[0]``. A raised character
#: is a power or a transpose, not part of a name.
_WORD = r"(?![\d½¼¾])(?:(?![²³¹⁰-ⁿᵀ])\w)+′*"
_NAME = rf"{_WORD}(?:\.{_WORD}|\[[\w\s,.:…'−+-]*\])*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
#: So does a derivative, ∂f/∂x, ∂sinh(x)/∂x or ∂f/∂(a+b), and an array as `format_number` writes it.
_PARENTHESES = r"\((?:[^()]|\([^()]*\))*\)"
_PART = rf"(?:{_NAME}(?:{_PARENTHESES})?|{_PARENTHESES}|{_QUOTED})"
_RATIO = rf"∂({_PART})/∂({_PART})"  # compiled by `re` where it is first used, which takes its time
_WHOLE = rf"{_NAME}|{_QUOTED}|{_RATIO}|\[(?:[][\d.,…∞NaNe+− ]|True|False)*\]|array of [\d×]+"
#: What reads as a number, and what would end an argument or an equation.
_CONSTANT = re.compile(r"[\d.]+|∞|NaN|True|False|…")
_ENDING = re.compile(r"""[,;:=|"“”\\]""")
_PAIRS = {")": "(", "]": "[", "}": "{"}


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
    try:
        value = float(x)
    except OverflowError:  # an integer that no float holds
        from decimal import Context  # few numbers are as large, and to import it takes long

        beyond = Context(prec=digits, traps=[])
        return typeset(f"{beyond.normalize(beyond.create_decimal(int(x))):g}")
    return typeset(str(int(value)) if value.is_integer() and abs(value) < 1e6 else f"{value:.{digits}g}")


def format_array(x: np.ndarray[Any, Any], digits: int, most: int = 6) -> str:
    """A short array in full, a long one with its ends, a large one by its shape, and so empty rows."""
    if x.size > 4 * most or x.ndim > 2 or (x.ndim == 2 and x.size == 0):
        return array_of(x)
    if x.ndim == 2:
        return "[" + ", ".join(format_array(row, digits, most) for row in x) + "]"
    if len(x) > most:
        shown = [*(format_number(v, digits) for v in x[:3]), "…", *(format_number(v, digits) for v in x[-2:])]
    else:
        shown = [format_number(v, digits) for v in x]
    return f"[{', '.join(shown)}]"


def array_of(x: np.ndarray[Any, Any]) -> str:
    return f"array of {'×'.join(map(str, x.shape))}"


def format_constant(x: Any) -> str:
    """A constant of a formula as it was written, if that is short or would look like a whole number: 1.0001 is not 1.

    Of an array with more than a few numbers its shape: a formula is to be seen whole.

    >>> format_constant(1.0001), format_constant(1 / 3), format_constant(1.00000001), format_constant(np.eye(4))
    ('1.0001', '0.3333', '1.00000001', 'array of 4×4')
    """
    if isinstance(x, np.ndarray) and x.ndim and x.size > FEW:
        return array_of(x)
    if isinstance(x, float) and not x.is_integer():
        written = repr(float(x))
        if len(written) <= 7 or format_number(x).removeprefix(MINUS).isdigit():
            return typeset(written)
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
    if isinstance(index, list):
        return f"[{', '.join(map(format_index, index))}]"
    if isinstance(index, np.ndarray) and index.dtype.kind in "biuf":
        return format_number(index)
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends if index.step is None else [*ends, str(index.step)])
    return "…" if index is Ellipsis else format_param(index)


def format_param(param: Any) -> str:
    """A param as Python writes it; a view of memory, of which that tells the place, by what is in it, and what can only
    be an index in its brackets.

    >>> format_param((2, 3)), format_param(memoryview(b"ab")), format_param((slice(1, None), 0))
    ('(2, 3)', '[97, 98]', '[1:, 0]')
    """
    parts = param if isinstance(param, tuple) else (param,)
    if any(part is Ellipsis or isinstance(part, slice) for part in parts):
        return f"[{format_index(param)}]"
    return str(param.tolist() if isinstance(param, memoryview) else param)


def is_whole(name: str) -> bool:
    """Whether a name can stand anywhere in a formula without parentheses.

    >>> is_whole("neuron.w[0]"), is_whole("a+b")
    (True, False)
    """
    return re.fullmatch(_WHOLE, name) is not None


def written_name(name: str) -> str:
    """A name as it is written: in quotes, where it could be taken for something else.

    >>> print(written_name("w[0]"), written_name("a+b"), written_name("a = b"), written_name("2"))
    w[0] a+b "a = b" "2"
    """
    return name if not _CONSTANT.fullmatch(name) and (is_whole(name) or is_plain(name)) else quoted(name)


def is_plain(name: str) -> bool:
    """Whether a name ends where it ends: nothing in it closes, separates or equates what stands around it."""
    if not name or not name.isprintable() or name != name.strip() or _ENDING.search(name):
        return False
    opened = []
    for c in name:
        if c in "([{":
            opened.append(c)
        elif c in _PAIRS and (not opened or opened.pop() != _PAIRS[c]):
            return False
    return not opened


def quoted(name: str) -> str:
    """Any text on one line, in quotes."""
    escapes = {'"': r"\"", "\\": r"\\"}
    return '"' + "".join(escapes.get(c, c) if c.isprintable() else unicode_escape(c) for c in name) + '"'


def unicode_escape(c: str) -> str:
    return c.encode("unicode_escape").decode()


def ratio(y: str, x: str) -> str:
    """The derivative of y by x.

    >>> ratio("f", "x"), ratio("f", "a+b")
    ('∂f/∂x', '∂f/∂(a+b)')
    """
    names = map(written_name, (y, x))
    return "/".join(f"∂{name}" if re.fullmatch(_PART, name) else f"∂({name})" for name in names)


def latex_ratio(y: str, x: str) -> str:
    """The derivative of y by x as LaTeX."""
    above, below = (
        latex_name(name) if re.fullmatch(_PART, written_name(name)) else rf"\left({latex_name(name)}\right)"
        for name in (y, x)
    )
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def latex_number(number: str) -> str:
    r"""A formatted number as LaTeX.

    >>> print(latex_number("−1.5e−09"), latex_number("True"))
    -1.5 \cdot 10^{-9} \text{True}
    """
    plain = (
        number.replace(MINUS, "-")
        .replace("·", r"\cdot")
        .replace("∞", r"\infty")
        .replace("NaN", r"\mathrm{NaN}")
        .replace("…", r"\dots")
    )
    plain = re.sub(r"(?<=\d)e([+-])0*(\d+)", lambda e: rf" \cdot 10^{{{e[1].strip('+')}{e[2]}}}", plain)
    return re.sub(r"array of [\d×]+|True|False", r"\\text{\g<0>}", plain)


def latex_name(name: str) -> str:
    r"""A variable's name as LaTeX: ``w1`` has an index, a long name is upright.

    >>> print(latex_name("w1"), latex_name("loss"), latex_name("∂f/∂x"))
    w_{1} \mathrm{loss} \frac{\partial f}{\partial x}
    """
    name = written_name(name)
    if derivative := re.fullmatch(_RATIO, name):
        return rf"\frac{{\partial {latex_name(derivative[1])}}}{{\partial {latex_name(derivative[2])}}}"
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    if digits and re.fullmatch(_WORD, stem):
        return f"{latex_name(stem)}_{{{digits}}}"
    return name if len(name) == 1 and name.isalpha() else rf"\mathrm{{{latex_escaped(name)}}}"


def latex_escaped(text: str) -> str:
    """Plain text in LaTeX's math mode, where blanks have to be said and ^ would raise what follows."""
    return "".join(ESCAPES.get(c, c) for c in text)


def latex_sentence(text: str) -> str:
    r"""A sentence in math mode. Not all that show LaTeX undo escapes inside of ``\text``, so they stand outside.

    >>> print(latex_sentence("scales x_1"))
    \text{scales x}\_\text{1}
    """
    parts = re.split(r"([_%&#${}~^\\])", text)
    return "".join(ESCAPES.get(part) or rf"\text{{{part}}}" for part in parts if part)


def ordinal(n: int) -> str:
    """As English counts.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '112th']
    """
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
