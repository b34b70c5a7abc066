"""A walk through a timeline: where it is, and where a key takes it. No terminal here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from viz.terminal.card import name_of
from viz.terminal.track import Track

TEN = 10

#: What a key is bound to; `keys.py` says how keys are called. The same keys as in the page, and those of vi and pagers.
MOVES: dict[str, Callable[[int, int], int]] = {
    "next": lambda at, last: at + 1,
    "back": lambda at, last: at - 1,
    "on": lambda at, last: at + TEN,
    "up": lambda at, last: at - TEN,
    "first": lambda at, last: 0,
    "last": lambda at, last: last,
}
BOUND = {
    **dict.fromkeys(("right", "l", "n", "enter"), "next"),
    **dict.fromkeys(("left", "h", "p"), "back"),
    **dict.fromkeys(("home", "g"), "first"),
    **dict.fromkeys(("end", "G"), "last"),
    "pagedown": "on",
    "pageup": "up",
}
LEAVE = {"q", "escape", "ctrl-c", "ctrl-d"}


@dataclass(frozen=True)
class Walk:
    """Where a walk is. ``typed`` is the name that is being asked for, ``found`` the last one that was."""

    moment: int = 0
    mode: Literal["steps", "find", "help"] = "steps"
    playing: bool = False
    typed: str = ""
    found: str = ""
    message: str = ""
    over: bool = False


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
    if key in LEAVE:
        return replace(walk, over=True)
    if key in BOUND:
        moment = min(max(MOVES[BOUND[key]](walk.moment, track.last), 0), track.last)
        return replace(walk, moment=moment, playing=False, message="")
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
    moment = walk.moment + 1 if walk.moment < track.last else 0
    return replace(walk, moment=moment, playing=moment < track.last, message="")


def tick(walk: Walk, track: Track) -> Walk:
    """The next step of a walk that plays."""
    moment = min(walk.moment + 1, track.last)
    return replace(walk, moment=moment, playing=moment < track.last)


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


def find(walk: Walk, name: str, track: Track) -> Walk:
    """To the step that computes a node or, where the walk is there or on the way back, that completes its gradient."""
    if not name:
        return walk
    graph = track.timeline.graph
    names = {name_of(graph, node): node for node in range(len(graph))}
    if name not in names:
        close = [one for one in names if one.casefold() == name.casefold()] or difflib.get_close_matches(name, names, 1)
        message = track.said.text("near", name=name, near=close[0]) if close else track.said.text("unknown", name=name)
        return replace(walk, message=message)
    node = names[name]
    moments = [track.computed.get(node), track.completed(node)]
    if walk.moment >= track.seed:
        moments.reverse()
    there = [moment for moment in moments if moment is not None]
    moment = next((one for one in there if one != walk.moment), there[0] if there else None)
    if moment is None:
        return replace(walk, found=name, message=track.said.text("never", name=name))
    return replace(walk, moment=moment, found=name, message="")
