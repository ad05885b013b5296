"""DNS over TCP (RFC 1035 section 4.2.2, RFC 7766): any slicing, any bytes, clients that do not read or that wait."""

from __future__ import annotations

from collections import Counter

from dns_desk import US, Desk
from dns_server import CLIENT, SERVER, Server
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.served import ServedResolver
from catenet.nodes.application.dns.streams import Clients, TcpMessage
from catenet.nodes.machine import Datagram, Send


def _framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


class Tcp:
    """A name server behind `Clients`, on a clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.server = Server()
        self.now = 0.0
        self.clients = Clients(self._receive, lambda: self.now)
        self.stream = self.clients.accept(CLIENT, SERVER, lambda: None)

    def _receive(self, packet: Datagram, now: float) -> None:
        self.server.machine.receive(packet, now)
        for action in self.server.machine.take_actions():
            if isinstance(action, Send):
                self.clients.send(action.packet)

    def give(self, data: bytes) -> bytes:
        self.stream.receive_data(data, self.now)
        return self.stream.data_to_send()


QUERIES = tuple(
    Message(number, question=Question(Name.parse("dragon.cs.uiuc.edu"), Type.A), edns=Edns()).pack()
    for number in (1, 2, 3)
)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_tcp_in_any_slicing(sizes: list[int]) -> None:
    """RFC 7766 section 8: the length and the message may come in any pieces; pipelined questions are all answered."""
    whole = _framed(*QUERIES)
    expected = Tcp().give(whole)
    tcp, out, at = Tcp(), b"", 0
    for size in [*sizes, len(whole)]:
        out += tcp.give(whole[at : at + size])
        at += size
    assert out == expected
    assert [int.from_bytes(out[at + 2 : at + 4], "big") for at in (0, len(out) // 3, 2 * len(out) // 3)] == [1, 2, 3]


def test_tcp_byte_by_byte() -> None:
    tcp = Tcp()
    out = b"".join(tcp.give(bytes([octet])) for octet in _framed(*QUERIES))
    assert out == Tcp().give(_framed(*QUERIES))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_tcp_with_any_bytes(data: bytes) -> None:
    tcp = Tcp()
    for octet in data:
        tcp.give(bytes([octet]))
    tcp.stream.receive_eof(1.0)
    tcp.now = 11.0
    tcp.stream.wake(tcp.now)
    assert tcp.stream.finished


def test_tcp_closes_on_what_is_no_dns() -> None:
    tcp = Tcp()
    tcp.give(b"\0\3abc")
    assert tcp.stream.finished


def test_tcp_closes_on_an_answer() -> None:
    """RFC 1035 section 4.1.1: QR. It gets no answer, and what was asked before it has got its own."""
    tcp = Tcp()
    answer = tcp.give(_framed(QUERIES[0]))[2:]
    assert tcp.give(_framed(QUERIES[1], answer, QUERIES[2])) == _framed(QUERIES[1][:2] + answer[2:])
    assert tcp.stream.finished
    assert tcp.server.counters["ignored"] == 1


def test_tcp_closes_when_idle_even_if_bytes_trickle_in() -> None:
    tcp = Tcp()
    tcp.give(_framed(QUERIES[0]))
    for _ in range(9):
        tcp.now += 1.0
        tcp.give(b"\1")
    assert tcp.stream.next_wake() == 10.0
    tcp.now = 10.0
    tcp.stream.wake(tcp.now)
    assert tcp.stream.finished


def test_tcp_answers_after_the_client_has_closed_its_side() -> None:
    tcp = Tcp()
    tcp.stream.receive_data(_framed(QUERIES[0]), 0.0)
    tcp.stream.receive_eof(0.0)
    assert tcp.stream.data_to_send() and tcp.stream.finished


def test_tcp_reads_no_further_while_many_questions_wait() -> None:
    """A resolver answers late; the questions of one connection that it takes meanwhile are limited."""
    taken: list[bytes] = []
    clients = Clients(lambda packet, now: taken.append(packet.data), lambda: 0.0)
    stream = clients.accept(CLIENT, SERVER, lambda: None)
    stream.receive_data(_framed(*(QUERIES[0] for _ in range(150))), 0.0)
    assert len(taken) == 100
    clients.send(TcpMessage(b"answer", SERVER, CLIENT))
    assert len(taken) == 101
    stream.receive_data(bytes(200_000), 0.0)
    assert stream.finished


def test_tcp_answers_no_further_while_its_answers_wait() -> None:
    """What a client that asks and never reads can make a server hold is bounded; one that reads late gets it all."""
    tcp = Tcp()
    answer = len(Tcp().give(_framed(QUERIES[0])))
    tcp.stream.receive_data(_framed(*(QUERIES[0] for _ in range(3000))), 0.0)
    tcp.stream.receive_eof(0.0)
    assert not tcp.stream.finished
    pieces = []
    while piece := tcp.stream.data_to_send():
        pieces.append(piece)
        assert tcp.stream.finished == (sum(map(len, pieces)) == 3000 * answer)
    assert max(map(len, pieces)) < 65_536 + answer
    assert sum(map(len, pieces)) == 3000 * answer > 65_536


def test_an_answer_to_a_client_that_has_gone_is_dropped() -> None:
    clients = Clients(lambda packet, now: None, lambda: 0.0)
    clients.send(TcpMessage(b"answer", SERVER, CLIENT))


def test_a_question_over_tcp_is_of_the_time_at_which_it_came() -> None:
    """Not of that at which the connection was made: its deadline would have passed."""
    options = ResolverOptions(qname_minimisation="off")
    resolver = Desk(options).machine
    served = ServedResolver(resolver, [40_000], options.deadline, count=Counter().update, name_of=str)
    stream = served.accepted(US, CLIENT, 100.0)
    query = Message(1, recursion_desired=True, question=Question(Name.parse("dragon.cs.uiuc.edu"), Type.A))
    stream.receive_data(_framed(query.pack()), 108.0)
    asked = [action for action in served.take_actions() if isinstance(action, Send)]
    assert len(asked) == 1
    due = served.next_wake()
    assert due is not None and due > 108.0
