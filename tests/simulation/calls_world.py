"""Phones, a directory and supernodes in the simulated network: real machines on three LANs around a router.

Who has a translator is behind it, on a LAN of his own, `home of alice`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from directory_world import WALL, File, directory, password_of
from jobs import Jobs
from network import Network, Node
from phone_world import Gate, Router

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import COMMIT, HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.machine import DIRECTORY_TAG, KEEP, Kept, Phone
from catenet.nodes.application.phone.voice import synthetic
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.member import Member
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.units import Secret
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.machine import NatMachine
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.machine import Endpoint, Report
from catenet.nodes.runtime.work import Together

__all__ = ["DOWN", "PLACES", "SPEECH", "UP", "CallsWorld"]

LANS = {"east": "10.0.1.0/24", "west": "10.0.2.0/24", "middle": "10.0.3.0/24"}
DIRECTORY = Endpoint(Address.parse("10.0.3.5"), 5223)
PLACES = {"alice": ("east", "10.0.1.7"), "bob": ("west", "10.0.2.7"), "carol": ("west", "10.0.2.8")}
DOWN, UP = LinkCondition(False, False), LinkCondition(True, False)
SPEECH = synthetic()


def client_of(node: Node, user: str) -> DirectoryClient:
    return DirectoryClient(
        user,
        password_of(user),
        DIRECTORY,
        "directory",
        tag=DIRECTORY_TAG,
        entropy=node.random.randbytes,
        random=node.random,
        count=lambda word, by=1: node.counters.update({word: by}),
    )


class CallsWorld:
    """`disk`: what each phone has kept. Everybody is everybody's contact, and the phones are logged in, unless told
    otherwise."""

    def __init__(
        self,
        users: Sequence[str] = ("alice", "bob"),
        *,
        seed: int = 1,
        supernodes: int = 3,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        contacts: bool = True,
        translators: Mapping[str, NatOptions] | None = None,
        second: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """`options`: user → those of his phone. `second`: user → LAN and address of his phone's second interface, which
        is down at first."""
        self.network = network = Network(seed)
        self.disk: dict[str, Kept] = {}
        self._options = options or {}
        self._contacts = contacts
        self._users = users
        for name, prefix in LANS.items():
            network.add_lan(name, prefix)
        network.add_node("r", {name: prefix.replace("0/24", "1") for name, prefix in LANS.items()}, Router)
        relays = [f"s{number}" for number in range(supernodes)]
        self.file = File([*users, *relays])
        accounts = {user: password_of(user) for user in (*users, *relays)}
        self._directory_options = DirectoryOptions(accounts=accounts, supernodes=tuple(relays))
        self.hashes = 0
        jobs = Jobs({HASH: self._hash, COMMIT: Together(self.file.commit)}, {HASH: 0.2, COMMIT: 0.001})
        network.add_node("directory", {"middle": str(DIRECTORY.address)}, self._directory, Gate, jobs=jobs)
        for number, name in enumerate(relays):
            network.add_node(name, {"middle": f"10.0.3.{11 + number}"}, self._member, Gate)
        self.until(lambda: all(self.is_supernode(name) for name in relays))
        for user in users:
            lan, address = self._home(user, translators[user]) if user in (translators or {}) else PLACES[user]
            keeps = Jobs({KEEP: lambda kept, user=user: self.disk.update({user: kept})})
            lans = {lan: address, **dict([second[user]] if second and user in second else [])}
            network.add_node(user, lans, self._phone, Gate, jobs=keeps)
            for each in [*lans][1:]:
                network.set_condition(user, each, DOWN)
        if contacts:
            self.until(lambda: all(self.knows(user, users) for user in users))

    def _home(self, user: str, options: NatOptions) -> tuple[str, str]:
        """A translator, with a LAN behind it → where the phone is."""
        lan, outside = PLACES[user]
        home = f"home of {user}"
        self.network.add_lan(home, "192.168.1.0/24")

        def make(node: Node) -> NatMachine:
            outer, inner = node.interfaces
            roles = Roles(outer.name, outer.address, frozenset([inner.name]))
            return NatMachine(
                options, roles, node.random.randbytes, lambda word, by=1: node.counters.update({word: by})
            )

        self.network.add_node(f"gate of {user}", {lan: outside, home: "192.168.1.1"}, make, Gate)
        return home, "192.168.1.10"

    # Looking.

    def phone(self, user: str) -> Phone:
        machine: Phone = self.network.nodes[user].machine
        return machine

    def shown(self, user: str, table: str = "phone") -> Any:
        return self.phone(user).show(table, self.network.now)

    def state(self, user: str) -> str:
        return str(self.shown(user)["state"])

    def why(self, user: str) -> str:
        """Why his last call has ended."""
        return str(self.shown(user, "calls")[-1]["why"])

    def is_supernode(self, name: str) -> bool:
        """Whether the directory has told it so."""
        shown: dict[str, Any] = self.network.nodes[name].machine.show("supernode", self.network.now)
        return bool(shown["role"] == "supernode")

    def knows(self, user: str, others: Collection[str]) -> bool:
        """Whether he could call all these others."""
        keys = {row["user"] for row in self.shown(user)["contacts"] if row["key"] == "pinned"}
        return keys >= set(others) - {user}

    def told(self, user: str, kind: str) -> list[Report]:
        return [said.report for said in self.network.nodes[user].said if said.report.kind == kind]

    def counter(self, user: str, name: str) -> int:
        return self.network.nodes[user].counters[name]

    # Doing.

    def do(self, user: str, what: Callable[[Phone, float], Any]) -> Any:
        """As the user does, by a question to his node."""
        results: list[Any] = []
        self.network.call(user, lambda machine, now: results.append(what(machine, now)))  # type: ignore[arg-type]
        return results[0]

    def call(self, caller: str, callee: str, **more: Any) -> str:
        name: str = self.do(caller, lambda phone, now: phone.call(callee, now, **more))
        return name

    def until(self, true: Callable[[], bool], within: float = 60.0) -> float:
        """How long that took."""
        took = self.network.run_until(true, within=within, step=0.01)
        assert took is not None
        return took

    def until_state(self, state: str, *users: str, within: float = 60.0) -> float:
        return self.until(lambda: all(self.state(user) == state for user in users), within)

    def talk(self, caller: str = "alice", callee: str = "bob") -> None:
        """From nothing to a call that is up."""
        self.call(caller, callee)
        self.until_state("ringing", caller, callee)
        self.do(callee, lambda phone, now: phone.answer(now))
        self.until_state("up", caller, callee)

    # What runs.

    def _phone(self, node: Node) -> Phone:
        user = node.name
        others = tuple(each for each in self._users if each != user) if self._contacts else ()
        options = {"contacts": others, **self._options.get(user, {})}
        kept = self.disk.setdefault(user, Kept(node.random.randbytes(32), {}))
        return Phone(
            PhoneOptions(user=user, password=Secret(password_of(user)), **options),
            client_of(node, user),
            kept,
            interfaces=node.interfaces,
            speech=lambda: SPEECH,
            entropy=node.random.randbytes,
            randomness=node.random,
            wall_clock=lambda: WALL + self.network.now,
            count=lambda word, by=1: node.counters.update({word: by}),
        )

    def _directory(self, node: Node) -> Directory:
        return directory(node, self.network, self._directory_options, self.file)

    def _member(self, node: Node) -> Member:
        return Member(
            SupernodeOptions(user=node.name, password=Secret(password_of(node.name))),
            Policy(node.interfaces, [Prefix.parse(each) for each in LANS.values()], []),
            client_of(node, node.name),
            realm="lab",
            entropy=node.random.randbytes,
            wall_clock=lambda: WALL + self.network.now,
            count=lambda word, by=1: node.counters.update({word: by}),
        )

    def _hash(self, asked: tuple[str, str]) -> bool:
        self.hashes += 1
        return asked[0] == f"hash of {asked[1]}"
