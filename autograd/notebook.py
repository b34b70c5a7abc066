"""What a notebook asks of an object: HTML, and in it a picture, from whoever draws."""

from __future__ import annotations

from importlib import import_module

PICTURES = "stepgrad.pictures"  #: the group of entry points


def html(what: object) -> str:
    """What a notebook shows of an object; who makes it is imported when a notebook asks."""
    shown: str = import_module("autograd.graph.shown").html(what)
    return shown


def picture(what: object) -> str:
    """An object drawn, as HTML; empty where nobody draws.

    Packages that draw build upon this one, so it imports none of them: they announce a function, from the object to
    HTML, by an entry point of the group ``stepgrad.pictures``, as plugins of pytest do. It is looked for when a
    notebook shows something: programs pay nothing, and nobody has to import anything to see a picture. A module that
    registers itself when it is imported would draw only where that happened.
    """
    from importlib.metadata import entry_points  # it takes its time, and programs show nothing

    for entry in entry_points(group=PICTURES):
        try:
            draw = entry.load()
        except ImportError:  # announced by an installation that lacks what it draws with
            continue
        if drawn := draw(what):
            return str(drawn)
    return ""
