"""Replies of Debian's ping as read from its lines, and the count of those that never came."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_NODE, ContainerSpec
from catenet.orchestrator.observe.pings import Pings, Reply, read_reply

# What iputils 20240905 printed between two containers while a route was lost.
LINES = b"""\
PING 192.31.65.5 (192.31.65.5) 56(84) bytes of data.
[1795300984.325430] 64 bytes from 192.31.65.5: icmp_seq=42 ttl=60 time=0.157 ms
[1795300984.381454] 64 bytes from 192.31.65.5: icmp_seq=43 ttl=60 time=0.162 ms
[1795300984.497882] From 192.31.33.1 icmp_seq=45 Destination Net Unreachable
[1795300985.009417] 64 bytes from 192.31.65.5: icmp_seq=54 ttl=58 time=0.147 ms
"""
CUT = 1795300984.442
BEFORE, AFTER = Reply(1795300984.381454, 43, 60), Reply(1795300985.009417, 54, 58)


def pinging() -> Pings:
    engine = FakeEngine()
    engine.answer = lambda container, command, given: (0, LINES, b"")
    engine.build("catenet/test:1", b"x", {})
    engine.create(ContainerSpec("lab-surf", "surf", "catenet/test:1", {}, {}, {LABEL_NODE: "surf"}))
    engine.start("lab-surf")
    (container,) = engine.inspected(engine.listed({LABEL_NODE: "surf"}))
    return Pings(engine, container, str(Address.parse("192.31.65.5")), 0.05)


def test_only_replies_are_read_of_what_ping_prints() -> None:
    replies = [reply for line in LINES.split(b"\n") if (reply := read_reply(line)) is not None]
    assert replies[1:] == [BEFORE, AFTER]


def test_the_first_reply_after_a_cut_and_the_pings_lost_until_then() -> None:
    with pinging() as pings:
        pass  # the program of the engine in memory speaks when its input has ended
    assert pings.first_after(CUT, deadline=200) == AFTER
    assert pings.lost(CUT, AFTER.at) == 10  # 44 … 53


def test_nothing_is_lost_between_two_replies_in_a_row() -> None:
    with pinging() as pings:
        pass
    assert pings.first_after(CUT, deadline=200) == AFTER
    assert pings.lost(1795300984.33, BEFORE.at) == 0


def test_no_reply_in_time_is_said() -> None:
    with pinging() as pings:
        pass
    assert pings.first_after(AFTER.at, deadline=0.05) is None


@pytest.mark.parametrize("line", [b"icmp_seq=%b ttl=60" % (b"9" * 5000), b"icmp_seq=7 ttl=%b" % (b"9" * 5000)])
def test_a_number_that_no_ping_prints_is_no_reply(line: bytes) -> None:
    assert read_reply(b"[1795300984.325430] 64 bytes from 192.31.65.5: " + line) is None
