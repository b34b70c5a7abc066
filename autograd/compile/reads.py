"""What a rule reads besides its arguments: generated code looks it up again, each time it runs.

A rule is run on Symbols, as a copy that sees stand-ins for its globals and its cells. A number becomes a Symbol that
is spelled as a look-up, ``Config.k`` say. A function is followed, and generated code first makes sure that it is still
the same one. Whatever else a rule may do (draw a random number, branch on data, catch what a Symbol raises) is
refused: such a rule has no generated code, and runs as it is. This package's own functions are taken as they are.
"""

from __future__ import annotations

import dis
import inspect
import math
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NoReturn

import numpy as np

from autograd.checked import unchecked
from autograd.notation.python import Untranslatable
from autograd.notation.symbol import Symbol
from autograd.op import Op, override_of

#: Builtins that do the same with a Symbol as with a number, or raise.
PURE: dict[str, Any] = {
    function.__name__: function
    for function in (
        abs,
        bool,
        enumerate,
        float,
        int,
        len,
        list,
        max,
        min,
        pow,
        range,
        reversed,
        round,
        sum,
        tuple,
        zip,
    )
}

#: Packages whose functions and constants stay what they are.
FIXED = frozenset({"autograd", "math", "numpy"})

#: What a Symbol has, and a number has not, or has otherwise.
UNLIKE = frozenset({"T", "inputs", "name", "op", "params", "shape", "size"})


class Live(Symbol):
    """A Symbol that a rule cannot tell from a number without raising."""

    __slots__ = ()

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError("a Symbol has no digits, no elements and no hash")

    __format__ = __getitem__ = __iter__ = __repr__ = __str__ = _refuse
    __hash__ = _refuse


class Reads:
    """The look-ups of one generated function.

    >>> import types
    >>> person = {"config": types.SimpleNamespace(k=2.0)}
    >>> rule = eval("lambda y, x: config.k * x", person)
    >>> reads = Reads()
    >>> formula = reads.trace(rule, Live("y"), Live("x"))
    >>> formula.op, reads.places
    (<Op mul>, {"_globals1['config'].k": '_read1'})
    """

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}  #: what generated code has to be given
        self.places: dict[str, str] = {}  #: where a number is looked up -> its name in generated code
        self.checks: dict[str, None] = {}  #: each true if something is not what it was when the code was generated
        self._copies: dict[int, tuple[FunctionType, dict[str, Any], list[Any]]] = {}

    def trace(self, function: Callable[..., Any], *inputs: Any) -> Any:
        """What a function makes of Symbols; `Untranslatable` where generated code could come to differ from it."""
        try:
            follow = self.stand_in(unchecked(function), "", fixed=False)
            result = follow(*inputs)
            for copy, names, held in self._copies.values():
                if dict_differs(names, copy.__globals__) or cells_differ(held, copy):
                    refuse(f"{copy.__name__} assigns to a variable that is not its own")
        except Untranslatable:
            raise
        except Exception as error:  # a person's own function may do anything with a Symbol
            raise Untranslatable(f"{type(error).__name__} on Symbols: {error}") from error
        if not isinstance(result, Symbol | int | float):
            raise Untranslatable(f"it gives a {type(result).__name__}, which is no formula")
        return result

    def stand_in(self, value: Any, place: str, fixed: bool) -> Any:
        """What the copy of a rule sees in the place of a value; ``place`` is how generated code looks it up."""
        if isinstance(value, int | float | np.integer | np.floating | np.bool_):
            return value if fixed else Live(self.places.setdefault(place, f"_read{len(self.places) + 1}"))
        if isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
            follow, owner = self.copy(value.__func__), self.stand_in(value.__self__, self.root(value.__self__), fixed)
            self.check(value, place, fixed)
            return lambda *args: follow(owner, *args)
        if isinstance(value, FunctionType):
            self.check(value, place, fixed)
            return self.copy(value)
        if is_pure(value):
            self.check(value, place, fixed)
            return value
        return Place(self, value, place)

    def check(self, value: Any, place: str, fixed: bool) -> None:
        """Generated code makes sure that the value is still there."""
        if place and not fixed:
            self.checks[f"{place} is not {self.root(value)}"] = None

    def root(self, value: Any) -> str:
        """A name by which generated code has a value."""
        for name, known in self.names.items():
            if known is value:
                return name
        stem = {dict: "_globals", CellType: "_cell"}.get(type(value), "_thing")
        name = f"{stem}{sum(known.startswith(stem) for known in self.names) + 1}"
        self.names[name] = value
        return name

    def copy(self, function: FunctionType) -> Callable[..., Any]:
        """The function with stand-ins for what it reads; this package's own as they are."""
        if is_fixed(function):
            return function
        if id(function) in self._copies:
            return self._copies[id(function)][0]
        examine(function)
        names: dict[str, Any] = {"__builtins__": PURE}
        cells = tuple(CellType() for _ in function.__closure__ or ())
        copy = FunctionType(function.__code__, names, function.__name__, None, cells)
        before: dict[str, Any] = {}
        held: list[Any] = []
        self._copies[id(function)] = copy, before, held
        name = self.root(function)  # kept, so that its id stays its own
        self.checks[f"{name}.__code__ is not {self.root(function.__code__)}"] = None
        for name in global_names(function.__code__):
            if name in function.__globals__:
                names[name] = self.stand_in(
                    function.__globals__[name], f"{self.root(function.__globals__)}[{name!r}]", fixed=False
                )
            elif name in PURE:
                self.checks[f"{name!r} in {self.root(function.__globals__)}"] = None
        for cell, original in zip(cells, function.__closure__ or (), strict=True):
            cell.cell_contents = self.stand_in(
                original.cell_contents, f"{self.root(original)}.cell_contents", fixed=False
            )
            held.append(cell.cell_contents)
        before.update(names)
        if function.__defaults__:
            self.checks[f"{name}.__defaults__ is not {self.root(function.__defaults__)}"] = None
            copy.__defaults__ = tuple(
                self.stand_in(x, f"{name}.__defaults__[{i}]", fixed=isinstance(x, int | float))
                for i, x in enumerate(function.__defaults__)
            )
        return copy


class Place:
    """The stand-in for what holds numbers: a module, a class, an object, a dict. Anything but a look-up is refused."""

    __slots__ = ("__fixed", "__place", "__reads", "__value")

    def __init__(self, reads: Reads, value: Any, place: str) -> None:
        self.__reads, self.__value, self.__place = reads, value, place
        self.__fixed = isinstance(value, ModuleType) and value.__name__.partition(".")[0] in FIXED
        reads.check(value, place, not self.__fixed)

    def __getattr__(self, name: str) -> Any:
        return self.__reads.stand_in(stored(self.__value, name), f"{self.__place}.{name}", self.__fixed)

    def __getitem__(self, key: Any) -> Any:
        if type(self.__value) not in (dict, list, tuple) or type(key) not in (str, int):
            self.__refuse()
        return self.__reads.stand_in(self.__value[key], f"{self.__place}[{key!r}]", fixed=False)

    def __refuse(self, *_: Any) -> NoReturn:
        kind = type(self.__value).__name__
        refuse(f"it uses {self.__place or 'an object'} (a {kind}) in a way that generated code cannot repeat")

    __bool__ = __call__ = __contains__ = __eq__ = __format__ = __ge__ = __gt__ = __iter__ = __le__ = __refuse
    __len__ = __lt__ = __ne__ = __repr__ = __str__ = __refuse
    __hash__ = __refuse


def refuse(reason: str) -> NoReturn:
    raise Untranslatable(reason)


def dict_differs(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before.keys() != after.keys() or any(before[name] is not after[name] for name in before)


def cells_differ(before: list[Any], function: FunctionType) -> bool:
    return any(x is not cell.cell_contents for x, cell in zip(before, function.__closure__ or (), strict=True))


def is_fixed(function: Any) -> bool:
    """Whether a function is one of this package, whose variables nobody changes."""
    return str(getattr(function, "__globals__", {}).get("__name__", "")).partition(".")[0] == "autograd"


def is_pure(value: Any) -> bool:
    """Whether a callable does the same each time: an operation, a NumPy function that has one, a function of `math`."""
    if isinstance(value, Op | np.ufunc) or (isinstance(value, type) and issubclass(value, np.generic)):
        return True
    if isinstance(value, BuiltinFunctionType | type) and value in PURE.values():
        return True
    if isinstance(value, BuiltinFunctionType) and getattr(math, value.__name__, None) is value:
        return True
    return callable(value) and type(value).__hash__ is not None and override_of(value) is not None


def stored(value: Any, name: str) -> Any:
    """An attribute that is kept as it is, so that reading it again is reading it once more: no property, no method."""
    if isinstance(value, ModuleType):
        if name not in vars(value):
            refuse(f"it reads {value.__name__}.{name}, which is not there")
        return vars(value)[name]
    if any(isinstance(vars(kind).get("__getattribute__"), FunctionType) for kind in type(value).__mro__):
        refuse(f"it reads .{name} of a {type(value).__name__}, which computes its attributes")
    found = inspect.getattr_static(value, name)
    if isinstance(found, MemberDescriptorType):
        return getattr(value, name)
    if hasattr(type(found), "__get__") and not (isinstance(found, FunctionType) and isinstance(value, type)):
        refuse(f"it reads .{name} of a {type(value).__name__}, which is computed")
    return found


def global_names(code: CodeType) -> Iterator[str]:
    """Names that a function, or one inside it, reads from its module."""
    for inner in codes(code):
        yield from (i.argval for i in dis.get_instructions(inner) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def examine(function: FunctionType) -> None:
    """Refuse a function that might notice that it runs on Symbols, other than by an exception that gets out."""
    if function.__kwdefaults__:
        refuse(f"{function.__name__} has defaults for keywords")
    for code in codes(function.__code__):
        if code.co_exceptiontable:
            refuse(f"{function.__name__} may catch exceptions")
        for instruction in dis.get_instructions(code):
            name, kind = instruction.argval, instruction.opname
            if kind in ("LOAD_ATTR", "LOAD_METHOD") and (name in UNLIKE or name.startswith("__")):
                refuse(f"{function.__name__} reads .{name}")
            if "IS_OP" in kind or "NONE" in kind or "MATCH" in kind:
                refuse(f"{function.__name__} asks what an object is")
