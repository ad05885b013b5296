"""LANs that are segments, in CATENET_NODE: read as they were written, and whatever is wrong is refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.config import ConfigError, InterfaceConfig, NodeConfig
from catenet.nodes.control.segment import Segment, Underlay

SEGMENT: dict[str, Any] = {"id": 4711, "mtu": 1500, "peers": ["198.18.0.3", "198.18.0.4"]}
UNDERLAY: dict[str, Any] = {"address": "198.18.0.2", "length": 20}
LINK: dict[str, Any] = {"lan": "link1", "segment": SEGMENT, "address": "10.0.1.0", "length": 31}
BRIDGE: dict[str, Any] = {"lan": "lan1", "engine": "10.1.1.1", "address": "10.0.2.1", "length": 24}
WHOLE: dict[str, Any] = {"lab": "lab", "node": "a", "interfaces": [LINK, BRIDGE], "underlay": UNDERLAY}


def read(whole: dict[str, Any]) -> NodeConfig:
    return NodeConfig.from_json(json.dumps(whole))


def test_a_segment_is_read_beside_a_network_of_the_engines_and_written_as_it_was_read() -> None:
    config = read(WHOLE)
    peers = (Address.parse("198.18.0.3"), Address.parse("198.18.0.4"))
    segment = Segment(4711, 1500, peers)
    assert config.underlay == Underlay(Address.parse("198.18.0.2"), 20)
    assert str(config.underlay.prefix) == "198.18.0.0/20"
    assert config.interfaces == (
        InterfaceConfig("link1", None, Address.parse("10.0.1.0"), 31, segment=segment),
        InterfaceConfig("lan1", Address.parse("10.1.1.1"), Address.parse("10.0.2.1"), 24),
    )
    assert config.segments == {"link1": segment}
    written = json.loads(config.to_json())
    assert (written["interfaces"], written["underlay"]) == ([LINK, BRIDGE], UNDERLAY)
    assert NodeConfig.from_json(config.to_json()) == config


def test_a_node_without_one_says_nothing_of_it() -> None:
    config = read({"lab": "lab", "node": "a", "interfaces": [BRIDGE]})
    assert config.underlay is None
    assert config.segments == {}
    assert "underlay" not in json.loads(config.to_json())


def test_a_segment_may_have_nobody_else_on_it() -> None:
    assert read({**WHOLE, "interfaces": [{**LINK, "segment": {**SEGMENT, "peers": []}}]}).segments["link1"].peers == ()


MANY = [f"198.18.{number >> 8}.{number & 255}" for number in range(3, 3 + 1025)]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("id", 0, "CATENET_NODE.interfaces: segment.id 0 is no whole number from 1 to 16777215"),
        ("id", 2**24, "segment.id 16777216 is no whole number from 1 to 16777215"),
        ("id", True, "segment.id True is no whole number"),
        ("id", 4711.0, r"segment.id 4711.0 is no whole number"),
        ("id", "4711", "segment.id '4711' is no whole number"),
        ("mtu", 67, "segment.mtu 67 is no whole number from 68 to 9000"),
        ("mtu", 9001, "segment.mtu 9001 is no whole number from 68 to 9000"),
        ("mtu", None, "segment.mtu None is no whole number"),
        ("peers", {}, "segment.peers {} is no list of at most 1024 addresses"),
        ("peers", MANY, r"segment.peers \['198.18.0.3', .* is no list of at most 1024 addresses"),
        ("peers", [7], "segment.peers 7 is no IPv4 address"),
        ("peers", ["198.18.0"], "segment.peers '198.18.0' is no IPv4 address"),
        ("peers", ["\x1b[2J"], r"segment.peers '\\x1b\[2J' is no IPv4 address"),
        ("peers", ["198.18.0.3", "198.18.0.3"], "segment.peers has 198.18.0.3 twice"),
        ("peers", ["198.18.0.2"], "CATENET_NODE: segment.peers 198.18.0.2 is the node's own underlay.address"),
        ("peers", ["198.18.16.1"], "segment.peers 198.18.16.1 is no host's in the underlay, 198.18.0.0/20"),
        ("peers", ["198.18.15.255"], "segment.peers 198.18.15.255 is no host's in the underlay"),
        ("port", 4790, "segment: 'port' is none of id, mtu, peers"),
    ],
)
def test_what_no_segment_has_is_refused_with_field_and_value(field: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read({**WHOLE, "interfaces": [{**LINK, "segment": {**SEGMENT, field: value}}]})


@pytest.mark.parametrize("field", SEGMENT)
def test_every_field_of_a_segment_is_needed(field: str) -> None:
    left = {key: value for key, value in SEGMENT.items() if key != field}
    with pytest.raises(ConfigError, match=f"segment.{field} is missing"):
        read({**WHOLE, "interfaces": [{**LINK, "segment": left}]})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"segment": []}, r"interfaces.segment \[\] is no dict"),
        ({"segment": None}, "interfaces.segment is missing"),
        (
            {"engine": "10.1.1.1"},
            "interfaces.engine 10.1.1.1 stands beside interfaces.segment: link1 is one or the other",
        ),
        ({"length": 32}, "interfaces.length 32 is not between 1 and 31"),
        ({"length": 0}, "interfaces.length 0 is not between 1 and 31"),
    ],
)
def test_an_interface_is_a_segment_or_the_engines(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read({**WHOLE, "interfaces": [{**LINK, **changed}]})


def test_a_network_of_the_engines_needs_a_broadcast_address() -> None:
    with pytest.raises(ConfigError, match=r"interfaces.length 31 is not between 1 and 30"):
        read({**WHOLE, "interfaces": [LINK, {**BRIDGE, "length": 31}]})


@pytest.mark.parametrize(
    ("underlay", "said"),
    [
        ([], r"CATENET_NODE.underlay \[\] is no dict"),
        ({}, "CATENET_NODE: underlay.address is missing"),
        ({**UNDERLAY, "length": 31}, "underlay.length 31 is no whole number from 1 to 30"),
        ({**UNDERLAY, "length": "20"}, "underlay.length '20' is no whole number"),
        ({**UNDERLAY, "address": "198.18.0.0"}, "underlay.address 198.18.0.0 is no host's in 198.18.0.0/20"),
        ({**UNDERLAY, "address": None}, "underlay.address None is no IPv4 address"),
        ({**UNDERLAY, "mtu": 1550}, "underlay: 'mtu' is none of address, length"),
    ],
)
def test_what_no_underlay_has_is_refused_with_field_and_value(underlay: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read({**WHOLE, "underlay": underlay})


def test_segments_and_what_carries_them_are_there_together() -> None:
    without = {key: value for key, value in WHOLE.items() if key != "underlay"}
    with pytest.raises(ConfigError, match="underlay is missing: link1 is a segment over it"):
        read(without)
    with pytest.raises(ConfigError, match=r"underlay 198.18.0.2/20 carries no segment: no interface has one"):
        read({**WHOLE, "interfaces": [BRIDGE]})


def test_7348_5_two_lans_of_a_node_have_two_identifiers() -> None:
    """ "VMs in different VXLAN overlay networks cannot communicate with each other"; a kernel has one device each."""
    other = {**LINK, "lan": "link2", "address": "10.0.3.1", "length": 30}
    with pytest.raises(ConfigError, match=r"segment.id 4711 is of link1 and of link2"):
        read({**WHOLE, "interfaces": [LINK, other]})
    assert set(read({**WHOLE, "interfaces": [LINK, {**other, "segment": {**SEGMENT, "id": 1}}]}).segments) == {
        "link1",
        "link2",
    }


def test_two_hundred_segments_fit_into_one_configuration() -> None:
    links = [{**LINK, "lan": f"link{place}", "segment": {**SEGMENT, "id": place + 1}} for place in range(200)]
    config = read({**WHOLE, "interfaces": links})
    assert NodeConfig.from_json(config.to_json()) == config
