"""All sessions of a router: which of them a packet is for, from which ports they speak, and what strangers can do (RFC
5880 sections 6.3, 6.8.1 and 6.8.6, RFC 5881)."""

from __future__ import annotations

from random import Random

import pytest
from bfd_router import ADMIN_DOWN, DOWN, FAST, HIS, INIT, ME, PEER, UP, A, Watcher, up
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.machine import MAX_SESSIONS, BfdMachine
from catenet.nodes.internet.bfd.packet import PORT, Control
from catenet.nodes.internet.bfd.session import Key
from catenet.nodes.machine import ClosePort, Datagram, Endpoint, OpenPort, Send, Udp

OTHER = A("10.0.1.9")
FAR = A("10.0.2.2")


def hello(yours: int = 0, **fields: object) -> Control:
    return Control(DOWN, 3, HIS, yours, 1_000_000, 100_000)._replace(**fields)


# Where it speaks (RFC 5881 sections 4 and 5)


def test_rfc_5881_4_and_5_it_listens_on_3784_and_hears_ttls() -> None:
    assert Watcher().opened() == [
        OpenPort(Udp(3784, lan), ttl=255, tos=0xC0, hears_ttl=True) for lan in ("link1", "link2")
    ]


def test_rfc_5881_4_and_5_packets_go_to_3784_from_one_port_of_their_own_with_a_ttl_of_255() -> None:
    watcher = Watcher(random=Random("ports"))
    for number in range(1, 4):
        watcher.watch(A(f"10.0.1.{number}"))
    watcher.wait(10)
    by_peer: dict[Address, set[int]] = {}
    for each in watcher.sent:
        packet = each.datagram
        assert (packet.source.address, packet.destination.port, packet.interface) == (ME, 3784, "link1")
        by_peer.setdefault(packet.destination.address, set()).add(packet.source.port)
    ports = [port for found in by_peer.values() for port in found]
    assert len(ports) == len(set(ports)) == 3
    assert all(49_152 <= port <= 65_535 for port in ports)
    spoken = [asked for asked in watcher.opened() if asked.port.number != 3784]  # type: ignore[union-attr]
    assert {(asked.ttl, asked.tos) for asked in spoken} == {(255, 0xC0)}
    assert {asked.port.number for asked in spoken} == set(ports)  # type: ignore[union-attr]


def test_rfc_5881_4_a_port_that_somebody_has_is_another_one() -> None:
    watcher = Watcher()
    session = watcher.watch()
    first, asked = session.port, watcher.opened()[-1]
    watcher.sent.clear()
    assert watcher.machine.port_failed(asked, watcher.now)
    watcher.take()
    assert session.port != first
    assert watcher.opened()[-1].port == Udp(session.port, "link1")
    assert [each.datagram.source.port for each in watcher.sent] == [session.port]


def test_a_session_without_any_port_is_mute_and_the_others_live_on() -> None:
    watcher = Watcher(random=Random("taken"))
    session = watcher.watch()
    tries = 0
    while session.port:
        assert watcher.machine.port_failed(watcher.opened()[-1], watcher.now)
        watcher.take()
        tries += 1
    assert tries == 64
    watcher.sent.clear()
    watcher.hear(hello(session.discriminator))
    watcher.wait(10)
    assert watcher.sent == []
    watcher.watch(OTHER)
    assert len(watcher.sent) == 1


def test_a_port_of_others_is_none_of_a_session() -> None:
    watcher = Watcher()
    watcher.watch()
    assert not watcher.machine.port_failed(OpenPort(Udp(PORT, "link1")), watcher.now)


def test_a_port_is_closed_and_free_again_with_its_session() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.release()
    assert watcher.ports[-1] == ClosePort(Udp(session.port, "link1"))
    assert watcher.watch().port == session.port


# Which session it is for (6.3, 6.8.6)


def test_6_8_6_your_discriminator_selects_the_session() -> None:
    watcher = Watcher()
    one, other = watcher.watch(), watcher.watch(OTHER)
    watcher.hear(hello(other.discriminator))
    assert (one.state, other.state) == (DOWN, INIT)


def test_6_3_it_does_so_whatever_the_source_address_is() -> None:
    watcher = Watcher()
    one, other = watcher.watch(), watcher.watch(OTHER)
    watcher.hear(hello(other.discriminator), source=PEER)
    assert (one.state, other.state) == (DOWN, INIT)


def test_rfc_5881_6_answers_go_to_the_configured_address_all_the_same() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(session.discriminator), source=A("10.0.1.77"))
    assert {each.datagram.destination for each in watcher.sent} == {Endpoint(PEER, PORT)}


def test_6_8_6_an_unknown_discriminator_is_discarded() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(session.discriminator - 1))
    assert session.state == DOWN
    assert [word for word, _, _ in watcher.refused] == ["discriminator"]


def test_6_8_6_without_a_discriminator_the_address_on_that_interface_selects_it() -> None:
    watcher = Watcher()
    one, other = watcher.watch(), watcher.watch(OTHER)
    watcher.hear(hello(), source=OTHER)
    assert (one.state, other.state) == (DOWN, INIT)


def test_6_8_6_no_packet_makes_a_session() -> None:
    watcher = Watcher()
    watcher.watch()
    for last in range(10, 200):
        watcher.hear(hello(), source=A(f"10.0.1.{last}"))
    assert len(list(watcher.machine.sessions)) == 1
    assert watcher.machine.counters["strangers"] == 190
    assert watcher.refused == []  # a neighbour may be there before its Hello is


def test_rfc_5881_6_packets_come_from_our_address_there_as_it_is_now() -> None:
    watcher = up()
    watcher.release()
    assert watcher.machine.watch(Key("link1", PEER), A("10.0.1.6"), FAST, watcher.now)
    watcher.take()
    assert watcher.sent[-1].datagram.source.address == A("10.0.1.6")
    watcher.machine.readdress("link1", A("10.0.1.7"))
    assert {each.datagram.source.address for each in watcher.wait(2.0)} == {A("10.0.1.7")}


def test_rfc_5881_6_on_a_point_to_point_link_the_source_address_does_not_matter() -> None:
    watcher = Watcher()
    session = watcher.watch(FAR, "link2")
    watcher.hear(hello(), source=A("192.0.2.1"), lan="link2")
    assert session.state == INIT


def test_on_a_multiaccess_network_it_does() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(), source=A("192.0.2.1"))
    assert session.state == DOWN


def test_rfc_5881_3_a_session_is_bound_to_its_interface() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(session.discriminator), lan="link2")
    assert session.state == DOWN
    assert [word for word, _, _ in watcher.refused] == ["interface"]


@pytest.mark.parametrize("ttl", [0, 1, 64, 254])
def test_rfc_5881_5_a_ttl_that_is_not_255_is_discarded(ttl: int) -> None:
    watcher = up()
    watcher.say(UP)
    watcher.hear(hello(watcher.session().discriminator), ttl=ttl)
    assert watcher.session().state == UP
    assert [(word, known) for word, _, known in watcher.refused] == [("ttl", True)]


def test_6_8_6_the_a_bit_where_no_authentication_is_in_use() -> None:
    watcher = Watcher()
    session = watcher.watch()
    data = bytearray(bytes(hello(session.discriminator, authenticated=True)) + b"\1\2")
    data[3] = 26
    watcher.hear(bytes(data))
    assert session.state == DOWN
    assert [word for word, _, _ in watcher.refused] == ["authentication"]


def test_rfc_5881_4_any_source_port_is_taken() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(), source_port=1024)
    assert session.state == INIT


def test_what_comes_to_the_port_from_which_it_speaks_is_not_taken() -> None:
    watcher = Watcher()
    session = watcher.watch()
    watcher.hear(hello(), port=session.port)
    assert session.state == DOWN
    assert [word for word, _, _ in watcher.refused] == ["port"]


# Discriminators (6.8.1)


def test_6_8_1_discriminators_are_unique_and_nonzero_and_random() -> None:
    watcher = Watcher(random=Random("numbers"))
    numbers = [watcher.watch(A(f"10.0.1.{last}")).discriminator for last in range(1, 200)]
    assert len(set(numbers)) == 199
    assert 0 not in numbers
    assert max(numbers) > 1 << 31 > min(numbers)


def test_6_8_1_they_are_so_with_randomness_that_always_says_the_same() -> None:
    watcher = Watcher()
    numbers = [watcher.watch(A(f"10.0.1.{last}")).discriminator for last in range(1, 10)]
    assert numbers == [0xFFFFFFFF, *range(1, 9)]


# Bounds


def test_the_number_of_sessions_is_bounded() -> None:
    machine = BfdMachine(Random("many"), lambda *_: None)
    machine.listen("lan", shared=True)
    keys = [Key("lan", Address(0x0A000001 + number)) for number in range(MAX_SESSIONS + 5)]
    made = [machine.watch(key, ME, FAST, 0.0) for key in keys]
    assert made == [True] * MAX_SESSIONS + [False] * 5
    assert machine.counters["unwatched"] == 5
    machine.release(keys[0], 0.0)
    assert machine.watch(keys[-1], ME, FAST, 0.0)
    assert len(list(machine.sessions)) == MAX_SESSIONS


def test_who_is_about_to_be_forgotten_makes_room() -> None:
    watcher = up()
    watcher.release()
    machine = watcher.machine
    keys = [Key("link1", Address(0x0A000200 + number)) for number in range(MAX_SESSIONS)]
    assert all(machine.watch(key, ME, FAST, watcher.now) for key in keys)
    assert machine.session(Key("link1", PEER)) is None


def test_an_interface_that_is_gone_takes_its_sessions_along() -> None:
    watcher = Watcher()
    watcher.watch()
    watcher.watch(FAR, "link2")
    watcher.machine.forget("link1")
    assert [session.key.lan for session in watcher.machine.sessions] == ["link2"]
    watcher.hear(hello())
    assert watcher.machine.counters["strangers"] == 1


# Hostile input


@given(st.lists(st.tuples(st.binary(max_size=60), st.sampled_from([PEER, OTHER, A("10.9.9.9")])), max_size=40))
def test_whatever_comes_is_counted_and_answered_once_at_most(given_packets: list[tuple[bytes, Address]]) -> None:
    watcher = up()
    for data, source in given_packets:
        before = len(watcher.sent)
        watcher.hear(data, source=source)
        assert len(watcher.sent) - before <= 2
    counted = watcher.machine.counters["received"] + watcher.machine.counters["strangers"] + len(watcher.refused)
    assert counted == len(given_packets) + 4  # with those of its coming up


@given(
    st.lists(
        st.tuples(
            st.builds(
                Control,
                st.sampled_from([ADMIN_DOWN, DOWN, INIT, UP]),
                st.integers(1, 255),
                st.integers(1, 0xFFFFFFFF),
                st.sampled_from([0, 1, 2]),
                st.sampled_from([0, 1, 50_000, 1_000_000, 0xFFFFFFFF]),
                st.sampled_from([0, 1, 50_000, 1_000_000, 0xFFFFFFFF]),
                diagnostic=st.just(0),
                echo=st.just(0),
                independent=st.just(False),
                authenticated=st.just(False),
                poll=st.booleans(),
                final=st.booleans(),
                demand=st.booleans(),
            ),
            st.sampled_from([0.0, 0.01, 0.1, 0.5, 2.0]),
        ),
        max_size=60,
    )
)
def test_whatever_a_neighbour_says_the_machine_comes_to_rest(said: list[tuple[Control, float]]) -> None:
    """No storm, no dead timer: it sends at most as fast as it would like, beside one or two packets for each of his."""
    watcher = Watcher()
    session = watcher.watch()
    for control, seconds in said:
        known = control.yours or control.state > DOWN
        before = len(watcher.sent)
        watcher.hear(control._replace(yours=session.discriminator if known else 0))
        assert len(watcher.sent) - before <= 2
        assert len(watcher.wait(seconds)) <= seconds / 0.09 + 3
    watcher.say(DOWN, final=True, multiplier=3, desired=100_000, required=100_000)
    watcher.wait(100)
    assert session.state == DOWN
    assert session.remote_discriminator == 0
    assert 90 <= len(watcher.wait(100)) <= 101


def test_a_flood_of_unknown_discriminators_makes_nothing() -> None:
    machine = BfdMachine(Random("flood"), lambda *_: None)
    machine.listen("lan", shared=True)
    machine.take_actions()
    for number in range(1, 20_000):
        source = Endpoint(Address(0x0A000000 + number), 49_152)
        data = bytes(Control(UP, 3, number, number, 1, 1))
        machine.receive(Datagram(data, source, Endpoint(ME, PORT), "lan", 255), 0.0)
    assert machine.take_actions() == []
    assert machine.next_wake() is None
    assert list(machine.sessions) == []


def test_a_session_that_fails_is_not_said_to_have_failed_again_and_again() -> None:
    watcher = up()
    for _ in range(100):
        watcher.say(DOWN, yours=0)
        watcher.wait(1.0)
    assert [change.failed for change in watcher.changes].count(True) == 1


def test_only_packets_go_out_of_it() -> None:
    """And ports are opened: nothing else is the runtime's affair."""
    machine = BfdMachine(Random("actions"), lambda *_: None)
    machine.listen("lan", shared=True)
    machine.watch(Key("lan", PEER), ME, FAST, 0.0)
    assert {type(action) for action in machine.take_actions()} == {OpenPort, Send}
