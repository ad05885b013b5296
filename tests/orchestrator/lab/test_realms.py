"""Realms: what addresses mean at each node of a lab with translators."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest
from homes import FILE
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.realms import Place, Realms, views


def lab(text: str) -> Lab:
    return parse(text.encode(), "lab.yaml")


def names(of: Lab, node: str) -> dict[str, str]:
    return {name: str(address) for name, address in views(of).at(node).addresses.items()}


OUTSIDE = {"r": "203.0.113.2", "s": "10.0.0.2", "server": "198.51.100.10", "neighbour": "203.0.113.9"}


def test_a_home_knows_itself_and_what_is_outside_but_no_other_home() -> None:
    homes = load(FILE)
    assert names(homes, "pc1") == {
        "up1": "192.168.1.3",
        "pc1": "192.168.1.2",
        "box1": "192.168.1.1",
        "box2": "100.64.0.12",
        "cgn": "100.64.0.1",
        **OUTSIDE,
    }
    assert names(homes, "server") == {"cgn": "203.0.113.1", **OUTSIDE}
    assert names(homes, "cgn") == {"box1": "100.64.0.11", "box2": "100.64.0.12", "cgn": "100.64.0.1", **OUTSIDE}


def test_one_address_is_of_one_node_in_each_home() -> None:
    seen, shared = views(load(FILE)), Address.parse("192.168.1.2")
    assert [seen.at(node).owners.get(shared) for node in ("pc1", "up2", "box1", "cgn", "server")] == [
        "pc1",
        "pc2",
        "pc1",
        None,
        None,
    ]
    assert [seen.at(node).names.get("192.168.2.0/24") for node in ("box1", "box2", "r")] == ["attic1", "attic2", None]


def test_it_is_said_why_a_lan_is_not_known() -> None:
    seen = views(load(FILE))
    assert seen.unknown("far", "pc1") == ""
    assert seen.unknown("home1", "server") == "LAN home1 is behind box1, unknown at server"
    assert seen.unknown("home1", "pc2") == "192.168.1.0/24 is LAN home2 at pc2, not LAN home1"
    address = Address.parse("192.168.1.9")
    assert seen.unknown("home1", "pc2", address) == "192.168.1.9 is in LAN home2 at pc2, not in LAN home1"
    assert seen.unknown("home1", "server", address) == "LAN home1 is behind box1, unknown at server"


RESOLVERS = """\
lans: {attic: {}, home: {prefix: 192.168.1.0/24}, street: {}, net: {}}
nodes:
  box: {lans: [home, street], services: [nat, resolver], gateway: c}
  c: {lans: [street, net], services: {nat: {outside: net}}}
  up: {lans: [attic, home]}
  inmost: {lans: [attic]}
  middle: {lans: [street], gateway: c}
  far: {lans: [net]}
  isp: {lans: [net], services: [resolver]}
"""


def test_the_nearest_realms_resolver_is_asked() -> None:
    """And to its street a home's translator is no resolver, though it is on that LAN too."""
    nodes = lab(RESOLVERS).nodes
    box, isp = (str(nodes[name].address_on(lan)) for name, lan in (("box", "home"), ("isp", "net")))
    assert {name: str(nodes[name].resolver) for name in ("inmost", "up", "middle", "c", "far")} == {
        "inmost": box,
        "up": box,
        "middle": isp,
        "c": isp,
        "far": isp,
    }


def test_a_resolver_may_be_written_that_is_farther_out() -> None:
    written = lab(RESOLVERS.replace("inmost: {lans: [attic]}", "inmost: {lans: [attic], resolver: isp}")).nodes
    assert written["inmost"].resolver == written["isp"].address_on("net")


NESTED = """\
lans: {{in: {{prefix: {}}}, mid: {{prefix: 100.64.0.0/24}}, net: {{prefix: 10.0.0.0/16}}}}
nodes:
  h: {{lans: [in]}}
  n: {{lans: [in, mid], services: [nat], gateway: c}}
  c: {{lans: [mid, net], services: {{nat: {{outside: net}}}}}}
  far: {{lans: {{net: 10.0.7.7}}}}
  near: {{lans: {{net: 10.0.8.8}}}}
"""


def test_what_a_nearer_realm_has_too_cannot_be_reached_farther_out() -> None:
    """In `in` 10.0.7.7 would be a neighbour's; the rest of `net` is reached, since its prefix is longer than a /16."""
    hidden = lab(NESTED.format("10.0.7.0/24"))
    assert "far" not in names(hidden, "h")
    assert names(hidden, "h")["near"] == "10.0.8.8"
    assert str(views(hidden).at("h").holding(Address.parse("10.0.7.7"))) == str(hidden.lans["in"])
    assert "net" not in views(lab(NESTED.format("10.0.0.0/8"))).at("h").lans


def test_lans_that_nothing_joins_are_one_realm_without_a_translator() -> None:
    apart = lab("lans: {l: {}, m: {}}\nnodes: {a: {lans: [l]}, b: {lans: [m]}}")
    assert set(names(apart, "a")) == {"a", "b"}


def test_two_that_translate_into_each_other_are_in_one_realm() -> None:
    realms = Realms(["l", "m"], [Place(("l", "m"), True, "m"), Place(("l", "m"), True, "l")])
    assert realms.seen_from(["l"]) == realms.seen_from(["m"]) == ("l",)


def test_a_router_beside_the_translator_leaves_one_realm() -> None:
    realms = Realms(["l", "m"], [Place(("l", "m"), True, "m"), Place(("l", "m"), True)])
    assert realms.seen_from(["m"]) == realms.seen_from(["l"]) == ("l",)


LANS = [f"l{number}" for number in range(6)]
PLACES = st.lists(
    st.lists(st.sampled_from(LANS), min_size=1, max_size=3, unique=True).flatmap(
        lambda lans: st.builds(Place, st.just(tuple(lans)), st.booleans(), st.sampled_from(["", *lans]))
    ),
    max_size=8,
)


def reached(places: list[Place], start: Collection[str]) -> set[str]:
    """LANs that a packet may get to, when no translator lets one in from outside."""
    found, queue = set(start), list(start)
    for lan in queue:
        for place in places:
            if place.forward and lan in place.lans and lan != place.outside:
                new = set(place.lans) - found
                found |= new
                queue += new
    return found


@given(PLACES, st.sampled_from(LANS))
def test_what_is_seen_is_what_a_packet_may_get_to(places: list[Place], start: str) -> None:
    """And, with one LAN that is behind no translator, all such LANs."""
    realms = Realms(LANS, places)
    seen = {lan for lan in LANS if realms.of[lan] in realms.seen_from([start])}
    ways = {lan: reached(places, [lan]) for lan in LANS}
    outermost = {lan for lan in LANS if all(lan in ways[other] for other in ways[lan])}
    assert seen == ways[start] | (outermost if ways[start] & outermost else set())


HOMES = """\
lans:
  one: {prefix: 192.168.1.0/24}
  two: {prefix: 192.168.1.0/24}
  net: {prefix: 10.0.0.0/24}
  spare: {prefix: 10.0.1.0/24}
nodes:
  r: {lans: [net, spare]}
  a:
    lans: [one, net]
    services: {nat: {outside: net}}
  b: {lans: [two, net], services: [nat], gateway: r}
  h: {lans: [one]}
  i: {lans: [two]}
"""


@pytest.mark.parametrize(
    ("was", "now", "line", "said"),
    [
        ("nat: {outside: net}", "nat: {outside: net, translate: off}", 0, ""),  # a firewall: `b` keeps `two` apart
        ("services: [nat], gateway: r", "gateway: r", 0, ""),  # `a` keeps `one` apart
        ("{outside: net}", "{outside: one}", 0, ""),  # then net and two are behind `a`, and `two` behind `b` in it
        (
            "nat: {outside: net}}\n  b: {lans: [two, net], services: [nat]",
            "nat: {outside: net, translate: off}}\n  b: {lans: [two, net]",
            3,
            "LAN two: 192.168.1.0/24 overlaps 192.168.1.0/24 of LAN one (LAN one is on line 2)",
        ),
        ("r: {lans: [net, spare]}", "r: {lans: [net, spare, one, two]}", 3, "LAN two: 192.168.1.0/24 overlaps"),
        ("h: {lans: [one]}", "h: {lans: [one, two], forward: no, gateway: a}", 3, "overlaps 192.168.1.0/24 of LAN one"),
        (
            "one: {prefix: 192.168.1.0/24}",
            "one: {prefix: 10.0.0.128/25}",
            4,
            "LAN net: 10.0.0.0/24 overlaps 10.0.0.128/25",
        ),
        (
            "services: [nat], gateway: r",
            "services: [nat]",
            11,
            "node b: nat: it is not said which LAN is outside (write",
        ),
        ("lans:\n", "defaults: {nat: {outside: spare}}\nlans:\n", 12, "b: nat: outside: the node is not on LAN spare"),
        ("outside: net", "outside: two", 10, "there is no LAN 'two'"),
        ("i: {lans: [two]}", "i: {lans: [two], routes: [{to: one, via: b}]}", 13, "is LAN two at i, not LAN one"),
        (
            "r: {lans: [net, spare]}",
            "r: {lans: [net, spare], routes: [{to: one, via: a}]}",
            7,
            "node r: route: to: LAN one is behind a, unknown at r",
        ),
        (
            "h: {lans: [one]}",
            "h: {lans: [one], services: [resolver]}\n  j: {lans: [net], resolver: h}",
            13,
            "node j: resolver: LAN one is behind a, unknown at j",
        ),
        (
            "b: {lans: [two, net], services: [nat], gateway: r}",
            "b: {lans: [two, net], services: [nat, rip], gateway: r}\n  q: {lans: [net, spare], services: [rip]}",
            11,
            "node b: rip tells q of LAN two, which is unknown there (let rip speak on one side of the translator only)",
        ),
    ],
)
def test_prefixes_may_overlap_in_different_realms_alone(was: str, now: str, line: int, said: str) -> None:
    text = HOMES.replace(was, now)
    assert text != HOMES
    if not said:
        lab(text)
        return
    with pytest.raises(LabFileError) as caught:
        lab(text)
    assert caught.value.line == line
    assert re.search(re.escape(said), str(caught.value)), str(caught.value)
