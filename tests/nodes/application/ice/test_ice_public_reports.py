"""What broke other agents, by public reports, tried on ours. Each test names the RFC's section (RFC 8445 where none is
said), and its messages are written and read by another implementation of STUN (aioice)."""

from __future__ import annotations

import pytest
from aioice import stun
from ice_desk import ELSEWHERE, HERE, THERE, Desk, host

from catenet.nodes.application.ice.candidate import Candidate, Kind, priority_of
from catenet.nodes.application.ice.events import Failed, Selected
from catenet.nodes.application.ice.pair import State
from catenet.nodes.machine import Endpoint

RELAY = Candidate(Kind.RELAYED, ELSEWHERE, ELSEWHERE, priority_of(Kind.RELAYED, 65535), "9")
OUTSIDE = Endpoint(ELSEWHERE.address, 9000)


def proved(desk: Desk, **how: Endpoint) -> None:
    """Its only pair has passed its check."""
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, **how))
    assert desk.states == [State.SUCCEEDED]


def nominating(sent: list[tuple[float, stun.Message]]) -> list[stun.Message]:
    return [each for _, each in sent if "USE-CANDIDATE" in each.attributes]


# Nominations that are lost.


@pytest.mark.parametrize("times", [1, 2])
def test_7_3_1_5_a_nomination_behind_a_translator_is_that_of_the_valid_pair(times: int) -> None:
    """librice 168: the pair that was checked, not the valid one, was looked for among the valid ones: the nomination
    was dropped, and only the controlling side sent."""
    desk = Desk(controlling=False)
    proved(desk, seen=OUTSIDE)
    for _ in range(times):
        desk.hear(desk.check(nominates=True))
    assert desk.agent.selected is not None
    assert (desk.agent.selected.local.endpoint, desk.agent.selected.way) == (OUTSIDE, (HERE, THERE))


def test_7_3_1_5_the_pair_that_the_peer_nominates_is_the_one_whatever_this_side_prefers() -> None:
    """rustrtc pull request 35: a pair that the controlled side had chosen by itself stayed, and later checks put it
    back in the place of the nominated one."""
    desk = Desk(controlling=False, begun=False)
    worse = Candidate(Kind.SERVER_REFLEXIVE, ELSEWHERE, ELSEWHERE, priority_of(Kind.SERVER_REFLEXIVE, 1), "2")
    desk.begin(host(THERE), worse)
    (_, first), (_, second) = desk.run(0.2)
    desk.hear(desk.answer(first), THERE)
    desk.hear(desk.answer(second), ELSEWHERE)
    assert desk.agent.selected is None, "it chooses none itself"
    desk.hear(desk.check(nominates=True), ELSEWHERE)
    for source in (THERE, ELSEWHERE, OUTSIDE):
        desk.hear(desk.check(), source)
    desk.run(3.0)
    assert desk.agent.selected is not None and desk.agent.selected.remote == worse


def test_7_2_5_3_3_a_pair_that_is_checked_once_more_is_succeeded_again() -> None:
    """pjproject 851: after a conflict of roles the other one nominates, and has to be heard at once: the pair has long
    been valid."""
    desk = Desk()
    proved(desk)
    [request] = nominating(desk.run(0.0))
    desk.hear(desk.answer(request, error=487))
    assert not desk.agent.controlling
    [(_, again)] = desk.run(0.1)
    desk.hear(desk.answer(again))
    assert desk.states == [State.SUCCEEDED]
    desk.hear(desk.check(nominates=True))
    assert desk.agent.selected is not None


def test_8_1_1_a_peers_check_takes_no_nomination_back() -> None:
    """The controlled side's own check of the pair comes while this side's nomination is under way, and has been lost
    once: it "MUST eventually pick one and only one candidate pair and generate a check for that pair with the
    USE-CANDIDATE attribute set"."""
    desk = Desk(controlling=False)
    [(_, first)] = desk.run(0.0)
    desk.hear(desk.check())
    [(_, second)] = desk.run(0.1)
    desk.hear(desk.answer(first))
    desk.hear(desk.answer(second, error=487))
    assert desk.agent.controlling
    [lost] = nominating(desk.run(0.1))
    desk.hear(desk.check())
    sent = nominating(desk.run(2.0))
    assert lost.transaction_id in {each.transaction_id for each in sent}
    desk.hear(desk.answer(lost))
    assert desk.agent.selected is not None


def test_7_2_5_3_2_a_valid_pair_that_is_another_one_of_the_checklist_can_be_nominated() -> None:
    """Of two bases the check of one leaves by the other's address: "that pair is added to the valid list"."""
    desk = Desk(controlling=False, begun=False)
    desk.agent.set_local([host(HERE), RELAY])
    desk.begin()
    (_, by_host), (_, _) = desk.run(0.2)
    desk.hear(desk.answer(by_host, seen=ELSEWHERE))
    assert desk.states == [State.SUCCEEDED, State.SUCCEEDED]
    desk.hear(desk.check(nominates=True), THERE, ELSEWHERE)
    assert desk.agent.selected is not None and desk.agent.selected.local == RELAY


def test_7_2_5_3_4_a_nomination_that_fails_is_the_end() -> None:
    """ex_ice 76: it was asked whether another pair may be nominated then. "the agent MUST […] set the candidate pair
    state to Failed, and set the checklist state to Failed": the peer may have heard it."""
    desk = Desk(begun=False)
    desk.begin(host(THERE), host(ELSEWHERE, 1, "2"))
    (_, first), (_, second) = desk.run(0.05)
    desk.hear(desk.answer(second), ELSEWHERE)
    desk.hear(desk.answer(first), THERE)
    [request] = nominating(desk.run(0.0))
    desk.hear(desk.answer(request, error=500))
    assert nominating(desk.run(60.0)) == []
    assert desk.agent.selected is None
    assert [each.why for each in desk.events if isinstance(each, Failed)] == ["its nomination failed: error 500"]


# One pair, and the same one on both sides.


def test_8_1_1_one_pair_is_nominated_the_best_one_whatever_the_peer_checks_meanwhile() -> None:
    """pjproject 2812: in the stage of nominations each check that a peer triggered was a nomination."""
    worse = Candidate(Kind.RELAYED, ELSEWHERE, ELSEWHERE, priority_of(Kind.RELAYED, 1), "2")
    desk = Desk(begun=False)
    desk.begin(host(THERE), worse)
    (_, first), (_, second) = desk.run(0.05)
    desk.hear(desk.answer(second), ELSEWHERE)
    desk.hear(desk.answer(first), THERE)
    said: list[tuple[float, stun.Message]] = []
    for source in (ELSEWHERE, THERE, OUTSIDE):
        said += desk.run(0.05)
        desk.hear(desk.check(), source)
    said += desk.run(1.0)
    [request] = {each.transaction_id: each for each in nominating(said)}.values()
    desk.hear(desk.answer(request), THERE)
    assert desk.agent.selected is not None and desk.agent.selected.remote == host(THERE)


@pytest.mark.parametrize("controlling", [True, False])
def test_8_1_2_what_comes_late_changes_no_selected_pair(controlling: bool) -> None:
    """pjproject 2929: a check or an answer that came after the end made another pair the valid one, on one side."""
    best = host(ELSEWHERE, 65535, "2")
    desk = Desk(controlling=controlling, begun=False)
    desk.begin(best, host(THERE, 1))
    (_, late), (_, check) = desk.run(0.05)
    desk.hear(desk.answer(check), THERE)
    if controlling:
        [request] = nominating(desk.run(0.0))
        desk.hear(desk.answer(request), THERE)
    else:
        desk.hear(desk.check(nominates=True), THERE)
    desk.hear(desk.answer(late), ELSEWHERE)
    desk.hear(desk.check(), ELSEWHERE)
    desk.run(1.0)
    assert desk.agent.selected is not None and desk.agent.selected.remote.endpoint == THERE
    assert len([each for each in desk.events if isinstance(each, Selected)]) == 1


# Whom it believes, and how long it waits.


def test_7_2_5_2_1_an_answer_from_another_address_proves_neither_of_both() -> None:
    """libjuice pull request 87: a check that was answered from elsewhere passed."""
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check), ELSEWHERE)
    desk.hear(desk.answer(check), THERE)
    assert desk.states == [State.FAILED], "an answer counts once"
    assert desk.run(1.0) == []


def test_7_3_1_4_who_only_says_that_he_is_elsewhere_gets_nothing_there() -> None:
    """pion/ice 21: a request from a forged address was enough for data to go there. Here an answer has to come first,
    and from there."""
    desk = Desk(controlling=False)
    proved(desk)
    desk.hear(desk.check(nominates=True, priority=(1 << 31) - 1), ELSEWHERE)
    desk.run(2.0)
    assert desk.agent.selected is None and not desk.agent.may_send


def test_a_peer_is_waited_for_when_the_own_checks_have_all_ended() -> None:
    """pjproject 4978: where the first hop refused each check, all had failed at once, and the checks of the peer, who
    could have come, were ignored."""
    desk = Desk()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, error=400))
    assert desk.states == [State.FAILED]
    desk.run(4.5)
    desk.hear(desk.check(), ELSEWHERE)
    [(_, triggered)] = desk.run(0.0)
    desk.hear(desk.answer(triggered), ELSEWHERE)
    [request] = nominating(desk.run(0.5))
    desk.hear(desk.answer(request), ELSEWHERE)
    assert desk.agent.selected is not None and desk.agent.selected.remote.endpoint == ELSEWHERE


def test_7_3_1_3_who_comes_from_several_ports_of_one_address_is_several() -> None:
    """rtpengine 160: of two that a translator showed at one address, the one with the lower priority was dropped, and
    it was the nominated one."""
    desk = Desk(controlling=False)
    desk.run(0.0)
    desk.hear(desk.check(priority=1000), ELSEWHERE)
    desk.hear(desk.check(priority=1, nominates=True), OUTSIDE)
    sent = desk.run(0.2)
    assert len(sent) == 2
    desk.hear(desk.answer(sent[-1][1]), OUTSIDE)
    assert desk.agent.selected is not None and desk.agent.selected.remote.endpoint == OUTSIDE


def test_7_2_5_3_2_an_address_that_is_not_the_own_relays_is_no_failure() -> None:
    """kvs-webrtc pull request 1540: between two relays the peer saw another address than that of the relay, and the
    check was forgotten instead of passed."""
    desk = Desk(controlling=False, begun=False)
    desk.agent.set_local([RELAY])
    desk.begin()
    [(_, check)] = desk.run(0.0)
    desk.hear(desk.answer(check, seen=OUTSIDE), THERE, ELSEWHERE)
    desk.hear(desk.check(nominates=True), THERE, ELSEWHERE)
    assert desk.agent.selected is not None and desk.agent.selected.way == (ELSEWHERE, THERE)


# Roles.


def test_7_2_5_1_two_answers_of_a_conflict_are_one_switch() -> None:
    """ex_ice pull request 71: the second 487, to a check of before the switch, was a second switch, back."""
    desk = Desk(begun=False)
    desk.begin(host(THERE), host(ELSEWHERE, 1, "2"))
    (_, first), (_, second) = desk.run(0.05)
    desk.hear(desk.answer(first, error=487), THERE)
    desk.hear(desk.answer(second, error=487), ELSEWHERE)
    assert not desk.agent.controlling
    assert all("ICE-CONTROLLED" in each.attributes for _, each in desk.run(0.2))


@pytest.mark.parametrize("controlling", [True, False])
def test_7_3_1_1_a_tie_breaker_of_zero_is_one(controlling: bool) -> None:
    """libjuice 355: zero was taken for a missing attribute, and such checks got 400."""
    desk = Desk(controlling=controlling)
    desk.run(0.0)
    [answer] = desk.hear(desk.check(tiebreaker=0))[:1]
    assert answer.message_class == stun.Class.RESPONSE


def test_rfc_7675_5_1_a_consent_request_that_is_lost_is_not_the_end() -> None:
    """aioice 58, werift 649: some that were lost, or answered late, ended a connection that was alive."""
    desk = Desk()
    desk.connect()
    for _ in range(4):
        sent = desk.run(24.0)
        assert len(sent) >= 4
        desk.hear(desk.answer(sent[-1][1]))
    assert desk.agent.may_send
