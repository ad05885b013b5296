"""What must hold in a lab where routers of several makes speak OSPF, whatever was broken or mended in it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from lab_bench import until

from catenet.nodes.control.questions import Question
from catenet.orchestrator.lab.graph import expected

FOLDER = "/run/catenet/ospf"
COMPLAINTS = re.compile(
    r"bad|invalid|mismatch|authentication (fail|error)|refus|wrong|malformed|checksum|unknown|lower sequence|"
    r"discard|drop|too (short|long|large)|inconsistent|duplicate",
    re.IGNORECASE,
)
"""What FRR's and BIRD's logs say of a packet that they do not take."""
TYPES = {
    "routerLinkStates": 1,
    "networkLinkStates": 2,
    "summaryLinkStates": 3,
    "asbrSummaryLinkStates": 4,
    "asExternalLinkStates": 5,
}
"""FRR's words for the types of LSAs (RFC 2328 section A.4.1)."""
BIRD_LSA = re.compile(r"^ (000[1-5])\s+([\d.]+)\s+([\d.]+)\s+([0-9a-f]{8})\s+(\d+)\s+([0-9a-f]{4})$")
EVERYWHERE = ""
"""In place of an area: the whole autonomous system."""


class Key(NamedTuple):
    """What an LSA is (section 12.1), and where it is."""

    area: str
    type: int
    id: str
    router: str


Database = dict[Key, tuple[int, int]]
"""LSA → its sequence number, as the 32 bits that it is, and its checksum."""


def routers_of(lab: Any) -> list[str]:
    """The nodes that speak OSPF."""
    return [name for name, node in lab.model.nodes.items() if "ospf" in node.services]


def make_of(lab: Any, router: str) -> str:
    return str(lab.model.nodes[router].implementations.get("ospf", "catenet"))


def until_right(
    lab: Any, *, cut: Collection[str] = (), absent: Collection[str] = (), silent: Collection[str] = ()
) -> None:
    """Until every kernel has the right next hops, all of them and no other, and the databases agree."""
    until(lambda: wrong(lab, cut=cut, absent=absent, silent=silent))


def wrong(
    lab: Any, *, cut: Collection[str] = (), absent: Collection[str] = (), silent: Collection[str] = ()
) -> list[str]:
    """Where a kernel's next hops are not those of the shortest ways, or databases differ. `silent`: LANs whose ends
    are up, and hear nothing."""
    deaf = {(router, lan) for router in routers_of(lab) for lan in silent}
    right = expected(lab.model, cut, absent, deaf)["ospf"]
    routers = [router for router in routers_of(lab) if router not in absent]
    kernels = _show(lab, routers, "routes")
    said = [line for router in routers for line in _kernel(lab, router, kernels[router], right[router])]
    return said or list(differences({router: database(lab, router) for router in routers}))


def _show(lab: Any, routers: Collection[str], what: str) -> dict[str, Any]:
    containers = lab.running.containers
    answers = lab.connections.ask_all([containers[router] for router in routers], Question("show", {"what": what}))
    return {router: answer.answer or {} for router, answer in answers.items()}


def _kernel(lab: Any, router: str, rows: Any, right: Mapping[str, Any]) -> Iterator[str]:
    names = {str(lan.prefix): name for name, lan in lab.model.lans.items()}
    steps: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if row["via"] is not None and row["prefix"] in names:
            steps[names[row["prefix"]]].add((row["lan"], row["node"]))
    for lan in right.keys() | steps.keys():
        allowed = set(right[lan].next_hops) if lan in right else set()
        if steps[lan] != allowed:
            yield f"{router}'s kernel goes to {lan} by {steps[lan] or 'nobody'}, not {allowed or 'nobody'}"


def differences(databases: Mapping[str, Database]) -> Iterator[str]:
    """Of the routers that have an area, the LSAs that one has and another has not, or another instance of."""
    areas = {router: {key.area for key in found} for router, found in databases.items()}
    for area in set().union(*areas.values()):
        having = {
            router: {key: instance for key, instance in databases[router].items() if key.area == area}
            for router in databases
            if area in areas[router]
        }
        first, *others = having
        for other in others:
            for key, instance in sorted(having[first].items() ^ having[other].items()):
                yield f"{first} and {other} differ in {key}: one of them has {instance[0]:08x} {instance[1]:04x}"


def database(lab: Any, router: str) -> Database:
    """What a router has of the LSAs of RFC 2328, in its own words; those that are being flushed left out."""
    read = {"frr": _of_frr, "bird": _of_bird, "catenet": _of_catenet}[make_of(lab, router)]
    return dict(read(lab, router))


def _of_frr(lab: Any, router: str) -> Iterator[tuple[Key, tuple[int, int]]]:
    whole = json.loads(vtysh(lab, router, "show ip ospf database json"))
    for area, lsas in {**whole.get("areas", {}), EVERYWHERE: whole}.items():
        for word, kind in TYPES.items():
            for row in lsas.get(word, ()):
                if row["lsaAge"] < 3600:
                    key = Key(area, kind, row["lsId"], row["advertisedRouter"])
                    yield key, (int(row["sequenceNumber"], 16), int(row["checksum"], 16))


def _of_bird(lab: Any, router: str) -> Iterator[tuple[Key, tuple[int, int]]]:
    area = EVERYWHERE
    for line in birdc(lab, router, "show", "ospf", "lsadb").splitlines():
        if line.startswith("Area "):
            area = line.removeprefix("Area ").strip()
        elif (lsa := BIRD_LSA.match(line)) is not None and int(lsa[5]) < 3600:
            yield Key(area, int(lsa[1]), lsa[2], lsa[3]), (int(lsa[4], 16), int(lsa[6], 16))


def _of_catenet(lab: Any, router: str) -> Iterator[tuple[Key, tuple[int, int]]]:
    words = ["router", "network", "summary", "asbr-summary", "external"]
    for row in lab[router].show("ospf lsdb"):
        if row["type"] in words and row["age"] < 3600:
            key = Key(row["area"], words.index(row["type"]) + 1, row["id"], row["router"])
            yield key, (int(row["sequence"], 16), int(row["checksum"], 16))


def vtysh(lab: Any, router: str, question: str) -> str:
    return str(lab[router].run("vtysh", "--vty_socket", FOLDER, "-d", "ospfd", "-c", question).stdout)


def birdc(lab: Any, router: str, *question: str) -> str:
    return str(lab[router].run("birdc", "-r", "-s", f"{FOLDER}/bird.ctl", *question).stdout)


def refused(lab: Any) -> list[str]:
    """The words, and the counters, of those who did not take a packet."""
    said: list[str] = []
    for router in routers_of(lab):
        if make_of(lab, router) == "catenet":
            counters = lab[router].show("ospf")["counters"]
            found = [f"{word} {count}" for word, count in counters.items() if count and word.startswith("refused.")]
        else:
            found = [line for line in lab[router].logs() if " service.said " in line and COMPLAINTS.search(line)]
        said += [f"{router}: {each}" for each in found if not _harmless(each)]
    return said


def _harmless(line: str) -> bool:
    """What is said at a start, of no packet; and of what one floods on a LAN to all, some of whom have not heard of the
    sender yet (RFC 2328, 8.2: they throw it away).
    """
    known = ("refused.not-running", "makes cryptographic authentication prone", "ZEBRA:", "Update: Unknown Neighbor")
    return any(words in line for words in known)


def designated(lab: Any, router: str) -> dict[str, str]:
    """LAN → the designated router's address, by an FRR router's own words."""
    names = {str(node.address): node.lan for node in lab.model.nodes[router].attachments}
    whole = json.loads(vtysh(lab, router, "show ip ospf interface json"))["interfaces"]
    return {names[each["ipAddress"]]: each["drAddress"] for each in whole.values() if "drAddress" in each}
