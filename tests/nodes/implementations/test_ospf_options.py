"""The options of `ospf` in the words of FRR and BIRD: the same to both, or refused; and their tables, read."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha1
from typing import Any

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import daemon
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.implementations.bird.ospf import read_table as read_bird
from catenet.nodes.implementations.daemon import LearnedRoute, RoutingDaemon, Task
from catenet.nodes.implementations.frr.ospf import DAEMON
from catenet.nodes.implementations.frr.ospf import read_table as read_frr
from catenet.nodes.implementations.frr.program import GROUP
from catenet.nodes.internet.ospf.config import OspfOptions

MakeTask = Callable[..., Task]
Configuration = Callable[..., str]


@pytest.mark.parametrize(
    ("options", "frr", "bird"),
    [
        ({}, "router ospf ospf router-id 10.0.1.7 ospf abr-type standard maximum-paths 16", "router id 10.0.1.7;"),
        ({"router_id": "1.2.3.4"}, "ospf router-id 1.2.3.4", "router id 1.2.3.4;"),
        ({}, "interface eth2 ip ospf area 0.0.0.0 ip ospf network broadcast", 'interface "eth2" { type broadcast;'),
        ({}, "cost 1 ip ospf priority 1 ip ospf hello-interval 10", "cost 1; priority 1; hello 10;"),
        (
            {"hello": 1.0, "dead": 4.0, "retransmit": 2.0},
            "hello-interval 1 ip ospf dead-interval 4 ip ospf retransmit-interval 2",
            "hello 1; dead 4; wait 4; retransmit 2;",
        ),
        (
            {"network": {"link1": "point-to-point"}},
            "interface eth1 ip ospf area 0.0.0.0 ip ospf network point-to-point",
            'interface "eth1" { type ptp;',
        ),
        (
            {"cost": {"link2": 7}, "priority": {"link2": 0}},
            "ip ospf cost 7 ip ospf priority 0",
            "cost 7; priority 0;",
        ),
        ({"passive": ("link1",)}, "retransmit-interval 5 ip ospf passive exit", "priority 1; stub yes; hello"),
        ({"ecmp": 1}, "maximum-paths 1", "ecmp yes limit 1;"),
        (
            {"area": {"link1": 1}, "areas": {"1": "stub"}},
            "area 0.0.0.1 stub area 0.0.0.1 default-cost 1",
            'area 0.0.0.1 { stub yes; summary yes; default cost 1; interface "eth1"',
        ),
        (
            {"area": {"link1": 1}, "areas": {"1": "totally-stub"}},
            "area 0.0.0.1 stub no-summary",
            "area 0.0.0.1 { stub yes; summary no; default cost 1;",
        ),
        (
            {"area": {"link1": "off"}, "redistribute": ("connected",), "metric": 9},
            "access-list connected seq 1 permit 10.0.1.0/24 exact-match route-map connected permit 1 match ip address "
            "connected exit",
            'protocol direct { ipv4; interface "eth1"; }',
        ),
        (
            {"area": {"link1": "off"}, "redistribute": ("connected",), "metric": 9},
            "redistribute connected metric 9 metric-type 2 route-map connected",
            "if source = RTS_STATIC || source = RTS_DEVICE then { ospf_metric2 = 9; ospf_tag = 0; accept; }",
        ),
        (
            {"redistribute": ("static",), "metric_type": 1, "tag": 7},
            "match ip address static set tag 7 exit",
            "protocol static { ipv4; route 10.8.0.0/16 via 10.0.2.9; }",
        ),
        (
            {"redistribute": ("static",), "metric_type": 1, "tag": 7},
            "redistribute kernel metric 20 metric-type 1 route-map static",
            "{ ospf_metric1 = 20; ospf_tag = 7; accept; }",
        ),
        (
            {"redistribute": ("default",)},
            "default-information originate always metric 20 metric-type 2 route-map default",
            "protocol static { ipv4; route 0.0.0.0/0 unreachable; }",
        ),
        (
            {"auth": {"password": "hush"}},
            "ip ospf authentication ip ospf authentication-key hush",
            'authentication simple; password "hush";',
        ),
        (
            {"auth": {"md5": {"7": "hush"}}},
            "key chain lab key 7 key-string hush cryptographic-algorithm md5 exit exit",
            'authentication cryptographic; password "hush" { id 7; algorithm keyed md5; };',
        ),
        (
            {"auth": {"hmac-sha-256": {"7": "hush"}}},
            "cryptographic-algorithm hmac-sha-256 exit exit",
            "{ id 7; algorithm hmac sha256; };",
        ),
        ({"auth": {"md5": {"7": "hush"}}}, "ip ospf authentication key-chain lab exit", "keyed md5;"),
        (
            {"bfd": {"link1": "on"}},
            "retransmit-interval 5 ip ospf bfd ip ospf bfd profile lab-eth1 exit interface eth2 ip ospf area 0.0.0.0",
            "retransmit 5; bfd yes; authentication none;",
        ),
        (
            {"bfd": {"link2": {"transmit": "50ms", "receive": "2s", "multiplier": 5}}},
            "bfd profile lab-eth2 transmit-interval 50 receive-interval 2000 detect-multiplier 5 exit exit",
            'protocol bfd { accept ipv4 direct; interface "eth2" { min tx interval 50 ms; min rx interval 2000 ms; '
            "idle tx interval 1000 ms; multiplier 5; }; }",
        ),
        (
            {"bfd": {"link1": {"transmit": "3s"}}},
            "profile lab-eth1 transmit-interval 3000 receive-interval 200 detect-multiplier 3 exit exit",
            "min tx interval 3000 ms; min rx interval 200 ms; idle tx interval 3000 ms; multiplier 3;",
        ),
    ],
)
def test_options_are_translated(configuration: Configuration, options: dict[str, Any], frr: str, bird: str) -> None:
    assert frr in configuration("frr", "ospf", **options)
    assert bird in configuration("bird", "ospf", **options)


@pytest.mark.parametrize("word", ["frr", "bird"])
def test_of_a_lan_that_is_off_and_of_what_is_not_redistributed_nothing_is_said(
    configuration: Configuration, word: str
) -> None:
    told = configuration(word, "ospf", area={"link1": "off"})
    assert "eth1" not in told
    assert not re.search(r"redistribute|default-information|unreachable|10\.8\.0\.0|direct", told)


@pytest.mark.parametrize(
    ("word", "options", "why"),
    [
        ("frr", {"retransmit": 1.5}, "counts whole seconds, and retransmit is 1.5s"),
        ("bird", {"retransmit": 1.0}, "takes no retransmit under 2s, and whole seconds: it is 1s"),
        ("frr", {"auth": {"password": "a b"}}, "takes secrets of up to 8 printable characters without spaces"),
        ("frr", {"auth": {"md5": {"1": "two words"}}}, "takes secrets of up to 16"),
        ("frr", {"auth": {"hmac-sha-1": {"1": "x" * 21}}}, "takes those of up to 20 characters"),
        ("frr", {"auth": {"md5": {"1": {"secret": "x", "until": "2.5s"}}}}, "counts a key's time in whole seconds"),
        ("bird", {"auth": {"md5": {"0": "x"}}}, "has no key with the id 0"),
        ("bird", {"auth": {"md5": {"1": {"hex": "ff00ff"}}}}, "cuts a secret of md5 at its first octet 0"),
        (
            "frr",
            {"cost": {"link1": "measured", "link2": 3}},
            "measures no cost, and cost of link1 is measured: that is",
        ),
        (
            "bird",
            {"cost": {"link1": "measured", "link2": 3}},
            "measures no cost, and cost of link1 is measured: that is",
        ),
        ("frr", {"redistribute": ("x",)}, "redistributes connected, static, default, rip alone, and not x"),
        ("bird", {"redistribute": ("x",)}, "redistributes connected, static, default, rip alone, and not x"),
    ],
)
def test_what_it_cannot_do(word: str, options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        daemon(Implementation(word), "ospf").check(OspfOptions(**options))


def test_bird_is_told_a_long_secret_as_rfc_5709_makes_it(configuration: Configuration) -> None:
    """3.3: "If the Authentication Key is more than L octets long, then Ko is set to H(Authentication Key)"."""
    told = configuration("bird", "ospf", auth={"hmac-sha-1": {"1": "x" * 21}})
    assert f"password hex:{sha1(b'x' * 21).digest().hex(':')} {{ id 1;" in told


def test_only_who_has_bfd_has_frrs_daemon_for_it(task: MakeTask) -> None:
    """Behind it ospfd finds it; what it may do, its containers may already."""
    with_it, without = (DAEMON.run(task("frr", "ospf", bfd=bfd)) for bfd in ("on", "off"))
    programs = [command.words[0].rpartition("/")[2] for command in with_it.commands]
    assert programs == ["bfdd", "ospfd"]
    assert [command.makes.rpartition("/")[2] for command in with_it.commands] == ["bfdd.vty", ""]
    assert [command.words[0].rpartition("/")[2] for command in without.commands] == ["ospfd"]
    assert not any("bfd" in text for text in without.files.values())


@pytest.mark.parametrize("word", ["frr", "bird"])
def test_where_there_is_no_bfd_nothing_is_said_of_it(configuration: Configuration, word: str) -> None:
    assert "bfd" not in configuration(word, "ospf", bfd={"link1": "off"})


def test_frrs_manager_finds_a_file_for_each_daemon_that_it_looks_for(task: MakeTask) -> None:
    """The one of a service that the node has is that service's own."""
    ospf = task("frr", "ospf")
    assert "/etc/frr/ripd.conf" in GROUP.run([ospf]).files
    assert "/etc/frr/ripd.conf" not in GROUP.run([ospf, ospf._replace(service="rip")]).files


def test_the_table_of_frr() -> None:
    """As `show ip ospf route json` of FRR 10.3 prints it: networks, and routers, which are none."""
    text = (
        '{"10.0.1.0/24":{"routeType":"N","transit":false,"cost":1,"area":"0.0.0.0",'
        '"nexthops":[{"ip":" ","directlyAttachedTo":"eth0"}]},'
        '"10.0.2.0/24":{"routeType":"N","transit":true,"cost":2,"area":"0.0.0.0",'
        '"nexthops":[{"ip":"10.0.1.2","via":"eth0","advertisedRouter":"10.0.2.3"}]},'
        '"10.0.2.3":{"routeType":"R ","cost":2,"area":"0.0.0.0","routerType":"asbr",'
        '"nexthops":[{"ip":"10.0.1.2","via":"eth0"},{"ip":"10.0.3.3","via":"eth1"}]},'
        '"10.77.3.0/24":{"routeType":"N E2","cost":2,"type2cost":20,"tag":255,'
        '"nexthops":[{"ip":"10.0.1.2","via":"eth0","advertisedRouter":"10.0.2.3"},'
        '{"ip":"10.0.3.3","via":"eth1","advertisedRouter":"10.0.2.3"}]}}'
    )
    one, three = Address.parse("10.0.1.2"), Address.parse("10.0.3.3")
    assert read_frr(text) == [
        LearnedRoute(Prefix.parse("10.0.2.0/24"), one, 2),
        LearnedRoute(Prefix.parse("10.77.3.0/24"), one, 20, 255, (three,)),
    ]
    assert read_frr("{}") == []
    for odd in ("% OSPF is not enabled", "[]", '{"10.0.1.0/24": 1}'):
        with pytest.raises(ValueError, match=r"Expecting value|not as FRR prints it"):
            read_frr(odd)


def test_the_table_of_bird() -> None:
    """As `show route primary protocol ospf1` of BIRD 2.17 prints it; the tag is hexadecimal."""
    text = """\
BIRD 2.17.6 ready.
Access restricted
Table master4:
10.1.1.0/24          unicast [ospf1 07:20:21.827] * IA (150/2) [10.0.1.1]
\tvia 10.0.3.1 on eth1
10.77.2.0/24         unicast [ospf1 07:20:21.827] * E2 (150/1/20) [ff] [10.0.1.2]
\tvia 10.0.2.2 on eth0
10.0.3.0/24          unicast [ospf1 07:20:21.827] * I (150/1) [10.0.1.1]
\tdev eth1
10.8.0.0/16          unicast [ospf1 07:20:21.827] * E1 (150/31) [7] [10.0.1.1]
\tvia 10.0.3.1 on eth1
10.0.1.0/24          unicast [ospf1 07:20:21.827] * I (150/2) [10.0.1.2]
\tvia 10.0.2.2 on eth0 weight 1
\tvia 10.0.3.1 on eth1 weight 1
"""
    two, three = Address.parse("10.0.2.2"), Address.parse("10.0.3.1")
    assert read_bird(text) == [
        LearnedRoute(Prefix.parse("10.1.1.0/24"), three, 2, 0),
        LearnedRoute(Prefix.parse("10.77.2.0/24"), two, 20, 255),
        LearnedRoute(Prefix.parse("10.8.0.0/16"), three, 31, 7),
        LearnedRoute(Prefix.parse("10.0.1.0/24"), two, 2, 0, (three,)),
    ]


def test_frr_hears_of_rip_by_zebra_and_keeps_the_last_resort_out_of_it(
    configuration: Configuration, task: MakeTask
) -> None:
    told = configuration("frr", "ospf", redistribute=("rip",), metric=7, tag=120)
    assert "redistribute rip metric 7 metric-type 2 route-map from-rip" in told
    assert "route-map from-rip permit 1 set tag 120 exit" in told
    assert "set tag" not in configuration("frr", "ospf", redistribute=("rip",))  # RIP's own goes on
    given = task("frr", "ospf", last_resort=(120, 121))
    zebra = " ".join(GROUP.run([given]).files["/etc/frr/zebra.conf"].split())
    assert zebra == (
        "route-map last-ospf deny 1 match tag 120 exit route-map last-ospf deny 2 match tag 121 exit "
        "route-map last-ospf permit 3 exit ip protocol ospf route-map last-ospf"
    )
    assert catalogue_daemon("frr").routes(given).last_resort == (120, 121)


def test_frr_redistributes_what_is_frrs_too() -> None:
    beside = catalogue_daemon("frr").beside
    options = OspfOptions(redistribute=("rip",))
    assert list(beside(options, {"rip": "frr"})) == []
    assert list(beside(options, {"rip": "catenet"})) == [
        "redistributes rip where that is FRR's, too: write `implementation: frr` there"
    ]


def test_bird_finds_the_routes_of_rip_in_its_table_of_the_kernels(configuration: Configuration, task: MakeTask) -> None:
    """Each with its tag for a metric; believed before the last resort, and behind what OSPF has of its own."""
    told = configuration("bird", "ospf", redistribute=("rip",), metric_type=1, last_resort=(120, 121))
    assert "{ learn; scan time 1;" in told
    assert "ipv4 { import filter { preference = 100; accept; }; export where source ~ [RTS_OSPF," in told
    last_resort = "if defined(ospf_tag) then if ospf_tag ~ [ 120, 121 ] then preference = 1; accept; };"
    assert f"ipv4 {{ import filter {{ {last_resort} export filter {{" in told
    tag = "if krt_metric > 4294967295 then ospf_tag = 0; else ospf_tag = krt_metric;"
    assert f"if source = RTS_INHERIT then {{ ospf_metric1 = 20; {tag} accept; }}" in told
    marked = configuration("bird", "ospf", redistribute=("rip",), tag=7)
    assert "if source = RTS_INHERIT then { ospf_metric2 = 20; ospf_tag = 7; accept; }" in marked
    assert "learn" not in configuration("bird", "ospf")
    exchange = catalogue_daemon("bird").routes(task("bird", "ospf", redistribute=("rip",), last_resort=(120,)))
    assert (exchange.hears, exchange.last_resort) == (("rip",), (120,))


def test_bird_prints_what_it_does_not_take_too() -> None:
    text = """\
10.6.1.0/24          unicast [ospf1 01:12:13.123] E2 (1/2/20) [78] [10.6.12.3]
	via 10.6.22.1 on eth0
10.6.2.0/24          unicast [ospf1 01:12:13.123] * I (150/2) [10.6.2.1]
	via 10.6.22.1 on eth0
"""
    via = Address.parse("10.6.22.1")
    assert read_bird(text) == [
        LearnedRoute(Prefix.parse("10.6.1.0/24"), via, 20, 120),
        LearnedRoute(Prefix.parse("10.6.2.0/24"), via, 2, 0),
    ]


def catalogue_daemon(word: str) -> RoutingDaemon:
    found = daemon(Implementation(word), "ospf")
    assert isinstance(found, RoutingDaemon)
    return found
