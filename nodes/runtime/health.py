"""The answer to the engine's health check, which holds: it comes when something has changed, or else after a while.

So the first one comes when the node is ready, a node that is ready is asked twice a minute, and one that falls over is
known to have at once. Engines can only ask at a fixed interval, and asking often costs more than all that a lab does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.control.questions import QuestionError
from catenet.nodes.machine import Json

__all__ = ["Health"]

_HOLD = 25.0  # seconds; images/node/bin/health gives up later


class Health:
    """Knows what the engine was told last."""

    def __init__(self, is_ready: Callable[[], bool], hold: float = _HOLD) -> None:
        self._is_ready = is_ready
        self._hold = hold
        self._told = False
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """The node may have become ready, or may have ceased to be."""
        self._changed.set()

    async def answer(self) -> Json:
        """The node is ready.

        Raises:
            QuestionError: it is not.

        """
        try:
            async with asyncio.timeout(self._hold):
                while self._is_ready() is self._told:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        self._told = self._is_ready()
        if not self._told:
            raise QuestionError("the node is not ready: catenet status, or catenet logs of the node, says why")
        return "ready"
