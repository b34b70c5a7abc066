"""Gradient checkers side by side: seeded bugs, and functions that are right but hard to check.

Run it with `python benchmarks/checkers.py`. The corpus is that of the tests, `tests/corpus`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import _common
import numpy as np

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stepgrad-benchmarks"
TORCH_INDEX = "--extra-index-url=https://download.pytorch.org/whl/cpu"
ENGINES: dict[str, tuple[str, list[str]]] = {  # title, and what its own environment holds (none: this one)
    "ours": ("stepgrad", []),
    "torch": ("torch 2.13.0", ["torch==2.13.0", TORCH_INDEX]),
    "hips": ("HIPS autograd 1.9.1", ["autograd==1.9.1"]),
    "jax": ("jax 0.10.2", ["jax==0.10.2"]),
}
HEADINGS = ["checker", "bugs caught", "op named", "element named", "false alarms", "seconds"]
NOTES = """\
bugs caught, of those that can be said in the engine; op named, of those caught that are in one; element named, of those
caught that are wrong for one element alone; false alarms, of the functions whose gradient is right in the engine."""


def corpus() -> tuple[list[Any], list[Any]]:
    """What can be said in several engines."""
    sys.path.insert(0, str(_common.ROOT / "tests"))
    rules, awkward = import_module("corpus.rules"), import_module("corpus.awkward")
    bugs = [bug for bug in rules.BUGS if bug.is_portable] + rules.LOSSY
    return bugs, [case for case in awkward.AWKWARD if case.is_portable]


# In the process of an engine.


def engine(name: str) -> Any:
    if name == "ours":
        sys.path.insert(0, str(_common.ROOT))
        return import_module("checker_engines.ours")
    peer = import_module("checker_engines.peer")
    return peer.Peer(import_module(f"checker_engines.{name}"))


def measure(name: str, truths: Path) -> dict[str, Any]:
    """What the checker says of each bug and of each right function, and how long that took."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    (bugs, right), checker, truth = corpus(), engine(name), json.loads(truths.read_text())  # the engine is built on it
    caught: dict[str, Any] = {}
    alarms: dict[str, Any] = {}
    seconds = 0.0
    for bug in bugs:
        is_seeded = hasattr(bug, "entry")
        with checker.seeded(bug) if is_seeded else checker.plain(bug) as (f, inputs):
            if not runs(f, inputs):
                continue
            start = time.perf_counter()
            findings = checker.findings(f, inputs, bug.order)
            seconds += time.perf_counter() - start
        caught[bug.name] = verdict(bug.place, findings)
    for case in right:
        with checker.plain(case) as (f, inputs):
            if not is_right(checker, f, inputs, truth[case.name]):
                continue
            start = time.perf_counter()
            alarms[case.name] = checker.findings(f, inputs, 1) is not None
            seconds += time.perf_counter() - start
    return {"caught": caught, "alarms": alarms, "seconds": seconds, "large": large(checker) if name == "ours" else {}}


def large(checker: Any) -> dict[str, float]:
    """How many seconds the checks of some large functions take."""
    found = {}
    for title, (f, inputs) in checker.large().items():
        start = time.perf_counter()
        assert checker.findings(f, inputs, 1) is None
        found[title] = time.perf_counter() - start
    return found


def runs(f: Any, inputs: Sequence[Any]) -> bool:
    try:
        f(*inputs)
    except Exception:  # whatever an engine says to what it does not have
        return False
    return True


def is_right(checker: Any, f: Any, inputs: Sequence[Any], truth: Any) -> bool:
    """Whether the engine's own gradient is right: else an alarm is not false."""
    try:
        gradient = checker.gradient(f, inputs, truth["weights"])
    except Exception:
        return False
    for got, low, high in zip(gradient, truth["low"], truth["high"], strict=True):
        found = np.asarray(got)
        small = {2: 4e-3, 4: 2e-6, 8: 1e-9}[found.dtype.itemsize]
        below, above = np.reshape(low, found.shape), np.reshape(high, found.shape)
        room = small * np.maximum(np.abs(below), np.abs(above)) + 4 * 2.0**-1074
        if not np.all((below - room <= found) & (found <= above + room)):
            return False
    return True


def verdict(place: Any, findings: Any) -> dict[str, bool | None]:
    """Whether it was caught, and what was named of where it is: None where there is nothing to name."""
    found = findings or []
    ops = [op for op, _ in found]
    element = place.element
    return {
        "caught": findings is not None,
        "op": None if place.op is None else place.op in ops,
        "element": None if element is None else any(is_named(element, shown) for _, shown in found),
    }


def is_named(element: tuple[int, ...], shown: Any) -> bool:
    return str(element) in shown if isinstance(shown, str) else shown == element


# In this process.


def true_gradients(right: Sequence[Any]) -> dict[str, Any]:
    """The interval of each gradient: of one number, except where there is a kink."""
    oracle = import_module("corpus.oracle")
    found = {}
    for case in right:
        program = lambda *xs, case=case: case.program(oracle.EXACT, *xs)  # noqa: E731
        sides = ((1, 0), (0, -1)) if case.has_kink else ((1, -1),)
        ends = [[np.ravel(x).astype(float) for x in oracle.slopes(program, case.inputs, side)] for side in sides]
        found[case.name] = {
            "weights": oracle.weights(4096),
            "low": [np.min(parts, axis=0).tolist() for parts in zip(*ends, strict=True)],
            "high": [np.max(parts, axis=0).tolist() for parts in zip(*ends, strict=True)],
        }
    return found


def row(title: str, answer: Mapping[str, Any]) -> list[str]:
    verdicts = list(answer["caught"].values())
    caught = [each for each in verdicts if each["caught"]]
    alarms = list(answer["alarms"].values())

    def named(what: str) -> str:
        of = [each[what] for each in caught if each[what] is not None]
        return f"{sum(of)} of {len(of)}"

    return [
        title,
        f"{len(caught)} of {len(verdicts)}",
        named("op"),
        named("element"),
        f"{sum(alarms)} of {len(alarms)}",
        f"{answer['seconds']:.1f}",
    ]


def details(name: str, answer: Mapping[str, Any], bugs: Sequence[Any], right: Sequence[Any]) -> str:
    """Line by line: what was missed, what raised an alarm, and what cannot be said there."""
    missed = [bug for bug, each in answer["caught"].items() if not each["caught"]]
    alarms = [case for case, alarm in answer["alarms"].items() if alarm]
    unsaid = [bug.name for bug in bugs if bug.name not in answer["caught"]]
    wrong = [case.name for case in right if case.name not in answer["alarms"]]
    lines = {"missed": missed, "false alarm": alarms, "cannot be said": unsaid, "not right in the engine": wrong}
    return "\n".join(f"{name}: {what}: {each}" for what, found in lines.items() for each in found)


def main() -> None:
    parser = _common.arguments(__doc__.splitlines()[0], list(ENGINES), rounds=1)
    parser.add_argument(
        "--envs",
        type=Path,
        default=CACHE,
        metavar="FOLDER",
        help="where engines get environments of their own (%(default)s)",
    )
    parser.add_argument("--details", action="store_true", help="also what was missed, and what raised an alarm")
    parser.add_argument("--truths", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _common.reply(lambda: measure(options.worker, options.truths))
        return
    bugs, right = corpus()
    with tempfile.TemporaryDirectory() as folder:
        truths = Path(folder) / "truths.json"
        truths.write_text(json.dumps(true_gradients(right)))

        def run(name: str) -> dict[str, Any]:
            python = _common.interpreter(name, options, ENGINES[name][1])
            return _common.run_worker(__file__, python, name, "--truths", str(truths))

        answers = _common.take_turns(options.only, options.rounds, run)
    for answer in answers.values():  # the verdicts are those of the first round
        answer[0]["seconds"] = _common.medians([{"seconds": each["seconds"]} for each in answer])["seconds"]
        answer[0]["large"] = _common.medians([each["large"] for each in answer])
    print(f"{_common.machine()} · {len(bugs)} bugs, {len(right)} right functions")
    print(_common.table(HEADINGS, [row(ENGINES[name][0], answer[0]) for name, answer in answers.items()]))
    print(NOTES)
    for name, answer in answers.items():
        for title, seconds in answer[0]["large"].items():
            print(f"{ENGINES[name][0]}, {title}: {seconds:.2f} s")
    if options.details:
        print("\n".join(details(name, answer[0], bugs, right) for name, answer in answers.items()))


if __name__ == "__main__":
    main()
