"""A walk -> the lines of one screen, of any size. No terminal here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from autograd import format_number
from viz.encoding import ERRORS
from viz.model.view import UNKNOWN, printable
from viz.terminal.card import brief, card, ledger, name_of, sentence, source, window
from viz.terminal.console import GRADIENT, HEADING, QUIET, VALUE, notes_in, plain
from viz.terminal.predict import asked
from viz.terminal.text import Place, Row, aligned, row
from viz.terminal.track import Sign, Track
from viz.terminal.walk import Walk, hidden, score

#: How a node stands, told by a sign as well as by a colour.
SIGNS: dict[Sign, str] = {"done": "✓", "now": "▸", "waiting": "·", "gives": "▴", "pays": "▾", "none": " "}
LIT = "bold cyan"
STYLES: dict[Sign, str] = {"done": VALUE, "now": LIT, "waiting": QUIET, "gives": "cyan", "pays": "cyan", "none": ""}

CARD = 3  #: lines of the card, where none of them is wrapped
SENTENCE = 2  #: lines that a sentence may take
SHORT = 16  #: characters of an array that is shown in full where there is not much room
LEDGER = 6  #: lines of the ledger that room is kept for
LOW = 8  #: lines of a terminal that has none left for a list of keys
BAR = 6  #: cells of the shortest progress bar
NUMBER = frozenset("0123456789.e−-+")

Piece = tuple[str, str]  #: a text and its style


@dataclass(frozen=True)
class Size:
    """Of a terminal in cells, and what characters it knows."""

    width: int
    height: int
    encoding: str = "utf-8"


def screen(walk: Walk, track: Track, size: Size) -> list[Text]:
    """As many lines as the terminal has, none wider than it is: the tree, the card, how far the walk is, the keys.

    >>> from autograd import Value, steps
    >>> track = Track(steps(Value(3.0, "x") ** 2))
    >>> for line in screen(Walk(moment=3), track, Size(44, 10)):
    ...     print(line.plain)
    ▾ f = x²  9  ∂ 1
    ▸ └─ x    3  ∂ 6
    ────────────────────────────────────────────
    ∂f/∂x += ∂f/∂f · ∂f/∂x
    = 1 · 6
    0 + 6 = 6
    power brings the exponent down: the slope of
    xⁿ is n·xⁿ⁻¹
    3 / 3  backward  ━━━━━━━━━━━━━━━━━━━━━━━━━━━
    ← → step  space play  / find  ? help  q quit
    """
    return Painter(walk, track, size).lines()


@dataclass(frozen=True)
class Painter:
    walk: Walk
    track: Track
    size: Size

    def lines(self) -> list[Text]:
        if self.walk.mode == "help":
            told = [self.text((line, "")) for line in self.track.said.text("help").splitlines()]
            body = [part for line in told for part in self.wrapped(line, self.size.height) or [line]]
            foot = [self.cut(self.text((self.track.said.text("any_key"), QUIET)))]
        else:
            foot = self.foot()
            body = self.body(max(self.size.height - len(foot), 1))
        room = max(self.size.height - len(foot), 0)
        return [*body[:room], *[Text()] * (room - len(body)), *foot][: self.size.height]

    def body(self, room: int) -> list[Text]:
        """The tree, and below it what is told of the step: where one changes, the other does not move."""
        track = self.track
        several = (min(track.most_paid, LEDGER) + 1) * (track.most_paid > 1)
        wanted = 1 + CARD + SENTENCE + several + any(track.timeline.graph.sources)
        panel = min(max(min(wanted, room * 3 // 5), room - len(track.places)), room - 1)
        tree, shown = self.tree(room - panel)
        rule = [self.rule(shown)] if panel > CARD + SENTENCE else []
        return [*tree, *rule, *self.told(panel - len(rule))]

    def tree(self, room: int) -> tuple[list[Text], slice]:
        """The lines of the tree around the current node, and which they are; no other is made."""
        track, moment = self.track, self.walk.moment
        step, focus = track.step(moment), track.focus(moment)
        here = track.line.get(focus, 0)
        other = here if step is None else track.line.get(step.node, here)
        middle = (here + other) // 2 if abs(here - other) < room - 1 else here
        shown = window(len(track.places), middle, room)
        places = track.places[shown]
        parts = self.columns(places)
        lines = []
        asked = hidden(self.walk, track)
        for place, (branch, definition, value, grad, note) in zip(places, parts, strict=True):
            sign: Sign = "none" if place.note else track.sign(place.index, moment)
            if not place.note and track.value(place.index, moment) is None:
                value = self.plain(UNKNOWN).rjust(len(value)) if value else value
            elif asked is not None and asked.kind == "forward" and asked.node == place.index and not place.note:
                value = "?".rjust(len(value))
            style = LIT if sign == "now" else QUIET if sign == "waiting" or place.note else ""
            pieces = (SIGNS[sign] + " ", STYLES[sign]), (branch, QUIET), (definition, style), (value, VALUE)
            lines.append(self.text(*pieces, (grad, GRADIENT), (note, QUIET)))
        return lines, shown

    def columns(self, places: Sequence[Place]) -> list[tuple[str, str, str, str, str]]:
        """Some lines of the tree, as they are; or with arrays by their ranges, and branches close together."""
        width = self.size.width - 2  # beside the sign
        said = self.track.said
        short, shortest = partial(brief, said=said, most=SHORT), partial(brief, said=said)
        for say, slim in ((format_number, False), (short, False), (shortest, True)):
            made = [self.row(place, say, slim) for place in places]
            parts = aligned(made)
            if max(cell_len("".join(part)) for part in parts) <= width:
                return parts
        return [self.squeezed(part, width) for part in aligned(made, columns=False)]

    def row(self, place: Place, say: Callable[[Any], str], slim: bool) -> Row:
        """A line of the tree as of this step, in the characters of the terminal."""
        track, moment, node = self.track, self.walk.moment, place.index
        made = row(track.timeline.graph, place)
        value, grad, note = "", "", notes_in(track.said)[made.note]
        if not place.note:
            asked = hidden(self.walk, track)
            value = say(track.timeline.graph.data[node])  # for its width, also where it is not known yet
            arrived, count = track.arrived(node, moment), len(track.paid.get(node, ()))
            is_told = arrived < count or node == track.focus(moment)
            note = track.said.text("some", arrived=arrived, count=count) if arrived and count > 1 and is_told else ""
            if made.grad:
                found = track.gradient(node, moment)
                grad = f"∂ {UNKNOWN if found is None else say(found)}"
                if asked is not None and asked.target == node:
                    grad = "∂ ?"
        branch = f"{made.branch[::3]} " if slim and made.branch else made.branch
        told = map(track.said.formula, (made.definition, value, grad))
        return Row(*map(self.plain, (branch, *told, note)))

    def squeezed(self, parts: tuple[str, ...], width: int) -> tuple[str, str, str, str, str]:
        """A line that is too wide: less of the definition, and then no numbers, of which none is cut in two."""
        branch, definition, value, grad, note = parts
        gone = f"  {self.plain('…')}"
        for shorter in ((value, grad, note), (value, grad, ""), (gone, grad, ""), (gone, "", ""), ("", "", "")):
            rest = width - cell_len(branch + "".join(shorter))
            if rest >= min(cell_len(definition), cell_len(definition.partition(" = ")[0]) + cell_len(gone)):
                break
        return branch, self.cut(Text(definition), max(rest, 1)).plain, *shorter

    def rule(self, shown: slice) -> Text:
        """What parts the tree from the rest, and says which lines of it are there, if not all are."""
        count = len(self.track.places)
        part = {"first": shown.start + 1, "last": min(shown.stop, count), "count": count}
        label = f" {self.track.said.text('rows', **part)} " if shown.stop - shown.start < count else ""
        return self.text(("─" * 2 + label + "─" * max(self.size.width - 2 - cell_len(label), 0), QUIET))

    def told(self, room: int) -> list[Text]:
        """The card, the ledger, why, and the line of code, as far as there is room; the card in any case."""
        walk, track = self.walk, self.track
        symbols, numbers, result = card(track, walk.moment)
        head, equals, last = result.rpartition("= ")
        step = track.step(walk.moment)
        if hidden(walk, track) is not None:
            return self.wrapped(self.text((symbols, HEADING)), max(min(room, CARD), 1))
        style = VALUE if step is not None and step.kind == "forward" else GRADIENT
        lines = [self.text((symbols, HEADING)), self.text((numbers, "")), self.text((head + equals, ""), (last, style))]
        spare = max(room - CARD, 0)
        parts: list[list[Text]] = []
        for line in reversed(lines):  # what comes out has room first
            parts.append(self.wrapped(line, 1 + min(spare, CARD)) or [Text()])
            spare -= len(parts[-1]) - 1
        why = self.wrapped(self.text((sentence(track, walk.moment), "")), min(SENTENCE, spare))
        spare -= len(why)
        paid = self.ledger(spare)
        spare -= len(paid)
        code = [self.cut(self.text((text, QUIET)))] if (text := source(step)) and spare else []
        spare -= len(code)
        told = [line for part in reversed(parts) for line in part]
        for part in filter(None, (paid, [*why, *code])):
            told += [Text()] * (spare > 0) + part
            spare -= 1
        return told[:room]

    def ledger(self, room: int) -> list[Text]:
        """The contributions to what is paid into, under their heading where there is room for one."""
        if not (found := ledger(self.track, self.walk.moment, max(room - 1, 1) if room else 0)):
            return []
        step = self.track.step(self.walk.moment)
        assert step is not None
        assert step.target is not None
        name = name_of(step.graph, step.target)
        title = (
            [self.cut(self.text((self.track.said.text("ledger_title", name=name), QUIET)))] if room > len(found) else []
        )
        styles = {"now": HEADING, "waiting": QUIET}
        rows = [((f"{SIGNS[sign]} ", STYLES[sign]), (text, styles.get(sign, ""))) for sign, text in found]
        return [*title, *(self.cut(self.text(*pieces)) for pieces in rows)]

    def foot(self) -> list[Text]:
        """How far the walk is, and the keys, or what is asked or said in their place."""
        walk, track = self.walk, self.track
        step = track.step(walk.moment)
        phase = track.said.text("at_start" if step is None else f"at_{step.kind}")
        phase += "".join(f" · {each}" for each in (track.title(walk.moment), score(walk, track)) if each)
        phase += f", {track.said.text('playing')}" * walk.playing
        at, last = track.number(walk.moment), track.number(track.last)
        head = self.plain(f"{at} / {last}  {phase}")
        bar = max(self.size.width - cell_len(head) - 2, 0)
        filled = bar * at // max(last, 1)
        pieces: list[Piece] = [("  " + "━" * filled, LIT), ("─" * (bar - filled), QUIET)] if bar >= BAR else []
        progress = self.cut(self.text((head, HEADING), *pieces))
        if walk.mode == "find":
            return [progress, self.asked()]
        if (step := hidden(walk, track)) is not None:
            pieces = [(f"{asked(step, track.said)} ", HEADING), (printable(walk.typed), ""), ("▏ ", LIT)]
            note = walk.message or track.said.text("hint_ask")
            return [progress, self.cut(self.text(*pieces, (note, "yellow" if walk.message else QUIET)))]
        if walk.message:
            return [progress, self.cut(self.text((walk.message, "yellow")))]
        return [progress, self.hint()] if self.size.height >= LOW else [progress]

    def hint(self) -> Text:
        """The keys that one has to know."""
        text = self.text((self.track.said.text("hint"), QUIET))
        return (
            text
            if text.cell_len <= self.size.width
            else self.cut(self.text((self.track.said.text("hint_short"), QUIET)))
        )

    def asked(self) -> Text:
        """What is typed of a name, and the names that begin so."""
        typed, graph = self.walk.typed, self.track.timeline.graph
        begin = [name for name in graph.names if name.startswith(typed)]
        names = "  ".join(map(plain, begin[: self.size.width]))
        return self.cut(
            self.text((self.track.said.text("find"), HEADING), (printable(typed), ""), ("▏  ", LIT), (names, QUIET))
        )

    def text(self, *pieces: Piece) -> Text:
        return Text.assemble(*((self.plain(text), style) for text, style in pieces))

    def plain(self, text: str) -> str:
        """A text in the characters that the terminal knows."""
        return text.encode(self.size.encoding, ERRORS).decode(self.size.encoding)

    def wrapped(self, text: Text, most: int) -> list[Text]:
        """A text on some lines, and no more than that."""
        if most < 1 or not text.plain:
            return []
        console = Console(file=StringIO(), width=self.size.width)
        lines = list(text.wrap(console, self.size.width)) if most > 1 else [text]
        if len(lines) > most:
            lines[most - 1].append(f" {lines[most].plain}")
        return [self.cut(line) for line in lines[:most]]

    def cut(self, text: Text, width: int = 0) -> Text:
        """A text that is no wider than the terminal, or than ``width``: words are cut off, and no part of a number."""
        width = width or self.size.width
        if text.cell_len <= width:
            return text
        mark = self.plain("…")
        whole, kept = text.plain, set_cell_size(text.plain, max(width - cell_len(mark), 0)).rstrip()
        end = len(kept)
        if (space := kept.rfind(" ")) > 0 and whole[end] != " ":
            return text[:space].append(f" {mark}")
        while end > 0 and whole[end] in NUMBER and whole[end - 1] in NUMBER:
            end -= 1
        return text[:end].append(set_cell_size(mark, min(width, cell_len(mark))), QUIET)
