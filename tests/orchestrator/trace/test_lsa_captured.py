"""An LSA among three makes, as tcpdump saw it at each router (flooded/README.md). What can be counted in the octets
alone is counted there, and must come to the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.flooding import Instance, Key, Says
from catenet.nodes.internet.ospf.seen import FLOODING
from catenet.orchestrator.trace.flood import Flood, Followed, How
from catenet.orchestrator.trace.lsa_rule import faults, link_uses
from catenet.orchestrator.trace.lsa_steps import find_flood
from catenet.orchestrator.wire.clocks import by_one_clock
from catenet.orchestrator.wire.flooding import FloodPacket, read_flooding
from catenet.orchestrator.wire.packets import CapturedDatagram, Frame, PcapStream, decode_ip

DATA = Path(__file__).parent / "flooded"
ROUTERS = tuple(f"r{number}" for number in range(1, 8))
LANS = {
    **{number: f"ring{number}" for number in range(1, 7)},
    **{number + 6: f"exchange{number}" for number in range(1, 4)},
    10: "side",
}
"""By the third octet of their addresses; the fourth is the router's number."""
OWNERS = {
    (lan, Address.parse(f"10.5.{third}.{router[1]}")): router for third, lan in LANS.items() for router in ROUTERS
}
PLACES = dict.fromkeys(ROUTERS, OWNERS)
NAMED = bytes((10, 5, 14, 0)) + bytes((10, 5, 14, 4)) + bytes.fromhex("80000008")
"""Link State ID, Advertising Router and LS sequence number, as they stand in its header."""
UPDATE, ACKNOWLEDGEMENT = 4, 5
COOKED, IPV4 = 20, 20


def frames(router: str) -> list[Frame]:
    return PcapStream().feed((DATA / f"{router}.pcap").read_bytes())


def datagrams() -> list[CapturedDatagram]:
    return [seen for router in ROUTERS for each in frames(router) if (seen := decode_ip(each, router)) is not None]


def packets() -> list[FloodPacket]:
    return read_flooding(datagrams(), FLOODING.read, PLACES)


def instance(seen: list[FloodPacket]) -> Instance:
    key = Key("external", "10.5.14.0", "10.5.14.4")
    return next(
        each
        for packet in seen
        if packet.said.says == Says.UPDATE
        for each in packet.said.instances
        if each.key == key and each.number == "80000008"
    )


def flood() -> Flood:
    seen = packets()
    return find_flood(seen, Followed(instance(seen), "", "r4", None, {}, frozenset(ROUTERS)), FLOODING, OWNERS)


def octets(kind: int, *, outgoing: bool) -> dict[str, int]:
    """Router → how many frames of that type have it in them, out of it or into it."""
    found = dict.fromkeys(ROUTERS, 0)
    for router in ROUTERS:
        for frame in frames(router):
            is_out = frame.data[10] == 4  # PACKET_OUTGOING
            ospf = frame.data[COOKED + IPV4 :]
            found[router] += is_out is outgoing and ospf[1] == kind and NAMED in ospf
    return found


def test_every_packet_with_it_is_one_step() -> None:
    done = flood()
    for kind, carries in ((UPDATE, True), (ACKNOWLEDGEMENT, False)):
        sent = dict.fromkeys(ROUTERS, 0)
        for step in done.steps:
            sent[step.source] += step.followed and step.carries is carries
        assert sent == octets(kind, outgoing=True)


def test_every_copy_is_heard_by_whom_it_is_for() -> None:
    heard = dict.fromkeys(ROUTERS, 0)
    for packet in packets():
        if packet.said.says == Says.UPDATE and instance(packets()).order in [
            each.order for each in packet.said.instances
        ]:
            for node in packet.heard:
                heard[node] += 1
    assert heard == octets(UPDATE, outgoing=False)


def test_all_have_it_and_each_has_sent_it_once_on_a_link() -> None:
    done = flood()
    assert {each.node for each in done.reached} == {*ROUTERS} - {"r4"}
    assert done.is_over
    assert faults(done) == ()
    assert all(use.copies == 1 for use in link_uses(done))


def test_who_is_elected_is_known_by_hellos_and_floods_for_all() -> None:
    """side: r7 has the priority 2, r5 1, the others 0."""
    done = flood()
    assert done.elected["side"] == ("r7", "r5")
    assert done.elected["ring1"] == ("", "")
    here = [step for step in done.steps if step.lan == "side" and step.carries]
    assert (here[0].source, here[0].to) == ("r3", "AllDRouters")
    assert (here[1].source, here[1].to, here[1].how) == ("r7", "AllSPFRouters", How.REFLOODED)


def test_age_counts_each_hop_by_a_second() -> None:
    """ "The LSA's LS age must be incremented by InfTransDelay" (section 13.3 (5))."""
    done = flood()
    far = {"r4": 0} | {each.node: 0 for each in done.reached}
    for each in done.reached:
        far[each.node] = far[each.source] + 1
    for step in done.steps:
        if step.carries and step.followed:
            assert step.age >= far[step.source] + 1, step


@pytest.mark.parametrize("ahead", [0.01, -0.01, 0.2])
@pytest.mark.parametrize("nodes", ["r1 r2 r3", "r4", "r5 r7"])
def test_routers_on_a_host_whose_clock_is_ahead(nodes: str, ahead: float) -> None:
    """As far as it could not be measured: no copy is lost or sent again for that."""
    seen = [each._replace(at=each.at + ahead * (each.node in nodes.split())) for each in datagrams()]
    found = read_flooding(seen, FLOODING.read, PLACES, one_clock=False)
    assert by_one_clock(found).keys() == {*ROUTERS}
    assert all(at >= each.at - 1e-6 for each in found for at in each.heard.values())
    assert sorted((each.source, each.lan, *sorted(each.heard)) for each in found) == sorted(
        (each.source, each.lan, *sorted(each.heard)) for each in packets()
    )
    done = find_flood(found, Followed(instance(found), "", "r4", None, {}, frozenset(ROUTERS)), FLOODING, OWNERS)
    assert [(each.node, each.source, each.lan) for each in sorted(done.reached)] == [
        (each.node, each.source, each.lan) for each in sorted(flood().reached)
    ]
    assert done.is_over
    assert faults(done) == ()
