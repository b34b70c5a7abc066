"""Modules of torch: copies in double precision, which run with parameters that are given; buffers that stay."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any


def module_of(torch: Any, f: Any) -> tuple[Any, Callable[..., Any], Callable[..., Any]]:
    """The Module that a function is, or is a method of; the function of it and the inputs; who knows their names."""
    if isinstance(f, torch.nn.Module):
        return f, lambda module, *inputs: module(*inputs), f.forward
    owner = getattr(f, "__self__", None)
    return (owner, f.__func__, f) if isinstance(owner, torch.nn.Module) else (None, f, f)


class Parameters:
    """Those of copies of Modules, so that the Modules themselves never change."""

    def __init__(self, torch: Any, modules: Mapping[str, Any]) -> None:
        self.torch = torch
        self.copies = [each.double().cpu() for each in copy.deepcopy(list(modules.values()))]
        self.caller = torch.nn.ModuleList(self.copies)
        self.caller.forward = lambda function, inputs: function(*inputs)
        places = {str(i): name for i, name in enumerate(modules)}
        named = {key: x for key, x in self.caller.named_parameters() if x.requires_grad}
        self.buffers = dict(self.caller.named_buffers())
        self.keys = list(named)
        self.values = [x.detach() for x in named.values()]
        self.names = []
        for key in named:
            place, _, own = key.partition(".")
            self.names.append(f"{places[place]}.{own}".lstrip("."))

    def call(self, function: Callable[..., Any], inputs: Sequence[Any], values: Sequence[Any]) -> Any:
        """With parameters of these values, and with buffers that start anew."""
        buffers = {key: x.clone() for key, x in self.buffers.items()}
        given = {**buffers, **dict(zip(self.keys, values, strict=True))}
        return self.torch.func.functional_call(self.caller, given, (function, inputs))


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """What is small and runs a thousand times would only wait for others; and sums have one order."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)


@contextmanager
def buffers_kept(torch: Any) -> Iterator[None]:
    """Modules that run here, and are known from nowhere else, have their buffers afterwards as before."""
    before: dict[Any, dict[str, tuple[Any, Any]]] = {}

    def note(module: Any, inputs: Any) -> None:
        if module not in before:
            own = dict(module.named_buffers(recurse=False))
            before[module] = {name: (buffer, buffer.detach().clone()) for name, buffer in own.items()}

    handle = import_module("torch.nn.modules.module").register_module_forward_pre_hook(note)
    try:
        yield
    finally:
        handle.remove()
        with torch.no_grad():
            for module, buffers in before.items():
                for name, (buffer, numbers) in buffers.items():
                    setattr(module, name, buffer)
                    if not torch.equal(buffer, numbers):
                        buffer.copy_(numbers)
