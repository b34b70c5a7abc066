"""Homework: audit what is in a file, in a process of its own that has limits of time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: How often results are looked for, in seconds.
PAUSE = 0.02

#: How much of a text that a person's code gave is shown, in characters.
LONGEST = 1000


@dataclass(frozen=True)
class Row:
    """One thing of a file: the outcome is right, wrong, inconclusive, not checked, or what ended it."""

    name: str
    outcome: str
    message: str
    source: str | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    against: str = ""  #: which loss the gradient is of, and at which learning rate, where the code leaves that open


def audit_file(path: str, seconds: float = 60.0, memory: int = 4096) -> list[Row]:
    """Run a file, and audit the gradients that are found in it. **This runs the code of the file**, with your rights.

    It is a Python file, or a notebook, of which the code cells are run in their order.

    It is run in a process of its own, which has so many ``seconds`` to load the file and as many for each audit, and so
    many megabytes of ``memory``. What is found is said in `autograd.check.audit.discover`.
    """
    return [row for row in all_rows(path, seconds, memory) if row.outcome != "nothing"]


def all_rows(path: str, seconds: float, memory: int) -> list[Row]:
    """A row for each thing that was found, be it that there is nothing to audit in it."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        skip = 0
        while True:
            results = Path(folder) / f"{skip}.jsonl"
            results.touch()
            ended = run_child(path, results, skip, seconds, memory)
            events = list(read(results))
            names = next((event["names"] for event in events if event["event"] == "found"), None)
            if names is None:
                broken = next((event for event in events if event["event"] == "broken"), None)
                return [row("(the file)", broken) if broken else Row("(the file)", *ended)]
            rows += [row(names[event["place"]], event) for event in events if event["event"] == "done"]
            if len(rows) >= len(names):
                return rows
            rows.append(Row(names[len(rows)], *ended))
            skip = len(rows)
            if skip >= len(names):
                return rows


def row(name: str, event: Mapping[str, Any]) -> Row:
    return Row(
        name,
        event["outcome"],
        event["message"],
        event.get("source"),
        event.get("findings", ()),
        event.get("against", ""),
    )


def read(results: Path) -> Iterator[dict[str, Any]]:
    for line in results.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):  # cut off as the process ended
            event = plain(json.loads(line))
            if isinstance(event, dict) and "event" in event:
                yield event


def plain(x: Any) -> Any:
    """What a process told, with texts that do nothing to a terminal, and are not too long for one."""
    if isinstance(x, str):
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in x[:LONGEST])
        return text if len(x) <= LONGEST else f"{text} …"
    if isinstance(x, list):
        return [plain(each) for each in x]
    return {key: plain(each) for key, each in x.items()} if isinstance(x, dict) else x


def run_child(path: str, results: Path, skip: int, seconds: float, memory: int) -> tuple[str, str]:
    """Wait for the process, as long as something happens in time; how it ended."""
    root = str(Path(__file__).parents[3])
    found = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([root, found] if found else [root]),
        "OPENBLAS_NUM_THREADS": "1",  # each thread takes address space
        "MPLBACKEND": "Agg",
    }
    command = [sys.executable, "-m", "autograd.check.audit.child", path, str(results), str(skip), str(memory)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        size, since = 0, time.monotonic()
        while process.poll() is None:
            time.sleep(PAUSE)
            if (now := results.stat().st_size) != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > seconds:
                return "too long", f"it took more than {seconds:g} seconds"
    finally:
        end(process)
    status = process.returncode
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return "ended", f"it ended the process: {how}"


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    with suppress(OSError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
