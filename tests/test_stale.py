"""A computation whose data changed afterwards is refused by name: which input, what it was, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Program, broadcasting_programs, by_operator, numbers, programs

from autograd import Graph, Node, StaleDataError, Tensor, Value, format_number, tracing


def refused(loss: Node) -> str:
    with pytest.raises(StaleDataError) as caught:
        Graph.of(loss)
    return str(caught.value)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_an_update_before_the_look_is_named_with_its_cure(kind: Any) -> None:
    w, x = kind(1.0), kind(3.0)
    loss = (w * x - 1) ** 2
    loss.backward()
    w.data = w.data - 0.1 * w.grad
    said = refused(loss)
    assert said.startswith("q = w · x (test_stale.py:")
    assert "the data of w changed afterwards, from 1 to −0.2; look before parameters are updated" in said
    assert "run the forward computation again" in said
    assert "autograd.Recording" in said


def test_of_an_array_the_first_element_that_changed_is_named() -> None:
    w = Tensor([[1.0, 2.0], [3.0, 4.0]])
    y = (w @ np.array([1.0, 2.0])).sum()
    w.data[1, 0] = 5.0
    assert "the data of w[1, 0] changed afterwards, from 3 to 5;" in refused(y)


def test_the_line_is_told_where_it_is_known() -> None:
    x = Value(2.0)
    with tracing():
        y = x * x
    x.data = 3.0
    assert "y = x * x): computed as 4.0" in refused(y)


def set_itself() -> Node:
    x, y = Value(2.0), Value(3.0)
    q = x * y
    q.data = 7.0
    return q * 1


def either() -> Node:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    q = x + y
    x.data = 1.0
    return q * 1


def unknown() -> Node:
    x = Value(2.0, "x")
    q = x.exp()
    x.data = 1.0
    return q * 1


def or_itself() -> Node:
    x = Value(2.0, "x")
    q = x + 5
    q.data = 1.0
    return q * 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (set_itself, "the data of q itself changed afterwards;"),
        (either, "the data of x or y changed afterwards (or q itself was set);"),
        (unknown, "the data of x changed afterwards;"),
        (or_itself, "the data of x changed afterwards, from −4 to 2 (or q itself was set);"),
    ],
)
def test_only_what_is_certain_is_said(make: Callable[[], Node], said: str) -> None:
    assert said in refused(make())


@given(programs(), broadcasting_programs(), st.booleans(), st.data())
def test_whatever_changed_is_among_those_that_are_named(
    scalars: Program, arrays: Program, is_scalar: bool, data: st.DataObject
) -> None:
    """And where a number is told, it is the one that was there."""
    program = scalars if is_scalar else arrays
    leaves = [Value(float(x)) if is_scalar else Tensor(x) for x in program.inputs]
    for k, leaf in enumerate(leaves):
        leaf.label = f"leaf{k}"
    loss = program.result(by_operator, leaves, total=lambda x: x.sum() if not is_scalar else x)
    k = data.draw(st.integers(0, len(leaves) - 1))
    was = leaves[k].data
    leaves[k].data = was + data.draw(numbers())
    try:
        Graph.of(loss)
    except StaleDataError as error:
        found = str(error).partition("the data of ")[2].partition(" changed afterwards")
        assert f"leaf{k}" in found[0]
        if number := re.match(r", from (\S+) to (\S+?);?( |$)", found[2]):
            assert re.match(rf"leaf{k}\b", found[0])
            if is_scalar:
                assert number[1] == format_number(was)
