"""One Hypothesis profile for every test: the same examples on each run, and no deadline on a busy machine.

``pytest --hypothesis-profile=explore`` looks further, with new examples each time.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Visits, launched
from hypothesis import HealthCheck, settings

from viz.picture.render import renderer

# The tests run on all cores already, and threads of BLAS would fight for them: the processes of xdist inherit this.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# What is said is compared with what is expected in English, whatever the language of this machine.
os.environ["STEPGRAD_LANG"] = "en"

settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("explore", settings.get_profile("tests"), derandomize=False, max_examples=2000)
settings.load_profile("tests")


@pytest.fixture(params=["dot", "graphviz-pure"])
def each_renderer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The test runs once with each renderer, where this machine has it."""
    if request.param == "graphviz-pure":
        monkeypatch.setenv("PATH", str(tmp_path))
    if renderer() != request.param:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def no_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test runs as on a machine that has none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, for the tests of a file."""
    with launched() as started:
        yield started


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Visits]:
    """Opens HTML in a page; at the end nothing may have been complained about, and nothing asked for."""
    visits = Visits(browser, tmp_path)
    yield visits
    visits.close()
    assert visits.complaints == []
