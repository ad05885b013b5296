"""A swarm of engines in memory: the overlays that its managers make, and who is on them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from catenet.orchestrator.backend.protocols import EngineError, NetworkSpec, PrefixTakenError

__all__ = ["FakeSwarm"]


class FakeSwarm:
    """As Docker's: managers alone make, list and remove overlays; another engine lists those that a container of its
    own is on. One on which a container is, on whatever host and though that is lost, is not removed.
    """

    def __init__(self) -> None:
        self.overlays: dict[str, NetworkSpec] = {}
        self._users: list[Callable[[], Collection[str]]] = []

    def join(self, used: Callable[[], Collection[str]]) -> None:
        """One engine more. `used`: the networks that its running containers are on."""
        self._users.append(used)

    def create(self, spec: NetworkSpec) -> None:
        """Refuses a name twice, and a prefix that overlaps another overlay's."""
        what = f"create the network {spec.name} ({spec.prefix})"
        if spec.name in self.overlays:
            raise EngineError(f"{what}: network with name {spec.name} already exists")
        if any(other.prefix.overlaps(spec.prefix) for other in self.overlays.values()):
            raise PrefixTakenError(f"{what}: Pool overlaps with other one on this address space")
        self.overlays[spec.name] = spec

    def remove(self, name: str) -> None:
        """Refuses while somebody is on it."""
        if any(name in used() for used in self._users):
            raise EngineError(f"remove the network {name}: it has active endpoints")
        self.overlays.pop(name, None)
