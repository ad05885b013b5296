"""What `catenet trace packet` and `trace arp` say, in words and drawn, of what tcpdump saw in the lab `layers`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from layered import ADDRESSES, DATAGRAM, HARDWARE, PING, owner, steps

from catenet.nodes.address import Address
from catenet.orchestrator.cli.trace_arp import draw_arp, print_arp
from catenet.orchestrator.cli.trace_packet import draw_packet, print_packet
from catenet.orchestrator.lab.realms import View
from catenet.orchestrator.trace.arp import ArpTrace
from catenet.orchestrator.trace.arp_steps import cached, entries, find_exchanges
from catenet.orchestrator.trace.neighbours import Neighbour
from catenet.orchestrator.trace.packet import Ends, PacketTrace
from catenet.orchestrator.trace.packet_rule import Fault, FaultKind, faults
from catenet.orchestrator.trace.packet_steps import Sent

NODES = ("h1", "a", "b", "h2")
VIEW = View({}, {}, {}, {}, {Address.parse(a): node for a, node in ADDRESSES.items()}, frozenset())
ENDS = Ends(HARDWARE, VIEW)
KNOWN = Neighbour("h1", "left", "10.6.1.11", "02:42:0a:06:01:0b", "reachable", 4.2)


def packet(sent: Sent, **more: object) -> PacketTrace:
    found = tuple(steps(sent))
    return PacketTrace("h1", "h2", sent, b"hello from h1", found, ENDS, faults=tuple(faults(found)), **more)


def arp(*, before: tuple[Neighbour, ...] = ()) -> ArpTrace:
    found = tuple(steps(DATAGRAM if before else PING))
    asked = () if before else find_exchanges(found, owner)
    after = list(entries([KNOWN], before, asked, owner))
    known = tuple(cached(found, asked, before))
    return ArpTrace("h1", "h2", "10.6.3.1", not before, found, asked, known, tuple(after), ENDS)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> object:
    def read() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return read


def test_the_first_frame_layer_by_layer_and_of_the_others_what_has_changed(said) -> None:
    print_packet(packet(DATAGRAM), NODES)
    lines = said()
    assert lines[0] == "h1 sends h2 (10.6.3.1) 13 octets by UDP, to port 7"
    assert all(len(line) <= 100 for line in lines)
    whole = "\n".join(lines)
    assert "│ │ ┌─ internet     IPv4, octets 14 to 33" in whole
    assert "│ │ │ ┌─ transport    UDP, octets 34 to 41" in whole
    assert '│ │ │ │ │    "hello from h1"' in whole
    assert "source 10.6.1.1 (h1)   destination 10.6.3.1 (h2)" in whole
    assert "   internet       TTL 64 → 63   header checksum" in whole
    assert "destination 02:42:0a:06:01:0b → 02:42:0a:06:02:0c (b)" in whole
    assert "all of UDP   the 13 octets of data" in whole
    assert "of the packet that it is about" in whole, "the error quotes it"
    assert lines[-1] == "h2 says: destination unreachable: port unreachable"


def test_the_octets_of_a_header_stand_above_its_fields(said) -> None:
    """Of IPv4's header twenty: 45 is version 4 and five words; the TTL and the protocol are octets 9 and 10."""
    print_packet(packet(DATAGRAM), NODES)
    octets = next(line for line in said() if " 4500 " in line).lstrip("│ ").split()
    assert len(octets) == 10
    assert octets[4] == f"{64:02x}{17:02x}"


def test_all_shows_every_frame_whole(said) -> None:
    print_packet(packet(PING), NODES, whole=True)
    assert sum("data link    Ethernet" in line for line in said()) == 12


def test_fragments_are_said(said) -> None:
    print_packet(packet(PING), NODES)
    whole = "\n".join(said())
    assert "echo request, TTL 64, fragment, octets 0 to 1479" in whole
    assert "data, TTL 64, fragment, octets 1480 to 2007, the last" in whole


def test_where_nothing_comes_back_it_is_said_who_heard_it_last(said) -> None:
    lost = tuple(steps(DATAGRAM, lambda each: each if each.lan == "left" and b"\x03\x03" not in each.data else None))
    there = tuple(step for step in lost if step.part == "there")
    print_packet(PacketTrace("h1", "h2", DATAGRAM, b"", there, ENDS, says="no datagram came back within 2 s"), NODES)
    assert said()[-1] == "no answer (no datagram came back within 2 s); the last to hear it: a, on left"
    print_packet(PacketTrace("h1", "h2", DATAGRAM, b"", (), ENDS, says="Network is unreachable"), NODES)
    assert said()[-1] == "nothing was seen to be sent: Network is unreachable"


def test_a_frame_that_does_not_come_in_is_said(said) -> None:
    found = tuple(steps(DATAGRAM, lambda each: None if (each.node, each.outgoing) == ("h2", False) else each))
    print_packet(PacketTrace("h1", "h2", DATAGRAM, b"", found, ENDS), NODES)
    lost = [line for line in said() if "did not come in" in line]
    assert len(lost) == 2, "in the table, and above the frame"
    assert all("right" in line for line in lost)


def test_a_fault_is_said(said) -> None:
    fault = Fault(FaultKind.TTL, "a", 4, "a sent it on with TTL 64; it had come with 64")
    print_packet(replace(packet(DATAGRAM), faults=(fault,)), NODES)
    assert "but a sent it on with TTL 64; it had come with 64 (step 4)" in said()
    print_packet(replace(packet(DATAGRAM), faults=(fault,), translators=frozenset({"a"})), NODES)
    assert "as a translator a sent it on with TTL 64; it had come with 64 (step 4)" in said()


def test_arp_in_words(said) -> None:
    print_arp(arp(), NODES)
    lines = said()
    assert "h1 asks all of left who has 10.6.1.11 (a): the next router on the way: the destination is on another" in (
        "\n".join(lines)
    )
    assert "b asks all of right who has 10.6.3.1 (h2): the packet's own destination" in lines
    assert any(line.startswith("h1") and line.endswith("it asked") for line in lines)
    assert not any("heard it too" in line for line in lines), "who answers is no bystander"


def test_what_is_cached_is_not_asked_for(said) -> None:
    print_arp(arp(before=(KNOWN,)), NODES)
    lines = said()
    assert "h1 knows 10.6.1.11 on left already: at 02:42:0a:06:01:0b (a), reachable, heard 4 s ago" in lines
    assert "who knows it asks nobody; with --fresh all on the way forget first what they have cached" in lines


def test_both_as_json() -> None:
    """What a program reads: the octets that were sent, each frame's headers with their fields and octets."""
    one = json.loads(json.dumps(packet(DATAGRAM).to_json(), allow_nan=False))
    assert (one["from"], one["to"], one["by"], one["arrived"], one["answered"]) == ("h1", "h2", "UDP", True, True)
    first = next(step for step in one["steps"] if step["part"] == "there")
    headers = first["headers"]
    assert [(each["protocol"], each["begin"], each["end"]) for each in headers] == [
        ("Ethernet", 0, 14),
        ("IPv4", 14, 34),
        ("UDP", 34, 42),
    ]
    assert bytes.fromhex(first["data"]["octets"]) == b"hello from h1"
    two = json.loads(json.dumps(arp().to_json(), allow_nan=False))
    assert [each["answerer"] for each in two["exchanges"]] == ["a", "b", "h2"]
    assert two["caches"][0]["how"] == "it asked"


def test_both_are_drawn(tmp_path: Path) -> None:
    """As XML that can be read; every node, every field of the first frame, and in red what has changed."""
    file = tmp_path / "x.svg"
    draw_packet(packet(DATAGRAM), NODES, file)
    texts = drawn(file)
    assert "identification 0x81c2" in texts
    assert '"hello from h1"' in texts
    red = [each.text for each in ElementTree.parse(file).iter() if each.get("class") == "new"]
    assert "TTL 63" in red
    assert "TTL 64" not in red
    draw_arp(arp(), NODES, file)
    texts = drawn(file)
    assert set(NODES) <= texts
    assert "left: ARP: who has 10.6.1.11? tell 10.6.1.1" in texts


def drawn(file: Path) -> set[str]:
    return {each.text or "" for each in ElementTree.parse(file).iter()}


def test_a_name_that_is_no_xml_is_drawn_all_the_same(tmp_path: Path) -> None:
    found = tuple(steps(DATAGRAM))
    trace = PacketTrace("h1", "h2", Sent("<&>\x07", "UDP", "10.6.3.1", 7), b"", found, ENDS)
    draw_packet(trace, (), tmp_path / "x.svg")
    assert drawn(tmp_path / "x.svg")
