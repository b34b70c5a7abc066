"""JAX: `jax.test_util.check_grads`, in reverse mode, as operations with a vjp of their own have no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp
from jax.test_util import check_grads

jax.config.update("jax_enable_x64", True)

NAMES = "exp sin cos tanh log sqrt abs sign sum mean max matmul transpose reshape concatenate stack flip cumsum maximum"
FORWARD = RULES = SimpleNamespace(
    **{name: getattr(jnp, name) for name in NAMES.split()},
    minimum=jnp.minimum,
    where=jnp.where,
    clip=jnp.clip,
    sort=jnp.sort,
    relu=jax.nn.relu,
    sigmoid=jax.nn.sigmoid,
    softmax=jax.nn.softmax,
    logsumexp=jax.nn.logsumexp,
    astype=lambda x, dtype: x.astype(dtype),
    ones=jnp.ones,
    constant=jnp.asarray,
    assigned=lambda n, index, g: jnp.zeros(n).at[jnp.array(index)].set(g),
    detach=jax.lax.stop_gradient,
    number=jax.lax.stop_gradient,
)


def inputs(arrays: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(jnp.asarray(x) for x in arrays)


def operation(forward: Callable[..., Any], vjps: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    @jax.custom_vjp  # type: ignore[untyped-decorator]
    def seeded(*xs: Any) -> Any:
        return forward(*xs)

    def run(*xs: Any) -> Any:
        y = forward(*xs)
        return y, (y, xs)

    def back(kept: Any, g: Any) -> Any:
        y, xs = kept
        return tuple(vjp(g, y, *xs) for vjp in vjps)

    seeded.defvjp(run, back)
    operation: Callable[..., Any] = seeded
    return operation


def check(f: Callable[..., Any], xs: Sequence[Any], order: int) -> None:
    """Raises what the checker raises."""
    check_grads(f, tuple(xs), order=order, modes=("rev",))


def gradient(f: Callable[..., Any], xs: Sequence[Any], weights: Sequence[float]) -> list[Any]:
    def total(*xs: Any) -> Any:
        flat = jnp.concatenate([jnp.ravel(y) for y in jax.tree_util.tree_leaves(f(*xs))])
        return jnp.sum(flat * jnp.array(weights[: flat.size], flat.dtype))

    return [np.asarray(x) for x in jax.grad(total, tuple(range(len(xs))))(*xs)]
