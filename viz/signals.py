"""Signals that end a process unwind it: what was begun is put back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block, a signal to end unwinds the process: no temporary file and no layout program is left behind,
    and a terminal is as it was.

    Those that somebody else handles, or ignores as nohup does, stay theirs.
    """
    if threading.current_thread() is not threading.main_thread():  # where Python sets no handlers
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def stop(number: int, _: object) -> NoReturn:
    """End with the exit status that shells give to a process that a signal ended."""
    raise SystemExit(128 + number)
