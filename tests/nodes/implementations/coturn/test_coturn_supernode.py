"""What coturn is told of a supernode's options."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.catalogue import daemon
from catenet.nodes.control.config import NodeConfig
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.implementations.daemon import NodeInterface, Task

COTURN = Implementation.parse("coturn")


def task(lans: tuple[str, ...] = ("10.0.1.0/24",), **options: Any) -> Task:
    prefix = Prefix.parse("10.0.1.0/24")
    node = NodeConfig("lab", "s", (), told={"supernode": {"lans": list(lans)}})
    interfaces = (NodeInterface("net", "eth0", Address.parse("10.0.1.7"), prefix, True),)
    return Task(
        "supernode", COTURN, SupernodeOptions(**{"secret": "not-good", **options}), node, interfaces, "/run/x/supernode"
    )


def lines(**given: Any) -> list[str]:
    (text,) = daemon(COTURN, "supernode").run(task(**given)).files.values()
    return text.splitlines()


def reached(said: list[str], address: str) -> bool:
    """Whether what it is told allows that peer."""
    ranges = [each.partition("=")[2].split("-") for each in said if each.startswith("denied-peer-ip=")]
    return not any(Address.parse(low) <= Address.parse(address) <= Address.parse(high) for low, high in ranges)


def test_it_has_the_options_by_its_own_words() -> None:
    said = lines(relay_ports="50000-50100", longest=1200.0, nonce=60.0, allocations=7, per_user=3, bandwidth=8)
    assert {
        "listening-port=3478",
        "listening-ip=10.0.1.7",
        "relay-ip=10.0.1.7",
        "use-auth-secret",
        "static-auth-secret=not-good",
        "realm=lab",
        "min-port=50000",
        "max-port=50100",
        "max-allocate-lifetime=1200",
        "stale-nonce=60",
        "total-quota=7",
        "user-quota=3",
        "max-bps=1000",
    } <= set(said)
    assert "no-tcp" not in said
    assert "no-tcp" in lines(tcp="off")


@pytest.mark.parametrize(
    ("address", "reaches"),
    [
        ("10.0.1.7", True),
        ("10.0.1.1", True),
        ("10.0.1.254", True),
        ("10.0.1.0", False),
        ("10.0.1.255", False),
        ("10.0.2.1", False),
        ("192.168.0.9", True),
        ("192.168.0.66", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("169.254.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
    ],
)
def test_it_reaches_the_hosts_of_the_lab_alone(address: str, reaches: bool) -> None:
    said = lines(lans=("10.0.1.0/24", "192.168.0.0/25", "192.168.0.128/25"), deny=("192.168.0.64/30",))
    assert reached(said, address) == reaches


@pytest.mark.parametrize(
    ("address", "reaches"), [("10.0.3.3", False), ("10.0.3.4", True), ("10.0.3.5", True), ("10.0.3.6", False)]
)
def test_3021_2_1_both_addresses_of_a_lan_of_two_are_hosts(address: str, reaches: bool) -> None:
    assert reached(lines(lans=("10.0.3.4/31",)), address) == reaches


def test_without_lans_it_reaches_nobody() -> None:
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines(lans=())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"secret": "with a blank"}, "secret"),
        ({"realm": "two words"}, "realm"),
        ({"lifetime": 60.0}, "lifetime"),
        ({"permissions": 5}, "permissions"),
        ({"channels_each": 5}, "channels_each"),
        ({"secret": "", "user": "s1", "password": "a password"}, "joins no directory"),
    ],
)
def test_what_it_cannot_do_is_said(options: dict[str, Any], why: str) -> None:
    adapter = daemon(COTURN, "supernode")
    adapter.check(SupernodeOptions(**{"secret": "not-good", "longest": 900.0}))
    with pytest.raises(ValueError, match=why):
        adapter.check(SupernodeOptions(**{"secret": "not-good", **options}))
