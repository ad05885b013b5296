"""Who has no credentials, and who has and means ill: refused, counted, bounded, and the supernode goes on."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turn_desk import PEER, SERVER, UDP, Client, Desk, code_of, end

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    DATA,
    EVEN_PORT,
    ICMP,
    MESSAGE_INTEGRITY,
    NONCE,
    XOR_PEER_ADDRESS,
)
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.limiter import Limiter
from catenet.nodes.machine import Endpoint, Ip, IpPacket, OpenPort, Udp


def test_challenges_to_one_address_are_limited_and_others_are_served() -> None:
    """A small request with another's address as its source would have us send more than it costs."""
    desk = Desk()
    client = desk.client()
    answered = sum(bool(client.say(client.request(Method.ALLOCATE, UDP).encode())) for _ in range(100))
    assert answered == 20
    assert desk.counters["limited_401"] == 80
    desk.client("10.0.1.3:1").allocate()
    desk.wait(1)
    client.allocate()


def test_who_has_proved_it_is_answered_however_often() -> None:
    client = Desk().client()
    client.allocate()
    assert all(client.code(Method.REFRESH) == 0 for _ in range(50))


def test_how_many_addresses_are_challenged_in_a_second_is_bounded() -> None:
    limiter = Limiter()
    allowed = sum(limiter.allows(Address(number), 0.0) for number in range(5000))
    assert allowed == 4096
    assert limiter.allows(Address(4097), 1.0)


def test_a_challenge_is_no_answer_to_a_short_request_many_times_its_size() -> None:
    """What a flood with another's address can gain by it."""
    client = Desk().client()
    request = client.request(Method.REFRESH).encode()
    (answer,) = client.say(request)
    assert len(answer.data) < 10 * len(request)


def test_a_flood_of_allocations_ends_at_the_quotas() -> None:
    desk = Desk(allocations=30, per_user=10)
    codes = []
    for number in range(200):
        client = desk.client(f"10.0.{number}.2:4000", user="greedy" if number < 20 else f"u{number}")
        codes.append(client.code(Method.ALLOCATE, UDP))
    assert codes == [0] * 10 + [486] * 10 + [0] * 20 + [508] * 160
    assert len(desk.relay_ports) == 30
    desk.wait(601)
    assert desk.relay_ports == []


def test_one_user_holds_no_more_by_reserving() -> None:
    desk = Desk(per_user=3)
    desk.client("10.0.1.2:1").allocate(EVEN_PORT.of(True))
    assert desk.client("10.0.1.2:2").code(Method.ALLOCATE, UDP, EVEN_PORT.of(True)) == 486
    assert len(desk.relay_ports) == 2


@pytest.mark.parametrize(
    "there",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.1.1", "224.0.0.9", "240.0.0.1", "255.255.255.255", "8.8.8.8"],
)
def test_what_is_no_host_of_the_lab_is_out_of_reach(there: str) -> None:
    """Even where the lab's LANs were said to hold it."""
    client = Desk(lans=("0.0.0.0/0",) if there != "8.8.8.8" else ("10.0.0.0/16",)).client()
    client.allocate()
    peer = end(f"{there}:80")
    assert client.permit(peer) == 403
    assert client.bind(0x4000, peer) == 403
    assert client.send(peer, b"x") == []


@pytest.mark.parametrize("there", ["10.0.1.255", "10.0.1.0"])
def test_no_lans_broadcast_is_reached(there: str) -> None:
    client = Desk(lans=("10.0.0.0/16", "10.0.1.0/24")).client()
    client.allocate()
    assert client.permit(end(f"{there}:80")) == 403


def test_what_comes_to_another_address_than_the_nodes_own_is_no_request() -> None:
    client = Desk().client()
    request = client.request(Method.BINDING).encode()
    assert client.desk.hear(request, client.here, end("10.0.0.255:3478")) == []


def test_a_request_replayed_from_another_port_is_stale() -> None:
    """RFC 8489 section 9.2.4: its nonce is of the port to which it was given."""
    desk = Desk()
    client = desk.client()
    client.code(Method.REFRESH)
    complete, signing = client.login.sign(client.request(Method.ALLOCATE, UDP))
    assert signing is not None
    data = signing.encode(complete)
    client.say(data)
    (answer,) = desk.hear(data, end("10.0.6.6:6"))
    assert code_of(Message.parse(answer.data)) == 438
    assert len(desk.relay_ports) == 1


def test_a_signature_without_the_rest_gives_400_and_no_nonce() -> None:
    """RFC 8489 section 9.2.4: "SHOULD NOT include a USERNAME, USERHASH, NONCE, or REALM"."""
    client = Desk().client()
    request = Message(Method.ALLOCATE, Kind.REQUEST, bytes(12), (UDP,)).encode(b"any key")
    (answer,) = client.say(request)
    response = Message.parse(answer.data)
    assert code_of(response) == 400
    assert not response.has(NONCE, MESSAGE_INTEGRITY)


def _with_attribute(method: Method, number: int, value: bytes) -> bytes:
    body = number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)
    head = Message(method, Kind.REQUEST, bytes(12)).encode()
    return head[:2] + len(body).to_bytes(2, "big") + head[4:] + body


@pytest.mark.parametrize(
    ("method", "number", "value"),
    [
        (Method.ALLOCATE, 0x0019, b"\x11"),
        (Method.CREATE_PERMISSION, 0x0012, b"\0\3\0\0\0\0\0\0"),
        (Method.CHANNEL_BIND, 0x0012, b""),
    ],
)
def test_a_malformed_attribute_gives_400(method: Method, number: int, value: bytes) -> None:
    """Sections 7.2 (check 3), 10.2, 12.2."""
    client = Desk().client()
    (answer,) = client.say(_with_attribute(method, number, value))
    response = Message.parse(answer.data)
    assert (response.method, code_of(response)) == (method, 400)


def test_what_else_is_malformed_is_silently_dropped() -> None:
    desk = Desk()
    client = desk.client()
    assert client.say(_with_attribute(Method.REFRESH, 0x000D, b"\1")) == []
    assert client.say(b"\0" * 19) == []
    assert client.say(Message(Method.ALLOCATE, Kind.SUCCESS, bytes(12)).encode()) == []
    assert client.say(Message(Method.DATA, Kind.INDICATION, bytes(12)).encode()) == []
    assert desk.counters["bad_messages"] == 4


@given(st.binary(max_size=80), st.sampled_from(["server", "relay"]), st.sampled_from(["client", "stranger"]))
def test_whatever_comes_nothing_is_raised_and_clients_are_served(data: bytes, where: str, who: str) -> None:
    client = Desk().client()
    client.allocate()
    client.permit(PEER)
    assert client.relay is not None
    source = client.here if who == "client" else PEER
    client.desk.hear(data, source, SERVER if where == "server" else client.relay)
    assert client.code(Method.REFRESH) == 0


@given(st.data())
def test_a_request_with_any_octets_changed_does_nothing(data: st.DataObject) -> None:
    desk = Desk()
    client = desk.client()
    client.code(Method.REFRESH)
    complete, signing = client.login.sign(client.request(Method.ALLOCATE, UDP))
    assert signing is not None
    octets = bytearray(signing.encode(complete))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    client.say(bytes(octets))
    assert desk.relay_ports == []


def test_a_relay_loops_no_faster_than_its_bandwidth() -> None:
    """Section 21.1.7: two allocations, each the other's peer, and a datagram between them."""
    desk = Desk(bandwidth=1)
    first = desk.client("10.0.0.1:5000")
    first.allocate()
    assert first.relay is not None
    assert first.bind(0x4000, first.relay) == 0
    data = b"\x40\x00\x00\x0a" + bytes(10)
    rounds = 0
    while went := first.say(data):
        rounds += 1
        assert went[0].destination == first.relay
        back = desk.hear(went[0].data, first.relay, first.relay)
        if not back:
            break
    assert 0 < rounds <= 125 / 10
    assert desk.counters["over_bandwidth"] == 1


# Section 11.5


def icmp(
    source: Endpoint, destination: Endpoint, kind: int = 3, code: int = 3, *, mtu: int = 0, inner: int = 17
) -> bytes:
    udp = struct.pack("!HHHH", source.port, destination.port, 20, 0)
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 60, inner, 0, source.address.pack(), destination.address.pack()
    )
    data = struct.pack("!BBHHH", kind, code, 0, 0, mtu) + ip + udp
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return data[:2] + struct.pack("!H", checksum) + data[4:]


def heard_of(client: Client, data: bytes) -> list[Message]:
    desk = client.desk
    before = len(desk.sent)
    desk.machine.receive(IpPacket(data, Address.parse("10.0.9.9"), SERVER.address, 1), desk.now)
    desk.settle()
    assert all((each.source.port, each.destination) == (3478, client.here) for each in desk.sent[before:])
    return [Message.parse(each.data) for each in desk.sent[before:]]


def permitted() -> Client:
    client = Desk().client()
    client.allocate()
    client.bind(0x4000, PEER)
    return client


@pytest.mark.parametrize(
    ("kind", "code", "mtu", "told"), [(3, 3, 0, 0), (3, 1, 77, 0), (3, 4, 1400, 1400), (11, 0, 0, 0)]
)
def test_an_icmp_error_comes_as_a_data_indication(kind: int, code: int, mtu: int, told: int) -> None:
    """Though a channel is bound (section 12.5); the MTU: section 18.13."""
    client = permitted()
    assert client.relay is not None
    (message,) = heard_of(client, icmp(client.relay, PEER, kind, code, mtu=mtu))
    assert (message.method, message.kind) == (Method.DATA, Kind.INDICATION)
    assert message.get(XOR_PEER_ADDRESS) == PEER
    assert message.get(ICMP) == (kind, code, told)
    assert not message.has(DATA)


def test_icmp_that_is_none_of_that_is_silently_dropped() -> None:
    client = permitted()
    assert client.relay is not None
    right = icmp(client.relay, PEER)
    wrong = [
        icmp(client.relay, PEER, 0, 0),
        icmp(client.relay, PEER, 8, 0),
        icmp(client.relay, PEER, inner=6),
        icmp(client.relay, end("10.0.2.8:7000")),  # no permission
        icmp(client.relay._replace(port=client.relay.port ^ 1), PEER),  # no allocation
        icmp(end(f"10.0.0.2:{client.relay.port}"), PEER),
        right[:-5],
        right[:2] + b"\0\0" + right[4:],
        b"",
    ]
    assert [heard_of(client, each) for each in wrong] == [[] for _ in wrong]
    assert len(heard_of(client, right)) == 1


def test_a_client_hears_of_ten_icmp_errors_a_second() -> None:
    client = permitted()
    assert client.relay is not None
    data = icmp(client.relay, PEER)
    assert sum(len(heard_of(client, data)) for _ in range(50)) == 10
    client.desk.wait(1)
    assert len(heard_of(client, data)) == 1


def test_a_supernode_that_may_not_hear_icmp_serves_without() -> None:
    desk = Desk()
    desk.machine.port_failed(OpenPort(Ip(1)), "Operation not permitted", 0.0)
    assert desk.counters["icmp_not_heard"] == 1
    with pytest.raises(OSError, match="3478"):
        desk.machine.port_failed(OpenPort(Udp(3478)), "Address already in use", 0.0)
