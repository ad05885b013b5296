"""What `catenet trace lsa` says to who has typed something else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["route", "a"], "trace route a TO: TO is missing"),
        (["http", "a"], "trace http a URL: URL is missing"),
        (["call", "a", "b", "c"], "ID, --area, --wait and -o belong to `trace lsa`"),
        (["route", "a", "b", "--wait", "3"], "ID, --area, --wait and -o belong to `trace lsa`"),
        (["lsa", "a", "-o", "lsa.pdf"], "-o lsa.pdf: no telling which format; name it lsa.svg, .mmd or .dot"),
        (["lsa", "a", "--cold"], "--cold belongs to `trace http`"),
        (["lsa", "a"], "a runs no protocol that floods (ospf); no node of this lab does"),
        (["lsa", "x"], "has no node 'x'"),
    ],
)
def test_a_wrong_word_is_answered_by_the_right_one(catenet, words: list[str], message: str) -> None:
    code, _, said = catenet("trace", *words)
    assert code == 2
    assert message in said
