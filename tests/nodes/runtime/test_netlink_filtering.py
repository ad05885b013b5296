"""nf_tables by hand, against pyroute2: it reads what we write, and we read what it writes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.nfnetlink.nftsocket import nft_chain_msg, nft_rule_msg, nft_table_msg

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import filtering, rules
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, attribute
from catenet.nodes.runtime.netlink.filtering import IPV4, Dropped

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


def read_rule(payload: bytes) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    """The message, and of each expression its name and its fields."""
    message = read_by_oracle(nft_rule_msg, payload)
    elements = message.get_attr("NFTA_RULE_EXPRESSIONS")
    return message, [
        (each.get_attr("NFTA_EXPR_NAME"), {key.split("_", 2)[2]: value for key, value in _fields(each)})
        for each in elements
    ]


def _fields(element: Any) -> list[tuple[str, Any]]:
    return [(attr[0], attr[1]) for attr in element.get_attr("NFTA_EXPR_DATA")["attrs"]]


def value(data: Any) -> bytes:
    return bytes(data.get_attr("NFTA_DATA_VALUE"))


@given(st.integers(0, 65535))
def test_a_rule_for_a_port_of_udp_looks_at_the_protocol_first(port: int) -> None:
    """And so does nft: a rule of this form is what it makes of `meta protocol ip udp dport PORT`."""
    _, found = read_rule(rules.rule("t", "c", [rules.for_udp_port(port)], accept=True))
    assert [name for name, _ in found] == ["meta", "cmp", "meta", "cmp", "payload", "cmp", "immediate"]
    assert [found[at][1]["KEY"] for at in (0, 2)] == ["NFT_META_PROTOCOL", "NFT_META_L4PROTO"]
    assert {found[at][1]["OP"] for at in (1, 3, 5)} == {"NFT_CMP_EQ"}
    assert [value(found[at][1]["DATA"]) for at in (1, 3, 5)] == [b"\x08\x00", b"\x11", port.to_bytes(2, "big")]
    payload = found[4][1]
    assert (payload["BASE"], payload["OFFSET"], payload["LEN"]) == ("NFT_PAYLOAD_TRANSPORT_HEADER", 2, 2)


@given(names, names, st.integers(1, 2**31 - 1), st.integers(0, 2**32 - 1).map(Address))
def test_a_rule_by_interface_and_address_drops(table: str, name: str, ifindex: int, address: Address) -> None:
    tests = [rules.not_by(ifindex), rules.for_address(address)]
    message, found = read_rule(rules.rule(table, name, tests, accept=False, family=IPV4))
    assert message["nfgen_family"] == 2  # NFPROTO_IPV4
    assert (message.get_attr("NFTA_RULE_TABLE"), message.get_attr("NFTA_RULE_CHAIN")) == (table, name)
    (_, meta), (_, other), (_, octets), (_, equal), (_, last) = found
    assert (meta["KEY"], other["OP"]) == ("NFT_META_IIF", "NFT_CMP_NEQ")
    assert value(other["DATA"]) == ifindex.to_bytes(4, sys.byteorder)
    assert (octets["BASE"], octets["OFFSET"], octets["LEN"]) == ("NFT_PAYLOAD_NETWORK_HEADER", 16, 4)
    assert (equal["OP"], value(equal["DATA"])) == ("NFT_CMP_EQ", address.pack())
    assert last["DREG"] == "NFT_REG_VERDICT"
    assert last["DATA"].get_attr("NFTA_DATA_VERDICT").get_attr("NFTA_VERDICT_CODE") == "NF_DROP"


def test_a_rule_for_arp_accepts() -> None:
    _, ((_, meta), (_, equal), (_, last)) = read_rule(rules.rule("t", "c", [rules.is_arp()], accept=True))
    assert (meta["KEY"], equal["OP"], value(equal["DATA"])) == ("NFT_META_PROTOCOL", "NFT_CMP_EQ", b"\x08\x06")
    assert last["DATA"].get_attr("NFTA_DATA_VERDICT").get_attr("NFTA_VERDICT_CODE") == "NF_ACCEPT"


def test_a_chain_for_what_is_for_the_node_itself_lets_pass() -> None:
    message = read_by_oracle(nft_chain_msg, filtering.input_chain("t", "c"))
    assert (message["nfgen_family"], message.get_attr("NFTA_CHAIN_POLICY")) == (2, ACCEPT)
    assert message.get_attr("NFTA_CHAIN_HOOK").get_attr("NFTA_HOOK_HOOKNUM") == 1  # NF_INET_LOCAL_IN
