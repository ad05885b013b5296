"""A resolver among hostile name servers, and DNS over TCP in any slicing."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from random import Random

from fuzz_dns import CLIENT, read_by_oracle
from fuzz_target import Target, pieces, sliced

from catenet.nodes.address import Address
from catenet.nodes.application.dns.codec import HEADER_SIZE
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.resolver import PORT, Resolver
from catenet.nodes.application.dns.streams import MessageStream
from catenet.nodes.machine import Datagram, Endpoint, Send

HERE = Address.parse("192.31.33.53")
ROOTS = {"a.root": Address.parse("10.0.0.1"), "b.root": Address.parse("10.0.0.2")}
QUERY = Message(7, recursion_desired=True, question=Question(Name.parse("www.example.org"), Type.A)).pack()
OPTIONS = ResolverOptions(cache=64, deadline=2.0)  # nobody answers for ever: fewer attempts, the same ways
MOST = 400
"""Messages that a question of one client may cost."""


def _resolve(data: bytes) -> None:
    """Each piece answers the next question that is sent; when there are no more, nobody answers."""
    random = Random(1)
    counters: Counter[str] = Counter()
    resolver = Resolver(
        OPTIONS,
        ROOTS,
        range(40_000, 40_008),
        local=lambda _: HERE,
        pick=random.randrange,
        count=lambda counter: counters.update([counter]),
    )
    answers = pieces(data)
    answers.reverse()
    for now in (0.0, 100.0):
        replies = _one(resolver, answers, now)
        assert len(replies) == 1
        oracle = _read(replies[0])
        assert oracle.id == 7
        assert replies[0][HEADER_SIZE : len(QUERY)] == QUERY[HEADER_SIZE:]
    resolver.show(200.0, str)


def _one(resolver: Resolver, answers: list[bytes], now: float) -> list[bytes]:
    """A client's question, until nothing is left to be done; what it was answered."""
    resolver.receive(Datagram(QUERY, CLIENT, Endpoint(HERE, PORT)), now)
    replies: list[bytes] = []
    sent = 0
    end = now + 60
    while True:
        sends = [action.packet for action in resolver.take_actions() if isinstance(action, Send)]
        for packet in sends:
            if packet.destination == CLIENT:
                replies.append(packet.data)
                continue
            sent += 1
            assert sent <= MOST
            asked = _asked(packet.data[2:])
            if answers:
                back = _answer(answers.pop(), packet.data, asked)
                here = packet.source._replace(address=HERE)
                resolver.receive(type(packet)(back, packet.destination, here), now)
        if not sends:
            due = resolver.next_wake()
            if due is None:
                return replies
            assert now <= due + 1e-9 <= end
            now = max(now, due)
            resolver.wake(now)


@lru_cache(maxsize=4096)
def _asked(question: bytes) -> Question:
    """What a message without its id asks."""
    asked = Message.parse(bytes(2) + question).question
    assert asked is not None
    return asked


_read = lru_cache(maxsize=4096)(read_by_oracle)


def _answer(piece: bytes, question: bytes, asked: Question) -> bytes:
    """Its first byte: whether what follows is the whole answer, or flags, counts and records behind the question."""
    if not piece or piece[0] & 1:
        return piece[1:]
    flags, counts, records = piece[1:3].ljust(2, b"\0"), piece[3:6].ljust(3, b"\0"), piece[6:]
    head = question[:2] + bytes([flags[0] | 0x80, flags[1]]) + b"\0\1"
    end = HEADER_SIZE + asked.name.size + 4
    return head + b"".join(bytes([0, count]) for count in counts) + question[HEADER_SIZE:end] + records


answers = Target(
    _resolve,
    words=(
        *(
            b"\xc0\x0c",
            b"\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\3",
            b"\0\2\0\1\0\0\1\x2c\0\5\2ns\xc0\x0c",
            b"\3org\0",
            b"\2ns\3org\0",
        ),
        *(
            b"\0\5\0\1\0\0\1\x2c\0\2\xc0\x0c",
            b"\7example\3org\0",
            b"\0\6\0\1",
            b"\x84\0\1\0\0",
            b"\x80\0\0\1\1",
            b"\x84\3\0\1\0",
        ),
    ),
    longest=4096,
)


class _Echo:
    """Answers each message by itself, at once."""

    def __init__(self, parts: list[bytes]) -> None:
        self.heard: list[bytes] = []
        self._stream = MessageStream(self._hear, 0.0)
        self.sent = b""
        for part in parts:
            self._stream.receive_data(part, 0.0)
            self._take()
        self._stream.receive_eof(0.0)
        self._take()
        self.finished = self._stream.finished

    def _hear(self, message: bytes) -> None:
        self.heard.append(message)
        self._stream.send(message, 0.0)

    def _take(self) -> None:
        while data := self._stream.data_to_send():
            self.sent += data


def _talk(data: bytes) -> None:
    whole, parts = sliced(data)
    talk = _Echo(parts)
    assert talk.heard == _Echo([whole]).heard
    assert talk.finished
    assert talk.sent == b"".join(len(message).to_bytes(2, "big") + message for message in talk.heard)
    assert whole.startswith(talk.sent)


stream = Target(_talk, words=(b"\0\x0c" + bytes(12), b"\0\x0b", b"\xff\xff", b"\0\0"), longest=8192)
