"""Input processing: RFC 2453 sections 3.9, 4.4, 4.6 and 5, sentence by sentence."""

from __future__ import annotations

import struct

import pytest
from rip_router import GROUP, N2, N3, WHOLE_TABLE, Router, entry, response, routes, said, set_route

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.neighbours import MAX_NEIGHBOURS
from catenet.nodes.internet.rip.table import MAX_ROUTES
from catenet.nodes.machine import DeleteRoute, Interface

FAR = "10.9.0.0/16"
NO_ENTRIES = b"\x01\x02\0\0"


def test_3_9_1_without_entries_no_response_is_given():
    """ "If there are no entries, no response is given." """
    router = Router()
    assert router.answer(NO_ENTRIES) == []
    assert router.counters["refused.empty"] == 1


@pytest.mark.parametrize("port", [520, 5000])
def test_3_9_1_the_whole_table_goes_to_the_requestors_address_and_port(port):
    """ "If such a Request is received, the router responds directly to the requestor's address and port." """
    [packet] = Router().answer(WHOLE_TABLE, port=port)
    assert packet.destination == (Address.parse(N2), port)
    assert packet.source == (Address.parse("10.0.1.1"), 520)
    assert packet.data[:4] == b"\x02\x02\0\0"


def test_3_9_1_the_whole_table_is_sent_with_split_horizon():
    """ "normal output processing is done, including Split Horizon" """
    router = Router()
    router.hear(response(entry(FAR, 3)), N3)
    router.hear(response(entry("10.8.0.0/16", 3)), N2)
    [packet] = router.answer(WHOLE_TABLE)
    assert said(packet.data) == {"10.0.1.0/24": 16, "10.0.2.0/24": 1, FAR: 4, "10.8.0.0/16": 16}


def test_3_9_1_specific_entries_are_answered_as_they_are():
    """ "if there is a route, put that route's metric in the metric field of the RTE. If there is no explicit route to
    the specified destination, put infinity in the metric field"; "no Split Horizon processing is done" """
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    asked = [entry(FAR, 0, tag=7), entry("10.9.1.0/24", 1), entry("10.0.1.0/24", 0), entry("127.0.0.0/8", 0)]
    [packet] = router.answer(response(*asked, command=1), port=4000)
    assert packet.destination == (Address.parse(N2), 4000)
    found = [entry(FAR, 4, tag=7), entry("10.9.1.0/24", 16), entry("10.0.1.0/24", 1), entry("127.0.0.0/8", 16)]
    assert packet.data == response(*found)


def test_3_9_1_the_special_case_needs_exactly_one_entry():
    router = Router()
    [packet] = router.answer(WHOLE_TABLE + entry(FAR, 0))
    assert len(packet.data) == 44
    assert [row[5] for row in struct.iter_unpack(">HHIIII", packet.data[4:])] == [16, 16]


@pytest.mark.parametrize("asked", [entry("0.0.0.0/0", 16), entry(FAR, 16), entry("0.0.0.0/0", 1, family=0)])
def test_3_9_1_the_special_case_needs_family_0_and_metric_16(asked):
    """ "it has an address family identifier of zero and a metric of infinity" """
    [packet] = Router().answer(response(asked, command=1))
    assert packet.data == response(asked[:-1] + bytes([16]))


def test_3_9_1_the_special_case_needs_nothing_else():
    asked = entry("255.255.255.0/24", 16, family=0, tag=9, next_hop="10.0.1.77")
    [packet] = Router().answer(response(asked, command=1))
    assert said(packet.data) == {"10.0.1.0/24": 16, "10.0.2.0/24": 1}


def test_3_9_1_of_another_address_family_there_is_no_route():
    [packet] = Router().answer(response(entry("10.0.2.0/24", 0), entry("10.0.2.0/24", 0, family=10), command=1))
    assert packet.data == response(entry("10.0.2.0/24", 1), entry("10.0.2.0/24", 16, family=10))


@pytest.mark.parametrize("asked", [WHOLE_TABLE[4:], entry(FAR, 0)])
def test_3_10_2_the_answer_to_a_later_version_has_ours(asked):
    """ "Set the version number to either 1 or 2." """
    [packet] = Router().answer(response(asked, version=3, command=1))
    assert packet.data[:4] == b"\x02\x02\0\0"


def test_3_9_2_a_response_must_come_from_the_rip_port():
    """ "The Response must be ignored if it is not from the RIP port." """
    router = Router()
    router.hear(response(entry(FAR, 1)), port=521)
    assert FAR not in router.table
    assert router.counters["refused.port"] == 1


def test_3_9_2_the_source_must_be_on_a_directly_connected_network():
    router = Router()
    router.hear(response(entry(FAR, 1)), "10.0.3.9", link="link1")
    router.hear(response(entry(FAR, 1)), N3, link="link1")
    assert router.answer(WHOLE_TABLE, "10.0.3.9", link="link1") == []
    assert FAR not in router.table
    assert router.counters["refused.off-link"] == 3


@pytest.mark.parametrize("address", ["10.0.1.0", "10.0.1.255"])
def test_3_9_2_the_source_must_be_a_valid_neighbor(address):
    router = Router()
    router.hear(response(entry(FAR, 1)), address)
    assert FAR not in router.table
    assert router.counters["refused.off-link"] == 1


def test_3_9_2_on_a_link_of_two_addresses_both_are_neighbors():
    """RFC 3021: a /31 has no broadcast address."""
    router = Router(interfaces=[Interface("link1", Address.parse("10.0.1.1"), Prefix.parse("10.0.1.0/31"))])
    router.hear(response(entry(FAR, 1)), "10.0.1.0")
    assert router.row(FAR)["via"] == "10.0.1.0"


@pytest.mark.parametrize("own", ["10.0.1.1", "10.0.2.1"])
def test_3_9_2_our_own_messages_are_ignored(own):
    """ "whether the response is from one of the router's own addresses […] such datagrams must be ignored" """
    router = Router()
    router.hear(response(entry(FAR, 1)), own, link="link1")
    assert FAR not in router.table
    assert router.counters["refused.own"] == 1
    assert router.reports() == []


def test_3_9_2_a_bad_entry_is_ignored_and_the_next_processed():
    """ "If any check fails, ignore that entry and proceed to the next." """
    router = Router()
    bad = [entry("224.1.0.0/16", 1), entry("127.0.0.0/8", 1), entry("0.1.0.0/16", 1), entry("10.7.0.0/16", 0)]
    bad += [entry("10.7.0.0/16", 17), entry("10.7.0.1/16", 1), entry("10.7.0.0/16", 1, family=10)]
    bad += [struct.pack(">HHIIII", 2, 0, 0x0A070000, 0xFF0000FF, 0, 1)]
    router.hear(response(*bad, entry(FAR, 2)))
    assert router.table == {"10.0.1.0/24": 1, "10.0.2.0/24": 1, FAR: 3}
    words = ("class", "net-127", "net-0", "metric", "host-bits", "family", "mask")
    assert {word: router.counters[f"skipped.{word}"] for word in words} == dict.fromkeys(words, 1) | {"metric": 2}
    assert len([r for r in router.reports() if r.kind == "input.refused"]) == len(words)


def test_3_9_2_the_cost_of_the_network_is_added_up_to_infinity():
    """ "metric = MIN (metric + cost, infinity)" """
    router = Router()
    router.hear(response(entry("10.9.0.0/16", 14), entry("10.8.0.0/16", 15), entry("10.7.0.0/16", 16)))
    assert router.table["10.9.0.0/16"] == 15
    # "unless the metric is infinity (there is no point in adding a route which is unusable)"
    assert "10.8.0.0/16" not in router.table
    assert "10.7.0.0/16" not in router.table


def test_3_9_2_an_unknown_prefix_at_infinity_triggers_nothing():
    router = Router()
    due = router.machine.next_wake()
    router.hear(response(entry(FAR, 16), entry("10.8.0.0/16", 15)))
    assert router.take() == []
    assert router.machine.next_wake() == due


def test_3_9_2_adding_a_route():
    """ "Set the next hop address to be the address of the router from which the datagram came" """
    router = Router()
    router.hear(response(entry(FAR, 1)))
    assert router.kernel() == [set_route(FAR, N2, "link1", metric=2)]
    assert router.row(FAR) == {
        "prefix": FAR,
        "lan": "link1",
        "via": N2,
        "node": "n2",
        "metric": 2,
        "cost": 1,
        "age": 0.0,
        "tag": 0,
        "state": "valid",
    }


@pytest.mark.parametrize("metric", [1, 5, 14])
def test_3_9_2_the_current_router_is_believed_better_or_worse(metric):
    """ "If the datagram is from the same router as the existing route, and the new metric is different than the old one
    […] Adopt the route from the datagram" """
    router = Router()
    router.hear(response(entry(FAR, 3)))
    router.take()
    router.hear(response(entry(FAR, metric)))
    assert router.table[FAR] == metric + 1
    assert router.kernel() == [set_route(FAR, N2, "link1", metric=metric + 1)]


def test_3_9_2_a_lower_metric_is_taken_from_anybody():
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.take()
    router.hear(response(entry(FAR, 2)), N3)
    assert router.kernel() == [set_route(FAR, N3, "link2", metric=3)]
    assert router.table[FAR] == 3


@pytest.mark.parametrize("metric", [3, 4, 16])
def test_3_9_2_what_is_no_better_is_ignored(metric):
    """ "Any entry that fails these tests is ignored, as it is no better than the current route." """
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.take()
    router.hear(response(entry(FAR, metric)), N3)
    assert router.take() == []
    assert (router.table[FAR], router.row(FAR)["via"]) == (4, N2)


@pytest.mark.parametrize("metric", [15, 16])
def test_3_9_2_infinity_from_the_current_router_ends_a_route(metric):
    """ "If the new metric is infinity, the deletion process begins for the route, which is no longer used for routing
    packets." """
    router = Router()
    router.hear(response(entry(FAR, 3)))
    router.take()
    router.hear(response(entry(FAR, metric)))
    assert router.kernel() == [DeleteRoute(Prefix.parse(FAR))]
    assert router.row(FAR)["state"] == "garbage"


def test_3_9_2_the_same_metric_changes_nothing_in_the_kernel():
    router = Router()
    router.hear(response(entry(FAR, 3)))
    router.take()
    for _ in range(3):
        router.hear(response(entry(FAR, 3)))
        assert router.take() == []


def test_3_9_2_an_equal_route_is_taken_from_half_of_the_timeout_on():
    """ "If it is at least halfway to the expiration point, switch to the new route." """
    router = Router()
    router.hear(response(entry(FAR, 3)), N2)
    router.wait(89.9)
    router.hear(response(entry(FAR, 3)), N3)
    assert router.row(FAR)["via"] == N2
    router.wait(0.1)
    router.hear(response(entry(FAR, 3)), N3)
    assert router.row(FAR)["via"] == N3


def test_3_9_2_our_own_network_is_never_taken_away():
    router = Router()
    for metric in (1, 16):
        router.hear(response(entry("10.0.2.0/24", metric)), N2)
    assert router.table["10.0.2.0/24"] == 1
    assert router.take() == []


def test_3_9_2_a_response_of_several_messages_to_our_address_is_an_answer():
    """ "Processing is the same no matter why the Response was generated"; the user is told which it was."""
    router = Router()
    router.hear(response(entry(FAR, 2)), to=GROUP)
    router.hear(response(entry("10.8.0.0/16", 2)), to=GROUP._replace(address=Address.parse("10.0.1.1")))
    assert [(said["cause"], said["reason"], said["of"]) for said in (report.data for report in router.reports())] == [
        ("n2's update", "update", "n2"),
        ("n2's answer", "answer", "n2"),
    ]


def test_4_2_the_route_tag_is_preserved_and_readvertised():
    router = Router()
    router.hear(response(entry(FAR, 1, tag=7)))
    router.hear(response(entry(FAR, 1, tag=9)))
    [packet] = router.answer(WHOLE_TABLE, N3)
    tags = {row[2]: row[1] for row in struct.iter_unpack(">HHIIII", packet.data[4:])}
    assert tags[Address.parse("10.9.0.0")] == 9


@pytest.mark.parametrize(
    ("next_hop", "via"),
    [
        ("0.0.0.0", N2),  # "routing should be via the originator of the RIP advertisement"
        ("10.0.1.77", "10.0.1.77"),
        ("10.0.2.3", N2),  # "If the received Next Hop is not directly reachable, it should be treated as 0.0.0.0."
        ("192.0.2.1", N2),
        ("10.0.1.1", N2),  # ourselves
        ("10.0.1.0", N2),
        ("10.0.1.255", N2),
    ],
)
def test_4_4_next_hop(next_hop, via):
    router = Router()
    router.hear(response(entry(FAR, 1, next_hop=next_hop)))
    assert router.kernel() == [set_route(FAR, via, "link1", metric=2)]


def test_4_4_a_new_next_hop_at_the_same_metric_is_taken():
    router = Router()
    router.hear(response(entry(FAR, 1)))
    router.take()
    router.hear(response(entry(FAR, 1, next_hop="10.0.1.77")))
    assert router.kernel() == [set_route(FAR, "10.0.1.77", "link1", metric=2)]


def test_4_5_a_response_to_the_group_is_accepted_and_so_is_one_to_us():
    for to in (GROUP, GROUP._replace(address=Address.parse("10.0.1.1"))):
        router = Router()
        router.hear(response(entry(FAR, 1)), to=to)
        assert FAR in router.table


@pytest.mark.parametrize("zero", [b"\0\0", b"\0\1"])
def test_4_6_a_router_that_speaks_only_version_2_does_not_answer_version_1(zero):
    """Nor does it hear it, with what must be zero (section 5) or with anything else in its place."""
    router = Router()
    assert router.answer(b"\x01\x01" + zero + WHOLE_TABLE[4:]) == []
    router.hear(b"\x02\x01" + zero + entry(FAR, 1))
    router.hear(b"\x02\x01" + zero + entry(FAR, 1, tag=1))
    assert FAR not in router.table
    assert router.counters["refused.version-1"] == 3


def test_5_version_0_is_discarded_and_version_3_is_not():
    router = Router()
    router.hear(response(entry("10.7.0.0/16", 1), version=0))
    router.hear(response(entry("10.8.0.0/16", 1), version=3))
    assert "10.7.0.0/16" not in router.table
    assert router.table["10.8.0.0/16"] == 2
    assert router.counters["refused.version"] == 1


def test_5_2_authenticated_messages_are_discarded_where_no_password_is_configured():
    """ "authenticated RIP-2 messages shall be discarded" """
    router = Router()
    password = struct.pack(">HH16s", 0xFFFF, 2, b"secret")
    router.hear(response(password, entry(FAR, 1)))
    assert FAR not in router.table
    assert router.answer(response(password, command=1)) == []
    assert router.counters["refused.authentication"] == 2


def test_each_reason_is_told_once_and_counted_always():
    router = Router()
    for _ in range(5):
        router.hear(b"")
        router.hear(b"\x07\x02\0\0")
        router.hear(response(entry(FAR, 1)), port=9)
    whys = [report.data["why"] for report in router.reports() if report.kind == "input.refused"]
    assert len(whys) == 3
    assert {router.counters[f"refused.{word}"] for word in ("length", "command", "port")} == {5}


def test_refusals_are_counted_at_the_neighbour():
    router = Router()
    router.hear(response(entry(FAR, 1)))
    router.hear(b"nonsense")
    router.wait(2.5)
    assert router.status["neighbours"] == [
        {"address": N2, "node": "n2", "lan": "link1", "heard": 2.5, "messages": 1, "refused": 1}
    ]


def test_what_comes_in_on_an_interface_that_is_down_or_unknown_is_ignored():
    router = Router()
    router.set_link("link1", up=False)
    router.hear(response(entry(FAR, 1)))
    router.hear(response(entry(FAR, 1)), link="link9")
    assert FAR not in router.table
    assert router.counters["refused.interface"] == 2


def test_before_its_start_a_router_hears_nothing():
    router = Router(start=False)
    router.hear(response(entry("10.0.1.0/24", 1), entry(FAR, 1)))
    assert router.take() == []
    assert router.table == {}
    assert router.counters["refused.not-running"] == 1


def test_a_flood_of_prefixes_and_neighbours_is_bounded():
    wide = Interface("link1", Address.parse("10.0.0.1"), Prefix.parse("10.0.0.0/8"))
    router = Router(interfaces=[wide])
    for number in range(300):
        flood = [
            entry(f"{11 + number % 100}.{number}.{n}.0/24" if number < 256 else f"9.{n}.0.0/16", 1) for n in range(25)
        ]
        router.hear(response(*flood), f"10.1.{number // 100}.{number % 100 + 1}", link="link1")
    assert len(router.status["neighbours"]) == MAX_NEIGHBOURS
    assert len(router.table) == MAX_ROUTES
    assert router.counters["skipped.table-full"] == 300 * 25 + 1 - MAX_ROUTES
    assert [r.data["why"] for r in router.reports() if r.kind == "input.refused"] == [f"more than {MAX_ROUTES} routes"]
    router.hear(response(*flood), "10.1.2.100", link="link1")
    assert router.counters["skipped.table-full"] == 301 * 25 + 1 - MAX_ROUTES
    assert len(routes([packet for _, packet in router.wait(40)], "link1")) == MAX_ROUTES
