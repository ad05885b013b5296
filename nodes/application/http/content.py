"""The content of a response as text: its codings (RFC 9110 section 8.4) and its character set (section 8.3.2)."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from html.parser import HTMLParser
from typing import NamedTuple

from catenet.nodes.application.http.fields import with_parameters
from catenet.nodes.application.http.markup import markup

__all__ = ["Text", "decode", "text_of"]

_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # coding → how zlib calls it
_CODINGS_LIMIT = 4  # one over the other

# What Python calls them. It has others that are no character sets, or slow on purpose-made bytes.
_CHARSETS = frozenset(
    (
        *("ascii", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "koi8-r", "koi8-u", "cp866", "mac-roman", "tis-620"),
        *(f"iso8859-{part}" for part in range(1, 17)),
        *(f"cp125{page}" for page in range(9)),
        *("big5", "big5hkscs", "gbk", "gb2312", "gb18030", "shift_jis", "euc_jp", "iso2022_jp", "cp932"),
        *("euc_kr", "cp949"),
    )
)
_GZIP = b"\x1f\x8b"
"""The first octets of a gzip member (RFC 1952 section 2.3.1)."""
_META_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z0-9_:.+-]{1,40}")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_LOOKED_AT = 1_024  # bytes at the beginning of a page in which it may name its character set
_HTML = ("text/html", "application/xhtml+xml")
_XML = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)""")
_USUAL, _OLD = "utf-8", "cp1252"


class Text(NamedTuple):
    """Content as text; `notes` say where it is not what the server may have meant."""

    text: str
    notes: tuple[str, ...] = ()


class Decoded(NamedTuple):
    """Content without its codings. `whole`: nothing is missing at its end."""

    content: bytes
    whole: bool


def decode(content: bytes, codings: Sequence[str], limit: int) -> Decoded:
    """The content without its codings, which are named in the order in which they were put on; at most `limit` bytes.

    Raises:
        ValueError: a coding that is not known, or content that is not so coded.

    """
    if len(codings) > _CODINGS_LIMIT:
        raise ValueError(f"over {_CODINGS_LIMIT} codings")
    decoded = Decoded(content, whole=True)
    for coding in reversed(codings):
        if coding.lower() == "identity":
            continue
        if coding.lower() not in _CODINGS:
            raise ValueError(f"the coding {coding!r} is not known here")
        try:
            plain, whole = _decompress(decoded.content, _CODINGS[coding.lower()], limit)
        except zlib.error:
            raise ValueError(f"it is not coded by {coding}, as its Content-Encoding says") from None
        decoded = Decoded(plain, decoded.whole and whole)
    return decoded


def _decompress(content: bytes, window: int, limit: int) -> Decoded:
    """All members of it: RFC 1952 section 2.2 lets a gzip file have several, one behind the other."""
    plain = bytearray()
    while True:
        member = zlib.decompressobj(window)
        plain += member.decompress(content, limit - len(plain))
        content = member.unused_data
        if not member.eof or len(plain) >= limit or not content.startswith(_GZIP):
            return Decoded(bytes(plain), member.eof)


def text_of(content: bytes, content_type: str, *, cut: bool = False) -> Text:
    """The text, by the mark at its beginning, else by the server's word, else by the page's own, else as UTF-8.

    `content_type` is the field's value. `cut`: the content's end is not there, so that its last character may be half.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _read(content.removeprefix(mark), name, cut=cut)
    media_type, parameters = with_parameters(content_type)
    label = parameters.get("charset") or _own_word(content[:_LOOKED_AT], media_type.lower())
    if not label:
        text = _read(content, _USUAL, cut=cut)
        if not text.notes:
            return text
        return Text(
            _read(content, _OLD, cut=cut).text, ("no charset is given and it is no utf-8: read as windows-1252",)
        )
    known = _codec(label)
    if known is not None:
        return _read(content, known, cut=cut)
    text = _read(content, _USUAL, cut=cut)
    return Text(text.text, (f"charset {label[:40]!r} is not known here: read as utf-8", *text.notes))


def _codec(label: str) -> str | None:
    label = label.strip(" '")  # marks that are none (RFC 9110 section 5.6.4), and often sent
    try:
        name = codecs.lookup(label).name if _LABEL.fullmatch(label) else ""
    except LookupError:
        return None
    return name if name in _CHARSETS else None


def _read(content: bytes, codec: str, *, cut: bool) -> Text:
    decoder = codecs.getincrementaldecoder(codec)
    try:
        return Text(decoder("strict").decode(content, final=not cut))
    except UnicodeDecodeError as error:
        note = f"byte {error.start} is no {codec}; what cannot be read is shown as \ufffd"
        return Text(decoder("replace").decode(content, final=not cut), (note,))


def _own_word(begin: bytes, media_type: str) -> str:
    """What a page says of its own character set, as HTML's standard has it read: in the first 1024 bytes."""
    if media_type not in _HTML:
        return ""
    if media_type != "text/html" and (match := _XML.match(begin)):
        return match[1].decode("latin-1")
    meta = _Meta()
    with suppress(AssertionError):  # html.parser's word for markup that it cannot make sense of
        meta.feed(markup(begin.decode("latin-1")))
    # A page that can be read so far is in no form of UTF-16, whatever it says.
    return "utf-8" if meta.charset.lower().startswith("utf-16") else meta.charset


class _Meta(HTMLParser):
    """Finds `<meta charset=…>`, or the same as a header in `<meta http-equiv=content-type content=…>`."""

    def __init__(self) -> None:
        super().__init__()
        self.charset = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta" or self.charset:
            return
        given = {name: value or "" for name, value in reversed(attrs)}
        self.charset = given.get("charset", "").strip()
        if not self.charset and given.get("http-equiv", "").strip().lower() == "content-type":
            match = _META_CHARSET.search(given.get("content", ""))
            self.charset = match[1] if match is not None else ""
