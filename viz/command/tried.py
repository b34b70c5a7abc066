"""Drafted tests are tried, in a process of its own: ``python -m viz.command.tried DRAFTS RESULTS FOLDER ROOT``.

That writes a line of JSON for each thing that happens; the process that waits for it reads them, and ends it in time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: For how long all drafts of a file are run.
SECONDS = 60

#: How many inputs are drawn for each.
EXAMPLES = 10

#: Characters of what was raised.
LONGEST = 80


@dataclass(frozen=True)
class Trial:
    """What stopped drafted tests, other than a gradient; what stopped all of them before they ran."""

    stopped: Mapping[str, str] = field(default_factory=dict)  #: by the name of the test
    broken: str = ""
    is_elsewhere: bool = False  #: the module is not found from the folder of the file of tests


def tried(content: str, folder: Path, root: Path, seconds: float = SECONDS) -> Trial:
    r"""Run the tests of a file that is to be in a folder, on a few inputs each.

    The module that they test is looked for as pytest does, from the folder of the tests, and else from its own root.

    >>> tried("def test_f(): raise ValueError('no')\ndef test_g(): pass", Path(), Path()).stopped
    {'test_f': 'ValueError: no'}
    """
    with TemporaryDirectory() as place:
        drafts, results = Path(place, "drafts.py"), Path(place, "results")
        drafts.write_text(content, encoding="utf-8")
        words = [
            sys.executable,
            "-m",
            "viz.command.tried",
            *map(str, (drafts, results, folder.resolve(), root.resolve())),
        ]
        silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        try:
            subprocess.run(words, timeout=seconds, **silent)  # type: ignore[call-overload]
            ended = "it ended the process"
        except subprocess.TimeoutExpired:
            ended = f"it had not ended after {seconds:g} seconds"
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return trial_of([json.loads(line) for line in lines], ended)


def trial_of(events: list[dict[str, Any]], ended: str) -> Trial:
    """What a process told before it came to its end; what it had begun by then, that end stopped."""
    stopped: dict[str, str] = {}
    running, broken = "", ""
    for event in events:
        if event["event"] == "start":
            running = event["test"]
        elif event["event"] == "done":
            running = ""
            stopped |= {event["test"]: event["stopped"]} if event["stopped"] else {}
        elif event["event"] == "broken":
            broken = event["stopped"]
    if running:
        stopped[running] = ended
    elif not any(event["event"] in ("broken", "loaded") for event in events):
        broken = ended
    return Trial(stopped, broken, any(event["event"] == "elsewhere" for event in events))


def main(drafts: str, results: str, folder: str, root: str) -> None:
    """Run what is drafted, and tell of each test what stopped it."""

    def tell(**what: Any) -> None:
        with open(results, "a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    sys.path.insert(0, folder)
    names: dict[str, Any] = {"__name__": "drafts"}
    code = compile(Path(drafts).read_bytes(), drafts, "exec")
    try:
        few_examples()
        try:
            exec(code, names)
        except ModuleNotFoundError:
            if root == folder:
                raise
            sys.path.insert(1, root)
            exec(code, names)
            tell(event="elsewhere")
    except BaseException as error:  # a person's module may do anything when it is imported
        tell(event="broken", stopped=said(error))
        return
    tell(event="loaded")
    for name, test in names.items():
        if name.startswith("test_"):
            tell(event="start", test=name)
            tell(event="done", test=name, stopped=what_stops(test))


def few_examples() -> None:
    """Hypothesis draws a few inputs, the same ones each time, and is content with the first that fails."""
    import hypothesis

    hypothesis.settings.register_profile(
        "drafts",
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("drafts")


def what_stops(test: Any) -> str:
    """What stops a test that is no gradient; empty where it runs, be its gradient wrong."""
    from autograd import GradientError

    try:
        test()
    except GradientError:
        return ""
    except BaseException as error:  # a person's function may raise anything, and may want to end the process
        return said(error)
    return ""


def said(error: BaseException) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # whatever threads the module has started
