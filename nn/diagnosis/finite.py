"""Numbers that nothing learns from: NaN, infinity, and inputs on a scale of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Constant, convolution, matmul
from nn.diagnosis.observed import Observed, place_of, rms
from nn.diagnosis.report import Finding

#: Inputs and targets are on a scale of their own beyond this, as pixels up to 255 are, and below its inverse.
UNSCALED = 64.0


def not_finite(seen: Observed) -> Iterator[Finding]:
    """NaN or infinity: the first operation that made one, or where it came in."""
    for k, x in enumerate((*seen.batch.inputs, seen.batch.target)):
        if is_spoiled(x):
            name = "the targets" if k == len(seen.batch.inputs) else "the inputs"
            yield Finding("not finite", name, f"{spoiled(x)} are NaN or infinite", "clean the data")
            return
    for name, parameter in seen.twin.named_parameters():
        if is_spoiled(parameter.data):
            evidence = f"{spoiled(parameter.data)} weights are NaN or infinite"
            yield Finding("not finite", name, evidence, "go back to weights from before, with a smaller lr")
            return
    grads = [parameter.grad for _, parameter in seen.twin.named_parameters() if parameter.has_grad]
    if np.isfinite(seen.loss) and not any(map(is_spoiled, grads)):
        return  # infinity inside, as of a mask, does no harm
    for name, buffer in seen.model.named_buffers():
        if is_spoiled(buffer):
            evidence = f"{spoiled(buffer)} numbers of this buffer are NaN or infinite"
            yield Finding("not finite", name, evidence, "go back to a state from before, or let it be computed anew")
            return
    for node in seen.graph:
        if is_spoiled(node.data):
            given = [x.data for x in node.inputs if isinstance(x, Constant)]
            of = "with constants that are so already" if any(map(is_spoiled, given)) else "of finite numbers"
            yield Finding(
                "not finite",
                place_of(node),
                f"{seen.graph.formula(node)} gives {spoiled(node.data)} that are NaN or infinite, {of}",
                "scale what goes in, or use a form that is exact far out, as cross_entropy of scores is",
            )
            return
    for name, parameter in seen.twin.named_parameters():
        if parameter.has_grad and is_spoiled(parameter.grad):
            yield Finding(
                "not finite",
                name,
                "its gradient is NaN or infinite, of finite numbers",
                "autograd.why(loss, parameter) names the operation",
            )
            return


def unscaled(seen: Observed) -> Iterator[Finding]:
    """Inputs that go into weights as they were measured, and targets likewise: one learning rate does not fit all."""
    for node in seen.nodes(matmul, convolution):
        for x in node.inputs:
            if isinstance(x, Constant) and any(same(x.data, given) for given in seen.batch.inputs):
                yield from off_scale(x.data, "the inputs", f"{place_of(node)} takes them as they are")
    if seen.is_regression:
        yield from off_scale(seen.batch.target, "the targets", "the loss takes them as they are", smallest=0.0)


def off_scale(x: NDArray[Any], place: str, taken: str, smallest: float = 1 / UNSCALED) -> Iterator[Finding]:
    if x.dtype.kind not in "fiu" or not np.isfinite(x).all():
        return
    rows = x.reshape(-1, x.shape[-1]) if x.ndim == 2 else x.reshape(-1, 1)
    sizes = [rms(column) for column in rows.T]
    if max(sizes, default=0.0) > UNSCALED or 0 < max(sizes, default=0.0) < smallest:
        k = int(np.argmax(sizes))
        which = f"column {k} of {len(sizes)} goes" if len(sizes) > 1 else "they go"
        yield Finding(
            "unscaled",
            place,
            f"{which} from {rows[:, k].min():.4g} to {rows[:, k].max():.4g}, and {taken}",
            "scale each column to mean 0 and deviation 1, by numbers of the training set, or pixels to 0 … 1",
        )


def same(x: Any, given: NDArray[Any]) -> bool:
    """Whether it is this input, if in another dtype."""
    return np.shape(x) == given.shape and bool(np.allclose(x, given, equal_nan=True))


def is_spoiled(array: Any) -> bool:
    array = np.asarray(array)
    return array.dtype.kind == "f" and not np.isfinite(array).all()


def spoiled(array: Any) -> str:
    """How many are NaN or infinite, of how many."""
    return f"{np.sum(~np.isfinite(array))} of {np.size(array)}"
