"""URIs: the examples of RFC 3986, and its algorithm beside ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.http.uri import Authority, Uri, escape, remove_dot_segments
from catenet.nodes.machine import DecodeError

BASE = Uri.parse("http://a/b/c/d;p?q")


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
    ],
)
def test_3986_5_4_1_normal_examples(reference: str, target: str) -> None:
    assert str(BASE.resolve(reference)) == target


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g#s/./x"),
        ("g#s/../x", "http://a/b/c/g#s/../x"),
        ("http:g", "http://a/b/c/g"),  # "for backward compatibility"
    ],
)
def test_3986_5_4_2_abnormal_examples(reference: str, target: str) -> None:
    assert str(BASE.resolve(reference)) == target


def test_3986_5_2_3_a_base_without_a_path() -> None:
    assert str(Uri.parse("http://a").resolve("g")) == "http://a/g"
    assert str(Uri.parse("http://a?q").resolve("?y")) == "http://a?y"


def test_3986_5_3_what_is_there_and_empty_is_not_what_is_not_there() -> None:
    for text in ("http://a/?", "http://a/#", "http://a/?#", "//a", "///a", "?", "#", "a:", ""):
        assert str(Uri.parse(text)) == text
    assert str(BASE.resolve("?")) == "http://a/b/c/d;p?"


def test_3986_3_1_a_scheme_begins_with_a_letter() -> None:
    assert Uri.parse("1a:b").scheme is None
    assert Uri.parse("a+.-1:b").scheme == "a+.-1"


def by_the_rfc(path: str) -> str:
    """Section 5.2.4, step by step."""
    output = ""
    while path:
        if path.startswith(("../", "./")):
            path = path[path.index("/") + 1 :]
        elif path.startswith("/./") or path == "/.":
            path = "/" + path[3:]
        elif path.startswith("/../") or path == "/..":
            path = "/" + path[4:]
            output = output[: max(output.rfind("/"), 0)]
        elif path in (".", ".."):
            path = ""
        else:
            end = path.find("/", 1) if "/" in path[1:] else len(path)
            output, path = output + path[:end], path[end:]
    return output


@given(st.lists(st.sampled_from(["", ".", "..", "a", "b.", "...", "%2e"]), max_size=10))
def test_3986_5_2_4_dot_segments(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    assert remove_dot_segments(path) == by_the_rfc(path)


@given(st.text("ab:/?#.%[]@ \u00e9", max_size=30))
def test_any_text_is_taken_apart_and_put_together(text: str) -> None:
    assert str(Uri.parse(text)) == text
    target = BASE.resolve(text)
    assert target.scheme is not None
    assert BASE.resolve(str(target)).path == target.path or target.authority is None


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("a", (None, "a", None)),
        ("Dragon.CS:8080", (None, "dragon.cs", 8080)),
        ("a:", (None, "a", None)),
        ("u:p@a", ("u:p", "a", None)),
        ("@a", ("", "a", None)),
        ("[::1]:80", (None, "[::1]", 80)),
        ("a:" + "0" * 5000 + "80", (None, "a", 80)),
    ],
)
def test_3986_3_2_authorities(text: str, authority: tuple[str | None, str, int | None]) -> None:
    assert Authority.parse(text) == authority


@pytest.mark.parametrize(
    "text",
    ["", ":80", "u@", "a:b", "a:80:80", "a b", "a@b@c", "[::1", "::1", "[1::2::3]", "[::1%25eth0]", "a:65536", "a%4"],
)
def test_3986_3_2_what_is_no_authority(text: str) -> None:
    with pytest.raises(DecodeError):
        Authority.parse(text)


@pytest.mark.parametrize("text", ["\u00fc" * 64, "a..\u00fc", "\u00fc:99999", "\udc00"])
def test_names_that_dns_cannot_have(text: str) -> None:
    with pytest.raises(DecodeError):
        Authority.written(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("/a b/\u00e9", "/a%20b/%C3%A9"),
        ("/a%20b%2F", "/a%20b%2F"),
        ("/100%", "/100%25"),
        ("/%zz", "/%25zz"),
        ("/\udce9", "/%E9"),  # a byte that was no UTF-8
        ('/"<>\\^`{|}[]\r\n\x1b', "/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D%0D%0A%1B"),
        ("/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"),
    ],
)
def test_3986_2_1_what_may_not_stand_in_a_path_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert escape(escaped) == escaped
