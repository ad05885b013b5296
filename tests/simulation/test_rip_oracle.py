"""What the orchestrator awaits of a lab's routers is what they come to: costs, passive networks and keys included."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network
from rip_world import add_router, table

from catenet.orchestrator.lab.graph import expected
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab

KEYS = (
    "{}",
    "{password: one}",
    "{md5: {1: one}}",
    "{md5: {2: two}}",
    "{md5: {1: another}}",
    "{md5: {1: one, 2: two}}",
    "{md5: {2: two, 1: one}}",
    "{md5: {2: two, 3: three}}",
    "{md5: {3: three, 2: two}}",
    "{md5: {3: three, 1: one, 2: two}}",
)
LANS = [f"l{number}" for number in range(6)]


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """Up to six routers on up to six LANs, each with its own costs, passive networks and keys."""
    lines = ["lans:", *(f"  {lan}: {{prefix: 10.0.{number}.0/24}}" for number, lan in enumerate(LANS)), "nodes:"]
    one_key, keys = draw(st.booleans()), draw(st.sampled_from((KEYS, KEYS[2:], KEYS[5:])))
    for number in range(draw(st.integers(1, 6))):
        on = draw(st.lists(st.sampled_from(LANS), min_size=1, max_size=4, unique=True))
        costs = draw(st.dictionaries(st.sampled_from(on), st.integers(1, 6)))
        passive = draw(st.lists(st.sampled_from(on), max_size=2, unique=True))
        told = draw(st.sampled_from(("connected", "")))
        auth = KEYS[0] if one_key else draw(st.sampled_from(keys))
        cost = ", ".join(f"{lan}: {value}" for lan, value in costs.items())
        lines.append(
            f"  n{number}: {{lans: [{', '.join(on)}], forward: true, services: {{rip: {{cost: {{{cost}}}, "
            f"passive: [{', '.join(passive)}], redistribute: [{told}], auth: {auth}}}}}}}"
        )
    return parse("\n".join(lines).encode(), "lab.yaml")


def must_be_as_awaited(lab: Lab) -> None:
    network = Network(seed=7)
    for lan in lab.lans.values():
        network.add_lan(lan.name, str(lan.prefix))
    for node in lab.nodes.values():
        add_router(network, node.name, {a.lan: str(a.address) for a in node.attachments}, node.services["rip"])
    network.run(300)
    for router, row in expected(lab)["rip"].items():
        own = {place.lan for place in lab.nodes[router].attachments}
        found = {lan: metric - 1 for lan, metric in table(network, router).items() if lan not in own}
        assert found == {lan: way.cost for lan, way in row.items()}, router


@settings(max_examples=60)
@given(labs())
def test_the_tables_are_those_that_are_awaited(lab: Lab) -> None:
    must_be_as_awaited(lab)


ONE, TWO, BOTH, OTHERS = "{1: one}", "{2: two}", "{1: one, 2: two}", "{3: three, 2: two}"


@pytest.mark.parametrize(
    ("far", "near", "third", "learns"),
    [
        pytest.param(BOTH, f"{{md5: {TWO}}}, passive: [l]", TWO, True, id="it is signed with the key of a third one"),
        pytest.param(BOTH, f"{{md5: {TWO}}}, passive: [l]", ONE, False, id="nobody uses its key"),
        pytest.param(BOTH, f"{{md5: {OTHERS}}}", "{4: four}", False, id="nobody uses the key that both have"),
        pytest.param(BOTH, f"{{md5: {OTHERS}}}", TWO, True, id="a third one uses the key that both have"),
    ],
)
def test_a_router_signs_with_the_keys_that_it_hears(far: str, near: str, third: str, learns: bool) -> None:
    """`near` learns of the LAN behind `far`, by l, on which a third router is too."""
    lab = parse(
        f"""
lans: {{l: , behind: , elsewhere: }}
defaults: {{rip: {{auth: {{md5: {third}}}}}}}
nodes:
  far: {{lans: [l, behind], services: {{rip: {{auth: {{md5: {far}}}}}}}}}
  near: {{lans: [l, elsewhere], services: {{rip: {{auth: {near}}}}}}}
  third: {{lans: [l], forward: yes, services: [rip]}}
""".encode(),
        "lab.yaml",
    )
    assert ("behind" in expected(lab)["rip"]["near"]) is learns
    must_be_as_awaited(lab)
