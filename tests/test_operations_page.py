"""docs/operations.md is what the table says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import autograd

DOCS = Path(__file__).parent.parent / "docs"
CURE = "the page is not what the table says: run python docs/operations.py"


def test_the_page_of_operations_is_what_the_generator_writes() -> None:
    page = runpy.run_path(str(DOCS / "operations.py"))["page"]()
    assert page == (DOCS / "operations.md").read_text(encoding="utf-8"), CURE


def test_every_operation_has_its_section_and_every_link_its_heading() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(autograd.table), CURE
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^##+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings
    for file in re.findall(r"\]\(([^#)]*)\)", text):
        assert (DOCS / file).is_file()
