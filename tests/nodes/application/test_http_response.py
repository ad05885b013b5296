"""Dates and preconditions, against the RFC's examples and Python's own mail and HTTP libraries."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

import pytest
from http_site import MODIFIED, WALL
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.http.date import format_date, parse_date
from catenet.nodes.application.http.response import REASONS, Page, precondition, status_page

PAGE = Page.of("text/html", MODIFIED, '"one"', content=b"x")
AT, BEFORE, AFTER = (format_date(MODIFIED + shift) for shift in (0, -1, 1))


@pytest.mark.parametrize(
    "text",
    [  # RFC 9110 section 5.6.7: the same moment in the three forms
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_the_three_forms_of_a_date(text: str) -> None:
    assert parse_date(text, WALL) == 784111777


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text, WALL) is None


def test_a_two_digit_year_is_at_most_fifty_years_ahead() -> None:
    now = 1_767_225_600  # 2026-01-01
    assert parse_date("Wednesday, 01-Jan-76 00:00:00 GMT", now) == 3_345_062_400  # 2076
    assert parse_date("Saturday, 01-Jan-77 00:00:00 GMT", now) == 220_924_800  # 1977
    assert parse_date("Wednesday, 01-Jan-76 00:00:01 GMT", now) == 189_302_401  # 1976: it is the moment that counts
    assert parse_date("Thursday, 31-Dec-76 00:00:00 GMT", now) == 220_838_400  # 1976


def test_a_leap_second_is_a_date() -> None:
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT", WALL) == parse_date("Sat, 31 Dec 2016 23:59:59 GMT", WALL)


@given(st.integers(0, 4_102_444_800))
def test_dates_are_those_of_the_mail_library(seconds: int) -> None:
    text = format_date(seconds)
    assert text == formatdate(seconds, usegmt=True)
    assert parse_date(text, WALL) == seconds == parsedate_to_datetime(text).timestamp()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        # 13.1.2: weak comparison, a list, anything
        ({"if-none-match": '"one"'}, 304),
        ({"if-none-match": 'W/"one"'}, 304),
        ({"if-none-match": '"two", "one"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"two"'}, 200),
        ({"if-none-match": "one"}, 200),
        ({"if-none-match": ' , "two" ,, W/"one",'}, 304),  # 5.6.1.2: empty elements are ignored
        ({"if-none-match": '"a,b", "one"'}, 304),
        ({"if-none-match": '"a\\", "one"'}, 304),  # 8.8.3: a backslash is a character like others
        ({"if-none-match": '"oW/ne"'}, 200),
        ({"if-none-match": 'w/"one"'}, 200),  # 8.8.3: the prefix is case-sensitive
        ({"if-none-match": '"one'}, 200),
        ({"if-none-match": '"one" "two"'}, 200),
        ({"if-none-match": '*, "two"'}, 200),
        # 13.1.3
        ({"if-modified-since": AT}, 304),
        ({"if-modified-since": AFTER}, 304),
        ({"if-modified-since": BEFORE}, 200),
        ({"if-modified-since": "nonsense"}, 200),
        ({"if-none-match": '"two"', "if-modified-since": AT}, 200),  # MUST ignore the date where there are tags
        # 13.1.1: strong comparison
        ({"if-match": '"one"'}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": '"two"'}, 412),
        ({"if-match": 'W/"one"'}, 412),
        ({"if-match": 'W/"one", "one"'}, 200),
        ({"if-match": ""}, 412),
        # 14.2, 13.1.5: ranges are ignored, and with them their condition
        ({"range": "bytes=0-0", "if-range": '"two"'}, 200),
        # 13.1.4
        ({"if-unmodified-since": AT}, 200),
        ({"if-unmodified-since": BEFORE}, 412),
        ({"if-unmodified-since": "nonsense"}, 200),
        ({"if-match": '"one"', "if-unmodified-since": BEFORE}, 200),
        # 13.2.2: the order
        ({"if-match": '"two"', "if-none-match": '"one"'}, 412),
        ({"if-match": '"one"', "if-none-match": '"one"'}, 304),
    ],
)
def test_preconditions(fields: dict[str, str], status: int) -> None:  # RFC 9110 section 13
    assert precondition(fields, PAGE, WALL) == status


@pytest.mark.parametrize("status", [status for status in REASONS if status >= 400])
def test_status_pages_say_what_they_are(status: int) -> None:
    page = status_page(status)
    assert f"<h1>{status} {REASONS[status]}</h1>".encode() in page.tail
    assert page.tail.endswith(b"\n")
    assert f"Content-Length: {page.size}\r\n".encode() in page.tail
