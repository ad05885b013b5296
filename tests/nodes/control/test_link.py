"""The condition of an end of a LAN: one value for who orders it, carries it out and asks for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.answers import LinkState
from catenet.nodes.control.link import WELL, LinkCondition
from catenet.nodes.machine import Json

CONDITIONS = st.builds(LinkCondition, st.booleans(), st.booleans())
CUT, SILENT = LinkCondition(up=False), LinkCondition(drop=True)


@given(CONDITIONS)
def test_what_is_ordered_is_what_is_read_and_what_is_seen(condition: LinkCondition) -> None:
    assert LinkCondition.parse(condition.to_json()) == condition
    assert LinkState.parse({"lan": "link1", **condition.to_json()}).condition == condition


@pytest.mark.parametrize(
    ("value", "condition", "word"),
    [({}, WELL, "up"), ({"up": False}, CUT, "cut"), ({"silent": True}, SILENT, "silent")],
)
def test_what_is_left_out_of_an_order_is_well(value: Json, condition: LinkCondition, word: str) -> None:
    assert (LinkCondition.parse(value), condition.word) == (condition, word)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "condition None is no object"),
        ([], "condition .* is no object"),
        ({"up": 1}, "condition: up 1 is no bool"),
        ({"delay": True}, "condition: 'delay' is none of up, silent"),
    ],
)
def test_what_a_node_cannot_carry_out_it_refuses(value: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        LinkCondition.parse(value)


@pytest.mark.parametrize("row", [{}, {"silent": False}, {"up": None}])
def test_an_end_that_does_not_say_that_it_is_up_is_not(row: dict[str, Json]) -> None:
    assert not LinkState.parse({"lan": "link1", **row}).condition.up


def test_a_cut_is_worse_than_a_loss() -> None:
    assert LinkCondition.worst([WELL, SILENT, CUT]) == CUT
    assert LinkCondition.worst([WELL, SILENT]) == SILENT
    assert LinkCondition.worst([WELL, WELL]) == WELL
