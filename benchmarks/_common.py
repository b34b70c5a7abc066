"""What the two benchmarks share: interpreters, worker processes, timing and the table.

Every engine is measured in a process of its own, one process per round, the engines taking turns: no engine's
imports, garbage or threads weigh on another's figures, and a drift of the machine hits all alike.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


class UnavailableError(Exception):
    """An engine cannot be measured here; the message says why."""


def arguments(description: str, engines: Sequence[str], rounds: int) -> argparse.ArgumentParser:
    """The options that both benchmarks have."""

    def known(name: str) -> str:
        if name not in engines:
            raise argparse.ArgumentTypeError(f"no engine {name!r}: expected some of {','.join(engines)}")
        return name

    def names(text: str) -> list[str]:
        return [known(name) for name in text.split(",")]

    def named_folder(text: str) -> tuple[str, Path]:
        name, _, folder = text.partition("=")
        return known(name), Path(folder).expanduser()

    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--only", type=names, default=list(engines), metavar="A,B", help=f"of {','.join(engines)}")
    add("--rounds", type=int, default=rounds, help="processes per engine (default: %(default)s)")
    add(
        "--env",
        type=named_folder,
        action="append",
        default=[],
        metavar="ENGINE=FOLDER",
        help="run an engine in this virtual environment (may be repeated)",
    )
    add("--worker", choices=engines, help=argparse.SUPPRESS)
    return parser


def interpreter(engine: str, options: argparse.Namespace, requirements: Sequence[str] = ()) -> Path:
    """The Python of an engine: that of `--env`, of an environment made for its requirements, or this one."""
    chosen = dict(options.env)
    if engine in chosen:
        return _python_in(chosen[engine])
    if not requirements:
        return Path(sys.executable)
    numpy = f"numpy=={importlib.metadata.version('numpy')}"
    return _environment(options.envs / engine, [numpy, *requirements])


def _environment(folder: Path, requirements: Sequence[str]) -> Path:
    stamp, wanted = folder / "requirements.txt", "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making {folder}", file=sys.stderr)
        pip = [str(_python_in(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            venv.create(folder, with_pip=True)
            subprocess.run([*pip, *requirements], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnavailableError(f"{folder} could not be made: {error}") from error
        stamp.write_text(wanted)
    return _python_in(folder)


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_worker(script: str, python: Path, engine: str, *extra: str) -> dict[str, Any]:
    """What the worker process of an engine prints: one JSON object."""
    command = [str(python), script, "--worker", engine, *extra]
    try:
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise UnavailableError(f"there is no {python}") from None
    if done.returncode:
        raise SystemExit(f"{engine}: the worker failed, see above")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "missing" in answer:
        raise UnavailableError(answer["missing"])
    return answer


def reply(measure: Callable[[], Mapping[str, Any]]) -> None:
    """The worker's side of `run_worker`."""
    try:
        print(json.dumps(measure()))
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))


def take_turns(
    engines: Sequence[str], rounds: int, run: Callable[[str], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Run the engines in turn, in so many rounds; one that is not available is left out with one line."""
    answers: dict[str, list[dict[str, Any]]] = {engine: [] for engine in engines}
    for number in range(1, rounds + 1):
        for engine in list(answers):
            print(f"round {number} of {rounds}: {engine}", file=sys.stderr)
            try:
                answers[engine].append(run(engine))
            except UnavailableError as reason:
                del answers[engine]
                print(f"{engine} is left out: {reason}")
    return answers


def medians(samples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of every figure over samples that all hold the same figures."""
    return {figure: statistics.median(sample[figure] for sample in samples) for figure in samples[0]}


def seconds_per_call(function: Callable[[], object], seconds: float, repeats: int = 5) -> float:
    """The median, over a few repeats, of the mean time of a call; the collector stays as it is."""
    function()
    start = time.perf_counter()
    function()
    calls = max(1, round(seconds / repeats / (time.perf_counter() - start)))
    means = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        means.append((time.perf_counter() - start) / calls)
    return statistics.median(means)


def require_agreement(results: Mapping[str, Sequence[float]], tolerance: float) -> None:
    """Stop unless all engines computed the same numbers: nobody is timed on a wrong program."""
    reference = next(iter(results), "")
    for engine, numbers in results.items():
        for got, expected in zip(numbers, results[reference], strict=True):
            if not abs(got - expected) <= tolerance * max(1.0, abs(expected)):
                raise SystemExit(f"{engine} computes {got}, {reference} {expected}: not the same program")


def machine() -> str:
    """Date, Python, NumPy and processor, in one line."""
    today = datetime.date.today().isoformat()
    numpy = importlib.metadata.version("numpy")
    return f"{today} · Python {platform.python_version()} · NumPy {numpy} · {_processor()}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An aligned table: the first column to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(headings, *rows, strict=True))

    def line(cells: Sequence[str]) -> str:
        return "  ".join([cells[0].ljust(first), *map(str.rjust, cells[1:], others)])

    return "\n".join([line(headings), "-" * len(line(headings)), *map(line, rows)])
