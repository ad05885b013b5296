"""Neighbours by rtnetlink, against pyroute2: it reads what we write, and we read what it writes."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.ndmsg import ndmsg

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink.codec import NetlinkMessage
from catenet.nodes.runtime.netlink.neighbours import Neighbour, neighbour_gone, neighbour_request, parse_neighbour

HEADER = 16  # struct nlmsghdr
ADDRESSES = st.integers(0, 2**32 - 1).map(Address)
NUMBERS = st.integers(1, 2**31 - 1)


def written_by_oracle(family: int, ifindex: int, state: int, address: str) -> bytes:
    message = ndmsg()
    message["family"], message["ifindex"], message["state"] = family, ifindex, state
    cache = {"ndm_confirmed": 1234, "ndm_used": 5, "ndm_updated": 6, "ndm_refcnt": 1}
    message["attrs"] = [["NDA_DST", address], ["NDA_LLADDR", "02:42:0a:00:01:01"], ["NDA_CACHEINFO", cache]]
    message.encode()
    return bytes(message.data)[HEADER:]


def read_by_oracle(payload: bytes) -> Any:
    message = ndmsg(bytes(NetlinkMessage(0, 0, 0, payload)))
    message.decode()
    return message


WORDS = ("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent")


@pytest.mark.parametrize(("state", "word"), [(1 << bit, word) for bit, word in enumerate(WORDS)])  # linux/neighbour.h
@given(ADDRESSES, NUMBERS)
def test_a_neighbour_is_learned_unless_somebody_has_set_it(
    state: int, word: str, address: Address, ifindex: int
) -> None:
    payload = written_by_oracle(socket.AF_INET, ifindex, state, str(address))
    learned = word not in ("noarp", "permanent")
    hardware = bytes.fromhex("02420a000101")
    assert parse_neighbour(payload) == Neighbour(ifindex, address, learned, hardware, word, 12.34)


def test_one_of_ipv6_is_none() -> None:
    assert parse_neighbour(written_by_oracle(socket.AF_INET6, 3, 2, "fe80::1")) is None


@given(ADDRESSES, NUMBERS)
def test_the_one_that_is_to_be_forgotten(address: Address, ifindex: int) -> None:
    message = read_by_oracle(neighbour_gone(Neighbour(ifindex, address, learned=True)))
    assert (message["family"], message["ifindex"]) == (socket.AF_INET, ifindex)
    assert message.get_attr("NDA_DST") == str(address)


def test_all_are_asked_for() -> None:
    message = read_by_oracle(neighbour_request())
    assert (message["family"], message["ifindex"]) == (socket.AF_INET, 0)


@given(st.binary(max_size=40))
def test_bytes_of_any_kind_are_read_or_refused(payload: bytes) -> None:
    try:
        parse_neighbour(payload)
    except DecodeError:
        return
