"""What became of an LSA, from lists of packets: what each copy was, and who has it from whom."""

from __future__ import annotations

from flood_lab import FloodLab

from catenet.orchestrator.trace.flood import Flood, How, Outcome

RING = {"ab": "a b", "ac": "a c", "bc": "b c"}


def hows(flood: Flood) -> list[tuple[str, str, str]]:
    return [(step.source, step.lan, step.how.name) for step in flood.steps]


def outcomes(flood: Flood, number: int) -> dict[str, str]:
    return {each.node: each.outcome.name for each in flood.steps[number].receipts}


def ring() -> FloodLab:
    """Both b and c have it from a, and send it on to each other before they hear each other."""
    lab = FloodLab(RING)
    lab.update(1, "ab", "a")
    lab.update(1, "ac", "a")
    lab.update(2, "bc", "b", age=2)
    lab.update(2.05, "bc", "c", age=2)
    lab.acknowledge(500, "ab", "b")
    lab.acknowledge(500, "ac", "c")
    return lab


def test_each_packet_with_it_says_what_it_was() -> None:
    flood = ring().flood()
    assert hows(flood) == [
        ("a", "ab", "ORIGINATED"),
        ("a", "ac", "ORIGINATED"),
        ("b", "bc", "FORWARDED"),
        ("c", "bc", "FORWARDED"),
        ("b", "ab", "DELAYED"),
        ("c", "ac", "DELAYED"),
    ]
    assert [(step.age, step.sequence, round(step.at * 1000)) for step in flood.steps[:3]] == [
        (1, "00000007", 1),
        (1, "00000007", 1),
        (2, "00000007", 2),
    ]
    assert outcomes(flood, 0) == {"b": "NEW"}
    assert outcomes(flood, 2) == {"c": "IMPLIED"}
    assert outcomes(flood, 4) == {"a": "ACKNOWLEDGED"}
    assert flood.is_over


def test_who_has_it_from_whom_and_when() -> None:
    reached = ring().flood().reached
    assert [(each.node, each.source, each.lan, each.told) for each in reached] == [
        ("b", "a", "ab", False),
        ("c", "a", "ac", False),
    ]
    assert [round(each.at * 1000, 1) for each in reached] == [1.1, 1.1]


def test_what_a_router_tells_goes_before_what_came_in_first() -> None:
    """Two copies came in within a moment, and it read the second first."""
    lab = ring()
    lab.tell("c", "b", "bc", 2.5)
    assert [(each.node, each.source, each.told) for each in lab.flood().reached] == [
        ("b", "a", False),
        ("c", "b", True),
    ]


def test_a_copy_that_is_sent_again_before_any_sign_was_lost() -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a")
    assert not lab.flood().is_over
    lab.update(2001, "ab", "a", age=3)
    lab.acknowledge(2500, "ab", "b")
    flood = lab.flood()
    assert hows(flood)[1] == ("a", "ab", "RETRANSMITTED")
    assert (outcomes(flood, 0), outcomes(flood, 1)) == ({"b": "LOST"}, {"b": "NEW"})
    assert round(flood.reached[0].at, 3) == 2.001
    assert flood.is_over


def test_an_acknowledgement_that_is_lost_lets_it_be_sent_again_though_it_has_come() -> None:
    lab = FloodLab({"ab": "a b", "bc": "b c"})
    lab.update(1, "ab", "a")
    lab.update(2, "bc", "b")
    lab.acknowledge(400, "bc", "c")
    lab.acknowledge(500, "ab", "b", lost="a")
    flood = lab.flood()
    assert flood.unacknowledged == (("b", "ab"),)
    lab.update(2001, "ab", "a", age=3)
    lab.acknowledge(2002, "ab", "b")
    flood = lab.flood()
    assert outcomes(flood, 0) == {"b": "NEW"}
    assert hows(flood)[4:] == [("a", "ab", "RETRANSMITTED"), ("b", "ab", "DIRECT")]
    assert flood.unacknowledged == ()


def test_what_nobody_hears_reaches_nobody() -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a", lost="b")
    flood = lab.flood()
    assert outcomes(flood, 0) == {"b": "UNHEARD"}
    assert flood.missing == ("b",)
    assert not flood.is_over


def test_an_older_instance_is_dropped_and_answered() -> None:
    """Section 13 (8): "send the database copy back"."""
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a")
    lab.acknowledge(2, "ab", "b")
    lab.update(700, "ab", "b", "a", sequence=6)
    lab.update(701, "ab", "a", "b")
    flood = lab.flood()
    assert outcomes(flood, 2) == {"a": "OLDER"}
    assert flood.steps[3].how == How.ANSWERED
    assert [step.followed for step in flood.steps] == [True, True, False, True]


def test_who_requests_it_gets_it() -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a")
    lab.acknowledge(2, "ab", "b")
    lab.request(700, "ab", "b", "a")
    lab.update(701, "ab", "a", "b")
    assert lab.flood().steps[2].how == How.REQUESTED


def test_on_a_lan_the_designated_router_floods_what_one_of_the_others_brings() -> None:
    """AllDRouters is heard by the two alone; the DR's copy acknowledges the bringer's, the Backup acknowledges that."""
    lab = FloodLab({"lan": "a b c d"}, {"lan": "c d"})
    lab.update(1, "lan", "a", "DR")
    lab.update(2, "lan", "c")
    lab.acknowledge(400, "lan", "b", "DR")
    lab.acknowledge(500, "lan", "d")
    flood = lab.flood()
    assert [(step.source, step.to, step.how) for step in flood.steps] == [
        ("a", "AllDRouters", How.ORIGINATED),
        ("c", "AllSPFRouters", How.REFLOODED),
        ("b", "AllDRouters", How.DELAYED),
        ("d", "AllSPFRouters", How.DELAYED),
    ]
    assert outcomes(flood, 0) == {"c": "NEW", "d": "NEW"}
    assert outcomes(flood, 1) == {"a": "IMPLIED", "b": "NEW", "d": "DUPLICATE"}
    assert flood.is_over


def test_a_newer_instance_counts_as_having_it() -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a")
    lab.update(1500, "ab", "a", sequence=8)
    lab.acknowledge(1600, "ab", "b", sequence=8)
    flood = lab.flood()
    assert flood.is_over
    assert flood.steps[1].receipts[0].outcome == Outcome.NEW
    assert not flood.steps[1].followed
