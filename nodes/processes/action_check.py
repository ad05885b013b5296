"""The actions of a user's machine: each field is what its class says, else it is refused where it is made."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from catenet.nodes.machine import Action, Machine

__all__ = ["CheckedMachine"]

_NAMES = [kind.__name__ for kind in get_args(Action)]
_ACTIONS = f"a {', '.join(_NAMES[:-1])} or {_NAMES[-1]}"


class CheckedMachine:
    """The machine, whose actions are what they should be."""

    def __init__(self, machine: Machine[Any]) -> None:
        self.receive, self.wake, self.next_wake = machine.receive, machine.wake, machine.next_wake
        self._machine = machine

    def take_actions(self) -> list[Action]:
        """Raises TypeError: the text names the field, and what it should be."""
        actions = self._machine.take_actions()
        for action in actions:
            if not isinstance(action, Action):
                raise TypeError(f"take_actions() gives {action!r}, {_a(type(action))}; it should be {_ACTIONS}")
            _check_fields(action)
        return actions


class _Field(NamedTuple):
    """A field of a named tuple: the classes of which it may be, and its items; none where any value is taken."""

    name: str
    kinds: tuple[type, ...]
    items: tuple[type, ...]


@cache  # reading the hints takes twenty times as long as checking by them, and a machine may send a thousand a second
def _fields(kind: type) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    return tuple(
        _Field(name, _kinds(hints[name]), _kinds(get_args(hints[name])[0]) if get_origin(hints[name]) is tuple else ())
        for name in getattr(kind, "_fields", ())
        if name in hints
    )


def _kinds(hint: Any) -> tuple[type, ...]:
    """Whether a value has the methods of a Protocol, its class does not tell."""
    hints = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kinds = tuple(get_origin(each) or each for each in hints)
    told = all(isinstance(kind, type) and not getattr(kind, "_is_protocol", False) for kind in kinds)
    return kinds if told else ()


def _check_fields(value: Any) -> None:
    """So are the items and the named tuples in it.

    Raises:
        TypeError: the text names the field and what it is.

    """
    kind: type = type(value)
    for field in _fields(kind):
        given = getattr(value, field.name)
        _check_type(value, field.name, given, field.kinds)
        for item in given if field.items else ():
            _check_type(value, field.name, item, field.items, "an item of ")


def _check_type(owner: Any, name: str, given: Any, kinds: tuple[type, ...], what: str = "") -> None:
    if not kinds:
        return
    if not isinstance(given, kinds) and not (float in kinds and isinstance(given, int)):  # PEP 484: 5 stands for 5.0
        should = " or ".join(_a(kind) for kind in kinds)
        raise TypeError(f"{what}{type(owner).__name__}.{name} is {given!r}, {_a(type(given))}; it should be {should}")
    if hasattr(given, "_fields"):
        _check_fields(given)


def _a(kind: type) -> str:
    return f"{'an' if kind.__name__[0] in 'AEIOUaeiou' else 'a'} {kind.__name__}"
