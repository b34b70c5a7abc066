"""The strategies for people: programs that run on any kind of number, print what they do, and shrink."""

from __future__ import annotations

import math
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from numeric import assert_close, complex_step, numbers_of
from strategies import MEANING, SMOOTH_OPS

import autograd
import nn
import viz
from autograd import DTypeError, Graph, GraphError, Op, ShapeError, Tensor, Value, gradients, primitive, table, tree
from autograd.check.properties import check_gradients
from autograd.check.strategies import (
    Of,
    Program,
    Row,
    calls,
    enter_row,
    leave_row,
    mutually_broadcastable_tensors,
    networks,
    programs,
    tensors,
    values,
)
from autograd.check.strategies.fit import Limits
from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.lead import led
from autograd.check.strategies.program import pruned
from autograd.errors import AutogradError, GradientError
from autograd.program import Constant

ROOT = Path(__file__).parent.parent

#: Enough to find the smallest example.
QUIET = settings(
    max_examples=2000, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

each_op = pytest.mark.parametrize("op", list(table.values()), ids=lambda op: op.name)


def names(program: Program) -> list[str]:
    return [op.name for op in program.ops]


def numbers(x: Any) -> list[Any]:
    """The numbers of each output, whatever holds them."""
    return [numbers_of(y) for y in (x if isinstance(x, tuple) else (x,))]


def assert_same(x: Any, y: Any, tolerance: float = 1e-12) -> None:
    for one, other in zip(numbers(x), numbers(y), strict=True):
        assert_close(one, other, tolerance)


# Programs run on any kind of number.


def meant(instruction: Instruction, registers: Any) -> Any:
    """What an instruction means, by an oracle that knows no engine, for complex numbers too."""
    return MEANING[instruction.op.name](*instruction.inputs(registers))


@given(program=programs([name for name in SMOOTH_OPS if name != "pow"]))
def test_programs_mean_what_their_operations_say_and_so_do_their_gradients(program: Program) -> None:
    nodes = program.nodes(Tensor)
    output = program(*nodes)
    assert_same(output, program.run(*program.leaves, apply=meant)[-1])
    for k, slope in enumerate(gradients(output.sum(), nodes)):

        def moved(x: Any, k: int = k) -> Any:
            leaves = [*program.leaves[:k], x, *program.leaves[k + 1 :]]
            return np.sum(program.run(*leaves, apply=meant)[-1])

        assert_close(slope, complex_step(moved, program.leaves[k]), 1e-9)


@given(program=programs())
def test_programs_on_numbers_and_on_tensors_agree(program: Program) -> None:
    assert_same(program(*program.nodes(Tensor)), program())


@given(program=programs([op for op in table if op not in ("astype", "svd", "eigh", "eigvalsh")]))
def test_programs_on_values_and_on_tensors_agree(program: Program) -> None:
    assert_same(program(*program.nodes(Value)), program(*program.nodes(Tensor)))


@given(program=programs(shape=()))
def test_programs_of_single_numbers_are_of_values(program: Program) -> None:
    assert program.kind is Value
    assert all(isinstance(node, Value) for node in program.nodes())
    assert_same(program(*program.nodes()), program(*[float(x) for x in program.leaves]))


@given(program=programs(dtype=np.float32))
def test_programs_of_single_precision_stay_there(program: Program) -> None:
    assert {x.dtype for x in program.leaves} == {np.dtype(np.float32)}
    wide = {"astype", "argmax", "argmin", "nanargmax", "nanargmin", "count_nonzero"}  # integers make doubles of singles
    if not wide & set(names(program)):
        assert program(*program.nodes()).dtype == np.float32


@given(program=programs())
def test_a_program_is_a_tree_of_its_leaves(program: Program) -> None:
    leaves, structure = tree.flatten(program)
    assert all(x is y for x, y in zip(leaves, program.leaves, strict=True))
    assert_same(tree.unflatten(structure, program.nodes(Tensor))(), program())


# What they print.


def executed(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope["f"]


@given(program=programs(), kind=st.sampled_from([None, Tensor]))
def test_scripts_compute_the_same(program: Program, kind: Any) -> None:
    found, expected = executed(program.script(kind)), program(*program.nodes(kind))
    assert type(found) is type(expected)
    for one, other in zip(numbers(found), numbers(expected), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(data=st.data())
def test_scripts_keep_dtypes_and_empty_arrays(dtype: Any, data: st.DataObject) -> None:
    program = data.draw(programs(["add", "mul", "sum"], shape=st.sampled_from([(0,), (2, 0), (2,)]), dtype=dtype))
    found, expected = executed(program.script(Tensor)), program(*program.nodes(Tensor))
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape) == (np.dtype(dtype), program().shape)


@given(program=programs())
def test_the_graph_has_the_operations_of_the_program_and_the_names_of_its_script(program: Program) -> None:
    graph = program.graph(Tensor)
    assert [node.op for node in graph.nodes if node.op is not None].count(program.ops[-1])
    assert {node.label for node in graph.nodes if node.is_leaf and node.label} == set(program.names)
    assert viz.draw(graph).graph is graph


def test_a_failing_program_is_shown_as_its_script(capsys: pytest.CaptureFixture[str]) -> None:
    @settings(QUIET, max_examples=100, print_blob=False)
    @given(program=programs(["tanh"], shape=()))
    def no_program_is_small(program: Program) -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError) as raised:
        no_program_is_small()
    shown = "\n".join(raised.value.__notes__)
    assert "\nimport autograd\nx = autograd.Value(0.0)\nf = autograd.tanh(x)\n" in shown


# Shrinking.


@pytest.mark.parametrize("op", ["tanh", "matmul", "where"])
def test_programs_shrink_to_three_lines(op: str) -> None:
    others = ["add", "mul", "exp", "sin", "sum", "transpose", "getitem", "logsumexp", "maximum", "greater"]
    minimal = find(programs([*others, op]), lambda program: op in names(program), settings=QUIET)
    assert names(minimal) == [op]
    assert len(minimal.script().splitlines()) == 3


def test_programs_shrink_to_the_operations_that_matter() -> None:
    wanted = {"exp", "sin"}
    minimal = find(programs(["exp", "mul", "sin", "sum"]), lambda p: wanted <= set(names(p)), settings=QUIET)
    assert sorted(names(minimal)) == ["exp", "sin"]
    assert [x.tolist() for x in minimal.leaves] == [0.0]


def test_what_the_output_does_not_need_is_pruned() -> None:
    steps = [("sin", (0,)), ("cos", (1,)), ("exp", (2,))]
    program = Program((np.array(1.0), np.array(2.0)), tuple(Instruction(table[op], xs, {}) for op, xs in steps))
    assert pruned(program).script() == "import autograd\nx = autograd.Value(1.0)\nf = autograd.exp(autograd.sin(x))"


# Where the numbers are.


def steps_of(program: Program) -> Iterator[tuple[Op, list[Any], Any]]:
    """Each operation with its inputs and its result, on numbers."""
    registers = program.run(*program.leaves)
    for place, instruction in enumerate(program.instructions, start=len(program.leaves)):
        yield instruction.op, [np.asarray(x) for x in instruction.inputs(registers)], registers[place]


@settings(max_examples=100)
@given(program=programs())
def test_nothing_is_nan_or_infinite_nor_near_an_edge_or_a_kink(program: Program) -> None:
    for op, inputs, output in steps_of(program):
        assert np.isfinite(output).all()
        assert np.max(np.abs(output), initial=0) <= 50
        for x, (low, high) in zip(inputs, op.domain, strict=False):
            assert ((x > low + 0.1) & (x < high - 0.1)).all()
        if op.kinks is not None:
            assert (np.abs(op.kinks(*inputs)) > 0.05).all()
        if op.name == "max":
            assert np.min(np.diff(np.sort(inputs[0], axis=None)), initial=1) > 0.05
    nodes = program.nodes()
    output = program(*nodes)
    for slope in gradients(output.sum() if isinstance(output, Tensor) else output, nodes):
        assert np.isfinite(slope).all()


#: Of these, what they have no derivative at is outside of their domain, or a pole that no float is on.
OUTSIDE = {"div", "reciprocal", "tan", "arctan2"}
KINKED = [op for op in table.values() if op.is_elementwise and op.arity and op.kinks is not None]


@pytest.mark.parametrize("op", [op for op in KINKED if op.name not in OUTSIDE], ids=lambda op: op.name)
def test_kinks_are_hit_on_request(op: Op) -> None:
    found = []

    @settings(max_examples=50)
    @given(program=calls(op, at_kinks=True))
    def look(program: Program) -> None:
        for each, inputs, _ in steps_of(program):
            if each is op:
                found.append(bool((op.kinks(*inputs) == 0).all()))  # type: ignore[misc]

    look()
    assert np.mean(found) > 0.2


def test_kinks_of_an_operation_of_ones_own_are_found_too() -> None:
    op = autograd.elementwise(
        "shifted", lambda x: np.maximum(x, 0.5), lambda y, x: x > 0.5, kinks=lambda x: x * x - 0.25, doc="a ramp"
    )
    try:
        program = find(calls(op, shape=(2,), at_kinks=True), lambda p: bool((p.leaves[0] ** 2 == 0.25).all()))
        assert np.abs(program.leaves[0]).tolist() == [0.5, 0.5]
        near = find(calls(op, shape=(2,)), lambda p: bool((p.leaves[0] > 0.45).all()))
        assert (np.abs(near.leaves[0] ** 2 - 0.25) > 0.05).all()
    finally:
        autograd.remove("shifted")


@pytest.mark.parametrize(
    ("op", "is_there"),
    [
        ("log", lambda x: x < 1e-290),
        ("log1p", lambda x: x == math.nextafter(-1, 0)),
        ("exp", lambda x: x > 600),
        ("sqrt", lambda x: x == 5e-324),
        ("tanh", lambda x: abs(x) > 1e200),
        ("neg", lambda x: math.copysign(1, x) < 0 == x),
    ],
)
def test_edges_are_hit_on_request(op: str, is_there: Callable[[float], bool]) -> None:
    program = find(calls(op, shape=(), edges=True), lambda p: is_there(float(p.leaves[0])), settings=QUIET)
    assert np.isfinite(program())


@given(program=programs(edges=True))
def test_results_at_edges_are_finite_and_warn_of_nothing(program: Program) -> None:
    assert np.isfinite(program()).all()


def test_the_gradient_leads_numbers_to_where_all_fits() -> None:
    def chain(*ops: str) -> tuple[Instruction, ...]:
        return tuple(Instruction(table[op], (k,), {}) for k, op in enumerate(ops))

    for x, ops in ((3.0, ["exp", "exp"]), (-1.0, ["log"]), (2.0, ["cos", "log"]), (0.01, ["sin", "relu"])):
        program = Program((np.array([x, x]),), chain(*ops))
        better = led(program, Limits())
        assert better is not None
        for op, inputs, output in steps_of(better):
            assert np.abs(output).max() <= 50
            assert op.name != "log" or (inputs[0] >= 0.125).all()
            assert op.name != "relu" or (np.abs(inputs[0]) >= 0.1).all()
        assert (better.leaves[0] * 4096 % 1 == 0).all()  # of few digits
    constant = Instruction(table["mul"], (0, Constant(0.0)), {}), Instruction(table["log"], (1,), {})
    assert led(Program((np.array(1.0),), constant), Limits()) is None


# Calls of every operation.


@each_op
@settings(max_examples=3)
@given(data=st.data())
def test_every_operation_of_the_table_can_occur(op: Op, data: st.DataObject) -> None:
    assert op in data.draw(programs([op])).ops


@each_op
@given(data=st.data())
def test_calls_of_every_operation_are_right_calls(op: Op, data: st.DataObject) -> None:
    call = data.draw(calls(op))
    assert call.ops[-1] is op
    output, plain = call(*call.nodes(Tensor)), call()
    assert_same(output, plain)
    if not op.is_flat:
        nodes = call.nodes(Tensor)
        slopes = gradients(sum(y.sum() for y in tree.leaves(call(*nodes))), nodes)
        assert [slope.shape for slope in slopes] == [x.shape for x in call.leaves]


# Operations of one's own.


def test_an_operation_of_ones_own_needs_a_row_only_for_what_it_asks_for() -> None:
    flip = primitive("flipped", np.flip, lambda g, y, m: flip(g), doc="flips")
    roll = primitive("rolled", np.roll, lambda g, y, a, shift: roll(g, -shift), doc="rolls")
    try:
        assert find(calls("flipped"), lambda call: True, settings=QUIET).leaves[0].shape == (1,)
        with pytest.raises(GraphError, match="rolled is called: say so with enter_row"):
            programs([roll])
        assert find(programs([flip, "sin"]), lambda p: "flipped" in names(p), settings=QUIET).leaves[0].shape == (1,)
        enter_row(roll, Row(lambda draw, shape: ((Of(shape),), {"shift": draw(st.integers(1, 3))})))
        call = find(calls(roll, shape=(3,)), lambda call: call.instructions[-1].params["shift"] == 2, settings=QUIET)
        assert call.script().endswith("f = autograd.table['rolled'](x, shift=2)")
        assert call(np.array([1.0, 2.0, 3.0])).tolist() == [2.0, 3.0, 1.0]
    finally:
        leave_row(roll)
        autograd.remove("flipped")
        autograd.remove("rolled")


def test_a_script_imports_the_module_that_enters_an_operation() -> None:
    script = find(calls("cross_entropy"), lambda call: True, settings=QUIET).script()
    assert script.startswith("import autograd, nn.losses.entropy\n")
    code = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert code.returncode == 0, code.stderr


# Numbers, Values and Tensors.


@given(x=values((0, 1)), t=tensors((2, 3), np.float32, (-1, np.inf)), pair=mutually_broadcastable_tensors(3))
def test_leaves_are_within_their_domain_and_of_their_shape(x: Value, t: Tensor, pair: tuple[Tensor, ...]) -> None:
    assert 0 < x.data < 1
    assert (t.shape, t.dtype) == ((2, 3), np.float32)
    assert (t.data > -1).all()
    assert np.broadcast_shapes(*[each.shape for each in pair]) is not None


@pytest.mark.parametrize("domain", [(5.0, 10.0), (0.0, 1e-3), (-np.inf, -10.0), (100.0, np.inf)])
@given(data=st.data())
def test_any_interval_has_numbers_and_edges(domain: Any, data: st.DataObject) -> None:
    for edges in (False, True):
        assert domain[0] < data.draw(values(domain, edges=edges)).data < domain[1]


def test_empty_and_scalar_tensors_are_drawn() -> None:
    assert find(tensors(), lambda x: True).shape == ()
    assert find(tensors(st.just((0, 2))), lambda x: True).size == 0
    assert 0 in [x.size for x in find(mutually_broadcastable_tensors(min_side=0), lambda xs: xs[0].size == 0)]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: values((1, 0)), DTypeError, r"values: expected domain= as an open interval .*got \(1, 0\)"),
        (lambda: tensors("ab"), ShapeError, "tensors: expected a shape"),
        (lambda: tensors((2,), int), DTypeError, "tensors: expected a floating-point dtype"),
        (lambda: tensors((2,), edges=1), DTypeError, "tensors: expected edges=True or False"),
        (lambda: mutually_broadcastable_tensors(0), ShapeError, "expected a count of 1 or more, got 0"),
        (lambda: programs([]), GraphError, "programs: expected operations, got none"),
        (lambda: programs(["tanj"]), GraphError, "programs: expected operations of the table.*got 'tanj'"),
        (lambda: programs(most=0), GraphError, "programs: expected most="),
        (lambda: calls("tanh", at_kinks=None), DTypeError, "calls: expected at_kinks=True or False"),
        (lambda: networks(3), DTypeError, "networks: expected a function"),
        (lambda: networks(activations="tanh"), GraphError, "networks: expected the names of activations"),
        (lambda: networks(most=0), GraphError, "networks: expected most="),
        (lambda: enter_row("roll", 3), DTypeError, "enter_row: expected an operation and a Row"),
        (lambda: check_gradients(given=3), DTypeError, "check_gradients: expected given= as strategies, got 3"),
        (lambda: check_gradients(given=values(), settings=3), DTypeError, "expected hypothesis.settings, got 3"),
        (lambda: check_gradients(given=values())(3), DTypeError, "expected a function to check, got 3"),
    ],
)
def test_arguments_that_mean_nothing_are_refused_at_once(make: Any, error: type[AutogradError], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


# Networks.


@pytest.mark.parametrize("build", [None, nn.MLP])
@settings(max_examples=50)
@given(data=st.data())
def test_networks_are_small_and_away_from_kinks(build: Any, data: st.DataObject) -> None:
    network, x = data.draw(networks() if build is None else networks(build))
    graph = Graph.of(network(x))
    assert np.isfinite(graph.nodes[-1].data).all()
    assert len(graph.leaves) in (4, 6)
    for node in graph.nodes:
        if node.op is not None and node.op.kinks is not None:
            assert np.abs(graph.inputs_of(node)[0]).min() > 0


@pytest.mark.parametrize("build", [None, nn.MLP])
def test_networks_have_units_at_kinks_on_request(build: Any) -> None:
    strategy = networks(activations=["relu"], at_kinks=True, **({} if build is None else {"build": build}))
    network, x = find(strategy, lambda pair: not pair[1].any(), settings=QUIET)
    graph = Graph.of(network(x))
    units = next(graph.inputs_of(node)[0] for node in graph.nodes if node.op is autograd.relu)
    assert not units.any()


def test_a_network_is_a_tree_of_its_parameters() -> None:
    network, x = find(networks(), lambda pair: pair[0].activation == "sigmoid", settings=QUIET)
    twin = tree.map(lambda parameter: parameter, network)
    assert twin.activation == "sigmoid"
    assert_same(twin(x), network(x))


# Property tests of gradients.


def test_a_function_with_a_right_gradient_passes_and_a_fixture_is_left_to_pytest() -> None:
    seen = []

    @check_gradients(given={"x": tensors((2,)), "y": values()}, settings=settings(max_examples=5))
    def right(scale: float, x: Tensor, y: Value) -> Any:
        seen.append(scale)
        return autograd.tanh(x) * scale

    right(2.0)
    assert set(seen) == {2.0}


def test_a_wrong_rule_is_caught_and_shrunk_to_the_smallest_program() -> None:
    op = autograd.elementwise("wrong", lambda x: x * x, lambda y, x: 3 * x, doc="wrong on purpose", check=False)
    try:

        @check_gradients(given=programs([op, "add", "sin"], shape=()), settings=settings(QUIET, max_examples=200))
        def any_program(program: Program) -> Any:
            return program()

        with pytest.raises(GradientError, match="op wrong") as raised:
            any_program()
        shown = "\n".join(raised.value.__notes__)
        assert "f = autograd.table['wrong'](x)" in shown
        assert len([line for line in shown.splitlines() if " = autograd." in line]) == 2
    finally:
        autograd.remove("wrong")


def test_the_error_is_what_hypothesis_makes_large(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(hypothesis, "target", lambda observation, *, label: told.append((observation, label)))

    @check_gradients(given=values(), settings=settings(max_examples=3))
    def square(x: Value) -> Any:
        return x * x

    square()
    assert told
    assert all(0 <= ulps < np.inf and label == "units in the last place" for ulps, label in told)


# Hypothesis knows our types, and nobody imports more than is needed.


def run(code: str, path: Path) -> str:
    """What code prints in a new process in which this project is installed, as its metadata says."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["hypothesis"]
    info = path / "stepgrad_here-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stepgrad_here\nVersion: 1\n")
    lines = [f"{name} = {target}" for name, target in entry.items()]
    (info / "entry_points.txt").write_text("\n".join(["[hypothesis]", *lines, ""]))
    environment = {"PYTHONPATH": f"{path}:{ROOT}", "PATH": ""}
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("first", ["import autograd, hypothesis", "import hypothesis, autograd"])
def test_a_type_is_enough_to_draw_values_and_tensors(first: str, tmp_path: Path) -> None:
    code = f"""{first}
from hypothesis import given, strategies as st
@given(x=st.from_type(autograd.Value), t=st.from_type(autograd.Tensor))
def check(x: autograd.Value, t: autograd.Tensor) -> None:
    assert type(x) is autograd.Value and type(t) is autograd.Tensor
check()
@given(...)
def infer(t: autograd.Tensor) -> None:
    assert abs(t.data).max(initial=0) <= 2
infer()
print("drawn")"""
    assert run(code, tmp_path) == "drawn"


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("hypothesis", ["autograd", "numpy"]),
        ("autograd", ["hypothesis", "autograd.check"]),
        ("hypothesis, autograd", ["autograd.check", "hypothesis.extra.numpy"]),
    ],
)
def test_neither_imports_the_other(imported: str, absent: list[str], tmp_path: Path) -> None:
    assert run(f"import {imported}, sys; print([m for m in {absent} if m in sys.modules])", tmp_path) == "[]"


def test_without_hypothesis_the_cure_is_named() -> None:
    script = """
import sys
sys.modules["hypothesis"] = None
from autograd import check
for name in ("strategies", "check_gradients"):
    try:
        getattr(check, name)
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    cure = "needs Hypothesis: pip install 'stepgrad[check]'"
    assert done.stdout.splitlines() == [f"check.strategies {cure}", f"check.check_gradients {cure}"]
