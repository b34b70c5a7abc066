"""View: a Tensor that looks into another, as NumPy's views do: what is assigned to one shows in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np

from autograd.errors import GraphError
from autograd.op import Op
from autograd.ops.indexing import getitem, kept_elements, picks_once, setitem
from autograd.pickling import Slotted, store
from autograd.state import mode, no_grad, recording
from autograd.sweep.pullback import pullback
from autograd.tensor.arrays import alike
from autograd.tensor.record import Leaf, Record, named


class Ask(Leaf):
    """The class of `ASK`, of which there is one, also for copies."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> str:
        return "ASK"


#: What a view has in the place of a leaf. Its array is nobody's, so that whoever looks asks for the record.
ASK = Ask(np.empty(0), None)


class View(Slotted):
    """What stands in the place of a Tensor's record while it looks into another Tensor, its base: ``t[0]``, ``t.T``.

    The record is derived anew when something was assigned to the Tensor that a chain of views ends at, the root. What
    was recorded keeps its numbers when data is written without recording.
    """

    __slots__ = ("base", "depth", "earlier", "last", "leaf", "op", "params", "root", "silent", "version")

    depth: int
    root: Any
    version: Any

    def __init__(self, base: Any, last: Record, op: Op, params: Mapping[str, Any]) -> None:
        below = base._latest if isinstance(base._latest, View) else None
        self.base = base
        self.last = last
        self.leaf = ASK
        self.op = op  #: how it looks into its base
        self.params = params or {}
        self.silent = mode() == "no_grad"
        self.earlier: list[Record] = []  #: what it showed before something was assigned
        self.depth = 1 if below is None or below.last.op is not None else below.depth + 1  #: of views not recorded
        self.root = base if below is None else below.root
        self.version = self.root_version()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        store(self, *reversed(state))
        below = getattr(self.base, "_latest", None)  # not set yet, where the base holds this view as an attribute
        array = None if below is None else self.op.run(self.op.forward, [below.array], self.params)
        if array is not None and alike(array, self.last.array):
            self.last.array = array  # it lies where the base does again: copied, it lay apart, and otherwise
            if self.last.leaf is not None:
                self.last.leaf.array = array

    @property
    def array(self) -> Any:
        return self.last.array

    @property
    def requires_grad(self) -> bool:
        return self.last.requires_grad

    def root_version(self) -> Any:
        """What is another once something was assigned to the root.

        To write the data of a leaf is no assignment for what was recorded with a gradient.
        """
        record = self.root._record
        return (record.leaf or record) if self.last.requires_grad else record.array

    def record(self) -> Record:
        """What it shows now."""
        if self.root_version() is not self.version:
            self.derive_all()
        return self.last

    def chain(self) -> list[View]:
        """It, and the views that it looks through, down to the one that looks into the root."""
        chain = [self]
        while isinstance(below := chain[-1].base._latest, View):
            chain.append(below)
        return chain

    def derive_all(self) -> None:
        """Derive the records of the chain anew, each after what it looks into."""
        for view in reversed(self.chain()):
            view.derive()

    def derive(self) -> None:
        if self.last.op is not None and self.last.inputs[0] is self.base._record:
            return  # it was
        with no_grad() if self.silent else recording(traced=False):
            last: Record = self.op.apply((self.base,), self.params)._record
        leaf = self.last.leaf
        if leaf is not None and last.leaf is not None:  # a constant that is refilled
            leaf.array, last.leaf = last.array, leaf
        else:
            self.earlier.append(self.last)
            last._rename(self.last.label)
        self.last = last
        self.version = self.root_version()

    def shorten(self) -> None:
        """Look straight into what the views that were not recorded end at, by the positions of what this one shows."""
        chain = self.chain()[: self.depth]
        base = chain[-1].base
        base = base if base.ndim else base[None]
        positions = np.arange(base.size).reshape(base.shape)
        for view in reversed(chain):
            positions = view.op.run(view.op.forward, [positions], view.params)
        self.base = base
        self.op = getitem
        self.params = {"index": np.unravel_index(positions, base.shape)}
        self.silent = any(view.silent for view in chain)
        self.depth = 1

    def is_at(self, base: Any, index: Any) -> bool:
        """Whether it shows what stands in ``base`` at the index: so in the second half of ``t[index] += x``."""
        if self.base is not base or self.op is not getitem or not is_same(self.params["index"], index):
            return False
        if self.last.op is None or self.root_version() is not self.version:
            return True
        return self.last.inputs[0] is base._record  # else data was written since it was recorded

    def prepare(self) -> None:
        """Before something is assigned: show what the root holds now, for its data may have been written to."""
        if mode() == "no_grad":
            if not self.silent and self.record().op is not None:
                raise GraphError(f"{named(self.last)}: it was recorded, so assign outside no_grad()")
        elif self.root.requires_grad and any(view.silent for view in self.chain()):
            raise GraphError(
                f"assigning to a view of {named(self.root._record)} that was made inside no_grad() would lose a "
                "gradient: make the view outside, or assign inside too"
            )
        self.derive_all()

    def assign(self, view: Any, index: Any, value: Any) -> None:
        """Assign to ``view``, the Tensor that this belongs to: that is, to what its chain looks into."""
        self.prepare()
        self.become(view, setitem(view, value, index))

    def become(self, view: Any, changed: Any) -> None:
        """Let ``view``, the Tensor that this belongs to, show ``changed``, which has its shape and dtype."""
        while isinstance(looked := view._latest, View):
            changed, view = looked.seen_from_base(view, changed), looked.base
        view._become(changed)

    def seen_from_base(self, view: Any, changed: Any) -> Any:
        """The whole base, with ``changed`` in the place of what ``view``, to which this belongs, shows of it."""
        index = self.params.get("index")
        if self.op is getitem and (picks_once(index) or kept_elements(self.base.shape, index).all()):
            return setitem(self.base, changed, index)
        if self.op is not getitem and self.op.linear == "jointly" and view.size == self.base.size:
            # It only moves elements, so that its vjp moves them back.
            return dict(pullback(self.op, [0], changed, view, [self.base], self.params))[0]
        raise GraphError(f"{self.op.name}: its result looks into {named(self.base._record)}: assign to that instead")


#: How many elements of an array take the memory of one view, roughly.
ELEMENTS = 32


def view_or_record(record: Record, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Record | View:
    """A View, if what an operation made lies where the data of its one input does."""
    if len(inputs) != 1 or not shares(record.array, inputs[0]._record.array):
        return record
    view = View(inputs[0], record, op, params)
    if record.op is None and view.depth > ELEMENTS and view.depth * ELEMENTS > view.root.size * view.root.ndim:
        view.shorten()  # the positions take less memory than the chain, which x = x.T in a loop makes ever longer
    return view


def is_same(index: Any, other: Any) -> bool:
    """Whether it is plain that two indices pick the same; those of numbers, slices and the like are compared."""
    parts, others = [i if isinstance(i, tuple) else (i,) for i in (index, other)]
    return len(parts) == len(others) and all(
        part.__class__ is other.__class__ and part.__class__ in COMPARED and part == other
        for part, other in zip(parts, others, strict=True)
    )


#: The classes of parts of an index of which equal ones pick the same. (True is no 1 there.)
COMPARED = (int, slice, type(...), type(None))


def shares(part: Any, whole: Any) -> bool:
    """Whether one array looks into another, or both into a third."""
    base = part.base
    if base.__class__ is not np.ndarray:
        base = getattr(base, "base", base)  # of windows, NumPy has something in between
    return base is whole or (whole.base is not None and base is whole.base)
