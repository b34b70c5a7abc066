"""Who asks a node for a plain number: the person, or somebody else's code, which would lose the gradient.

``float(v)`` in the person's own code is a wish. ``math.tanh(v)``, ``array[i] = v`` and ``rng.normal(v)`` call the same
method, and go on with a number that no gradient flows back from. They are told apart by the instruction that is
running: what it calls is looked up where the interpreter found it, by following the stack back from the call, and
never guessed from the text. What has been bound anew since is not taken for what was called: neither in the same
code, nor, under any other name than its own, where other code ran in between. The limit: an object that goes by the
name of `float`, say, and is swapped for that one by a call, an operator or a property among its own arguments.
"""

from __future__ import annotations

import dis
import math
import sys
from collections.abc import Iterator, Sequence
from inspect import CO_OPTIMIZED
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import LostGradientError
from autograd.op import table
from autograd.refusal import FLAT, no_gradient
from autograd.state import author_of, mode

#: Called by a person on a node, they say that the number alone is wanted.
ASKING = frozenset(map(id, (float, int, math.isnan, math.isinf, math.isfinite, math.isclose)))

#: How many instructions are remembered.
MOST = 4096


class Running(NamedTuple):
    """An instruction, and where what it calls was loaded from: ``math.isnan`` is a global name and an attribute."""

    name: str  #: of the instruction
    loaded: str = ""  #: the instruction that loaded the callee; empty for no call, or one that cannot be told
    path: tuple[str, ...] = ()
    others_ran: bool = False  #: other code, since the callee was loaded


def expect_asked(node: Any) -> Any:
    """What asks for the number of a node: `LostGradientError` if that is not the person's own code.

    It is None where it cannot be told. The method of the node that hands the number out calls this. What requires no
    gradient loses none.
    """
    frame = sys._getframe(2)
    instruction = running(frame)
    if instruction.name == "%":  # "%.3f" % v
        return None
    callee = called(instruction, frame)
    if id(callee) in ASKING and author_of(frame.f_code.co_filename) == "person":
        return callee
    if node.requires_grad and mode() != "no_grad":
        name = node.label or f"a {type(node).__name__}"
        cure = "if the number alone is meant, give .item(), or do it inside no_grad()"
        raise LostGradientError(f"{name}: {lost(instruction, callee, frame)}; {cure}")
    return None


def lost(instruction: Running, callee: Any, frame: FrameType) -> str:
    """What happens to the gradient, and the cure: no more is said of who asks than can be seen."""
    taken, cure = "would take the number alone and lose the gradient", "compute with autograd's functions"
    if instruction.name == "STORE_SUBSCR":
        return (
            f"an array of plain numbers {taken}: assign to a Tensor, or to an array that holds Values, "
            "np.empty(n, dtype=object)"
        )
    name, module = text_of(callee, "__name__"), text_of(callee, "__module__")
    if name in FLAT and module in ("builtins", "math", "numpy"):
        return no_gradient(name)
    if name in table and module in ("math", "cmath", "numpy"):
        return f"{module}.{name} {taken}: use autograd.{name}"
    if author_of(frame.f_code.co_filename) != "person":
        library = dict.get(frame.f_globals, "__name__")
        return f"code of {library if type(library) is str else 'a library'} {taken}: {cure}"
    if name is not None:
        return f"the call of {name} {taken}: {cure}"  # it may have called another, as list(map(float, vs)) does
    return f"it cannot be seen who asks for the number, so the gradient might be lost: {cure}"


#: What answers for its name itself: to ask any other object may run a person's code.
NAMED = (BuiltinFunctionType, FunctionType, type, np.ufunc, type(np.sum))


def text_of(callee: Any, attribute: str) -> str | None:
    """Its ``__name__`` or ``__module__``, if it has one."""
    found = getattr(callee, attribute, None) if type(callee) in NAMED else None
    return found if type(found) is str else None


def running(frame: FrameType) -> Running:
    """The instruction that a frame is at."""
    code, offset = frame.f_code, frame.f_lasti
    known = _known.get((id(code), offset))
    if known is None:
        if len(_known) == MOST:
            _known.clear()
        known = _known[id(code), offset] = code, instruction_at(code, offset)
    return known[1]


#: By the ``id`` of the code, which is held so that it stays its own: to hash code takes microseconds.
_known: dict[tuple[int, int], tuple[CodeType, Running]] = {}


def instruction_at(code: CodeType, offset: int) -> Running:
    """The one at this offset."""
    instructions = list(dis.get_instructions(code))
    index = next((i for i, each in enumerate(instructions) if each.offset == offset), None)
    if index is None:
        return Running("")
    instruction = instructions[index]
    if instruction.opname.startswith("BINARY") and instruction.argrepr in ("%", "%="):
        return Running("%")
    return Running(instruction.opname, *callee_of(instructions[: index + 1]))


#: Instructions that put no callee on the stack, nor an argument.
FILLERS = frozenset({"EXTENDED_ARG", "NOP", "CACHE", "PUSH_NULL"})

#: Instructions that replace an object by an attribute.
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})

#: Instructions that only take from the stack; so does a conditional jump.
TAKING = frozenset({"POP_TOP", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF", "STORE_FAST", "STORE_FAST_STORE_FAST"})

#: Instructions behind which the next one is not run.
LEAVING = ("JUMP_FORWARD", "JUMP_BACKWARD", "RETURN_", "RAISE_", "RERAISE")

#: Instructions that put what has a name on the stack; some do two things at once, the latter of which counts.
NAMING = frozenset(
    {
        "LOAD_NAME",
        "LOAD_GLOBAL",
        "LOAD_FAST",
        "LOAD_FAST_CHECK",
        "LOAD_DEREF",
        "LOAD_CLASSDEREF",
        "LOAD_FROM_DICT_OR_DEREF",
        "LOAD_FAST_LOAD_FAST",
        "STORE_FAST_LOAD_FAST",
    }
)

#: Instructions that run other code, which may bind a name anew, or wait while it runs.
RUNNING = frozenset({"CALL", "CALL_KW", "CALL_FUNCTION_EX", "FOR_ITER", "IMPORT_NAME", "SEND", "YIELD_VALUE"})

UNTOLD: tuple[str, tuple[str, ...], bool] = ("", (), False)


def callee_of(instructions: Sequence[dis.Instruction]) -> tuple[str, tuple[str, ...], bool]:
    """What loaded the callee of the last of these, its name with those of its attributes, and if other code ran since.

    The callee lies on the stack below the arguments. So the instructions are followed back, with a count of what lies
    above it, to the one that put it there. Where a jump leads behind that one, another may have; and where its name is
    bound since, it is that of another: it cannot be told.

    >>> code = compile("math.isclose(1.5, x if x else -x)", "", "eval")
    >>> calls = [i for i, each in enumerate(dis.get_instructions(code)) if each.opname == "CALL"]
    >>> callee_of(list(dis.get_instructions(code))[: calls[0] + 1])
    ('LOAD_NAME', ('math', 'isclose'), False)
    """
    if len(instructions) > 1 and instructions[-2].opname == "PRECALL":
        instructions = instructions[:-1]  # which counts the arguments as taken
    above = arguments_of(instructions[-1])
    if above is None:
        return UNTOLD
    known = {instructions[-1].offset: above}  #: of an instruction, by its offset, how much it finds there
    path: list[str] = []
    for i in range(len(instructions) - 2, -1, -1):
        each, since = instructions[i], instructions[i + 1 : -1]
        leads = each.argval if each.opcode in dis.hasjrel else None
        if leads in known:
            above = known[leads] - dis.stack_effect(each.opcode, each.arg, jump=True)
        elif above is None or each.opname.startswith(LEAVING):
            above = None  # until a jump leads to where it is known
            continue
        elif leads is None and above == 0 and each.opname not in TAKING:
            if instructions[i + 1].is_jump_target:
                return UNTOLD
            if each.opname in NAMING:
                name = each.argval[-1] if isinstance(each.argval, tuple) else each.argval
                if any(name in bound_by(other) for other in since):
                    return UNTOLD
                return each.opname, (name, *reversed(path)), any(other.opname in RUNNING for other in since)
            if each.opname in ATTRIBUTES:
                path.append(each.argval)
            elif each.opname not in FILLERS:
                return UNTOLD
            continue
        else:
            above -= dis.stack_effect(each.opcode, each.arg, jump=False)
        if above < 0:
            return UNTOLD
        known[each.offset] = above
    return UNTOLD


def arguments_of(call: dis.Instruction) -> int | None:
    """How much lies on the stack above the callee, and above the object beside it, that of a method."""
    given = call.arg or 0
    if call.opname == "CALL_FUNCTION_EX":
        return 1 + (given & 1)
    return {"PRECALL": given, "CALL": given, "CALL_KW": given + 1}.get(call.opname)


def bound_by(each: dis.Instruction) -> tuple[Any, ...]:
    """The names that an instruction binds, or deletes."""
    if not each.opname.startswith(("STORE_", "DELETE_")):
        return ()
    if not isinstance(each.argval, tuple):
        return (each.argval,)
    return each.argval[:1] if each.opname.endswith("LOAD_FAST") else each.argval


def called(instruction: Running, frame: FrameType) -> Any:
    """The object that a call calls, None where it cannot be told; only names and modules are looked into."""
    if not instruction.loaded:
        return None
    found = held(instruction.loaded, instruction.path[0], frame)
    for attribute in instruction.path[1:]:
        found = vars(found).get(attribute) if type(found) is ModuleType else None
    if is_sure(instruction, frame) or text_of(found, "__name__") == instruction.path[-1]:
        return found
    return None


def is_sure(instruction: Running, frame: FrameType) -> bool:
    """Whether what is looked up now is what was loaded then."""
    if instruction.loaded == "LOAD_NAME" and hides_names(frame):
        return False
    if not instruction.others_ran:
        return True
    return len(instruction.path) == 1 and (
        instruction.loaded in OWN
        or (instruction.loaded == "LOAD_DEREF" and not may_be_bound(instruction.path[0], frame))
    )


def may_be_bound(name: str, frame: FrameType) -> bool:
    """Whether other code may bind this variable of a function anew: code in that function, if that is to be seen."""
    codes = (around.f_code for around in surrounding(frame))
    owner = next((code for code in codes if name in code.co_cellvars), None)
    return owner is None or any(name in bound_by(each) for code in inside(owner) for each in dis.get_instructions(code))


def inside(code: CodeType) -> Iterator[CodeType]:
    """The code of what is defined in code."""
    for each in code.co_consts:
        if type(each) is CodeType:
            yield each
            yield from inside(each)


#: Instructions that load a variable that no other code binds.
OWN = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST"})


def held(loaded: str, name: str, frame: FrameType) -> Any:
    """What a name stands for, for an instruction of this kind.

    The variables of a function are read only where they are needed: up to Python 3.12, to read them brings a dict that
    ``locals()`` gave there up to date.
    """
    if loaded == "LOAD_GLOBAL":
        return looked_up(name, frame.f_globals, frame.f_builtins)
    if loaded == "LOAD_NAME":
        names = () if hides_names(frame) else (frame.f_locals,)
        return looked_up(name, *names, frame.f_globals, frame.f_builtins)
    if loaded in ("LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"):
        if is_function(frame) or type(frame.f_locals) is not dict:
            return None
        if name in frame.f_locals:
            return frame.f_locals[name]
    if loaded not in OWN:
        frame = next((around for around in surrounding(frame) if is_function(around)), frame)
        if not is_function(frame):
            return None
    return frame.f_locals.get(name)


def looked_up(name: str, *namespaces: Any) -> Any:
    """What the first of these namespaces has that has it; others than plain dicts may have code of their own."""
    for names in namespaces:
        if type(names) is not dict:
            return None
        if name in names:
            return names[name]
    return None


def is_function(frame: FrameType) -> bool:
    """Whether its variables have places of their own, and no namespace."""
    return bool(frame.f_code.co_flags & CO_OPTIMIZED)


def hides_names(frame: FrameType) -> bool:
    """Whether a copy is seen of the namespace of a module or a class: while it is in a comprehension, since 3.12."""
    return frame.f_locals is not frame.f_locals


def surrounding(frame: FrameType) -> Iterator[FrameType]:
    """A frame, and those of the code that its own stands in, as that of a class body does, while it runs."""
    around: FrameType | None = frame
    while around is not None:
        yield around
        inner, around = around, around.f_back
        if around is not None and not any(inner.f_code is each for each in around.f_code.co_consts):
            return
