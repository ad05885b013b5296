"""What nobody can make it do: hold more than its bounds, end what lives, share a port, raise."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nat_home import PUBLIC, X2, Home, X, Y, Z, echo, ends, error, tcp, udp

from catenet.nodes.internet.nat.ports import PortPool
from catenet.nodes.machine import Hook

BEHAVIOURS = ("endpoint-independent", "address-dependent", "address-and-port-dependent")


def test_a_full_table_refuses_the_new_and_keeps_the_living() -> None:
    home = Home(max_mappings=10)
    first = [home.sent(f"192.168.1.{host}:5000") for host in range(2, 12)]
    home.take()
    assert [home.out(udp(f"192.168.1.{host}:5000", Y)) for host in range(12, 100)] == [None] * 88
    assert [home.hears(Y, outside) is not None for outside in first] == [True] * 10
    assert home.counters["full"] == 88
    assert home.told().count("nat.full") == 88  # once for each host
    home.wait(301)
    assert home.out(udp(X2, Y)) is not None


def test_a_host_has_no_more_than_its_share() -> None:
    home = Home(per_host=5)
    made = [home.out(udp(f"192.168.1.2:{port}", Y)) for port in range(5000, 5020)]
    assert sum(each is not None for each in made) == 5
    assert home.out(udp(X2, Y)) is not None


def test_one_peer_more_takes_the_place_of_the_oldest() -> None:
    home = Home(peers_per_mapping=3, filtering="address-and-port-dependent")
    for peer in ("10.0.0.9:1", "10.0.0.9:2", "10.0.0.9:3", "10.0.0.9:4"):
        home.now += 1
        home.sent(X, peer)
    heard = [home.hears(f"10.0.0.9:{port}", f"{PUBLIC}:5000") for port in (1, 2, 3, 4)]
    assert heard == [None, X, X, X]


def test_peers_of_outside_do_not_push_out_those_of_inside() -> None:
    """Whoever may send to a mapping could otherwise shut it for those whom inside has asked."""
    home = Home(peers_per_mapping=4, filtering="endpoint-independent")
    home.sent(X, Y)
    home.sent(X, Z)
    assert all(home.hears(f"10.5.5.5:{port}", f"{PUBLIC}:5000") == X for port in range(1, 100))
    assert {row["peer"] for row in home.rows} >= {Y, Z}
    assert len(home.rows) == 4
    full = Home(peers_per_mapping=1, filtering="endpoint-independent")
    full.sent(X, Y)
    assert full.hears(Z, f"{PUBLIC}:5000") is None


def test_sessions_of_all_mappings_are_bounded_too() -> None:
    home = Home(max_mappings=8, per_host=4, peers_per_mapping=256)
    for port in range(1000, 1100):
        home.out(udp(X, f"10.0.0.9:{port}"))
        home.out(udp(X2, f"10.0.0.9:{port}"))
    assert len(home.rows) == 4 * 8
    assert home.out(udp("192.168.1.4:5000", Y)) is None


def test_what_has_ended_is_counted_no_more() -> None:
    home = Home(max_mappings=2, per_host=1)
    for _ in range(5):
        assert {home.sent(X, f"10.0.0.9:{port}") for port in (1, 2, 3, 4)} == {f"{PUBLIC}:5000"}
        assert home.out(udp("192.168.1.2:5001", Y)) is None
        home.wait(301)


def test_the_fast_path_forgets_with_the_session() -> None:
    home = Home(peers_per_mapping=2, filtering="address-and-port-dependent")
    for port in range(1000, 1100):
        home.now += 1
        home.sent(X, f"10.0.0.9:{port}")
        home.hears(f"10.0.0.9:{port}", f"{PUBLIC}:5000")
    assert sum(map(len, home.machine._flows.values())) == 4
    home.wait(301)
    assert sum(map(len, home.machine._flows.values())) == 0
    assert home.machine.next_wake() is None


def test_a_flow_is_known_only_where_it_goes() -> None:
    """The same addresses and ports from another LAN, or to another one, are judged anew."""
    home = Home()
    assert home.out(udp(X, Y)) is not None
    assert home.machine.cross(udp(X, Y), Hook.FORWARDING, "street", "home", home.now) is None
    inner = udp(X, Y)
    assert home.machine.cross(inner, Hook.FORWARDING, "home", "guests", home.now) is inner
    answer = udp(Y, f"{PUBLIC}:5000")
    assert home.arrive(answer) is not None
    assert home.machine.cross(answer, Hook.ARRIVING, "elsewhere", "", home.now) is answer


@settings(max_examples=30)
@given(st.integers(1, 60), st.booleans(), st.randoms(use_true_random=False))
def test_a_port_is_given_once(size: int, preserve: bool, random: object) -> None:
    pool = PortPool(2000, 2000 + size - 1, {(17, 2000)}, random.randbytes, preserve=preserve)  # type: ignore[attr-defined]
    taken = [pool.take(17, 2000 + step) for step in range(size - 1)]
    assert sorted(port for port in taken if port) == list(range(2001, 2000 + size))
    assert pool.take(17, 2000) is None
    assert pool.take(6, 2000) is not None
    if size > 1:
        pool.give_back(17, 2001)
        assert pool.take(17, 9) == 2001


def test_where_a_preserved_port_is_taken_the_next_is_drawn() -> None:
    """RFC 7857 section 9: "obfuscate the ephemeral port of a packet only if the port must be changed"."""
    drawn = set()
    for seed in range(40):
        home = Home(seed=seed)
        assert home.sent(X) == f"{PUBLIC}:5000"
        drawn.add(home.sent(X2))
    assert len(drawn) > 35


HOSTS = st.sampled_from([f"192.168.{lan}.{host}:{port}" for lan in (1, 2) for host in (2, 3) for port in (5000, 5001)])
PEERS = st.sampled_from([f"10.0.0.{host}:{port}" for host in (8, 9) for port in (80, 81)])
FLAG = st.sampled_from(["S", "SA", "A", "FA", "R", "RA", "PA"])
STEP = st.one_of(
    st.tuples(st.just("out"), HOSTS, PEERS, st.sampled_from(["udp", "echo"]) | FLAG),
    st.tuples(st.just("in"), PEERS, st.integers(5000, 5003), st.just("udp") | FLAG),
    st.tuples(st.just("wait"), st.floats(0.1, 400.0), st.none(), st.none()),
)


def made(source: str, destination: str, kind: str) -> bytes:
    if kind == "udp":
        return udp(source, destination)
    if kind == "echo":
        return echo(source.split(":", maxsplit=1)[0], destination.split(":", maxsplit=1)[0], 3000)
    return tcp(source, destination, kind, seq=1, ack=1)


@settings(max_examples=60)
@given(
    st.sampled_from(BEHAVIOURS),
    st.sampled_from(BEHAVIOURS),
    st.sampled_from(["preserve", "random"]),
    st.lists(STEP, max_size=40),
)
def test_no_two_inside_endpoints_share_an_outside_one(mapping: str, filtering: str, ports: str, steps: list) -> None:
    """And what comes in by a mapping comes to its inside, as it would have been sent there: inbound is the inverse of
    outbound."""
    home = Home(mapping=mapping, filtering=filtering, ports=ports, first_port=5000, last_port=5003, max_mappings=6)
    for kind, first, second, how in steps:
        if kind == "wait":
            home.wait(first)
        elif kind == "in":
            home.arrive(made(first, f"{PUBLIC}:{second}", how))
        elif (there := home.out(made(first, second, how))) is not None and how == "udp":
            outside, peer = ends(there)
            assert peer == second
            assert home.arrive(udp(second, outside)) == udp(second, first)
        owners: dict[tuple[str, str], str] = {}
        for row in home.rows:
            assert owners.setdefault((row["protocol"], row["outside"]), row["inside"]) == row["inside"]
            assert 0 < row["ends_in"] <= 7440


PACKETS = [udp(X, Y), udp(Y, f"{PUBLIC}:5000"), tcp(X, Y, "S"), echo("192.168.1.2", "10.0.0.9", 5000)]
PACKETS += [error("10.7.7.7", udp(f"{PUBLIC}:5000", Y)), error("192.168.1.2", udp(Y, X)), udp(X2, f"{PUBLIC}:5000")]


LANS = st.sampled_from(["", "home", "street", "elsewhere"])
INWARD, OUTWARD = (Hook.ARRIVING, "street", ""), (Hook.FORWARDING, "home", "street")


@settings(max_examples=150)
@given(
    st.one_of(st.binary(max_size=80), st.sampled_from(PACKETS)),
    st.lists(st.tuples(st.integers(0, 79), st.integers(0, 255)), max_size=6),
    st.integers(0, 80),
    st.tuples(st.sampled_from([*Hook]), LANS, LANS),
    st.sampled_from(["on", "off"]),
)
@example(udp(X, Y), [], 24, OUTWARD, "on")
@example(udp(X, Y), [], 27, OUTWARD, "on")
@example(tcp(X, Y, "A"), [], 30, OUTWARD, "on")
@example(error("10.7.7.7", udp(f"{PUBLIC}:5000", Y)), [], 30, INWARD, "on")
def test_it_never_raises(packet: bytes, changes: list, cut: int, place: tuple[Hook, str, str], translate: str) -> None:
    home = Home(translate=translate)
    home.sent(X, Y)
    home.connect(X, Y)
    spoilt = bytearray(packet)
    for at, value in changes:
        if at < len(spoilt):
            spoilt[at] = value
    result = home.machine.cross(bytes(spoilt)[: cut or None], *place, home.now)
    assert result is None or isinstance(result, bytes)
    home.wait(10_000)
    assert home.rows == []


@pytest.mark.parametrize("hook", [*Hook])
def test_what_is_no_packet_is_counted(hook: Hook) -> None:
    home = Home()
    assert home.machine.cross(b"\x45" + bytes(30), hook, "home", "street", home.now) is None
    assert home.counters["malformed"] == 1
    assert home.told() == ["nat.refused"]
    assert home.machine.cross(b"\x45" + bytes(30), hook, "home", "street", home.now) is None
    assert home.told() == []  # it was told


def test_who_is_outside_cannot_take_from_a_host_what_it_needs() -> None:
    """Whoever is let in uninvited has half of what there is: a new mapping from inside finds room behind any crowd."""
    home = Home(per_host=2, peers_per_mapping=256, filtering="endpoint-independent")
    outside = home.sent(X, Y)
    for port in range(1, 101):
        home.hears(f"10.5.5.5:{port}", outside)
    assert len(home.rows) == 4
    assert home.out(udp("192.168.1.2:5001", Y)) is not None
