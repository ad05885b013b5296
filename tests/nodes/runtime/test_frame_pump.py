"""Frames in and out of a stack of our own, on the kernel itself: links in a container, whose other ends are played."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from in_container import alone
from on_engine import own

from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.orchestrator.observe.program import run_program

pytestmark = pytest.mark.engine

LAB = own("pump")
IPV4, ARP = 0x0800, 0x0806
OURS, ALL, GROUP, THEIRS = "020000000001", "ff" * 6, "01005e000005", "0200000000ff"
PATIENCE = 60.0
Play = Callable[[str], Any]


@pytest.fixture
def play() -> Iterator[Play]:
    """Plays a scene in a container of its own, and gives what came of it."""
    script = Path(__file__).with_name("pump_in_kernel.py").read_text(encoding="utf-8")
    with alone(LAB, ["NET_ADMIN", "NET_RAW"]) as (engine, container):

        def run(scene: str) -> Any:
            done = run_program(engine, container, ["python3", "-c", script, scene], PATIENCE)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        yield run


def test_what_is_for_this_host_is_heard_and_no_other_frame(play: Play) -> None:
    """Not what is for other hosts' hardware, nor what is tagged, nor groups that nobody has joined, nor other types."""
    before, joined, left = play("hears")
    ipv4, arp = ["0200000000ff", 64], ["0200000000ff", 28]
    assert sorted(before) == sorted(
        [
            *(["v1", IPV4, to, *ipv4] for to in (OURS, ALL) for _ in range(2)),
            *(["v1", ARP, to, *arp] for to in (OURS, ALL)),
            ["v1", IPV4, OURS, THEIRS, 0],
        ]
    )
    assert joined == [["v1", IPV4, GROUP, *ipv4]]
    assert left == []


def test_frames_are_sent_in_order_and_those_that_cannot_be_are_counted(play: Play) -> None:
    data, header, named, counts = play("sends")
    assert data == [str(number) for number in range(100)]
    assert header == f"{THEIRS}{OURS}0806"
    assert named == f"{THEIRS}{b'abcdef'.hex()}0800{b'here'.hex()}"
    assert counts == {"send_failures": 2}


def test_packets_that_are_passed_on_leave_by_the_other_lan_as_the_stack_left_them(play: Play) -> None:
    lengths, header, received, settled = play("passes")
    assert lengths == [100 + number for number in range(200) if number % 3]
    assert header == f"{THEIRS}0200000000020800"
    assert received == [100 + number for number in range(200) if not number % 3]
    assert settled


def test_a_lan_with_another_device_is_heard_again_with_its_groups(play: Play) -> None:
    heard, back, counts = play("returns")
    assert heard == [["v1", IPV4, GROUP, THEIRS, 64]]
    assert back == f"{THEIRS}{OURS}0806{b'back'.hex()}"
    assert counts == {"send_failures": 1}


def test_frames_leave_with_the_hardware_address_that_the_device_has_now(play: Play) -> None:
    assert play("renamed") == [OURS, OURS, "0200000000e1", "0200000000e1"]


def test_what_waited_while_the_node_stood_still_is_dropped(play: Play) -> None:
    """Neither received nor passed on."""
    assert play("stale") == [[], {"stale_frames": 100}]


def test_a_checksum_that_was_left_to_the_device_is_made_and_what_is_not_cut_is_dropped(play: Play) -> None:
    packets, counts = play("unfinished")
    (packet,) = map(bytes.fromhex, packets)
    pseudo = packet[12:20] + bytes((0, 17)) + packet[24:26]
    assert checksum(pseudo + packet[20:]) == 0
    assert packet.endswith(b"an odd number of octets")
    assert counts == {"oversized_frames": 1}


def test_what_passes_through_takes_no_room_from_what_is_for_the_node(play: Play) -> None:
    """Twenty thousand frames of each kind come before anybody reads, and then one for a group: all kinds are heard."""
    assert play("keeps")


def test_what_routers_say_to_this_one_alone_is_heard_among_a_flood_for_it(play: Play) -> None:
    """RFC 1812 section 5.3.3: by its precedence; it is not behind the flood either."""
    assert play("routers")
