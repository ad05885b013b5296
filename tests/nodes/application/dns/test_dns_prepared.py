"""What is prepared is answered, counted and told of as what is not."""

from __future__ import annotations

from collections import Counter

from dns_desk import Desk, a
from dns_server import CLIENT, SERVER, ZONE
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.machine import Datagram, Report, Send

NAMES = ("dragon.cs.uiuc.edu", "DRAGON.cs.uiuc.edu", "none.cs.uiuc.edu", "big.cs.uiuc.edu", "www.nytimes.com")
QUESTION = st.builds(
    lambda number, name, edns, rd: Message(
        number,
        question=Question(Name.parse(name), Type.TXT, spelling=tuple(name.encode().split(b"."))),
        edns=edns,
        recursion_desired=rd,
    ).pack(),
    st.integers(0, 0xFFFF),
    st.sampled_from(NAMES),
    st.none() | st.builds(Edns, st.sampled_from([0, 512, 4096]), st.just(0), st.booleans()),
    st.booleans(),
)


class Fed:
    """A name server that may tell of so many questions; `feed` gives it what was received together."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.told: list[Report] = []
        self.answers: list[bytes] = []
        self.room = 0
        self.untold = 0
        self.machine = Nameserver(
            Zones([Zone.from_file(Name.parse("cs.uiuc.edu"), ZONE, "cs.uiuc.edu.zone")]), self._count, self._wants
        )

    def _count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by

    def _wants(self, kinds: tuple[str, ...], now: float, times: int = 1) -> bool:
        if len(self.told) < self.room:
            return True
        self.untold += times
        return False

    def receive(self, data: bytes, now: float) -> None:
        self.machine.receive(Datagram(data, CLIENT, SERVER, "cs"), now)
        for action in self.machine.take_actions():
            if isinstance(action, Send):
                self.answers.append(action.packet.data)
            elif isinstance(action, Report):
                self.told.append(action)


class AsAPort(Fed):
    """Fed as a UDP port feeds it: one time for all datagrams until one has to go the whole way."""

    def feed(self, datagrams: list[bytes], now: float) -> None:
        at = now
        for number, data in enumerate(datagrams):
            answer = self.machine.prepared.reply(data, at)
            if answer is not None:
                self.answers.append(answer)
                continue
            self.receive(data, at)
            at = now + (number + 1) / 1000
        self.machine.prepared.settle()


@given(st.lists(st.tuples(st.lists(QUESTION, max_size=12), st.integers(0, 4)), max_size=8))
def test_batches_are_answered_counted_and_told_of_as_one_by_one(batches: list[tuple[list[bytes], int]]) -> None:
    port, slow = AsAPort(), Fed()
    for now, (datagrams, room) in enumerate(batches):
        port.room = slow.room = max(len(port.told), len(slow.told)) + 2 * room
        port.feed(datagrams, float(now))
        for data in datagrams:
            slow.receive(data, float(now))
        assert port.answers == slow.answers
        assert port.counters == slow.counters and sum(port.counters.values()) == 2 * len(port.answers)
        assert port.told == slow.told
        assert port.untold == slow.untold == len(port.answers) - len(port.told) // 2


def test_what_is_not_settled_is_counted_with_what_comes_later() -> None:
    """Each time has its own word for whether somebody is to be told."""
    port = AsAPort()
    data = Message(1, question=Question(Name.parse("dragon.cs.uiuc.edu"), Type.A)).pack()
    port.feed([data] * 3, 0.0)
    for now in (1.0, 1.0, 2.0):
        assert port.machine.prepared.reply(data, now) is not None
    port.room = 2
    assert port.machine.prepared.reply(data, 3.0) is None
    assert port.counters == {"queries": 6, "noerror": 6} and port.untold == 6


def test_a_resolvers_answer_is_prepared_until_its_ttl_counts_down() -> None:
    desk = Desk(wants=lambda kinds, now, times=1: False)
    (asked,) = desk.ask()
    desk.answer(asked, 0.25, authoritative=True, answers=(a("www.example", ttl=2),))
    reply = desk.machine.prepared.reply
    query = Message(9, recursion_desired=True, question=Question(Name.parse("www.example"), Type.A)).pack()
    for now, ttl in ((0.5, 1), (1.5, 0)):
        assert reply(query, now) is None
        (answer,) = desk.give(Datagram(query, CLIENT, SERVER), now)
        assert Message.parse(answer.data).answers == (a("www.example", ttl=ttl),)
        assert reply(b"\x12\x34" + query[2:], now + 0.4) == b"\x12\x34" + answer.data[2:]
    desk.machine.prepared.settle()
    assert desk.counters["queries"] == desk.counters["noerror"] == 5
    desk.machine.flush()
    assert reply(query, 2.0) is None
