"""Whether the tests notice when a rule of the table is wrong: every rule is made wrong in turn, and the tests are run.

    python tests/mutation.py                        # all mutants: a quarter of an hour on two cores
    python tests/mutation.py --only tanh            # those of one operation
    python tests/mutation.py --sample 40 --seed 7   # some, drawn by chance: a minute or two

A mutant is the table with one fault in it: a rule that is deleted, scaled, negated, that ignores the gradient which it
is given, or cannot be differentiated again, a declaration that is wrong. Each is run in a process of its own, which
enters the fault before the table is built, so that generated code, methods and formulas all have it. First come the
tests that are made for its operation, with few examples, and only if these pass all `FILES`, as they stand. What still
passes has survived: it is printed, and the exit code is 1. Then a test is missing, or is too weak.
"""

from __future__ import annotations

import argparse
import functools
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from math import prod
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType, ModuleType
from typing import Any

import hypothesis.extra.numpy  # noqa: F401 - imported once, before processes are forked
import mpmath  # noqa: F401
import numpy as np
import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]

#: The tests that go through the table, the quickest to notice first.
OWN = ("test_rules.py", "test_precision.py", "test_transforms.py")
FILES = (
    *OWN,
    *("test_where.py", "test_sorting.py", "test_contraction.py", "test_decompositions.py", "test_explain.py"),
    *("test_constants.py", "test_nn_losses.py"),
    "test_reductions.py",
)

#: Examples a property, when it is quick that counts.
FEW = 5

#: Seconds after which a run has hung, which is noticed too.
LIMIT = 600

#: Mutants that no test can notice, by the name that is printed, and why they mean what the table means.
EQUIVALENT: Mapping[str, str] = {
    **dict.fromkeys(
        [
            *(f"{name}: rule [0-9] on detached numbers" for name in ("add", "sub", "neg", "sign", "sum_of")),
            *(f"{name}: rule 0 on detached numbers" for name in ("cumsum", "centred")),
            *(f"{name}: rule 0 on detached numbers" for name in ("sum", "mean", "reshape", "transpose")),
            *(f"{name}: rule 0 on detached numbers" for name in ("broadcast_to", "astype", "concatenate", "stack")),
            *(f"{name}: rule 0 on detached numbers" for name in ("copy", "roll", "diagonal")),
            *(f"{name}: rule [0-9] on detached numbers" for name in ("getitem", "put", "setitem")),
            *(f"{name}: rule 0 on detached numbers" for name in ("windows", "overlap_add")),
        ],
        "the rule reads shapes alone, no numbers of its operands",
    ),
    **dict.fromkeys(
        [f"sign: rule 0 {fault}" for fault in ("deleted", "times *", "negated", "doubled")],
        "the rule is zero, as is what is sent back where there is none",
    ),
    **dict.fromkeys(
        [
            *(f"{name}: masks is True" for name in ("max", "softmax", "logsumexp", "cross_entropy", "svd", "sort")),
            *(f"{name}: masks is True" for name in ("min", "prod", "cumprod", "recurrence", "log_softmax")),
            *(f"{name}: masks is True" for name in ("var", "std", "vector_norm", "interpolate")),
            *(f"{name}: masks is True" for name in ("qr", "pinv", "inv", "solve", "det", "slogdet", "cofactors")),
        ],
        "zeros are looked at twice, which takes longer, and found to be numbers: it is linear in nothing",
    ),
    **dict.fromkeys(
        [f"sum_of_products: linear is {claim}" for claim in ("first", "jointly")],
        "with partials, it is read where a rule meets structural zeros, and no rule is a sum of two lists",
    ),
    **dict.fromkeys(
        ["convolution: masks is True", "convolution_transpose: masks is True"],
        "it is so of the calls whose kernels leave elements out; of the others zeros are looked at in vain",
    ),
    "einsum: masks is True": "it is so of the calls that read a diagonal; of the others zeros are looked at in vain",
}


@dataclass(frozen=True)
class Mutant:
    """One fault: where in an entry it is, and what it is."""

    op: str
    part: str  #: "rule 0", "textbook 0" (that people read, where another form is run), or a declaration
    fault: str

    def __str__(self) -> str:
        return f"{self.op}: {self.part} {self.fault}"

    @property
    def reason(self) -> str | None:
        """Why it is equivalent, if it is known to be."""
        return next((why for pattern, why in EQUIVALENT.items() if fnmatch(str(self), pattern)), None)


# Faults of a rule.

Arguments = tuple[Any, ...]
Before = Callable[[Arguments], Arguments]  #: what becomes of the arguments of a rule
After = Callable[[Any, Arguments], Any]  #: what becomes of its result


def as_given(args: Arguments) -> Arguments:
    return args


def as_found(result: Any, args: Arguments) -> Any:
    return result


def with_last_element_scaled(result: Any, args: Arguments) -> Any:
    shape = getattr(result, "shape", ())
    if prod(shape) < 2:
        return result
    scale = np.ones(shape, getattr(result, "dtype", None))
    scale[(-1,) * len(shape)] += scale.dtype.type(0.01)
    return result * scale


def ones(g: Any) -> Any:
    return tuple(map(ones, g)) if isinstance(g, tuple) else g * 0 + 1


def detached(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(detached, x))
    return x._record._snapshot() if hasattr(type(x), "_record") else x


SCALED: Mapping[str, tuple[Before, After]] = {
    "times 1.000001": (as_given, lambda result, args: result * 1.000001),
    "negated": (as_given, lambda result, args: -1 * result),
    "doubled": (as_given, lambda result, args: 2 * result),
    "plus 0.001": (as_given, lambda result, args: result + 0.001),
}
PARTIAL: Mapping[str, tuple[Before, After]] = {
    **SCALED,
    "times 1.000001 beyond 4": (as_given, lambda result, args: result * (1 + 0.000001 * (args[1] > 4))),
    "on detached numbers": (detached, as_found),
}
VJP: Mapping[str, tuple[Before, After]] = {
    **SCALED,
    "with its last element scaled": (as_given, with_last_element_scaled),
    "of a gradient of ones": (lambda args: (ones(args[0]), *args[1:]), as_found),
    "on detached numbers": (lambda args: (args[0], *map(detached, args[1:])), as_found),
}
DELETED = "deleted"


def mutated(rule: Any, fault: str, is_partial: bool) -> Any:
    """A rule with a fault. It passes for a function of the table, so that code is generated from it as from those."""
    if fault == DELETED:
        return None
    before, after = (PARTIAL if is_partial else VJP)[fault]
    is_list = hasattr(rule, "rule")
    original = rule.rule if is_list else rule

    def of_one(*args: Any, **kwargs: Any) -> Any:
        return after(original(*before(args), **kwargs), args)

    def of_list(*args: Any, **kwargs: Any) -> Any:
        part = original(*before(args), **kwargs)
        return lambda place: after(part(place), args)

    made = of_list if is_list else of_one
    names = {**globals(), "__name__": original.__globals__["__name__"]}
    mutant = functools.wraps(original)(FunctionType(made.__code__, names, None, None, made.__closure__))
    return type(rule)(mutant) if is_list else mutant


# Faults of a declaration.


def longer(shape: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(shape)
    def mutant(*args: Any, **kwargs: Any) -> Any:
        found = shape(*args, **kwargs)
        return (*found[:-1], found[-1] + 1) if found else (2,)

    return mutant


def declared(setting: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Other things that an entry might say in this place, each with what is wrong with it."""
    if setting == "linear":
        yield from ((f"is {other}", other) for other in ("no", "first", "jointly", "separately") if other != value)
    elif setting == "masks":
        yield from ((f"is {other}", other) for other in (True, False) if other is not value)
    elif setting == "shape" and value is not None:
        yield "has a longer axis", longer(value)
    elif setting == "domain" and value:
        yield "is left out", ()
    elif setting == "kinks" and value is not None:
        yield "are left out", None
        yield "are elsewhere", functools.wraps(value)(lambda *inputs: value(*inputs) - 1)


SETTINGS = {"elementwise": ("linear", "masks", "domain", "kinks"), "primitive": ("linear", "masks", "shape", "kinks")}
DEFAULTS = {"linear": "no", "masks": False}


# Entries, and where faults are put into them.


def mutants_of(kind: str, name: str, rules: Sequence[Any], declarations: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every mutant of one call of `elementwise` or `primitive`."""
    numeric = declarations.get("numeric") or [None] * len(rules)
    faults = [DELETED, *(PARTIAL if kind == "elementwise" and not declarations.get("masks") else VJP)]
    of_formulas = [DELETED, *SCALED]  # which are read, and not run
    for k, (rule, form) in enumerate(zip(rules, numeric, strict=True)):
        if (callable(rule) and not isinstance(rule, type)) or hasattr(rule, "rule"):
            yield from (Mutant(name, f"rule {k}", fault) for fault in faults)
        if form is not None:
            yield from (Mutant(name, f"textbook {k}", fault) for fault in of_formulas)
            yield Mutant(name, f"numeric {k}", DELETED)
    if any(rules):
        for setting in SETTINGS[kind]:
            value = declarations.get(setting, DEFAULTS.get(setting))
            yield from (Mutant(name, setting, fault) for fault, _ in declared(setting, value))


def with_fault(mutant: Mutant, kind: str, rules: Sequence[Any], declarations: Mapping[str, Any]) -> Any:
    """The arguments of the entry with the fault in it."""
    rules, changed = list(rules), dict(declarations)
    part, _, place = mutant.part.partition(" ")
    if not place:
        changed[part] = dict(declared(part, declarations.get(part, DEFAULTS.get(part))))[mutant.fault]
        return rules, changed
    k = int(place)
    forms = list(declarations.get("numeric") or [None] * len(rules))
    is_partial = kind == "elementwise" and not declarations.get("masks")
    if part == "textbook" or forms[k] is None:
        rules[k] = mutated(rules[k], mutant.fault, is_partial)
    elif part == "rule" and mutant.fault == DELETED:  # as if there were none at all
        rules[k] = forms[k] = None
    else:
        forms[k] = mutated(forms[k], mutant.fault, is_partial)
    return rules, changed | {"numeric": forms if any(forms) else ()}


Visit = Callable[[str, str, Sequence[Any], Mapping[str, Any]], Any]


class Entering(importlib.abc.MetaPathFinder):
    """Imports `autograd.op` so that every entry of the table passes by a function, which may change it."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != "autograd.op":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            for kind in SETTINGS:
                setattr(module, kind, self.visited(kind, getattr(module, kind)))

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def visited(self, kind: str, enter: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(enter)
        def entered(name: str, forward: Any, *rules: Any, **declarations: Any) -> Any:
            changed = self.visit(kind, name, rules, declarations)
            if changed is not None:
                rules, declarations = changed
                declarations = {**declarations, "check": False}  # the tests are to notice
            return enter(name, forward, *rules, **declarations)

        return entered


def listed() -> list[Mutant]:
    """All mutants of the table; it is imported, so this is run in a process of its own."""
    found: list[Mutant] = []
    sys.meta_path.insert(0, Entering(lambda *entry: found.extend(mutants_of(*entry))))
    __import__("nn")
    return found


# A run of the tests.


class Selection:
    """The tests that are run, as a plugin of pytest: those of one operation alone, with few examples, or all."""

    def __init__(self, op: str, is_quick: bool) -> None:
        self.op, self.is_quick = op, is_quick

    def pytest_configure(self) -> None:
        phases = (Phase.explicit, Phase.generate)  # to fail is enough: nobody reads the smallest example
        few = {"max_examples": FEW} if self.is_quick else {}
        settings.register_profile("mutation", settings.get_profile("tests"), phases=phases, **few)
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        from autograd import table

        def operations(item: Any) -> set[str]:
            """The names of the operations that a test is made for, one at a time."""
            params = item.callspec.params.values() if hasattr(item, "callspec") else ()
            return {name for x in params if (name := x if isinstance(x, str) else getattr(x, "name", "")) in table}

        own = [item for item in items if self.op in operations(item)]
        items[:] = own if self.is_quick else [*own, *(item for item in items if not operations(item))]


def run_tests(mutant: Mutant | None, op: str, is_quick: bool) -> int:
    """The exit code of pytest, in this process, with the fault in the table."""

    def visit(kind: str, name: str, rules: Sequence[Any], declarations: Mapping[str, Any]) -> Any:
        return with_fault(mutant, kind, rules, declarations) if mutant is not None and name == mutant.op else None

    sys.meta_path.insert(0, Entering(visit))
    try:
        importlib.import_module("autograd")  # before pytest does, which puts an importer of its own in front
    except Exception:  # an entry that the table refuses is noticed
        traceback.print_exc()
        return int(pytest.ExitCode.TESTS_FAILED)
    files = [f"tests/{name}" for name in (OWN if is_quick else FILES)]
    options = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=short"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of Hypothesis, which is here already
    return int(pytest.main([*options, *files], plugins=[Selection(op, is_quick)]))


def start(mutant: Mutant | None, op: str, is_quick: bool, log: Path) -> int:
    """Run the tests in a new process, and return its id; what it prints goes to a file."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(LIMIT)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        code = run_tests(mutant, op, is_quick)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


#: The exit codes where nothing was noticed: all tests passed, or there was none.
PASSED = (0, int(pytest.ExitCode.NO_TESTS_COLLECTED))


#: A fault that no test of its operation passes.
GROSS = "tanh: rule 0 negated"


def expect_success(logs: Path) -> None:
    """Raise `RuntimeError` unless the tests pass on the table as it is: else they would notice everything."""
    log = logs / "no fault.txt"
    _, status = os.waitpid(start(None, "tanh", True, log), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"the tests fail on the table as it is:\n{log.read_text()}")


def expect_failure(mutant: Mutant, logs: Path) -> None:
    """Raise `RuntimeError` unless the tests fail on a table with a gross fault: else they would notice nothing."""
    log = logs / "a gross fault.txt"
    _, status = os.waitpid(start(mutant, mutant.op, True, log), 0)
    if os.waitstatus_to_exitcode(status) in PASSED:
        raise RuntimeError(
            f"the tests pass with {mutant}: what was made wrong is not what they import\n{log.read_text()}"
        )


def survivors(mutants: Sequence[Mutant], jobs: int, logs: Path) -> Iterator[Mutant]:
    """Those that no test noticed, as they are found."""
    waiting = [(mutant, True) for mutant in reversed(mutants)]
    running: dict[int, tuple[Mutant, bool]] = {}
    begin, done = time.monotonic(), 0
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant, is_quick = waiting.pop()
            running[start(mutant, mutant.op, is_quick, logs / f"{mutant}.txt")] = mutant, is_quick
        pid, status = os.wait()
        mutant, is_quick = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        if code == pytest.ExitCode.INTERNAL_ERROR:
            raise RuntimeError(f"{mutant}: no test was run: see {logs}")
        has_passed = code in PASSED
        if has_passed and is_quick:
            print(f"not noticed by few examples: {mutant}", file=sys.stderr, flush=True)
            waiting.insert(0, (mutant, False))
            continue
        done += 1
        if has_passed:
            yield mutant
        if sys.stderr.isatty() or done % 50 == 0:
            print(f"{done} of {len(mutants)}, {time.monotonic() - begin:.0f} s", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make every rule of the table wrong, and see whether a test notices.")
    parser.add_argument("--only", metavar="NAME", help="the mutants of one operation, or whose names match a pattern")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at a time")
    parser.add_argument("--sample", type=int, metavar="N", help="as many mutants, drawn by chance")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="where pytest's output is kept, one file a mutant")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run nothing")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    with get_context("fork").Pool(1) as pool:
        every = pool.apply(listed)
    wanted = [m for m in every if options.only is None or m.op == options.only or fnmatch(str(m), options.only)]
    mutants = [m for m in wanted if m.reason is None]
    if options.sample is not None:
        mutants = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    if options.list:
        print(*mutants, sep="\n")
        return 0
    left = []
    with TemporaryDirectory() as folder:
        logs = options.logs or Path(folder)
        logs.mkdir(exist_ok=True)
        expect_success(logs)
        expect_failure(next(m for m in every if str(m) == GROSS), logs)
        for mutant in survivors(mutants, options.jobs, logs):
            print(f"SURVIVED  {mutant}", flush=True)
            left.append(mutant)
    print(f"{len(mutants)} mutants, {len(left)} survived")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
