"""A value of the file → what the annotation of an option stands for, or a problem in the words of a lab file.

What an option may be stands in one place, its field in the service's dataclass: this reads those annotations (text,
numbers, durations, a choice of words, lists and mappings of them, and alternatives), so that each mistake is said once,
at its own line, whatever the option.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from catenet.nodes.catalogue import options_class, services
from catenet.nodes.control.units import LAN, SECONDS, SECRET, About, Form, RouteSource
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import nearest
from catenet.orchestrator.lab.reader import ENTRY, QUOTES, Reader, shape, whole

__all__ = ["ValueReader", "about_of", "holds_secret", "is_duration", "option_hints", "source_hints"]


class _Kind(NamedTuple):
    """A plain type: whether a value is one, how it is called, and what to write for it."""

    fits: Callable[[object], bool]
    words: str
    example: str


_KINDS: Mapping[type, _Kind] = {
    str: _Kind(lambda value: isinstance(value, str) and bool(value), "a text", "WORD"),
    bool: _Kind(lambda value: isinstance(value, bool), "true or false", "true"),
    int: _Kind(lambda value: whole(value) is not None, "a whole number", "1"),
    float: _Kind(lambda value: isinstance(value, int | float) and not isinstance(value, bool), "a number", "1.5"),
}


class ValueReader:
    """`lans`: those of the node, of which an option may speak; None: any word may be the name of one."""

    def __init__(self, reader: Reader, lans: Collection[str] | None = None) -> None:
        self._reader = reader
        self._lans = lans

    def read(self, hint: Any, item: Item, what: str, *, entry: str = "") -> Any:
        """The value, if the annotation `hint` has room for it; None where a problem was reported.

        `entry`: how it is called beside `what`, where that is a list and this is in it.
        """
        plain, marks = _unwrapped(hint)
        if item.value is None:
            self._reader.problem(item.line, f"{what}{entry} is nothing", "give it a value, or leave it out")
            return None
        if SECONDS in marks:
            return self._reader.duration(item, what)
        arm = next((arm for arm in _arms(plain) if _fits(arm, item.value)), None)
        if arm is None:
            self._refuse(hint, item, f"{what}{entry}")
            return None
        if LAN in marks and self._lans is not None:
            return self._reader.one_of(item, what, "LAN", self._lans)
        if plain is str and SECRET not in marks:
            return self._reader.text(item, what)
        return self._read_arm(_unwrapped(arm)[0], item, what)

    def _read_arm(self, hint: Any, item: Item, what: str) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if isinstance(item.value, Mapping):
            return self._mapping(item.value, arguments, what)
        if origin is tuple and isinstance(item.value, tuple):
            values = [self.read(arguments[0], child, what, entry=ENTRY) for child in item.value]
            return None if None in values else tuple(values)
        if hint is int:
            return whole(item.value)
        return item.value

    def _mapping(self, items: Mapping[str, Item], hints: tuple[Any, ...], what: str) -> Any:
        key, value = hints
        names = [self.read(key, Item(name, child.line), what) for name, child in items.items()]
        values = [self.read(value, child, f"{what}: {name}") for name, child in items.items()]
        return None if None in names or None in values else dict(zip(names, values, strict=True))

    def _refuse(self, hint: Any, item: Item, what: str) -> None:
        seen = f"is {shape(item)}, and should be"
        if holds_secret(hint) and not isinstance(item.value, tuple | Mapping):  # it is repeated nowhere
            seen = "should be" if isinstance(item.value, str) else "is no text, and should be"
        self._reader.problem(item.line, f"{what} {seen} {_expected(hint)}", _hint(hint, item))


@lru_cache
def option_hints(service: str) -> dict[str, Any]:
    """The annotations of a service's options, in their order.

    Raises:
        KeyError: no such service.

    """
    options = options_class(service)
    hints = get_type_hints(options, include_extras=True)
    return {field.name: hints[field.name] for field in fields(options)} | source_hints(service)


@lru_cache
def source_hints(service: str) -> dict[str, Any]:
    """Those of the options that name sources of routes: the choice is that of the services that there are."""
    cls = options_class(service)
    others = [name for name, each in services().items() if each.routing is not None and name != service]
    hints = get_type_hints(cls, include_extras=True).items()
    return {name: made for name, hint in hints if (made := _with_sources(hint, others)) is not hint}


def _with_sources(hint: Any, services: Collection[str]) -> Any:
    """The annotation with a choice of words where it stands for a source of routes, or for a list of them."""
    plain, marks = _unwrapped(hint)
    mark = next((mark for mark in marks if isinstance(mark, RouteSource)), None)
    if mark is not None:
        return Literal[(*mark.words, *services)]
    if get_origin(plain) is not tuple:
        return hint
    item: Any = _with_sources(get_args(plain)[0], services)
    if item is get_args(plain)[0]:
        return hint
    made: Any = tuple[item, ...]
    return Annotated[(made, *marks)] if marks else made


def about_of(hint: Any) -> str:
    """What the annotation says that the option is for; empty where it does not say."""
    return " ".join(mark.words for mark in _unwrapped(hint)[1] if isinstance(mark, About))


def is_duration(hint: Any) -> bool:
    """Whether the annotation is `Duration`, or `Duration | None`."""
    plain, marks = _unwrapped(hint)
    return SECONDS in marks or any(arm is not plain and is_duration(arm) for arm in _arms(plain))


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without what `Annotated` says of it, and that."""
    marks = getattr(hint, "__metadata__", ())
    return (hint.__origin__, marks) if marks else (hint, ())


def holds_secret(hint: Any) -> bool:
    """Whether it is a secret, or holds some."""
    plain, marks = _unwrapped(hint)
    return SECRET in marks or any(map(holds_secret, get_args(plain)))


def _arms(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _fits(hint: Any, value: object) -> bool:
    """Whether it is of that form; of a list or mapping, whatever is in it."""
    plain, marks = _unwrapped(hint)
    if SECONDS in marks:
        return isinstance(value, str)
    if get_origin(plain) is Literal:
        return isinstance(value, str) and value in get_args(plain)
    if plain in _KINDS:
        return _KINDS[plain].fits(value)
    return isinstance(value, tuple if get_origin(plain) is tuple else Mapping)


def _expected(hint: Any) -> str:
    """What may stand there."""
    plain, marks = _unwrapped(hint)
    for mark in marks:
        if isinstance(mark, Form):
            return mark.words
    if SECONDS in marks:
        return "a duration"
    if LAN in marks:
        return "the name of a LAN"
    if get_origin(plain) is Literal:
        *some, last = get_args(plain)
        return f"{', '.join(some)} or {last}" if some else str(last)
    if plain in _KINDS:
        return _KINDS[plain].words
    if len(arms := _arms(plain)) > 1:
        return ", or ".join(map(_expected, arms))
    return "a list" if get_origin(plain) is tuple else "a mapping"


def _hint(hint: Any, item: Item) -> str:
    """What to write instead; empty where `_expected` says all."""
    plain, marks = _unwrapped(hint)
    arms = _arms(plain)
    choice = [word for arm in arms if get_origin(arm) is Literal for word in get_args(arm)]
    if choice and isinstance(item.value, str):
        close = nearest(item.value, choice)
        return close if close.startswith("did you mean") else ""
    if any(isinstance(mark, Form) for mark in marks) or choice:
        return ""
    if str in (_unwrapped(arm)[0] for arm in arms):
        return QUOTES if isinstance(item.value, bool | int | float) else ""
    if get_origin(plain) is tuple:
        alone = item.value if isinstance(item.value, str) and _fits(get_args(plain)[0], item.value) else ""
        return f"like [{alone}]" if alone else f"like {_example(plain)}"
    return "" if plain in _KINDS else f"like {_example(plain)}"


def _example(hint: Any) -> str:
    plain, marks = _unwrapped(hint)
    arguments = get_args(plain)
    if SECONDS in marks or LAN in marks:
        return "2s" if SECONDS in marks else "link1"
    if get_origin(plain) is Literal:
        return str(arguments[0])
    if plain in _KINDS:
        return _KINDS[plain].example
    if get_origin(plain) is tuple:
        return f"[{_example(arguments[0])}]"
    if len(arms := _arms(plain)) > 1:
        return _example(arms[0])
    return f"{{{_example(arguments[0])}: {_example(arguments[1])}}}"
