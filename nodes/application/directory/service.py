"""What others have to know of the service `directory`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service, Table, Tcp

if TYPE_CHECKING:
    from catenet.nodes.application.directory.config import DirectoryOptions

__all__ = ["SERVICES"]


def _options() -> type[DirectoryOptions]:
    from catenet.nodes.application.directory.config import DirectoryOptions

    return DirectoryOptions


SERVICES = (
    Service(
        "directory",
        "Where people log in and find each other, over TLS 1.3, and hear which supernodes there are.",
        _options,
        listens=(Listen("tcp", "port"),),
        tables=(Table("directory"),),
        events={
            "login.refused": "user, address, why: somebody was not let in",
            "session.resumed": "user, address: somebody was back by a token",
            "supernode.promoted": "node, why, load: a client relays from now on",
            "supernode.demoted": "node, why, load: it does not any more",
            "supernode.dead": "node, why, load: a supernode does not answer",
        },
        tls="tls",
        tcp=Tcp(),
    ),
)
