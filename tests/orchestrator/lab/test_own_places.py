"""A node's place on a LAN in more words: its hardware address, its own idea of its network, and proxy ARP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catenet.nodes.control.config import NodeConfig
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.plan.desired import desired

LAB = """\
name: x
lans:
  l: {{prefix: 192.31.65.0/24}}
  m: {{prefix: 192.31.60.0/24}}
nodes:
  h: {{lans: {{l: {h}}}{more}}}
  r: {{lans: {{l: {r}, m: {m}}}{router}}}
"""
DEFAULTS = {"h": "192.31.65.7", "r": "192.31.65.1", "m": "192.31.60.4", "more": "", "router": ""}


def lab(**parts: str) -> Lab:
    return parse(LAB.format(**DEFAULTS | parts).encode(), "lab.yaml")


def config(whole: Lab, node: str) -> dict[str, Any]:
    (container,) = (each for each in desired(whole, "x", "image").containers if each.hostname == node)
    read: dict[str, Any] = json.loads(container.environment["CATENET_NODE"])
    NodeConfig.from_json(container.environment["CATENET_NODE"])
    return read


def wrong(**parts: str) -> str:
    with pytest.raises(LabFileError) as caught:
        lab(**parts)
    return str(caught.value)


@pytest.mark.parametrize("written", ['{address: 192.31.65.7, mac: "02:00:00:00:00:E1"}', "{mac: 02:00:00:00:00:e1}"])
def test_the_hardware_address_reaches_the_node(written: str) -> None:
    whole = lab(h=written)
    (place,) = whole.nodes["h"].attachments
    assert place.mac == b"\x02\0\0\0\0\xe1"
    assert config(whole, "h")["interfaces"][0]["mac"] == "02:00:00:00:00:e1"


@pytest.mark.parametrize("written", ["192.31.65.7/16", "{address: 192.31.65.7/16}"])
def test_a_node_may_believe_that_its_network_is_larger(written: str) -> None:
    whole = lab(h=written)
    (place,) = whole.nodes["h"].attachments
    assert str(place.prefix) == "192.31.0.0/16"
    assert config(whole, "h")["interfaces"][0]["length"] == 16
    assert str(whole.nodes["r"].attachments[0].prefix) == "192.31.65.0/24"


def test_a_host_may_have_no_gateway() -> None:
    assert str(lab().nodes["h"].gateway) == "192.31.65.1"
    assert lab(more=", gateway: none").nodes["h"].gateway is None


def test_who_is_called_none_is_a_gateway_as_any_other() -> None:
    text = LAB.format(**DEFAULTS | {"more": ", gateway: none"}).replace("  r:", "  none:")
    assert str(parse(text.encode(), "lab.yaml").nodes["h"].gateway) == "192.31.65.1"


@pytest.mark.parametrize("written", ["on", "true", "yes"])
def test_proxy_arp_reaches_the_node(written: str) -> None:
    whole = lab(router=f", proxy_arp: {written}")
    assert whole.nodes["r"].proxy_arp
    assert config(whole, "r")["proxy_arp"] is True


def test_who_writes_none_of_it_has_the_configuration_that_it_had() -> None:
    """So that no container of a lab that says nothing of it is made anew."""
    for node in ("h", "r"):
        said = config(lab(), node)
        assert "proxy_arp" not in said
        assert all(each.keys() == {"lan", "engine", "address", "length"} for each in said["interfaces"])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"h": "{mac: 02:00:00:00:00}"}, "6: node h: mac on l: '02:00:00:00:00' is no hardware address"),
        ({"h": "{mac: 01:00:5e:00:00:01}"}, "6: node h: mac on l: '01:00:5e:00:00:01' is a group's hardware address"),
        ({"h": '{mac: "00:00:00:00:00:00"}'}, "6: node h: mac on l: '00:00:00:00:00:00' is nobody's hardware address"),
        ({"h": "{mac: 7}"}, "6: node h: mac on l is 7, and should be a text"),
        ({"h": "{mc: 02:00:00:00:00:e1}"}, "6: node h: l: unknown word 'mc' (did you mean mac?)"),
        (
            {"h": "{mac: 02:00:00:00:00:e1}", "r": "{mac: 02:00:00:00:00:E1}"},
            "7: node r: 02:00:00:00:00:e1 is node h's on LAN l already (line 6)",
        ),
        ({"h": "192.31.65.7/7"}, "6: node h: address on l: '192.31.65.7/7': the length is from 8 to 30"),
        ({"h": "192.31.65.7/31"}, "the length is from 8 to 30"),
        ({"h": "192.31.65.7/x"}, "the length is from 8 to 30"),
        ({"h": "192.31.65.7/"}, "the length is from 8 to 30"),
        ({"h": "192.31.65/16"}, "6: node h: address on l: '192.31.65' is no IPv4 address"),
        ({"h": "192.31.65.8/30"}, "6: node h: address on l: '192.31.65.8/30' is no host's address in its own network"),
        ({"h": "{address: 10.0.0.1/8}"}, "6: node h: 10.0.0.1 is outside 192.31.65.0/24 of LAN l"),
        (
            {"r": "192.31.65.1/16", "m": "192.31.60.4/16"},
            "7: node r: its own network on l, 192.31.0.0/16, is its network on m, too",
        ),
        ({"more": ", proxy_arp: on"}, "6: node h: proxy_arp is on, and the node forwards nothing"),
        ({"more": ", proxy_arp: maybe"}, "6: node h: proxy_arp is 'maybe', and should be true or false"),
    ],
)
def test_a_mistake_is_told_with_its_line(parts: dict[str, str], message: str) -> None:
    assert message in wrong(**parts)


def test_the_same_hardware_address_on_another_lan_is_another_interface() -> None:
    lab(r="{address: 192.31.65.1, mac: 02:00:00:00:00:e3}", m="{address: 192.31.60.4, mac: 02:00:00:00:00:e3}")


def test_of_two_networks_of_a_router_one_may_lie_in_the_other() -> None:
    """The longer prefix is believed: so a router with one large network knows what is behind it."""
    lab(m="192.31.60.4/16")
