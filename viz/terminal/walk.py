"""A walk through a timeline: where it is, and where a key takes it. No terminal here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from autograd import Step
from viz.terminal.card import name_of
from viz.terminal.grain import Grain
from viz.terminal.predict import begins, question, verdict
from viz.terminal.track import Track

TEN = 10
DIGITS = "0123456789.,-+−–/eE∞·×*^"

#: What a key is bound to; `keys.py` says how keys are called. The same keys as in the page, and those of vi and pagers.
MOVES: dict[str, Callable[[Track, int], int]] = {
    "next": lambda track, at: track.moved(at, 1),
    "back": lambda track, at: track.moved(at, -1),
    "on": lambda track, at: track.moved(at, TEN),
    "up": lambda track, at: track.moved(at, -TEN),
    "first": lambda track, at: 0,
    "last": lambda track, at: track.last,
}
BOUND = {
    **dict.fromkeys(("right", "l", "n", "enter"), "next"),
    **dict.fromkeys(("left", "h"), "back"),
    "home": "first",
    **dict.fromkeys(("end", "G"), "last"),
    "pagedown": "on",
    "pageup": "up",
}
LEAVE = {"q", "escape", "ctrl-c", "ctrl-d"}


@dataclass(frozen=True)
class Walk:
    """Where a walk is. ``typed`` is the name or number that is being given, ``found`` the last name that was.

    ``by`` says whose moments they are; where numbers are predicted, ``answered`` are the moments that need not be asked
    for again, of which so many were ``right``.
    """

    moment: int = 0
    mode: Literal["steps", "find", "help"] = "steps"
    playing: bool = False
    typed: str = ""
    found: str = ""
    message: str = ""
    over: bool = False
    by: Grain = "edge"
    predicting: bool = False
    answered: frozenset[int] = frozenset()
    missed: frozenset[int] = frozenset()
    right: int = 0


def press(walk: Walk, key: str, track: Track) -> Walk:
    """Where a key takes a walk; one that means nothing leaves it as it is.

    >>> from autograd import Value, steps
    >>> track = Track(steps(Value(3.0, "x") * 2))
    >>> press(Walk(), "right", track).moment, press(Walk(), "end", track).moment, press(Walk(), "q", track).over
    (1, 3, True)
    """
    if key in ("ctrl-c", "ctrl-d"):
        return replace(walk, over=True)
    if walk.mode == "help":
        return replace(walk, mode="steps")
    if walk.mode == "find":
        return asked(walk, key, track)
    if key == "escape" and (walk.message or hidden(walk, track) is not None):  # first it leaves what is asked or said
        return replace(walk, predicting=walk.predicting and bool(walk.message), typed="", message="")
    if key in LEAVE:
        return replace(walk, over=True)
    if (asked_for := hidden(walk, track)) is not None and (answer := given(walk, key, track, asked_for)) is not None:
        return answer
    if key in BOUND:
        return replace(walk, moment=MOVES[BOUND[key]](track, walk.moment), playing=False, message="", typed="")
    if key == "p":
        return replace(
            walk,
            predicting=not walk.predicting,
            playing=False,
            message="",
            typed="",
            answered=frozenset(),
            missed=frozenset(),
            right=0,
        )
    if key == "g":
        return regrouped(walk, track)
    if key == "space":
        return play(walk, track)
    if key == "/":
        return replace(walk, mode="find", playing=False, typed="", message="")
    if key == "?":
        return replace(walk, mode="help", playing=False, message="")
    return walk


def play(walk: Walk, track: Track) -> Walk:
    """Begin to play, from the start again where there is no step left; or pause."""
    if walk.playing:
        return replace(walk, playing=False)
    moment = track.moved(walk.moment, 1) if walk.moment < track.last else 0
    return replace(walk, moment=moment, playing=moment < track.last, message="")


def hidden(walk: Walk, track: Track) -> Step | None:
    """The step whose number is asked for now."""
    return question(track, walk.moment) if walk.predicting and walk.moment not in walk.answered else None


def given(walk: Walk, key: str, track: Track, step: Step) -> Walk | None:
    """A key while a number is asked for; None where it means what it means anywhere."""
    answered = walk.answered | {walk.moment}
    if key == "right":
        return replace(walk, answered=answered, typed="", message="")
    if key == "backspace":
        return replace(walk, typed=walk.typed[:-1])
    if key == "enter":
        kind, message = verdict(track.timeline, step, walk.typed, track.said)
        if kind == "none":
            return replace(walk, message=message)
        if kind == "right":
            first = walk.moment not in walk.missed
            return replace(walk, answered=answered, right=walk.right + first, typed="", message=message)
        return replace(walk, typed="", missed=walk.missed | {walk.moment}, message=message)
    is_typed = len(key) == 1 and (key in DIGITS or begins(walk.typed + key))
    return replace(walk, typed=walk.typed + key, message="") if is_typed else None


def score(walk: Walk, track: Track) -> str:
    """How many of the numbers that were asked for were right at once; empty before the first."""
    asked = len(walk.answered | walk.missed)
    return track.said.text("score", right=walk.right, count=asked) if walk.predicting and asked else ""


def regrouped(walk: Walk, track: Track) -> Walk:
    """The same walk with more in each step: at the first stop that has got as far."""
    coarser = track.coarser
    step = track.step(walk.moment)
    moment = 0
    if step is not None:
        same = [k for k, other in enumerate(coarser.steps, 1) if edge_of(other) == edge_of(step)]
        moment = coarser.stop(same[0])
    again = {"answered": frozenset(), "missed": frozenset(), "right": 0, "typed": "", "message": ""}
    return replace(walk, moment=moment, by=coarser.by, playing=False, **again)  # type: ignore[arg-type]


def edge_of(step: Step) -> tuple[object, ...]:
    return step.kind, step.node, step.input


def tick(walk: Walk, track: Track) -> Walk:
    """The next step of a walk that plays."""
    moment = track.moved(walk.moment, 1)
    return replace(
        walk, moment=moment, playing=moment < track.last and hidden(replace(walk, moment=moment), track) is None
    )


def asked(walk: Walk, key: str, track: Track) -> Walk:
    """A key while a name is typed."""
    if key == "escape":
        return replace(walk, mode="steps", typed="")
    if key == "enter":
        return find(replace(walk, mode="steps", typed=""), walk.typed.strip() or walk.found, track)
    if key == "backspace":
        return replace(walk, typed=walk.typed[:-1]) if walk.typed else replace(walk, mode="steps")
    if key == "/" and not walk.typed and walk.found:  # pressed again
        return find(replace(walk, mode="steps"), walk.found, track)
    typed = " " if key == "space" else key
    return replace(walk, typed=walk.typed + typed) if len(typed) == 1 else walk


def following(operation: str, moment: int, track: Track) -> int | None:
    """The next moment at a node of an operation, by its name or its sign, from the start again behind the end."""
    graph, wanted = track.timeline.graph, operation.casefold()
    called = [
        () if node.op is None else {str(x).casefold() for x in (node.op.name, node.op.operator, node.op.symbol) if x}
        for node in graph
    ]
    stops = [track.stop(k) for k, step in enumerate(track.timeline, 1) if wanted in called[step.node]]
    return next((at for at in stops if at > moment), stops[0] if stops else None)


def find(walk: Walk, name: str, track: Track) -> Walk:
    """To the step that computes a node or, where the walk is there or on the way back, that completes its gradient."""
    if not name:
        return walk
    graph = track.timeline.graph
    names = {name_of(graph, node): node for node in range(len(graph))}
    if name not in names and (at := following(name, walk.moment, track)) is not None:
        return replace(walk, moment=at, found=name, message="")
    if name not in names:
        close = [one for one in names if one.casefold() == name.casefold()] or difflib.get_close_matches(name, names, 1)
        message = track.said.text("near", name=name, near=close[0]) if close else track.said.text("unknown", name=name)
        return replace(walk, message=message)
    node = names[name]
    moments = [None if k is None else track.stop(k) for k in (track.computed.get(node), track.completed(node))]
    if walk.moment >= track.seed:
        moments.reverse()
    there = [moment for moment in moments if moment is not None]
    moment = next((one for one in there if one != walk.moment), there[0] if there else None)
    if moment is None:
        return replace(walk, found=name, message=track.said.text("never", name=name))
    return replace(walk, moment=moment, found=name, message="")
