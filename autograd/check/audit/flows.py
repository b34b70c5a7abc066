"""Flows: a recorded computation in floats, and what its gradient would be with one fault in one place of the code.

Numbers are grouped by the code that made them: an operation, a call, a line. For each group the way back is run once
more with that fault, all of them side by side, as the columns of one matrix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import numpy as np

from autograd.check.audit.lines import Place, line_of, source
from autograd.check.audit.recorder import Recorded

#: ``blocked``: nothing flows back through the code. ``skipped``: its derivative is taken to be something else.
#: ``overwritten``: what it made receives the last of what its users send alone. ``seeded``: another cotangent.
Fault = Literal["blocked", "skipped", "overwritten", "seeded"]

#: How many groups are looked at, and how many numbers the matrix has at most.
GROUPS, CELLS = 150, 30_000_000

#: Up to how many turns of a loop, over layers say, are looked at one by one.
TURNS = 8


@dataclass(frozen=True)
class Column:
    """One fault, in one group."""

    fault: Fault
    group: int
    words: str  #: what it is


#: What a slope may have been taken to be: what it is of the output y, and the wrong ones, of input x and output y.
Slope = Callable[[Any, Any], Any]
MISTAKEN: Sequence[tuple[str, Slope, Sequence[tuple[str, Slope]]]] = (
    (
        "σ'",
        lambda x, y: y * (1 - y),
        (
            ("σ' = y·(1 − y) is written with the input in the place of the output y", lambda x, y: x * (1 - x)),
            ("σ' is taken at the output, not at the input", lambda x, y: np.exp(-y) / (1 + np.exp(-y)) ** 2),
            ("y·(1 + y) is no derivative of σ: the sign", lambda x, y: y * (1 + y)),
        ),
    ),
    (
        "tanh'",
        lambda x, y: 1 - y * y,
        (
            ("tanh' = 1 − y² is written with the input in the place of the output y", lambda x, y: 1 - x * x),
            ("tanh' is taken at the output, not at the input", lambda x, y: 1 - np.tanh(y) ** 2),
            ("1 + y² is no derivative of tanh: the sign", lambda x, y: 1 + y * y),
            ("1 − y is no derivative of tanh: the square", lambda x, y: 1 - y),
        ),
    ),
)


class Flows:
    """The computation of a recorded function, node by node: leaves first, then in the order of the code."""

    def __init__(self, recorded: Recorded) -> None:
        tape = recorded.tape
        middle = tape.arithmetic.middle
        self.leaves: dict[str, range] = {}
        index: dict[int, int] = {}
        self.values: list[float] = []
        for name, reals in recorded.leaves.items():
            self.leaves[name] = range(len(self.values), len(self.values) + len(reals))
            for real in reals:
                index[id(real)] = len(self.values)
                self.values.append(middle(real.value))
        self.first = len(self.values)
        self.parts: list[list[tuple[int, float]]] = [[] for _ in self.values]
        for real in tape.made:
            index[id(real)] = len(self.values)
            self.values.append(middle(real.value))
            self.parts.append([(index[id(x)], 1.0 if s is None else raw_float(middle, s)) for x, s in real.parts or ()])
        self.seeds = [(index[id(real)], float(g)) for real, g in recorded.outputs]
        self._group(tape.places or [])

    def _group(self, places: Sequence[tuple[Place, ...]]) -> None:
        members: dict[Any, list[int]] = defaultdict(list)
        lines: dict[Any, tuple[str, int]] = {}
        for node, path in enumerate(places, self.first):
            for depth, place in enumerate(path):
                line = line_of(place)
                for key in ((path[:depth], place[0], line), path[: depth + 1]):
                    members[key].append(node)
                    lines[key] = (place[0].co_filename, line)
        unique: dict[tuple[int, ...], Any] = {}
        for key in sorted(members, key=lambda key: len(key[0]) if isinstance(key[-1], int) else len(key)):
            unique.setdefault(tuple(members[key]), key)
            turns = runs(members[key])
            if 1 < len(turns) <= TURNS:
                for some in (*turns, [*chain(*turns[1:])], [*chain(*turns[:-1])]):
                    unique.setdefault(tuple(some), key)
        most = min(GROUPS, max(CELLS // (6 * max(len(self.values), 1)), 1))
        self.groups = [frozenset(nodes) for nodes in unique][:most]
        self.sources = [source(*lines[key]) for key in list(unique.values())[:most]]
        self.groups_of: list[list[int]] = [[] for _ in self.values]
        for g, nodes in enumerate(self.groups):
            for node in nodes:
                self.groups_of[node].append(g)

    def gradient(self, name: str, column: Any) -> Any:
        """The part of a parameter, of a vector over all nodes."""
        nodes = self.leaves[name]
        return column[nodes.start : nodes.stop]

    @cached_property
    def users(self) -> list[list[int]]:
        users: list[list[int]] = [[] for _ in self.values]
        for node, parts in enumerate(self.parts):
            for x, _ in parts:
                users[x].append(node)
        return users

    def maps(self) -> Iterator[tuple[int, dict[int, tuple[int, float]]]]:
        """The groups that map number to number: of each exit, the one entry that it depends on, and the slope by it."""
        seeded = {node for node, _ in self.seeds}
        for g, nodes in enumerate(self.groups):
            entry: dict[int, tuple[int, float] | None] = {}
            for node in sorted(nodes):
                sources: dict[int, float] = defaultdict(float)
                for x, slope in self.parts[node]:
                    inner = entry[x] if x in nodes else (x, 1.0)
                    if inner is None:
                        break
                    sources[inner[0]] += slope * inner[1]
                else:
                    entry[node] = next(iter(sources.items())) if len(sources) == 1 else None
                    continue
                entry[node] = None
            exits = [node for node in nodes if node in seeded or any(user not in nodes for user in self.users[node])]
            pairs = {node: entry[node] for node in exits}
            if exits and all(pair is not None for pair in pairs.values()):
                yield g, {node: pair for node, pair in pairs.items() if pair is not None}

    @cached_property
    def swept(self) -> tuple[list[Column], Any]:
        """The faults that are tried, and the adjoints of all nodes for each; the first column is without a fault."""
        columns = [Column("seeded", -1, "")]
        seeds = [np.array([g for _, g in self.seeds])]
        if len(self.seeds) > 1 or (self.seeds and self.seeds[0][1] != 1.0):
            columns.append(Column("seeded", -1, "the cotangent is ignored: multiply by it"))
            columns.append(Column("seeded", -1, "the cotangent is averaged: multiply by it, element by element"))
            seeds += [np.ones(len(self.seeds)), np.full(len(self.seeds), np.mean(seeds[0]))]
        blocks: dict[int, int] = {}
        overwrites: dict[int, int] = {}
        skips: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
        for g in range(len(self.groups)):
            blocks[g] = len(columns)
            columns.append(Column("blocked", g, "nothing flows back through it"))
            if any(len(self.users[node]) > 1 for node in self.groups[g]):
                overwrites[g] = len(columns)
                columns.append(Column("overwritten", g, "what is used several times receives one part alone"))
        for g, exits in self.maps():
            for words, slopes in self.mistaken(exits):
                for node, slope in slopes.items():
                    skips[node].append((len(columns), exits[node][0], slope))
                columns.append(Column("skipped", g, words))
        return columns, self._sweep(columns, seeds, blocks, overwrites, skips)

    def mistaken(self, exits: Mapping[int, tuple[int, float]]) -> Iterator[tuple[str, dict[int, float]]]:
        """What the slopes of a map may have been taken to be."""
        slopes = np.array([slope for _, slope in exits.values()])
        x = np.array([self.values[entry] for entry, _ in exits.values()])
        y = np.array([self.values[node] for node in exits])
        if np.allclose(slopes, 1.0, rtol=1e-12):
            return
        wrong: list[tuple[str, Any]] = [("the derivative of it is forgotten", np.ones_like(slopes))]
        with np.errstate(all="ignore"):
            for _, right, mistakes in MISTAKEN:
                if np.allclose(slopes, right(x, y), rtol=1e-9, atol=1e-12):
                    wrong += [(words, mistake(x, y)) for words, mistake in mistakes]
            wrong += [("its derivative is turned upside down", 1 / slopes)]
        for words, found in wrong:
            if np.isfinite(found).all():
                yield words, dict(zip(exits, found.tolist(), strict=True))

    def _sweep(
        self,
        columns: Sequence[Column],
        seeds: Sequence[Any],
        blocks: Mapping[int, int],
        overwrites: Mapping[int, int],
        skips: Mapping[int, Sequence[tuple[int, int, float]]],
    ) -> Any:
        adjoints = np.zeros((len(self.values), len(columns)))
        starts = np.array([*seeds, *[seeds[0]] * (len(columns) - len(seeds))])
        for (node, _), row in zip(self.seeds, starts.T, strict=True):
            adjoints[node] += row
        skipped_of = {g: [j for j, c in enumerate(columns) if c.fault == "skipped" and c.group == g] for g in blocks}
        received = [False] * len(self.values)
        for node, _ in self.seeds:
            received[node] = True
        for node in range(len(self.values) - 1, self.first - 1, -1):
            row = adjoints[node].copy()
            for column, entry, slope in skips.get(node, ()):
                adjoints[entry, column] += row[column] * slope
            for g in self.groups_of[node]:
                row[blocks[g]] = 0.0
                row[skipped_of[g]] = 0.0
            for x, slope in self.parts[node]:
                kept = [overwrites[g] for g in self.groups_of[x] if g in overwrites] if received[x] else None
                before = adjoints[x, kept] if kept else None
                adjoints[x] += slope * row
                if kept:
                    adjoints[x, kept] = before
                received[x] = True
        return adjoints

    @cached_property
    def direct(self) -> Mapping[tuple[int, str], Any]:
        """What the code of a group sends to each parameter that it uses itself."""
        _, adjoints = self.swept
        owner = {node: (name, node - nodes.start) for name, nodes in self.leaves.items() for node in nodes}
        found: dict[tuple[int, str], Any] = {}
        for node in range(self.first, len(self.values)):
            for x, slope in self.parts[node]:
                if (own := owner.get(x)) is None:
                    continue
                name, place = own
                for g in self.groups_of[node]:
                    sent = found.setdefault((g, name), np.zeros(len(self.leaves[name])))
                    sent[place] += slope * adjoints[node, 0]
        return found

    @cached_property
    def sent(self) -> Mapping[str, list[list[float]]]:
        """All contributions to each element of each parameter, in the order of the code that uses it."""
        _, adjoints = self.swept
        received: list[list[float]] = [[] for _ in range(self.first)]
        for node in range(self.first, len(self.values)):
            for x, slope in self.parts[node]:
                if x < self.first:
                    received[x].append(slope * adjoints[node, 0])
        for node, g in self.seeds:
            if node < self.first:
                received[node].append(g)
        return {name: [received[node] for node in nodes] for name, nodes in self.leaves.items()}


def raw_float(middle: Callable[[Any], float], raw: Any) -> float:
    return float(raw) if isinstance(raw, int | float) else middle(raw)


def runs(nodes: Sequence[int]) -> list[list[int]]:
    """Nodes that were made one right after the other: in one turn of a loop."""
    found: list[list[int]] = []
    for node in nodes:
        if found and found[-1][-1] == node - 1:
            found[-1].append(node)
        else:
            found.append([node])
    return found
