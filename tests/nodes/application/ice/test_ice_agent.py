"""One agent, and a peer whose every message is written and read by another implementation of STUN (aioice)."""

from __future__ import annotations

from typing import Any

import pytest
from aioice import stun
from ice_desk import ELSEWHERE, HERE, THEIRS, THERE, Desk, host

from catenet.nodes.application.ice.candidate import Candidate, Kind, priority_of
from catenet.nodes.application.ice.events import Failed, Selected
from catenet.nodes.application.ice.pair import State
from catenet.nodes.machine import Endpoint


def test_rfc_8445_7_1_and_7_2_2_what_a_check_has() -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    assert check.attributes["USERNAME"] == f"{THEIRS.fragment}:{desk.agent.credentials.fragment}"
    assert check.check_message_integrity(THEIRS.password.encode())
    assert list(check.attributes)[-1] == "FINGERPRINT"
    assert check.attributes["PRIORITY"] == priority_of(Kind.PEER_REFLEXIVE, 65535)
    assert "ICE-CONTROLLING" in check.attributes and "USE-CANDIDATE" not in check.attributes
    assert "ICE-CONTROLLED" in Desk(controlling=False).run(0.0)[0][1].attributes


def test_rfc_8445_8_1_1_regular_nomination_repeats_the_check_that_produced_the_pair() -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check))
    [(_, again)] = desk.run(0.0)
    assert "USE-CANDIDATE" in again.attributes and again.transaction_id != check.transaction_id
    assert desk.agent.selected is None
    desk.hear(desk.answer(again))
    assert desk.agent.selected is not None
    assert [type(each) for each in desk.agent.take_events()] == [Selected]


def test_rfc_8489_6_2_1_a_check_is_sent_seven_times_and_then_fails() -> None:
    desk = Desk()
    sent = desk.run(14.9)
    assert [round(at, 3) for at, _ in sent] == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert len({each.transaction_id for _, each in sent}) == 1


def test_an_agent_without_a_pair_ends() -> None:
    desk = Desk()
    desk.run(60.0)
    assert [each for each in desk.events if isinstance(each, Failed)] == [Failed("no pair was found in time")]
    assert desk.agent.next_wake() is None or desk.run(60.0) == []


@pytest.mark.parametrize("error", [400, 401, 500])
def test_rfc_8445_7_2_5_2_4_an_unrecoverable_error_fails_the_pair(error: int) -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, error=error))
    assert desk.states == [State.FAILED]


def test_an_error_that_is_not_the_peers_fails_nothing() -> None:
    """A stranger at an address that two homes have says 401; so does an attacker."""
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, error=401, password="x" * 22))
    assert desk.states == [State.IN_PROGRESS] and desk.counters["auth_failures"] == 1
    desk.hear(desk.answer(check))
    assert desk.states == [State.SUCCEEDED]


@pytest.mark.parametrize(("source", "base"), [(ELSEWHERE, HERE), (THERE, ELSEWHERE)])
def test_rfc_8445_7_2_5_2_1_an_answer_that_came_another_way_fails_the_pair(source: Endpoint, base: Endpoint) -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check), source, base)
    assert desk.states == [State.FAILED]


def test_rfc_8445_7_2_5_3_1_the_address_that_the_peer_saw_is_a_candidate() -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, seen=ELSEWHERE))
    [learned] = [each for each in desk.agent.local if each.kind is Kind.PEER_REFLEXIVE]
    assert (learned.endpoint, learned.base) == (ELSEWHERE, HERE)
    assert learned.priority == check.attributes["PRIORITY"]
    sent = desk.run(1.0)
    desk.hear(desk.answer(sent[0][1], seen=ELSEWHERE))
    assert desk.agent.selected is not None and desk.agent.selected.local == learned
    assert desk.agent.selected.way == (HERE, THERE)


def test_rfc_8445_7_3_1_2_a_check_is_answered_with_the_address_it_came_from() -> None:
    desk = Desk()
    desk.run(0.0)
    request = desk.check()
    [answer] = desk.hear(request, ELSEWHERE)[:1]
    assert answer.message_class == stun.Class.RESPONSE and answer.transaction_id == request.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (str(ELSEWHERE.address), ELSEWHERE.port)
    assert answer.check_message_integrity(desk.agent.credentials.password.encode())


def test_rfc_8445_7_3_1_3_and_7_3_1_4_who_is_not_known_is_learned_and_checked() -> None:
    desk = Desk()
    desk.run(0.0)
    desk.hear(desk.check(priority=777), ELSEWHERE)
    [pair] = [each for each in desk.agent.checklist if each.remote.endpoint == ELSEWHERE]
    assert (pair.remote.kind, pair.remote.priority, pair.state) == (Kind.PEER_REFLEXIVE, 777, State.WAITING)
    sent = desk.run(0.05)
    assert [pair.state for pair in desk.agent.checklist if pair.remote.endpoint == ELSEWHERE] == [State.IN_PROGRESS]
    assert len(sent) == 1


def test_rfc_8445_7_3_1_4_a_check_under_way_is_cancelled_and_made_anew() -> None:
    desk = Desk()
    [(_, first)] = desk.run(0.0)
    desk.hear(desk.check())
    assert desk.states == [State.WAITING]
    [(at, second)] = desk.run(0.1)
    assert at == pytest.approx(0.05) and second.transaction_id != first.transaction_id
    assert first.transaction_id not in {each.transaction_id for _, each in desk.run(2.0)}, "it is not sent again"
    desk.hear(desk.answer(first))
    assert desk.states == [State.SUCCEEDED], "its answer counts"


def test_rfc_8445_7_3_requests_before_the_peers_candidates_are_answered_and_kept() -> None:
    desk = Desk(controlling=False, begun=False)
    [answer] = desk.hear(desk.check(nominates=True))
    assert answer.message_class == stun.Class.RESPONSE
    desk.begin()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check))
    assert desk.agent.selected is not None


def test_rfc_8445_7_3_1_5_a_nomination_of_a_pair_that_has_succeeded_counts_at_once() -> None:
    desk = Desk(controlling=False)
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check))
    assert desk.agent.selected is None
    desk.hear(desk.check(nominates=True))
    assert desk.agent.selected is not None


def test_rfc_8445_7_3_1_5_the_pair_nominated_is_the_valid_one() -> None:
    """Behind a translator that is not the pair that was checked."""
    desk = Desk(controlling=False)
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.check(nominates=True))
    desk.hear(desk.answer(check, seen=ELSEWHERE))
    assert desk.agent.selected is not None and desk.agent.selected.local.endpoint == ELSEWHERE


def test_rfc_8445_8_1_1_of_several_that_are_nominated_the_best_counts() -> None:
    """A peer of RFC 5245 nominates all that it checks."""
    worse = Candidate(Kind.SERVER_REFLEXIVE, ELSEWHERE, ELSEWHERE, priority_of(Kind.SERVER_REFLEXIVE, 1), "2")
    desk = Desk(controlling=False, begun=False)
    desk.begin(host(THERE), worse)
    (_, first), (_, second) = desk.run(0.2)
    desk.hear(desk.answer(second), ELSEWHERE)
    desk.hear(desk.answer(first), THERE)
    desk.hear(desk.check(nominates=True), ELSEWHERE)
    assert desk.agent.selected is not None and desk.agent.selected.remote == worse
    desk.hear(desk.check(nominates=True), THERE)
    assert desk.agent.selected.remote == host(THERE)
    desk.hear(desk.check(nominates=True), ELSEWHERE)
    assert desk.agent.selected.remote == host(THERE)


def test_rfc_8445_7_3_1_1_two_that_control() -> None:
    desk = Desk()
    desk.run(0.0)
    [refusal] = desk.hear(desk.check(role="CONTROLLING", tiebreaker=0))
    assert refusal.error_code == 487 and desk.agent.controlling
    [answer] = desk.hear(desk.check(role="CONTROLLING", tiebreaker=2**64 - 1))
    assert answer.message_class == stun.Class.RESPONSE and not desk.agent.controlling


def test_rfc_8445_7_3_1_1_two_that_are_controlled() -> None:
    desk = Desk(controlling=False)
    desk.run(0.0)
    [refusal] = desk.hear(desk.check(role="CONTROLLED", tiebreaker=2**64 - 1))
    assert refusal.error_code == 487 and not desk.agent.controlling
    [answer] = desk.hear(desk.check(role="CONTROLLED", tiebreaker=0))
    assert answer.message_class == stun.Class.RESPONSE and desk.agent.controlling


def test_rfc_8445_7_3_1_1_equal_tiebreakers() -> None:
    """Who controls says 487; who is controlled takes over."""
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    own = check.attributes["ICE-CONTROLLING"]
    assert desk.hear(desk.check(role="CONTROLLING", tiebreaker=own))[0].error_code == 487
    desk = Desk(controlling=False)
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.check(role="CONTROLLED", tiebreaker=check.attributes["ICE-CONTROLLED"]))
    assert desk.agent.controlling


def test_rfc_8445_7_2_5_1_after_487_it_switches_and_asks_again_with_another_tiebreaker() -> None:
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, error=487))
    [(_, again)] = desk.run(0.1)
    assert not desk.agent.controlling and "ICE-CONTROLLED" in again.attributes
    assert again.attributes["ICE-CONTROLLED"] != check.attributes["ICE-CONTROLLING"]
    desk.hear(desk.answer(check, error=487))
    assert not desk.agent.controlling, "an answer counts once"


def test_rfc_8445_7_2_5_a_conflict_goes_before_a_failure() -> None:
    """ "according to the procedures for a role conflict, a failure, or a success": a translator's port for each peer
    makes the answer come from another one, and the peer has not heard who asked."""
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, error=487), ELSEWHERE)
    [(_, again)] = desk.run(0.1)
    assert "ICE-CONTROLLED" in again.attributes


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "wrong" * 5}, 401),
        ({"username": "somebody:else"}, 401),
        ({"username": "nocolon"}, 401),
        ({"signed": False}, 400),
        ({"without": ["USERNAME"]}, 400),
        ({"without": ["PRIORITY"]}, 400),
        ({"without": ["ICE-CONTROLLED"]}, 400),
    ],
)
def test_rfc_8489_9_1_3_whoever_does_not_prove_who_it_is_changes_nothing(changed: dict[str, Any], code: int) -> None:
    desk = Desk()
    desk.run(0.0)
    [answer] = desk.hear(desk.check(**changed), ELSEWHERE)
    assert answer.error_code == code
    assert len(desk.agent.checklist) == 1 and desk.counters == {"auth_failures": 1}


def test_a_check_for_an_earlier_session_of_the_peers_is_answered_and_no_more() -> None:
    desk = Desk()
    desk.run(0.0)
    [answer] = desk.hear(desk.check(username=f"{desk.agent.credentials.fragment}:older"), ELSEWHERE)
    assert answer.message_class == stun.Class.RESPONSE
    assert len(desk.agent.checklist) == 1 and desk.counters == {"stray_checks": 1}


def test_a_peer_cannot_have_it_learn_without_end() -> None:
    desk = Desk()
    desk.run(0.0)
    for port in range(1000):
        desk.hear(desk.check(), Endpoint(ELSEWHERE.address, 1024 + port))
    assert len(desk.agent.checklist) == 17 and desk.counters["candidates_refused"] == 984


def test_rfc_8445_6_1_2_5_a_hundred_pairs_at_most() -> None:
    desk = Desk(begun=False)
    desk.begin(*(host(Endpoint(ELSEWHERE.address, 1024 + port), port, str(port)) for port in range(500)))
    assert len(desk.agent.checklist) == 100
    assert min(pair.remote.priority for pair in desk.agent.checklist) == priority_of(Kind.HOST, 400)


def test_rfc_8445_14_checks_are_paced() -> None:
    desk = Desk(begun=False)
    desk.begin(*(host(Endpoint(ELSEWHERE.address, 1024 + port), port, str(port)) for port in range(10)))
    times = [at for at, _ in desk.run(0.49)]
    assert times == pytest.approx([0.05 * number for number in range(10)])


def test_rfc_8445_6_1_2_6_one_pair_of_a_foundation_waits_the_others_are_frozen_until_it_succeeds() -> None:
    desk = Desk(begun=False)
    desk.begin(*(host(Endpoint(ELSEWHERE.address, 1024 + port), 9 - port) for port in range(3)))
    assert desk.states == [State.WAITING, State.FROZEN, State.FROZEN]
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check), Endpoint(ELSEWHERE.address, 1024))
    assert desk.states == [State.SUCCEEDED, State.WAITING, State.WAITING]


def test_rfc_8445_8_1_2_once_a_pair_is_nominated_no_other_is_checked() -> None:
    desk = Desk(begun=False)
    desk.begin(host(THERE), *(host(Endpoint(ELSEWHERE.address, 1024 + port), port, str(port)) for port in range(10)))
    desk.connect()
    assert [each for at, each in desk.run(3.9)] == []
    [answer] = desk.hear(desk.check(), ELSEWHERE)
    assert answer.message_class == stun.Class.RESPONSE, "it still answers"


def test_what_is_no_stun_is_the_applications() -> None:
    desk = Desk()
    assert not desk.agent.receive(b"\x80" + bytes(171), THERE, HERE, 0.0)
    assert not desk.agent.receive(b"", THERE, HERE, 0.0)
    bad = bytes(desk.check())[:-4] + b"\0\0\0\0"
    assert desk.agent.receive(bad, THERE, HERE, 0.0)
    assert desk.counters == {"bad_messages": 1}
