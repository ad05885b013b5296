"""Whether other supernodes can be reached: what is asked for the directory, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from turn_desk import PEER, SERVER
from turn_stage import OTHER, Stage

from catenet.nodes.address import ANY
from catenet.nodes.application.stun.attributes import XOR_MAPPED_ADDRESS
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.prober import ANSWER
from catenet.nodes.machine import (
    Datagram,
    Endpoint,
    Udp,
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield Stage()


def probe(stage: Stage) -> tuple[Udp, bytes]:
    """It is asked to probe the other → by which port it does, and the request's transaction."""
    before = set(stage.open)
    stage.hear(notice="probe", at=str(OTHER))
    (port,) = set(stage.open) - before
    assert isinstance(port, Udp)
    request = Message.parse(stage.sent[-1].data)
    assert (request.method, request.kind, stage.sent[-1].destination) == (Method.BINDING, Kind.REQUEST, OTHER)
    assert stage.sent[-1].source == Endpoint(ANY, port.number)
    return port, request.transaction


def response(transaction: bytes) -> bytes:
    asked = Message(Method.BINDING, Kind.REQUEST, transaction)
    return asked.success(XOR_MAPPED_ADDRESS.of(SERVER)).encode()


def test_another_one_answers_a_probe_and_that_is_said(stage: Stage) -> None:
    stage.registered()
    port, transaction = probe(stage)
    there = Endpoint(SERVER.address, port.number)
    stage.member.receive(Datagram(response(transaction), OTHER, there, "lan"), stage.now)
    stage.settle()
    (verdict,) = stage.asked("probed")
    assert (verdict["at"], verdict["answered"]) == (str(OTHER), True)
    assert port not in stage.open
    stage.member.receive(Datagram(response(transaction), OTHER, there, "lan"), stage.now)  # once more, too late
    stage.settle()
    assert stage.asked("probed") == []


def test_each_probe_goes_out_by_a_port_that_nothing_has_come_to(stage: Stage) -> None:
    stage.registered()
    assert len({probe(stage)[0] for _ in range(5)}) == 5


@pytest.mark.parametrize("wrong", ["source", "transaction", "noise"])
def test_what_is_no_answer_is_none_and_that_is_said_before_the_directory_stops_waiting(
    stage: Stage, wrong: str
) -> None:
    stage.registered()
    port, transaction = probe(stage)
    source = PEER if wrong == "source" else OTHER
    data = b"noise" if wrong == "noise" else response(b"x" * 12 if wrong == "transaction" else transaction)
    stage.member.receive(Datagram(data, source, Endpoint(SERVER.address, port.number), "lan"), stage.now)
    stage.settle()
    assert stage.asked("probed") == []
    stage.wait(ANSWER)
    assert [each["answered"] for each in stage.asked("probed")] == [False]
    assert [each.destination for each in stage.sent].count(OTHER) == 3  # at 0, 0.5 and 1.5 s
    assert port not in stage.open


def test_who_refuses_a_binding_request_lives(stage: Stage) -> None:
    stage.registered()
    port, transaction = probe(stage)
    refusal = Message(Method.BINDING, Kind.REQUEST, transaction).error(400).encode()
    stage.member.receive(Datagram(refusal, OTHER, Endpoint(SERVER.address, port.number), "lan"), stage.now)
    stage.settle()
    assert [each["answered"] for each in stage.asked("probed")] == [True]


def test_who_has_no_port_is_no_witness(stage: Stage) -> None:
    stage.registered()
    stage.ports_fail = True
    stage.hear(notice="probe", at=str(OTHER))
    stage.wait(4.0)
    assert stage.asked("probed") == []


def test_sixteen_probes_are_under_way_at_most(stage: Stage) -> None:
    stage.registered()
    before = len(stage.open)
    for _ in range(40):
        stage.hear(notice="probe", at=str(OTHER))
    assert len(stage.open) - before == 16
    stage.wait(ANSWER)
    assert len(stage.open) == before
