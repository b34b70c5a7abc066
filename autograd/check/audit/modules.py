"""Modules: a person's file as one: Python, or the code cells of a notebook."""

from __future__ import annotations

import importlib.util
import json
import linecache
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from autograd.check.audit.lines import raised_at

#: The name of the module. It is not ``__main__``: what stands below that line is not run.
NAME = "homework"

#: Lines that are for IPython: ``%matplotlib inline``, ``!pip install``, ``?np.dot``, ``np.dot?``.
MAGIC = re.compile(r"(\s*)(%{1,2}\w.*|[!?].*|[\w.]+\?{1,2}\s*)")

#: Magics of a whole cell that run it as Python.
PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")


def loaded(path: str) -> tuple[ModuleType, dict[str, str]]:
    """The module, and why cells of a notebook stopped, by name: what is behind them is run all the same."""
    sys.path.insert(0, str(Path(path).resolve().parent))
    return of_notebook(path) if path.endswith(".ipynb") else (of_python(path), {})


def of_python(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(NAME, path)
    if spec is None or spec.loader is None:
        raise ImportError("expected a Python file, whose name ends in .py, or a notebook, whose name ends in .ipynb")
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


def of_notebook(path: str) -> tuple[ModuleType, dict[str, str]]:
    module = ModuleType(NAME)
    vars(module)["display"] = lambda *_, **__: None  # which every notebook has
    sys.modules[NAME] = module
    stopped: dict[str, str] = {}
    for number, text in enumerate(code_cells(path), 1):
        file = f"{path} cell {number}"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        try:
            exec(compile(text, file, "exec"), vars(module))
        except Exception as error:  # a cell for another machine, or one that is yet to be written
            said = " ".join(f"it stopped with {type(error).__name__}: {error}".split())
            line = raised_at(error)
            stopped[f"cell {number}"] = f"{said}, {line}" if line else said
    return module, stopped


def code_cells(path: str) -> Iterator[str]:
    """The code in a notebook, cell by cell, line by line as it is there, without what is for IPython alone."""
    try:
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError("expected a notebook of nbformat 4, as Jupyter saves them") from error
    for text in texts:
        first = text.lstrip()
        is_other = first.startswith("%%") and not first.startswith(PYTHON_CELLS)
        lines = ["" if is_other else without_magic(line) for line in text.splitlines()]
        yield "\n".join(lines) + "\n"


def without_magic(line: str) -> str:
    match = MAGIC.fullmatch(line)
    return f"{match[1]}pass" if match else line
