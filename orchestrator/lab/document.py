"""Bytes → a tree of values that know their lines. YAML 1.2, and of it what a lab file needs: no tags, no aliases.

Aliases are refused because nine lines of them unfold to gigabytes; `defaults` does for a lab what they would.
Size, number of values and depth are bounded, so a hostile file costs seconds at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.problems import quote

__all__ = ["BYTE_LIMIT", "DEPTH_LIMIT", "Item", "Scalar", "read_document", "read_file"]

BYTE_LIMIT = 1_000_000
VALUE_LIMIT = 50_000
DEPTH_LIMIT = 20

Scalar = None | bool | int | float | str

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
"""The last three end a line for the YAML library and for no editor."""
_TAGS = "tag:yaml.org,2002:"
_KINDS = ("str", "timestamp", "null", "bool", "int", "float")  # a date is a text here
_WORDS: dict[str, bool] = {"true": True, "false": False}
_HINTS = (
    ("'\\t'", "indent with spaces, not with tabs"),
    ("mapping values are not allowed", "a text with a colon goes into quotes; otherwise look at the indentation"),
    ("expected <block end>", "look at the indentation of this line and of those above; a space follows each colon"),
    ("expected '<document start>'", "a key ends with a colon, like `lans:`; look at this line and the one above"),
    ("expected ',' or", "a bracket or brace that was opened above is not closed"),
    ("found unexpected end of stream", "a quote that was opened is not closed"),
    ("another document", "one file is one lab: no line ---"),
    ("found undefined tag handle", "a text with ! goes into quotes"),
    ("that cannot start any token", "such a text goes into quotes"),
)
_NO_TAGS = "a lab file has no tags; a text with ! goes into quotes"
_LOOKALIKE = re.compile(r"[\xa0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]")
"""What looks like a space, or like nothing, and is a letter for YAML; it comes with what is copied from a page."""


class Item(NamedTuple):
    """A value of the file. The line of a mapping's value is that of its key."""

    value: Scalar | tuple[Item, ...] | Mapping[str, Item]
    line: int


class _RefusedError(Exception):
    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.hint = hint


class _BoundedComposer(Composer):
    """The library's composer, without aliases and with a limit to the number of values."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self.values = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            name = quote(event.anchor)[1:-1]
            raise _RefusedError(_line(event), f"alias *{name}", "a lab file has no aliases; `defaults` does for them")
        if self.depth >= DEPTH_LIMIT:
            raise _RefusedError(_line(event), f"nested deeper than {DEPTH_LIMIT} levels")
        self.values += 1
        if self.values > VALUE_LIMIT:
            raise _RefusedError(_line(event), f"more than {VALUE_LIMIT} values")
        return super().compose_node(parent, index)


def read_file(path: Path, instead: str, missing: str = "") -> bytes:
    """The bytes of a file, one more than it may have at the most. Hints: `instead` of a folder; where it is `missing`.

    Raises:
        LabFileError: it cannot be read.

    """
    try:
        if path.is_fifo() and not path.is_relative_to("/dev"):  # its writer may never come; that of <(…) has
            raise LabFileError(str(path), 1, "this is a named pipe", "save what comes out of it as a file")
        with path.open("rb") as file:
            return file.read(BYTE_LIMIT + 1)
    except IsADirectoryError:
        raise LabFileError(str(path), 1, "this is a folder", instead) from None
    except LabFileError:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise LabFileError(str(path), 1, f"cannot be read: {why}", missing) from None


def read_document(data: bytes, file: str) -> Item:
    """The text of a lab file → its values.

    Raises:
        LabFileError: no text, no YAML, or more of it than a lab needs.

    """
    text = _decode(data, file)
    try:
        root = _compose(text)
        if root is None:
            raise LabFileError(file, 1, "the file is empty", "a lab has `lans:` and `nodes:`")
        return _item(root, _line(root))
    except _RefusedError as error:
        raise LabFileError(file, error.line, error.message, error.hint) from None


def _decode(data: bytes, file: str) -> str:
    if len(data) > BYTE_LIMIT:
        raise LabFileError(file, 1, f"{len(data)} bytes, over the {BYTE_LIMIT} that a lab file may have")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LabFileError(file, line, f"byte 0x{data[error.start]:02x} is no UTF-8", "save it as UTF-8 text") from None
    control = _CONTROL.search(text)
    if control:
        line = len(_lines(text[: control.start()]))
        raise LabFileError(file, line, f"control character {control[0]!r}", "a lab file is plain text")
    return text


def _compose(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        return yaml.compose(text)  # type: ignore[no-any-return]
    except _RefusedError:
        raise
    except MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except Exception as error:  # the library stumbles in its own ways over what is far from YAML: OverflowError, …
        raise _RefusedError(1, f"no YAML: {quote(str(error))}") from None


def _syntax_error(error: MarkedYAMLError, text: str) -> _RefusedError:
    mark = error.problem_mark or error.context_mark
    last = len(_lines(text.rstrip())) - 1  # an error "at the end" is best shown at the last line with text
    problem = str(error.problem or error.context or "it cannot be read")
    hint = next((hint for part, hint in _HINTS if part in problem), "")
    line = min(mark.line if mark else 0, last)
    lookalike = _LOOKALIKE.search(_lines(text)[line])
    if lookalike is not None:
        hint = f"U+{ord(lookalike[0]):04X} looks like a space, and is none: write a plain one"
    return _RefusedError(line + 1, f"no YAML: {problem}", hint)


def _lines(text: str) -> list[str]:
    """As YAML 1.2 breaks them (section 5.4), with an empty one behind the last break."""
    return re.split(r"\r\n|\r|\n", text)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _item(node: Node, line: int) -> Item:
    tag = str(node.tag)
    if isinstance(node, MappingNode) and tag == f"{_TAGS}map":
        return Item(dict(_pairs(node)), line)
    if isinstance(node, SequenceNode) and tag == f"{_TAGS}seq":
        return Item(tuple(_item(child, _line(child)) for child in node.value), line)
    if isinstance(node, ScalarNode):
        return Item(_scalar(node, tag), line)
    raise _RefusedError(_line(node), f"tag {quote(tag)}", _NO_TAGS)


def _pairs(node: MappingNode) -> Iterator[tuple[str, Item]]:
    lines: dict[str, int] = {}
    for key, value in node.value:
        name = _scalar(key, str(key.tag)) if isinstance(key, ScalarNode) else None
        if isinstance(name, int) and not isinstance(name, bool) and str(name) == key.value:  # the id of a key, say
            name = str(name)
        if not isinstance(name, str):
            written = quote(key.value) if isinstance(key, ScalarNode) else "a list or mapping"
            raise _RefusedError(
                _line(key), f"key {written} is no word", "a name that looks like a value goes into quotes"
            )
        if name in lines:
            raise _RefusedError(_line(key), f"{quote(name)} is here twice", f"the first is on line {lines[name]}")
        lines[name] = _line(key)
        yield name, _item(value, _line(key))


def _scalar(node: ScalarNode, tag: str) -> Scalar:
    """Its value. What a number or a flag of another YAML would be (no, 0b11, .inf, 1e999) is the text as written."""
    kind, text = tag.removeprefix(_TAGS), str(node.value)
    if kind not in _KINDS:
        raise _RefusedError(_line(node), f"{quote(text)} with the tag {quote(kind)}", _NO_TAGS)
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return _WORDS.get(text.lower(), text)
        if kind == "int":
            return int(text.replace("_", ""), 0 if text.lstrip("+-")[:2] in ("0x", "0o") else 10)
        if kind == "float":
            value = float(text.replace("_", ""))
            return value if isfinite(value) else text
    except ValueError:
        pass
    return text
