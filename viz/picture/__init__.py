"""Graphs drawn: DOT, SVG, PNG."""
