"""What may be written in an expression, what it stands for, and what to say to the rest."""

from __future__ import annotations

import ast
import math

import autograd

CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


def constant_meant(name: str) -> str:
    """The constant that is meant by NaN, Inf or Infinity; empty for other names.

    >>> constant_meant("NaN"), constant_meant("Infinity"), constant_meant("x")
    ('nan', 'inf', '')
    """
    plain = name.casefold().replace("infinity", "inf")
    return plain if plain in CONSTANTS and plain != name else ""


#: Where two values are given to a function that folds one array: max(x, 0) is Python's, not axis=0.
PAIRS = {"max": "maximum", "min": "minimum"}

#: How Python spells an operator; which operation it stands for, its entry in the table says.
SPELLED: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
    ast.USub: "-x", ast.Subscript: "[]",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
BY_OPERATOR = {op.operator: op.name for op in autograd.table.values()}

#: What is wrong with arithmetic on plain numbers, by the first word of NumPy's message.
FAULTS = {
    "divide": "division by zero",
    "overflow": "the result is too large for a float (1.8e308)",
    "invalid": "the result is no real number",
}
REFUSED: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute: call functions by their bare name, as in exp(x)",
    ast.BoolOp: "and/or: put one where(…) inside another",
    ast.BitXor: "^: write ** for a power",
    ast.Compare: "a comparison: it belongs inside where(…), as in where(x > 0, x, 0)",
    ast.Dict: "a dictionary",
    ast.IfExp: "if/else: write where(x > 0, x, 0)",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a lambda: write its arithmetic out",
    ast.NamedExpr: "a walrus: assign in a statement of its own, as in q = x + y; q * z",
    ast.Set: "a set: write a list, as in [x, y]",
    ast.Slice: "a slice",
    ast.Starred: "a star: write the elements out, as in [x, y]",
    ast.Tuple: "a tuple: write a list, as in [x, y]",
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        "a comprehension: write the elements out, as in [x, y]",
    ),
}
STATEMENTS: dict[type[ast.AST], str] = {
    ast.AugAssign: "a change of a name, which stands for one node: name the result, as in q = x + y",
    ast.AnnAssign: "an annotation: write q = x + y",
}
