"""Module: something that computes and holds parameters, alone or made of other Modules."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from autograd import Value, is_tracing, scope
from nn.calls import Call, name_of, running, watcher
from nn.declared import Role, is_node
from nn.forms import as_scalars, as_tensors
from nn.signatures import misfit
from nn.state import Stateful, dotted, is_stateful, parts, roles_of
from nn.summary import Summary, summary_of
from nn.values import as_values

FEW = 24  #: rows of a summary that a notebook shows unasked


class Module(Stateful):
    """Base of layers and models: set `Parameter` s, `Buffer` s and Modules as attributes, and define ``forward``.

    What is trained is said, not guessed: ``self.w = Parameter(…)`` holds a Tensor, a Value, or a container of these,
    and a Tensor or Value that requires a gradient is refused where nobody said what it is. Modules are found in an
    attribute, or in a list, tuple, dict or dataclass in one. Other attributes are settings, and stay what they are;
    what ``forward`` assigns is kept from that call, to be looked at, and is no part of the state.

    >>> class Neuron(Module):
    ...     def __init__(self):
    ...         self.w = Parameter([Value(0.5), Value(-1.0)])
    ...         self.b = Parameter(Value(0.0))
    ...     def forward(self, x):
    ...         return sum((w * x for w, x in zip(self.w, x)), self.b).tanh()
    >>> from nn import Parameter
    >>> neuron = Neuron()
    >>> neuron
    Neuron() · 3 parameters, as Values
    >>> [name for name, _ in neuron.named_parameters()]
    ['w.0', 'w.1', 'b']
    >>> neuron([2.0, 1.0]).data
    0.0
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What `forward` computes. Inside `autograd.tracing` its nodes know the Modules whose calls made them.

        >>> from autograd import tracing
        >>> from nn import MLP
        >>> model = MLP([2, 3, 1], rng=0)
        >>> with tracing():
        ...     y = model([1.0, 2.0])
        >>> y.scope
        ('MLP', 'layers.2')
        """
        calls = running.get()
        token = running.set((*calls, Call(self)))
        try:
            if is_tracing():
                with scope(name_of(self, calls)):
                    result = self.forward(*args, **kwargs)
            else:
                result = self.forward(*args, **kwargs)
        except TypeError:
            wrong = misfit(type(self).__name__, self.forward, args, kwargs)
            if wrong is None:
                raise
            raise TypeError(wrong) from None
        finally:
            running.reset(token)
        result = as_values(result)
        watch = watcher.get()
        if watch is not None:
            watch(self, args, result)
        return result

    def _is_running(self) -> bool:
        return any(call.module is self for call in running.get())

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define forward(self, x)")

    def to_scalars(self) -> Self:
        """A copy whose parameters are Values in NumPy object arrays: the same code then records the scalar graph.

        Weights are kept, gradients are not; a parameter labelled ``W1`` gives Values labelled ``W1[0, 2]``. Sums run
        from left to right, where arrays are summed in parts, so the numbers agree to about 1e-12.

        >>> from nn import MLP
        >>> model = MLP([2, 6, 4], rng=0)
        >>> scalars = model.to_scalars()
        >>> scalars.layers[0].weight[0, 2].label
        'W1[0, 2]'
        >>> numbers = [v.data for v in scalars([1.0, -2.0])]
        >>> bool(np.allclose(numbers, model([1.0, -2.0]).numpy(), rtol=1e-15))
        True
        """
        return as_scalars(self)

    def to_tensors(self, dtype: DTypeLike = np.float64) -> Self:
        """A copy whose parameters are Tensors: what `to_scalars` did, undone. Weights are kept, gradients are not.

        >>> from nn import Linear
        >>> Linear(2, 3, rng=0).to_scalars().to_tensors().weight.shape
        (2, 3)
        """
        return as_tensors(self, dtype, f"{type(self).__name__}.to_tensors: dtype")

    def summary(self, *inputs: Any, optimizer: Any = None) -> Summary:
        """A table of the Modules it is made of, their parameters, shapes and counts, and what is odd about them.

        Given inputs, it is called with them, in eval mode, the shapes of all results are shown, and what of it is odd:
        parameters that the result does not depend on, Modules that are called several times, and leaves that the result
        depends on and no attribute holds, as of a layer that is made in the call. Marked are also a parameter that is
        frozen, one that stands in several places, one that has the same numbers as another, one that is not trained by
        the ``optimizer``, or by several, if one or a list of them is given, and what was not said to be a Parameter or
        a Buffer.

        >>> import nn
        >>> model = nn.MLP([2, 6, 4], rng=0)
        >>> model.summary(np.zeros((100, 2)), optimizer=nn.SGD(model.layers[0].parameters(), lr=0.1))
        module    kind          output    parameter  shape   count
        layers.0  Linear(2, 6)  (100, 6)  weight     (2, 6)     12
                                          bias       (6,)        6
        layers.1  Tanh()        (100, 6)
        layers.2  Linear(6, 4)  (100, 4)  weight     (6, 4)     24  not in the optimizer
                                          bias       (4,)        4  not in the optimizer
        46 parameters in MLP
        """
        return summary_of(self, inputs, optimizer)

    def _repr_html_(self) -> str:
        title = repr(self).partition("\n")[0]
        return self.summary().folded(title, FEW)

    def __repr__(self) -> str:
        found = {id(part): part for _, role, part in roles_of(self) if role is Role.PARAMETER and is_node(part)}
        count = sum(parameter.size for parameter in found.values())
        first = f"{type(self).__name__}({self.extra_repr()})"
        if count:
            first += f" · {count:,} parameter{'s' * (count > 1)}"
        if any(isinstance(parameter, Value) for parameter in found.values()):
            first += ", as Values"

        def is_child(part: Any) -> bool:
            return is_stateful(part) and part is not self

        children = [f"{dotted(path)}: {part!r}" for path, part in parts(self, is_child) if is_child(part)]
        return "\n".join([first, *children]).replace("\n", "\n  ")
