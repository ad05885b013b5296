"""The options of `rip` in the words of FRR and BIRD, and their tables in ours."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import adapter, implementations
from catenet.nodes.control.config import NodeConfig, StaticRoute
from catenet.nodes.implementations.adapter import Learned, Place, Task
from catenet.nodes.internet.rip.config import RipOptions

PLACES = tuple(
    Place(f"link{n}", f"eth{n}", Address.parse(f"10.0.{n}.7"), Prefix.parse(f"10.0.{n}.0/24"), True) for n in (1, 2)
)

BEGAN = int(datetime(2027, 1, 15, 8, 0, 0, tzinfo=UTC).timestamp())
"""When the lab was brought up."""


def task(**options: object) -> Task:
    given = RipOptions(**{"update": 5.0, "timeout": 15.0, "garbage": 10.0, **options})  # type: ignore[arg-type]
    static = tuple(StaticRoute(Prefix.parse(to), Address.parse("10.0.2.9")) for to in ("10.8.0.0/16", "0.0.0.0/0"))
    return Task("rip", given, NodeConfig("lab", "a", (), routes=static, began=BEGAN), PLACES, "/run/x", table=189)


def configuration(word: str, **options: object) -> str:
    (text,) = (text for text in adapter(word).run(task(**options)).files.values() if text)
    return re.sub(r"\s+", " ", text)


def test_their_routes_go_into_a_table_of_their_own() -> None:
    assert "protocol kernel { scan time 1; kernel table 189; ipv4 { import none;" in configuration("bird")
    plan = adapter("frr").run(task(redistribute=("static",)))
    words = {command.words[0].rpartition("/")[2]: command.words for command in plan.commands}
    assert words["zebra"][-2:] == ("-R", "189")
    assert "189" not in (*words["ripd"], *words["mgmtd"])
    assert [str(route.to) for route in plan.finds] == ["10.8.0.0/16"]  # zebra sees no other table
    assert adapter("frr").run(task()).finds == ()
    (told,) = adapter("./x").run(task()).files.values()
    assert json.loads(told)["table"] == 189


def test_who_can_do_what() -> None:
    assert implementations("rip") == ["catenet", "frr", "bird", "./path"]
    assert implementations("web") == ["catenet"]


@pytest.mark.parametrize(
    ("options", "frr", "bird"),
    [
        (
            {},
            "timers basic 5 15 10 network eth1 route-map own out eth1 network eth2 route-map own out eth2",
            "update time 5; timeout time 15; garbage time 10;",
        ),
        ({}, "interface eth2 ip rip split-horizon poisoned-reverse exit", "split horizon yes; poison reverse yes;"),
        ({"split_horizon": "on"}, "interface eth1 ip rip split-horizon exit", "split horizon yes; poison reverse no;"),
        ({"split_horizon": "off"}, "interface eth1 no ip rip split-horizon", "split horizon no; poison reverse no;"),
        (
            {"cost": {"link2": 4}},
            "offset-list all in 3 eth2",
            'interface "eth2" { version 2; mode multicast; metric 4;',
        ),
        (
            {"cost": {"link2": 4}},
            "exact-match route-map own permit 2 match ip address eth2 match metric 1 set metric 4 exit",
            "if net = 10.0.2.0/24 then rip_metric = 4; accept;",
        ),
        (
            {"passive": ("link1",)},
            "passive-interface eth1",
            'interface "eth1" { version 2; mode multicast; metric 1; pas',
        ),
        (
            {"passive": ("link2",), "redistribute": ()},
            "exact-match route-map own deny 2 match ip address eth2 match metric 1",
            "if source = RTS_DEVICE then { if net = 10.0.2.0/24 then reject; accept; }",
        ),
        (
            {"redistribute": ("static",), "tag": 7},
            "access-list static seq 1 permit 10.8.0.0/16 exact-match route-map static permit 1 match ip address static "
            "set tag 7 exit",
            "protocol static { ipv4; route 10.8.0.0/16 via 10.0.2.9; }",
        ),
        (
            {"redistribute": ("static",), "tag": 7},
            "redistribute kernel route-map static exit",
            "if source = RTS_STATIC then { rip_metric = 1; rip_tag = 7; accept; }",
        ),
        (
            {"redistribute": ("default",), "tag": 7},
            "permit 0.0.0.0/0 exact-match route-map own permit 3 match ip address default set tag 7 exit",
            "protocol static { ipv4; route 0.0.0.0/0 unreachable; }",
        ),
        ({"redistribute": ("default",)}, "default-information originate exit", "rip_tag = 0; accept; }"),
        ({"auth": {"password": "hush"}}, "mode text ip rip authentication string hush", 'plaintext; password "hush";'),
        (
            {"auth": {"md5": {"7": "hush"}}},
            "key chain lab key 7 key-string hush exit exit interface eth1",
            'cryptographic; password "hush" { id 7; algorithm keyed md5; };',
        ),
    ],
)
def test_options_are_translated(options: dict[str, object], frr: str, bird: str) -> None:
    assert frr in configuration("frr", **options)
    assert bird in configuration("bird", **options)


@pytest.mark.parametrize("word", ["frr", "bird"])
def test_what_the_lab_does_not_say_is_not_announced(word: str) -> None:
    told = configuration(word, passive=("link2",))
    assert "10.8.0.0" not in told
    assert not re.search(r"redistribute|default-information|unreachable|reject; accept|deny", told)


def test_bird_has_hmac() -> None:
    options = {"auth": {"hmac-sha-256": {"1": "hush"}}}
    assert 'password "hush" { id 1; algorithm hmac sha256; };' in configuration("bird", **options)


@pytest.mark.parametrize(
    ("word", "options", "why"),
    [
        ("frr", {"update": 2.0}, "takes no timer under 5s, and whole seconds: update is 2s"),
        ("frr", {"garbage": 7.5}, "takes no timer under 5s, and whole seconds: garbage is 7.5s"),
        ("frr", {"auth": {"hmac-sha-256": {"1": "hush"}}}, "has no hmac-sha-256"),
        ("frr", {"auth": {"md5": {"1": "two words"}}}, "takes secrets of up to 16"),
        ("frr", {"auth": {"md5": {"1": {"secret": "hush", "until": "2.5s"}}}}, "counts a key's time in whole seconds"),
        (
            "frr",
            {"auth": {"md5": {"1": {"secret": "hush", "until": "2036-01-01T00:00:00Z"}}}},
            "knows no time of a key after the year 2035",
        ),
        ("frr", {"auth": {"md5": {"1": {"hex": "00ff"}}}}, "takes secrets of up to 16"),
        ("bird", {"auth": {"md5": {"1": {"hex": "ff00ff"}}}}, "cuts a secret of md5 at its first octet 0"),
        ("bird", {"update": 2.5}, "counts whole seconds, and update is 2.5s"),
        ("frr", {"triggered": "off"}, "always sends triggered updates"),
        ("bird", {"triggered": "off"}, "always sends triggered updates"),
    ],
)
def test_what_it_cannot_do(word: str, options: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        adapter(word).check(task(**options).options)


def test_all_that_it_cannot_do_is_said_at_once() -> None:
    options = task(update=2.0, garbage=7.5, triggered="off", auth={"hmac-sha-256": {"1": "hush"}}).options
    with pytest.raises(ValueError, match="update is 2s") as refused:
        adapter("frr").check(options)
    assert str(refused.value) == (
        "takes no timer under 5s, and whole seconds: update is 2s, garbage is 7.5s; "
        "it has no hmac-sha-256: its authentication is password or md5; "
        "it always sends triggered updates: `triggered: off` is for routers of ours"
    )
    with pytest.raises(ValueError, match=r"garbage is 7\.5s; it always sends triggered updates"):
        adapter("bird").check(options)


def test_bird_takes_what_frr_does_not() -> None:
    options = task(update=2.0, timeout=6.0, garbage=4.0).options
    adapter("bird").check(options)
    with pytest.raises(ValueError, match="update is 2s"):
        adapter("frr").check(options)


OLD = {"secret": "hush", "until": "3m"}
NEW = {"secret": "hash", "from": "2m"}
EVER = "00:00:00 1 January 1993"


@pytest.mark.parametrize(
    ("auth", "frr", "bird"),
    [
        (  # the old key signs until the new one begins, and is taken until its own end
            {"md5": {"1": OLD, "2": NEW}},
            f"key 1 key-string hush send-lifetime {EVER} 08:01:59 15 January 2027 "
            f"accept-lifetime {EVER} 08:02:59 15 January 2027 exit key 2 key-string hash "
            "send-lifetime 08:02:00 15 January 2027 infinite accept-lifetime 08:02:00 15 January 2027 infinite exit",
            'password "hush" { id 1; algorithm keyed md5; generate to "2027-01-15 08:02:00.000000"; '
            'accept to "2027-01-15 08:03:00.000000"; }; password "hash" { id 2; algorithm keyed md5; '
            'generate from "2027-01-15 08:02:00.000000"; accept from "2027-01-15 08:02:00.000000"; };',
        ),
        (  # of two without end the first of the file signs
            {"md5": {"2": "hash", "1": "hush"}},
            f"key 1 key-string hush send-lifetime {EVER} 00:00:01 1 January 1993 accept-lifetime {EVER} infinite exit "
            "key 2 key-string hash exit exit interface",
            'password "hash" { id 2; algorithm keyed md5; }; password "hush" { id 1; algorithm keyed md5; '
            'generate to "1970-01-01 00:00:01.000000"; };',
        ),
        (  # RFC 4822 section 5.1: the last key stays in use
            {"md5": {"1": OLD}},
            "key 1 key-string hush exit exit interface",
            'password "hush" { id 1; algorithm keyed md5; };',
        ),
        (
            {"md5": {"1": {"secret": "hush", "until": "2027-01-15T08:03:00Z"}, "2": NEW}},
            f"accept-lifetime {EVER} 08:02:59 15 January 2027",
            'accept to "2027-01-15 08:03:00.000000"',
        ),
    ],
)
def test_lifetimes_are_translated(auth: dict[str, object], frr: str, bird: str) -> None:
    assert frr in configuration("frr", auth=auth)
    assert bird in configuration("bird", auth=auth)


def test_with_fail_secure_the_last_key_ends() -> None:
    auth = {"md5": {"1": OLD}}
    assert "send-lifetime 00:00:00 1 January 1993 08:02:59 15" in configuration("frr", auth=auth, fail_secure="on")
    assert 'generate to "2027-01-15 08:03:00.000000"' in configuration("bird", auth=auth, fail_secure="on")


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ({"md5": {"1": 'hu"sh'}}, "password hex:68:75:22:73:68 { id 1;"),
        ({"md5": {"1": {"hex": "0a1bff"}}}, "password hex:0a:1b:ff { id 1;"),
        ({"hmac-sha-1": {"1": {"hex": "00"}}}, "password hex:00 { id 1;"),
        ({"password": 'hu"sh'}, "authentication plaintext; password hex:68:75:22:73:68;"),
        # 2.5: a key longer than the digest is hashed; HMAC itself hashes those alone that are longer than a block.
        ({"hmac-sha-1": {"1": "x" * 21}}, f"password hex:{hashlib.sha1(b'x' * 21).digest().hex(':')} {{ id 1;"),
    ],
)
def test_any_octets_are_told_to_bird(auth: dict[str, object], told: str) -> None:
    adapter("bird").check(task(auth=auth).options)
    assert told in configuration("bird", auth=auth)


B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")


def test_the_table_of_frr() -> None:
    """As `show ip rip` of FRR 10.3 prints it; a route at 16 is no route."""
    text = """\
Codes: K - kernel route, C - connected, L - local, S - static,
       R - RIP, O - OSPF, I - IS-IS, B - BGP, E - EIGRP, N - NHRP,
Sub-codes:
      (n) - normal, (s) - static, (d) - default, (r) - redistribute,

     Network            Next Hop         Metric From            Tag Time
R(n) 10.0.2.0/24        10.0.1.2              2 10.0.1.2          0 00:14
C(i) 10.0.3.0/24        0.0.0.0               1 self              0
R(n) 10.1.3.0/24        10.0.3.4              4 10.0.3.4         10 00:11
R(n) 10.1.9.0/24        10.0.3.4             16 10.0.3.4          0 00:05
"""
    assert adapter("frr").table(text) == [
        Learned(Prefix.parse("10.0.2.0/24"), B, 2, 1, 0),
        Learned(Prefix.parse("10.1.3.0/24"), D, 4, 3, 10),
    ]


def test_the_table_of_bird() -> None:
    """As `show route primary protocol rip1` of BIRD 2.17 prints it."""
    text = """\
BIRD 2.17.5 ready.
Access restricted
Table master4:
10.0.2.0/24          unicast [rip1 01:29:52.123] * (120/2)
	via 10.0.1.2 on eth1
10.1.3.0/24          unicast [rip1 01:29:53.001 from 10.0.3.7] * (120/4) [000a]
	via 10.0.3.4 on eth2
"""
    assert adapter("bird").table(text) == [
        Learned(Prefix.parse("10.0.2.0/24"), B, 2, 1, 0),
        Learned(Prefix.parse("10.1.3.0/24"), D, 4, 3, 10),
    ]


def test_a_program_is_told_everything() -> None:
    run = adapter("./my-rip").run(task())
    told = json.loads(run.environment["CATENET_SERVICE"])
    assert told == json.loads(run.files["/run/x/service.json"])
    assert run.commands[0].words == ("/lab/my-rip",)
    assert told["began"] == BEGAN
    assert (told["node"], told["service"], told["options"]["update"]) == ("a", "rip", 5.0)
    assert told["routes"] == [{"to": "10.8.0.0/16", "via": "10.0.2.9"}, {"to": "0.0.0.0/0", "via": "10.0.2.9"}]
    assert told["interfaces"][0] == {
        "lan": "link1",
        "device": "eth1",
        "address": "10.0.1.7",
        "prefix": "10.0.1.0/24",
        "up": True,
    }


def test_a_long_line_that_is_no_route_of_birds_is_passed_over() -> None:
    """In a time that grows as its length does."""
    assert adapter("bird").table("10.0.0.0/8 * [00ff](1" * 50_000) == []
