"""The sweep: order, accumulation, repeated and shared use, depth, memory, interrupts, threads."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupts import interrupted_at
from strategies import UNGATED_OPS, Program, by_operator, numbers, programs

import autograd
from autograd import (
    DTypeError,
    Graph,
    GraphError,
    ShapeError,
    StaleDataError,
    Tensor,
    Value,
    gradients,
    no_grad,
    zero_grad,
)

each_kind = pytest.mark.parametrize("kind", [Value, Tensor])


# Twice, shared, in order.


@each_kind
def test_leaves_accumulate_over_sweeps(kind: Any) -> None:
    x = kind(3.0)
    y = x**3
    y.backward()
    assert x.grad == 27
    y.backward()
    assert x.grad == 54


@each_kind
def test_inner_nodes_show_the_last_sweep_alone(kind: Any) -> None:
    x = kind(3.0)
    q = x * x
    y = 5 * q
    y.backward()
    y.backward()
    assert (q.grad, y.grad, x.grad) == (5, 1, 60)
    (7 * q).backward()
    assert (q.grad, x.grad) == (7, 102)


@given(program=programs(ops=UNGATED_OPS), times=st.integers(2, 4))
def test_sweeping_again_adds_exactly_the_same(program: Program, times: int) -> None:
    leaves = [Value(float(x)) for x in program.inputs]
    y = program.result(by_operator, leaves)
    once = gradients(y, leaves)
    totals = [0.0] * len(leaves)
    for _ in range(times):
        y.backward()
        totals = [total + slope for total, slope in zip(totals, once, strict=True)]
    assert [x.grad for x in leaves] == totals


@each_kind
@given(program=programs(most=8, ops=UNGATED_OPS), split=st.integers(0, 7))
def test_two_outputs_that_share_a_subgraph_add_up_exactly(kind: Any, program: Program, split: int) -> None:
    leaves = [kind(float(x)) for x in program.inputs]
    registers = program.run(by_operator, leaves)
    one, two = registers[-1], registers[split % len(registers)]
    expected = [a + b for a, b in zip(gradients(one, leaves), gradients(two, leaves), strict=True)]
    one.backward()
    two.backward()
    assert [0.0 if x.grad is None else x.grad for x in leaves] == expected


@each_kind
def test_a_node_is_finished_before_it_passes_anything_on(kind: Any) -> None:
    a = kind(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4, 2, 1)


@each_kind
def test_the_order_holds_where_a_shortcut_joins_a_long_path(kind: Any) -> None:
    x = kind(1.0)
    long = x * 2.0
    for _ in range(10):
        long = long * 2.0
    ((long + x) * (x + long)).backward()
    assert x.grad == 2 * 2049**2


@each_kind
def test_sixty_doublings_take_sixty_nodes(kind: Any) -> None:
    x = y = kind(1.0)
    for _ in range(60):
        y = y + y
    assert len(Graph.of(y)) == 61
    y.backward()
    assert x.grad == 2.0**60


@each_kind
def test_a_leaf_can_be_swept_from(kind: Any) -> None:
    x = kind(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2


@each_kind
def test_zero_grad_forgets_and_the_next_sweep_starts_anew(kind: Any) -> None:
    x, y = kind(3.0), kind(4.0)
    (x * y).backward()
    zero_grad(x, y)
    assert not x.has_grad
    assert repr(x) == repr(kind(3.0))
    (x * y).backward()
    assert (x.grad, y.grad) == (4, 3)


@given(before=numbers(), x=numbers())
def test_a_gradient_set_by_hand_is_what_the_sweep_adds_to(before: float, x: float) -> None:
    value, tensor = Value(x), Tensor([x])
    value.grad, tensor.grad = before, np.array([before])
    (value * value).backward()
    (tensor * tensor).sum().backward()
    assert value.grad == before + 2 * x == tensor.grad


# gradients().


@each_kind
def test_gradients_touches_no_grad(kind: Any) -> None:
    x = kind(3.0)
    q = x * x
    y = q * x
    assert gradients(y, [x, q]) == [27, 3]
    gradients(y, x, create_graph=True)
    assert [node.has_grad for node in (x, q, y)] == [False] * 3


@each_kind
def test_gradients_takes_inner_nodes_the_output_itself_and_strangers(kind: Any) -> None:
    x, stranger = kind(3.0), kind(1.0)
    q = x * x
    y = q + 1
    assert gradients(y, [x, q, y, stranger, x]) == [6, 1, 1, 0, 6]
    assert gradients(y, q) == 1
    assert gradients(y, []) == []


@each_kind
def test_derivatives_of_any_order(kind: Any) -> None:
    x = kind(2.0)
    y = x**5
    for expected in (80, 160, 240, 240, 120, 0):
        y = gradients(y, x, create_graph=True)
        assert y.item() == expected


def test_the_third_derivative_of_tanh() -> None:
    for kind in (Value, Tensor):
        x = kind(0.5)
        y = np.tanh(x)
        for _ in range(3):
            y = gradients(y, x, create_graph=True)
        t = np.tanh(0.5)
        assert y.item() == pytest.approx((1 - t * t) * (6 * t * t - 2), rel=1e-14)


def test_gradients_of_gradients_reach_every_leaf_through_backward() -> None:
    x, y = Value(2.0), Value(5.0)
    slope = gradients(x * x * y, x, create_graph=True)
    slope.backward()
    assert (x.grad, y.grad) == (10, 4)


@each_kind
def test_recorded_gradients_are_plain_where_the_output_is_linear(kind: Any) -> None:
    x = kind(3.0)
    slope = gradients(4 * x, x, create_graph=True)
    assert slope.item() == 4
    assert gradients(slope, x) == 0


def test_the_arrays_of_gradients_belong_to_the_caller() -> None:
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    c = a + b
    y = c.sum()
    for slopes in (gradients(y, [a, b, c]), gradients(y, [a, a])):
        for slope in slopes:
            slope *= 2  # writable, and nobody else's
        np.testing.assert_array_equal(slopes, np.full((len(slopes), 2), 2.0))
    y.backward()
    np.testing.assert_array_equal(a.grad, [1, 1])


def test_gradients_refuses_what_it_cannot_answer() -> None:
    w, x = Tensor([1.0, 2.0], label="w"), Tensor([1.0, 2.0], requires_grad=False, label="x")
    with pytest.raises(ShapeError, match=r"shape \(2,\).*\.sum\(\)"):
        gradients(w * x, w)
    with pytest.raises(GraphError, match=r"x is a constant.*requires_grad=True"):
        gradients((w * x).sum(), x)
    with pytest.raises(DTypeError, match="float"):
        gradients((w * x).sum(), 3.0)
    with pytest.raises(DTypeError, match="ndarray"):
        gradients(np.ones(2), w)


@each_kind
def test_recording_gradients_of_changed_data_is_refused(kind: Any) -> None:
    x = kind(3.0)
    y = x * x
    x.data = kind(5.0).data
    with pytest.raises(StaleDataError, match="run the forward computation again"):
        gradients(y, x, create_graph=True)
    assert gradients(y, x) == 6, "the plain gradient is that of the numbers it was computed from"


# Tensors: seeds, and gradients that belong to one leaf.


def test_a_seed_weighs_the_outputs() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    (x * x).backward([1, 10, 100])
    np.testing.assert_array_equal(x.grad, [2, 40, 600])
    with pytest.raises(ShapeError, match=r"shape \(3,\) needs a seed.*\.sum\(\)"):
        (x * x).backward()
    with pytest.raises(ValueError, match="shape"):
        (x * x).backward([1, 2])


def test_the_seed_is_neither_changed_nor_kept() -> None:
    seed = np.array([1.0, 2.0])
    x = Tensor([3.0, 4.0])
    y = x + 0.0
    y.backward(seed)
    y.backward(seed)
    np.testing.assert_array_equal(seed, [1, 2])
    seed[:] = 9
    np.testing.assert_array_equal(x.grad, [2, 4])
    np.testing.assert_array_equal(y.grad, [1, 2])


def test_backward_without_anything_recorded_is_refused() -> None:
    x = Tensor([1.0])
    with no_grad():
        y = x * 2
    for silent in (y, Tensor([1.0], requires_grad=False)):
        with pytest.raises(GraphError, match="nothing here was recorded"):
            silent.backward()


LINKS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "sum": lambda a, b: a + b,
    "same twice": lambda a, b: a + a + b,
    "reshape": lambda a, b: a.reshape(2, 2).reshape(4) + b,
    "transpose": lambda a, b: a.reshape(2, 2).T.reshape(4) + b,
    "slices": lambda a, b: autograd.concatenate([a[:2], b[2:]]) + autograd.concatenate([b[:2], a[2:]]),
    "stack": lambda a, b: autograd.stack([a, b]).sum(axis=0),
    "broadcast": lambda a, b: np.broadcast_to(a, (1, 4)).sum(axis=0) + b,
}


@pytest.mark.parametrize("total", [lambda c: c.sum(), lambda c: (c * c).sum()], ids=["sum", "sum of squares"])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
def test_leaf_gradients_share_memory_with_nothing(
    link: Callable[[Tensor, Tensor], Tensor], total: Callable[[Tensor], Tensor]
) -> None:
    a, b = Tensor(np.ones(4)), Tensor(np.ones(4))
    c = link(a, b)
    total(c).backward()
    assert a.grad is not None
    assert b.grad is not None
    b_before, c_before = b.grad.copy(), c.grad.copy()
    a.grad *= 100  # as clipping does
    np.testing.assert_array_equal(b.grad, b_before)
    np.testing.assert_array_equal(c.grad, c_before)
    assert not np.shares_memory(a.grad, a.data)


# Depth and memory.


@contextlib.contextmanager
def hardly_any_recursion(spare: int = 60) -> Iterator[None]:
    """A recursion limit that leaves room for a call or two, and not for one a node."""
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + spare)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_a_chain_of_a_million_nodes_is_recorded_differentiated_and_freed_without_the_collector() -> None:
    with no_collector(), hardly_any_recursion():
        x = Value(1.0)
        y = x * 1.0
        before = sys.getallocatedblocks()
        for _ in range(1_000_000):
            y = y + 1.0
        held = sys.getallocatedblocks() - before
        y.backward()
        assert (y.data, x.grad) == (1_000_001, 1)
        assert held >= 1_000_000
        y = None
        assert sys.getallocatedblocks() - before < 10_000


def test_a_deep_chain_of_tensors_is_differentiated_and_freed_without_the_collector() -> None:
    with no_collector(), hardly_any_recursion():
        x = Tensor([1.0, 2.0])
        y = x * 1.0
        before = sys.getallocatedblocks()
        for _ in range(100_000):
            y = y + 1.0
        assert sys.getallocatedblocks() - before >= 100_000
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, [1, 1])
        y = None
        assert sys.getallocatedblocks() - before < 10_000


@each_kind
def test_asking_snapshots_and_second_derivatives_need_no_recursion(kind: Any) -> None:
    with hardly_any_recursion(100):
        x = kind(1.0)
        y = x
        for _ in range(3_000):
            y = y * 1.0
        assert gradients(y, x) == 1
        assert gradients(gradients(y * y, x, create_graph=True), x) == 2
        assert len(Graph.of(y)) == 3_001


@each_kind
def test_a_wide_graph_with_sharing_is_freed_without_the_collector(kind: Any) -> None:
    with no_collector():
        x = kind(0.5)

        def run() -> None:
            layer = [x * float(i) for i in range(20)]
            for _ in range(20):
                layer = [np.tanh(a * b + x) for a, b in zip(layer, layer[1:] + layer[:1], strict=True)]
            y = sum(layer, kind(0.0))
            y.backward()
            gradients(gradients(y, x, create_graph=True), x)

        run()  # what is made once and kept
        before = sys.getallocatedblocks()
        for _ in range(3):
            run()
        assert sys.getallocatedblocks() - before < 200


# Interrupts: a sweep that does not finish leaves the leaves as they were.


@each_kind
def test_an_interrupt_at_any_moment_leaves_all_or_nothing_in_the_leaves(kind: Any) -> None:
    line, interrupted = 0, True
    while interrupted:
        line += 1
        a, b = kind(2.0), kind(3.0)
        y = (a * b + a) * b
        y.backward()
        before = [a.grad, b.grad]
        interrupted = interrupted_at(line, y.backward, ("turns.py", "sweep.py", "tensor.py"))
        assert [a.grad, b.grad] in (before, [2 * g for g in before]), f"interrupted at line {line} of the sweep"
        for inner, whole in ((y, 1.0), (y.inputs[0], 3.0), (y.inputs[0].inputs[0], 3.0)):
            assert not inner.has_grad or inner.grad == whole, "what is computed shows all or nothing"
        zero_grad(a, b)
        y.backward()
        assert [a.grad, b.grad] == before, "and the graph can be swept again"
    assert line > 20


@each_kind
def test_an_interrupt_at_any_moment_forgets_all_gradients_or_none(kind: Any) -> None:
    line, interrupted = 0, True
    while interrupted:
        line += 1
        leaves = [kind(2.0), kind(3.0), kind(4.0)]
        (leaves[0] * leaves[1] * leaves[2]).backward()
        interrupted = interrupted_at(line, lambda: zero_grad(*leaves), ("reverse.py", "value.py", "tensor.py"))  # noqa: B023
        assert len({leaf.has_grad for leaf in leaves}) == 1, f"interrupted at line {line}"
    assert line > 10


def test_a_rule_that_fails_leaves_the_gradients_as_they_were() -> None:
    def fail(g: Any, y: Any, x: Any) -> Any:
        raise RuntimeError("no gradient today")

    moody = autograd.primitive("moody", lambda x: x * 1.0, fail, doc="fails", check=False)
    try:
        a, b = Tensor([1.0]), Tensor([2.0])
        (a * b).sum().backward()
        y = (moody(a) * b).sum()
        with pytest.raises(RuntimeError, match="today"):
            y.backward()
        assert (a.grad, b.grad) == (2.0, 1.0)
    finally:
        autograd.remove("moody")


@pytest.mark.parametrize("masked", [False, True])
def test_a_rule_that_fails_at_any_call_leaves_nothing_half_done(masked: bool) -> None:
    calls, fatal = 0, 0

    def rule(g: Any, y: Any, x: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == fatal:
            raise KeyboardInterrupt
        return 2.0 * g

    moody = autograd.primitive("moody", lambda x: x * 2.0, rule, linear="jointly", doc="fails", check=False)
    try:
        a, b = Tensor([1.0, -1.0]), Tensor([2.0, 3.0])
        h = moody(a) * b
        u = moody(h) + moody(a)
        if masked:  # a NaN at a gate, so that the careful sweep runs the rules again
            with np.errstate(all="ignore"):
                u = autograd.where(u > 1e9, autograd.log(u - u), u)
        y = moody(u).sum()
        with np.errstate(all="ignore"):
            expected = gradients(y, [a, b])
            total, calls = calls, 0
            b.grad = np.array([10.0, 20.0])
            while True:
                calls, fatal = 0, fatal + 1
                try:
                    y.backward()
                    break
                except KeyboardInterrupt:
                    assert (a.grad, b.grad.tolist()) == (None, [10.0, 20.0])
                    assert not any(node.has_grad for node in (h, u, y))
        assert fatal > total, "each call was the fatal one once"
        np.testing.assert_array_equal(a.grad, expected[0])
        np.testing.assert_array_equal(b.grad, expected[1] + [10.0, 20.0])
    finally:
        autograd.remove("moody")


# Threads and tasks.


@pytest.fixture
def eager_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(i: int) -> None:
        try:
            barrier.wait()
            work(i)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


@each_kind
@pytest.mark.usefixtures("eager_switching")
def test_sweeps_in_threads_that_share_leaves_lose_nothing(kind: Any) -> None:
    leaves = [kind(float(i)) for i in range(20)]

    def work(i: int) -> None:
        for _ in range(50):
            y = leaves[0] * 0.0
            for x in leaves:
                y = y + x
            y.backward()

    in_threads(4, work)
    assert [float(x.grad) for x in leaves] == [200.0] * 20


@each_kind
@pytest.mark.usefixtures("eager_switching")
def test_sweeps_in_threads_over_one_graph_lose_nothing(kind: Any) -> None:
    x = kind(1.0)
    y = x
    for _ in range(50):
        y = y * 1.0 + x

    in_threads(4, lambda i: [y.backward() for _ in range(50)] and None)
    assert x.grad == 200 * 51
    assert (y.grad, y.inputs[0].grad) == (1, 1)


def within_a_sweep(do: Callable[[], Any]) -> None:
    """Call something from a rule, while a sweep is under way."""
    rule = lambda g, y, x: do() or g  # noqa: E731
    calling = autograd.primitive("calling", lambda x: x, rule, doc="calls something", check=False)
    try:
        calling(Tensor([1.0])).backward()
    finally:
        autograd.remove("calling")


def test_a_sweep_inside_a_sweep_is_refused_and_gradients_are_not() -> None:
    x, found = Tensor([3.0]), []
    y = (x * x).sum()
    with pytest.raises(GraphError, match=r"while this thread is sweeping.*autograd\.gradients"):
        within_a_sweep(y.backward)
    within_a_sweep(lambda: found.append(gradients(y, x)))
    assert (x.grad, found) == (None, [6.0])
    y.backward()
    assert x.grad == 6


def test_a_rule_sees_gradients_and_never_the_marks_of_the_sweep_that_runs_it() -> None:
    seen: list[Any] = []
    inner: list[Tensor] = []

    def look(g: Any, y: Any, x: Any) -> Any:
        for node in inner:
            twins = copy.deepcopy(node), pickle.loads(pickle.dumps(node)), copy.copy(node)
            shown = [node.grad, node._record.grad, *[twin.grad for twin in twins], Graph.of(node).grads[-1]]
            seen.extend(shown)
            assert node.has_grad is (node.grad is not None)
        return g

    looking = autograd.primitive("looking", lambda x: x * 1.0, look, doc="looks", check=False)
    try:
        x = Tensor([1.0, 2.0])
        inner.append(x * 2.0)
        inner.append(inner[0] * 3.0)
        inner.append(inner[1][:1])
        (looking(inner[1]) + inner[2].sum()).sum().backward()
    finally:
        autograd.remove("looking")
    assert all(grad is None or isinstance(grad, np.ndarray) for grad in seen)
    assert x.grad.tolist() == [18.0, 6.0]


def test_a_forward_function_may_sweep_a_graph_of_its_own() -> None:
    x, v = Tensor([1.0, 2.0]), Value(3.0)

    def forward(a: Any) -> Any:
        (x * x).sum().backward()
        (v * v).backward()
        return a * 1.0

    sweeping = autograd.primitive("sweeping", forward, lambda g, y, a: g, doc="passes it on", check=False)
    try:
        sweeping(x).sum().backward()
        np.multiply(v, sweeping(np.ones(2)))
    finally:
        autograd.remove("sweeping")
    assert (x.grad.tolist(), v.grad) == ([2 * 2.0 + 1.0, 2 * 4.0 + 1.0], 12.0)


@each_kind
def test_a_sweep_in_another_thread_does_not_wait_for_one_under_way(kind: Any) -> None:
    x = kind(3.0)
    y = x * x
    y.backward()
    within_a_sweep(lambda: in_threads(1, lambda _: y.backward()))
    assert x.grad == 12
    constant = kind(1.0, requires_grad=False)
    with pytest.raises(GraphError, match="nothing here was recorded"):
        within_a_sweep(lambda: in_threads(1, lambda _: (constant * constant).backward()))


def forked(check: Callable[[], bool]) -> bool:
    """What the check says in a child process."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if check() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tried
def test_a_fork_during_a_sweep_can_sweep() -> None:
    x = Value(3.0)
    y = x * x

    def swept() -> bool:
        thread = threading.Thread(target=y.backward, daemon=True)
        thread.start()
        thread.join(10)
        return x.grad == 6

    with autograd.sweep.turns.locks.leaves:
        assert forked(swept)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tried
def test_a_child_does_not_see_what_other_threads_were_at() -> None:
    x = Tensor([1.0, 2.0])
    inner = x * 2.0
    inside, outside = threading.Event(), threading.Event()

    def rule(g: Any, y: Any, a: Any) -> Any:
        inside.set()
        outside.wait(20)
        return g

    def check() -> bool:
        clean = (x.grad, y.grad, inner.grad) == (None, None, None)
        (inner * 1.0).sum().backward()
        return clean and x.grad.tolist() == [2.0, 2.0]

    waiting = autograd.primitive("waiting", lambda a: a * 1.0, rule, doc="waits", check=False)
    try:
        y = waiting(inner).sum()
        thread = threading.Thread(target=y.backward, daemon=True)
        thread.start()
        inside.wait(20)
        assert forked(check)
        outside.set()
        thread.join(20)
    finally:
        autograd.remove("waiting")
    assert (x.grad.tolist(), inner.grad.tolist()) == ([2.0, 2.0], [1.0, 1.0]), "and the parent's sweep goes on"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tried
@pytest.mark.usefixtures("eager_switching")
@each_kind
def test_a_fork_at_any_moment_of_a_sweep_has_whole_gradients(kind: Any) -> None:
    leaves = [kind(float(i)) for i in range(30)]
    y = leaves[0]
    for x in leaves:
        y = y * 1.0 + x
    going = True

    def work() -> None:
        while going:
            y.backward()

    def check() -> bool:
        if len({float(x.grad) for x in leaves[1:] if x.has_grad}) > 1:
            return False
        before = float(leaves[1].grad) if leaves[1].has_grad else 0.0
        y.backward()
        return all(float(x.grad) == before + 1.0 for x in leaves[1:])

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        assert all(forked(check) for _ in range(30))
    finally:
        going = False
        thread.join(20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_sweep_that_forks_goes_on_in_both() -> None:
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    children: list[int] = []

    def fork() -> None:
        children.append(os.fork())
        if not children[0]:
            with contextlib.suppress(GraphError):
                y.backward()
                os._exit(1)

    try:
        within_a_sweep(fork)
        y.backward()
    finally:
        if not children[0]:
            os._exit(0 if x.grad is not None and x.grad.tolist() == [2.0, 4.0] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
    assert x.grad.tolist() == [2.0, 4.0]


def test_no_grad_holds_in_its_own_thread_alone() -> None:
    x = Value(2.0)
    inside, outside = threading.Event(), threading.Event()
    recorded: dict[int, bool] = {}

    def work(i: int) -> None:
        if i == 0:
            with no_grad():
                inside.set()
                outside.wait(10)
                recorded[i] = bool((x * x).inputs)
        else:
            inside.wait(10)
            recorded[i] = bool((x * x).inputs)
            outside.set()

    in_threads(2, work)
    assert recorded == {0: False, 1: True}


def test_no_grad_holds_in_its_own_task_alone() -> None:
    x = Tensor(2.0)

    async def main() -> list[bool]:
        inside, outside = asyncio.Event(), asyncio.Event()

        async def silent() -> bool:
            with no_grad():
                inside.set()
                await outside.wait()
                return (x * x).requires_grad

        async def loud() -> bool:
            await inside.wait()
            result = (x * x).requires_grad
            outside.set()
            return result

        return await asyncio.gather(silent(), loud())

    assert asyncio.run(main()) == [False, True]


@each_kind
def test_no_grad_makes_leaves_and_ends_with_its_block_even_by_an_exception(kind: Any) -> None:
    x = kind(2.0)
    with contextlib.suppress(ZeroDivisionError), no_grad():
        y = np.tanh(x * x + 1)
        assert (y.op, y.inputs) == (None, ())
        raise ZeroDivisionError
    assert len((x * x).inputs) == 2

    @no_grad()
    def predict() -> Any:
        return x * x

    assert predict().op is None
    assert (x * x).op is autograd.mul
    with no_grad():
        with no_grad():
            pass
        predict()
        assert (x * x).op is None, "an inner block does not end the outer one"


@each_kind
def test_tracing_inside_no_grad_records_nothing(kind: Any) -> None:
    x = kind(2.0)
    with no_grad(), autograd.tracing():
        assert (x * x).op is None
    with autograd.tracing(), no_grad():
        assert (x * x).op is None
    with autograd.tracing():
        assert (x * x).op is autograd.mul


# Plain numbers in a rule.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("zero", [0, 0.0])
@pytest.mark.parametrize("f", [lambda x, zero: x / zero, lambda x, zero: x**2 / zero, lambda x, zero: 1 / (x / zero)])
def test_a_rule_on_a_plain_zero_is_that_on_an_array(f: Callable[[Any, Any], Any], zero: float, dtype: Any) -> None:
    """Python raises for 1 / 0, NumPy says ∞: what a constant is must not matter, whoever runs the rule."""
    found: list[list[Any]] = []
    with np.errstate(all="ignore"):
        for constant in (zero, np.array([zero], dtype)):
            x, t = Tensor(np.array([3.0, 2.0], dtype)), Tensor(np.array([1.0, -1.0], dtype))
            y = f(x, constant).sum()
            y.backward()
            (higher,) = gradients(y, [x], create_graph=True)
            _, tangent = autograd.jvp(lambda x, c=constant: f(x, c).sum(), (x,), (t,))
            contributions = [step.contribution for step in autograd.steps(y)]
            found.append([x.grad, higher.data, tangent.data, *contributions])
    assert found[0][0].dtype == dtype
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, expected)
