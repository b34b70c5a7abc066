"""Held against torch on the samples that its own tests are made of: outputs, and gradients in both modes.

They come in its wheel: ``pip install 'stepgrad[samples]'``; without it the file is skipped.
``python tests/test_torch_samples.py`` prints how many samples of how many operations matched, and what was left out.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from torch_words import WORDS

from autograd import Tensor, gradients, tree

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'stepgrad[samples]'")
pytest.importorskip("expecttest", reason="torch's samples need it: pip install 'stepgrad[samples]'")

from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402  # type: ignore[import-not-found]

#: Of these no sample can be said in NumPy's words; each with the reason.
OTHERWISE: dict[str, str] = {"linalg.pinv": "all samples are of symmetric matrices, or give a tolerance"}


def name_of(op: Any) -> str:
    return f"{op.name} {op.variant_test_name}".strip()


OPS = {name_of(op): op for op in op_db if name_of(op) in WORDS}


def samples(op: Any) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        yield from op.sample_inputs("cpu", torch.float64, requires_grad=True)


def plain(value: Any) -> Any:
    return value.detach().numpy().copy() if isinstance(value, torch.Tensor) else value


def is_differentiated(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad and value.dtype == torch.float64


def mapped(f: Any, value: Any) -> Any:
    """Each leaf of a sample's arguments: lists, tuples and dicts of tensors and settings."""
    if isinstance(value, list | tuple):
        return type(value)(mapped(f, part) for part in value) if not hasattr(value, "_fields") else value
    if isinstance(value, dict):
        return {key: mapped(f, part) for key, part in value.items()}
    return f(value)


def outcome(name: str, op: Any, sample: Any) -> str:
    """Say that it matched, or why the sample was left out; an `AssertionError` where it differs."""
    theirs: list[Any] = []
    ours: list[Tensor] = []

    def collect(value: Any) -> Any:
        if is_differentiated(value):
            theirs.append(value)
        return value

    arguments = mapped(collect, (sample.input, tuple(sample.args), dict(sample.kwargs)))
    if any(isinstance(x, torch.Tensor) and x.dtype == torch.float32 for x in tree.leaves(arguments)):
        return "weights in single precision"
    expected = op(sample.input, *sample.args, **sample.kwargs)

    def ours_of(value: Any) -> Any:
        if not is_differentiated(value):
            return plain(value)
        ours.append(Tensor(plain(value)))
        return ours[-1]

    first, args, kwargs = mapped(ours_of, arguments)
    try:
        got = WORDS[name](first, *args, **kwargs)
    except (NotImplementedError, TypeError) as error:
        return f"not said here: {type(error).__name__}: {error}"[:90]
    ys = tree.leaves(got) if not isinstance(got, Tensor | np.ndarray) else [got]
    zs = [z for z in (expected if isinstance(expected, list | tuple) else [expected]) if z.dtype == torch.float64][
        : len(ys)
    ]
    total: Any = 0.0
    torch_total = torch.zeros((), dtype=torch.float64)
    assert len(ys) == len(zs)
    for y, z in zip(ys, zs, strict=True):
        array = y.data if isinstance(y, Tensor) else np.asarray(y)
        np.testing.assert_allclose(array, plain(z), rtol=1e-9, atol=1e-10)
        assert array.shape == tuple(z.shape)
        weights = np.cos(np.arange(1.0, array.size + 1)).reshape(array.shape)
        total = total + (y * weights).sum()
        torch_total = torch_total + (z * torch.tensor(weights)).sum()
    if not isinstance(total, Tensor) or not total.requires_grad or not torch_total.requires_grad:
        return "matched"
    grads = torch.autograd.grad(torch_total, theirs, allow_unused=True)
    for mine, grad, leaf in zip(gradients(total, ours), grads, theirs, strict=True):
        np.testing.assert_allclose(mine, plain(torch.zeros_like(leaf) if grad is None else grad), rtol=1e-7, atol=1e-9)
    return "matched"


def counted(name: str) -> Counter[str]:
    op = OPS[name]
    found: Counter[str] = Counter()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for sample in samples(op):
            found[outcome(name, op, sample)] += 1
    return found


@pytest.mark.parametrize("name", OPS)
def test_samples_match(name: str) -> None:
    found = counted(name)
    print(f"{name}: {found['matched']} samples matched of {sum(found.values())}", dict(found))
    assert found["matched"] or name in OTHERWISE


if __name__ == "__main__":
    total: Counter[str] = Counter()
    for name in OPS if not sys.argv[1:] else sys.argv[1:]:
        try:
            found = counted(name)
        except AssertionError as error:
            print(f"{name}: DIFFERS {str(error).strip()[:300]!r}")
            continue
        except Exception as error:
            print(f"{name}: RAISED {type(error).__name__}: {str(error)[:200]}")
            continue
        left = {why: count for why, count in found.items() if why != "matched"}
        print(f"{name}: {found['matched']} of {sum(found.values())}", left or "")
        total["ops"] += bool(found["matched"])
        total["samples"] += found["matched"]
        total["left out"] += sum(left.values())
    print(dict(total))
