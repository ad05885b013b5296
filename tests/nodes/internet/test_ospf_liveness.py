"""OSPF on BFD (RFC 5882 sections 3.2, 4.1, 4.2 and 10.1): which neighbours have a session, and what its end means."""

from __future__ import annotations

from typing import Any

import pytest
from ospf_router import HIGH, LOW, ME, Peer, Router, elected, on_point_to_point

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.packet import PORT, Control
from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.internet.ospf.lsa import LinkType, RouterLsa
from catenet.nodes.internet.ospf.packet import Hello
from catenet.nodes.machine import Datagram, Endpoint, OpenPort, Send, Udp

DOWN, INIT, UP, ADMIN_DOWN = SessionState.DOWN, SessionState.INIT, SessionState.UP, SessionState.ADMIN_DOWN
FAST = {"transmit": "100ms", "receive": "100ms"}


class Watched(Peer):
    """A neighbour with BFD."""

    def bfd(self, state: SessionState, *, ttl: int = 255, yours: int | None = None, **fields: Any) -> None:
        mine = self.last_bfd().mine if yours is None else yours
        data = bytes(Control(state, 3, 0xCAFE, mine, 100_000, 100_000)._replace(**fields))
        source, destination = Endpoint(Address.parse(self.address), 49_152), Endpoint(ME, PORT)
        packet = Datagram(data, source, destination, self.link, ttl)
        self.router.machine.receive(packet, self.router.now)
        self.router.take()

    def said(self) -> list[Control]:
        """What our BFD has sent to it since `clear`."""
        packets = [each.packet for each in self.router.actions if isinstance(each, Send)]
        return [
            Control.parse(packet.data)
            for packet in packets
            if isinstance(packet, Datagram) and str(packet.destination.address) == self.address
        ]

    def last_bfd(self) -> Control:
        return self.said()[-1]

    def come_up(self) -> None:
        self.bfd(DOWN, yours=0)
        self.bfd(INIT)
        self.bfd(UP, final=True)
        assert self.row["bfd"] == "Up"

    @property
    def row(self) -> dict[str, Any]:
        return next(row for row in self.router.show("ospf neighbors") if row["address"] == self.address)


def watched(**options: Any) -> tuple[Router, Watched]:
    """A Full neighbour on a point-to-point link, and a session that is Up."""
    router = on_point_to_point(bfd="on", bfd_timers=FAST, **options)
    peer = Watched(router, LOW)
    peer.become_full()
    peer.come_up()
    return router, peer


def test_rfc_5881_4_it_listens_where_the_lab_file_says_so() -> None:
    for bfd, lans in (("on", ["link1", "link2"]), ({"link2": "on"}, ["link2"]), ("off", [])):
        opened = [each.port for each in Router(bfd=bfd).opened if isinstance(each, OpenPort)]
        assert [port for port in opened if isinstance(port, Udp)] == [Udp(3784, lan) for lan in lans]


def test_10_1_1_a_neighbour_has_a_session_from_2_way_on() -> None:
    router = Router(bfd="on")
    peer = Watched(router, LOW)
    peer.greet(neighbours=())
    assert peer.state == "Init"
    assert peer.said() == []
    peer.greet(neighbours=(ME,))
    assert peer.state == "2-Way"
    assert [control.state for control in peer.said()] == [DOWN]


def test_it_speaks_with_those_who_do_not_become_adjacent_too() -> None:
    """Neither of two routers is the Designated Router: still each has to know whether the other is there."""
    router = Router(bfd="on", priority={"link1": 0})
    one, other = Watched(router, LOW, priority=0), Watched(router, HIGH, priority=0)
    elected(router, one, other)
    one.come_up()
    other.come_up()
    assert one.state == other.state == "2-Way"


def test_4_2_1_a_failure_ends_the_adjacency_at_once_and_says_why() -> None:
    router, peer = watched()
    router.clear()
    router.wait(0.31)
    (lost,) = (report.data for report in router.reports("neighbor.changed"))
    assert (lost["state"], lost["was"], lost["cause"]) == ("Down", "Full", "BFD: no packet for 300 ms")
    assert peer.state == ""


def test_4_2_1_what_follows_is_as_after_the_dead_interval() -> None:
    """The router-LSA without the link is flooded, and routes are calculated, in the same moment."""
    router = on_point_to_point(bfd="on", bfd_timers=FAST)
    peer, other = Watched(router, LOW), Peer(router, "10.0.2.9")
    peer.become_full()
    other.become_full()
    peer.come_up()
    for _ in range(80):  # MinLSInterval, and more
        router.wait(0.1)
        peer.bfd(UP)
        other.acknowledge_all()
    router.clear()
    router.wait(0.31)
    (flooded,) = other.flooded()
    assert isinstance(flooded.body, RouterLsa)
    assert [str(link.id) for link in flooded.body.links if link.type == LinkType.POINT_TO_POINT] == ["10.0.2.9"]


def test_the_neighbour_is_told_by_a_hello_that_it_is_not_heard() -> None:
    router, _ = watched()
    router.clear()
    router.wait(0.45)
    hellos = router.sent(Hello)
    assert hellos
    assert hellos[-1].neighbours == ()


def test_he_says_that_he_heard_nothing() -> None:
    router, peer = watched()
    peer.bfd(DOWN, diagnostic=1)
    assert peer.state == ""
    (lost,) = (report.data for report in router.reports("neighbor.changed") if report.data["state"] == "Down")
    assert lost["cause"] == "BFD: the neighbour says that it is Down (Control Detection Time Expired)"


def test_3_2_admin_down_of_his_ends_nothing() -> None:
    router, peer = watched()
    peer.bfd(ADMIN_DOWN, diagnostic=7)
    router.wait(9.0)
    assert (peer.state, peer.row["bfd"]) == ("Full", "Down")


def test_4_1_a_session_that_never_comes_up_has_no_effect() -> None:
    router = on_point_to_point(bfd="on")
    peer = Watched(router, LOW)
    peer.become_full()
    for _ in range(10):
        router.wait(9.0)
        peer.greet()
    assert (peer.state, peer.row["bfd"]) == ("Full", "Down")


def test_4_1_a_session_that_reaches_init_alone_has_no_effect() -> None:
    router = on_point_to_point(bfd="on")
    peer = Watched(router, LOW)
    peer.become_full()
    peer.bfd(DOWN, yours=0)
    assert peer.row["bfd"] == "Init"
    router.wait(9.0)
    assert (peer.state, peer.row["bfd"]) == ("Full", "Down")


def test_a_neighbour_that_goes_takes_its_session_along() -> None:
    router, peer = watched()
    peer.greet(neighbours=())
    assert (peer.state, peer.row["bfd"]) == ("Init", "none")
    assert peer.last_bfd().state == ADMIN_DOWN
    router.wait(5.0)
    assert router.show("ospf bfd") == []


def test_a_neighbour_that_comes_back_soon_has_the_same_session() -> None:
    router, peer = watched()
    before = router.show("ospf bfd")[0]["discriminator"]
    peer.greet(neighbours=())
    peer.greet(neighbours=(ME,))
    assert router.show("ospf bfd")[0]["discriminator"] == before
    assert peer.last_bfd().state == DOWN
    peer.come_up()


def test_a_link_that_is_cut_takes_its_sessions_along_and_says_nothing_by_it() -> None:
    router, peer = watched()
    router.clear()
    router.set_link("link1", up=False)
    assert router.show("ospf bfd") == []
    assert peer.said() == []
    assert {report.data["cause"] for report in router.reports("neighbor.changed")} == {"link1 went down"}


def test_rfc_5880_6_8_16_a_router_that_ends_says_that_it_is_its_will() -> None:
    router, peer = watched()
    router.clear()
    router.machine.shutdown()
    router.take()
    assert [(control.state, control.diagnostic) for control in peer.said()] == [(ADMIN_DOWN, 7)]
    assert router.machine.next_wake() is None


def test_a_shutdown_that_no_session_has_seen_is_silent() -> None:
    router = on_point_to_point(bfd="on")
    peer = Watched(router, LOW)
    peer.become_full()
    router.clear()
    router.machine.shutdown()
    router.take()
    assert peer.said() == []


def test_two_neighbours_of_one_lan_are_watched_each() -> None:
    router = Router(bfd="on", bfd_timers=FAST)
    one, other = Watched(router, LOW), Watched(router, HIGH)
    elected(router, one, other)
    one.come_up()
    other.come_up()
    for _ in range(10):
        router.wait(0.1)
        other.bfd(UP)
    assert (one.state, other.state != "") == ("", True)


@pytest.mark.parametrize("table", ["ospf neighbors", "ospf bfd"])
def test_what_is_shown_of_it(table: str) -> None:
    router, peer = watched()
    (row,) = router.show(table)
    if table == "ospf neighbors":
        assert row["bfd"] == "Up"
        return
    assert {word: row[word] for word in ("state", "there", "every", "lost_after", "its", "cause")} == {
        "state": "Up",
        "there": "Up",
        "every": 100.0,
        "lost_after": 300.0,
        "its": 0xCAFE,
        "cause": "each hears the other",
    }
    assert row["discriminator"] == peer.last_bfd().mine


def test_without_the_option_nothing_of_it_is_shown() -> None:
    router = on_point_to_point()
    peer = Watched(router, LOW)
    peer.become_full()
    assert peer.row["bfd"] is None
    assert router.show("ospf bfd") == []
    assert peer.said() == []


def test_each_change_is_an_event() -> None:
    router, peer = watched()
    peer.bfd(ADMIN_DOWN)
    told = [report.data for report in router.reports("bfd.changed")]
    assert [(data["was"], data["state"]) for data in told] == [("Down", "Init"), ("Init", "Up"), ("Up", "Down")]
    assert told[-1] == {
        "node": LOW,
        "lan": "link1",
        "address": LOW,
        "state": "Down",
        "was": "Up",
        "cause": "the neighbour has switched it off",
    }


def test_what_is_refused_is_counted_and_told_once_of_each_kind() -> None:
    """Of strangers, whose addresses may be made up, once for all of them."""
    router, peer = watched()
    for _ in range(5):
        peer.bfd(UP, ttl=254)
    for last in range(100, 150):
        Watched(router, f"10.0.1.{last}").bfd(UP, yours=last)
    told = [report.data for report in router.reports("input.refused")]
    assert [(data["source"], data["lan"]) for data in told] == [(LOW, "link1"), ("10.0.1.100", "link1")]
    assert told[0]["why"] == "BFD: ttl 254: who is on the LAN sends with 255"
    assert router.counters["refused.bfd-ttl"] == 5
    assert router.counters["refused.bfd-discriminator"] == 50


def test_a_port_that_somebody_has_is_no_end_but_that_of_bfd_itself_is() -> None:
    router, _ = watched()
    asked = next(each for each in router.actions if isinstance(each, OpenPort))
    router.machine.port_failed(asked, "Address already in use", router.now)
    router.take()
    assert router.state(LOW) == "Full"
    with pytest.raises(OSError, match="3784"):
        router.machine.port_failed(OpenPort(Udp(PORT, "link1")), "Address already in use", router.now)


def test_what_comes_before_the_start_or_behind_the_end_is_not_looked_at() -> None:
    router = Router(bfd="on", start=False)
    Watched(router, LOW).bfd(UP, yours=7)
    assert not router.counters.get("refused.bfd-discriminator")
