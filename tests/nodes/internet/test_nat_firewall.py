"""`translate: off`: addresses stay, and the filtering remains."""

from __future__ import annotations

import pytest
from nat_home import PUBLIC, X2, Y_OTHER_PORT, Home, X, Y, Z, echo, error, icmp, tcp, udp

WEB = "10.0.0.9:80"


def test_what_passes_is_the_same_object() -> None:
    home = Home(translate="off")
    for _ in range(3):  # by the rules, then by the fast path
        there, back = udp(X, Y), udp(Y, X)
        assert home.out(there) is there
        assert home.enter(back) is back
    assert home.rows[0]["outside"] == X


@pytest.mark.parametrize(
    ("filtering", "let_in"),
    [
        ("endpoint-independent", {Y, Y_OTHER_PORT, Z}),
        ("address-dependent", {Y, Y_OTHER_PORT}),
        ("address-and-port-dependent", {Y}),
    ],
)
@pytest.mark.parametrize("mapping", ["endpoint-independent", "address-and-port-dependent"])
def test_who_is_let_in(mapping: str, filtering: str, let_in: set[str]) -> None:
    """RFC 4787 section 5; whatever `mapping` is, there is nothing to map."""
    home = Home(translate="off", mapping=mapping, filtering=filtering)
    home.out(udp(X, Y))
    assert {peer for peer in (Y, Y_OTHER_PORT, Z) if home.enter(udp(peer, X)) is not None} == let_in
    assert home.enter(udp(Y, X2)) is None


def test_two_hosts_may_have_one_port() -> None:
    home = Home(translate="off")
    assert home.out(udp(X, Y)) is not None
    assert home.out(udp(X2, Y)) is not None
    assert {row["outside"] for row in home.rows} == {X, X2}


def test_connections_from_outside_are_refused_after_six_seconds() -> None:
    home = Home(translate="off")
    assert home.enter(tcp(WEB, X, "S", seq=1)) is None
    home.wait(6.1)
    (told,) = home.sends()
    assert (str(told.destination), told.data[:2]) == ("10.0.0.9", b"\x03\x03")


def test_connections_from_inside_live_and_end() -> None:
    home = Home(translate="off")
    for packet in (tcp(X, WEB, "S", seq=1), tcp(X, WEB, "A", seq=2, ack=9)):
        assert home.out(packet) is packet
        answer = tcp(WEB, X, "SA", seq=8, ack=2)
        assert home.enter(answer) is answer
    assert home.states == ["established"]


def test_pings_go_out_and_none_come_in() -> None:
    home = Home(translate="off")
    there = echo("192.168.1.2", "10.0.0.9", 7)
    assert home.out(there) is there
    back = echo("10.0.0.9", "192.168.1.2", 7, reply=True)
    assert home.enter(back) is back
    assert home.enter(echo("10.0.0.9", "192.168.1.3", 7, reply=True)) is None
    assert home.enter(echo("10.0.0.9", "192.168.1.2", 7)) is None
    assert home.out(echo("192.168.1.2", "10.0.0.9", 8, reply=True)) is None


def test_errors_pass_as_they_are_where_they_are_about_a_session() -> None:
    home = Home(translate="off")
    home.out(udp(X, Y))
    inward, outward = error("10.7.7.7", udp(X, Y), 11, 0), error("192.168.1.2", udp(Y, X))
    assert home.enter(inward) is inward
    assert home.out(outward) is outward
    assert home.enter(error("10.7.7.7", udp(X2, Y))) is None
    assert home.out(error("192.168.1.3", udp(Y, X2))) is None
    assert home.enter(icmp("10.7.7.7", "192.168.1.2", 5)) is None


def test_what_is_for_the_node_itself_is_its_own() -> None:
    home = Home(translate="off")
    for packet in (udp(Y, f"{PUBLIC}:9"), tcp(WEB, f"{PUBLIC}:9", "S"), echo("10.0.0.9", PUBLIC, 7)):
        assert home.arrive(packet) is packet
        assert home.arrive(packet, "home") is packet
