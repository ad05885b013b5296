"""`nat:` in a lab file, and which LAN is outside."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.machine import Interface

LANS = [
    Interface(name, Address.parse(address), Prefix.of(Address.parse(address), 24))
    for name, address in (("street", "10.0.0.1"), ("home", "192.168.1.1"), ("guests", "192.168.2.1"))
]
GATEWAY = Address.parse("10.0.0.254")


def test_the_defaults_are_what_the_rfcs_recommend() -> None:
    """RFC 4787: REQ-1, REQ-8, REQ-9, REQ-5c; RFC 5382 REQ-5; RFC 5508 REQ-2."""
    options = NatOptions()
    assert (options.mapping, options.filtering, options.hairpin) == ("endpoint-independent", "address-dependent", "on")
    assert options.udp_timeout == 5 * 60
    assert (options.tcp_established, options.tcp_opening, options.tcp_closing) == (2 * 3600 + 4 * 60, 4 * 60, 4 * 60)
    assert options.icmp_timeout == 60


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"translate": "no"}, "translate 'no' is none of off, on"),
        (
            {"filtering": "full"},
            "filtering 'full' is none of endpoint-independent, address-dependent, address-and-port",
        ),
        ({"ports": "keep"}, "ports 'keep' is none of preserve, random"),
        ({"udp_timeout": 0.0}, "udp_timeout 0s is out of range; it may be 100ms to 168h"),
        ({"tcp_closing": float("nan")}, "tcp_closing nan is no duration; write one like 5m"),
        ({"icmp_timeout": True}, "icmp_timeout True is no duration"),
        ({"last_port": 65535}, "last_port 65535 is out of range; it may be 1 to 64511"),
        ({"first_port": 0}, "first_port 0 is out of range; it may be 1 to 64511"),
        ({"first_port": 9, "last_port": 8}, r"last_port 8 is below first_port \(9\)"),
        ({"per_host": True}, "per_host True is out of range"),
        ({"peers_per_mapping": 5000}, "peers_per_mapping 5000 is out of range; it may be 1 to 4096"),
        ({"outside": "a", "inside": ("a",)}, "inside: a is the LAN outside"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_what_is_allowed(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NatOptions(**options)


def test_unknown_options_are_refused_by_the_orchestrators_validation() -> None:
    with pytest.raises(ValidationError, match="mappings"):
        TypeAdapter(NatOptions).validate_python({"mappings": "on"})
    assert TypeAdapter(NatOptions).validate_python({"inside": ["home"]}).inside == ("home",)


@pytest.mark.parametrize(
    ("options", "gateway", "outside", "inside"),
    [
        ({}, GATEWAY, "street", {"home", "guests"}),
        ({"inside": ("home",)}, GATEWAY, "street", {"home"}),
        ({"outside": "home"}, GATEWAY, "home", {"street", "guests"}),
        ({"outside": "street"}, None, "street", {"home", "guests"}),
    ],
)
def test_which_lan_is_outside(options: dict, gateway: Address | None, outside: str, inside: set[str]) -> None:
    roles = Roles.of(NatOptions(**options), LANS, gateway)
    assert (roles.outside, roles.inside) == (outside, inside)
    assert roles.address == next(each.address for each in LANS if each.name == outside)


@pytest.mark.parametrize(
    ("options", "lans", "message"),
    [
        ({}, LANS[1:], "outside is not said, and no LAN of the node has its gateway"),
        ({"outside": "attic"}, LANS, "outside 'attic' is no LAN of the node; it has street, home, guests"),
        ({"inside": ("street",)}, LANS, "inside: street is the LAN outside"),
        ({"inside": ("attic",)}, LANS, "inside attic: no LAN of the node beside street"),
        ({}, LANS[:1], "no LAN of the node beside street, which is outside"),
    ],
)
def test_a_node_without_them_is_told_what_is_missing(options: dict, lans: list[Interface], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Roles.of(NatOptions(**options), lans, GATEWAY)
