"""no_grad and tracing belong to a thread, a task, a block; leaves, constants and what no_grad makes are told apart."""

from __future__ import annotations

import ast
import asyncio
import concurrent.futures
import contextlib
import contextvars
import copy
import gc
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupts import interrupted_at

import autograd
from autograd import Graph, GraphError, Tensor, Value, no_grad, scope, tracing

each_kind = pytest.mark.parametrize("kind", [Value, Tensor])
each_copy = pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])


def records() -> bool:
    x = Value(2.0)
    return (x * x).op is not None


@given(data=st.data(), kinds=st.lists(st.sampled_from([no_grad, tracing]), min_size=1, max_size=5))
def test_blocks_may_close_in_any_order(data: st.DataObject, kinds: list[Any]) -> None:
    def opened(block: Any) -> Iterator[None]:
        with block():
            yield

    running = [(block, opened(block)) for block in kinds]
    order = data.draw(st.permutations(running))  # before any is open: a draw may end the example
    for _, generator in running:
        next(generator)
    for entry in order:
        assert records() is not any(block is no_grad for block, _ in running)
        entry[1].close()  # type: ignore[attr-defined]
        running.remove(entry)
    assert records()


@each_kind
def test_a_copied_context_keeps_what_was_open_for_quick_and_general_paths_alike(kind: Any) -> None:
    x = kind(2.0)
    with no_grad():
        silent = contextvars.copy_context()
    assert silent.run(lambda: (x * x + autograd.where(True, x, 0.0)).requires_grad) is False
    y = x * x + autograd.where(True, x, 0.0)
    y.backward()
    assert x.grad == 5


@each_kind
def test_a_constant_gets_no_gradient(kind: Any) -> None:
    x, c = kind(3.0), kind(2.0, requires_grad=False)
    y = c * x * c + c
    y.backward()
    assert (float(x.grad), c.has_grad, c.requires_grad) == (4.0, False, False)
    assert Graph.of(y)[Graph.of(y).leaves[0]].requires_grad is False


@each_kind
def test_backward_refuses_where_nothing_needs_a_gradient(kind: Any) -> None:
    x, c = kind(3.0), kind(2.0, requires_grad=False)
    with no_grad():
        silent = x * x
    for y in (c, c * c, silent, silent * 2.0):
        with pytest.raises(GraphError, match="nothing here was recorded"):
            y.backward()
    assert not x.has_grad


# Copies.


@each_copy
@each_kind
def test_a_graph_of_any_depth_can_be_copied(copied: Callable[[Any], Any], kind: Any) -> None:
    x = y = kind(1.0)
    for _ in range(3000):
        y = y + x
    twin, leaf = copied([y, x])
    twin.backward()
    assert float(leaf.grad) == 3001
    assert not x.has_grad
    again, same = copied([x, y])
    same.backward()
    assert float(again.grad) == 3001


@each_copy
def test_copies_share_what_the_originals_share(copied: Callable[[Any], Any]) -> None:
    x = Value(3.0, label="x")
    q = x * x
    f = q + x
    f.backward()
    for order in ([x, q, f], [f, q, x], [q, f, x]):
        twins = dict(zip(map(id, order), copied(order), strict=True))
        assert twins[id(f)].inputs[0] is twins[id(q)]
        assert twins[id(q)].inputs == (twins[id(x)],) * 2
        assert (twins[id(x)].label, twins[id(x)].grad, twins[id(q)].grad) == ("x", 7.0, 1.0)


@each_copy
def test_a_copy_knows_whether_a_sweep_has_been_there(copied: Callable[[Any], Any]) -> None:
    for x in (Value(1.0), Value(1.0, requires_grad=False), Value(1.0) * 2):
        assert copied(x).has_grad is False
        assert copied(x).requires_grad is x.requires_grad


@each_kind
def test_copying_many_nodes_takes_a_list_for_each_graph_alone(kind: Any) -> None:
    x = kind(1.0)
    many = [x]
    for _ in range(300):
        many.append(many[-1] * 1.5 + x)
    made = []

    class Counted(autograd.copying.Ancestors):
        def __init__(self, node: Any) -> None:
            super().__init__(node)
            made.append(len(self.nodes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd.copying, "Ancestors", Counted)
        twins = copy.deepcopy([*reversed(many), *many])
    assert sum(made) <= 2 * len(many), "nothing is listed twice"
    assert float(twins[0].data) == float(many[-1].data)
    assert not autograd.copying._listed.ids, "and all is forgotten"


@each_kind
def test_threads_copy_side_by_side(kind: Any) -> None:
    x = kind(1.0)
    ys = [x * float(i) + x for i in range(50)]
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                assert [float(y.data) for y in copy.deepcopy(ys)] == [i + 1.0 for i in range(50)]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# Subclasses.


@each_kind
def test_a_subclass_gets_its_gradient(kind: Any) -> None:
    class Mine(kind):  # type: ignore[misc]
        pass

    x, w = Mine(3.0), kind(2.0)
    for y in (x * w + x, w * x + x, autograd.where(True, x * w, w) + x, autograd.sum_of([x * w, x])):
        x.zero_grad()
        w.zero_grad()
        y.backward()
        assert (float(x.grad), float(w.grad)) == (3.0, 3.0)
        assert [float(g) for g in autograd.gradients(y, [x, w])] == [3.0, 3.0]
        assert len(Graph.of(y).leaves) == 2


# Scopes.


def path() -> tuple[str, ...]:
    x = Value(2.0)
    return (x * x).scope


@each_kind
def test_a_scope_names_what_was_made_inside_tracing_alone(kind: Any) -> None:
    x = kind(2.0)
    with scope("outside"):
        assert (x * x).scope == ()
        with tracing():
            nodes = {(): x * x}
            with scope("a"):
                nodes["a",] = abs(x)
                with scope("b/c"), scope("a"):
                    nodes["a", "b/c", "a"] = x > 1
                with no_grad(), scope("silent"):
                    assert (x * x).scope == ()
                nodes["a",] = x * x
    assert {place: node.scope for place, node in nodes.items()} == {place: place for place in nodes}
    assert x.scope == ()
    with pytest.raises(TypeError, match="expected a name, as in"), scope(3):  # type: ignore[arg-type]
        pass


@given(names=st.lists(st.sampled_from("ab"), max_size=5), order=st.permutations(range(5)))
def test_scopes_may_close_in_any_order(names: list[str], order: list[int]) -> None:
    def opened(name: str) -> Iterator[None]:
        with scope(name):
            yield

    with tracing():
        running = {k: opened(name) for k, name in enumerate(names)}
        for generator in running.values():
            next(generator)
        for k in filter(running.__contains__, order):
            assert path() == tuple(names[j] for j in running)
            running.pop(k).close()  # type: ignore[attr-defined]
        assert path() == ()


def test_an_exception_leaves_its_scopes() -> None:
    with tracing():
        with contextlib.suppress(KeyError), scope("a"), scope("b"):
            raise KeyError
        assert path() == ()


def test_scopes_belong_to_a_thread_or_task() -> None:
    async def task(name: str) -> tuple[str, ...]:
        with scope(name):
            await asyncio.sleep(0)
            return path()

    async def both() -> list[tuple[str, ...]]:
        return await asyncio.gather(task("a"), task("b"))

    with tracing(), scope("outer"):
        assert asyncio.run(both()) == [("outer", "a"), ("outer", "b")]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            assert pool.submit(path).result() == ()
            assert pool.submit(contextvars.copy_context().run, path).result() == ("outer",)
        assert path() == ("outer",)


@each_copy
def test_a_copy_keeps_its_scope(copied: Callable[[Any], Any]) -> None:
    with tracing(), scope("a"):
        y = Value(2.0) * 3
    assert copied(y).scope == ("a",)


# Blocks that do not end as written.


def open_in(block: Callable[[], Any]) -> Iterator[None]:
    with block():
        yield


def is_clear() -> bool:
    """Whether nothing is open, for scalars and arrays, and for conditions."""
    x = Tensor([1.0, 2.0])
    with tracing():
        inner = path()
    return (
        records() and (x * x).op is not None and not isinstance(x > 0, Tensor) and (x * x).source is None and not inner
    )


@pytest.mark.parametrize("block", [no_grad, tracing])
@pytest.mark.parametrize("elsewhere", [contextvars.copy_context, contextvars.Context])
def test_an_abandoned_block_is_closed_wherever_that_is_found_out(block: Any, elsewhere: Any) -> None:
    """As where the garbage collector finds it, or the event loop, which has a context of its own for that."""
    generator = open_in(block)
    next(generator)
    assert not is_clear()
    context = elsewhere()
    context.run(generator.close)  # type: ignore[attr-defined]
    assert is_clear()
    assert context.run(is_clear)


@pytest.mark.parametrize("block", [no_grad, tracing])
def test_a_block_that_is_abandoned_while_another_opens_stays_closed(block: Any) -> None:
    """The garbage collector may come between any two instructions, and in Python 3.11 inside a `ContextVar.set`."""
    before = gc.get_threshold()
    try:
        for n in range(3000):
            gc.disable()
            abandoned: list[Any] = [open_in(block)]
            next(abandoned[0])
            abandoned.append(abandoned)  # a cycle
            del abandoned
            gc.set_threshold(gc.get_count()[0] + n % 30 + 1, 1000, 1000)
            gc.enable()
            with tracing(), scope("a"), no_grad():
                pass
    finally:
        gc.enable()
        gc.set_threshold(*before)
    gc.collect()
    assert is_clear()


def test_an_interrupt_at_any_moment_leaves_no_block_open() -> None:
    line = 0
    interrupted = True
    while interrupted:
        line += 1

        def blocks() -> None:
            with no_grad():
                records()
            with tracing(), scope("a"):
                path()

        interrupted = interrupted_at(line, blocks, ("state.py", "contextlib.py"))
        assert is_clear(), f"interrupted at line {line}"
    assert line > 40


@pytest.mark.parametrize("name", ["state.py", "sweep/turns.py", "scalar/sweep.py", "tensor/sweep.py"])
def test_no_loop_stands_where_an_interrupt_must_not_pass(name: str) -> None:
    """From Python 3.12 on, one that comes as a loop jumps back can pass the handlers of the function that it is in."""
    source = (Path(autograd.__file__).parent / name).read_text(encoding="utf-8")
    loops = ast.For | ast.While | ast.ListComp | ast.SetComp | ast.DictComp
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.With | ast.Try):
            inside = [part for statement in node.body for part in ast.walk(statement)]
            assert not any(isinstance(part, loops) for part in inside), f"{name}:{node.lineno}: make it a function"
