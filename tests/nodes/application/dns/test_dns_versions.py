"""A zone is changed while it is asked: no answer has of two versions, whichever way it comes."""

from __future__ import annotations

import dns.message
import dns.rcode
import pytest
from dns_server import CLIENT, SERVER
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Find, Nameserver
from catenet.nodes.application.dns.records import A, Class, Cname, Mx, Ns, Opaque, Rcode, Record, Soa, Type
from catenet.nodes.application.dns.streams import Clients, TcpMessage
from catenet.nodes.application.dns.zone import Zone, ZoneAnswer, Zones
from catenet.nodes.machine import Datagram, Endpoint, Send, Wants

ORIGIN = Name.parse("x")
NAMES = [Name.parse(name) for name in ("ns.x", "w.x", "web.x", "mail.x")]
QUESTIONS = [("x", "NS"), ("x", "MX"), ("x", "SOA"), ("w.x", "A"), ("www.x", "A"), ("none.x", "A"), ("w.x", "TXT")]


def records(version: int) -> tuple[Record, ...]:
    """A zone each of whose TTLs, addresses and numbers is that of its version."""
    soa = Soa(NAMES[0], NAMES[0], version, 2, 3, 4, version)
    return (
        Record(ORIGIN, Type.SOA, version, soa),
        Record(ORIGIN, Type.NS, version, Ns(NAMES[0])),
        Record(ORIGIN, Type.MX, version, Mx(version, NAMES[3])),
        Record(Name.parse("www.x"), Type.CNAME, version, Cname(NAMES[1 + version % 2])),
        *(Record(name, Type.A, version, A(Address(version))) for name in NAMES),
    )


def next_version(zone: Zone) -> Zone:
    """Every record of the zone is replaced by one of the next version."""
    names = {record.name for record in zone.records}
    deletions = [Record(name, Type.ANY, 0, Opaque(b""), Class.ANY) for name in names]
    return zone.apply([*deletions, *records(zone.serial + 1)])


def versions(data: bytes) -> set[int]:
    """Every number that an answer says, as dnspython reads it."""
    answer = dns.message.from_wire(data)
    found = set()
    for rrset in (*answer.answer, *answer.authority, *answer.additional):
        found.add(rrset.ttl)
        for record in rrset:
            match rrset.rdtype.name:
                case "A":
                    found.add(int.from_bytes(bytes(map(int, record.address.split("."))), "big"))
                case "SOA":
                    found.add(record.serial)
                case "MX":
                    found.add(record.preference)
    return found


class Asked:
    """A name server, asked as its ports ask it, with one connection that stays open."""

    def __init__(self, *, wants: Wants = lambda kinds, now: False) -> None:
        self.machine = Nameserver(Zones([Zone.of(ORIGIN, records(1))]), lambda counter: None, wants)
        self.reply = self.machine.prepared.reply  # taken once, as a port does
        self.clients = Clients(self._receive, lambda: 0.0)
        self.connection = self.clients.accept(CLIENT, SERVER, lambda: None)
        self.received = b""

    @property
    def version(self) -> int:
        return self.machine.zones.by_origin[ORIGIN].serial

    def change(self) -> None:
        self.machine.replace(next_version(self.machine.zones.by_origin[ORIGIN]))

    def datagram(self, data: bytes) -> bytes:
        return self.reply(data, 0.0) or self.give(Datagram(data, CLIENT, SERVER, "x"))

    def give(self, packet: Datagram) -> bytes:
        self.machine.receive(packet, 0.0)
        (data,) = [action.packet.data for action in self.machine.take_actions() if isinstance(action, Send)]
        return data

    def stream(self, data: bytes) -> list[bytes]:
        """The messages that came whole."""
        self.connection.receive_data(data, 0.0)
        self.received += self.connection.data_to_send()
        messages = []
        while (end := 2 + int.from_bytes(self.received[:2], "big")) <= len(self.received):
            messages.append(self.received[2:end])
            self.received = self.received[end:]
        return messages

    def _receive(self, packet: Datagram, now: float) -> None:
        self.clients.send(packet.reply(self.give(packet)))


def question(name: str, kind: str, number: int = 7, *, edns: bool = True) -> bytes:
    asked = Question(Name.parse(name), Type[kind])
    return Message(number, question=asked, edns=Edns() if edns else None).pack()


@given(
    st.lists(
        st.none()  # a change
        | st.tuples(st.sampled_from(QUESTIONS), st.sampled_from(["reply", "receive", "stream"]), st.booleans()),
        max_size=30,
    ),
    st.booleans(),
)
def test_each_answer_is_wholly_of_the_version_that_is_served(
    steps: list[tuple[tuple[str, str], str, bool] | None], told: bool
) -> None:
    asked = Asked(wants=lambda kinds, now: told)
    for step in steps:
        if step is None:
            asked.change()
            continue
        (name, kind), way, edns = step
        data = question(name, kind, edns=edns)
        if way == "reply":
            answer = asked.datagram(data)
        elif way == "receive":
            answer = asked.give(Datagram(data, CLIENT, SERVER, "x"))
        else:
            (answer,) = asked.stream(len(data).to_bytes(2, "big") + data)
        assert versions(answer) == {asked.version}


@given(st.lists(st.integers(1, 60) | st.none(), max_size=40))
def test_questions_in_pieces_with_changes_between(pieces: list[int | None]) -> None:
    """A question is answered by the version that is served when its last byte has come."""
    whole = b"".join(
        len(data).to_bytes(2, "big") + data
        for data in (question(*each, number) for number, each in enumerate(QUESTIONS))
    )
    asked, at, ids = Asked(), 0, []
    for size in [*pieces, len(whole)]:
        if size is None:
            asked.change()
            continue
        for answer in asked.stream(whole[at : at + size]):
            assert versions(answer) == {asked.version}
            ids.append(int.from_bytes(answer[:2], "big"))
        at += size
    assert ids == list(range(len(QUESTIONS)))


def test_what_is_prepared_belongs_to_its_version() -> None:
    asked = Asked()
    data = question("w.x", "A")
    asked.datagram(data)
    assert asked.reply(data, 0.0) is not None
    asked.change()
    assert asked.reply(data, 0.0) is None
    assert versions(asked.datagram(data)) == {2} and versions(asked.reply(data, 0.0) or b"") == {2}


def test_a_name_that_comes_and_goes() -> None:
    asked = Asked()
    data = question("new.x", "A")
    assert dns.message.from_wire(asked.datagram(data)).rcode() == dns.rcode.NXDOMAIN
    zone = asked.machine.zones.by_origin[ORIGIN]
    new = Record(Name.parse("new.x"), Type.A, 9, A(Address(9)))
    asked.machine.replace(zone.apply([new]))
    assert dns.message.from_wire(asked.datagram(data)).rcode() == dns.rcode.NOERROR
    asked.machine.replace(asked.machine.zones.by_origin[ORIGIN].apply([new._replace(klass=Class.NONE)]))
    assert dns.message.from_wire(asked.datagram(data)).rcode() == dns.rcode.NXDOMAIN
    assert asked.version == 3


# Answers that are for one client


def by_client(tailored: bool) -> Find:
    def find(asked: Question, client: Address) -> ZoneAnswer | None:
        if asked.name != NAMES[1]:
            return None
        return ZoneAnswer(answers=(Record(asked.name, Type.A, 0, A(client)),), tailored=tailored)

    return find


def ask_from(machine: Nameserver, client: int, name: str, *, stream: bool = False) -> list[str]:
    data = question(name, "A")
    bytes_ = None if stream else machine.prepared.reply(data, 0.0)
    if bytes_ is None:
        machine.receive((TcpMessage if stream else Datagram)(data, Endpoint(Address(client), 5000), SERVER, "x"), 0.0)
        (bytes_,) = [action.packet.data for action in machine.take_actions() if isinstance(action, Send)]
    return [str(record.data) for record in Message.parse(bytes_).answers]


@pytest.mark.parametrize("stream", [False, True])
def test_a_tailored_answer_is_given_to_nobody_else(stream: bool) -> None:
    machine = Nameserver(
        Zones([Zone.of(ORIGIN, records(1))]), lambda counter: None, lambda kinds, now: False, by_client(tailored=True)
    )
    for client in (1, 2, 1, 2):
        assert ask_from(machine, client, "w.x", stream=stream) == [str(Address(client))]
        assert ask_from(machine, client, "web.x", stream=stream) == ["0.0.0.1"]
    assert machine.prepared.reply(question("w.x", "A"), 0.0) is None
    assert (machine.prepared.reply(question("web.x", "A"), 0.0) is None) == stream


def test_an_answer_that_is_not_tailored_is_found_once() -> None:
    machine = Nameserver(
        Zones([Zone.of(ORIGIN, records(1))]), lambda counter: None, lambda kinds, now: False, by_client(tailored=False)
    )
    assert [ask_from(machine, client, "w.x") for client in (1, 2)] == [["0.0.0.1"]] * 2


def test_what_is_no_question_is_not_looked_for() -> None:
    asked: list[Question] = []

    def find(question: Question, client: Address) -> ZoneAnswer | None:
        asked.append(question)
        return ZoneAnswer(Rcode.NXDOMAIN)

    machine = Nameserver(Zones([]), lambda counter: None, find=find)
    for message in (
        Message(1, question=Question(ORIGIN, Type.A, Class.CH)),
        Message(1, question=Question(ORIGIN, Type.AXFR)),
        Message(1, opcode=5, question=Question(ORIGIN, Type.SOA)),
    ):
        machine.receive(Datagram(message.pack(), CLIENT, SERVER), 0.0)
    assert not asked and len(machine.take_actions()) == 9
