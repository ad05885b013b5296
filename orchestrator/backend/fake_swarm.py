"""A swarm of engines in memory: who is in it, the overlays that its managers make, and who is on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import count

from catenet.orchestrator.backend.protocols import EngineError, Network, NetworkSpec, PrefixTakenError
from catenet.orchestrator.backend.swarm import JoinToken, Member, Membership

__all__ = ["FakeSwarm", "FakeSwarmMember", "on_one_network"]

_NUMBERS = count(1)
_PORT = 2377


class FakeSwarm:
    """As Docker's: managers alone make, list and remove overlays; another engine lists those that a container of its
    own is on. One on which a container is, on whatever host and though that is lost, is not removed.
    """

    def __init__(self, *, ours: bool = False) -> None:
        """`ours`: `make_swarm` made it."""
        self.ours = ours
        self.name = f"swarm{next(_NUMBERS)}"
        self.token = JoinToken(f"token of {self.name}")
        self.overlays: dict[str, NetworkSpec] = {}
        self.members: dict[str, FakeSwarmMember] = {}
        self.marked: set[str] = set()
        self.mtus: dict[str, int] = {}
        self._users: dict[str, Callable[[], Collection[str]]] = {}

    def join(self, member: FakeSwarmMember, used: Callable[[], Collection[str]]) -> str:
        """One engine more; gives its id. `used`: the networks that its running containers are on."""
        name = f"member{next(_NUMBERS)}"
        self.members[name], self._users[name] = member, used
        return name

    def forget(self, name: str) -> None:
        """It is no member, and on no overlay any more."""
        self.members.pop(name, None)
        self._users.pop(name, None)

    def create(self, spec: NetworkSpec) -> None:
        """Refuses a name twice, and a prefix that overlaps another overlay's."""
        what = f"create the network {spec.name} ({spec.prefix})"
        if spec.name in self.overlays:
            raise EngineError(f"{what}: network with name {spec.name} already exists")
        if any(other.prefix.overlaps(spec.prefix) for other in self.overlays.values()):
            raise PrefixTakenError(f"{what}: the swarm has no room for {spec.prefix}")
        self.overlays[spec.name] = spec

    def remove(self, name: str) -> None:
        """Refuses while somebody is on it."""
        if any(name in used() for used in self._users.values()):
            raise EngineError(f"remove the network {name}: network {name} is in use by task")
        self.overlays.pop(name, None)


class FakeSwarmMember:
    """The part of FakeEngine that is its place in a swarm (the Protocol Swarm).

    `own_address`: by which others reach it; `neighbours`: whom it reaches, by their addresses; `gossip`: what
    `gossips` says wherever it is a member.
    """

    def __init__(self) -> None:
        self.own_address = "192.0.2.1"
        self.neighbours: dict[str, FakeSwarmMember] = {}
        self.gossip: bool | None = True
        self._leave()

    def join(self, swarm: FakeSwarm, *, manager: bool) -> None:
        """For tests: it is one of the engines of a swarm from now on."""
        self._swarm, self._manager, self._state = swarm, manager, "active"
        self._member = swarm.join(self, self._used_networks)

    def manages(self) -> bool:
        self._must_be_there("ask for its swarm")
        return self._manager

    def membership(self) -> Membership:
        self._must_be_there("ask for its swarm")
        if self._state != "active":
            return Membership(self._state)
        managers = [other for other in self._swarm.members.values() if other.manages_it(self._swarm)]
        return Membership(
            self._state,
            self._member,
            self.own_address,
            self._manager,
            tuple(f"{other.own_address}:{_PORT}" for other in managers),
            self._swarm.name if self._manager else "",
            self._manager and self._swarm.ours,
        )

    def gossips(self) -> bool | None:
        self._must_be_there("ask for its swarm's own network")
        return self.gossip if self._state == "active" else None

    def make_swarm(self, address: str) -> None:
        self._note("make a swarm", address)
        self._must_be_free("make a swarm")
        self.own_address = address or self.own_address
        self.join(FakeSwarm(ours=True), manager=True)

    def join_token(self) -> JoinToken:
        self._must_manage("ask for the swarm's token")
        return self._swarm.token

    def join_swarm(self, managers: Sequence[str], token: JoinToken, address: str) -> None:
        """Who is not reached is tried on and on in the background."""
        what = f"join the swarm of {', '.join(managers)}"
        self._note("join a swarm", address)
        self._must_be_free(what)
        found = [self.neighbours.get(each.removesuffix(f":{_PORT}")) for each in managers]
        manager = next((each for each in found if each is not None and each.manages_it(each.swarm)), None)
        if manager is None:
            self._state = "pending"
            raise EngineError(f"{what}: Timeout was reached before node joined.")
        if token != manager.swarm.token:
            raise EngineError(f"{what}: A valid join token is necessary to join this cluster")
        self.own_address = address or self.own_address
        self.join(manager.swarm, manager=False)

    def leave_swarm(self) -> None:
        """Its managers have it as one that is down until they forget it; what it held stays held."""
        self._note("leave the swarm", "")
        self._leave()

    def members(self) -> Sequence[Member]:
        self._must_manage("list the swarm's members")
        swarm = self._swarm
        return [
            Member(
                name,
                f"host of {each.own_address}",
                "ready" if each.is_in(swarm) else "down",
                each.own_address,
                each.manages_it(swarm),
                name in swarm.marked,
                mtu=swarm.mtus.get(name, 0),
            )
            for name, each in swarm.members.items()
        ]

    def mark_member(self, member: str, *, ours: bool = False, mtu: int = 0) -> None:
        self._must_manage(f"mark the swarm's member {member}")
        if member not in self._swarm.members:
            raise EngineError(f"mark the swarm's member {member}: node {member} not found")
        if ours:
            self._swarm.marked.add(member)
        if mtu:
            self._swarm.mtus[member] = mtu

    def path_mtu(self) -> int | None:
        self._must_be_there("ask for its swarm")
        return min(self._swarm.mtus.values(), default=None) if self._manager else None

    def forget_member(self, member: str) -> None:
        self._must_manage(f"forget the swarm's member {member}")
        self._swarm.forget(member)

    @property
    def swarm(self) -> FakeSwarm:
        """For its neighbours: which it is in."""
        return self._swarm

    def is_in(self, swarm: FakeSwarm) -> bool:
        """For its neighbours: whether they hear it there."""
        return self._swarm is swarm and self._state == "active"

    def manages_it(self, swarm: FakeSwarm) -> bool:
        """For its neighbours."""
        return self.is_in(swarm) and self._manager

    def _overlays(self) -> list[Network]:
        """As it lists them: who is no manager knows nothing of their labels."""
        used = self._used_networks()
        return [
            Network(spec.name, (spec.prefix,), spec.labels if self._manager else {}, driver=spec.driver)
            for spec in self._swarm.overlays.values()
            if self._manager or spec.name in used
        ]

    def _leave(self) -> None:
        self._swarm, self._member, self._manager, self._state = FakeSwarm(), "", False, "inactive"

    def _must_manage(self, what: str) -> None:
        self._must_be_there(what)
        if not self._manager:
            raise EngineError(f"{what}: This node is not a swarm manager")

    def _must_be_free(self, what: str) -> None:
        if self._state != "inactive":
            raise EngineError(f"{what}: This node is already part of a swarm")

    def _must_be_there(self, what: str) -> None:
        raise NotImplementedError

    def _note(self, call: str, name: str) -> None:
        raise NotImplementedError

    def _used_networks(self) -> Collection[str]:
        raise NotImplementedError


def on_one_network(members: Sequence[FakeSwarmMember]) -> None:
    """For tests: each gets an address, by which all the others reach it."""
    for number, member in enumerate(members, 1):
        member.own_address = f"192.0.2.{number}"
    for member in members:
        member.neighbours = {other.own_address: other for other in members}
