"""A recorded training as a page: its iterations, and in each every step, down to the edge, and the update."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from autograd import GraphError, Iteration, Recording, format_number
from viz.language.words import Words, words
from viz.model.view import printable, shorten
from viz.page.document import Document, Parts, text
from viz.page.runs import Told, indexed, lined, runs, section, table

MOST = 200  #: iterations in one page; of more, every so many
FEW = 12  #: iterations in its table


@dataclass(frozen=True, repr=False, eq=False)
class Training(Document):
    """A recorded training: its iterations, and inside of each every step, down to the edge, and the update.

    >>> from autograd import Recording, Value
    >>> import viz
    >>> w = Value(2.0)
    >>> run = Recording([w])
    >>> for _ in range(2):
    ...     w.grad = 0.0
    ...     loss = (w - 5) ** 2
    ...     loss.backward()
    ...     run.take(loss)
    ...     w.data -= 0.25 * w.grad
    >>> viz.step(run)
    Training(2 iterations: print it, show it in a notebook, or save it as a page)
    """

    recording: Recording
    lang: str | None = None

    def __str__(self) -> str:
        shown, say = list(zip(self.recording, self.recording.rates, strict=True))[-FEW:], words(self.lang)
        if not shown:
            return str(self.recording)
        is_all = len(self.recording) == len(shown)
        head = [] if is_all else [say.text("last_iterations", shown=len(shown), count=len(self.recording))]
        return "\n".join([*head, *lined(cells(shown, say))])

    def __repr__(self) -> str:
        return f"Training({len(self.recording)} iterations: print it, show it in a notebook, or save it as a page)"

    @cached_property
    def _parts(self) -> Parts:
        every = -(-len(self.recording) // MOST) or 1
        shown = list(zip(self.recording, self.recording.rates, strict=True))[::every]
        if not shown:
            raise GraphError("step: expected a recording of iterations, got none: take(loss) each of them")
        count = self.recording[-1].number
        say = words(self.lang)
        all_told = [told(iteration, rate, count, say) for iteration, rate in shown]
        return runs(all_told, lambda lang, _: summary(shown[-FEW:], lang), {}, say)


def told(iteration: Iteration, rate: float | None, count: int, say: Words) -> Told:
    """An iteration with its update, and what the gradients held beside what its sweep gave them."""
    graph = iteration.graph
    stale = {graph.names.index(name): extra for name, extra in iteration.stale.items()}
    held = {i: graph.grads[i] for i in iteration.beside if i not in stale and i in iteration.parameters}
    forgotten = [i for i in stale if i in iteration.parameters]
    more = {
        "iteration": [iteration.number, count],
        "rate": rate,
        "by": printable(iteration.by),
        "stale": indexed(stale),
        "forgotten": forgotten,
    }
    notes = [change(iteration, i, rate) for i in iteration.after]
    if forgotten:
        notes.append(say.text("stale", names=shorten(", ".join(graph.names[i] for i in forgotten), 80)))
    title = say.text("iteration", k=iteration.number, count=count)
    return Told(title, iteration.timeline, notes, dict(iteration.after), held, more)


def change(iteration: Iteration, index: int, rate: float | None) -> str:
    """The update of a parameter as a line: "w ← 2 − 0.1 · 3 = 1.7"."""
    was, now, grad = iteration.graph.data[index], iteration.after[index], iteration.graph.grads[index]
    by = f"+ {enclosed(now - was)}" if rate is None else f"− {enclosed(rate)} · {enclosed(grad)}"
    return f"{iteration.graph.names[index]} ← {format_number(was)} {by} = {format_number(now)}"


def enclosed(number: float) -> str:
    """A number behind an operator: in parentheses, if it has a sign of its own.

    >>> enclosed(-0.5), enclosed(0.5)
    ('(−0.5)', '0.5')
    """
    text = format_number(number)
    return f"({text})" if text.startswith("−") else text


def summary(shown: list[tuple[Iteration, float | None]], say: Words) -> str:
    """The iterations as a table of HTML."""
    head, *rows = cells(shown, say)
    return section(table(head, [list(map(text, row)) for row in rows]), say)


def cells(shown: list[tuple[Iteration, float | None]], say: Words) -> list[list[str]]:
    """The iterations as a table: what became less, how far each update went, and what was left over."""
    stale = [
        [x.graph.names[i] for i in x.beside if i in x.parameters and x.graph.names[i] in x.stale] for x, _ in shown
    ]
    head = [say.text("iteration_label"), shown[0][0].graph.names[shown[0][0].graph.outputs[0]]]
    head += [say.text("gradient_size"), say.text("update_size"), say.text("rate")]
    rows = [head]
    for (each, rate), left in zip(shown, stale, strict=True):
        numbers = (each.loss, each.gradient_size, each.update_size)
        rows.append([str(each.number), *map(format_number, numbers), "–" if rate is None else format_number(rate)])
        rows[-1].append(shorten(", ".join(left), 40) if left else "")
    if not any(stale):
        return [row[:5] for row in rows]
    head.append(say.text("left_over"))
    return rows
