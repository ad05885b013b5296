"""The structures of field values (RFC 9110 section 5.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.http.fields import decimal, entity_tags, members, with_parameters


@pytest.mark.parametrize(
    ("value", "found"),
    [
        # 5.6.1.2: the RFC's own examples
        ("foo,bar", ["foo", "bar"]),
        ("foo ,bar,", ["foo", "bar"]),
        ("foo , ,bar,charlie", ["foo", "bar", "charlie"]),
        ("", []),
        (",", []),
        (",   ,", []),
        # 5.6.4: a comma within quotation marks parts nothing, nor does an escaped mark end them
        ('"a,b", c', ['"a,b"', "c"]),
        (r'a="b\",c", d', [r'a="b\",c"', "d"]),
        ('a, "b, c', ["a", '"b, c']),
        ('a, "b\\', ["a", '"b\\']),
    ],
)
def test_9110_5_6_1_members(value: str, found: list[str]) -> None:
    assert members(value) == found


@pytest.mark.parametrize(
    ("value", "whole", "parameters"),
    [
        # 8.3.1: "The following examples … are all equivalent" (but for the case of the value)
        ("text/html;charset=utf-8", "text/html", {"charset": "utf-8"}),
        ('Text/HTML;Charset="utf-8"', "Text/HTML", {"charset": "utf-8"}),
        ('text/html; charset="utf-8"', "text/html", {"charset": "utf-8"}),
        ("text/html;charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        # 5.6.6: *( OWS ";" OWS [ parameter ] )
        ("text/html; charset=iso-8859-1; profile=x", "text/html", {"charset": "iso-8859-1", "profile": "x"}),
        ("text/html ;; ; a=b;", "text/html", {"a": "b"}),
        (r'a/b; c="d;e\"f"; g=h', "a/b", {"c": 'd;e"f', "g": "h"}),
        (
            'a/b; xcharset=no; title="charset=no"; charset=yes',
            "a/b",
            {"xcharset": "no", "title": "charset=no", "charset": "yes"},
        ),
        ("a/b; c=1; C=2", "a/b", {"c": "1"}),
        ("a/b; c = 1; d", "a/b", {}),
        ('a/b; c="1', "a/b", {"c": "1"}),
        ("", "", {}),
        (";a=b", "a=b", {}),
    ],
)
def test_9110_5_6_6_parameters(value: str, whole: str, parameters: dict[str, str]) -> None:
    assert with_parameters(value) == (whole, parameters)


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        # 8.8.3 and 13.1.1: the RFC's own examples
        ('"xyzzy"', [(False, '"xyzzy"')]),
        ('W/"xyzzy"', [(True, '"xyzzy"')]),
        ('""', [(False, '""')]),
        ('"xyzzy", "r2d2xxxx", "c3piozzzz"', [(False, '"xyzzy"'), (False, '"r2d2xxxx"'), (False, '"c3piozzzz"')]),
        ('W/"a,b" , "c\\"', [(True, '"a,b"'), (False, '"c\\"')]),
        (", ,", []),
        ('"a" "b"', []),
        ('"a', []),
        ('W/ "a"', []),
    ],
)
def test_9110_8_8_3_entity_tags(value: str, tags: list[tuple[bool, str]]) -> None:
    assert entity_tags(value) == tags


@pytest.mark.parametrize(
    ("digits", "number"),
    [("5", 5), ("0" * 5000 + "5", 5), ("", None), ("+5", None), ("5_0", None), ("²", None), ("٥", None), ("100", 100)],
)
def test_9110_8_6_decimal(digits: str, number: int | None) -> None:
    assert decimal(digits, 100) == number


@pytest.mark.parametrize("digits", ["101", "9" * 5000])
def test_a_number_beyond_the_limit_is_one_more_than_it(digits: str) -> None:
    assert decimal(digits, 100) == 101


@given(st.text('a,;="\\ \tW/', max_size=60))
def test_any_value_is_taken_apart(value: str) -> None:
    assert all(member.strip(" \t") == member != "" for member in members(value))
    whole, parameters = with_parameters(value)
    assert ";" not in whole or '"' in whole
    assert all(name == name.lower() for name in parameters)
    assert all(tag.startswith('"') and tag.endswith('"') for _, tag in entity_tags(value))
