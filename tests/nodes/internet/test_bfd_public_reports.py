"""What users of other implementations of BFD have reported in public, tried on ours. Each test names the report."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from bfd_router import ADMIN_DOWN, DOWN, FAST, HIS, INIT, PEER, UP, A, Watcher, up
from ospf_router import LOW, Peer, Router, on_point_to_point
from test_ospf_liveness import Watched, watched

from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.bfd.packet import Control
from catenet.nodes.internet.bfd.session import Key
from catenet.nodes.machine import Datagram, Interface, Send


def test_vpp_739_your_discriminator_is_zero_after_a_timeout() -> None:
    watcher = up()
    watcher.wait(0.31)
    assert {each.control.yours for each in watcher.wait(30)} == {0}


def test_frr_23283_who_has_lost_its_state_is_heard_while_this_end_is_up() -> None:
    """There it was refused for as long as the end that had not restarted was up: in demand mode for ever."""
    for demand in (False, True):
        watcher = up(demand=demand)
        watcher.say(DOWN, yours=0, mine=0xBEEF)
        assert (watcher.session().state, watcher.last.yours) == (DOWN, 0xBEEF)
        watcher.say(DOWN, mine=0xBEEF)
        watcher.say(UP, mine=0xBEEF)
        assert watcher.session().state == UP


def test_frr_23062_his_discriminator_is_kept_when_he_says_down() -> None:
    """That packet is one, too: only silence makes it unknown."""
    for state in (DOWN, ADMIN_DOWN):
        watcher = up()
        watcher.say(state)
        assert (watcher.last.state, watcher.last.yours) == (DOWN, HIS)


def test_frr_18593_timers_are_kept_for_a_detection_time_after_the_session_is_down() -> None:
    """He takes a packet each 1.7 s: so he gets none sooner, though the session is down now."""
    watcher = up(required=1_700_000, multiplier=50)
    watcher.say(DOWN, required=1_700_000, multiplier=50)
    sent = watcher.wait(4)
    assert [round(each.at - 100.1, 6) for each in sent] == [1.7, 3.4]


def test_frr_22932_a_faster_wish_of_his_needs_no_poll_to_be_heard() -> None:
    watcher = up(required=2_000_000, multiplier=50)
    watcher.wait(1.9)
    watcher.sent.clear()
    watcher.say(UP, required=100_000, multiplier=50)
    assert len(watcher.wait(1.0)) >= 10


def test_frr_10120_another_multiplier_needs_no_poll_either() -> None:
    watcher = up()
    watcher.say(UP, multiplier=20)
    watcher.wait(1.9)
    assert watcher.session().state == UP
    watcher.say(UP, multiplier=2)
    watcher.wait(0.21)
    assert watcher.session().state == DOWN


def test_frr_22890_the_poll_that_tells_of_up_is_not_beside_the_periodic_packets() -> None:
    """It is the next of them, earlier: a whole interval is behind it."""
    watcher = Watcher()
    watcher.watch()
    watcher.wait(0.97)  # the next of the slow ones was due in 30 ms
    watcher.say(DOWN, yours=0)
    watcher.say(INIT)
    at = watcher.now
    assert watcher.last.poll
    assert watcher.wait(0.5)[0].at == pytest.approx(at + 0.1)


def test_zebra_rs_1131_packets_of_his_do_not_put_ours_off() -> None:
    """There each one that came in began the time until the next one anew, and a fast neighbour heard none."""
    watcher = up()
    watcher.sent.clear()
    for _ in range(200):
        watcher.wait(0.01)
        watcher.say(UP)
    assert len(watcher.sent) == 20


def test_zebra_rs_1131_a_poll_is_answered() -> None:
    watcher = up()
    watcher.say(UP, poll=True)
    assert (watcher.last.final, watcher.last.poll) == (True, False)


def test_maghemite_798_the_timers_are_what_both_have_agreed() -> None:
    """His 300 ms and a multiplier of 3, our 1 s: he is lost after 3 s, and gets a packet each second."""
    watcher = up(BfdTimers(1.0, 1.0, 3), desired=300_000, required=300_000)
    assert watcher.session().detection == pytest.approx(3.0)
    assert watcher.session().interval == 1.0


def test_openbfdd_13_after_long_silence_it_comes_up_again() -> None:
    """There nothing was sent any more, ever, once he had been silent for 9 s."""
    watcher = up()
    assert len(watcher.wait(3600)) > 3000
    watcher.say(DOWN, yours=0)
    watcher.say(UP)
    assert watcher.session().state == UP


def test_gobgp_3562_no_two_intervals_are_alike() -> None:
    """There they were all, so that a router's sessions kept step."""
    watcher = Watcher(random=Random("jitter"))
    watcher.watch()
    at = [each.at for each in watcher.wait(200)]
    between = {round(later - earlier, 9) for earlier, later in pairwise(at)}
    assert len(between) == len(at) - 1


def test_frr_4202_the_source_port_is_one_of_the_rfcs() -> None:
    """A firewall of another maker took no packet from 49143."""
    watcher = Watcher(random=Random("ports"))
    ports = [watcher.watch(A(f"10.0.1.{last}")).port for last in range(1, 255)]
    assert min(ports) >= 49_152


def test_sonic_18090_a_source_port_that_is_taken_is_no_end() -> None:
    watcher = Watcher()
    first = watcher.watch().port
    assert watcher.machine.port_failed(watcher.opened()[-1], watcher.now)
    watcher.take()
    assert watcher.session().port not in (0, first)


def test_scapy_4937_octets_behind_the_packet_are_no_authentication() -> None:
    """Its packets had an Authentication Section behind them without saying so, by bit or Length."""
    watcher = up()
    watcher.wait(0.29)
    mine = watcher.session().discriminator
    watcher.hear(bytes(Control(UP, 3, HIS, mine, 100_000, 100_000)) + b"\1\13\1password")
    watcher.wait(0.29)
    assert watcher.session().state == UP


def test_frr_21004_a_short_packet_is_measured_before_it_is_read() -> None:
    watcher = up()
    for length in range(24):
        watcher.hear(bytes(Control(UP, 3, HIS, watcher.session().discriminator, 1, 1))[:length])
    assert len(watcher.refused) == 24


def test_bird_users_5580_one_address_on_two_lans_is_two_neighbours() -> None:
    watcher = Watcher()
    one, other = watcher.watch(PEER), watcher.watch(PEER, "link2")
    assert one is not other
    watcher.hear(Control(DOWN, 3, HIS, 0, 1_000_000, 100_000), lan="link2")
    assert (one.state, other.state) == (DOWN, INIT)
    assert watcher.machine.session(Key("link2", PEER)) is other


def test_frr_18416_who_is_not_heard_hears_down_and_it_comes_up_once_he_is() -> None:
    """His packets are lost, ours are not: he says Down, in Down we wait for that, and no end of it is needed."""
    watcher = up()
    watcher.wait(0.31)
    sent = watcher.wait(60)
    assert {each.control.state for each in sent} == {DOWN}
    watcher.say(INIT, yours=watcher.session().discriminator)
    assert watcher.session().state == UP


# And of OSPF beside it


def test_frr_5197_and_20151_a_neighbour_that_switches_bfd_off_stays_one() -> None:
    router, peer = watched()
    for _ in range(30):
        peer.bfd(ADMIN_DOWN, diagnostic=7)
        router.wait(1.0)
        peer.greet()
    assert peer.state == "Full"
    peer.bfd(DOWN)
    assert peer.state == "Full"


def test_frr_4133_only_a_session_that_was_up_ends_anything() -> None:
    router = on_point_to_point(bfd="on", bfd_timers={"transmit": "10ms", "receive": "10ms", "multiplier": 1})
    peer = Watched(router, LOW)
    peer.become_full()
    for state in (DOWN, ADMIN_DOWN, DOWN):
        peer.bfd(state, yours=0)
        router.wait(5.0)
        peer.greet()
    assert peer.state == "Full"


def test_frr_2889_when_bfd_is_down_the_routes_by_it_are_gone_too() -> None:
    router, _ = watched()
    router.wait(0.31)
    assert router.show("ospf neighbors") == []
    assert all(row["via"] is None for row in router.show("ospf routes"))


def test_frr_5524_after_a_change_of_our_address_packets_come_from_the_new_one() -> None:
    router, peer = watched()
    changed: Interface = router.links["link1"]._replace(address=A("10.0.1.6"))
    router.machine.set_interface(changed, router.now)
    router.clear()
    for _ in range(3):
        router.wait(0.1)
        peer.bfd(UP, yours=router.show("ospf bfd")[0]["discriminator"])
    packets = [each.packet for each in router.actions if isinstance(each, Send)]
    assert {str(each.source.address) for each in packets if isinstance(each, Datagram)} == {"10.0.1.6"}


def test_frr_2294_a_neighbour_without_bfd_is_no_worse_for_it() -> None:
    router = Router(bfd="on")
    peer = Peer(router, LOW)
    peer.greet()
    router.wait(30)
    peer.greet()
    assert peer.state not in ("", "Down")
    assert FAST.multiplier == 3
