"""The service `parrot` by toyware."""

from __future__ import annotations

from catenet.nodes.implementations.toyware.program import DAEMON

__all__ = ["DAEMON"]
