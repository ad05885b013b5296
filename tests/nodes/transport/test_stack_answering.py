"""The hot path of a server beside the plain one: whatever comes, a stack that answers what it can sends what one sends
that receives everything, asks the port's owner once for each, and counts the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hot_paths import HARDWARE, HOSTS, NOBODY, Drawn, Node, change, hop
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.machine import Ip, OpenPort, Udp
from catenet.nodes.transport.stack import ways

PORTS = (
    OpenPort(Udp(53), answers=True),
    OpenPort(Udp(53, "in"), answers=True, ttl=9, tos=0xC0),
    OpenPort(Udp(53, "out"), answers=True),
    OpenPort(Udp(53), answers=True, fragments=True),
    OpenPort(Udp(53), answers=True, hears_ttl=True),
)
OTHERS = ("10.0.1.255", "224.0.0.1", "255.255.255.255", "127.0.0.1", "10.1.0.1")
OURS = ("10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1")


def question(data: bytes = b"\x01?", **words: object) -> Drawn:
    """An ordinary one, but for these words."""
    asked: dict[str, object] = {"destination": "10.0.1.1", "udp": (5000, 53, 0, 0), **words}
    return Drawn(data=data, octets=28 + len(data), **asked)  # type: ignore[arg-type]


datas = st.builds(lambda first, rest: bytes((first,)) + rest, st.integers(0, 4), st.binary(max_size=60))
questions = st.builds(
    question,
    data=st.one_of(datas, datas, st.just(b"\0" + b"z" * 735), st.just(b"\0" + b"z" * 736), st.just(b"")),
    source=st.sampled_from((*HOSTS, "10.1.7.7", "10.2.7.7")),
    destination=st.sampled_from(OURS),
    udp=st.tuples(st.integers(0, 0xFFFF), st.sampled_from((53, 53, 53, 54)), st.just(0), st.sampled_from((0, 0, -1))),
)
FLAWS: dict[str, tuple[object, ...]] = {
    "to": (b"\xff" * 6, HARDWARE["out"], bytes.fromhex("01005e000001")),
    "sender": (bytes.fromhex("030000000109"),),
    "kind": (0x86DD,),
    "first": (0x46, 0x44, 0x65),
    "source": NOBODY,
    "destination": OTHERS,
    "ttl": (0, 1),
    "protocol": (1, 6),
    "fragment": (0x4000, 0x2000, 0x0001, 0x8000),
    "wrong": (1, 0xFFFF),
    "lie": (-1, 1, -30, 500),
    "padding": (1, 18),
    "udp": (
        *((5000, 53, longer, 0) for longer in (-1, 1, -9, 500)),
        *((5000, 53, 0, 1), (0, 53, 0, 0), (5000, 53, -1, -1)),
    ),
}
"""What may be odd of one that is ordinary otherwise."""
flaws = st.sampled_from(sorted(FLAWS)).flatmap(lambda word: st.tuples(st.just(word), st.sampled_from(FLAWS[word])))
odd = st.builds(lambda base, flaws: replace(base, **dict(flaws)), questions, st.lists(flaws, min_size=1, max_size=2))
Step = list[Drawn] | str
steps = st.lists(
    st.one_of(
        st.lists(st.one_of(questions, questions, odd), min_size=1, max_size=8),
        st.lists(st.one_of(questions, questions, odd), min_size=1, max_size=8),
        st.sampled_from(
            ("route goes", "route turns", "host moves", "lan goes", "lan returns", "host comes", "flush", "mtu", "raw")
        ),
    ),
    min_size=1,
    max_size=6,
)


def unnumbered(sent: tuple[str, bytes]) -> tuple[str, bytes]:
    """Without its identification, and the checksum with it: the first of each kind is drawn, and what is answered early
    is drawn before what is not."""
    lan, frame = sent
    return lan, frame[:18] + frame[20:24] + frame[26:]


def alter(node: Node, what: str, now: float) -> None:
    """Something by which answers become others."""
    if what == "mtu":
        node.stack.ipv4.set_path_mtu(Address.parse("10.0.1.9"), 600, now)
    elif what == "raw":
        node.stack.open(OpenPort(Ip(17)), now)
    else:
        change(node, what)


@settings(max_examples=400, deadline=None)
@given(steps, st.sampled_from(PORTS))
@example([[question()], "mtu", [question(b"\0" + b"z" * 300)], "flush", [question(b"\0" + b"z" * 300)]], PORTS[0])
@example([[question()] * 3, "host moves", [question(source="10.0.2.9")]], PORTS[0])
def test_what_is_answered_is_what_would_have_been(taken: list[Step], asked: OpenPort) -> None:
    hot, plain = Node(asked=asked, early=True), Node(asked=asked)
    for number, step in enumerate(taken):
        for node in (hot, plain):
            node.sent.clear()
        if isinstance(step, str):
            alter(hot, step, float(number))
            alter(plain, step, float(number))
        else:
            frames = [each.frame() for each in step]
            hot.answer(frames, float(number))
            plain.receive(frames, float(number))
        assert sorted(map(unnumbered, hot.sent)) == sorted(map(unnumbered, plain.sent))
        assert hot.counts == plain.counts
        assert sorted(map(repr, hot.heard)) == sorted(map(repr, plain.heard))
    assert hot.stack.show("arp", 9.0) == plain.stack.show("arp", 9.0)


@pytest.mark.parametrize(("word", "value"), [(word, value) for word, values in FLAWS.items() for value in values])
def test_each_flaw_alone(word: str, value: object) -> None:
    hot, plain = Node(asked=PORTS[0], early=True), Node(asked=PORTS[0])
    frames = [replace(question(), **{word: value}).frame()]  # type: ignore[arg-type]
    hot.answer(frames, 0.0)
    plain.receive(frames, 0.0)
    assert sorted(map(unnumbered, hot.sent)) == sorted(map(unnumbered, plain.sent))
    assert (hot.counts, hot.heard) == (plain.counts, plain.heard)


def test_an_ordinary_datagram_is_answered_at_once() -> None:
    """Without that the other test would say nothing. The answer is right by itself, too."""
    node = Node(asked=PORTS[0], early=True)
    node.answer([question(b"\x00even").frame(), question(b"\x00odd").frame()], 0.0)
    assert node.relayed == 2
    for (lan, frame), data in zip(node.sent, (b"\x00even" * 2, b"\x00odd" * 2), strict=True):
        assert lan == "in"
        assert frame[:14] == HOSTS["10.0.1.9"] + HARDWARE["in"] + b"\x08\x00"
        packet = frame[14:]
        assert packet[:2] + packet[6:10] == bytes((0x45, 0, 0x40, 0, 64, 17))
        assert int.from_bytes(packet[2:4], "big") == len(packet) == 28 + len(data)
        assert checksum(packet[:20]) == 0
        assert packet[12:20] == bytes((10, 0, 1, 1, 10, 0, 1, 9))
        assert packet[20:24] == (53).to_bytes(2, "big") + (5000).to_bytes(2, "big")
        assert checksum(packet[12:20] + b"\0\x11" + packet[24:26] + packet[20:]) == 0
        assert packet[28:] == data


def test_a_checksum_of_zero_is_sent_as_all_ones() -> None:
    """Some answer among all has it (RFC 768); which one, nobody has to know."""
    node, plain = Node(asked=PORTS[0], early=True), Node(asked=PORTS[0])
    frames = [question(udp=(number, 53, 0, 0)).frame() for number in range(1, 0x10000)]
    node.answer(frames, 0.0)
    plain.receive(frames, 0.0)
    assert sorted(node.sent) == sorted(plain.sent)
    sums = {frame[40:42] for _, frame in node.sent}
    assert b"\xff\xff" in sums
    assert b"\0\0" not in sums


def test_an_answer_that_is_longer_than_a_packet_goes_in_fragments_and_is_asked_for_once() -> None:
    node = Node(asked=PORTS[0], early=True)
    node.answer([question(b"\x02").frame()], 0.0)
    assert node.asked == [b"\x02"]
    assert [len(frame) for _, frame in node.sent] == [14 + 1500, 14 + 20 + 28 + 1500 - 1500]


def test_a_port_that_is_closed_answers_no_more() -> None:
    node = Node(asked=PORTS[0], early=True)
    node.stack.close(node.key)
    node.answer([question().frame()], 0.0)
    assert (node.asked, node.relayed, node.counts["refused.port"]) == ([], 0, 1)


def test_who_hears_raw_packets_of_udp_hears_them_all() -> None:
    node = Node(asked=PORTS[0], early=True)
    key, _ = node.stack.open(OpenPort(Ip(17)), 0.0)
    node.stack.answer(memoryview(bytearray(question().frame().ljust(2048, b"\0"))), 2048, [44], "in", 0.0)
    assert node.asked == []
    assert key


def test_many_peers_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "MOST_WAYS", 16)
    node = Node(asked=PORTS[0], early=True)
    node.stack.set_route(Prefix.parse("10.8.0.0/16"), (hop("10.0.1.9", "in"),))
    for number in range(100):
        node.answer([question(source=f"10.8.0.{number}").frame()], 0.0)
        assert len(node.stack._answering._ways) <= 16
    assert node.relayed == 100
