"""What broke other RIP daemons, by public reports, tried on ours. Each test names the RFC's section."""

from __future__ import annotations

import hashlib
import struct

import pytest
from rip_router import (
    EPOCH,
    GROUP,
    N2,
    N3,
    WHOLE_TABLE,
    Router,
    entry,
    response,
    routes,
    said,
    set_route,
    signed,
    with_password,
)

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import DeleteRoute

FAR = "10.9.0.0/24"
MD5 = {"md5": {"1": "secret"}}


def test_3_9_2_another_routers_equal_offers_keep_no_dead_routers_route_alive() -> None:
    """FRR issue 10567. The timer is reinitialised "if this datagram is from the same router as the existing route"."""
    router = Router()
    router.hear(response(entry(FAR, 1)), N2)
    for _ in range(6):  # 5 s before half of the timeout, then after it
        router.wait(29)
        router.hear(response(entry(FAR, 2)), N3)
    assert router.row(FAR)["via"] == N2
    router.wait(6.1)
    router.hear(response(entry(FAR, 2)), N3)
    assert (router.row(FAR)["via"], router.table[FAR]) == (N3, 3)


def test_3_9_2_an_equal_way_takes_over_before_the_dead_one_times_out() -> None:
    router = Router()
    router.hear(response(entry(FAR, 1)), N2)
    for _ in range(5):
        router.wait(30)
        router.hear(response(entry(FAR, 1)), N3)
    assert router.row(FAR)["via"] == N3
    assert not [action for action in router.take() if isinstance(action, DeleteRoute)]


@pytest.mark.parametrize("auth", [{"password": "secret"}, {}])
def test_4_1_a_password_in_the_second_entry_opens_nothing(auth: dict) -> None:
    """FRR issue 4461: "the first (and only the first) entry in the message"."""
    router = Router(auth=auth)
    proof = struct.pack(">HH16s", 0xFFFF, 2, b"secret")
    router.hear(response(entry(FAR, 1), proof, entry("10.8.0.0/24", 1)))
    assert (FAR in router.table) is not bool(auth)
    assert router.counters.get("refused.auth-missing", 0) == bool(auth)
    assert router.counters.get("skipped.family", 0) == (not auth)
    assert router.answer(response(entry(FAR, 1), proof, command=1)) == [] or not auth


@pytest.mark.parametrize(("split_horizon", "own"), [("on", None), ("poisoned", 16)])
def test_3_4_3_an_interface_that_comes_up_is_not_told_of_its_own_network(split_horizon: str, own: int | None) -> None:
    """FRR issue 8785."""
    router = Router(split_horizon=split_horizon)
    router.hear(response(entry(FAR, 1)), N3)
    router.set_link("link1", up=False)
    router.take()
    router.set_link("link1", up=True)
    told = routes(router.sends(), "link1")
    assert (told.get("10.0.1.0/24"), told[FAR]) == (own, 2)


def test_3_9_1_an_interface_that_goes_down_at_once_is_not_asked_again() -> None:
    """FRR pull request 8680: what was due after it came up was carried out on an interface that was gone."""
    router = Router()
    for up in (False, True, False):
        router.set_link("link1", up=up)
    router.take()
    assert {packet.interface for _, packet in router.wait(40)} == {"link2"}


def test_3_7_a_default_route_is_heard_and_passed_on() -> None:
    """FRR issue 20415: a check against net 0 took the default route along."""
    router = Router()
    router.hear(response(entry("0.0.0.0/0", 1, tag=7)))
    assert router.kernel() == [set_route("0.0.0.0/0", N2, "link1", metric=2)._replace(tag=7)]
    [packet] = router.answer(WHOLE_TABLE, N3)
    assert said(packet.data)["0.0.0.0/0"] == 2
    assert said(Router(redistribute=("default",)).answer(WHOLE_TABLE)[0].data)["0.0.0.0/0"] == 1


@pytest.mark.parametrize("prefix", ["240.0.0.0/24", "240.0.0.0/4", "255.255.255.255/32", "0.0.0.0/8", "0.1.0.0/16"])
def test_3_9_2_reserved_ranges_are_no_destinations(prefix: str) -> None:
    """FRR issue 20418: class E and net 0 were taken."""
    router = Router()
    router.hear(response(entry(prefix, 1), entry(FAR, 1)))
    assert set(router.table) == {"10.0.1.0/24", "10.0.2.0/24", FAR}


def test_4822_3_2_another_keys_id_with_the_same_secret_is_another_key() -> None:
    """FRR pull request 22028: any key whose id was not lower was taken for the one that the message named."""
    router = Router(auth={"md5": {"40": "secret"}})
    for number in (0, 39, 41):
        router.hear(signed(response(entry(FAR, 1)), key=number))
    assert router.counters["refused.auth-key"] == 3
    router.hear(signed(response(entry(FAR, 1)), key=40))
    assert router.table[FAR] == 2


@pytest.mark.parametrize("number", [0, 255])
def test_4822_2_1_every_number_of_eight_bits_is_a_key_id(number: int) -> None:
    router = Router(auth={"md5": {str(number): "secret"}})
    router.hear(signed(response(entry(FAR, 1)), key=number))
    assert router.table[FAR] == 2
    assert {packet.data[10] for _, packet in router.wait(40)} == {number}


def test_4822_2_1_a_default_route_in_the_octets_of_a_neighbour_that_counts_the_trailers_head() -> None:
    """FRR issue 7403 shows such a message: length 64, packet length 44, data length 20, number 36324."""
    head = bytes.fromhex("02020000 ffff0003 002c 01 14 00008de4 0000000000000000")
    head += bytes.fromhex("00020000 00000000 00000000 00000000 00000001 ffff0001")
    message = head + hashlib.md5(head + b"secret".ljust(16, b"\0")).digest()
    assert len(message) == 64
    router = Router(auth=MD5)
    router.hear(message)
    assert router.table["0.0.0.0/0"] == 2


@pytest.mark.parametrize("method", ["md5", "sha256"])
def test_4822_2_2_keys_that_differ_behind_an_octet_0_are_different(method: str) -> None:
    """BIRD, "Fix null byte handling in authentication keys": what followed the octet 0 did not count."""
    word = {"md5": "md5", "sha256": "hmac-sha-256"}[method]
    router = Router(auth={word: {"1": {"hex": "0a00ff01"}}})
    for last in (b"\2", b"", b"\1\1"):
        router.hear(signed(response(entry(FAR, 1)), method, b"\x0a\0\xff" + last))
    assert router.counters["refused.auth-digest"] == 3
    router.hear(signed(response(entry(FAR, 1)), method, b"\x0a\0\xff\1"))
    assert router.table[FAR] == 2


def test_4_1_passwords_that_differ_behind_an_octet_0_are_different() -> None:
    """ "padded to the right with nulls": nothing else may stand there. The same commit of BIRD's."""
    router = Router(auth={"password": "secret"})
    router.hear(with_password(response(entry(FAR, 1)), b"secret\0x"))
    assert router.counters["refused.auth-password"] == 1
    assert FAR not in router.table


@pytest.mark.parametrize("what", ["static", "connected"])
def test_3_10_1_what_is_lost_is_told_at_once(what: str) -> None:
    """On bird-users, 5 February 2014: a route that was deleted was announced no more, and nothing was said of it."""
    static = [(Prefix.parse("10.8.0.0/24"), Address.parse("10.0.2.9"))]
    router = Router(static=static, redistribute=("connected", "static"))
    lost = "10.8.0.0/24" if what == "static" else "10.0.2.0/24"
    assert routes((packet for _, packet in router.wait(35)), "link1")[lost] == 1
    router.wait(10)
    router.set_link("link2", up=False)
    sent = router.wait(5)
    assert routes((packet for _, packet in sent), "link1")[lost] == 16


def test_4822_2_3_2_a_restarted_neighbour_waits_no_longer_than_the_timeout() -> None:
    """On bird-users, 4 October 2022: a router came back before its routes had timed out, with numbers above zero and
    below its last one. What is refused of it must not keep it known."""
    router = Router(auth=MD5, update=5, timeout=30, garbage=10)
    router.hear(signed(response(entry(FAR, 1)), sequence=5000))
    refused = 0
    for number in range(17, 60):
        router.hear(signed(response(entry("10.8.0.0/24", 1)), sequence=number))
        if "10.8.0.0/24" in router.table:
            break
        refused += 1
        router.wait(5)
    assert refused == 6  # 30 s, one each 5 s


@pytest.mark.parametrize("length", range(0, 45))
def test_3_6_a_part_of_an_entry_is_no_entry_behind_a_good_digest_either(length: int) -> None:
    """FRR pull request 21889, and its commit fe8213cb2c for requests."""
    for command in (1, 2):
        router = Router(auth=MD5)
        message = bytes([command, 2, 0, 0]) + (entry(FAR, 1) * 3)[:length]
        before = sum(n for word, n in router.counters.items() if word.startswith(("refused.", "received.")))
        router.hear(signed(message))
        after = {word: n for word, n in router.counters.items() if word.startswith(("refused.", "received.")) and n}
        assert sum(after.values()) == before + 1
        assert ("refused.length" in after) is bool(length % 20)


@pytest.mark.parametrize("source", ["10.0.1.0", "10.0.1.255", "0.0.0.0", "255.255.255.255", "224.0.0.9"])
def test_3_9_2_a_neighbours_address_is_a_hosts(source: str) -> None:
    """FreeRTOS-Plus-TCP pull request 314, picotcp issue 89: a broadcast address was answered."""
    router = Router()
    router.hear(response(entry(FAR, 1)), source, link="link1")
    assert router.answer(WHOLE_TABLE, source, link="link1") == []
    assert router.counters["refused.off-link"] == 2


@pytest.mark.parametrize("port", [0, 53, 519, 521])
def test_3_9_2_a_response_from_another_port_is_ignored(port: int) -> None:
    """Scapy issue 1382: the packets that it made came from port 53."""
    router = Router()
    router.hear(response(entry(FAR, 1)), port=port)
    assert FAR not in router.table
    assert router.counters["refused.port"] == 1


@pytest.mark.parametrize(
    ("to", "word"),
    [("224.0.0.9", "update"), ("10.0.1.255", "update"), ("255.255.255.255", "update"), ("10.0.1.1", "answer")],
)
def test_4_5_a_response_to_everybody_is_an_update_by_broadcast_too(to: str, word: str) -> None:
    """Routers that also speak to those of version 1 broadcast (section 5.1)."""
    router = Router()
    router.hear(response(entry(FAR, 1)), to=GROUP._replace(address=Address.parse(to)))
    (report,) = router.reports()
    assert report.data["cause"] == f"n2's {word}"


def test_2453_5_2_version_1_gets_no_answer_where_authentication_is_in_use() -> None:
    """CVE-2006-2223 and CVE-2006-2224, of Quagga: what a router knows was told, and what it was told believed."""
    router = Router(auth=MD5, epoch=EPOCH)
    assert router.answer(b"\1\1" + WHOLE_TABLE[2:]) == []
    router.hear(response(entry(FAR, 1), version=1))
    assert FAR not in router.table
    assert router.counters["refused.auth-missing"] == 2
