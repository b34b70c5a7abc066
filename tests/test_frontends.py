"""The stepper in JupyterLab, Notebook, Visual Studio Code, Colab, pages of nbconvert, marimo; trusted and not."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from browsing import Visits

import viz

SCRIPT = """\
from autograd import Value
import viz
x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
q = x + y
f = q * z
"""
MARIMO = """\
import marimo
app = marimo.App()


@app.cell
def _():
{}
    import marimo as mo
    stepper = viz.step(f)
    mo.vstack([stepper, mo.iframe(stepper.html())])
    return


if __name__ == "__main__":
    app.run()
"""
ROOT = Path(__file__).parent.parent


def needs(*packages: str) -> None:
    """Skips where these are not installed, and says so."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install stepgrad[frontends]")


def executed(folder: Path) -> Path:
    """A notebook with a stepper, that was run."""
    import nbclient
    import nbformat

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"{SCRIPT}viz.step(f)")])
    nbclient.NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute(
        env=environment(folder)
    )
    (outputs,) = (cell.outputs for cell in book.cells)
    assert set(outputs[0].data) == {"text/plain", "text/html"}
    nbformat.write(book, folder / "book.ipynb")
    return folder / "book.ipynb"


def environment(folder: Path) -> dict[str, str]:
    """Settings and trust of these tests alone."""
    home = {
        name: str(folder / name.lower())
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "XDG_CONFIG_HOME")
    }
    return {**os.environ, **home, "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(command: list[str], folder: Path, path: str) -> Iterator[str]:
    """A server of the front end, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    server = subprocess.Popen([*command, f"--port={port}"], cwd=folder, env=environment(folder), stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}{path}"
    try:
        for _ in range(300):
            if server.poll() is not None:
                pytest.fail(f"the server ended: {(folder / 'log').read_text()[-2000:]}")
            try:
                urlopen(address, timeout=5).close()
                break
            except (URLError, OSError):
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


#: JupyterLab and Notebook 7: what starts each, and where a notebook is in it.
JUPYTER = {"jupyterlab": "/doc/tree/book.ipynb", "notebook": "/notebooks/book.ipynb"}
OPEN = ["--no-browser", "--allow-root", "--ServerApp.token=", "--ServerApp.password="]


@pytest.fixture(params=JUPYTER)
def jupyter(request: Any, browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A notebook in one of them, which was run elsewhere, and so is not trusted."""
    needs(request.param, "nbclient", "ipykernel")
    executed(tmp_path)
    with serving([sys.executable, "-m", request.param, *OPEN], tmp_path, JUPYTER[request.param]) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1000})
        page = context.new_page()
        page.goto(address)
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        yield page
        context.close()


def run_cell(page: Any) -> Any:
    """Runs the cell, once the kernel is there; what is pressed before is lost."""
    page.get_by_text("Python 3 (ipykernel)").first.wait_for(timeout=60_000)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=60_000)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    stepper = page.locator(".jp-OutputArea section.stepper")
    stepper.wait_for(timeout=60_000)
    return stepper


def test_untrusted_it_lists_readable_steps(jupyter: Any) -> None:
    output = jupyter.locator(".jp-OutputArea-output")
    frames = output.locator("details")
    frames.first.wait_for(timeout=30_000)
    assert jupyter.locator("section.stepper").count() == 0
    assert frames.count() == 6
    assert "∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4" in output.inner_text()
    assert output.locator("img").evaluate("(image) => image.complete && image.naturalWidth > 100")


def test_run_it_steps(jupyter: Any) -> None:
    stepper = run_cell(jupyter)
    stepper.locator("[data-go=next]").click()  # from here on it has the keys, which the notebook had
    assert stepper.locator(".count").text_content() == "1 / 7"
    for expected in ("2 / 7", "3 / 7"):
        stepper.press("ArrowRight")
        assert stepper.locator(".count").text_content() == expected
    stepper.press("End")
    assert stepper.locator("#n0 .grad").text_content() == "∂ −4"


def test_what_is_typed_into_it_is_no_command_of_the_notebook(jupyter: Any) -> None:
    stepper = run_cell(jupyter)
    cells = jupyter.locator(".jp-Cell").count()
    stepper.locator(".find").click()
    for key in "abxdd":
        jupyter.keyboard.press(key)
    assert stepper.locator(".find").input_value() == "abxdd"
    assert jupyter.locator(".jp-Cell").count() == cells
    stepper.locator(".predict").check()
    stepper.press("Home")
    for key in ("ArrowRight", "ArrowDown", "End"):
        stepper.press(key)
    assert jupyter.locator(".jp-Cell").count() == cells


def converted(folder: Path) -> str:
    needs("nbconvert", "nbclient", "ipykernel")
    book = executed(folder)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level=ERROR", str(book)]
    subprocess.run(command, check=True, env=environment(folder), cwd=folder)
    html = book.with_suffix(".html").read_text(encoding="utf-8")
    return re.sub(r"<script[^>]+src=[^>]*>\s*</script>", "", html)  # MathJax, RequireJS: there is no network


def test_the_html_of_nbconvert_steps(browser: Any, tmp_path: Path) -> None:
    page = Visits(browser, tmp_path)(converted(tmp_path))  # its own complaints are none of ours
    stepper = page.locator("section.stepper")
    stepper.press("End")
    assert stepper.locator(".count").text_content() == "7 / 7"


def test_the_html_of_nbconvert_without_scripts_lists(browser: Any, tmp_path: Path) -> None:
    html = re.sub(r"<script.*?</script>", "", converted(tmp_path), flags=re.S)
    page = Visits(browser, tmp_path)(html)
    assert page.locator("details").count() == 6
    page.locator("details summary").nth(4).click()
    assert page.locator("details p").nth(0).count() == 1
    assert page.locator("section.stepper").count() == 0


def test_marimo_lists_it_and_steps_in_a_frame(browser: Any, tmp_path: Path) -> None:
    needs("marimo")
    (tmp_path / "app.py").write_text(MARIMO.format(indent(SCRIPT, "    ")), encoding="utf-8")
    command = [sys.executable, "-m", "marimo", "run", "app.py", "--headless", "--no-token", "--host=127.0.0.1"]
    with serving(command, tmp_path, "/") as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1000})
        page = context.new_page()
        page.goto(address)
        frames = page.locator("details")
        frames.first.wait_for(timeout=60_000)
        assert frames.count() == 6
        assert "6. ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4" in frames.locator("summary").all_text_contents()
        picture = page.locator("img[alt*='computation graph']")
        assert picture.evaluate("(image) => image.complete && image.naturalWidth > 100")
        stepper = page.frame_locator("iframe").locator("section.stepper")
        stepper.press("End")
        assert stepper.locator(".count").text_content() == "7 / 7"
        context.close()


#: The page that Visual Studio Code shows outputs in, with the policy that it can be set to; and that of Colab, a frame.
WEBVIEW = """<!DOCTYPE html><html lang="en" style="--vscode-editor-background:{back};--vscode-editor-foreground:{ink}">
<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none';
 script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src https: http: data:; connect-src https:;
 child-src https: data:"></head><body class="vscode-body {theme}"><div id="container"></div></body></html>"""
COLAB = """<!DOCTYPE html><html theme="{theme}"><head><meta charset="utf-8"></head><body>{output}</body></html>"""
IS_DARK = """(section) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = getComputedStyle(section).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data[0] < 80;
}"""


def output() -> str:
    """The HTML of a stepper, as a notebook has it."""
    from autograd import Value

    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    return viz.step((x + y) * z)._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("theme", "back", "ink"), [("vscode-light", "#ffffff", "#3b3b3b"), ("vscode-dark", "#1f1f1f", "#cccccc")]
)
def test_it_steps_as_visual_studio_code_shows_it(browser: Any, tmp_path: Path, theme: str, back: str, ink: str) -> None:
    visit = Visits(browser, tmp_path)
    page = visit(WEBVIEW.format(theme=theme, back=back, ink=ink))
    page.evaluate(  # HTML is put in, where scripts sleep; then each is made anew, and taken away once it has run
        """(html) => {
            const element = document.getElementById("container").appendChild(document.createElement("div"));
            element.innerHTML = html;
            for (const script of [...element.getElementsByTagName("script")]) {
                const again = document.createElement("script");
                again.text = script.innerText;
                element.appendChild(again).remove();
            }
            addEventListener("keydown", () => document.body.append("a command of the editor"));
        }""",
        output(),
    )
    stepper = page.locator("section.stepper")
    for key in (" ", " ", "ArrowRight", "End"):
        stepper.press(key)
    assert stepper.locator(".count").text_content() == "7 / 7"
    assert stepper.locator("#n0 .grad").text_content() == "∂ −4"
    assert stepper.evaluate(IS_DARK) == (theme == "vscode-dark")
    assert "a command" not in page.locator("body").inner_text()
    assert visit.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_steps_in_the_frame_that_colab_shows_it_in(browser: Any, tmp_path: Path, theme: str) -> None:
    framed = escape(COLAB.format(theme=theme, output=output()))
    visit = Visits(browser, tmp_path)
    page = visit(f'<!DOCTYPE html><iframe sandbox="allow-scripts" width="900" height="900" srcdoc="{framed}"></iframe>')
    stepper = page.frame_locator("iframe").locator("section.stepper")
    stepper.press("End")
    assert stepper.locator(".count").text_content() == "7 / 7"
    assert stepper.evaluate(IS_DARK) == (theme == "dark")
    assert visit.complaints == []
