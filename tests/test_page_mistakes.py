"""Which mistake an answer comes from, over many small graphs at once: in the page, and the same in the terminal."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from browsing import Visits

import autograd
from autograd import Step, Timeline, Value, format_number, steps
from autograd.export import forms
from viz.language.words import words
from viz.page.document import static
from viz.page.lesson import code, lesson, literal
from viz.terminal.predict import verdict

EN = words("en")
SCRIPTS = ("mount.js", "numbers.js", "computation.js", "predict.js")


def small(seed: int) -> Value:
    """A few operations on a few whole numbers, of which some are used often."""
    rng = random.Random(seed)
    nodes = [Value(float(rng.choice([-3, -2, -1, 2, 3, 4, 7])), name) for name in "abc"[: rng.randint(1, 3)]]
    for _ in range(rng.randint(2, 7)):
        x, y = rng.choice(nodes), rng.choice([*nodes, nodes[-1], float(rng.randint(-3, 3))])
        kind = rng.choice("++-**t")
        nodes.append(
            x + y if kind == "+" else x - y if kind == "-" else x * y if kind == "*" else autograd.tanh(x * 0.25)
        )
    return nodes[-1]


class Question(NamedTuple):
    """A step that asks for a number, and the numbers that mistakes lead to, each with what is then said."""

    step: Step
    place: int  #: of the step
    whole: float | None  #: what the gradient ends with, where more is to come
    mistakes: list[tuple[float, str]]


def questions(timeline: Timeline) -> Iterator[Question]:
    names = timeline.graph.names
    ends = timeline.gradients
    came: dict[int | None, list[tuple[float, int]]] = defaultdict(list)
    for place, step in enumerate(timeline, start=1):
        if step.kind == "forward":
            yield Question(step, place, None, [(-step.after, EN.text("wrong_sign"))])
        if step.kind != "backward":
            continue
        assert None not in (step.target, step.nth, step.of)
        was, paid, up, local = (float(x) for x in (step.before, step.contribution, step.upstream, step.local))
        node, target = names[step.node], names[step.target]
        found = [(-step.after, EN.text("wrong_sign"))]
        if up < 0 or local < 0:
            found.append((was - paid, EN.text("wrong_sign")))
        if was:
            found.append((paid, EN.text("assign", before=format_number(was))))
            found.append((was, EN.text("missing_path", node=node)))
        if step.nth > 2:
            found += [(x, EN.text("one_path", node=names[by])) for x, by in came[step.target]]
        equation, slopes = timeline.graph.equations[step.node], timeline.graph.slopes[step.node] or ()
        for start in (was, 0.0):
            found.append((start + up, EN.text("missing_factor", node=node, ratio=f"∂{node}/∂{target}")))
            found.append((start + local, EN.text("missing_upstream", node=node)))
            for slot, (x, slope) in enumerate(zip(equation.inputs, slopes, strict=True)):
                if slot != step.input and slope is not None:
                    name = names[x] if isinstance(x, int) else format_number(x.data)
                    found.append((start + up * slope, EN.text("other_input", name=name)))
        came[step.target].append((paid, step.node))
        yield Question(step, place, ends[step.target] if step.nth < step.of else None, found)


def close(x: float, y: float, by: float = 0.02) -> bool:
    """As close that an answer may be meant for either."""
    return abs(x - y) <= by * max(abs(x), abs(y)) + 1e-3


Verdicts = Callable[[list[tuple[Timeline, list[tuple[Question, str]]]]], list[list[tuple[str, str]]]]


def in_the_page(page: Any) -> Verdicts:
    """The script's own verdicts, of all answers to all questions in one call: its kind, and what is said."""

    def verdicts(asked: list[tuple[Timeline, list[tuple[Question, str]]]]) -> list[list[tuple[str, str]]]:
        given = []
        for timeline, answers in asked:
            written = forms(timeline.graph)
            told = literal(lesson(timeline, written, "en", ())), literal([code(written)])
            given.append(f"[{told[0]},{told[1]}[0],{literal([[one.place, text] for one, text in answers])}]")
        texts = {"en": {"ordinals": "en", "texts": dict(EN.texts), "sentences": [], "phrases": {}}}
        found: list[list[tuple[str, str]]] = page.evaluate(
            f"""(() => {{ {"".join(map(static, SCRIPTS))}
            const say = speaking({literal(texts)});
            return [{",".join(given)}].map(([lesson, code, answers]) => {{
                const model = computation(lesson, code);
                const steps = model.steps("edge");
                return answers.map(([place, text]) => {{
                    const quiz = prediction(model, say);
                    const found = quiz.check(quiz.question(steps[place]), text);
                    return [found.kind, found.text];
                }});
            }}); }})()"""
        )
        return [[(kind, text) for kind, text in each] for each in found]

    return verdicts


def in_the_terminal(asked: list[tuple[Timeline, list[tuple[Question, str]]]]) -> list[list[tuple[str, str]]]:
    return [[verdict(timeline, one.step, text, EN) for one, text in answers] for timeline, answers in asked]


@pytest.fixture(params=["page", "terminal"])
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    if request.param == "terminal":
        return in_the_terminal
    visit: Visits = request.getfixturevalue("visit")
    return in_the_page(visit("<!DOCTYPE html><meta charset=utf-8>"))


@pytest.fixture(scope="module")
def asked() -> list[tuple[Timeline, list[Question]]]:
    timelines = [steps(small(seed)) for seed in range(150)]
    return [(timeline, list(questions(timeline))) for timeline in timelines]


Asked = list[tuple[Timeline, list[Question]]]


def test_no_right_answer_is_refused(verdicts: Verdicts, asked: Asked) -> None:
    """Neither in full nor rounded to three digits."""
    answers = [
        (
            timeline,
            [
                (one, text)
                for one in all_
                for text in (format_number(one.step.after), repr(float(one.step.after)), f"{one.step.after:.3g}")
            ],
        )
        for timeline, all_ in asked
    ]
    found = [kind for each in verdicts(answers) for kind, _ in each]
    assert len(found) > 3000
    assert set(found) == {"right"}


def test_the_whole_gradient_is_no_mistake_where_more_is_to_come(verdicts: Verdicts, asked: Asked) -> None:
    answers = [
        (
            timeline,
            [
                (one, format_number(one.whole))
                for one in all_
                if one.whole is not None and not close(one.whole, one.step.after)
            ],
        )
        for timeline, all_ in asked
    ]
    count = 0
    for (_, given), found in zip(answers, verdicts(answers), strict=True):
        for (one, _), (kind, text) in zip(given, found, strict=True):
            count += 1
            assert kind == "none"
            assert text == EN.text("whole_gradient", count=one.step.of, arrived=one.step.nth)
    assert count > 100


def test_the_mistake_that_is_told_is_one_that_was_made(verdicts: Verdicts, asked: Asked) -> None:
    """Where only one leads to a number, it is that one; and of a number that none leads to, none is told."""
    rng = random.Random(1)
    answers = []
    for timeline, all_ in asked:
        given = []
        for one in all_:
            numbers = [x for x, _ in one.mistakes] + [rng.uniform(-20, 20) for _ in range(3)]
            right = [one.step.after] + ([] if one.whole is None else [one.whole])
            given += [(one, format_number(x)) for x in numbers if not any(close(x, y) for y in right)]
        answers.append((timeline, given))
    told: dict[str, int] = defaultdict(int)
    for (_, given), found in zip(answers, verdicts(answers), strict=True):
        for (one, text), (kind, said) in zip(given, found, strict=True):
            x = float(text.replace("−", "-"))
            near = {what for y, what in one.mistakes if close(x, y)}
            exact = {what for y, what in one.mistakes if math.isclose(x, y, rel_tol=1e-3, abs_tol=1e-9)}
            assert kind == "wrong"
            assert said in near | ({EN.text("wrong_number")} if not exact else set()), (str(one.step), text)
            if len(near) == 1 and exact:
                assert said in near
                told[said.split(":")[0].split(" at ")[0].split(" through ")[0].split(" by ")[0].split(" to ")[0]] += 1
    assert len(told) == 7, told
    assert min(told.values()) > 5, told
