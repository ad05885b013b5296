"""What is BIRD's alone: its octets, its table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.implementations.bird import rip as bird
from catenet.nodes.implementations.daemon import LearnedRoute, Task

MakeTask = Callable[..., Task]
Configuration = Callable[..., str]
BIRD = bird.DAEMON
B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")


def test_its_routes_go_into_a_table_of_their_own(configuration: Configuration) -> None:
    assert "protocol kernel { scan time 1; kernel table 189; ipv4 { import none;" in configuration("bird")


def test_bird_has_hmac(configuration: Configuration) -> None:
    options = {"auth": {"hmac-sha-256": {"1": "hush"}}}
    assert 'password "hush" { id 1; algorithm hmac sha256; };' in configuration("bird", **options)


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
def test_any_octets_are_told_to_bird(
    configuration: Configuration, task: MakeTask, auth: dict[str, object], told: str
) -> None:
    BIRD.check(task("bird", auth=auth).options)
    assert told in configuration("bird", auth=auth)


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
    assert bird.read_table(text) == [
        LearnedRoute(Prefix.parse("10.0.2.0/24"), B, 2, 0),
        LearnedRoute(Prefix.parse("10.1.3.0/24"), D, 4, 10),
    ]


def test_a_long_line_that_is_no_route_of_birds_is_passed_over() -> None:
    """In a time that grows as its length does."""
    assert bird.read_table("10.0.0.0/8 * [00ff](1" * 50_000) == []
