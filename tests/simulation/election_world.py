"""A directory, supernodes and clients of them on several LANs: who relays is elected, and calls go by who was.

directory, s1 ─ core ┐               ┌ east ─ alice, bob: stand by
                     ├─── router ────┤
                 caller ─ west ──────┘
                           └ t ─ home ─ carol: stands by behind a translator, or a firewall
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from directory_world import WALL, File, directory, password_of
from jobs import Jobs
from network import Network, Node
from phone_world import Gate, Router

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.application.directory.client import DirectoryClient, Joined, Server
from catenet.nodes.application.directory.client import State as Where
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import COMMIT, HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.directory.message import Probe, Probed, Register, Reported
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.turn.client import Allocated, Client, Event
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.member import Member
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.registrar import DIRECTORY_TAG, REPORT
from catenet.nodes.control.units import Secret
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.machine import NatMachine
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.machine import Action, Datagram, Endpoint, NextHop, OpenPort, Port, Report, Send, Stream, Udp
from catenet.nodes.runtime.work import Together

__all__ = ["QUOTA", "ElectionWorld", "Leg", "Reporter"]

LANS = {"core": "10.0.0.0/24", "east": "10.0.1.0/24", "west": "10.0.2.0/24", "home": "10.0.3.0/24"}
DIRECTORY = Endpoint(Address.parse("10.0.0.5"), 5223)
GATE, INSIDE = "10.0.2.2", "10.0.3.1"
PLACES = {
    "s1": ("core", "10.0.0.11"),
    "alice": ("east", "10.0.1.7"),
    "bob": ("east", "10.0.1.8"),
    "carol": ("home", "10.0.3.9"),
    "caller": ("west", "10.0.2.9"),
}
PORT, QUOTA = 3478, 10
"""Where each supernode serves, and how many allocations it has."""


def client_of(node: Node) -> DirectoryClient:
    return DirectoryClient(
        node.name,
        password_of(node.name),
        DIRECTORY,
        "directory",
        tag=DIRECTORY_TAG,
        entropy=node.random.randbytes,
        random=node.random,
        count=lambda word, by=1: node.counters.update({word: by}),
    )


class Leg:
    """One end of a call: a port of the caller's, with an allocation at a supernode. `heard`: what peers have sent."""

    def __init__(self, node: Node, number: int, server: Server) -> None:
        self.number = number
        self.server = server
        self.client = Client(Login(server.username, server.password), node.random.randbytes, lambda word, by=1: None)
        self.events: list[Event] = []
        self.heard: list[bytes] = []

    @property
    def stands(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], Allocated)


class Caller:
    """Makes allocations at supernodes of which the directory has told."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.client = client_of(node)
        self.legs: list[Leg] = []
        self._port = 20_000
        self._opening: dict[int, Leg] = {}
        self._actions: list[Action] = []

    def begin(self, server: Server) -> Leg:
        self._port += 1
        leg = Leg(self.node, self._port, server)
        self._opening[leg.number] = leg
        self.legs.append(leg)
        self._actions.append(OpenPort(Udp(leg.number)))
        return leg

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self._opening[port.number].client.allocate(now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise AssertionError(why)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        return self.client.connected(local, peer, now)

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.client.connect_failed(why, now)

    def receive(self, packet: Datagram, now: float) -> None:
        (leg,) = [each for each in self.legs if each.number == packet.destination.port]
        arrived = leg.client.receive(packet.data, now)
        if arrived is not None:
            leg.heard.append(arrived.data)

    def wake(self, now: float) -> None:
        self.client.wake(now)
        for leg in self.legs:
            leg.client.wake(now)

    def next_wake(self) -> float | None:
        times = [self.client.next_wake(), *(leg.client.next_wake() for leg in self.legs)]
        return min((at for at in times if at is not None), default=None)

    def take_actions(self) -> list[Action]:
        self.client.take_said()
        for leg in self.legs:
            leg.events += leg.client.take_events()
            for data in leg.client.take_sends():
                self.send(leg, data)
        actions = [*self._actions, *self.client.take_actions()]
        self._actions.clear()
        return actions

    def send(self, leg: Leg, data: bytes) -> None:
        self._actions.append(Send(Datagram(data, Endpoint(ANY, leg.number), leg.server.at)))


class Reporter:
    """A supernode that only says so: it reports the `load` that it is given, and finds that all others answer."""

    def __init__(self, node: Node, load: Callable[[], int]) -> None:
        self.client = client_of(node)
        self._at = Endpoint(node.interfaces[0].address, PORT)
        self._load = load
        self._report_at = inf
        self._said: list[Any] = []

    def receive(self, packet: Any, now: float) -> None: ...

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        return self.client.connected(local, peer, now)

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.client.connect_failed(why, now)

    def wake(self, now: float) -> None:
        self.client.wake(now)
        said, self._said = self._said, []
        for each in said:
            if isinstance(each, Joined):
                self.client.ask(Register, self._at, QUOTA)
                self._report_at = now
            elif isinstance(each, Probe):
                self.client.ask(Probed, each.at, True)
        if now >= self._report_at:
            self._report_at = now + REPORT
            self.client.ask(Reported, self._load())

    def next_wake(self) -> float:
        due = self.client.next_wake()
        return 0.0 if self._said else min(self._report_at, inf if due is None else due)

    def take_actions(self) -> list[Action]:
        self._said += self.client.take_said()
        return self.client.take_actions()


class ElectionWorld:
    """Those of `runs` are there, and logged in; `options`: of the directory. `translator`: the options of `t`."""

    def __init__(
        self,
        runs: Sequence[str] = ("s1", "alice", "caller"),
        *,
        seed: int = 1,
        translator: NatOptions | None = None,
        makes: dict[str, Callable[[Node], Any]] | None = None,
        **options: Any,
    ) -> None:
        self.network = network = Network(seed)
        for name, prefix in LANS.items():
            network.add_lan(name, prefix)
        router = {name: prefix.replace("0/24", "1") for name, prefix in LANS.items() if name != "home"}
        network.add_node("r", router, Router)
        self.file = File(runs)
        self.hashes = 0
        accounts = {user: password_of(user) for user in runs}
        self._directory_options = DirectoryOptions(accounts=accounts, supernodes=("s1",), **options)
        jobs = Jobs({HASH: self._hash, COMMIT: Together(self.file.commit)}, {HASH: 0.2, COMMIT: 0.001})
        network.add_node("directory", {"core": str(DIRECTORY.address)}, self._directory, Gate, jobs=jobs)
        if translator is not None:
            given = translator
            network.add_node("t", {"west": GATE, "home": INSIDE}, lambda node: translating(node, given), Gate)
            if translator.translate == "off":  # else nobody knows of what is behind it
                network.nodes["r"].kernel[Prefix.parse(LANS["home"])] = (NextHop(Address.parse(GATE), "west"),)
        for name in runs:
            lan, address = PLACES[name]
            make = (makes or {}).get(name, Caller if name == "caller" else self._member)
            network.add_node(name, {lan: address}, make, Gate)

    # Looking

    def shown(self, name: str) -> Any:
        return self.network.nodes[name].machine.show("supernode", self.network.now)

    def role(self, name: str) -> str:
        return str(self.shown(name)["role"])

    def told(self, name: str) -> list[Report]:
        """What it has said of roles."""
        kinds = ("supernode.promoted", "supernode.demoted", "supernode.dead")
        return [each.report for each in self.network.nodes[name].said if each.report.kind in kinds]

    def kinds(self, name: str) -> list[str]:
        return [report.kind.partition(".")[2] for report in self.told(name)]

    def ports(self, name: str) -> list[tuple[str, int]]:
        """Those of the supernode that are open: transport and number."""
        opened = self.network.nodes[name].processes[0].ports
        return sorted((kind.__name__.lower(), number) for kind, number, _ in opened)

    @property
    def servers(self) -> dict[Address, Server]:
        """Of which the caller was told last."""
        return {each.at.address: each for each in self.network.nodes["caller"].machine.client.servers}

    def server(self, name: str) -> Server:
        return self.servers[Address.parse(PLACES[name][1])]

    def is_here(self, name: str) -> bool:
        machine = self.network.nodes[name].machine
        client = machine.client if isinstance(machine, Caller) else None
        return client.state is Where.HERE if client else self.shown(name)["directory"] == "here"

    # Doing

    def until(self, true: Callable[[], bool], within: float = 60.0) -> float:
        """How long that took."""
        took = self.network.run_until(true, within=within, step=0.1)
        assert took is not None
        return took

    def call(self, server: Server, many: int = 1) -> list[Leg]:
        """So many allocations there; they are made, or refused."""
        legs: list[Leg] = []

        def begin(machine: Any, now: float) -> None:
            legs.extend(machine.begin(server) for _ in range(many))

        self.network.call("caller", begin)
        self.until(lambda: all(leg.events for leg in legs))
        return legs

    def hang_up(self, legs: Sequence[Leg]) -> None:
        self.network.call("caller", lambda machine, now: [leg.client.release(now) for leg in legs])
        self.network.run(0.5)

    def hears(self, leg: Leg, other: Leg) -> bool:
        """Whether what one end says comes to the other by both relays."""
        word = self.network.nodes["caller"].random.randbytes(8)

        def permit(machine: Any, now: float) -> None:
            for one, two in ((leg, other), (other, leg)):
                assert two.client.relayed is not None
                one.client.permit([two.client.relayed.address], now)

        def say(machine: Any, now: float) -> None:
            assert other.client.relayed is not None
            machine.send(leg, leg.client.wrap(other.client.relayed, word))

        self.network.call("caller", permit)
        self.network.run(0.2)
        self.network.call("caller", say)
        self.network.run(0.2)
        return word in other.heard

    def load(self) -> list[Leg]:
        """Four fifths of s1, and alice is elected for it."""
        self.until(lambda: bool(self.servers) and self.role("alice") == "candidate")
        legs = self.call(self.server("s1"), 8)
        assert all(leg.stands for leg in legs)
        self.until(lambda: self.role("alice") == "supernode")
        return legs

    # What runs

    def _member(self, node: Node) -> Member:
        role = "fixed" if node.name == "s1" else "standby"
        return Member(
            SupernodeOptions(
                user=node.name, password=Secret(password_of(node.name)), role=role, allocations=QUOTA, per_user=QUOTA
            ),
            Policy(node.interfaces, [Prefix.parse(each) for each in LANS.values()], []),
            client_of(node),
            realm="lab",
            entropy=node.random.randbytes,
            wall_clock=lambda: WALL + self.network.now,
            count=lambda word, by=1: node.counters.update({word: by}),
        )

    def _directory(self, node: Node) -> Directory:
        return directory(node, self.network, self._directory_options, self.file)

    def _hash(self, asked: tuple[str, str]) -> bool:
        self.hashes += 1
        return asked[0] == f"hash of {asked[1]}"


def translating(node: Node, options: NatOptions) -> NatMachine:
    roles = Roles.of(options, node.interfaces, None)
    return NatMachine(options, roles, node.random.randbytes, lambda word, by=1: node.counters.update({word: by}))
