"""View: a Tensor that looks into another, as NumPy's views do: what is assigned to one shows in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.errors import GraphError
from autograd.op import Op
from autograd.ops.indexing import getitem, setitem
from autograd.state import Block, blocks, mode
from autograd.sweep.pullback import pullback
from autograd.tensor.record import Leaf, Record, named

#: What a view has in the place of a leaf. Its array is nobody's, so that whoever looks asks for the record.
ASK = Leaf(np.empty(0), None)


class View:
    """What stands in the place of a Tensor's record while it looks into another Tensor, its base: ``t[0]``, ``t.T``.

    The record is derived anew when something was assigned to the Tensor that a chain of views ends at, the root. What
    was recorded keeps its numbers when data is written without recording.
    """

    __slots__ = ("base", "last", "leaf", "op", "params", "root", "silent", "version")

    root: Any
    version: Any

    def __init__(self, base: Any, last: Record, op: Op, params: Mapping[str, Any]) -> None:
        self.base = base
        self.last = last
        self.leaf = ASK
        self.op = op  #: how it looks into its base
        self.params = params
        self.silent = mode() == "no_grad"
        self.root = base._latest.root if isinstance(base._latest, View) else base
        self.version = self.root_version()

    @property
    def array(self) -> Any:
        return self.last.array

    @property
    def requires_grad(self) -> bool:
        return self.last.requires_grad

    def root_version(self) -> Any:
        """What is another once something was assigned to the root; to write the data of a leaf is no assignment."""
        record = self.root._record
        return record.array if self.last.op is None else record.leaf or record

    def record(self) -> Record:
        """What it shows now."""
        if self.root_version() is not self.version:
            self.derive_all()
        return self.last

    def derive_all(self) -> None:
        """Derive the records of the chain anew, each after what it looks into."""
        chain = [self]
        while isinstance(base := chain[-1].base._latest, View):
            chain.append(base)
        for view in reversed(chain):
            view.derive()

    def derive(self) -> None:
        opened = blocks.set((Block("no_grad"),) if self.silent else None)
        try:
            last: Record = self.op.apply((self.base,), self.params)._record
        finally:
            blocks.reset(opened)
        last._rename(self.last.label)
        self.last = last
        self.version = self.root_version()

    def assign(self, view: Any, index: Any, value: Any) -> None:
        """Assign to ``view``, the Tensor that this belongs to: that is, to what its chain looks into."""
        if mode() == "no_grad" and not self.silent and self.record().op is not None:
            raise GraphError(f"{named(self.last)}: it was recorded, so assign outside no_grad()")
        self.derive_all()  # the data of the root may have been written to
        changed = setitem(view, value, index)
        while isinstance(looked := view._latest, View):
            changed, view = looked.seen_from_base(view, changed), looked.base
        view[...] = changed

    def seen_from_base(self, view: Any, changed: Any) -> Any:
        """The whole base, with ``changed`` in the place of what ``view``, to which this belongs, shows of it."""
        if self.op is getitem:
            return setitem(self.base, changed, self.params["index"])
        if self.op.linear == "jointly" and view.size == self.base.size:
            # It only moves elements, so that its vjp moves them back.
            return dict(pullback(self.op, [0], changed, view, [self.base], self.params))[0]
        raise GraphError(f"{self.op.name}: its result looks into {named(self.base._record)}: assign to that instead")


def view_or_record(record: Record, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Record | View:
    """A View, if what an operation made lies where the data of its one input does."""
    if len(inputs) != 1 or not shares(record.array, inputs[0]._record.array):
        return record
    return View(inputs[0], record, op, params)


def shares(part: Any, whole: Any) -> bool:
    return part.base is whole or (whole.base is not None and part.base is whole.base)
