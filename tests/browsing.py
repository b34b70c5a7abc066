"""A real browser for tests: which one, pages opened in it, and what a stepper shows in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# Where STEPGRAD_BROWSER names a browser, as in CI, it has to be driven: nothing is skipped.
ASKED = os.environ.get("STEPGRAD_BROWSER")
CHROMIUM = ASKED or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def launched() -> Iterator[Any]:
    """A browser; without one, or without what drives it, the test is skipped with the reason."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if ASKED is not None:
            raise
        pytest.skip("playwright is not installed: pip install stepgrad[browser]")
    if ASKED == "":
        pytest.fail("STEPGRAD_BROWSER is empty: give the path of a chromium", pytrace=False)
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: install it, or name it in STEPGRAD_BROWSER")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


class Visits:
    """Opens HTML in pages that have no network, and keeps what they complain about and ask for."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser, self.file = browser, folder / "page.html"
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def __call__(self, html: str, *, fragment: str = "", **options: Any) -> Any:
        self.close()
        context = self.browser.new_context(offline=True, **options)
        self.contexts.append(context)
        page = context.new_page()
        address = self.file.as_uri()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, address))
        self.file.write_text(html, encoding="utf-8")
        page.goto(address + fragment)
        return page

    def _asked(self, url: str, address: str) -> None:
        if url.partition("#")[0] != address and not url.startswith("data:"):
            self.complaints.append(f"asked for {url[:200]}")

    def close(self) -> None:
        """Every page is closed: there is one at a time."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()


#: The text of an element, a formula among it, in one line: (a)/(b), a^(b). Blanks do not count.
READ = """
const linear = (e) => {
    const inside = [...e.childNodes].map((one) => one.nodeType === 3 ? one.textContent : linear(one));
    if (e.localName === "mfrac") return `{${inside[0]}}/{${inside[1]}}`;
    if (e.localName === "msup") return `${inside[0]}^{${inside[1]}}`;
    if (e.localName === "msub") return `${inside[0]}_{${inside[1]}}`;
    return inside.join("");
};
const flat = (e) => linear(e).replace(/\\s/g, "");
const texts = (e, selector) => [...e.querySelectorAll(selector)].map((one) => one.textContent);
const seen = (section) => ({
    kind: section.dataset.kind,
    count: section.querySelector(".count").textContent,
    lines: [...section.querySelectorAll(".formula .line")].map(flat),
    sentence: section.querySelector(".sentence").textContent,
    source: section.querySelector(".source").textContent,
    ledger: [...section.querySelectorAll(".ledger tbody tr")].map((row) => [row.className, ...texts(row, "td")]),
    cards: Object.fromEntries([...section.querySelectorAll(".node")].filter((one) => /^n\\d+$/.test(one.id))
        .map((one) => [one.id.slice(1), [texts(one, ".data"), texts(one, ".grad")]])),
    lit: [...section.querySelectorAll(".edge.lit")].map((one) => one.id),
    now: [...section.querySelectorAll(".node.now")].map((one) => one.id),
    pills: texts(section, ".pill text"),
});
"""
SEEN = f"(section) => {{ {READ} return seen(section); }}"
WALK = f"""(section) => {{
    {READ}
    const next = section.querySelector("[data-go=next]");
    const found = [seen(section)];
    while (!next.disabled) {{ next.click(); found.push(seen(section)); }}
    return found;
}}"""


def seen(page: Any) -> Any:
    """What the stepper of a page shows now."""
    return page.locator("section.stepper").evaluate(SEEN)


def walked(page: Any) -> Any:
    """What it shows at each step from here to the end, by clicks on the button."""
    return page.locator("section.stepper").evaluate(WALK)
