"""The SVG of a renderer, made small and the same whichever it was: centred texts, known classes and fonts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from viz.model.marks import Mark
from viz.model.view import Card, View, printable
from viz.picture.card import DARK, FOUND, INK, SIZE, border, colours

SVG = "{http://www.w3.org/2000/svg}"
FONTS = "Arial, Helvetica, Liberation Sans, Arimo, sans-serif"
THEMED = "stepgrad-graph"  #: the class of a picture that follows the theme
ROUND, ROUND_BADGE = "7", "5"
NUMBER = r"-?\d+(?:\.\d+)?"

ElementTree.register_namespace("", SVG[1:-1])

Box = tuple[float, float, float, float]  # left, top, right, bottom


def tidy(svg: bytes, shown: View) -> str:
    """The picture of a view, with every text centred where it belongs, and a class on each part.

    Renderers guess the widths of some characters differently; where they put the boxes is all that is needed.
    Cards and edges keep their ids; the texts of a card have the classes op, name, shape, data and grad.
    """
    root = ElementTree.fromstring(svg)
    cards = {card.id: card for card in shown.cards}
    marks = {edge.id: edge.mark for edge in shown.edges if edge.mark}
    for group in root.iter(f"{SVG}g"):
        for title in group.findall(f"{SVG}title"):
            group.remove(title)
        if card := cards.get(group.get("id", "")):
            redraw(group, card)
        elif group.get("class") == "edge":
            simplify(group)
            if mark := marks.get(group.get("id", "")):
                redraw_tag(group, mark)
        group.text, group.tail = None, "\n"
    for element in root.iter():
        for name in ("font-family", "{http://www.w3.org/XML/1998/namespace}space"):
            element.attrib.pop(name, None)
        for name in ("d", "points"):
            if name in element.attrib:
                element.set(name, re.sub(NUMBER, lambda number: short(float(number[0])), element.attrib[name]))
        if element.tag != f"{SVG}g":
            element.tail = None
    root.attrib |= {"font-family": FONTS, "font-size": str(SIZE), "fill": INK, "text-anchor": "middle"}
    return ElementTree.tostring(root, encoding="unicode")


def themed(svg: str) -> str:
    """A tidy picture that follows the dark theme: that of the page around it, be it an image there or a part.

    A browser asks what ``color-scheme`` the element has that the picture is in, and, of a file alone, the system.
    Programs that know no ``light-dark()`` show the light one.

    >>> themed('<svg fill="#1f2328" />')[:26]
    '<svg class="stepgrad-graph'
    """
    rules = [f".{THEMED}:root{{color-scheme:light dark}}", f".{THEMED}{{fill:light-dark({INK},{DARK[INK]})}}"]
    for light, dark in DARK.items():
        for name in ("fill", "stroke"):
            if f'{name}="{light}"' in svg:
                rules.append(f'.{THEMED} [{name}="{light}"]{{{name}:light-dark({light},{dark})}}')
    start = svg.index(">") + 1
    return svg[:start].replace("<svg", f'<svg class="{THEMED}"', 1) + f"<style>{''.join(rules)}</style>" + svg[start:]


def redraw(group: Element, card: Card) -> None:
    """One card: its title, its box, its badge, and the texts in the middle of each."""
    fill, line = colours(card)
    shapes = [part for part in group if part.tag in (f"{SVG}path", f"{SVG}polygon")]
    box = extent(part for part in shapes if part.get("fill") != line)
    badge = extent(part for part in shapes if part.get("fill") == line) if card.op else None
    texts = list(group.iter(f"{SVG}text"))
    group[:] = []
    if hint := "; ".join(filter(None, (card.hint, card.mark.hint if card.mark else ""))):
        SubElement(group, f"{SVG}title").text = printable(hint)
    look = {"class": "box", "fill": fill, "stroke": line}
    if (width := border(card)) > 1:
        look["stroke-width"] = str(width)
    group.append(rectangle(box, ROUND, look))
    if badge:
        group.append(rectangle(badge, ROUND_BADGE, {"class": "badge", "fill": line}))
    beside = (badge[2] if badge else box[0]) + box[2]
    for (field, content), text in zip(fields(card), texts, strict=True):
        middle = badge[0] + badge[2] if badge and field == "op" else beside
        look = {"class": field, "x": short(middle / 2), "y": short(float(text.get("y", 0)))}
        for name, usual in (("fill", INK), ("font-size", f"{SIZE}.00"), ("font-weight", None)):
            if (value := text.get(name)) not in (None, usual):
                look[name] = str(value).removesuffix(".00")
        SubElement(group, f"{SVG}text", look).text = content


def redraw_tag(group: Element, mark: Mark) -> None:
    """What was found at an edge: its title, and its label with the texts in the middle."""
    fill, line = FOUND[mark.outcome]
    title = Element(f"{SVG}title")
    title.text = printable(mark.hint)
    group.insert(0, title)
    outlines = group.findall(f"{SVG}polygon")[1:]  # behind that of the arrow
    if not outlines:
        return
    box = extent(outlines)
    for part in (*outlines, *group.findall(f"{SVG}text")):
        group.remove(part)
    group.append(rectangle(box, ROUND_BADGE, {"class": "tag", "fill": fill, "stroke": line}))
    row = (box[3] - box[1]) / len(mark.lines)
    for place, content in enumerate(mark.lines):
        y = box[1] + (place + 0.5) * row + SIZE / 3  # of the line that letters stand on
        look = {"class": "mark", "x": short((box[0] + box[2]) / 2), "y": short(y)}
        look |= {"font-size": str(SIZE - 1), "fill": INK, "stroke": "none"} | ({} if place else {"font-weight": "bold"})
        SubElement(group, f"{SVG}text", look).text = content


def simplify(group: Element) -> None:
    """One edge: what line and arrow share is said once."""
    for part in group.iter():
        if part.tag == f"{SVG}path":
            group.attrib |= {"fill": "none", "stroke": part.attrib.pop("stroke")}
            del part.attrib["fill"]
        elif part.tag == f"{SVG}polygon":
            del part.attrib["stroke"]
        elif part.tag == f"{SVG}text":
            part.set("stroke", "none")


def fields(card: Card) -> Iterator[tuple[str, str]]:
    """The texts of a card in the order in which they are drawn, each with the field that it belongs to."""
    if card.op:
        yield from (("op", text) for text in (card.op, *card.details))
    yield from ((field, text) for field, text in (("name", card.name), ("shape", card.shape)) if text)
    yield from (("data", text) for text in card.data)
    yield from (("grad", text) for text in card.grad)
    yield from (("mark", text) for text in (card.mark.lines if card.mark else ()))


def extent(shapes: Iterable[Element]) -> Box:
    """The box that these shapes fill."""
    outlines = (shape.get("d") or shape.get("points") or "" for shape in shapes)
    corners = [(float(x), float(y)) for outline in outlines for x, y in re.findall(f"({NUMBER}),({NUMBER})", outline)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def rectangle(box: Box, round: str, look: dict[str, str]) -> Element:
    left, top, right, bottom = box
    place = {"x": short(left), "y": short(top), "width": short(right - left), "height": short(bottom - top)}
    return Element(f"{SVG}rect", look | place | {"rx": round})


def short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
