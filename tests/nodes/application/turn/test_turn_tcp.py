"""Clients over TCP: frames in any slicing, padding, what is bounded, how a connection ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turn_desk import PEER, SECRET, SERVER, UDP, WALL, Desk, code_of, end

from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    EVEN_PORT,
    LIFETIME,
    RESERVATION_TOKEN,
    XOR_MAPPED_ADDRESS,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.framing import Frames
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.application.turn.stream import ClientStream
from catenet.nodes.machine import Endpoint

HERE = end("10.0.1.2:4000")


class Wire:
    """A client's end of a connection to the supernode."""

    def __init__(self, desk: Desk, here: Endpoint = HERE, user: str = "alice") -> None:
        self.desk = desk
        self.stream: ClientStream = desk.machine.accepted(SERVER, here, desk.now)
        username = f"{int(WALL) + 3600}:{user}"
        self.login = Login(username, password_of(username, SECRET.encode()))
        self.relay: Endpoint | None = None
        self._number = 0

    def say(self, data: bytes) -> bytes:
        """→ what comes back, as it is on the wire."""
        self.stream.receive_data(data, self.desk.now)
        self.desk.settle()
        return self.stream.data_to_send()

    def request(self, method: Method, *attributes: Attribute) -> tuple[Message, bytes]:
        self._number += 1
        request = Message(method, Kind.REQUEST, self._number.to_bytes(12, "big"), attributes)
        complete, signing = self.login.sign(request)
        return complete, complete.encode() if signing is None else signing.encode(complete)

    def ask(self, method: Method, *attributes: Attribute) -> Message:
        while True:
            complete, data = self.request(method, *attributes)
            response = Message.parse(self.say(data))
            if not self.login.challenged(complete, response):
                return response

    def allocate(self, *attributes: Attribute) -> Message:
        response = self.ask(Method.ALLOCATE, UDP, *attributes)
        relay = response.get(XOR_RELAYED_ADDRESS)
        assert isinstance(relay, Endpoint)
        self.relay = relay
        return response

    def bind(self) -> None:
        assert self.ask(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(0x4000), XOR_PEER_ADDRESS.of(PEER)).kind == Kind.SUCCESS

    def hears(self, data: bytes) -> bytes:
        """What it gets of what the peer sends."""
        assert self.relay is not None
        assert self.desk.hear(data, PEER, self.relay) == []
        return self.stream.data_to_send()


def bound() -> Wire:
    wire = Wire(Desk())
    wire.allocate()
    wire.bind()
    return wire


def test_a_client_over_tcp_has_what_one_over_udp_has() -> None:
    wire = Wire(Desk())
    response = wire.allocate()
    assert response.get(XOR_MAPPED_ADDRESS) == HERE
    wire.bind()
    assert wire.ask(Method.REFRESH, LIFETIME.of(0)).get(LIFETIME) == 0
    assert wire.desk.relay_ports == []


def test_the_same_client_over_either_transport_has_two_5_tuples() -> None:
    desk = Desk()
    wire = Wire(desk)
    wire.allocate()
    desk.client().allocate()
    assert len(desk.relay_ports) == 2


@pytest.mark.parametrize("size", range(6))
def test_channel_data_are_padded_on_the_wire_and_not_at_the_peer(size: int) -> None:
    """Section 12.5; turn-rs PR 175: padding reached the peer; coturn PR 1984: it leaked what was in memory."""
    wire = bound()
    data = bytes(range(1, size + 1))
    padded = b"\x40\x00" + size.to_bytes(2, "big") + data + bytes(-size % 4)
    assert wire.hears(data) == padded
    assert wire.say(padded) == b""
    assert [(each.data, each.destination) for each in wire.desk.sent[-1:]] == [(data, PEER)]


def test_the_longest_channel_data_pass() -> None:
    """coturn #1837: a length of 0xFFFD and more overflowed with its padding."""
    wire = bound()
    for size in (0xFFFC, 0xFFFD, 0xFFFF):
        message = b"\x40\x00" + size.to_bytes(2, "big") + bytes(size + -size % 4)
        wire.desk.wait(1)  # for its bandwidth
        wire.say(message)
        assert len(wire.desk.sent[-1].data) == size


@given(st.lists(st.integers(1, 40), max_size=30))
def test_messages_come_in_any_slicing(sizes: list[int]) -> None:
    wire = bound()
    _, refresh = wire.request(Method.REFRESH)
    whole = b"\x40\x00\x00\x05hello\0\0\0" + refresh + b"\x40\x00\x00\x02ho\0\0"
    before, answers, at = len(wire.desk.sent), b"", 0
    for size in [*sizes, len(whole)]:
        answers += wire.say(whole[at : at + size])
        at += size
    assert [each.data for each in wire.desk.sent[before:]] == [b"hello", b"ho"]
    assert Message.parse(answers).kind == Kind.SUCCESS


@pytest.mark.parametrize("data", [b"\x80", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\3" + bytes(16)])
def test_what_is_neither_ends_the_connection(data: bytes) -> None:
    wire = Wire(Desk())
    wire.say(data)
    assert wire.stream.finished  # HTTP's first letters are a channel's number, and a length that no stranger may send


def test_a_stranger_may_send_little_and_a_client_much() -> None:
    wire = Wire(Desk())
    wire.say(b"\x40\x00\x08\x00")
    assert wire.stream.finished
    wire = bound()
    wire.say(b"\x40\x00\xff\xff")
    assert not wire.stream.finished


def test_a_stranger_is_cut_off_after_30_s_whatever_it_says() -> None:
    wire = Wire(Desk())
    for _ in range(6):
        wire.desk.wait(4.9)
        wire.say(wire.request(Method.BINDING)[1])
        wire.stream.wake(wire.desk.now)
        assert not wire.stream.finished
    assert wire.stream.next_wake() == 30.0
    wire.stream.wake(30.0)
    assert wire.stream.finished


def test_what_a_client_does_not_take_is_dropped_and_counted() -> None:
    """Data, not answers; 64 kB wait at most, and then nothing more is read of it."""
    wire = bound()
    assert wire.relay is not None
    for _ in range(100):
        wire.desk.hear(bytes(1000), PEER, wire.relay)
        wire.desk.wait(0.01)
    assert wire.desk.counters["stream_full"] == 100 - 65
    for _ in range(4):
        wire.stream.receive_data(wire.request(Method.REFRESH)[1], wire.desk.now)
    assert not wire.stream.wants_data
    frames = Frames()
    frames.receive(wire.stream.data_to_send())
    found = list(iter(frames.next, None))
    assert len(found) == 65 + 4
    assert {Message.parse(each).kind for each in found[-4:]} == {Kind.SUCCESS}
    assert wire.stream.wants_data


@pytest.mark.parametrize("how", ["eof", "reset"])
def test_the_end_of_a_connection_is_the_end_of_its_allocation(how: str) -> None:
    wire = bound()
    if how == "eof":
        wire.stream.receive_eof(wire.desk.now)
    else:
        wire.stream.give_up()
    wire.desk.settle()
    assert wire.stream.finished
    assert wire.desk.relay_ports == []
    assert wire.desk.reports[-1].data["why"] == "closed"
    Wire(wire.desk).allocate()


def test_a_connection_that_ends_while_its_port_is_opened_leaves_nothing() -> None:
    desk = Desk(per_user=1)
    wire = Wire(desk)
    wire.ask(Method.REFRESH)
    waiting: list[object] = []
    desk._open = waiting.append  # type: ignore[method-assign,assignment]
    wire.say(wire.request(Method.ALLOCATE, UDP)[1])
    wire.stream.receive_eof(desk.now)
    desk.settle()
    del desk._open  # type: ignore[attr-defined]
    desk._open(waiting[0])  # type: ignore[arg-type]
    desk.settle()
    assert desk.relay_ports == []
    Wire(desk).allocate()


def test_a_client_that_connects_anew_from_the_same_port_begins_anew() -> None:
    """Its older connection was reset, of which nobody has told us yet."""
    wire = bound()
    again = Wire(wire.desk)
    again.allocate()
    wire.stream.give_up()
    wire.desk.settle()
    assert len(wire.desk.relay_ports) == 1
    again.bind()
    again.stream.receive_eof(wire.desk.now)
    wire.desk.settle()
    assert wire.desk.relay_ports == []


def test_a_token_may_be_brought_over_another_transport() -> None:
    """Section 7.2: "it can use a different client IP address and port, a different transport protocol"."""
    desk = Desk()
    client = desk.client()
    token = client.allocate(EVEN_PORT.of(True)).get(RESERVATION_TOKEN)
    assert token is not None
    wire = Wire(desk, end("10.0.1.9:1"), "bob")
    wire.allocate(RESERVATION_TOKEN.of(token))
    assert client.relay is not None
    assert wire.relay == client.relay._replace(port=client.relay.port + 1)


def test_over_tcp_nobodys_address_is_forged_so_that_challenges_are_not_limited() -> None:
    wire = Wire(Desk())
    codes = []
    for number in range(30):
        request = Message(Method.ALLOCATE, Kind.REQUEST, number.to_bytes(12, "big"), (UDP,))
        codes.append(code_of(Message.parse(wire.say(request.encode()))))
    assert codes == [401] * 30
