"""Domain names (RFC 1035 section 2.3, RFC 2181 section 11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from catenet.nodes.application.dns.text import octet_text, octets

__all__ = ["LABEL_LIMIT", "NAME_LIMIT", "Name"]

LABEL_LIMIT = 63
"""Octets in a label (RFC 1035 section 2.3.4)."""

NAME_LIMIT = 255
"""Octets in a name, with its length octets and the root's (RFC 1035 section 2.3.4)."""

_SPECIAL = frozenset(b'.\\"();@$')
_SPACE = 0x20  # in a name, it would end the word


class Name(tuple[bytes, ...]):
    """A domain name: its labels from left to right, without the root's empty one, in lower case.

    "Name servers and resolvers must compare labels in a case-insensitive manner" (RFC 1035 section 3.1): folding
    once, where a name comes in, makes a plain tuple's comparison and hash right. A label may hold any octets.
    """

    __slots__ = ()
    root: ClassVar[Name]

    @classmethod
    def of(cls, labels: tuple[bytes, ...] | list[bytes]) -> Name:
        """Labels in any case → Name. The caller has checked the lengths."""
        return cls([label.lower() for label in labels])

    @classmethod
    def parse(cls, text: str, origin: Name | None = None) -> Name:
        r"""Master-file text → Name (RFC 1035 section 5.1): `\.` and `\046` are a dot inside a label.

        A name without a final dot is relative to `origin`; without `origin` the final dot does not matter.

        Raises:
            ValueError: an empty label, one over 63 octets, a name over 255, or a wrong escape.

        """
        if text == ".":
            return cls.root
        labels, absolute = _split(text)
        name = cls(labels if absolute or origin is None else (*labels, *origin))
        if name.size > NAME_LIMIT:
            raise ValueError(f"{text!r} is a name of {name.size} octets, over the {NAME_LIMIT} allowed")
        return name

    @property
    def size(self) -> int:
        """Octets that the name takes in a message, not compressed."""
        return sum(map(len, self)) + len(self) + 1

    @property
    def parent(self) -> Name:
        """The name without its first label; the root's parent is the root."""
        return Name(self[1:])

    def is_under(self, zone: Name) -> bool:
        """Whether the name is `zone` or below it."""
        return not zone or self[-len(zone) :] == zone

    def ancestors(self) -> Iterator[Name]:
        """The name itself, its parent, … and last the root."""
        for cut in range(len(self) + 1):
            yield Name(self[cut:])

    def tail(self, count: int) -> Name:
        """The last `count` labels."""
        return Name(self[len(self) - count :])

    def moved(self, old: Name, new: Name) -> Name:
        """The name with `new` in place of `old`, under which it is ("DNAME substitution", RFC 6672 section 2.2).

        Raises:
            ValueError: it would be over 255 octets long.

        """
        name = Name((*self[: len(self) - len(old)], *new))
        if name.size > NAME_LIMIT:
            raise ValueError(f"{self} under {new} is a name of {name.size} octets, over the {NAME_LIMIT} allowed")
        return name

    def __str__(self) -> str:
        return ".".join(map(_label_text, self)) or "."

    def __repr__(self) -> str:
        return f"Name({str(self)!r})"


Name.root = Name()


def _label_text(label: bytes) -> str:
    if label.replace(b"-", b"").isalnum():
        return label.decode("ascii")
    return "".join("\\032" if octet == _SPACE else octet_text(octet, _SPECIAL) for octet in label)


def _split(text: str) -> tuple[list[bytes], bool]:
    """The labels of a name's text in lower case, and whether it ends in a dot."""
    if not text.isascii():
        raise ValueError(f"{text!r} is no ASCII name; write an international one in its xn-- form")
    labels = [b""]
    for piece, escaped in octets(text):
        first, *others = [piece] if escaped else piece.split(b".")
        labels[-1] += first
        labels += others
    absolute = len(labels) > 1 and not labels[-1]
    if absolute:
        labels.pop()
    for label in labels:
        if not label:
            raise ValueError(f"{text!r} has an empty label")
        if len(label) > LABEL_LIMIT:
            raise ValueError(f"{text!r} has a label of {len(label)} octets, over the {LABEL_LIMIT} allowed")
    return [label.lower() for label in labels], absolute
