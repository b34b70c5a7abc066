"""The process that a person's file is run in: ``python -m autograd.check.audit.child FILE RESULTS SKIP MEGABYTES``.

A line of JSON for each thing that happens; the process that waits for it reads them, and ends this one if it must.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from json import dumps
from typing import Any

from autograd.check.audit.discover import Item, NotCheckedError, NothingError, items
from autograd.check.audit.failures import CodeError, UnreadError
from autograd.check.audit.lines import raised_at
from autograd.check.audit.modules import loaded
from autograd.check.report import Report

MEGABYTE = 2**20


def main(path: str, results: str, skip: int, megabytes: int) -> None:
    """Audit all in a file but the first so many.

    What the file does to this process, to fork it or to put other functions in the place of Python's, is not to change
    what is told.
    """
    limit_memory(megabytes)
    warnings.simplefilter("ignore")
    sys.argv[:] = [path]
    process, identity, leave = os.getpid(), os.getpid, os._exit
    file = open(results, "a", encoding="utf-8")  # noqa: SIM115
    write, flush = file.write, file.flush

    def tell(**what: Any) -> None:
        if identity() != process:  # the file has forked
            leave(0)
        write(dumps(what) + "\n")
        flush()

    tell(event="loading")
    there: list[Item] = []
    failure = guarded(lambda: there.extend(found_in(path)))
    if failure is not None:
        tell(event="broken", **failure)
        return
    tell(event="found", names=[item.name for item in there])
    for place, item in enumerate(there[skip:], skip):
        tell(event="start", place=place)
        reports: list[Report] = []
        failure = guarded(partial(kept, item, reports))
        tell(event="done", place=place, **(failure or told(reports[0])))
    tell(event="end")


def found_in(path: str) -> list[Item]:
    """What there is to audit in a file, and the cells that stopped, which have what is not there."""
    module, stopped = loaded(path)
    return [*items(module), *(Item(name, partial(refused, why)) for name, why in stopped.items())]


def refused(why: str) -> Report:
    raise NotCheckedError(why)


def kept(item: Item, reports: list[Report]) -> None:
    reports.append(item.run())


def guarded(run: Callable[[], object]) -> dict[str, Any] | None:
    """What stopped some code, be it that it wanted to end the process."""
    try:
        run()
    except NothingError:
        return {"outcome": "nothing", "message": "it gives no gradient"}
    except (NotCheckedError, UnreadError) as error:
        return {"outcome": "not checked", "message": str(error)}
    except CodeError as error:
        return {"outcome": "wrong", "message": str(error), "source": error.source}
    except SystemExit as error:
        return {
            "outcome": "ended",
            "message": f"it ended the process: exit({error.code!r})",
            "source": raised_at(error),
        }
    except MemoryError as error:
        return {"outcome": "memory", "message": "it ran out of its memory", "source": raised_at(error)}
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        return {"outcome": "broken", "message": " ".join(text.split()), "source": raised_at(error)}
    return None


def told(report: Report) -> dict[str, Any]:
    """A report as JSON takes it."""
    outcome = "wrong" if report.wrong else "inconclusive" if report.inconclusive else "right"
    findings = [
        {
            "outcome": finding.outcome,
            "parameter": finding.name,
            "element": finding.element,
            "factor": finding.factor,
            "side": finding.side,
            "message": finding.message,
            "hint": finding.hint,
            "source": finding.source,
        }
        for finding in report.findings
    ]
    against = report.reference.partition(", ")[2]
    return {"outcome": outcome, "message": report.headline, "findings": findings, "against": against}


def limit_memory(megabytes: int) -> None:
    """No more address space than this, where the system knows such a limit."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE, megabytes * MEGABYTE))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    os._exit(0)  # whatever threads the file has started
