from __future__ import annotations

import pytest
from dnslib.label import DNSLabel
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.dns.name import Name

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=4)


@given(LABELS)
def test_text_and_back(labels: list[bytes]) -> None:
    name = Name.of(labels)
    assert Name.parse(str(name), Name.root) == name


def test_comparison_ignores_case() -> None:
    """RFC 1035 section 3.1."""
    assert Name.parse("Dragon.CS.uiuc.EDU") == Name.parse("dragon.cs.uiuc.edu")


def test_a_binary_label_is_a_label() -> None:
    """RFC 2181 section 11: "any binary string whatever can be used as the label"."""
    name = Name.parse(r"a\.b\000\255.edu")
    assert name == (b"a.b\x00\xff", b"edu")
    assert str(name) == r"a\.b\000\255.edu"


def test_relative_and_absolute_names() -> None:
    """RFC 1035 section 5.1."""
    origin = Name.parse("uiuc.edu")
    assert Name.parse("cs", origin) == (b"cs", b"uiuc", b"edu")
    assert Name.parse("cs.", origin) == (b"cs",)
    assert Name.parse(".", origin) == Name.root


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty label"),
        ("a..b", "empty label"),
        (".a", "empty label"),
        ("a" * 64, "64 octets"),
        (".".join(["a" * 63] * 4), "257 octets"),
        (r"a\256", "over 255"),
        (r"a\4b", "before a digit"),
        (r"a\42", "before a digit"),
        ("a\\", "backslash"),
        ("münchen", "xn--"),
    ],
)
def test_wrong_names(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Name.parse(text)


def test_the_longest_name() -> None:
    """RFC 1035 section 2.3.4: 255 octets or less."""
    name = Name.parse(".".join(["a" * 63] * 3 + ["a" * 61]))
    assert name.size == 255
    assert len(DNSLabel(tuple(name))) == 253


def test_ancestors() -> None:
    name = Name.parse("dragon.cs.uiuc.edu")
    assert [str(each) for each in name.ancestors()] == ["dragon.cs.uiuc.edu", "cs.uiuc.edu", "uiuc.edu", "edu", "."]
    assert name.is_under(Name.parse("uiuc.edu")) and name.is_under(Name.root) and name.is_under(name)
    assert not name.is_under(Name.parse("iuc.edu"))


def test_rfc_6672_2_2_the_table_of_substitutions() -> None:
    table = """
        a.example.com.   example.com.   example.net.   a.example.net.
        a.b.example.com. example.com.   example.net.   a.b.example.net.
        foo.example.com. example.com.   example.net.   foo.example.net.
        a.x.example.com. x.example.com. example.net.   a.example.net.
        a.example.com.   example.com.   y.example.net. a.y.example.net.
        cyc.example.com. example.com.   example.com.   cyc.example.com.
        cyc.example.com. example.com.   c.example.com. cyc.c.example.com.
        shortloop.x.x.   x.             .              shortloop.x.
        shortloop.x.     x.             .              shortloop.
    """
    for line in table.strip().splitlines():
        name, owner, target, result = map(Name.parse, line.split())
        assert name.moved(owner, target) == result


def test_rfc_6672_2_2_a_name_that_becomes_too_long() -> None:
    target = Name.of([b"a" * 63] * 3 + [b"b" * 52])
    assert Name.parse("12345.x").moved(Name.parse("x"), target).size == 252
    with pytest.raises(ValueError, match="over the 255"):
        Name.parse("123456789.x").moved(Name.parse("x"), target)
