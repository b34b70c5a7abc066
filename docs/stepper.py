"""Take the picture of a stepper that the README shows: ``python docs/stepper.py`` writes ``docs/stepper.png``.

It needs the browser extra, and a chromium: ``STEPGRAD_BROWSER``, or the one on PATH.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

import viz
from autograd import Value

STEP = 6  #: where the gradient of q flows on to x


def main() -> None:
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    stepper = viz.step(f, lang="en")
    chromium = os.environ.get("STEPGRAD_BROWSER") or shutil.which("chromium")
    with TemporaryDirectory() as folder, sync_playwright() as play:
        page = Path(folder) / "page.html"
        stepper.save(page)
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 900, "height": 640}, color_scheme="light", reduced_motion="reduce")
        shown.goto(f"{page.as_uri()}#step={STEP}")
        shown.screenshot(path=Path(__file__).with_name("stepper.png"))
        browser.close()


if __name__ == "__main__":
    main()
