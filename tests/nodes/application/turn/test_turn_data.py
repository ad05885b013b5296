"""The way of the data: RFC 8656 sections 11.2, 11.3, 12.5 to 12.7; and that what is passed on is what is received."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turn_desk import PEER, SERVER, Client, Desk, end, interface

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.stun.attributes import (
    DATA,
    DONT_FRAGMENT,
    EVEN_PORT,
    LIFETIME,
    XOR_PEER_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.allocation import packed
from catenet.nodes.machine import Datagram, Endpoint, Forwarding, Send

OTHER = end("10.0.2.8:7000")


def allocated(desk: Desk | None = None, address: str = "10.0.1.2:4000", user: str = "alice") -> Client:
    client = (desk or Desk()).client(address, user)
    client.allocate()
    return client


def sent_to(sent: list[Datagram]) -> list[tuple[bytes, int, Endpoint]]:
    """What, by which port, to whom."""
    return [(each.data, each.source.port, each.destination) for each in sent]


# Section 11.2


@pytest.mark.parametrize("data", [b"", b"x", bytes(1200)])
def test_a_send_indication_becomes_a_datagram_from_the_relayed_address(data: bytes) -> None:
    """ "the DATA attribute is allowed to contain zero bytes of data"."""
    client = allocated()
    client.permit(PEER)
    assert client.relay is not None
    assert sent_to(client.send(PEER, data)) == [(data, client.relay.port, PEER)]


def test_a_send_indication_without_a_permission_is_discarded() -> None:
    client = allocated()
    client.permit(OTHER)
    assert client.send(PEER, b"x") == []
    assert client.desk.counters["no_permission"] == 1


def test_a_send_indication_goes_to_any_port_of_a_permitted_address() -> None:
    client = allocated()
    client.permit(PEER)
    assert len(client.send(end("10.0.2.7:1"), b"x")) == 1
    assert client.send(end("10.0.2.7:0"), b"x") == []


def test_a_send_indication_refreshes_no_permission() -> None:
    client = allocated()
    client.permit(PEER)
    client.desk.wait(299)
    assert client.send(PEER, b"x")
    client.desk.wait(2)
    assert client.send(PEER, b"x") == []


@pytest.mark.parametrize("attributes", [(), (XOR_PEER_ADDRESS.of(PEER),), (DATA.of(b"x"),)])
def test_a_send_indication_needs_peer_and_data(attributes: tuple[Attribute, ...]) -> None:
    client = allocated()
    client.permit(PEER)
    assert client.say(client.request(Method.SEND, *attributes, kind=Kind.INDICATION).encode()) == []
    assert client.desk.counters["bad_messages"] == 1


@pytest.mark.parametrize("more", [DONT_FRAGMENT.of(True), Attribute(0x7FFF, b"")])
def test_a_send_indication_that_is_not_understood_is_discarded(more: Attribute) -> None:
    """DONT-FRAGMENT: "the server acts as if [it] is an unknown comprehension-required attribute"."""
    client = allocated()
    client.permit(PEER)
    assert client.send(PEER, b"x", more) == []


# Section 11.3


def test_what_a_peer_sends_comes_as_a_data_indication() -> None:
    client = allocated()
    client.permit(PEER)
    (message,) = map(Message.parse, client.hears(PEER, b"hello"))
    assert (message.method, message.kind) == (Method.DATA, Kind.INDICATION)
    assert (message.get(XOR_PEER_ADDRESS), message.get(DATA)) == (PEER, b"hello")


def test_each_indication_is_another_transaction() -> None:
    client = allocated()
    client.permit(PEER)
    first, second = (Message.parse(client.hears(PEER, b"x")[0]) for _ in range(2))
    assert first.transaction != second.transaction


# Section 12


def test_once_a_channel_is_bound_the_server_uses_it() -> None:
    """Section 12.5: "MUST use the ChannelData message if a channel has been bound to the peer"."""
    client = allocated()
    client.permit(PEER)
    client.bind(0x4000, PEER)
    assert client.hears(PEER, b"hello") == [b"\x40\x00\x00\x05hello"]
    assert client.hears(PEER, b"") == [b"\x40\x00\x00\x00"]
    (other_port,) = client.hears(end("10.0.2.7:7001"), b"hello")
    assert Message.parse(other_port).method == Method.DATA


def test_a_client_may_send_either_way_when_it_has_a_channel() -> None:
    """Section 12.5: "may freely intermix the two message types"."""
    client = allocated()
    client.bind(0x4000, PEER)
    assert sent_to(client.send(PEER, b"x")) == sent_to(client.say(b"\x40\x00\x00\x01x"))


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (b"\x40\x00\x00\x05hello", b"hello"),
        (b"\x40\x00\x00\x05hello\0\0\0", b"hello"),  # "Over UDP, the padding is not required but MAY be included"
        (b"\x40\x00\x00\x00", b""),  # "the UDP datagram is still formed and sent"
        (b"\x40\x00\x00\x05hell", None),  # "too short to contain the claimed length"
        (b"\x40\x00\x00", None),
        (b"\x40\x00", None),
        (b"\x40", None),
        (b"", None),
        (b"\x40\x01\x00\x01x", None),  # "a channel that is not bound to any peer"
        (b"\x50\x00\x00\x01x", None),  # "the reserved range"
        (b"\xff\xff\x00\x01x", None),
        (b"\x80\x00\x00\x01x", None),
    ],
)
def test_channel_data_is_relayed_or_silently_discarded(message: bytes, data: bytes | None) -> None:
    """Section 12.6; turn-rs PR 175: padding went on to the peer."""
    client = allocated()
    client.bind(0x4000, PEER)
    assert [each.data for each in client.say(message)] == ([] if data is None else [data])


def test_a_channel_carries_nothing_without_its_permission() -> None:
    """A permission is over at 300 s, while its channel lives to 600 (sections 9 and 12)."""
    client = allocated()
    client.bind(0x4000, PEER)
    client.desk.wait(301)
    assert client.say(b"\x40\x00\x00\x01x") == []
    assert client.hears(PEER, b"x") == []
    client.permit(PEER)
    assert client.say(b"\x40\x00\x00\x01x")
    assert client.hears(PEER, b"x") == [b"\x40\x00\x00\x01x"]


def test_a_peer_whose_channel_is_over_is_heard_by_indications() -> None:
    client = allocated()
    client.code(Method.REFRESH, LIFETIME.of(3600))
    client.bind(0x4000, PEER)
    client.desk.wait(295)
    client.permit(PEER)
    client.desk.wait(290)
    client.permit(PEER)
    client.desk.wait(16)
    assert client.say(b"\x40\x00\x00\x01x") == []
    assert Message.parse(client.hears(PEER, b"x")[0]).method == Method.DATA


def test_channel_data_refreshes_neither_channel_nor_permission() -> None:
    """Section 12.6: "MUST NOT refresh"."""
    client = allocated()
    client.bind(0x4000, PEER)
    for _ in range(29):
        client.desk.wait(10)
        assert client.say(b"\x40\x00\x00\x01x")
    client.desk.wait(11)
    assert client.say(b"\x40\x00\x00\x01x") == []


def test_what_comes_to_a_reserved_port_is_dropped() -> None:
    client = Desk().client()
    client.allocate(EVEN_PORT.of(True))
    client.permit(PEER)
    assert client.relay is not None
    assert client.desk.hear(b"x", PEER, client.relay._replace(port=client.relay.port + 1)) == []


def test_what_is_over_the_bandwidth_is_dropped_and_counted() -> None:
    """Section 5: "it should discard application data traffic that exceeds the bandwidth quota"."""
    client = allocated(Desk(bandwidth=8))  # 1,000 octets a second
    client.bind(0x4000, PEER)
    went = [bool(client.say(b"\x40\x00\x01\x2c" + bytes(300))) for _ in range(4)]
    assert went == [True, True, True, False]
    assert client.hears(PEER, bytes(300)) == []
    assert client.hears(PEER, bytes(100))
    assert client.desk.counters["over_bandwidth"] == 2
    client.desk.wait(1)
    assert client.say(b"\x40\x00\x01\x2c" + bytes(300))


def test_the_table_counts_what_was_relayed_and_shows_what_may_be() -> None:
    client = allocated()
    client.bind(0x4000, PEER)
    client.say(b"\x40\x00\x00\x05hello")
    client.send(PEER, b"you")
    client.hears(PEER, b"there")
    client.desk.wait(100)
    shown = client.desk.machine.show("supernode", client.desk.now)
    assert isinstance(shown, dict)
    (row,) = shown["allocations"]
    assert row == {
        "client": "10.0.1.2:4000",
        "transport": "udp",
        "user": "alice",
        "relay": str(client.relay),
        "expires": 500,
        "packets_out": 2,
        "octets_out": 8,
        "packets_in": 1,
        "octets_in": 5,
    }
    relay = str(client.relay)
    assert shown["permissions"] == [{"relay": relay, "address": "10.0.2.7", "expires": 200}]
    assert shown["channels"] == [{"relay": relay, "channel": "0x4000", "peer": "10.0.2.7:7000", "expires": 500}]


# Several addresses


def test_on_a_node_of_several_addresses_each_end_hears_from_that_which_it_knows() -> None:
    desk = Desk(interface("one", "10.0.0.1"), interface("two", "10.0.9.1"))
    second = SERVER._replace(address=end("10.0.9.1:1").address)
    client = Client(desk, end("10.0.1.2:4000"), "alice", server=second)
    client.allocate()
    client.bind(0x4000, PEER)
    assert client.relay is not None
    assert client.relay.address == second.address
    assert [each.source for each in client.say(b"\x40\x00\x00\x01x")] == [client.relay]
    assert [each.source for each in desk.hear(b"x", PEER, client.relay)] == [second]


def test_a_client_may_have_an_allocation_by_each_address_of_the_node() -> None:
    """They are two 5-tuples (section 6): its channels are told apart by where it sends them."""
    desk = Desk(interface("one", "10.0.0.1"), interface("two", "10.0.9.1"))
    here = end("10.0.1.2:4000")
    clients = [Client(desk, here, "alice", server=end(f"{each}:3478")) for each in ("10.0.0.1", "10.0.9.1")]
    for client, peer in zip(clients, (PEER, OTHER), strict=True):
        client.allocate()
        assert client.bind(0x4000, peer) == 0
    assert [client.say(b"\x40\x00\x00\x01x")[0].destination for client in clients] == [PEER, OTHER]
    clients[0].code(Method.REFRESH, LIFETIME.of(0))
    assert clients[1].say(b"\x40\x00\x00\x01x")[0].destination == OTHER


# forward is receive


def test_the_machine_passes_datagrams_on_before_they_are_packets() -> None:
    client = allocated()
    client.bind(0x4000, PEER)
    machine = client.desk.machine
    assert isinstance(machine, Forwarding)
    assert client.relay is not None
    went = machine.forward(3478, packed(client.here), b"\x40\x00\x00\x01x", 0.0)
    assert went
    data, way = went
    assert (data, way.port.number, way.peer, way.source) == (b"x", client.relay.port, PEER, ANY)
    came = machine.forward(client.relay.port, packed(PEER), b"x", 0.0)
    assert came
    assert (came[0], came[1].port.number, came[1].peer) == (b"\x40\x00\x00\x01x", 3478, client.here)


_HEADS = (b"", b"\x40", b"\x40\x00\x00", b"\x40\x00\x00\x01", b"\x40\x01\x00\x00", b"\x4f\xff\x00\x02", b"\x00\x01\x00")
_TOLD = st.lists(
    st.tuples(
        st.sampled_from(("client", "stranger", "peer", "other", "own")),
        st.sampled_from(("server", "relay", "reserved")),
        st.builds(bytes.__add__, st.sampled_from(_HEADS), st.binary(max_size=6)),
        st.sampled_from((0.0, 1.0, 150.0, 301.0)),
    ),
    max_size=12,
)


@given(_TOLD)
def test_what_is_forwarded_is_what_is_received(told: list[tuple[str, str, bytes, float]]) -> None:
    """Two machines alike: one is given everything by `receive`, one by `forward` where that knows."""
    results = []
    for forwards in (False, True):
        desk = Desk(bandwidth=1)
        client = allocated(desk)
        client.bind(0x4000, PEER)
        client.permit(OTHER)
        desk.machine.take_actions()
        assert client.relay is not None
        ends = {
            "client": client.here,
            "stranger": end("10.0.1.99:4000"),
            "peer": PEER,
            "other": OTHER,
            "own": client.relay,
        }
        places = {"server": 3478, "relay": client.relay.port, "reserved": 49152}
        went: list[object] = []
        for who, where, data, pause in told:
            desk.wait(pause)
            here = SERVER.address if len(data) % 3 else Address.parse("10.0.0.255")
            source, destination = ends[who], Endpoint(here, places[where])
            if forwards:
                known = desk.machine.forward(destination.port, packed(source), data, desk.now)
                if known is not None:
                    went += [(known[0], known[1].port.number, known[1].peer)] if known else []
                    continue
            desk.machine.receive(Datagram(data, source, destination), desk.now)
            for action in desk.machine.take_actions():
                assert isinstance(action, Send)
                went.append((action.packet.data, action.packet.source.port, action.packet.destination))
        results.append((_without_transactions(went), desk.counters, desk.machine.show("supernode", desk.now)))
    assert results[0] == results[1]


def _without_transactions(went: list[object]) -> list[object]:
    """The desks' entropy is one, but the order of calls need not be."""
    return [
        (each[0][:8] + each[0][20:] if each[0][:1] == b"\0" else each[0], *each[1:])  # type: ignore[index]
        for each in went
    ]
