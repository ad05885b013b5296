"""Whom a client reaches: the lab's hosts, and of the supernode's own ports the relay ports alone."""

from __future__ import annotations

import pytest
from turn_desk import SERVER, Client, Desk, end

from catenet.nodes.application.stun.attributes import LIFETIME
from catenet.nodes.application.stun.message import Method


def allocated(desk: Desk, address: str = "10.0.1.2:4000", user: str = "alice") -> Client:
    client = desk.client(address, user)
    client.allocate()
    return client


def test_two_clients_of_one_supernode_are_peers_by_it() -> None:
    """coturn #584: its own address was refused."""
    desk = Desk()
    first, second = allocated(desk), allocated(desk, "10.0.1.3:4000", "bob")
    assert second.relay is not None
    assert first.permit(second.relay) == 0
    assert first.bind(0x4000, second.relay) == 0
    assert [each.destination for each in first.say(b"\x40\x00\x00\x01x")] == [second.relay]
    assert [each.destination for each in first.send(second.relay, b"x")] == [second.relay]


@pytest.mark.parametrize("port", [3478, 53, 50000])
def test_no_other_port_of_the_node_is_reached(port: int) -> None:
    client = allocated(Desk())
    own = SERVER._replace(port=port)
    assert client.bind(0x4000, own) == 403
    assert client.permit(own) == 0
    assert client.send(own, b"x") == []


def test_a_port_that_was_a_relay_is_reached_no_more() -> None:
    desk = Desk()
    first, second = allocated(desk), allocated(desk, "10.0.1.3:4000", "bob")
    assert second.relay is not None
    first.bind(0x4000, second.relay)
    second.code(Method.REFRESH, LIFETIME.of(0))
    assert first.say(b"\x40\x00\x00\x01x") == []
    assert first.send(second.relay, b"x") == []
    first.permit(second.relay)
    assert first.say(b"\x40\x00\x00\x01x") == []


def test_what_the_lab_file_denies_is_refused_and_told_once() -> None:
    desk = Desk(deny=("10.0.3.0/24",))
    client = allocated(desk)
    assert client.bind(0x4000, end("10.0.3.9:5")) == 403
    assert client.bind(0x4000, end("10.0.3.9:5")) == 403
    refused = [report for report in desk.reports if report.kind == "supernode.refused"]
    assert [(report.data["code"], report.data["peer"]) for report in refused] == [(403, "10.0.3.9")]
    assert desk.counters["refused_403"] == 2
