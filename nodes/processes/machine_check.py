"""Whether a user's machine has the methods of the contract (nodes/machine.py), as they are called.

By the methods that it has a machine says what it wants to be told. With half of those that belong together it would be
told nothing; and one of its own that bears a name of the contract's by chance would be called with other arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isfunction, signature
from typing import Any

from catenet.nodes.machine import (
    Accepting,
    Answering,
    Connecting,
    Flushable,
    Forwarding,
    InterfaceAware,
    Machine,
    PortAware,
    Stoppable,
    Translating,
)

__all__ = ["OPTIONAL", "check_machine"]

OPTIONAL: Sequence[type] = (
    InterfaceAware,
    PortAware,
    Accepting,
    Connecting,
    Answering,
    Forwarding,
    Translating,
    Flushable,
    Stoppable,
)
"""What a program is told and asked by. The others are a service's: a program may have such methods for itself."""
_ELSE = "one of your own needs another name"


def check_machine(machine: object) -> None:
    """It has all methods of `Machine`, all or none of each optional Protocol, and each takes what it will be given.

    Raises:
        TypeError: the text names the method, and how it should read.

    """
    own = type(machine).__name__
    for name, form in _forms(Machine).items():
        if not callable(getattr(machine, name, None)):
            raise TypeError(f"{own} has no {form}, as every machine has (nodes/machine.py)")
    _check_arguments(machine, Machine)
    for protocol in OPTIONAL:
        forms = _forms(protocol)
        given = [name for name in forms if getattr(machine, name, None) is not None]
        lacking = [form for name, form in forms.items() if name not in given]
        if not lacking:
            _check_arguments(machine, protocol)
        elif any(callable(getattr(machine, name)) for name in given):
            together = f"who has one method of {protocol.__name__} has them all (nodes/machine.py)"
            raise TypeError(f"{own} has {given[0]}, and no {lacking[0]}: {together}; {_ELSE}")


def _forms(protocol: type) -> dict[str, str]:
    """Its methods, and how each is written."""
    methods = {name: value for name, value in vars(protocol).items() if isfunction(value) and name[0] != "_"}
    return {name: f"{name}({', '.join(signature(method).parameters)})" for name, method in methods.items()}


def _check_arguments(machine: object, protocol: Any) -> None:
    for name, form in _forms(protocol).items():
        if not _takes(getattr(machine, name), list(signature(getattr(protocol, name)).parameters)[1:]):
            raise TypeError(
                f"{type(machine).__name__}.{name} should read {form}: "
                f"it is a method of {protocol.__name__} (nodes/machine.py); {_ELSE}"
            )


def _takes(method: object, arguments: Sequence[str]) -> bool:
    if not callable(method):
        return False
    try:
        known = signature(method)
    except ValueError:  # one of Python's own, which does not say
        return True
    try:
        known.bind(*arguments)
    except TypeError:
        return False
    return True
