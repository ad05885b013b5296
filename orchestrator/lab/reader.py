"""Reads values out of the tree: each method returns the value, or reports what is wrong and returns None."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from catenet.nodes.address import Address, HostBitsError, Prefix
from catenet.nodes.control.hardware import parse_hardware
from catenet.nodes.control.units import DURATION, LONGEST, Unit, format_duration, parse_duration
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import Problems, nearest, quote
from catenet.orchestrator.lab.words import NAMES, OTHER_TOOLS_WORDS

__all__ = ["ENTRY", "FLAGS", "QUOTES", "Reader", "plain", "shape", "whole"]

_LARGE = 10**30
TEXT_LIMIT = 2000
"""Characters of any one text: longer than every name and URL."""

FLAGS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
"""Words for yes and no, beside the two of YAML itself."""

ENTRY = ": an entry"
"""Of a list, in a message."""
QUOTES = "a word that looks like a value goes into quotes"


def plain(item: Item) -> object:
    """The value without its lines."""
    if isinstance(item.value, Mapping):
        return {key: plain(child) for key, child in item.value.items()}
    if isinstance(item.value, tuple):
        return [plain(child) for child in item.value]
    return item.value


def shape(item: Item) -> str:
    """What stands there, as the file has it."""
    if isinstance(item.value, Mapping):
        return "a mapping"
    if isinstance(item.value, tuple):
        return "a list"
    if item.value is None or isinstance(item.value, bool):
        return {None: "nothing", True: "true", False: "false"}[item.value]
    return quote(item.value) if isinstance(item.value, str) else _number(item.value)


def _number(value: float) -> str:
    """A number, short, as a file may have it."""
    if isinstance(value, int) and abs(value) >= _LARGE:
        return "a number of very many digits"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def whole(value: object) -> int | None:
    """The whole number that it is; 1e3 is one too (JSON Schema 2020-12 section 4.2.3), true is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
        return None
    return int(value)


class Reader:
    """`what` names the value in messages, as the user would: `node a: gateway`."""

    def __init__(self, problems: Problems) -> None:
        self.problem = problems.add
        self.problem_elsewhere = problems.add_elsewhere

    def mapping(self, item: Item | None, what: str, like: str = "{word: value}") -> Mapping[str, Item]:
        """Keys that the user chose; nothing at all is an empty mapping."""
        if item is None or item.value is None:
            return {}
        if isinstance(item.value, Mapping):
            return item.value
        self.problem(item.line, f"{what} is {shape(item)}, and should be a mapping", f"like {like}")
        return {}

    def section(self, item: Item | None, what: str, words: Collection[str]) -> Mapping[str, Item] | None:
        """Keys that are ours; an unknown one is reported and left out. None where it is no mapping."""
        found = self.mapping(item, what, f"{{{next(iter(words), 'word')}: …}}")
        if item is not None and not isinstance(item.value, Mapping | None):
            return None
        for key, child in found.items():
            if key not in words:
                self.unknown_word(key, child.line, what, words)
        return {key: child for key, child in found.items() if key in words}

    def unknown_word(self, word: str, line: int, what: str, words: Collection[str]) -> None:
        """A key that is not one of the words."""
        hint = OTHER_TOOLS_WORDS.get(word) or nearest(word, words)
        self.problem(line, f"{what}: unknown word {quote(word)}", hint)

    def needed(self, section: Mapping[str, Item], key: str, what: str, line: int, like: str) -> Item | None:
        """A key that must be there; `like` shows how it is written."""
        if key not in section:
            self.problem(line, f"{what}: `{key}:` is missing", f"write it, like {like}")
        return section.get(key)

    def items(self, item: Item | None, what: str) -> Sequence[Item]:
        """A list; nothing at all is an empty list."""
        if item is None or item.value is None:
            return ()
        if isinstance(item.value, tuple):
            return item.value
        like = item.value if isinstance(item.value, str) and item.value.isidentifier() else "one, two"
        self.problem(item.line, f"{what} is {shape(item)}, and should be a list", f"like [{like}]")
        return ()

    def text(self, item: Item | None, what: str) -> str | None:
        """A text that is not empty, and not a book."""
        if item is None:
            return None
        if isinstance(item.value, str) and len(item.value) > TEXT_LIMIT:
            self.problem(item.line, f"{what} has {len(item.value)} characters", f"at most {TEXT_LIMIT}")
            return None
        if isinstance(item.value, str) and not item.value.isprintable():
            self.problem(item.line, f"{what} is {shape(item)}: it has a character that cannot be shown", "leave it out")
            return None
        if isinstance(item.value, str) and item.value:
            return item.value
        hint = QUOTES if isinstance(item.value, bool | int | float) else ""
        self.problem(item.line, f"{what} is {shape(item)}, and should be a text", hint)
        return None

    def name(self, word: str, line: int, kind: str) -> bool:
        """Whether a thing of this kind may have the name."""
        if NAMES[kind].allows(word):
            return True
        self.problem(line, f"{quote(word)} is no name for a {kind}", NAMES[kind].advise(word))
        return False

    def one_of(self, item: Item | None, what: str, kind: str, known: Collection[str]) -> str | None:
        """The name of something that the lab has."""
        word = self.text(item, what)
        if word is None or word in known:
            return word
        assert item is not None
        self.problem(item.line, f"{what}: there is no {kind} {quote(word)}", nearest(word, known))
        return None

    def some_of(self, item: Item | None, what: str, kind: str, known: Collection[str]) -> tuple[str, ...]:
        """Such names, in a list; one alone may stand for its list."""
        single = item is not None and isinstance(item.value, str)
        items = (item,) if single else self.items(item, what)
        texts = [child for child in items if self.text(child, f"{what}{'' if single else ENTRY}") is not None]
        words = (self.one_of(child, what, kind, known) for child in texts)
        return tuple(word for word in words if word is not None)

    def not_empty(self, item: Item, what: str, kind: str, or_else: str = "") -> None:
        """Reports a list without names; `or_else`: what else may be done than write one."""
        if item.value in ((), None):
            self.problem(item.line, f"{what} is empty: write one {kind} or more{or_else}")

    def each_once(self, item: Item, what: str, kind: str, names: Collection[str]) -> None:
        """Reports a name that is there more than once."""
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            self.problem(item.line, f"{what} names {kind} {twice[0]} more than once", "once will do")

    def flag(self, item: Item | None, what: str) -> bool | None:
        """Yes or no: true, on, yes; false, off, no."""
        if item is None or isinstance(item.value, bool):
            return None if item is None else bool(item.value)
        if isinstance(item.value, str) and item.value in FLAGS:
            return FLAGS[item.value]
        self.problem(item.line, f"{what} is {shape(item)}, and should be true or false")
        return None

    def number(self, item: Item | None, what: str, least: int, most: int) -> int | None:
        """A whole number within bounds."""
        if item is None:
            return None
        value = whole(item.value)
        if value is not None and least <= value <= most:
            return value
        self.problem(item.line, f"{what} is {shape(item)}, and should be a whole number from {least} to {most}")
        return None

    def duration(self, item: Item | None, what: str) -> float | None:
        """A duration, in seconds."""
        if item is None:
            return None
        if isinstance(item.value, str):
            try:
                seconds = parse_duration(item.value)
            except ValueError:
                self.problem(item.line, f"{what}: {quote(item.value)} is no duration", "like 200ms, 2s or 3m")
                return None
            if seconds > LONGEST:
                self.problem(item.line, f"{what}: {item.value} is too long", f"at most {format_duration(LONGEST)}")
            return min(seconds, LONGEST)
        number = isinstance(item.value, int | float) and not isinstance(item.value, bool)
        with_unit = f"{shape(item)}s"
        hint = f"with a unit: {with_unit}" if number and DURATION.fullmatch(with_unit) else "like 200ms, 2s or 3m"
        self.problem(item.line, f"{what} is {shape(item)}, and should be a duration", hint)
        return None

    def quantity(self, item: Item, what: str, unit: Unit) -> float | None:
        """A number with a unit behind it, as the unit has it."""
        if not isinstance(item.value, str):
            self.problem(item.line, f"{what} is {shape(item)}, and should be a {unit.words}", f"like {unit.like}")
            return None
        try:
            return unit.parse(item.value)
        except ValueError:
            self.problem(
                item.line, f"{what}: {quote(item.value)} is no {unit.words}", f"{unit.range}, like {unit.like}"
            )
            return None

    def choice(self, item: Item, what: str, words: Sequence[str]) -> str | None:
        """One of these words."""
        if item.value in words:
            return str(item.value)
        near = nearest(item.value, words) if isinstance(item.value, str) else ""
        self.problem(item.line, f"{what} is {shape(item)}, and should be one of {', '.join(words)}", near)
        return None

    def address(self, item: Item | None, what: str) -> Address | None:
        text = self.text(item, what)
        try:
            return None if text is None else Address.parse(text)
        except ValueError:
            assert item is not None
            self.problem(item.line, f"{what}: {quote(text)} is no IPv4 address", "like 10.0.1.1")
            return None

    def hardware(self, item: Item, what: str) -> bytes | None:
        """A hardware address of one interface."""
        text = self.text(item, what)
        try:
            return None if text is None else parse_hardware(text)
        except ValueError as error:
            self.problem(item.line, f"{what}: {error}")
            return None

    def prefix(self, item: Item | None, what: str) -> Prefix | None:
        """An IPv4 prefix, its host bits zero."""
        text = self.text(item, what)
        try:
            return None if text is None else Prefix.parse(text)
        except HostBitsError as error:
            fault, hint = "has host bits set", f"its network is {error.network}"
        except ValueError:
            fault, hint = "is no prefix", "like 10.0.1.0/24"
        assert item is not None
        self.problem(item.line, f"{what}: {quote(text)} {fault}", hint)
        return None
