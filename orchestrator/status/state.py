"""How a running lab is: each node as it says itself or, where it cannot, as the engine says; each LAN by its ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from catenet.nodes.control.answers import LinkState, NodeStatus
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.link import BROKEN, HEALTHY, LinkCondition
from catenet.nodes.control.questions import FAILED, READY, Answer, Question
from catenet.orchestrator.backend.protocols import LABEL_HOST, Container, Engine
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.hosts import CopyHosts
from catenet.orchestrator.observe.running import ONE_HOST, RunningLab, condition

__all__ = ["MISSING", "UNREACHABLE", "LabState", "LanState", "NodeState", "lab_state", "stay_down"]

MISSING = "missing"
"""The condition of a node or a LAN that the lab file names and the engine has not."""
UNREACHABLE = "unreachable"
"""That of a node on a host that does not answer, and of a LAN that may be there."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """`condition`: ready, starting, rip failed, paused, exited (137), missing, unreachable …, or why it did not answer.

    `lans`: LAN → address ("" where the node did not say); `links`: LAN → its end, as the node says; `services`:
    name → state; `restarts` of all its services; `memory` in bytes; `dead`: its container has ended; `host`: on which
    of several.
    """

    name: str
    condition: str
    lans: Mapping[str, str]
    links: Mapping[str, LinkState] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    restarts: int = 0
    memory: int = 0
    dead: bool = False
    host: str = ""

    @property
    def ready(self) -> bool:
        """Every interface is addressed and every service serves."""
        return self.condition == READY


@dataclass(frozen=True, slots=True)
class LanState:
    """`ends`: node → how its end is, of those that say. Where nobody says, `unknown` has why, in words. `planned`: how
    it is by the lab file. `counted`: of what came in at all ends, where packets suffer something. `mtu`: octets of the
    largest IP packet, where the network between its hosts carries less than the lab file has; else 0.
    """

    name: str
    nodes: tuple[str, ...]
    ends: Mapping[str, LinkCondition] = field(default_factory=dict)
    unknown: str = ""
    planned: LinkCondition = HEALTHY
    counted: Mapping[str, int] = field(default_factory=dict)
    mtu: int = 0

    @property
    def condition(self) -> str:
        """up; cut; silent; impaired, and how; one that is not well at some ends; or why that is not known."""
        if not self.ends:
            return self.unknown
        words: dict[str, list[str]] = {}
        for state in BROKEN:
            for node, end in self.ends.items():
                if end.state == state:
                    words.setdefault(end.words, []).append(node)
        said = [
            word if len(places) == len(self.ends) else f"{word} at {', '.join(places)}"
            for word, places in words.items()
        ]
        return "; ".join(said) or HEALTHY.word

    @property
    def word(self) -> str:
        """The condition in a word, that of the end that is worst off: up, cut, silent, impaired; where none tells:
        missing, unreachable or unknown.
        """
        if not self.ends:
            return self.unknown if self.unknown in (MISSING, UNREACHABLE) else "unknown"
        return LinkCondition.worst(self.ends.values()).word

    @property
    def is_broken(self) -> bool:
        """At one end at least it is not as the lab file has it: `heal` mends it."""
        return any(end != self.planned for end in self.ends.values())


@dataclass(frozen=True, slots=True)
class LabState:
    """A whole lab. `hosts`: those that it is on, where they are several."""

    name: str
    file: str | None
    nodes: tuple[NodeState, ...]
    lans: tuple[LanState, ...]
    hosts: CopyHosts = ONE_HOST


def lab_state(engine: Engine, running: RunningLab) -> LabState:
    """Asks every node at once; those that do not answer in time are said to be so."""
    with ThreadPoolExecutor(1) as pool:  # the file is read while the nodes are asked
        named = pool.submit(lambda: (running.missing, running.unreachable))
        answers = ask_all(engine, running.containers.values(), Question("status"))
        gone, away = named.result()
    hosts = running.hosts.asked_by(engine)  # one may have been lost meanwhile
    nodes = tuple(
        NodeState(name, UNREACHABLE, dict.fromkeys(running.lans_of(container), ""), host=_host(container))
        if _host(container) in hosts.lost
        else _node_state(container, answers[name], running.lans_of(container))
        for name, container in running.containers.items()
    )
    nodes += tuple(NodeState(name, UNREACHABLE, {}, host=hosts.places[name]) for name in away.nodes)
    lans = tuple(
        replace(_lan_state(lan, [node for node in nodes if lan in node.lans]), mtu=running.lowered.get(lan, 0))
        for lan in running.lans
    )
    nodes += tuple(NodeState(name, MISSING, {}) for name in gone.nodes)
    lans += tuple(LanState(name, (), unknown=UNREACHABLE) for name in away.lans)
    lans += tuple(LanState(name, (), unknown=MISSING) for name in gone.lans)
    return LabState(running.name, str(running.file) if running.file else None, nodes, lans, hosts)


def stay_down(status: Answer) -> tuple[str, ...]:
    """The services that a node's status says have failed, and will not be started again while the node runs.

    What they refused, a zone file say, may be mended since.
    """
    try:
        services = read(status, NodeStatus.parse).services
    except AnswerError:
        return ()
    return tuple(name for name, service in services.items() if service.stays_down)


def _node_state(container: Container, answer: Answer, lans: tuple[str, ...]) -> NodeState:
    try:
        said = read(answer, NodeStatus.parse)
    except AnswerError as error:
        word = str(error) if container.state == "running" else condition(container)
        dead = container.state == "exited"
        return NodeState(container.node, word, dict.fromkeys(lans, ""), dead=dead, host=_host(container))
    addresses = {link.lan: link.address for link in said.interfaces}
    failed = [name for name, service in said.services.items() if service.state == FAILED]
    waiting = f"{', '.join(failed)} failed" if failed else "starting"
    return NodeState(
        container.node,
        READY if said.ready and not failed else waiting,
        {lan: addresses.get(lan, "") for lan in (*addresses, *lans)},
        {link.lan: link for link in said.interfaces},
        {name: service.state for name, service in said.services.items()},
        sum(service.restarts for service in said.services.values()),
        said.memory,
        host=_host(container),
    )


def _host(container: Container) -> str:
    """As the lab calls it: the user may have named it otherwise."""
    return container.labels.get(LABEL_HOST, container.host)


def _lan_state(lan: str, ends: list[NodeState]) -> LanState:
    said = {end.name: end.links[lan] for end in ends if lan in end.links}
    names = tuple(end.name for end in ends)
    if not said:
        return LanState(lan, names, unknown=_by_its_ends(ends))
    counted: Counter[str] = Counter()
    for link in said.values():
        counted.update(link.counted)
    planned = next(link.planned for link in said.values())
    return LanState(lan, names, {name: link.condition for name, link in said.items()}, "", planned, counted)


def _by_its_ends(ends: list[NodeState]) -> str:
    """What the engine knows of a LAN of which no node tells: where one is dead, its interface has gone with it."""
    dead = [end.name for end in ends if end.dead]
    words = [f"down at {', '.join(dead)}"] if dead else []
    words += [f"{end.name}: {end.condition}" for end in ends if end.name not in dead]
    return "; ".join(words) or "no node is on it"
