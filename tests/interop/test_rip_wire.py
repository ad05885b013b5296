"""Wireshark judges every kind of packet that our RIP router sends: no complaint, and it reads what was meant."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from dissected import Dissected, Tshark, capture_of, complaints, tshark

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.authentication import Authentication
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import (
    GROUP,
    PASSWORD_LENGTH,
    PORT,
    REQUEST,
    RESPONSE,
    WHOLE_TABLE,
    Entry,
    Message,
)
from catenet.nodes.keys.digests import METHODS
from catenet.nodes.keys.key import read_auth
from catenet.nodes.machine import Datagram, Endpoint, Interface, NextHop, OtherRoute, Send

pytestmark = pytest.mark.engine

AUTHS = {"none": {}, "password": {"password": "correct-horse"}} | {each: {each: {"7": "hush"}} for each in METHODS}
FIELDS = ("command", "version", "family", "route_tag", "ip", "netmask", "next_hop", "metric")
SIGNATURE = ("auth.type", "auth.passwd", "key_id", "seq_num", "auth_data_len", "digest_offset", "authentication_data")
UNKNOWN_TRAILER = "Unknown address family 65535"
"""Wireshark knows trailers of 16 octets, MD5's: of a longer one (RFC 4822) it takes the beginning for another entry."""

EPOCH = 1_700_000_000
STATIC, TAG, VIA = 60, 7, "10.0.2.77"
LINKS = [Interface(f"link{n}", Address.parse(f"10.0.{n}.1"), Prefix.parse(f"10.0.{n}.0/24")) for n in (1, 2)]
COSTS = {"link1": 1, "link2": 5}
FAR = Entry(2, 9, Address.parse("10.9.0.0"), 0xFFFF0000, 0, 3)
ASKER = Address.parse("10.0.1.2")

Row = tuple[str, str, str, int, int]
"""Network, mask, next hop, metric, tag."""


class Sender:
    """One router of ours with 60 static routes over link2 and one that it hears on link1; all that it says is kept."""

    def __init__(self, auth: dict[str, object]) -> None:
        options = RipOptions(auth=auth, cost=COSTS, redistribute=("connected", "static"), tag=TAG)
        self.machine = RipMachine(options, LINKS, random.Random(1), epoch=EPOCH)
        for n in range(STATIC):
            route = OtherRoute((NextHop(Address.parse(VIA), "link2"),))
            self.machine.route_changed("static", Prefix.parse(f"10.7.{n}.0/24"), route, 0.0)
        self.peer = Authentication(read_auth(auth, PASSWORD_LENGTH), EPOCH, options.timeout)
        self.most = self.peer.max_entries
        self.now = 0.0
        self.sent: list[tuple[float, Datagram]] = []

    def wait(self, seconds: float) -> list[Datagram]:
        """What is sent meanwhile."""
        end, before = self.now + seconds, len(self.sent)
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            self.machine.wake(self.now)
            self._keep()
        self.now = end
        return [packet for _, packet in self.sent[before:]]

    def hear(self, message: Message, port: int = PORT) -> list[Datagram]:
        """What is said at once, to a neighbour on link1."""
        (data,) = self.peer.sign(bytes(message), "link1", None, self.now)
        self.machine.receive(Datagram(data, Endpoint(ASKER, port), GROUP, "link1"), self.now)
        return self._keep()

    def set_link1(self, *, up: bool) -> list[Datagram]:
        self.machine.set_interface(LINKS[0]._replace(up=up), self.now)
        return self._keep()

    def leave(self) -> list[Datagram]:
        self.machine.shutdown()
        return self._keep()

    def _keep(self) -> list[Datagram]:
        said = [action.packet for action in self.machine.take_actions() if isinstance(action, Send)]
        self.sent += [(self.now, packet) for packet in said]
        return said


def rows_of_statics(link: str, metric: int = 1) -> list[Row]:
    return [(f"10.7.{n}.0", "255.255.255.0", VIA if link == "link2" else "0.0.0.0", metric, TAG) for n in range(STATIC)]


def table(link: str) -> list[Row]:
    """What the router means to say of its whole table on a link, with poisoned reverse (RFC 2453 section 3.4.3)."""
    own = [
        (f"10.0.{n}.0", "255.255.255.0", "0.0.0.0", 16 if f"link{n}" == link else COSTS[f"link{n}"], 0) for n in (1, 2)
    ]
    return [*own, *rows_of_statics(link), ("10.9.0.0", "255.255.0.0", "0.0.0.0", 16 if link == "link1" else 4, 9)]


def rows(packets: list[Dissected]) -> list[Row]:
    """What tshark reads in these responses."""
    found: list[Row] = []
    for packet in packets:
        columns = [packet[f"rip.{field}"] for field in ("ip", "netmask", "next_hop", "metric", "route_tag")]
        for ip, netmask, next_hop, metric, tag in zip(*columns, strict=True):
            found.append((ip, netmask, next_hop, int(metric), int(tag)))
    return found


def asked(entries: int) -> Message:
    """A request for so many entries, of which the last is unknown."""
    known = [Entry(2, 0, Address.parse(f"10.7.{n}.0"), 0xFFFFFF00, 0, 0) for n in range(entries - 1)]
    return Message(REQUEST, (*known, Entry(2, 0, Address.parse("10.99.0.0"), 0xFFFF0000, 0, 0)))


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


class Script:
    """All that a router can have to say, one thing after the other; and what tshark makes of it."""

    def __init__(self, judge: Tshark, auth: str) -> None:
        self.auth, sender = auth, Sender(AUTHS[auth])
        self.most = sender.most
        self.start = sender.wait(0)
        sender.hear(Message(RESPONSE, (FAR,)))
        self.triggered = sender.wait(0)
        sender.wait(10)
        self.regular = sender.wait(30)
        everything = [(Message(REQUEST, (WHOLE_TABLE,), version), port) for version in (2, 3) for port in (PORT, 4000)]
        self.answers = [sender.hear(*request) for request in everything]
        self.specific = [sender.hear(asked(entries)) for entries in range(1, self.most + 1)]
        sender.set_link1(up=False)
        self.cut = sender.wait(1)
        self.came_up = sender.set_link1(up=True)
        self.bye = sender.leave()
        self.sent = sender.sent
        fields = [f"rip.{field}" for field in (*FIELDS, *SIGNATURE)]
        capture = capture_of((EPOCH + at, packet) for at, packet in self.sent)
        self.packets = judge.read(capture, *fields, "frame.protocols")
        self._by_identity = {id(packet): seen for (_, packet), seen in zip(self.sent, self.packets, strict=True)}

    def seen(self, packets: list[Datagram], link: str, command: int = RESPONSE) -> list[Dissected]:
        """What tshark reads in those of these packets that went out on that link."""
        found = [self._by_identity[id(packet)] for packet in packets if packet.interface == link]
        return [packet for packet in found if packet["rip.command"] == [str(command)]]


@pytest.fixture(scope="module", params=AUTHS)
def script(request: pytest.FixtureRequest, judge: Tshark) -> Script:
    return Script(judge, request.param)


def test_no_packet_of_ours_is_malformed(script: Script) -> None:
    assert len(script.packets) == len(script.sent) > 50
    assert complaints(script.packets, known=(UNKNOWN_TRAILER,) if "sha" in script.auth else ()) == []
    for packet in script.packets:
        assert packet["frame.protocols"] == ["eth:ethertype:ip:udp:rip"]
        assert packet["rip.version"] == ["2"]


def test_the_whole_table_is_read_as_it_was_meant(script: Script) -> None:
    for link in ("link1", "link2"):
        messages = script.seen(script.regular, link)
        assert sorted(rows(messages)) == sorted(table(link))
        assert [len(message["rip.ip"]) for message in messages][:2] == [script.most] * 2
        assert rows(script.seen(script.bye, link)) == [(*row[:3], 16, row[4]) for row in rows(messages)]
    for answer in script.answers:
        assert sorted(rows(script.seen(answer, "link1"))) == sorted(table("link1"))


def test_questions_and_changes_are_read_as_they_were_meant(script: Script) -> None:
    for link in ("link1", "link2"):
        [request] = script.seen(script.start, link, REQUEST)
        assert [request[f"rip.{field}"] for field in ("family", "metric")] == [["0"], ["16"]]
    assert len(script.seen(script.came_up, "link1", REQUEST)) == 1
    assert rows(script.seen(script.triggered, "link1")) == [("10.9.0.0", "255.255.0.0", "0.0.0.0", 16, 9)]
    assert rows(script.seen(script.triggered, "link2")) == [("10.9.0.0", "255.255.0.0", "0.0.0.0", 4, 9)]
    lost = {("10.0.1.0", "255.255.255.0", "0.0.0.0", 16, 0), ("10.9.0.0", "255.255.0.0", "0.0.0.0", 16, 9)}
    assert set(rows(script.seen(script.cut, "link2"))) == lost


def test_what_was_asked_for_is_read_in_the_answer(script: Script) -> None:
    for entries, answer in enumerate(script.specific, 1):
        found = rows(script.seen(answer, "link1"))
        assert len(found) == entries
        assert [row[3] for row in found] == [1] * (entries - 1) + [16]


def test_who_signed_it_is_read_too(script: Script) -> None:
    for (at, packet), seen in zip(script.sent, script.packets, strict=True):
        signature = {field: seen.get(f"rip.{field}") for field in SIGNATURE}
        if script.auth == "none":
            assert set(signature.values()) == {None}
        elif script.auth == "password":
            assert (signature["auth.type"], signature["auth.passwd"]) == (["2"], ["correct-horse"])
        else:
            length = METHODS[script.auth].length
            assert signature == {
                "auth.type": ["3"],
                "auth.passwd": None,
                "key_id": ["7"],
                "seq_num": [str(EPOCH + int(at))],
                "auth_data_len": [str(length)],
                "digest_offset": [str(len(packet.data) - length - 4)],
                "authentication_data": [packet.data[-length:][:16].hex()],
            }
