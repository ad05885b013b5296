"""What others have to know of the service `supernode`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service, Table, Tcp

if TYPE_CHECKING:
    from catenet.nodes.application.turn.config import SupernodeOptions
    from catenet.nodes.control.needs import ReadNeeds, Tell

__all__ = ["SERVICES"]


def _options() -> type[SupernodeOptions]:
    from catenet.nodes.application.turn.config import SupernodeOptions

    return SupernodeOptions


def _needs() -> ReadNeeds:
    from catenet.nodes.application.turn.needs import read_needs

    return read_needs


def _told() -> Tell:
    from catenet.nodes.application.turn.needs import tell

    return tell


_HEADINGS = {
    "expires": "expires in (s)",
    "packets_out": "packets to peers",
    "octets_out": "octets to peers",
    "packets_in": "packets from peers",
    "octets_in": "octets from peers",
    "since": "since (s ago)",
}

SERVICES = (
    Service(
        "supernode",
        "Tells clients their addresses as others see them (STUN), and relays for those that cannot meet (TURN).",
        _options,
        listens=(Listen("udp", "port"), Listen("tcp", "port")),
        tables=(Table("supernode", _HEADINGS),),
        events={
            "supernode.allocated": "client, transport, user, relay, lifetime: a client has a relayed transport address",
            "supernode.released": "client, transport, user, relay, why: it has none any more; why: deleted, expired, "
            "closed, or address: the node has not the address any more",
            "supernode.refused": "client, transport, user, code, reason, [peer]: a good user asks in vain; told "
            "once a minute",
            "directory.unanswered": "at, ask: the directory takes connections, and does not answer; told once until "
            "it does",
            "supernode.promoted": "why: the directory has made it a supernode",
            "supernode.demoted": "why: it is none any more, or the directory does not say so again",
            "supernode.dead": "why: the directory has heard that it cannot be reached",
        },
        needs=_needs,
        told=_told,
        tcp=Tcp(),
    ),
)
