"""Gradient checks that prove, locate and shrink.

>>> from autograd import Value, check
>>> print(check.gradcheck(lambda x: x * x, 3.0))  # doctest: +ELLIPSIS
gradcheck of <lambda> passed; checked 1 value, 2 edges, 6 sums, 1 whole gradient, 18 contracts, ... against balls
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.check.audit.audit import audit
from autograd.check.audit.homework import audit_file
from autograd.check.engines.for_jax import check_jax
from autograd.check.engines.for_torch import check_torch
from autograd.check.gradcheck import gradcheck
from autograd.check.report import Finding, Report

if TYPE_CHECKING:
    from autograd.check import strategies
    from autograd.check.battery.tests import op_tests
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
    "op_tests",
    "strategies",
]

#: What needs Hypothesis, or nobody needs who checks one function: imported when it is asked for.
LAZY = {
    "check_gradients": ("properties", "check_gradients"),
    "op_tests": ("battery.tests", "op_tests"),
    "strategies": ("strategies", None),
}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = LAZY[name]
    try:
        found = import_module(f"{__name__}.{module}")
    except ImportError as error:
        raise ImportError(f"check.{name} needs Hypothesis: pip install 'stepgrad[check]'") from error
    return found if attribute is None else getattr(found, attribute)


def __dir__() -> list[str]:
    return __all__
