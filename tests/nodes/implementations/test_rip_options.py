"""The options of `rip` in the words of FRR and BIRD: the same to both, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from catenet.nodes.catalogue import daemon
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.implementations.bird.rip import DAEMON as BIRD
from catenet.nodes.implementations.daemon import Task
from catenet.nodes.implementations.frr.rip import DAEMON as FRR

MakeTask = Callable[..., Task]
Configuration = Callable[..., str]


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
def test_options_are_translated(configuration: Configuration, options: dict[str, object], frr: str, bird: str) -> None:
    assert frr in configuration("frr", **options)
    assert bird in configuration("bird", **options)


@pytest.mark.parametrize("word", ["frr", "bird"])
def test_what_the_lab_does_not_say_is_not_announced(configuration: Configuration, word: str) -> None:
    told = configuration(word, passive=("link2",))
    assert "10.8.0.0" not in told
    assert not re.search(r"redistribute|default-information|unreachable|reject; accept|deny", told)


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
        ("frr", {"redistribute": ("ospf", "x")}, "redistributes connected, static, default, ospf alone, and not x"),
        (
            "bird",
            {"redistribute": ("connected", "x", "y")},
            "redistributes connected, static, default, ospf alone, and not x, y",
        ),
        ("bird", {"triggered": "off"}, "always sends triggered updates"),
    ],
)
def test_what_it_cannot_do(task: MakeTask, word: str, options: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        daemon(Implementation(word), "rip").check(task(word, **options).options)


def test_all_that_it_cannot_do_is_said_at_once(task: MakeTask) -> None:
    options = task("frr", update=2.0, garbage=7.5, triggered="off", auth={"hmac-sha-256": {"1": "hush"}}).options
    with pytest.raises(ValueError, match="update is 2s") as refused:
        FRR.check(options)
    assert str(refused.value) == (
        "takes no timer under 5s, and whole seconds: update is 2s, garbage is 7.5s; "
        "it has no hmac-sha-256: its authentication is password or md5; "
        "it always sends triggered updates: `triggered: off` is for routers of ours"
    )
    with pytest.raises(ValueError, match=r"garbage is 7\.5s; it always sends triggered updates"):
        BIRD.check(options)


def test_bird_takes_what_frr_does_not(task: MakeTask) -> None:
    options = task("frr", update=2.0, timeout=6.0, garbage=4.0).options
    BIRD.check(options)
    with pytest.raises(ValueError, match="update is 2s"):
        FRR.check(options)


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
def test_lifetimes_are_translated(configuration: Configuration, auth: dict[str, object], frr: str, bird: str) -> None:
    assert frr in configuration("frr", auth=auth)
    assert bird in configuration("bird", auth=auth)


def test_with_fail_secure_the_last_key_ends(configuration: Configuration) -> None:
    auth = {"md5": {"1": OLD}}
    assert "send-lifetime 00:00:00 1 January 1993 08:02:59 15" in configuration("frr", auth=auth, fail_secure="on")
    assert 'generate to "2027-01-15 08:03:00.000000"' in configuration("bird", auth=auth, fail_secure="on")
