"""Labs whose nodes are on catenet's own stack: all that their files claim is as true. And both stacks among each other:
neither notices whose the other's is.
"""

from __future__ import annotations

from functools import partial

import pytest
from calling import PATIENCE

from catenet.nodes.control.lookups import KIND as LOOKUP
from catenet.nodes.control.lookups import LookedUp
from catenet.nodes.control.pings import KIND as PING
from catenet.nodes.control.pings import TRACE, Pinged
from catenet.nodes.control.probes import TIME_EXCEEDED, probes
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe import reach
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.operations.reset import reset

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

FIVE = pytest.mark.lab("five-routers", stack="userspace")
MIXED = pytest.mark.lab("mixed-stacks/lab.yaml")
SIZES = (0, 1, 56, 1472, 1473, 8000, 65_507)


@FIVE
def test_five_routers_by_rip_heal_a_cut_a_death_and_a_silence(lab: LabUnderTest) -> None:
    lab.check(within=PATIENCE)
    assert {node.stack for node in running_lab(lab.engine, lab.name).lab.nodes.values()} == {"userspace"}
    with lab.cut("link1"):
        lab.check("D5", within=PATIENCE)
    with lab["b"].kill():
        lab.wait_for(routes={"at": "a", "to": "lan-c", "via": "link3", "cost": 3}, within=PATIENCE)
        lab.wait_for(path={"from": "a", "to": "c", "routers": ["d", "e"]}, within=PATIENCE)
    lab.wait_for(path={"from": "a", "to": "c", "routers": ["b"]}, within=PATIENCE)
    with lab.breaking("cut", "link1", silent=True):
        lab.wait_for(path={"from": "a", "to": "c", "routers": ["d", "e"]}, within=PATIENCE)


@FIVE
def test_a_reset_finds_nothing_to_mend(lab: LabUnderTest) -> None:
    assert reset(lab.engine, lab.running).outcome.remarks == ()


@pytest.mark.lab("five-routers/ospf.yaml", stack="userspace")
def test_five_routers_by_ospf(lab: LabUnderTest) -> None:
    lab.check(within=PATIENCE)
    with lab.cut("link1"):
        lab.wait_for(path={"from": "a", "to": "c", "routers": ["d", "e"]}, within=PATIENCE)


@pytest.mark.lab("internet", stack="userspace")
def test_the_internets_routers_and_name_servers(lab: LabUnderTest) -> None:
    """The browser, the web servers and who has curl are on the kernel's stack, and reach each other across the rest."""
    stacks = [node.stack for node in lab.model.nodes.values()]
    assert (stacks.count("userspace"), stacks.count("kernel")) == (16, 4)
    lab.check(within=PATIENCE)


@MIXED
def test_what_is_claimed_of_both_stacks_among_each_other(lab: LabUnderTest) -> None:
    lab.check(within=PATIENCE)


@MIXED
@pytest.mark.parametrize(("source", "target"), [("kh", "uh"), ("uh", "kh"), ("uw", "kh"), ("uw", "uh")])
def test_pings_of_all_sizes(lab: LabUnderTest, source: str, target: str) -> None:
    found = {size: lab[source].ping(target, number=2, size=size) for size in SIZES}
    assert {size: (each.sent, each.received, each.says) for size, each in found.items()} == dict.fromkeys(
        SIZES, (2, 2, ())
    )


@MIXED
@pytest.mark.parametrize("node", ["kh", "uh"])
def test_a_node_of_either_stack_finds_out_by_packets_of_its_own(lab: LabUnderTest, node: str) -> None:
    """On the kernel's stack the probes are not needed, and find the same as the programs."""
    to, first = ("10.31.4.1", "10.31.1.8") if node == "kh" else ("10.31.1.1", "10.31.4.9")
    probe = partial(reach.probe, lab.engine, lab[node].container)
    pinged = probe({"kind": PING, "to": to, "number": 3, "every": 0.05}, 5, Pinged.parse)
    traced = probe({"kind": TRACE, "to": to, "most": 5}, 5, probes)
    looked = probe({"kind": LOOKUP, "to": "10.31.4.53", "name": "www.example"}, 5, LookedUp.parse)
    lost = probe({"kind": PING, "to": "10.31.9.77", "wait": 1.0}, 5, Pinged.parse)
    assert (pinged.sent, pinged.received, pinged.ttl) == (3, 3, 62)
    assert (traced.arrived, [hop.address for hop in traced.hops][-1]) == (True, to)
    assert [hop.says for hop in traced.hops] == [TIME_EXCEEDED, TIME_EXCEEDED, "port unreachable"]
    assert traced.hops[0].address == first
    assert looked == LookedUp("NOERROR", ("10.31.4.1",))
    assert lost.received == 0
    assert lost.says[0].endswith(TIME_EXCEEDED)


@MIXED
def test_programs_have_no_network_on_the_userspace_stack(lab: LabUnderTest) -> None:
    """Nor has the kernel an address there that it might answer for."""
    assert lab["uh"].run("ping", "-c1", "-W1", "10.31.1.1").returncode == 2
    assert lab["uh"].run("ip", "-4", "-o", "addr").stdout.split()[3] == "127.0.0.1/8"
    assert len(lab["uh"].run("ip", "-4", "-o", "addr").stdout.splitlines()) == 1
    assert [link["stack"] for link in lab["uh"].show("links")] == ["userspace"]
