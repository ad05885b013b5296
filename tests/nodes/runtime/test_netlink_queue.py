"""nfnetlink_queue by hand, against pyroute2, which knows its frame, and the kernel's header for what stands in it
(linux/netfilter/nfnetlink_queue.h)."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.nfnetlink import nfgen_msg

from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import queue
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, messages
from catenet.nodes.runtime.netlink.queue import Queued

PACKET, VERDICT, ERROR = 0x300, 0x301, 2
DROP, ACCEPT = 0, 1  # NF_DROP, NF_ACCEPT
idents = st.binary(min_size=4, max_size=4)
queues = st.integers(0, 0xFFFF)
ifindexes = st.integers(1, 2**31 - 1)
packets = st.binary(min_size=1, max_size=2000)


class Config(nfgen_msg):  # type: ignore[misc]
    nla_map = (
        ("NFQA_CFG_UNSPEC", "none"),
        ("NFQA_CFG_CMD", "cdata"),
        ("NFQA_CFG_PARAMS", "cdata"),
        ("NFQA_CFG_QUEUE_MAXLEN", "be32"),
        ("NFQA_CFG_MASK", "be32"),
        ("NFQA_CFG_FLAGS", "be32"),
    )


class Packet(nfgen_msg):  # type: ignore[misc]
    nla_map = (
        ("NFQA_UNSPEC", "none"),
        ("NFQA_PACKET_HDR", "cdata"),
        ("NFQA_VERDICT_HDR", "cdata"),
        ("NFQA_MARK", "be32"),
        ("NFQA_TIMESTAMP", "cdata"),
        ("NFQA_IFINDEX_INDEV", "be32"),
        ("NFQA_IFINDEX_OUTDEV", "be32"),
        ("NFQA_IFINDEX_PHYSINDEV", "be32"),
        ("NFQA_IFINDEX_PHYSOUTDEV", "be32"),
        ("NFQA_HWADDR", "cdata"),
        ("NFQA_PAYLOAD", "cdata"),
    )


def read(kind: type[Any], message: NetlinkMessage) -> Any:
    by_oracle = kind(bytes(message))
    by_oracle.decode()
    return by_oracle


def queued(attributes: list[tuple[str, object]], number: int = 7) -> bytes:
    """As the kernel sends it."""
    message = Packet()
    message["header"]["type"] = PACKET
    message["res_id"] = struct.unpack("=H", struct.pack(">H", number))[0]
    message["attrs"] = attributes
    message.encode()
    return bytes(message.data)


@given(queues)
def test_a_queue_is_bound_fails_closed_and_gives_whole_packets(number: int) -> None:
    resource = struct.pack(">H", number)
    bound = read(Config, NetlinkMessage(queue.CONFIG, 0, 0, queue.bind(number)))
    assert bound.get_attr("NFQA_CFG_CMD") == bytes((1, 0, 0, 0))  # NFQNL_CFG_CMD_BIND
    limits = read(Config, NetlinkMessage(queue.CONFIG, 0, 0, queue.limits(number, 1024)))
    assert limits.get_attr("NFQA_CFG_QUEUE_MAXLEN") == 1024
    assert (limits.get_attr("NFQA_CFG_MASK"), limits.get_attr("NFQA_CFG_FLAGS")) == (0x5, 0)  # FAIL_OPEN, GSO: off
    copied = read(Config, NetlinkMessage(queue.CONFIG, 0, 0, queue.copy_packets(number)))
    assert copied.get_attr("NFQA_CFG_PARAMS") == struct.pack(">IB", 0xFFFF, 2)  # NFQNL_COPY_PACKET
    for payload in (queue.bind(number), queue.limits(number, 1024), queue.copy_packets(number)):
        assert payload[:4] == b"\0\0" + resource


@given(idents, st.sampled_from([0, 2, 3]), ifindexes, ifindexes, packets)
def test_a_packet_that_waits_is_read(ident: bytes, hook: int, came: int, goes: int, payload: bytes) -> None:
    header = ("NFQA_PACKET_HDR", ident + struct.pack(">HB", 0x0800, hook))
    between = ("NFQA_TIMESTAMP", bytes(16))
    body = ("NFQA_PAYLOAD", payload)
    both = [header, ("NFQA_IFINDEX_INDEV", came), ("NFQA_IFINDEX_OUTDEV", goes), between, body]
    assert queue.parse(queued(both)) == Queued(ident, hook, came, goes, payload)
    assert queue.parse(queued([header, body])) == Queued(ident, hook, 0, 0, payload)


@given(queues, st.lists(st.tuples(idents, st.booleans(), st.one_of(st.just(b""), packets), st.integers(0, 255))))
def test_verdicts_are_sent_joined(number: int, answers: list[tuple[bytes, bool, bytes, int]]) -> None:
    joined = b"".join(
        queue.verdict(number, ident, accept=accept, payload=payload, mark=mark)
        for ident, accept, payload, mark in answers
    )
    for message, (ident, accept, payload, mark) in zip(messages(joined), answers, strict=True):
        assert (message.type, message.flags, message.payload[2:4]) == (VERDICT, 1, struct.pack(">H", number))
        by_oracle = read(Packet, message)
        assert by_oracle.get_attr("NFQA_VERDICT_HDR") == struct.pack(">I", ACCEPT if accept else DROP) + ident
        assert by_oracle.get_attr("NFQA_MARK") == (mark or None)
        assert by_oracle.get_attr("NFQA_PAYLOAD") == (payload or None)


def test_the_longest_packet_that_the_kernel_copies_goes_back_whole() -> None:
    (message,) = messages(queue.verdict(1, b"1234", accept=True, payload=bytes(queue.LONGEST)))
    assert read(Packet, message).get_attr("NFQA_PAYLOAD") == bytes(queue.LONGEST)


def test_a_refusal_of_a_verdict_brings_no_packet() -> None:
    """As for one whose packet has gone with its device: NLMSG_ERROR, ENOENT."""
    assert queue.parse(bytes(NetlinkMessage(ERROR, 0, 0, struct.pack("=i", -2) + bytes(16)))) is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (queued([("NFQA_PAYLOAD", b"x")]), "NFQA_PACKET_HDR"),
        (queued([("NFQA_PACKET_HDR", bytes(6))]), "NFQA_PACKET_HDR"),
        (queued([("NFQA_PAYLOAD", bytes(8))])[:-4], "netlink length"),
        (queued([])[:-1], "netlink message"),
        (bytes(NetlinkMessage(PACKET, 0, 0, bytes(4) + struct.pack("=HH", 9, 10))), "netlink attribute length"),
        (bytes(NetlinkMessage(PACKET, 0, 0, bytes(4) + struct.pack("=HH", 3, 10))), "netlink attribute length"),
    ],
)
def test_what_does_not_fit_is_named(data: bytes, field: str) -> None:
    with pytest.raises(DecodeError) as caught:
        queue.parse(data)
    assert caught.value.field == field


@given(st.binary(max_size=100))
def test_whatever_comes_is_read_or_refused(noise: bytes) -> None:
    for data in (noise, bytes(NetlinkMessage(PACKET, 0, 0, noise))):
        with suppress(DecodeError):
            queue.parse(data)
