"""The kinds of fields of which a record's data are made: each in text, in octets, and its size.

A dataclass of records.py says for each of its fields, by an annotation of here, of what kind it is; what follows for
the whole record (reading it, writing it, showing it) is worked out from that alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol, TypeVar

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.text import quoted, read_number, read_octets, read_time
from catenet.nodes.machine import DecodeError

if TYPE_CHECKING:
    from catenet.nodes.application.dns.codec import MessageBuffer

__all__ = [
    "GENERIC",
    "U8",
    "U16",
    "U32",
    "Address4",
    "Address6",
    "Field",
    "FullName",
    "Generic",
    "Hex",
    "ShortName",
    "String",
    "Strings",
    "Tag",
    "Time",
    "Token",
    "Value",
    "Words",
]

GENERIC = r"\#"
"""What data in the form of RFC 3597 section 5 begin with."""

_STRING_LIMIT = 255


class Token(NamedTuple):
    """A word of a master file; `quoted`: it stood between quotes."""

    text: str
    quoted: bool = False


class Words:
    """The words behind a record's type, taken one by one. `origin` completes the names."""

    def __init__(self, what: str, tokens: list[Token], origin: Name) -> None:
        """`what` they belong to: for messages."""
        self._what = what
        self._left = tokens
        self._origin = origin

    @property
    def left(self) -> bool:
        """Whether there is another word."""
        return bool(self._left)

    @property
    def generic(self) -> bool:
        r"""Whether the next word is `\#`."""
        return bool(self._left) and self._left[0] == Token(GENERIC)

    def take(self, what: str) -> str:
        """The next word.

        Raises:
            ValueError: there is none.

        """
        return self._take(what).text

    def rest(self, what: str) -> list[str]:
        """All that are left, one at least.

        Raises:
            ValueError: there is none.

        """
        words = [self.take(what)]
        while self._left:
            words.append(self.take(what))
        return words

    def take_name(self, what: str) -> Name:
        """The next word as a name: "a free standing @ is used to denote the current origin" (RFC 1035 section 5.1).

        Raises:
            ValueError: there is none, or it is no name.

        """
        return self.name(self._take(what))

    def name(self, token: Token) -> Name:
        """A name, relative to the origin unless it ends in a dot."""
        if token == Token("@"):
            return self._origin
        return Name.parse(token.text, self._origin)

    def end(self) -> None:
        """There should be no more.

        Raises:
            ValueError: there is.

        """
        if self._left:
            raise ValueError(f"{self._what}: {self._left[0].text!r} is too much (for a comment write ';')")

    def _take(self, what: str) -> Token:
        if not self._left:
            raise ValueError(f"{self._what} lacks its {what}")
        return self._left.pop(0)


T = TypeVar("T")


class Field(Protocol[T]):
    """One kind of field."""

    def read_text(self, words: Words, what: str) -> T:
        """Takes the field's words; ValueError where they are wrong."""

    def text(self, value: T) -> str:
        """The words."""

    def read(self, buffer: MessageBuffer) -> T:
        """Takes the field's octets. Raises one of codec.ERRORS where they are wrong."""

    def write(self, buffer: MessageBuffer, value: T) -> None:
        """Appends the octets."""

    def size(self, value: T) -> int:
        """How many octets there are, where no name is compressed."""


class _Fixed:
    """A field that always has the same size."""

    def __init__(self, size: int) -> None:
        self._size = size

    def size(self, value: object) -> int:
        return self._size


class _Number(_Fixed):
    """An unsigned number in network order."""

    def read_text(self, words: Words, what: str) -> int:
        return read_number(words.take(what), (1 << 8 * self._size) - 1)

    def text(self, value: int) -> str:
        return str(value)

    def read(self, buffer: MessageBuffer) -> int:
        return int.from_bytes(buffer.get(self._size), "big")

    def write(self, buffer: MessageBuffer, value: int) -> None:
        buffer.append(value.to_bytes(self._size, "big"))


class _Time(_Number):
    """Seconds in four octets, all of which count, unlike a TTL's (RFC 1035 section 3.3.13); in text a time too."""

    def read_text(self, words: Words, what: str) -> int:
        return read_time(words.take(what), 0xFFFFFFFF)


class _Address4(_Fixed):
    def read_text(self, words: Words, what: str) -> Address:
        return Address.parse(words.take(what))

    def text(self, value: Address) -> str:
        return str(value)

    def read(self, buffer: MessageBuffer) -> Address:
        return Address.unpack(buffer.get(self._size))

    def write(self, buffer: MessageBuffer, value: Address) -> None:
        buffer.append(value.pack())


class _Address6(_Fixed):
    def read_text(self, words: Words, what: str) -> bytes:
        from ipaddress import IPv6Address

        text = words.take(what)
        if "%" in text:
            raise ValueError(f"{text!r} has a zone, which stays on one machine")
        return IPv6Address(text).packed

    def text(self, value: bytes) -> str:
        from ipaddress import IPv6Address

        return str(IPv6Address(value))

    def read(self, buffer: MessageBuffer) -> bytes:
        return buffer.get(self._size)

    def write(self, buffer: MessageBuffer, value: bytes) -> None:
        buffer.append(value)


class _DomainName:
    def __init__(self, *, compress: bool) -> None:
        self._compress = compress

    def read_text(self, words: Words, what: str) -> Name:
        return words.take_name(what)

    def text(self, value: Name) -> str:
        return str(value)

    def read(self, buffer: MessageBuffer) -> Name:
        return buffer.read_name()

    def write(self, buffer: MessageBuffer, value: Name) -> None:
        buffer.write_name(value, compress=self._compress)

    def size(self, value: Name) -> int:
        return value.size


class _String:
    def read_text(self, words: Words, what: str) -> bytes:
        return _string(words.take(what))

    def text(self, value: bytes) -> str:
        return quoted(value)

    def read(self, buffer: MessageBuffer) -> bytes:
        return buffer.get(buffer.get(1)[0])

    def write(self, buffer: MessageBuffer, value: bytes) -> None:
        buffer.append(bytes([len(value)]) + value)

    def size(self, value: bytes) -> int:
        return 1 + len(value)


_STRING = _String()


class _Strings:
    """One string or more, to the end of the data."""

    def read_text(self, words: Words, what: str) -> tuple[bytes, ...]:
        return tuple(map(_string, words.rest(what)))

    def text(self, value: tuple[bytes, ...]) -> str:
        return " ".join(map(quoted, value))

    def read(self, buffer: MessageBuffer) -> tuple[bytes, ...]:
        strings: list[bytes] = []
        while buffer.offset < buffer.end:
            strings.append(_STRING.read(buffer))
        if not strings:
            raise DecodeError("RDLENGTH", 0, "there is one string at least")
        return tuple(strings)

    def write(self, buffer: MessageBuffer, value: tuple[bytes, ...]) -> None:
        for string in value:
            _STRING.write(buffer, string)

    def size(self, value: tuple[bytes, ...]) -> int:
        return sum(map(_STRING.size, value))


class _Tag(_String):
    """A string of letters and digits, one at least (RFC 8659 section 4.1)."""

    def read_text(self, words: Words, what: str) -> bytes:
        text = words.take(what)
        if not (text.isascii() and text.isalnum() and len(text) <= _STRING_LIMIT):
            raise ValueError(f"{text!r} is no {what}: it has letters and digits only")
        return text.encode()

    def text(self, value: bytes) -> str:
        return value.decode("ascii") if value.isalnum() else quoted(value)


class _Octets:
    """Octets up to the end of the data."""

    def read(self, buffer: MessageBuffer) -> bytes:
        if buffer.offset > buffer.end:
            raise DecodeError("RDLENGTH", buffer.end, "the data end before their last field")
        return buffer.get(buffer.end - buffer.offset)

    def write(self, buffer: MessageBuffer, value: bytes) -> None:
        buffer.append(value)

    def size(self, value: bytes) -> int:
        return len(value)


class _Value(_Octets):
    """A string without a length (RFC 8659 section 4.1.1)."""

    def read_text(self, words: Words, what: str) -> bytes:
        return read_octets(words.take(what))

    def text(self, value: bytes) -> str:
        return quoted(value)


class _Hex(_Octets):
    """Hexadecimal digits, in one word or several."""

    def read_text(self, words: Words, what: str) -> bytes:
        return _from_hex("".join(words.rest(what)), what)

    def text(self, value: bytes) -> str:
        return value.hex()


class _Generic(_Octets):
    """The form of RFC 3597 section 5, for data whose form is not known."""

    def read_text(self, words: Words, what: str) -> bytes:
        if words.take(what) != GENERIC:
            raise ValueError(rf"{what} of an unknown type: write them as \# LENGTH HEX (RFC 3597)")
        length = read_number(words.take("length"), 0xFFFF)
        data = b"".join(_from_hex(word, what) for word in (words.rest(what) if words.left else ()))
        if len(data) != length:
            raise ValueError(rf"\# {length} is followed by {len(data)} octets")
        return data

    def text(self, value: bytes) -> str:
        return f"{GENERIC} {len(value)} {value.hex()}".rstrip()


def _string(text: str) -> bytes:
    data = read_octets(text)
    if len(data) > _STRING_LIMIT:
        raise ValueError(
            f"{text[:20]!r}… has {len(data)} octets, over the {_STRING_LIMIT} of one string; write several"
        )
    return data


def _from_hex(text: str, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{what} {text[:40]!r}: an octet is two hexadecimal digits") from None


U8 = Annotated[int, _Number(1)]
U16 = Annotated[int, _Number(2)]
U32 = Annotated[int, _Number(4)]
Time = Annotated[int, _Time(4)]
Address4 = Annotated[Address, _Address4(4)]
Address6 = Annotated[bytes, _Address6(16)]
ShortName = Annotated[Name, _DomainName(compress=True)]
"""Of the types of RFC 1035: only in these may a name be compressed (RFC 3597 section 4)."""
FullName = Annotated[Name, _DomainName(compress=False)]
String = Annotated[bytes, _STRING]
"""A <character-string> (RFC 1035 section 3.3)."""
Strings = Annotated[tuple[bytes, ...], _Strings()]
Tag = Annotated[bytes, _Tag()]
Value = Annotated[bytes, _Value()]
Hex = Annotated[bytes, _Hex()]
Generic = Annotated[bytes, _Generic()]
