"""Who asks a node for a plain number: the person, or somebody else's code, which would lose the gradient.

``float(v)`` in the person's own code is a wish. ``math.tanh(v)``, ``array[i] = v`` and ``rng.normal(v)`` call the same
method, and go on with a number that no gradient flows back from. They are told apart by the instruction that is
running: what it calls is looked up where the interpreter found it, by following the stack back from the call, and
never guessed from the text.
"""

from __future__ import annotations

import dis
import math
import sys
from collections.abc import Sequence
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

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
    name, module = getattr(callee, "__name__", None), getattr(callee, "__module__", None)
    if name in FLAT and module in ("builtins", "math", "numpy"):
        return no_gradient(name)
    if name in table and module in ("math", "cmath", "numpy"):
        return f"{module}.{name} {taken}: use autograd.{name}"
    if author_of(frame.f_code.co_filename) != "person":
        return f"code of {frame.f_globals.get('__name__', 'a library')} {taken}: {cure}"
    if isinstance(name, str):
        return f"the call of {name} {taken}: {cure}"  # it may have called another, as list(map(float, vs)) does
    return f"it cannot be seen who asks for the number, so the gradient might be lost: {cure}"


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
        "LOAD_FAST_LOAD_FAST",
        "STORE_FAST_LOAD_FAST",
    }
)

UNTOLD: tuple[str, tuple[str, ...]] = ("", ())


def callee_of(instructions: Sequence[dis.Instruction]) -> tuple[str, tuple[str, ...]]:
    """What loaded the callee of the last of these instructions, and its name with those of its attributes.

    The callee lies on the stack below the arguments. So the instructions are followed back, with a count of what lies
    above it, to the one that put it there. Where a jump leads behind that one, another may have: it cannot be told.

    >>> code = compile("math.isclose(1.5, x if x else -x)", "", "eval")
    >>> calls = [i for i, each in enumerate(dis.get_instructions(code)) if each.opname == "CALL"]
    >>> callee_of(list(dis.get_instructions(code))[: calls[0] + 1])
    ('LOAD_NAME', ('math', 'isclose'))
    """
    if len(instructions) > 1 and instructions[-2].opname == "PRECALL":
        instructions = instructions[:-1]  # which counts the arguments as taken
    above = arguments_of(instructions[-1])
    if above is None:
        return UNTOLD
    known = {instructions[-1].offset: above}  #: of an instruction, by its offset, how much it finds there
    path: list[str] = []
    for each, following in zip(instructions[-2::-1], instructions[:0:-1], strict=True):
        leads = each.argval if each.opcode in dis.hasjrel else None
        if leads in known:
            above = known[leads] - dis.stack_effect(each.opcode, each.arg, jump=True)
        elif above is None or each.opname.startswith(LEAVING):
            above = None  # until a jump leads to where it is known
            continue
        elif leads is None and above == 0 and each.opname not in TAKING:
            if following.is_jump_target:
                return UNTOLD
            if each.opname in NAMING:
                path.append(each.argval[-1] if isinstance(each.argval, tuple) else each.argval)
                return each.opname, tuple(reversed(path))
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


def called(instruction: Running, frame: FrameType) -> Any:
    """The object that a call calls, None where it cannot be told; only names and modules are looked into."""
    if not instruction.loaded:
        return None
    name = instruction.path[0]
    if instruction.loaded != "LOAD_GLOBAL" and name in frame.f_locals:
        found = frame.f_locals[name]
    else:
        found = frame.f_globals[name] if name in frame.f_globals else frame.f_builtins.get(name)
    for attribute in instruction.path[1:]:
        found = vars(found).get(attribute) if isinstance(found, ModuleType) else None
    return found
