"""Rows and changes of a directory's state, drawn; and what a state has after some of them, worked out plainly."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from catenet.nodes.application.directory.state import Account, Change, Contact, Delete, Done, Elected, Put, Row, Session

__all__ = ["CHANGES", "model"]

USERS = st.sampled_from(["ann", "bob", "cat"])
PAIRS = st.sampled_from([("ann", "bob"), ("bob", "cat"), ("ann", "cat")])
ROWS = st.one_of(
    st.builds(Account, USERS, st.text("abc", max_size=3), st.binary(max_size=3)),
    st.sampled_from([b"d1", b"d2", b"d3"]).flatmap(
        lambda digest: st.builds(Session, st.just(digest), st.just(f"user of {digest!r}"), st.floats(0, 1e9))
    ),
    st.builds(Elected, st.sampled_from(["10.0.0.1:1", "10.0.0.2:1"]), USERS),
    st.builds(lambda pair, accepted: Contact(*pair, accepted), PAIRS, st.booleans()),
)
DONE = st.builds(Done, USERS, st.integers(0, 3), st.integers(0, 9), st.text("abc", max_size=3))
CHANGES: st.SearchStrategy[Change] = st.lists(
    st.one_of(st.builds(Put, ROWS), st.builds(Delete, ROWS), st.builds(Put, DONE)), max_size=4
).map(tuple)


def _key(row: Row) -> tuple[object, ...]:
    many = 2 if isinstance(row, Contact | Done) else 1
    return type(row), *row[:many]


def model(changes: Sequence[Change]) -> list[Row]:
    """In the order of their words."""
    rows: dict[tuple[object, ...], Row] = {}
    for change in changes:
        for each in change:
            rows.pop(_key(each.row), None)
            if isinstance(each, Put):
                rows[_key(each.row)] = each.row
    return sorted(rows.values(), key=repr)
