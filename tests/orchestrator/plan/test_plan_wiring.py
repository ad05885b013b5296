"""LANs as segments: one network of the engine for all of a copy, and what each node is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catenet
from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import NodeConfig
from catenet.orchestrator.backend.protocols import LABEL_HASH, LABEL_LAN, LABEL_SEGMENTS, LABEL_UNDERLAY, Network
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.hosts import Host
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Attachment, Lab, Lan, Node
from catenet.orchestrator.plan.desired import Desired, PlanError, desired
from catenet.orchestrator.plan.placing import ONE, Placement
from catenet.orchestrator.plan.steps import describe, plan
from catenet.orchestrator.plan.wiring import SPARE, wire

INTERNET = load(Path(catenet.__file__).parent / "labs" / "internet" / "lab.yaml")
SEGMENTED = replace(INTERNET, wiring="vxlan")
IMAGE = "catenet/node:1"
LANS = "lans: {l: {prefix: 10.0.1.0/24}, m: {prefix: 10.0.2.0/24}}"
SMALL = f"name: x\n{LANS}\nnodes: {{a: {{lans: [l, m]}}, b: {{lans: [l]}}, c: {{lans: [m]}}}}"


def lab(text: str = SMALL) -> Lab:
    return replace(parse(text.encode(), "lab.yaml"), wiring="vxlan")


def configs(wanted: Desired) -> dict[str, NodeConfig]:
    """Node → what it will read of its variable, which refuses what does not fit together."""
    texts = [spec.environment["CATENET_NODE"] for spec in wanted.containers]
    return {config.node: config for config in map(NodeConfig.from_json, texts)}


def there(wanted: Desired) -> list[Network]:
    return [Network(spec.name, (spec.prefix,), spec.labels) for spec in wanted.networks]


def test_all_lans_are_segments_over_one_network() -> None:
    wanted = desired(SEGMENTED, "mine", IMAGE)
    (underlay,) = wanted.networks
    assert (underlay.mtu, underlay.labels[LABEL_UNDERLAY]) == (1550, "1")  # VXLAN's own octets: RFC 7348 section 5
    assert LABEL_LAN not in underlay.labels
    assert SPARE.covers(underlay.prefix) and underlay.gateway == underlay.prefix.broadcast - 1
    told = configs(wanted)
    at = {node: config.underlay.address for node, config in told.items() if config.underlay is not None}
    assert {spec.labels["catenet.node"]: dict(spec.endpoints) for spec in wanted.containers} == {
        node: {underlay.name: address} for node, address in at.items()
    }
    assert len(set(at.values())) == len(INTERNET.nodes)
    for name, node in SEGMENTED.nodes.items():
        for place, interface in zip(node.attachments, told[name].interfaces, strict=True):
            others = {at[other.name] for other in SEGMENTED.on_lan(place.lan)} - {at[name]}
            assert (interface.lan, interface.address, interface.engine) == (place.lan, place.address, None)
            assert interface.segment is not None and set(interface.segment.peers) == others


def test_a_segments_number_is_the_same_at_all_its_ends_and_no_others() -> None:
    told = configs(desired(SEGMENTED, "mine", IMAGE)).values()
    numbers = {(lan, segment.id) for config in told for lan, segment in config.segments.items()}
    assert len(numbers) == len(INTERNET.lans) == len({number for _, number in numbers})


def test_the_labels_tell_of_the_segments() -> None:
    text = f"{LANS[:-1]}, empty: {{prefix: 10.0.3.0/24}}}}\nnodes: {{a: {{lans: [l, m]}}, b: {{lans: [l]}}}}"
    wanted = desired(lab(text), "x", IMAGE)
    said = [spec.labels[LABEL_SEGMENTS] for spec in (*wanted.containers, *wanted.networks)]
    assert [json.loads(text) for text in said] == [
        {"l": "10.0.1.0/24", "m": "10.0.2.0/24"},
        {"l": "10.0.1.0/24"},
        {"empty": "10.0.3.0/24"},
    ]


def test_a_prefix_that_others_or_the_machine_itself_use_may_be_a_segments() -> None:
    taken = [Network("other", (Prefix.parse("10.1.0.0/16"),), {})]
    host = [Address.parse("10.1.1.77")]
    assert desired(SEGMENTED, "mine", IMAGE, taken, host) == desired(SEGMENTED, "mine", IMAGE)


def test_the_underlay_has_nothing_in_common_with_networks_lans_and_addresses_of_the_machine() -> None:
    at = desired(lab(), "x", IMAGE).networks[0].prefix
    others = [Network("other", (Prefix.of(at.network + 77, 32),), {})]
    host = [Address(at.network + 77)]
    inside = lab(SMALL.replace("10.0.1.0/24", str(Prefix.of(at.network + 77, 24))))
    found = [
        desired(lab(), "x", IMAGE, others).networks[0].prefix,
        desired(lab(), "x", IMAGE, (), host).networks[0].prefix,
        desired(lab(), "x", IMAGE, refused=[at]).networks[0].prefix,
        desired(inside, "x", IMAGE).networks[0].prefix,
    ]
    assert all(SPARE.covers(prefix) and not prefix.overlaps(at) for prefix in found)


def test_a_smaller_underlay_where_no_large_one_is_free() -> None:
    free = Prefix.parse("198.18.77.0/24")
    used = [prefix for prefix in free_prefixes(SPARE, 24, ()) if prefix != free]
    wanted = desired(lab(), "x", IMAGE, [Network("others", tuple(used), {})])
    assert wanted.networks[0].prefix == free
    assert all(free.holds_host(config.underlay.address) for config in configs(wanted).values() if config.underlay)
    with pytest.raises(PlanError, match=r"no prefix of 198\.18\.0\.0/15 is free for the network that carries"):
        desired(lab(), "x", IMAGE, [Network("others", (SPARE,), {})])


def test_two_copies_share_nothing_but_what_is_inside() -> None:
    first = desired(SEGMENTED, "one", IMAGE)
    second = desired(SEGMENTED, "two", IMAGE, there(first))
    assert not first.networks[0].prefix.overlaps(second.networks[0].prefix)
    one, two = configs(first), configs(second)
    assert {node: [each.address for each in config.interfaces] for node, config in one.items()} == {
        node: [each.address for each in config.interfaces] for node, config in two.items()
    }


def test_what_is_there_stays_where_it_is() -> None:
    at = desired(SEGMENTED, "mine", IMAGE).networks[0].prefix
    before = desired(SEGMENTED, "mine", IMAGE, [Network("other", (at,), {})])
    assert desired(SEGMENTED, "mine", IMAGE, there(before)) == before
    larger = replace(SEGMENTED, lans={**SEGMENTED.lans, "link1": replace(SEGMENTED.lans["link1"], mtu=9000)})
    anew = desired(larger, "mine", IMAGE, there(before)).networks[0]
    assert (anew.mtu, anew.labels[LABEL_HASH] == before.networks[0].labels[LABEL_HASH]) == (9050, False)


def test_another_node_on_one_lan_changes_nothing_for_those_on_others() -> None:
    before, after = (configs(desired(lab(text), "x", IMAGE)) for text in (SMALL, f"{SMALL[:-1]}, d: {{lans: [l]}}}}"))
    assert [replace(before["c"], hosts={}, names={}), before["a"].underlay] == [
        replace(after["c"], hosts={}, names={}),
        after["a"].underlay,
    ]
    assert after["d"].underlay is not None
    gained = [{*after[node].segments["l"].peers} - {*before[node].segments["l"].peers} for node in "ab"]
    assert gained == [{after["d"].underlay.address}] * 2


def test_a_lab_that_is_wired_otherwise_than_its_file_says_so_and_is_made_anew() -> None:
    plain = parse(SMALL.encode(), "lab.yaml")
    bridged = desired(plain, "x", IMAGE)
    steps = plan(desired(replace(plain, wiring="vxlan"), "x", IMAGE, there(bridged)), there(bridged), ())
    assert [describe(step).partition(" 198")[0] for step in steps[:3]] == [
        "remove network x_l",
        "remove network x_m",
        "create network x__underlay",
    ]
    assert [describe(step).partition(" with ")[2] for step in steps if step.kind == "create_container"] == [
        "segments of l, m",
        "segments of l",
        "segments of m",
    ]


def test_more_nodes_than_one_network_takes_are_refused() -> None:
    """net/bridge/br_private.h: BR_MAX_PORTS is 1 << 10, and no port has the number 0."""
    prefix = Prefix.parse("10.0.0.0/16")

    def crowd(size: int) -> Lab:
        """One for each LAN: else their configurations would be too long."""
        lans = {f"l{number}": Lan(f"l{number}", Prefix.of(prefix.network + 4 * number, 30)) for number in range(size)}
        nodes = {
            f"n{number}": Node(f"n{number}", (Attachment(lan.name, Address(lan.prefix.network + 1), 30),))
            for number, lan in enumerate(lans.values())
        }
        return Lab("crowd", lans, nodes, wiring="vxlan")

    wired = wire(crowd(1023), "x", (), (), placement=ONE, underlay_mtu=1550, refused=(), began=0)
    assert len(set(wired.at.values())) == 1023
    with pytest.raises(PlanError, match=r"1024 nodes are on LANs wired by vxlan, .* takes 1023"):
        desired(crowd(1024), "x", IMAGE)


def test_on_two_hosts_a_lan_with_nodes_on_both_is_a_segment_over_an_overlay_and_others_are_bridges_where_they_are() -> (
    None
):
    lans = f"{LANS[:-1]}, n: {{prefix: 10.0.3.0/24, mtu: 600}}}}"
    text = f"{lans}\nnodes: {{a: {{lans: [l, m]}}, b: {{lans: [l, n]}}, c: {{lans: [n]}}}}"
    hosts = {"one": Host("one", "local"), "two": Host("two", "ssh://u@s")}
    both = replace(lab(text), wiring="bridge", hosts=hosts)
    placement = Placement({"a": "one", "b": "two", "c": "two"}, frozenset({"l"}))
    theirs = [Network("theirs", (Prefix.parse("10.0.2.0/24"),), {}, "two")]
    wanted = desired(both, "x", IMAGE, theirs, placement=placement, underlay_mtu=1450)
    assert [(spec.name, spec.host, spec.driver, spec.mtu) for spec in wanted.networks] == [
        ("x_m", "one", "bridge", 1500),
        ("x_n", "two", "bridge", 600),
        ("x__underlay", "", "overlay", 1450),
    ]
    assert str(wanted.networks[0].prefix) == "10.0.2.0/24"  # of the other host's networks it feels nothing
    assert [(spec.host, [*spec.endpoints]) for spec in wanted.containers] == [
        ("one", ["x__underlay", "x_m"]),
        ("two", ["x__underlay", "x_n"]),
        ("two", ["x_n"]),
    ]
    told = configs(wanted)
    assert [told[node].segments["l"].mtu for node in "ab"] == [1400, 1400]
    assert told["c"].underlay is None
    labels = wanted.containers[0].labels
    assert labels["catenet.host"] == "one"
    assert json.loads(labels["catenet.mtu"]) == {"l": 1400}
    assert json.loads(labels["catenet.hosts"]) == {"one": "local", "two": "ssh://u@s"}
    assert json.loads(labels["catenet.places"]) == {"a": "one", "b": "two", "c": "two"}


@settings(max_examples=60)
@given(st.sets(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), min_size=2, max_size=60), st.data())
def test_places_and_numbers_follow_from_names_alone(names: set[str], data: st.DataObject) -> None:
    """Each has its own, whatever the order of the file; what stands before another in the alphabet does not feel it."""

    def wanted(of: list[str]) -> Desired:
        lans = {name: Lan(name, Prefix.of(0x0A000000 + 256 * number, 24)) for number, name in enumerate(of)}
        nodes = {name: Node(name, (Attachment(name, Address(lans[name].prefix.network + 1), 24),)) for name in of}
        return desired(Lab("x", lans, nodes, wiring="vxlan"), "x", IMAGE)

    def given_out(of: list[str]) -> dict[str, tuple[Address, int]]:
        found = configs(wanted(of))
        return {name: (found[name].underlay.address, found[name].segments[name].id) for name in of}  # type: ignore[union-attr]

    order = data.draw(st.permutations(sorted(names)))
    whole = given_out(order)
    assert (
        len({address for address, _ in whole.values()}) == len({number for _, number in whole.values()}) == len(names)
    )
    first = sorted(names)[: len(names) // 2 or 1]
    assert given_out(first) == {name: whole[name] for name in first}
