"""Recorded nodes as equations, for sweeps beside them; and the section of a graph between some of them and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from typing import Any

import numpy as np

from autograd.anomaly import expect_sound_derivative, is_detecting
from autograd.node import Node, Recorded, equations_of, requiring_grad, topological
from autograd.op import op_of
from autograd.program import Equation
from autograd.state import Guard, Guards, Origin, expect_number, is_told, mode, sweeping
from autograd.sweep.batched import Batched
from autograd.sweep.events import Event, Slopes, events, is_scalar, masks, plain, scalar_adjoints, scalar_events
from autograd.sweep.hooked import amends
from autograd.sweep.masked import numbers


class Section:
    """What lies between some sources and outputs: everything that depends on a source, each after its inputs.

    The sources come first, and are as good as leaves, whatever computed them. The walk that looks for the rest ends
    there, and at ``ends``; all else is a constant. Without sources it is all that the outputs are computed from.
    """

    def __init__(
        self, outputs: Sequence[Recorded], sources: Sequence[Recorded] | None = None, ends: Iterable[Recorded] = ()
    ) -> None:
        if sources is None:
            self.places = topological(outputs, tracked_only=True)
            self.sources = 0
            self.is_open = True
        else:
            outside = {id(place) for place in (*sources, *ends)}
            walked = topological([y for y in outputs if y._may_require_grad], tracked_only=True, seen=set(outside))
            inside = depending(walked, sources)
            self.places = [*sources, *inside]
            self.sources = len(sources)
            #: Whether the outputs depend on anything else that is tracked.
            self.is_open = len(walked) > len(inside) and len(requiring_grad(walked, outside) - outside) > len(inside)
        self.is_one_to_one = True  #: whether no two records are one place
        self._index = {id(place): i for i, place in enumerate(self.places)}
        if sources is not None:  # a leaf whose data was replaced meanwhile is the same source
            by_key = {source._key: i for i, source in enumerate(sources)}
            self._index |= {id(x): by_key[x._key] for x in walked if x.op is None and x._key in by_key}
            self.is_one_to_one = len(self._index) == len(self.places)

    @cached_property
    def equations(self) -> Sequence[Equation]:
        """What the places compute, in their order; those of the sources are leaves."""
        return equations_of(self.places, self._index, self.sources)

    @cached_property
    def slopes(self) -> list[Slopes]:
        """The local derivatives of each, where they are known."""
        slopes = [place.slopes for place in self.places]
        return [known if i >= self.sources or known is None else () for i, known in enumerate(slopes)]

    def index(self, place: Recorded) -> int | None:
        """Where it stands; None if it depends on no source."""
        return self._index.get(id(place))

    def operands(self, index: int, record: bool) -> tuple[Any, Sequence[Any]]:
        """The output and the inputs of one equation: numbers, as when it was computed, or with ``record`` the nodes."""
        place = self.places[index]
        if not record:
            return place._operands()
        place._check_fresh()
        return place._node, [x._node if isinstance(x, Recorded) else x for x in place.inputs]

    @cached_property
    def guards(self) -> Guards:
        """What holds for whatever is derived from this, though a gradient may show nothing of it: ∂3x/∂x is just 3."""
        behind: dict[int, Guards] = {}
        lost: list[str] = []
        dead: list[Recorded] = []
        for place, equation in zip(self.places[self.sources :], self.equations[self.sources :], strict=True):
            origin = place._origin
            if origin is not None and (origin.guards or not origin.by_rule):
                behind[id(origin.guards)] = origin.guards
            if equation.chooses_outside and not is_told(origin):
                lost.append(f"a derivative of {op_of(equation).name}")
            elif equation.op is not None and equation.op.masks and self.is_dead_in_part(place, equation):
                dead.append(place)
        found = Guards(behind.values(), lost)
        for place in dead:  # the sweep leaves out what was not chosen
            conditions = [x for x in place.inputs if isinstance(x, Recorded) and x.op is not None and x.op.is_flat]
            found.asked += [Guard(x, bool(x._snapshot()), place.source) for x in conditions]
            found.lost += [] if conditions else [f"a derivative of {op_of(place).name}"]
        return found

    def is_dead_in_part(self, place: Recorded, equation: Equation) -> bool:
        """Whether nothing flows to an input for what the numbers were alone, as through a `where` of Values."""
        return any(
            slope is None and isinstance(x, int) and self.equations[x].requires_grad
            for x, slope in zip(equation.inputs, place.slopes or (), strict=False)
        )

    @cached_property
    def may_lose_zeros(self) -> bool:
        """Whether a sweep of it meets zeros that are no numbers, which may be taken for such: those of Values are."""
        return any(masks(each) for each in self.equations if each.params or (each.op is not None and each.op.masks))

    def rules(self, record: bool) -> AbstractContextManager[None]:
        """Where the rules of a sweep are run."""
        return sweeping(self.guards) if record else nullcontext()

    def held(self, result: Any, *seeds: Any) -> Any:
        """What a recorded sweep from these seeds gave, as a node of its own that knows the guards."""
        if not (self.guards or self.may_lose_zeros) or not isinstance(result, Node) or mode() == "no_grad":
            return result
        place = result._record
        is_number = self.may_lose_zeros and place.op is not None and not has_nan(place._snapshot())
        if not (self.guards or is_number):
            return result
        if self.index(place) is not None or any(isinstance(x, Node) and x._record is place for x in seeds):
            result = result * 1
            place = result._record
        if place._origin is None:
            place._origin = Origin(None, self.guards)
        if is_number:
            expect_number(place)
        return result

    def sweep(self, adjoints: list[Any], record: bool, careful: bool = True) -> None:
        """The whole sweep of events at once."""
        if not self.places:
            return
        amended, detecting = amends(self.places, record), is_detecting()
        is_plain = not amended and not detecting
        quick = QUICK.get(type(self.places[-1]))
        if quick is not None and not record and is_plain and quick(self, adjoints):
            return
        with self.rules(record), np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
            output = self.operands(len(self.places) - 1, record)[0]
            if not is_scalar(output, adjoints, self.slopes):
                operands = partial(self.operands, record=record)
                swept = events(self.equations, operands, adjoints, self.slopes, careful, amended)
            elif is_plain:
                scalar_adjoints(self.equations, adjoints, self.slopes)
                return
            else:
                swept = scalar_events(self.equations, adjoints, self.slopes, amended)
            for event in swept:
                if detecting:
                    self.expect_sound(event)

    def expect_sound(self, event: Event) -> None:
        """Look at one contribution, and at what it is added to."""
        place = self.places[event.node]
        output, inputs = place._operands()
        what = f"backward through {op_of(place).name}: the gradient that it hands to input {event.input}"
        contribution, is_batch = numbers(event.contribution), isinstance(event.contribution, Batched)
        incoming = [numbers(event.incoming), output, *inputs]
        expect_sound_derivative(what, place.source, contribution, incoming, is_batch)
        if event.before is not None:
            sums = [contribution, numbers(event.before)]
            expect_sound_derivative(what, place.source, numbers(event.after), sums, is_batch)

    def back(self, seed: Any, record: bool) -> list[Any]:
        """The adjoint of each place, from the seed of the last; None where no path leads.

        Numbers in, numbers out. With ``record`` the rules run on the nodes themselves, so that the adjoints are nodes
        too, and can be differentiated again.
        """
        adjoints: list[Any] = [None] * (len(self.places) - 1) + [seed]
        self.sweep(adjoints, record)
        return [plain(adjoint) for adjoint in adjoints]

    def pull(self, seeds: Iterable[tuple[Recorded, Any]], record: bool, careful: bool = True) -> list[Any]:
        """The adjoint of each source, from pairs of an output and its seed; None where no path leads."""
        adjoints: list[Any] = [None] * len(self.places)
        for output, seed in seeds:
            index = self.index(output)
            if index is not None:
                adjoints[index] = seed if adjoints[index] is None else adjoints[index] + seed
        self.sweep(adjoints, record, careful)
        return adjoints[: self.sources]


#: For a kind of place, a function that sweeps numbers back through such places, quicker than events: it fills in the
#: adjoints, or returns False where it cannot tell them.
QUICK: dict[type, Callable[[Section, list[Any]], bool]] = {}


def has_nan(data: Any) -> bool:
    return data != data if isinstance(data, float) else bool(np.isnan(data).any())


def depending(walked: Sequence[Recorded], sources: Sequence[Recorded]) -> list[Recorded]:
    """Those that depend on a source."""
    keys = {source._key for source in sources}
    found = {id(source) for source in sources} | {id(x) for x in walked if x.op is None and x._key in keys}
    kept = []
    for place in walked:
        if any(id(x) in found for x in place.inputs):
            found.add(id(place))
            kept.append(place)
    return kept
