"""Timers and triggered updates: RFC 2453 sections 3.8 and 3.10.1, sentence by sentence."""

from __future__ import annotations

import pytest
from rip_router import N2, N3, WHOLE_TABLE, Router, entry, response, routes, said

from catenet.nodes.address import Prefix
from catenet.nodes.machine import DeleteRoute

FAR, FARTHER = "10.9.0.0/16", "10.8.0.0/16"


def learned(**options):
    """A router that knows FAR by n2, and whose triggered update is out."""
    router = Router(**options)
    router.hear(response(entry(FAR, 3)))
    router.wait(0)
    return router


def test_3_8_every_30_seconds_the_complete_table_goes_to_every_network():
    router = learned()
    sent = router.wait(100)
    assert [at for at, packet in sent if packet.interface == "link2"] == [130.0, 160.0, 190.0]
    assert {tuple(said(packet.data)) for _, packet in sent} == {("10.0.1.0/24", "10.0.2.0/24", FAR)}


@pytest.mark.parametrize(("update", "bounds"), [(30.0, (25, 35)), (6.0, (5, 7))])
def test_3_8_the_timer_is_offset_by_a_random_time_each_time_it_is_set(update, bounds):
    """ "The 30-second timer is offset by a small random time (+/- 0 to 5 seconds) each time it is set." """
    router = Router(update=update)
    router.wait(3 * update)
    assert router.random.asked == [pytest.approx(bounds)] * 3


def test_3_8_a_route_expires_180_seconds_after_it_was_last_heard():
    """ "The timeout is initialized when a route is established, and any time an update message is received for the
    route." """
    router = learned()
    router.wait(100)
    router.hear(response(entry(FAR, 3)))
    router.wait(179.9)
    assert router.row(FAR)["state"] == "valid"
    router.take()
    router.wait(0.1)
    assert router.row(FAR)["state"] == "garbage"


def test_3_8_an_expired_route_leaves_the_kernel_and_is_announced_at_once():
    """ "This causes the route to be removed from service. […] The output process is signalled to trigger a
    response." """
    router = learned()
    router.now += 180
    router.wake()
    actions = router.take()
    assert DeleteRoute(Prefix.parse(FAR)) in actions
    [lost] = [action for action in actions if getattr(action, "kind", "") == "route.lost"]
    assert lost.data == {"prefix": FAR, "cause": "timed out", "reason": "timed out"}
    assert routes([action.packet for action in actions if hasattr(action, "packet")], "link2")[FAR] == 16


def test_3_8_until_garbage_collection_a_lost_route_is_in_all_updates():
    """ "Until the garbage-collection timer expires, the route is included in all updates sent by this router. When the
    garbage-collection timer expires, the route is deleted from the routing table." """
    router = learned()
    router.hear(response(entry(FAR, 16)))
    sent = [(at, packet) for at, packet in router.wait(200) if packet.interface == "link2" and len(packet.data) > 24]
    assert {said(packet.data)[FAR] for at, packet in sent if at < 220} == {16}
    assert all(FAR not in said(packet.data) for at, packet in sent if at > 220)
    assert FAR not in router.table


def test_3_8_a_new_route_clears_the_garbage_collection_timer():
    """ "Should a new route to this network be established while the garbage-collection timer is running, the new route
    will replace the one that is about to be deleted." """
    router = learned()
    router.hear(response(entry(FAR, 16)), N2)
    router.wait(110)
    router.hear(response(entry(FAR, 9)), N3)
    router.wait(100)
    assert (router.table[FAR], router.row(FAR)["via"]) == (10, N3)


def test_3_9_2_the_deletion_process_starts_only_when_the_metric_first_becomes_infinity():
    """ "If the metric was already infinity, then a new deletion process is not started." """
    router = learned()
    for number in range(4):
        router.hear(response(entry(FAR, 16, tag=number, next_hop=f"10.0.1.{number + 77}")))
        router.wait(30)
    assert FAR not in router.table


def test_3_9_2_nor_does_another_router_that_has_no_way_either_prolong_it():
    router = learned()
    router.hear(response(entry(FAR, 16)), N2)
    for _ in range(4):
        router.wait(30)
        router.hear(response(entry(FAR, 16)), N3)
    assert FAR not in router.table


def test_3_9_2_the_last_word_of_a_message_that_contradicts_itself_counts_and_no_timer_is_mixed_up():
    router = learned()
    metric = router.table[FAR] - 1
    router.hear(response(entry(FAR, metric), entry(FAR, 16)), N2)
    assert router.table[FAR] == 16
    router.wait(121)
    assert FAR not in router.table


def test_3_9_2_a_message_that_repeats_itself_keeps_all_its_routes_alive():
    router = Router()
    message = response(entry(FAR, 3), entry(FARTHER, 15), entry("10.7.0.0/16", 16), entry("10.6.0.0/16", 2))
    for _ in range(20):
        router.hear(message)
        router.wait(30)
        assert router.table == {"10.0.1.0/24": 1, "10.0.2.0/24": 1, FAR: 4, "10.6.0.0/16": 3}


def test_3_9_2_a_route_left_out_of_the_updates_expires_though_its_router_is_alive():
    router = learned()
    for _ in range(7):
        router.hear(response(entry(FARTHER, 3)))
        router.wait(30)
    assert router.row(FAR)["state"] == "garbage"
    assert router.row(FARTHER)["state"] == "valid"


def test_3_10_1_the_first_triggered_update_goes_out_at_once():
    router = Router()
    router.hear(response(entry(FAR, 3)))
    assert router.machine.next_wake() == router.now
    [(_, there), (_, elsewhere)] = router.wait(0)
    assert (there.interface, said(there.data)) == ("link1", {FAR: 16})
    assert (elsewhere.interface, said(elsewhere.data)) == ("link2", {FAR: 4})


@pytest.mark.parametrize(("update", "bounds"), [(30.0, (1, 5)), (3.0, (0.1, 0.5))])
def test_3_10_1_then_changes_are_gathered_for_1_to_5_seconds(update, bounds):
    """ "After a triggered update is sent, a timer should be set for a random interval between 1 and 5 seconds. If other
    changes that would trigger updates occur before the timer expires, a single update is triggered when the timer
    expires." """
    router = learned(update=update)
    assert router.random.asked[-1] == pytest.approx(bounds)
    delay = sum(bounds) / 2
    first = router.now
    for number in range(5):
        router.hear(response(entry(f"10.7.{number}.0/24", 1)))
        assert router.wait(delay / 10) == []
    [(at, packet)] = [(at, packet) for at, packet in router.wait(delay) if packet.interface == "link2"]
    assert at == pytest.approx(first + delay)
    assert said(packet.data) == {f"10.7.{number}.0/24": 2 for number in range(5)}


def test_3_10_1_the_timer_is_then_reset():
    """ "The timer is then reset to another random value between 1 and 5 seconds." """
    router = learned()
    for number in range(4):
        router.hear(response(entry(f"10.7.{number}.0/24", 1)))
        router.wait(0.5)
    times = [at for at, packet in router.wait(3)]
    assert times == [103.0, 103.0]
    router.hear(response(entry("10.7.9.0/24", 1)))
    assert [at for at, _ in router.wait(10)] == [106.0, 106.0]


def test_3_10_1_a_triggered_update_is_suppressed_if_a_regular_one_is_due():
    """ "A triggered update should be suppressed if a regular update is due by the time the triggered update would be
    sent." """
    router = Router()
    router.wait(29)
    router.hear(response(entry(FAR, 3)))
    router.wait(0.1)
    router.hear(response(entry(FARTHER, 3)))
    sent = [at for at, packet in router.wait(20) if packet.interface == "link2"]
    assert sent == [130.0]


def test_3_10_1_only_changed_routes_and_each_once():
    """ "Once all of the triggered updates have been generated, the route change flags should be cleared." """
    router = learned()
    router.wait(10)
    router.hear(response(entry(FARTHER, 3)))
    [packet] = [packet for _, packet in router.wait(0) if packet.interface == "link2"]
    assert said(packet.data) == {FARTHER: 4}
    router.wait(10)
    router.hear(response(entry(FAR, 3), entry(FARTHER, 3)))
    assert router.wait(5) == []


def test_3_10_1_a_regular_update_clears_the_change_flags_too():
    router = Router()
    router.hear(response(entry(FAR, 3)))
    router.now += 31
    router.wake()
    router.take()
    router.hear(response(entry(FARTHER, 3)))
    [packet] = [packet for _, packet in router.wait(0) if packet.interface == "link2"]
    assert said(packet.data) == {FARTHER: 4}


def test_after_a_loss_the_neighbours_are_asked_once_the_bad_news_had_its_time():
    router = learned()
    router.wait(10)
    router.hear(response(entry(FAR, 16)))
    sent = router.wait(10)
    assert [(at - 110, packet.data[0]) for at, packet in sent] == [(0, 2), (0, 2), (3, 1), (3, 1)]
    assert {packet.interface for at, packet in sent if packet.data == WHOLE_TABLE} == {"link1", "link2"}


def test_the_question_waits_for_bad_news_that_is_held_back():
    """3.10.1 gathers changes for 1 to 5 s: a neighbour that is asked before it has heard would give the route back."""
    router = Router()
    router.hear(response(entry(FAR, 3), entry(FARTHER, 3)))
    router.wait(10)
    router.hear(response(entry(FAR, 16)))
    router.wait(1)
    router.hear(response(entry(FARTHER, 16)))
    sent = [(at - 110, packet.data[0]) for at, packet in router.wait(10) if packet.interface == "link2"]
    assert sent == [(3, 2), (6, 1)]


def test_a_late_wake_does_all_that_is_due():
    router = learned()
    router.now += 1000
    router.wake()
    assert FAR in router.table
    assert router.row(FAR)["state"] == "garbage"
    router.now += 1000
    router.wake()
    assert FAR not in router.table


def test_an_early_wake_is_harmless():
    router = learned()
    for _ in range(100):
        router.now += 0.1
        router.wake()
    assert router.take() == []


def test_without_triggered_updates_a_change_waits_for_the_regular_one():
    """3.4.4 begins from such a router; it takes news as every other one does, and is slow to pass it on."""
    router = Router(triggered="off")
    router.hear(response(entry(FAR, 3)))
    router.wait(10)
    router.hear(response(entry(FAR, 16)))
    assert router.table[FAR] == 16
    sent = router.wait(60)
    assert [(at, packet.data[0]) for at, packet in sent if packet.interface == "link2"] == [(130.0, 2), (160.0, 2)]
    assert routes((packet for _, packet in sent), "link2")[FAR] == 16


def test_without_triggered_updates_there_is_no_good_bye():
    router = Router(triggered="off")
    router.take()
    router.machine.shutdown()
    assert router.take() == []
