"""What comes in and whom a router gets to know (RFC 2328 sections 8.2, 9.1 to 9.5, 10.4, 10.5)."""

from __future__ import annotations

import pytest
from ospf_router import HIGH, LOW, MASK, ME, Peer, Router, elected, on_point_to_point, packet_of, parse, raw

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.packet import ALL_DESIGNATED, ALL_ROUTERS, EXTERNAL, NONE, Description, Hello
from catenet.nodes.machine import Ip, JoinGroup, LeaveGroup, OpenPort


def test_its_ports_carry_one_hop_and_internetwork_control() -> None:
    """ "OSPF protocol packets travel over a single hop": IP's TTL is 1 (A.1), its precedence 6 (4.3)."""
    router = Router(start=False, lans=("link1",))
    port = Ip(89, "link1")
    assert router.opened == [OpenPort(port, ttl=1, tos=0xC0, fragments=True), JoinGroup(port, ALL_ROUTERS)]


# Section 8.2


def test_8_2_what_this_router_has_sent_itself_is_not_heard() -> None:
    router = Router()
    router.hear(Hello(MASK, 10, EXTERNAL, 1, 40, NONE, NONE, ()), str(ME))
    assert router.counters["refused.own"] == 1


def test_8_2_the_source_must_be_on_the_network() -> None:
    router = Router()
    packet = Hello(MASK, 10, EXTERNAL, 1, 40, NONE, NONE, ())
    router.hear(packet, "10.0.1.255")
    assert router.counters["refused.off-link"] == 1
    assert router.state("10.0.1.255") != "Init"


def test_8_2_the_area_must_be_the_interfaces() -> None:
    router = Router()
    Peer(router, LOW).say(Hello(MASK, 10, EXTERNAL, 1, 40, NONE, NONE, ()), area=7)
    assert router.counters["refused.area"] == 1
    assert router.state(LOW) == "Down"
    assert router.cause(LOW) == "area 0.0.0.7, here 0.0.0.0"


def test_8_2_all_designated_routers_are_heard_only_by_those() -> None:
    router = Router()
    peer = Peer(router, LOW)
    peer.say(peer.hello, to=ALL_DESIGNATED)
    assert router.counters["refused.destination"] == 1
    elected(router, peer)
    assert router.interface()["state"] == "DR"
    peer.say(peer.hello, to=ALL_DESIGNATED)
    assert router.counters["refused.destination"] == 1


def test_8_2_another_destination_is_not_for_us() -> None:
    router = Router()
    peer = Peer(router, LOW)
    peer.say(peer.hello, to="10.0.1.77")
    assert router.counters["refused.destination"] == 1


@pytest.mark.parametrize("version", [1, 3])
def test_8_2_the_version_must_be_2(version: int) -> None:
    router = Router()
    router.hear(raw(1, bytes(20), version=version), LOW)
    assert router.counters["refused.version"] == 1


def test_8_2_what_is_no_hello_is_heard_from_neighbours_only() -> None:
    router = Router()
    Peer(router, LOW).describe(7, 1)
    assert router.counters["ignored.stranger"] == 1


def test_8_2_on_a_broadcast_network_the_address_is_the_neighbour_on_a_point_to_point_one_the_router_id() -> None:
    router = Router(network={"link2": "point-to-point"})
    Peer(router, LOW, "9.9.9.9").greet()
    Peer(router, "10.0.2.2", "9.9.9.9").greet()
    Peer(router, LOW, "9.9.9.8").greet()
    Peer(router, "10.0.2.2", "9.9.9.8").greet()
    heard = [(row["lan"], row["router"]) for row in router.show("ospf neighbors")]
    assert heard == [("link1", "9.9.9.8"), ("link2", "9.9.9.9"), ("link2", "9.9.9.8")]


# Section 9


def test_9_3_an_interface_that_comes_up_waits_and_says_hello_at_once() -> None:
    router = Router()
    assert router.interface()["state"] == "Waiting"
    said = Hello(MASK, 10, EXTERNAL, 1, 40, NONE, NONE, ())
    assert router.sent_to(Hello) == [("224.0.0.5", said)]


def test_9_3_on_a_point_to_point_network_nobody_waits() -> None:
    assert on_point_to_point().interface()["state"] == "Point-to-Point"


def test_9_3_who_cannot_be_elected_does_not_wait() -> None:
    assert Router(priority={"link1": 0}).interface()["state"] == "DR Other"


def test_9_3_the_wait_timer_is_the_dead_interval() -> None:
    router = Router()
    router.wait(39.9)
    assert router.interface()["state"] == "Waiting"
    router.wait(0.2)
    assert router.interface()["state"] == "DR"


@pytest.mark.parametrize(
    ("designated", "backup", "ends"),
    [(HIGH, "0.0.0.0", True), (HIGH, LOW, False), (LOW, HIGH, True), ("0.0.0.0", "0.0.0.0", False)],
)
def test_9_2_backup_seen_ends_waiting(designated: str, backup: str, ends: bool) -> None:
    """By "a neighbor claiming to be itself the Backup", or one "claiming to be itself the Designated Router, and
    indicating that there is no Backup"."""
    router = Router()
    Peer(router, HIGH).greet(designated=Address.parse(designated), backup=Address.parse(backup))
    assert (router.interface()["state"] != "Waiting") == ends


def test_9_2_backup_seen_needs_two_way_communication() -> None:
    router = Router()
    Peer(router, HIGH).greet(designated=Address.parse(HIGH), neighbours=())
    assert router.interface()["state"] == "Waiting"


def test_9_3_an_interface_that_goes_down_ends_everything_on_it() -> None:
    router = Router()
    peer = Peer(router, LOW)
    elected(router, peer)
    router.clear()
    router.set_link("link1", up=False)
    assert router.interface() | {"state": "Down", "designated": None, "neighbours": 0} == router.interface()
    assert router.groups() == [LeaveGroup(Ip(89, "link1"), ALL_DESIGNATED)]
    assert [report.data["cause"] for report in router.reports("neighbor.changed")] == ["link1 went down"]
    assert not [packet for _, link, packet in parse(router.wait(30)) if link == "link1"]


def test_a_1_the_designated_router_and_its_backup_listen_to_all_designated_routers() -> None:
    router = Router()
    router.clear()
    elected(router, Peer(router, LOW))
    joined = [each for each in router.groups() if each.port.interface == "link1"]
    assert joined == [JoinGroup(Ip(89, "link1"), ALL_DESIGNATED)]
    router.clear()
    high = Peer(router, HIGH, priority=9)
    high.greet(designated=Address.parse(HIGH))  # "more than one": two halves come together; it wins
    assert router.interface()["state"] == "Backup"
    assert router.groups() == []


def test_9_4_a_change_of_priority_elects_anew() -> None:
    router = Router()
    peer = Peer(router, HIGH)
    elected(router, peer)
    assert router.interface()["designated"] == HIGH
    peer.greet(priority=0)
    assert router.interface()["designated"] == str(ME)


def test_9_4_the_designated_routers_death_elects_anew() -> None:
    router = Router()
    peer = Peer(router, HIGH)
    elected(router, peer)
    router.wait(41)
    assert router.interface()["state"] == "DR"
    assert router.state(HIGH) == ""


def test_9_5_hellos_go_every_hello_interval_and_list_who_was_heard() -> None:
    router = on_point_to_point()
    Peer(router, LOW, neighbours=()).greet()
    said = [(at, body) for at, link, body in parse(router.wait(31)) if link == "link1" and isinstance(body, Hello)]
    assert [round(at - 100) for at, _ in said[1:]] == [10, 20, 30]
    assert all(body.neighbours == (Address.parse(LOW),) for _, body in said)


def test_9_5_a_stub_areas_hellos_have_no_e_bit() -> None:
    router = Router(area={"link1": 1}, areas={"1": "stub"})
    assert router.sent(Hello)[0].options == 0
    assert router.sent(Hello, "link2")[0].options == EXTERNAL


def test_a_passive_network_hears_nothing() -> None:
    router = Router(passive=("link1",))
    assert router.sent(Hello) == []
    Peer(router, LOW).greet()
    assert router.counters["refused.interface"] == 1


def test_who_is_new_is_greeted_at_once_and_nobody_more_than_ten_times_a_second() -> None:
    router = Router()
    router.wait(5)
    router.clear()
    for number in range(6, 44):
        Peer(router, f"10.0.1.{number}", neighbours=()).greet()
    router.wait(1)
    hellos = router.sent(Hello)
    assert 1 <= len(hellos) <= 10
    assert len(hellos[-1].neighbours) == 38


# Section 10.5


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("hello", 5, "hello 5 s, here 10 s"),
        ("dead", 20, "dead 20 s, here 40 s"),
        ("mask", 0xFFFF0000, "mask 255.255.0.0, here 255.255.255.0"),
        ("options", 0, "area 0.0.0.0 is no stub area here, and one there"),
    ],
)
def test_10_5_what_must_be_the_same_on_a_network(field: str, value: int, why: str) -> None:
    """And who is told: once in words, in `show` as long as it is so, until a Hello is right."""
    router = Router()
    peer = Peer(router, LOW)
    right = getattr(peer.hello, field)
    for _ in range(3):
        peer.greet(**{field: value})
    assert router.state(LOW) == "Down"
    assert router.cause(LOW) == why
    assert [report.data["why"] for report in router.reports("input.refused")] == [why]
    peer.greet(**{field: right})
    assert router.state(LOW) == "2-Way"


def test_10_5_on_a_point_to_point_network_the_mask_is_ignored() -> None:
    router = on_point_to_point()
    Peer(router, LOW, mask=0xFFFFFFFC).greet()
    assert router.state(LOW) == "ExStart"


def test_10_5_in_a_stub_area_the_e_bit_must_be_clear() -> None:
    router = Router(area={"link1": 1}, areas={"1": "stub"})
    peer = Peer(router, LOW, options=0)
    peer.say(peer.hello, area=1)
    assert router.state(LOW) == "2-Way"
    peer.say(peer.hello._replace(options=EXTERNAL), area=1)
    assert router.counters["refused.stub"] == 1


def test_10_5_other_option_bits_are_ignored() -> None:
    router = Router()
    Peer(router, LOW, options=EXTERNAL | 0x50).greet()
    assert router.state(LOW) == "2-Way"


def test_a_router_id_that_is_ours_or_that_two_have_is_named() -> None:
    router = Router()
    Peer(router, LOW, str(ME)).greet()
    assert router.cause(LOW) == f"duplicate router id {ME}: it is this router's"
    Peer(router, "10.0.1.3", "7.7.7.7").greet()
    Peer(router, "10.0.1.4", "7.7.7.7").greet()
    assert router.cause("10.0.1.4") == "duplicate router id 7.7.7.7: 10.0.1.3 has it, too"
    assert router.counters["refused.router-id"] == 2


def test_10_5_one_way_and_two_way() -> None:
    router = Router()
    peer = Peer(router, LOW)
    peer.greet(neighbours=())
    assert router.state(LOW) == "Init"
    peer.greet(neighbours=(ME,))
    assert router.state(LOW) == "2-Way"
    peer.greet(neighbours=(Address.parse("1.1.1.1"),))
    assert router.state(LOW) == "Init"


def test_10_3_the_inactivity_timer_starts_anew_with_each_hello() -> None:
    router = Router()
    peer = Peer(router, LOW)
    peer.greet()
    router.wait(39)
    peer.greet()
    router.wait(39)
    assert router.state(LOW) != ""
    router.wait(2)
    assert router.state(LOW) == ""
    assert router.reports("neighbor.changed")[-1].data["cause"] == "no Hello for 40 s"


def test_a_neighbour_with_another_router_id_is_another_neighbour() -> None:
    router = on_point_to_point()
    peer = Peer(router, "10.0.1.2", "1.1.1.1")
    peer.become_full()
    Peer(router, "10.0.1.3", "1.1.1.1").greet()
    assert router.state("10.0.1.2") == ""
    assert router.state("10.0.1.3") == "ExStart"


# Section 10.4


def test_10_4_on_a_broadcast_network_only_with_the_designated_router_and_its_backup() -> None:
    router = Router(priority={"link1": 0})
    designated, backup, other = Peer(router, "10.0.1.9"), Peer(router, "10.0.1.8"), Peer(router, "10.0.1.7")
    for peer in (designated, backup, other):
        peer.greet(designated=Address.parse("10.0.1.9"), backup=Address.parse("10.0.1.8"))
    assert [peer.state for peer in (designated, backup, other)] == ["ExStart", "ExStart", "2-Way"]
    assert router.cause("10.0.1.7") == "each hears the other"
    router.wait(1)
    assert router.cause("10.0.1.7") == "neither of the two is the Designated Router or its Backup"


def test_10_3_adj_ok_an_adjacency_that_is_not_needed_any_more_ends() -> None:
    """The Backup says it is none any more, and another is."""
    router = Router(priority={"link1": 0})
    designated, backup, other = Peer(router, "10.0.1.9"), Peer(router, "10.0.1.8"), Peer(router, "10.0.1.7")
    for peer in (designated, backup, other):
        peer.greet(designated=Address.parse("10.0.1.9"), backup=Address.parse("10.0.1.8"))
    backup.greet(priority=0, backup=NONE)
    other.greet(backup=Address.parse("10.0.1.7"))
    assert [peer.state for peer in (designated, backup, other)] == ["ExStart", "2-Way", "ExStart"]


def test_10_4_while_nobody_is_elected_nobody_is_adjacent() -> None:
    router = Router()
    Peer(router, LOW).greet()
    assert router.sent(Description) == []
    assert router.state(LOW) == "2-Way"


def test_who_floods_us_with_neighbours_fills_no_memory() -> None:
    router = Router(lans=("link1",), length=16)
    said = Hello(0xFFFF0000, 10, EXTERNAL, 1, 40, NONE, NONE, ())
    for number in range(2000):
        source = f"10.0.{number >> 8}.{number & 255}"
        router.machine.receive(packet_of(said, source, "link1"), router.now)
    assert len(router.show("ospf neighbors")) <= 512
    assert router.counters["refused.neighbours"] > 1700
