"""nf_tables by hand, against pyroute2: it reads what we write, and we read what it writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.nfnetlink.nftsocket import nft_chain_msg, nft_table_msg

from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import filtering
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, attribute
from catenet.nodes.runtime.netlink.filtering import Dropped

HEADER = 16  # struct nlmsghdr
NETDEV, DROP, ACCEPT = 5, 0, 1  # NFPROTO_NETDEV, NF_DROP, NF_ACCEPT
names = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=15)
drops = st.builds(Dropped, names, names)


def read_by_oracle(kind: type[Any], payload: bytes) -> Any:
    message = kind(bytes(NetlinkMessage(0, 0, 0, payload)))
    message.decode()
    return message


def chain(table: str, hook: list[tuple[str, object]], policy: int) -> bytes:
    message = nft_chain_msg()
    message["nfgen_family"] = NETDEV
    message["attrs"] = [
        ("NFTA_CHAIN_TABLE", table),
        ("NFTA_CHAIN_NAME", "any"),
        ("NFTA_CHAIN_HOOK", {"attrs": hook}),
        ("NFTA_CHAIN_POLICY", policy),
    ]
    message.encode()
    return bytes(message.data)[HEADER:]


@given(drops)
def test_the_chain_drops_what_comes_in_by_the_device(dropped: Dropped) -> None:
    message = read_by_oracle(nft_chain_msg, filtering.dropping_chain(dropped))
    assert message["nfgen_family"] == NETDEV
    assert message.get_attr("NFTA_CHAIN_TABLE") == dropped.table
    assert message.get_attr("NFTA_CHAIN_TYPE") == "filter"
    assert message.get_attr("NFTA_CHAIN_POLICY") == DROP
    hook = message.get_attr("NFTA_CHAIN_HOOK")
    assert (hook.get_attr("NFTA_HOOK_HOOKNUM"), hook.get_attr("NFTA_HOOK_DEV")) == (0, dropped.device)
    assert filtering.parse_chain(filtering.dropping_chain(dropped)) == dropped


@given(names)
def test_the_table_is_one_of_devices(name: str) -> None:
    message = read_by_oracle(nft_table_msg, filtering.table(name))
    assert (message["nfgen_family"], message.get_attr("NFTA_TABLE_NAME")) == (NETDEV, name)


@given(drops, st.integers(-(2**31), 2**31 - 1))
def test_a_chain_that_drops_is_known_whoever_made_it(dropped: Dropped, priority: int) -> None:
    hook = [("NFTA_HOOK_HOOKNUM", 0), ("NFTA_HOOK_PRIORITY", priority), ("NFTA_HOOK_DEV", dropped.device)]
    assert filtering.parse_chain(chain(dropped.table, hook, DROP)) == dropped
    assert filtering.parse_chain(chain(dropped.table, hook, ACCEPT)) is None


def test_a_chain_whose_device_has_gone_drops_nothing() -> None:
    assert filtering.parse_chain(chain("silent-lan1", [("NFTA_HOOK_HOOKNUM", 0)], DROP)) is None
    assert filtering.parse_chain(bytes(4)) is None


def test_a_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DecodeError):
        filtering.parse_chain(bytes(4) + attribute(1, b"table")[:-4])
