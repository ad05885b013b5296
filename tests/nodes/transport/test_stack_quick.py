"""The hot path of datagrams: whatever happens, frames and what ports hear are the same as without it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw
from stack_bench import MAC, OWN, Bench, datagram, host

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Datagram, Endpoint, Interface, Ip, NextHop, Udp
from catenet.nodes.transport.stack.quick import MOST, Quick

FRIEND, FRIENDS_MAC = host(7)
OTHER_FRIEND = host(8)[0]


class Slow(Quick):
    """It never knows anything."""

    def hear(self, *given: Any) -> bool:
        return False

    def send(self, *given: Any) -> bool:
        return False


def bench(*, quick: bool) -> Bench:
    made = Bench()
    if not quick:
        made.stack._quick.__class__ = Slow
    made.learn(7)
    made.learn(8)
    made.udp(9)
    return made


Step = tuple[str, int]
OTHERS = "too big", "close", "open", "open raw", "down", "up", "route", "no route", "small mtu", "moves", "flush"
steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 3000)),
        st.tuples(st.just("send to another"), st.integers(0, 100)),
        st.tuples(st.just("hear"), st.integers(0, 1400)),
        st.tuples(st.just("hear damaged"), st.integers(0, 27)),
        st.tuples(st.just("hear another's"), st.integers(0, 100)),
        st.tuples(st.just("wait"), st.sampled_from((1, 500, 1500, 70_000))),
        st.tuples(
            st.sampled_from(OTHERS),
            st.just(0),
        ),
    ),
    min_size=1,
    max_size=40,
)


class Driven:
    """A bench to which the steps happen. `told`: all that came of them."""

    def __init__(self, *, quick: bool) -> None:
        self.bench = bench(quick=quick)
        self.key = 1
        self.told: list[Any] = []

    def step(self, what: str, number: int) -> None:
        frames = getattr(self, what.replace(" ", "_").replace("'", ""))(number) or []
        heard = self.bench.stack.take_delivered()
        self.told.append((what, [bytes(each) for each in [*frames, *self.bench.sent()]], heard))

    def send(self, octets: int, to: str = FRIEND) -> None:
        self.told.append(self.bench.send(self.key, bytes(octets), to))

    def send_to_another(self, octets: int) -> None:
        self.send(octets, OTHER_FRIEND)

    def hear(self, octets: int) -> Any:
        return self.bench.put(datagram(FRIEND, OWN, data=bytes(octets)), FRIENDS_MAC)

    def hear_damaged(self, at: int) -> Any:
        packet = bytearray(bytes(datagram(FRIEND, OWN, data=b"abcd")))
        packet[at] ^= 1 << at % 8
        return self.bench.put(Raw(bytes(packet)), FRIENDS_MAC)

    def hear_anothers(self, octets: int) -> Any:
        return self.bench.put(datagram(OTHER_FRIEND, OWN, data=bytes(octets), options=[]), FRIENDS_MAC)

    def wait(self, milliseconds: int) -> Any:
        return self.bench.pass_time(milliseconds / 1000)

    def too_big(self, _: int) -> Any:
        quoted = bytes(IP(src=OWN, dst=FRIEND, flags="DF", len=1000) / UDP(sport=9, dport=9))
        return self.bench.put(IP(src=FRIEND, dst=OWN) / ICMP(type=3, code=4, nexthopmtu=800) / Raw(quoted), FRIENDS_MAC)

    def close(self, _: int) -> None:
        self.bench.stack.close(self.key)

    def open(self, _: int) -> None:
        try:
            self.key = self.bench.udp(9)
        except OSError:
            self.told.append("taken")

    def open_raw(self, _: int) -> None:
        self.bench.open(Ip(17))

    def down(self, _: int) -> None:
        self._interface(up=False)

    def up(self, _: int) -> None:
        self._interface()

    def small_mtu(self, _: int) -> None:
        self._interface(mtu=600)

    def _interface(self, *, up: bool = True, mtu: int = 1500) -> None:
        own = Address.parse(OWN)
        hardware = bytes.fromhex(MAC.replace(":", ""))
        self.bench.stack.set_interface(Interface("one", own, Prefix.of(own, 24), up, mtu, hardware), self.bench.now)

    def route(self, _: int) -> None:
        self.bench.stack.set_route(Prefix.parse(f"{FRIEND}/32"), (NextHop(Address.parse(OTHER_FRIEND), "one"),))

    def no_route(self, _: int) -> None:
        self.bench.stack.set_route(Prefix.parse(f"{FRIEND}/32"), ())

    def moves(self, _: int) -> Any:
        from scapy.layers.l2 import ARP

        return self.bench.put(ARP(op=1, psrc=FRIEND, hwsrc="02:00:00:00:01:77", pdst=OWN), "02:00:00:00:01:77")

    def flush(self, _: int) -> None:
        self.bench.stack.flush()


@settings(max_examples=150)
@given(steps)
def test_what_is_done_quickly_is_what_would_have_been_done(taken: list[Step]) -> None:
    quick, slow = Driven(quick=True), Driven(quick=False)
    for what, number in taken:
        quick.step(what, number)
        slow.step(what, number)
        assert quick.told[-1] == slow.told[-1], what
    assert quick.told == slow.told
    assert quick.bench.counts == slow.bench.counts


def test_what_is_ordinary_is_done_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(quick=True)
    for _ in range(2):
        assert made.send(1, b"x", FRIEND)
        made.put(datagram(FRIEND, OWN), FRIENDS_MAC)

    def never(*given: Any, **named: Any) -> None:
        raise AssertionError("it was known")

    monkeypatch.setattr(made.stack.ipv4, "receive", never)
    monkeypatch.setattr(made.stack.ipv4, "send", never)
    assert made.send(1, b"other data", FRIEND)
    assert len(made.sent()) == 1
    made.put(datagram(FRIEND, OWN, data=b"other data"), FRIENDS_MAC)
    ends = Endpoint(Address.parse(FRIEND), 5000), Endpoint(Address.parse(OWN), 9)
    assert made.stack.take_delivered()[-1] == (1, Datagram(b"other data", *ends, "one"))


def test_what_is_known_is_bounded() -> None:
    made = bench(quick=True)
    for number in range(MOST + 10):
        unit = Datagram(b"x", Endpoint(ANY, 9), Endpoint(Address.parse(FRIEND), 1 + number))
        assert made.stack.send(1, unit, made.now)
        made.put(IP(src=FRIEND, dst=OWN) / UDP(sport=1 + number, dport=9), FRIENDS_MAC) if number % 64 == 0 else None
    quick = made.stack._quick
    assert len(quick._ways) <= MOST
    for number in range(MOST + 10):
        quick.learn_ends(1, Endpoint(Address(number), 1), Endpoint(Address(1), 9), "one")
    assert len(quick._hears) <= MOST


def test_a_port_that_is_closed_hears_no_more_and_sends_no_more() -> None:
    made = bench(quick=True)
    for _ in range(2):
        assert made.send(1, b"x", FRIEND)
        made.put(datagram(FRIEND, OWN), FRIENDS_MAC)
    made.stack.take_delivered()
    made.stack.close(1)
    assert not made.send(1, b"x", FRIEND)
    (refused,) = made.put(datagram(FRIEND, OWN), FRIENDS_MAC)
    assert (refused[ICMP].type, refused[ICMP].code) == (3, 3)
    assert made.stack.take_delivered() == []
    other = made.open(Udp(9, "one"))
    assert made.put(datagram(FRIEND, OWN), FRIENDS_MAC) == []
    assert [key for key, _ in made.stack.take_delivered()] == [other]
