"""What the user sees: `show nat`, events, the ports that it opens."""

from __future__ import annotations

import json

from nat_home import PUBLIC, Home, X, Y, Z, echo, udp

from catenet.nodes.address import Address
from catenet.nodes.catalogue import table
from catenet.nodes.control.view import blocks
from catenet.nodes.machine import Crossing, Ip, OpenPort, Report


def test_the_ports_that_it_opens() -> None:
    """The packets of its outside address, and ICMP, to send errors by."""
    assert Home().opened == [OpenPort(Crossing((Address.parse(PUBLIC),))), OpenPort(Ip(1))]


def test_a_row_has_owner_peer_and_age() -> None:
    home = Home()
    home.out(udp(X, Y, b"x" * 72))
    home.wait(30)
    home.hears(Y, f"{PUBLIC}:5000")
    home.wait(12)
    assert home.rows == [
        {
            "protocol": "udp",
            "owner": "alice",
            "inside": X,
            "outside": f"{PUBLIC}:5000",
            "peer": Y,
            "state": "open",
            "age": 42.0,
            "idle": 12.0,
            "ends_in": 258.0,
            "bytes_out": 100,
            "bytes_in": 33,
        }
    ]


def test_a_row_of_a_ping_and_one_of_an_uninvited_peer() -> None:
    home = Home(filtering="endpoint-independent")
    home.out(echo("192.168.1.2", "10.0.0.9", 2000))
    home.sent(X, Y)
    home.hears(Z, f"{PUBLIC}:5000")
    assert [(row["protocol"], row["peer"], row["state"]) for row in home.rows] == [
        ("icmp", "10.0.0.9", "open"),
        ("udp", Y, "open"),
        ("udp", Z, "open, by peer"),
    ]


def test_a_long_table_is_cut_and_says_so() -> None:
    home = Home()
    for port in range(2000, 3001):
        home.out(udp(f"192.168.1.2:{port}", Y))
    shown = home.machine.show("nat", home.now)
    assert len(shown["table"]) == 1000
    assert (shown["behaviour"]["mappings"], shown["behaviour"]["rows"]) == (1001, "the first 1000")
    json.dumps(shown)


def test_its_behaviour_is_shown() -> None:
    shown = Home(filtering="endpoint-independent").machine.show("nat", 0.0)["behaviour"]
    assert (shown["outside"], shown["inside"], shown["rows"]) == (f"{PUBLIC} on street", "guests, home", "all")
    assert (shown["mapping"], shown["filtering"]) == ("endpoint-independent", "endpoint-independent")


def test_of_a_firewall_only_that_is_shown_which_means_something_there() -> None:
    shown = Home(translate="off").machine.show("nat", 0.0)["behaviour"]
    assert (shown["translate"], shown["filtering"], shown["udp"]) == ("off", "address-dependent", "on")
    assert not {"mapping", "ports", "hairpin"} & shown.keys()


def test_the_table_begins_with_whose_mapping_it_is_and_times_stand_behind() -> None:
    home = Home()
    home.sent(X, Y)
    block, *_ = blocks(home.machine.show("nat", home.now), {}, table("nat"))
    assert block.heads[:6] == ["owner", "protocol", "inside", "outside", "peer", "state"]
    assert block.heads[6:9] == ["age (s)", "idle (s)", "ends in (s)"]


def test_what_happened_to_a_mapping_is_said_as_it_is() -> None:
    """A firewall gives nobody an address."""
    said = []
    for home in (Home(), Home(translate="off")):
        home.sent(X, Y)
        home.wait(301)
        said.append([report.text for report in home.take() if isinstance(report, Report)])
    assert said == [
        [f"udp {X} of alice is now {PUBLIC}:5000", f"udp {X} of alice is no more {PUBLIC}:5000"],
        [f"udp {X} of alice may be answered", f"udp {X} of alice may be answered no more"],
    ]


def test_events_of_a_mapping() -> None:
    home = Home()
    home.sent(X, Y)
    home.sent(X, Z)
    (mapped,) = home.take()
    home.wait(301)
    (expired,) = home.take()
    assert isinstance(mapped, Report)
    assert isinstance(expired, Report)
    assert (mapped.kind, expired.kind) == ("nat.mapped", "nat.expired")
    assert mapped.data == expired.data
    assert mapped.data == {"protocol": "udp", "owner": "alice", "inside": X, "outside": f"{PUBLIC}:5000"}


def test_a_refusal_is_told_once_a_minute_for_each_reason() -> None:
    home = Home()
    for _ in range(5):
        home.hears(Y, f"{PUBLIC}:4000")
    (refused,) = home.take()
    assert isinstance(refused, Report)
    assert (refused.kind, refused.data["source"], refused.data["lan"]) == ("nat.refused", "10.0.0.9", "street")
    home.wait(60)
    home.hears(Y, f"{PUBLIC}:4000")
    assert home.told() == ["nat.refused"]


def test_what_is_not_wanted_is_not_made() -> None:
    home = Home(max_mappings=1, wants=lambda kinds, now, times=1: False)
    home.sent(X, Y)
    home.out(udp("192.168.1.9:1", Y))
    home.hears(Y, f"{PUBLIC}:4000")
    home.wait(301)
    assert home.told() == []
