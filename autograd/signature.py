"""The signature of an operation: that of its rules, which they share with each other and with its other functions."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.call import SIMPLE
from autograd.errors import short_repr

Forward = Callable[..., Any]
Rule = Callable[..., Any]

Parameter = inspect.Parameter
EMPTY = Parameter.empty
VAR_KEYWORD = Parameter.VAR_KEYWORD
#: Types of defaults that are the same where they are written alike.
WRITTEN = SIMPLE | {type(np._NoValue)}
LEADING = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


#: What PyTorch calls arguments that have NumPy's names here.
OTHERWISE = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "unbiased": "ddof"}


def otherwise(names: Iterable[str], taken: Collection[str]) -> str:
    """What to add to the refusal of arguments of these names, which PyTorch has by others.

    >>> otherwise(["dim"], ["a", "axis", "keepdims"])
    '; dim is axis here'
    """
    ours = {name: OTHERWISE[name] for name in names if name in OTHERWISE and OTHERWISE[name] in taken}
    return "".join([f"; {name} is {other} here" for name, other in ours.items()])


@dataclass(frozen=True, slots=True)
class each:  # noqa: N801 - reads as a word of the table
    """The rule of an argument that is a list of inputs: what it returns is called with a place in the list.

    So what all inputs share is computed once, and what nobody needs never.

    >>> import autograd
    >>> pair = autograd.primitive("pair", np.stack, each(lambda g, y, arrays: lambda k: g[k]), doc="takes it apart")
    >>> x = autograd.Tensor(1.0)
    >>> pair([x, x, 5.0]).sum().backward()
    >>> x.grad
    array(2.)
    >>> autograd.remove("pair")
    """

    rule: Rule


class param:  # noqa: N801 - reads as a word of the table
    """In the place of a rule: the argument is no input, though one that is may stand behind it.

    >>> import autograd
    >>> power = autograd.primitive("power", lambda n, x: x**n, param, lambda g, y, n, x: g * (n * x ** (n - 1)),
    ...     doc="scales it by n·xⁿ⁻¹")
    >>> x = autograd.Tensor(3.0)
    >>> power(2, x).backward()
    >>> x.grad
    array(6.)
    >>> autograd.remove("power")
    """


def signature_of(name: str, rules: Sequence[Rule | each | None], forward: Forward, before: int) -> inspect.Signature:
    """That of an operation's rules, without what comes before its arguments; of a flat one, that of its function.

    Raises `ValueError` if two rules differ in it, or the forward function does in a param.
    """
    nin = forward.nin if isinstance(forward, np.ufunc) and forward.signature is None else None
    if nin is not None and len(rules) != nin:
        raise ValueError(
            f"{name}: expected a rule for each input of np.{forward.__name__}, which has {nin}, got {len(rules)}: give "
            "None for an input without a derivative"
        )
    found = [
        arguments_of(rule.rule if isinstance(rule, each) else rule, before)
        for rule in rules
        if rule is not None and rule is not param
    ]
    if not found:
        if not isinstance(forward, np.ufunc):
            own = arguments_of(forward)
            expect_one_each(name, own, rules, 0)
            return own
        return inspect.Signature([Parameter(x, Parameter.POSITIONAL_ONLY) for x in ("x", "y", "z")[: len(rules)]])
    first = found[0]
    if nin is not None and len([x for x in first.parameters.values() if x.default is x.empty]) > nin:
        leading = "g, the output" if before == 2 else "the output"
        raise ValueError(f"{name}: expected rules of {leading} and then of {nin} inputs, got {first} behind that")
    expect_one_each(name, first, rules, before)
    for other in found[1:]:
        if other is not first and str(other) != str(first):
            refuse(name, "rules that have the same arguments", first, other)
    inputs = [x for x, rule in zip(first.parameters, rules, strict=False) if rule is not param]
    check_forward(name, first, forward, inputs)
    return first


def expect_one_each(name: str, signature: inspect.Signature, rules: Sequence[Any], before: int) -> None:
    """Refuse rules that do not take as many arguments as there are rules, behind what comes before them."""
    if len(signature.parameters) >= len(rules):
        return
    leading = {0: "", 1: "the output and then ", 2: "g, the output and then "}[before]
    raise ValueError(
        f"{name}: expected functions of {leading}one argument for each of the {len(rules)} rules, got "
        f"{len(signature.parameters)} arguments, {signature}: give each input one rule, or None"
    )


def arguments_of(function: Callable[..., Any], before: int = 0) -> inspect.Signature:
    """What a function takes, behind the first ones, which are no arguments of the operation.

    To read it is most of what importing the table costs, and most rules are written alike: so each way is read once.
    """
    key = written(function)
    if key is None:
        return read(function, before)
    if (key, before) not in known:
        known[key, before] = read(function, before)
    return known[key, before]


def read(function: Callable[..., Any], before: int) -> inspect.Signature:
    parameters = list(inspect.signature(function).parameters.values())[before:]
    return inspect.Signature([p if p.annotation is EMPTY else p.replace(annotation=EMPTY) for p in parameters])


#: The signatures of functions, by how these are written.
known: dict[tuple[Any, int], inspect.Signature] = {}


def written(function: Callable[..., Any]) -> Any:
    """What functions that take the same arguments have in common; None of one that wraps another, or is not Python's.

    >>> once = written(lambda x, n=1: x)
    >>> once == written(lambda x, n=1: -x), once == written(lambda x, n=1.0: x)
    (True, False)
    """
    if type(function) is not types.FunctionType or vars(function):
        return None
    code = function.__code__
    many = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    named = function.__kwdefaults__ or {}
    defaults = [(x.__class__, repr(x)) for x in (*(function.__defaults__ or ()), *named.values())]
    if not WRITTEN.issuperset([kind for kind, _ in defaults]):
        return None
    leading = (code.co_argcount, code.co_posonlyargcount, code.co_flags & 12)
    return code.co_varnames[:many], leading, tuple(defaults), tuple(named)


def check_forward(name: str, signature: inspect.Signature, forward: Forward, inputs: Sequence[str]) -> None:
    """Refuse a forward function that cannot be called with the arguments of the rules.

    Inputs come to it by position, so it may call them as it likes; params by name, and with the same defaults. A ufunc
    takes inputs alone, and says so itself.
    """
    if isinstance(forward, np.ufunc):
        if forward.nin != len(inputs):
            raise ValueError(
                f"{name}: expected a rule, or None, for each of the {forward.nin} arguments of the forward function, "
                f"got rules of {', '.join(inputs)}"
            )
        return
    if isinstance(inspect.unwrap(forward), types.BuiltinFunctionType):
        return  # NumPy has written out what it takes, but to read that costs as much as all else here
    try:
        own = arguments_of(forward)
    except (TypeError, ValueError):  # of a function in C nothing is known
        return
    if own is signature:
        return
    parameters = signature.parameters
    takes_all = VAR_KEYWORD in kinds(own)
    for x, p in parameters.items():
        if x in inputs:
            continue
        if x not in own.parameters and not takes_all:
            refuse(name, f"a forward function that takes {x}", signature, own)
        if x in own.parameters and p.default is not EMPTY and not same(own.parameters[x].default, p.default):
            refuse(name, f"a forward function with {x}={short_repr(p.default)}", signature, own)
    last = max([k for k, x in enumerate(parameters) if x in inputs], default=-1)
    leading = [x for x, p in list(parameters.items())[: last + 1] if p.kind is not Parameter.KEYWORD_ONLY]
    named = [x for x, p in parameters.items() if x not in leading and p.default is EMPTY and p.kind is not VAR_KEYWORD]
    try:
        own.bind(*leading, **dict.fromkeys(named))
    except TypeError:
        refuse(name, "a forward function that takes the arguments of the rules", signature, own)


def check_numeric(name: str, signature: inspect.Signature, rule: Rule | each, before: int) -> None:
    """Refuse a numeric form of a rule that has other arguments than the rule.

    Raises `ValueError`.
    """
    own = arguments_of(rule.rule if isinstance(rule, each) else rule, before)
    if own is not signature and str(own) != str(signature):
        refuse(name, "a numeric form with the arguments of the rules", signature, own)


def check_function(name: str, what: str, signature: inspect.Signature, function: Callable[..., Any]) -> None:
    """Refuse a function of the call with other arguments than the operation; ``**_`` stands for those it does not need.

    Raises `ValueError`.
    """
    own = arguments_of(function)
    named = [x for x, p in own.parameters.items() if p.kind is not Parameter.VAR_KEYWORD]
    expected = [x for x in signature.parameters if x in named or Parameter.VAR_KEYWORD not in kinds(own)]
    if named != expected:
        refuse(name, f"a {what} function with the arguments of the rules", signature, own)
    for x in named:
        default = signature.parameters[x].default
        if default is not EMPTY and not same(own.parameters[x].default, default):
            refuse(name, f"a {what} function with {x}={short_repr(default)}", signature, own)


def kinds(signature: inspect.Signature) -> set[Any]:
    return {p.kind for p in signature.parameters.values()}


def same(default: Any, other: Any) -> bool:
    """Whether two defaults are one; NumPy's mark for an argument that was not given says nothing."""
    return default is np._NoValue or repr(default) == repr(other)


def refuse(name: str, expected: str, signature: inspect.Signature, other: inspect.Signature) -> None:
    raise ValueError(f"{name}: expected {expected}, got {other} beside {signature}: give both the same")
