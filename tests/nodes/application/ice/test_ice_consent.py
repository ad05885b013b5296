"""That the peer still wants to be sent to (RFC 7675)."""

from __future__ import annotations

import itertools

from aioice import stun
from ice_desk import THEIRS, Desk

from catenet.nodes.application.ice.events import Checked, Expired, Selected


def test_rfc_7675_5_1_consent_is_asked_for_every_four_to_six_seconds_each_time_anew() -> None:
    desk = Desk(seed=5)
    desk.connect()
    times, transactions = [desk.now], set()
    for _ in range(20):
        [(at, request)] = _next(desk)
        times.append(at)
        transactions.add(request.transaction_id)
        assert request.check_message_integrity(THEIRS.password.encode())
        desk.hear(desk.answer(request))
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) >= 4.0 and max(gaps) <= 6.0 and len(set(gaps)) > 10
    assert len(transactions) == 20


def _next(desk: Desk) -> list[tuple[float, stun.Message]]:
    at = desk.agent.next_wake()
    assert at is not None
    return desk.run(at - desk.now)


def test_rfc_7675_5_1_consent_expires_after_thirty_seconds_and_a_late_answer_revives_nothing() -> None:
    desk = Desk()
    desk.connect()
    sent = desk.run(29.9)
    assert not [each for each in desk.events if isinstance(each, Expired)]
    desk.run(0.2)
    assert [type(each) for each in desk.events] == [Checked, Selected, Expired]
    desk.hear(desk.answer(sent[-1][1]))
    assert desk.run(60.0) == [] and desk.agent.next_wake() is None


def test_rfc_7675_5_1_an_answer_to_an_earlier_request_counts() -> None:
    desk = Desk()
    desk.connect()
    sent = desk.run(20.0)
    desk.hear(desk.answer(sent[0][1]))
    desk.run(29.0)
    assert not [each for each in desk.events if isinstance(each, Expired)]


def test_rfc_7675_5_2_consent_is_revoked_by_an_authenticated_403() -> None:
    desk = Desk()
    desk.connect()
    [(_, request)] = _next(desk)
    desk.hear(desk.answer(request, error=403, password="x" * 22))
    desk.run(0.0)
    assert not [each for each in desk.events if isinstance(each, Expired)]
    desk.hear(desk.answer(request, error=403))
    desk.run(0.0)
    assert [each for each in desk.events if isinstance(each, Expired)]
