"""Local checks: each equation by itself, its output and what it contributes to each input, on the recorded numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograd.check.exact_rule import RuleNumbers, divided, rule_in
from autograd.check.hints import hint_for
from autograd.check.large import is_large, probes, sampled
from autograd.check.references.differences import DIFFERENCES
from autograd.check.references.real import UndecidedError
from autograd.check.references.reference import BITS, Call, Pulled, Reference, are_finite, element_at, flat
from autograd.check.references.taped import Taped
from autograd.check.report import Finding, Outcome
from autograd.check.verdict import ULPS, Judged, judged
from autograd.graph.graph import Graph, operands
from autograd.op import op_of
from autograd.program import Equation

FLOAT64 = np.dtype(np.float64)

#: Of what rounding alone comes to in the worst case, as many times is allowed.
SLACK = 4

#: How much nearer a second look at a slope beside a number is taken.
NEARER = 2.0**-400

#: Of how many elements differences are asked beside another reference, and how far these have to be from each other.
FEW, APART = 100, 1e-3

#: By what part of a slope those on the two sides of a tie may be off it, and be the same: they are taken so near.
SAME = 1e-12

#: A slope beyond this is infinite, next to a number where it has none.
INFINITE = 1e30


@dataclass
class Checker:
    """Checks the equations of a graph; it remembers which reference knows which operation."""

    graph: Graph
    references: Sequence[Reference]

    def __post_init__(self) -> None:
        self.edges = 0
        self.values = 0
        self.used: dict[str, int] = {}
        self._known: dict[str, int] = {}  # by operation, the first reference to try

    def check(self, index: int, incoming: Any, contributions: Mapping[int, Any]) -> list[Finding]:
        """What is not plainly right of an equation, given the gradient that came in and what it sent back."""
        equation = self.graph.equations[index]
        op = op_of(equation)
        if op.is_flat:
            return []
        inputs = operands(equation, self.graph.data)
        rules = op.rules_for(inputs, equation.params)
        wanted = [k for k, x in enumerate(equation.inputs) if self.is_checked(x)]
        named = [k for k in wanted if rules[k][0] is not None]
        if not wanted:
            return []
        call = Call(op, inputs, equation.params, wanted, incoming)
        if is_large(call, self.graph.data[index]):
            return list(self.of_large(index, call, contributions))
        pulled, reference = self.pulled(call)
        if pulled is None or reference is None:
            return [self.finding(index, "inconclusive", "local derivative", "no reference knows this operation")]
        self.used[reference.name] = self.used.get(reference.name, 0) + len(wanted)
        self.edges += len(named) if len(named) < len(wanted) else len(wanted)
        self.values += 1
        one = One(self, index, equation, call, pulled, reference, self.graph.data[index])
        findings = list(one.of_value())
        for k in wanted:
            findings += one.of_input(k, contributions.get(k))
        return findings

    def of_large(self, index: int, call: Call, contributions: Mapping[int, Any]) -> Iterator[Finding]:
        """Some elements of a large operation, and all of them along a few directions."""
        rng = np.random.default_rng(0)
        part = sampled(call, self.graph.data[index], rng)
        self.values += 1
        self.edges += len(call.wanted)
        if part is not None:
            yield from self.of_sample(index, *part, contributions)
            return
        self.used["differences"] = self.used.get("differences", 0) + len(call.wanted)
        for k in call.wanted:
            size = np.size(call.inputs[k])
            for element, got, expected, error in probes(call, k, contributions.get(k), rng):
                if abs(got - expected) <= error:
                    continue
                where = "" if element else "along a random direction "
                outcome: Outcome = "wrong" if math.isfinite(error) else "inconclusive"
                yield self.finding(
                    index,
                    outcome,
                    "local derivative",
                    f"{where}got {got!r}, differences {expected!r} ± {error:.2g}",
                    input=k,
                    element=element,
                    got=got,
                    expected=f"{expected!r} ± {error:.2g}",
                )
            message = f"of {size:,} elements a few were looked at, all others along random directions: it is large"
            yield self.finding(index, "missing", "local derivative", message, input=k)

    def of_sample(self, index: int, call: Call, places: Any, contributions: Mapping[int, Any]) -> Iterator[Finding]:
        """Some elements of an operation that works on each alone."""
        data = self.graph.data[index]
        pulled, reference = self.pulled(call)
        if pulled is None or reference is None:
            yield self.finding(index, "inconclusive", "local derivative", "no reference knows this operation")
            return
        self.used[reference.name] = self.used.get(reference.name, 0) + len(call.wanted)
        one = One(self, index, self.graph.equations[index], call, pulled, reference, data.reshape(-1)[places])
        for k in call.wanted:
            contribution = contributions.get(k)
            if contribution is not None:
                contribution = np.broadcast_to(contribution, data.shape).reshape(-1)[places]
            for finding in one.of_input(k, contribution):
                element = element_at(int(places[finding.element[0]]), data.shape) if finding.element else None
                yield replace(finding, element=element)
        message = f"of {data.size:,} elements {len(places):,} were looked at: it is large"
        yield self.finding(index, "missing", "local derivative", message)

    def is_checked(self, x: Any) -> bool:
        return isinstance(x, int) and self.graph.equations[x].requires_grad

    def pulled(self, call: Call) -> tuple[Pulled | None, Reference | None]:
        """By the first reference that knows the operation."""
        name = call.op.name
        for place in range(self._known.get(name, 0), len(self.references)):
            reference = self.references[place]
            try:
                return reference.pull(call), reference
            except UndecidedError:  # it knows the operation, not these numbers
                continue
            except Exception:  # a forward function may do anything with a number that is none
                if place == self._known.get(name, 0):
                    self._known[name] = place + 1
        return None, None

    def finding(self, index: int, outcome: Outcome, check: str, message: str, **details: Any) -> Finding:
        """A finding about a node of the graph."""
        graph = self.graph
        return Finding(
            outcome=outcome,
            check=check,
            message=message,
            op=None if (op := graph.equations[index].op) is None else op.name,
            node=index,
            name=graph.names[index],
            source=graph.sources[index],
            **details,
        )


@dataclass
class One:
    """One equation, and what a reference knows of it."""

    checker: Checker
    index: int
    equation: Equation
    call: Call
    pulled: Pulled
    reference: Reference
    data: Any  #: the output

    def of_value(self) -> Iterator[Finding]:
        got = flat(self.data)
        for place, (raw, number) in enumerate(zip(self.pulled.values, got, strict=True)):
            verdict = self.judge(raw, number, self.equation.dtype, lambda rounded, at=place: rounded.values[at])
            if verdict.verdict in ("off", "undecided"):
                element = element_at(place, np.shape(self.data))
                yield self.finding(verdict, "value", raw, number, element=element)

    def of_input(self, k: int, contribution: Any) -> Iterator[Finding]:
        shape, dtype = np.shape(self.call.inputs[k]), getattr(self.call.inputs[k], "dtype", None)
        raws = self.pulled.parts[k]
        got = [0.0] * len(raws) if contribution is None else flat(np.broadcast_to(contribution, shape))
        tied = self.pulled.ties.get(k, ())
        bad: list[tuple[int, Judged]] = []
        rule: list[RuleNumbers] | None = None
        for place, (raw, number) in enumerate(zip(raws, got, strict=True)):
            if math.isnan(number) and not are_finite(self.call.cotangent):  # it came so
                continue
            sides = self.reference.sides(self.call, k, place) if place in tied else None
            if sides is not None and not is_smooth(raw, sides, number):
                yield from self.at_kink(k, place, sides, number, dtype, shape)
                continue
            verdict = self.judge(raw, number, dtype, lambda rounded, at=place: rounded.parts[k][at])
            is_linear = self.call.op.linear != "no"  # where the rule is rounded as the function is
            if not is_linear and verdict.verdict in ("right", "undecided") and verdict.ulps > ULPS:
                rule = rule_in(self.call, k, self.reference, self.fewest) if rule is None else rule
                if rule:  # which has a rounding of its own
                    slack = SLACK * rule[place].radius + self.least
                    own = judged(self.pulled.arithmetic, raw, number, dtype, slack)
                    verdict = own if own.verdict == "off" else verdict
            if verdict.verdict == "undecided" and self.pulled.live is not None:
                verdict = judged(self.pulled.arithmetic, self.pulled.live[k][place], number, dtype)
            if verdict.verdict not in ("off", "undecided"):
                continue
            if sides and self.several_tie:  # then its own sides are not all that is around
                yield from self.at_kink(k, place, sides, number, dtype, shape)
            else:
                bad.append((place, verdict))
        if bad and self.is_disputed(k, bad, got):
            message = f"{self.reference.name} follow the branches that the numbers take, and differences disagree"
            place = bad[0][0]
            yield self.at("inconclusive", "local derivative", message, input=k, element=element_at(place, shape))
        elif bad:
            rule = rule_in(self.call, k, self.reference, self.fewest) if rule is None else rule
            hint = hint_for(self.call, k, raws, got, self.pulled.arithmetic)
            for place, verdict in bad:
                g = self.cotangent_at(k, place)
                yield self.finding(
                    verdict,
                    "local derivative",
                    divided(self.reference, raws[place], g),
                    got[place] / g,
                    rule=rule[place].divided(self.reference, g) if rule else None,
                    input=k,
                    element=element_at(place, shape),
                    hint=hint,
                )

    def is_disputed(self, k: int, bad: Sequence[tuple[int, Judged]], got: Sequence[float]) -> bool:
        """Whether differences, where they tell, are for what came: a function that searches has a slope of its own."""
        if not isinstance(self.reference, Taped) or np.size(self.call.inputs[k]) > FEW:
            return False
        try:
            pulled = DIFFERENCES.pull(replace(self.call, wanted=[k]))
        except Exception:  # its forward function may do anything with other numbers
            return False
        known = [(place, pulled.parts[k][place]) for place, _ in bad if pulled.arithmetic.tells(pulled.parts[k][place])]
        return bool(known) and all(
            pulled.arithmetic.error(near, got[place])[0] == 0
            and self.pulled.arithmetic.error(self.raw(k, place), got[place])[0] > APART * abs(got[place])
            for place, near in known
        )

    def raw(self, k: int, place: int) -> Any:
        """What the reference knows of one element."""
        raw = self.pulled.parts[k][place]
        return self.pulled.arithmetic.number(0) if raw is None else raw

    def judge(self, raw: Any, got: float, dtype: np.dtype[Any] | None, find: Any) -> Judged:
        """The verdict; what is off by more than the last digits is given what rounding comes to."""
        first = judged(self.pulled.arithmetic, raw, got, dtype, self.least)
        if first.verdict not in ("off", "undecided") or not math.isfinite(got):
            return first
        rounded = self.rounded
        if rounded is None:
            return first
        loose = find(rounded)
        if loose is None or not rounded.arithmetic.is_defined(loose):
            return first
        slack = SLACK * rounded.arithmetic.radius(loose)
        second = judged(self.pulled.arithmetic, raw, got, dtype, slack)
        return second if second.verdict == "right" or first.verdict == "off" != second.verdict else first

    @property
    def several_tie(self) -> bool:
        return sum(map(len, self.pulled.ties.values())) > 1

    @cached_property
    def least(self) -> float:
        """What is lost where a narrow dtype, of a wider input, has no smaller numbers."""
        return ULPS * float(np.finfo(self.fewest).smallest_subnormal) if self.fewest != FLOAT64 else 0.0

    @cached_property
    def fewest(self) -> np.dtype[Any]:
        """Of the dtypes that take part the one of the fewest digits."""
        dtypes = [getattr(x, "dtype", FLOAT64) for x in (self.data, self.call.cotangent, *self.call.inputs)]
        return min((dtype for dtype in dtypes if dtype in BITS), key=BITS.__getitem__, default=FLOAT64)

    @property
    def rounded(self) -> Pulled | None:
        """The same with as few digits."""
        if "_rounded" not in vars(self):
            try:
                self._rounded = self.reference.rounded(self.call, self.fewest)
            except Exception:  # with few digits a comparison may be open
                self._rounded = None
        return self._rounded

    def cotangent_at(self, k: int, place: int) -> float:
        """The cotangent that a contribution is a multiple of, where each element has one: what is said is the slope."""
        if not self.call.op.is_elementwise or np.shape(self.call.inputs[k]) != np.shape(self.data):
            return 1.0
        g = flat(np.broadcast_to(self.call.cotangent, np.shape(self.data))[()])[place]
        return g if math.isfinite(g) and g != 0 else 1.0

    def at_kink(
        self,
        k: int,
        place: int,
        sides: Sequence[tuple[Any, Any]],
        got: float,
        dtype: np.dtype[Any] | None,
        shape: tuple[int, ...],
    ) -> Iterator[Finding]:
        """Between the slopes on the two sides."""
        verdicts = [judged(arithmetic, raw, got, dtype).verdict for arithmetic, raw in sides]
        slopes = tuple([arithmetic.middle(raw) for arithmetic, raw in sides])
        if not sides and judged(self.pulled.arithmetic, self.pulled.parts[k][place], got, dtype).verdict == "right":
            return  # nothing is beside an infinity: two that tie, and lose to a number, have the slope that is known
        g = self.cotangent_at(k, place)
        got, slopes = got / g, tuple([slope / g for slope in slopes])
        where = {"input": k, "element": element_at(place, shape), "got": got, "slopes": slopes}
        if sides and all(verdict == "right" for verdict in verdicts):
            return
        if not sides:
            if math.isfinite(got):
                yield self.at("inconclusive", "local derivative", f"got {got}, where no slope is known", **where)
            return
        if len(sides) == 1:
            (slope,) = slopes
            if verdicts == ["right"] or (abs(slope) > INFINITE and not abs(got) < INFINITE):
                return
            nearer = [a.middle(raw) for a, raw in self.reference.sides(self.call, k, place, NEARER)]
            nearer = [slope / g for slope in nearer]
            if nearer and abs(nearer[0] - got) < abs(slope - got) * 2.0**-30:  # it is what the slopes tend to
                return
            yield self.at("wrong", "local derivative", f"got {got}, and beside it {slope:.17g}", **where)
            return
        low, high = min(slopes), max(slopes)
        if not low <= got <= high and isinstance(self.reference, Taped):  # where several tie, to the sides of all
            found = self.reference.around(self.call, k, place, self.pulled.ties)
            low, high = min(low, *[slope / g for slope in found]), max(high, *[slope / g for slope in found])
        if low <= got <= high or "right" in verdicts:
            message = f"at a kink: got {got:.17g}, between the slopes {slopes[0]:.6g} below and {slopes[1]:.6g} above"
            yield self.at("kink", "local derivative", message, **where)
            return
        message = f"at a kink: got {got:.17g}, outside of the slopes {slopes[0]:.6g} below and {slopes[1]:.6g} above"
        yield self.at("wrong", "local derivative", message, **where)

    def finding(
        self, verdict: Judged, check: str, raw: Any, got: float, rule: RuleNumbers | None = None, **details: Any
    ) -> Finding:
        arithmetic = self.pulled.arithmetic
        known = arithmetic.text(raw if raw is not None else arithmetic.number(0))
        word = "certified" if self.reference.name == "balls" else self.reference.name
        message = f"got {got!r}, {word} {known}"
        outcome: Outcome = "wrong" if verdict.verdict == "off" else "inconclusive"
        if outcome == "wrong" and rule is not None:
            outcome = rule.outcome(got, arithmetic, raw)
        if outcome == "imprecise":
            details["hint"] = (
                "the rule is right, and loses digits here: numeric= takes a form that does not"
                if self.call.op.linear == "no"
                else "the rule is right: what it adds up cancels, and the digits are lost there"
            )
        return self.at(outcome, check, message, got=got, expected=known, ulps=verdict.ulps, **details)

    def at(self, outcome: Outcome, check: str, message: str, **details: Any) -> Finding:
        return self.checker.finding(self.index, outcome, check, message, **details)


def is_smooth(raw: Any, sides: Sequence[tuple[Any, Any]], got: float) -> bool:
    """Whether both sides of a tie have the slope that is there: it was a choice between two ways to one number."""
    slopes = [arithmetic.middle(slope) for arithmetic, slope in sides]
    here = 0.0 if raw is None or not sides else sides[0][0].middle(raw)
    bar = SAME * max(abs(here), abs(got))
    return len(slopes) == 2 and all(abs(slope - here) <= bar for slope in slopes)
