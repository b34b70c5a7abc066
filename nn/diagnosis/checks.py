"""All checks of a diagnosis: each looks at what was observed, and names what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nn.diagnosis.finite import not_finite, unscaled
from nn.diagnosis.flow import forgotten_zero_grad, gradient_flow, no_gradient, not_held, stopped_gradient
from nn.diagnosis.observed import Observed
from nn.diagnosis.pairs import wrong_pair
from nn.diagnosis.report import Finding
from nn.diagnosis.units import dead_units, saturated, symmetry

#: The worst first: what one finds may be the cause of what the next one sees.
CHECKS: tuple[Callable[[Observed], Iterator[Finding]], ...] = (
    not_finite,
    wrong_pair,
    not_held,
    no_gradient,
    symmetry,
    unscaled,
    dead_units,
    saturated,
    stopped_gradient,
    gradient_flow,
    forgotten_zero_grad,
)
