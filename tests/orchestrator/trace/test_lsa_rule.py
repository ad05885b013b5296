"""RFC 2328 section 13.3, held against what became of an LSA: what is right passes, each way to be wrong is found."""

from __future__ import annotations

import pytest
from flood_lab import FloodLab
from test_lsa_steps import RING, ring

from catenet.orchestrator.trace.lsa_rule import faults, link_uses


def found(lab: FloodLab) -> list[str]:
    return [fault.kind.value for fault in faults(lab.flood())]


def test_once_over_each_link_and_in_both_directions_where_both_had_it() -> None:
    lab = ring()
    assert found(lab) == []
    assert [(use.lan, use.source, use.copies, bool(use.why)) for use in link_uses(lab.flood())] == [
        ("ab", "a", 1, False),
        ("ac", "a", 1, False),
        ("bc", "b", 1, False),
        ("bc", "c", 1, True),
    ]


def test_13_3_1_c_it_does_not_go_back_to_the_neighbour_that_it_came_from() -> None:
    lab = ring()
    lab.update(2, "ab", "b", age=2)
    assert found(lab) == ["back"]


def test_a_copy_from_elsewhere_may_have_been_read_before() -> None:
    lab = FloodLab(RING)
    lab.update(1, "ab", "a")
    lab.update(1.2, "ac", "a")
    lab.update(2, "bc", "c", age=2)
    lab.update(2.5, "ab", "b", age=3)
    lab.acknowledge(500, "ac", "c")
    lab.acknowledge(500, "bc", "b")
    assert found(lab) == []
    lab.tell("b", "c", "bc", 2.4)
    assert found(lab) == []
    lab.tell("b", "a", "ab", 2.4)
    assert found(lab) == ["back"], "it tells itself that it read that one first"


@pytest.mark.parametrize("bringer", ["b", "c", "d"])
def test_13_3_on_a_lan_only_the_designated_router_sends_it_back(bringer: str) -> None:
    """c is designated, d its backup; a, b are neither. What c or d brings reaches all: steps (3) and (4)."""
    lab = FloodLab({"a-" + bringer: f"a {bringer}", "lan": "b c d e"}, {"lan": "c d"})
    lab.update(1, "a-" + bringer, "a")
    lab.acknowledge(500, "a-" + bringer, bringer)
    lab.update(2, "lan", bringer, "DR" if bringer == "b" else "")
    if bringer == "b":
        lab.update(3, "lan", "c")
    for node in {"b", "c", "d", "e"} - {bringer}:
        lab.acknowledge(600, "lan", node)
    assert found(lab) == []
    if bringer != "c":
        assert [use.source for use in link_uses(lab.flood()) if use.lan == "lan"] == (
            ["b", "c"] if bringer == "b" else ["d"]
        )
    lab.update(4, "lan", "e", "DR")
    assert found(lab) == ["back"], "who is neither has it from one of the two, and so have all"


def test_13_3_step_3_the_designated_router_does_not_send_back_what_its_backup_brings() -> None:
    lab = FloodLab({"ad": "a d", "lan": "b c d"}, {"lan": "c d"})
    lab.update(1, "ad", "a")
    lab.acknowledge(500, "ad", "d")
    lab.update(2, "lan", "d")
    lab.update(3, "lan", "c")
    lab.acknowledge(600, "lan", "b", "DR")
    assert found(lab) == ["back"]


def test_13_3_step_4_nor_does_the_backup_what_one_of_the_others_brings() -> None:
    lab = FloodLab({"lan": "a b c d"}, {"lan": "c d"})
    lab.update(1, "lan", "a", "DR")
    lab.update(2, "lan", "c")
    lab.update(2, "lan", "d")
    lab.acknowledge(400, "lan", "b", "DR")
    assert found(lab) == ["back"]


def test_what_is_sent_again_is_not_once() -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a", lost="b")
    lab.update(2001, "ab", "a", age=3)
    lab.acknowledge(2500, "ab", "b")
    assert found(lab) == ["again"]
    assert "after 2.000 s" in faults(lab.flood())[0].text


def test_13_6_what_goes_to_one_of_a_lan_is_a_retransmission_though_it_is_his_first() -> None:
    """The backup has not acknowledged what the designated router has flooded; each neighbour of his sends it again."""
    lab = FloodLab({"lan": "a b c d"}, {"lan": "c d"})
    lab.update(1, "lan", "a", "DR")
    lab.update(2, "lan", "c")
    lab.acknowledge(400, "lan", "b", "DR")
    lab.acknowledge(10, "lan", "d", "c")
    lab.update(2002, "lan", "b", "d", age=4)
    lab.acknowledge(2003, "lan", "d", "b")
    assert found(lab) == ["unacknowledged", "again"]


def test_whoever_has_not_got_it_is_named() -> None:
    lab = FloodLab(RING)
    lab.update(1, "ab", "a")
    lab.acknowledge(500, "ab", "b")
    assert found(lab) == ["missing", "unused", "unused"]
    lab.update(2, "bc", "b", lost="c")
    assert found(lab) == ["missing", "unacknowledged", "unused"]
    assert [fault.text for fault in faults(lab.flood())][:2] == ["c has not got it", "c has not acknowledged it on bc"]


def test_who_asks_for_it_may_have_it_twice() -> None:
    lab = ring()
    lab.request(700, "ab", "b", "a")
    lab.update(701, "ab", "a", "b")
    assert found(lab) == []
