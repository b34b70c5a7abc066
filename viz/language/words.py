"""The language of a reader: chosen by argument or by the environment; its texts and sentences are data, a file each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from autograd import ordinal
from viz.inputs import one_of, text

#: The languages that ship, English first: the sentences of the table are written in it.
LANGUAGES = ("en", "zh")

#: What says which language is meant, where nobody does; the first that is set decides.
VARIABLES = ("STEPGRAD_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

#: That which is set for this program: a machine's own must not change what programs compare.
OURS = VARIABLES[:1]


#: The fields of a phrase that are phrases themselves.
PARTS = frozenset(("part", "rest"))


@dataclass(frozen=True, slots=True)
class Words:
    """All that is said in one language.

    ``texts`` are templates by key, with fields in braces. ``sentences`` are those of operations, by the English ones;
    ``phrases`` are what else the engine says, by the English templates.
    """

    lang: str
    name: str
    ordinals: str
    texts: Mapping[str, str]
    sentences: Mapping[str, str]
    phrases: Mapping[str, str]

    def text(self, key: str, **fields: Any) -> str:
        """The text of that key, with its fields filled in; ``nth`` counts as the language does.

        >>> words("en").text("nth_of", nth=2, count=3), words("zh").text("nth_of", nth=2, count=3)
        ('2nd of 3', '第 2 笔，共 3 笔')

        Raises `KeyError` for a key that is none, and for a field that is missing.
        """
        if "nth" in fields and self.ordinals == "en":
            fields["nth"] = ordinal(fields["nth"])
        return self.texts[key].format_map(fields)

    def sentence(self, english: str) -> str:
        """What a step says, in this language; the sentence of a person's own operation stays as that person wrote it.

        >>> words("zh").sentence("negate flips the sign of the gradient")
        '取负把梯度变号'
        >>> words("zh").sentence("doubles the gradient")
        'doubles the gradient'
        """
        return self.sentences.get(english, english)

    def phrase(self, english: str) -> str:
        """What the engine says with names and numbers in it: a group's title, why a timeline ends; anything else stays.

        >>> words("zh").phrase("layer 1 · neuron 3"), words("zh").phrase("layers.0")
        ('第 1 层 · 第 3 个神经元', 'layers.0')
        """
        for template, said in self.phrases.items():
            if found := pattern(template).fullmatch(english):
                parts = found.groupdict()
                return said.format_map(parts | {name: self.phrase(parts[name]) for name in PARTS & parts.keys()})
        return english

    def formula(self, written: str) -> str:
        """A formula, of which nothing is said in words but what large arrays are.

        >>> words("zh").formula("y = exp(array of 3×9)")
        'y = exp(3×9 的数组)'
        """
        return re.sub(r"\barray of [\d×]+", lambda found: self.phrase(found[0]), written)


def words(lang: str | None = None, name: str = "lang", variables: Sequence[str] = VARIABLES) -> Words:
    """The words of a language, said as people and systems do (``"zh"``, ``"zh-CN"``); None: that of the environment.
    ``name`` is that of the argument that asks, ``variables`` are those that count.

    There ``STEPGRAD_LANG`` decides, else ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``; what is no language of ours means
    English.

    >>> words("zh").text("gradients"), words("en").text("gradients")
    ('梯度', 'Gradients')

    Raises `ValueError` for another language, `TypeError` for what is no text.
    """
    if lang is not None:
        return read(one_of(LANGUAGES, code(text(lang, name)), name))
    found = code(next(filter(None, map(os.environ.get, variables)), ""))
    return read(found if found in LANGUAGES else LANGUAGES[0])


def writable(said: Words, encoding: str | None) -> Words:
    """The same words, or English where their letters cannot be written: nobody could read what stood for them.

    >>> writable(words("zh"), "ascii").lang, writable(words("zh"), "utf-8").lang
    ('en', 'zh')
    """
    try:
        said.name.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return read(LANGUAGES[0])
    return said


def code(tag: str) -> str:
    """The language alone, without a country, a script or an encoding.

    >>> code("zh_CN.UTF-8"), code("zh-Hans"), code("EN"), code("C")
    ('zh', 'zh', 'en', 'c')
    """
    return re.split(r"[-_.@]", tag)[0].lower()


@cache
def read(lang: str) -> Words:
    """The words of a language, from its file, which has the texts in groups."""
    found = json.loads(files("viz.language").joinpath(f"{lang}.json").read_text(encoding="utf-8"))
    texts = {key: text for group in found["texts"].values() for key, text in group.items()}
    return Words(lang, found["name"], found["ordinals"], texts, found["sentences"], found["phrases"])


@cache
def pattern(template: str) -> re.Pattern[str]:
    """What a template matches."""
    pieces = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{x}>.+?)" if k % 2 else re.escape(x) for k, x in enumerate(pieces)), re.DOTALL)
