"""The underlay of a node's segments, seen from within: it is no part of the lab, and is as the node has made it."""

from __future__ import annotations

import pytest

from catenet.orchestrator.operations.underlay import apart

# What a router with two segments says, iproute2 6.15, nft 1.1.3; blanks are one, as in a look into a node.
SAID = {
    "addr": [
        r"1: lo inet 127.0.0.1/8 scope host lo\ valid_lft forever preferred_lft forever",
        r"2: vx0 inet 10.1.1.1/24 brd 10.1.1.255 scope global vx0\ valid_lft forever preferred_lft forever",
        r"7701: eth0 inet 198.18.207.143/32 scope link eth0\ valid_lft forever preferred_lft forever",
    ],
    "route": [
        "198.18.192.0/20 dev eth0 table 4790 proto static scope link",
        "10.0.2.0/24 via 10.0.1.2 dev vx1 proto rip metric 120",
        "local 198.18.207.143 dev eth0 table local proto kernel scope host src 198.18.207.143",
    ],
    "rule": ["0: from all lookup local", "4790: from 198.18.207.143 lookup 4790", "32766: from all lookup main"],
    "link": [
        r"2: vx0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN mode DEFAULT\ altname lan-a",
        r"7701: eth0@if7702: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1550 qdisc noqueue state UP mode DEFAULT group",
    ],
    "filter": [
        "table ip nat {",
        "chain DOCKER_OUTPUT {",
        "}",
        "}",
        "table netdev catenet-underlay {",
        "chain catenet-underlay {",
        'type filter hook ingress device "eth0" priority filter; policy drop;',
        "meta protocol arp accept",
        "meta protocol ip udp dport 4790 accept",
        "}",
        "}",
        "table ip catenet-underlay {",
        "chain catenet-underlay {",
        "type filter hook input priority filter; policy accept;",
        'iif != "eth0" udp dport 4790 drop',
        'iif != "eth0" ip daddr 198.18.207.143 drop',
        "}",
        "}",
    ],
    "program": ["sleep 9"],
}


def test_what_is_the_underlays_is_taken_away_and_the_rest_left() -> None:
    rest, wrong = apart(SAID, 1500)
    assert wrong == ()
    assert rest == {
        "addr": SAID["addr"][:2],
        "route": SAID["route"][1:],
        "rule": [SAID["rule"][0], SAID["rule"][2]],
        "link": SAID["link"][:1],
        "filter": SAID["filter"][:4],
        "program": ["sleep 9"],
    }


@pytest.mark.parametrize(
    ("what", "line", "instead", "words"),
    [
        ("addr", "/32 scope link", None, "no address in the underlay"),
        ("rule", "4790:", None, "no rule for the underlay"),
        ("route", "table 4790", None, "no route to the underlay"),
        ("link", "eth0@", ("mtu 1550", "mtu 1549"), "the underlay's interface is down or carries too little"),
        ("link", "eth0@", (",UP,LOWER_UP", ""), "the underlay's interface is down or carries too little"),
        ("filter", "udp dport 4790 accept", None, "the underlay's filter was changed"),
        ("filter", "udp dport 4790 accept", ("4790", "4790-4799"), "the underlay's filter was changed"),
        ("filter", "policy drop", ("drop", "accept"), "the underlay's filter was changed"),
    ],
)
def test_what_somebody_has_changed_of_it_is_told(
    what: str, line: str, instead: tuple[str, str] | None, words: str
) -> None:
    lines = [
        each.replace(*instead) if instead and line in each else each
        for each in SAID[what]
        if instead or line not in each
    ]
    assert words in apart({**SAID, what: lines}, 1500).differences


def test_another_rule_in_its_filter_is_a_change() -> None:
    lines = [*SAID["filter"][:9], "meta protocol ip accept", *SAID["filter"][9:]]
    assert apart({**SAID, "filter": lines}, 1500).differences == ("the underlay's filter was changed",)


def test_a_larger_mtu_is_no_harm_and_other_addresses_of_its_interface_stay_in_sight() -> None:
    more = "7701: eth0 inet 10.9.9.9/24 scope global eth0"
    rest, wrong = apart({**SAID, "addr": [*SAID["addr"], more]}, 1400)
    assert (wrong, rest["addr"][-1]) == ((), more)
