"""The node's addresses become other ones while the supernode serves: what is its own is so now, not as at its start."""

from __future__ import annotations

import pytest
from turn_desk import PEER, SERVER, UDP, Client, Desk, end, interface
from turn_stage import Stage

from catenet.nodes.application.stun.attributes import EVEN_PORT, LIFETIME, RESERVATION_TOKEN
from catenet.nodes.application.stun.message import Method
from catenet.nodes.machine import Datagram, InterfaceAware

OTHER = end("10.0.3.1:3478")
"""Where it serves by its second interface."""
DATA = b"\x40\x00\x00\x01x"


def become(desk: Desk, name: str, address: str) -> None:
    desk.machine.set_interface(interface(name, address), desk.now)
    desk.settle()


def allocated(desk: Desk, address: str = "10.0.1.2:4000", user: str = "alice") -> Client:
    client = desk.client(address, user)
    client.allocate()
    return client


def two_lans(**options: object) -> Desk:
    return Desk(interface("lan", "10.0.0.1"), interface("more", "10.0.3.1"), **options)


@pytest.mark.parametrize("machine", [Desk().machine, Stage().member])
def test_it_is_told_of_interfaces(machine: object) -> None:
    assert isinstance(machine, InterfaceAware)


@pytest.mark.parametrize("port", [22, 3478, 50_000])
def test_what_was_a_hosts_address_and_is_its_own_now_leads_to_none_of_its_ports(port: int) -> None:
    """Neither anew nor by a channel or a permission that was there before."""
    desk = two_lans()
    client = allocated(desk)
    peer = PEER._replace(port=port)
    assert client.bind(0x4000, peer) == 0
    assert len(client.say(DATA)) == len(client.send(peer, b"x")) == 1
    become(desk, "more", str(peer.address))
    assert client.say(DATA) == []
    assert client.send(peer, b"x") == []
    assert client.bind(0x4000, peer) == 403


def test_two_clients_are_peers_by_the_address_that_it_has_now() -> None:
    desk = two_lans()
    first, second = allocated(desk), Client(desk, end("10.0.1.3:4000"), "bob", server=PEER._replace(port=3478))
    become(desk, "more", str(PEER.address))
    second.allocate()
    assert second.relay is not None and second.relay.address == PEER.address
    assert first.bind(0x4000, second.relay) == 0
    assert [each.destination for each in first.say(DATA)] == [second.relay]


def test_an_address_that_it_had_is_a_hosts() -> None:
    desk = two_lans()
    client = allocated(desk)
    ssh = OTHER._replace(port=22)
    assert client.bind(0x4000, ssh) == 403
    become(desk, "more", "10.0.3.9")
    assert client.bind(0x4000, ssh) == 0


def test_who_was_served_at_an_address_that_is_gone_has_nothing_any_more() -> None:
    desk = two_lans()
    stays = allocated(desk)
    goes = Client(desk, end("10.0.1.3:4000"), "bob", server=OTHER)
    goes.allocate()
    assert goes.relay is not None
    become(desk, "more", "10.0.3.9")
    assert stays.code(Method.REFRESH) == 0
    assert goes.relay.port not in desk.relay_ports
    (report,) = [each for each in desk.reports if each.kind == "supernode.released"]
    assert (report.data["user"], report.data["why"]) == ("bob", "address")


def test_so_has_who_is_still_waiting_for_his_port() -> None:
    desk = two_lans()
    client = Client(desk, end("10.0.1.3:4000"), "bob", server=OTHER)
    client.allocate()
    client.code(Method.REFRESH, LIFETIME.of(0))
    request, signing = client.login.sign(client.request(Method.ALLOCATE, UDP))
    assert signing is not None
    desk.machine.receive(Datagram(signing.encode(request), client.here, OTHER, "more"), desk.now)
    before = len(desk.sent)
    become(desk, "more", "10.0.3.9")
    assert (desk.relay_ports, desk.sent[before:], desk.machine.allocations) == ([], [], 0)


def test_rfc_8656_7_2_a_reserved_port_of_an_address_that_is_gone_is_nobodys() -> None:
    """RFC 8656 section 7.2, check 5: a token is valid if "the corresponding relayed transport address is still
    available"."""
    desk = two_lans()
    goes = Client(desk, end("10.0.1.3:4000"), "bob", server=OTHER)
    token = goes.allocate(EVEN_PORT.of(True)).get(RESERVATION_TOKEN)
    assert token is not None
    become(desk, "more", "10.0.3.9")
    taker = desk.client("10.0.1.4:4000", "bob")
    assert taker.code(Method.ALLOCATE, UDP, RESERVATION_TOKEN.of(token)) == 508


def test_with_a_second_address_all_is_sent_from_the_own_one() -> None:
    """With one the route chooses it; a route may choose another one now."""
    desk = Desk()
    client = allocated(desk)
    assert client.bind(0x4000, PEER) == 0
    become(desk, "more", "10.0.3.1")
    assert client.relay is not None
    assert [each.source for each in client.say(DATA)] == [client.relay]
    assert [each.source for each in client.send(PEER, b"x")] == [client.relay]
    assert [each.source for each in desk.hear(b"x", PEER, client.relay)] == [SERVER]


def test_a_link_that_goes_down_and_comes_up_changes_nothing() -> None:
    desk = two_lans()
    client = allocated(desk)
    client.bind(0x4000, PEER)
    for up in (False, True):
        desk.machine.set_interface(interface("lan", "10.0.0.1")._replace(up=up), desk.now)
        desk.settle()
    assert len(client.say(DATA)) == 1
    assert client.bind(0x4001, SERVER) == 403
