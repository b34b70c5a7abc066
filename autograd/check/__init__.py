"""Gradient checks that prove, locate and shrink.

>>> from autograd import Value, check
>>> print(check.gradcheck(lambda x: x * x, 3.0))
gradcheck of <lambda> passed; checked 1 value, 2 edges, 6 sums, 1 whole gradient against balls
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.check.audit.audit import audit
from autograd.check.audit.homework import audit_file
from autograd.check.engines import check_jax, check_torch
from autograd.check.gradcheck import gradcheck
from autograd.check.report import Finding, Report

if TYPE_CHECKING:
    from autograd.check import strategies
    from autograd.check.properties import check_gradients

__all__ = [
    "Finding",
    "Report",
    "audit",
    "audit_file",
    "check_gradients",
    "check_jax",
    "check_torch",
    "gradcheck",
    "strategies",
]

#: What needs Hypothesis, which is imported when it is asked for.
LAZY = {"check_gradients": ("properties", "check_gradients"), "strategies": ("strategies", None)}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = LAZY[name]
    found = import_module(f"{__name__}.{module}")
    return found if attribute is None else getattr(found, attribute)
