"""What is being recorded: in context variables, so that it belongs to a thread or task and never to the process."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType
from typing import Any, Literal, TypeAlias, TypeVar

from autograd.errors import short_repr
from autograd.pickling import Slotted

Mode = Literal["no_grad", "tracing"]
Entry = TypeVar("Entry", bound="Opened")


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition that the person's code branched on: what it computed holds only for this outcome.

    It may be a number that it read off, as the position that a sort put first, or an array of them.
    """

    condition: Any  #: its place in the graph
    outcome: Any
    source: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What was computed of nodes without being recorded, as inside `no_grad`."""

    by: str
    inputs: tuple[Any, ...]  #: places in the graph
    result: Any
    source: str | None


class Guards(Slotted):
    """What a replay has to hold to, beside what the graph shows, for all that was computed in one place."""

    __slots__ = ("asked", "behind", "cuts", "lost")

    def __init__(self, behind: Iterable[Guards] = (), lost: Iterable[str] = ()) -> None:
        self.asked: list[Guard] = []
        self.behind = list(behind)  #: those of what it was derived from: a gradient may keep nothing else of that
        self.lost = list(lost)  #: what among that chose by what is not in the graph
        self.cuts: list[Cut] = []  #: no replay needs them: they are for people who miss a gradient

    def __bool__(self) -> bool:
        return bool(self.asked or self.behind or self.lost)

    def all(self) -> list[Guards]:
        """It, and all that are behind it."""
        found = {id(self): self}
        waiting: list[Guards] = [self]
        while waiting:
            for other in waiting.pop().behind:
                if id(other) not in found:
                    found[id(other)] = other
                    waiting.append(other)
        return list(found.values())


class Opened:
    """What is open until it is left; told from others by identity."""

    __slots__ = ("is_open",)

    def __init__(self) -> None:
        self.is_open = True


class Block(Opened):
    """One ``with`` block, or a recorded sweep. Where ``made`` is given, it is filled with what is made inside."""

    __slots__ = ("guards", "made", "mode", "origin")

    def __init__(
        self, mode: Mode | Literal["sweep"], guards: Guards | None = None, made: list[Any] | None = None
    ) -> None:
        super().__init__()
        self.mode = mode
        self.made = made
        self.guards = Guards() if guards is None else guards
        self.origin = Origin(None, self.guards, by_rule=True) if mode == "sweep" else None  #: of what it makes


class Scope(Opened):
    """One `scope`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where a node was made: the line of code, the scope, and the guards of its block, those to come included.

    Which node the code picks may depend on a condition that is asked after the node was made.
    """

    source: str | None
    guards: Guards
    scope: tuple[str, ...] = ()
    by_rule: bool = False  #: a rule of a recorded sweep made it, and chose only by what was swept
    is_number: bool = False  #: it was no NaN; where a replay makes one, it would have been computed otherwise


def is_told(origin: Origin | None) -> bool:
    """Whether nothing but the graph, and what was given by hand, chose in what was made there."""
    return origin is not None and (origin.source is not None or origin.by_rule)


Entries: TypeAlias = ContextVar[tuple[Entry, ...] | None]

#: The blocks, oldest first; None where there is none, so that the commonest question is the quickest. Where there are
#: some, `still_open` has those that count.
blocks: ContextVar[tuple[Block, ...] | None] = ContextVar("blocks", default=None)

#: Those of them that have conditions in the graph, and the recorded sweeps that are running, so that what their rules
#: choose is chosen anew in a replay. Arithmetic does not ask, and stays as quick in a sweep as elsewhere.
conditional: ContextVar[tuple[Block, ...] | None] = ContextVar("conditional", default=None)


#: The scopes, outermost first: `tracing` alone has them.
scopes: ContextVar[tuple[Scope, ...] | None] = ContextVar("scopes", default=None)


def still_open(variable: Entries[Entry]) -> tuple[Entry, ...] | None:
    """What is open there, None for nothing. What was abandoned goes now."""
    found = variable.get()
    if found is None or all(entry.is_open for entry in found):
        return found
    found = tuple([entry for entry in found if entry.is_open]) or None
    variable.set(found)
    return found


def mode() -> Mode | None:
    """What the open blocks say together: inside `no_grad` nothing is recorded, whatever else is open."""
    opened = still_open(blocks)
    if opened is None:
        return None
    return "no_grad" if any(block.mode == "no_grad" for block in opened) else "tracing"


def conditions_recorded() -> bool:
    """Whether a comparison is a node."""
    return still_open(conditional) is not None and mode() != "no_grad"


def in_recorded_sweep() -> bool:
    """Whether the rules of a recorded sweep are running."""
    return any(block.mode == "sweep" for block in still_open(conditional) or ())


#: Where code of this project comes from, the generated included.
_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = (*(os.path.join(_root, package, "") for package in ("autograd", "nn", "viz")), "<autograd ")

#: Tests that are made for a person: no line of what runs them, pytest say, is the one that made a node.
TESTS = tuple(os.path.join(_root, "autograd", "check", part) for part in ("battery" + os.sep, "properties.py"))

#: The standard library; what is installed lies in folders of these names.
_STDLIB = (os.path.join(os.path.dirname(os.__file__), ""), "<frozen ")
_INSTALLED = ("site-packages", "dist-packages")


def origin(place: Any) -> Origin:
    """That of a place in the graph that is made now, inside `tracing`."""
    opened = still_open(conditional)
    for block in opened or ():
        if block.made is not None:
            block.made.append(place)
    scope = tuple([entry.name for entry in still_open(scopes) or ()])
    return Origin(source_line(), opened[0].guards if opened else Guards(), scope)


def expect_number(place: Any) -> None:
    """Remember of a node, or its place in the graph, that it is computed as it is because it is no NaN."""
    known = place._origin or Origin(None, Guards())
    place._origin = Origin(known.source, known.guards, known.scope, known.by_rule, is_number=True)


def guard(condition: Any, outcome: Any) -> None:
    """Remember what the person's code was told that this is: in the open block, and in the one that made it."""
    if mode() == "no_grad":
        return
    opened, made = still_open(conditional), condition._origin
    concerned = [opened[0].guards] if opened else []
    if made is not None and not any(made.guards is other for other in concerned):
        concerned.append(made.guards)
    asked = Guard(condition, outcome, source_line())
    for guards in concerned:
        guards.asked.append(asked)


def note_cut(by: str, inputs: Iterable[Any], result: Any) -> None:
    """Remember, where `tracing` is on around a `no_grad`, what came of nodes there."""
    opened = still_open(conditional)
    if opened:
        opened[0].guards.cuts.append(Cut(by, tuple(inputs), result, source_line()))


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are fresh leaves.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> with autograd.no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    """
    with entered(Block("no_grad"), blocks):
        yield


@contextmanager
def recording(traced: bool = True) -> Iterator[None]:
    """Record although the caller may be inside `no_grad`: for a derivative that needs the graph of what it runs."""
    before = blocks.get()
    opened = [block for block in still_open(blocks) or () if traced and block.mode != "no_grad"]
    try:
        blocks.set(tuple(opened) or None)
        yield
    finally:
        blocks.set(before)


@contextmanager
def tracing() -> Iterator[None]:
    """Record, for every node made inside, the source line that made it, its scope, and what conditions it depends on.

    Comparisons are nodes here, so that `where` has its condition in the graph; ``bool()`` of one, as in ``if x > 0:``,
    records a guard, as do ``int()``, ``float()``, ``math.isnan()``, a plain array made of a node (``a[x > 0]``), and
    functions of NumPy that just answer (``np.argmax(x)``), and so they do after the block: `Graph.replay` refuses
    numbers for which the code would have gone the other way. What ``.item()``, ``.tolist()``, ``.data``,
    ``.detach()``, ``.grad`` and text of a node give is constant, as are gradients without their graph and what is
    computed inside `no_grad`.

    A guard is found by the nodes that were computed in its block. Where a branch picks among leaves, or nodes from
    outside (``m = a if a > b else b``), and all arithmetic comes after the block, the graph has none: then compute
    inside. As a comparison is a node, ``c is True`` and ``isinstance(c, bool)`` are False of it: take ``bool(c)``, also
    for the key of a dict.

    >>> import autograd
    >>> with autograd.tracing():
    ...     y = autograd.Value(2.0) * 3
    >>> y.source.partition("  ")[2]
    'y = autograd.Value(2.0) * 3'
    """
    with entered(Block("tracing"), blocks, conditional):
        yield


def is_tracing() -> bool:
    """Whether `tracing` is on, so that a node would remember its line and its scope.

    >>> with tracing():
    ...     is_tracing()
    True
    >>> is_tracing()
    False
    """
    return blocks.get() is not None and mode() == "tracing"


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name a part of a computation: inside `tracing`, nodes know the path of the scopes that they were made in.

    The Modules of `nn` open one for each call. Outside `tracing` it does nothing.

    >>> import autograd
    >>> x = autograd.Value(2.0)
    >>> with autograd.tracing(), autograd.scope("attention"):
    ...     with autograd.scope("scores"):
    ...         y = x * x
    >>> y.scope
    ('attention', 'scores')

    Raises `TypeError` for a name that is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f'scope: expected a name, as in scope("attention"), got {short_repr(name)}')
    if is_tracing():
        with entered(Scope(name), scopes):
            yield
    else:
        yield


@contextmanager
def sweeping(guards: Guards) -> Iterator[None]:
    """Run the rules of a recorded sweep: conditions are nodes, and hold for what is computed, as ``guards`` do."""
    opened = still_open(conditional)
    if opened and guards:
        opened[0].guards.behind.append(guards)
    with entered(Block("sweep", guards), conditional):
        yield


@contextmanager
def entered(mine: Entry, *variables: Entries[Entry]) -> Iterator[None]:
    """Open a block or a scope, and close this very one: generators may close theirs in any order.

    One that is abandoned, in a generator, or interrupted, is marked alone. The garbage collector may come upon it in
    another thread or context, or while a variable is being set, which would then bring it back.
    """
    try:
        enter(mine, variables)
        yield
    except (GeneratorExit, KeyboardInterrupt):
        mine.is_open = False
        raise
    finally:
        try:
            if mine.is_open:
                leave(mine, variables)
        except KeyboardInterrupt:
            mine.is_open = False
            raise


def enter(mine: Entry, variables: Sequence[Entries[Entry]]) -> None:
    for variable in variables:
        opened = still_open(variable) or ()
        variable.set((*opened, mine))


def leave(mine: Entry, variables: Sequence[Entries[Entry]]) -> None:
    for variable in variables:
        opened = still_open(variable) or ()
        variable.set(tuple([entry for entry in opened if entry is not mine]) or None)


def user_frame() -> FrameType | None:
    """The line the person wrote: the innermost frame of no library, or, if there is none, outside this project.

    What runs the tests that are made here is not looked at.
    """
    frame: FrameType | None = sys._getframe(1)
    library: FrameType | None = None
    while frame is not None and (author := author_of(frame.f_code.co_filename)) != "person":
        if author == "test":
            return library
        if author == "library" and library is None:
            library = frame
        frame = frame.f_back
    return frame or library


def user_frames() -> list[FrameType]:
    """That frame, and those of the person's code around it, innermost first."""
    frame = user_frame()
    found: list[FrameType] = [] if frame is None else [frame]
    while frame is not None and (frame := frame.f_back) is not None:
        author = author_of(frame.f_code.co_filename)
        if author == "test":
            break
        if author == "person":
            found.append(frame)
    return found


@lru_cache(maxsize=4096)
def author_of(filename: str) -> Literal["project", "test", "library", "person"]:
    """Who wrote the code of a file."""
    if filename.startswith(TESTS):
        return "test"
    if filename.startswith(OURS):
        return "project"
    is_installed = any(part in filename for part in _INSTALLED)
    return "library" if is_installed or filename.startswith(_STDLIB) else "person"


def source_line() -> str | None:
    """``file.py:12  q = x + y`` for the line that is running now, or None where there is none."""
    frame = user_frame()
    return None if frame is None else line_of(frame, frame.f_lineno)


def line_of(frame: FrameType, number: int) -> str:
    """``file.py:12  q = x + y`` for a line of the code that a frame runs."""
    filename = frame.f_code.co_filename
    line = linecache.getline(filename, number, frame.f_globals).strip()
    return f"{file_or_cell(filename)}:{number}  {line}"


def file_or_cell(filename: str) -> str:
    """The last part of a file's path; in a notebook, the cell as IPython names it: ``In[5]``."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        name: tuple[str, str] | None = shell.compile.format_code_name(filename)
        if name is not None:
            return name[1]
    return filename.replace("\\", "/").rpartition("/")[2]
