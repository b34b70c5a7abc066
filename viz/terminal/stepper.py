"""Step through a timeline in a terminal; where there is none, print it."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from typing import TextIO

from rich.text import Text

from autograd import Timeline
from viz.encoding import forgiving
from viz.language.words import OURS, Words, words, writable
from viz.signals import stoppable
from viz.terminal.console import new_console
from viz.terminal.keys import Keyboard, dimensions, full_screen, is_interactive, paint, suspend
from viz.terminal.screen import Size, screen
from viz.terminal.trace import trace
from viz.terminal.track import Track
from viz.terminal.walk import Walk, press, tick

PAUSE = 1.3  #: seconds between two steps that are played
LOOK = 0.2  #: seconds between two looks at the size of the terminal


def run(
    timeline: Timeline,
    source: TextIO | None = None,
    target: TextIO | None = None,
    start: int = 0,
    lang: str | None = None,
) -> None:
    """Step through a timeline with keys, from step ``start`` on, if standard input and output are a terminal.

    Anywhere else, and where TERM is dumb, print one line a step, as `viz.terminal.trace` says. ``lang`` is the language
    of what is told beside the formulas, "en" or "zh"; None is that of the environment: for these lines, of
    ``STEPGRAD_LANG`` alone, so that they are the same on every machine.

    >>> from autograd import Value, steps
    >>> run(steps(Value(3.0, "x") * 2))
    0  start  x = 3
    1  forward  f = x · 2 = 3 · 2 = 6
    2  seed  ∂f/∂f = 1
    3  backward  ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 2 = 2

    The keys: ← and → for a step, space to play, Home and End, / to find a node, p to predict each number, g for more in
    each step, ? for all of them, q to leave. However it ends, the terminal is as it was.
    """
    source, target = source or sys.stdin, target or sys.stdout
    if not is_interactive(source, target) or new_console(target).legacy_windows:
        with forgiving(target):
            printed(timeline, target, writable(words(lang, variables=OURS), target.encoding))
        return
    track = Track(timeline, writable(words(lang), target.encoding))
    walk = Walk(moment=min(max(start, 0), track.last))
    with stoppable():
        while not walk.over:
            with full_screen(source, target) as keyboard:
                walk = walked(walk, track, keyboard, target)
            if not walk.over:
                suspend()


def printed(timeline: Timeline, target: TextIO, said: Words) -> None:
    """One line a step, until nobody reads them any more, as behind ``| head``."""
    try:
        for line in trace(timeline, said):
            print(line, file=target)
        target.flush()
    except BrokenPipeError:  # what is left in the buffer must not complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())


def walked(walk: Walk, track: Track, keyboard: Keyboard, target: TextIO) -> Walk:
    """Go where the keys say, until they say to leave, or to stop for a while."""
    shown: tuple[Walk, Size] | None = None
    track = grouped(track, walk)
    due = time.monotonic() + PAUSE
    while not walk.over:
        size = Size(*dimensions(target), target.encoding or "ascii")
        if shown != (walk, size):
            paint(target, coloured(screen(walk, track, size), target))
            shown = walk, size
        keys = keyboard.read(min(LOOK, max(due - time.monotonic(), 0)) if walk.playing else LOOK)
        for key in keys:
            if key == "ctrl-z" and hasattr(signal, "SIGTSTP"):
                return replace(walk, playing=False)
            walk = press(walk, key, track)
            track = grouped(track, walk)
            due = time.monotonic() + PAUSE
            if walk.over:
                break
        if walk.playing and time.monotonic() >= due:
            walk, due = tick(walk, track), time.monotonic() + PAUSE
    return walk


def grouped(track: Track, walk: Walk) -> Track:
    """The track with as much in each step as the walk has."""
    while track.by != walk.by:
        track = track.coarser
    return track


def coloured(lines: list[Text], target: TextIO) -> list[str]:
    """Lines with the codes of their colours, which NO_COLOR leaves out."""
    console = new_console(target)
    with console.capture() as captured:
        for line in lines:
            console.print(line, soft_wrap=True)
    return captured.get().splitlines()
