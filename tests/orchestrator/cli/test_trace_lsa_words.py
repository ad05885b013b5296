"""What `catenet trace lsa` says to who has typed something else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["route", "a"], "trace route a TO: TO is missing"),
        (["http", "a"], "trace http a URL: URL is missing"),
        (["call", "a", "b", "c"], "trace call: ID belongs to `trace lsa`"),
        (["route", "a", "b", "--wait", "3"], "trace route: --wait belongs to `trace lsa`"),
        (["lsa", "a", "-o", "lsa.pdf"], "-o lsa.pdf: no telling which format; name it lsa.svg, .mmd or .dot"),
        (["lsa", "a", "--cold"], "--cold belongs to `trace http`"),
        (
            ["route", "a", "b", "-o", "r.svg"],
            "trace route: -o belongs to `trace lsa` and `trace packet` and `trace arp`",
        ),
        (["packet", "a", "b", "-o", "p.dot"], "what trace packet draws is an SVG; name it p.svg"),
        (["packet", "a"], "trace packet a TO: TO is missing"),
        (["packet", "a", "b", "--port", "9"], "--port belongs to --udp"),
        (["packet", "a", "b", "--size", "65508"], "--size 65508: from 0 to 65507 octets"),
        (["packet", "a", "a"], "what a node sends itself crosses no LAN"),
        (["packet", "a", "nobody"], "has no node 'nobody'"),
        (["arp", "a", "b", "--udp"], "trace arp: --udp belongs to `trace packet`"),
        (["lsa", "a"], "a runs no protocol that floods (ospf); no node of this lab does"),
        (["lsa", "x"], "has no node 'x'"),
    ],
)
def test_a_wrong_word_is_answered_by_the_right_one(catenet, words: list[str], message: str) -> None:
    code, _, said = catenet("trace", *words)
    assert code == 2
    assert message in said
