"""Who asks a node for a plain number: the person, or somebody else's code, which would lose the gradient.

``float(v)`` in the person's own code is a wish. ``math.tanh(v)``, ``array[i] = v`` and ``rng.normal(v)`` call the same
method, and go on with a number that no gradient flows back from. They are told apart by the instruction that is
running: what it calls is looked up where the interpreter found it, and never guessed from the text.
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
        raise LostGradientError(f"{name}: {lost(instruction, callee)}; {cure}")
    return None


def lost(instruction: Running, callee: Any) -> str:
    """What happens to the gradient, and the cure."""
    if instruction.name == "STORE_SUBSCR":
        return (
            "an array of plain numbers would take the number alone and lose the gradient: assign to a Tensor, or to an "
            "array that holds Values, np.empty(n, dtype=object)"
        )
    name = getattr(callee, "__name__", None)
    if name in table and getattr(callee, "__module__", None) in ("math", "cmath", "numpy"):
        return f"{callee.__module__}.{name} would take the number alone and lose the gradient: use autograd.{name}"
    caller = name if isinstance(name, str) and id(callee) not in ASKING else "code that is not yours"
    return f"{caller} would take the number alone and lose the gradient: compute with autograd's functions"


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
    instructions = [each for each in dis.get_instructions(code) if each.opname not in FILLERS]
    index = next((i for i, each in enumerate(instructions) if each.offset == offset), None)
    if index is None:
        return Running("")
    instruction = instructions[index]
    if instruction.opname.startswith("BINARY") and instruction.argrepr in ("%", "%="):
        return Running("%")
    if not instruction.opname.startswith(("CALL", "PRECALL")):
        return Running(instruction.opname)
    return Running(instruction.opname, *callee_of(instruction, instructions[:index]))


#: Instructions that load nothing of a callee.
FILLERS = frozenset({"EXTENDED_ARG", "NOP", "PUSH_NULL"})


def callee_of(call: dis.Instruction, before: Sequence[dis.Instruction]) -> tuple[str, tuple[str, ...]]:
    """What loaded the callee, and its name with those of its attributes.

    It begins where the call begins, in the text, and no argument does: so it is the last of what was loaded from there.
    """
    if call.positions is None or call.positions.col_offset is None:
        return "", ()
    start, end = call.positions[::2], call.positions[1::2]
    path: list[str] = []
    for each in reversed(before):
        if each.positions is None or each.positions[::2] != start or each.positions[1::2] == end:
            continue
        if not each.opname.startswith("LOAD_"):
            break
        path.insert(0, str(each.argval))
        if not each.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            return each.opname, tuple(path)
    return "", ()


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
