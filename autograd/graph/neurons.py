"""Neurons and layers, found in the graph by how parameters are used together: nothing is kept when a node is made."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from autograd.ops.arithmetic import add, mul, sub, sum_of, sum_of_products
from autograd.ops.functions import exp, log1p
from autograd.ops.linalg import matmul
from autograd.program import Constant, Equation

#: A place in an array or a list, at any depth of a path: ``[0, 2]``.
_PLACE = re.compile(r"\[(\d+(?:, \d+)*)\]")

#: Operations that add up.
SUMS = frozenset({add, sum_of})


class Neuron(NamedTuple):
    """A weighted sum with parameters, and what is made of it alone; of arrays a whole layer."""

    layer: str  #: its number, "" where there is one layer, which has none
    place: tuple[int, ...]  #: in the layer, with the row before it where there are several; () of an array
    step: int  #: which use of a layer that goes into itself, from 1; 0 of any other
    total: int  #: the node before the activation
    outputs: tuple[int, ...]  #: its activations: one, or none; more where the sum goes into several
    inner: tuple[int, ...]  #: what the sum is made of, in order


class Weights(NamedTuple):
    """What may be the weights in a sum: neurons differ in these and share the rest, for samples it is the other way."""

    pattern: str  #: of their names: ``W1[2]`` of W1[0, 2]
    places: tuple[int | None, ...]  #: the numbers in these, None where they differ
    own: int  #: a hash of which they are
    others: int  #: a hash of what they are multiplied by
    is_named: bool  #: whether those have names and need a gradient too, so that they may be the weights
    is_doubtful: bool  #: and whether they are in lists as well, so that nothing tells them apart


class Sum(NamedTuple):
    """A node that is a sum of products, with what may be the weights in it, and a leaf that was added."""

    sides: tuple[Weights, ...]
    bias: int | None = None


def neurons(equations: Sequence[Equation], labels: Sequence[str | None]) -> list[Neuron]:
    """The neurons of a graph whose parameters have names, in order.

    A neuron is a sum of products in which one factor each is an element of the same parameter: those weights agree in
    a place (the column of W1[0, 2], W1[1, 2], …; the neuron of net.layers[0].neurons[2].w[1]), which is the neuron's;
    of arrays, a product with a parameter. Where this can be read in two ways, there is none. The number of a layer is
    that at the end of the name of its weights, as in W1, else they are counted.
    """
    sums, root = weighted_sums(equations, labels)
    inner: dict[int, list[int]] = {whole: [] for whole in dict.fromkeys(root.values())}
    for i, whole in root.items():
        if whole != i:
            inner[whole].append(i)
    for whole, parts in list(inner.items()):
        leaves = [x for i in (*parts, whole) for x in equations[i].inputs if isinstance(x, int) and labels[x]]
        weights = [x for x in leaves if read(labels[x] or "")[0] in {side.pattern for side in sums[whole].sides}]
        if len(set(weights)) < len(weights):  # it is a sum of several
            del inner[whole]
    wholes = {whole: sums[whole] for whole in inner}
    found = layers(wholes, labels, together_in(equations, inner), activations_of(equations, set(wholes)))
    numbers = layer_numbers(list(found))
    activations = activations_of(equations, {total for members in found.values() for total in members})
    result = []
    for key, members in found.items():
        if key not in numbers or (not numbers[key] and not all(place for place, _ in members.values())):
            continue
        steps = steps_of(equations, members)
        places = {total: place for total, (place, _) in members.items()} if steps else with_rows(members)
        result += [
            Neuron(
                numbers[key],
                places[total],
                steps.get(total, 0),
                total,
                tuple(activations.get(total, ())),
                tuple(inner[total]),
            )
            for total in members
        ]
    return sorted(result, key=lambda neuron: neuron.total)


def weighted_sums(equations: Sequence[Equation], labels: Sequence[str | None]) -> tuple[dict[int, Sum], dict[int, int]]:
    """Every node that is a sum of products with parameters; and of each that is part of a larger one, and of those,
    the whole.
    """
    sums: dict[int, Sum] = {}
    into: dict[int, int] = {}
    mixed: set[int] = set()

    def side(x: int | Constant, other: int | Constant) -> Iterator[Weights]:
        if x == other or not is_named_leaf(x):
            return
        label = labels[x] or ""
        pattern, places = read(label)
        which = hash(key(x)), hash(key(other))
        if equations[x].dtype is not None:
            yield Weights(label, (), *which, False, False)
        elif len(places) > 1:
            is_named = is_named_leaf(other)
            is_listed = isinstance(other, int) and bool(read(labels[other] or "")[1])
            yield Weights(pattern, places, *which, is_named, is_named and is_listed)

    def is_named_leaf(x: int | Constant) -> TypeGuard[int]:
        return isinstance(x, int) and equations[x].op is None and equations[x].requires_grad and bool(labels[x])

    usual = {  # the side on which parameters stand where they meet what is computed: of all layers it is one
        k
        for equation in equations
        if equation.op is matmul
        for k, (x, other) in enumerate(zip(equation.inputs, reversed(equation.inputs), strict=True))
        if is_named_leaf(x) and isinstance(other, int) and equations[other].op is not None
    }
    for i, equation in enumerate(equations):
        op, inputs = equation.op, equation.inputs
        if op is matmul or (op is mul and equation.dtype is None):
            a, b = inputs
            sides = (*side(a, b), *side(b, a))
            if len(sides) > 1 and equation.dtype is not None:  # W @ x, where x is a leaf too
                sides = tuple(compress(sides, [usual == {0}, usual == {1}]))
            if sides:
                sums[i] = Sum(sides)
        elif op is sum_of_products:
            half = len(inputs) // 2
            products = [Sum((*side(a, b), *side(b, a))) for a, b in zip(inputs[:half], inputs[half:], strict=True)]
            if (merged := together(products)) is not None and merged.sides:
                sums[i] = merged
        elif op in SUMS:
            nodes = [x for x in inputs if isinstance(x, int)]
            parts = [x for x in nodes if x in sums]
            rest = [x for x in nodes if x not in sums]
            if not parts or len(rest) > 1 or any(equations[x].op is not None or not labels[x] for x in rest):
                continue
            merged = together([sums[x] for x in parts])
            if merged is None:
                continue
            if not merged.sides:
                mixed.update(parts)
            elif not (rest and merged.bias is not None):
                sums[i] = merged._replace(bias=rest[0]) if rest else merged
                into.update(dict.fromkeys(parts, i))
    root: dict[int, int] = {}
    for i in sorted(sums, reverse=True):
        root[i] = root[into[i]] if i in into else i
    return sums, {i: whole for i, whole in sorted(root.items()) if whole not in mixed}


def together(parts: Sequence[Sum]) -> Sum | None:
    """The sum of several: without sides where they are of different parameters; None where nothing says what it is."""
    whole = parts[0]
    for part in parts[1:]:
        if whole.bias is not None and part.bias is not None:
            return None
        pairs = [(s, t) for s in whole.sides for t in part.sides if s.pattern == t.pattern]
        sides = [
            Weights(
                s.pattern,
                tuple([a if a == b else None for a, b in zip(s.places, t.places, strict=True)]),
                hash((s.own, t.own)),
                hash((s.others, t.others)),
                s.is_named and t.is_named,
                s.is_doubtful and t.is_doubtful,
            )
            for s, t in pairs
        ]
        kept = tuple(s for s in sides if not s.places or any(place is not None for place in s.places))
        if pairs and not kept:
            return None
        whole = Sum(kept, part.bias if whole.bias is None else whole.bias)
        if not kept:
            break
    return whole


def read(name: str) -> tuple[str, tuple[int, ...]]:
    """A name without the numbers of its places, and those.

    >>> read("net.layers[0].weight[2, 1]")
    ('net.layers[1].weight[2]', (0, 2, 1))
    """
    places = [place for group in _PLACE.findall(name) for place in group.split(", ")]
    return _PLACE.sub(lambda group: f"[{group[1].count(',') + 1}]", name), tuple(map(int, places))


def key(x: int | Constant) -> Any:
    """What tells inputs apart, numbers by their value."""
    return x if isinstance(x, int) else ("constant", x.data if isinstance(x.data, float | int) else id(x.data))


def together_in(equations: Sequence[Equation], inner: Mapping[int, Sequence[int]]) -> list[set[int]]:
    """The sums that go into one sum together, as they are or through a function of each alone, for all that they do."""
    of = {whole: whole for whole in inner}
    for i, equation in enumerate(equations):
        nodes = {x for x in equation.inputs if isinstance(x, int)}
        if equation.op is not None and equation.op.is_elementwise and len(nodes) == 1 and (x := nodes.pop()) in inner:
            of.setdefault(i, x)
    return [
        {of[x] for i in (*parts, whole) for x in equations[i].inputs if isinstance(x, int) and x in of}
        for whole, parts in inner.items()
    ]


Members: TypeAlias = dict[int, tuple[tuple[int, ...], int]]


def layers(
    sums: Mapping[int, Sum], labels: Sequence[str | None], joined: Sequence[set[int]], activated: Collection[int]
) -> dict[tuple[Any, ...], Members]:
    """For each layer, known by its weights, its sums by node: the place of the neuron, and what goes into it."""
    by_pattern: dict[str, dict[int, Weights]] = defaultdict(dict)
    for i, whole in sums.items():
        for side in whole.sides:
            by_pattern[side.pattern][i] = side
    axes = {}
    for pattern, members in by_pattern.items():
        biases = [sums[i].bias for i in members]
        places = [() if b is None else read(labels[b] or "")[1] for b in biases]
        axis = neuron_axis([side.places for side in members.values()], places)
        is_clear = not all(side.is_doubtful for side in members.values())
        if all(side.is_named for side in members.values()):
            is_clear = is_clear and members.keys() <= set(activated) and not share(members, biases)
        if axis is not None and (is_clear or have_own(members, biases, places) or feed_as_neurons(members, joined)):
            axes[pattern] = axis
    found: dict[tuple[Any, ...], dict[int, tuple[tuple[int, ...], Weights]]] = defaultdict(dict)
    for i, whole in sums.items():
        sides = [side for side in whole.sides if side.pattern in axes]
        if len(sides) != 1:
            continue
        (side,) = sides
        which, constant = axes[side.pattern]
        outer = [side.places[a] for a in constant if a != which]
        place = side.places[which : which + 1] if side.places else ()
        found[side.pattern, *outer][i] = tuple([k for k in place if k is not None]), side
    return {
        layer: {i: (place, side.others) for i, (place, side) in members.items()}
        for layer, members in found.items()
        if are_paired([(place, side.own) for place, side in members.values()])  # a neuron has its weights, and no other
    }


def have_own(members: Mapping[int, Weights], biases: Sequence[int | None], places: Sequence[tuple[int, ...]]) -> bool:
    """Whether each has a bias of its own, and wherever its weights are: neurons do, samples do not."""
    owned = [(side.own, bias) for side, bias in zip(members.values(), biases, strict=True)]
    return all(places) and are_paired(owned)


def share(members: Mapping[int, Weights], biases: Sequence[int | None]) -> bool:
    """Whether one bias is added to sums with other weights each, as to samples."""
    owned = {(side.own, bias) for side, bias in zip(members.values(), biases, strict=True) if bias is not None}
    return len(owned) > len({bias for _, bias in owned})


def feed_as_neurons(members: Mapping[int, Weights], joined: Sequence[set[int]]) -> bool:
    """Whether those that go into one sum together have other weights and the same inputs, as the neurons of a layer."""
    groups = [[members[i] for i in together if i in members] for together in joined]
    many = [group for group in groups if len(group) > 1]
    return bool(many) and all(
        len({side.own for side in group}) == len(group) and len({side.others for side in group}) == 1 for group in many
    )


def are_paired(pairs: Sequence[tuple[Any, Any]]) -> bool:
    """Whether to each first belongs one second, and the other way round."""
    return len(set(pairs)) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def steps_of(equations: Sequence[Equation], members: Mapping[int, Any]) -> dict[int, int]:
    """Which use of its weights each sum is, where some are computed from others; nothing where none is."""
    after = [0] * len(equations)
    for i, equation in enumerate(equations):
        before = max((after[x] for x in equation.inputs if isinstance(x, int)), default=0)
        after[i] = before + (i in members)
    steps = {i: after[i] for i in members}
    return steps if max(steps.values()) > 1 else {}


def neuron_axis(
    rows: Sequence[tuple[int | None, ...]], biases: Sequence[tuple[int, ...]]
) -> tuple[int, tuple[int, ...]] | None:
    """Which of the places of weights says the neuron, and which are the same in all sums; None where nothing does.

    It is that which the bias has too, else the last that differs from neuron to neuron.
    """
    width = len(rows[0])
    if not width:
        return 0, ()
    constant = tuple(a for a in range(width) if all(row[a] is not None for row in rows))
    has_bias = all(biases)
    if not constant or (len(constant) == width and not (has_bias and all(len(bias) < width for bias in biases))):
        return None
    if has_bias:
        shared = [a for a in constant if all(row[a] == bias[-1] for row, bias in zip(rows, biases, strict=True))]
        return (shared[-1], constant) if shared else None
    differ = [a for a in constant if len({row[a] for row in rows}) > 1]
    return (differ or constant)[-1], constant


def layer_numbers(keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], str]:
    """The number of each layer that has one: that at the end of the name of its weights, or they are counted."""
    ends = {k: re.search(r"(?<=[^\W\d])\d+(?=(?:\[\d+\])*$)", k[0]) for k in keys}
    written = {k: end[0] for k, end in ends.items() if end is not None}
    if written:
        numbers = list(written.values())
        return {k: number for k, number in written.items() if numbers.count(number) == 1}
    if len({read_all(k[0]) for k in keys}) != 1:
        return {}
    return {k: str(n) if len(keys) > 1 else "" for n, k in enumerate(keys, 1)}


def read_all(pattern: str) -> str:
    """The pattern of a pattern: that of an array has the numbers of its place still."""
    return read(pattern)[0]


def activations_of(equations: Sequence[Equation], totals: Collection[int]) -> dict[int, list[int]]:
    """For each sum, the activations that it goes into."""
    found: dict[int, list[int]] = defaultdict(list)
    for i, equation in enumerate(equations):
        if equation.op is not None and equation.op.is_activation:
            x, *_ = equation.inputs
            if isinstance(x, int) and x in totals:
                found[x].append(i)
    return found


def with_rows(members: Members) -> dict[int, tuple[int, ...]]:
    """The places of neurons; where there are several of one, as for rows of a batch, with the row before it.

    A row is what the same inputs go into, once.
    """
    times: Counter[Any] = Counter()
    rows: dict[Any, int] = {}
    row: dict[int, int] = {}
    for total, one in members.items():
        row[total] = rows.setdefault((one[1], times[one]), len(rows))
        times[one] += 1
    return {i: (row[i], *place) if len(rows) > 1 and place else place for i, (place, _) in members.items()}


def shifted(equations: Sequence[Equation], data: Sequence[Any]) -> dict[int, int]:
    """Differences of scores and their largest, which keep the exp of a softmax finite: for each the node of its score.

    Known by what the graph does: one number is taken from several, none is larger than it, it is one of them, and
    powers of the differences are taken. Where it is taken from one alone, that power is summed with others.
    """
    differences: dict[Any, list[int]] = defaultdict(list)
    powers: dict[int, set[int]] = defaultdict(set)  # of each exponent
    summed = set()
    for i, equation in enumerate(equations):
        op = equation.op
        nodes = [x for x in equation.inputs if isinstance(x, int)]
        if equation.dtype is not None or not nodes:
            continue
        if op is sub and nodes[0] == equation.inputs[0]:
            differences[key(equation.inputs[1])].append(i)
        elif op is exp:
            powers[nodes[0]].add(i)
        elif op in (sum_of, log1p):
            summed.update(nodes)
    found = {}
    for members in differences.values():
        top = equations[members[0]].inputs[1]
        scores = {i: next(x for x in equations[i].inputs if isinstance(x, int)) for i in members}
        others = {score for score in scores.values() if score != top}
        raised = {power for i in members if i in powers for power in powers[i]}
        if not raised or not others or (len(others) == 1 and not raised & summed):
            continue
        largest = top.data if isinstance(top, Constant) else data[top]
        numbers = [data[score] for score in scores.values()]
        if (isinstance(top, int) or largest in numbers) and all(number <= largest for number in numbers):
            found.update(scores)
    return found


def structural(
    equations: Sequence[Equation], labels: Sequence[str | None], data: Sequence[Any], is_free: Callable[[str], bool]
) -> tuple[list[str | None], dict[int, int]]:
    """What nodes without a name are called by what they are: ``z1[2]`` before the activation of neuron 3 of layer 1,
    ``h1[2]`` after it, and on the way ``z1_1[2]`` …; and the differences that `shifted` finds.

    A name that is not free is none: z and h may be a person's own. What is used again by itself has no place to say.
    """
    names: list[str | None] = [None] * len(labels)

    def call(i: int, name: str) -> None:
        if is_free(name):
            names[i] = name

    for neuron in neurons(equations, labels):
        place = f"[{', '.join(map(str, neuron.place))}]" if neuron.place else ""
        if not neuron.step:
            call(neuron.total, f"z{neuron.layer}{place}")
            if len(neuron.outputs) == 1:
                call(neuron.outputs[0], f"h{neuron.layer}{place}")
        if total := labels[neuron.total] or names[neuron.total]:
            for k, i in enumerate(neuron.inner, 1):
                call(i, part_name(total, k))
    return names, shifted(equations, data)


def part_name(name: str, number: int) -> str:
    """What a node is called that another is made of, as one name wherever it stands.

    >>> part_name("loss", 2), part_name("model.h[0]", 1)
    ('loss_2', 'model.h_1[0]')
    """
    places = re.search(r"(?:\[[^]]*\])+$", name)
    stem = name[: places.start()] if places else name
    return f"{stem}_{number}{name[len(stem) :]}"
