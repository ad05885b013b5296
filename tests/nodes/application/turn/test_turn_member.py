"""A supernode that a directory knows: its ports, its secrets, and what it makes of what the directory says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from turn_desk import UDP, WALL, code_of
from turn_stage import CLIENT, ONE, OTHER, THREE, TWO, Stage

from catenet.nodes.application.stun.attributes import XOR_MAPPED_ADDRESS
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.credentials import mint
from catenet.nodes.application.turn.registrar import CONFIRM, REPORT
from catenet.nodes.machine import (
    Ip,
    Tcp,
    Udp,
)

SERVES = {Udp(3478), Tcp(3478), Ip(1)}


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield Stage()


def binding(transaction: bytes = b"b" * 12) -> bytes:
    return Message(Method.BINDING, Kind.REQUEST, transaction).encode()


def test_its_ports_are_open_as_the_directory_has_it(stage: Stage) -> None:
    stage.wait(1.0)
    assert set(stage.open) == set()
    stage.registered()
    assert set(stage.open) == {Udp(3478)}
    (answer,) = stage.answers(binding())
    assert answer.get(XOR_MAPPED_ADDRESS) == CLIENT
    stage.role("supernode", ONE)
    assert set(stage.open) == SERVES
    stage.role("candidate")
    assert set(stage.open) == {Udp(3478)}  # nobody was there
    stage.role("supernode", ONE)
    stage.role("dead", why="3 probes had no answer")
    assert set(stage.open) == {Udp(3478)}
    assert [kind.partition(".")[2] for kind, _ in stage.told] == ["promoted", "demoted", "promoted", "dead"]


def test_without_tcp_it_has_no_port_for_that() -> None:
    stage = Stage(tcp="off")
    stage.registered()
    stage.role("supernode", ONE)
    assert set(stage.open) == SERVES - {Tcp(3478)}


def test_a_fixed_one_serves_from_the_start_and_whatever_is_said() -> None:
    stage = Stage(role="fixed")
    assert set(stage.open) == SERVES
    assert stage.allocates(ONE, 4000) == 401  # nobody has made credentials yet
    stage.registered("supernode", ONE)
    stage.role("supernode", ONE, why="it is there for that")
    assert stage.allocates(ONE, 4000) == 0
    stage.role("dead")
    assert (set(stage.open) >= SERVES, stage.shown()["duty"]) == (True, "serving")
    assert stage.allocates(ONE, 4001) == 0


def test_a_candidate_gives_nobody_an_allocation_and_says_it_signed_to_who_has_credentials(stage: Stage) -> None:
    stage.registered()
    assert stage.allocates(ONE, 4000) == 401
    stage.role("supernode", ONE)
    assert stage.allocates(ONE, 4001) == 0
    stage.role("candidate")
    assert stage.shown()["duty"] == "draining"
    assert stage.allocates(ONE, 4002) == 508
    assert stage.allocates(ONE, 4001) == 0  # the same request again: it has been granted


def test_what_drains_is_open_until_its_last_client_has_gone(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.allocates(ONE, 4000)
    (relay,) = set(stage.open) - SERVES
    stage.role("candidate")
    assert set(stage.open) == {Udp(3478), Ip(1), relay}
    stage.wait(599.0)
    assert relay in stage.open
    stage.wait(2.0)  # it was not refreshed
    assert set(stage.open) == {Udp(3478)}
    assert stage.shown()["duty"] == "answering"


def test_one_that_is_promoted_again_while_it_drains_goes_on(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.allocates(ONE, 4000)
    stage.role("candidate")
    stage.role("supernode", ONE)
    assert set(stage.open) > SERVES
    assert stage.allocates(ONE, 4001) == 0


def test_credentials_of_the_last_eight_secrets_are_good(stage: Stage) -> None:
    stage.registered()
    for number, secret in enumerate((ONE, TWO, TWO, THREE)):
        stage.role("supernode", secret)
        assert stage.allocates(secret, 4000 + number) == 0
    assert stage.allocates(ONE, 4010) == 0
    for number in range(6):
        stage.role("supernode", bytes([100 + number]) * 32)
    assert [stage.allocates(each, 4020 + number) for number, each in enumerate((ONE, TWO, THREE))] == [401, 0, 0]
    stage.role("supernode", TWO)  # it is the last one now
    stage.role("supernode", ONE)
    assert [stage.allocates(each, 4030 + number) for number, each in enumerate((ONE, TWO, THREE))] == [0, 0, 401]


def test_a_stale_nonce_is_called_stale_with_two_secrets_too(stage: Stage) -> None:
    """RFC 8489 section 9.2.4: 438 to one whose password is right; by a 401 it would take that for wrong."""
    stage.registered()
    stage.role("supernode", ONE)
    stage.role("supernode", TWO)
    login = Login(*mint(TWO, "alice", WALL + 3600))
    first = Message(Method.ALLOCATE, Kind.REQUEST, b"1" * 12, (UDP,))
    (challenge,) = stage.answers(first.encode())
    assert login.challenged(first, challenge)
    stage.wait(700.0)
    request, signing = login.sign(Message(Method.ALLOCATE, Kind.REQUEST, b"2" * 12, (UDP,)))
    assert signing is not None
    (stale,) = stage.answers(signing.encode(request))
    assert code_of(stale) == 438


def test_it_reports_how_many_allocations_there_are_every_two_seconds(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.asked("report")
    for _ in range(3):
        stage.wait(REPORT)
        assert [each["allocations"] for each in stage.asked("report")] == [0]
    stage.allocates(ONE, 4000)
    stage.wait(REPORT)
    assert [each["allocations"] for each in stage.asked("report")] == [1]
    stage.stream.give_up()
    stage.settle()
    stage.wait(0.05)
    assert stage.shown()["directory"] == "waiting"


def test_where_the_directory_sees_another_address_it_opens_nothing(stage: Stage) -> None:
    stage.hear(id=stage.join(), error="address")
    assert (stage.shown()["role"], set(stage.open)) == ("refused", set())
    stage.wait(5.0)
    assert stage.asked("register") == []  # as long as the connection stands it is so
    assert stage.told == []


def test_what_is_refused_for_a_while_is_asked_again(stage: Stage) -> None:
    stage.hear(id=stage.join(), error="busy", retry_after=1.0)
    stage.wait(9.0)
    assert stage.asked("register") == []
    stage.hear(notice="probe", at=str(OTHER))  # something is heard: the connection stands
    stage.wait(1.5)
    assert len(stage.asked("register")) == 1


def test_after_each_login_it_registers_anew_and_is_what_it_was_until_it_is_told(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.leave()
    stage.registered("candidate")
    assert (stage.shown()["role"], set(stage.open)) == ("supernode", SERVES)
    stage.role("supernode", TWO, why="it was one before, and answers from outside")
    assert stage.shown()["why"] == "it was one before, and answers from outside"
    assert [kind for kind, _ in stage.told] == ["supernode.promoted"]


def test_a_directory_that_does_not_confirm_has_it_as_a_candidate(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.leave()
    stage.registered("candidate")
    for _ in range(int(CONFIRM) - 1):
        stage.wait(1.0)
        stage.hear(id="?", ok={})  # what keeps the connection
    assert stage.shown()["role"] == "supernode"
    stage.wait(1.5)
    assert stage.told[-1] == ("supernode.demoted", "the directory has it as a supernode no more")
    assert set(stage.open) == {Udp(3478)}


@pytest.mark.parametrize("ok", [{}, {"role": "candidate", "secret": "no base64"}, {"role": 7, "secret": ["x"]}])
def test_an_answer_of_a_directory_that_is_none_changes_nothing(stage: Stage, ok: dict[str, Any]) -> None:
    stage.hear(id=stage.join(), ok=ok)
    assert stage.shown()["duty"] in ("off", "answering")
    assert stage.told == []
