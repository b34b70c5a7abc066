"""The layers: inside a package a file imports only files above it; the packages meet by public names alone."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd", "nn", "viz")


def listed(package: str) -> list[str]:
    """The files of a package in the order of CONTRIBUTING's list; a folder stands after its files."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    head, block = re.search(rf"^    {package}/ *(.*)\n((?:      .*\n)*)", text, re.M).groups()  # type: ignore[union-attr]
    order = head.split(", ") if head else []
    for name, kind, what, inside in re.findall(r"^ {6}(\w+)(/|\.py) +(.*)\n((?: {8}.*\n)*)", block, re.M):
        if kind == "/":
            order += [f"{name}.{file}" for line in inside.splitlines() or [what] for file in files_of(line)]
        order.append(name)
    return order


def files_of(line: str) -> list[str]:
    """The files that stand behind a colon, and the folder inside that they are of, if the line begins with one."""
    head, _, names = line.strip().rpartition(": ")
    folder = re.match(r"(\w+)/", head)
    files = names.split(", ")
    return [*(f"{folder[1]}.{file}" for file in files), folder[1]] if folder else files


PLACES = [(package, name) for package in PACKAGES for name in listed(package)]


def modules(package: str) -> dict[str, Path]:
    """The files of a package by dotted name, without the package's own."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """What a file imports, for its types too: module, and the name taken from it."""

    def visit(node: ast.AST) -> Iterator[tuple[str, str | None]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            assert node.module is not None
            yield from ((node.module, alias.name) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from visit(child)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")))


def imported_modules(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of this project that a file imports: ``from autograd import codegen`` is one too."""
    found = set()
    for module, name in imports(path):
        if f"{module}.{name}" in known:
            found.add(f"{module}.{name}")
        elif module in known:
            found.add(module)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_has_its_place_in_the_list(package: str) -> None:
    there, places = set(modules(package)) - {package}, {f"{package}.{name}" for name in listed(package)}
    assert there - places == set(), "add to the list in CONTRIBUTING.md"
    assert places - there == set(), "take out of the list in CONTRIBUTING.md"
    assert len(places) == len(listed(package))


def test_every_file_of_the_table_is_imported() -> None:
    files = {path.stem for path in (ROOT / "autograd" / "ops").glob("*.py")} - {"__init__"}
    assert files == set(importlib.import_module("autograd.ops").__all__), "name them in autograd/ops/__init__.py"


@pytest.mark.parametrize(("package", "name"), PLACES)
def test_a_file_imports_only_what_stands_before_it(package: str, name: str) -> None:
    known, order = modules(package), listed(package)
    before = {f"{package}.{other}" for other in order[: order.index(name)]}
    assert imported_modules(known[f"{package}.{name}"], known) <= before


def outside(package: str, without: str | None = None) -> set[str]:
    """The top-level packages that a package, without one part of it, imports beside the standard library and itself."""
    paths = [path for name, path in modules(package).items() if without is None or not f"{name}.".startswith(without)]
    found = {module.partition(".")[0] for path in paths for module, _ in imports(path)}
    return found - set(sys.stdlib_module_names) - {package}


def test_autograd_needs_numpy_alone() -> None:
    assert outside("autograd", without="autograd.check.") == {"numpy"}


#: What the extra `check` is.
CHECK = {"flint", "hypothesis", "mpmath"}


def test_the_checks_need_their_extra_alone() -> None:
    assert outside("autograd") <= {"numpy"} | CHECK


def test_importing_autograd_imports_nothing_of_the_checks() -> None:
    code = "import autograd, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not CHECK & {name.partition(".")[0] for name in loaded}
    assert not [name for name in loaded if f"{name}.".startswith("autograd.check.")]


def test_nn_needs_numpy_and_what_shows_and_saves_a_training() -> None:
    assert outside("nn") <= {"autograd", "numpy", "matplotlib", "safetensors", "sklearn", "tqdm"}


def test_importing_nn_imports_none_of_these() -> None:
    code = "import nn, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {name.partition(".")[0] for name in loaded} & {"matplotlib", "safetensors", "sklearn", "tqdm"}


def test_viz_needs_autograd_and_its_own_tools_and_not_nn() -> None:
    assert outside("viz") <= {
        "autograd",
        "numpy",
        "graphviz",
        "graphviz_pure",
        "latex2mathml",
        "rich",
        "IPython",
        "pytest",
        "hypothesis",
    }


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_other_packages_use_public_names_of_autograd_alone(package: str) -> None:
    public = {
        module: set(importlib.import_module(module).__all__)
        for module in ("autograd", "autograd.check", "autograd.export")
    }
    public["autograd"] |= set(importlib.import_module("autograd").table)
    for path in modules(package).values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for module, name in imports(path):
            if module.partition(".")[0] == "autograd":
                assert module in public, f"{path.name} imports {module}"
                assert name is None or name in public[module], f"{path.name} imports {name} from {module}"
        for node in ast.walk(tree):  # autograd.name
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "autograd":
                assert node.attr in public["autograd"], f"{path.name} uses autograd.{node.attr}"


def linted(name: str) -> Any:
    """The linter's order: CONSTANTS, then Classes, then functions; log2 before log10."""
    parts = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
    return not name.isupper(), not name[0].isupper(), parts


@pytest.mark.parametrize("package", [*PACKAGES, "autograd.check", "autograd.ops", "autograd.export"])
def test_all_is_sorted_complete_and_without_repeats(package: str) -> None:
    module = importlib.import_module(package)
    names = module.__all__
    assert names == sorted(names, key=linted)
    assert len(names) == len(set(names))
    assert all(hasattr(module, name) for name in names)


def test_every_operation_of_the_table_is_public() -> None:
    """By imports that are written out, so that editors and type checkers know them."""
    autograd, nn = importlib.import_module("autograd"), importlib.import_module("nn")
    for module in autograd.ops.__all__:
        imported = {name for _, name in imports(ROOT / "autograd" / "ops" / f"{module}.py")}
        for name, op in vars(getattr(autograd.ops, module)).items():
            if isinstance(op, autograd.Op) and name not in imported and op.name == name:
                line = f"from autograd.ops.{module} import {name}"
                assert getattr(autograd, name, None) is op, f"add to autograd/__init__.py: {line}"
    for name in autograd.table:
        is_listed = name in (*autograd.__all__, *nn.__all__)
        if hasattr(builtins, name):
            assert not is_listed, f"take out of __all__ in autograd/__init__.py: {name!r}, a name of Python's own"
        else:
            assert is_listed, f"add to __all__ in autograd/__init__.py: {name!r}"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_star_import_hides_nothing_of_pythons_own(package: str) -> None:
    assert not set(importlib.import_module(package).__all__) & set(dir(builtins))


def test_every_composition_is_public() -> None:
    autograd, compositions = (
        importlib.import_module("autograd"),
        importlib.import_module("autograd.composition").compositions,
    )
    for name, function in compositions.items():
        assert getattr(autograd, name, None) is function, f"import it in autograd/__init__.py: {name!r}"
        assert name in autograd.__all__ or hasattr(builtins, name), f"add to __all__ in autograd/__init__.py: {name!r}"


def test_the_tests_are_no_package() -> None:
    assert not (ROOT / "tests" / "__init__.py").exists(), "a tests/autograd would shadow autograd"
