"""The service `nameserver` by a program of the user's own: the zone files are in the lab's folder, under zones/."""

from __future__ import annotations

from catenet.nodes.implementations.daemon import Daemon
from catenet.nodes.implementations.own_program.program import interface_line, run

__all__ = ["DAEMON"]

DAEMON = Daemon(run=run, interface_line=interface_line)
