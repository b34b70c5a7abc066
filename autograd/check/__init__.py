"""Gradient checks that prove, locate and shrink.

>>> from autograd import Value, check
>>> print(check.gradcheck(lambda x: x * x, 3.0))
gradcheck of <lambda> passed; checked 1 value, 2 edges, 2 sums, 1 whole gradient against balls
"""

from autograd.check.audit.audit import audit
from autograd.check.audit.homework import audit_file
from autograd.check.engines import check_jax, check_torch
from autograd.check.gradcheck import gradcheck
from autograd.check.report import Finding, Report

__all__ = ["Finding", "Report", "audit", "audit_file", "check_jax", "check_torch", "gradcheck"]
