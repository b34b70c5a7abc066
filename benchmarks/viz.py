"""The stepper's page: how large it is, how long it takes to make, to open in a browser, and to step in.

Run it with `python benchmarks/viz.py`; it needs a chromium, and playwright, which drives it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import _common

ENGINES = {"77": 77, "1000": 1_000, "10000": 10_000}  # a graph of so many nodes, or a few more
HEADINGS = ["nodes", "steps", "page: kB", "picture: kB", "make: s", "ready: s", "step: ms", "back: ms", "dot alone: s"]
NOTES = """\
Networks of tanh neurons, recorded as scalars. make: the graph is there, the page is not.
ready: from navigation to the end of the page's script and the first paint after it, in a browser with no network.
step, back: the median of clicks on the button, the layout of what changed included, three quarters through the steps.
dot alone: the layout of the same graph by viz.draw, which peers that draw graphs do, and no more."""


def network(nodes: int) -> Any:
    """Layers of neurons with tanh until there are so many nodes; one output."""
    sys.path[0] = str(_common.ROOT)  # this file has the name of the package
    from autograd import Graph, Value, sum, tanh

    xs = [Value(0.5, "x1"), Value(-1.0, "x2")]
    width = max(3, round((nodes / 12) ** 0.5))
    output, k = xs[0], 0
    while len(Graph.of(output)) < nodes:
        k += 1
        xs = [
            tanh(sum([Value(0.3 * ((i + j + k) % 5) - 0.6) * x for j, x in enumerate(xs)]) + 0.1) for i in range(width)
        ]
        output = sum(xs)
    return output


def measure(nodes: int, clicks: int = 15) -> dict[str, Any]:
    """The figures of one page, in a browser of its own."""
    output = network(nodes)
    from playwright.sync_api import sync_playwright

    import viz

    start = time.perf_counter()
    stepper = viz.step(output)
    html = stepper.html()
    made = time.perf_counter()
    viz.draw(output)._repr_mimebundle_()
    dotted = time.perf_counter()
    picture = html.partition("<svg role")[2].partition("</svg>")[0]
    chromium = os.environ.get("STEPGRAD_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.goto("about:blank")
        page.goto(file.as_uri(), timeout=600_000)
        ready = page.evaluate(PAINTED)
        times = page.evaluate(STEPPED, clicks)
        browser.close()
    return {
        "nodes": len(stepper.timeline.graph),
        "steps": len(stepper.timeline),
        "bytes": len(html.encode()),
        "picture": len(picture),
        "make": made - start,
        "ready": ready / 1000,
        "step": times["next"],
        "back": times["back"],
        "dot": dotted - made,
    }


#: Milliseconds from navigation to the paint that follows the script.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
#: The median of clicks, each with the layout that follows.
STEPPED = """async (clicks) => {
    const root = document.querySelector("[id^=stepgrad]").shadowRoot;
    const slider = root.querySelector("input[type=range]");
    slider.value = Math.floor(slider.max * 0.75);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const paint = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const median = async (go) => {
        const times = [];
        for (let k = 0; k < clicks; k += 1) {
            await paint();
            const start = performance.now();
            root.querySelector(`[data-go=${go}]`).click();
            root.host.getBoundingClientRect();
            times.push(performance.now() - start);
        }
        return times.sort((x, y) => x - y)[clicks >> 1];
    };
    return { next: await median("next"), back: await median("back") };
}"""


def row(samples: list[dict[str, Any]]) -> list[str]:
    """A line of the table."""
    m = _common.medians(samples)
    sizes = [f"{m['nodes']:,.0f}", f"{m['steps']:,.0f}", f"{m['bytes'] / 1000:,.0f}", f"{m['picture'] / 1000:,.0f}"]
    return [*sizes, f"{m['make']:.2f}", f"{m['ready']:.2f}", f"{m['step']:.1f}", f"{m['back']:.1f}", f"{m['dot']:.2f}"]


def main() -> None:
    options = _common.arguments(__doc__ or "", list(ENGINES), rounds=3).parse_args()
    if options.worker:
        return _common.reply(lambda: measure(ENGINES[options.worker]))
    answers = _common.take_turns(
        options.only, options.rounds, lambda name: _common.run_worker(__file__, Path(sys.executable), name)
    )
    print(_common.machine())
    print(_common.table(HEADINGS, [row(samples) for samples in answers.values() if samples]))
    print(NOTES)
    return None


if __name__ == "__main__":
    main()
