"""What must hold in a lab where routers of several makes speak RIP, whatever was broken or mended in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import networkx as nx
from lab_bench import until

from catenet.nodes.control.questions import Question

COMPLAINTS = re.compile(r"bad|invalid|mismatch|authenti|refus|wrong|malformed|lower sequence", re.IGNORECASE)
"""What FRR's and BIRD's logs say of a message that they do not take."""
UNSIGNED = re.compile(r"Authentication failed for (\S+) on \S+ - authentication method mismatch \(0\)$")
"""What BIRD says of one that is not signed at all."""
NUMBERED_0 = "lower sequence number (rcv 0,"
"""What BIRD says of the question that another BIRD asks at its start, if it remembers that one's last number."""
FRR_ROUTE = re.compile(r"^R\(n\) (\S+) +(\S+) +(\d+) ", re.MULTILINE)
FRR_SOURCE = re.compile(r"^ +(\d+\.\d+\.\d+\.\d+) +(\d+) +(\d+) +\d+ +\S+$", re.MULTILINE)
"""`show ip rip status`, of a neighbour: its address, bad packets, bad routes."""


@dataclass(frozen=True)
class Broken:
    """What does not work now: LANs that are down at every end or silent, routers that are dead or paused."""

    down: Collection[str] = ()
    silent: Collection[str] = ()
    absent: Collection[str] = ()


class Shortest(NamedTuple):
    """The cost in links, and the first steps of all shortest ways: (LAN, router)."""

    cost: int
    steps: frozenset[tuple[str, str]]


Right = dict[tuple[str, str], Shortest]
"""(router, LAN) → its shortest ways."""
WELL = Broken()


def oracle(lab: Any, broken: Broken) -> Right:
    """The shortest ways of each router to each LAN that is not its own and can be reached. By networkx.

    A silent LAN is still a network at both its ends, but nobody hears of others by it.
    """
    graph = nx.Graph()
    for node in (lab.model.nodes[router] for router in routers_of(lab)):
        if node.name not in broken.absent:
            graph.add_node(node.name)
            graph.add_edges_from((node.name, f"lan {a.lan}") for a in node.attachments if a.lan not in broken.down)
    routers = [node for node in graph if not node.startswith("lan ")]
    found = {}
    for lan in (each for each in graph if each.startswith("lan ")):
        open_ways = graph.subgraph(each for each in graph if each == lan or each[4:] not in broken.silent)
        for router in routers:
            if not graph.has_edge(router, lan) and nx.has_path(open_ways, router, lan):
                ways = list(nx.all_shortest_paths(open_ways, router, lan))
                steps = frozenset((way[1][4:], way[2]) for way in ways)
                found[router, lan[4:]] = Shortest(len(ways[0]) // 2 - 1, steps)
    return found


def routers_of(lab: Any) -> list[str]:
    """The nodes that speak RIP."""
    return [name for name, node in lab.model.nodes.items() if "rip" in node.services]


def until_right(lab: Any, broken: Broken = WELL) -> None:
    """Until nothing is wrong any more. What is right is found out once: networkx takes its time."""
    right = oracle(lab, broken)
    until(lambda: wrong(lab, broken, right))


def wrong(lab: Any, broken: Broken = WELL, right: Right | None = None) -> list[str]:
    """Where a kernel's next hop is on no shortest way, a table's cost is not the shortest, or FRR says otherwise.

    `right`: what the oracle says, where that is known already.
    """
    if right is None:
        right = oracle(lab, broken)
    wanted = {
        router: {lan: way for (at, lan), way in right.items() if at == router}
        for router in routers_of(lab)
        if router not in broken.absent
    }
    kernels, tables = _show(lab, wanted, "routes"), _show(lab, wanted, "rip")
    said = [f"{router}'s {line}" for router, ways in wanted.items() for line in _kernel(lab, kernels[router], ways)]
    said += [f"{router}'s {line}" for router, ways in wanted.items() for line in _table(lab, tables[router], ways)]
    return said or [
        f"{router}'s {line}"
        for router, ways in wanted.items()
        if str(lab.model.nodes[router].implementations.get("rip")) == "frr"
        for line in _frr(lab, router, ways)
    ]


def _show(lab: Any, routers: Collection[str], what: str) -> dict[str, Any]:
    containers = lab.running.containers
    answers = lab.connections.ask_all([containers[router] for router in routers], Question("show", {"what": what}))
    return {router: answer.answer or {} for router, answer in answers.items()}


def _kernel(lab: Any, rows: Any, wanted: dict[str, Shortest]) -> Iterator[str]:
    names = {str(lan.prefix): name for name, lan in lab.model.lans.items()}
    steps: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if row["via"] is not None and row["prefix"] in names:
            steps[names[row["prefix"]]].add((row["lan"], row["node"]))
    for lan in wanted.keys() | steps.keys():
        allowed = wanted[lan].steps if lan in wanted else frozenset()
        if not steps[lan] or not steps[lan] <= allowed:
            yield f"kernel goes to {lan} by {steps[lan] or 'nobody'}, not {set(allowed) or 'nobody'}"


def _table(lab: Any, table: Any, wanted: dict[str, Shortest]) -> Iterator[str]:
    names = {str(lan.prefix): name for name, lan in lab.model.lans.items()}
    costs = {
        names[row["prefix"]]: row["cost"]
        for row in table.get("table", ())
        if row["state"] == "valid" and row["prefix"] in names
    }
    right = {lan: way.cost for lan, way in wanted.items()}
    if costs != right:
        yield f"table differs: (LAN, cost) {sorted(costs.items() ^ right.items())}"


def _frr(lab: Any, router: str, wanted: dict[str, Shortest]) -> Iterator[str]:
    """`show ip rip`, prefix by prefix: the metric, and the next hop."""
    names = {str(lan.prefix): name for name, lan in lab.model.lans.items()}
    nodes = {str(a.address): (a.lan, node.name) for node in lab.model.nodes.values() for a in node.attachments}
    rows = [row for row in FRR_ROUTE.findall(vtysh(lab, router, "show ip rip")) if int(row[2]) < 16 and row[0] in names]
    found = {names[prefix]: (int(metric), nodes[via]) for prefix, via, metric in rows}
    for lan in wanted.keys() | found.keys():
        metric, step = found.get(lan, (16, ("", "")))
        if lan not in wanted or metric != wanted[lan].cost + 1 or step not in wanted[lan].steps:
            yield f"show ip rip has {lan} at {metric} by {step}, not {wanted.get(lan)}"


def vtysh(lab: Any, router: str, question: str) -> str:
    return str(lab[router].run("vtysh", "--vty_socket", "/run/catenet/rip", "-d", "ripd", "-c", question).stdout)


def refused(lab: Any) -> list[str]:
    """The words, and the counters, of those who did not take a message.

    FRR does not sign the question that it asks at its start: that one is refused by everybody, FRR too, and no harm.
    """
    makes = {name: str(lab.model.nodes[name].implementations.get("rip", "catenet")) for name in routers_of(lab)}
    unsigned = {
        str(a.address) for name, make in makes.items() if make == "frr" for a in lab.model.nodes[name].attachments
    }
    said: list[str] = []
    for router, make in makes.items():
        if make == "catenet":
            counters = lab[router].show("rip")["counters"]
            # What comes while a router is still starting is nobody's fault.
            harmless = {"refused.not-running", *({"refused.auth-missing"} if unsigned else ())}
            found = [
                f"{word} {count}"
                for word, count in counters.items()
                if count and word.startswith(("refused.", "skipped.")) and word not in harmless
            ]
        else:
            found = [line for line in lab[router].logs() if COMPLAINTS.search(line) and not _harmless(line, unsigned)]
        if make == "frr":  # it counts what it drops, and says nothing
            sources = FRR_SOURCE.findall(vtysh(lab, router, "show ip rip status"))
            assert sources, f"{router} has no neighbours"
            found += [
                f"bad packets {packets}, bad routes {routes} from {address}"
                for address, packets, routes in sources
                if int(routes) or (int(packets) and address not in unsigned)
            ]
        said += [f"{router}: {each}" for each in found]
    return said


def _harmless(line: str, unsigned: Collection[str]) -> bool:
    question = UNSIGNED.search(line)
    return NUMBERED_0 in line or (question is not None and question[1] in unsigned)


def through_everything(lab: Any) -> None:
    """All that can happen to the routers r1 to r6, one after the other; what must wait for timeouts waits together.

    In one go: between two tests a lab is reset, which may restart its routers.
    """
    until_right(lab)
    _a_cut_and_a_silence(lab)
    _three_fall_silent(lab, "pause", "resume", ("r1", "r2", "r3"))
    _three_fall_silent(lab, "kill", "start", ("r1", "r5", "r6"))
    _two_are_restarted(lab)


def through_what_is_signed(lab: Any) -> None:
    """What of that depends on how messages are signed: who is heard after a silence, and after a restart."""
    until_right(lab)
    _a_cut_and_a_silence(lab)
    _two_are_restarted(lab)


def _a_cut_and_a_silence(lab: Any) -> None:
    lab.do("cut", "cross1")
    until_right(lab, Broken(down=["cross1"]))
    lab.do("cut", "ring2", silent=True)
    until_right(lab, Broken(down=["cross1"], silent=["ring2"]))
    for lan in ("cross1", "ring2"):
        lab.do("heal", lan)
    until_right(lab)


def _three_fall_silent(lab: Any, harm: str, cure: str, absent: Collection[str]) -> None:
    """One of each make, where there are three, before the eyes of the three others.

    FRR counts its messages from the start of its process: after a restart its neighbours refuse them (RFC 4822) until
    they have forgotten it. Ours have by now; BIRD would not for as long as FRR had been up before, so r5 falls together
    with r6, its only neighbour of that make.
    """
    for node in absent:
        lab.do(harm, node)
    until_right(lab, Broken(absent=absent))
    for node in absent:
        lab.do(cure, node)
    until_right(lab)
    assert refused(lab) == []


def _two_are_restarted(lab: Any) -> None:
    """Our sequence numbers follow the time of day: at a restart they do not fall, and nobody refuses ours.

    BIRD's r3 is restarted too. Its numbers run some seconds ahead of the time where it says several things in a
    second, and the question that it asks at its start has the number 0: what it says first may be refused, and no harm.
    """
    for node in ("r3", "r1"):
        lab.do("kill", node)
    for node in ("r1", "r3"):
        lab.do("start", node)
    until_right(lab)
    address = next(a.address for a in lab.model.nodes["r3"].attachments if a.lan == "ring2")
    old = re.compile(
        rf"r4: refused\.auth-sequence \d+$|r2: .* failed for {re.escape(str(address))} .* lower sequence number"
    )
    assert [each for each in refused(lab) if not old.match(each)] == []
