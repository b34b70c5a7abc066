"""Seeded bugs and correct but awkward functions: what a gradient checker is measured by.

`rules` and `awkward` are written over a namespace of array functions, so that they run in any engine, and with `oracle`
in 300 digits. `ours` builds them for stepgrad, and adds what can be said of it alone. `benchmarks/checkers.py` runs the
former through the checkers of other engines. Nothing but `ours` imports an engine.
"""
