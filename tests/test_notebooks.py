"""The committed notebooks: complete, tidy, still true, and with exercises that know a right answer from a wrong one."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 400_000  # bytes: what a repository and a browser take without noticing; a stepper has 70,000 of them
BLANK = "answer = ..."

#: The answers to the exercises, in order. A notebook with exercises that is missing here fails.
ANSWERS = {
    "01_value": [-4, -12.03, 1, 0.25],
    "02_backward": [7, 2, 28, 1024, 81],
    "03_tensor": [16, 3, 9, 204],
    "04_gradient_checks": [1e-5, 4.5e6, -1, 2],
    "05_activations_and_losses": [0.16, -6, 0.6652, 13.7, 0.5514],
    "08_convolution": [3, 55, 4, 1, 4640],
    "06_training": [2.6, 10, 0.5, 7, 1024],
    "07_notes_0_to_4": [6, -2, 0.5, 3.4, 32],
    "10_teach": [12, 0.35],
}

#: What only one machine or one run has: home and temporary folders, installed packages, kernels, addresses.
PRIVATE = re.compile(
    r"/(?:home|Users|root|tmp|opt|usr|mnt|var)/\w|[A-Z]:\\\w|site-packages|ipykernel_|\b0x[0-9a-f]{6,}"
)
EMBEDDED = re.compile(r"base64,([A-Za-z0-9+/=]+)")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def outputs(path: Path) -> Iterator[dict[str, Any]]:
    for cell in code(path):
        yield from cell["outputs"]


def run(path: Path, answers: list[float] | None = None) -> list[str]:
    """What each code cell prints, as a plain program; with these answers filled in."""
    remaining = iter(answers or ())
    variables: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    for cell in code(path):
        source = text(cell["source"])
        if answers is not None and BLANK in source:
            source = source.replace(BLANK, f"answer = {next(remaining)}")
        with redirect_stdout(StringIO()) as out:
            try:
                exec(compile(source, cell["id"], "exec"), variables)
            except ModuleNotFoundError as missing:
                pytest.skip(f"{path.stem} needs {missing.name}: pip install 'stepgrad[notebooks]'")
        printed.append(out.getvalue())
    assert next(remaining, None) is None, "there are more answers than exercises"
    return printed


def verdicts(path: Path, printed: list[str]) -> list[str]:
    """The last line that each exercise prints."""
    return [
        lines.splitlines()[-1] for lines, cell in zip(printed, code(path), strict=True) if BLANK in text(cell["source"])
    ]


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= set(ANSWERS)


@each_notebook
def test_every_cell_ran_in_order(path: Path) -> None:
    cells = code(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))


@each_notebook
def test_nothing_failed_and_nothing_was_warned_about(path: Path) -> None:
    bad = [out for out in outputs(path) if out["output_type"] == "error" or out.get("name") == "stderr"]
    assert not bad


@each_notebook
def test_is_small(path: Path) -> None:
    assert path.stat().st_size < LARGEST


@each_notebook
def test_has_nothing_of_one_machine_or_one_run(path: Path) -> None:
    whole = path.read_text(encoding="utf-8")
    embedded = [base64.b64decode(data).decode("utf-8", "replace") for data in EMBEDDED.findall(whole)]
    assert embedded or "image/svg+xml" in whole, "no pictures"
    for part in (EMBEDDED.sub("", whole), *embedded):
        assert not PRIVATE.findall(part)
    notebook = read(path)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert not any(cell["metadata"] for cell in notebook["cells"])


@each_notebook
def test_links_lead_somewhere(path: Path) -> None:
    for cell in read(path)["cells"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", text(cell["source"]) if cell["cell_type"] == "markdown" else ""):
            assert (FOLDER / link).exists()


@each_notebook
def test_the_committed_text_is_what_the_code_prints(path: Path) -> None:
    committed = ["".join(text(out["text"]) for out in cell["outputs"] if "text" in out) for cell in code(path)]
    assert run(path) == committed


@each_notebook
def test_exercises_know_right_from_wrong(path: Path) -> None:
    answers = ANSWERS.get(path.stem, [])
    right = verdicts(path, run(path, answers))
    wrong = verdicts(path, run(path, [0] * len(answers)))
    assert [line.split()[0] for line in right] == ["Yes,"] * len(answers)
    assert [line.split()[0] for line in wrong] == ["Not"] * len(answers)
    assert all(line.startswith("Your turn") for line in verdicts(path, run(path)))
