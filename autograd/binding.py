"""From a call of an operation to its inputs and params, and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from autograd.accept import EXACT
from autograd.call import ATOMS, INTS, NUMBERS, SIMPLE, Bound, Input, fill, holds_node, is_default, lifted, nodes_in
from autograd.errors import DTypeError
from autograd.signature import EMPTY, LEADING, Parameter, Rule, each, otherwise, param

#: Arguments that may be given by name where numbers alone are computed with.
REDUCING = frozenset({"axis", "keepdims"})


class Binding:
    """What arguments an operation takes, and which of them are inputs: those with a place in its rules.

    >>> import autograd
    >>> binding = autograd.einsum.binding
    >>> binding.inputs, binding.params
    (('operands',), ('subscripts', 'out', 'optimize', 'dtype', 'order', 'casting'))
    """

    __slots__ = (
        "defaults",
        "fewest",
        "inputs",
        "inputs_alone",
        "is_plain",
        "many",
        "most",
        "name",
        "names",
        "optional",
        "parameters",
        "params",
        "required",
        "rules",
        "signature",
        "takes_lists",
    )

    def __init__(self, name: str, signature: inspect.Signature, rules: Sequence[Rule | each | None]) -> None:
        parameters = signature.parameters
        self.name = name
        self.signature = signature
        self.parameters = parameters
        #: Arguments that may be given in order; the one that takes all further ones: ``*operands``.
        self.names = tuple(x for x, p in parameters.items() if p.kind in LEADING)
        self.many = next((x for x, p in parameters.items() if p.kind is Parameter.VAR_POSITIONAL), None)
        self.defaults = {x: p.default for x, p in parameters.items() if p.default is not p.empty}
        #: The arguments that are inputs, or lists of them, the rule of each, and all others.
        self.inputs = tuple(x for x, rule in zip(parameters, rules, strict=False) if rule is not param)
        self.rules = tuple(rule for rule in rules if rule is not param)
        self.params = tuple(x for x in parameters if x not in self.inputs)
        self.optional = frozenset(self.params)
        self.required = frozenset(x for x in self.params if x not in self.defaults and x != self.many)
        are_lists = [isinstance(rule, each) for rule in self.rules]
        #: Whether the inputs come first, and are one each.
        self.is_plain = not any(are_lists) and self.inputs == tuple(parameters)[: len(self.rules)]
        #: How many arguments a plain call has in order: what it must have, and at most those before dtype= and out=.
        self.fewest = len(self.rules) + len(self.required)
        self.most = -1
        if self.is_plain:
            self.most = next((k for k, x in enumerate(self.names) if x in ("dtype", "out")), len(self.names))
        #: How many those inputs are, where nothing else has to be given.
        self.inputs_alone = len(self.rules) if self.is_plain and not self.required else None
        #: Whether each is a list of inputs, and nothing else has to be given.
        self.takes_lists = self.many is None and all(are_lists) and not self.required

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """Split a call into its inputs and its params, as the signature says.

        An argument with a place in `rules` is an input, or a list of inputs; and so is a condition of the graph,
        wherever it stands. A param that has its default is left out.

        Raises `DTypeError` for a node of numbers in a param, `TypeError` as Python does.

        >>> import autograd
        >>> autograd.mean.binding.bind(([1.0, 2.0], 0, None, None), {})
        (([1.0, 2.0],), {'axis': 0})
        """
        if self.is_plain and (quick := self.quick(args, kwargs)) is not None:
            return args[: len(self.rules)], quick
        arguments = self.named(args, kwargs)
        first = tuple(arguments.pop(name) for name in self.inputs) if self.is_plain else ()
        if not any(value is None for value in first):
            found: list[Any] = []
            params = {name: self.lift(name, value, found) for name, value in arguments.items()}
            if self.is_plain and not found:
                return first, params
        arguments = dict(zip(self.inputs, first, strict=False)) | arguments
        found = []
        bound = Bound({name: self.lift(name, value, found) for name, value in arguments.items()})
        return tuple(found), bound

    def is_numeric(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """Whether numbers alone are given, in the commonest way, as where rules run: there is nothing to bind.

        Integers and truth values beside no float are not so common, and may have to become floats.
        """
        if kwargs and not (kwargs.keys() <= self.optional and kwargs.keys() <= REDUCING):
            return False
        given = len(self.rules)
        others = floats = 0
        for x in args[:given]:
            kind = x.__class__
            if kind is int and -EXACT <= x <= EXACT:
                others += 1
            elif kind in NUMBERS or (kind is np.ndarray and x.dtype.kind == "f"):
                floats += 1
            elif kind is np.ndarray and x.dtype.kind == "b":
                others += 1
            else:
                return False
        if others and not floats:
            return False
        for value in (*args[given:], *kwargs.values()) if kwargs else args[given:]:
            kind = value.__class__
            if not (INTS.issuperset(map(type, value)) if kind is tuple else kind in SIMPLE):
                return False
        return True

    def quick(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The params of the commonest calls: every input is given in order, and no node is anywhere else."""
        given = len(self.rules)
        if not given <= len(args) <= len(self.names):
            return None
        for x in args[:given]:
            if x is None:
                return None
        params = dict(zip(self.names[given:], args[given:], strict=False))
        if kwargs:
            params.update(kwargs)
            if len(params) != len(args) - given + len(kwargs) or not params.keys() <= self.optional:
                return None
        if self.required and not self.required <= params.keys():
            return None
        kept = {}
        for name, value in params.items():
            kind = value.__class__
            if kind is bool and name in ("axis", "dtype"):
                return None
            if kind not in ATOMS and holds_node(value):
                return None
            if value is not None and name == "out":
                return None
            if not is_default(value, self.defaults.get(name, EMPTY)):
                kept[name] = value
        return kept

    def lift(self, name: str, value: Any, found: list[Any]) -> Any:
        """An argument with `Input`s in the places of its inputs, which go to ``found``."""
        if name not in self.inputs:
            self.refuse_numbers(name, value)
            return lifted(value, found)
        if value is None:
            return None
        if isinstance(self.rules[self.inputs.index(name)], each):
            found.extend(value)
            return [Input(k) for k in range(len(found) - len(value), len(found))]
        found.append(value)
        return Input(len(found) - 1)

    def refuse_numbers(self, name: str, value: Any) -> None:
        """A node in an argument that has no derivative must be one that could have none: no number."""
        for node in nodes_in(value):
            if not node._has_no_slope:
                kind = type(node).__name__
                holder = "" if node is value else f" in a {type(value).__name__}"
                raise DTypeError(
                    f"{self.name}: {name} has no derivative, but got a {kind}{holder}, whose gradient would be lost: "
                    "give plain numbers, as from .item() or .data"
                )

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument by name, params without those that have their defaults; `TypeError` as Python raises it."""
        arguments = dict(zip(self.names, args, strict=False))
        if self.many is not None:
            arguments[self.many] = args[len(self.names) :]
        elif len(args) > len(self.names):
            raise TypeError(f"{self.name}: expected at most {len(self.names)} arguments, got {len(args)}")
        for name, value in kwargs.items():
            if name not in self.parameters or name in arguments:
                takes = ", ".join(self.parameters) + otherwise([name], self.parameters)
                raise TypeError(f"{self.name}: unknown or repeated argument {name!r}; it takes {takes}")
            arguments[name] = value
        for name in ("dtype", "out"):
            if isinstance(arguments.get(name), bool | np.bool_):
                cure = f": write keepdims={arguments[name]}" if "keepdims" in self.parameters else ""
                raise TypeError(
                    f"{self.name}: got {arguments[name]} in the place of {name}, as NumPy orders them{cure}"
                )
        if isinstance(arguments.get("axis"), bool | np.bool_):  # NumPy takes it here, and refuses it there
            raise DTypeError(f"{self.name}: expected axis as an int, a tuple of ints or None, got {arguments['axis']}")
        if arguments.get("out") is not None:
            raise TypeError(
                f"{self.name}: expected no out=, which would write over recorded numbers: use the result instead"
            )
        for name in self.parameters:
            if name not in arguments and name in self.inputs and name in self.defaults:
                arguments[name] = self.defaults[name]
        missing = [name for name in self.names if name not in arguments and name not in self.defaults]
        if missing and missing[0] in self.inputs:
            raise TypeError(f"{self.name}: expected {len(self.inputs)} inputs, got {len(args)}")
        if missing:
            raise TypeError(f"{self.name}: expected {' and '.join(missing)}, as in {self.name}{self.signature}")
        for name in self.inputs:
            if arguments.get(name, EMPTY) is None and self.defaults.get(name, EMPTY) is not None:
                raise DTypeError(f"{self.name}: expected numbers, arrays, Values or Tensors for {name}, got None")
        for name, rule in zip(self.inputs, self.rules, strict=True):
            if isinstance(rule, each) and name != self.many:
                given = arguments[name]
                is_array = isinstance(given, np.ndarray) or hasattr(type(given), "_interpret")
                if not isinstance(given, list | tuple) and not (is_array and len(given.shape) > 0):
                    raise TypeError(f"{self.name}: expected one sequence of inputs, as in {self.name}([x, y])")
                arguments[name] = list(given)
        return {
            name: value
            for name, value in arguments.items()
            if name in self.inputs or not is_default(value, self.defaults.get(name, EMPTY))
        }

    def arguments(
        self, inputs: Sequence[Any], params: Mapping[str, Any] | None
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """The call again, as positional arguments and those by name, with these inputs."""
        if not isinstance(params, Bound):
            return inputs, params or {}
        filled = {name: fill(value, inputs) for name, value in params.items()}
        leading = list(takewhile(filled.__contains__, self.names))
        many = () if self.many is None else filled.pop(self.many)
        return [*map(filled.pop, leading), *many], filled
