"""Output processing: RFC 2453 sections 3.4.3, 3.6, 3.10 and 4.5, sentence by sentence."""

from __future__ import annotations

import struct

import pytest
from rip_router import GROUP, N2, N3, WHOLE_TABLE, Router, entry, response, routes, said

from catenet.nodes.address import Address
from catenet.nodes.machine import JoinGroup, OpenPort, Send, Udp

FAR = "10.9.0.0/16"


def update_of(router):
    """The packets of the next regular update."""
    for _, packet in router.wait(36):
        yield packet


def test_3_6_updates_have_both_ports_520_and_go_to_the_group():
    """ "Unsolicited routing update messages have both the source and destination port equal to the RIP port."; 4.5:
    "The IP multicast address is 224.0.0.9." """
    router = Router()
    packets = list(update_of(router))
    assert {packet.interface for packet in packets} == {"link1", "link2"}
    for packet in packets:
        assert packet.destination == GROUP
        assert packet.source == (router.links[packet.interface].address, 520)
        assert packet.data[:4] == b"\x02\x02\0\0"


def test_3_9_1_on_its_start_a_router_multicasts_a_request_on_every_network():
    """ "When a router first comes up, it multicasts a Request on every connected network asking for a complete routing
    table." """
    router = Router(start=False)
    assert router.machine.next_wake() == 0
    router.wake()
    sent = router.sends()
    requests = [packet for packet in sent if packet.data[0] == 1]
    assert {packet.interface: packet.data for packet in requests} == {"link1": WHOLE_TABLE, "link2": WHOLE_TABLE}
    assert all(packet.destination == GROUP and packet.source.port == 520 for packet in requests)
    assert routes(sent, "link1") == {"10.0.1.0/24": 16, "10.0.2.0/24": 1}


def test_request_and_table_are_sent_once_more_since_the_first_moment_may_be_lost():
    router = Router(start=False)
    router.wake()
    first = router.sends()
    again = router.wait(5)
    assert {at for at, _ in again} == {103.0}
    assert [packet for _, packet in again] == first


def test_3_5_a_connected_network_is_announced_at_its_cost():
    """ "The metric for a directly-connected network is set to the cost of that network. As mentioned, 1 is the usual
    cost." """
    assert routes(update_of(Router()), "link1")["10.0.2.0/24"] == 1


def announced(split_horizon):
    router = Router(split_horizon=split_horizon)
    router.hear(response(entry(FAR, 3)), N2)
    packets = list(update_of(router))
    return routes(packets, "link1"), routes(packets, "link2")


def test_3_4_3_split_horizon_with_poisoned_reverse():
    """ "includes such routes in updates, but sets their metrics to infinity" """
    there, elsewhere = announced("poisoned")
    assert there == {"10.0.1.0/24": 16, "10.0.2.0/24": 1, FAR: 16}
    assert elsewhere == {"10.0.1.0/24": 1, "10.0.2.0/24": 16, FAR: 4}


def test_3_4_3_simple_split_horizon():
    """ "omits routes learned from one neighbor in updates sent to that neighbor" """
    there, elsewhere = announced("on")
    assert there == {"10.0.2.0/24": 1}
    assert elsewhere == {"10.0.1.0/24": 1, FAR: 4}


def test_3_4_3_without_split_horizon():
    there, elsewhere = announced("off")
    assert there == elsewhere == {"10.0.1.0/24": 1, "10.0.2.0/24": 1, FAR: 4}


def test_3_4_3_the_rule_goes_by_network_so_that_one_message_serves_all_on_it():
    """ "If A has a route through C, it should indicate that D is unreachable when talking to any other router on that
    network." """
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    [packet] = router.answer(WHOLE_TABLE, "10.0.1.99")
    assert said(packet.data)[FAR] == 16


@pytest.mark.parametrize(("count", "sizes"), [(24, [25]), (25, [25, 1]), (60, [25, 25, 11])])
def test_3_10_2_at_most_25_entries_then_a_new_message(count, sizes):
    """ "there is a limit of 25 RTEs to a Response; if there are more, send the current Response and start a new
    one" """
    router = Router(interfaces=[Router().links["link1"]])
    for start in range(0, count, 25):
        router.hear(response(*[entry(f"10.9.{n}.0/24", 1) for n in range(start, min(count, start + 25))]))
    packets = router.answer(WHOLE_TABLE)
    assert [(len(packet.data) - 4) // 20 for packet in packets] == sizes
    assert len(routes(packets, "link1")) == count + 1


def test_3_10_2_routes_are_included_even_if_their_metrics_are_infinite():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.hear(response(entry(FAR, 16)), N2)
    router.take()
    packets = list(update_of(router))
    assert routes(packets, "link2")[FAR] == 16


def test_4_4_the_next_hop_is_the_router_itself():
    router = Router(split_horizon="off")
    router.hear(response(entry(FAR, 3, next_hop="10.0.1.77")), N2)
    for packet in update_of(router):
        assert {row[4] for row in struct.iter_unpack(">HHIIII", packet.data[4:])} == {0}


def test_a_new_message_is_made_only_when_the_table_has_changed():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.wait(40)
    [first], [second] = router.answer(WHOLE_TABLE, N3), router.answer(WHOLE_TABLE, N3)
    assert first.data is second.data
    router.hear(response(entry(FAR, 4)), N2)
    [third] = router.answer(WHOLE_TABLE, N3)
    assert said(third.data)[FAR] == 5


def test_a_router_that_leaves_says_so_on_every_network():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.take()
    router.machine.shutdown()
    packets = router.sends()
    everything = {"10.0.1.0/24": 16, "10.0.2.0/24": 16, FAR: 16}
    assert routes(packets, "link1") == routes(packets, "link2") == everything
    assert router.machine.next_wake() is None
    router.hear(WHOLE_TABLE)
    router.wake()
    router.set_link("link1", up=False)
    router.machine.shutdown()
    assert router.take() == []


def test_with_simple_split_horizon_the_leaver_names_only_what_it_had_said_there():
    router = Router(split_horizon="on")
    router.hear(response(entry(FAR, 3)), N2)
    router.take()
    router.machine.shutdown()
    packets = router.sends()
    assert routes(packets, "link1") == {"10.0.2.0/24": 16}
    assert routes(packets, "link2") == {"10.0.1.0/24": 16, FAR: 16}


def test_what_is_sent_is_counted():
    router = Router()
    # on two interfaces: a request and the table at the start and once more, then a regular update
    assert (router.counters["sent.requests"], router.counters["sent.updates"]) == (4, 6)
    router.answer(WHOLE_TABLE)
    assert (router.counters["sent.answers"], router.counters["received.requests"]) == (1, 1)
    router.hear(response(entry(FAR, 1)), N2)
    router.wait(0)
    assert (router.counters["sent.triggered"], router.counters["received.responses"]) == (2, 1)
    assert router.status["timers"] == {"update": 30, "timeout": 180, "garbage": 120, "next_update": 30.0}


def test_an_interface_that_comes_up_is_announced_and_asked():
    router = Router()
    router.set_link("link1", up=False)
    router.take()
    router.now += 10
    router.set_link("link1", up=True)
    [request, update] = router.sends()
    assert (request.interface, request.data) == ("link1", WHOLE_TABLE)
    assert (update.interface, update.destination) == ("link1", GROUP)
    assert said(update.data) == {"10.0.1.0/24": 16, "10.0.2.0/24": 1}
    sent = [packet for _, packet in router.wait(5)]
    assert routes(sent, "link2")["10.0.1.0/24"] == 1


def test_an_interface_that_goes_down_takes_its_network_and_its_routes_along():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.hear(response(entry("10.8.0.0/16", 3)), N3)
    router.wait(35)
    router.set_link("link1", up=False)
    assert router.row(FAR)["state"] == router.row("10.0.1.0/24")["state"] == "garbage"
    lost = router.reports()
    assert [(report.kind, dict(report.data)) for report in lost] == [
        ("route.lost", {"prefix": FAR, "cause": "link1 went down", "reason": "link down", "of": "link1"})
    ]
    assert lost[0].text == f"{FAR} unreachable (link1 went down)"
    packets = [packet for at, packet in router.wait(0)]
    assert {packet.interface for packet in packets} == {"link2"}
    assert routes(packets, "link2") == {"10.0.1.0/24": 16, FAR: 16}


def test_an_interface_that_appears_later_takes_part():
    router = Router()
    link3 = router.links["link1"]._replace(name="link3", address=Address.parse("10.0.3.1"))
    link3 = link3._replace(prefix=type(link3.prefix).parse("10.0.3.0/24"))
    router.machine.set_interface(link3, router.now)
    assert router.table["10.0.3.0/24"] == 1
    router.hear(response(entry(FAR, 1)), "10.0.3.2", link="link3")
    assert router.row(FAR)["lan"] == "link3"


def test_our_own_network_takes_the_place_of_a_learned_route_to_it():
    router = Router()
    router.set_link("link2", up=False)
    router.hear(response(entry("10.0.2.0/24", 2)), N2)
    assert router.row("10.0.2.0/24")["state"] == "valid"
    router.take()
    router.set_link("link2", up=True)
    assert [str(action.prefix) for action in router.kernel()] == ["10.0.2.0/24"]
    assert router.row("10.0.2.0/24") == {
        "prefix": "10.0.2.0/24",
        "lan": "link2",
        "via": None,
        "node": None,
        "metric": 1,
        "cost": 0,
        "age": None,
        "tag": 0,
        "state": "connected",
    }


def test_a_change_of_which_nobody_wants_to_hear_is_not_told_and_all_else_is_done():
    asked = []

    def wants(kinds: tuple[str, ...], now: float) -> bool:
        asked.append((*kinds, now))
        return False

    router = Router(wants=wants)
    assert asked == []  # of its own networks `link.up` tells
    router.hear(response(entry(FAR, 3)), N2)
    router.hear(response(entry(FAR, 16)), N2)
    assert [type(action).__name__ for action in router.take() if not isinstance(action, Send)] == [
        "SetRoute",
        "DeleteRoute",
    ]
    assert asked == [("route.changed", router.now), ("route.lost", router.now)]


def test_a_change_is_told_with_what_it_was():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.take()
    router.hear(response(entry(FAR, 1)), N3)
    [report] = router.reports()
    assert report.kind == "route.changed"
    assert report.text == f"{FAR} via n3 on link2, cost 1, was 3 (n3's update)"
    assert report.data == {
        "prefix": FAR,
        "via": N3,
        "node": "n3",
        "lan": "link2",
        "cost": 1,
        "metric": 2,
        "was": 3,
        "cause": "n3's update",
        "reason": "update",
        "of": "n3",
    }


def test_another_mtu_or_hardware_address_is_no_change_of_the_link() -> None:
    """Newer engines give an interface another hardware address at each start."""
    router = Router()
    router.hear(response(entry("10.9.0.0/16", 1)))
    router.take()
    router.machine.set_interface(router.links["link1"]._replace(mtu=1400, hardware=bytes(6)), router.now)
    assert router.take() == []
    assert router.table["10.9.0.0/16"] == 2


def test_a_router_opens_its_port_on_each_network_and_joins_the_group_there() -> None:
    ports = [Udp(520, "link1"), Udp(520, "link2")]
    assert Router().opened == [what for port in ports for what in (OpenPort(port), JoinGroup(port, GROUP.address))]
