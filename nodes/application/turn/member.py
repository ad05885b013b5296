"""A supernode that a directory knows: the supernode, and its side of the directory, as one machine.

    the directory says   a standby supernode        a fixed one
    nothing, or refused  has no port open           serves
    candidate, dead      answers Binding requests   serves
    supernode            serves                     serves

One that was serving, and is not to any more, drains first (duty).
"""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import Secrets
from catenet.nodes.application.turn.duty import Duty, Standing
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.registrar import Registrar
from catenet.nodes.application.turn.reports import role_changed
from catenet.nodes.application.turn.show import standing_table
from catenet.nodes.application.turn.stream import ClientStream
from catenet.nodes.machine import (
    Action,
    Count,
    Datagram,
    Endpoint,
    Entropy,
    Interface,
    IpPacket,
    Json,
    OpenPort,
    Port,
    Stream,
)

__all__ = ["Member"]


class Member:
    """Has an account at a directory."""

    def __init__(
        self,
        options: SupernodeOptions,
        policy: Policy,
        client: DirectoryClient,
        *,
        realm: str,
        entropy: Entropy,
        wall_clock: Callable[[], float],
        count: Count,
    ) -> None:
        """`client`: of registrar.DIRECTORY_TAG. `wall_clock`: seconds since 1970, by which credentials expire."""
        secrets = Secrets()
        self._standby = options.role == "standby"
        self._supernode = supernode = Supernode(
            options,
            policy,
            realm=realm,
            entropy=entropy,
            wall_clock=wall_clock,
            count=count,
            secrets=secrets,
            duty=Duty.OFF if self._standby else Duty.SERVING,
        )
        self._registrar = Registrar(
            client,
            secrets,
            port=options.port,
            quota=options.allocations,
            allocations=lambda: supernode.allocations,
            entropy=entropy,
        )
        self._role = self._registrar.standing.role
        self._actions: list[Action] = []
        self.forward = supernode.forward  # for every packet: no call between

    def set_interface(self, interface: Interface, now: float) -> None:
        self._supernode.set_interface(interface, now)

    def receive(self, packet: Datagram | IpPacket, now: float) -> None:
        if not (isinstance(packet, Datagram) and self._registrar.prober.receive(packet)):
            self._supernode.receive(packet, now)

    def wake(self, now: float) -> None:
        self._supernode.wake(now)
        self._registrar.wake(now)
        standing = self._registrar.standing
        if standing.role != self._role:
            self._take(standing)

    def next_wake(self) -> float | None:
        times = (self._supernode.next_wake(), self._registrar.next_wake())
        return min((at for at in times if at is not None), default=None)

    def take_actions(self) -> list[Action]:
        actions = [*self._actions, *self._supernode.take_actions(), *self._registrar.take_actions()]
        self._actions.clear()
        return actions

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        if asked.tag < 0:
            self._registrar.prober.port_opened(asked.tag, port, now)
        else:
            self._supernode.port_opened(asked, port, now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """Raises OSError: it is the port on which it serves."""
        if asked.tag < 0:
            self._registrar.prober.port_failed(asked.tag)
        else:
            self._supernode.port_failed(asked, why, now)

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> ClientStream:
        return self._supernode.accepted(local, peer, now)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        return self._registrar.connected(local, peer, now)

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self._registrar.client.connect_failed(why, now)

    def show(self, table: str, now: float) -> Json:
        """The only table, `supernode`."""
        standing, directory = self._registrar.standing, self._registrar.client.state.name.lower()
        shown = standing_table(standing, self._supernode.duty.value, directory, now)
        return {**shown, **self._supernode.show(table, now)}

    def _take(self, standing: Standing) -> None:
        """The directory has given it another role."""
        self._actions += role_changed(self._role, standing)
        self._role = standing.role
        if self._standby:
            self._supernode.take_duty(self._duty(standing.role))

    def _duty(self, role: str) -> Duty:
        if role == "supernode":
            return Duty.SERVING
        if self._supernode.duty in (Duty.SERVING, Duty.DRAINING):
            return Duty.DRAINING
        return Duty.ANSWERING if role in ("candidate", "dead") else Duty.OFF
