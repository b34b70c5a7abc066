"""Hypothesis strategies to check gradients on: numbers, programs of any operations of the table, and networks.

>>> from hypothesis import find
>>> print(find(programs(["exp"]), lambda program: len(program.ops) > 1))
import autograd
x = autograd.Value(0.0)
f = autograd.exp(autograd.exp(x))
"""

from autograd.check.strategies.leaves import mutually_broadcastable_tensors, tensors, values
from autograd.check.strategies.networks import Network, networks
from autograd.check.strategies.program import Program
from autograd.check.strategies.programs import calls, programs
from autograd.check.strategies.rows import Of, Row, enter_row, leave_row

__all__ = [
    "Network",
    "Of",
    "Program",
    "Row",
    "calls",
    "enter_row",
    "leave_row",
    "mutually_broadcastable_tensors",
    "networks",
    "programs",
    "tensors",
    "values",
]
