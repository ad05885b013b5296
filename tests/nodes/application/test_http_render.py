"""Pages as text: golden examples, and pages that want to do harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.render import clean, render_html, render_text

BASE = "http://dragon.cs.uiuc.edu/a/index.html"
LABS = Path(__file__).parents[3] / "labs"


def text_of(page: str, width: int = 40) -> str:
    return render_html(page, BASE, width).text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", ""),
        ("plain   words\n here", "plain words here"),
        ("<h1>Title</h1><p>One.<p>Two &amp; &#x263a;", "Title\n\nOne.\n\nTwo & \u263a"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<b>bold</b>, <i>italic</i> <code>code</code>", "bold, italic code"),
        (
            "<ul><li>one<li>two<ol><li>first</li><li>second</li></ol></ul>end",
            "  - one\n  - two\n    1. first\n    2. second\n\nend",
        ),
        ("<ul><li><p>one</p><li></li><li>two</ul>", "  - one\n  - two"),
        ("<pre>  a\n    b\n</pre>", "  a\n    b"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2"),
        ("<script>alert('<p>x')</script><style>p{}</style>seen<template>not</template>", "seen"),
        ("<script>never closed <p>hidden", ""),
        ("<img src=x alt='a dragon'><img src=y>", "[picture: a dragon] [picture: no words\nfor it]"),
        ("a<!-- not <p> shown -->b", "ab"),
        ("<p>word " * 3, "word\n\nword\n\nword"),
        ("<hr>", "-" * 40),
    ],
)
def test_golden(page: str, text: str) -> None:
    assert text_of(page) == text


def test_a_block_is_wrapped() -> None:
    text = text_of("<p>" + "four " * 10 + "x" * 30 + "<ul><li>" + "item " * 6, 20)
    assert text.splitlines() == [
        "four four four four",
        "four four four four",
        "four four",
        "x" * 20,
        "x" * 10,
        "",
        "  - item item item",
        "    item item item",
    ]


def test_links_are_numbered_and_absolute() -> None:
    page = render_html(
        "<title> The\n page </title><a href='b.html'>B</a> <a href='/c?d#e'>C</a> <a href='//x.org/'>X</a>"
        "<a href='mailto:a@b'>mail</a> <a href='javascript:alert(1)'>js</a> <a name=z>no link</a> <a href='http://['>bad</a>",
        BASE,
        200,
    )
    assert page.title == "The page"
    assert page.text == "[1] B [2] C [3] Xmail js no link bad"
    assert page.links == ("http://dragon.cs.uiuc.edu/a/b.html", "http://dragon.cs.uiuc.edu/c?d#e", "http://x.org/")


def test_the_terminal_is_safe() -> None:
    hostile = "a\x1b[31mb\x07c\x9bd\u202ee\u2066f\x00g\u200bh"
    assert clean(hostile) == "a[31mbcdefgh"
    assert text_of(f"<p>{hostile}<pre>{hostile}</pre>") == "a[31mbcdefgh\n\na[31mbcdefgh"
    assert render_text(f"{hostile}\tx\r\ny").text == "a[31mbcdefgh    x\ny"
    page = render_html(f"<title>{hostile}</title><a href='http://a/{hostile}'>x</a>", BASE, 40)
    assert page.title.isprintable()
    assert all(link.isprintable() for link in page.links)


@pytest.mark.parametrize(
    "page",
    [
        "<ul>" * 60_000 + "deep",
        "<div>" * 60_000,
        "<a href=x>" * 30_000,
        "<br>" * 60_000,
        "<p>x" * 60_000,
        "x" * 300_000,
        "x " * 150_000,
        "&#" * 100_000,
        "<title>" + "t" * 200_000,
        "<ol>" + "<li>x" * 50_000,
    ],
    ids=lambda page: page[:10],
)
def test_large_pages_stay_small_and_quick(page: str) -> None:
    began = time.process_time()
    rendered = render_html(page, BASE, 40)
    assert time.process_time() - began < 5
    assert rendered.text.count("\n") <= 5_001
    assert len(rendered.links) <= 500
    assert len(rendered.title) <= 200


def test_what_is_no_html_ends_the_page() -> None:
    assert text_of("<p>before<![if nonsense[ after").startswith("before")


@settings(max_examples=300)
@given(st.text("<>/!-[]&;=\"' \n\x1b\u00e9apulitredx#", max_size=200), st.integers(20, 80))
def test_any_page_becomes_printable_lines(page: str, width: int) -> None:
    rendered = render_html(page, BASE, width)
    for line in rendered.text.split("\n"):
        assert line == "" or line.isprintable()
    assert not rendered.text.endswith("\n")


def test_the_pages_of_the_labs_can_be_read() -> None:
    pages = sorted(LABS.glob("*/pages/*/*.html"))
    assert pages
    for page in pages:
        rendered = render_html(page.read_text(), "http://here/", 72)
        assert rendered.title
        assert rendered.text.startswith(rendered.title)
        assert max(len(line) for line in rendered.text.splitlines()) <= 80


def test_dragon_is_as_readme_shows_it() -> None:
    page = render_html((LABS / "internet/pages/dragon/index.html").read_text(), "http://dragon.cs.uiuc.edu/", 78)
    first, _, second, *_ = page.text.splitlines()
    assert first == "Dragon"
    assert second == "You reached a machine at Illinois over four routers. [1] How you got here"
    assert page.links[0] == "http://dragon.cs.uiuc.edu/how.html"
