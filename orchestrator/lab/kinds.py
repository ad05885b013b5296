"""The kinds of checks → their words in a lab file, and a value of each word → the field that it fills.

Nothing here names a kind: all is read out of the annotations of its fields (checks/expectation.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from catenet.nodes.address import Address
from catenet.nodes.control.units import SECONDS
from catenet.orchestrator.checks import kinds
from catenet.orchestrator.checks.expectation import DOMAIN, URL, Expectation, Key, Name
from catenet.orchestrator.lab import words
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import HOLDS, Word, Words

__all__ = ["KindReader", "check_words", "kind_words", "programs_at"]


class _Field(NamedTuple):
    """A field of a kind. `type` without None and Annotated; `mark`: what that says beside the Key."""

    name: str
    word: str
    key: Key
    type: Any
    mark: object
    many: bool
    needed: bool


def kind_words(kind: type[Expectation]) -> Words:
    """The words that are written under a kind."""
    return {each.word: Word(_shape(each), each.key.about, each.needed, each.key.bounds) for each in _fields(kind)}


def check_words() -> Words:
    """The words of an entry of `checks:`."""
    return {**HOLDS, **{word: Word(word, kind.about) for word, kind in kinds().items()}}


def programs_at(expectation: Expectation) -> Iterator[tuple[str, str]]:
    """(Node, program): what it runs there that only the kernel's stack can carry."""
    for each in _fields(type(expectation)):
        if each.key.runs:
            value = getattr(expectation, each.name)
            yield from ((node, each.key.runs) for node in (value if each.many else (value,)))


class KindReader:
    """Reads expectations about these LANs and nodes (each with its own LANs)."""

    def __init__(self, lans: Collection[str], nodes: Mapping[str, Collection[str]], reader: Reader) -> None:
        self._lans = lans
        self._nodes = nodes
        self._reader = reader

    def read(self, kind: type[Expectation], item: Item, what: str) -> Expectation | None:
        """What is written under the kind's word; None where a field that is needed has no value, or
        they do not fit together, which was reported.
        """
        section = self._reader.section(item, what, kind_words(kind))
        if section is None:
            return None
        values: dict[str, Any] = {}
        for each in _fields(kind):
            self._field(each, section, item.line, what, values)
        if kind.one_of and not section.keys() & set(kind.one_of):
            self._nothing_expected(kind, item.line, what, values)
        given = {name: value for name, value in values.items() if value is not None}
        complete = all(each.name in given for each in _fields(kind) if each.needed)
        if not complete:
            return None
        try:
            return kind(**given)
        except ValueError as error:  # its fields do not fit together
            self._reader.problem(item.line, f"{what}: {error}")
            return None

    def _field(self, field: _Field, section: Mapping[str, Item], line: int, what: str, values: dict[str, Any]) -> None:
        """Adds its value to those of the fields before it."""
        item = section.get(field.word)
        if field.needed:
            item = self._reader.needed(section, field.word, what, line, f"{field.word}: {self._example(field, values)}")
        values[field.name] = None if item is None else self._value(field, item, what, values)

    def _value(self, field: _Field, item: Item, what: str, values: Mapping[str, Any]) -> Any:
        reader, mark = self._reader, field.mark
        kind, what = what, f"{what}: {field.word}"
        if isinstance(mark, Name):
            return self._names(field, mark, item, what, values)
        if mark == SECONDS:
            return reader.duration(item, what)
        if field.type is bool:
            return reader.flag(item, what)
        if field.type is int:
            return reader.number(item, what, *field.key.bounds)
        if field.type is Address:
            return reader.address(item, what)
        text = reader.text(item, what)
        if text is not None and mark == DOMAIN and not words.DOMAIN.fullmatch(text):
            reader.problem(item.line, f"{kind}: {quote(text)} is no domain name", "like www.example.org")
        if text is not None and mark == URL and not _is_http(text):
            reader.problem(item.line, f"{kind}: {quote(text)} is no URL of HTTP", "like http://www.example.org/")
        return text

    def _names(self, field: _Field, mark: Name, item: Item, what: str, values: Mapping[str, Any]) -> Any:
        known = self._known(mark, values)
        owner = values.get(mark.of) if mark.of else None
        kind = mark.kind if owner is None else f"{mark.kind} of node {owner}"
        if not field.many:
            return self._reader.one_of(item, what, kind, known)
        names = self._reader.some_of(item, what, kind, known)
        if field.key.least:
            self._reader.not_empty(item, what, mark.kind, "" if field.needed else ", or leave it out")
        if field.key.distinct:
            self._reader.each_once(item, what, mark.kind, names)
        return names

    def _known(self, mark: Name, values: Mapping[str, Any]) -> Collection[str]:
        owner = values.get(mark.of) if mark.of else None
        if owner is not None:
            return self._nodes[owner]
        return (*mark.also, *(self._nodes if mark.kind == "node" else self._lans))

    def _nothing_expected(self, kind: type[Expectation], line: int, what: str, values: Mapping[str, Any]) -> None:
        missing = [each for each in _fields(kind) if each.word in kind.one_of]
        some = " or ".join(f"`{each.word}:`" for each in missing)
        like = ", ".join(f"{each.word}: {self._example(each, values)}" for each in missing)
        more = "both" if len(missing) == 2 else "more"
        message = f"{what}: {some} is missing, which says what is expected"
        self._reader.problem(line, message, f"write one or {more}, like {like}")

    def _example(self, field: _Field, values: Mapping[str, Any]) -> str:
        if field.key.example:
            return field.key.example
        if not isinstance(field.mark, Name):
            return _EXAMPLES[_shape(field)] if field.type is not int else str(field.key.bounds[0])
        name = next(iter(self._known(field.mark, values)), "a" if field.mark.kind == "node" else "link1")
        return f"[{name}]" if field.many and field.needed else name


_EXAMPLES: Mapping[str, str] = {
    "text": "WORD",
    "flag": "yes",
    "duration": "2s",
    "address": "10.0.1.1",
    "domain": "www.example.org",
    "url": '"http://www.example.org/"',
}
"""A value of each shape, for a message."""


@cache
def _fields(kind: type[Expectation]) -> tuple[_Field, ...]:
    """The fields of a kind, in their order.

    Raises:
        TypeError: an annotation says nothing that a lab file could hold; the text names class and field.

    """
    hints = get_type_hints(kind, include_extras=True)
    made = []
    for each in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        plain, marks = _unwrapped(hints[each.name])
        key = next((mark for mark in marks if isinstance(mark, Key)), None)
        arms = [arm for arm in get_args(plain) if arm is not type(None)] if _is_union(plain) else [plain]
        plain, inner = _unwrapped(arms[0])
        many = get_origin(plain) is tuple
        if many:
            plain, inner = _unwrapped(get_args(plain)[0])
        mark = next((mark for mark in (*marks, *inner) if not isinstance(mark, Key)), None)
        if key is None or len(arms) > 1 or not _is_known(plain, mark, many):
            field = f"{kind.__module__}.{kind.__qualname__}.{each.name}"
            raise TypeError(f"{field}: {hints[each.name]!r} is no word of a lab file")
        needed = each.default is MISSING and each.default_factory is MISSING
        made.append(_Field(each.name, key.word or each.name, key, plain, mark, many, needed))
    return tuple(made)


def _is_known(plain: Any, mark: object, many: bool) -> bool:
    if many:
        return isinstance(mark, Name)
    return plain in (str, bool, int, Address) or mark == SECONDS


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without what `Annotated` says of it, and that."""
    marks = getattr(hint, "__metadata__", ())
    return (hint.__origin__, marks) if marks else (hint, ())


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _shape(field: _Field) -> str:
    """As the schema calls what the value looks like."""
    if field.many:
        return "names"
    if field.mark in _MARKED:
        return _MARKED[field.mark]
    return _SHAPES[field.type]


_MARKED: Mapping[object, str] = {DOMAIN: "domain", URL: "url", SECONDS: "duration"}
_SHAPES: Mapping[Any, str] = {str: "text", bool: "flag", int: "number", Address: "address"}


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
