"""The service `web` by a program of the user's own."""

from __future__ import annotations

from catenet.nodes.implementations.daemon import Daemon
from catenet.nodes.implementations.own_program.program import FLUSH_LINE, interface_line, run

__all__ = ["DAEMON"]

DAEMON = Daemon(run=run, interface_line=interface_line, flush_line=FLUSH_LINE)
