"""The condition of an end of a LAN: one value for who orders it, carries it out and asks for it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control import link
from catenet.nodes.control.answers import LinkState
from catenet.nodes.control.link import BROKEN, HEALTHY, LinkCondition
from catenet.nodes.machine import Json

CONDITIONS = st.builds(LinkCondition, st.booleans(), st.booleans())
CUT, SILENT = LinkCondition(up=False), LinkCondition(drop=True)


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
    assert LinkCondition.worst([HEALTHY, SILENT, CUT]) == CUT
    assert LinkCondition.worst([HEALTHY, SILENT]) == SILENT
    assert LinkCondition.worst([HEALTHY, HEALTHY]) == HEALTHY


def test_each_state_is_that_of_a_condition() -> None:
    assert [each.state for each in (CUT, SILENT)] == list(BROKEN)
    assert len({HEALTHY.state, *BROKEN}) == len(BROKEN) + 1


def impaired() -> ModuleType:
    """The same file with two fields and a state more."""
    assert link.__file__ is not None
    source = Path(link.__file__).read_text(encoding="utf-8")
    for old, new in (
        ("    drop: bool = False\n", "    drop: bool = False\n    delay: float = 0.0\n    loss: float = 0.0\n"),
        (
            "BROKEN = (CUT, SILENT)",
            "IMPAIRED = StateWords('impaired', *['impaired'] * 3)\nBROKEN = (CUT, SILENT, IMPAIRED)",
        ),
        ("SILENT if self.drop else UP", "SILENT if self.drop else UP if self == HEALTHY else IMPAIRED"),
    ):
        assert source.count(old) == 1
        source = source.replace(old, new)
    module = ModuleType("impaired")
    exec(source, vars(module))
    return module


def test_what_a_lan_may_suffer_beside_that_is_a_field_and_a_state_more_in_one_file() -> None:
    module = impaired()
    slow = module.LinkCondition(delay=0.02, loss=0.01)
    assert slow.to_json() == {"up": True, "silent": False, "delay": 0.02, "loss": 0.01}
    assert module.LinkCondition.parse(slow.to_json()) == slow
    assert (slow.word, slow == module.HEALTHY) == ("impaired", False)
    cut, slower = module.LinkCondition(up=False), module.LinkCondition(delay=0.03)
    assert module.LinkCondition.worst([module.HEALTHY, slow, slower]) == slower
    assert module.LinkCondition.worst([slower, cut]) == cut
    for wrong in (True, -1, "20ms", float("inf"), float("nan"), None):
        with pytest.raises(ValueError, match=r"condition: delay .* is no float"):
            module.LinkCondition.parse({"delay": wrong})
