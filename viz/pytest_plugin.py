"""What pytest has of stepgrad: the fixture ``gradcheck``, and failed checks shown as their reports, with a picture.

pytest loads it at its start, by the entry point, so that it imports nothing that takes time until a check fails or is
asked for. It stands in `viz` since it draws, and since to import anything of `autograd` is to import NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograd.check import Report

REFERENCES = ("balls", "digits", "complex step", "differences")

LONGEST = 40  #: characters of the name of a test in that of a folder


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck", "gradient checks (stepgrad)")
    group.addoption(
        "--gradcheck-reference",
        choices=REFERENCES,
        metavar="REFERENCE",
        help=f"what the gradcheck fixture compares with: {', '.join(REFERENCES)}; if not given, the best there is",
    )
    group.addoption(
        "--gradcheck-order",
        type=int,
        choices=(1, 2),
        metavar="ORDER",
        help="2: the gradcheck fixture checks second derivatives too",
    )


@pytest.fixture(scope="session")
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """The function of that name in autograd.check; where the gradient is not right, it fails the test with the report.

    The options are those of autograd.check.gradcheck; what is not given is as --gradcheck-reference and
    --gradcheck-order say. It is one for all tests, so that Hypothesis takes it beside what it draws.
    """
    options = {name: request.config.getoption(f"gradcheck_{name}") for name in ("reference", "order")}
    defaults = {name: value for name, value in options.items() if value is not None}

    def checked(f: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
        __tracebackhide__ = True
        from autograd.check import gradcheck

        report = gradcheck(f, *inputs, **{**defaults, **options})
        report.raise_if_failed()
        return report

    return checked


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Below a failed check say where its picture is."""
    result = yield
    if call.excinfo is not None and result.failed:
        found = list(reports(call.excinfo.value))
        for place, report in enumerate(found):
            name = f"gradcheck{f'_{place + 1}' * (len(found) > 1)}.svg"
            if said := drawn(report, item, name):
                result.sections.append(("gradcheck", said))
    return result


def reports(error: BaseException) -> Iterator[Report]:
    """The reports that an error brings, or that those of a group do."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from reports(each)
    elif (report := getattr(error, "report", None)) is not None and is_gradient_error(error):
        yield report


def is_gradient_error(error: BaseException) -> bool:
    from autograd import GradientError

    return isinstance(error, GradientError)


def drawn(report: Report, item: pytest.Item, name: str) -> str:
    """Write the picture of a report; gives where it is, or why there is none: what fails here fails no test."""
    if report.graph is None:
        return ""
    try:
        from viz.picture.dot import draw

        if (made := folder(item)) is None:
            return ""
        path = made / name
        draw(report).save(path)
    except Exception as error:
        return f"no picture of the graph: {error}"
    return f"picture of the graph: {path}"


def folder(item: pytest.Item) -> Path | None:
    """Where the pictures of a test go, by whichever check it failed: a folder of its own, if pytest keeps any files.

    That is where its temporary folders are, else its cache. Pytest hands out the first by fixtures alone, which a test
    that is made, as those of an operation, does not have: so it is taken from where they have it.
    """
    temporary: pytest.TempPathFactory | None = getattr(item.config, "_tmp_path_factory", None)
    if temporary is not None:
        return temporary.mktemp(short(item.name))
    cache: pytest.Cache | None = getattr(item.config, "cache", None)
    if cache is None:
        return None
    made = cache.mkdir("gradcheck") / short(item.nodeid)
    made.mkdir(exist_ok=True)
    return made


def short(name: str) -> str:
    """A name as that of a folder: what tells tests apart stands at its end."""
    return re.sub(r"\W+", "_", name)[-LONGEST:]
