"""Bytes of content as text: codings and character sets."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.http.content import decode, text_of

CAFE = "caf\u00e9"
OLD = CAFE.encode("latin-1")
HTML = "text/html"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html; charset=iso-8859-1",
        "text/html; Charset=ISO-8859-1",
        "text/html;charset=iso-8859-1; profile=x",
        'text/html; profile="a;charset=utf-8"; charset="iso-8859-1"',
        "text/html; charset=latin1",
        "text/html; charset='iso-8859-1'",
    ],
)
def test_9110_8_3_2_the_servers_word(content_type: str) -> None:
    assert text_of(OLD, content_type) == (CAFE, ())


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("utf-8", "\u4e2d\u6587"),
        ("utf-16", "\u4e2d\u6587"),
        ("koi8-r", "\u0430\u0431"),
        ("windows-1251", "\u0430\u0431"),
        ("shift_jis", "\u65e5\u672c"),
        ("euc-kr", "\ud55c"),
        ("gb18030", "\u4e2d"),
        ("iso-8859-15", "\u20ac"),
    ],
)
def test_character_sets(charset: str, content: str) -> None:
    assert text_of(content.encode(charset), f"text/plain; charset={charset}") == (content, ())


@pytest.mark.parametrize(
    "begin",
    [
        "<meta charset=iso-8859-1>",
        '<html><head><META CharSet = " ISO-8859-1 " />',
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">',
        '<meta http-equiv=Content-Type content="text/html charset = iso-8859-1">',
        "<!--><meta charset=iso-8859-1>",
        "<!-- <meta charset=utf-8> --><meta charset='iso-8859-1'>",
        "<meta name=description content='charset=utf-8'><meta charset=iso-8859-1>",
        "<meta charset=iso-8859-1 charset=utf-8>",
        "<![if x]><meta charset=iso-8859-1>",
    ],
)
def test_a_page_names_its_own(begin: str) -> None:
    text, notes = text_of(begin.encode() + OLD, HTML)
    assert (text, notes) == (begin + CAFE, ())


def test_xml_names_its_own() -> None:
    declaration = '<?xml version="1.0" encoding="iso-8859-1"?>'
    assert text_of(declaration.encode() + OLD, "application/xhtml+xml") == (declaration + CAFE, ())


def test_the_order_of_the_words() -> None:
    page = b"<meta charset=iso-8859-1>" + CAFE.encode()
    assert text_of(page, "text/html; charset=utf-8").text.endswith(CAFE)
    assert text_of(b"\xef\xbb\xbf" + page, "text/html; charset=koi8-r").text == page.decode()  # the mark is not shown
    assert text_of(b"\xff\xfea\0", "text/plain; charset=utf-8") == ("a", ())
    assert text_of(b"<meta charset=utf-16>" + CAFE.encode(), HTML).text.endswith(CAFE)
    assert text_of(b" " * 1024 + b"<meta charset=koi8-r>" + CAFE.encode(), HTML).text.endswith(CAFE)
    assert text_of(b"<meta charset=iso-8859-1>" + CAFE.encode(), "text/plain").text.endswith(CAFE)


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "rot13", "zlib", "utf-7", "x" * 5000, "a\0b", "..", "\u00e9", "undefined"]
)
def test_a_character_set_that_is_not_known_is_said(charset: str) -> None:
    text, (note,) = text_of(CAFE.encode(), f'text/plain; charset="{charset}"')
    assert text == CAFE
    assert note.endswith("is not known here: read as utf-8")
    assert len(note) < 200


def test_what_cannot_be_read_is_said() -> None:
    assert text_of(OLD + b"!", "text/plain; charset=utf-8") == (
        "caf\ufffd!",
        ("byte 3 is no utf-8; what cannot be read is shown as \ufffd",),
    )
    assert text_of(OLD, "text/plain") == (CAFE, ("no charset is given and it is no utf-8: read as windows-1252",))
    assert text_of(b"\x81", "text/plain").text == "\ufffd"


def test_half_a_character_at_a_cut_is_no_fault() -> None:
    assert text_of(CAFE.encode()[:-1], "text/plain", cut=True) == ("caf", ())
    assert text_of(CAFE.encode()[:-1], "text/plain").notes != ()


@pytest.mark.parametrize(
    ("content", "codings"),
    [
        (OLD, []),
        (OLD, ["identity"]),
        (gzip.compress(OLD, mtime=0), ["gzip"]),
        (gzip.compress(OLD, mtime=0), ["X-GZIP"]),
        (zlib.compress(OLD), ["deflate"]),  # 8.4.1.2: the zlib format
        (
            gzip.compress(zlib.compress(OLD), mtime=0),
            ["deflate", "gzip"],
        ),  # "listed in the order in which they were applied"
        (gzip.compress(OLD[:3], mtime=0) + gzip.compress(OLD[3:], mtime=0), ["gzip"]),  # RFC 1952 section 2.2: members
        (gzip.compress(OLD, mtime=0) + b"padding", ["gzip"]),
    ],
)
def test_9110_8_4_codings(content: bytes, codings: list[str]) -> None:
    assert decode(content, codings, 100) == (OLD, True)


@pytest.mark.parametrize("codings", [["gzip"], ["deflate", "gzip"]])
def test_coded_content_whose_end_is_missing_is_not_whole(codings: list[str]) -> None:
    """RFC 1952 section 2.3: a member ends with its CRC32 and its length."""
    coded = gzip.compress(zlib.compress(OLD) if "deflate" in codings else OLD, mtime=0)
    found = decode(coded[:-1], codings, 100)
    assert (OLD.startswith(found.content), found.whole) == (True, False)


@pytest.mark.parametrize(
    ("content", "codings", "words"),
    [
        (OLD, ["br"], "'br' is not known"),
        (OLD, ["gzip"], "not coded by gzip"),
        (OLD, ["identity"] * 5, "over 4 codings"),
    ],
)
def test_codings_that_cannot_be_taken_off(content: bytes, codings: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decode(content, codings, 100)


def test_a_small_content_that_becomes_a_huge_one_is_cut() -> None:
    bomb = gzip.compress(bytes(50_000_000), mtime=0)
    assert decode(bomb, ["gzip"], 1000) == (bytes(1000), False)
    assert len(decode(gzip.compress(bomb, mtime=0), ["gzip", "gzip"], 1000).content) <= 1000
    assert decode(gzip.compress(b"", mtime=0) * 10_000, ["gzip"], 1000) == (b"", True)


@given(st.binary(max_size=200), st.text('text/html; charset="=ufiso-8', max_size=40), st.booleans())
def test_any_content_is_text(content: bytes, content_type: str, cut: bool) -> None:
    assert isinstance(text_of(content, content_type, cut=cut).text, str)
    assert isinstance(text_of(b"<meta " + content, "text/html", cut=cut).text, str)
