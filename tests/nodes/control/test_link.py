"""The condition of an end of a LAN: one value for who orders it, carries it out and asks for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.answers import LinkState
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.link import BROKEN, HEALTHY, LinkCondition
from catenet.nodes.machine import Json

CUT, SILENT = LinkCondition(up=False), LinkCondition(drop=True)
IMPAIRED = LinkCondition(impairments=(Impairment(sender="a", delay=0.02), Impairment(sender="b", rate=1e6)))
CONDITIONS = st.builds(LinkCondition, st.booleans(), st.booleans(), st.sampled_from([(), IMPAIRED.impairments]))


@given(CONDITIONS)
def test_what_is_ordered_is_what_is_read_and_what_is_seen(condition: LinkCondition) -> None:
    assert LinkCondition.parse(condition.to_json()) == condition
    assert LinkState.parse({"lan": "link1", **condition.to_json()}).condition == condition


@pytest.mark.parametrize(
    ("value", "condition", "word"),
    [({}, HEALTHY, "up"), ({"up": False}, CUT, "cut"), ({"silent": True}, SILENT, "silent")],
)
def test_what_is_left_out_of_an_order_is_well(value: Json, condition: LinkCondition, word: str) -> None:
    assert (LinkCondition.parse(value), condition.word) == (condition, word)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "condition None is no object"),
        ([], "condition .* is no object"),
        ({"up": 1}, "condition: up 1 is no bool"),
        ({"delay": True}, "condition: 'delay' is none of up, silent, impairments"),
    ],
)
def test_what_a_node_cannot_carry_out_it_refuses(value: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        LinkCondition.parse(value)


@pytest.mark.parametrize("row", [{}, {"silent": False}, {"up": None}])
def test_an_end_that_does_not_say_that_it_is_up_is_not(row: dict[str, Json]) -> None:
    assert not LinkState.parse({"lan": "link1", **row}).condition.up


def test_a_cut_is_worse_than_a_loss() -> None:
    assert LinkCondition.worst([HEALTHY, SILENT, CUT]) == CUT
    assert LinkCondition.worst([HEALTHY, SILENT]) == SILENT
    assert LinkCondition.worst([HEALTHY, HEALTHY]) == HEALTHY


def test_each_state_is_that_of_a_condition() -> None:
    assert [each.state for each in (CUT, SILENT, IMPAIRED)] == list(BROKEN)
    assert len({HEALTHY.state, *BROKEN}) == len(BROKEN) + 1


def test_what_packets_suffer_is_part_of_it() -> None:
    slow = LinkCondition(impairments=(Impairment(delay=0.02, loss=0.01),))
    assert slow.to_json() == {"up": True, "silent": False, "impairments": [{"delay": 0.02, "loss": 0.01}]}
    assert LinkCondition.parse(slow.to_json()) == slow
    assert (slow.word, slow.words) == ("impaired", "impaired: delay=20ms loss=1%")
    slower = LinkCondition(impairments=(Impairment(delay=0.03),))
    assert LinkCondition.worst([HEALTHY, slow, slower]) == slower
    assert LinkCondition.worst([slower, CUT, SILENT]) == CUT
    assert LinkCondition.worst([slower, SILENT]) == SILENT
