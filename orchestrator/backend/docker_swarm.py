"""An engine's part in a Swarm, by docker-py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from docker.errors import APIError, NotFound

from catenet.orchestrator.backend.docker_client import SLOW, Clients
from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.swarm import LABEL_PATH_MTU, LABEL_SWARM, JoinToken, Member, Membership

__all__ = ["DockerSwarm"]

_POOL = "198.19.240.0/20"
"""Where a swarm of ours has its own networks (RFC 2544 appendix C.2.2): by default they are in 10.0.0.0/8, and each
member then refuses a LAN there."""
_POOL_LENGTH = 24  # bits: of each of these networks
_GATEWAY_BRIDGE = "docker_gwbridge"


class DockerSwarm:
    """What it is told, and what it tells."""

    _clients: Clients

    def manages(self) -> bool:
        return self.membership().manager

    def membership(self) -> Membership:
        with engine_errors("ask for its swarm"):
            return _membership(self._clients().info().get("Swarm") or {})

    def gossips(self) -> bool | None:
        """By the network that Docker makes for each swarm (`ingress`): who gossips has himself among its peers.

        Docker before 25.0.13 and 28.3 may go on listening at the port of a swarm that it has left, until it is started
        anew, and then it does not gossip in the next one, without a word but in its log (moby issue 47859).
        """
        with engine_errors("ask for its swarm's own network"), suppress(NotFound):
            found = self._clients().networks(filters={"driver": "overlay"})
            for item in found:
                if item.get("Ingress"):
                    return bool(self._clients().inspect_network(str(item["Id"])).get("Peers"))
        return None

    def make_swarm(self, address: str) -> None:
        with engine_errors(f"make a swarm{f' at {address}' if address else ''}"):
            client = self._clients(SLOW)
            client.init_swarm(
                advertise_addr=address or None,
                default_addr_pool=[_POOL],
                subnet_size=_POOL_LENGTH,
                swarm_spec=client.create_swarm_spec(labels={LABEL_SWARM: "1"}),
            )

    def join_token(self) -> JoinToken:
        with engine_errors("ask for the swarm's token"):
            return JoinToken(str(self._clients().inspect_swarm()["JoinTokens"]["Worker"]))

    def join_swarm(self, managers: Sequence[str], token: JoinToken, address: str) -> None:
        """Join.

        Raises:
            EngineError: it did not, within the engine's 20 s; it may go on trying until it leaves.

        """
        with engine_errors(f"join the swarm of {', '.join(managers)}"):
            self._clients(SLOW).join_swarm(list(managers), token.secret, advertise_addr=address or None)

    def leave_swarm(self) -> None:
        """Leave, by force, for a manager else refuses; and remove the bridge that Docker made for the swarm alone."""
        with engine_errors("leave the swarm"):
            client = self._clients(SLOW)
            try:
                client.leave_swarm(force=True)
            except APIError as error:
                if "not part of a swarm" not in str(error.explanation):
                    raise
            with suppress(
                APIError
            ):  # some container needs it, or it is not there; Docker makes another when it wants one
                client.remove_network(_GATEWAY_BRIDGE)

    def members(self) -> Sequence[Member]:
        with engine_errors("list the swarm's members"):
            return [_member(item) for item in self._clients().nodes()]

    def mark_member(self, member: str, *, ours: bool = False, mtu: int = 0) -> None:
        marks = {**({LABEL_SWARM: "1"} if ours else {}), **({LABEL_PATH_MTU: str(mtu)} if mtu else {})}
        with engine_errors(f"mark the swarm's member {member}"):
            client = self._clients(SLOW)
            found = client.inspect_node(member)
            spec = {**found["Spec"], "Labels": {**(found["Spec"].get("Labels") or {}), **marks}}
            client.update_node(member, found["Version"]["Index"], spec)

    def path_mtu(self) -> int | None:
        return min((member.mtu for member in self.members() if member.mtu), default=None) if self.manages() else None

    def forget_member(self, member: str) -> None:
        with engine_errors(f"forget the swarm's member {member}"), suppress(NotFound):
            self._clients(SLOW).remove_node(member, force=True)


def _membership(item: Mapping[str, Any]) -> Membership:
    swarm = item.get("Cluster") or {}
    return Membership(
        state=str(item.get("LocalNodeState") or "inactive"),
        member=str(item.get("NodeID") or ""),
        address=str(item.get("NodeAddr") or ""),
        manager=bool(item.get("ControlAvailable")),
        managers=tuple(str(manager["Addr"]) for manager in item.get("RemoteManagers") or ()),
        swarm=str(swarm.get("ID") or ""),
        ours=LABEL_SWARM in ((swarm.get("Spec") or {}).get("Labels") or {}),
        reason=str(item.get("Error") or ""),
    )


def _member(item: Mapping[str, Any]) -> Member:
    status, spec = item.get("Status") or {}, item.get("Spec") or {}
    return Member(
        member=str(item["ID"]),
        hostname=str((item.get("Description") or {}).get("Hostname") or ""),
        state=str(status.get("State") or "unknown"),
        address=str(status.get("Addr") or ""),
        manager=spec.get("Role") == "manager",
        ours=LABEL_SWARM in (spec.get("Labels") or {}),
        reason=str(status.get("Message") or ""),
        mtu=int(mtu) if (mtu := str((spec.get("Labels") or {}).get(LABEL_PATH_MTU, ""))).isdecimal() else 0,
    )
