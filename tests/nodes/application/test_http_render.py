"""Pages as text: golden examples, and pages that want to do harm."""

from __future__ import annotations

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
        # HTML's standard, 13.2.5: ends of comments, and of scripts
        ("a<!-->b<!-- c -->d", "abd"),
        ("a<!--->b<!-- c --!>d", "abd"),
        ("a<!-- b --!>c<!-- d -->e", "ace"),
        ("a --!> b", "a --!> b"),
        ("<script>x</script foo>y<style>z</style/>", "y"),
        ("a<img alt=''>b", "ab"),
        ("<p>word " * 3, "word\n\nword\n\nword"),
        ("<hr>", "-" * 40),
        ("<noscript>seen</noscript>", "seen"),  # no script runs here
        ("<template>a<template>b</template>c</template>d", "d"),
        ("<ol start=5><li>a<li>b<li value=9>c<li>d</ol>", "  5. a\n  6. b\n  9. c\n  10. d"),
        ("<ol start=x><li>a</ol><ol start=-1><li>b<li>c</ol>", "  1. a\n\n  -1. b\n  0. c"),
        ("<p>1 < 2 && 3 <4> &lt;5", "1 < 2 && 3 <4> <5"),
        ("a &amp", "a &"),
        ("x <", "x <"),
        ("a<!-- never closed <p>b", "a\n[the page ends within a tag or a comment of 22 characters]"),
        ("a<p title='never closed", "a\n[the page ends within a tag or a comment of 22 characters]"),
        ("&#" + "9" * 5000 + ";&#" + "0" * 5000 + "65;&#x" + "f" * 5000 + ";", "\ufffdA\ufffd"),
        ("&#0;&#x1b;&#x9b;[31m&#xd800;&#x202e;", "\ufffd\u203a[31m\ufffd"),
        ("<img alt='&#" + "9" * 5000 + "'>", "[picture: \ufffd]"),
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


def links_of(page: str) -> tuple[str, ...]:
    return render_html(page, BASE, 200).links


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("<base href='/docs/'><a href=x>", ["http://dragon.cs.uiuc.edu/docs/x"]),
        ("<base href='docs/i.html'><a href=x><a href='#y'>", ["/a/docs/x", "/a/docs/i.html#y"]),
        ("<base href='http://b/'><a href=x><a href=/y><a href='//z'>", ["http://b/x", "http://b/y", "http://z"]),
        ("<base target=_top><base href=/1/><base href=/2/><a href=x>", ["/1/x"]),  # the first one with a reference
        ("<base href='javascript:1'><base href='http://['><base href='mailto:x'><a href=x>", ["/a/x"]),
        ("<a href=x><base href=/docs/>", ["/docs/x"]),
        ("<template><base href=/docs/></template><a href=x>", ["/a/x"]),
    ],
)
def test_3986_5_1_1_a_base_in_the_page(page: str, links: list[str]) -> None:
    assert links_of(page) == tuple(f"http://dragon.cs.uiuc.edu{link}" if link[0] == "/" else link for link in links)


def test_links_are_as_they_may_be_typed() -> None:
    references = (" a b\n.html ", "\u00e9?\u00e9#\u00e9", "http://b\u00fccher.example/", "100%", "")
    assert links_of("".join(f"<a href='{reference}'>" for reference in references)) == (
        "http://dragon.cs.uiuc.edu/a/a%20b.html",
        "http://dragon.cs.uiuc.edu/a/%C3%A9?%C3%A9#%C3%A9",
        "http://b\u00fccher.example/",
        "http://dragon.cs.uiuc.edu/a/100%25",
        BASE,
    )


@pytest.mark.parametrize(
    "page", ["<a href='http://'>", "<a href='http:///x'>", "<a href='http://a b/'>", "<a href='http://a..\u00fc/'>"]
)
def test_links_that_lead_nowhere_have_no_number(page: str) -> None:
    assert links_of(page) == ()


def test_of_two_attributes_the_first_counts() -> None:
    assert links_of("<a href=x href=y>") == ("http://dragon.cs.uiuc.edu/a/x",)


def test_what_leads_on_without_a_click_is_said() -> None:
    refresh = "<META http-equiv=Refresh content=\"5; URL='next.html'\">"
    rendered = render_html(f"{refresh}<p>Wait.<iframe src=f.html></iframe><area href=m alt=map>", BASE, 72)
    assert rendered.text.splitlines() == [
        "[1] (where this page leads by itself, after 5 s)",
        "",
        "Wait.[2] (a frame of this page) [3] map",
    ]
    assert [link.rpartition("/")[2] for link in rendered.links] == ["next.html", "f.html", "m"]
    assert links_of("<meta http-equiv=refresh content=5><meta name=refresh content='5;url=x'>") == ()


def test_what_is_left_out_is_said() -> None:
    assert text_of("x" * 300_000).endswith("\n[only the first 262144 characters are shown]")
    assert render_text("x" * 300_000).text.endswith("\n[only the first 262144 characters are shown]")
    assert text_of("<a href=x>" * 502).endswith("\n[2 more links]")


def test_what_stands_in_a_title_is_text() -> None:
    """HTML Standard, section 13.2.5.2."""
    page = render_html("<title>Use of <b class=x> and </p></title>text", BASE, 40)
    assert (page.title, page.text) == ("Use of <b class=x> and </p>", "text")


def test_only_the_first_title_counts() -> None:
    page = render_html("<title>one</title><svg><title>two</title></svg>text", BASE, 40)
    assert (page.title, page.text) == ("one", "text")


def test_a_line_counts_in_columns() -> None:
    assert text_of("\u4e2d" * 25 + " a\u0301b", 20).splitlines() == [
        "\u4e2d" * 10,
        "\u4e2d" * 10,
        "\u4e2d" * 5 + " a\u0301b",
    ]


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
        "<template>" * 30_000,
        # html.parser's own quadratic time: it looks for an end that is not there, from each beginning
        *(begin * (260_000 // len(begin)) for begin in ("<!--", "<a ", "</", "<a x='", "<![CDATA[", "<!a", "<?")),
        "<!--" * 60_000 + "-->",
        "<script>" + "</scrip" * 30_000,
    ],
    ids=lambda page: page[:10],
)
def test_large_pages_stay_small(page: str) -> None:  # and end: in quadratic time they take ten minutes
    rendered = render_html(page, BASE, 40)
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
